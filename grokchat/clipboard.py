"""The clipboard: through the system's own tool, through tmux, or by asking the terminal (OSC 52).

Over ssh the tool would reach the clipboard of the wrong machine, so there the terminal is asked. Tools get the text on
their standard input and not the API key in their environment.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence

from grokchat.errors import CommandError

_WITHIN = 5.0
_LONGEST_OSC = 74_994
"""Bytes: what terminals take as one OSC 52 (xterm's limit, before base64)."""


def tool(env: Mapping[str, str]) -> Sequence[str]:
    """Return the command that takes the text, or nothing if the terminal is to be asked."""
    is_remote = bool(env.get("SSH_CONNECTION") or env.get("SSH_TTY"))
    wanted: list[Sequence[str]] = []
    if not is_remote:
        if sys.platform == "darwin":
            wanted.append(("pbcopy",))
        elif sys.platform == "win32":
            wanted.append(("clip",))
        if env.get("WAYLAND_DISPLAY"):
            wanted.append(("wl-copy",))
        if env.get("DISPLAY"):
            wanted += [("xclip", "-selection", "clipboard"), ("xsel", "--clipboard", "--input")]
        if env.get("WSL_DISTRO_NAME"):
            wanted.append(("clip.exe",))
    if env.get("TMUX"):
        wanted.append(("tmux", "load-buffer", "-w", "-"))
    return next((one for one in wanted if shutil.which(one[0], path=env.get("PATH"))), ())


def run(command: Sequence[str], text: str, env: Mapping[str, str]) -> None:
    """Give the text to a tool; raises CommandError."""
    clean = {key: value for key, value in env.items() if key != "XAI_API_KEY"}
    try:
        # Not captured: wl-copy and xclip stay behind to serve the clipboard, and would hold a pipe open.
        done = subprocess.run(  # noqa: S603 - one of the commands above
            command,
            input=text.encode("utf-8", "replace"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=clean,
            timeout=_WITHIN,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CommandError(f"{command[0]} did not take the text ({error}). /write PATH keeps it in a file.") from error
    if done.returncode:
        raise CommandError(f"{command[0]} ended with {done.returncode}. /write PATH keeps the text in a file.")


def osc_52(text: str) -> str:
    """Return the codes that ask a terminal to take a text (xterm's control sequences, OSC 52)."""
    data = text.encode("utf-8", "replace")
    if len(data) > _LONGEST_OSC:
        raise CommandError(
            f"The text has {len(data):,} bytes, and terminals take at most {_LONGEST_OSC:,}. /write PATH keeps it."
        )
    return f"\x1b]52;c;{base64.b64encode(data).decode('ascii')}\x07"
