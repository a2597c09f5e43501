"""The API client: one request for a reply with its retries, and the list of models.

A failure before the first delta is retried where that can help. After it nothing is repeated automatically: it may have
been billed, and the user has seen it. Redirects are not followed: the key goes to the configured host and to no other.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from grokchat import __version__
from grokchat.api.deferred import PATH as DEFERRED_PATH
from grokchat.api.deferred import Accepted, Job, Poll, PollFailed, poll_reply, uninterrupted
from grokchat.api.endpoint import Endpoint, endpoint_for
from grokchat.api.error_body import is_error
from grokchat.api.error_response import read_error_body
from grokchat.api.failures import (
    CHECK_BASE_URL,
    TRY_LATER,
    Failure,
    broken_reply_error,
    failure_from_body,
    failure_from_response,
)
from grokchat.api.json_parsing import parse_json
from grokchat.api.network_errors import LARGE_REQUEST_BYTES, NETWORK_ERRORS, Attempted, failure_from_network_error
from grokchat.api.preconnect import KEEPALIVE_S, PreconnectTransport
from grokchat.api.reply_builder import Delta, ReplyBuilder
from grokchat.api.reply_reader import JobAcceptedError, read_deltas
from grokchat.api.response import read_body, stream_bytes
from grokchat.api.retry import parse_retry_after, retry_delay_s
from grokchat.api.tls import load_tls_context
from grokchat.api.transport import RequestTrace, abandon_dns_on_exit, create_transport, find_proxy
from grokchat.compat.httpx import httpx
from grokchat.config.secret import Secret
from grokchat.config.settings import Settings
from grokchat.environment import Environment
from grokchat.errors import UnreachableError
from grokchat.records import record, replace

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
    """Keeps connections open between requests. `key` is sent to the host of the settings' `base_url` and no other.

    `transport` may already exist and be connected.
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
        self._own_transport: httpx.AsyncBaseTransport | None = None
        if environment.transport is None:
            self._own_transport = transport or create_transport(
                settings.base_url, environment.variables, lambda: load_tls_context(environment.variables)
            )
        self._last_used = environment.now()
        self._active_requests = 0
        self._closing = asyncio.Lock()
        self._http = httpx.AsyncClient(
            transport=environment.transport or self._own_transport,
            trust_env=False,
            follow_redirects=False,
            headers={
                "authorization": f"Bearer {key.reveal()}",
                "user-agent": f"grokchat/{__version__}",
                # What the server compresses could unpack to more than memory holds.
                "accept-encoding": "identity",
            },
        )

    def preconnect(self, settings: Settings) -> None:
        """Open a connection, unless one is open, so that the next request skips the handshakes."""
        if isinstance(self._own_transport, PreconnectTransport):
            self._own_transport.preconnect(settings.connect_timeout)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

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
                try:
                    stream = self._stream_reply(body, conversation_id, settings, endpoint, builder)
                    async with aclosing(uninterrupted(stream) if endpoint.makes_job else stream) as deltas:
                        async for delta in deltas:
                            has_deltas = has_deltas or bool(delta.text or delta.reasoning)
                            yield delta
                finally:
                    held = builder.release()
                last = builder.close()
                if last.text or last.reasoning:
                    yield last
            except JobAcceptedError as job:
                yield Accepted(job.request_id)
                if job.is_stopped:
                    raise asyncio.CancelledError from None
                now = self._environment.now()
                reply = self.deferred_reply(job.request_id, now, settings=settings, is_new=True)
                async with aclosing(reply) as events:
                    async for event in events:
                        yield event
                return
            except Failure as failure:
                if held.text or held.reasoning:
                    has_deltas = True
                    yield held
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
                reason = failure.summary
            else:
                return
            attempt_number += 1
            yield Retrying(reason, attempt_number, delay_s)
            await self._environment.sleep(delay_s)

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
        url = self._base_url + DEFERRED_PATH + quote(request_id, safe="")
        timeout = httpx.Timeout(settings.connect_timeout, read=_POLL_TIMEOUT_S)
        headers = {"accept": "application/json"}
        async with self._response("GET", url, settings, timeout=timeout, headers=headers) as response:
            if response.status_code == 202:
                return
            if not response.is_success:
                raise await self._read_failure(response, url)
            poll.has_begun = response.status_code == 200
            endpoint = endpoint_for(replace(settings, search="off"))
            found = read_deltas(response, poll.builder, endpoint.shape, self._key.redact)
            try:
                async with aclosing(found) as deltas:
                    async for _ in deltas:
                        pass
            except JobAcceptedError:
                return  # still the job, and not its reply
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
                self._response("GET", url, settings, timeout=timeout) as response,
            ):
                if response.status_code != 200:
                    raise await self._read_failure(response, url)
                return await parse_json(await read_body(stream_bytes(response), _MAX_GET_BYTES), _MAX_GET_VALUES)
        except TimeoutError as error:
            raise UnreachableError(f"{url} did not answer completely within {total_s:g} s.", TRY_LATER) from error
        except Failure as failure:
            raise failure.error from failure
        except ValueError:
            return None

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
        is_alone = endpoint.needs_new_connection
        async with self._response(
            "POST", url, settings, is_alone=is_alone, timeout=timeout, content=body, headers=headers
        ) as response:
            if not response.is_success:
                raise await self._read_failure(response, url, settings.params, len(body))
            count = endpoint.choice_count(settings)
            found = read_deltas(response, builder, endpoint.shape, self._key.redact, choice_count=count)
            async with aclosing(found) as deltas:
                async for delta in deltas:
                    yield delta

    @asynccontextmanager
    async def _response(
        self, method: str, url: str, settings: Settings, *, is_alone: bool = False, **request: Any
    ) -> AsyncGenerator[httpx.Response, None]:
        """Send a request and yield its response; raises Failure, also for errors while the response is read."""
        size = len(request.get("content", b""))
        await self._close_idle_connections(needs_new=is_alone or size > LARGE_REQUEST_BYTES)
        abandon_dns_on_exit()
        trace, has_response = RequestTrace(settings.connect_timeout), False
        self._active_requests += 1
        try:
            async with AsyncExitStack() as stack:
                stream = self._http.stream(method, url, extensions={"trace": trace.trace}, **request)
                async with trace.deadline:
                    response = await stack.enter_async_context(stream)
                has_response = True
                yield response
        except NETWORK_ERRORS as error:
            proxy = find_proxy(settings.base_url, self._environment.variables)
            attempted = Attempted(url, settings, proxy, unsent_bytes=0 if has_response else size)
            failure = failure_from_network_error(error, attempted, self._key)
            failure.was_sent = trace.has_sent
            is_timeout = isinstance(error, httpx.TimeoutException)
            failure.is_from_stale_connection = trace.reused_connection and not has_response and not is_timeout
            raise failure from error
        finally:
            self._active_requests -= 1
            self._last_used = self._environment.now()

    async def _close_idle_connections(self, *, needs_new: bool) -> None:
        """Close connections that were idle for too long by the wall clock: the monotonic clock stops during sleep.

        Some requests need a new connection, so that one that breaks is known not to have been stale. Of several
        requests at once, the first closes them, and the others wait, lest it close a connection of theirs.
        """
        is_stale = self._environment.now() - self._last_used > timedelta(seconds=KEEPALIVE_S)
        if self._own_transport is None or self._active_requests or not (is_stale or needs_new):
            return
        async with self._closing:
            if not self._active_requests:
                await self._own_transport.aclose()

    async def _read_failure(
        self, response: httpx.Response, url: str, parameters: Iterable[str] = (), request_bytes: int = 0
    ) -> Failure:
        body = await read_error_body(response)
        return failure_from_response(
            response.status_code,
            body.data,
            redact=self._key.redact,
            url=url,
            parameters=parameters,
            problem=body.problem,
            request_bytes=request_bytes,
            request_id=response.headers.get("x-request-id"),
            location=response.headers.get("location", ""),
            retry_after_s=parse_retry_after(response.headers.get("retry-after"), self._environment.now()),
            forbids_retry=response.headers.get("x-should-retry") == "false",
        )
