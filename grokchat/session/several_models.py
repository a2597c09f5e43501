"""Several models asked at once: one place in the message list for all their replies.

All replies arrive at the same time, over connections of the same client. Each has its own stream of events, and what is
not read yet waits in memory, so the streams can be read one after the other. The current reply is the first, in the
order asked, that has text. It alone has partial lines in the session's file; if it ends without text, the next one
takes over. When the last model has ended, or when they are stopped, everything that has arrived is saved: the current
reply, with the others as its alternatives.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Literal

from grokchat.api.client import Attempt, Client, Retrying
from grokchat.api.failures import PART_IS_KEPT
from grokchat.api.reply_builder import Delta, ReplyBuilder
from grokchat.config.settings import Settings
from grokchat.environment import Environment
from grokchat.errors import Advice, ApiError
from grokchat.messages import new_id
from grokchat.records import replace
from grokchat.session.exchange import (
    Finished,
    ReplyRecorder,
    SavedReply,
    Unanswered,
    check_sent,
    describe_end,
    without_answer,
)
from grokchat.session.session import Session

Event = Retrying | Delta | Finished | Unanswered
Phase = Literal["waiting", "retrying", "thinking", "replying", "done", "failed"]

PART_IS_ALTERNATIVE = Advice(
    "The partial reply is kept as an alternative.", "The partial reply is kept: /alt lists it."
)
_MAX_CHOICES = 1 << 20
"""Of one reply, when those of all are numbered."""
_MAX_UNREAD_EVENTS = 64
"""Of a stream that is being read: then the server has to wait, as with a single model."""


class ModelReply:
    """The reply of one of the models, as far as it has arrived; `settings` are those of its request.

    `stream` yields its events and raises its `error`, which names the model; `problem` is the same without the name.
    `text_bytes` is the size of its text, and
    `phase_since` the clock's time at which its `phase` began. `recorder` saves it.
    """

    def __init__(self, settings: Settings, recorder: ReplyRecorder, clock: Callable[[], float]) -> None:
        self.settings = settings
        self.error: ApiError | None = None
        self.problem = ""
        self.text_bytes = 0
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
        if delta.text:
            self._enter("replying")
        elif self.phase != "replying":
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

    def _enter(self, phase: Phase) -> None:
        if phase != self.phase:
            self.phase, self.phase_since = phase, self._clock()


class ModelReplies:
    """Asks each of the models, inside its `async with`: `replies` has one for each, in the order asked.

    When the block is left, in any way, nothing is received any more and everything that arrived is saved. `on_retry` is
    told of each attempt that failed; without it, the streams have them.
    """

    def __init__(
        self,
        session: Session,
        client: Client,
        environment: Environment,
        requests: Sequence[Settings],
        *,
        is_chat: bool = True,
        on_retry: Callable[[ModelReply, Retrying], None] | None = None,
    ) -> None:
        """Prepare to ask; raises CommandError if there is nothing to send, and ApiError for a refused image."""
        check_sent(session)
        self._session = session
        self._client = client
        self._is_chat = is_chat
        self._on_retry = on_retry
        self._tasks: list[asyncio.Task[None]] = []
        self._writing: ModelReply | None = None
        self._is_saved = False
        self.replies = [
            ModelReply(
                settings, ReplyRecorder(session, environment, settings, writes_partials=False), environment.clock
            )
            for settings in requests
        ]

    async def __aenter__(self) -> Sequence[ModelReply]:
        self._choose_current()
        # The last request of the session is that of the first model.
        bodies = [self._session.start_request(reply.settings) for reply in reversed(self.replies)]
        self._tasks = [
            asyncio.create_task(self._receive(reply, body))
            for reply, body in zip(self.replies, reversed(bodies), strict=True)
        ]
        return self.replies

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if not self._is_saved:
            self._save()
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        for task in self._tasks:
            if not task.cancelled() and (bug := task.exception()) is not None and kind is None:
                raise bug

    @property
    def current(self) -> ModelReply | None:
        """The current reply, as far as is known; None if none of them has, or may still get, an answer."""
        may_answer = not self._is_saved
        return next((reply for reply in self.replies if reply.has_answer or (may_answer and not reply.has_ended)), None)

    def position(self, reply: ModelReply) -> tuple[int, int] | None:
        """Return which of how many alternatives a reply is; None if it is alone, or no answer.

        Those before it must have ended. A reply that may still get an answer counts as one.
        """
        current = self.current
        if current is None or not reply.has_answer:
            return None
        counts = [self._count_answers(other) for other in self.replies]
        indexed = len(self._session.alternatives.of(current.recorder.reply_id))
        # Before they are saved, the index has at most the part of the current reply.
        earlier = max(0, indexed - (sum(counts) if self._is_saved else 1))
        position, total = earlier + 1 + sum(counts[: self.replies.index(reply)]), earlier + sum(counts)
        return (position, total) if total > 1 else None

    def _count_answers(self, reply: ModelReply) -> int:
        if reply.has_answer:
            return len(reply.answers())
        return 0 if reply.has_ended or self._is_saved else 1

    async def _receive(self, reply: ModelReply, body: bytes) -> None:
        """Receive a reply to its end. If stopped, it is saved by then."""
        event: Finished | Unanswered | None = None
        error: ApiError | None = None
        try:
            await self._receive_events(reply, body)
            reply.complete()
            event = Finished(reply.builder, self._notes(reply))
        except ApiError as failure:
            error = failure
            if reply.recorder.is_unanswered:
                event, error = Unanswered(reply.builder), without_answer(failure, self._session)
            self._name(error, reply)
        finally:
            if not self._is_saved:
                reply.end(event, error)
                self._choose_current()
                if all(other.has_ended for other in self.replies):
                    self._save()
                else:
                    self._save_for_now(reply)

    async def _receive_events(self, reply: ModelReply, body: bytes) -> None:
        conversation_id = self._session.conversation_id
        request = self._client.reply(body, conversation_id=conversation_id, settings=reply.settings)
        async with aclosing(request) as events:
            async for event in events:
                if isinstance(event, Attempt):
                    reply.recorder.builder = event.builder
                elif isinstance(event, Delta):
                    await reply.add_delta(event)
                else:
                    reply.add_retry(event, is_told=self._on_retry is not None)
                    if self._on_retry is not None:
                        self._on_retry(reply, event)

    def _notes(self, reply: ModelReply) -> tuple[str, ...]:
        """Return what is unusual about the end of a reply, with the model's name."""
        is_current = reply is self.current
        notes = describe_end(reply.recorder, None, self._session, is_chat=self._is_chat, can_continue=is_current)
        return tuple(f"{reply.model}: {note}" for note in notes)

    def _name(self, error: ApiError, reply: ModelReply) -> None:
        """Have an error name its model, and advise what works for a reply that is one of several."""
        reply.problem = error.message
        error.message = f"{reply.model}: {error.message}"
        error.retry_command = f"/retry -m {reply.model}"
        if error.advice is PART_IS_KEPT and reply is not self.current:
            error.advice = PART_IS_ALTERNATIVE

    def _choose_current(self) -> None:
        """Have the first reply that has text, or may still get some, write its partials."""
        current = self.current
        if current is None or current is self._writing:
            return
        self._writing = current
        current.recorder.start_partials()
        if current.has_ended:
            current.recorder.end(writes_rest=True)

    def _save_for_now(self, reply: ModelReply) -> None:
        """Have the session's file hold a reply that has ended, until it is saved with the others."""
        if not reply.has_answer:
            return
        first = self.replies.index(reply) * _MAX_CHOICES
        for number, (body, info) in enumerate(reply.answers()):
            reply_id = new_id() if number else reply.recorder.reply_id
            self._session.add_received(reply_id, body, info, index=first + number)

    def _save(self) -> None:
        """Save everything that has arrived: the current reply, and the others as its alternatives."""
        self._is_saved = True
        recorders = [reply.recorder for reply in self.replies]
        for recorder in recorders:
            recorder.end()
        answered = [recorder for recorder in recorders if recorder.has_answer]
        for recorder in recorders:
            if not recorder.has_answer:
                recorder.save(more=bool(answered))
        if answered:
            current, *others = answered
            for recorder in others:
                recorder.save_unanswered_choices()
            current.save([answer for recorder in others for answer in recorder.answers()])


def requests_for(settings: Settings, models: Sequence[str]) -> list[Settings]:
    """Return the settings of each model's request: they differ in the model only."""
    return [replace(settings, model=model) for model in models]


def _joined(deltas: Sequence[Delta]) -> Delta:
    if len(deltas) == 1:
        return deltas[0]
    return Delta("".join(delta.text for delta in deltas), "".join(delta.reasoning for delta in deltas))
