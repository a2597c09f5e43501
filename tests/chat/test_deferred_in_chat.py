"""Deferred replies in the chat: waiting, stopping to wait, coming back, and what is refused meanwhile."""

from __future__ import annotations

import asyncio
import json

import pytest
from fake_api import JOB, USAGE
from repl_harness import Chatting
from support import journal_lines

from grokchat.terminal.interface import Interrupt, Leave


def ready(text: str = "Forty-two.") -> tuple[int, dict]:
    """Return the answer with the reply."""
    message = {"role": "assistant", "content": text, "reasoning_content": "The number.\n"}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return 200, {"id": "r-9", "object": "chat.completion", "model": "grok-4.7", "choices": choices, "usage": USAGE}


async def wait_for_reply(chat: Chatting, question: str = "One?") -> None:
    """Send a message whose reply is deferred, and be waiting for it."""
    polls = len(chat.polls)
    chat.submit("/set deferred true", question)
    await chat.until(lambda: len(chat.polls) > polls)


async def stop_waiting(chat: Chatting) -> None:
    chat.screen.act(Interrupt())
    await chat.idle()


def reopened(home, chat: Chatting) -> Chatting:
    """Return a chat in the same session, as `grokchat -c` opens it."""
    again = Chatting(home)
    again.repl._active.session.close()
    again.repl._active.session = again.store.newest()
    return again


def events(chat: Chatting) -> list[dict]:
    return journal_lines(chat.session.path)


def test_a_deferred_reply_is_waited_for_and_stands_behind_its_question(home):
    async def run():
        async with Chatting(home) as chat:
            await wait_for_reply(chat)
            assert "deferred, 0 s, Ctrl-C stops waiting" in chat.repl.status()
            chat.job = ready()
            await chat.idle()
            assert chat.messages == [("user", "One?"), ("assistant", "Forty-two.")]
            assert any("Forty-two." in line for line in chat.screen.lines)
            assert any("#2" in line and "$" in line for line in chat.screen.lines)  # the footer
            assert len(chat.requests) == 1
            chat.submit("/undo")  # one change
            await chat.idle()
            assert chat.messages == []
            chat.submit("/redo")
            await chat.idle()
            assert len(chat.messages) == 2

    asyncio.run(run())


def test_ctrl_c_stops_waiting_and_not_the_work(home):
    async def run():
        async with Chatting(home) as chat:
            await wait_for_reply(chat)
            await stop_waiting(chat)
            assert any("stopped waiting" in line and "/continue" in line for line in chat.screen.lines)
            assert "reply due (/continue)" in chat.repl.status()
            chat.job = ready()
            chat.submit("/continue")
            await chat.idle()
            assert chat.messages == [("user", "One?"), ("assistant", "Forty-two.")]
            assert len(chat.requests) == 1

    asyncio.run(run())


def test_ctrl_c_says_that_a_reply_stays_due_also_if_its_question_was_deleted(home):
    async def run():
        async with Chatting(home) as chat:
            await wait_for_reply(chat)
            await stop_waiting(chat)
            chat.submit("/delete 1")
            await chat.idle()
            chat.screen.lines.clear()
            chat.submit("/continue")
            polls = len(chat.polls)
            await chat.until(lambda: len(chat.polls) > polls)
            await stop_waiting(chat)
            said = "\n".join(chat.screen.lines)
            assert "stopped waiting · a reply to a message that is no longer in the list stays due" in said
            assert "/retry" not in said

    asyncio.run(run())


@pytest.mark.parametrize("line", ["Two?", "/retry", "/retry -m a,b", "/compact 1", "//help"])
def test_while_a_reply_is_due_nothing_is_sent(home, line):
    async def run():
        async with Chatting(home) as chat:
            await wait_for_reply(chat)
            await stop_waiting(chat)
            before = events(chat)
            chat.submit(line)
            await chat.idle()
            assert len(chat.requests) == 1
            assert events(chat) == before
            assert any(
                "A reply to #1 has been due since" in text and "/continue drop" in text for text in chat.screen.lines
            )

    asyncio.run(run())


