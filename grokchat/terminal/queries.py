r"""Dark or light: the terminal is asked for its background, and what it answers is kept out of what the user types.

An answer comes the way keys come: at any time, in any pieces, between typed letters. So nobody waits for it. `Answers`
takes it out of what is read whenever it is there, and the prompt is open meanwhile.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import sys
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Literal, TextIO

from prompt_toolkit.input.typeahead import store_typeahead
from prompt_toolkit.key_binding import KeyPress

from grokchat.terminal.early_prompt import EarlyPrompt
from grokchat.terminal.focus import Focus

if sys.platform != "win32":
    from prompt_toolkit.input.posix_utils import PosixStdinReader
    from prompt_toolkit.input.vt100 import Vt100Input, raw_mode

Background = Literal["dark", "light"]

QUERY = "\x1b]11;?\x07\x1b[c"
r"""What to write: asks for the background (OSC 11), then for the device attributes (DA1).

Nearly every terminal answers the second, and in this order, so that ends the wait where OSC 11 is not known. The first
ends with BEL: urxvt answers one that ends with `ESC \` by one that ends with a bare ESC.
"""

# The quantifiers are what bounds the text held back: no answer, begun or whole, is longer than 64 characters.
_COLOUR = r"\x1b\]11;(?P<colour>[#:/.rgi0-9A-Fa-f]{0,48})(?:\x07|\x1b\\|\x1b(?=[^\\]))"
_COLOUR_BEGUN = r"\x1b(?:\](?:1(?:1(?:;[#:/.rgi0-9A-Fa-f]{0,48}\x1b?)?)?)?)?\Z"
_ATTRIBUTES = r"(?P<attributes>\x1b\[\?[0-9;]{0,60}c)"
_ATTRIBUTES_BEGUN = r"\x1b(?:\[(?:\?[0-9;]{0,60})?)?\Z"
_SIZE = re.compile(r"\x1b\[8;(\d{1,5});(\d{1,5})t")
_SIZE_BEGUN = re.compile(r"\x1b\[(?:8(?:;(?:\d{1,5}(?:;\d{0,5})?)?)?)?\Z")
_PASTE = r"(?P<paste>\x1b\[200~)"
_PASTE_BEGUN = r"\x1b(?:\[(?:2(?:0(?:0)?)?)?)?\Z"
_PASTE_END = re.compile(r"(?P<end>\x1b\[201~)|\x1b(?:\[(?:2(?:0(?:1)?)?)?)?\Z")


@cache
def _patterns(colour: bool, attributes: bool) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Return what finds a whole answer, one that has only begun, and whatever needs a look, of the answers awaited."""
    whole = "|".join([_COLOUR] * colour + [_ATTRIBUTES] * attributes)
    begun = "|".join([_COLOUR_BEGUN] * colour + [_ATTRIBUTES_BEGUN] * attributes)
    return re.compile(whole), re.compile(begun), re.compile(f"{whole}|{_PASTE}|(?P<begun>{begun}|{_PASTE_BEGUN})")


class Answers:
    """Takes the terminal's answers out of what was read from it; without I/O and without a clock.

    However the text was cut, what comes out is what was typed. Held back is only what may be the beginning of an
    answer, never over 64 characters, and only from `ask` until both answers have come. `give_up` ends the wait but not
    the watch: an answer that comes later still is no typed text, it only does not count any more.

    What is bracketed as pasted is the user's, whatever it looks like.
    """

    def __init__(self) -> None:
        self.pending = False
        """Whether an answer is awaited; once it is not, the background is final."""
        self.background: Background | None = None
        self._colour = self._attributes = False
        self._pasting = False
        self._held = ""
        self._flushed = ""

    def ask(self) -> str:
        """Return what to write to the terminal; from now on it may answer."""
        self.pending = self._colour = self._attributes = True
        return QUERY

    def give_up(self) -> None:
        """Wait no longer."""
        self.pending = False

    def feed(self, text: str) -> str:
        """Return what was typed of the text that was read."""
        text, at, typed = self._flushed + self._held + text, len(self._flushed), ""
        flushed, self._flushed, self._held = self._flushed, "", ""
        if flushed and (self._colour or self._attributes):
            whole, begun, _ = _patterns(self._colour, self._attributes)
            if answer := whole.match(text):
                self._take(answer)
                at = answer.end()
            elif begun.match(text):
                self._flushed, self._held = flushed, text[at:]
                return ""
        while self._colour or self._attributes:
            pattern = _PASTE_END if self._pasting else _patterns(self._colour, self._attributes)[2]
            found = pattern.search(text, at)
            if found is None:
                break
            typed += text[at : found.start()]
            at = found.end()
            if found.lastgroup in {"paste", "end"}:
                self._pasting = not self._pasting
                typed += found[0]
            elif found.lastgroup in {"colour", "attributes"}:
                self._take(found)
            else:
                self._held = found[0]
        return typed + text[at:]

    def flush(self) -> str:
        """Return what is held back and may be a key, after a pause.

        That is a lone ESC, which may be the Escape key, and a bracket typed after it. Yet the pause may have been the
        line's, so if the rest of an answer follows, that is taken out all the same. What is longer and begins an answer
        comes from no key but Alt with a bracket, and waits for what follows; so does what may be the end of a paste.
        """
        both = self._flushed + self._held
        if self._pasting or not self._held:
            return ""
        begins = bool(_patterns(self._colour, self._attributes)[1].match(both))
        if begins and (len(self._held) > 1 or len(both) > 2):
            return ""
        flushed, self._held, self._flushed = self._held, "", both if begins else ""
        return flushed

    def _take(self, answer: re.Match[str]) -> None:
        if answer.lastgroup == "attributes":
            self._attributes = self.pending = False
        else:
            self._colour = False
            if self.pending:
                self.background = _shade(answer["colour"])


_CHANNELS = re.compile(r"rgba?:([0-9a-f]{1,4})/([0-9a-f]{1,4})/([0-9a-f]{1,4})(?:/[0-9a-f]{1,4})?", re.IGNORECASE)
_DIGITS = re.compile(r"#(?:[0-9a-f]{3}){1,4}", re.IGNORECASE)


def _shade(colour: str) -> Background | None:
    """Return whether a colour, as X11 writes it, is dark or light: by its luma, BT.709's weights on the gamma values.

    Those are nearly even to the eye, so their middle is the middle grey, and about where black text becomes easier to
    read than white. The middle of the linear values would be #bcbcbc, and every middle grey would be dark.
    """
    if found := _CHANNELS.fullmatch(colour):
        channels = list(found.groups())
    elif _DIGITS.fullmatch(colour):
        size = len(colour) // 3
        channels = [colour[at : at + size] for at in range(1, len(colour), size)]
    else:
        return None
    red, green, blue = (int(digits, 16) / (16 ** len(digits) - 1) for digits in channels)
    return "light" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5 else "dark"


class Sizes:
    """Takes the terminal's answers to "how large are you" (xterm: `CSI 18 t`) out of what was read from it.

    Held back is only the beginning of an answer that is longer than the Escape key, while one is awaited.
    """

    def __init__(self) -> None:
        self.awaited = 0
        self.heard: Callable[[int, int], None] | None = None
        self._held = ""

    def ask(self) -> str:
        """Return what to write to the terminal; from now on it may answer."""
        self.awaited += 1
        return "\x1b[18t"

    def feed(self, text: str) -> str:
        """Return what was typed of the text that was read."""
        if not self.awaited:
            return text
        text, self._held = self._held + text, ""
        while self.awaited and (found := _SIZE.search(text)):
            text = text[: found.start()] + text[found.end() :]
            self.awaited -= 1
            if self.heard is not None:
                self.heard(int(found[1]), int(found[2]))
        begun = _SIZE_BEGUN.search(text) if self.awaited else None
        if begun is not None:
            text, self._held = text[: begun.start()], begun[0]
        return text

    def flush(self) -> str:
        """Return what is held back, after a pause: it was typed."""
        held, self._held = self._held, ""
        return held


if sys.platform != "win32":

    class _Reader(PosixStdinReader):
        """prompt_toolkit's, but that a terminal that cannot be read is gone, instead of being readable for ever."""

        def read(self, count: int = 1024) -> str:
            if self.closed:
                return ""
            try:
                if not select.select([self.stdin_fd], [], [], 0)[0]:
                    return ""
                data = os.read(self.stdin_fd, count)
            except BlockingIOError:
                return ""
            except OSError:
                data = b""
            self.closed = not data
            return self._stdin_decoder.decode(data)

    class AnsweringInput(Vt100Input):
        """prompt_toolkit's, but for the terminal's answers, which are no keys.

        Write `answers.ask()` only in raw mode: elsewhere the terminal driver shows the answer on the screen.
        """

        def __init__(self, stdin: TextIO, paint: EarlyPrompt | None = None) -> None:
            super().__init__(stdin)
            self.found = paint.modes if paint is not None else None
            """The terminal's modes as the program found them, if they were changed before this."""
            self.typed = paint.typed if paint is not None else None
            """What was typed before that."""
            self._is_found_in_others = paint is not None
            self.stdin_reader = _Reader(self._fileno)
            self.answers = Answers()
            self.sizes = Sizes()
            self.focus = Focus()

        def raw_mode(self) -> contextlib.AbstractContextManager[None]:
            """Enter raw mode, and leave the outermost one to the modes that were found."""
            mode = super().raw_mode()
            if self._is_found_in_others and isinstance(mode, raw_mode):
                mode.attrs_before = self.found
                self._is_found_in_others = False
            return mode

        def keep(self, text: str) -> None:
            """Take text as typed keys, for the next application."""
            self.vt100_parser.feed(text)
            keys, self._buffer = self._buffer, []
            store_typeahead(self, keys)

        def read_keys(self) -> list[KeyPress]:
            self.vt100_parser.feed(self.answers.feed(self.focus.feed(self.sizes.feed(self.stdin_reader.read()))))
            keys, self._buffer = self._buffer, []
            return keys

        def flush_keys(self) -> list[KeyPress]:
            held = self.focus.feed(self.sizes.flush()) + self.focus.flush()
            self.vt100_parser.feed(self.answers.feed(held) + self.answers.flush())
            return super().flush_keys()

        def settle(self, limit: float) -> None:
            """Wait for what is still awaited, but not over a limit in seconds; keys typed meanwhile are kept.

            For the time when no application reads: what is not read before the end is typed into the user's shell.
            """
            end = time.monotonic() + limit
            with self.raw_mode(), contextlib.suppress(OSError, ValueError):
                while (self.answers.pending or self.sizes.awaited) and not self.closed:
                    if not select.select([self.fileno()], [], [], max(0.0, end - time.monotonic()))[0]:
                        break
                    store_typeahead(self, self.read_keys())
            self.answers.give_up()


_ASKABLE = frozenset({
    "alacritty", "apple_terminal", "contour", "foot", "ghostty", "gnome", "hterm", "iterm", "iterm2", "iterm2.app",
    "kitty", "konsole", "mintty", "mlterm", "ms", "nsterm", "putty", "rio", "rxvt", "st", "stterm", "tmux", "vte",
    "wezterm", "xterm",
})  # fmt: skip
"""The names of terminals that take an OSC they do not know for one, and show nothing."""


def may_ask(env: Mapping[str, str]) -> bool:
    """Return whether a terminal may be asked: if TERM names one of which it is known that it shows no part of it.

    The first part of the name counts: `xterm` in `xterm-256color`. Others - dumb, linux, cons25, the vt family, eterm -
    may show an unknown OSC as text, and all that is lost without asking is the theme's choice. Not inside Emacs,
    whatever TERM says: its term-mode shows it. Nor in GNU Screen, which passes OSC 11 on, after its own answer to DA1,
    or not at all; but tmux, which also calls itself `screen`, answers for itself.

    terminal-colorsaurus, behind bat and delta, refuses only no TERM, dumb and Screen, and Neovim asks everywhere.
    """
    kind = env.get("TERM", "").lower().split("-")[0]
    if env.get("INSIDE_EMACS"):
        return False
    if env.get("TMUX"):
        return kind in _ASKABLE or kind == "screen"
    return kind in _ASKABLE and not env.get("STY")


def from_environment(env: Mapping[str, str]) -> Background | None:
    """Return what COLORFGBG says, which rxvt and Konsole set: `15;0`, of the sixteen colours the background's last."""
    last = env.get("COLORFGBG", "").split(";")[-1]
    if not re.fullmatch("[0-9]|1[0-5]", last):
        return None
    return "dark" if int(last) in {0, 1, 2, 3, 4, 5, 6, 8} else "light"
