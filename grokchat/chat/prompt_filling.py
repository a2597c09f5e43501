"""Saved prompts whose gaps have no values yet: these are asked for, one after the other.

Nothing is changed before all are answered. Ctrl-C cancels the item that asks, as any other: it is reported as not done,
and holds the queue behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokchat import messages
from grokchat.chat.printer import Printer
from grokchat.chat.queue import Queue
from grokchat.chat.queue_items import PreparedMessages
from grokchat.chat.secret_guard import SecretGuard
from grokchat.commands.feedback import describe_settings
from grokchat.commands.outcomes import FillPrompt
from grokchat.commands.prompts import insert_prompt
from grokchat.records import replace
from grokchat.render.sanitize import visible_line
from grokchat.session.session import Session
from grokchat.terminal.interface import Screen, Submit

if TYPE_CHECKING:
    from grokchat.prompts.saved_prompt import CommandLinePrompts, PromptUse


class PromptFilling:
    """Asks for values in the line at the prompt."""

    def __init__(self, queue: Queue, screen: Screen, printer: Printer, guard: SecretGuard) -> None:
        self._queue = queue
        self._screen = screen
        self._printer = printer
        self._guard = guard

    async def insert(self, outcome: FillPrompt, session: Session) -> None:
        """Complete a prompt and insert it; raises GrokchatError."""
        wanted = await self._complete(outcome.use)
        notice = insert_prompt(session, outcome.at, wanted)
        self._queue.mark_applied()
        self._printer.print_outcome(notice, session)

    async def complete_messages(self, item: PreparedMessages, prompts: CommandLinePrompts) -> PreparedMessages:
        """Return the messages of the command line with its saved prompts filled; say what these set."""
        bodies = list(item.bodies)
        for position, wanted in prompts.unfilled.items():
            bodies[position] = messages.body("system", (await self._complete(wanted, f"{wanted.prompt.name}: ")).text)
        if facts := describe_settings(prompts.settings, self._screen.width).lstrip(" ·"):
            self._printer.print_notice(facts, has_gap=True)
        return replace(item, bodies=bodies, prompts=None)

    async def _complete(self, wanted: PromptUse, label: str = "") -> PromptUse:
        """Return a prompt with all its values; `label` begins each question."""
        keys = wanted.missing
        if not keys:
            return wanted
        places = [f" ({number} of {len(keys)})" if len(keys) > 1 else "" for number in range(1, len(keys) + 1)]
        titles = [f"{label}{visible_line(key)}?{place}" for key, place in zip(keys, places, strict=True)]
        waiting = list(zip(keys, titles, strict=True))

        def accept(line: Submit) -> bool:
            key, title = waiting[0]
            if not line.text.strip():
                self._screen.show_hint(f'Enter a value; Ctrl-C cancels, and {key}="" after the name leaves it empty.')
                return False
            del waiting[0]
            if not line.has_paste:
                self._guard.note_typed(line.text)
            self._printer.print_answer(title, line.text)
            return True

        answers = await self._screen.ask_texts(titles, accept)
        given = {key: answer.text for key, answer in zip(keys, answers, strict=True)}
        return replace(wanted, values={**wanted.values, **given})
