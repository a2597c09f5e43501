"""What is wrong with the text of a screen on which a numbered reply is, or was, arriving."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from numbered_reply import WORD, Reply, squeezed

_GREETING = re.compile(r"grokchat[\d.]+grok4\.7/forcommands.*?quits.*?>go1?")
_LANGUAGE = "p(?:y(?:t(?:h(?:on?)?)?)?)?"
_NUMBER = re.compile(rf"(?:(?:{_LANGUAGE})?code|(?:^|(?<=x)|(?<=K[abc])))(\d+)(?:{_LANGUAGE})?(?=w|K|>|$)")
"""The line above a block of code, as a fence or in colours, also while its language is coming."""
_STATUS = "grok4.7"
_STATUS_IDLE = re.compile(r"grok4\.72messages~[\d.]+k?tokens\$0\.0015")
_STATUS_CUT = re.compile(r"grok4\.7[\w,.$~]*")


class Fault(NamedTuple):
    """A kind, a description, how many words or rows are wrong, and the words that are missing or doubled."""

    kind: str
    what: str
    count: int = 1
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}"


def faults(
    text: str, reply: Reply, *, typed: str = "", done: bool = False, cut: bool = True, hides: bool = False
) -> list[Fault]:
    """Return what is wrong with the text of scrollback and screen.

    `done` is a reply that is over; `cut` is a window in which the prompt and the bottom line may not be whole; `hides`
    is one in which that goes for the open block too.
    """
    hides = hides and not done
    found = [] if hides else _empty(text)
    text = squeezed(text)
    if "toosmall" in text:
        found.append(Fault("too small", "the program says so instead of showing anything"))
    greeting = _GREETING.match(text)
    if greeting is None:
        what = f"it is not at the top as it was, or what was said is not below: {text[:90]!r}"
        return [*found, Fault("greeting", what)]
    text = text[greeting.end() :]
    numbers = [int(number) for number in _NUMBER.findall(text)]
    if numbers != list(range(1, len(numbers) + 1)) and not hides:
        found.append(Fault("numbers", f"the blocks of code are {numbers}"))
    text = _NUMBER.sub("", text)
    found += _counted(text, typed)
    found += _words(text, reply, done=done, hides=hides)
    if found or hides:
        return found
    # Whatever else should not be there.
    kept = max((_common(text, form) for form in reply.forms()), key=len)
    rest = text[len(kept) :]
    if done and kept not in reply.forms():
        return [Fault("other", f"behind {kept[-30:]!r} comes {rest[:90]!r}")]
    rest = re.sub(r"^(K[abc])+", "", rest)  # names of a table's cells that are still empty
    if not _is_bottom(rest, squeezed(typed), cut=cut, done=done):
        what = f"behind {kept[-30:]!r} comes {rest[:120]!r}, which is no prompt with its bottom line"
        return [Fault("other", what)]
    return []


def _common(one: str, other: str) -> str:
    """Return the common beginning."""
    size = next((at for at, (char, its) in enumerate(zip(one, other, strict=False)) if char != its), None)
    return one[: min(len(one), len(other)) if size is None else size]


def _empty(text: str) -> list[Fault]:
    pairs = enumerate(itertools.pairwise(text.split("\n")), 1)
    found = [at for at, rows in pairs if not any(row.strip() for row in rows)]
    what = f"{len(found)} pairs, the first rows {found[0]} and {found[0] + 1}" if found else ""
    return [Fault("empty rows", what, len(found))] if found else []


def _counted(text: str, typed: str) -> Iterator[Fault]:
    prompts, statuses = text.count(">"), text.count(_STATUS)
    if prompts > 1:
        yield Fault("stale prompt", f"{prompts} prompts", prompts - 1)
    if statuses > 1:
        yield Fault("stale status", f"{statuses} bottom lines", statuses - 1)
    copies = text.count(squeezed(typed)) if typed else 0
    if copies > 1:
        yield Fault("stale typed", f"{typed!r} is there {copies} times", copies - 1)


def _words(text: str, reply: Reply, *, done: bool, hides: bool) -> Iterator[Fault]:
    seen = WORD.findall(text)
    number = {word: at for at, word in enumerate(reply.words)}
    strange = [word for word in seen if word not in number]
    if strange:
        yield Fault("broken words", _some_of(strange), len(strange))
    seen = [word for word in seen if word in number]
    doubled = [word for word, count in Counter(seen).items() if count > 1]
    if doubled:
        yield Fault("doubled words", _some_of(doubled), len(doubled), tuple(doubled))
    first = list(dict.fromkeys(seen))
    early = [word for word, after in itertools.pairwise(first) if number[word] > number[after]]
    if early:
        yield Fault("out of order", _some_of(early), len(early))
    there = set(seen)
    last = len(reply.words) - 1 if done else max((number[word] for word in there), default=-1)
    missing = [word for word in reply.words[: last + 1] if word not in there]
    # A block is open until a line of the next has come.
    hidden = [] if done else [word for word in missing if reply.block[number[word]] >= reply.block[last] - 1]
    gone = missing[: len(missing) - len(hidden)]
    if gone:
        yield Fault("missing words", _some_of(gone), len(gone), tuple(gone))
    if hidden and not hides:
        what = f"{_some_of(hidden)}, before {reply.words[last]}, which is there"
        yield Fault("hidden words", what, len(hidden), tuple(hidden))


def _some_of(words: list[str]) -> str:
    return ", ".join(words[:6]) + (f" … {words[-1]} ({len(words)} in all)" if len(words) > 6 else "")


def _is_bottom(text: str, typed: str, *, cut: bool, done: bool) -> bool:
    """Return whether a squeezed text is a prompt with the typed text, and the bottom line below it."""
    if not cut:
        prompt = f">{typed}"
        return text.startswith(prompt) and bool((_STATUS_IDLE if done else _STATUS_CUT).fullmatch(text, len(prompt)))
    # Of a word that is still coming there may be a part, which `kept` has taken.
    text = text.removeprefix(">")
    ends = (at for at in range(len(text) + 1) if text[:at] in typed)
    return any(_STATUS.startswith(text[at:]) or _STATUS_CUT.fullmatch(text, at) for at in ends)
