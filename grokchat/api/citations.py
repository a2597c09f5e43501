"""The sources of a reply with search, from its text, its annotations and the searches. Pure.

The text carries markers, `[[1]](https://x.ai/news)`, and an annotation for each follows it. The address of a marker is
taken from its annotation, because it may hold brackets. Annotations without a place (0 to 0) are all pages that the
model has met. The work is linear in the text and in the annotations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from grokchat.markdown.citations import find_markers
from grokchat.reply_sources import ReplySource

_NUMBER = re.compile(r"[1-9][0-9]{0,5}")
_MARKER_START = re.compile(r"\[\[([1-9][0-9]{0,5})\]\]\(")


def find_sources(
    text: str, annotations: Sequence[Mapping[str, Any]], pages: Iterable[str] = ()
) -> tuple[ReplySource, ...]:
    """Return what the text cites, in order of number, each address once; if nothing, the pages that were met."""
    markers = list(find_markers(text))
    cited = _cited(text, annotations, {marker.url: marker.number for marker in reversed(markers)})
    annotated = {source.number for source in cited}
    uncovered = [ReplySource(marker.url, "", marker.number) for marker in markers if marker.number not in annotated]
    if sources := _once([*cited, *uncovered]):
        return tuple(sorted(sources, key=lambda source: (source.number is None, source.number or 0)))
    met = _once([ReplySource(annotation["url"], _title(annotation)) for annotation in annotations])
    return tuple(met or _once([ReplySource(page) for page in pages]))


def is_citation(annotation: object) -> bool:
    """Return whether an annotation names an address."""
    return isinstance(annotation, Mapping) and isinstance(annotation.get("url"), str) and bool(annotation["url"])


def _cited(text: str, annotations: Iterable[Mapping[str, Any]], numbers: Mapping[str, int]) -> list[ReplySource]:
    """Return the annotations that have a place, with their numbers: their title, that of a marker, or the one there."""
    sources = []
    for annotation in annotations:
        start, end, title = annotation.get("start_index"), annotation.get("end_index"), annotation.get("title")
        if type(start) is int and type(end) is int and 0 <= start < end:
            is_number = isinstance(title, str) and _NUMBER.fullmatch(title.strip()) is not None
            url = annotation["url"]
            number = int(str(title)) if is_number else numbers.get(url) or _number_at(text, start, url)
            sources.append(ReplySource(url, _title(annotation), number))
    return sources


def _number_at(text: str, start: int, url: str) -> int | None:
    """Return the number of the marker of an address at this place, also if blanks and such make it no link."""
    match = _MARKER_START.match(text, min(start, len(text)))  # a place may be any whole number
    return int(match[1]) if match and text.startswith(url, match.end()) else None


def _once(sources: Iterable[ReplySource]) -> list[ReplySource]:
    """Return each address once, with the first title and the first number that it has."""
    found: dict[str, ReplySource] = {}
    for source in sources:
        earlier = found.get(source.url, source)
        found[source.url] = ReplySource(source.url, earlier.title or source.title, earlier.number or source.number)
    return list(found.values())


def _title(annotation: Mapping[str, Any]) -> str:
    """Return a title that says something: neither a marker's number nor the address again."""
    title = annotation.get("title")
    words = title.strip() if isinstance(title, str) else ""
    return "" if _NUMBER.fullmatch(words) or words == annotation["url"] else words
