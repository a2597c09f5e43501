"""`@PATH` in a message of the chat: the file goes with it, or the message is not sent."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys

import pytest
from pictures import png
from repl_harness import Chatting

from grokchat.terminal.interface import Submit


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return the current folder, with files in it."""
    home = tmp_path / "work"
    home.mkdir()
    monkeypatch.chdir(home)
    (home / "notes.md").write_text("my notes\n")
    (home / "a b.txt").write_text("blanks\n")
    (home / "property").write_text("decorated\n")
    (home / "src").mkdir()
    return home


def sent(tmp_path, *lines: str | Submit, answers: tuple[str, ...] = ()) -> Chatting:
    """Submit lines, one after the other was answered, and return the chat."""

    async def run() -> Chatting:
        async with Chatting(tmp_path / "home") as chat:
            for line in lines:
                chat.submit(line)
                for answer in answers:
                    await chat.until(lambda: chat.screen.history_exclusions)
                    chat.submit(answer)
                    await chat.until(lambda: not chat.screen.history_exclusions)
                await chat.idle()
            return chat

    return asyncio.run(run())


def asked(chat: Chatting) -> list[str]:
    return [text for role, text in chat.messages if role == "user"]


CODES = re.compile(r"\x1b\][^\x07]*\x07")
NOTES = "File: notes.md\n\nmy notes\n"
BLANKS = "File: a b.txt\n\nblanks\n"


@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("look at @notes.md", [NOTES]),
        ("@notes.md, what is it?", [NOTES]),
        ("(compare @notes.md)", [NOTES]),
        ('read @"a b.txt" now', [BLANKS]),
        ("@./notes.md and @notes.md", [NOTES]),
        ('@notes.md and @"a b.txt"', [NOTES, BLANKS]),
        ("@missing.md", []),
        ("@src is a folder, @src/ too", []),
        ("a@notes.md", []),
        ("@12 and @ and @@notes.md", []),
        ("//x @notes.md", [NOTES]),
    ],
)
def test_a_file_that_is_mentioned_goes_before_the_message(tmp_path, folder, line, files):
    """Once each, if the file exists, else the word is text; the message is not changed."""
    chat = sent(tmp_path, line)
    assert asked(chat) == [*files, line.removeprefix("/")]
    shown = [CODES.sub("", line) for line in chat.screen.lines]
    names = [name for name, text in (("notes.md · 9 B", NOTES), ("a b.txt · 7 B", BLANKS)) if text in files]
    assert shown[: len(names) + 1] == [
        *(f"> attached: {name}  #{number}" for number, name in enumerate(names, 1)),
        f"> {line.removeprefix('/')}  #{len(names) + 1}",
    ]
    assert len(chat.requests) == 1


def test_an_image_that_is_mentioned_is_a_part_of_the_message(tmp_path, folder):
    (folder / "pic.png").write_bytes(png(64, 64))
    chat = sent(tmp_path, "what is @pic.png")
    content = json.loads(chat.requests[0].content)["messages"][-1]["content"]
    assert [part["type"] for part in content] == ["text", "image_url"]
    assert content[0]["text"] == "what is @pic.png"
    shown = [CODES.sub("", line) for line in chat.screen.lines]
    assert re.match(r"> attached: pic.png · image, 64x64 · \d+ B\n> what is @pic.png  #1\n", "\n".join(shown))


def test_the_file_is_read_when_the_message_is_sent(tmp_path, folder):
    """Not when it is queued behind a reply."""

    class Changing(Chatting):
        async def _respond(self, request):
            (folder / "notes.md").write_text("newer\n")
            return await super()._respond(request)

    async def run() -> Chatting:
        async with Changing(tmp_path / "home") as chat:
            chat.submit("first", "look at @notes.md")
            await chat.until(lambda: len(chat.requests) == 2)
            await chat.idle()
            return chat

    assert "File: notes.md\n\nnewer\n" in asked(asyncio.run(run()))


def make_binary(path):
    path.write_bytes(b"\x7fELF" + bytes(100))


def make_unreadable(path):
    path.write_text("secret")
    path.chmod(0)


def make_pipe(path):
    os.mkfifo(path)


def make_device(path):
    path.symlink_to("/dev/zero")


@pytest.mark.skipif(sys.platform == "win32", reason="devices, pipes and modes of POSIX")
@pytest.mark.parametrize("make", [make_binary, make_unreadable, make_pipe, make_device])
def test_a_file_that_cannot_be_sent_stops_the_message_and_attaches_nothing(tmp_path, folder, make):
    if make is make_unreadable and os.geteuid() == 0:
        pytest.skip("root reads everything")
    make(folder / "bad")
    chat = sent(tmp_path, "@notes.md and @bad")
    assert (chat.requests, asked(chat), chat.session.attachments) == ([], [], [])
    (error,) = [line for line in chat.screen.lines if "Up brings the line back" in line]
    assert error.startswith("bad: ")


@pytest.mark.parametrize(("answer", "files"), [("y", ["File: property\n\ndecorated\n"]), ("n", []), ("", [])])
def test_what_a_paste_mentions_is_asked_about(tmp_path, folder, answer, files):
    """A decorator in pasted code must not send a file of that name; the message goes out either way."""
    code = "@property\ndef x(): ..."
    line = Submit(code, has_paste=True, pasted_paths=frozenset({"property"}))
    chat = sent(tmp_path, line, answers=(answer,))
    assert asked(chat) == [*files, code]
    assert any("The paste mentions property. Attach? [y/N]" in line for line in chat.screen.lines)


def test_a_secret_in_a_file_that_is_mentioned_is_asked_about(tmp_path, folder):
    (folder / "env").write_text("token = ghp_" + "a1B2" * 9 + "\n")
    chat = sent(tmp_path, "why does @env fail", answers=("n",))
    assert (chat.requests, asked(chat), chat.session.attachments) == ([], [], [])


def test_leaving_keeps_a_queued_message_with_its_files(tmp_path, folder):
    async def run() -> Chatting:
        async with Chatting(tmp_path / "home") as chat:
            await chat.begin_reply()
            chat.submit("look at @notes.md")
            chat.submit(Submit("@property", has_paste=True, pasted_paths=frozenset({"property"})))
            assert await chat.leave() == 0
            return chat

    assert asked(asyncio.run(run())) == ["first", NOTES, "look at @notes.md", "@property"]
