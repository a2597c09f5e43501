"""The chat's side of the API: one reply at a time on the screen, and what the API says of its models.

Whatever becomes of a reply is on the screen and in the session afterwards.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Mapping
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, Protocol

from grokchat.api.catalog import Catalog
from grokchat.chat.notification import notification_codes
from grokchat.chat.printer import Printer
from grokchat.chat.shell_integration import FAILED, FINISHED, INTERRUPTED
from grokchat.config.settings import Settings
from grokchat.environment import Environment
from grokchat.errors import GrokchatError
from grokchat.messages import Message
from grokchat.session.session import Session
from grokchat.terminal.interface import Screen

if TYPE_CHECKING:
    import httpx

    from grokchat.api.client import Client

_TURN = 0.004
"""Seconds of a burst after which it is the keys' turn."""
_SOON = 0.3
"""Seconds after the start until what the first request needs is loaded: the first keys come before it."""
_IDLE = 1.0
"""Seconds without a request after which the models are asked for: never in the way of what the user waits for."""
_PATIENCE = 1.5
"""Seconds that a command or a note waits for what the API says of the models; it does without then."""


class Connect(Protocol):
    """Makes the client when the first request needs it, with a transport to the API that may have been made before."""

    def __call__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None = None, /) -> Client:
        """Return it; raises KeyMissingError."""


