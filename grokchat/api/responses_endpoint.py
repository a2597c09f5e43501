"""The endpoint `POST /responses`, which can search. The message list stays here and goes out whole each time.

What the API did for a failed request - steps, searches - is billed, and done and billed again if it is repeated. So
only a failure that cannot have cost anything is: no connection, a 429, or no capacity before anything was begun.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from grokchat.api.error_body import is_error, is_error_name
from grokchat.api.json_encoding import encode_json
from grokchat.api.keepalive import BILLED_MAX_IDLE_S
from grokchat.api.responses_request import check_parameters, input_items, reasoning_items, request_fields
from grokchat.api.search_refusals import explain_refusal, is_at_capacity
from grokchat.config.settings import Settings

if TYPE_CHECKING:
    from grokchat.api.failures import Failure
    from grokchat.api.reply_builder import ReplyBuilder
    from grokchat.messages import Message


class ResponseShape:
    """The values of a body: events, or one `response`."""

    done_ends_reply = False

    def has_piece(self, value: object) -> bool:
        """Return whether a value is an event of a response, or a response."""
        return self.is_chunk(value) or self.is_reply(value)

    def is_chunk(self, value: object) -> bool:
        """Return whether a value is an event."""
        kind = value.get("type") if isinstance(value, dict) else None
        return isinstance(kind, str) and kind.startswith("response.")

    def is_reply(self, value: object) -> bool:
        """Return whether a value is a complete response."""
        return isinstance(value, dict) and (value.get("object") == "response" or isinstance(value.get("output"), list))

    def cut_reply(self, value: object) -> Mapping[str, Any] | None:
        """Return a response without its status, which a cut one has not reached."""
        if not isinstance(value, dict) or not self.is_reply(value):
            return None
        return {**{key: inner for key, inner in value.items() if key != "status"}, "status": "in_progress"}

    def find_error(self, event: str, value: object, data: str) -> str | None:
        """Return the error of a response that failed, or of an event that is none of a response."""
        if isinstance(value, dict) and self.has_piece(value):
            response = value.get("response") if self.is_chunk(value) else value
            has_failed = value.get("type") == "response.failed"
            if isinstance(response, dict):
                error = response.get("error")
                if isinstance(error, dict) and all(inner is None for inner in error.values()):
                    error = None
                if error or has_failed or response.get("status") == "failed":
                    return json.dumps(error or {"error": "The response failed."})
            return data if has_failed else None
        return data if is_error_name(event) or is_error(value) else None


class Responses:
    """`POST /responses`."""

    path = "/responses"
    list_key = "input"
    shape = ResponseShape()
    max_idle_s = BILLED_MAX_IDLE_S
    makes_job = False

    def check(self, settings: Settings) -> None:
        """Raise CommandError for a parameter that has no place here."""
        check_parameters(settings.params)

    def list_variant(self, settings: Settings) -> str:
        """Encrypted reasoning stands only before replies of the model that is asked."""
        return settings.model

    def items(self, message: Message) -> Sequence[Mapping[str, Any]]:
        """Return the input items of a message."""
        return input_items(message.body)

    def reasoning_items(self, message: Message, model: str) -> Sequence[Mapping[str, Any]]:
        """Return the encrypted reasoning of a reply of this model."""
        return reasoning_items(message.reply.encrypted_reasoning, model) if message.reply is not None else ()

    def fields(self, settings: Settings, conversation_id: str) -> Mapping[str, Any]:
        """Return the tools, the parameters under their names here, and what keeps the list out of the API's storage."""
        return request_fields(settings, conversation_id)

    def without_reasoning(self, body: bytes, failure: Failure) -> bytes | None:
        """Return a body without its reasoning items, if the API could not decrypt them; None if it has none.

        The API's own advice is to leave them out then: nothing else changes for the user, so nothing is said.
        """
        words = failure.error.message.lower()
        if failure.error.status != 400 or not ("decrypt" in words or "encrypted_content" in words):
            return None
        fields = json.loads(body)
        kept = [item for item in fields["input"] if item.get("type") != "reasoning"]
        return encode_json({**fields, "input": kept}) if len(kept) < len(fields["input"]) else None

    def builder(self, redact: Callable[[str], str]) -> ReplyBuilder:
        """Return the builder of a `response`."""
        from grokchat.api.response_builder import ResponseBuilder

        return ResponseBuilder(redact)

    def judge(self, failure: Failure, builder: ReplyBuilder) -> None:
        """Allow a repetition only where the first attempt cannot have been billed, and explain a refused search."""
        if not failure.was_sent:
            return
        failure.is_from_stale_connection = False
        explain_refusal(failure)
        is_free = failure.error.status == 429 or (failure.is_in_reply and is_at_capacity(failure))
        if failure.is_retryable and (builder.has_content or not is_free):
            failure.is_retryable = False
            failure.error.message = f"{failure.error.message} It was not repeated, because searches are billed."

    def choice_count(self, _settings: Settings) -> int:
        """Return 1: a response is one reply."""
        return 1
