"""What the README says of keys and commands to run is true."""

from __future__ import annotations

import sys

import pytest
from prompt_toolkit.input import DummyInput
from prompt_toolkit.output import DummyOutput
from support import ROOT

from grokchat.render.style import TerminalStyle
from grokchat.terminal.prompt import Terminal
from grokchat.views.keymap import EDITING_KEYS, KEYS

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no Ctrl-Z there")
def test_the_documented_keys_are_those_that_are_bound():
    terminal = Terminal(
        (DummyInput(), DummyOutput()), history=None, complete=lambda *_: [], status=str, style=TerminalStyle
    )
    bindings = terminal._app.key_bindings
    assert bindings is not None
    bound = {tuple(getattr(key, "value", key) for key in binding.keys) for binding in bindings.bindings}
    names = {"enter": "c-m"}
    entries = (*KEYS, *EDITING_KEYS)
    documented = {tuple(names.get(key, key) for key in keys) for entry in entries for keys in entry.sequences}
    typed = {("<any>",), ("<bracketed-paste>",)}
    without_effect = {("escape",), ("escape", "<any>")}
    vi = {("/",), ("?",)}
    assert bound == documented | typed | without_effect | vi


def test_two_commands():
    """One line installs and starts the chat, one line installs and passes the tests."""
    lines = [line for line in README.split("\n") if line.startswith("python3 -m venv ")]
    assert [line.split(" && ")[-1] for line in lines] == [".venv/bin/grokchat --demo", ".venv/bin/pytest"]
