"""Bugs in the chat: a paragraph, and the chat continues with its list, its queue and the text received."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from repl_harness import Chatting
from support import KEY

from grokchat.chat.bugs import BugReports
from grokchat.errors import CommandError
from grokchat.terminal.interface import Interrupt, Resized, Submit, Typing

HOSTILE = f"it broke {KEY} \x1b[2J"


def broken(*_: object, **__: object) -> Any:
    raise TypeError(HOSTILE)


async def broken_later(*_: object, **__: object) -> Any:
    raise TypeError(HOSTILE)


def talk(home: Path, act: Callable[[Chatting], Awaitable[None]]) -> Chatting:
    async def run() -> Chatting:
        async with Chatting(home) as chat:
            await act(chat)
        return chat

    return asyncio.run(run())


def bugs(chat: Chatting) -> list[str]:
    lines = [re.sub("\x1b]133;[^\x07]*\x07", "", line) for line in chat.screen.lines]
    found = [line for line in lines if line.startswith("This is a bug in grokchat (TypeError: it broke")]
    for line in found:
        assert KEY not in line
        assert "\x1b" not in line
        assert "GROKCHAT_DEBUG=1 shows where" in line
    return found


@pytest.mark.parametrize(
    ("place", "replacement", "line"),
    [
        ("grokchat.chat.sending.Sender.send", broken_later, "second"),
        ("grokchat.session.session.Session.add_message", broken, "second"),
        ("grokchat.session.requests.Requests.start", broken, "second"),
        ("grokchat.api.client.Client.reply", broken, "second"),
        ("grokchat.chat.secret_guard.find_unsent_secrets", broken, "second"),
        ("grokchat.session.session.Session.remove", broken, "/delete 1"),
        ("grokchat.session.session.Session.rewind", broken, "/undo"),
        ("grokchat.session.session.Session.fork", broken, "/fork"),
        ("grokchat.session.store.SessionStore.new", broken, "/new"),
        ("grokchat.session.store.SessionStore.find", broken, "/resume x"),
        ("grokchat.chat.transfers.load_attachments", broken, "/file a.txt"),
        ("grokchat.chat.transfers.clipboard.copy_text", broken, "/copy"),
        ("grokchat.session.export_source.export_source", broken, "/export json"),
        ("grokchat.chat.session_search.SessionRows", broken, "/sessions"),
        ("grokchat.session.store.SessionStore.search", broken, "/sessions words"),
        ("grokchat.api.client.Client.models", broken, "/models"),
        ("grokchat.chat.printer.message_lines", broken, "/show 1"),
        ("grokchat.chat.printer.notice_lines", broken, "/name x"),
        ("grokchat.chat.worker.Worker._warn_near_limit", broken, "/name x"),
        ("grokchat.chat.submissions.parse_line", broken, "second"),
    ],
)
def test_a_bug_in_one_command_or_turn_is_a_paragraph_and_the_chat_goes_on(home, monkeypatch, place, replacement, line):
    async def act(chat: Chatting) -> None:
        chat.submit("first")
        await chat.until(lambda: len(chat.messages) == 2)
        await chat.idle()
        with monkeypatch.context() as patch:
            patch.setattr(place, replacement)
            chat.submit(line)
            await chat.until(lambda: bugs(chat))
            await chat.idle()
        chat.submit("after")
        await chat.until(lambda: chat.messages[-1:] == [("assistant", "Hello there.")] and len(chat.requests) >= 2)
        await chat.idle()

    chat = talk(home, act)
    assert len(bugs(chat)) == 1
    assert chat.messages[-2:] == [("user", "after"), ("assistant", "Hello there.")]
    again = chat.store.open(next(path for path in chat.store.paths() if path.stem == chat.session.id))
    assert [(message.role, message.text) for message in again.conversation] == chat.messages
    again.close()


@pytest.mark.parametrize("place", ["feed", "commit", "tail", "close"])
def test_a_reply_that_cannot_be_shown_is_received_whole_and_printed_as_it_is(home, monkeypatch, place):
    monkeypatch.setattr(f"grokchat.render.stream.ReplyRenderer.{place}", broken)

    async def act(chat: Chatting) -> None:
        asyncio.get_running_loop().set_exception_handler(chat.repl._bugs.handle_background_error)
        chat.reply = "Hello *there*." * 3000  # more than may wait to be drawn
        chat.submit("first", "second")
        await chat.until(lambda: len(chat.messages) == 4)
        await chat.idle()

    chat = talk(home, act)
    assert [role for role, _ in chat.messages] == ["user", "assistant", "user", "assistant"]
    assert chat.messages[1][1] == "Hello *there*." * 3000
    assert len([line for line in chat.screen.lines if "Hello *there*.Hello" in line]) == 2
    assert 1 <= len(bugs(chat)) <= 3


def test_the_part_of_a_reply_before_a_bug_is_kept_and_the_queue_stays(home, monkeypatch):
    async def act(chat: Chatting) -> None:
        await chat.begin_reply()
        chat.submit("second")
        await chat.until(lambda: chat.screen.queue_rows)
        chat.is_endless = False
        monkeypatch.setattr("grokchat.api.choice.Choice.message", broken)
        chat.screen.act(Interrupt())
        await chat.until(lambda: bugs(chat))
        monkeypatch.undo()
        await chat.idle()
        chat.submit("")
        await chat.until(lambda: len(chat.requests) == 2)
        await chat.idle()

    chat = talk(home, act)
    assert chat.messages == [
        ("user", "first"), ("assistant", "begin"), ("user", "second"), ("assistant", "Hello there.")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("place", "action"),
    [
        ("grokchat.chat.printer.Printer.redraw_live_reply", Resized()),
        ("grokchat.chat.connection.Connection.preconnect", Typing()),
        ("grokchat.chat.confirmation.Confirmation.answer", Interrupt()),
        ("grokchat.chat.queue.Queue.put", Submit("second")),
    ],
)
def test_a_bug_in_handling_a_key_does_not_end_the_chat(home, monkeypatch, place, action):
    async def act(chat: Chatting) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(place, broken)
            chat.screen.act(action)
            await chat.until(lambda: bugs(chat))
        chat.submit("after")
        await chat.until(lambda: len(chat.messages) == 2)

    assert len(bugs(talk(home, act))) == 1


def test_a_bug_in_printing_is_printed_plainly(home, monkeypatch):
    async def act(chat: Chatting) -> None:
        monkeypatch.setattr("grokchat.chat.printer.Printer.print_lines", broken)
        for _ in range(10):  # each of which has to be told
            chat.submit("/name x")
            await chat.idle()
        monkeypatch.undo()
        chat.submit("after")
        await chat.until(lambda: len(chat.messages) == 2)

    assert len(bugs(talk(home, act))) == 10


def test_a_bug_in_what_is_drawn_again_and_again_is_not_printed_for_ever(home):
    printed: list[str] = []

    async def draw() -> None:
        reports = BugReports(Chatting(home).environment, printed.append, printed.extend)
        for _ in range(10):
            assert reports.value_of(broken, "nothing") == "nothing"
            reports.handle_background_error(None, {"exception": ValueError("another")})
            await asyncio.sleep(0)
        assert reports.value_of(lambda: "fine", "nothing") == "fine"

    asyncio.run(draw())
    assert len(printed) == 6


def test_a_bug_while_leaving_still_closes_the_session(home, monkeypatch):
    async def act(chat: Chatting) -> None:
        chat.submit("first")
        await chat.until(lambda: len(chat.messages) == 2)
        await chat.idle()
        monkeypatch.setattr("grokchat.chat.active_session.ActiveSession.unsent", broken)
        await chat.leave()

    chat = talk(home, act)
    assert len(bugs(chat)) == 1
    again = chat.store.open(chat.store.paths()[0])
    assert again.read_only_error is None
    again.close()


def test_with_debug_the_traceback_is_shown_without_the_key(home, monkeypatch):
    async def act(chat: Chatting) -> None:
        chat.environment.variables["GROKCHAT_DEBUG"] = "1"
        monkeypatch.setattr("grokchat.chat.sending.Sender.send", broken_later)
        chat.submit("first")
        await chat.until(lambda: any("Traceback" in line for line in chat.screen.lines))

    text = re.sub("\x1b]133;[^\x07]*\x07", "", "\n".join(talk(home, act).screen.lines))
    assert "in broken_later" in text
    assert KEY not in text
    assert "\x1b" not in text


@pytest.mark.parametrize("error", [asyncio.CancelledError, KeyboardInterrupt, SystemExit])
def test_what_ends_the_program_passes(home, error):
    printed: list[str] = []
    reports = BugReports(Chatting(home).environment, printed.append, printed.extend)
    with pytest.raises(error), reports.reported():
        raise error
    assert printed == []


def test_the_error_of_a_background_task_is_its_text_and_a_bug_a_paragraph(home):
    printed: list[str] = []
    reports = BugReports(Chatting(home).environment, printed.append, printed.extend)
    reports.handle_background_error(None, {"message": "m", "exception": CommandError("no editor")})
    reports.handle_background_error(None, {"message": "m", "exception": TypeError("x")})
    reports.handle_background_error(None, {"message": "a task was destroyed"})
    assert printed[0] == "no editor"
    assert printed[1].startswith("This is a bug in grokchat (TypeError: x). The chat continues")
    assert printed[2].startswith("This is a bug in grokchat (RuntimeError: a task was destroyed)")
