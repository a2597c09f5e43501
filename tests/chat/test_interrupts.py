"""Ctrl-C, Esc, Up and Enter on an empty line, and what they do to the reply and the queue."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from repl_harness import Chatting

from grokchat.terminal.interface import Interrupt, QueueView, Submit, TakeBack

BEGUN = [("user", "first"), ("assistant", "begin")]
SECRET = "ghp_aB3dE5gH7jK9mN1pQ2sT4vW6yZ8cF0iLaB3d"
ESC = Interrupt(is_escape=True)


def talk(home: Path, act: Callable[[Chatting], Awaitable[None]], **config: object) -> Chatting:
    """Run a chat and what a test does in it."""

    async def run() -> Chatting:
        async with Chatting(home, **config) as chat:
            await act(chat)
        return chat

    return asyncio.run(run())


def sent(chat: Chatting) -> list[str]:
    """Return the last message of each request."""
    return [json.loads(request.content)["messages"][-1]["content"] for request in chat.requests]


@pytest.mark.parametrize("key", [Interrupt(), ESC], ids=["Ctrl-C", "Esc"])
def test_stopping_a_reply_holds_the_queue_until_enter_on_an_empty_line(home, key):
    """The part received is kept and the queue is not sent. Up takes its last line back, and Enter sends the rest."""

    async def act(chat: Chatting) -> None:
        await chat.begin_reply()
        chat.is_endless = False
        chat.submit("second", "third\nlines")
        chat.screen.act(key)
        await chat.idle()
        assert chat.messages == BEGUN
        assert chat.session.conversation.messages[1].is_interrupted
        assert chat.screen.queue == QueueView(["second", "third⏎lines"], 2, 2, can_take_back=True)
        chat.screen.act(TakeBack())
        assert chat.screen.line == Submit("third\nlines")
        chat.submit("")
        await chat.until(lambda: len(chat.requests) == 2)
        await chat.idle()

    assert sent(talk(home, act)) == ["first", "second"]


def test_each_ctrl_c_does_one_thing(home):
    """It stops the reply, clears the line, drops the queue into the history, and says how to leave."""

    async def act(chat: Chatting) -> None:
        screen = chat.screen
        await chat.begin_reply()
        chat.submit("second", "third")
        screen.line = Submit("half a")
        for _ in range(4):  # within one turn of the loop
            screen.act(Interrupt())
        assert (screen.line, screen.history) == (None, ["half a", "second", "third"])
        assert screen.hints == [
            "dropped 2 queued · Up brings them back",
            "Ctrl-D or /quit leaves · session saved",
        ]
        chat.is_endless = False
        await chat.idle()
        chat.submit("fourth")
        await chat.until(lambda: len(chat.requests) == 2)
        screen.lines.clear()

    chat = talk(home, act)
    assert sent(chat) == ["first", "fourth"]
    assert chat.not_done == []


def test_esc_only_stops(home):
    async def act(chat: Chatting) -> None:
        await chat.begin_reply()
        chat.submit("second")
        for _ in range(4):
            chat.screen.act(ESC)
        await chat.idle()
        assert chat.screen.queue.held_count == 1
        assert (chat.screen.history, chat.screen.hints) == ([], [])

    talk(home, act)


def test_a_message_joins_the_held_queue_and_releases_it_and_a_command_is_carried_out_before_it(home):
    async def act(chat: Chatting) -> None:
        await chat.begin_reply()
        chat.submit("second")
        chat.stop_reply()
        await chat.idle()
        chat.submit("/continue", "/system Be brief.")
        await chat.until(lambda: len(chat.requests) == 2)
        await chat.idle()
        assert chat.messages[1:] == [("assistant", "beginHello there."), ("system", "Be brief.")]
        assert chat.screen.queue.held_count == 1
        chat.submit("third")
        await chat.until(lambda: len(chat.requests) == 4)

    assert sent(talk(home, act))[2:] == ["second", "third"]


@pytest.mark.parametrize("turns", range(12))
def test_a_key_at_the_end_of_a_reply_finds_one_state_or_the_other(home, turns):
    """A line entered then is sent; Ctrl-C stops the next reply, or holds the queue before it; Up does not double."""

    async def act(chat: Chatting) -> None:
        await chat.begin_reply()
        chat.submit("second", "third")
        chat.finish_reply(is_last=False)
        for _ in range(turns):
            await asyncio.sleep(0)
        chat.screen.act(Interrupt())
        chat.screen.act(TakeBack())
        assert chat.screen.line == Submit("third")
        chat.submit("fourth")
        chat.is_endless = False
        await chat.until(lambda: chat.requests and sent(chat)[-1] == "fourth")
        await chat.idle()

    chat = talk(home, act)
    assert [text for role, text in chat.messages if role == "user"] in (
        ["first", "second", "fourth"],
        ["first", "fourth"],
    )
    assert (len(chat.messages) == 4) == (chat.not_done == ["second"])


@pytest.mark.parametrize(
    ("line", "answer"), [("/delete 99", None), ("/file missing.txt", None), ("refused", None), (SECRET, "n")]
)
def test_what_fails_or_is_refused_holds_what_was_queued_behind_it(home, line, answer):
    async def act(chat: Chatting) -> None:
        await chat.begin_reply()
        chat.submit(Submit(line, has_paste=True), "relies on it")
        if line == "refused":
            chat.refusal = (401, {"error": "bad key"})
        chat.finish_reply()
        if answer is not None:
            await chat.until(lambda: chat.screen.history_exclusions)
            chat.submit(answer)
        await chat.until(lambda: chat.screen.queue.held_count)
        await chat.idle()
        chat.refusal = None
        assert chat.screen.queue.rows == ["relies on it"]
        assert "relies on it" not in sent(chat)
        chat.submit("")
        await chat.until(lambda: sent(chat)[-1] == "relies on it")

    talk(home, act)


@pytest.mark.parametrize("key", [Interrupt(), ESC], ids=["Ctrl-C", "Esc"])
def test_at_an_open_question_it_says_no(home, tmp_path, key):
    """What is queued is not held if no message was refused."""
    path = tmp_path / "out.md"
    path.write_text("mine", encoding="utf-8")

    async def act(chat: Chatting) -> None:
        chat.submit("first")
        await chat.until(lambda: len(chat.messages) == 2)
        await chat.idle()
        chat.submit(f"/write {path}")
        await chat.until(lambda: chat.screen.history_exclusions)
        chat.submit("second")
        chat.screen.act(key)
        await chat.until(lambda: len(chat.requests) == 2)

    talk(home, act)
    assert path.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("line", "not_done", "last"),
    [("/new", ["second", "third"], "other"), ("/fork", [], "third")],
)
def test_a_held_queue_belongs_to_its_session(home, line, not_done, last):
    """A fork takes it along; another session does not."""

    async def act(chat: Chatting) -> None:
        await chat.begin_reply()
        chat.submit("second", "third")
        chat.stop_reply()
        await chat.idle()
        before = chat.session
        chat.submit(line)
        await chat.until(lambda: chat.session is not before)
        await chat.idle()
        assert chat.not_done == not_done
        chat.submit("" if not not_done else last)
        await chat.until(lambda: sent(chat)[-1] == last)
        await chat.idle()

    talk(home, act)


@pytest.mark.parametrize("line", ["/quit", "exit", None])
def test_leaving_lists_a_held_queue_as_not_done(home, line):
    async def act(chat: Chatting) -> None:
        await chat.begin_reply()
        chat.submit("second", "/delete 1", "exit")
        chat.stop_reply()
        await chat.idle()
        if line is None:
            await chat.leave()
        else:
            chat.submit(line)
            await chat.end()

    chat = talk(home, act)
    assert chat.messages == BEGUN
    assert chat.not_done == ["second", "/delete 1"]


def test_a_quit_that_is_queued_while_the_queue_is_held_waits_for_the_reply_alone(home):
    async def act(chat: Chatting) -> None:
        await chat.begin_reply()
        chat.submit("second")
        chat.screen.act(Interrupt())
        await chat.idle()
        chat.submit("/continue")
        await chat.until(lambda: len(chat.requests) == 2)
        chat.submit("exit")
        await asyncio.sleep(0.01)
        assert not chat.is_over
        chat.finish_reply()
        await chat.end()

    assert talk(home, act).not_done == ["second"]


def test_a_command_that_is_being_done_is_stopped_and_holds_the_queue(home):
    async def act(chat: Chatting) -> None:
        await chat.begin_reply()
        chat.screen.act(Interrupt())
        await chat.idle()
        chat.submit("/retry")
        await chat.until(lambda: len(chat.requests) == 2)
        chat.submit("second")
        chat.stop_reply()
        await chat.idle()
        assert chat.screen.queue.held_count == 1
        assert len(chat.requests) == 2

    talk(home, act)
