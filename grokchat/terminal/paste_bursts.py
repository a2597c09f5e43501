r"""Pastes from terminals without bracketed paste: one message, whose line ends are not Enter keys. No I/O, no clock.

Such a paste arrives as if it were typed, but all of it at once. A piece that was read at once is a paste

- if it holds CR LF with text behind it: the Enter key sends CR alone;
- if it holds text behind a line end, and more characters than anybody types between two reads, unless each of one or
  two lines ends with a CR: those come from a script, or were typed ahead while the program was busy;
- if it is longer than anybody types ahead. A CR at its end, if it is the only one, is still the Enter key.

What follows without a pause belongs to it. Text that waited while the program started is a paste only by the first
rule: whole messages are typed ahead in that time.

fish and zsh run each line. ipython and prompt_toolkit (on Windows) take any line end that comes with text for a paste,
and codex three characters less than 8 ms apart, and Enter up to 120 ms later: with both, lines that a script or `tmux
send-keys` types are never sent.
"""

from __future__ import annotations

import re

from grokchat.terminal.input_tokens import Paste, Token

_MIN_CHARS = 64
"""Nobody types as many between two reads: a second's reading is late if the program hangs, and 20 are typed in it."""
_MIN_SCRIPT_LINES = 3
"""So many lines with as many characters are a paste, even if each ends with a CR."""
_MIN_LINE_CHARS = 512
_TEXT = re.compile("[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*")
"""Text of a paste: no control characters but tabs and line ends."""


class PasteBursts:
    """Finds pastes among what was typed. Feed it the tokens of each read, and `flush` after a pause."""

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def feed(self, tokens: list[Token], *, is_typeahead: bool = False) -> list[Token]:
        """Return the tokens; text that belongs to a paste is kept until the paste has ended."""
        if not self._pieces:
            text = tokens[0] if len(tokens) == 1 else ""
            if not isinstance(text, str) or not _is_paste(text, is_typeahead=is_typeahead):
                # A script's CR LF behind a line is the Enter key, once.
                return [token.replace("\r\n", "\r") if isinstance(token, str) else token for token in tokens]
        result: list[Token] = []
        for number, token in enumerate(tokens):
            if isinstance(token, str) and _TEXT.fullmatch(token):
                self._pieces.append(token)
            else:
                return [*result, *self.flush(), *tokens[number:]]
        return result

    def flush(self) -> list[Token]:
        """Return the paste that has ended, if there is one, and the Enter key behind it."""
        text = "".join(self._pieces)
        self._pieces.clear()
        if not text:
            return []
        line = text.removesuffix("\r")
        return [Paste(line), "\r"] if line != text and "\r" not in line else [Paste(text)]


def _is_paste(text: str, *, is_typeahead: bool) -> bool:
    lines = text.removesuffix("\n").removesuffix("\r")
    if not _TEXT.fullmatch(text):
        return False
    if "\r\n" in lines:
        return True
    if "\r" not in lines:
        return len(lines) >= _MIN_LINE_CHARS and not is_typeahead
    is_script = text.endswith("\r") and text.count("\r") < _MIN_SCRIPT_LINES
    return len(text) >= _MIN_CHARS and not is_script and not is_typeahead
