"""What in the message list makes the API refuse a request, and the commands that remove it.

A refused message stays in the list, and every later request with it is refused too. So the error names the message.
Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from grokchat.attachments.images import describe_refused_url
from grokchat.errors import ApiError, RefusedError
from grokchat.messages import Message
from grokchat.records import record
from grokchat.session.conversation import Conversation
from grokchat.units import byte_size, plural

_BAD_REQUEST = frozenset({400, 422})
_PROBLEMS = {
    "images": ("has an image", "have images"),
    "content": ("is the last user message", ""),
    "names": ("has a name, which only user messages may have", "have names, which only user messages may have"),
    "empty messages": ("is empty", "are empty"),
}
_MAX_NAMED = 5
"""How many messages an error names."""


@record
class OpenCall:
    """A tool call without an answer: the position of its message in the list, from 0, and its id."""

    position: int
    id: str


def find_open_calls(messages: Sequence[Message]) -> list[OpenCall]:
    """Return the tool calls that no later tool message answers, in order."""
    open_calls: list[OpenCall] = []
    for position, message in enumerate(messages):
        if message.role == "tool":
            answered = message.body.get("tool_call_id")
            call = next((call for call in open_calls if call.id == answered), None)
            if call is not None:
                open_calls.remove(call)
        else:
            open_calls += [OpenCall(position, call_id) for call_id in call_ids(message.body)]
    return open_calls


def check_images(conversation: Conversation) -> None:
    """Raise RefusedError for an image that the API is known to refuse, before anything is sent."""
    for position, message in enumerate(conversation.sent()):
        for url in _image_urls(message.body):
            if problem := describe_refused_url(url):
                raise RefusedError(f"Not sent: an image has {problem}.", about="images", position=position)


def describe_cause(error: ApiError, conversation: Conversation, *, is_chat: bool, is_saved: bool = True) -> str:
    """Return which messages caused an error and what removes them, as sentences, or nothing if that is not known.

    In a shell, the commands are those of a chat that continues the session, if it is saved.
    """
    cause = _find_cause(error, conversation.sent())
    if cause is None:
        return ""
    numbers = [number for number, message in enumerate(conversation, 1) if message.id in cause.ids]
    what = f"{', '.join(f'#{number}' for number in numbers)} {cause.problem}"
    if not is_chat and not is_saved:
        return f"{what}."
    commands = f"/mute {','.join(map(str, numbers))} leaves {'it' if len(numbers) == 1 else 'them'} out"
    if cause.is_open_call:
        commands += f", /insert tool @{numbers[0] + 1} TEXT answers the call"
    if cause.is_misplaced:
        commands += f", /move {numbers[1]} @{numbers[0] + 1} moves the answer after its call"
    if conversation.messages[-1].id in cause.ids:
        commands += ", /undo removes it"
    return f"{what}. {'' if is_chat else 'In a chat (grokchat -c): '}{commands}."


@record
class _Cause:
    """The messages that caused an error, and the problem: the end of a sentence that begins with their numbers."""

    ids: frozenset[str]
    problem: str
    is_open_call: bool = False
    is_misplaced: bool = False


def _find_cause(error: ApiError, sent: Sequence[Message]) -> _Cause | None:
    if error.about == "size":
        return _find_largest(sent)
    if not isinstance(error, RefusedError):
        return None
    named = sent[error.position] if error.position is not None and error.position < len(sent) else None
    if (cause := _find_subject(error.about, sent, named)) is not None:
        return cause
    is_about_tools = error.about == "tool calls"
    if (is_about_tools or error.status in _BAD_REQUEST) and (open_calls := find_open_calls(sent)):
        return _Cause(frozenset({sent[open_calls[0].position].id}), "has an unanswered tool call", is_open_call=True)
    if is_about_tools and (orphans := _find_orphans(sent)):
        return _cause(orphans, "answers no earlier tool call", "answer no earlier tool calls")
    if is_about_tools and (misplaced := _find_misplaced(sent)):
        ids = frozenset(message.id for message in misplaced)
        return _Cause(ids, "are a tool call and its answer with other messages between them", is_misplaced=True)
    return None if named is None else _cause([named], "is the message that the API names")


def _find_subject(about: str, sent: Sequence[Message], named: Message | None) -> _Cause | None:
    """Return the messages that have what an error is about."""
    culprits: list[Message] = []
    problem, problems = _PROBLEMS.get(about, ("", ""))
    if about == "images":
        culprits = _find_images(sent, named)
    elif about == "content":
        culprits = [message for message in sent if message.role == "user"][-1:]
    elif about == "names":
        culprits = [message for message in sent if message.role != "user" and message.body.get("name")]
    elif about == "empty messages":
        culprits = [message for message in sent if _is_empty(message.body)]
    return _cause(culprits[:_MAX_NAMED], problem, problems) if culprits else None


def _cause(messages: Sequence[Message], problem: str, problems: str = "") -> _Cause:
    return _Cause(frozenset(message.id for message in messages), problem if len(messages) == 1 else problems)


def _find_images(sent: Sequence[Message], named: Message | None) -> list[Message]:
    """Return the message that the error names if it has an image, else those with images that had no reply yet.

    Those were not in a request that the API accepted.
    """
    if named is not None and any(_image_parts(named.body)):
        return [named]
    with_images = [(position, message) for position, message in enumerate(sent) if any(_image_parts(message.body))]
    last_reply = max((position for position, message in enumerate(sent) if message.reply is not None), default=-1)
    fresh = [message for position, message in with_images if position > last_reply]
    return fresh[-_MAX_NAMED:] or [message for _, message in with_images[-1:]]


def _find_largest(sent: Sequence[Message]) -> _Cause | None:
    sizes = [sum(map(len, _texts(message.body))) for message in sent]
    if not sizes:
        return None
    largest = max(range(len(sent)), key=sizes.__getitem__)
    count = len(list(_image_parts(sent[largest].body)))
    images = f"{plural(count, 'image')}, " if count else ""
    return _cause([sent[largest]], f"is the largest message ({images}{byte_size(sizes[largest])})")


def _find_orphans(sent: Sequence[Message]) -> list[Message]:
    """Return the tool messages whose call is not before them."""
    orphans, known = [], set[str]()
    for message in sent:
        if message.role == "tool" and message.body.get("tool_call_id") not in known:
            orphans.append(message)
        known.update(call_ids(message.body))
    return orphans[:_MAX_NAMED]


def _find_misplaced(sent: Sequence[Message]) -> tuple[Message, Message] | None:
    """Return the first tool call and its answer that is not directly after it, other answers apart."""
    calls: dict[str, Message] = {}
    open_ids = set[str]()
    for message in sent:
        answered = message.body.get("tool_call_id")
        if message.role != "tool":
            open_ids = set(call_ids(message.body))
            calls.update(dict.fromkeys(open_ids, message))
        elif isinstance(answered, str) and answered in calls and answered not in open_ids:
            return calls[answered], message
    return None


def _is_empty(body: Mapping[str, Any]) -> bool:
    content = body.get("content")
    if isinstance(content, str):
        return not content.strip() and not body.get("tool_calls")
    return not content and not body.get("tool_calls")


def call_ids(body: Mapping[str, Any]) -> list[str]:
    """Return the ids of a message's tool calls."""
    calls = body.get("tool_calls")
    ids = (call.get("id") for call in calls if isinstance(call, dict)) if isinstance(calls, list) else ()
    return [call_id for call_id in ids if isinstance(call_id, str)]


def _image_parts(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    content = body.get("content")
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict) and ("image_url" in part or "image" in str(part.get("type"))):
            yield part


def _image_urls(body: Mapping[str, Any]) -> Iterator[str]:
    for part in _image_parts(body):
        image = part.get("image_url")
        url = image.get("url") if isinstance(image, dict) else image
        if isinstance(url, str):
            yield url


def _texts(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts of a message's content, and the addresses of its images."""
    content = body.get("content")
    if isinstance(content, str):
        yield content
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            yield part["text"]
    yield from _image_urls(body)
