"""What the chat shows of replies that are more, or less, than one text."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from fake_api import USAGE, chunk, frames
from repl_harness import Chatting


def one(index=0, finish=None, **delta):
    choice = {"index": index, "delta": delta, **({"finish_reason": finish} if finish else {})}
    return {**chunk(), "choices": [choice]}


END = chunk(finish="stop", usage=USAGE)


def talk(home, body: bytes, **config) -> Chatting:
    """Send a message, get this body, and send another one."""

    class Scripted(Chatting):
        async def _respond(self, request: httpx.Request) -> httpx.Response:
            if request.method == "GET":
                return httpx.Response(404, json={"error": "none"})
            self.requests.append(request)
            return httpx.Response(200, content=body)

    async def run() -> Chatting:
        chat = Scripted(home, **config)
        async with chat:
            chat.submit("hi")
            await chat.idle()
            assert not chat.is_over
        return chat

    return asyncio.run(run())


@pytest.mark.parametrize("setting", ["off", "short", "full"])
def test_reasoning_without_an_answer_is_printed_whole_and_reported(home, setting):
    body = frames(one(reasoning_content="Let me think.\n"), one(reasoning_content="No."), END)
    chat = talk(home, body, show_reasoning=setting)
    shown = "\n".join(chat.screen.lines)
    assert shown.index("Let me think.\nNo.") < shown.index("has no text")
    assert shown.count("Let me think.") == 1
    assert chat.messages == [("user", "hi")]
    assert chat.session.totals.usage.cost_ticks == USAGE["cost_in_usd_ticks"]


def test_a_refusal_is_shown_as_the_reply(home):
    chat = talk(home, frames(one(content=None, refusal="I can't "), one(refusal="help."), END))
    assert "I can't help." in chat.screen.lines
    assert chat.messages == [("user", "hi"), ("assistant", "I can't help.")]


def test_other_choices_are_reported(home):
    chat = talk(home, frames(one(content="One"), one(1, "stop", content="Two"), END))
    assert chat.messages == [("user", "hi"), ("assistant", "One")]
    assert any("2 choices received" in line for line in chat.screen.lines)


@pytest.mark.parametrize("call", ["x", {"name": "f", "arguments": '{"q'}, None, 3, [], {"name": {}, "arguments": []}])
def test_a_malformed_tool_call_does_not_end_the_chat(home, call):
    chat = talk(home, frames(one(content="Hm.", tool_calls=[{"index": 0, "function": call}]), END))
    assert chat.messages == [("user", "hi"), ("assistant", "Hm.")]
    assert not any("bug" in line for line in chat.screen.lines)
    assert any("called a tool" in line for line in chat.screen.lines)
