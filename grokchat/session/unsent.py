"""What a request sends for the first time, and the secrets in it, whatever way it came into the message list.

A message counts as sent if the last reply was requested with it, and a reply of the API came from there. An edited
message is a new one.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from typing import Any

from grokchat import strict_json
from grokchat.messages import Message, content_text
from grokchat.records import record
from grokchat.secret_scan import FoundSecret, scan
from grokchat.session.session import Session

_MAX_SHOWN = 5
_CONTENT_KEYS = frozenset({"role", "content"})


@record
class UnsentText:
    """A text that is about to be sent.

    `label` says where it stands (`#3`, `notes.txt`), or is "" for a single one; `number` is its number in the list.
    """

    label: str
    text: str
    number: int | None = None


@record
class UnsentSecret:
    """What looks like a secret in an unsent text."""

    unsent: UnsentText
    secret: FoundSecret

    @property
    def place(self) -> str:
        """Where it is: `Line 2 of #3`, `#3`, or `This` in a single text of one line."""
        line = f"Line {self.secret.line}" if self.secret.line else ""
        return " of ".join(filter(None, (line, self.unsent.label))) or "This"


def unsent_messages(session: Session, sent_ids: Container[str] = ()) -> list[tuple[int, Message]]:
    """Return the messages that the next request sends for the first time, with their numbers.

    `sent_ids` are the ids of messages that are known to have been sent.
    """
    last = session.requests.last_sent_ids
    conversation = session.conversation
    return [
        (number, message)
        for number, message in enumerate(conversation.messages, 1)
        if message.id not in conversation.muted
        and message.id not in sent_ids
        and message.id not in last
        and not _is_from_api(message)
    ]


def new_texts(bodies: Sequence[Mapping[str, Any]], count: int) -> list[UnsentText]:
    """Return the texts of messages that would be added to `count` others."""
    labels = [f"#{number}" for number in range(count + 1, count + 1 + len(bodies))] if len(bodies) > 1 else [""]
    return [UnsentText(label, message_text(body)) for label, body in zip(labels, bodies, strict=False)]


def listed_texts(messages: Iterable[tuple[int, Message]]) -> list[UnsentText]:
    """Return the texts of numbered messages of the list."""
    return [UnsentText(f"#{number}", message_text(message.body), number) for number, message in messages]


def message_text(body: Mapping[str, Any]) -> str:
    """Return everything of a message that may hold a secret: its text, then its other fields, such as tool calls."""
    text = content_text(body.get("content"))
    others = {key: value for key, value in body.items() if key not in _CONTENT_KEYS}
    return f"{text}\n{strict_json.dump_ascii(others)}" if others else text


def find_unsent_secrets(texts: Iterable[UnsentText], known: Container[str] = ()) -> list[UnsentSecret]:
    """Return the secrets in these texts whose values are not in `known`."""
    return [UnsentSecret(text, secret) for text in texts for secret in scan(text.text, known)]


def describe_unsent_secrets(secrets: Collection[UnsentSecret]) -> str:
    """Return `Line 2 looks like an xAI key · Line 5 of notes.txt looks like a GitHub token`."""
    shown = list(secrets)[:_MAX_SHOWN]
    described = [f"{secret.place} looks like {secret.secret.kind}" for secret in shown]
    return " · ".join(described + [f"{len(secrets) - len(shown):,} more"] * (len(secrets) > len(shown)))


def _is_from_api(message: Message) -> bool:
    """Return whether a message is a reply as the API sent it; an edited one has neither field."""
    reply = message.reply
    return message.role == "assistant" and reply is not None and bool(reply.usage or reply.response_id)
