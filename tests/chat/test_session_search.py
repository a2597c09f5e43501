"""Searching in the chat: one search at a time, the newest."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from types import SimpleNamespace

from grokchat.chat.session_search import SessionSearch


def now() -> datetime:
    return datetime.now(UTC)


class Printer:
    """Keeps the notices."""

    look = None

    def __init__(self):
        self.notices = []

    def print_notice(self, text):
        self.notices.append(text)

    def print_lines(self, lines):
        pass


class SessionStore:
    """Finds nothing: the words `at once` immediately, others only when the search is stopped."""

    def __init__(self):
        self.searches = []
        self.begun = threading.Event()

    def search(self, words, progress):
        self.searches.append(" ".join(words))
        progress.total = 3
        self.begun.set()
        if words != ["at", "once"]:
            while not progress.is_stopped:
                threading.Event().wait(0.001)
        yield from ()


def test_a_new_search_stops_the_running_one():
    printer, store = Printer(), SessionStore()
    search = SessionSearch(printer, SimpleNamespace(width=80, refresh=lambda: None), store, str, now)

    async def both():
        first = asyncio.create_task(search.list_sessions("the first"))
        await asyncio.to_thread(store.begun.wait)
        assert search.activity
        await asyncio.gather(search.list_sessions("the second"), search.list_sessions("at once"))
        await first

    asyncio.run(both())
    assert store.searches == ["the first", "at once"]
    assert printer.notices == ["Stopped after 0 of 3 sessions: 0 found.", "No session contains all of these words."]
    assert not search.stop()
    assert search.activity == ""
