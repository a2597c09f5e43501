"""The endpoint `POST /chat/completions`: messages go out as they are, and chunks with `choices` come back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from grokchat.api.keepalive import KEEPALIVE_S
from grokchat.config.settings import Settings

if TYPE_CHECKING:
    from grokchat.api.failures import Failure
    from grokchat.api.reply_builder import ReplyBuilder
    from grokchat.messages import Message

DEFAULT_STREAM_OPTIONS = {"include_usage": True}
"""Sent with a streamed request unless the user sets `stream_options`."""


class CompletionShape:
    """The values of a body: chunks, or one `chat.completion`."""

    done_ends_reply = True

    def has_piece(self, value: object) -> bool:
        """Return whether a value has choices."""
        return isinstance(value, dict) and bool(value.get("choices"))

    def is_chunk(self, value: object) -> bool:
        """Return whether a value is a chunk of a stream, as far as that can be told, and not a complete reply."""
        return any("delta" in choice and not choice.get("message") for choice in _choices_of(value))

    def is_reply(self, value: object) -> bool:
        """Return whether a value is a complete reply, or the job that it will be the result of."""
        return bool(_choices_of(value)) or (isinstance(value, dict) and bool(value.get("request_id")))

    def cut_reply(self, value: object) -> Mapping[str, Any] | None:
        """Return a value that has choices."""
        return value if isinstance(value, dict) and _choices_of(value) else None

    def find_error(self, event: str, value: object, data: str) -> str | None:
        """Return an event that is an error by its name or by its data."""
        from grokchat.api.error_body import is_error, is_error_name

        return data if is_error_name(event) or is_error(value) else None


class ChatCompletions:
    """`POST /chat/completions`."""

    path = "/chat/completions"
    list_key = "messages"
    shape = CompletionShape()
    max_idle_s = KEEPALIVE_S
    makes_job = False

    def check(self, _settings: Settings) -> None:
        """Accept everything: any parameter is sent as given."""

    def list_variant(self, _settings: Settings) -> str:
        """Return nothing: a message is sent as it is."""
        return ""

    def items(self, message: Message) -> Sequence[Mapping[str, Any]]:
        """Return the message's own object."""
        return (message.body,)

    def reasoning_items(self, _message: Message, _model: str) -> Sequence[Mapping[str, Any]]:
        """Return nothing: a message carries its reasoning itself."""
        return ()

    def fields(self, settings: Settings, _conversation_id: str) -> Mapping[str, Any]:
        """Return `stream`, and the parameters as given.

        Only what the user set is sent: reasoning models reject some parameters even at their neutral value (the API's
        page on chat completions).
        """
        options = {"stream_options": DEFAULT_STREAM_OPTIONS} if settings.stream else {}
        return {"stream": settings.stream, **options, **settings.params}

    def without_reasoning(self, _body: bytes, _failure: Failure) -> bytes | None:
        """Return None: there is none to leave out."""
        return None

    def builder(self, redact: Callable[[str], str]) -> ReplyBuilder:
        """Return the builder of a `chat.completion`."""
        from grokchat.api.reply_builder import ReplyBuilder

        return ReplyBuilder(redact)

    def judge(self, failure: Failure, builder: ReplyBuilder) -> None:
        """Forbid a repetition once tool calls, or another choice, have arrived: these have been billed."""
        if builder.has_content:
            failure.is_retryable = False

    def choice_count(self, settings: Settings) -> int:
        """Return the parameter `n`."""
        count = settings.params.get("n")
        return count if isinstance(count, int) else 1


def _choices_of(value: object) -> list[dict[str, Any]]:
    choices = value.get("choices") if isinstance(value, dict) else None
    return [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []
