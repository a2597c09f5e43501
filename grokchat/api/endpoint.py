"""The endpoint that a request goes to: what its body, its reply and its failures look like there.

The settings choose it, and nothing outside this folder needs to know which one it is. `completions_endpoint` is
`POST /chat/completions`, `responses_endpoint` is `POST /responses`, which can search.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from grokchat.config.settings import Settings

if TYPE_CHECKING:
    from grokchat.api.failures import Failure
    from grokchat.api.reply_builder import ReplyBuilder
    from grokchat.messages import Message


class ReplyShape(Protocol):
    """What the values of a response's body look like at one endpoint."""

    done_ends_reply: bool
    """Whether `[DONE]` completes a reply that has not said itself that it is complete."""

    def has_piece(self, value: object) -> bool:
        """Return whether a value holds a piece of a reply, and is no note of a server or proxy."""

    def is_chunk(self, value: object) -> bool:
        """Return whether a value is one of many of a stream, as far as that can be told."""

    def is_reply(self, value: object) -> bool:
        """Return whether a value is a complete reply, or the job that it will be the result of."""

    def cut_reply(self, value: object) -> Mapping[str, Any] | None:
        """Return the part of a complete reply whose JSON was cut, or None if there is none."""

    def find_error(self, event: str, value: object, data: str) -> str | None:
        """Return the words of an event that is an error, as its JSON or text, or None; `data` is what was sent."""


class Endpoint(Protocol):
    """One endpoint of the API: a function of values, without state."""

    path: str
    """Its path behind base_url."""
    list_key: str
    """The field of the body with the message list."""
    max_idle_s: float
    """How long a connection may have been idle to carry a request. One idle for longer may have ended unnoticed: a
    request that is billed each time it is sent, and so not repeated, gets a new one."""

    makes_job: bool
    """Whether the answer is the id of a job, whose reply is deferred."""

    @property
    def shape(self) -> ReplyShape:
        """What its replies look like."""

    def check(self, settings: Settings, /) -> None:
        """Raise CommandError if a setting or parameter has no place here, before anything is sent."""

    def list_variant(self, settings: Settings, /) -> str:
        """Return what the bytes of a message depend on besides the message."""

    def items(self, message: Message, /) -> Sequence[Mapping[str, Any]]:
        """Return what a message is in the body's list: one object or several."""

    def reasoning_items(self, message: Message, model: str, /) -> Sequence[Mapping[str, Any]]:
        """Return the encrypted reasoning that stands before a message, if this model can read it."""

    def fields(self, settings: Settings, conversation_id: str, /) -> Mapping[str, Any]:
        """Return the fields of the body that follow the list."""

    def without_reasoning(self, body: bytes, failure: Failure, /) -> bytes | None:
        """Return a refused body without encrypted reasoning, if that is what it was refused for, else None."""

    def builder(self, redact: Callable[[str], str], /) -> ReplyBuilder:
        """Return the builder of a reply."""

    def judge(self, failure: Failure, builder: ReplyBuilder, /) -> None:
        """Have a failure say what it means at this endpoint, and whether the request may be repeated."""

    def choice_count(self, settings: Settings, /) -> int:
        """Return how many choices a reply has."""


def endpoint_for(settings: Settings) -> Endpoint:
    """Return the endpoint that a request with these settings goes to."""
    if settings.search == "off":
        if settings.params.get("deferred"):
            from grokchat.api.deferred_endpoint import DeferredCompletions

            return DeferredCompletions()
        from grokchat.api.completions_endpoint import ChatCompletions

        return ChatCompletions()
    from grokchat.api.responses_endpoint import Responses

    return Responses()
