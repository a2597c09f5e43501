"""The retry policy alone: when the next attempt begins, and what Retry-After says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from grokchat.api.failures import Failure
from grokchat.api.retry import MAX_ATTEMPTS, parse_retry_after, retry_delay_s
from grokchat.errors import UnreachableError

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


def failure(*, is_retryable: bool = True, retry_after_s: float | None = None) -> Failure:
    return Failure(UnreachableError("It failed."), is_retryable=is_retryable, retry_after_s=retry_after_s)


def test_the_wait_doubles_from_attempt_to_attempt_with_full_jitter():
    assert [retry_delay_s(failure(), attempt, 1.0) for attempt in range(1, MAX_ATTEMPTS)] == [0.5, 1.0, 2.0]
    assert retry_delay_s(failure(), 3, 0.25) == 0.5
    assert retry_delay_s(failure(), 1, 0.0) == 0.0


def test_there_are_four_attempts_and_only_for_what_may_be_retried():
    assert MAX_ATTEMPTS == 4
    assert retry_delay_s(failure(), MAX_ATTEMPTS, 1.0) is None
    assert retry_delay_s(failure(is_retryable=False), 1, 1.0) is None


@pytest.mark.parametrize(("seconds", "delay"), [(0.0, 0.0), (7.0, 7.0), (60.0, 60.0), (60.5, None), (600.0, None)])
def test_the_server_s_wait_is_obeyed_up_to_a_minute(seconds, delay):
    """A longer wait ends the attempts at once."""
    assert retry_delay_s(failure(retry_after_s=seconds), 1, 0.5) == delay


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("Thu, 01 Jan 2026 12:01:30 GMT", 90.0),
        ("Thu, 01 Jan 2026 11:59:00 GMT", None),
        ("1e30", 366 * 86400.0),
        ("-1", None),
        ("inf", None),
        ("nan", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_has_two_forms(value, seconds):
    """RFC 9110, 10.2.3: seconds, or a date."""
    assert parse_retry_after(value, NOW) == seconds
