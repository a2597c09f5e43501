"""The bottom line."""

from __future__ import annotations

from command_sessions import session_of

from grokchat.chat.status_line import StatusLine


def test_what_is_running_stays_in_a_narrow_window():
    session = session_of("first", "reply")
    state = "replying 1 s, Ctrl-C stops"

    def shown(width: int, **more: object) -> str:
        return StatusLine().text(session, "grok-4.7", width=width, **more)

    assert shown(80) == "grok-4.7 · 2 messages · ~12 tokens"
    assert shown(80, state=state) == f"grok-4.7 · 2 messages · {state}"
    assert shown(40, state=state) == f"grok-4.7 · {state}"
    assert shown(30, state=state) == state
    assert shown(5, state=state) == state
    assert shown(60, state=state, attached=2) == f"grok-4.7 · 2 files attached · {state}"
    assert shown(25) == "grok-4.7 · ~12 tokens"
    assert shown(5) == "grok-4.7"


def test_the_window_is_measured_in_cells():
    """A name in wide characters takes two cells a character, and the line drops parts accordingly."""
    session = session_of("first", "reply")
    assert StatusLine().text(session, "模型" * 5, width=46) == f"{'模型' * 5} · 2 messages · ~12 tokens"
    assert StatusLine().text(session, "模型" * 5, width=45) == f"{'模型' * 5} · ~12 tokens"


def test_search_is_shown_while_it_is_on():
    """In a narrow window it stays longer than the count, the cost and the size."""
    session = session_of("first", "reply")

    def shown(width: int, **more: object) -> str:
        return StatusLine().text(session, "grok-4.7", width=width, **more)

    for value, words in {"all": "search", "web": "search: web", "x": "search: x"}.items():
        session.set_overrides({"search": value}, {})
        assert shown(80) == f"grok-4.7 · {words} · 2 messages · ~12 tokens"
    assert shown(40) == "grok-4.7 · search: x · ~12 tokens"
    assert shown(25) == "grok-4.7 · search: x"
    assert shown(40, state="replying 1 s, Ctrl-C stops") == "grok-4.7 · replying 1 s, Ctrl-C stops"
    session.set_overrides({"search": "off"}, {})
    assert shown(80) == "grok-4.7 · 2 messages · ~12 tokens"
