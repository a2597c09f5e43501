"""Runs exported programs with the real clients against fake servers on loopback."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fake_api import Answer, FakeApi, Received, completion, frames, reply_frames
from support import KEY

from grokchat.export.formats import export
from grokchat.export.source import Source

HERE = Path(__file__).resolve().parent
MODULES = HERE / "node_modules"
PYTHON = {"openai-python": "openai", "xai-sdk": "xai_sdk"}
JAVASCRIPT = {"openai-js": ("openai",), "ai-sdk": ("ai", "@ai-sdk/xai")}
TEXTS = ("Hel", "lo, Grüße! 🙂\n", 'Second "line".')
REPLY = "".join(TEXTS)


def needs(client: str) -> None:
    """Skip the test if the client is not installed."""
    if client in PYTHON:
        if importlib.util.find_spec(PYTHON[client]) is None:
            pytest.skip(f"{client}: the client is not installed; pip install -e '.[clients]'")
    elif shutil.which("node") is None:
        pytest.skip(f"{client}: there is no node; install Node 20 or later, then npm install --prefix tests/clients")
    elif not all((MODULES / name / "package.json").exists() for name in JAVASCRIPT[client]):
        pytest.skip(f"{client}: the client is not installed; npm install --prefix tests/clients")


@cache
def major(package: str) -> int:
    """Return the major version of an installed package for JavaScript."""
    return int(json.loads((MODULES / package / "package.json").read_bytes())["version"].partition(".")[0])


@cache
def node_major() -> int:
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    return int(version.removeprefix("v").partition(".")[0])


def run(client: str, source: Source, where: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Export a program and run it in `where`, with only `env` and PATH in its environment."""
    where.mkdir(exist_ok=True)
    program = where / ("program.py" if client in PYTHON else "program.mjs")
    program.write_bytes(export(client, source))
    if client in JAVASCRIPT and not (where / "node_modules").exists():
        (where / "node_modules").symlink_to(MODULES, target_is_directory=True)
    system = {key: os.environ[key] for key in ("PATH", "SYSTEMROOT") if key in os.environ}
    return subprocess.run(
        [sys.executable, "-W", "error", str(program)] if client in PYTHON else ["node", str(program)],
        env={**system, "HOME": str(where), "NO_PROXY": "*", "PYTHONUTF8": "1", **env},
        cwd=where,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def asked(client: str, source: Source, where: Path, *answers: Answer) -> tuple[Any, list[Received]]:
    """Run a program against an API with these answers; return its process and its requests."""
    with FakeApi(*(answers or [answer(client, stream=source.stream)])) as api:
        process = run(client, source, where, XAI_API_KEY=KEY, XAI_BASE_URL=api.url)
        return process, api.requests


def answer(client: str, *, stream: bool, whole: bool = True) -> Answer:
    """Return the reply in the format of the endpoint that the client calls, complete or broken off."""
    if client == "ai-sdk" and major("@ai-sdk/xai") > 3:
        return Answer([_events(whole=whole)]) if stream else Answer.json(200, _response("completed", [_item(REPLY)]))
    if not stream:
        return Answer.json(200, completion(REPLY))
    broken = [{"choices": [{"index": 0, "delta": {"content": TEXTS[0]}}], "id": "r", "model": "m", "created": 1}]
    return Answer([reply_frames(*TEXTS) if whole else frames(*broken, done=False)])


def _item(text: str) -> dict[str, Any]:
    parts = [{"type": "output_text", "text": text, "annotations": []}] if text else []
    return {"type": "message", "role": "assistant", "id": "m", "status": "completed", "content": parts}


def _response(status: str, output: list[Any]) -> dict[str, Any]:
    usage = {"input_tokens": 1, "output_tokens": 1}
    head = {"id": "r", "object": "response", "created_at": 1, "model": "grok-4.7"}
    return {**head, "status": status, "output": output, "usage": usage}


def _events(*, whole: bool) -> bytes:
    place = {"output_index": 0, "content_index": 0, "item_id": "m"}
    events: list[Mapping[str, Any]] = [
        {"type": "response.created", "response": _response("in_progress", [])},
        {"type": "response.output_item.added", "output_index": 0, "item": _item("")},
        *({"type": "response.output_text.delta", "delta": text, **place} for text in TEXTS),
    ]
    ending: list[Mapping[str, Any]] = [
        {"type": "response.output_item.done", "output_index": 0, "item": _item(REPLY)},
        {"type": "response.completed", "response": _response("completed", [])},
    ]
    return frames(*events, *(ending if whole else []), done=False)


@contextmanager
def grpc_api(
    *, finish: str = "REASON_STOP", cited: Sequence[str] = (), met: Sequence[str] = ()
) -> Iterator[tuple[str, list[tuple[str, Any, dict[str, str]]]]]:
    """Serve xAI's gRPC API on loopback; yield its host and the requests: method, message, metadata.

    The reply ends for the reason `finish`; it cites the addresses `cited`, and its model has met the others, too.
    """
    import grpc
    from xai_sdk.proto import chat_pb2, chat_pb2_grpc, deferred_pb2, sample_pb2

    requests: list[tuple[str, Any, dict[str, str]]] = []
    role, ending = chat_pb2.ROLE_ASSISTANT, sample_pb2.FinishReason.Value(finish)
    places = [
        chat_pb2.InlineCitation(id=str(number), web_citation=chat_pb2.WebCitation(url=url))
        for number, url in enumerate(cited, 1)
    ]

    class Servicer(chat_pb2_grpc.ChatServicer):
        def GetCompletion(self, request, context):  # noqa: N802 - the API's name
            requests.append(("GetCompletion", request, dict(context.invocation_metadata())))
            return self._reply()

        def GetCompletionChunk(self, request, context):  # noqa: N802 - the API's name
            requests.append(("GetCompletionChunk", request, dict(context.invocation_metadata())))
            for text in TEXTS:
                outputs = [chat_pb2.CompletionOutputChunk(delta=chat_pb2.Delta(role=role, content=text))]
                yield chat_pb2.GetChatCompletionChunk(id="r", model="grok-4.7", outputs=outputs)
            last = chat_pb2.CompletionOutputChunk(
                delta=chat_pb2.Delta(role=role, citations=places), finish_reason=ending
            )
            yield chat_pb2.GetChatCompletionChunk(id="r", model="grok-4.7", outputs=[last], citations=[*cited, *met])

        def StartDeferredCompletion(self, request, context):  # noqa: N802 - the API's name
            requests.append(("StartDeferredCompletion", request, dict(context.invocation_metadata())))
            return deferred_pb2.StartDeferredResponse(request_id="job-1")

        def GetDeferredCompletion(self, request, context):  # noqa: N802 - the API's name
            requests.append(("GetDeferredCompletion", request, dict(context.invocation_metadata())))
            done = deferred_pb2.DeferredStatus.DONE
            return chat_pb2.GetDeferredCompletionResponse(status=done, response=self._reply())

        def _reply(self):
            message = chat_pb2.CompletionMessage(role=role, content=REPLY, citations=places)
            output = chat_pb2.CompletionOutput(message=message, finish_reason=ending)
            return chat_pb2.GetChatCompletionResponse(
                id="r", model="grok-4.7", outputs=[output], citations=[*cited, *met]
            )

    server = grpc.server(ThreadPoolExecutor(2))
    chat_pb2_grpc.add_ChatServicer_to_server(Servicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}", requests
    finally:
        server.stop(None).wait()
