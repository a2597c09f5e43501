"""The retry policy: how many attempts, how long between them, and what `Retry-After` says.

Which failures may be retried is decided where they are recognised (`failures`, `network_errors`).
"""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime

from grokchat.api.failures import Failure

MAX_ATTEMPTS = 4
_BACKOFF_S = 0.5
"""Before the second attempt; doubled from attempt to attempt, with full jitter (a random part of it is waited)."""
_MAX_RETRY_AFTER_S = 60.0
_MAX_SPAN_S = 366 * 86400.0
"""The longest wait that a server can ask for: more would only be more digits."""


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110, 10.2.3: seconds or a date), or None."""
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
    return min(seconds, _MAX_SPAN_S) if 0 <= seconds < float("inf") else None


def retry_delay(failure: Failure, attempt: int, jitter: float) -> float | None:
    """Return the seconds until the attempt after this one, or None if there is none; `jitter` is from 0 to 1."""
    if not failure.is_retryable or attempt >= MAX_ATTEMPTS:
        return None
    if failure.retry_after_s is not None:
        return failure.retry_after_s if failure.retry_after_s <= _MAX_RETRY_AFTER_S else None
    return _BACKOFF_S * 2.0 ** (attempt - 1) * jitter
