"""Tab completion that never blocks a key: slow searches, which read a disk, run in a thread until the line changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator

from prompt_toolkit.application import get_app
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from grokchat.render.sanitize import visible_line
from grokchat.system.threads import start_in_thread
from grokchat.terminal.interface import Candidate

_CHECK_INTERVAL_S = 0.02
"""How often to check that the line has not changed since Tab was pressed."""

Complete = Callable[[str, Callable[[], bool]], Iterable[Candidate]]
"""Returns candidates for the end of a line: a list, or an iterator that is consumed in a thread, and stops early once
the second argument, `is_cancelled`, returns true."""


class TabCompleter(Completer):
    """Offers a function's candidates, except those that hold characters which cannot be printed."""

    def __init__(self, complete: Complete) -> None:
        self._complete = complete
        self._last_event: CompleteEvent | None = None

    def get_completions(self, document: Document, _: CompleteEvent) -> Iterator[Completion]:
        return _completions(self._complete(document.text_before_cursor, lambda: False))

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        if complete_event is self._last_event:
            return  # prompt_toolkit asks again for a line that has changed since: an old Tab must not insert into it
        self._last_event = complete_event
        is_cancelled = False
        candidates = self._complete(document.text_before_cursor, lambda: is_cancelled)
        if not isinstance(candidates, list):
            reading: asyncio.Future[list[Candidate]] = start_in_thread(list, candidates)
            try:
                while not (await asyncio.wait({reading}, timeout=_CHECK_INTERVAL_S))[0]:
                    if get_app().current_buffer.document != document:
                        return
            finally:
                is_cancelled = True
            candidates = reading.result()
        for completion in _completions(candidates):
            yield completion


def _completions(candidates: Iterable[Candidate]) -> Iterator[Completion]:
    for candidate in candidates:
        if candidate.text == visible_line(candidate.text):
            yield Completion(candidate.text, -candidate.replaces, display_meta=candidate.description)
