"""Vi keys at the prompt: `edit_mode = "vi"`."""

from __future__ import annotations

import sys
import threading

import pytest
from chat_process import Chat, chat_env
from fake_api import Answer, FakeApi, chunk, frames, reply_frames

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a POSIX thing")

MARK = "NORMAL ·"


@pytest.fixture
def vi(home):
    home.mkdir()
    (home / "config.toml").write_text('edit_mode = "vi"\n', encoding="utf-8")
    return home


def sent(api: FakeApi) -> list[object]:
    return [message["content"] for message in api.requests[-1].messages if message["role"] == "user"]


def escape(chat: Chat) -> None:
    # The bottom line may still be that of the normal mode before: Enter typed at once behind Esc is Alt-Enter.
    chat.wait_for(lambda text: MARK not in text)
    chat.type("\x1b")
    chat.wait_for(MARK)


def test_esc_moves_and_the_next_message_begins_with_text_again(vi, api):
    with Chat(env=chat_env(vi, api)) as chat:
        chat.wait_for_prompt()
        assert MARK not in chat.text()
        chat.type("one twx")
        chat.wait_for("> one twx")
        escape(chat)
        chat.type("roggithe ")
        chat.wait_for("> the one two")
        escape(chat)
        chat.type("A.")
        chat.wait_for("> the one two.")
        escape(chat)
        chat.type("\r")
        chat.wait_for("Hello there.")
        chat.wait_for(lambda text: MARK not in text)
        chat.type("again\r")
        chat.wait_for(lambda text: text.count("Hello there.") == 2)
        assert chat.leave() == 0
    assert sent(api) == ["the one two.", "again"]


def test_a_selection_is_shown_as_visual_mode(vi, api):
    with Chat(env=chat_env(vi, api)) as chat:
        chat.wait_for_prompt()
        chat.type("one two")
        escape(chat)
        chat.type("v")
        chat.wait_for("VISUAL ·")
        chat.type("\x1b")
        chat.wait_for(MARK)
        chat.type("i\x03")
        chat.wait_for(lambda text: "one two" not in text)
        assert chat.leave() == 0


@pytest.mark.parametrize("key", ["\x1b\r", "\n"], ids=["Alt-Enter", "Ctrl-J"])
def test_a_newline_can_be_typed(vi, api, key):
    with Chat(env=chat_env(vi, api)) as chat:
        chat.wait_for_prompt()
        chat.type("one")
        chat.type(key)
        chat.type("two")
        chat.wait_for("two")
        assert MARK not in chat.text()
        chat.type("\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert sent(api) == ["one\ntwo"]


@pytest.mark.parametrize("mode", ["", "\x1b"], ids=["insert", "normal"])
def test_the_chat_s_own_keys_work_in_both_modes(vi, api, mode):
    with Chat(env={**chat_env(vi, api), "VISUAL": 'sh -c \'printf " and more" >> "$0"\''}) as chat:
        chat.wait_for_prompt()

        def switch() -> None:
            if mode:
                escape(chat)

        chat.type("a draft")
        chat.wait_for("> a draft")
        switch()
        chat.type("\x03")
        chat.wait_for(lambda text: "a draft" not in text and MARK not in text)
        chat.type("\x1b[A")
        chat.press_until("\x1b[A", "> a draft")
        switch()
        chat.type("\x18\x05")
        chat.wait_for("> a draft and more")
        chat.type("\r")
        chat.wait_for("Hello there.")
        chat.wait_for_prompt()
        switch()
        chat.type("\x12and m")
        chat.wait_for(lambda text: text.count("a draft and more") == 2)
        chat.type("\r\r")
        # Ctrl-C stops a reply whose end has not come yet, though all of its text is there.
        chat.wait_for(lambda text: text.count("Hello there.") == 2 and "Ctrl-C stops" not in text)
        switch()
        chat.type("\x03")
        chat.wait_for("Ctrl-D or /quit leaves")
        assert chat.leave() == 0
    assert sent(api) == ["a draft and more", "a draft and more"]


def test_tab_completes(vi, api):
    with Chat(env=chat_env(vi, api)) as chat:
        chat.wait_for_prompt()
        chat.type("/hel")
        chat.press_until("\t", "> /help")
        chat.type("\r")
        chat.wait_for("· /help keys ·")
        assert chat.leave() == 0


def test_ctrl_c_stops_a_reply_in_normal_mode_and_what_is_typed_is_queued(vi):
    goes_on = threading.Event()
    answers = [Answer([frames(chunk({"content": "A beginning"}), done=False), goes_on]), Answer([reply_frames("Bye.")])]
    with FakeApi(*answers) as api, Chat(env=chat_env(vi, api)) as chat:
        chat.wait_for_prompt()
        chat.type("one\r")
        chat.wait_for("A beginning")
        chat.type("two")
        escape(chat)
        chat.type("\r")
        chat.wait_for("queued: two")
        chat.type("x")
        escape(chat)
        chat.type("\x03")
        chat.wait_for("1 queued, held")
        chat.wait_for("> x")
        chat.type("x\r")
        chat.wait_for("Bye.")
        assert chat.leave() == 0
        goes_on.set()
    assert sent(api) == ["one", "two"]
