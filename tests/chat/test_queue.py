"""The queue of the chat: its states, its rows on the screen, and what leaving does in each state."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from grokchat.chat.queue import Queue, State
from grokchat.chat.queue_items import EditedQuestion, Item, PreparedMessages, line_of, lines_of
from grokchat.commands.declare import Text, parse_line
from grokchat.commands.registry import by_name
from grokchat.terminal.interface import LineEdit, QueueView, Submit


def make_queue(*lines: str) -> tuple[Queue, SimpleNamespace]:
    """Return a queue of these lines and its screen."""
    screen = SimpleNamespace(is_busy=False, queue=QueueView(), refresh=lambda: None)
    queue = Queue(screen)
    for line in lines:
        queue.put(parse_line(line, by_name()))
    return queue, screen


def drain(queue: Queue, *impossible: str) -> tuple[list[str], list[str]]:
    """Leave; return the lines that were applied and those that were not done."""
    applied: list[str] = []

    def apply(item: Item) -> bool:
        if line_of(item) in impossible:
            return False
        applied.append(line_of(item))
        return True

    not_done = [line_of(item) for item in queue.drain_on_leave(apply)]
    assert queue.state is State.CLOSED
    return applied, not_done


def test_an_item_is_taken_started_applied_and_ended():
    async def run() -> None:
        queue, screen = make_queue("first", "second")
        assert (queue.state, screen.is_busy) == (State.IDLE, True)
        assert await queue.take_next() == Text("first")
        assert queue.state is State.TAKEN
        queue.mark_started()
        assert queue.state is State.STARTED
        queue.mark_applied()
        assert queue.state is State.APPLIED
        assert await queue.take_next() == Text("second")
        assert (queue.state, screen.is_busy) == (State.TAKEN, True)
        waiting = asyncio.ensure_future(queue.take_next())
        await asyncio.sleep(0)
        assert (queue.state, screen.is_busy) == (State.IDLE, False)
        queue.put(Text("third"))
        assert await waiting == Text("third")

    asyncio.run(run())


def test_the_screen_shows_the_first_rows_and_how_many_more_wait():
    queue, screen = make_queue("taken at once", "1", "2\x1b[2J", "3", "4", "5" * 1000)
    assert screen.queue == QueueView(["1", "2␛[2J", "3"], 5, can_take_back=True)
    assert [line_of(item)[:5] for item in queue.withdraw_next()] == ["taken", "1", "2\x1b[2J", "3", "4", "55555"]
    assert screen.queue == QueueView([])


def test_of_a_long_line_the_screen_gets_the_beginning():
    _, screen = make_queue("taken at once", "x" * 200, "x" * 201)
    assert [row[195:] for row in screen.queue.rows] == ["x" * 5, "x" * 5 + "…"]


class HeldQueue:
    """A queue of these lines behind one that was stopped."""

    def __init__(self, *lines: str) -> None:
        self.queue, self.screen = make_queue("stopped", *lines)
        asyncio.run(self.queue.take_next())
        self.queue.hold()

    def put(self, line: str) -> None:
        self.queue.put(parse_line(line, by_name()))

    def next(self) -> list[str]:
        """Return the lines that are taken one after the other, until none is left or they are held."""

        async def take() -> list[str]:
            taking = asyncio.create_task(self.queue.take_next())
            taken = []
            while self.queue.has_next:
                taken.append(line_of(await taking))
                taking = asyncio.create_task(self.queue.take_next())
            await asyncio.sleep(0)
            taking.cancel()
            return taken

        return asyncio.run(take())


def test_a_held_queue_waits_until_it_is_released():
    held = HeldQueue("B", "/name C")
    assert held.screen.queue == QueueView(["B", "/name C"], 2, 2, can_take_back=True)
    assert held.next() == []
    assert not held.screen.is_busy
    held.queue.release()
    assert held.screen.is_busy
    assert held.next() == ["B", "/name C"]


def test_a_message_joins_a_held_queue_and_releases_it_and_a_command_goes_ahead():
    held = HeldQueue("B", "C")
    held.put("/name now")
    assert held.screen.queue == QueueView(["/name now", "B", "C"], 3, 2, can_take_back=True)
    assert held.next() == ["/name now"]
    assert held.screen.queue.held_count == 2
    held.queue.put(EditedQuestion(LineEdit("id", "editing #1", "Enter asks again"), "edited", has_paste=False))
    assert held.next() == ["edited"]
    held.put("D")
    assert held.next() == ["B", "C", "D"]


def test_what_went_ahead_is_before_the_rest_when_it_is_held_dropped_or_not_done():
    def make() -> HeldQueue:
        held = HeldQueue("B", "C")
        held.put("/fork")
        held.put("/name 2")
        return held

    held = make()
    assert held.queue.take_back() == Submit("C")
    held.queue.hold()
    held.queue.release()
    assert held.next() == ["/fork", "/name 2", "B"]
    held = make()
    held.queue.hold()
    assert [line_of(item) for item in held.queue.drop_held()] == ["/fork", "/name 2", "B", "C"]
    held = make()
    held.queue.mark_applied()
    assert drain(held.queue, "/name 2") == (["/fork"], ["/name 2", "B", "C"])


def test_nothing_is_held_where_nothing_waits():
    held = HeldQueue()
    held.put("B")
    assert held.next() == ["B"]


def test_the_last_line_is_taken_back_as_it_was_entered():
    lines = ["B", "two\nlines", "/name C", "//name C", "//etc", "/etc/x is", "///x"]
    held = HeldQueue(*lines)
    for line in reversed(lines):
        assert held.queue.take_back() == Submit(line)
    assert held.queue.take_back() is None
    assert not held.queue.is_held


def test_neither_prepared_messages_nor_what_is_taken_at_once_are_taken_back():
    queue, screen = make_queue("taken at once")
    assert queue.take_back() is None
    queue.put(PreparedMessages([{"role": "user", "content": "piped"}]))
    assert (screen.queue.rows, screen.queue.can_take_back) == (["piped"], False)
    assert queue.take_back() is None
    queue.put(Text("pasted", has_paste=True))
    assert queue.take_back() == Submit("pasted", has_paste=True)


def test_leaving_does_nothing_that_is_held():
    held = HeldQueue("B", "/name C")
    held.queue.mark_applied()
    assert drain(held.queue) == ([], ["B", "/name C"])


@pytest.mark.parametrize(
    ("state", "applied", "not_done"),
    [
        (State.TAKEN, ["first", "second"], []),
        (State.STARTED, [], ["first", "second"]),
        (State.APPLIED, ["second"], []),
    ],
)
def test_leaving_treats_the_current_item_by_its_state(state, applied, not_done):
    async def run() -> Queue:
        queue, _ = make_queue("first", "second")
        await queue.take_next()
        if state is State.STARTED:
            queue.mark_started()
        elif state is State.APPLIED:
            queue.mark_applied()
        return queue

    assert drain(asyncio.run(run())) == (applied, not_done)


def test_nothing_is_applied_after_an_item_that_cannot_be():
    assert drain(make_queue("one", "/fork", "two", "/delete 1")[0], "/fork") == (["one"], ["/fork", "two", "/delete 1"])


def test_nothing_is_applied_after_a_quit_and_the_quit_is_not_listed():
    assert drain(make_queue("one", "/quit", "two")[0]) == (["one", "/quit"], ["two"])


def test_an_item_can_be_put_before_all_that_wait():
    queue, _ = make_queue("later")
    queue.put_first(PreparedMessages([{"role": "user", "content": "held"}]))
    assert drain(queue, "later") == (["held"], ["later"])
    assert lines_of(PreparedMessages([{"role": "user", "content": text} for text in ("a", "b")])) == ["a", "b"]
