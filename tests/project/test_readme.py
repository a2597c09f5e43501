"""What the README says of keys and commands to run is true, and its links lead somewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
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


def test_it_is_short_enough_to_be_read():
    assert len(README.split()) < 2000


def test_links_between_the_documents_lead_somewhere():
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *(ROOT / "docs").glob("*.md")]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for link in re.findall(r"\]\((?!https?:)([^)#]*)#?[^)]*\)|(?:src|srcset)=\"([^\"]*)\"", text):
            path = link[0] or link[1]
            assert not path or (page.parent / path).exists(), f"{page.name}: {path}"


@pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("git") is None, reason="they are for a POSIX shell with git"
)
def test_the_things_to_try_work_when_they_are_pasted(tmp_path):
    lines = README.partition("## Five things to try")[2].split("```")[1].removeprefix("sh\n").strip()
    assert lines.count("\n") == 4
    repository = """
        set -e
        grokchat() { "$PYTHON" -m grokchat --demo "$@"; }
        export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
        git init -q . && echo one > pyproject.toml && git add . && git commit -qm one
        echo two > pyproject.toml && git commit -qam two
    """
    ran = subprocess.run(
        ["sh", "-c", f"{repository}\n{lines}\n[ -s review.md ] && [ -s ask.sh ]"],
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            "PYTHON": sys.executable,
            "PYTHONPATH": str(ROOT),
            "GROKCHAT_HOME": str(tmp_path),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("You said: ") == 3
