r"""Focus reports (DECSET 1004): whether the terminal's window has the focus. They are kept out of the typed text.

A report arrives the way keys do: at any time, in pieces of any size. It is filtered out wherever it is whole, except
from a paste, which belongs to the user even if it looks like a report.
"""

from __future__ import annotations

import re

ENABLE_REPORTS, DISABLE_REPORTS = "\x1b[?1004h", "\x1b[?1004l"

_REPORT = re.compile(r"\x1b\[([IO])")
_TYPED = re.compile(r"\x1b\[(?P<report>[IO])|(?P<paste>\x1b\[200~)|(?P<begun>\x1b(?:\[(?:2(?:00?)?)?)?\Z)")
_PASTED = re.compile(r"(?P<end>\x1b\[201~)|(?P<begun>\x1b(?:\[(?:2(?:01?)?)?)?\Z)")


class FocusReports:
    """Filters focus reports out of the input; without I/O and without a clock.

    Only the beginning of a report or of a paste is held back: five characters at most.
    """

    def __init__(self) -> None:
        self.is_unfocused: bool | None = None
        """Whether another window has the focus; None until the first report."""
        self._are_expected = False
        self._is_pasting = False
        self._held = ""
        self._flushed = ""

    def expect(self) -> None:
        """Filter reports from now on, also after they were turned off, because late ones may still arrive."""
        self._are_expected = True

    def feed(self, text: str) -> str:
        """Add input, and return the part of it that the user typed."""
        if not self._are_expected or not text:
            return text
        late = _REPORT.match(self._flushed + text)
        if self._flushed and late:
            # After a pause of the connection, a report's beginning was taken for a key. A typed key arrives alone, the
            # rest of a report in one piece.
            self.is_unfocused = late[1] == "O"
            text = text[late.end() - len(self._flushed) :]
        text, self._held, self._flushed = self._held + text, "", ""
        typed, at = "", 0
        while match := (_PASTED if self._is_pasting else _TYPED).search(text, at):
            typed += self._typed(text[at : match.start()])
            at = match.end()
            if match.lastgroup == "report":
                self.is_unfocused = match["report"] == "O"
            elif match.lastgroup == "begun":
                self._held = match[0]
            else:
                self._is_pasting = not self._is_pasting
                typed += match[0]
        return typed + self._typed(text[at:])

    def flush(self) -> str:
        """Return, after a pause, the text that was held back, which may be a key."""
        if self._is_pasting:
            return ""
        held, self._held = self._held, ""
        self._flushed = held if _REPORT.match(held + "I") or held == "\x1b" else ""
        return held

    def _typed(self, text: str) -> str:
        if text and self.is_unfocused:
            self.is_unfocused = False  # a window that is typed into has the focus
        return text
