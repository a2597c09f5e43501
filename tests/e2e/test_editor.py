"""What is in an editor when grokchat is killed is back in the line of the next chat."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from chat_process import Chat, chat_env

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and pseudo-terminals are a POSIX thing")


@pytest.fixture
def editor(home, api, tmp_path) -> dict[str, str]:
    """Return an environment whose editor saves a line, notes its file in `saved`, and waits for Enter."""
    script = tmp_path / "editor"
    note = f'echo "$1" > {tmp_path}/saved'
    lines = ["#!/bin/sh", 'echo "and edited" >> "$1"', note, "echo it is saved", "read -r word"]
    script.write_text("\n".join(lines), encoding="ascii")
    script.chmod(0o700)
    return {**chat_env(home, api), "EDITOR": str(script), "VISUAL": ""}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_text_in_an_editor_outlives_the_program(home, api, editor, tmp_path, number):
    with Chat(env=editor) as chat:
        chat.wait_for_prompt()
        chat.type("typed \x18\x05")
        chat.wait_for("it is saved")
        path = Path((tmp_path / "saved").read_text(encoding="utf-8").strip())
        assert path.is_relative_to(home)
        os.kill(chat.process.pid, number)
        chat.process.wait()
    with Chat(env=editor) as chat:
        chat.wait_for("Restored the text that was in your editor")
        chat.wait_for("and edited")
        assert not path.exists()
        chat.type("\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert api.requests[0].messages == [{"role": "user", "content": "typed and edited"}]


def test_an_edited_text_leaves_no_file(home, api, editor, tmp_path):
    with Chat(env=editor) as chat:
        chat.wait_for_prompt()
        chat.type("typed \x18\x05")
        chat.wait_for("it is saved")
        path = Path((tmp_path / "saved").read_text(encoding="utf-8").strip())
        chat.type("\r")
        chat.wait_for("typed and edited")
        chat.type("\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert not path.parent.parent.exists()
    assert api.requests[0].messages == [{"role": "user", "content": "typed and edited"}]
