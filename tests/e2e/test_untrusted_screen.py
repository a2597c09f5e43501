"""Hostile text on a real terminal: what the installed program writes to it, byte for byte."""

from __future__ import annotations

import os
import sys

import pytest
from chat_process import Chat, chat_env
from fake_api import Answer, chunk, frames
from hostile_texts import CODES, FEW, as_json, leaks, missing, saved, shown, text_of, vector
from support import sessions

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a POSIX thing")

ANSWERABLE = ["attributes", "attributes2", "status", "position", "version", "ask-background", "title", "clipboard"]


def test_a_reply_full_of_control_codes(home, api):
    """None of its codes reach the terminal, in the chat or when it is shown again."""
    text = text_of(CODES, "\n\n")
    api.answers = [Answer([frames(*(chunk({"content": char}) for char in text), chunk(finish=vector("title")))])]
    with Chat(env=chat_env(home, api), columns=120) as chat:
        chat.wait_for_prompt()
        chat.type("hi\r")
        chat.wait_for("ended with finish_reason")
        chat.type("/show 2\r")
        chat.wait_for(lambda screen: screen.count(shown(vector("interlinear"))) == 2)
        assert missing(chat.text(), list(CODES)) == []
        chat.type("/request\r")
        chat.wait_for(lambda screen: "bytes" in screen and shown(as_json(vector("clear"))) in screen)
        assert chat.leave() == 0
    assert leaks(chat.raw.replace(b"\r\n", b"\n"), list(CODES)) == []
    (path,) = sessions(home)
    assert path.read_bytes().isascii()


def test_a_session_full_of_control_codes(home, api):
    """None of its codes reach the terminal: in the list, when it is shown, and on leaving."""
    saved(home, FEW[:4])
    with Chat("-r", env=chat_env(home, api), columns=200) as chat:
        chat.wait_for(shown(text_of(FEW[:2])))
        chat.type("\r")
        chat.wait_for("was lost")
        chat.type("/history\r")
        chat.wait_for(lambda screen: screen.count(shown(vector(FEW[0]))) > 8)
        assert chat.leave() == 0
    # The list's cursor goes back with a backspace.
    raw = chat.raw.replace(b"\r\n", b"\n").replace(b"\x08", b"")
    assert leaks(raw, list(CODES)) == []


def test_one_shots_on_a_terminal(home, api):
    """None of the codes in the reply, the notes after it, or an error reach the terminal."""
    text = text_of(ANSWERABLE, "\n\n")
    calls = [{"index": 0, "id": "c", "function": {"name": vector("status"), "arguments": vector("position")}}]
    api.answers = [
        Answer([frames(chunk({"content": text, "tool_calls": calls}), chunk(finish=vector("version")))]),
        Answer.json(500, {"error": text_of(FEW)}),
    ]
    for argv, names in (["-p", "hi"], [*ANSWERABLE, "status"]), (["-p", "hi"], FEW):
        env = {**chat_env(home, api), "PYTHONUNBUFFERED": "1"}
        with Chat(*argv, env=env, columns=500) as chat:
            chat.end()
        assert missing(chat.text(), names) == []
        assert leaks(chat.raw.replace(b"\r\n", b"\n"), list(CODES)) == []


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_the_locale_says_which_bytes_are_codes(home, api, locale):
    """In the C locale a terminal may take any byte from 0x80 to 0x9f for a code, so none is written."""
    name = os.fsdecode(f"{vector('clear')}{vector('c1-csi')}\x9b".encode() + b"\x9b\xff")
    with Chat("-f", name, "-p", "hi", env={**chat_env(home, api), "LC_ALL": locale, "PYTHONUTF8": ""}) as chat:
        assert chat.end() == 4
    if locale == "C":
        assert chat.raw.isascii()
    assert leaks(chat.raw.replace(b"\r\n", b"\n"), ["clear", "c1-csi"]) == []
    assert "[2J" in chat.text()
