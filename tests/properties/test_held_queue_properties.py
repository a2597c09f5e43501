"""The queue in the user's hands, against a naive model: any keys, and replies that end, fail and are stopped.

`GROKCHAT_EXAMPLES=N pytest -n 0 tests/properties/test_held_queue_properties.py` tries N chats.
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st
from repl_harness import Chatting

from grokchat.terminal.interface import Interrupt, Submit, TakeBack

SAY, COMMAND = ("type", "enter"), ("type command", "enter")
KEYS = st.sampled_from(
    [
        SAY,
        SAY,
        SAY,
        COMMAND,
        ("type",),
        ("enter",),
        ("ctrl-c",),
        ("ctrl-c",),
        ("escape",),
        ("up",),
        ("ends",),
        ("fails",),
    ]
)
STEPS = st.lists(KEYS, max_size=30).map(lambda keys: [*SAY, *SAY, *itertools.chain.from_iterable(keys)])
"""From a message that is being answered, and one that waits."""


class Model:
    """A chat in which commands are done at once. `done` are the lines that were sent or carried out, in order."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.current: str | None = None
        self.ahead: list[str] = []
        self.waiting: list[str] = []
        self.is_held = False
        self.line: str | None = None
        self.history: list[str] = []
        self.not_done: list[str] = []

    def enter(self) -> None:
        line, self.line = self.line, None
        if line is None:
            self.is_held = False
        elif self.is_held and line.startswith("/"):
            self.ahead.append(line)
        else:
            self.waiting.append(line)
            self.is_held = False
        self.go_on()

    def go_on(self) -> None:
        """Take what may be taken; commands are done at once."""
        while self.current is None and (self.ahead or (self.waiting and not self.is_held)):
            item = (self.ahead or self.waiting).pop(0)
            self.done.append(item)
            self.current = None if item.startswith("/") else item

    def hold(self) -> None:
        self.waiting, self.ahead = self.ahead + self.waiting, []
        self.is_held = bool(self.waiting)

    def stop(self) -> bool:
        is_running, self.current = self.current is not None, None
        if is_running:
            self.hold()
        return is_running

    def interrupt(self) -> None:
        if self.stop():
            return
        if self.line is not None:
            self.history.append(self.line)
            self.line = None
        elif self.is_held:
            self.history += self.waiting
            self.waiting, self.is_held = [], False

    def end(self, *, has_failed: bool) -> None:
        self.current = None
        if has_failed:
            self.hold()
        self.go_on()

    def take_back(self) -> None:
        items = self.waiting or self.ahead
        if self.line is None and items:
            self.line = items.pop()
            self.is_held = self.is_held and bool(self.waiting)

    def leave(self) -> None:
        """Messages are kept without an answer, and commands done, unless they are held."""
        self.done += self.ahead
        if self.is_held:
            self.not_done = self.waiting
        else:
            self.done += self.waiting


class Player:
    """Does the same in a chat, and tells the model."""

    def __init__(self, chat: Chatting) -> None:
        self.chat = chat
        self.model = Model()
        self.count = 0

    async def play(self, step: str) -> None:
        chat, model, screen = self.chat, self.model, self.chat.screen
        match step:
            case "type" | "type command":
                if screen.line is None:
                    self.count += 1
                    line = f"{'/system rule' if step == 'type command' else 'message'} {self.count}"
                    model.line, screen.line = line, Submit(line)
            case "enter":
                if screen.line is not None or screen.queue.held_count:
                    submitted, screen.line = screen.line or Submit(""), None
                    screen.act(submitted)
                    model.enter()
            case "ctrl-c":
                screen.act(Interrupt())
                model.interrupt()
            case "escape":
                if screen.line is None:
                    screen.act(Interrupt(is_escape=True))
                    model.stop()
            case "up":
                if screen.line is None and screen.queue.can_take_back:
                    screen.act(TakeBack())
                    model.take_back()
            case "ends" | "fails":
                if model.current is not None:
                    chat.finish_reply(breaks_off=step == "fails", is_last=False)
                    model.end(has_failed=step == "fails")

    @property
    def is_settled(self) -> bool:
        """Whether the chat shows what the model has."""
        chat, model, queue = self.chat, self.model, self.chat.screen.queue
        waiting = [*model.ahead, *model.waiting]
        return (
            (list(queue.rows), queue.count) == (waiting[:3], len(waiting))
            and queue.held_count == (len(model.waiting) if model.is_held else 0)
            and chat.screen.is_busy == (model.current is not None)
            and done(chat) == model.done
            and (model.current is None or chat.messages[-1] == ("assistant", "begin"))
        )


def done(chat: Chatting) -> list[str]:
    """Return the lines whose messages are in the list, in order."""
    return [f"{'/system ' if role == 'system' else ''}{text}" for role, text in chat.messages if role != "assistant"]


@given(steps=STEPS)
@example(
    steps=["text", "enter", "text", "enter", "command", "enter", "ctrl-c", "up", "ctrl-c", "ctrl-c", "text", "enter"]
)
@example(steps=[*SAY, *SAY, *SAY, *COMMAND, "ctrl-c", "up", "ctrl-c", "ctrl-c", *SAY])
@example(steps=[*SAY, *SAY, *COMMAND, "fails", *COMMAND, "enter", "ends", "ends"])
@example(steps=[*SAY, *SAY, "ctrl-c", *COMMAND, "enter", *COMMAND])
@example(steps=[*SAY, *SAY, *SAY, "fails"])
def test_each_line_is_sent_once_in_order_or_is_where_the_user_put_it(steps):
    """No line is lost, none is sent twice, and none is sent while the queue is held, until the user leaves."""
    with tempfile.TemporaryDirectory() as folder:

        async def run() -> Player:
            async with Chatting(Path(folder)) as chat:
                chat.is_endless = True
                player = Player(chat)
                for step in steps:
                    await player.play(step)
                    await chat.until(lambda: player.is_settled)
                    assert (chat.screen.line and chat.screen.line.text) == player.model.line
                    assert chat.screen.history == player.model.history
                await chat.leave()
            return player

        player = asyncio.run(run())
        player.model.leave()
        assert done(player.chat) == player.model.done
        assert player.chat.not_done == player.model.not_done


@given(steps=STEPS, turns=st.lists(st.integers(0, 12), min_size=64, max_size=64))
def test_however_keys_and_replies_meet_no_line_is_lost_or_done_twice(steps, turns):
    """Keys within one turn of the loop, and at any turn of the end of a reply or of the start of the next."""
    with tempfile.TemporaryDirectory() as folder:

        async def run() -> tuple[Chatting, int]:
            async with Chatting(Path(folder)) as chat:
                chat.is_endless = True
                player = Player(chat)
                for step, count in zip(steps, turns, strict=False):
                    if step in {"ends", "fails"}:
                        chat.finish_reply(breaks_off=step == "fails", is_last=False)
                    else:
                        await player.play(step)
                    held, sent = chat.screen.queue.held_count, len(chat.requests)
                    for _ in range(count):
                        await asyncio.sleep(0)
                    assert not held or chat.screen.is_busy or len(chat.requests) == sent
                await chat.leave()
            return chat, player.count

        chat, count = asyncio.run(run())
        lines = [*done(chat), *chat.not_done, *chat.screen.history]
        lines += [chat.screen.line.text] if chat.screen.line is not None else []
        assert sorted(int(line.split()[-1]) for line in lines) == list(range(1, count + 1))