class Asker:
    """Asks for replies. `demo` is without a network."""

    def __init__(
        self, environment: Environment, printer: Printer, screen: Screen, connect: Connect, *, demo: bool = False
    ) -> None:
        self._environment = environment
        self._printer = printer
        self._screen = screen
        self._connect = connect
        self._has_network = environment.transport is None and not demo
        self._transport: asyncio.Task[httpx.AsyncBaseTransport | None] | None = None
        self._connecting: asyncio.Task[Client] | None = None
        self._turn: asyncio.Task[None] | None = None
        self._since = 0.0
        self._told: set[tuple[str, str, str]] = set()
        self._soon: asyncio.TimerHandle | None = None
        self._loading: asyncio.Task[None] | None = None
        self._catalog: asyncio.Task[Catalog] | None = None
        self._later: asyncio.TimerHandle | None = None

    # -- replies -----------------------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether a reply is asked for."""
        return self._turn is not None

    def stop(self) -> None:
        """Stop the reply; what has come of it is kept."""
        if self._turn is not None:
            self._turn.cancel()

    def state(self) -> str:
        """Say how the reply stands, for the bottom line; nothing if none is asked for."""
        if self._turn is None:
            return ""
        doing = self._printer.live_reply.state if self._printer.live_reply is not None else "waiting"
        return f"{doing} {self._environment.clock() - self._since:.0f} s, Ctrl-C stops"

    async def ask(self, session: Session, settings: Settings, joins: Message | None = None) -> None:
        """Ask the model, or for more of the reply `joins`; raises GrokchatError."""
        self._since = self._environment.clock()
        if self._later is not None:
            self._later.cancel()
        self._turn = asyncio.create_task(self._exchange(session, settings, joins))
        self._screen.watch_focus(settings.notify != "off")
        try:
            await asyncio.wait({self._turn})
        except asyncio.CancelledError:
            self._turn.cancel()
            await asyncio.wait({self._turn})
            self._tell_interrupted(session)
            raise
        finally:
            self._screen.watch_focus(False)
            exchange, self._turn = self._turn, None
        if exchange.cancelled():
            self._tell_interrupted(session)
            return
        if self._environment.clock() - self._since >= settings.notify_after:
            failed = exchange.exception() is not None
            if codes := notification_codes(
                self._environment.variables, settings.notify, away=self._screen.is_unfocused, failed=failed
            ):
                self._screen.send_codes(codes)
        exchange.result()

    def _tell_interrupted(self, session: Session) -> None:
        messages = session.conversation.messages
        if messages and messages[-1].role == "assistant" and not messages[-1].interrupted:
            return  # stopped when it was whole already
        more = "/continue goes on with it, " if messages and messages[-1].interrupted else ""
        self._printer.warning(f"interrupted; {more}/retry asks again", gap=True)

    async def _exchange(self, session: Session, settings: Settings, joins: Message | None) -> None:
        from grokchat.api.client import Retrying
        from grokchat.api.reply_builder import Delta
        from grokchat.chat.live_reply import LiveReply
        from grokchat.session.exchange import exchange, other_model, retry_line

        client = await self._connected(settings)
        if self._soon is not None:
            self._soon.cancel()
            self._make_ready(settings)
        part = "" if joins is None else joins.text
        marks, ended = self._printer.marks, FAILED
        self._printer.live_reply = live = LiveReply(
            self._screen, self._printer.style, settings, self._environment.clock, part=part, closing=marks.pop_codes
        )
        ticker = asyncio.create_task(self._tick())
        notes: tuple[str, ...] = ()
        served = None
        try:
            events_of_exchange = exchange(session, client, self._environment, settings, joins=joins)
            async with aclosing(events_of_exchange) as events:
                turned = self._environment.clock()
                async for event in events:
                    if isinstance(event, Delta):
                        live.add_delta(event)
                        await live.drain()
                        if self._environment.clock() - turned > _TURN:
                            await asyncio.sleep(0)  # what has arrived already must not keep the keys waiting
                            turned = self._environment.clock()
                    elif isinstance(event, Retrying):
                        self._printer.warning(retry_line(event.reason, event.attempt, event.delay))
                    else:
                        notes, served, ended = event.notes, event.builder.model, FINISHED
        except asyncio.CancelledError:
            ended = INTERRUPTED
            raise
        finally:
            marks.end_turn(ended)
            ticker.cancel()
            self._printer.live_reply = None
            await live.finish()
        if served and served != settings.model and (about := (session.id, settings.model, served)) not in self._told:
            await self.learn(session, _PATIENCE)  # the API may list it as another name of the same
            self._told.add(about)
            notes = (other_model(served, session, settings), *notes)
        for note in filter(None, notes):
            self._printer.warning(note, gap=True)
        self._later = asyncio.get_running_loop().call_later(_IDLE, self._learn_when_idle, session)

    async def _tick(self) -> None:
        """Keep the seconds going."""
        while True:
            await asyncio.sleep(1.0)
            if self._printer.live_reply is not None:
                self._printer.live_reply.redraw_seconds()
            self._screen.refresh()

    # -- the client --------------------------------------------------------------------------------------------------

    async def _connected(self, settings: Settings) -> Client:
        if self._connecting is None or _failed(self._connecting):
            self._connecting = asyncio.create_task(self._make_client(settings))
            self._connecting.add_done_callback(_failed)  # told to who waits for the client; nobody may, after Ctrl-C
        return await asyncio.shield(self._connecting)

    async def _make_client(self, settings: Settings) -> Client:
        transport = None if self._transport is None else await asyncio.shield(self._transport)
        # In a thread: the key may come from a password manager that waits for its user.
        return await asyncio.to_thread(self._connect, settings, transport)

    def begin(self, settings: Settings) -> None:
        """Make ready, in the background of the first keys, what the first request needs: no request, and no key."""
        self._soon = asyncio.get_running_loop().call_later(_SOON, self._make_ready, settings)

    def _make_ready(self, settings: Settings) -> None:
        self._soon = None
        if self._has_network and self._connecting is None:
            making = asyncio.to_thread(_make_transport, settings.base_url, self._environment.variables)
            self._transport = asyncio.create_task(making)
        self._loading = asyncio.create_task(self._load(settings))

    async def _load(self, settings: Settings) -> None:
        if self._transport is not None:
            await self._transport
            self.open_early(settings)
        await asyncio.to_thread(_import)

    def open_early(self, settings: Settings) -> None:
        """Open the connection for the next request if none is open, as before the first one and after idling."""
        if self._connecting is not None:
            if self._connecting.done() and not _failed(self._connecting):
                self._connecting.result().open_early(settings)
        elif self._transport is not None and self._transport.done() and not _failed(self._transport):
            from grokchat.api.preconnect import EarlyTransport
            from grokchat.api.transport import do_not_wait_for_names

            transport = self._transport.result()
            if isinstance(transport, EarlyTransport):
                do_not_wait_for_names()
                transport.open_early(settings.connect_timeout)

    async def close(self) -> None:
        """Let the connection go."""
        if self._soon is not None:
            self._soon.cancel()
        if self._later is not None:
            self._later.cancel()
        if self._catalog is not None:
            self._catalog.cancel()
            await asyncio.wait({self._catalog})
        if self._loading is not None:
            self._loading.cancel()
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait({self._connecting})
            if not _failed(self._connecting):
                await self._connecting.result().close()
        if self._transport is not None:
            self._transport.cancel()
            await asyncio.wait({self._transport})
            if not _failed(self._transport) and (transport := self._transport.result()) is not None:
                await transport.aclose()

    # -- models ------------------------------------------------------------------------------------------------------

    async def models(self, settings: Settings) -> Catalog:
        """Return what the API says of its models, asking again if it has not said it yet; raises GrokchatError."""
        if self._catalog is not None and _failed(self._catalog):
            self._catalog = None
        self._learn(settings)
        assert self._catalog is not None
        return await asyncio.shield(self._catalog)

    async def price(self, session: Session) -> None:
        """Give the session what is known of the models, and wait a moment for it if it is just being asked for."""
        if not session.catalog:
            if session.outlook().cached is not None:
                self._learn(session.settings)
            if self._catalog is not None:
                await asyncio.wait({self._catalog}, timeout=_PATIENCE)
        self.equip(session)

    async def learn(self, session: Session, patience: float) -> None:
        """Give the session what the API says of the models, and wait for that so many seconds at most."""
        if not session.catalog:
            self._learn(session.settings)
            assert self._catalog is not None
            await asyncio.wait({self._catalog}, timeout=patience)
        self.equip(session)

    def equip(self, session: Session) -> None:
        """Give the session what is known of the models by now."""
        if self._catalog is not None and self._catalog.done() and not self._catalog.cancelled():
            with suppress(GrokchatError):
                session.catalog = self._catalog.result()

    def _learn_when_idle(self, session: Session) -> None:
        self._learn(session.settings)
        assert self._catalog is not None

        def learnt(_: object) -> None:
            self.equip(session)
            self._screen.refresh()

        self._catalog.add_done_callback(learnt)

    def _learn(self, settings: Settings) -> None:
        if self._catalog is None:
            self._catalog = asyncio.create_task(self._ask_for_models(settings))
            # Prices are a help; that they are not known is told only to who asks for them.
            self._catalog.add_done_callback(_failed)

    async def _ask_for_models(self, settings: Settings) -> Catalog:
        client = await self._connected(settings)
        return await client.models(settings)


def _make_transport(base_url: str, env: Mapping[str, str]) -> httpx.AsyncBaseTransport | None:
    from grokchat.api.tls import certificates
    from grokchat.api.transport import transport_to

    with suppress(GrokchatError):  # told when it is needed
        return transport_to(base_url, lambda: certificates(env))
    return None


def _import() -> None:
    from grokchat.render.stream import preload

    for name in ("grokchat.api.client", "grokchat.chat.live_reply", "grokchat.session.exchange"):
        importlib.import_module(name)
    preload()


def _failed(task: asyncio.Task[Any]) -> bool:
    """Say whether a task has ended without a result; its exception counts as seen then."""
    return task.done() and (task.cancelled() or task.exception() is not None)
