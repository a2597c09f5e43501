r"""The title of the terminal's window: the old one is kept on the terminal's own stack, and restored.

xterm's `CSI 22;2 t` pushes the title, `CSI 23;2 t` pops it (ctlseqs, XTWINOPS); OSC 2 sets it. A terminal without the
stack ignores both, so an empty title goes before the pop: it stands for the terminal's own, until the shell sets one.

`RegionRenderer` sends the codes with the other modes of the prompt: when it is drawn, and when it gives the screen back
to an editor, the shell or the end of the program. Without I/O.
"""

from __future__ import annotations

from collections.abc import Callable

_PUSH, _POP = "\x1b[22;2t", "\x1b]2;\x1b\\\x1b[23;2t"


class TerminalTitle:
    """What the title shall be: `text` returns it, one line that was made visible, or nothing to leave it alone."""

    def __init__(self, text: Callable[[], str] = str) -> None:
        self._text = text
        self._shown = ""

    def codes(self, *, is_enabled: bool) -> str:
        """Return the codes that set the title, or give it back, if that has not been done."""
        wanted = self._text() if is_enabled else ""
        if wanted == self._shown:
            return ""
        before, self._shown = self._shown, wanted
        if not wanted:
            return _POP
        return f"{'' if before else _PUSH}\x1b]2;{wanted}\x1b\\"
