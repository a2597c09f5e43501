"""`/retry -m A,B,C` in a terminal: what is left in the scrollback, whatever arrived when, and what a kill leaves."""

from __future__ import annotations

import os
import signal
import threading

import pytest
from chat_process import Chat, chat_env
from e2e.test_pipes import finish, start
from fake_api import Answer, chunk, frames
from support import sessions

from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig

TEXTS = {
    "A": "# First\n\nSome *text* that is long enough to be wrapped.\n\n- one\n- two\n\n```python\nx = 1\n```\n",
    "B": "| a | b |\n|---|---|\n| 1 | 2 |\n\nA paragraph.\n\n1. more\n2. and more\n",
    "C": "Only one line",
}


def pieces(model: str, text: str, *gates: threading.Event) -> Answer:
    """Return an answer in as many parts as there are gates, and one more."""
    size = -(-len(text) // (len(gates) + 1))
    parts: list[bytes | threading.Event] = []
    for number in range(len(gates) + 1):
        if number:
            parts.append(gates[number - 1])
        piece = text[number * size : (number + 1) * size]
        parts.append(frames({**chunk({"content": piece}), "model": model}, done=False))
    parts.append(frames({**chunk(finish="stop"), "model": model}))
    return Answer(parts)


def chat_in(home, api, columns, rows):
    home.mkdir(parents=True)
    (home / "config.toml").write_text("reply_footer = false\n")
    return Chat(env=chat_env(home, api), columns=columns, rows=rows)


def scrollback(text: str) -> list[str]:
    """Return what was printed, without the prompt's rows."""
    lines = text.split("\n")
    start = next(at for at, line in enumerate(lines) if line.startswith("> /retry"))
    end = next(at for at, line in enumerate(lines) if line.startswith("#2 is A's reply"))
    return lines[start : end + 1]


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (40, 12), (30, 3)])
def test_the_scrollback_is_what_printing_the_whole_replies_gives(home, api, columns, rows):
    shown = []
    for order in ((), (2, 1, 0), (1, 0, 2)):
        gates = [[threading.Event() for _ in range(3 * bool(order))] for _ in TEXTS]
        api.by_model = {
            model: pieces(model, text, *own) for (model, text), own in zip(TEXTS.items(), gates, strict=True)
        }
        with chat_in(home / str(len(shown)), api, columns, rows) as chat:
            chat.wait_for_prompt()
            chat.type("hi\r")
            chat.wait_for("Hello there.")
            chat.wait_until_idle()
            chat.type("/retry -m A,B,C\r")
            api.wait_for_requests(4 * (len(shown) + 1))
            for model in order:
                for gate in gates[model]:
                    gate.set()
            text = chat.wait_for("#2 is A's reply")
            chat.wait_until_idle()
            shown.append(scrollback(text))
            chat.leave()
    assert shown[0] == shown[1] == shown[2]
    assert any(line.strip() == "A paragraph." for line in shown[0])


@pytest.mark.parametrize("is_first_done", [False, True])
def test_a_kill_loses_no_reply_that_has_ended_and_no_shown_part_of_the_current_one(home, api, is_first_done):
    """The others are live rows meanwhile. What was done is there after a restart, and after the next one."""
    begin, never = threading.Event(), threading.Event()
    api.by_model = {"A": pieces("A", TEXTS["A"], begin, never), "B": pieces("B", TEXTS["B"])}
    api.by_model["C"] = pieces("C", TEXTS["C"], never)
    if is_first_done:
        api.by_model["A"] = pieces("A", TEXTS["A"], begin)
    with chat_in(home, api, 80, 24) as chat:
        chat.wait_for_prompt()
        chat.type("hi\r")
        chat.wait_for("Hello there.")
        chat.wait_until_idle()
        chat.type("/retry -m A,B,C\r")
        chat.wait_for("B: done, ")
        begin.set()
        chat.wait_for("Only on" if is_first_done else "Some text that")
        chat.process.kill()
        chat.end()
    path = sessions(home)[0]
    for _ in range(2):
        session = Session.open(SessionConfig(home / "sessions"), path, path.read_bytes())
        question, reply = session.conversation.messages
        assert (question.text, reply.is_interrupted) == ("hi", not is_first_done)
        assert TEXTS["A"].startswith(reply.text)
        assert (reply.text == TEXTS["A"]) == is_first_done
        found = [session.alternatives.message(entry.shown_id).text for entry in session.alternatives.of(reply.id)]
        assert sorted(found) == sorted(["Hello there.", reply.text, TEXTS["B"]])
        assert len(session.undo(1)) == 1
        assert [message.text for message in session.conversation] == ["hi", "Hello there."]
        session.redo(1)
        session.close()


def test_ctrl_c_in_a_one_shot_exits_with_130_and_keeps_what_came(home, api):
    never = threading.Event()
    api.by_model = {"A": pieces("A", "Half and half", never), "B": pieces("B", "Other", never)}
    process = start(home, api, "-m", "A,B", "hi")
    assert process.stdout is not None
    printed = b""
    while b"Half an" not in printed:
        printed += os.read(process.stdout.fileno(), 1000)
    process.send_signal(signal.SIGINT)
    code, rest, err = finish(process)
    assert (code, printed + rest, err) == (130, b"# A\n\nHalf an\n", b"")
    path = sessions(home)[0]
    session = Session.open(SessionConfig(None), path, path.read_bytes())
    assert [message.text for message in session.conversation] == ["hi", "Half an"]
    assert session.conversation.messages[-1].is_interrupted
