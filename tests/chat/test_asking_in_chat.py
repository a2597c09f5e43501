"""Asking a user message again in the chat: what is dropped, what comes back, and that it is one change."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from repl_harness import Chatting

from grokchat.errors import FileError
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.terminal.interface import Interrupt, Submit

HELLO = ("assistant", "Hello there.")


def chat_of(home: Path, act: Callable[[Chatting], Awaitable[None]], **config: object) -> Chatting:
    """Run a chat that has three answered messages, and what a test does in it."""

    async def run() -> Chatting:
        chat = Chatting(home, **config)
        async with chat:
            chat.submit("one", "two", "three")
            await chat.until(lambda: len(chat.messages) == 6)
            await chat.idle()
            await act(chat)
        return chat

    return asyncio.run(run())


def is_printed(chat: Chatting, words: str) -> bool:
    return any(words in line for line in [*chat.screen.lines, *chat.screen.notes])


def sent_texts(request) -> list[str]:
    return [message["content"] for message in json.loads(request.content)["messages"]]


def test_retry_of_an_earlier_message_is_one_change(home):
    """`/retry N` drops what follows user message N and asks again; one /undo brings everything back."""

    async def act(chat: Chatting) -> None:
        before = chat.messages
        chat.reply = "Another one."
        chat.submit("/retry 3 temperature=0.5")
        await chat.until(lambda: chat.messages == [("user", "one"), HELLO, ("user", "two"), ("assistant", chat.reply)])
        await chat.idle()
        assert is_printed(chat, "asking #3 again · dropped #4-6 (/undo brings them back)")
        chat.submit("/undo")
        await chat.until(lambda: chat.messages == before)

    chat = chat_of(home, act)
    body = json.loads(chat.requests[3].content)
    assert (sent_texts(chat.requests[3]), body["temperature"]) == (["one", "Hello there.", "two"], 0.5)


@pytest.mark.parametrize(("line", "told"), [("/retry 1", "restored #2-6"), ("/retry", "restored #6")])
def test_a_retry_without_a_reply_changes_nothing(home, line, told):
    async def act(chat: Chatting) -> None:
        before = chat.messages
        chat.refusal = (400, {"error": "no"})
        chat.submit(line)
        await chat.until(lambda: any(told in shown for shown in chat.screen.lines))
        await chat.idle()
        assert chat.messages == before

    chat_of(home, act)


# -- /edit without a number --------------------------------------------------------------------------------------------

PNG = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
SECRET = "ghp_aB3dE5gH7jK9mN1pQ2sT4vW6yZ8cF0iLaB3d"
ANSWERED = [("user", "one"), HELLO, ("user", "two"), HELLO, ("user", "three"), HELLO]


async def begin_edit(chat: Chatting) -> None:
    chat.submit("/edit")
    await chat.until(lambda: chat.screen.line is not None)
    await chat.idle()


def test_the_last_user_message_is_edited_in_the_line_and_asked_again(home):
    """Enter puts it in its place, drops what follows and asks again: one change, which a single /undo takes back."""

    async def act(chat: Chatting) -> None:
        await begin_edit(chat)
        line = chat.screen.line
        assert line is not None
        assert line.edit is not None
        assert (line.text, line.edit.title, line.edit.on_enter) == ("three", "editing #5", "Enter asks again")
        chat.reply = "Better."
        chat.screen.submit_line("third,\nand more ")
        edited = [*ANSWERED[:4], ("user", "third,\nand more "), ("assistant", "Better.")]
        await chat.until(lambda: chat.messages == edited)
        await chat.idle()
        assert is_printed(chat, "edited #5 · dropped #6 (/undo brings it back) · ")
        for command, messages in (("/undo", ANSWERED), ("/redo", edited), ("/undo", ANSWERED)):
            chat.submit(command)
            await chat.until(lambda messages=messages: chat.messages == messages)
        await chat.idle()
        assert is_printed(chat, "undid /edit “third, and more” and its reply · ")

    chat = chat_of(home, act)
    assert sent_texts(chat.requests[-1]) == ["one", "Hello there.", "two", "Hello there.", "third,\nand more "]


@pytest.mark.parametrize(
    "text", ["/help", "/quit", "//x", "/etc is", "/nothing", "  /undo", "quit", "y", "n", "three", "/"]
)
def test_an_edited_text_is_literal(home, text):
    """It is the message's text, never a command, an escape of one, or the answer to a question."""

    async def act(chat: Chatting) -> None:
        await begin_edit(chat)
        chat.screen.submit_line(text)
        await chat.until(lambda: len(chat.requests) == 4)
        await chat.idle()

    chat = chat_of(home, act)
    assert chat.messages == [*ANSWERED[:4], ("user", text), HELLO]
    assert sent_texts(chat.requests[-1])[-1] == text


