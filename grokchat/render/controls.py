"""Control characters and sequences, taken out of text that goes into a message: a paste, a quotation."""

from __future__ import annotations

import re

_NO_TEXT = re.compile(
    "\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|[ -/]+[0-~])|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
)
"""What there may be besides text, tabs and line ends: the colours and links of a program, and other controls."""


def without_controls(text: str) -> str:
    """Return a text with nothing but text, tabs and line ends."""
    return _NO_TEXT.sub("", text)
