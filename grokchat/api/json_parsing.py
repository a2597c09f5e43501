"""JSON from the network, parsed beside the event loop if it is large.

Parsing a body of 60 MB takes seconds, in which the loop must still take a key, so it is done in a thread. The parser
gives way to the loop at every number, but not inside of a list of texts; so the number of values is limited too.
"""

from __future__ import annotations

from typing import Any

from grokchat import strict_json
from grokchat.system.threads import run_in_thread

THREAD_BYTES = 512 * 1024
"""From this size on a thread is worth its start; smaller JSON takes a few milliseconds."""
_MAX_VALUES = 10_000_000
"""More than the log probabilities of a reply of 64 MiB have."""


class TooManyValuesError(ValueError):
    """More values than any reply has."""


async def parse_json(data: bytes | str, max_values: int = _MAX_VALUES) -> Any:
    """Return what `strict_json.parse_lenient` returns; raises ValueError."""
    if len(data) < THREAD_BYTES:
        return strict_json.parse_lenient(data)
    if _count_values(data) > max_values:
        raise TooManyValuesError("more values than any reply has")
    try:
        return await run_in_thread(strict_json.parse_lenient, data)
    except MemoryError as error:
        raise TooManyValuesError("more values than the memory holds") from error


def _count_values(data: bytes | str) -> int:
    """Return at least the number of values; commas and brackets in texts are counted too."""
    if isinstance(data, str):
        return sum(map(data.count, ",[{"))
    return sum(map(data.count, (b",", b"[", b"{")))
