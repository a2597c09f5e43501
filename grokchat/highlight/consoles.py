"""Consoles: prompts with commands, and what the commands had to say.

Only what follows a prompt is code. Output is not guessed at, save for Python's tracebacks.
"""

from __future__ import annotations

import re
from typing import Any

from pygments.token import Generic  # type: ignore[import-untyped]

from grokchat.highlight.engine import Engine, Marks

_VENV = re.compile(r"\([^)]*\)\s*|")
_REPORT = re.compile(r'(?:\^C)?Traceback \(|  File "')


class Console:
    """A session with a program that reads commands."""

    def __init__(self, prompt: re.Pattern[str], more: str, command: Engine, report: Engine | None = None) -> None:
        """Take what matches a prompt in its first group, what further lines begin with, and the languages.

        Where there are reports, further lines need their prompt, else the line before needs a backslash.
        """
        self._prompt = prompt
        self._more = more
        self._command = command
        self._report = report

    def feed(self, text: str, pos: int, state: Any) -> tuple[Marks, Any]:
        """Return the marks of a line; the state is the engine that speaks and its own state."""
        speaker, inner = state or (None, None)
        line, skip = text[pos:], 0
        venv = len(_VENV.match(line)[0])  # type: ignore[index]
        goes_on = line.startswith(self._more)
        if found := self._prompt.match(line[venv:]):
            speaker, inner, skip = self._command, None, venv + found.end(1)
        elif speaker is self._command and (goes_on or not self._report):
            skip = len(self._more) if goes_on else 0
        elif self._report and _REPORT.match(line):
            speaker, inner = self._report, None
        elif not speaker or speaker is self._command:
            return [(pos, Generic.Output)], ()
        marks, inner = speaker.feed(text, pos + skip, inner)
        if skip:
            marks.insert(0, (pos, Generic.Prompt))
        ended = not self._report and not text.endswith("\\\n")
        return marks, () if ended else (speaker, inner)
