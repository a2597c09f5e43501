"""Highlighting of one code block.

Whatever a lexer does with odd input, no text is lost: a line on which it fails is plain.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from grokchat.highlight.code_themes import OWN, look_of_tokens
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
    """Highlights a code block line by line; its language is in its fence's info string (`fence_names`)."""

    __slots__ = ("_lexer", "_look_of", "_state")

    def __init__(self, language: str, code_theme: str = OWN) -> None:
        self._state: Any = None
        self._look_of: Callable[[Any], str] = kind_of
        self._lexer: LineLexer | None = None
        try:
            self._lexer = line_lexer(language)
            if self._lexer:
                self._look_of = look_of_tokens(code_theme)
        except _LEXER_ERRORS:
            return

    @property
    def is_plain(self) -> bool:
        """Whether the language cannot be highlighted."""
        return self._lexer is None

    def line(self, text: str) -> list[tuple[str, str]]:
        """Return the next line, without its newline, as runs of text, each with its look.

        That is a kind (`token_kinds.KINDS`) or, with a code theme, a style in rich's style language.
        """
        if self._lexer is None or len(text) > MAX_LINE_CHARS:
            return [(text, "")] if text else []
        before = "" if self._state is None else "\n"
        try:
            marks, self._state = self._lexer.feed(f"{before}{text}\n", len(before), self._state)
            return _runs(text, marks, len(before), self._look_of)
        except _LEXER_ERRORS:
            self._state = None
            return [(text, "")] if text else []

    def copy(self) -> Highlighter:
        """Return a copy that continues independently."""
        copy = Highlighter.__new__(Highlighter)
        copy._lexer, copy._look_of, copy._state = self._lexer, self._look_of, self._state  # noqa: SLF001 - a copy of this object
        return copy


def _runs(text: str, marks: Marks, offset: int, look_of: Callable[[Any], str]) -> list[tuple[str, str]]:
    """Return the text in runs of one look; `offset` is the position that the text has for the marks."""
    runs: list[tuple[str, str]] = []
    begin, look = 0, ""
    last_token: Any = ...
    for pos, token in marks:
        if token is not last_token:
            last_token = token
            next_look = look_of(token)
            start = pos - offset
            if next_look != look and start >= begin:
                if start > begin:
                    runs.append((text[begin:start], look))
                begin, look = start, next_look
    if begin < len(text):
        runs.append((text[begin:], look))
    return runs
