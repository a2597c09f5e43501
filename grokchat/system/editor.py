"""Runs the user's editor on a text: `$VISUAL`, `$EDITOR`, or one that is installed.

The text is in a file of its own while the editor runs, in a folder that only the user can enter. The editor does not
get the API key in its environment.
"""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from grokchat.environment import env_without_key
from grokchat.errors import CommandError, os_reason
from grokchat.system.programs import start_program

_FALLBACKS = ("sensible-editor", "editor", "nano", "vim", "vi", "emacs")


def edit_text(text: str, env: Mapping[str, str]) -> str | None:
    """Return the edited text, or None if it has not changed; raises CommandError."""
    command = _editor_command(env)
    with tempfile.TemporaryDirectory(prefix="grokchat-") as folder:
        path = Path(folder) / "message.md"
        path.write_bytes(text.encode("utf-8", "replace"))
        try:
            with start_program([*command, str(path)], env_without_key(env), has_terminal=True) as process:
                process.wait()
            edited = path.read_bytes().decode("utf-8", "replace")
        except OSError as error:
            raise CommandError(f"{command[0]}: it did not work ({os_reason(error)}). Set VISUAL or EDITOR.") from error
    if process.returncode:
        raise CommandError(f"{command[0]} ended with {process.returncode}, so nothing was changed.")
    if not text.endswith("\n"):  # editors add a final newline, which alone is not an edit
        edited = edited.removesuffix("\n").removesuffix("\r")
    return None if edited == text else edited


def _editor_command(env: Mapping[str, str]) -> list[str]:
    for name in ("VISUAL", "EDITOR"):
        if env.get(name, "").strip():
            try:
                return shlex.split(env[name], posix=sys.platform != "win32")
            except ValueError as error:
                raise CommandError(f"{name} is no command: {error}.") from error
    if sys.platform == "win32":
        return ["notepad"]
    editor = next((name for name in _FALLBACKS if shutil.which(name, path=env.get("PATH"))), None)
    if editor is None:
        raise CommandError("There is no editor. Set VISUAL or EDITOR, or give the text behind the number.")
    return [editor]
