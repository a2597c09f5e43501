"""Deferred replies that are due: the API has accepted a request as a job, and its reply has not been fetched yet.

An event `deferred` names the job (`request`), the reply that will come (`reply`) and what it answers (`question`). The
reply is due until there is a message of that id, or the end of a reply without text, or another `deferred` event with
`ended`, which says why no reply will come. The events do not change the message list, and other readers may ignore
them. Pure; what is done with them is in `deferred_replies`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from grokchat.api.job_ids import read_job_id
from grokchat.records import record
from grokchat.session.journal import Event

DEFERRED = "deferred"
"""The type of the event."""
GONE, EMPTY, DROPPED = "gone", "empty", "dropped"
"""Why no reply will come: the API has none (any more), it had no text, or the user has given it up."""


@record
class DueReply:
    """A reply that is due.

    `question_id` is the message that it answers, and `after_id` the last message of the list at that time. `dropped`
    are the messages that it is to replace, those that a /retry asks again. `params` are the request parameters of this
    request alone, `change` is the change that it belongs to, `since` the time of the request, and `base_url` the API
    that has it.
    """

    reply_id: str
    request_id: str
    question_id: str
    after_id: str
    since: datetime
    change: str | None = None
    dropped: tuple[str, ...] = ()
    alternative_of: str | None = None
    model: str | None = None
    params: Mapping[str, Any] | None = None
    base_url: str = ""

    def fields(self) -> dict[str, Any]:
        """Return the fields of its event besides `id`, `time` and `change`."""
        optional = {
            "after": self.after_id if self.after_id != self.question_id else None,
            "drops": list(self.dropped) or None,
            "alternative_of": self.alternative_of,
            "model": self.model,
            "params": self.params,
            "base_url": self.base_url or None,
        }
        required = {"request": self.request_id, "reply": self.reply_id, "question": self.question_id}
        return required | {key: value for key, value in optional.items() if value is not None}


class DueReplies:
    """The replies that are due, kept up to date event by event; in the order of their requests."""

    def __init__(self) -> None:
        self._by_reply: dict[str, DueReply] = {}

    def __iter__(self) -> Iterator[DueReply]:
        return iter(list(self._by_reply.values()))

    def __contains__(self, due: DueReply) -> bool:
        return due.reply_id in self._by_reply

    def add(self, event: Event) -> None:
        """Note what an event says of them."""
        kind = event["type"]
        if kind == DEFERRED:
            due = _read(event)
            if due is not None:
                self._by_reply[due.reply_id] = due
            elif "ended" in event:
                self._end(event.get("reply"))
        elif self._by_reply and kind in {"message", "partial"}:
            self._end(event["id"] if kind == "message" else event["reply"])

    def _end(self, reply_id: object) -> None:
        if isinstance(reply_id, str):
            self._by_reply.pop(reply_id, None)


def find_due(events: Iterable[Event]) -> list[DueReply]:
    """Return the replies that are due after these events."""
    due = DueReplies()
    for event in events:
        due.add(event)
    return list(due)


def _read(event: Event) -> DueReply | None:
    """Return the reply that an event announces, or None if it announces none that could be fetched."""
    texts = [event.get(key) for key in ("request", "reply", "question")]
    if "ended" in event or not all(isinstance(text, str) and text for text in texts):
        return None
    if read_job_id(texts[0]) is None or texts[1] == texts[2]:
        return None
    since = _parse_time(event.get("time"))
    if since is None:
        return None
    request_id, reply_id, question_id = map(str, texts)
    drops, params = event.get("drops"), event.get("params")
    return DueReply(
        reply_id,
        request_id,
        question_id,
        _text(event, "after") or question_id,
        since,
        change=_text(event, "change"),
        dropped=tuple(one for one in drops if isinstance(one, str)) if isinstance(drops, list) else (),
        alternative_of=_text(event, "alternative_of"),
        model=_text(event, "model"),
        params=params if isinstance(params, dict) else None,
        base_url=_text(event, "base_url") or "",
    )


def _text(event: Event, key: str) -> str | None:
    value = event.get(key)
    return value if isinstance(value, str) else None


def _parse_time(value: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
