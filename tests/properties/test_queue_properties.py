"""Leaving the chat with any queue, against a naive model of what is in the session and what is listed as not done.

`GROKCHAT_EXAMPLES=N pytest -n 0 tests/properties/test_queue_properties.py` tries N queues.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from repl_harness import Chatting

from grokchat.terminal.interface import Submit

SECRET = "ghp_aB3dE5gH7jK9mN1pQ2sT4vW6yZ8cF0iLaB3d"

ONLY_IN_THE_CHAT = (
    "/fork",
    "/fork x",
    "/new",
    "/resume",  # refused at once while a reply streams: it never waits
    "/resume x",
    "/retry",
    "/continue",
    "/write {folder}/out.md",
    "/file {folder}/in.txt",
    "/paste",
    "/edit 1",
    "/set --save temperature 1",
    "/set --save stream off",
    "/set --save edit_mode vi",
)
"""Commands that need the loop: a request, another session, a file, the editor."""

LINES = st.one_of(
    st.integers(1, 9).map(lambda number: f"message {number}"),
    st.integers(1, 9).map(lambda number: f"/system rule {number}"),
    st.integers(1, 4).map(lambda number: f"/insert user @{number} inserted"),
    st.integers(1, 4).map(lambda number: f"/delete {number}"),
    st.sampled_from(["/name a name", "/set temperature 0.5", "/file -", "/quit", SECRET]),
    st.sampled_from(ONLY_IN_THE_CHAT),
)


MISSING = ("assistant", "")
"""The reply that a kept message does not get, which has a number all the same."""


@dataclass
class Model:
    """What leaving does with a queue."""

    messages: list[tuple[str, str]] = field(default_factory=lambda: [("user", "first"), ("assistant", "begin")])
    name: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    not_done: list[str] = field(default_factory=list)

    def leave(self, queue: list[str]) -> None:
        queue = [line for line in queue if line != "/resume"]
        for at, line in enumerate(queue):
            if not self.apply(line):
                self.not_done = queue[at:]
                return
            if line == "/quit":
                self.not_done = queue[at + 1 :]
                return

    def apply(self, line: str) -> bool:
        """Return whether a line is done."""
        numbers = [int(number) for number in re.findall(r"^/(?:delete |insert user @)(\d+)", line)]
        if MISSING in self.messages and max(numbers, default=0) > self.messages.index(MISSING):
            return False
        match line.split():
            case ["/system", *words]:
                self.messages.append(("system", " ".join(words)))
            case ["/insert", "user", place, word]:
                at = int(place[1:]) - 1
                if at > len(self.messages):
                    return False
                self.messages.insert(at, ("user", word))
            case ["/delete", number]:
                if int(number) > len(self.messages):
                    return False
                del self.messages[int(number) - 1]
            case ["/name", *words]:
                self.name = " ".join(words)
            case ["/set", "temperature", value]:
                self.params["temperature"] = float(value)
            case ["/file", "-"] | ["/quit"]:
                pass
            case ["message", _]:
                self.messages += [("user", line), MISSING]
            case _:
                return False
        return True


@given(queue=st.lists(LINES, max_size=8), asks=st.booleans(), by_signal=st.booleans())
@example(queue=["/fork x", "/delete 1", "/delete 1"], asks=False, by_signal=False)
@example(queue=["/new", "message 1"], asks=False, by_signal=False)
@example(queue=["/quit", "/delete 1"], asks=False, by_signal=True)
def test_leaving_does_what_it_can_and_lists_the_rest(queue, asks, by_signal):
    """Each queued line has happened or is listed, in order, and none happens behind one that is listed."""
    with tempfile.TemporaryDirectory() as folder:
        queue = [line.format(folder=folder) for line in queue]
        home, model = Path(folder) / "home", Model()

        async def run() -> Chatting:
            async with Chatting(home) as chat:
                await chat.begin_reply()
                if asks:  # a question is open when the user leaves
                    chat.stop_reply()
                    await chat.idle()
                    chat.submit(Submit(f"asked {SECRET}", has_paste=True))
                    await chat.until(lambda: chat.screen.history_exclusions)
                chat.submit(*(Submit(line, has_paste=line == SECRET) for line in queue))
                assert await chat.leave(by_signal=by_signal) == (130 if by_signal else 0)
            return chat

        chat = asyncio.run(run())
        if asks:
            model.not_done = [f"asked {SECRET}", *(line for line in queue if line != "/resume")]
        else:
            model.leave(queue)
        assert chat.not_done == model.not_done
        messages = [message for message in model.messages if message != MISSING]
        assert chat.messages == messages
        assert (chat.session.name, dict(chat.session.settings.params)) == (model.name, model.params)
        assert chat.session.settings.stream
        assert chat.saved == []
        assert len(chat.requests) == 1
        [path] = (home / "sessions").iterdir()
        assert path.stem == chat.session.id
        assert sorted(inside.name for inside in Path(folder).iterdir()) == ["home"]
        again = chat.store.open(path)
        assert [(message.role, message.text) for message in again.conversation] == messages
        again.close()
