"""A fake API on loopback with scripted responses, and the chunks and frames that they are made of."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

PATIENCE_S = 60.0
"""How long the tests wait for what happens at once on an idle machine: a limit for faults, not for load."""


def chunk(delta: Mapping[str, Any] | None = None, *, finish: str | None = None, **more: Any) -> dict[str, Any]:
    """Return one chunk of a stream, in the API's shape."""
    choice: dict[str, Any] = {"index": 0, "delta": dict(delta or {})}
    if finish is not None:
        choice["finish_reason"] = finish
    head = {"id": "r-1", "object": "chat.completion.chunk", "created": 1790000000, "model": "grok-4.7"}
    return {**head, "choices": [choice], "system_fingerprint": "fp_1", **more}


USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 20,
    "total_tokens": 150,
    "prompt_tokens_details": {"text_tokens": 100, "audio_tokens": 0, "image_tokens": 0, "cached_tokens": 64},
    "completion_tokens_details": {"reasoning_tokens": 30},
    "cost_in_usd_ticks": 14_760_000,
}


def frames(*chunks: Mapping[str, Any], done: bool = True) -> bytes:
    """Return chunks as server-sent events."""
    data = b"".join(b"data: " + json.dumps(value).encode() + b"\n\n" for value in chunks)
    return data + (b"data: [DONE]\n\n" if done else b"")


def reply_frames(*texts: str, usage: Mapping[str, Any] | None = USAGE) -> bytes:
    """Return the frames of a complete streamed reply with these deltas."""
    chunks = [chunk({"content": text}) for text in texts]
    ending = [chunk(finish="stop")]
    if usage is not None:
        ending.append({**chunk(), "choices": [], "usage": dict(usage)})
    return frames(*chunks, *ending)


def completion(text: str, **more: Any) -> bytes:
    """Return a reply that is not streamed, as JSON."""
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    head = {"id": "r-1", "object": "chat.completion", "created": 1790000000, "model": "grok-4.7"}
    return json.dumps({**head, "choices": [choice], "usage": USAGE, **more}).encode()


def stop_listening(listener: socket.socket) -> None:
    """Close a listening socket; a thread that waits in `accept` ends, which closing alone does not do."""
    with suppress(OSError):  # macOS: it is not connected, and closing is enough
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@dataclass
class Answer:
    """The response to one request.

    The parts are sent in order; an Event among them is waited for. If `complete` is False the connection is closed
    after the last one, before the end of the body, as if it had died. `reason` is the words behind the status.
    """

    parts: Sequence[bytes | threading.Event] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "text/event-stream"})
    complete: bool = True
    reason: str = "Status"

    @classmethod
    def json(cls, status: int, value: object, **headers: str) -> Answer:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return cls([body], status, {"content-type": "application/json", **headers})


@dataclass
class Received:
    """A request that arrived; `connection` counts the connections."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def messages(self) -> list[dict[str, Any]]:
        return self.json["messages"]


class FakeApi:
    """An HTTP server on loopback with one scripted answer a request; the last answer is repeated.

    `by_model` has the answer to requests for some models, instead of the script. `models` answers `GET /models`, and
    `keys`, one after the other, `GET /api-key`: neither is in the script or in `requests`; they are in `lookups`.
    `deferred` answers, one after the other, the questions for deferred replies, which are in `polls`. With `tls` it
    speaks HTTPS.
    """

    def __init__(self, *answers: Answer, models: Answer | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.answers = list(answers) or [Answer([reply_frames("Hello", " there.")])]
        self.models = models or Answer.json(404, {"code": "not-found", "error": "No handler found on route."})
        self.keys = [Answer.json(404, {"code": "not-found", "error": "No handler found on route."})]
        self.deferred = [Answer.json(404, {"code": "not-found", "error": "Deferred completion was not found."})]
        self.polls: list[Received] = []
        self.by_model: dict[str, Answer] = {}
        self.requests: list[Received] = []
        self.lookups: list[Received] = []
        self._arrived = threading.Condition()
        self._closing = threading.Event()
        self._connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._tls = tls
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/v1"
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        stop_listening(self._socket)

    def wait_for_polls(self, count: int, seconds: float = PATIENCE_S) -> None:
        """Wait until `count` questions for deferred replies have arrived."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.polls) >= count, seconds), len(self.polls)

    def wait_for_requests(self, count: int, seconds: float = PATIENCE_S) -> None:
        """Wait until `count` requests have arrived."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.requests) >= count, seconds), len(self.requests)

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._connections += 1
            # As real servers do: otherwise small writes wait 40 ms for an acknowledgement.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._talk, args=(connection, self._connections), daemon=True).start()

    def _talk(self, connection: socket.socket, number: int) -> None:
        if self._tls is not None:
            try:
                connection = self._tls.wrap_socket(connection, server_side=True)
            except OSError:
                return
        with connection, connection.makefile("rb") as reader:
            while True:
                try:
                    request = self._read(reader, number)
                except (OSError, ValueError):
                    return
                if request is None:
                    return
                with self._arrived:
                    script = self.answers
                    if "/deferred-completion/" in request.path:
                        self.polls.append(request)
                        script = self.deferred
                    elif request.method == "GET":
                        self.lookups.append(request)
                        script = self.keys if request.path.endswith("/api-key") else [self.models]
                    else:
                        self.requests.append(request)
                        if self.by_model and (answer := self.by_model.get(request.json["model"])) is not None:
                            script = [answer]
                    answer = script.pop(0) if len(script) > 1 else script[0]
                    self._arrived.notify_all()
                try:
                    if not self._answer(connection, answer):
                        return
                except OSError:
                    return

    def _read(self, reader: Any, number: int) -> Received | None:
        first = reader.readline().decode("latin-1").split()
        if len(first) < 2:
            return None
        headers = {}
        for raw in iter(reader.readline, b"\r\n"):
            name, _, value = raw.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        body = reader.read(int(headers.get("content-length", 0)))
        return Received(first[0], first[1], headers, body, number)

    def _answer(self, connection: socket.socket, answer: Answer) -> bool:
        lines = [f"HTTP/1.1 {answer.status} {answer.reason}"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        lines += ["transfer-encoding: chunked", "", ""]
        connection.sendall("\r\n".join(lines).encode("latin-1"))
        for part in answer.parts:
            if isinstance(part, threading.Event):
                while not part.wait(0.05):
                    if self._closing.is_set():
                        return False
            elif part:
                connection.sendall(b"%x\r\n%s\r\n" % (len(part), part))
        if answer.complete:
            connection.sendall(b"0\r\n\r\n")
        return answer.complete


JOB = "0daf962f-a275-4a3c-839a-047854645532"


def deferred_api(*answers: Answer) -> FakeApi:
    """Return an API that defers each request, and answers like this when asked for the reply."""
    api = FakeApi(Answer.json(200, {"request_id": JOB}))
    api.deferred = list(answers)
    return api


PENDING = Answer((), 202, {})


def gone() -> Answer:
    """Return the answer to a question for a reply that has been fetched, or that the API never had."""
    return Answer.json(404, {"code": "Some requested entity was not found", "error": f"{JOB} was not found."})
