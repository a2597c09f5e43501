"""Deferred replies: the answer to a request is the id of a job, and its reply is fetched when the job is done.

`GET /chat/deferred-completion/ID` answers 202 while the job runs, the reply with 200 exactly once, and 404 after that
or for an unknown id. So a failure of the network is no end, and what has begun to arrive is received to its end, even
if the user stops waiting at that moment. The request itself makes a job, which is billed, each time that it is sent:
`deferred_endpoint` says when it may be repeated.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any, TypeVar

from grokchat.api.failures import Failure, broken_reply_error
from grokchat.api.reply_builder import Delta, ReplyBuilder
from grokchat.api.reply_reader import JobAcceptedError
from grokchat.environment import Environment
from grokchat.errors import Advice, BrokenReplyError, RefusedError, UnreachableError
from grokchat.records import mutable, record
from grokchat.sequences import shorten

PATH = "/chat/deferred-completion/"
"""Below the base URL, before the id of the job."""
LIFETIME = timedelta(hours=24)
"""How long the API keeps a reply."""
_FIRST_WAIT_S = 2.0
_MAX_WAIT_S = 30.0
_WAIT_GROWTH = 1.5
_LAST_ANSWER_S = 2.0
"""How long an answer that is on its way is waited for when the user stops waiting."""
_LAST_REPLY_S = 15.0
"""The same for a reply that has begun to arrive."""
_MAX_SHOWN_ID_CHARS = 80
_GONE_STATUSES = frozenset({404, 410})
_ERROR_BODY_STATUSES = frozenset({200, 503})
"""Those of the failures of `failure_from_body`."""

Result = TypeVar("Result")


@record
class Accepted:
    """The API has accepted the request: its reply will be that of the job `request_id`."""

    request_id: str


@record
class PollFailed:
    """The API could not be asked for the reply; it is asked again."""

    reason: str


@record
class Job:
    """A request that the API accepted at the time `since`."""

    request_id: str
    since: datetime


class NoReplyError(UnreachableError):
    """The job has no reply, and will have none: it is gone, or it failed."""


@mutable
class Poll:
    """One attempt to fetch a reply; `builder` holds what has been received, `has_begun` whether the API has answered.

    `is_ready` is false as long as the job runs.
    """

    builder: ReplyBuilder
    has_begun: bool = False
    is_ready: bool = False


Fetch = Callable[[Poll], Coroutine[Any, Any, None]]
"""Fetches a reply, if it is ready, into the poll's builder; raises Failure."""


async def uninterrupted(deltas: AsyncGenerator[Delta, None]) -> AsyncGenerator[Delta, None]:
    """Yield the deltas of an answer to a request for a job, once all are there; raises what they raise.

    If the user stops waiting while the answer is on its way, that takes effect only when it has been handed on.
    """
    received: list[Delta] = []

    async def receive() -> JobAcceptedError | None:
        try:
            async with aclosing(deltas):
                async for delta in deltas:
                    received.append(delta)  # noqa: PERF401 - those before a failure count
        except JobAcceptedError as job:
            return job
        return None

    try:
        job, is_stopped = await finish(receive(), lambda: _LAST_ANSWER_S)
    except Failure:
        for delta in received:
            yield delta
        raise
    for delta in received:
        yield delta
    if job is not None:
        job.is_stopped = is_stopped
        raise job
    if is_stopped:
        raise asyncio.CancelledError


def _last_delta(builder: ReplyBuilder) -> Delta:
    builder.close()
    return Delta(builder.text, builder.reasoning)


async def poll_reply(
    fetch: Fetch,
    new_builder: Callable[[], ReplyBuilder],
    environment: Environment,
    job: Job,
    *,
    is_new: bool,
) -> AsyncGenerator[ReplyBuilder | PollFailed | Delta, None]:
    """Ask for the reply of a job until it has come; yield its builder and its text.

    A job that `is_new` is asked for after a wait. A failure is yielded once, until the API has answered again.
    Raises ApiError: NoReplyError if there is none, and RefusedError if the API refuses the question.
    """
    wait_s, has_failed = _FIRST_WAIT_S, False
    if is_new:
        await environment.sleep(wait_s)
    while True:
        poll = Poll(new_builder())
        delay_s = 0.0
        try:
            await _finish_poll(poll, fetch)
            has_failed = False
        except Failure as failure:
            if poll.builder.has_content:
                yield poll.builder
                yield Delta(poll.builder.text, poll.builder.reasoning)
                raise broken_reply_error(failure) from failure
            _check_end(failure, poll, job)
            if not has_failed:
                yield PollFailed(failure.summary)
            has_failed, delay_s = True, failure.retry_after_s or 0.0
        if poll.is_ready:
            yield poll.builder
            yield _last_delta(poll.builder)
            return
        if environment.now() - job.since >= LIFETIME:
            raise _gone(job, f"did not come within {LIFETIME.total_seconds() / 3600:.0f} h")
        await environment.sleep(max(wait_s, delay_s))
        wait_s = min(_MAX_WAIT_S, wait_s * _WAIT_GROWTH)


async def _finish_poll(poll: Poll, fetch: Fetch) -> None:
    """Fetch; if the user stops waiting meanwhile, receive what the API may already have handed out."""
    _, is_stopped = await finish(fetch(poll), lambda: _LAST_REPLY_S if poll.has_begun else _LAST_ANSWER_S)
    if is_stopped and not poll.is_ready:
        raise asyncio.CancelledError


def _check_end(failure: Failure, poll: Poll, job: Job) -> None:
    """Raise the error of a failure after which asking again is useless."""
    error = failure.error
    if poll.has_begun:
        # An error, or JSON, instead of a reply. Anything else may be from a proxy: the API's next answer decides.
        is_broken = isinstance(error, BrokenReplyError)
        if is_broken and not failure.is_retryable:
            raise UnreachableError(
                "The API answered without a reply.", Advice(when=""), status=error.status
            ) from failure
        if error.status in _ERROR_BODY_STATUSES and not is_broken:
            raise NoReplyError(error.message, Advice(when=""), status=error.status) from failure
    elif error.status in _GONE_STATUSES:
        raise _gone(job, "is gone") from failure
    elif isinstance(error, RefusedError):
        raise error from failure


def _gone(job: Job, what: str) -> NoReplyError:
    request_id = shorten(job.request_id, _MAX_SHOWN_ID_CHARS)
    return NoReplyError(f"The deferred reply {what}: the API does not have it (request {request_id}).", Advice(when=""))


async def finish(request: Coroutine[Any, Any, Result], limit_s: Callable[[], float]) -> tuple[Result, bool]:
    """Return what a request returns, and whether the caller was cancelled meanwhile.

    A request that is being answered when that happens may end, within `limit_s`: the answer cannot be had again.
    """
    task = asyncio.ensure_future(request)
    is_stopped = False
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        is_stopped = True
        await _wait_for_end(task, limit_s)
        if not task.done() or task.cancelled() or task.exception() is not None:
            task.cancel()
            await asyncio.wait({task})
            raise
    return task.result(), is_stopped


async def _wait_for_end(task: asyncio.Future[Any], limit_s: Callable[[], float]) -> None:
    """Wait for the end of a task, as long as the limit of the moment allows; once more cancelled, no longer."""
    clock = asyncio.get_running_loop().time
    started_at = clock()
    try:
        while not task.done() and (left_s := started_at + limit_s() - clock()) > 0:
            await asyncio.wait({task}, timeout=min(left_s, 0.1))
    except asyncio.CancelledError:
        pass
