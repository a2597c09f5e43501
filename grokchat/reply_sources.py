"""The sources of a reply to a search: pages and posts that the model cites, or has read. Pure.

The text of such a reply has a marker `[[N]](url)` behind each statement (`markdown/citations`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from grokchat.markdown.citations import find_markers
from grokchat.records import record


@record
class ReplySource:
    """A page or a post, untrusted: its address, its title if the API sent one, and the number it is cited by if any."""

    url: str
    title: str = ""
    number: int | None = None

    @property
    def line(self) -> str:
        """The title, if there is one, and the address, on one line."""
        return " ".join(f"{self.title} {self.url}".split())

    def fields(self) -> dict[str, Any]:
        """Return the source as a session file has it: `url`, `title`, and `number` if it is cited."""
        number = {} if self.number is None else {"number": self.number}
        return {"url": self.url, "title": self.title, **number}


def read_sources(values: Sequence[Any] | None) -> list[ReplySource]:
    """Return the sources in a session file's list, without what is none."""
    return [source for value in values or () if (source := _read_source(value)) is not None]


def sources_in_text(text: str) -> list[ReplySource]:
    """Return the sources that the markers of a text name, each once, in the order of their numbers."""
    cited = dict.fromkeys((marker.number, marker.url) for marker in find_markers(text))
    return [ReplySource(url, number=number) for number, url in sorted(cited, key=lambda pair: pair[0])]


def join_sources(*lists: Sequence[Any] | None) -> list[Any] | None:
    """Return lists of sources in a session file as one, each source once, by number; None if there are none.

    The parts of a continued reply may each count from 1: a number then stands at several addresses, as in the text.
    """
    joined: dict[tuple[int | None, str], Any] = {}
    for value in (value for values in lists for value in values or ()):
        if (source := _read_source(value)) is not None:
            joined.setdefault((source.number, source.url), value)
    in_order = sorted(joined.items(), key=lambda item: (item[0][0] is None, item[0][0] or 0))
    return [value for _, value in in_order] or None


def sources_of_text(text: str, known: Sequence[Any] | None) -> list[Any] | None:
    """Return those of the `known` sources in a file's list that belong to a text, and others that it cites; or None.

    Known ones without a number stay: they are what the model has read.
    """
    if not known:
        return None
    cited = sources_in_text(text)
    pairs = {(source.number, source.url) for source in cited}
    kept = [
        value
        for value in known
        if (source := _read_source(value)) and (source.number is None or (source.number, source.url) in pairs)
    ]
    return join_sources(kept, [source.fields() for source in cited])


def find_host(url: str) -> str:
    """Return the host of an http(s) address, or "" of anything else."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return ""
    return (host or "") if parts.scheme in {"http", "https"} else ""


def _read_source(value: object) -> ReplySource | None:
    if not isinstance(value, Mapping) or not isinstance(value.get("url"), str) or not value["url"]:
        return None
    title, number = value.get("title"), value.get("number")
    return ReplySource(
        value["url"],
        title if isinstance(title, str) else "",
        number if type(number) is int and number > 0 else None,
    )
