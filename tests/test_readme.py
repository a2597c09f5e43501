"""What the README says of commands is what the program knows."""

from __future__ import annotations

import re

from support import ROOT

from grokchat.commands import COMMANDS

README = (ROOT / "README.md").read_text(encoding="utf-8")


def table() -> str:
    rows = "".join(f"| `{command.usage}` | {command.help} |\n" for command in COMMANDS)
    return f"| command | effect |\n| --- | --- |\n{rows}"


def test_commands():
    """The README's table of commands is made from their declarations."""
    found = re.search(r"<!-- commands -->\n(.*?)<!-- /commands -->", README, re.DOTALL)
    assert found is not None
    assert found[1] == table()


def test_two_commands():
    """One line installs and starts the chat, one line installs and passes the tests."""
    lines = [line for line in README.split("\n") if line.startswith("python3 -m venv ")]
    assert [line.split(" && ")[-1] for line in lines] == [".venv/bin/grokchat --demo", ".venv/bin/pytest"]
