r"""Whether the window is in front: the terminal says so (DECSET 1004), and what it says is kept out of what is typed.

A report comes the way keys come: at any time, in any pieces. It is taken out wherever it is whole, but not out of a
paste, which is the user's whatever it looks like.
"""

from __future__ import annotations

import re

WATCH, UNWATCH = "\x1b[?1004h", "\x1b[?1004l"

_REPORT = re.compile(r"\x1b\[([IO])")
_FOUND = re.compile(r"\x1b\[(?P<report>[IO])|(?P<paste>\x1b\[200~)|(?P<begun>\x1b(?:\[(?:2(?:00?)?)?)?\Z)")
_PASTE_END = re.compile(r"(?P<end>\x1b\[201~)|(?P<begun>\x1b(?:\[(?:2(?:01?)?)?)?\Z)")


class Focus:
    """Takes the terminal's reports out of what was read from it; without I/O and without a clock.

    Held back is only the beginning of a report or of a paste, so at the most five characters.
    """

    def __init__(self) -> None:
        self.away: bool | None = None
        """Whether another window is in front; None as long as the terminal has said nothing."""
        self._watched = False
        self._pasting = False
        self._held = ""
        self._flushed = ""

    def watch(self) -> None:
        """Expect reports from now on; also late ones, after they are not wanted any more."""
        self._watched = True

    def feed(self, text: str) -> str:
        """Return what was typed of the text that was read."""
        if not self._watched or not text:
            return text
        late = _REPORT.match(self._flushed + text)
        if self._flushed and late:
            # A pause in the line has made a key of its beginning. A typed key comes alone, the rest of a report whole.
            self.away = late[1] == "O"
            text = text[late.end() - len(self._flushed) :]
        text, self._held, self._flushed = self._held + text, "", ""
        typed, at = "", 0
        while found := (_PASTE_END if self._pasting else _FOUND).search(text, at):
            typed += self._typed(text[at : found.start()])
            at = found.end()
            if found.lastgroup == "report":
                self.away = found["report"] == "O"
            elif found.lastgroup == "begun":
                self._held = found[0]
            else:
                self._pasting = not self._pasting
                typed += found[0]
        return typed + self._typed(text[at:])

    def _typed(self, text: str) -> str:
        if text and self.away:
            self.away = False  # who types looks at it
        return text

    def flush(self) -> str:
        """Return what is held back and may be a key, after a pause."""
        if self._pasting:
            return ""
        held, self._held = self._held, ""
        self._flushed = held if _REPORT.match(held + "I") or held == "\x1b" else ""
        return held
