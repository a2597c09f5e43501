"""Tab reads disks in a thread, and stops when the line changes."""

from __future__ import annotations

import asyncio
import threading
from functools import wraps
from types import SimpleNamespace

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from grokchat.terminal import tab_completer
from grokchat.terminal.interface import Candidate
from grokchat.terminal.tab_completer import TabCompleter

LINE = Document("/resume n")


@pytest.fixture
def current(monkeypatch):
    """Return a stand-in for the current line while Tab is being answered."""
    buffer = SimpleNamespace(document=LINE)
    monkeypatch.setattr(tab_completer, "get_app", lambda: SimpleNamespace(current_buffer=buffer))
    return buffer


def in_a_loop(test):
    """Run a test in an event loop."""

    @wraps(test)
    def run(*args, **fixtures):
        asyncio.run(test(*args, **fixtures))

    return run


async def texts(completer: TabCompleter, event: CompleteEvent | None = None) -> list[str]:
    return [completion.text async for completion in completer.get_completions_async(LINE, event or CompleteEvent())]


@in_a_loop
async def test_an_iterator_is_consumed_in_another_thread(current):
    """The event loop runs while a disk is read."""
    begun, may_end = threading.Event(), threading.Event()

    def complete(line, is_cancelled):
        begun.set()
        assert may_end.wait(10)
        yield Candidate(threading.current_thread().name, 1)

    answer = asyncio.ensure_future(texts(TabCompleter(complete)))
    await asyncio.to_thread(begun.wait)
    assert not answer.done()
    may_end.set()
    assert await answer != [threading.current_thread().name]


@in_a_loop
async def test_a_list_is_offered_at_once(current):
    """Candidates in memory wait for no thread, not even for one turn of the loop."""
    answer = texts(TabCompleter(lambda *_: [Candidate("name", 1), Candidate("a\x1b[2J", 1)]))
    with pytest.raises(StopIteration) as ended:
        answer.send(None)
    assert ended.value.value == ["name"]


def endless_search(stopped):
    """Return a completion that searches until it is cancelled, sets `stopped`, and offers a name all the same."""

    def complete(line, is_cancelled):
        while not is_cancelled():
            stopped.wait(0.001)
        stopped.set()
        yield Candidate("notes", 1)

    return complete


@in_a_loop
async def test_a_line_that_has_changed_gets_no_offers(current):
    """The search is cancelled, and its later results are not inserted into another line."""
    stopped = threading.Event()
    complete = endless_search(stopped)
    answer = asyncio.ensure_future(texts(TabCompleter(complete)))
    await asyncio.sleep(0)
    current.document = Document("/resume no")
    assert await answer == []
    assert await asyncio.to_thread(stopped.wait, 10)


@in_a_loop
async def test_leaving_stops_the_search(current):
    stopped = threading.Event()
    complete = endless_search(stopped)
    answer = asyncio.ensure_future(texts(TabCompleter(complete)))
    await asyncio.sleep(0.01)
    answer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answer
    assert await asyncio.to_thread(stopped.wait, 10)


@in_a_loop
async def test_one_tab_is_answered_once(current):
    """prompt_toolkit asks again with the same event when the line has grown, which the user did not ask to complete."""
    completer, event = TabCompleter(lambda *_: iter([Candidate("notes", 1)])), CompleteEvent()
    assert await texts(completer, event) == ["notes"]
    assert await texts(completer, event) == []
    assert await texts(completer) == ["notes"]
