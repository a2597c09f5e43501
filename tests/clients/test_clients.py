"""Exported programs, each run with its real client against a server on loopback.

Clients are no part of the test extra: `pip install -e '.[clients]'` brings the Python ones, `npm install --prefix
tests/clients` the JavaScript ones.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import threading
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import pytest
from exporting import MESSAGES, run, source
from support import KEY, Answer, FakeApi, completion, reply_frames

HERE = Path(__file__).parent

TOOLED: list[dict[str, Any]] = [
    *MESSAGES,
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}],
    },
    {"role": "tool", "tool_call_id": "c1", "content": "42"},
    {"role": "user", "content": "so?"},
]
PARAMS: dict[str, Any] = {"temperature": 0.25, "max_completion_tokens": 99, "seed": 7}

REPLY = "Hello, é\n```\ncode\n```"


def python_client(module: str) -> pytest.MarkDecorator:
    missing = importlib.util.find_spec(module) is None
    return pytest.mark.skipif(missing, reason=f"{module} is not installed: pip install -e '.[clients]'")


def javascript_client(name: str) -> pytest.MarkDecorator:
    missing = not shutil.which("node") or not (HERE / "node_modules" / name).is_dir()
    return pytest.mark.skipif(missing, reason=f"{name} is not installed: npm install --prefix tests/clients")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder in which Node finds the clients."""
    (tmp_path / "node_modules").symlink_to(HERE / "node_modules", target_is_directory=True)
    return tmp_path


def answers(*, stream: bool) -> Answer:
    return Answer([reply_frames(*REPLY.split(" "))]) if stream else Answer.json(200, completion(REPLY))


def said(*, stream: bool) -> bytes:
    return (REPLY.replace(" ", "") if stream else REPLY).encode() + b"\n"


OPENAI = [
    pytest.param("openai-python", marks=python_client("openai")),
    pytest.param("openai-js", marks=javascript_client("openai")),
]


@pytest.mark.parametrize("form", OPENAI)
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("params", [{}, {**PARAMS, "stop": ["x"], "new_one": {"a": [None, "é"]}}])
def test_the_openai_clients_send_the_request_itself(form, stream, params, folder):
    """The body that is received equals the request's."""
    made = source(TOOLED, stream=stream, params=params)
    with FakeApi(answers(stream=stream)) as api:
        done = run(form, made, folder, XAI_BASE_URL=api.url)
    assert (done.returncode, done.stderr.decode()) == (0, "")
    assert done.stdout == said(stream=stream)
    [request] = api.requests
    assert request.json == json.loads(made.body)
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["x-grok-conv-id"] == "conv-1"


PROGRAMS = [
    *OPENAI,
    pytest.param("xai-sdk", marks=python_client("xai_sdk")),
    pytest.param("ai-sdk", marks=javascript_client("ai")),
]


@pytest.mark.parametrize("form", PROGRAMS)
def test_without_a_key_nothing_is_asked(form, folder):
    with FakeApi() as api:
        done = run(form, source(), folder, XAI_API_KEY="", XAI_BASE_URL=api.url, XAI_API_HOST=f"127.0.0.1:{api.port}")
    assert done.returncode
    assert b"XAI_API_KEY" in done.stderr
    assert not api.requests


# -- the AI SDK --------------------------------------------------------------------------------------------------------


@javascript_client("ai")
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("messages", [MESSAGES, TOOLED], ids=["plain", "tools"])
def test_the_ai_sdk_sends_the_same_messages(stream, messages, folder):
    """Message by message, in order; what the SDK cannot say is missing, and nothing else."""
    made = source(messages, stream=stream, params={**PARAMS, "reasoning_effort": "high"})
    with FakeApi(answers(stream=stream)) as api:
        done = run("ai-sdk", made, folder, XAI_BASE_URL=api.url)
    sent = api.requests[0].json
    assert (api.requests[0].path, done.stderr.decode()) == ("/v1/chat/completions", "")
    assert [plain(one) for one in sent["messages"]] == [plain(one) for one in messages]
    assert {key: sent[key] for key in ("temperature", "max_completion_tokens", "seed", "reasoning_effort")} == {
        **PARAMS,
        "reasoning_effort": "high",
    }
    assert api.requests[0].headers["x-grok-conv-id"] == "conv-1"
    assert api.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert done.stdout == said(stream=stream)


def plain(message: dict[str, Any]) -> dict[str, Any]:
    """Return what the SDK can say of a message."""
    kept = {key: one for key, one in message.items() if key in {"role", "content", "tool_call_id"}}
    calls = [
        (one["id"], one["function"]["name"], json.loads(one["function"]["arguments"]))
        for one in message.get("tool_calls") or ()
    ]
    return {**kept, "calls": calls}


