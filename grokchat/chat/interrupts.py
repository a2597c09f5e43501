"""Ctrl-C, Esc on an empty line, and what they do to the queue.

The one place that decides what they do, at the time the key is pressed: `Interrupts.interrupt` is the whole list.
"""

from __future__ import annotations

from grokchat.chat.active_session import ActiveSession
from grokchat.chat.background_commands import BackgroundCommands
from grokchat.chat.confirmation import Confirmation
from grokchat.chat.printer import Printer
from grokchat.chat.queue import Queue
from grokchat.chat.queue_items import lines_of, recallable_line
from grokchat.chat.session_search import SessionSearch
from grokchat.chat.worker import Worker
from grokchat.terminal.interface import Screen


class Interrupts:
    """Stops what is running, and holds and drops the queue."""

    def __init__(
        self,
        screen: Screen,
        active: ActiveSession,
        queue: Queue,
        printer: Printer,
        *,
        confirmation: Confirmation,
        worker: Worker,
        search: SessionSearch,
        background: BackgroundCommands,
    ) -> None:
        self._screen = screen
        self._active = active
        self._queue = queue
        self._printer = printer
        self._confirmation = confirmation
        self._worker = worker
        self._search = search
        self._background = background

    def interrupt(self) -> None:
        """Do what Ctrl-C does: the first of these for which there is anything to do."""
        if not (self._stop_current() or self._screen.clear_line() or self._background.stop() or self._drop_queue()):
            kept = "" if self._active.session.would_be_lost else " · session saved"
            self._screen.show_hint(f"Ctrl-D or /quit leaves{kept}")

    def stop(self) -> None:
        """Do what Esc on an empty line does: stop what is running, and nothing else."""
        if not self._stop_current():
            self._background.stop()

    def _stop_current(self) -> bool:
        """Answer the open question with no, or else stop the current item and the search, and hold the queue.

        Between two items the queue is held all the same. What is being stopped already is left to its end: it is
        keeping the part received.
        """
        if self._confirmation.answer("n"):
            return True
        is_stopped = self._worker.stop()
        is_stopped = self._search.stop() or is_stopped
        if is_stopped or self._queue.has_next:
            self._queue.hold()
            return True
        return False

    def _drop_queue(self) -> bool:
        """Drop the held queue into the history."""
        items = self._queue.drop_held()
        lines = [line for item in items if (line := recallable_line(item)) is not None]
        is_remembered = bool(lines) and self._screen.remember(lines)
        if is_remembered:
            it = "it" if len(lines) == 1 else "them"
            self._screen.show_hint(f"dropped {len(lines):,} queued · Up brings {it} back")
        for item in items:
            if recallable_line(item) is None or not is_remembered:
                self._printer.print_not_done(*lines_of(item))
        return bool(items)
