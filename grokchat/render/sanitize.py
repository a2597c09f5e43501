r"""Sanitizing: text from outside, made harmless for a terminal.

`visible` maps code points to marks, without state, so nothing can be split, nested or reassembled around it. It lets
printable text, tabs and newlines through. C0 controls are shown as pictures (`␛`), C1 as `\x9b`, bidi controls and
other invisible characters by number (`<U+202E>`). This is for the screen alone: files, requests and pipes keep the
bytes.
"""

from __future__ import annotations

import re

# Modules that the first prompt needs compile their patterns on first use.
_HIDDEN = (
    "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,7}\U000e007f"  # a whole flag may keep its tags
    "|\r\n"
    "|[\x00-\x08\x0b-\x1f\x7f-\x9f\xad"
    "\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffb\uffa0"
    "\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def visible(text: str) -> str:
    """Return the text with everything that a terminal would obey or hide made visible. CR LF becomes a newline."""
    return text if text.isascii() and text.isprintable() else re.sub(_HIDDEN, _mark, text)


def visible_line(text: str) -> str:
    """Return the text made visible and on one line, for names, titles and rows of lists."""
    return visible(text.replace("\r\n", "\n").replace("\n", "⏎").replace("\t", " "))


def _mark(match: re.Match[str]) -> str:
    char = match[0]
    if char == "\r\n":
        return "\n"
    if len(char) > 1:
        return char
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if 0x80 <= code <= 0x9F:
        return f"\\x{code:02x}"
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return f"<U+{code:04X}>"


_UNDECIDED = "(?:\r|\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{,7})\\Z"
"""A flag's code has at most seven letters, so the text held back does not grow with the input."""


class VisibleStream:
    """`visible` for text that arrives in pieces. However it is cut, the results together are `visible` of the whole.

    Only an end that the next piece decides is held back: a CR that may be half a newline, a flag that may get tags.
    """

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """Add a piece and return the text that is decided, made visible."""
        text = self._held + text
        undecided = re.search(_UNDECIDED, text)
        cut = undecided.start() if undecided else len(text)
        self._held = text[cut:]
        return visible(text[:cut])

    def close(self) -> str:
        """Return the end that was held back."""
        held, self._held = self._held, ""
        return visible(held)
