"""The API client: one request for a reply with its retries, the wait for a deferred one, and the list of models.

A failure before the first delta is retried where that can help, and where the endpoint allows it. After it nothing is
repeated automatically: it may have been billed, and the user has seen it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from typing import TYPE_CHECKING, Any

from grokchat.api.completions_endpoint import CompletionShape
from grokchat.api.connections import Connections
from grokchat.api.deferred import PATH as DEFERRED_PATH
from grokchat.api.deferred import Accepted, Job, Poll, PollFailed, poll_reply, uninterrupted
from grokchat.api.endpoint import Endpoint, endpoint_for
from grokchat.api.error_body import is_error
from grokchat.api.failures import (
    CHECK_BASE_URL,
    TRY_LATER,
    Failure,
    broken_reply_error,
    failure_from_body,
)
from grokchat.api.job_ids import quote_job_id
from grokchat.api.json_parsing import parse_json
from grokchat.api.reply_builder import Delta, ReplyBuilder
from grokchat.api.reply_reader import JobAcceptedError, read_deltas
from grokchat.api.response import read_body, stream_bytes
from grokchat.api.retry import retry_delay_s
from grokchat.compat.httpx import httpx
from grokchat.config.secret import Secret
from grokchat.config.settings import Settings
from grokchat.environment import Environment
from grokchat.errors import UnreachableError
from grokchat.records import record

if TYPE_CHECKING:
    from grokchat.api.catalog import Catalog

_GET_TIMEOUT_S = 15.0
"""For a GET as a whole, or longer if connecting may take longer: a server that drips would otherwise never end."""
_MAX_GET_BYTES = 8 * 1024 * 1024
_MAX_GET_VALUES = 500_000
"""Thousands of models have a tenth of that; more would take seconds."""
_MIN_WRITE_TIMEOUT_S = 30.0
_POLL_TIMEOUT_S = 60.0
"""For the silence of a question whether a reply is ready, which is answered at once."""


@record
class Attempt:
    """An attempt starts; `builder` holds the reply as this attempt receives it.

    `leaves_out_reasoning`: the API could not decrypt the reasoning of earlier replies, so it is sent without.
    """

    builder: ReplyBuilder
    leaves_out_reasoning: bool = False


@record
class Retrying:
    """An attempt failed; the next one starts in `delay_s` seconds."""

    reason: str
    attempt_number: int
    delay_s: float


ReplyEvent = Attempt | Retrying | Delta | Accepted | PollFailed
"""What `Client.reply` yields."""


class Client:
    """Asks the API for replies and for lists, over connections that stay open between requests.

    `key` is sent to the host of the settings' `base_url` and no other. `transport` may already exist and be connected.
    """

    def __init__(
        self,
        environment: Environment,
        settings: Settings,
        key: Secret,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._environment = environment
        self._key = key
        self._base_url = settings.base_url.rstrip("/")
        self._connections = Connections(environment, settings, key, transport)

    def preconnect(self, settings: Settings) -> None:
        """Open a connection, unless one is open, so that the next request skips the handshakes."""
        self._connections.preconnect(settings)

    async def close(self) -> None:
        """Close the connections."""
        await self._connections.close()

    async def reply(self, body: bytes, *, conversation_id: str, settings: Settings) -> AsyncGenerator[ReplyEvent, None]:
        """Send the body and yield attempts, waits and deltas; raises ApiError.

        A request that the API defers yields Accepted, and then its reply is waited for as `deferred_reply` does.
        When this returns, the reply is complete, in the builder of the last `Attempt`.
        """
        attempt_number, has_reconnected, endpoint = 1, False, endpoint_for(settings)
        leaves_out_reasoning = False
        while True:
            builder = endpoint.builder(self._key.redact)
            yield Attempt(builder, leaves_out_reasoning)
            has_deltas = False
            try:
                async with aclosing(self._attempt(body, conversation_id, settings, endpoint, builder)) as deltas:
                    async for delta in deltas:
                        has_deltas = has_deltas or bool(delta.text or delta.reasoning)
                        yield delta
            except JobAcceptedError as job:
                async with aclosing(self._accepted_reply(job, settings)) as events:
                    async for event in events:
                        yield event
                return
            except Failure as failure:
                endpoint.judge(failure, builder)
                if has_deltas:
                    raise broken_reply_error(failure) from failure
                if failure.is_from_stale_connection and not has_reconnected:
                    has_reconnected = True
                    continue  # at once and uncounted: the connection had ended while it was idle
                if (without_reasoning := endpoint.without_reasoning(body, failure)) is not None:
                    body, leaves_out_reasoning = without_reasoning, True
                    continue  # at once and uncounted: what was refused was not billed
                delay_s = retry_delay_s(failure, attempt_number, self._environment.jitter())
                if delay_s is None:
                    raise failure.error from failure
                attempt_number += 1
                yield Retrying(failure.summary, attempt_number, delay_s)
                await self._environment.sleep(delay_s)
            else:
                return

    async def _accepted_reply(self, job: JobAcceptedError, settings: Settings) -> AsyncGenerator[ReplyEvent, None]:
        """Yield that the API has deferred the reply, and then the reply."""
        yield Accepted(job.request_id)
        if job.is_stopped:
            raise asyncio.CancelledError
        now = self._environment.now()
        async with aclosing(self.deferred_reply(job.request_id, now, settings=settings, is_new=True)) as events:
            async for event in events:
                yield event

    async def deferred_reply(
        self, request_id: str, since: datetime, *, settings: Settings, is_new: bool = False
    ) -> AsyncGenerator[ReplyEvent, None]:
        """Wait for the reply of a job that the API accepted at the time `since`, and yield it; raises ApiError.

        It is in the builder of the last `Attempt`. The API hands it out once.
        """

        def new_builder() -> ReplyBuilder:
            return ReplyBuilder(self._key.redact)

        async def fetch(poll: Poll) -> None:
            await self._fetch_deferred(request_id, settings, poll)

        found = poll_reply(fetch, new_builder, self._environment, Job(request_id, since), is_new=is_new)
        async with aclosing(found) as events:
            async for event in events:
                yield Attempt(event) if isinstance(event, ReplyBuilder) else event

    async def _fetch_deferred(self, request_id: str, settings: Settings, poll: Poll) -> None:
        """Ask once for the reply of a job, and receive it if it is ready; raises Failure."""
        url = self._base_url + DEFERRED_PATH + quote_job_id(request_id)
        timeout = httpx.Timeout(settings.connect_timeout, read=_POLL_TIMEOUT_S)
        headers = {"accept": "application/json"}
        async with self._connections.send("GET", url, settings, timeout=timeout, headers=headers) as response:
            if not response.is_success:
                raise await self._connections.read_failure(response, url)
            poll.has_begun = response.status_code == 200
            found = read_deltas(response, poll.builder, CompletionShape(), self._key.redact)
            try:
                async with aclosing(found) as deltas:
                    async for _ in deltas:
                        pass
            except JobAcceptedError:
                return  # still the job, and not its reply
            except Failure:
                if response.status_code == 202 and not poll.builder.has_content:
                    return  # what comes with it says that the job runs
                raise
            poll.is_ready = True

    async def models(self, settings: Settings) -> Catalog:
        """Return the API's list of models (`GET` base_url + `/models`) without retries; raises ApiError."""
        answer = await self.get("/models", settings)
        if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
            if is_error(answer):
                raise failure_from_body(json.dumps(answer).encode(), redact=self._key.redact).error
            raise UnreachableError(f"{self._base_url}/models did not return a list of models.", CHECK_BASE_URL)
        from grokchat.api.catalog import read_catalog
        from grokchat.redaction import redact_values

        return read_catalog(redact_values(answer, self._key.redact))

    async def get(self, path: str, settings: Settings) -> Any:
        """Return the JSON that the API answers with at base_url + `path`, None if it is not JSON; raises ApiError.

        There are no retries, and the whole answer is limited in time and size.
        """
        url = self._base_url + path
        timeout = httpx.Timeout(settings.connect_timeout, read=None)
        total_s = max(_GET_TIMEOUT_S, 1.5 * settings.connect_timeout)
        try:
            async with (
                asyncio.timeout(total_s),
                self._connections.send("GET", url, settings, timeout=timeout) as response,
            ):
                if response.status_code != 200:
                    raise await self._connections.read_failure(response, url)
                return await parse_json(await read_body(stream_bytes(response), _MAX_GET_BYTES), _MAX_GET_VALUES)
        except TimeoutError as error:
            raise UnreachableError(f"{url} did not answer completely within {total_s:g} s.", TRY_LATER) from error
        except Failure as failure:
            raise failure.error from failure
        except ValueError:
            return None

    async def _attempt(
        self, body: bytes, conversation_id: str, settings: Settings, endpoint: Endpoint, builder: ReplyBuilder
    ) -> AsyncGenerator[Delta, None]:
        """Send the body once and yield the deltas, also what was held back; raises Failure and JobAcceptedError."""
        stream = self._stream_reply(body, conversation_id, settings, endpoint, builder)
        try:
            async with aclosing(uninterrupted(stream) if endpoint.makes_job else stream) as deltas:
                async for delta in deltas:
                    yield delta
        except Failure:
            held = builder.release()
            if held.text or held.reasoning:
                yield held
            raise
        finally:
            builder.release()  # a reply that is stopped keeps what was held back
        last = builder.close()
        if last.text or last.reasoning:
            yield last

    async def _stream_reply(
        self, body: bytes, conversation_id: str, settings: Settings, endpoint: Endpoint, builder: ReplyBuilder
    ) -> AsyncGenerator[Delta, None]:
        url = self._base_url + endpoint.path
        headers = {
            "content-type": "application/json",
            "accept": "text/event-stream" if settings.stream and not endpoint.makes_job else "application/json",
            "x-grok-conv-id": conversation_id,
        }
        timeout = httpx.Timeout(
            connect=settings.connect_timeout,
            read=settings.timeout,
            write=max(_MIN_WRITE_TIMEOUT_S, settings.connect_timeout),
            pool=settings.connect_timeout,
        )
        max_idle_s = endpoint.max_idle_s
        async with self._connections.send(
            "POST", url, settings, max_idle_s=max_idle_s, timeout=timeout, content=body, headers=headers
        ) as response:
            if not response.is_success:
                raise await self._connections.read_failure(response, url, settings.params, len(body))
            count = endpoint.choice_count(settings)
            found = read_deltas(response, builder, endpoint.shape, self._key.redact, choice_count=count)
            async with aclosing(found) as deltas:
                async for delta in deltas:
                    yield delta
