"""Console sessions: prompts with commands, and output.

Only the text after a prompt is code. Output is not highlighted, except Python's tracebacks.
"""

from __future__ import annotations

import re
from typing import Any

from pygments.token import Generic  # type: ignore[import-untyped]

from grokchat.highlight.line_lexer import LineLexer, Marks

_VENV = re.compile(r"(?:\([^)]*\)\s*)?")
_TRACEBACK = re.compile(r'(?:\^C)?Traceback \(|  File "')


class ConsoleLexer:
    """Lexes a session with a program that reads commands."""

    def __init__(
        self, prompt: re.Pattern[str], continuation: str, command: LineLexer, traceback: LineLexer | None = None
    ) -> None:
        """`prompt` matches a prompt in its first group; further lines of a command begin with `continuation`.

        Without `traceback`, a further line needs no continuation prompt if the line before ends in a backslash.
        """
        self._prompt = prompt
        self._continuation = continuation
        self._command = command
        self._traceback = traceback

    def feed(self, text: str, pos: int, state: Any) -> tuple[Marks, Any]:
        """Return the marks of a line; the state is the lexer of the current part and that lexer's own state."""
        lexer, inner_state = state or (None, None)
        line, skipped = text[pos:], 0
        venv = _VENV.match(line)
        venv_end = venv.end() if venv else 0
        is_continued = line.startswith(self._continuation)
        if match := self._prompt.match(line[venv_end:]):
            lexer, inner_state, skipped = self._command, None, venv_end + match.end(1)
        elif lexer is self._command and (is_continued or not self._traceback):
            skipped = len(self._continuation) if is_continued else 0
        elif self._traceback and _TRACEBACK.match(line):
            lexer, inner_state = self._traceback, None
        elif not lexer or lexer is self._command:
            return [(pos, Generic.Output)], ()
        marks, inner_state = lexer.feed(text, pos + skipped, inner_state)
        if skipped:
            marks.insert(0, (pos, Generic.Prompt))
        has_ended = not self._traceback and not text.endswith("\\\n")
        return marks, () if has_ended else (lexer, inner_state)
