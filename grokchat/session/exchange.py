"""One exchange: sends the message list, receives the reply, and saves each part of it as it arrives.

An iterator of events for the caller to display. However it ends - finished, broken off, cancelled, closed early - the
received part of the reply is in the session by then.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from grokchat.api.client import Attempt, Client, Retrying
from grokchat.api.reply_builder import Delta, ReplyBuilder
from grokchat.api.retry import MAX_ATTEMPTS
from grokchat.config.settings import Settings
from grokchat.environment import Environment
from grokchat.errors import BrokenReplyError, CommandError
from grokchat.messages import INTERRUPTED, Message, ReplyInfo, join_replies, new_id
from grokchat.records import record
from grokchat.session.refusals import check_images
from grokchat.session.session import Session

_PARTIAL_INTERVAL_S = 0.25
"""Between the partial lines of a reply: a killed process loses at most this much of it."""
_MAX_QUOTED_CHARS = 200
_MIN_REPEATED_CHARS = 24
"""The length of a repeated beginning: long enough not to be coincidence."""


@record
class Finished:
    """The reply is complete and saved; `notes` are for the user."""

    builder: ReplyBuilder
    notes: tuple[str, ...] = ()


async def exchange(
    session: Session, client: Client, environment: Environment, settings: Settings, *, joins: Message | None = None
) -> AsyncGenerator[Retrying | Delta | Finished, None]:
    """Request a reply to the session's messages, or the rest of `joins`, the last message.

    Raises ApiError, also for an image that the API is known to refuse, and CommandError if there is nothing to send.
    """
    if not session.conversation.sent():
        raise CommandError("Nothing to send: every message is muted or deleted. /unmute RANGE sends them again.")
    check_images(session.conversation)
    recorder = _ReplyRecorder(session, environment, joins)
    try:
        body = session.last_request_body = session.request_body(settings)
        async with aclosing(client.reply(body, conversation_id=session.conversation_id, settings=settings)) as events:
            async for event in events:
                if isinstance(event, Attempt):
                    recorder.builder = event.builder
                    continue
                if isinstance(event, Delta):
                    recorder.add_delta(event)
                yield event
        recorder.finish()
    finally:
        recorder.save_part()
    yield Finished(recorder.builder, _notes(recorder.builder, joins))


def describe_retry(retrying: Retrying) -> str:
    """Return the line that announces another attempt."""
    return f"{retrying.reason}; try {retrying.attempt_number} of {MAX_ATTEMPTS} in {retrying.delay_s:.1f} s"


class _ReplyRecorder:
    """Saves a reply in the session while it arrives."""

    def __init__(self, session: Session, environment: Environment, joins: Message | None) -> None:
        self.builder = ReplyBuilder()
        self._session = session
        self._clock = environment.clock
        self._joins = joins
        self._id = new_id()
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._last_partial_at = float("-inf")
        self._timer: asyncio.TimerHandle | None = None
        self._has_ended = False

    @property
    def _replaced(self) -> str | None:
        return self._joins.id if self._joins is not None else None

    def add_delta(self, delta: Delta) -> None:
        """Collect a delta for the next partial, and save that now or when its time has come."""
        self._text.append(delta.text)
        self._reasoning.append(delta.reasoning)
        if self._timer is None:
            wait_s = max(0.0, self._last_partial_at + _PARTIAL_INTERVAL_S - self._clock())
            if wait_s:
                self._timer = asyncio.get_running_loop().call_later(wait_s, self._write_partial)
            else:
                self._write_partial()

    def finish(self) -> None:
        """Save the complete reply; raises BrokenReplyError if it is empty."""
        builder = self.builder
        if not builder.text.strip() and "tool_calls" not in builder.message():
            self._end_without_text(builder.finish_reason or "unknown")
            raise BrokenReplyError(_describe_empty(builder))
        self._save(builder.finish_reason or "unknown")

    def save_part(self) -> None:
        """Save the received part of an unfinished reply, if it has text."""
        if self._has_ended:
            return
        # If stopped after finish_reason but before the connection closed, the reply is complete.
        finish_reason = self.builder.finish_reason or INTERRUPTED
        if self.builder.text.strip():
            self._save(finish_reason)
        else:
            self._end_without_text(finish_reason)

    def _save(self, finish_reason: str) -> None:
        self._end()
        body = self.builder.message()
        if self._joins is not None:
            body = join_replies(self._joins.body, body)
        self._session.add_reply(self._id, body, self._info(finish_reason), replaces=self._replaced)

    def _end_without_text(self, finish_reason: str) -> None:
        """Save what there is of a reply without text: its reasoning, which the file keeps, and its usage."""
        self._end()
        if self.builder.reasoning or self.builder.usage is not None:
            reasoning = "".join(self._reasoning)
            self._session.end_without_text(self._id, reasoning=reasoning, info=self._info(finish_reason))

    def _info(self, finish_reason: str) -> ReplyInfo:
        builder = self.builder
        return ReplyInfo(
            model=builder.model,
            finish_reason=finish_reason,
            usage=builder.usage,
            response_id=builder.response_id,
            system_fingerprint=builder.system_fingerprint,
        )

    def _write_partial(self) -> None:
        self._timer = None
        self._last_partial_at = self._clock()
        self._session.add_partial(
            self._id,
            text="".join(self._text),
            reasoning="".join(self._reasoning),
            model=self.builder.model,
            joins=self._replaced,
        )
        self._text.clear()
        self._reasoning.clear()

    def _end(self) -> None:
        """Stop saving partials."""
        self._has_ended = True
        self._session.incoming_reply_id = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _describe_empty(builder: ReplyBuilder) -> str:
    problem = "The reply came without any text"
    if builder.finish_reason and builder.finish_reason != "stop":
        problem += f" (finish_reason {builder.finish_reason})"
    if builder.reasoning:
        problem += "; the model thought, and did not answer"
    return f"{problem}. It was not kept, because the API rejects empty messages. /retry asks again."


def looks_restarted(part: str, continuation: str) -> bool:
    """Return whether the continuation of a reply looks like a new answer instead.

    A guess: it repeats the reply's beginning, or starts a sentence although the part ends in the middle of one.
    """
    beginning = continuation.lstrip()[:_MIN_REPEATED_CHARS]
    if len(beginning) == _MIN_REPEATED_CHARS and part.lstrip().startswith(beginning):
        return True
    in_code = sum(line.lstrip().startswith(("```", "~~~")) for line in part.split("\n")) % 2 == 1
    return not in_code and not part[-1:].isspace() and continuation[:1].isupper() and continuation[1:2].islower()


def describe_model_mismatch(served: str | None, session: Session, settings: Settings) -> str:
    """Return a note if the reply is not from the requested model under any of its names, or nothing."""
    requested = settings.model
    model = session.catalog.get(requested)
    if not served or served == requested or (model is not None and model is session.catalog.get(served)):
        return ""
    hint = f"{requested} is not in the API's list of models (/models). " if session.catalog and model is None else ""
    return f"asked for {requested}, served by {served}, at its prices. {hint}-m or /model {served} asks for it by name"


def _notes(builder: ReplyBuilder, joins: Message | None) -> tuple[str, ...]:
    notes = []
    if joins is not None and looks_restarted(joins.text, builder.text):
        notes.append(
            "it looks as if the server began afresh instead of going on: its answer stands behind the part, "
            "as one message. /undo takes it off again"
        )
    reason = builder.finish_reason
    if reason == "length":
        notes.append("the reply was cut at its length limit; /continue goes on with it")
    elif reason != "stop":
        notes.append(f"the reply ended with finish_reason {reason}")
    notes.extend(
        f"the model calls a tool, which grokchat has none of: {_describe_call(call)}" for call in builder.tool_calls
    )
    return tuple(notes)


def _describe_call(call: dict[str, Any]) -> str:
    function = call.get("function")
    name, arguments = map(function.get, ("name", "arguments")) if isinstance(function, dict) else ("", function)
    return f"{_shorten(name or 'a tool without a name')}({_shorten(arguments or '')})"


def _shorten(value: object) -> str:
    """Return a server's value on one line, cut to a length that fits into a note."""
    words = " ".join(str(value).split())
    return words if len(words) <= _MAX_QUOTED_CHARS else words[: _MAX_QUOTED_CHARS - 1] + "…"
