"""Citations: `[[3]](https://...)` in a reply to a search is the number of a source, listed below the reply.

A marker is a link whose text is the number in brackets. The API does not escape the addresses: they may hold
parentheses in pairs, as those of Wikipedia do. Any kind of address is one, because a number that is shown needs its
source: what may be opened is decided where sources are shown. In code, with other parentheses and without a scheme, a
marker stays as written. Behind an exclamation mark it is no picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from grokchat.markdown.code_areas import blank_code

_MARKER_RUN = re.compile(r"(?<!\\)\[\[[1-9][0-9]{0,5}\]\]\([a-z][a-z0-9+.-]*:(?://)?+[^\s<>)][^\s<>]*", re.IGNORECASE)
"""A marker and all that follows it without a blank: most often its address, its end, and the next marker."""
_MARKER_TOKEN = re.compile(
    r"\[\[(?P<number>[1-9][0-9]{0,5})\]\]\((?=[a-z][a-z0-9+.-]*:(?://)?+[^)])|\\.|[()]", re.IGNORECASE
)
_OPEN_MARKER = re.compile(
    r"(?<!\\)\[(?:\[(?:[1-9][0-9]{0,5}(?:\](?:\](?:\([^\s()<>`]*(?:\([^\s()<>`]*\)[^\s()<>`]*)*(?:\([^\s()<>`]*)?)?)?)?)?)?\Z"
)
"""The beginning of a marker at the end of a text."""


class Marker(NamedTuple):
    """A marker in a text: where it begins and ends, the number that it shows, and the address that it links to."""

    begin: int
    end: int
    number: int
    url: str


def find_markers(text: str) -> Iterator[Marker]:
    """Yield the markers of a text in order, without those in code; an address may have parentheses in pairs."""
    if "]](" not in text:
        return
    for run in _MARKER_RUN.finditer(blank_code(text)):
        yield from _markers_in_run(run[0], run.start())


def without_open_marker(text: str) -> str:
    """Return a growing text without the beginning of a marker at its end, which would be seen as an address."""
    match = _OPEN_MARKER.search(text) if "[" in text else None
    return text if match is None else text[: match.start()].rstrip()


def _markers_in_run(run: str, offset: int) -> list[Marker]:
    """Return the markers in a text without blanks that is at this place: those that are in no other one's address."""
    found: list[Marker] = []
    opened: list[re.Match[str]] = []
    for token in _MARKER_TOKEN.finditer(run):
        if token[0].endswith("("):
            opened.append(token)
        elif token[0] == ")" and opened and (number := (opening := opened.pop())["number"]):
            begin = offset + opening.start()
            while found and found[-1].begin > begin:
                found.pop()
            found.append(Marker(begin, offset + token.end(), int(number), run[opening.end() : token.start()]))
    return found
