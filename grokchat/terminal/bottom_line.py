"""The row below the prompt: vi's mode, the chat's status or a hint instead, and the hint for Ctrl-J."""

from __future__ import annotations

from collections.abc import Callable

from prompt_toolkit.application import get_app

from grokchat.terminal.hint import Hint
from grokchat.terminal.newline_hint import NewlineHint


class BottomLine:
    """Its parts for each drawing. `status` returns the chat's; `on_change` is called when a hint comes or goes."""

    def __init__(
        self,
        status: Callable[[], str],
        *,
        needs_newline_hint: Callable[[], bool],
        on_change: Callable[[], object],
        vi: bool,
    ) -> None:
        self._status = status
        self._newline_hint = NewlineHint(needs_newline_hint)
        self._has_modes = vi
        self.hint = Hint(on_change)

    def parts(self, line: str, columns: int) -> tuple[str, ...]:
        """Return the parts while this is the line at the prompt; some may be empty."""
        return (self._mode_name(), self.hint.text or self._status(), self._newline_hint.text_for(line, columns))

    def _mode_name(self) -> str:
        if not self._has_modes:
            return ""
        from grokchat.terminal.vi_mode import mode_name

        return mode_name(get_app())
