"""Where a Markdown text is code, found without parsing the rest: for what searches a text and must keep its places.

It knows fences, also those inside a block of Markdown, and code spans. Code that is only indented is taken for text,
because in a list that is what an indentation means. The work is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from grokchat.markdown.fences import closes_block
from grokchat.markdown.nodes import Leaf

_FENCE_LINE = re.compile(r"^.*(?:```|~~~).*$", re.MULTILINE)
_FENCE = re.compile(
    r"(?P<containers>(?:[ \t]*(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t])))*)[ \t]*"
    r"(?P<fence>`{3,}(?!.*`)|~{3,})(?P<info>.*)"
)
_NO_QUOTE_LINE = re.compile(r"^(?![ \t]*>)", re.MULTILINE)
_CONTAINERS = re.compile(r"[ \t>]*")
_BLOCK_START = re.compile(r"\n(?=[ \t]*(?:\r?\n|[-+*|#>]|\d{1,9}[.)]))")
"""Before a line that no code span of the line above reaches into: an empty one, an item, a row, a heading, a quote."""
_BACKTICKS = re.compile("`+")


def blank_code(text: str) -> str:
    """Return a Markdown text with blanks in the place of its code, and all else at its place."""
    if "`" not in text and "~~~" not in text:
        return text
    at, parts = 0, list[str]()
    for begin, end in _fenced_areas(text):
        parts += [_without_spans(text[at:begin]), " " * (end - begin)]
        at = end
    return "".join([*parts, _without_spans(text[at:])])


def _fenced_areas(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the fenced blocks begin and end; one that is not closed ends with its quote, or with the text."""
    block, begin, end, quote_end = None, 0, len(text), 0
    for line in _FENCE_LINE.finditer(text):
        if block is not None and line.start() >= end:
            yield begin, end
            block = None
        shown = line[0].rstrip("\r")
        if block is not None:
            if closes_block(block, _CONTAINERS.sub("", shown, count=1)):
                yield begin, line.end()
                block = None
        elif opening := _FENCE.fullmatch(shown):
            block = Leaf(0, "code", (), has_gap=False, info_string=opening["info"].strip(), fence=opening["fence"])
            begin, end = line.start(), len(text)
            if ">" in opening["containers"]:
                if quote_end <= begin:
                    following = _NO_QUOTE_LINE.search(text, line.end() + 1)
                    quote_end = following.start() if following else len(text)
                end = quote_end
    if block is not None:
        yield begin, end


def _without_spans(text: str) -> str:
    """Return a text outside of fenced blocks with blanks in the place of its code spans."""
    if "`" not in text:
        return text
    at, parts = 0, list[str]()
    for match in _BLOCK_START.finditer(text):
        parts.append(_blank_spans(text[at : match.end()]))
        at = match.end()
    return "".join([*parts, _blank_spans(text[at:])])


def _blank_spans(text: str) -> str:
    runs = [(match.start(), match.end()) for match in _BACKTICKS.finditer(text)]
    last = {end - begin: index for index, (begin, end) in enumerate(runs)}
    at, parts, index = 0, list[str](), 0
    while index < len(runs):
        begin, end = runs[index]
        begin += _is_escaped(text, begin)
        index += 1
        if begin < end and last.get(end - begin, 0) >= index:
            while runs[index][1] - runs[index][0] != end - begin:
                index += 1
            parts += [text[at:begin], " " * (runs[index][1] - begin)]
            at = runs[index][1]
            index += 1
    return "".join([*parts, text[at:]])


def _is_escaped(text: str, place: int) -> bool:
    begin = place
    while begin and text[begin - 1] == "\\":
        begin -= 1
    return (place - begin) % 2 == 1
