r"""Queries to the terminal: its background colour (OSC 11, DA1) and its size (xterm's `CSI 18 t`).

An answer arrives the way keys do: at any time, in pieces of any size, between typed letters. So nothing waits for it:
the prompt is open, and `BackgroundAnswers` and `SizeAnswers` filter the answers out of the input when they arrive.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grokchat.render.style import Background
    from grokchat.terminal.frame_acks import FrameAcks

BACKGROUND_QUERY = "\x1b]11;?\x07\x1b[c"
r"""Asks for the background colour (OSC 11), then for the device attributes (DA1).

Nearly every terminal answers the second, and in this order, so its answer ends the wait where OSC 11 is unknown. OSC 11
ends with BEL: to one that ends with `ESC \`, urxvt sends an answer that ends with a bare ESC.
"""
SIZE_QUERY = "\x1b[18t"

# The quantifiers bound the text that is held back: no answer, begun or whole, is longer than 64 characters.
_COLOR = r"\x1b\]11;(?P<color>[#:/.rgi0-9A-Fa-f]{0,48})(?:\x07|\x1b\\|\x1b(?=[^\\]))"
_COLOR_BEGUN = r"\x1b(?:\](?:1(?:1(?:;[#:/.rgi0-9A-Fa-f]{0,48}\x1b?)?)?)?)?\Z"
_ATTRIBUTES = r"(?P<attributes>\x1b\[\?[0-9;]{0,60}c)"
_ATTRIBUTES_BEGUN = r"\x1b(?:\[(?:\?[0-9;]{0,60})?)?\Z"
_SIZE = re.compile(r"\x1b\[8;(\d{1,5});(\d{1,5})t")
_SIZE_BEGUN = re.compile(r"\x1b\[(?:8(?:;(?:\d{1,5}(?:;\d{0,5})?)?)?)?\Z")
_PASTE = r"(?P<paste>\x1b\[200~)"
_PASTE_BEGUN = r"\x1b(?:\[(?:2(?:0(?:0)?)?)?)?\Z"
_PASTE_END = re.compile(r"(?P<end>\x1b\[201~)|\x1b(?:\[(?:2(?:0(?:1)?)?)?)?\Z")


@cache
def _patterns(color: bool, attributes: bool) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of the awaited answers: a whole one, the beginning of one, and either of them or a paste."""
    whole = "|".join([_COLOR] * color + [_ATTRIBUTES] * attributes)
    begun = "|".join([_COLOR_BEGUN] * color + [_ATTRIBUTES_BEGUN] * attributes)
    return re.compile(whole), re.compile(begun), re.compile(f"{whole}|{_PASTE}|(?P<begun>{begun}|{_PASTE_BEGUN})")


class BackgroundAnswers:
    """Filters the answers to `BACKGROUND_QUERY` out of the input; without I/O and without a clock.

    However the input was cut, exactly the typed text is returned. Only a possible beginning of an answer is held back,
    never more than 64 characters, and only from `ask` until both answers have arrived. After `stop_waiting`, a late
    answer is still filtered out, but it no longer counts.

    A bracketed paste belongs to the user, even if it looks like an answer.
    """

    def __init__(self) -> None:
        self.is_pending = False
        """Whether an answer is awaited. Once it is not, the background is final."""
        self.background: Background | None = None
        self._expects_color = self._expects_attributes = False
        self._is_pasting = False
        self._held = ""
        self._flushed = ""

    def ask(self) -> str:
        """Expect answers from now on, and return the query to write to the terminal."""
        self.is_pending = self._expects_color = self._expects_attributes = True
        return BACKGROUND_QUERY

    def stop_waiting(self) -> None:
        """Make the background final, also if no answer has arrived."""
        self.is_pending = False

    def feed(self, text: str) -> str:
        """Add input, and return the part of it that the user typed."""
        text, at, typed = self._flushed + self._held + text, len(self._flushed), ""
        flushed, self._flushed, self._held = self._flushed, "", ""
        if flushed and self._expects_any:
            whole, begun, _ = self._patterns()
            if answer := whole.match(text):
                self._read_answer(answer)
                at = answer.end()
            elif begun.match(text):
                self._flushed, self._held = flushed, text[at:]
                return ""
        while self._expects_any:
            match = (_PASTE_END if self._is_pasting else self._patterns()[2]).search(text, at)
            if match is None:
                break
            typed += text[at : match.start()]
            at = match.end()
            if match.lastgroup in {"paste", "end"}:
                self._is_pasting = not self._is_pasting
                typed += match[0]
            elif match.lastgroup in {"color", "attributes"}:
                self._read_answer(match)
            else:
                self._held = match[0]
        return typed + text[at:]

    def flush(self) -> str:
        """Return, after a pause, the text that was held back if it may be a key.

        That is a lone ESC, which may be the Escape key, and a bracket typed after it. But the pause may be the
        connection's: if the rest of an answer follows, it is filtered out all the same. No key but Alt with a bracket
        sends a longer beginning of an answer, so that is held back longer; so is the possible end of a paste.
        """
        both = self._flushed + self._held
        if self._is_pasting or not self._held:
            return ""
        begins = bool(self._patterns()[1].match(both))
        if begins and (len(self._held) > 1 or len(both) > 2):
            return ""
        held, self._held, self._flushed = self._held, "", both if begins else ""
        return held

    @property
    def _expects_any(self) -> bool:
        return self._expects_color or self._expects_attributes

    def _patterns(self) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
        return _patterns(self._expects_color, self._expects_attributes)

    def _read_answer(self, answer: re.Match[str]) -> None:
        if answer.lastgroup == "attributes":
            self._expects_attributes = self.is_pending = False
        else:
            self._expects_color = False
            if self.is_pending:
                self.background = _shade(answer["color"])


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
    """Filters the answers to `SIZE_QUERY` out of the input, and acknowledges frames with them.

    While an answer is pending, only the beginning of one is held back, and only if it is longer than the Escape key.
    """

    def __init__(self, acks: FrameAcks) -> None:
        self.acks = acks
        self.on_answer: Callable[[bool], object] = lambda _: None
        """Called after each answer, with the result of `FrameAcks.acknowledge`."""
        self._held = ""

    def feed(self, text: str) -> str:
        """Add input, and return the part of it that the user typed."""
        if not self.acks.pending:
            return text
        text, self._held = self._held + text, ""
        while self.acks.pending and (answer := _SIZE.search(text)):
            text = text[: answer.start()] + text[answer.end() :]
            # xterm sends rows and columns, tmux 3.3 columns and rows.
            self.on_answer(self.acks.acknowledge({int(answer[1]), int(answer[2])}))
        begun = _SIZE_BEGUN.search(text) if self.acks.pending else None
        if begun is not None:
            text, self._held = text[: begun.start()], begun[0]
        return text

    def flush(self) -> str:
        """Return, after a pause, the text that was held back: it was typed."""
        held, self._held = self._held, ""
        return held


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