def test_images_of_the_edited_message_stay(home):
    async def act(chat: Chatting) -> None:
        chat.session.add_message({"role": "user", "content": [{"type": "text", "text": "look"}, PNG]})
        await begin_edit(chat)
        assert chat.screen.line is not None
        assert chat.screen.line.text == "look"
        chat.screen.submit_line("look closely")
        await chat.until(lambda: len(chat.requests) == 4)
        await chat.idle()

    chat = chat_of(home, act)
    assert chat.session.conversation.messages[6].body["content"] == [{"type": "text", "text": "look closely"}, PNG]


def test_edit_waits_for_the_reply_and_then_for_an_empty_line(home):
    """Typed while a reply streams, it is in the queue; a line that is in use by then is not touched."""

    async def act(chat: Chatting) -> None:
        await chat.begin_reply("four")
        chat.screen.line = Submit("half a")
        chat.submit("/edit")
        await asyncio.sleep(0.01)
        assert chat.screen.queue_rows == ["/edit"]
        chat.finish_reply()
        await chat.until(lambda: is_printed(chat, "The line is in use. Send it, or clear it with Ctrl-C, then /edit"))
        assert chat.screen.line == Submit("half a")

    assert chat_of(home, act).messages[:6] == ANSWERED


def test_on_a_terminal_without_a_line_to_fill_the_other_form_is_named(home):
    async def act(chat: Chatting) -> None:
        chat.screen.echoes_input = True
        chat.screen.line = Submit("")  # what cannot be filled
        chat.submit("/edit")
        await chat.until(lambda: is_printed(chat, "/edit 5 TEXT, then /retry 5."))

    assert chat_of(home, act).messages == ANSWERED


@pytest.mark.parametrize(
    ("between", "error"),
    [
        ("/delete 5", "the message has been deleted"),
        ("/undo", "the message has been deleted"),
        ("/new", "the message has been deleted"),
        ("/mute 5", "#5 is muted. /unmute 5 first."),
    ],
)
def test_what_happened_to_the_message_meanwhile_counts(home, between, error):
    """The message is found by its id. What cannot be asked any more is not sent, and Up brings its text back."""

    async def act(chat: Chatting) -> None:
        await begin_edit(chat)
        edit, chat.screen.line = chat.screen.line, None
        chat.submit(between)
        await chat.idle()
        before = chat.messages
        chat.screen.line = edit
        chat.screen.submit_line("other")
        await chat.until(lambda: is_printed(chat, f"Not sent: {error}"))
        await chat.idle()
        assert chat.messages == before
        assert is_printed(chat, "Up brings the text back.")

    assert len(chat_of(home, act).requests) == 3


def test_an_earlier_message_by_now_is_asked_all_the_same(home):
    """What was queued behind /edit is sent first; then the message is not the last, and what follows is dropped."""

    async def act(chat: Chatting) -> None:
        chat.submit("/edit", "four", "/system five")
        await chat.until(lambda: len(chat.messages) == 9)
        await chat.idle()
        chat.screen.submit_line("third")
        await chat.until(lambda: chat.messages == [*ANSWERED[:4], ("user", "third"), HELLO])
        await chat.idle()
        assert is_printed(chat, "edited #5 · dropped #6-9 (/undo brings them back)")

    chat_of(home, act)


@pytest.mark.parametrize("how", ["error", "stop", "silence"])
def test_without_a_reply_the_edited_message_stays_unanswered(home, how):
    """As a new message would; one /undo brings the earlier one and its reply back, /retry asks again."""

    async def act(chat: Chatting) -> None:
        await begin_edit(chat)
        if how == "error":
            chat.refusal = (400, {"error": "no"})
        chat.is_silent = how != "error"
        chat.screen.submit_line("third")
        await chat.until(lambda: len(chat.requests) == 4)
        if how == "stop":
            chat.screen.act(Interrupt())
        if how == "silence":
            await chat.leave()
            return
        await chat.idle()
        assert chat.messages == [*ANSWERED[:4], ("user", "third")]
        chat.submit("/undo")
        await chat.until(lambda: chat.messages == ANSWERED)
        assert is_printed(chat, "undid /edit “third” · ")

    assert chat_of(home, act).messages in (ANSWERED, [*ANSWERED[:4], ("user", "third")])


