"""The colours of the interface follow the terminal's background, once it is known."""

from __future__ import annotations

import re
import sys

import pytest
from chat_process import Chat, chat_env
from fake_api import Answer, reply_frames

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a POSIX thing")

SOLARIZED_DARK, WHITE, GREY = (f"\x1b]11;{color}\x07" for color in ("rgb:00/2b/36", "rgb:ff/ff/ff", "rgb:77/77/77"))
ATTRIBUTES = "\x1b[?62c"


def colors(raw: bytes) -> set[str]:
    """Return the SGR codes that are more than attributes."""
    codes = re.findall(rb"\x1b\[([0-9;]*)m", raw)
    return {code.decode() for code in codes if re.search(rb"(^|;)(2|[349][0-7]|38)(;|$)", code)}


@pytest.mark.parametrize(("answer", "prompt", "muted"), [(SOLARIZED_DARK, 117, 103), (WHITE, 24, 243)])
def test_the_prompt_is_drawn_in_its_colours_when_the_background_is_known(home, api, answer, prompt, muted):
    """Until then it has the terminal's own colour. Nothing is erased for it."""
    with Chat(env=chat_env(home, api), answers=False) as chat:
        chat.wait_for_prompt()
        chat.wait_for("grok-4.7")
        assert colors(chat.raw) == set()
        before = len(chat.raw)
        chat.type(answer + ATTRIBUTES)
        chat.wait_for(lambda _: f"38;5;{prompt}m>".encode() in chat.raw)
        chat.wait_for(lambda _: f"38;5;{muted}mgrok-4.7".encode() in chat.raw)
        assert not re.search(rb"\x1b\[[0-3]?[JKLM]", chat.raw[before:])
        assert chat.leave() == 0


def test_on_a_background_in_the_middle_there_are_no_colours(home, api):
    with Chat(env=chat_env(home, api), answers=False) as chat:
        chat.wait_for_prompt()
        chat.type(GREY + ATTRIBUTES + "hi\r")
        chat.wait_for("Hello there.")
        chat.wait_until_idle()
        chat.type("/nonsense\r")
        chat.wait_for("unknown command")
        chat.type("/usage\r")
        chat.wait_for("one reply")
        chat.type("/he")
        chat.wait_for("/help")
        assert colors(chat.raw) == set()


def test_where_the_background_stays_unknown_replies_have_colours_for_any(home, api):
    """The prompt has the terminal's own colour."""
    api.answers = [Answer([reply_frames("Say `hello`.")])]
    with Chat(env=chat_env(home, api), answers=False) as chat:
        chat.wait_for_prompt()
        assert colors(chat.raw) == set()
        chat.type(ATTRIBUTES)
        chat.wait_for(lambda _: b"38;5;244mgrok-4.7" in chat.raw)
        chat.type("hi\r")
        chat.wait_for("hello")
        chat.wait_until_idle()
        assert b"\x1b[38;5;130mhello" in chat.raw
        assert not re.search(rb"38;5;\d+m>", chat.raw)


def test_the_messages_of_a_resumed_session_wait_for_the_background(home, api):
    """They stay on the screen as they are printed, and the prompt is open meanwhile."""
    api.answers = [Answer([reply_frames("Say `hello`.")])]
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("hi\r")
        chat.wait_for("hello")
        assert chat.leave() == 0
    with Chat("--continue", env=chat_env(home, api), answers=False) as chat:
        chat.wait_for_prompt()
        chat.type("typed")
        chat.wait_for("> typed")
        chat.type(WHITE + ATTRIBUTES)
        chat.wait_for("Say hello.")
        assert b"\x1b[38;5;58mhello" in chat.raw
        assert b"\x1b[1;38;5;235;48;5;254mhi" in chat.raw.replace(b"\x1b[0;", b"\x1b[")


def test_a_theme_needs_no_answer(home, api):
    """The first paint has its colours too."""
    home.mkdir()
    (home / "config.toml").write_text('theme = "light"\n', encoding="utf-8")
    with Chat(env=chat_env(home, api), answers=False) as chat:
        chat.wait_for_prompt()
        assert b"\x1b[38;5;243mgrokchat" in chat.raw
        assert b"\x1b[1;38;5;24m> " in chat.raw
        chat.type("/set theme dark\r")
        chat.wait_for(lambda _: b"38;5;117m>" in chat.raw)
