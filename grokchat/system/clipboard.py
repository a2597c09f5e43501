"""The clipboard takes a text: through the system's own tool, through tmux, or by asking the terminal (OSC 52).

Over ssh the tool would reach the clipboard of the wrong machine, so there the terminal is asked. Tools get the text on
their standard input and not the API key in their environment. One that fails leaves it to the next way.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
from collections.abc import Mapping
from typing import NamedTuple

from grokchat.errors import CommandError
from grokchat.system.subprocess_env import env_without_key

_TIMEOUT_S = 10.0
"""Seconds: Windows takes some to start its shell."""
_MAX_OSC_52_BYTES = 74_994
"""Bytes: what terminals take as one OSC 52 (xterm's limit, before base64)."""
_SCREEN_PIECE = 240
"""Characters: what any GNU Screen passes on of one string (older ones take 256)."""

# The text goes as base64: what a Windows shell reads, it takes for text of the console's code page.
_POWERSHELL = (
    "Set-Clipboard -Value ([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String([Console]::In.ReadToEnd())))"
)

NO_CLIPBOARD = (
    "No program took the text for the clipboard, and this terminal has none of its own (OSC 52). "
    "Install wl-clipboard, xclip or xsel, or keep the text in a file: /write PATH."
)


class ClipboardWriter(NamedTuple):
    """A program that puts its standard input into the clipboard; `through` says to a person which way that is."""

    command: tuple[str, ...]
    through: str
    encoded: bool = False
    """Whether it takes base64."""


def is_remote(env: Mapping[str, str]) -> bool:
    """Say whether this is another machine than the user's."""
    return bool(env.get("SSH_CONNECTION") or env.get("SSH_TTY"))


def powershell(script: str) -> tuple[str, ...]:
    """Return the command that runs a script in the shell that every Windows has, also from within WSL."""
    return ("powershell.exe", "-NoProfile", "-NonInteractive", "-STA", "-Command", script)


def available_writers(env: Mapping[str, str]) -> list[ClipboardWriter]:
    """Return the tools that are there and may do it, the best first."""
    wanted: list[ClipboardWriter] = []
    if not is_remote(env):
        if sys.platform == "darwin":
            wanted.append(ClipboardWriter(("pbcopy",), "pbcopy"))
        if env.get("TERMUX_VERSION"):
            wanted.append(ClipboardWriter(("termux-clipboard-set",), "termux-clipboard-set"))
        if env.get("WAYLAND_DISPLAY"):
            wanted.append(ClipboardWriter(("wl-copy",), "wl-copy"))
        if env.get("DISPLAY"):
            wanted.append(ClipboardWriter(("xclip", "-selection", "clipboard"), "xclip"))
            wanted.append(ClipboardWriter(("xsel", "--clipboard", "--input"), "xsel"))
        if sys.platform == "win32" or env.get("WSL_DISTRO_NAME"):
            wanted.append(ClipboardWriter(powershell(_POWERSHELL), "PowerShell", encoded=True))
    if env.get("TMUX"):
        # tmux passes it on to the clipboard of the terminal that it is shown in, wherever that is (since 3.2).
        wanted.append(
            ClipboardWriter(("tmux", "load-buffer", "-w", "-"), "tmux, to the terminal's clipboard if that allows it")
        )
    return [one for one in wanted if shutil.which(one.command[0], path=env.get("PATH"))]


def copy_text(text: str, env: Mapping[str, str]) -> str:
    """Put a text into the clipboard with the first tool that takes it; say through which, or nothing if none did."""
    return next(
        (one.through for one in available_writers(env) if _takes(one, text.encode("utf-8", "replace"), env)), ""
    )


def _takes(tool: ClipboardWriter, data: bytes, env: Mapping[str, str]) -> bool:
    clean = env_without_key(env)
    if tool.command == ("pbcopy",):
        clean["LC_CTYPE"] = "UTF-8"  # what else it would take the bytes for depends on the shell's locale
    try:
        # Not captured: wl-copy and xclip stay behind to serve the clipboard, and would hold a pipe open.
        done = subprocess.run(  # noqa: S603 - one of the commands above
            tool.command,
            input=base64.b64encode(data) if tool.encoded else data,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=clean,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def osc_52(text: str, env: Mapping[str, str]) -> str:
    r"""Return the codes that ask a terminal to take a text (xterm's control sequences, OSC 52); raises CommandError.

    tmux and GNU Screen are between this program and the terminal: they pass on what is wrapped up for that.
    """
    data = text.encode("utf-8", "replace")
    if len(data) > _MAX_OSC_52_BYTES:
        raise CommandError(
            f"The text has {len(data):,} bytes, and terminals take at most {_MAX_OSC_52_BYTES:,}. /write PATH keeps it."
        )
    codes = f"\x1b]52;c;{base64.b64encode(data).decode('ascii')}\x07"
    if env.get("TMUX") or env.get("TERM", "").startswith("tmux"):
        # Both: which of them tmux heeds is up to its options set-clipboard and allow-passthrough.
        doubled = codes.replace("\x1b", "\x1b\x1b")
        return f"{codes}\x1bPtmux;{doubled}\x1b\\"
    if env.get("STY"):
        pieces = (codes[at : at + _SCREEN_PIECE] for at in range(0, len(codes), _SCREEN_PIECE))
        return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
    return codes