@javascript_client("ai")
def test_the_ai_sdk_tells_a_failure(folder):
    with FakeApi(Answer.json(400, {"code": "x", "error": "no such model"})) as api:
        done = run("ai-sdk", source(), folder, XAI_BASE_URL=api.url)
    assert done.returncode
    assert b"no such model" in done.stderr or b"Bad Request" in done.stderr or b"Status" in done.stderr


# -- xai-sdk -----------------------------------------------------------------------------------------------------------


class GrpcServer:
    """xAI's gRPC API on loopback, as far as a chat needs it."""

    def __init__(self) -> None:
        import grpc
        from xai_sdk.proto import chat_pb2, chat_pb2_grpc

        self.requests: list[Any] = []
        self.metadata: list[dict[str, str]] = []
        outer = self

        class Chat(chat_pb2_grpc.ChatServicer):  # type: ignore[misc]
            def take(self, request: Any, context: Any) -> None:
                outer.requests.append(request)
                outer.metadata.append({key: str(one) for key, one in context.invocation_metadata()})

            def GetCompletion(self, request: Any, context: Any) -> Any:  # noqa: N802
                self.take(request, context)
                message = chat_pb2.CompletionMessage(content=REPLY, role=chat_pb2.ROLE_ASSISTANT)
                output = chat_pb2.CompletionOutput(index=0, message=message, finish_reason=1)
                return chat_pb2.GetChatCompletionResponse(id="r", outputs=[output], model="grok-4.7")

            def GetCompletionChunk(self, request: Any, context: Any) -> Iterator[Any]:  # noqa: N802
                self.take(request, context)
                for piece in REPLY.split(" "):
                    delta = chat_pb2.Delta(content=piece, role=chat_pb2.ROLE_ASSISTANT)
                    output = chat_pb2.CompletionOutputChunk(index=0, delta=delta)
                    yield chat_pb2.GetChatCompletionChunk(id="r", outputs=[output], model="grok-4.7")

        self._server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
        chat_pb2_grpc.add_ChatServicer_to_server(Chat(), self._server)
        self.host = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def stop(self) -> None:
        stopped: threading.Event = self._server.stop(0)
        stopped.wait()


@pytest.fixture
def grpc_server() -> Iterator[GrpcServer]:
    server = GrpcServer()
    yield server
    server.stop()


@python_client("xai_sdk")
@pytest.mark.parametrize("stream", [True, False])
def test_xai_sdk_sends_every_message_over_its_own_transport(stream, grpc_server, tmp_path):
    from xai_sdk.proto import chat_pb2, image_pb2

    params = {**PARAMS, "stop": ["x"], "presence_penalty": 0.5, "reasoning_effort": "high", "user": "me"}
    tools = [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}]
    made = source(TOOLED, stream=stream, params={**params, "tools": tools, "tool_choice": "auto"})
    done = run("xai-sdk", made, tmp_path, XAI_API_HOST=grpc_server.host)
    assert (done.returncode, done.stderr.decode()) == (0, "")
    assert done.stdout == said(stream=stream)
    [request] = grpc_server.requests
    roles = {"system": chat_pb2.ROLE_SYSTEM, "user": chat_pb2.ROLE_USER, "assistant": chat_pb2.ROLE_ASSISTANT}
    roles["tool"] = chat_pb2.ROLE_TOOL
    details = {image_pb2.DETAIL_AUTO: None, image_pb2.DETAIL_HIGH: "high"}
    assert len(request.messages) == len(TOOLED)
    for got, wanted in zip(request.messages, TOOLED, strict=True):
        assert got.role == roles[wanted["role"]]
        assert got.name == wanted.get("name", "")
        assert got.reasoning_content == wanted.get("reasoning_content", "")
        assert got.tool_call_id == wanted.get("tool_call_id", "")
        calls = [(one.id, one.function.name, one.function.arguments) for one in got.tool_calls]
        assert calls == [
            (one["id"], one["function"]["name"], one["function"]["arguments"]) for one in wanted.get("tool_calls", ())
        ]
        content = wanted["content"]
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        assert len(got.content) == len(parts)
        for part, expected in zip(got.content, parts, strict=True):
            if expected["type"] == "text":
                assert part.text == expected["text"]
            else:
                assert part.image_url.image_url == expected["image_url"]["url"]
                assert details[part.image_url.detail] == expected["image_url"].get("detail")
    assert (request.model, request.max_tokens, request.seed, list(request.stop)) == ("grok-4.7", 99, 7, ["x"])
    assert (request.temperature, request.presence_penalty, request.user) == (0.25, 0.5, "me")
    assert request.reasoning_effort == chat_pb2.ReasoningEffort.EFFORT_HIGH
    assert [one.function.name for one in request.tools] == ["f"]
    assert grpc_server.metadata[0]["x-grok-conv-id"] == "conv-1"
    assert grpc_server.metadata[0]["authorization"] == f"Bearer {KEY}"
