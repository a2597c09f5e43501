"""The tokens that `input_parser` makes of what a terminal sends."""

from __future__ import annotations

from grokchat.records import record


@record
class Sequence:
    """A control sequence or string. `has_alt`: an ESC came before it, which is Alt or the Escape key.

    `parameters` are those of a CSI sequence or the modifier of an SS3 key, and the content of a string.
    """

    kind: str
    """"CSI", "SS2", "SS3", "DCS", "OSC", "APC", "PM" or "SOS"."""
    parameters: str
    intermediates: str = ""
    final: str = ""
    has_alt: bool = False


@record
class Paste:
    """A bracketed paste."""

    text: str


Token = str | Sequence | Paste
"""A str is text of one or more characters, with control characters but without ESC; or `ESC`, the Escape key; or
`ESC` and one character, which is Alt with a key."""

ESCAPE = "\x1b"
