"""Whatever is done in the chat: what /request shows is what is sent, and an unchanged prefix is sent as the same bytes.

The prompt cache is keyed by both. The bytes are compared as they arrive at the server, over random sequences of
commands, failures, forks and restarts, and without the program's own encoder: each message's bytes are cut out of the
body, and equal messages must have equal bytes.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path

import httpx
from fake_api import chunk, frames
from hypothesis import example, given, settings
from hypothesis import strategies as st
from repl_harness import Chatting

from grokchat.commands.declare import Call, parse_line
from grokchat.commands.outcomes import RequestBody
from grokchat.commands.registry import by_name

COMMANDS = by_name()
HEAD = b'"messages":['
CALL = {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"b": 1.50, "a": "é"}'}}
REPLIES = (
    frames(
        chunk({"role": "assistant", "content": "Hello "}), chunk({"content": "é\u2028\U0001f600"}), chunk(finish="stop")
    ),
    frames(chunk({"reasoning_content": "Hm."}), chunk({"content": "Yes."}), chunk(finish="length")),
    frames(chunk({"tool_calls": [CALL]}), chunk(finish="tool_calls")),
    frames(chunk({"refusal": "No."}), chunk(finish="stop")),
    frames(chunk({"content": "a part"}), done=False),
    None,
)
"""Whole, cut, calling, refusing and broken replies; None is a refused request."""
LINES = st.one_of(
    st.sampled_from(
        [
            "/system @1 Be brief.",
            "/system Be \u202ekind\u202c.",
            '/edit 1 é \\ " \U0001f600',
            "/mute 1",
            "/mute 2..",
            "/unmute 1..",
            "/delete 1",
            "/delete 2..3",
            "/move 1 @2",
            "/undo",
            "/undo 3",
            "/redo",
            "/retry",
            "/retry temperature=1",
            "/continue",
            "/set temperature 0.50",
            "/unset temperature",
            "/set stream off",
            "/set stream on",
            "/model grok-5",
            "/fork",
            "/name other",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8).map(lambda text: f"x{text}"),
    st.just("ask"),
    st.just("restart"),
)


class Wire(Chatting):
    """A chat whose requests are all kept, with their bytes; `replies` are the numbers of the next ones."""

    def __init__(self, home: Path, replies: list[int], sent: list[httpx.Request], **more) -> None:
        super().__init__(home, **more)
        self.requests, self._replies = sent, replies

    async def _respond(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(404, json={"error": "none"})
        self.requests.append(request)
        reply = REPLIES[self._replies.pop() if self._replies else 0]
        if reply is None:
            return httpx.Response(400, json={"code": "invalid-argument", "error": "No."})
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=reply)

    def next_body(self) -> bytes:
        """Return the body that /request shows."""
        call = parse_line("/request", COMMANDS)
        assert isinstance(call, Call)
        outcome = call.run(self.session)
        assert isinstance(outcome, RequestBody)
        return outcome.data

    async def do(self, *lines: str) -> None:
        self.submit(*lines)
        await self.idle()


def split_messages(body: bytes) -> tuple[bytes, list[bytes]]:
    """Return the bytes before the messages, and the bytes of each of them."""
    text = body.decode("utf-8")
    assert json.loads(text)["messages"] is not None
    position = text.index(HEAD.decode()) + len(HEAD)
    head, found = text[:position], []
    while text[position] != "]":
        position += text[position] == ","
        end = json.JSONDecoder().raw_decode(text, position)[1]
        found.append(text[position:end].encode())
        position = end
    return head.encode(), found


def check_prefixes(sent: list[httpx.Request]) -> None:
    """Check the last request against each one before it."""
    *earlier, last = (split_messages(request.content) for request in sent)
    for head, messages in earlier:
        for item, other in zip(messages, last[1], strict=False):
            if json.loads(item) != json.loads(other):
                break
            assert item == other
        if json.loads(head + b"]}") == json.loads(last[0] + b"]}"):
            assert head == last[0]
    assert len({request.headers["x-grok-conv-id"] for request in sent}) == 1


async def converse(home: Path, lines: list[str], replies: list[int]) -> int:
    """Do all this in the chat; return how many requests were sent."""
    sent: list[httpx.Request] = []
    session = None
    for segment in _segments(lines):
        async with Wire(home, replies, sent, session=session) as chat:
            for line in segment:
                count, shown = len(sent), chat.next_body()
                if line == "ask":
                    await chat.do("/insert user é?")
                    shown = chat.next_body()
                    await chat.do("/retry")
                    assert sent[count].content == shown
                else:
                    await chat.do(line)
                    if len(sent) > count and not line.startswith("/"):
                        head, messages = split_messages(shown)
                        assert sent[count].content.startswith(head + b",".join(messages))
                if len(sent) > count:
                    check_prefixes(sent)
                    assert chat.session.requests.previous_body() == sent[-1].content
        session = chat.store.newest() if chat.store.paths() else None
    return len(sent)


def _segments(lines: list[str]) -> list[list[str]]:
    """Return the lines of each run of the program."""
    found: list[list[str]] = [[]]
    for line in lines:
        if line == "restart":
            found.append([])
        else:
            found[-1].append(line)
    return found


@settings(max_examples=max(10, settings.default.max_examples // 2))
@given(st.lists(LINES, max_size=12), st.lists(st.integers(0, len(REPLIES) - 1), max_size=8))
@example(["x", "restart", "y", "/system @1 Be brief.", "z", "/undo 2", "ask", "/fork", "w"], [2, 1])
@example(
    ["x", "/set stream off", "/mute 1..", "ask", "/unmute 1..", "restart", "ask", "/retry temperature=1"], [5, 4, 3]
)
def test_what_is_sent_is_what_was_sent_before_and_what_request_shows(lines, replies):
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(converse(Path(folder), lines, list(replies)))


def test_the_sequences_do_send():
    """Or the property would hold of nothing."""
    with tempfile.TemporaryDirectory() as folder:
        lines = ["x", "/continue", "/retry", "restart", "y", "ask", "/fork", "z"]
        assert asyncio.run(converse(Path(folder), lines, [0, 0, 1, 1])) >= 6