@pytest.mark.parametrize("answer", ["n", None])
@pytest.mark.parametrize("question", ["secret", "size", "cost"])
def test_an_edit_that_may_not_be_sent_changes_nothing(home, question, answer):
    """The checks of every request; `None`: Ctrl-C answers them."""
    texts = {"secret": SECRET, "size": "a line of words\n" * 40_000, "cost": "dear"}

    async def act(chat: Chatting) -> None:
        if question == "cost":
            chat.submit("/set max_cost 0.0000001")
            await chat.idle()
        await begin_edit(chat)
        chat.screen.submit_line(texts[question])
        await chat.until(lambda: chat.screen.history_exclusions)
        chat.screen.act(Interrupt() if answer is None else Submit(answer))
        await chat.until(lambda: is_printed(chat, "Not sent, and #5 is unchanged. Up brings the text back."))
        await chat.idle()
        assert chat.messages == ANSWERED
        chat.submit("/undo")
        await chat.until(lambda: chat.messages == ANSWERED[:4])

    assert len(chat_of(home, act).requests) == 3


@pytest.mark.parametrize("waits_for", ["a question", "a reply"])
def test_an_edit_that_waits_when_the_chat_is_left_is_not_done(home, waits_for):
    async def act(chat: Chatting) -> None:
        if waits_for == "a question":
            chat.submit("/set max_cost 0.0000001")
            await chat.idle()
        await begin_edit(chat)
        if waits_for == "a reply":
            await chat.begin_reply("four")
        chat.screen.submit_line("third")
        if waits_for == "a question":
            await chat.until(lambda: chat.screen.history_exclusions)
        chat.submit("a text")
        await chat.leave()

    chat = chat_of(home, act)
    assert chat.not_done == ["third", "a text"]
    assert chat.messages[:6] == ANSWERED


def test_a_session_that_is_read_only_by_now_is_not_changed(home):
    async def act(chat: Chatting) -> None:
        await begin_edit(chat)
        chat.session.read_only_error = FileError("a.jsonl", "another process has it open")
        chat.screen.submit_line("third")
        await chat.until(lambda: is_printed(chat, "Not sent. a.jsonl: another process has it open"))
        chat.session.read_only_error = None

    assert chat_of(home, act).messages == ANSWERED


def test_a_file_that_ends_anywhere_within_an_edit_has_the_old_list_or_the_new_one(home, tmp_path):
    """A kill between any two lines: never the edited message before the old reply."""

    async def act(chat: Chatting) -> None:
        await begin_edit(chat)
        chat.screen.submit_line("third")
        await chat.until(lambda: len(chat.requests) == 4)
        await chat.idle()

    lines = chat_of(home, act).session.encode().split(b"\n")
    start = next(number for number, line in enumerate(lines) if b'"replaces"' in line)
    edited = [*ANSWERED[:4], ("user", "third")]
    found = []
    for end in range(start, len(lines) + 1):
        data = b"".join(line + b"\n" for line in lines[:end] if line)
        session = Session.open(SessionConfig(None), tmp_path / "a.jsonl", data)
        found.append([(message.role, message.text) for message in session.conversation])
    assert found[:3] == [ANSWERED, ANSWERED, edited]
    assert all(messages == [*edited, HELLO] for messages in found[3:])


# -- /quote ------------------------------------------------------------------------------------------------------------


def test_a_message_is_quoted_while_a_reply_streams_into_an_empty_line_alone(home):
    async def act(chat: Chatting) -> None:
        await chat.begin_reply("four")
        chat.submit("/quote 8")
        await chat.until(lambda: chat.screen.line == Submit("> begin\n\n", has_paste=True))
        chat.submit("/quote 1")
        chat.finish_reply()
        await chat.until(lambda: is_printed(chat, "The line is in use."))
        await chat.idle()
        chat.screen.echoes_input = True
        chat.submit("/quote 1")
        await chat.until(lambda: is_printed(chat, "This terminal cannot put text into the input line."))

    assert len(chat_of(home, act).requests) == 4
