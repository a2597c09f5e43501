"""One exchange: sends the message list, receives the reply, and saves each part of it as it arrives.

An iterator of events for the caller to display. However it ends - finished, broken off, cancelled, closed early - the
received part of the reply is in the session by then.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from grokchat.api.choice import Choice
from grokchat.api.client import Attempt, Client, Retrying
from grokchat.api.failures import PART_IS_KEPT
from grokchat.api.reply_builder import Delta, ReplyBuilder
from grokchat.api.retry import MAX_ATTEMPTS
from grokchat.config.settings import Settings
from grokchat.environment import Environment
from grokchat.errors import Advice, ApiError, BrokenReplyError, CommandError
from grokchat.messages import INTERRUPTED, Message, ReplyInfo, join_replies, new_id
from grokchat.records import record, replace
from grokchat.session.session import Session

_PARTIAL_INTERVAL_S = 0.25
"""Between the partial lines of a reply: a killed process loses at most this much of it."""
_MAX_QUOTED_CHARS = 200
_REASONING_IS_KEPT = Advice("Its reasoning is shown above and kept in the session file.", when="")
_REASONING_IS_SHOWN = Advice("Its reasoning is shown above.", when="")
_MIN_REPEATED_CHARS = 24
"""The length of a repeated beginning: long enough not to be coincidence."""


@record
class Finished:
    """The reply is complete and saved; `notes` are for the user."""

    builder: ReplyBuilder
    notes: tuple[str, ...] = ()


@record
class Unanswered:
    """There is no answer, only reasoning if anything. It is saved; an ApiError follows."""

    builder: ReplyBuilder


async def exchange(
    session: Session,
    client: Client,
    environment: Environment,
    settings: Settings,
    *,
    joins: Message | None = None,
    is_chat: bool = True,
) -> AsyncGenerator[Retrying | Delta | Finished | Unanswered, None]:
    """Request a reply to the session's messages, or the rest of `joins`, the last message.

    With `is_chat`, the notes name slash commands, otherwise shell commands.

    Raises ApiError, also for an image that the API is known to refuse, and CommandError if there is nothing to send.
    """
    sent = session.conversation.sent()
    if not sent:
        raise CommandError(
            "Nothing to send: the list is empty or all messages are muted. /unmute RANGE sends them again.",
            in_shell="Nothing to send: the list is empty or all messages are muted. Give a PROMPT.",
        )
    if any(isinstance(message.body.get("content"), list) for message in sent):
        from grokchat.session.refusals import check_images

        check_images(session.conversation)
    recorder = _ReplyRecorder(session, environment, joins)
    try:
        body = session.start_request(settings)
        async with aclosing(client.reply(body, conversation_id=session.conversation_id, settings=settings)) as events:
            async for event in events:
                if isinstance(event, Attempt):
                    recorder.builder = event.builder
                    continue
                if isinstance(event, Delta):
                    recorder.add_delta(event)
                yield event
        if late := recorder.finish():
            yield late
    except ApiError as error:
        builder = recorder.builder
        if recorder.reply.text.strip() or not (builder.reasoning or builder.finish_reason):
            raise
        recorder.save_part()
        yield Unanswered(builder)
        raise _without_answer(error, session) from error
    finally:
        recorder.save_part()
    yield Finished(recorder.builder, _notes(recorder.reply, recorder.builder, joins, session, is_chat=is_chat))


def describe_retry(retrying: Retrying) -> str:
    """Return the line that announces another attempt."""
    return f"{retrying.reason} · try {retrying.attempt_number} of {MAX_ATTEMPTS} in {retrying.delay_s:.1f} s"


class _ReplyRecorder:
    """Saves a reply in the session while it arrives."""

    def __init__(self, session: Session, environment: Environment, joins: Message | None) -> None:
        self.builder = ReplyBuilder()
        self._session = session
        self._clock = environment.clock
        self._joins = joins
        self._id = new_id()
        self._started_at = self._clock()
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

    @property
    def reply(self) -> Choice:
        """The choice that is the reply: the first that has an answer, or the first."""
        choices = self.builder.choices or [Choice(0)]
        return next(filter(_has_answer, choices), choices[0])

    def finish(self) -> Delta | None:
        """Save the complete reply; return its text if that was not received as deltas, because it is another choice's.

        Raises BrokenReplyError if it is empty.
        """
        reply = self.reply
        if not _has_answer(reply):
            self._end_without_text(self.builder.finish_reason or "unknown")
            advice = _REASONING_IS_KEPT if reply.reasoning else Advice(when="")
            raise BrokenReplyError(_describe_empty(reply), advice)
        self._save(reply.finish_reason or "unknown")
        return None if reply.text == self.builder.text else Delta(reply.text, "")

    def save_part(self) -> None:
        """Save the received part of an unfinished reply, if it has text."""
        if self._has_ended:
            return
        # If stopped after finish_reason but before the connection closed, the reply is complete.
        finish_reason = self.reply.finish_reason or INTERRUPTED
        if self.reply.text.strip():
            self._save(finish_reason)
        else:
            self._end_without_text(finish_reason)

    def _save(self, finish_reason: str) -> None:
        """Save the reply with the other choices as its alternatives; those without an answer are in the file only."""
        self._end()
        reply, others = self.reply, []
        for choice in self.builder.choices:
            if choice is not reply and _has_answer(choice):
                others.append((self._body(choice), self._info(choice, choice.finish_reason or INTERRUPTED)))
            elif choice is not reply and choice.has_content:
                info = self._info(choice, choice.finish_reason or INTERRUPTED, has_message=False)
                self._session.end_without_text(new_id(), reasoning=choice.reasoning, info=info)
        info = replace(self._info(reply, finish_reason), usage=self.builder.usage)
        self._session.add_reply(self._id, self._body(reply), info, replaces=self._replaced, alternatives=others)

    def _body(self, choice: Choice) -> dict[str, Any]:
        body = choice.message()
        return body if self._joins is None else join_replies(self._joins.body, body)

    def _end_without_text(self, finish_reason: str) -> None:
        """Save what there is of a reply without text: its reasoning, which the file keeps, and its usage."""
        self._end()
        if self.builder.has_content or self.builder.usage is not None:
            info = replace(self._info(self.reply, finish_reason, has_message=False), usage=self.builder.usage)
            self._session.end_without_text(self._id, reasoning="".join(self._reasoning), info=info)

    def _info(self, choice: Choice, finish_reason: str, *, has_message: bool = True) -> ReplyInfo:
        builder = self.builder
        return ReplyInfo(
            model=builder.model,
            finish_reason=finish_reason,
            response_id=builder.response_id,
            system_fingerprint=builder.system_fingerprint,
            refusal=choice.refusal or None,
            unsent_tool_calls=(choice.unsent_tool_calls if has_message else choice.calls) or None,
            elapsed_s=round(self._clock() - self._started_at, 1),
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


def _has_answer(choice: Choice) -> bool:
    """Return whether a choice can be a message of the list; the API rejects messages without text and tool calls."""
    return bool(choice.text.strip()) or "tool_calls" in choice.message()


def _describe_empty(choice: Choice) -> str:
    problem = "The reply has no text"
    if choice.finish_reason and choice.finish_reason != "stop":
        problem += f" (finish_reason {_shorten(choice.finish_reason)})"
    if choice.calls:
        problem += f", only a tool call that cannot be sent again: {_describe_call(choice.calls[0])}"
    if choice.reasoning:
        return f"{problem}, only reasoning."
    return f"{problem}. It was not added to the list, because the API rejects empty messages."


def _without_answer(error: ApiError, session: Session) -> ApiError:
    """Return an error whose advice is true of a reply without an answer, in this session."""
    advice = error.advice
    if advice is PART_IS_KEPT or advice is _REASONING_IS_KEPT:
        advice = _REASONING_IS_SHOWN if session.config.folder is None else _REASONING_IS_KEPT
    return type(error)(error.message, advice, status=error.status, request_id=error.request_id)


def looks_restarted(part: str, continuation: str) -> bool:
    """Return whether the continuation of a reply looks like a new answer instead.

    A guess: it repeats the reply's beginning, or starts a sentence although the part ends in the middle of one.
    """
    beginning = continuation.lstrip()[:_MIN_REPEATED_CHARS]
    if len(beginning) == _MIN_REPEATED_CHARS and part.lstrip().startswith(beginning):
        return True
    in_code = sum(line.lstrip().startswith(("```", "~~~")) for line in part.split("\n")) % 2 == 1
    return not in_code and not part[-1:].isspace() and continuation[:1].isupper() and continuation[1:2].islower()


def describe_model_mismatch(served: str | None, session: Session, settings: Settings, *, is_chat: bool = True) -> str:
    """Return a note if the reply is not from the requested model under any of its names, or nothing."""
    requested = settings.model
    model = session.catalog.get(requested)
    if not served or served == requested or (model is not None and model is session.catalog.get(served)):
        return ""
    models, choose = ("/models", "/model") if is_chat else ("--list-models", "-m")
    hint = f" {requested} is not in the API's list ({models})." if session.catalog and model is None else ""
    advice = f"{choose} {served} asks for it directly."
    return f"{requested} was answered by {served}, billed at {served}'s price.{hint} {advice}"


def _notes(
    reply: Choice, builder: ReplyBuilder, joins: Message | None, session: Session, *, is_chat: bool
) -> tuple[str, ...]:
    notes = []
    if joins is not None and looks_restarted(joins.text, reply.text):
        notes.append("the server seems to have started over instead of continuing · /undo removes what it added")
    reason = reply.finish_reason
    if reason == "length":
        is_saved = session.config.folder is not None
        advice = (
            "/continue resumes it" if is_chat else "resume it with: grokchat -c, then /continue" if is_saved else ""
        )
        notes.append(" · ".join(filter(None, ("the reply hit its length limit", advice))))
    elif reason != "stop":
        notes.append(f"the reply ended with finish_reason {_shorten(reason)}")
    unsent = reply.unsent_tool_calls
    for call in reply.calls:
        notes.append(f"the model called a tool, but grokchat has no tools: {_describe_call(call)}")
        if call in unsent:
            notes[-1] += " · the call is not valid in a request, so it is kept in the session but not sent again"
    if (count := len(builder.choices)) > 1:
        others = "the other is" if count == 2 else "the others are"
        kept = "" if session.config.folder is None else f"; {others} kept in the session file"
        notes.append(f"{count} choices received: choice {builder.choices.index(reply) + 1} is the reply{kept}")
    return tuple(notes)


def _describe_call(call: dict[str, Any]) -> str:
    function = call.get("function")
    name, arguments = map(function.get, ("name", "arguments")) if isinstance(function, dict) else ("", function)
    return f"{_shorten(name or 'unnamed')}({_shorten(arguments or '')})"


def _shorten(value: object) -> str:
    """Return a server's value on one line, cut to a length that fits into a note."""
    words = " ".join(str(value).split())
    return words if len(words) <= _MAX_QUOTED_CHARS else words[: _MAX_QUOTED_CHARS - 1] + "…"
