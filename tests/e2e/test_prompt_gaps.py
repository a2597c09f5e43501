"""A prompt with gaps in a terminal: the line at the prompt answers what is missing."""

from __future__ import annotations

import sys
import threading

import pytest
from chat_process import Chat, chat_env
from fake_api import Answer, chunk, frames, reply_frames

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a POSIX thing")
SECRET = "ghp_aB3dE5gH7jK9mN1pQ2sT4vW6yZ8cF0iLaB3d"


@pytest.fixture
def prompts(home):
    folder = home / "prompts"
    folder.mkdir(parents=True)
    (folder / "review.md").write_text("Review {{language}} for {{who}}.\n", encoding="utf-8")
    return folder


def texts(api, number: int = 0) -> list[str]:
    return [message["content"] for message in api.requests[number].messages]


def test_the_label_above_the_line_says_which_value_is_asked_for(home, api, prompts):
    """A slash is text there, a newline may be in it, and an empty line is refused."""
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("/use review\r")
        chat.wait_for("language? (1 of 2) · Enter answers · Ctrl-C cancels")
        chat.type("\r")
        chat.wait_for("Enter a value;")
        chat.type("/quit\x1b\rGo\r")
        chat.wait_for("who? (2 of 2) · Enter answers")
        chat.type("me\r")
        chat.wait_for("added as #1 (review)")
        chat.type("hi\r")
        chat.wait_for("Hello there.")
        assert "Enter answers" not in chat.emulator.text()
        assert chat.leave() == 0
    assert texts(api) == ["Review /quit\nGo for me.", "hi"]


def test_keys_typed_ahead_are_for_the_next_question(home, api, prompts):
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("/use review\r")
        chat.wait_for("language? (1 of 2)")
        chat.type("Go\rme\rhi\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert texts(api) == ["Review Go for me.", "hi"]


@pytest.mark.parametrize("keys", ["\x03", "\x04", "\x1b", "Go\r\x03", "Go\r\x04", "half\x03"])
def test_ctrl_c_ctrl_d_and_esc_abandon_it(home, api, prompts, keys):
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("/use review\r")
        chat.wait_for("language? (1 of 2)")
        chat.type(keys)
        chat.wait_for("not done: /use review")
        chat.wait_for(lambda text: "Enter answers" not in text)
        chat.type("hi\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert texts(api) == ["hi"]


def test_keys_behind_the_ctrl_c_are_no_answer(home, api, prompts):
    """They may come before the question is gone from the screen."""
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("/use review\r")
        chat.wait_for("language? (1 of 2)")
        chat.type("\x03hi\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert texts(api) == ["hi"]


@pytest.mark.parametrize("end", ["more\r", "\x7f\x7f\x7f\x7f\x7f"])
def test_a_line_begun_before_the_question_is_no_answer(home, api, prompts, end):
    """The question waits until it is sent or deleted."""
    done = threading.Event()
    api.answers = [Answer([frames(chunk({"content": "A reply"}), done=False), done, reply_frames(" ends.")])]
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("first\r")
        chat.wait_for("A reply")
        chat.type("/use @1 review\r")
        chat.wait_for("queued: /use @1 review")
        chat.type("begun")
        done.set()
        chat.wait_for("language? (1 of 2) · send or delete this line first")
        chat.type(end)
        chat.wait_for("language? (1 of 2) · Enter answers")
        chat.type("Go\rme\r")
        chat.wait_for("added as #1 (review)")
        assert chat.leave() == 0


def test_a_secret_answer_is_in_no_history_file(home, api, prompts):
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("/use review\r")
        chat.wait_for("language? (1 of 2)")
        chat.type(f"{SECRET}\rme\r")
        chat.wait_for("added as #1 (review)")
        assert chat.leave() == 0
    history = (home / "history").read_text(encoding="utf-8")
    assert "/use review" in history
    assert SECRET not in history


def test_a_terminal_without_control_codes_prints_the_questions(home, api, prompts):
    with Chat(env=chat_env(home, api) | {"TERM": "dumb"}) as chat:
        chat.wait_for(">")
        chat.type("/use review\r")
        chat.wait_for("language? (1 of 2) (Ctrl-C cancels)")
        chat.type("\r")
        chat.wait_for("Enter a value;")
        chat.type("Go\r")
        chat.wait_for("who? (2 of 2)")
        chat.type("\x04")
        chat.wait_for("not done: /use review")
        chat.type("/use review who=me\r")
        chat.wait_for("language? (Ctrl-C cancels)")
        chat.type("\x03")
        chat.wait_for(lambda text: text.count("not done: /use review") == 2)
        chat.type("/use review language=Go who=me\r")
        chat.wait_for("added as #1 (review)")
        chat.type("hi\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert texts(api) == ["Review Go for me.", "hi"]
