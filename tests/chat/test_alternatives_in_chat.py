"""Alternatives in the chat: the line below a reply, /alt while a reply streams, and after a stop or a failure."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx
from fake_api import reply_frames
from repl_harness import Chatting
from support import journal_lines

from grokchat.chat.tab_completion import LineCompleter
from grokchat.commands.registry import by_name
from grokchat.session.session import Session
from grokchat.system.files import read_file


class Numbered(Chatting):
    """Answers each request with another text; the chat's own replies, which do not end, follow after these."""

    scripted = 2

    async def _respond(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET" or len(self.requests) >= self.scripted:
            return await super()._respond(request)
        self.requests.append(request)
        return httpx.Response(200, content=reply_frames(f"reply {len(self.requests)}"))


def talk(home, act: Callable[[Numbered], Awaitable[None]], **config) -> Numbered:
    """Get two replies to one question, and then act."""

    async def run() -> Numbered:
        chat = Numbered(home, **config)
        async with chat:
            chat.submit("hi")
            await chat.idle()
            chat.submit("/retry temperature=1.5")
            await chat.idle()
            await act(chat)
        return chat

    return asyncio.run(run())


def footers(chat) -> list[str]:
    return [line.split(" · ")[1] for line in chat.screen.lines if line.startswith("#2 · ")]


def test_each_reply_says_which_one_it_is_also_after_alt_show_and_a_restart(home):
    async def act(chat):
        chat.submit("/alt 1")
        await chat.idle()
        chat.submit("/show")
        await chat.until(lambda: len(footers(chat)) == 4)

    chat = talk(home, act)
    assert footers(chat)[1:] == ["2 of 2", "1 of 2", "1 of 2"]
    assert chat.messages == [("user", "hi"), ("assistant", "reply 1")]
    path = chat.session.config.folder / f"{chat.session.id}.jsonl"
    session = Session.open(chat.session.config, path, read_file(path))
    assert session.alternatives.position(session.conversation.messages[-1].id) == (1, 2)
    session.close()


def test_the_parameters_of_one_call_are_kept_with_its_reply_and_those_of_the_session_are_not(home):
    async def act(chat):
        chat.submit("/set top_p 0.5", "/retry", "/retry seed=1")
        await chat.idle()

    chat = talk(home, act)
    path = chat.session.config.folder / f"{chat.session.id}.jsonl"
    replies = [line for line in journal_lines(path) if line["type"] == "message" and "model" in line]
    assert [reply.get("params") for reply in replies] == [None, {"temperature": 1.5}, None, {"seed": 1}]


def test_the_list_and_a_comparison_are_shown(home):
    async def act(chat):
        chat.submit("/alt", "/alt diff 1")
        await chat.until(lambda: any("1 removed" in line or "removed ·" in line for line in chat.screen.lines))

    shown = "\n".join(talk(home, act).screen.lines)
    assert "Alternatives of #2" in shown
    assert "temperature=1.5" in shown
    assert "1 word removed · 1 added · 1 unchanged" in shown


def test_while_a_reply_streams_the_list_is_shown_and_the_change_waits_its_turn(home):
    async def act(chat):
        await chat.begin_reply("/retry")
        chat.submit("/alt", "/alt 1")
        chat.finish_reply()
        await chat.idle()

    chat = talk(home, act)
    shown = "\n".join(chat.screen.lines)
    assert "still coming" in shown
    assert footers(chat)[-2:] == ["3 of 3", "1 of 3"]
    assert chat.messages == [("user", "hi"), ("assistant", "reply 1")]


def test_a_stopped_reply_is_an_alternative(home):
    async def act(chat):
        await chat.begin_reply("/retry")
        chat.stop_reply()
        await chat.idle()

    chat = talk(home, act)
    last = chat.session.conversation.messages[-1]
    assert (last.text, last.is_interrupted) == ("begin", True)
    assert chat.session.alternatives.position(last.id) == (3, 3)


def test_tab_offers_the_other_numbers_and_diff(home):
    async def act(chat):
        pass

    chat = talk(home, act)
    completer = LineCompleter(by_name(), None)

    def offered(line: str) -> list[str]:
        return [candidate.text for candidate in completer.candidates(line, chat.session)]

    assert offered("/alt ") == ["diff", "1"]
    assert offered("/alt d") == ["diff"]
    assert offered("/alt diff ") == ["1"]
    assert offered("/alt 1 ") == []
    assert [candidate.description for candidate in completer.candidates("/alt diff ", chat.session)] == [
        "grok-4.7: reply 1"
    ]
