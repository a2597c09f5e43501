"""The loop: what the user does becomes a message or a command, and the outcome is acted on.

Two tasks. One hears the user at all times: it stops replies, runs what only shows, and queues the rest. The other
works the queue off, one item after the other, so messages and commands take effect in the order in which they were
typed. Commands return what they want; here it is done.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from grokchat import messages
from grokchat.chat.budget import Budget
from grokchat.chat.confirmation import Confirmation
from grokchat.chat.connection import Connect, Connection
from grokchat.chat.model_catalog import ModelCatalog
from grokchat.chat.printer import Printer
from grokchat.chat.replies import Replies
from grokchat.chat.session_search import SessionSearch
from grokchat.chat.shell_integration import FAILED, TurnMarks
from grokchat.chat.status_line import StatusLine
from grokchat.chat.transfers import Load, Transfers
from grokchat.commands.declare import Call, Text, parse_line
from grokchat.commands.outcomes import (
    AskModel,
    AttachFiles,
    ChooseSession,
    CopyText,
    ForkSession,
    ListModels,
    ListSessions,
    Notice,
    OpenSession,
    Outcome,
    Quit,
    SaveSetting,
    Shown,
)
from grokchat.commands.registry import by_name
from grokchat.config.settings import Layer, is_session_setting, resolve_settings
from grokchat.environment import Environment
from grokchat.errors import CommandError, GrokchatError
from grokchat.records import record, replace
from grokchat.render.sanitize import visible_line
from grokchat.render.style import Background, TerminalStyle
from grokchat.session.estimate import weight
from grokchat.session.session import Session
from grokchat.session.store import Library
from grokchat.terminal.interface import Interrupt, Leave, Resized, Screen, Submit, Typing
from grokchat.units import plural
from grokchat.views.listings import model_table, resume_table
from grokchat.views.notices import DEMO_MODEL

if TYPE_CHECKING:
    from grokchat.attachments.load import Attachment


@record
class Opening:
    """Messages that came with the command line: they are sent first, in one request."""

    bodies: Sequence[Mapping[str, Any]]


Item = Opening | Text | Call

_ASKING = frozenset({"retry", "continue"})
"""Commands with which a turn begins."""
_SHOWN_QUEUE = 3
"""Rows: a longer queue must not push the reply off the screen."""


class Repl:
    """One run of the chat."""

    def __init__(
        self,
        environment: Environment,
        library: Library,
        session: Session,
        style: TerminalStyle,
        connect: Connect,
        *,
        save_setting: Callable[[str, str, Any], Path],
        demo: bool = False,
    ) -> None:
        self.session = session
        self.library = library
        self._environment = environment
        self._style = style
        self._connect = connect
        self._keep = save_setting
        self._demo = demo
        self._commands = by_name()
        self._pending: deque[Item] = deque()
        self._wake = asyncio.Event()
        self._told: set[str] = set()
        self._leaving = False
        self._looking_up: set[asyncio.Task[None]] = set()
        self._aside: list[Mapping[str, Any]] = []
        self._screen: Screen
        self._printer: Printer
        self._connection: Connection
        self._catalog: ModelCatalog
        self._replies: Replies
        self._confirmation: Confirmation
        self._transfers: Transfers
        self._budget: Budget
        self._search: SessionSearch
        self._held: list[str] = []
        self._status = StatusLine()

    async def run(self, screen: Screen, opening: Sequence[Mapping[str, Any]] = ()) -> int:
        """Talk until the user leaves; return the exit code."""
        self._screen = screen
        marks = TurnMarks(
            self._environment.variables, lambda: screen.accepts_osc and self.session.settings.terminal_marks
        )
        self._printer = Printer(screen, self.style, marks)
        self._confirmation = Confirmation(self._printer, screen)
        self._transfers = Transfers(self._environment.variables, self._printer, screen, self._confirmation)
        self._search = SessionSearch(self._printer, screen, self.library)
        has_network = self._environment.transport is None and not self._demo
        self._connection = Connection(self._environment, self._connect, has_network=has_network)
        self._connection.prepare(self.session.settings)
        self._catalog = ModelCatalog(self._connection, screen.refresh)
        self._replies = Replies(self._environment, self._printer, screen, self._connection, self._catalog)
        self._budget = Budget(self._printer, self._confirmation, self._catalog)
        if len(self.session.conversation) or self.session.read_only or self.session.damage:
            self._printer.session(self.session)
        if opening:
            self._queue(Opening(opening))
        worker = asyncio.create_task(self._work())
        left = Leave()
        try:
            left = await self._hear(worker)
        finally:
            worker.cancel()
            await asyncio.wait({worker})
            await self._leave()
        if not worker.cancelled() and worker.exception() is not None:
            worker.result()
        return 130 if left.by_signal else 0

    # -- hearing -----------------------------------------------------------------------------------------------------

    async def _hear(self, worker: asyncio.Task[None]) -> Leave:
        async with aclosing(self._screen.user_actions()) as events:  # type: ignore[type-var]
            while True:
                heard = asyncio.ensure_future(anext(events))
                await asyncio.wait({heard, worker}, return_when=asyncio.FIRST_COMPLETED)
                if worker.done():
                    heard.cancel()
                    await asyncio.wait({heard})
                    return Leave()
                event = heard.result()
                if isinstance(event, Typing):
                    self._connection.open_early(self.session.settings)
                    continue
                if isinstance(event, Leave):
                    return event
                if self._heard(event):
                    return Leave()
                self._screen.refresh()

    def _heard(self, event: Interrupt | Submit | Resized) -> bool:
        """Act on what the user did; True means to leave."""
        if isinstance(event, Resized):
            if self._printer.live_reply is not None:
                self._printer.live_reply.redraw()
            return False
        if isinstance(event, Interrupt):
            if self._confirmation.hear("n"):
                pass
            elif self._replies.is_running or self._search.busy:
                self._replies.stop()
                self._search.stop()
            else:
                self._printer.outcome(Notice("Ctrl-D or /quit leaves; the session is kept."), self.session)
            return False
        if self._confirmation.hear(event.text):
            self._printer.said(event.text)
            return False
        try:
            item = parse_line(event.text, self._commands)
            if isinstance(item, Text):
                item = replace(item, pasted=event.pasted)
            elif self._screen.is_busy and item.command.name == "resume" and not item.arguments["name"]:
                # It would take the keys of what is being typed by the time that it is its turn.
                raise CommandError("Something is being done. /resume shows its list after that; /resume SESSION waits.")
        except GrokchatError as error:
            self._printer.said(event.text)
            self._printer.error(error)
            return False
        is_quit = isinstance(item, Call) and item.command.name == "quit"
        if isinstance(item, Call) and item.is_immediate and not (is_quit and self._screen.is_busy):
            return self._run_now(item)
        self._queue(item)
        return False

    def _run_now(self, call: Call) -> bool:
        self._printer.said(call.line)
        try:
            outcome = call.run(self.session)
        except GrokchatError as error:
            self._printer.error(error)
            return False
        if isinstance(outcome, Quit):
            return True
        if isinstance(outcome, ListSessions | ListModels | CopyText):
            self._do_beside(outcome)
        else:
            assert isinstance(outcome, Shown)
            self._printer.outcome(outcome, self.session)
        return False

    def _queue(self, item: Item) -> None:
        self._pending.append(item)
        if self._screen.is_busy:
            self._show_queue()
            if self._screen.echoes_input:  # nothing is live there that could show the queue
                self._printer.notice(f"queued: {visible_line(_line_of(item)[:200])}")
        self._screen.is_busy = True
        self._wake.set()

    def _show_queue(self) -> None:
        waiting = [visible_line(_line_of(item)[:200]) for item in islice(self._pending, _SHOWN_QUEUE)]
        more = len(self._pending) - len(waiting)
        self._screen.queue_rows = [*waiting, *([f"… and {more:,} more"] if more > 0 else [])]
        self._screen.refresh()

    # -- working -----------------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        while True:
            if not self._pending:
                self._screen.is_busy = False
                self._screen.refresh()
                self._wake.clear()
                await self._wake.wait()
            item = self._pending.popleft()
            self._screen.is_busy = True
            self._show_queue()
            try:
                await self._do(item)
            except GrokchatError as error:
                self._printer.error(error)
            self._printer.marks.end_turn(FAILED)
            self._catalog.apply_to(self.session)
            self._tell_trouble()
            self._tell_limit()
            if self._leaving:
                return

    async def _do(self, item: Item) -> None:
        if isinstance(item, Call):
            self._printer.said(item.line, asks=item.command.name in _ASKING)
            if item.command.shows_cost:
                await self._catalog.load_prices_for(self.session)
            self._catalog.apply_to(self.session)
            outcome = item.run(self.session)
            try:
                await self._act(outcome)
            except asyncio.CancelledError:
                if isinstance(outcome, AttachFiles):
                    self._held.append(item.line)
                raise
            return
        if not await self._may_go(item):
            return
        attached = self.session.attached
        bodies = self._bodies(item)
        if self.session.read_only is not None:
            self._aside += bodies
            raise CommandError(f"Not sent. {self.session.read_only} What you said goes with it.")
        if not await self._may_cost(item, bodies, attached):
            return
        for body in bodies:
            self._printer.sent(
                body, typed=isinstance(item, Text) and isinstance(body["content"], str) and body is bodies[-1]
            )
        with self.session.change():
            for body in bodies:
                self.session.add(body)
            self._tell_trouble()
            if any(body["role"] == "user" for body in bodies):
                await self._replies.request(self.session, self.session.settings)

    async def _may_go(self, item: Opening | Text) -> bool:
        if isinstance(item, Opening):
            contents = [body["content"] for body in item.bodies]
            bulk, tokens = [messages.content_text(one) for one in contents], sum(map(weight, contents))
        else:
            bulk = [*(one.text for one in self.session.attached), *([item.text] if item.pasted else [])]
            tokens = sum(one.tokens for one in self.session.attached) + (weight(item.text) if item.pasted else 0)
        guards = self.session.settings.leak_guard != "off"
        model = self.session.model
        try:
            is_let_in = await self._confirmation.lets_in(tokens, model.context if model is not None else None)
            if is_let_in and guards and not await self._confirmation.lets_pass(bulk):
                is_let_in = False
                self.session.attached.clear()
        except asyncio.CancelledError:
            self._held.append(_line_of(item))
            raise
        if not is_let_in:
            self._tell_not_sent(item)
        return is_let_in

    async def _may_cost(
        self, item: Opening | Text, bodies: Sequence[Mapping[str, Any]], attached: Sequence[Attachment]
    ) -> bool:
        """Say whether max_cost lets the messages be sent; if not, what was attached stays attached."""
        session, is_sent = self.session, False
        try:
            is_sent = await self._budget.allows(session, session.settings, bodies)
        except asyncio.CancelledError:
            self._held.append(_line_of(item))
            raise
        finally:
            if not is_sent and isinstance(item, Text):
                session.attached[:0] = attached
        if not is_sent:
            self._tell_not_sent(item)
        return is_sent

    def _tell_not_sent(self, item: Opening | Text) -> None:
        more = " Up brings the line back." if isinstance(item, Text) else ""
        if self.session.attached:
            more += " /file - takes the files off."
        self._printer.outcome(Notice(f"Not sent, and not in the session.{more}"), self.session)

    def _bodies(self, item: Opening | Text) -> Sequence[Mapping[str, Any]]:
        """Return the messages that an item is, what is attached among them."""
        if isinstance(item, Opening):
            return item.bodies
        if not self.session.attached:
            return [messages.body("user", item.text)]
        from grokchat.attachments.load import to_messages

        attached, self.session.attached = self.session.attached, []
        return to_messages(attached, item.text)

    async def _act(self, outcome: Outcome) -> None:
        if isinstance(outcome, AskModel):
            with self.session.change():
                await self._ask_again(outcome)
        elif isinstance(outcome, OpenSession):
            self._go_on_with(self.library.new() if outcome.name is None else self.library.find(outcome.name))
        elif isinstance(outcome, ChooseSession):
            path = await self._screen.choose_session(self.library, self._environment.now())
            if path is None:
                self._printer.outcome(Notice("No session was chosen."), self.session)
            else:
                self._go_on_with(self.library.open(path))
        elif isinstance(outcome, ForkSession):
            self._go_on_with(self.session.fork(outcome.name))
            if self._aside:
                self._pending.appendleft(Opening(self._aside))
                self._aside = []
        elif isinstance(outcome, Quit):
            self._leaving = True
        elif isinstance(outcome, ListSessions | ListModels):
            await self._look_up(outcome)
        elif isinstance(outcome, SaveSetting):
            said = f"{outcome.key}: kept in {self._keep(outcome.table, outcome.key, outcome.value)}"
            if not outcome.table and not is_session_setting(outcome.key):
                said += ", from the next start"
            self._printer.outcome(Notice(said), self.session)
        elif isinstance(outcome, Load):
            await self._transfers.carry(outcome, self.session)
        else:
            self._printer.outcome(outcome, self.session)

    def _do_beside(self, outcome: ListSessions | ListModels | CopyText) -> None:
        """Do it while the chat goes on."""

        async def beside() -> None:
            try:
                await self._act(outcome)
            except GrokchatError as error:
                self._printer.error(error)

        task = asyncio.create_task(beside())
        self._looking_up.add(task)
        task.add_done_callback(self._looking_up.discard)

    async def _look_up(self, outcome: ListSessions | ListModels) -> None:
        if isinstance(outcome, ListModels):
            catalog = await self._catalog.load(self.session.settings)
            self._catalog.apply_to(self.session)
            table = model_table(catalog, self.session.settings.model)
        elif outcome.words:
            await self._search.search(outcome.words)
            return
        else:
            table = await asyncio.to_thread(resume_table, self.library)
        self._printer.outcome(table, self.session)

    async def _ask_again(self, outcome: AskModel) -> None:
        session, before = self.session, self.session.state
        self._printer.print_lines([""])
        if outcome.remove:
            session.remove(outcome.remove)
        try:
            once = Layer("/retry", outcome.values, outcome.params)
            use = resolve_settings([*session.layers(), once])
            if await self._budget.allows(session, use):
                await self._replies.request(session, use, outcome.joins)
            else:
                self._printer.notice("Not asked.")
        finally:
            messages = session.conversation.messages
            if outcome.remove and (not messages or messages[-1].role != "assistant"):
                session.rewind(before)
                self._printer.notice("The earlier reply is in its place again.")

    def _go_on_with(self, session: Session) -> None:
        if session.path is None and session.read_only and _same_file(session.read_only.path, self.session.path):
            self._printer.outcome(Notice("This session is open already."), self.session)
            return
        self.session.flush()
        if self.session.trouble is not None:
            session.close()
            raise CommandError(
                f"{self.session.trouble} /save PATH keeps it elsewhere; stayed here, so that it is not lost."
            )
        self._tell_trouble()
        self.session.close()
        session.attached = self.session.attached
        self.session = session
        self._printer.session(self.session)

    # -- showing -----------------------------------------------------------------------------------------------------

    def style(self) -> TerminalStyle:
        """Return what the terminal can show, on the background that the settings say or the terminal said."""
        theme = self.session.settings.theme
        background = self._screen.background if theme == "auto" else theme
        return replace(self._style, background=cast(Background | None, background))

    def status(self) -> str:
        """Return the bottom line."""
        attached = len(self.session.attached)
        state = " · ".join(filter(None, (self._replies.status(), self._search.state(), self._transfers.state())))
        label, width = self._model_label(), self._screen.width
        return self._status.text(self.session, label, width=width, state=state, attached=attached)

    def _model_label(self) -> str:
        return DEMO_MODEL if self._demo else self.session.settings.model

    def _tell_limit(self) -> None:
        """Warn once before the price step, and once before the context is full."""
        limit = self._status.limit(self.session)
        if limit and limit not in self._told:
            self._told.add(limit)
            tokens = self.session.outlook().tokens
            self._printer.warning(f"The next request has about {tokens:,} tokens: {limit}.", gap=True)

    def _tell_trouble(self) -> None:
        moved = self.session.moved
        if moved is not None and str(moved) not in self._told:
            self._told.add(str(moved))
            self._printer.warning(str(moved), gap=True)
        trouble = self.session.trouble
        if trouble is not None and str(trouble) not in self._told:
            self._told.add(str(trouble))
            self._printer.warning(f"{trouble} The chat goes on in memory; /save PATH keeps it elsewhere.", gap=True)

    # -- leaving -----------------------------------------------------------------------------------------------------

    async def _leave(self) -> None:
        """Keep what was queued, unanswered, and let go."""
        waiting = list(self._pending)
        self._pending.clear()
        self._screen.queue_rows = []
        kept, undone = 0, self._held
        for item in waiting:
            try:
                if isinstance(item, Call):
                    # What a command only wants done by the loop is not done any more; the rest has happened by then.
                    if not isinstance(item.run(self.session), Notice | Quit):
                        undone.append(item.line)
                    continue
                for body in self._bodies(item):
                    self.session.add(body)
                kept += 1
            except GrokchatError:
                undone.append(_line_of(item))
        if kept:
            self._printer.warning(f"{plural(kept, 'queued message')} kept in the session, unanswered")
        undone += [f"attached and not sent: {one.name}" for one in self.session.attached]
        for line in undone:
            self._printer.warning(f"not done: {visible_line(line)}")
        self.session.flush()
        if self.session.trouble is not None:
            self._printer.error(self.session.trouble)
        elif self.session.path is not None:
            if self.session.moved is not None:
                self._printer.warning(str(self.session.moved))
            self._printer.notice(f"The session is kept as {self.session.path.stem}; grokchat -c goes on with it.")
        self.session.close()
        self._search.stop()
        for task in self._looking_up:
            task.cancel()
        await self._catalog.close()
        await self._connection.close()


def _same_file(one: str, other: Path | None) -> bool:
    return other is not None and Path(one).resolve() == other.resolve()


def _line_of(item: Item) -> str:
    if isinstance(item, Call):
        return item.line
    if isinstance(item, Text):
        return item.text
    return messages.content_text(item.bodies[-1]["content"])
