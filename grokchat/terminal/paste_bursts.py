r"""Pastes from terminals without bracketed paste: one message, whose line ends are not Enter keys. No I/O, no clock.

Such a paste arrives as if it were typed, but all of it at once. A piece that was read at once is a paste

- if it holds CR LF with text after it: the Enter key sends CR alone;
- if it holds text after a line end, and more characters than anybody types between two reads, and does not end with a
  CR: lines that end with one come from a script, or were typed ahead while the program was busy;
- if it is longer than anybody types ahead and than a script's lines are.

What follows without a pause belongs to it, and is judged with it. A CR at its end, if it is the only one, is still the
Enter key. Text that waited while the program started is a paste only by the first rule: whole messages are typed ahead
in that time.

fish and zsh run each line. ipython and prompt_toolkit (on Windows) take any line end that comes with text for a paste,
and codex three characters less than 8 ms apart, and Enter up to 120 ms later: with both, lines that a script or `tmux
send-keys` types are never sent.
"""

from __future__ import annotations

import re

from grokchat.terminal.input_tokens import ESCAPE, Paste, Token

_MIN_CHARS = 64
"""Nobody types as many between two reads: a second's reading is late if the program hangs, and 20 are typed in it."""
_MIN_LONG_CHARS = 1024
"""Longer text is a paste whatever its end is: so large a one would cost as many requests as it has lines."""
_KEY = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""A control character that is in no paste: all but tabs and line ends."""


class PasteBursts:
    """Finds pastes in the input. Feed it the tokens of each read, and `flush` after a pause."""

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def feed(self, tokens: list[Token], *, is_typeahead: bool = False) -> list[Token]:
        """Return the tokens; text that belongs to a paste is kept until the paste has ended."""
        result: list[Token] = []
        for token in tokens:
            if not isinstance(token, str) or token.startswith(ESCAPE):
                result += [*self.flush(), token]
                continue
            text = _KEY.split(token)[-1]
            keys = token[: len(token) - len(text)]
            if keys:
                result += [*self.flush(), keys]
            if self._pieces or _is_paste(text, is_typeahead=is_typeahead):
                self._pieces.append(text)
            elif text:
                result.append(text.replace("\r\n", "\r"))  # a script's CR LF after a line is the Enter key, once
        return result

    def flush(self) -> list[Token]:
        """Return the paste that has ended, if there is one, and the Enter key after it."""
        text = "".join(self._pieces)
        self._pieces.clear()
        if not text:
            return []
        line = text.removesuffix("\r")
        if line != text and "\r" not in line:
            return [Paste(line), "\r"]
        return [Paste(text) if _is_paste(text, is_typeahead=False) else text]


def _is_paste(text: str, *, is_typeahead: bool) -> bool:
    lines = text.removesuffix("\n").removesuffix("\r")
    if "\r\n" in lines:
        return True
    is_script = "\r" not in lines or text.endswith("\r")
    return len(text) >= (_MIN_LONG_CHARS if is_script else _MIN_CHARS) and not is_typeahead
