"""Saves a reply while it arrives, and at its end in whatever state it is: complete, broken off or unanswered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from grokchat.api.choice import Choice
from grokchat.api.reply_builder import Delta, ReplyBuilder
from grokchat.config.settings import Settings
from grokchat.environment import Environment
from grokchat.messages import INTERRUPTED, Message, ReplyInfo, content_text, join_replies, new_id
from grokchat.records import replace
from grokchat.redaction import redact_values
from grokchat.session.deferred_replies import save_reply
from grokchat.session.due_replies import DueReply
from grokchat.session.reply_events import SavedReply
from grokchat.session.session import Session

_PARTIAL_INTERVAL_S = 0.25
"""Between the partial lines of a reply: a killed process loses at most this much of it."""
_MISSING = object()


class ReplyRecorder:
    """Saves a reply in the session while it arrives: partial lines, and at its end the message.

    Of several replies to one request only one `writes_partials`; the others are saved beside it by `answers`. A reply
    that is `due` was deferred: it arrives at once, and is saved in the place that it has by then.
    """

    def __init__(
        self,
        session: Session,
        environment: Environment,
        settings: Settings,
        joins: Message | None = None,
        *,
        writes_partials: bool = True,
        due: DueReply | None = None,
    ) -> None:
        self.builder = ReplyBuilder()
        self._session = session
        self._clock = environment.clock
        self._params = _own_params(settings, session.settings)
        self._asked_model, self._base_url = settings.model, settings.base_url
        self._joins = joins
        self._writes_partials = writes_partials
        self._due = due
        self._id = new_id() if due is None else due.reply_id
        self._started_at = self._clock()
        if due is not None:
            self._params = due.params
            self._started_at -= max(0.0, (environment.now() - due.since).total_seconds())
        self._ended_at: float | None = None
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._last_partial_at = float("-inf")
        self._timer: asyncio.TimerHandle | None = None
        self._is_complete = False
        self._is_saved = False

    @property
    def reply_id(self) -> str:
        """The id of the reply's message."""
        return self._id

    @property
    def due(self) -> DueReply | None:
        """What is due, if the reply is deferred."""
        return self._due

    def defer(self, request_id: str, now: datetime) -> None:
        """Save that the API has accepted the request as a job, whose reply is due."""
        session, sent = self._session, self._session.conversation.sent()
        questions = (message.id for message in reversed(sent) if message.role == "user")
        last_id = session.conversation.messages[-1].id
        due = DueReply(
            self._id,
            session.config.redact(request_id),
            question_id=next(questions, last_id),
            after_id=last_id,
            since=now,
            model=self._asked_model,
            params=self._params,
            base_url=self._base_url,
        )
        self._due = session.add_due(due)

    @property
    def _replaced(self) -> str | None:
        return self._joins.id if self._joins is not None else None

    def add_delta(self, delta: Delta) -> None:
        """Collect a delta for the next partial, and save that now or when its time has come."""
        if not (delta.text or delta.reasoning):
            return  # what the model does is for the screen
        self._text.append(delta.text)
        self._reasoning.append(delta.reasoning)
        if self._timer is None and self._writes_partials and self._due is None:
            wait_s = max(0.0, self._last_partial_at + _PARTIAL_INTERVAL_S - self._clock())
            if wait_s:
                self._timer = asyncio.get_running_loop().call_later(wait_s, self._write_partial)
            else:
                self._write_partial()

    def start_partials(self) -> None:
        """Write partials from now on, the first one with all that has arrived."""
        self._writes_partials = True
        if any(self._text) or any(self._reasoning):
            self._write_partial()

    @property
    def reply(self) -> Choice:
        """The choice that is the reply: the first that has an answer, or the first."""
        choices = self.builder.choices or [Choice(0)]
        return next(filter(_has_answer, choices), choices[0])

    @property
    def has_answer(self) -> bool:
        """Whether the reply can be a message of the list; while it is incomplete, only its text counts."""
        return _has_answer(self.reply) if self._is_complete else bool(self.reply.text.strip())

    @property
    def is_unanswered(self) -> bool:
        """Whether something arrived, and none of it is text of an answer."""
        return not self.reply.text.strip() and bool(self.builder.reasoning or self.builder.finish_reason)

    @property
    def is_usual(self) -> bool:
        """Whether the reply is one text that has ended by itself."""
        return self.reply.finish_reason == "stop" and not self.reply.calls and len(self.builder.choices) == 1

    def complete(self) -> Delta | None:
        """Note that the reply is complete; return its text if no delta had it, because it is another choice's.

        Raises BrokenReplyError if it is empty.
        """
        self._is_complete = True
        reply = self.reply
        if not _has_answer(reply):
            from grokchat.session.reply_notes import empty_reply_error

            raise empty_reply_error(reply)
        return None if reply.text == self.builder.text else Delta(reply.text, "")

    def end(self, *, writes_rest: bool = False) -> None:
        """Note that nothing more arrives; `writes_rest` puts all of it on the disk, if its partials are written."""
        if self._ended_at is None:
            self._ended_at = self._clock()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if writes_rest and self._writes_partials and any(self._text):
            self._write_partial()
            self._session.flush()

    def save(self, alternatives: Sequence[SavedReply] = (), *, more: bool = False) -> None:
        """Save what has arrived, with other replies to the same request, unless that was done.

        A reply without an answer is kept in the file only; with `more`, another one is saved in its place.
        """
        if self._is_saved:
            return
        self._is_saved = True
        self.end()
        self._session.incoming_reply_id = None
        if not self.has_answer:
            self._save_unanswered(more=more)
            return
        self.save_unanswered_choices()
        if self._due is not None:
            save_reply(self._session, self._due, self.answers())
            return
        (body, info), *others = self.answers()
        self._session.add_reply(self._id, body, info, replaces=self._replaced, alternatives=[*others, *alternatives])

    def answers(self) -> list[SavedReply]:
        """Return the reply, with the usage, and then the other choices that have an answer: messages and metadata."""
        reply = self.reply
        others = [choice for choice in self.builder.choices if choice is not reply and _has_answer(choice)]
        body = self._body(reply)
        info = self._with_search(replace(self._info(reply), usage=self.builder.usage))
        if self._joins is not None:
            info = _as_continuation(info, self._joins, body)
        return [(body, info), *((self._body(choice), self._info(choice)) for choice in others)]

    def save_unanswered_choices(self) -> None:
        """Save the choices without an answer beside the reply: in the file only."""
        for choice in self.builder.choices:
            if choice is not self.reply and choice.has_content and not _has_answer(choice):
                info = self._info(choice, has_message=False)
                self._session.end_without_text(new_id(), reasoning=choice.reasoning, info=info, more=True)

    def _body(self, choice: Choice) -> dict[str, Any]:
        body = choice.message()
        return body if self._joins is None else join_replies(self._joins.body, body)

    def _save_unanswered(self, *, more: bool) -> None:
        """Save what there is of a reply without text: its reasoning, which the file keeps, and its usage."""
        if self.builder.has_content or self.builder.usage is not None:
            info = replace(self._info(self.reply, has_message=False), usage=self.builder.usage)
            info = self._with_search(info)
            self._session.end_without_text(self._id, reasoning="".join(self._reasoning), info=info, more=more)

    def _info(self, choice: Choice, *, has_message: bool = True) -> ReplyInfo:
        ended_at = self._clock() if self._ended_at is None else self._ended_at
        info = choice_info(self.builder, choice, ended_at - self._started_at)
        if self._is_complete and choice is self.reply and not choice.finish_reason:
            info = replace(info, finish_reason="unknown")
        unsent = choice.unsent_tool_calls if has_message else choice.calls
        return replace(info, unsent_tool_calls=unsent or None, params=self._params)

    def _with_search(self, info: ReplyInfo) -> ReplyInfo:
        """Return the metadata with what a reply with search has besides its text."""
        items = redact_values(list(self.builder.encrypted_reasoning), self._session.config.redact)
        return replace(
            info,
            sources=[source.fields() for source in self.builder.sources] or None,
            encrypted_reasoning={"model": self._asked_model, "items": items} if items else None,
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


def choice_info(builder: ReplyBuilder, choice: Choice, elapsed_s: float) -> ReplyInfo:
    """Return the metadata of one choice as far as it has arrived, without the usage, which is that of all of them.

    If it was stopped after its finish_reason but before the connection closed, it is complete.
    """
    return ReplyInfo(
        model=builder.model,
        finish_reason=choice.finish_reason or INTERRUPTED,
        response_id=builder.response_id,
        system_fingerprint=builder.system_fingerprint,
        refusal=choice.refusal or None,
        elapsed_s=round(elapsed_s, 1),
    )


def _as_continuation(info: ReplyInfo, first: Message, joined: Mapping[str, Any]) -> ReplyInfo:
    """Return the metadata of a continuation as that of the whole reply, whose message is `joined`.

    It has the sources of all its parts, also one whose marker the first part ends in. No encrypted reasoning belongs to
    it, because the API has never sent it as a whole.
    """
    earlier = first.reply.sources if first.reply is not None else None
    earlier = earlier or [source.fields() for source in first.sources]
    info = replace(info, encrypted_reasoning=None)
    if not (earlier or info.sources):
        return info
    from grokchat.reply_sources import join_sources, sources_in_text

    cited = [source.fields() for source in sources_in_text(content_text(joined["content"]))]
    return replace(info, sources=join_sources(earlier, info.sources, cited))


def _own_params(settings: Settings, usual: Settings) -> Mapping[str, Any] | None:
    """Return the request parameters of one request that the session's others do not have; None if there are none."""
    usual_params = usual.params
    own = {key: value for key, value in settings.params.items() if usual_params.get(key, _MISSING) != value}
    own |= {key: None for key in usual_params if key not in settings.params}
    return own or None


def _has_answer(choice: Choice) -> bool:
    """Return whether a choice can be a message of the list; the API rejects messages without text and tool calls."""
    return bool(choice.text.strip()) or "tool_calls" in choice.message()
