"""Completion scripts and the manual page: generated from the declarations, and tried where the shells are installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest
from support import ROOT, out, paragraph, run_cli

from grokchat.cli import man_page
from grokchat.cli.help_page import EXAMPLES
from grokchat.cli.shell_completion import script
from grokchat.command_line_options import OPTIONS, SHELLS
from grokchat.commands.registry import COMMANDS
from grokchat.config.settings import SETTINGS
from grokchat.export.formats import FORMATS

NAMES = [name for option in OPTIONS for name in option.names]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_is_printed_without_config_and_key(home, shell):
    home.mkdir()
    (home / "config.toml").write_text("not = = toml", encoding="utf-8")
    code, environment = run_cli(home, None, "--completion", shell, env={"XAI_API_KEY": ""})
    assert (code, out(environment)) == (0, script(shell))


def test_another_shell_is_a_usage_error(home):
    code, environment = run_cli(home, None, "--completion", "tcsh")
    assert code == 2
    assert "bash" in paragraph(environment)


@pytest.mark.parametrize("shell", SHELLS)
def test_every_option_is_in_the_script(shell):
    text, written = script(shell), {option: option for option in NAMES}
    if shell == "fish":
        written = {name: f"{'-l' if name.startswith('--') else '-s'} {name.lstrip('-')}" for name in NAMES}
    assert [name for name, form in written.items() if not names(text, form)] == []


def names(text: str, name: str) -> bool:
    """Return whether a text has a name as a word."""
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_is_valid_for_its_shell(shell):
    if shutil.which(shell) is None or sys.platform == "win32":
        pytest.skip(f"there is no {shell} here")
    done = subprocess.run([shell, "-n"], input=script(shell).encode(), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


# -- bash, for real ----------------------------------------------------------------------------------------------------

LISTED = """[
  {
    "id": "20261126-aaa",
    "name": "$(touch pwned)",
    "model": "grok-4.7",
    "first": "\\"id\\": \\"20261126-zzz\\""
  },
  {
    "id": "20261126-bbb$(touch pwned)",
    "model": "grok-`touch pwned`"
  },
  {
    "id": "20261126-ccc",
    "model": "grok-x"
  }
]
"""


CONFIG = """\
model = "grok-4.7"  # [profiles.comment]
[profiles.fast]
[profiles.$(touch pwned)]
[profiles."two words"]
 [profiles.fond_of-dashes]
[profiles.fond_of-dashes.params]
[profiles.thorough.params]
"""


@pytest.fixture
def completed(tmp_path):
    """Return what bash offers for the words of a line, the last of which is being typed."""
    if shutil.which("bash") is None or sys.platform == "win32":
        pytest.skip("there is no bash here")
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "grokchat"
    (tmp_path / "listed.json").write_text(LISTED, encoding="utf-8")
    fake.write_text(f'#!/bin/sh\n[ "$*" = "--list-sessions --json" ] && cat {tmp_path}/listed.json\n', encoding="utf-8")
    fake.chmod(0o700)
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "prompts").mkdir()
    for name in ("review.md", "code.review.md", "re-view.md", "two words.md", "$(touch pwned).md", ".r.md", "r.txt"):
        (tmp_path / "prompts" / name).write_text("Text.", encoding="utf-8")
    (tmp_path / "script").write_text(script("bash"), encoding="utf-8")
    ask = 'source ./script; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _grokchat; printf "%s\\n" "${COMPREPLY[@]}"'

    def complete(*words: str) -> list[str]:
        env = {
            **os.environ,
            "GROKCHAT_HOME": str(tmp_path),
            "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }
        command = ["bash", "--norc", "-c", ask, "bash", "grokchat", *words]
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, check=True, text=True)
        assert done.stderr == ""
        assert not (tmp_path / "pwned").exists()
        return done.stdout.split()

    return complete


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["--list"], ["--list-sessions", "--list-models"]),
        (["hello", "--dem"], ["--demo"]),
        (["-r", ""], ["20261126-aaa", "20261126-ccc"]),
        (["--resume", "=", "20261126-c"], ["20261126-ccc"]),
        (["--resume", "="], ["20261126-aaa", "20261126-ccc"]),
        (["-m", "grok"], ["grok-4.7", "grok-x"]),
        (["-P", "f"], ["fast", "fond_of-dashes"]),
        (["--profile", "="], ["fast", "fond_of-dashes", "thorough"]),
        (["--export", "x"], ["xai-sdk"]),
        (["--export", "="], list(FORMATS)),
        (["--completion", ""], list(SHELLS)),
        (["-f", ""], []),
        (["-s", "--"], []),
        (["-s", ""], ["@code.review", "@re-view", "@review"]),
        (["-s", "@"], ["@code.review", "@re-view", "@review"]),
        (["-s", "@", "rev"], ["@review"]),
        (["--system", "="], ["@code.review", "@re-view", "@review"]),
        (["--system", "=@"], ["@code.review", "@re-view", "@review"]),
        (["--system", "=@", "code"], ["@code.review"]),
        (["hel"], []),
        (["--", "--dem"], []),
    ],
)
def test_bash_completes(completed, words, offered):
    """Session ids, models, profiles and formats are completed, paths are left to bash, no file adds more than words."""
    assert completed(*words) == offered


# -- the manual --------------------------------------------------------------------------------------------------------

PAGE = ROOT / "share" / "grokchat.1"


def test_the_shipped_manual_is_up_to_date(home):
    code, environment = run_cli(home, None, "--man")
    assert code == 0
    assert PAGE.read_text(encoding="ascii") == man_page.page() == out(environment)


def test_the_manual_is_installed_where_man_looks():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    shared = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert shared == {"share/grokchat.1": "share/man/man1/grokchat.1"}
    assert "/share" in project["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]


def shown() -> str:
    """Return the page as text, with its roff escapes undone."""
    text = (
        man_page.page()
        .replace("\\-", "-")
        .replace("\\&", "")
        .replace("\\(aq", "'")
        .replace("\\fB", "")
        .replace("\\fR", "")
    )
    return text.replace("\\e", "\\")


def test_everything_is_in_the_manual():
    page = shown()
    everything = [*NAMES, *(command.usage for command in COMMANDS), *SETTINGS, *FORMATS]
    everything += [line for line, _ in EXAMPLES]
    assert [name for name in everything if not names(page, name)] == []


def test_the_manual_is_valid_roff():
    """ASCII, only the requests that the page uses, and no text that looks like a request."""
    page = man_page.page()
    assert page.isascii()
    requests = {line.split()[0] for line in page.split("\n") if line.startswith((".", "'"))}
    assert requests == {".TH", ".SH", ".B", ".PP", ".SS", ".TP"}
    if shutil.which("groff"):
        done = subprocess.run(
            ["groff", "-man", "-Tascii", "-ww"], input=page.encode(), capture_output=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, b"")
