"""The private names of prompt_toolkit: what they are needed for, and that the prompt works without them."""

from __future__ import annotations

import asyncio

import pytest
from prompt_toolkit.application import Application
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import DummyInput
from prompt_toolkit.layout.screen import Char
from prompt_toolkit.output import DummyOutput
from prompt_toolkit.utils import get_cwidth

from grokchat.compat import prompt_toolkit as compat
from grokchat.compat.prompt_toolkit import HistoryBuffer, HookedApplication


def recalled(buffer: HistoryBuffer, *, pause: float = 0.0) -> str:
    """Return what Up brings back right after a line was cleared, or after a pause."""

    async def submit_and_recall() -> str:
        buffer.load_history_if_not_yet_loaded()
        await asyncio.sleep(0.01)
        buffer.text = "earlier"
        buffer.append_to_history()
        buffer.reset()
        if pause:
            buffer.load_history_if_not_yet_loaded()
            await asyncio.sleep(pause)
        buffer.history_backward()
        return buffer.text

    return asyncio.run(submit_and_recall())


def test_the_history_is_there_as_soon_as_the_line_is_cleared():
    assert recalled(HistoryBuffer(history=InMemoryHistory())) == "earlier"


def test_the_history_is_there_after_a_line_that_was_sent_while_it_was_read():
    """It has been read by the next time that the prompt is drawn."""
    history = InMemoryHistory(["older"])
    buffer = HistoryBuffer(history=history)

    async def submit_and_recall() -> str:
        buffer.text = "earlier"
        buffer.reset()
        assert [line async for line in history.load()] == ["older"]
        buffer.load_history_if_not_yet_loaded()
        await asyncio.sleep(0.01)
        buffer.history_backward()
        return buffer.text

    assert asyncio.run(submit_and_recall()) == "older"


def test_without_the_private_names_the_history_is_there_a_moment_later(monkeypatch):
    monkeypatch.setattr(HistoryBuffer, "_lines", None)
    assert recalled(HistoryBuffer(history=InMemoryHistory()), pause=0.01) == "earlier"


class Guarded(HookedApplication):
    """An application that records what it is asked, and draws nothing."""

    def __init__(self) -> None:
        super().__init__(input=DummyInput(), output=DummyOutput())
        self.calls: list[str] = []

    def may_redraw(self, *, is_last: bool) -> bool:
        self.calls.append(f"may_redraw({is_last})")
        return False

    def handle_resize(self) -> None:
        self.calls.append("handle_resize")

    def invalidate(self) -> None:
        self.calls.append("invalidate")


def test_the_hooks_are_called():
    """By prompt_toolkit's own names; a version that calls them differently fails here."""
    app = Guarded()
    app._on_resize()
    app._redraw(render_as_done=True)
    app.redraw()
    assert app.calls == ["handle_resize", "may_redraw(True)", "may_redraw(False)"]


@pytest.mark.parametrize("name", ["_redraw", "_on_resize"])
def test_prompt_toolkit_still_has_the_methods_that_are_overridden(name):
    assert callable(getattr(Application, name))


def test_without_the_private_name_drawing_waits_for_the_end_of_the_turn(monkeypatch):
    app = Guarded()
    monkeypatch.delattr(Application, "_redraw")
    app.redraw()
    assert app.calls == ["invalidate"]


def test_without_the_private_name_no_editor_is_taken_to_be_open(monkeypatch):
    app = Guarded()
    assert app.is_in_terminal is False
    app._running_in_terminal = True
    assert app.is_in_terminal is True
    del app._running_in_terminal
    assert app.is_in_terminal is False


def test_characters_are_shown_as_the_function_says(monkeypatch):
    monkeypatch.setattr(Char, "display_mappings", dict(Char.display_mappings))
    compat.map_characters(lambda char: f"<{ord(char):X}>" if char == "\u202e" else char)
    assert [Char(char).char for char in "a\u202eé\x1b"] == ["a", "<202E>", "é", "^["]


def test_an_application_has_no_bindings_but_its_own():
    app = HookedApplication(input=DummyInput(), output=DummyOutput())
    assert app._default_bindings.bindings == []
    assert Application(input=DummyInput(), output=DummyOutput())._default_bindings.bindings


def test_without_the_private_name_the_default_bindings_are_made_and_not_used(monkeypatch):
    made: list[str] = []
    monkeypatch.setattr(compat, "_application_module", type("Module", (), {}))
    monkeypatch.setattr("prompt_toolkit.application.application.load_key_bindings", lambda: made.append("made"))
    assert HookedApplication(input=DummyInput(), output=DummyOutput())._default_bindings.bindings == []
    assert made == ["made"]


def test_without_the_private_names_words_are_ascii(monkeypatch):
    monkeypatch.setattr(compat, "_document_module", type("Module", (), {}))
    compat.know_all_letters()


def test_characters_are_as_wide_as_the_function_says(monkeypatch):
    monkeypatch.setattr(compat._utils_module, "_CHAR_SIZES_CACHE", compat._utils_module._CHAR_SIZES_CACHE)
    sizes = {"a": 1, "\u093f": 1}
    forget = compat.measure_characters(sizes.__getitem__)
    assert (get_cwidth("a\u093f"), Char("\u093f").width) == (2, 1)
    sizes["\u093f"] = 0
    forget()
    assert (get_cwidth("a\u093f"), Char("\u093f").width) == (1, 0)


def test_without_the_private_name_characters_are_as_wide_as_in_unicode(monkeypatch):
    monkeypatch.setattr(compat, "_utils_module", type("Module", (), {}))
    compat.measure_characters(lambda _: 5)()
    assert get_cwidth("a") == 1
