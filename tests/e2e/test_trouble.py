"""The program in a terminal when something goes wrong: the API, the connection, the process, the text."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from collections.abc import Callable

import pytest
from chat_process import Chat, chat_env
from fake_api import PATIENCE_S, Answer, FakeApi, chunk, frames, reply_frames
from support import KEY, journal_lines, run_cli, sessions

from grokchat.terminal.queries import BACKGROUND_QUERY

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a POSIX thing")


def sent(api: FakeApi) -> list[object]:
    return [message["content"] for message in api.requests[-1].messages]


def test_a_429_is_told_in_one_line_and_tried_again(home, api):
    busy = {"code": "resource-exhausted", "error": "Too many requests."}
    api.answers = [Answer.json(429, busy, **{"retry-after": "0"}), Answer([reply_frames("at last")])]
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("hi\r")
        lines = chat.wait_for("at last").splitlines()
        assert [line for line in lines if "429" in line] == ["answered after 1 retry (429)"]
        assert chat.leave() == 0
    assert len(api.requests) == 2


def test_the_wait_for_another_try_can_be_interrupted(home, api):
    busy = {"code": "resource-exhausted", "error": "Too many requests."}
    api.answers = [Answer.json(429, busy, **{"retry-after": "60"}), Answer([reply_frames("second reply")])]
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("first\r")
        chat.wait_for("in 60 s (2 of 4)")
        chat.type("\x03")
        chat.wait_for("interrupted")
        chat.type("second\r")
        chat.wait_for("second reply")
        assert chat.leave() == 0
    assert sent(api) == ["first", "second"]


def test_a_cut_stream_is_told_its_part_is_kept_and_the_chat_goes_on(home, api):
    part = frames(chunk({"content": "begin"}), done=False)
    api.answers = [Answer([part], complete=False), Answer([reply_frames("second reply")])]
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("first\r")
        text = chat.wait_for("broke off")
        assert text.count("begin") == 1
        assert "/retry" in chat.wait_for("/continue")
        chat.type("second\r")
        chat.wait_for("second reply")
        assert chat.leave() == 0
    assert sent(api) == ["first", "begin", "second"]


def test_retry_drops_the_part_and_asks_again(home, api):
    part = frames(chunk({"content": "begin"}), done=False)
    api.answers = [Answer([part]), Answer([reply_frames("second reply")])]
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("first\r")
        chat.wait_for("broke off")
        chat.type("/retry temperature=0\r")
        chat.wait_for("second reply")
        assert chat.leave() == 0
    assert sent(api) == ["first"]
    assert api.requests[-1].json["temperature"] == 0


def test_continue_goes_on_with_the_part(home, api):
    """The request ends with the part, and what comes joins it."""
    part = frames(chunk({"content": "begin"}), done=False)
    api.answers = [Answer([part]), Answer([reply_frames(" end")]), Answer([reply_frames("third reply")])]
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("first\r")
        chat.wait_for("broke off")
        chat.type("/continue\r")
        chat.wait_for(" end")
        chat.type("second\r")
        chat.wait_for("third reply")
        assert chat.leave() == 0
    assert [message["content"] for message in api.requests[1].messages] == ["first", "begin"]
    assert sent(api) == ["first", "begin end", "second"]


def test_a_refusal_is_told_and_the_message_stays(home, api):
    api.answers = [
        Answer.json(403, {"code": "permission-denied", "error": f"Not with {KEY}."}),
        Answer([reply_frames("second reply")]),
    ]
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("first\r")
        chat.wait_for("403")
        chat.type("second\r")
        chat.wait_for("second reply")
        assert chat.leave() == 0
        assert KEY.encode() not in chat.raw
    assert sent(api) == ["first", "second"]


def test_a_killed_program_leaves_the_part_in_the_session(home, api):
    api.answers = [
        Answer([frames(chunk({"content": "begin"}), done=False), threading.Event()]),
        Answer([reply_frames("second reply")]),
    ]
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("first\r")
        chat.wait_for("begin")
        os.kill(chat.process.pid, signal.SIGKILL)
        assert chat.end() == -signal.SIGKILL
    with Chat("-c", env=chat_env(home, api)) as chat:
        text = chat.wait_for("begin")
        assert "interrupted" in text
        assert "was lost" not in text
        chat.type("second\r")
        chat.wait_for("second reply")
        assert chat.leave() == 0
    assert sent(api) == ["first", "begin", "second"]


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_leaves_in_good_order(home, api, name):
    """The terminal is restored, and the partial reply and the queue are kept."""
    import termios

    api.answers = [Answer([frames(chunk({"content": "begin"}), done=False), threading.Event()])]
    with Chat(env=chat_env(home, api)) as chat:
        terminal = os.open(chat.terminal, os.O_RDWR | os.O_NOCTTY)
        try:
            chat.wait_for_prompt()
            raw = termios.tcgetattr(terminal)
            chat.type("first\r")
            chat.wait_for("begin")
            chat.type("second\r")
            chat.wait_for("queued: second")
            os.kill(chat.process.pid, getattr(signal, name))
            chat.wait_for("kept in the session")
            assert chat.process.wait(PATIENCE_S) == 130
            after = termios.tcgetattr(terminal)
        finally:
            os.close(terminal)
        assert chat.end() == 130
    assert not raw[3] & termios.ECHO
    assert after[3] & termios.ECHO
    assert after[3] & termios.ICANON
    assert after[3] & termios.ISIG
    assert after[0] & termios.ICRNL
    assert chat.raw.rindex(b"\x1b[?2004l") > chat.raw.rindex(b"\x1b[?2004h")
    events = [event for event in journal_lines(sessions(home)[0]) if event["type"] == "message"]
    assert [event["message"]["content"] for event in events] == ["first", "begin", "second"]


def test_a_session_that_is_open_elsewhere_is_read_only_and_can_be_forked(home, api):
    with Chat(env=chat_env(home, api)) as first:
        first.wait_for_prompt()
        first.type("one\r")
        first.wait_for("Hello there.")
        with Chat("-c", env=chat_env(home, api)) as second:
            text = second.wait_for("/fork")
            assert str(first.process.pid) in text
            second.type("two\r")
            second.wait_for("Not sent")
            second.type("/fork\r")
            second.type("three\r")
            api.wait_for_requests(3)
            second.wait_for(lambda text: text.count("Hello there.") == 4)
            assert second.leave() == 0
        assert first.leave() == 0
    assert sent(api) == ["one", "Hello there.", "two", "Hello there.", "three"]
    assert len(sessions(home)) == 2
    assert api.requests[0].headers["x-grok-conv-id"] == api.requests[1].headers["x-grok-conv-id"]


def test_what_was_piped_to_a_busy_session_is_sent_by_the_fork(home, api):
    """Nothing is lost: not a message, not a typed line."""
    with Chat(env=chat_env(home, api)) as first:
        first.wait_for_prompt()
        first.type("one\r")
        first.wait_for("Hello there.")
        first.wait_until_idle()  # a reply is in the session as a part until it has ended
        with Chat("-c", "and", "this", env=chat_env(home, api), stdin=b"piped\n") as second:
            second.wait_for("Not sent")
            second.type("/fork\r")
            second.wait_for(lambda text: text.count("Hello there.") == 3)
            assert second.leave() == 0
        assert first.leave() == 0
    assert sent(api) == ["one", "Hello there.", "piped\n", "and this"]


def holds(words: str) -> Callable[[str], bool]:
    """Return whether a screen holds the words, wherever its rows end: a path before them may be of any length."""
    return lambda text: "".join(words.split()) in "".join(text.split())


def test_a_session_that_could_not_be_saved_is_not_left(home, api):
    """When saving fails the chat continues in memory, and is not left before it is saved elsewhere."""
    home.mkdir()
    (home / "sessions").write_text("in the way")
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("one\r")
        chat.wait_for("Hello there.")
        assert holds("could not be saved")(chat.text())
        chat.type("/new\r")
        chat.wait_for(holds("Not switched"))
        chat.type(f"/save {home / 'kept.jsonl'}\r")
        chat.wait_for("saved 2 messages")
        assert chat.leave() == 0
    assert [line["type"] for line in journal_lines(home / "kept.jsonl")][-1] == "message"


HOSTILE = (
    "\x1b]0;owned\x07 \x1b]52;c;b3duZWQ=\x07 \x1b[8;5;5t \x9b31;7m "
    "\x9d0;owned\x9c \u202eevil\u2066 \x1bP1$r\x1b\\ \x7f\x08"
)


def harmless(raw: bytes) -> None:
    """Check that nothing of HOSTILE reached the terminal as a control code."""
    text = re.sub(r"\x1b\]133;(?:[ABC]|D;\d+)\x07", "", raw.decode("utf-8").replace(BACKGROUND_QUERY, ""))
    text = re.sub(r"\x1b\]2;([^\x00-\x1f]*)\x1b\\", r"\1", text)  # the title, whose text may hold no code either
    for code in ("\x1b]", "\x07", "\x1b[8;5;5t", "\x1bP", "\x7f", "\u202e", "\u2066", "\x9b", "\x9c", "\x9d"):
        assert code not in text, repr(code)


@pytest.mark.parametrize("where", ["content", "reasoning_content"])
def test_a_hostile_reply_never_reaches_the_terminal_as_control_codes(home, api, where):
    """Not even if the codes come in pieces."""
    pieces = [chunk({where: character}) for character in HOSTILE]
    api.answers = [Answer([frames(*pieces, done=False), reply_frames(" that was it")])]
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("/set show_reasoning full\r")
        chat.type("hi\r")
        chat.wait_for("that was it")
        chat.wait_until_idle()
        chat.type("/show 1..\r/history\r/request\r")
        chat.wait_for(" bytes")
        assert chat.leave() == 0
    with Chat("-c", env=chat_env(home, api)) as again:
        again.wait_for("that was it")
        assert again.leave() == 0
    harmless(chat.raw + again.raw)


def test_a_hostile_error_or_file_never_reaches_the_terminal_as_control_codes(home, api):
    api.answers = [
        Answer.json(400, {"error": HOSTILE}),
        Answer([frames({**chunk({"content": "x"}), "model": HOSTILE}, chunk(finish=HOSTILE))]),
    ]
    with Chat(env=chat_env(home, api), stdin=HOSTILE.encode() + b" as a file") as chat:
        chat.wait_for("400")
        chat.type("/nosuch\r")
        chat.wait_for("/nosuch")
        chat.type("next\r")
        chat.wait_for("finish_reason")
        assert chat.leave() == 0
    with Chat("-r", env=chat_env(home, api)) as picker:
        picker.wait_for("next")
        picker.type("\x03")
        assert picker.end() == 130
    harmless(chat.raw + picker.raw)


def test_a_hostile_name_never_reaches_the_terminal_as_control_codes(home, api):
    assert run_cli(home, api, "hi")[0] == 0
    [path] = sessions(home)
    with path.open("ab") as file:
        file.write(b'{"type":"name","id":"n","name":"\\u001b]0;owned\\u0007\\u202e"}\n')
    with Chat("-c", env=chat_env(home, api)) as chat:
        chat.wait_for("Hello there.")
        chat.wait_for(path.stem)
        chat.type("/resume\r")
        chat.wait_for("Esc goes back")
        chat.type("\x1b")
        chat.wait_for("No session chosen.")
        assert chat.leave() == 0
    harmless(chat.raw)


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
@pytest.mark.parametrize("way", ["Ctrl-D", "/quit", "hangup"])
def test_a_conversation_that_cannot_be_saved_is_left_at_the_second_attempt(home, api, term, way):
    home.mkdir()
    (home / "sessions").write_text("no folder", encoding="utf-8")
    with Chat(env={**chat_env(home, api), "TERM": term}) as chat:
        chat.wait_for_prompt()
        chat.type("hi\r")
        chat.wait_for("Hello there.")
        chat.wait_for(lambda text: holds("could not be saved")(text) and "Ctrl-C stops" not in text)
        if way == "hangup":
            os.dup2(os.open(os.devnull, os.O_RDWR), chat._master)
            assert chat.process.wait(PATIENCE_S) in {4, 130, -signal.SIGHUP}
            return
        keys = "\x04" if way == "Ctrl-D" else "/quit\r"
        chat.type(keys)
        chat.wait_for(holds("Leaving now would lose"))
        chat.type("/usage\r")
        chat.wait_for("one reply")
        assert chat.process.poll() is None
        chat.type(keys)
        assert chat.end() == 4
        assert "This conversation is lost." in chat.text()