def test_a_message_typed_while_it_is_waited_for_is_refused_at_once(home):
    async def run():
        async with Chatting(home) as chat:
            await wait_for_reply(chat)
            chat.submit("Two?")
            assert any(
                "Not sent while a reply is due. Ctrl-C" in line for line in chat.screen.lines + chat.screen.notes
            )
            assert not chat.screen.queue.rows
            chat.job = ready()
            await chat.idle()
            assert chat.messages == [("user", "One?"), ("assistant", "Forty-two.")]
            assert len(chat.requests) == 1

    asyncio.run(run())


@pytest.mark.parametrize("is_killed", [False, True])
def test_after_a_restart_the_chat_says_what_is_due_and_waits(home, is_killed):
    async def run():
        async with Chatting(home) as chat:
            await wait_for_reply(chat)
            if is_killed:
                data = chat.session.path.read_bytes()
        if is_killed:
            (home / "sessions" / f"{chat.session.id}.jsonl").write_bytes(data)
        again = reopened(home, chat)
        again.job = ready()
        async with again:
            await again.idle()
            assert any("A reply to #1 has been due since" in line for line in again.screen.lines)
            assert again.messages == [("user", "One?"), ("assistant", "Forty-two.")]
            assert again.requests == []
            assert str(again.polls[0].url).endswith(f"/chat/deferred-completion/{JOB}")
            again.submit("/undo")
            await again.idle()
            assert again.messages == []  # the message with its reply, although a restart lies between
        third = reopened(home, again)
        async with third:
            await third.idle()
            assert third.polls == []

    asyncio.run(run())


def test_leaving_while_waiting_keeps_the_reply_due(home):
    async def run():
        chat = Chatting(home)
        async with chat:
            await wait_for_reply(chat)
            chat.screen.act(Leave())
            await chat.end()
        again = reopened(home, chat)
        async with again:
            await again.until(lambda: again.polls)
            assert "deferred" in again.repl.status()

    asyncio.run(run())


def test_a_job_that_is_gone_leaves_the_question_unanswered(home):
    async def run():
        async with Chatting(home) as chat:
            await wait_for_reply(chat)
            chat.job = (404, {"code": "not-found", "error": "Not found."})
            await chat.idle()
            assert any("gone" in line and "/retry" in line for line in chat.screen.lines)
            assert chat.messages == [("user", "One?")]
            chat.job = ready()
            chat.submit("/retry")
            await chat.idle()
            assert chat.messages == [("user", "One?"), ("assistant", "Forty-two.")]
            assert len(chat.requests) == 2

    asyncio.run(run())


def test_a_reply_can_be_given_up(home):
    async def run():
        async with Chatting(home) as chat:
            await wait_for_reply(chat)
            await stop_waiting(chat)
            chat.submit("/continue drop", "/unset deferred", "Two?")
            await chat.idle()
            assert chat.messages == [("user", "One?"), ("user", "Two?"), ("assistant", "Hello there.")]
            assert "due" not in chat.repl.status()

    asyncio.run(run())


def test_commands_that_change_the_list_are_allowed_and_the_reply_is_put_behind_its_question(home):
    async def run():
        async with Chatting(home) as chat:
            await wait_for_reply(chat)
            await stop_waiting(chat)
            chat.submit("/system Be brief.", "/system @1 First.")
            await chat.idle()
            chat.job = ready()
            chat.submit("/continue")
            await chat.idle()
            assert chat.messages == [
                ("system", "First."),
                ("user", "One?"),
                ("assistant", "Forty-two."),
                ("system", "Be brief."),
            ]
        again = reopened(home, chat)
        async with again:
            assert [role for role, _ in again.messages] == ["system", "user", "assistant", "system"]

    asyncio.run(run())


@pytest.mark.parametrize("command", ["/undo", "/delete 1"])
def test_a_reply_whose_question_was_removed_is_kept_beside_the_list(home, command):
    async def run():
        async with Chatting(home) as chat:
            await wait_for_reply(chat)
            await stop_waiting(chat)
            chat.submit(command, "/unset deferred", "Other?")  # nothing waits for the reply any more
            await chat.idle()
            other = [("user", "Other?"), ("assistant", "Hello there.")]
            assert chat.messages == other
            chat.job = ready()
            chat.submit("/continue")
            await chat.idle()
            assert chat.messages == other
            assert any("Forty-two." in line for line in chat.screen.lines)
            assert any("kept in the session file" in line for line in chat.screen.lines)
            assert any(event.get("message", {}).get("content") == "Forty-two." for event in events(chat))
            assert chat.session.totals.usage.cost_ticks == 2 * USAGE["cost_in_usd_ticks"]  # paid for, so counted
        again = reopened(home, chat)
        async with again:
            assert again.messages == other
            assert again.session.due_replies == []

    asyncio.run(run())


