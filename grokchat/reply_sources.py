"""The sources of a reply to a search: pages and posts that the model cites, or has read. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from grokchat.records import record


@record
class ReplySource:
    """A page or a post, untrusted: its address, its title if the API sent one, and the number it is cited by if any."""

    url: str
    title: str = ""
    number: int | None = None

    @property
    def name(self) -> str:
        """The title, else the host, else the address."""
        return self.title or find_host(self.url) or self.url

    def fields(self) -> dict[str, Any]:
        """Return the source as a session file has it: `url`, `title`, and `number` if it is cited."""
        number = {} if self.number is None else {"number": self.number}
        return {"url": self.url, "title": self.title, **number}


def read_sources(values: Sequence[Any] | None) -> list[ReplySource]:
    """Return the sources in a session file's list, without what is none."""
    return [source for value in values or () if (source := _read_source(value)) is not None]


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
