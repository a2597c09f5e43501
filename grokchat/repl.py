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
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from grokchat import messages
from grokchat.commands import by_name
from grokchat.commands.declare import Call, Text, parse_line
from grokchat.commands.outcomes import Fork, Notice, Open, Outcome, Quit, Send
from grokchat.errors import CommandError, GrokchatError
from grokchat.events import Event, Interrupt, Leave, Resized
from grokchat.library import Library
from grokchat.messages import Message
from grokchat.page import Page, counted
from grokchat.render import views
from grokchat.render.look import Background, Look
from grokchat.render.text import visible_line
from grokchat.screen import Screen
from grokchat.session import Session
from grokchat.settings import Layer, Settings, resolve
from grokchat.world import World

if TYPE_CHECKING:
    from grokchat.api import Client
    from grokchat.live import LiveReply


@dataclass(frozen=True, slots=True)
class Opening:
    """Messages that came with the command line: they are sent first, in one request."""

    bodies: Sequence[Mapping[str, Any]]


Item = Opening | Text | Call

_TURN = 0.004
"""Seconds of a burst after which it is the keys' turn."""
_SHOWN_QUEUE = 3
"""Rows: a longer queue must not push the reply off the screen."""


class Repl:
    """One run of the chat. `connect` makes the client when the first request needs it."""

    def __init__(
        self,
        world: World,
        library: Library,
        session: Session,
        look: Look,
        connect: Callable[[Settings], Client],
        *,
        demo: bool = False,
    ) -> None:
        self.session = session
        self.library = library
        self._world = world
        self._look = look
        self._connect = connect
        self._demo = demo
        self._client: Client | None = None
        self._commands = by_name()
        self._pending: deque[Item] = deque()
        self._wake = asyncio.Event()
        self._turn: asyncio.Task[None] | None = None
        self._since = 0.0
        self._told: set[str] = set()
        self._leaving = False
        self._is_prepared = False
        self._aside: list[Mapping[str, Any]] = []
        self._screen: Screen
        self._page: Page

    async def run(self, screen: Screen, opening: Sequence[Mapping[str, Any]] = ()) -> int:
        """Talk until the user leaves; return the exit code."""
        self._screen = screen
        self._page = Page(screen, self.look)
        if len(self.session.conversation) or self.session.read_only or self.session.damage:
            self._page.session(self.session)
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
        async with aclosing(self._screen.events()) as events:  # type: ignore[type-var]
            while True:
                heard = asyncio.ensure_future(anext(events))
                await asyncio.wait({heard, worker}, return_when=asyncio.FIRST_COMPLETED)
                if worker.done():
                    heard.cancel()
                    await asyncio.wait({heard})
                    return Leave()
                event = heard.result()
                if isinstance(event, Leave):
                    return event
                if self._heard(event):
                    return Leave()
                self._screen.refresh()

    def _heard(self, event: Event) -> bool:
        """Act on what the user did; True means to leave."""
        if isinstance(event, Resized):
            if self._page.live is not None:
                self._page.live.redraw()
            return False
        if isinstance(event, Interrupt):
            if self._turn is not None:
                self._turn.cancel()
            else:
                self._page.outcome(Notice("Ctrl-D or /quit leaves; the session is kept."), self.session, self.library)
            return False
        assert not isinstance(event, Leave)
        try:
            item = parse_line(event.text, self._commands)
        except GrokchatError as error:
            self._page.said(event.text)
            self._page.error(error)
            return False
        is_quit = isinstance(item, Call) and item.command.name == "quit"
        if isinstance(item, Call) and item.only_shows and not (is_quit and self._screen.busy):
            return self._run_now(item)
        self._queue(item)
        return False

    def _run_now(self, call: Call) -> bool:
        self._page.said(call.line)
        try:
            outcome = call.run(self.session)
        except GrokchatError as error:
            self._page.error(error)
            return False
        if isinstance(outcome, Quit):
            return True
        self._page.outcome(outcome, self.session, self.library)
        return False

    def _queue(self, item: Item) -> None:
        self._pending.append(item)
        if self._screen.busy:
            self._show_queue()
        self._screen.busy = True
        self._wake.set()

    def _show_queue(self) -> None:
        waiting = [visible_line(_line_of(item)[:200]) for item in islice(self._pending, _SHOWN_QUEUE)]
        more = len(self._pending) - len(waiting)
        self._screen.queued = [*waiting, *([f"… and {more:,} more"] if more > 0 else [])]
        self._screen.refresh()

    # -- working -----------------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        while True:
            if not self._pending:
                self._screen.busy = False
                self._screen.refresh()
                self._wake.clear()
                await self._wake.wait()
            item = self._pending.popleft()
            self._screen.busy = True
            self._show_queue()
            try:
                await self._do(item)
            except GrokchatError as error:
                self._page.error(error)
            self._tell_trouble()
            if self._leaving:
                return

    async def _do(self, item: Item) -> None:
        if isinstance(item, Call):
            self._page.said(item.line)
            await self._act(item.run(self.session))
            return
        bodies = _bodies(item)
        if self.session.read_only is not None:
            self._aside += bodies
            raise CommandError(f"Not sent. {self.session.read_only} What you said goes with it.")
        for body in bodies:
            self._page.sent(body, typed=isinstance(item, Text))
        with self.session.change():
            for body in bodies:
                self.session.add(body)
            self._tell_trouble()
            if any(body["role"] == "user" for body in bodies):
                await self._ask(self.session.settings)

    async def _act(self, outcome: Outcome) -> None:
        if isinstance(outcome, Send):
            with self.session.change():
                await self._ask_again(outcome)
        elif isinstance(outcome, Open):
            self._go_on_with(self.library.new() if outcome.name is None else self.library.find(outcome.name))
        elif isinstance(outcome, Fork):
            self._go_on_with(self.session.fork(outcome.name))
            if self._aside:
                self._pending.appendleft(Opening(self._aside))
                self._aside = []
        elif isinstance(outcome, Quit):
            self._leaving = True
        else:
            self._page.outcome(outcome, self.session, self.library)

    async def _ask_again(self, outcome: Send) -> None:
        session, before = self.session, self.session.state
        self._page.print([""])
        if outcome.remove:
            session.remove(outcome.remove)
        try:
            once = Layer("/retry", outcome.values, outcome.params)
            await self._ask(resolve([*session.layers(), once]), outcome.joins)
        finally:
            messages = session.conversation.messages
            if outcome.remove and (not messages or messages[-1].role != "assistant"):
                session.rewind(before)
                self._page.notice("The earlier reply is in its place again.")

    def _go_on_with(self, session: Session) -> None:
        if session.path is None and session.read_only and _same_file(session.read_only.path, self.session.path):
            self._page.outcome(Notice("This session is open already."), self.session, self.library)
            return
        self.session.flush()
        if self.session.trouble is not None:
            session.close()
            raise CommandError(
                f"{self.session.trouble} /save PATH keeps it elsewhere; stayed here, so that it is not lost."
            )
        self.session.close()
        self.session = session
        self._page.session(self.session)

    # -- one turn ----------------------------------------------------------------------------------------------------

    async def _ask(self, settings: Settings, joins: Message | None = None) -> None:
        """Ask the model; whatever becomes of it is on the screen and in the session afterwards."""
        self._since = self._world.clock()
        self._turn = asyncio.create_task(self._exchange(settings, joins))
        try:
            await asyncio.wait({self._turn})
        except asyncio.CancelledError:
            self._turn.cancel()
            await asyncio.wait({self._turn})
            self._tell_interrupted()
            raise
        finally:
            turn, self._turn = self._turn, None
        if turn.cancelled():
            self._tell_interrupted()
        elif turn.exception() is not None:
            turn.result()

    def _tell_interrupted(self) -> None:
        messages = self.session.conversation.messages
        if messages and messages[-1].role == "assistant" and not messages[-1].interrupted:
            return  # stopped when it was whole already
        more = "/continue goes on with it, " if messages and messages[-1].interrupted else ""
        self._page.warning(f"interrupted; {more}/retry asks again", gap=True)

    async def _exchange(self, settings: Settings, joins: Message | None) -> None:
        from grokchat.api import Retrying
        from grokchat.completion import Delta
        from grokchat.live import LiveReply
        from grokchat.render.stream import prepare
        from grokchat.turn import exchange, retry_line

        if self._client is None:
            # In a thread: the key may come from a password manager that waits for its user.
            self._client = await asyncio.to_thread(self._connect, settings)
        if not self._is_prepared:
            self._is_prepared = True
            asyncio.get_running_loop().run_in_executor(None, prepare)
        self._page.live = live = LiveReply(self._screen, self.look(), settings, self._world.clock)
        ticker = asyncio.create_task(self._tick(live))
        notes: tuple[str, ...] = ()
        try:
            turn = exchange(self.session, self._client, self._world, settings, joins=joins)
            async with aclosing(turn) as events:
                turned = self._world.clock()
                async for event in events:
                    if isinstance(event, Delta):
                        live.take(event)
                        if self._world.clock() - turned > _TURN:
                            await asyncio.sleep(0)  # what has arrived already must not keep the keys waiting
                            turned = self._world.clock()
                    elif isinstance(event, Retrying):
                        self._page.warning(retry_line(event.reason, event.attempt, event.delay))
                    else:
                        notes = event.notes
        finally:
            ticker.cancel()
            self._page.live = None
            await live.finish()
        for note in notes:
            if note not in self._told:
                self._page.warning(note, gap=True)
            if note.startswith("asked for"):
                self._told.add(note)

    async def _tick(self, live: LiveReply) -> None:
        """Keep the seconds going."""
        while True:
            await asyncio.sleep(1.0)
            live.tick()
            self._screen.refresh()

    # -- showing -----------------------------------------------------------------------------------------------------

    def look(self) -> Look:
        """Return what the terminal can show, on the background that the settings say or the terminal said."""
        theme = self.session.settings.theme
        background = self._screen.background if theme == "auto" else theme
        return replace(self._look, background=cast(Background | None, background))

    def status(self) -> str:
        """Return the bottom line: the model, the buffer's size, what it cost, what is going on."""
        session = self.session
        parts = [self._model_label(), counted(session.count, "message")]
        used = session.usage
        if session.last_usage is not None:
            parts.append(f"{session.last_usage.total:,} tokens")
        if used.dollars:
            parts.append(used.dollars)
        if session.read_only:
            parts.append("read-only")
        if self._turn is not None:
            seconds = self._world.clock() - self._since
            state = self._page.live.state if self._page.live is not None else "waiting"
            parts.append(f"{state} {seconds:.0f} s, Ctrl-C stops")
        return visible_line(" · ".join(parts))

    def _model_label(self) -> str:
        return views.DEMO if self._demo else self.session.settings.model

    def _tell_trouble(self) -> None:
        trouble = self.session.trouble
        if trouble is not None and str(trouble) not in self._told:
            self._told.add(str(trouble))
            self._page.warning(f"{trouble} The chat goes on in memory; /save PATH keeps it elsewhere.", gap=True)

    # -- leaving -----------------------------------------------------------------------------------------------------

    async def _leave(self) -> None:
        """Keep what was queued, unanswered, and let go."""
        waiting = list(self._pending)
        self._pending.clear()
        self._screen.queued = []
        kept, undone = 0, []
        for item in waiting:
            try:
                if isinstance(item, Call):
                    # What a command only wants done by the loop is not done any more; the rest has happened by then.
                    if not isinstance(item.run(self.session), Notice | Quit):
                        undone.append(item.line)
                    continue
                for body in _bodies(item):
                    self.session.add(body)
                kept += 1
            except GrokchatError:
                undone.append(_line_of(item))
        if kept:
            self._page.warning(f"{counted(kept, 'queued message')} kept in the session, unanswered")
        for line in undone:
            self._page.warning(f"not done: {visible_line(line)}")
        if self.session.trouble is not None:
            self._page.error(self.session.trouble)
        elif self.session.path is not None:
            self._page.notice(f"The session is kept as {self.session.id}; grokchat -c goes on with it.")
        self.session.close()
        if self._client is not None:
            await self._client.close()


def _same_file(one: str, other: Path | None) -> bool:
    return other is not None and Path(one).resolve() == other.resolve()


def _bodies(item: Opening | Text) -> Sequence[Mapping[str, Any]]:
    return item.bodies if isinstance(item, Opening) else [messages.body("user", item.text)]


def _line_of(item: Item) -> str:
    if isinstance(item, Call):
        return item.line
    if isinstance(item, Text):
        return item.text
    return messages.content_text(item.bodies[-1]["content"])
