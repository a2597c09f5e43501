"""Search turned on and narrowed at the keyboard, in a terminal."""

from __future__ import annotations

import sys

import pytest
from chat_process import Chat, chat_env

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a POSIX thing")


def test_the_menu_completes_what_may_be_searched_and_the_options(home, api):
    """Tab completes commands and their arguments; the bottom line shows that search is on."""
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("/sea")
        chat.wait_for("  /search")
        chat.press_until("\t", "posts and profiles on X")
        chat.type("w")
        chat.press_until("\t", "> /search web")
        chat.type("\r")
        chat.wait_for("search: web · the model may search the web")
        chat.wait_for(" · search: web · 0 messages")
        chat.type("/set search_options.enable_image_s")
        chat.press_until("\t", "> /set search_options.enable_image_search")
        chat.type(" t")
        chat.press_until("\t", "> /set search_options.enable_image_search true")
        chat.type("\r")
        chat.wait_for("search_options.enable_image_search = true")
        chat.type("/search off\r")
        chat.wait_for("search: off · ")
        assert chat.leave() == 0
    assert api.requests == []
