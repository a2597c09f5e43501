"""Copies a text to the clipboard: with the system's tool, through tmux, or by asking the terminal (OSC 52).

Over ssh a tool would reach the clipboard of the wrong machine, so there the terminal is asked. Tools get the text on
their standard input, and an environment without the API key. If one fails, the next is tried.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
from collections.abc import Mapping
from typing import NamedTuple

from grokchat.environment import env_without_key
from grokchat.errors import CommandError
from grokchat.system.programs import run_program

_TIMEOUT_S = 10.0
"""Windows takes seconds to start its shell."""
_MAX_OSC_52_BYTES = 74_994
"""The most that terminals accept in one OSC 52 (xterm's limit, before base64)."""
_MAX_SCREEN_CHARS = 240
"""The longest string that every version of GNU Screen passes on (old ones take 256)."""

# The text is sent as base64: a Windows shell decodes its input with the console's code page.
_POWERSHELL = (
    "Set-Clipboard -Value ([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String([Console]::In.ReadToEnd())))"
)

NO_CLIPBOARD = (
    "No clipboard program accepted the text, and this terminal has no clipboard of its own (OSC 52). "
    "Install wl-clipboard, xclip or xsel, or save the text to a file: /write PATH."
)


class ClipboardWriter(NamedTuple):
    """A program that copies its standard input to the clipboard; `through` describes it to the user."""

    command: tuple[str, ...]
    through: str
    takes_base64: bool = False


def is_remote(env: Mapping[str, str]) -> bool:
    """Return whether the user is on another machine."""
    return bool(env.get("SSH_CONNECTION") or env.get("SSH_TTY"))


def powershell(script: str) -> tuple[str, ...]:
    """Return the command that runs a script in the shell that every Windows has; it also works from WSL."""
    return ("powershell.exe", "-NoProfile", "-NonInteractive", "-STA", "-Command", script)


def available_writers(env: Mapping[str, str]) -> list[ClipboardWriter]:
    """Return the installed tools that may work here, the best first."""
    writers: list[ClipboardWriter] = []
    if not is_remote(env):
        if sys.platform == "darwin":
            writers.append(ClipboardWriter(("pbcopy",), "pbcopy"))
        if env.get("TERMUX_VERSION"):
            writers.append(ClipboardWriter(("termux-clipboard-set",), "termux-clipboard-set"))
        if env.get("WAYLAND_DISPLAY"):
            writers.append(ClipboardWriter(("wl-copy",), "wl-copy"))
        if env.get("DISPLAY"):
            writers.append(ClipboardWriter(("xclip", "-selection", "clipboard"), "xclip"))
            writers.append(ClipboardWriter(("xsel", "--clipboard", "--input"), "xsel"))
        if sys.platform == "win32" or env.get("WSL_DISTRO_NAME"):
            writers.append(ClipboardWriter(powershell(_POWERSHELL), "PowerShell", takes_base64=True))
    if env.get("TMUX"):
        # Since 3.2 tmux passes the text on to the clipboard of its terminal, also on another machine.
        writers.append(
            ClipboardWriter(("tmux", "load-buffer", "-w", "-"), "tmux, to the terminal's clipboard if that allows it")
        )
    return [writer for writer in writers if shutil.which(writer.command[0], path=env.get("PATH"))]


def copy_text(text: str, env: Mapping[str, str]) -> str:
    """Copy a text with the first tool that succeeds and return its description; nothing if none does."""
    data = text.encode("utf-8", "replace")
    return next((writer.through for writer in available_writers(env) if _write(writer, data, env)), "")


def _write(writer: ClipboardWriter, data: bytes, env: Mapping[str, str]) -> bool:
    writer_env = env_without_key(env)
    if writer.command == ("pbcopy",):
        writer_env["LC_CTYPE"] = "UTF-8"  # it decodes its input by the locale
    try:
        # Not captured: wl-copy and xclip keep running to serve the clipboard.
        output = run_program(
            writer.command,
            writer_env,
            data=base64.b64encode(data) if writer.takes_base64 else data,
            timeout_s=_TIMEOUT_S,
            is_captured=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return output.exit_code == 0


def osc_52(text: str, env: Mapping[str, str]) -> str:
    r"""Return the codes that ask the terminal to copy a text (xterm's control sequences, OSC 52); raises CommandError.

    tmux and GNU Screen pass codes on to the terminal only if they are wrapped for them.
    """
    data = text.encode("utf-8", "replace")
    if len(data) > _MAX_OSC_52_BYTES:
        raise CommandError(
            f"The text has {len(data):,} bytes; terminals accept at most {_MAX_OSC_52_BYTES:,}. /write PATH saves it."
        )
    codes = f"\x1b]52;c;{base64.b64encode(data).decode('ascii')}\x07"
    if env.get("TMUX") or env.get("TERM", "").startswith("tmux"):
        # Both forms: its options set-clipboard and allow-passthrough decide which one tmux uses.
        doubled = codes.replace("\x1b", "\x1b\x1b")
        return f"{codes}\x1bPtmux;{doubled}\x1b\\"
    if env.get("STY"):
        strings = (codes[at : at + _MAX_SCREEN_CHARS] for at in range(0, len(codes), _MAX_SCREEN_CHARS))
        return "".join(f"\x1bP{string}\x1b\\" for string in strings)
    return codes
