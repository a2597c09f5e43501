"""Messages: an id, the API's own object, and the metadata of a reply. Pure values.

A message's position and mute are in the conversation (`session.conversation`), its storage is in the journal.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from grokchat.records import fields, record

if TYPE_CHECKING:
    from grokchat.message_parts import ToolCall
    from grokchat.reply_sources import ReplySource

MAX_REQUEST_BYTES = 50_000_000
"""The limit of the API's proxy for a request's body."""

INTERRUPTED = "interrupted"
"""grokchat's own `finish_reason`: the reply was stopped, or the connection broke, before the API ended it."""
LIMITS: Mapping[str, str] = {
    "length": "length limit",
    "max_time_limit": "time limit",
    "max_prompt_tokens": "context limit",
}
"""The limits that the API cuts a reply at, by `finish_reason`. Such a reply can be continued."""

DEMO_FINGERPRINT = "fp_demo"
"""The `system_fingerprint` of the demo's replies."""
_MAX_ELAPSED_S = 1e9
_MAX_EXAMINED_CHARS = 4000
"""How much of a message is searched for text."""

_ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id() -> str:
    """Return a new id: 12 characters of Crockford's base 32, 60 random bits."""
    return "".join(_ID_ALPHABET[byte & 31] for byte in os.urandom(12))


@record
class ReplyInfo:
    """A reply's metadata: the fields beside `message` in its journal line, as the API sent them.

    `refusal` is the text of a refusal. The API wants it back as `content`, so it is the message's content too.
    `alternative_of` is the id of the reply that this one was first asked instead of. `unsent_tool_calls` are calls that
    no request can carry, because their arguments were cut off or are malformed. `elapsed_s` are the seconds from the
    request to the end of the reply, as grokchat measured them. `params` are the request parameters that this reply
    alone was asked for with. `sources` are what a reply with search cites (`reply_sources`), with all keys that the
    file has. `encrypted_reasoning` has the model that was asked and the API's reasoning `items`, for that model only.
    """

    model: str | None = None
    finish_reason: str | None = None
    usage: Mapping[str, Any] | None = None
    response_id: str | None = None
    system_fingerprint: str | None = None
    refusal: str | None = None
    alternative_of: str | None = None
    unsent_tool_calls: Sequence[Any] | None = None
    elapsed_s: float | None = None
    params: Mapping[str, Any] | None = None
    sources: Sequence[Mapping[str, Any]] | None = None
    encrypted_reasoning: Mapping[str, Any] | None = None

    @property
    def shown_model(self) -> str | None:
        """The model's name for the screen: that of a reply of the demo is `demo`."""
        return "demo" if self.system_fingerprint == DEMO_FINGERPRINT else self.model

    @property
    def asked_model(self) -> str:
        """The model's name where several are compared: in the demo `grok-4.3 (demo)`, which tells them apart."""
        shown = self.shown_model or ""
        return shown if not self.model or shown == self.model else f"{self.model} ({shown})"

    def fields(self) -> dict[str, Any]:
        """Return the fields that are not None, under the journal's names, which are theirs."""
        values = {name: getattr(self, name) for name in fields(ReplyInfo)}
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def from_fields(cls, event: Mapping[str, Any]) -> ReplyInfo:
        """Return the metadata in a journal line, without values of another type."""
        values = {name: event.get(name) for name in fields(cls)}
        usage, params, calls = values.pop("usage"), values.pop("params"), values.pop("unsent_tool_calls")
        sources, encrypted = values.pop("sources"), values.pop("encrypted_reasoning")
        elapsed_s = _seconds(values.pop("elapsed_s"))
        texts = {name: value for name, value in values.items() if isinstance(value, str)}
        return cls(
            **texts,
            elapsed_s=elapsed_s,
            usage=usage if isinstance(usage, dict) else None,
            params=params if isinstance(params, dict) else None,
            unsent_tool_calls=calls if isinstance(calls, list) else None,
            sources=sources if isinstance(sources, list) else None,
            encrypted_reasoning=encrypted if isinstance(encrypted, dict) else None,
        )


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value < _MAX_ELAPSED_S else None


