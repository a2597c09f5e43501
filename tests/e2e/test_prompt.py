"""The keys at the prompt, typed into the program in a terminal."""

from __future__ import annotations

import sys
import threading

import pytest
from chat_process import Chat, ColdChat, chat_env
from fake_api import Answer, FakeApi, chunk, frames, reply_frames
from support import KEY, journal_lines, sessions

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a POSIX thing")


def sent(api: FakeApi) -> list[object]:
    return [message["content"] for message in api.requests[-1].messages]


def test_what_was_typed_before_the_program_was_ready_is_sent(home, api):
    with Chat(env=chat_env(home, api)) as chat:
        chat.type("early bird\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert sent(api) == ["early bird"]


def test_what_is_typed_while_the_program_starts_is_sent_as_it_was_typed(home, api):
    """With every kind of key that the early prompt echoes or leaves to the real one, byte by byte."""
    typed = "Größe? \x7f\x7f! \x1b[D\x1b[C漢👩 \x1b[200~a paste\x1b[201~ \nand more, up to the end of the loading"
    with ColdChat(env=chat_env(home, api)) as chat:
        chat.wait_for(">")
        for byte in typed.encode():
            chat.type(bytes([byte]))
        chat.wait_for("end of the loading")
        chat.type("\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert sent(api) == ["Größe! 漢👩 a paste \nand more, up to the end of the loading"]


@pytest.mark.parametrize("newline", ["\r", "\n", "\r\n"])
def test_a_pasted_text_of_many_lines_is_one_message(home, api, newline):
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.paste(newline.join(["one", "", "\ttwo /help", "three"]))
        chat.wait_for("three")
        assert api.requests == []
        chat.type("\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert sent(api) == ["one\n\n\ttwo /help\nthree"]
    assert len(api.requests) == 1


def test_a_paste_of_a_megabyte_is_one_message(home, api):
    text = "".join(f"line {number} of a long text\n" for number in range(40_000)) + "the end"
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        typist = threading.Thread(target=chat.paste, args=(text,))  # the terminal takes it only as fast as it is read
        typist.start()
        chat.wait_for("the end", 60)
        typist.join()
        chat.type("\r")
        chat.wait_for("This is large: about 260,000 tokens", 60)
        chat.type("y\r")
        chat.wait_for("Hello there.", 60)
        assert chat.leave() == 0
    assert sent(api) == [text]


def test_a_newline_can_be_typed_in_every_form(home, api):
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        forms = ["\x1b\r", "\n", "\x1b[13;2u", "\x1b[27;2;13~", "\x1b[13;5u", "\x1b[27;5;13~", "\x1b[57414;2u"]
        chat.type("".join(f"{number}{key}" for number, key in enumerate(forms)) + "last")
        chat.wait_for("last")
        assert api.requests == []
        chat.type("\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert sent(api) == ["0\n1\n2\n3\n4\n5\n6\nlast"]


def test_what_the_terminal_sends_besides_keys_is_no_text(home, api):
    """Unknown keys, late and cut answers, Escape before the first paint; a paste without brackets is one message."""
    with Chat(env=chat_env(home, api)) as chat:
        chat.type("\x1b")
        chat.wait_for_prompt()
        chat.type("one")
        chat.wait_for("> one")
        for piece in (
            "\x1b[5;6~\x1b[1;5P",
            "\x1b[?62;2",
            "2c\x1b]10;rgb:0/0/0",
            "\x1b\\\x1b[I",
            "\x1bP>|XTerm(379)\x1b\\",
        ):
            chat.type(piece)
        chat.type(" two")
        chat.wait_for("> one two")
        chat.type("\x15first\r\nsecond\r\nthird")
        chat.wait_for("third")
        assert api.requests == []
        chat.type("\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert sent(api) == ["first\nsecond\nthird"]


def test_enter_on_an_empty_line_sends_nothing(home, api):
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("\r \r\x15hi\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert sent(api) == ["hi"]


def test_ctrl_c_clears_the_line_and_up_brings_it_back(home, api):
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("a draft")
        chat.wait_for("> a draft")
        chat.type("\x03")
        chat.wait_for(lambda text: "a draft" not in text)
        chat.type("another\x03\x1b[A")
        chat.wait_for("> another")
        chat.press_until("\x1b[A", "> a draft")
        chat.type("\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert sent(api) == ["a draft"]


def test_ctrl_c_on_an_empty_idle_line_says_how_to_leave(home, api):
    with Chat(env=chat_env(home, api)) as chat:
        before = chat.wait_for_prompt().count("Ctrl-D")
        chat.type("\x03")
        chat.wait_for(lambda text: text.count("Ctrl-D") > before)
        chat.type("hi\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0


def test_ctrl_c_stops_a_reply_and_keeps_what_has_come(home, api):
    """Ctrl-C while a reply streams keeps the partial reply, marked interrupted, and the next message follows it."""
    api.answers = [
        Answer([frames(chunk({"content": "begin"}), done=False), threading.Event()]),
        Answer([reply_frames("second reply")]),
    ]
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("first\r")
        chat.wait_for("begin")
        chat.type("\x03")
        text = chat.wait_for("interrupted")
        assert text.count("begin") == 1
        chat.type("second\r")
        chat.wait_for("second reply")
        assert chat.leave() == 0
    assert sent(api) == ["first", "begin", "second"]
    replies = [event for event in journal_lines(sessions(home)[0]) if "finish_reason" in event]
    assert [event["finish_reason"] for event in replies] == ["interrupted", "stop"]


def test_ctrl_c_while_waiting_for_a_reply_leaves_the_message_unanswered(home, api):
    api.answers = [Answer([threading.Event()]), Answer([reply_frames("second reply")])]
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("first\r")
        api.wait_for_requests(1)
        chat.type("\x03")
        chat.wait_for("interrupted")
        chat.type("second\r")
        chat.wait_for("second reply")
        assert chat.leave() == 0
    assert sent(api) == ["first", "second"]


def test_ctrl_c_during_a_reply_leaves_the_draft_alone(home, api):
    """Ctrl-C while a reply streams stops that reply; the text at the prompt stays."""
    api.answers = [
        Answer([frames(chunk({"content": "begin"}), done=False), threading.Event()]),
        Answer([reply_frames("second reply")]),
    ]
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("first\r")
        chat.wait_for("begin")
        chat.type("a draft")
        chat.wait_for("> a draft")
        chat.type("\x03")
        chat.wait_for("interrupted")
        chat.wait_for("> a draft")
        chat.type("\r")
        chat.wait_for("second reply")
        assert chat.leave() == 0
    assert sent(api) == ["first", "begin", "a draft"]


def test_ctrl_r_finds_what_was_typed_in_another_session(home, api):
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("about kangaroos\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("\x12kanga")
        chat.press_until("\x12", "> about kangaroos")
        chat.type("\r")  # takes what was found
        chat.type("\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert sent(api) == ["about kangaroos"]


@pytest.mark.parametrize(
    ("visual", "said"),
    [
        ("false", "false ended with 1; nothing was changed."),
        ("/nowhere/editor", "/nowhere/editor: it could not be run (No such file or directory)."),
    ],
)
def test_an_editor_that_fails_is_told_and_the_line_stays(home, api, visual, said):
    with Chat(env={**chat_env(home, api), "VISUAL": visual}) as chat:
        chat.wait_for_prompt()
        chat.type("typed")
        chat.wait_for("> typed")
        chat.type("\x18\x05")
        assert "This is a bug" not in chat.wait_for(said)
        chat.wait_for("> typed")
        chat.type(" on\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert sent(api) == ["typed on"]


def test_the_editor_opens_with_the_line_and_does_not_get_the_key(home, api, tmp_path):
    """Programs that grokchat starts do not get the key in their environment."""
    editor = tmp_path / "editor"
    editor.write_text(f'#!/bin/sh\nenv > "{tmp_path}/env"\nprintf " and\\nedited" >> "$1"\n', encoding="utf-8")
    editor.chmod(0o700)
    with Chat(env={**chat_env(home, api), "VISUAL": str(editor)}) as chat:
        chat.wait_for_prompt()
        chat.type("typed")
        chat.wait_for("> typed")
        chat.type("\x18\x05")
        chat.wait_for("edited")
        chat.type("\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert "typed" in str(sent(api)[0])
    assert "edited" in str(sent(api)[0])
    assert KEY not in (tmp_path / "env").read_text(encoding="utf-8")
