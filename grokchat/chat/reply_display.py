"""What receives replies, as a task that Ctrl-C stops, and their streams of events on the screen.

`chat/replies` shows one stream for a message, others show several one after the other. The streams end in a `Finished`,
and save by themselves what they have received, however they end. At Ctrl-C `chat/worker` calls `stop`, which cancels
the task; the cancellation closes the stream, and `LiveReply.finish` prints what has not been drawn yet.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from grokchat.chat.bugs import BugReports
from grokchat.chat.notification import notification_codes
from grokchat.chat.printer import Printer
from grokchat.chat.shell_integration import FAILED, FINISHED, INTERRUPTED
from grokchat.config.settings import Settings
from grokchat.environment import Environment
from grokchat.records import replace
from grokchat.terminal.interface import Screen

if TYPE_CHECKING:
    from grokchat.api.client import Retrying
    from grokchat.api.reply_builder import Delta
    from grokchat.chat.live_reply import LiveReply
    from grokchat.session.exchange import Event, Finished, Waiting

    Stream = AsyncGenerator[Event, None]

_YIELD_EVERY_S = 0.002
"""How long a burst of deltas may keep the loop from a typed key."""


def no_lines() -> Sequence[str]:
    """Return no lines."""
    return ()


class ReplyDisplay:
    """Shows replies, one at a time. `stop` and `status` are about what is being received."""

    def __init__(self, environment: Environment, printer: Printer, screen: Screen, bugs: BugReports) -> None:
        self._environment = environment
        self._printer = printer
        self._screen = screen
        self._bugs = bugs
        self._task: asyncio.Task[None] | None = None
        self._started_at = 0.0

    def stop(self) -> bool:
        """Stop what is being received; the part received is kept. Returns False if nothing is."""
        if self._task is None:
            return False
        self._task.cancel()
        return True

    def status(self) -> str:
        """Return the reply's state for the bottom line; "" if none is being received."""
        if self._task is None:
            return ""
        live_reply = self._printer.live_reply
        if live_reply is not None and live_reply.waiting_text:
            return live_reply.waiting_text
        state = live_reply.state if live_reply is not None else "waiting"
        return f"{state} {self._environment.clock() - self._started_at:.0f} s, Ctrl-C stops"

    async def run(self, receiving: Coroutine[Any, Any, None], settings: Settings) -> bool:
        """Run what receives and shows replies; return False if `stop` ended it. Raises what it raises."""
        self._started_at = self._environment.clock()
        self._task = task = asyncio.create_task(receiving)
        ticker = asyncio.create_task(self._tick())
        self._screen.watch_focus(settings.notify != "off")
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait({task})
            raise
        finally:
            ticker.cancel()
            self._screen.watch_focus(False)
            self._task = None
        if task.cancelled():
            return False
        if self._environment.clock() - self._started_at >= settings.notify_after:
            self._notify(settings, has_failed=task.exception() is not None)
        task.result()
        return True

    async def show(
        self,
        stream: Stream,
        settings: Settings,
        *,
        partial_text: str = "",
        has_citations: bool = False,
        footer: Callable[[], Sequence[str]] = no_lines,
        rows_below: Callable[[int], Sequence[str]] | None = None,
        take_unread: Callable[[], Delta] | None = None,
        ends_turn: bool = True,
    ) -> Finished | None:
        """Show a stream of events until its end; return its last event. Raises what the stream raises.

        `partial_text` is what a continued reply has already, and `has_citations` says that it has sources. `footer`
        returns the lines below the reply, once the stream has ended, in any way. `rows_below` returns live rows of a
        width to stand below the reply meanwhile, and `take_unread` what had arrived and was not read when the stream
        was stopped.
        With `ends_turn` false another reply of the same turn follows, if this one is not stopped.
        """
        from grokchat.chat.live_reply import LiveReply

        marks, turn_status = self._printer.marks, FAILED
        self._printer.live_reply = live = LiveReply(
            self._screen,
            self._printer.style,
            settings,
            self._environment.clock,
            partial_text=partial_text,
            has_citations=has_citations,
            end_codes=marks.pop_codes,
            rows_below=rows_below,
        )
        received = [partial_text]
        finished = None
        try:
            async with aclosing(stream) as events:
                finished = await self._show_events(events, live, received)
            turn_status = FINISHED
        except asyncio.CancelledError:
            turn_status = INTERRUPTED
            raise
        finally:
            if ends_turn or turn_status == INTERRUPTED:
                marks.end_turn(turn_status)
            if take_unread is not None:
                self._add_text(take_unread(), live, received)
            await self._finish(live, footer, received)
        return finished

    async def _show_events(self, events: Stream, live: LiveReply, received: list[str]) -> Finished | None:
        """Show the events, and add the texts to `received`."""
        from grokchat.api.client import Retrying
        from grokchat.api.reply_builder import Delta
        from grokchat.session.exchange import Unanswered, Waiting

        last_yield = self._environment.clock()
        async for event in events:
            if isinstance(event, Delta):
                self._add_text(event, live, received)
                await live.drain()
                if self._environment.clock() - last_yield > _YIELD_EVERY_S:
                    await asyncio.sleep(0)
                    last_yield = self._environment.clock()
            elif isinstance(event, Retrying):
                self._show_retry(live, replace(event, reason=self._environment.redact(event.reason)))
            elif isinstance(event, Waiting):
                self._show_waiting(live, event)
            elif isinstance(event, Unanswered):
                live.show_reasoning()
            else:
                return event
        return None

    def _add_text(self, delta: Delta, live: LiveReply, received: list[str]) -> None:
        received.append(delta.text)
        with self._bugs.reported():  # received even if it cannot be shown
            live.add_delta(delta)

    def _show_retry(self, live: LiveReply, retrying: Retrying) -> None:
        from grokchat.api.retry import MAX_ATTEMPTS
        from grokchat.session.exchange import describe_retry

        if not live.add_retry(retrying, MAX_ATTEMPTS):
            self._printer.print_warning(describe_retry(retrying))

    def _show_waiting(self, live: LiveReply, waiting: Waiting) -> None:
        from grokchat.session.exchange import describe_wait

        live.wait_for_deferred((self._environment.now() - waiting.due.since).total_seconds())
        if note := describe_wait(waiting):
            self._printer.print_warning(self._environment.redact(note))

    async def _finish(self, live: LiveReply, footer: Callable[[], Sequence[str]], received: Sequence[str]) -> None:
        """Print the rest of the reply, its footer, and what has waited for its end."""
        try:
            with self._bugs.reported():
                await live.finish(footer())
        finally:
            self._printer.live_reply = None
        self._printer.print_lines(live.pop_held())
        if live.is_broken and (text := "".join(received)).strip():
            from grokchat.views.documents import document_lines

            self._printer.print_lines([*document_lines(text), ""])  # unchanged

    async def _tick(self) -> None:
        """Update the elapsed time every second."""
        while True:
            await asyncio.sleep(1.0)
            if self._printer.live_reply is not None:
                self._printer.live_reply.update_elapsed_time()
            self._screen.refresh()

    def _notify(self, settings: Settings, *, has_failed: bool) -> None:
        codes = notification_codes(
            self._environment.variables, settings.notify, is_unfocused=self._screen.is_unfocused, has_failed=has_failed
        )
        if codes:
            self._screen.send_codes(codes)
