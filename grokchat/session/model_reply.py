"""The reply of one of several models asked at once: its state, and what has arrived, to be read at any time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Literal

from grokchat.api.client import Retrying
from grokchat.api.reply_builder import Delta, ReplyBuilder
from grokchat.config.settings import Settings
from grokchat.errors import ApiError
from grokchat.session.exchange import Finished, Unanswered
from grokchat.session.reply_events import SavedReply
from grokchat.session.reply_recorder import ReplyRecorder

Event = Retrying | Delta | Finished | Unanswered
Phase = Literal["waiting", "retrying", "searching", "thinking", "replying", "done", "failed"]

_MAX_UNREAD_EVENTS = 64
"""Of a stream that is being read: then the server has to wait, as with a single model."""


class ModelReply:
    """The reply of one of the models, as far as it has arrived; `settings` are those of its request.

    `stream` yields its events and raises its `error`, which names the model; `problem` is the same without the name.
    `text_bytes` is the size of its text, and `phase_since` the clock's time at which its `phase` began. `activity` is
    what the model does in the phase `searching`, from outside. `recorder` saves it.
    """

    def __init__(self, settings: Settings, recorder: ReplyRecorder, clock: Callable[[], float]) -> None:
        self.settings = settings
        self.error: ApiError | None = None
        self.problem = ""
        self.text_bytes = 0
        self.activity = ""
        self.phase: Phase = "waiting"
        self.phase_since = clock()
        self._clock = clock
        self.recorder = recorder
        self._unread: deque[Event] = deque()
        self._is_read = False
        self._has_news, self._has_room = asyncio.Event(), asyncio.Event()

    @property
    def model(self) -> str:
        """The model that was asked."""
        return self.settings.model

    @property
    def has_ended(self) -> bool:
        """Whether nothing more arrives."""
        return self.phase in {"done", "failed"}

    @property
    def has_answer(self) -> bool:
        """Whether there is an answer, or a part of one."""
        return self.recorder.has_answer

    @property
    def builder(self) -> ReplyBuilder:
        """The reply as received so far."""
        return self.recorder.builder

    def answers(self) -> list[SavedReply]:
        """Return the reply and its other choices as they are saved: messages and metadata."""
        return self.recorder.answers()

    async def stream(self) -> AsyncGenerator[Event, None]:
        """Yield what arrives, and first what has arrived; raises ApiError."""
        self._is_read = True
        while self._unread or not self.has_ended:
            self._has_news.clear()
            if self._unread:
                event = self._take()
                self._has_room.set()
                yield event
            elif not self.has_ended:
                await self._has_news.wait()
        if self.error is not None:
            raise self.error

    def take_unread(self) -> Delta:
        """Return the text that no one has read from the stream; it is not yielded any more."""
        unread = [event for event in self._unread if isinstance(event, Delta)]
        self._unread.clear()
        return _joined(unread)

    def _take(self) -> Event:
        """Remove and return the next unread event; text that waits is a single one."""
        if not isinstance(self._unread[0], Delta):
            return self._unread.popleft()
        deltas = []
        while self._unread and isinstance(delta := self._unread[0], Delta):
            deltas.append(delta)
            self._unread.popleft()
        return _joined(deltas)

    # -- receiving -----------------------------------------------------------------------------------------------------

    async def add_delta(self, delta: Delta) -> None:
        """Add what arrived; waits while the reader of the stream is far behind."""
        self.recorder.add_delta(delta)
        self.text_bytes += len(delta.text.encode("utf-8", "replace"))
        if delta.activity:
            self._enter("searching", delta.activity)
        elif delta.text:
            self._enter("replying")
        elif delta.reasoning and self.phase != "replying":
            self._enter("thinking")
        self._push(delta)
        while self._is_read and len(self._unread) > _MAX_UNREAD_EVENTS:
            self._has_room.clear()
            await self._has_room.wait()

    def add_retry(self, retrying: Retrying, *, is_told: bool) -> None:
        """Note that an attempt failed; the stream has it unless it `is_told` already."""
        self._enter("retrying")
        if not is_told:
            self._push(retrying)

    def complete(self) -> None:
        """Note that the reply is complete; raises BrokenReplyError if it is empty."""
        if late := self.recorder.complete():
            self._push(late)

    def end(self, event: Finished | Unanswered | None, error: ApiError | None = None) -> None:
        """Note that nothing more arrives, with the last event, if there is any."""
        self.recorder.end(writes_rest=self.has_answer)
        self.error = error
        self._enter("done" if error is None else "failed")
        if event is not None:
            self._unread.append(event)
        self._has_news.set()

    def _push(self, event: Event) -> None:
        self._unread.append(event)
        self._has_news.set()

    def _enter(self, phase: Phase, activity: str = "") -> None:
        if (phase, activity) != (self.phase, self.activity):
            self.phase, self.activity, self.phase_since = phase, activity, self._clock()


def _joined(deltas: Sequence[Delta]) -> Delta:
    """Return what arrived in one piece, with what the model does after it: what it did before is over."""
    if len(deltas) == 1:
        return deltas[0]
    activity = deltas[-1].activity if deltas else ""
    return Delta("".join(delta.text for delta in deltas), "".join(delta.reasoning for delta in deltas), activity)
