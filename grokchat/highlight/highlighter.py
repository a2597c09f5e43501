"""The colours of one block of code.

Whatever a lexer does with odd input, the text comes out whole: a line that it fails on is plain.
"""

from __future__ import annotations

import re
from typing import Any

from grokchat.highlight.engine import Engine, Marks
from grokchat.highlight.languages import engine
from grokchat.highlight.token_kinds import kind_of

LONGEST_LINE = 1000
"""Characters above which a line is not lexed: rules may look at every rest of a line."""

_FAILURES = (
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
"""What lexers raise on odd input."""


class Highlighter:
    """The colours of one block of code, given line by line."""

    __slots__ = ("_engine", "_state")

    def __init__(self, language: str) -> None:
        self._state: Any = None
        self._engine: Engine | None = None
        try:
            self._engine = engine(language)
        except _FAILURES:
            return

    def line(self, text: str) -> list[tuple[str, str]]:
        """Return the next line, without its newline, as runs of text and kind."""
        if self._engine is None or len(text) > LONGEST_LINE:
            return [(text, "")] if text else []
        before = "" if self._state is None else "\n"
        try:
            marks, self._state = self._engine.feed(f"{before}{text}\n", len(before), self._state)
        except _FAILURES:
            self._state = None
            return [(text, "")] if text else []
        return _runs(text, marks, len(before))

    def fork(self) -> Highlighter:
        """Return a copy that goes on from here by itself."""
        twin = Highlighter.__new__(Highlighter)
        twin._engine, twin._state = self._engine, self._state  # noqa: SLF001 - its own kind
        return twin


def _runs(text: str, marks: Marks, skip: int) -> list[tuple[str, str]]:
    """Return the text in runs of one kind; marks count from as many characters before it as are to be skipped."""
    runs: list[tuple[str, str]] = []
    begin, last, known = 0, "", None
    for pos, token in marks:
        if token is not known:
            known = token
            kind = kind_of(token)
            start = pos - skip
            if kind != last and start >= begin:
                if start > begin:
                    runs.append((text[begin:start], last))
                begin, last = start, kind
    if begin < len(text):
        runs.append((text[begin:], last))
    return runs