@record
class Message:
    """A message of the conversation. `body` is the API's object and is never changed."""

    id: str
    body: Mapping[str, Any]
    reply: ReplyInfo | None = None

    @property
    def role(self) -> str:
        """The role as the API spells it."""
        return str(self.body["role"])

    @property
    def text(self) -> str:
        """All text of the message: its string, or its parts, one per line."""
        return content_text(self.body.get("content"))

    @property
    def shown_text(self) -> str:
        """All text to be shown: that of the message, and a refusal beside it, as imported replies have."""
        refusal = self.body.get("refusal")
        return "\n\n".join(filter(None, (self.text, refusal if isinstance(refusal, str) else "")))

    @property
    def facts(self) -> list[str]:
        """What a head line says of the message besides its role: a name, the call that it answers, a refusal."""
        name, call_id = self.body.get("name"), self.body.get("tool_call_id")
        is_refusal = self.body.get("refusal") or (self.reply is not None and self.reply.refusal)
        facts = (str(name) if name else "", f"for {call_id}" if call_id else "", "refusal" if is_refusal else "")
        return [fact for fact in facts if fact]

    @property
    def sources(self) -> list[ReplySource]:
        """The sources of a reply with search, as they are cited.

        A reply whose end was not saved has no list: its sources are those that the markers in its text name.
        """
        if self.reply is None or not (self.reply.sources or self.is_interrupted):
            return []
        from grokchat.reply_sources import read_sources, sources_in_text

        return read_sources(self.reply.sources) if self.reply.sources else sources_in_text(self.text)

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The calls of tools, also those that are incomplete, which no request carries."""
        from grokchat.message_parts import read_tool_calls

        unsent = {"tool_calls": list(self.reply.unsent_tool_calls or ())} if self.reply is not None else {}
        incomplete = [call._replace(is_complete=False) for call in read_tool_calls(unsent)]
        return [*read_tool_calls(self.body), *incomplete]

    @property
    def written_text(self) -> str:
        """The text without the names of images and other parts."""
        content = self.body.get("content")
        if not isinstance(content, list):
            return self.text
        return "\n".join(
            part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str)
        )

    @property
    def is_interrupted(self) -> bool:
        """Whether this is an incomplete reply."""
        return self.reply is not None and self.reply.finish_reason == INTERRUPTED


def content_text(content: object) -> str:
    """Return the text of an API `content`: a string, null, or a list of parts (images are named in brackets)."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "\n".join(_part_text(part) for part in content)


def _part_text(part: object) -> str:
    from grokchat.message_parts import describe_part, read_part_text

    text = read_part_text(part)
    return f"[{describe_part(part)}]" if text is None else text


def body(role: str, content: str) -> dict[str, Any]:
    """Return the API's object for a message; content that is one text is a string."""
    return {"role": role, "content": content}


def split_refusal(message: Mapping[str, Any]) -> tuple[Mapping[str, Any], str | None]:
    """Return a message as it is sent, and its refusal: the API sends that as `refusal`, and wants it as `content`.

    Any other message is returned unchanged, with None.
    """
    refusal = message.get("refusal")
    if not isinstance(refusal, str) or not refusal.strip() or content_text(message.get("content")).strip():
        return message, None
    if message.get("role") != "assistant":
        return message, None
    return {**{key: value for key, value in message.items() if key != "refusal"}, "content": refusal}, refusal


def find_first_question(messages: Iterable[Message]) -> Message | None:
    """Return the user's last message before the first reply; piped and attached text comes before it.

    If the user has said nothing before it, the first message after it; messages without text do not count.
    """
    question, has_reply = None, False
    for message in messages:
        if message.role == "assistant":
            has_reply = True
        elif message.role == "user" and message.text[:_MAX_EXAMINED_CHARS].strip():
            question = message
        if has_reply and question is not None:
            break
    return question


def join_replies(first: Mapping[str, Any], continuation: Mapping[str, Any]) -> dict[str, Any]:
    """Return a reply and its continuation as one message, with their text and reasoning in order."""
    content = content_text(first.get("content")) + content_text(continuation.get("content"))
    joined = {**first, **continuation, "content": content}
    reasoning = str(first.get("reasoning_content", "")) + str(continuation.get("reasoning_content", ""))
    if reasoning:
        joined["reasoning_content"] = reasoning
    return joined


def find_message_problem(message: object) -> str | None:
    """Return why a value cannot be a message, or None if it can.

    The API accepts more roles than grokchat creates (`tool`); an imported conversation keeps them.
    """
    if not isinstance(message, dict):
        return "a message must be an object"
    if not isinstance(message.get("role"), str) or not message["role"]:
        return "a message needs a role"
    if not isinstance(message.get("content"), str | list | None):
        return "a message's content must be a text or a list of parts"
    return None


def precedes_question(messages: Sequence[Message], number: int) -> bool:
    """Return whether message `number` and the next are the user's: files and piped text stand before their question."""
    return [message.role for message in messages[number - 1 : number + 1]] == ["user", "user"]


def find_last_turn(messages: Sequence[Message]) -> range:
    """Return the numbers from the last question on, with what was piped or attached before it."""
    users = (number for number, message in enumerate(messages, 1) if message.role == "user")
    first = max(users, default=max(len(messages), 1))
    while first > 1 and precedes_question(messages, first - 1):
        first -= 1
    return range(first, len(messages) + 1)
