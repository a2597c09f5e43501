"""Quantities for people: how many, how large, how long."""

from __future__ import annotations


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


def duration(seconds: float) -> str:
    """Return a time span: `45 s`, `10 min`, `3 h`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"
