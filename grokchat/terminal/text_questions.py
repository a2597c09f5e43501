"""Questions that are answered with lines, one after the other: the values for the gaps of a prompt."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from grokchat.terminal.interface import Submit

Accept = Callable[[Submit], bool]
"""Takes an answer; returns False if the same question is to be asked again."""


class TextQuestions:
    """The open questions. `show` shows the next one, or with None that there is no more.

    The next one is shown in the very moment in which a line answers the one before, so that the keys typed from then on
    are for it.
    """

    def __init__(self, show: Callable[[str | None], object]) -> None:
        self._show = show
        self._titles: Sequence[str] = ()
        self._accept: Accept = bool
        self._answers: list[Submit] = []
        self._all_answered: asyncio.Future[list[Submit]] | None = None

    @property
    def is_open(self) -> bool:
        """Whether a question waits for a line."""
        return self._all_answered is not None and not self._all_answered.done()

    async def ask(self, titles: Sequence[str], accept: Accept) -> Sequence[Submit]:
        """Ask all questions, at least one, and return the accepted answers; cancelled, they are withdrawn."""
        self._titles, self._accept, self._answers = titles, accept, []
        self._all_answered = asyncio.get_running_loop().create_future()
        try:
            self._show(titles[0])
            return await self._all_answered
        finally:
            if len(self._answers) < len(titles):
                self._show(None)
            self._all_answered = None

    def answer(self, line: Submit) -> None:
        """Answer the open question."""
        assert self._all_answered is not None
        if self._accept(line):
            self._answers.append(line)
        if len(self._answers) < len(self._titles):
            self._show(self._titles[len(self._answers)])
        else:
            self._show(None)
            self._all_answered.set_result(self._answers)
