"""Several models asked at once: one place in the message list for all their replies.

All replies arrive at the same time, over connections of the same client. Each has its own stream of events, and what is
not read yet waits in memory, so the streams can be read one after the other. The current reply is the first, in the
order asked, that has text. It alone has partial lines in the session's file; if it ends without text, the next one
takes over. When the last model has ended, or when they are stopped, everything that has arrived is saved: the current
reply, with the others as its alternatives.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing

from grokchat.api.client import Attempt, Client, Retrying
from grokchat.api.failures import PART_IS_KEPT
from grokchat.api.reply_builder import Delta
from grokchat.config.settings import Settings
from grokchat.environment import Environment
from grokchat.errors import Advice, ApiError
from grokchat.messages import new_id
from grokchat.records import replace
from grokchat.session.exchange import Finished, Unanswered, check_sent
from grokchat.session.model_reply import ModelReply
from grokchat.session.reply_notes import describe_end, without_answer
from grokchat.session.reply_recorder import ReplyRecorder
from grokchat.session.session import Session

PART_IS_ALTERNATIVE = Advice(
    "The partial reply is kept as an alternative.", "The partial reply is kept: /alt lists it."
)
_MAX_CHOICES = 1 << 20
"""Of one reply, when those of all are numbered."""


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
        for settings in requests:
            check_sent(session, settings)
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
        bodies = [self._session.requests.start(reply.settings) for reply in reversed(self.replies)]
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
            self._session.requests.locate(failure, reply.settings)
            error = failure
            if reply.recorder.is_unanswered:
                event, error = Unanswered(reply.builder), without_answer(failure, self._session)
            self._name_model(error, reply)
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
                    if event.leaves_out_reasoning:
                        self._session.requests.leave_out_reasoning()
                elif isinstance(event, Delta):
                    await reply.add_delta(event)
                elif isinstance(event, Retrying):
                    reply.add_retry(event, is_told=self._on_retry is not None)
                    if self._on_retry is not None:
                        self._on_retry(reply, event)

    def _notes(self, reply: ModelReply) -> tuple[str, ...]:
        """Return what is unusual about the end of a reply, with the model's name."""
        is_current = reply is self.current
        notes = describe_end(
            reply.recorder.reply, reply.builder, None, self._session, is_chat=self._is_chat, can_continue=is_current
        )
        return tuple(f"{reply.model}: {note}" for note in notes)

    def _name_model(self, error: ApiError, reply: ModelReply) -> None:
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
