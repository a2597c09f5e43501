"""The interface of a lexer that continues line by line, and the simplest one.

A line lexer keeps no state: it is passed a state and returns the next one, and neither is ever changed. So one lexer
serves every block of its language, and lexing twice from the same place costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

Marks = list[tuple[int, Any]]
"""Where tokens begin, and their types (None is plain text); a token ends where the next one begins."""


class LineLexer(Protocol):
    """A lexer that continues from a state."""

    def feed(self, text: str, pos: int, state: Any) -> tuple[Marks, Any]:
        """Return the marks of text[pos:], usually a line with its newline, and the state after it.

        What precedes pos has been lexed; rules may look back at it. The first state is None.
        """


class StatelessLexer:
    """A Pygments lexer that is not a state machine: it lexes each line by itself."""

    def __init__(self, lexer: Any) -> None:
        self._lexer = lexer

    def feed(self, text: str, pos: int, _state: Any) -> tuple[Marks, Any]:
        """Return the marks of a line."""
        marks: Marks = []
        tokens = self._lexer.get_tokens_unprocessed(text[pos:])
        add_marks(((pos + start, token, value) for start, token, value in tokens), pos, len(text), marks)
        return marks, ()


def add_marks(tokens: Iterable[tuple[int, Any, str]], pos: int, end: int, marks: Marks) -> None:
    """Append the marks of the text from pos to end, even where tokens leave out or repeat some of it."""
    for start, token, value in tokens:
        stop = start + len(value)
        if stop > pos < end:
            if start > pos:
                marks.append((pos, None))
                pos = start
            marks.append((pos, token))
            pos = stop
    if pos < end:
        marks.append((pos, None))
