"""The difference between two JSON bodies, line by line of their indented form, as `diff -u` shows it. Pure.

The common beginning and end are cut off first: a long conversation that has grown by one message is compared by that
message alone. What is too different to be aligned in reasonable time is shown as deleted and inserted.
"""

from __future__ import annotations

import json
from difflib import SequenceMatcher

from grokchat.sequences import common_prefix_length
from grokchat.units import plural

MarkedLine = tuple[str, str]
"""A mark and a line: `-` deleted, `+` inserted, ` ` context, `…` lines that are left out."""

_CONTEXT_LINES = 3
_MAX_ALIGNED_LINES = 2000
"""On either side; alignment takes quadratic time."""


def diff_json(earlier: bytes, later: bytes) -> list[MarkedLine]:
    """Return the marked lines; none if the bodies are equal."""
    old, new = _lines(earlier), _lines(later)
    start = common_prefix_length(old, new)
    end = common_prefix_length(old[start:][::-1], new[start:][::-1])
    deleted, inserted = old[start : len(old) - end], new[start : len(new) - end]
    if not deleted and not inserted:
        return []
    before, after = new[:start], new[len(new) - end :]
    return [
        *_left_out(len(before) - _CONTEXT_LINES),
        *((" ", line) for line in before[-_CONTEXT_LINES:]),
        *_aligned(deleted, inserted),
        *((" ", line) for line in after[:_CONTEXT_LINES]),
        *_left_out(len(after) - _CONTEXT_LINES),
    ]


def _aligned(old: list[str], new: list[str]) -> list[MarkedLine]:
    if max(len(old), len(new)) > _MAX_ALIGNED_LINES:
        return [*(("-", line) for line in old), *(("+", line) for line in new)]
    marked: list[MarkedLine] = []
    for kind, old_start, old_end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        lines = old[old_start:old_end]
        if kind != "equal":
            marked += [("-", line) for line in lines]
            marked += [("+", line) for line in new[new_start:new_end]]
        elif len(lines) <= 2 * _CONTEXT_LINES:
            marked += [(" ", line) for line in lines]
        else:
            marked += [(" ", line) for line in lines[:_CONTEXT_LINES]]
            marked += _left_out(len(lines) - 2 * _CONTEXT_LINES)
            marked += [(" ", line) for line in lines[-_CONTEXT_LINES:]]
    return marked


def _left_out(count: int) -> list[MarkedLine]:
    return [("…", plural(count, "equal line"))] if count > 0 else []


def _lines(body: bytes) -> list[str]:
    return json.dumps(json.loads(body), ensure_ascii=False, indent=2).split("\n")
