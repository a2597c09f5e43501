r"""Queries to the terminal: its background colour (OSC 11, DA1) and its size (xterm's `CSI 18 t`).

An answer arrives the way keys do: at any time, in pieces of any size, between typed letters. So nothing waits for it:
the prompt is open, and `BackgroundAnswers` and `SizeAnswers` get what `input_parser` finds in the input.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from grokchat.terminal.input_tokens import Sequence

if TYPE_CHECKING:
    from grokchat.render.style import Background
    from grokchat.terminal.frame_acks import FrameAcks

BACKGROUND_QUERY = "\x1b]11;?\x07\x1b[c"
r"""Asks for the background colour (OSC 11), then for the device attributes (DA1).

Nearly every terminal answers the second, and in this order, so its answer ends the wait where OSC 11 is unknown. OSC 11
ends with BEL: to one that ends with `ESC \`, urxvt sends an answer that ends with a bare ESC.
"""
SIZE_QUERY = "\x1b[18t"

_COLOR_ANSWER = re.compile(r"11;([#:/.rgi0-9A-Fa-f]{0,48})")
_ATTRIBUTES_ANSWER = re.compile(r"\?[0-9;]{0,60}")
_SIZE_ANSWER = re.compile(r"8;(\d{1,5});(\d{1,5})")


class BackgroundAnswers:
    """Reads the answers to `BACKGROUND_QUERY`; without I/O and without a clock.

    The background is final once the attributes were answered, or after `stop_waiting`.
    """

    def __init__(self) -> None:
        self.is_pending = False
        """Whether an answer is awaited. Once it is not, the background is final."""
        self.background: Background | None = None

    def ask(self) -> str:
        """Expect answers from now on, and return the query to write to the terminal."""
        self.is_pending = True
        return BACKGROUND_QUERY

    def stop_waiting(self) -> None:
        """Make the background final, also if no answer has arrived."""
        self.is_pending = False

    def handle(self, sequence: Sequence) -> bool:
        """Read an answer; return whether the sequence is one. A late one does not count."""
        if sequence.kind == "CSI" and sequence.final == "c" and _ATTRIBUTES_ANSWER.fullmatch(sequence.parameters):
            self.is_pending = False
            return True
        match = _COLOR_ANSWER.fullmatch(sequence.parameters) if sequence.kind == "OSC" else None
        if match is None:
            return False
        if self.is_pending:
            self.background = _shade(match[1])
        return True


_CHANNELS = re.compile(r"rgba?:([0-9a-f]{1,4})/([0-9a-f]{1,4})/([0-9a-f]{1,4})(?:/[0-9a-f]{1,4})?", re.IGNORECASE)
_DIGITS = re.compile(r"#(?:[0-9a-f]{3}){1,4}", re.IGNORECASE)


def _shade(color: str) -> Background | None:
    """Return whether a colour in X11's notation is dark or light, by its luma: BT.709's weights on the gamma values.

    Gamma values are nearly even to the eye. So their middle is middle grey, which is about where black text becomes
    easier to read than white. The middle of the linear values would be #bcbcbc, and every middle grey would be dark.
    """
    if match := _CHANNELS.fullmatch(color):
        channels = list(match.groups())
    elif _DIGITS.fullmatch(color):
        size = len(color) // 3
        channels = [color[at : at + size] for at in range(1, len(color), size)]
    else:
        return None
    red, green, blue = (int(digits, 16) / (16 ** len(digits) - 1) for digits in channels)
    return "light" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5 else "dark"


class SizeAnswers:
    """Reads the answers to `SIZE_QUERY`, and acknowledges frames with them."""

    def __init__(self, acks: FrameAcks) -> None:
        self.acks = acks
        self.on_answer: Callable[[bool], object] = lambda _: None
        """Called after each answer, with the result of `FrameAcks.acknowledge`."""

    def handle(self, sequence: Sequence) -> bool:
        """Read an answer; return whether the sequence is one."""
        is_report = sequence.kind == "CSI" and sequence.final == "t" and not sequence.intermediates
        size = _SIZE_ANSWER.fullmatch(sequence.parameters) if is_report else None
        if size is None:
            return False
        if self.acks.pending:
            # xterm sends rows and columns, tmux 3.3 columns and rows.
            self.on_answer(self.acks.acknowledge({int(size[1]), int(size[2])}))
        return True


_ASKABLE = frozenset({
    "alacritty", "apple_terminal", "contour", "foot", "ghostty", "gnome", "hterm", "iterm", "iterm2", "iterm2.app",
    "kitty", "konsole", "mintty", "mlterm", "ms", "nsterm", "putty", "rio", "rxvt", "st", "stterm", "tmux", "vte",
    "wezterm", "xterm",
})  # fmt: skip
"""The names of terminals that ignore an unknown OSC instead of printing it."""


def may_query(env: Mapping[str, str]) -> bool:
    """Return whether queries may be sent: only if TERM names a terminal that is known not to print them.

    The first part of the name counts: `xterm` in `xterm-256color`. Others - dumb, linux, cons25, the vt family, eterm -
    may print an unknown OSC, and without the query only the choice of the theme is lost. Never inside Emacs, whatever
    TERM is: its term-mode prints the query. Nor in GNU Screen, which passes OSC 11 on only after its own answer to DA1,
    or not at all; but tmux, which also calls itself `screen`, answers for itself.

    terminal-colorsaurus, used by bat and delta, refuses only a missing TERM, dumb and Screen; Neovim asks everywhere.
    """
    kind = env.get("TERM", "").lower().split("-")[0]
    if env.get("INSIDE_EMACS"):
        return False
    if env.get("TMUX"):
        return kind in _ASKABLE or kind == "screen"
    return kind in _ASKABLE and not env.get("STY")


def background_from_env(env: Mapping[str, str]) -> Background | None:
    """Return the background by COLORFGBG (`15;0`), which rxvt and Konsole set: its last field is one of 16 colours."""
    last = env.get("COLORFGBG", "").split(";")[-1]
    if not re.fullmatch("[0-9]|1[0-5]", last):
        return None
    return "dark" if int(last) in {0, 1, 2, 3, 4, 5, 6, 8} else "light"
