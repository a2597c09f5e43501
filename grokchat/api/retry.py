"""The retry policy: how many attempts, how long between them, and what `Retry-After` says.

Which failures may be retried is decided where they are recognised (`failures`, `network_errors`).
"""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime

from grokchat.api.failures import MAX_RETRY_AFTER_S, Failure

MAX_ATTEMPTS = 4
_BACKOFF_S = 0.5
"""Before the second attempt; doubled for each further one. Full jitter: the wait is random, up to this."""
_MAX_DISPLAYED_S = 366 * 86400.0
"""Longer waits are capped for display."""


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110, 10.2.3: seconds or a date), or None if it has none."""
    if not value:
        return None
    seconds: float
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - now).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return min(seconds, _MAX_DISPLAYED_S) if 0 <= seconds < float("inf") else None


def retry_delay_s(failure: Failure, attempt_number: int, jitter: float) -> float | None:
    """Return the seconds until the next attempt, or None if there is none; `jitter` is from 0 to 1.

    There is none after `MAX_ATTEMPTS`, after a failure that a retry cannot help, and if the server asks for a wait of
    more than `MAX_RETRY_AFTER_S`.
    """
    if not failure.is_retryable or attempt_number >= MAX_ATTEMPTS:
        return None
    if failure.retry_after_s is not None:
        return failure.retry_after_s if failure.retry_after_s <= MAX_RETRY_AFTER_S else None
    return _BACKOFF_S * 2.0 ** (attempt_number - 1) * jitter
