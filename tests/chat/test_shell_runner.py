"""/run: a command's output is shown and attached to the next message."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from repl_harness import Chatting

from grokchat.errors import FileError
from grokchat.terminal.interface import Interrupt

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell's commands")

SECRET = "ghp_aB3dE5gH7jK9mN1pQ2sT4vW6yZ8cF0iLaB3d"


def talk(home: Path, act: Callable[[Chatting], Awaitable[None]]) -> Chatting:
    """Run a chat and what a test does in it."""

    async def run() -> Chatting:
        chat = Chatting(home)
        async with chat:
            await act(chat)
        return chat

    return asyncio.run(run())


def ran(home: Path, line: str) -> Chatting:
    """Run a command and send a message behind it."""

    async def act(chat: Chatting) -> None:
        chat.submit(f"/run {line}", "what is this?")
        await chat.until(lambda: chat.requests)
        await chat.idle()

    return talk(home, act)


def sent_texts(chat: Chatting) -> list[str]:
    return [message["content"] for message in json.loads(chat.requests[0].content)["messages"]]


@pytest.mark.parametrize(
    ("line", "attached", "shown"),
    [
        ("echo one; echo two >&2", "one\ntwo\n", ["one", "two"]),
        ("false", "(no output)\n(exit code 1)\n", ["no output · exit code 1"]),
        ("true", "(no output)\n", ["no output"]),
        ("echo oops; exit 3", "oops\n(exit code 3)\n", ["oops", "exit code 3"]),
        ("kill -9 $$", "(no output)\n(killed by signal 9)\n", ["no output · killed by signal 9"]),
        ("printf 'a\\033[31mb\\033[0m\\r\\nc'", "ab\nc\n", ["ab", "c"]),
        ("echo 'it''s' \"$HOME\" | sed 's|.*|x|' # \\", "x\n", ["x"]),  # quotes and backslashes are the shell's
    ],
)
def test_the_output_is_shown_and_goes_with_the_next_message(home, line, attached, shown):
    chat = ran(home, line)
    assert sent_texts(chat) == [f"File: {line}\n\n$ {line}\n{attached}", "what is this?"]
    start = next(number for number, text in enumerate(chat.screen.lines) if f"/run {line}" in text)
    assert chat.screen.lines[start + 1 : start + 1 + len(shown)] == shown
    assert "attached to your next message: " in chat.screen.lines[start + 1 + len(shown)]


def test_of_a_long_output_the_first_and_the_last_lines_are_shown(home):
    chat = ran(home, "i=0; while [ $i -lt 500 ]; do echo line $i; i=$((i + 1)); done")
    end = next(number for number, line in enumerate(chat.screen.lines) if "attached to your next message" in line)
    shown = chat.screen.lines[end - 21 : end]
    expected = [f"line {number}" for number in (*range(10), *range(490, 500))]
    assert shown == [*expected[:10], "  … 480 more lines", *expected[10:]]
    assert sent_texts(chat)[0].count("\nline ") == 500


def test_text_from_a_command_cannot_reach_the_terminal_as_codes(home):
    """Not even anything but terminal codes; a line that is very long is cut on the screen."""
    chat = ran(home, "printf '\\033]0;x\\007\\342\\200\\256a\\033[2J\\n'; head -c 5000 /dev/zero | tr '\\0' x")
    assert "<U+202E>a" in chat.screen.lines
    assert f"{'x' * 1000}…" in chat.screen.lines
    assert sent_texts(chat)[0].endswith("\n\u202ea\n" + 5000 * "x" + "\n")


def test_an_output_that_cannot_be_attached_is_shown_all_the_same(home):
    """A NUL in the middle of it, as `find -print0` prints them."""

    async def act(chat: Chatting) -> None:
        chat.submit("/run seq 30; sleep 0.5; printf 'z\\0'")
        await chat.until(lambda: any("Nothing was attached." in text for text in chat.screen.lines))
        await chat.idle()

    lines = talk(home, act).screen.lines
    assert [line for line in lines if line.isdecimal()] == [*map(str, range(1, 11)), *map(str, range(22, 31))]
    assert "z" in lines


@pytest.mark.parametrize("line", ["head -c 3000 /dev/zero", "printf 'a\\0b'", "printf '\\377\\376\\001\\200\\201'"])
def test_an_output_that_is_no_text_is_not_attached(home, line):
    async def act(chat: Chatting) -> None:
        chat.submit(f"/run {line}")
        await chat.until(lambda: any("Nothing was attached." in text for text in chat.screen.lines))
        await chat.idle()

    chat = talk(home, act)
    assert not chat.session.attachments
    assert not any("\0" in text for text in chat.screen.lines)


def test_ctrl_c_kills_a_command_and_keeps_what_it_printed(home):
    async def act(chat: Chatting) -> None:
        chat.submit("/run echo begun; sleep 100; echo never")
        await chat.until(lambda: "begun" in chat.screen.lines)
        assert " · $ echo begun; sl… · " in chat.repl.status()
        assert chat.repl.status().endswith(" s · Ctrl-C stops")
        chat.screen.act(Interrupt())
        await chat.idle()
        assert "$ " not in chat.repl.status()
        (attachment,) = chat.session.attachments
        assert attachment.text.endswith("\nbegun\n(stopped with Ctrl-C)\n")
        chat.submit("/file -")
        await chat.idle()

    chat = talk(home, act)
    assert "stopped with Ctrl-C" in chat.screen.lines


def test_a_command_waits_for_the_reply_and_is_not_done_if_the_chat_is_left(home, tmp_path):
    async def act(chat: Chatting) -> None:
        await chat.begin_reply()
        chat.submit(f"/run touch {tmp_path / 'made'}")
        assert chat.screen.queue_rows == [f"/run touch {tmp_path / 'made'}"]
        await chat.leave()

    assert talk(home, act).not_done == [f"/run touch {tmp_path / 'made'}"]
    assert not (tmp_path / "made").exists()


def test_leaving_kills_a_command_that_runs(home):
    async def act(chat: Chatting) -> None:
        chat.submit("/run echo begun; sleep 100", "a text")
        await chat.until(lambda: "begun" in chat.screen.lines)
        await chat.leave()

    assert talk(home, act).not_done == ["/run echo begun; sleep 100", "a text"]


def test_a_secret_that_a_command_printed_is_asked_about(home):
    async def act(chat: Chatting) -> None:
        chat.submit(f"/run echo {SECRET[:20]}''{SECRET[20:]}", "look")
        await chat.until(lambda: chat.screen.history_exclusions)
        chat.submit("n")
        await chat.until(lambda: any("Not sent" in line for line in chat.screen.lines))
        await chat.idle()

    chat = talk(home, act)
    assert (chat.requests, chat.session.attachments) == ([], [])


@pytest.mark.parametrize("line", ["/run", "/run ", "/run \n ", "/run\t"])
def test_a_command_must_be_given(home, line):
    async def act(chat: Chatting) -> None:
        chat.submit(line)
        await chat.until(lambda: any("Usage: /run COMMAND" in text for text in chat.screen.lines))

    talk(home, act)


@pytest.mark.parametrize("line", ["printf 'a\0b'", "\0"])
def test_what_the_system_cannot_run_is_an_error(home, line):
    async def act(chat: Chatting) -> None:
        chat.submit(f"/run {line}")
        await chat.until(lambda: any("Could not run" in text for text in chat.screen.lines))

    talk(home, act)


def test_a_read_only_session_may_run_commands_too(home):
    """As with /file: only the message that it goes with is refused."""

    async def act(chat: Chatting) -> None:
        chat.session.read_only_error = FileError("a.jsonl", "another process has it open")
        chat.submit("/run echo hi")
        await chat.until(lambda: chat.session.attachments)
        await chat.idle()
        chat.submit("/file -")
        await chat.idle()

    assert "hi" in talk(home, act).screen.lines
