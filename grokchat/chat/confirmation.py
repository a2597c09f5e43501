"""Questions before something that cannot be undone: overwriting a file, sending a secret, a large or a costly request.

Pastes, pipes and files are scanned for secrets. Text typed letter by letter is not: its author has read it, while
nobody reads what arrives in bulk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from grokchat.chat.printer import Printer
from grokchat.config.settings import Settings
from grokchat.secret_scan import find_secrets, join_words
from grokchat.session.cost_limit import check_cost
from grokchat.session.estimate import describe_large
from grokchat.session.session import Session
from grokchat.terminal.interface import Screen

_YES_NO: Mapping[str, str] = {"y": "y", "yes": "y", "n": "n", "no": "n"}
_YES_ALL_NO: Mapping[str, str] = {**_YES_NO, "a": "a", "all": "a"}
"""What may be typed, and the answer that it stands for."""

_PRICES_TIMEOUT_S = 5.0
"""How long the first request waits for the prices, without which `max_cost` cannot be enforced."""

LoadPrices = Callable[[Session, float], Awaitable[None]]
"""Gives a session the prices of the API's models, and waits for them that many seconds at most."""


class Confirmation:
    """Asks one question at a time, and remembers what was allowed for the rest of this run.

    The only writer of the screen's `history_exclusions`.
    """

    def __init__(self, printer: Printer, screen: Screen, load_prices: LoadPrices) -> None:
        self._printer = printer
        self._screen = screen
        self._load_prices = load_prices
        self._question: asyncio.Future[str] | None = None
        self._choices: Mapping[str, str] = {}
        self._are_secrets_allowed = False
        self._costs_allowed: set[tuple[str, float]] = set()
        self._cost_warnings: set[str] = set()

    def answer(self, line: str) -> bool:
        """Answer the open question; return False if there is none, or if it does not offer this answer."""
        answer = self._choices.get(line.strip().lower())
        if self._question is None or answer is None:
            return False
        question, self._question = self._question, None
        if not question.done():
            question.set_result(answer)
        return True

    async def confirm_overwrite(self, path: Path) -> bool:
        """Ask whether an existing file may be overwritten."""
        return await self._confirm(f"{path} is there already. Overwrite it?")

    async def confirm_size(self, tokens: int, context: int | None) -> bool:
        """Return whether so many tokens may be sent; asks if they are many, since every later request repeats them."""
        size = describe_large(tokens, context)
        return not size or await self._confirm(f"This is large: {size}, in this request and every later one. Send it?")

    async def confirm_secrets(self, texts: Sequence[str]) -> bool:
        """Return whether these texts may be sent; asks if they seem to hold a secret."""
        kinds = self.find_secrets(texts)
        if not kinds:
            return True
        answer = await self._ask(
            f"This looks as if it held {join_words(kinds)}. Send it?",
            "y sends it, a sends it and asks no more in this run, n does not send it",
            _YES_ALL_NO,
        )
        self._are_secrets_allowed = answer == "a"
        return answer != "n"

    def find_secrets(self, texts: Sequence[str]) -> list[str]:
        """Return the kinds of secrets that these texts seem to hold, unless all are allowed."""
        if self._are_secrets_allowed:
            return []
        return find_secrets("\n".join(texts) if len(texts) != 1 else texts[0])

    async def confirm_cost(
        self, session: Session, settings: Settings, adding: Sequence[Mapping[str, Any]] = ()
    ) -> bool:
        """Return whether the session's next request, with the messages `adding`, may be sent.

        Asks if it would take the session past `max_cost`.
        """
        limit = (session.id, settings.max_cost)
        if not settings.max_cost or limit in self._costs_allowed:
            return True
        await self._load_prices(session, _PRICES_TIMEOUT_S)
        costs = check_cost(session, settings, adding)
        if costs.unknown_costs and costs.unknown_costs not in self._cost_warnings:
            self._cost_warnings.add(costs.unknown_costs)
            self._printer.print_warning(costs.unknown_costs, has_gap=True)
        if not costs.is_over_limit:
            return True
        answer = await self._ask(
            f"{costs.summary[:1].upper()}{costs.summary[1:]}. Send it?",
            "y sends it, a sends it and asks no more for this limit, n does not send it; /set max_cost changes it",
            _YES_ALL_NO,
        )
        if answer == "a":
            self._costs_allowed.add(limit)
        return answer != "n"

    async def _confirm(self, question: str) -> bool:
        return await self._ask(question, "y does it, n does not", _YES_NO) == "y"

    async def _ask(self, question: str, explanation: str, choices: Mapping[str, str]) -> str:
        self._printer.print_warning(question)
        self._printer.print_notice(explanation)
        self._question = asyncio.get_running_loop().create_future()
        self._choices = self._screen.history_exclusions = choices
        try:
            return await self._question
        finally:
            self._question = None
            self._choices = self._screen.history_exclusions = {}
            self._printer.print_lines([""])
