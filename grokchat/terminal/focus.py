"""Focus reports (DECSET 1004): whether the terminal's window has the focus."""

from __future__ import annotations

from grokchat.terminal.input_tokens import Sequence

ENABLE_REPORTS, DISABLE_REPORTS = "\x1b[?1004h", "\x1b[?1004l"


class FocusReports:
    """Reads focus reports, also late ones that arrive when they are turned off."""

    def __init__(self) -> None:
        self.is_unfocused: bool | None = None
        """Whether another window has the focus; None until the first report."""

    def handle(self, sequence: Sequence) -> bool:
        """Read a report; return whether the sequence is one."""
        if sequence.kind != "CSI" or sequence.final not in {"I", "O"} or sequence.parameters or sequence.intermediates:
            return False
        self.is_unfocused = sequence.final == "O"
        return True

    def note_typing(self) -> None:
        """Note that a key was pressed: a window that is typed into has the focus."""
        if self.is_unfocused:
            self.is_unfocused = False
