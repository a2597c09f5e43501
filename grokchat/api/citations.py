r"""The sources of a reply with search, from its text, its annotations and the searches. Pure.

The text carries markers, `[[1]](https://x.ai/news)`, and an annotation for each follows it. The address of a marker is
taken from its annotation, because it may hold brackets. Annotations without a place (0 to 0) are all pages that the
model has met. The work is linear in the text and in the annotations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from grokchat.reply_sources import ReplySource

_MARKER = re.compile(r"\[\[([1-9][0-9]{0,5})\]\]\(")
_URL_TOKEN = re.compile(r"[()\s<>]|\[\[")
_NUMBER = re.compile(r"[1-9][0-9]{0,5}")


def find_sources(
    text: str, annotations: Sequence[Mapping[str, Any]], pages: Iterable[str] = ()
) -> tuple[ReplySource, ...]:
    """Return what the text cites, in order of number, each address once; if nothing, the pages that were met."""
    placed = [annotation for annotation in annotations if _is_placed(annotation)]
    cited = _Sources()
    markers = dict(_markers(text))
    numbers = {url: number for number, url in reversed(markers.items())}
    for annotation in placed:
        url, title = annotation["url"], _title(annotation)
        number = int(title) if _NUMBER.fullmatch(title) else _number_at(text, annotation) or numbers.get(url)
        if number is not None:
            markers.pop(number, None)
        cited.add(url, "" if _NUMBER.fullmatch(title) else title, number)
    for number, url in markers.items():
        cited.add(url, "", number)
    if cited.sources:
        return cited.in_order()
    met = _Sources()
    for annotation in annotations:
        title = _title(annotation)
        met.add(annotation["url"], "" if _NUMBER.fullmatch(title) else title, None)
    for page in pages if not met.sources else ():
        met.add(page, "", None)
    return met.in_order()


class _Sources:
    """Sources, each address once, with the first title and the first number that it came with."""

    def __init__(self) -> None:
        self.sources: dict[str, ReplySource] = {}

    def add(self, url: str, title: str, number: int | None) -> None:
        earlier = self.sources.get(url)
        if earlier is not None:
            title, number = earlier.title or title, earlier.number or number
        self.sources[url] = ReplySource(url, "" if title == url else title, number)

    def in_order(self) -> tuple[ReplySource, ...]:
        def place(source: ReplySource) -> tuple[bool, int]:
            return source.number is None, source.number or 0

        return tuple(sorted(self.sources.values(), key=place))


def is_citation(annotation: object) -> bool:
    """Return whether an annotation names an address."""
    return isinstance(annotation, Mapping) and isinstance(annotation.get("url"), str) and bool(annotation["url"])


def _is_placed(annotation: Mapping[str, Any]) -> bool:
    start, end = annotation.get("start_index"), annotation.get("end_index")
    return type(start) is int and type(end) is int and 0 <= start < end


def _title(annotation: Mapping[str, Any]) -> str:
    title = annotation.get("title")
    return title.strip() if isinstance(title, str) else ""


def _number_at(text: str, annotation: Mapping[str, Any]) -> int | None:
    match = _MARKER.match(text, annotation["start_index"])
    return int(match[1]) if match else None


def _markers(text: str) -> Iterator[tuple[int, str]]:
    """Yield the number and the address of each marker; of a number, its first address comes last."""
    found = []
    for match in _MARKER.finditer(text):
        url = _read_url(text, match.end())
        if url:
            found.append((int(match[1]), url))
    return reversed(found)


def _read_url(text: str, start: int) -> str:
    """Return the address up to the bracket that closes it, or nothing if it has no end."""
    depth = 0
    for token in _URL_TOKEN.finditer(text, start):
        if token[0] == "(":
            depth += 1
        elif token[0] != ")":
            return ""
        elif depth == 0:
            return text[start : token.start()]
        else:
            depth -= 1
    return ""
