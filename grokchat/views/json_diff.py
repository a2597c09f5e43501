"""What differs between two JSON bodies, line by line of their indented form, as `diff -u` shows it. Pure.

The common beginning and end are cut off first: a long conversation that has grown by a message is compared by that
message. What is too different to be aligned in reasonable time is shown as taken out and put in.
"""

from __future__ import annotations

import json
from difflib import SequenceMatcher

_CONTEXT = 3
_ALIGNED = 2000
"""Lines on either side up to which they are aligned; it takes quadratic time."""


def difference(earlier: bytes, now: bytes) -> list[tuple[str, str]]:
    """Return the lines with their marks: `-`, `+`, ` ` for context, `…` for what is left out. Empty if all is equal."""
    old, new = _lines(earlier), _lines(now)
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    gone, come = old[start : len(old) - end], new[start : len(new) - end]
    if not gone and not come:
        return []
    lead, trail = new[:start], new[len(new) - end :]
    return [
        *_left_out(len(lead) - _CONTEXT),
        *((" ", line) for line in lead[-_CONTEXT:]),
        *_aligned(gone, come),
        *((" ", line) for line in trail[:_CONTEXT]),
        *_left_out(len(trail) - _CONTEXT),
    ]


def _aligned(gone: list[str], come: list[str]) -> list[tuple[str, str]]:
    if max(len(gone), len(come)) > _ALIGNED:
        return [*(("-", line) for line in gone), *(("+", line) for line in come)]
    shown: list[tuple[str, str]] = []
    for kind, one, two, three, four in SequenceMatcher(None, gone, come, autojunk=False).get_opcodes():
        if kind != "equal":
            shown += [*(("-", line) for line in gone[one:two]), *(("+", line) for line in come[three:four])]
        elif two - one <= 2 * _CONTEXT:
            shown += [(" ", line) for line in gone[one:two]]
        else:
            shown += [(" ", line) for line in gone[one : one + _CONTEXT]]
            shown += _left_out(two - one - 2 * _CONTEXT)
            shown += [(" ", line) for line in gone[two - _CONTEXT : two]]
    return shown


def _left_out(count: int) -> list[tuple[str, str]]:
    return [("…", f"{count:,} equal line{'' if count == 1 else 's'}")] if count > 0 else []


def _common(one: list[str], other: list[str]) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (mine, theirs) in pairs if mine != theirs), min(len(one), len(other)))


def _lines(body: bytes) -> list[str]:
    return json.dumps(json.loads(body), ensure_ascii=False, indent=2).split("\n")
