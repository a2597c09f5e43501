"""The sources of a reply as a document or a page has them: below the reply, each with a label that its markers name.

The text's markers, `[[1]](https://x.ai)`, are those of `reply_sources`. A source is untrusted: only a web address is a
link, and a title is text of one line.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from grokchat.messages import Message
from grokchat.render.sanitize import visible_line
from grokchat.reply_sources import ReplySource, find_host
from grokchat.sequences import shorten

_MAX_TITLE_CHARS = 200
_WEB_ADDRESS = re.compile(r"https?://[^\s<>]+", re.IGNORECASE)


class ListedSource(NamedTuple):
    """A source and its label: `4-1` for number 1 of message 4, unique in the document; empty if it has no number."""

    source: ReplySource
    label: str

    @property
    def title(self) -> str:
        """The title on one line, or nothing."""
        return shorten(visible_line(self.source.title), _MAX_TITLE_CHARS)

    @property
    def host(self) -> str:
        """The host of a web address that shows as it is, or nothing: then the address must not be a link."""
        url = self.source.url
        is_shown = url == visible_line(url) and _WEB_ADDRESS.fullmatch(url) is not None
        return visible_line(find_host(url)) if is_shown else ""


def list_sources(message: Message, place: str) -> list[ListedSource]:
    """Return the sources of a reply with their labels; `place` names the reply in the document.

    In a continued reply a number may have several addresses: the label of the second one is `4-1-2`.
    """
    counts: dict[int, int] = {}
    listed = []
    for source in message.sources:
        label = ""
        if source.number is not None:
            count = counts[source.number] = counts.get(source.number, 0) + 1
            label = f"{place}-{source.number}" + f"-{count}" * (count > 1)
        listed.append(ListedSource(source, label))
    return listed
