"""`POST /chat/completions` with the parameter `deferred`: the answer is the id of a job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from grokchat.api.completions_endpoint import ChatCompletions
from grokchat.api.keepalive import BILLED_MAX_IDLE_S
from grokchat.config.settings import Settings

if TYPE_CHECKING:
    from grokchat.api.failures import Failure
    from grokchat.api.reply_builder import ReplyBuilder


class DeferredCompletions(ChatCompletions):
    """A request for a job, which is made, and billed, each time that it is sent."""

    max_idle_s = BILLED_MAX_IDLE_S
    makes_job = True

    def fields(self, settings: Settings, _: str) -> Mapping[str, Any]:
        """Return the parameters, and no stream: the API refuses a request that is both streamed and deferred."""
        params = {key: value for key, value in settings.params.items() if key != "stream_options"}
        return {"stream": False, **params}

    def judge(self, failure: Failure, builder: ReplyBuilder) -> None:
        """Allow another attempt only if the API cannot have accepted the request: it had none, or says so."""
        super().judge(failure, builder)
        if failure.was_sent and failure.error.status != 429:
            failure.is_retryable = failure.is_from_stale_connection = False
