"""Questions before something that cannot be undone: overwriting a file, sending a secret, a large or a costly request.

A question ends in its answers; the capital one is what Enter on an empty line gives, and the safe one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokchat.chat.printer import Printer
from grokchat.chat.secret_guard import SecretGuard
from grokchat.config.settings import Settings
from grokchat.messages import Message
from grokchat.render.sanitize import visible_line
from grokchat.session.cost_limit import check_cost
from grokchat.session.estimate import describe_large
from grokchat.session.session import Session
from grokchat.session.unsent import UnsentSecret, describe_unsent_secrets
from grokchat.terminal.interface import Screen

if TYPE_CHECKING:
    from grokchat.attachments.load import Attachment

_YES_NO: Mapping[str, str] = {"y": "y", "yes": "y", "n": "n", "no": "n"}
_YES_ALWAYS_NO: Mapping[str, str] = {**_YES_NO, "a": "a", "always": "a", "all": "a"}
"""What may be typed, and the answer that it stands for."""

_MAX_NAMES = 5
"""Of files, in a question about them."""
_PRICES_TIMEOUT_S = 5.0
"""How long the first request waits for the prices, without which `max_cost` cannot be enforced."""

LoadPrices = Callable[[Session, float], Awaitable[bool]]
"""Gives a session the prices of the API's models, and waits for them that many seconds at most.

Returns False if they could not be loaded.
"""


class Confirmation:
    """Asks one question at a time, and remembers what was allowed for the rest of this run.

    The only writer of the screen's `history_exclusions`.
    """

    def __init__(self, printer: Printer, screen: Screen, guard: SecretGuard, load_prices: LoadPrices) -> None:
        self.guard = guard
        self._printer = printer
        self._screen = screen
        self._load_prices = load_prices
        self._question: asyncio.Future[str] | None = None
        self._choices: Mapping[str, str] = {}
        self._costs_allowed: set[tuple[str, float]] = set()
        self._cost_warnings: set[str] = set()

    def answer(self, line: str) -> bool:
        """Answer the open question; return False if there is none, or if it does not offer this answer.

        An empty line is a no.
        """
        answer = self._choices.get(line.strip().lower() or "n")
        if self._question is None or answer is None:
            return False
        question, self._question = self._question, None
        if not question.done():
            question.set_result(answer)
        return True

    async def confirm_overwrite(self, path: Path) -> bool:
        """Ask whether an existing file may be overwritten."""
        return await self._confirm(f"{path} exists. Overwrite?")

    async def confirm_attaching(self, names: Sequence[str]) -> bool:
        """Ask whether files that a paste mentions are to be attached."""
        shown = ", ".join(map(visible_line, names[:_MAX_NAMES])) + (", …" if len(names) > _MAX_NAMES else "")
        return await self._confirm(f"The paste mentions {shown}. Attach?")

    async def confirm_storing(self, refusal: str) -> bool:
        """Ask whether a key that the API refuses is to be stored anyway."""
        return await self._confirm(f"{refusal[:1].upper()}{refusal[1:]}. Store it anyway?")

    async def confirm_size(self, tokens: int, context: int | None, *, is_repeated: bool = True) -> bool:
        """Return whether so many tokens may be sent; asks if they are many, `is_repeated` says in how many requests."""
        size = describe_large(tokens, context)
        requests = ", in this request and every later one" * is_repeated
        return not size or await self._confirm(f"This is large: {size}{requests}. Send it?")

    async def confirm_secrets(
        self,
        session: Session,
        adding: Sequence[Mapping[str, Any]] = (),
        attachments: Sequence[Attachment] = (),
        messages: Sequence[Message] | None = None,
    ) -> Sequence[UnsentSecret]:
        """Return the secrets for which the session's next request, with these messages added, may not be sent.

        With `messages`, the request carries only these of the list. Asks if it sends any for the first time.
        """
        secrets = await self.guard.find(session, adding, attachments, messages)
        if not secrets:
            return ()
        question = f"{describe_unsent_secrets(secrets)}. Send it anyway?"
        answer = await self._ask(f"{question} [y]es, [a]lways in this run, [N]o", _YES_ALWAYS_NO)
        if answer == "n":
            return secrets
        self.guard.allow(secrets, all_others=answer == "a")
        return ()

    async def confirm_cost(
        self,
        session: Session,
        settings: Settings,
        adding: Sequence[Mapping[str, Any]] = (),
        messages: Sequence[Message] | None = None,
        models: Sequence[str] = (),
    ) -> bool:
        """Return whether the session's next request, with the messages `adding`, may be sent; or one to each model.

        With `messages`, the request carries these instead of the list's. Asks if it would take the session past
        `max_cost`, if it searches and the API does not report what that costs, or if the prices could not be loaded.
        """
        limit = (session.id, settings.max_cost)
        if not settings.max_cost or limit in self._costs_allowed:
            return True
        is_loaded = await self._load_prices(session, _PRICES_TIMEOUT_S)
        costs = check_cost(session, settings, adding, models, messages=messages)
        if is_loaded and costs.warning and costs.warning not in self._cost_warnings:
            self._cost_warnings.add(costs.warning)
            self._printer.print_warning(costs.warning, has_gap=True)
        if is_loaded and not costs.problem:
            return True
        problem = costs.problem or "the API's prices could not be loaded to check max_cost"
        question = f"{problem[:1].upper()}{problem[1:]} (/set max_cost changes it). Send it?"
        answer = await self._ask(f"{question} [y]es, [a]lways for this limit, [N]o", _YES_ALWAYS_NO)
        if answer == "a":
            self._costs_allowed.add(limit)
        return answer != "n"

    async def _confirm(self, question: str) -> bool:
        return await self._ask(f"{question} [y/N]", _YES_NO) == "y"

    async def _ask(self, question: str, choices: Mapping[str, str]) -> str:
        self._printer.print_question(question)
        self._question = asyncio.get_running_loop().create_future()
        self._choices = self._screen.history_exclusions = choices
        try:
            return await self._question
        finally:
            self._question = None
            self._choices = self._screen.history_exclusions = {}
            self._printer.end_question()
            self._printer.print_lines([""])
