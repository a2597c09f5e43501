"""One exchange: the buffer goes out, the reply comes in, and every piece of it is kept as it comes.

An iterator of what happens, for whoever shows it; it shows nothing itself. Whatever way it ends - finished, broken,
cancelled, closed early - what came of the reply is in the session by then.
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
from grokchat.errors import BrokenReplyError
from grokchat.messages import INTERRUPTED, Message, joined, new_id
from grokchat.records import record
from grokchat.session.session import Session

_PARTIAL_EVERY = 0.25
"""Seconds between the partial lines of a reply: what a killed process can lose of it."""
_ECHO = 24
"""Characters of a repeated beginning that are no chance."""


@record
class Finished:
    """The reply is whole and kept; `notes` are what the user should be told about it."""

    builder: ReplyBuilder
    notes: tuple[str, ...] = ()


async def exchange(
    session: Session, client: Client, environment: Environment, settings: Settings, *, joins: Message | None = None
) -> AsyncGenerator[Retrying | Delta | Finished, None]:
    """Ask for the reply to the session's buffer, or for more of the reply `joins` at its end; raises ApiError."""
    keeper = _Keeper(session, environment, joins)
    try:
        body = session.last_request_body = session.request_body(settings)
        async with aclosing(client.reply(body, conversation=session.conversation_id, settings=settings)) as events:
            async for event in events:
                if isinstance(event, Attempt):
                    keeper.builder = event.builder
                    continue
                if isinstance(event, Delta):
                    keeper.take(event)
                yield event
        keeper.finish()
    finally:
        keeper.keep_part()
    yield Finished(keeper.builder, _notes(keeper.builder, joins))


def describe_retry(reason: str, attempt: int, delay: float) -> str:
    """Return the one line that tells of another try."""
    return f"{reason}; try {attempt} of {MAX_ATTEMPTS} in {delay:.1f} s"


class _Keeper:
    """Puts a reply into the session as it comes."""

    def __init__(self, session: Session, environment: Environment, joins: Message | None) -> None:
        self.builder = ReplyBuilder()
        self._session = session
        self._clock = environment.clock
        self._joins = joins
        self._id = new_id()
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._last = float("-inf")
        self._timer: asyncio.TimerHandle | None = None
        self._ended = False

    @property
    def _replaced(self) -> str | None:
        return self._joins.id if self._joins is not None else None

    def take(self, delta: Delta) -> None:
        self._text.append(delta.text)
        self._reasoning.append(delta.reasoning)
        if self._timer is None:
            wait = max(0.0, self._last + _PARTIAL_EVERY - self._clock())
            if wait:
                self._timer = asyncio.get_running_loop().call_later(wait, self._write)
            else:
                self._write()

    def finish(self) -> None:
        builder = self.builder
        if not builder.text.strip() and not builder.tool_calls:
            self._end()
            raise BrokenReplyError(_empty(builder))
        self._add(builder.finish_reason or "unknown")

    def keep_part(self) -> None:
        """Keep what has come of a reply that has not ended; without text there is nothing to keep."""
        if self._ended:
            return
        if self.builder.text.strip():
            # Stopped between its end and the end of its connection, a reply is whole all the same.
            self._add(self.builder.finish_reason or INTERRUPTED)
        self._end()

    def _add(self, finish_reason: str) -> None:
        self._end()
        builder = self.builder
        info = {
            "model": builder.model,
            "finish_reason": finish_reason,
            "usage": builder.usage,
            "response_id": builder.response_id,
            "system_fingerprint": builder.system_fingerprint,
        }
        known = {key: value for key, value in info.items() if value is not None}
        body = builder.message()
        if self._joins is not None:
            body = joined(self._joins.body, body)
        self._session.add_message(body, message_id=self._id, replaces=self._replaced, known=known)

    def _write(self) -> None:
        self._timer = None
        self._last = self._clock()
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
        self._ended = True
        self._session.incoming_reply_id = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _empty(builder: ReplyBuilder) -> str:
    said = "The reply came without any text"
    if builder.finish_reason and builder.finish_reason != "stop":
        said += f" (finish_reason {builder.finish_reason})"
    if builder.reasoning:
        said += "; the model thought, and did not answer"
    return f"{said}. It was not kept, because the API rejects empty messages. /retry asks again."


def looks_restarted(part: str, more: str) -> bool:
    """Say whether what was to go on with a reply looks like an answer from the beginning instead.

    A guess: it repeats the beginning, or it begins like a sentence where the part stopped in the middle of one.
    """
    opening = more.lstrip()[:_ECHO]
    if len(opening) == _ECHO and part.lstrip().startswith(opening):
        return True
    in_code = sum(line.lstrip().startswith(("```", "~~~")) for line in part.split("\n")) % 2 == 1
    return not in_code and not part[-1:].isspace() and more[:1].isupper() and more[1:2].islower()


def describe_model_mismatch(served: str | None, session: Session, settings: Settings) -> str:
    """Say that a reply came from another model than the one asked for, under any name that is known; or nothing."""
    asked = settings.model
    known = session.catalog.get(asked)
    if not served or served == asked or (known is not None and known is session.catalog.get(served)):
        return ""
    why = f"{asked} is not in the API's list of models (/models). " if session.catalog and known is None else ""
    return f"asked for {asked}, served by {served}, at its prices. {why}-m or /model {served} asks for it by name"


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
    notes.extend(f"the model calls a tool, which grokchat has none of: {_call(call)}" for call in builder.tool_calls)
    return tuple(notes)


def _call(call: dict[str, Any]) -> str:
    function = call.get("function", {})
    arguments = " ".join(str(function.get("arguments", "")).split())
    return f"{function.get('name', '')}({arguments[:200]})"
