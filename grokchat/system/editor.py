"""Runs the user's editor on a text: `$VISUAL`, `$EDITOR`, or one that is installed.

The text is in a file of its own while the editor runs (`system.drafts`). The editor does not get the API key in its
environment.
"""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Mapping

from grokchat.environment import env_without_key
from grokchat.errors import CommandError, os_reason
from grokchat.system.drafts import Drafts
from grokchat.system.programs import start_program

_FALLBACKS = ("sensible-editor", "editor", "nano", "vim", "vi", "emacs")


def edit_text(text: str, env: Mapping[str, str], drafts: Drafts, *, is_saved: bool) -> str | None:
    """Return the edited text, or None if it has not changed; raises CommandError.

    What an editor has saved that is killed stays among the drafts. `is_saved`: the text itself is kept elsewhere.
    """
    command = _editor_command(env)
    try:
        draft = drafts.create(text, is_saved=is_saved)
    except OSError as error:
        raise CommandError(f"The text could not be given to the editor ({os_reason(error)}).") from error
    try:
        with start_program([*command, str(draft.path)], env_without_key(env), has_terminal=True) as process:
            process.wait()
        edited = draft.path.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        draft.remove()
        raise CommandError(f"{command[0]}: it could not be run ({os_reason(error)}). Set VISUAL or EDITOR.") from error
    if process.returncode < 0:
        draft.leave()
        raise CommandError(f"{command[0]} was killed. What it saved appears in the line when the next chat starts.")
    draft.remove()
    if process.returncode:
        raise CommandError(f"{command[0]} ended with {process.returncode}; nothing was changed.")
    if not text.endswith("\n"):  # editors add a final newline, which alone is not an edit
        edited = edited.removesuffix("\n").removesuffix("\r")
    return None if edited == text else edited


def _editor_command(env: Mapping[str, str]) -> list[str]:
    for name in ("VISUAL", "EDITOR"):
        if env.get(name, "").strip():
            try:
                return shlex.split(env[name], posix=sys.platform != "win32")
            except ValueError as error:
                raise CommandError(f"{name} is not a valid command: {error}.") from error
    if sys.platform == "win32":
        return ["notepad"]
    editor = next((name for name in _FALLBACKS if shutil.which(name, path=env.get("PATH"))), None)
    if editor is None:
        raise CommandError("No editor is set. Set VISUAL or EDITOR, or give the text after the number.")
    return [editor]
