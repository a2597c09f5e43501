"""Quantities for people: how many, how large, how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CLOCK_SKEW_S = 120
"""A time on another machine's disk may be a little ahead."""


def plural(count: int, noun: str) -> str:
    """Return `1 message`, `2 messages`, `1,000 messages`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def short_count(count: int) -> str:
    """Return a count of tokens in few characters: `950`, `1.2k`, `200k`, `1M`."""
    for unit, suffix in ((1_000_000, "M"), (1000, "k")):
        if count >= unit:
            shown = f"{count / unit:.1f}" if count < 100 * unit else f"{count / unit:.0f}"
            return shown.removesuffix(".0") + suffix
    return str(count)


def byte_size(size: int) -> str:
    """Return a number of bytes: `640 B`, `23 kB`, `1.4 MB`."""
    if size < 1000:
        return f"{size} B"
    if size < 999_500:
        return f"{size / 1000:.0f} kB"
    return f"{size / 1_000_000:,.1f}".removesuffix(".0") + " MB"


def text_size(text: str) -> str:
    """Return the size of a text in UTF-8."""
    return byte_size(len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass")))


def time_ago(then: datetime, now: datetime) -> str:
    """Return how long ago a time was, or its day, in at most 11 characters: `5 min ago`, `yesterday`, `12 Mar`.

    Both times are in the user's time zone.
    """
    seconds = (now - then).total_seconds()
    days = (now.date() - then.date()).days
    if -_CLOCK_SKEW_S < seconds < 60:
        return "just now"
    if 0 < seconds < 3600:
        return f"{seconds // 60:.0f} min ago"
    if seconds > 0 and (days == 0 or seconds < 6 * 3600):
        return f"{seconds // 3600:.0f} h ago"
    if days == 1:
        return "yesterday"
    day = f"{then.day} {_MONTHS[then.month - 1]}"
    return day if then.year == now.year else f"{day} {then.year}"


def elapsed_time(seconds: float) -> str:
    """Return how long something has taken so far: `45 s`, `3 min`, `2 h 5 min`."""
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds < 59.5 else "59 s"
    minutes = int(seconds // 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60:,} h {minutes % 60} min"


def duration(seconds: float) -> str:
    """Return a time span: `45 s`, `10 min`, `3 h`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"
