"""What the terminal can do and reports, by its answers and, until they arrive or where none do, by the environment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from grokchat.render.style import is_utf8
from grokchat.render.widths import Widths, use_widths
from grokchat.terminal.detection import background_from_env
from grokchat.terminal.keyboard_protocol import PROTOCOL_QUERY, may_query_protocol
from grokchat.terminal.queries import may_query
from grokchat.terminal.terminals import identify, may_ask_size
from grokchat.terminal.width_answers import MIN_COLUMNS

if TYPE_CHECKING:
    from grokchat.render.theme import Background
    from grokchat.terminal.input import TerminalReports

_BACKGROUND_TIMEOUT_S = 1.0
"""How long to wait for the terminal to report its background."""
_LAST_ANSWER_TIMEOUT_S = 2.0
"""How long an answer may take at most. Until then the terminal is not given to another program, which would read it."""


class Capabilities:
    """Sends the queries, and says what is known. `reports` is None on Windows, where nothing reads an answer."""

    def __init__(self, env: Mapping[str, str], reports: TerminalReports | None) -> None:
        self.on_new_widths: Callable[[], object] = lambda: None
        """Called when the terminal's answers have changed the widths that text is laid out by."""
        self._env = env
        self._reports = reports
        self._is_background_final, self._is_all_answered = asyncio.Event(), asyncio.Event()
        self._asked_at_s = 0.0
        use_widths(identify(env).widths)

    def send_queries(self, write: Callable[[str], object], columns: int, encoding: str) -> None:
        """Ask the terminal what it can do, with the cursor at the beginning of an empty row of so many columns.

        Only in raw mode: elsewhere the answers are echoed on the screen.
        """
        reports = self._reports
        if reports is None:
            return
        if may_query(self._env):
            # The protocol first: the answer to the background's query ends the wait for all.
            protocol_query = PROTOCOL_QUERY if may_query_protocol(self._env) else ""
            width_query = ""
            if columns >= MIN_COLUMNS and is_utf8(encoding):
                width_query = reports.widths.ask_once()
                reports.widths.on_widths = self._use_widths
            reports.background.on_end = self._is_background_final.set
            reports.background.on_last_answer = self._is_all_answered.set
            write(protocol_query + width_query + reports.background.ask())
            loop = asyncio.get_running_loop()
            self._asked_at_s = loop.time()
            loop.call_later(_BACKGROUND_TIMEOUT_S, reports.background.stop_waiting)
            loop.call_later(_LAST_ANSWER_TIMEOUT_S, reports.background.give_up)
        if may_ask_size(self._env):
            reports.sizes.acks.enable()

    async def answered(self) -> None:
        """Wait until the terminal has answered, or is not waited for any more."""
        if self._reports is not None and self._reports.background.is_pending:
            await self._is_background_final.wait()

    async def all_answered(self) -> None:
        """Wait until no answer can arrive any more that another program would read."""
        if self._reports is not None and self._reports.background.is_owed:
            await self._is_all_answered.wait()

    @property
    def last_answer_timeout_s(self) -> float:
        """How long the last answer may still take: 0 if none is expected."""
        if self._reports is None or not self._reports.background.is_owed:
            return 0.0
        return max(0.0, self._asked_at_s + _LAST_ANSWER_TIMEOUT_S - asyncio.get_running_loop().time())

    def _use_widths(self, widths: Widths) -> None:
        if use_widths(widths):
            self.on_new_widths()

    @property
    def background(self) -> Background | None:
        """What the background counts as, by the terminal's answer or the environment; None before the answer."""
        answers = self._reports.background if self._reports is not None else None
        if answers is not None and answers.is_answered:
            return answers.background
        is_awaited = answers is not None and may_query(self._env) and not answers.is_final
        return background_from_env(self._env) or (None if is_awaited else "any")

    @property
    def is_unfocused(self) -> bool | None:
        """Whether another window has the focus; None if the terminal does not report it."""
        return self._reports.focus.is_unfocused if self._reports is not None else None

    @property
    def accepts_osc(self) -> bool:
        """Whether OSC sequences may be sent: the terminal does not print unknown ones."""
        return may_query(self._env) or bool(self._env.get("WT_SESSION") or self._env.get("STY"))

    def cannot_tell_shift_enter(self) -> bool:
        """Return whether the terminal is known to send the same for Shift-Enter as for Enter."""
        reports = self._reports
        return reports is None or (reports.keyboard.protocol == "none" and not reports.background.is_pending)
