"""Asks before what cannot be undone: a file overwritten, a secret that leaves the machine, a large text to pay for.

The guard looks at pastes, pipes and files. What a person types letter by letter is theirs to judge; what comes in bulk,
nobody reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from grokchat.chat.printer import Printer
from grokchat.secret_scan import find_secrets, join_words
from grokchat.session.estimate import large
from grokchat.terminal.interface import Screen

_ANSWERS = {"y": "y", "yes": "y", "n": "n", "no": "n", "a": "a", "all": "a"}


class Confirmation:
    """Holds what is to be done until the user has said yes."""

    def __init__(self, printer: Printer, screen: Screen) -> None:
        self._printer = printer
        self._screen = screen
        self._question: asyncio.Future[str] | None = None
        self._is_open = False

    @property
    def asks(self) -> bool:
        """Whether an answer is waited for."""
        return self._question is not None

    def hear(self, line: str) -> bool:
        """Take a line as the answer, if one is waited for and it is one."""
        answer = _ANSWERS.get(line.strip().lower())
        if self._question is None or answer is None:
            return False
        question, self._question = self._question, None
        if not question.done():
            question.set_result(answer)
        return True

    async def lets_in(self, tokens: int, context: int | None) -> bool:
        """Say whether so much may be sent, after asking if it is a lot: every request from then on carries it."""
        size = large(tokens, context)
        return not size or await self.agrees(f"This is large: {size}, in this request and every later one. Send it?")

    async def lets_pass(self, texts: Sequence[str]) -> bool:
        """Say whether these texts may be sent, after asking if they look as if they held a secret."""
        if self._is_open:
            return True
        found = find_secrets("\n".join(texts) if len(texts) != 1 else texts[0])
        if not found:
            return True
        answer = await self.choose(
            f"This looks as if it held {join_words(found)}. Send it?",
            "y sends it, a sends it and asks no more in this run, n does not send it",
        )
        self._is_open = answer == "a"
        return answer != "n"

    async def agrees(self, question: str) -> bool:
        """Ask the user; y is yes."""
        return await self.choose(question, "y does it, n does not") != "n"

    async def choose(self, question: str, answers: str) -> str:
        """Ask the user; return y, n or a. `answers` says what they mean."""
        self._printer.warning(question)
        self._printer.notice(answers)
        self._question = asyncio.get_running_loop().create_future()
        self._screen.history_exclusions = _ANSWERS
        try:
            return await self._question
        finally:
            self._question = None
            self._screen.history_exclusions = ()
            self._printer.print_lines([""])
