r"""Queries to the terminal: its background colour (OSC 11, DA1) and its size (xterm's `CSI 18 t`).

An answer arrives the way keys do: at any time, in pieces of any size, between typed letters. So nothing waits for it:
the prompt is open, and `BackgroundAnswers` and `SizeAnswers` get what `input_parser` finds in the input.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from grokchat.render.theme import Background, background_of
from grokchat.terminal.input_tokens import Sequence

if TYPE_CHECKING:
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

    The background is final once the attributes were answered, or after `stop_waiting`. The attributes are the last
    answer to all that is asked at the start, so until they arrive (`is_owed`) another program could read them.
    """

    def __init__(self) -> None:
        self.is_pending = False
        """Whether an answer is awaited. Once it is not, the background is final."""
        self.is_owed = False
        """Whether the attributes may still arrive, however late."""
        self.is_final = False
        """Whether an answer was awaited and no longer is."""
        self.is_answered = False
        """Whether the terminal has told its background, which may be neither dark nor light."""
        self.background: Background | None = None
        self.on_change: Callable[[], object] = lambda: None
        """Called when the background has been told, or has become final without that."""
        self.on_end: Callable[[], object] = lambda: None
        """Called when the background has become final."""
        self.on_last_answer: Callable[[], object] = lambda: None
        """Called when the attributes have arrived, or are not expected any more."""

    def ask(self) -> str:
        """Expect answers from now on, and return the query to write to the terminal."""
        self.is_pending = self.is_owed = True
        return BACKGROUND_QUERY

    def stop_waiting(self) -> None:
        """Make the background final, also if no answer has arrived."""
        if self.is_pending:
            self.is_pending, self.is_final = False, True
            if not self.is_answered:
                self.on_change()
            self.on_end()

    def give_up(self) -> None:
        """Expect no answer any more, not even a late one."""
        self.stop_waiting()
        if self.is_owed:
            self.is_owed = False
            self.on_last_answer()

    def handle(self, sequence: Sequence) -> bool:
        """Read an answer; return whether the sequence is one. A late one does not count."""
        if sequence.kind == "CSI" and sequence.final == "c" and _ATTRIBUTES_ANSWER.fullmatch(sequence.parameters):
            self.give_up()
            return True
        match = _COLOR_ANSWER.fullmatch(sequence.parameters) if sequence.kind == "OSC" else None
        if match is None:
            return False
        if self.is_pending and (channels := _channels(match[1])):
            self.is_answered = True
            self.background = background_of(*channels)
            self.on_change()
        return True


_CHANNELS = re.compile(r"rgba?:([0-9a-f]{1,4})/([0-9a-f]{1,4})/([0-9a-f]{1,4})(?:/[0-9a-f]{1,4})?", re.IGNORECASE)
_DIGITS = re.compile(r"#(?:[0-9a-f]{3}){1,4}", re.IGNORECASE)


def _channels(color: str) -> tuple[float, float, float] | None:
    """Return red, green and blue, from 0 to 1, of a colour in X11's notation; None if it is not a colour."""
    if match := _CHANNELS.fullmatch(color):
        channels = list(match.groups())
    elif _DIGITS.fullmatch(color):
        size = len(color) // 3
        channels = [color[at : at + size] for at in range(1, len(color), size)]
    else:
        return None
    red, green, blue = (int(digits, 16) / (16 ** len(digits) - 1) for digits in channels)
    return red, green, blue


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
            self.on_answer(self.acks.acknowledge((int(size[1]), int(size[2]))))
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
