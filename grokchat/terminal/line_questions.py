"""Questions that the line at the prompt answers. A line that was begun before comes first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from grokchat.records import replace
from grokchat.terminal.action_queue import ActionQueue
from grokchat.terminal.interface import Interrupt, Leave, LineEdit, Submit
from grokchat.terminal.line_buffer import LineBuffer
from grokchat.terminal.text_questions import Accept, TextQuestions


class LineQuestions:
    """Takes the submitted lines that are answers, and reports all others."""

    def __init__(self, buffer: LineBuffer, actions: ActionQueue, refresh: Callable[[], object]) -> None:
        self._buffer = buffer
        self._actions = actions
        self._refresh = refresh
        self._questions = TextQuestions(self._show)

    async def ask(self, titles: Sequence[str], accept: Accept) -> Sequence[Submit]:
        """Ask questions, each of which the next line answers; return the answers."""
        return await self._questions.ask(titles, accept)

    def report(self, line: Submit) -> None:
        """Answer the open question with a line, or else report that it was submitted."""
        if line.edit is None or not line.edit.is_answer:
            self._actions.report(line)
        elif self._questions.is_open:
            self._questions.answer(line)
        else:  # it came directly behind the Ctrl-C that ended the question
            self._actions.report(replace(line, edit=None))

    def leave(self) -> None:
        """Report Ctrl-D, which is a Ctrl-C while a question is open."""
        self._actions.report(Interrupt() if self._questions.is_open else Leave())

    def _show(self, title: str | None) -> None:
        self._buffer.ask(None if title is None else LineEdit("", title, "Enter answers", is_answer=True))
        self._refresh()
