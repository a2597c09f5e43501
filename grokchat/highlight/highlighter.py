"""Highlighting of one code block.

Whatever a lexer does with odd input, no text is lost: a line on which it fails is plain.
"""

from __future__ import annotations

import re
from typing import Any

from grokchat.highlight.languages import line_lexer
from grokchat.highlight.line_lexer import LineLexer, Marks
from grokchat.highlight.token_kinds import kind_of

MAX_LINE_CHARS = 1000
"""A longer line is not lexed: rules may look at the rest of the line from every place in it."""

_LEXER_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    RuntimeError,
    TypeError,
    ValueError,
    re.error,
)
"""What lexers raise on odd input, and `compat.pygments` if Pygments has changed."""


class Highlighter:
    """Highlights a code block line by line."""

    __slots__ = ("_lexer", "_state")

    def __init__(self, language: str) -> None:
        self._state: Any = None
        self._lexer: LineLexer | None = None
        try:
            self._lexer = line_lexer(language)
        except _LEXER_ERRORS:
            return

    def line(self, text: str) -> list[tuple[str, str]]:
        """Return the next line, without its newline, as runs of text, each with its kind (`token_kinds.KINDS`)."""
        if self._lexer is None or len(text) > MAX_LINE_CHARS:
            return [(text, "")] if text else []
        before = "" if self._state is None else "\n"
        try:
            marks, self._state = self._lexer.feed(f"{before}{text}\n", len(before), self._state)
            return _runs(text, marks, len(before))
        except _LEXER_ERRORS:
            self._state = None
            return [(text, "")] if text else []

    def copy(self) -> Highlighter:
        """Return a copy that continues independently."""
        copy = Highlighter.__new__(Highlighter)
        copy._lexer, copy._state = self._lexer, self._state  # noqa: SLF001 - a copy of this object
        return copy


def _runs(text: str, marks: Marks, offset: int) -> list[tuple[str, str]]:
    """Return the text in runs of one kind; `offset` is the position that the text has for the marks."""
    runs: list[tuple[str, str]] = []
    begin, kind, last_token = 0, "", None
    for pos, token in marks:
        if token is not last_token:
            last_token = token
            next_kind = kind_of(token)
            start = pos - offset
            if next_kind != kind and start >= begin:
                if start > begin:
                    runs.append((text[begin:start], kind))
                begin, kind = start, next_kind
    if begin < len(text):
        runs.append((text[begin:], kind))
    return runs
