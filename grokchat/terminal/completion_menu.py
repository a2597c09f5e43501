"""The menu of completions under the prompt: it opens automatically after `/` and `@`, and elsewhere with Tab.

prompt_toolkit's own menu is not used. It asks for completions only when text is inserted, not when it is deleted, asks
twice for one key, puts an entry into the line while the user moves past it, and clears the menu before the next one is
there, which flickers.

The typed text is never changed before the user takes an entry, so Enter without a selected entry sends what was typed.
Entries that are read from a disk are read in a thread, one at a time; meanwhile the old ones stay on the screen, and
cannot be selected. What arrives for a line that has changed is dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any

from prompt_toolkit.document import Document

from grokchat.render.sanitize import visible_line
from grokchat.system.threads import start_in_thread
from grokchat.terminal.completion_trigger import find_trigger
from grokchat.terminal.interface import Candidate
from grokchat.terminal.line_buffer import LineBuffer

_STALE_S = 0.15
"""How long old entries stay while new ones are read."""

Complete = Callable[[str, Callable[[], bool]], Iterable[Candidate]]
"""Returns candidates for the end of a text: a list, or an iterator that is consumed in a thread, and stops early once
the second argument, `is_cancelled`, returns true."""


class CompletionMenu:
    """The entries for the text before the cursor, and which of them is selected.

    It follows the line when its state is read: a change that the user typed is completed, any other change (the
    history, a paste, a moved cursor) closes it. `start` runs a coroutine in the background, `on_change` draws.
    """

    def __init__(
        self,
        buffer: LineBuffer,
        complete: Complete,
        *,
        start: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        on_change: Callable[[], object],
    ) -> None:
        self._buffer = buffer
        self._complete = complete
        self._start = start
        self._on_change = on_change
        self._document = Document()
        """The line that the entries are for, or will be when they have been read."""
        self._candidates: Sequence[Candidate] = ()
        self._selected: int | None = None
        self._is_explicit = False
        """Whether Tab opened it."""
        self._is_stale = False
        self._dismissed: int | None = None
        """The beginning of the word that it was closed for with Esc."""
        self._search: asyncio.Task[None] | None = None
        self._reading: asyncio.Future[list[Candidate]] | None = None

    @property
    def candidates(self) -> Sequence[Candidate]:
        """The entries; the menu is open if there are any."""
        self._follow_line()
        return self._candidates

    @property
    def selected(self) -> int | None:
        """The index of the selected entry."""
        return self._selected if self.candidates else None

    # -- what keys do ------------------------------------------------------------------------------------------------

    def move(self, rows: int, *, wraps: bool = True) -> None:
        """Select the entry that is so many rows further down, or up; from no entry, the first or the last one."""
        count = len(self.candidates)
        if not count or self._is_stale:
            return
        if self._selected is None:
            self._selected = 0 if rows > 0 else count - 1
        elif wraps:
            self._selected = (self._selected + rows) % count
        else:
            self._selected = min(max(self._selected + rows, 0), count - 1)

    def complete(self) -> None:
        """Put into the line what can only be meant, else the selected or the first entry; open the menu if it is not.

        This is Tab.
        """
        if self.candidates and not self._is_stale:
            if self._selected is not None or not self._extend():
                self._take(self._candidates[self._selected or 0])
            return
        self._is_explicit, self._dismissed = True, None
        self._search_line(self._complete_once)

    def accept(self) -> bool:
        """Put the selected entry into the line; return whether the line is to be run at once. This is Enter."""
        assert self.selected is not None
        candidate = self._candidates[self.selected]
        self._take(candidate, has_suffix=not candidate.runs)
        return candidate.runs

    def dismiss(self) -> None:
        """Close the menu until another word is begun, or Tab is pressed. This is Esc."""
        self._dismissed = self._trigger(self._buffer.document)
        self.close()

    def close(self) -> None:
        """Close the menu, and forget a search that has not ended."""
        self._stop_search()
        self._candidates, self._selected, self._is_explicit, self._is_stale = (), None, False, False

    def refresh(self) -> None:
        """Complete the line once more, because there is more to offer now."""
        document = self._buffer.document
        if self._buffer.is_typed and self._trigger(document) is not None and self._dismissed is None:
            self._document = document
            self._search_line()

    # -- the line ----------------------------------------------------------------------------------------------------

    def _trigger(self, document: Document) -> int | None:
        # What is edited is a message, whatever it begins with, and attaches nothing.
        return find_trigger(document) if self._buffer.edit is None else None

    def _follow_line(self) -> None:
        document = self._buffer.document
        if document == self._document:
            return
        before, self._document = self._document, document
        if not self._buffer.is_typed or document.text == before.text:
            self.close()
            return
        trigger = self._trigger(document)
        if trigger is None or trigger != self._dismissed:
            self._dismissed = None
        is_same_word = self._is_explicit and not document.text_before_cursor[-1:].isspace() and document.text != ""
        if is_same_word or (trigger is not None and self._dismissed is None):
            self._search_line()
        else:
            self.close()

    def _extend(self) -> bool:
        """Extend the typed text by what all entries that begin with it share; return whether there is anything.

        If that is one whole entry, it is taken.
        """
        beginning = [candidate for candidate in self._candidates if not candidate.is_fuzzy]
        if len(beginning) == 1:
            self._take(beginning[0])
            return True
        if not beginning or len({candidate.replaces for candidate in beginning}) > 1:
            return False
        before, replaces = self._document.text_before_cursor, beginning[0].replaces
        typed = before[len(before) - replaces :]
        common = _common_beginning([candidate.text for candidate in beginning])
        if len(common) <= len(typed) or not common.startswith(typed):
            return False
        self._insert(replaces, common)
        self._search_line()
        return True

    def _take(self, candidate: Candidate, *, has_suffix: bool = True) -> None:
        after = self._document.text_after_cursor
        suffix = candidate.suffix if has_suffix and not after.startswith(candidate.suffix or "\0") else ""
        self._insert(candidate.replaces, candidate.text + suffix)
        if candidate.text.endswith("/"):  # a folder: what is in it comes next
            self._search_line()
        else:
            self.close()

    def _insert(self, replaces: int, text: str) -> None:
        before, after = self._document.text_before_cursor, self._document.text_after_cursor
        before = before[: len(before) - replaces] + text
        self._buffer.document = self._document = Document(before + after, len(before))

    # -- searching ---------------------------------------------------------------------------------------------------

    def _complete_once(self) -> None:
        """Do what Tab does at once, with the entries that have just been found."""
        if self._candidates:
            self._extend()

    def _search_line(self, then: Callable[[], None] = lambda: None) -> None:
        """Complete the line, in a thread if that takes long; `then` is called when the entries are there."""
        self._stop_search()
        document = self._document = self._buffer.document
        is_cancelled = False
        found = self._complete(document.text_before_cursor, lambda: is_cancelled)
        if isinstance(found, list):
            self._show(found)
            then()
            return

        async def read() -> None:
            nonlocal is_cancelled
            try:
                candidates = await self._read(found)
            finally:
                is_cancelled = True
            if self._buffer.document == document:
                self._show(candidates)
                then()
            else:
                self.close()
            self._on_change()

        self._is_stale, self._selected = True, None
        self._search = self._start(read())

    async def _read(self, candidates: Iterable[Candidate]) -> list[Candidate]:
        """Return the candidates, consumed in a thread; never in two at once, because a disk may not answer."""
        if self._reading is not None:
            await asyncio.wait({self._reading})
        self._reading = reading = start_in_thread(_consume, candidates)
        if not (await asyncio.wait({reading}, timeout=_STALE_S))[0]:
            self._candidates = ()
            self._on_change()
            await asyncio.wait({reading})
        return reading.result()

    def _show(self, candidates: Iterable[Candidate]) -> None:
        """Offer candidates, except those that hold characters which cannot be printed."""
        self._candidates = [candidate for candidate in candidates if candidate.text == visible_line(candidate.text)]
        self._selected, self._is_stale = None, False

    def _stop_search(self) -> None:
        if self._search is not None:
            self._search.cancel()
            self._search = None


def _consume(candidates: Iterable[Candidate]) -> list[Candidate]:
    return list(candidates)


def _common_beginning(texts: Sequence[str]) -> str:
    first, last = min(texts), max(texts)
    for at, (left, right) in enumerate(zip(first, last, strict=False)):
        if left != right:
            return first[:at]
    return first
