"""What lexes a line, and how it tells what it found.

An engine keeps no state: it is given one and returns the next, and neither is ever changed. So one engine serves every
block of its language, and going on twice from the same place costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

Marks = list[tuple[int, Any]]
"""Where tokens begin, and their types; a token ends where the next one begins, and None is plain."""


class Engine(Protocol):
    """A lexer that goes on from where it stopped."""

    def feed(self, text: str, pos: int, state: Any) -> tuple[Marks, Any]:
        """Return the marks of text[pos:], a line with its newline as a rule, and the state behind it.

        What is before pos has been lexed; rules may look back at it. The state of the beginning is None.
        """


class Lines:
    """A lexer that is not a state machine: it sees each line by itself."""

    def __init__(self, lexer: Any) -> None:
        self._lexer = lexer

    def feed(self, text: str, pos: int, _state: Any) -> tuple[Marks, Any]:
        """Return the marks of a line."""
        marks: Marks = []
        tokens = self._lexer.get_tokens_unprocessed(text[pos:])
        spread(((pos + start, token, value) for start, token, value in tokens), pos, len(text), marks)
        return marks, ()


def spread(tokens: Iterable[tuple[int, Any, str]], pos: int, end: int, marks: Marks) -> None:
    """Append the marks of what is from pos to end, whatever the tokens leave out or say twice."""
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