def test_after_a_restart_a_reply_that_the_list_does_not_wait_for_is_named(home):
    async def run():
        chat = Chatting(home)
        async with chat:
            await wait_for_reply(chat)
            await stop_waiting(chat)
            chat.submit("/undo", "/system Be brief.")
            await chat.idle()
        again = reopened(home, chat)
        async with again:
            await again.idle()
            assert again.polls == []
            said = "\n".join(again.screen.lines)
            assert "no longer in the list has been due" in said
            assert "/continue fetches it" in said

    asyncio.run(run())


@pytest.mark.parametrize("stops", [False, True])
def test_retry_deferred_replaces_the_reply_when_the_other_one_comes(home, stops):
    async def run():
        async with Chatting(home) as chat:
            chat.submit("One?")
            await chat.idle()
            chat.submit("/retry deferred=true")
            await chat.until(lambda: chat.polls)
            if stops:
                await stop_waiting(chat)
                assert chat.messages == [("user", "One?"), ("assistant", "Hello there.")]
                chat.submit("/continue")
            chat.job = ready()
            await chat.idle()
            assert chat.messages == [("user", "One?"), ("assistant", "Forty-two.")]
            reply_id = chat.session.conversation.messages[-1].id
            assert chat.session.alternatives.position(reply_id) == (2, 2)
            chat.submit("/undo")
            await chat.idle()
            assert chat.messages == [("user", "One?"), ("assistant", "Hello there.")]
            assert len(chat.requests) == 2

    asyncio.run(run())


def test_a_continuation_and_several_models_are_refused_before_anything_is_sent(home):
    async def run():
        async with Chatting(home) as chat:
            await chat.begin_reply()
            chat.stop_reply()
            await chat.idle()
            chat.submit("/set deferred true")
            for line in ("/continue", "/retry -m a,b"):
                chat.submit(line)
                await chat.idle()
            assert len(chat.requests) == 1
            assert sum("with deferred" in line for line in chat.screen.lines) == 2
            assert chat.messages == [("user", "first"), ("assistant", "begin")]

    asyncio.run(run())


def test_a_fork_does_not_wait(home):
    async def run():
        async with Chatting(home) as chat:
            await wait_for_reply(chat)
            await stop_waiting(chat)
            original, polls = chat.session.id, len(chat.polls)
            chat.submit("/fork")
            await chat.idle()
            assert chat.session.id != original
            assert len(chat.polls) == polls
            assert any(f"due in session {original}" in line for line in chat.screen.lines)
            chat.job = ready()
            chat.submit(f"/resume {original}")
            await chat.idle()
            assert chat.messages[-1] == ("assistant", "Forty-two.")

    asyncio.run(run())


def test_a_reply_that_comes_as_the_user_stops_waiting_is_not_lost(home):
    """200 is given exactly once: what is on its way is received."""

    async def run():
        async with Chatting(home) as chat:
            await wait_for_reply(chat)
            arrived = asyncio.Event()

            respond = chat._respond

            async def slow(request):
                if "/deferred-completion/" in request.url.path:
                    arrived.set()
                    await asyncio.sleep(0.2)
                return await respond(request)

            chat._respond = slow
            chat.environment.transport.handler = slow
            chat.job = ready()
            await arrived.wait()
            chat.screen.act(Interrupt())
            await chat.idle()
            assert chat.messages[-1] == ("assistant", "Forty-two.")

    asyncio.run(run())


def test_the_request_of_the_chat_is_not_streamed(home):
    async def run():
        async with Chatting(home) as chat:
            await wait_for_reply(chat)
            body = json.loads(chat.requests[0].content)
            assert body["deferred"] is True
            assert body["stream"] is False
            assert "stream_options" not in body

    asyncio.run(run())
