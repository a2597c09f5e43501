"""Citations: `[[3]](https://...)` in a reply to a search is the number of a source, listed below the reply.

The API does not escape the addresses. CommonMark's links may hold balanced parentheses, as those of Wikipedia do; a
marker whose address has others stays as written, and so does any marker in code. Behind an exclamation mark it would be
an image.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from grokchat.markdown.inline_grammar import InlineNode

_LABEL = re.compile(r"\[[1-9][0-9]{0,5}\]")
_ADDRESS = re.compile("https?://", re.IGNORECASE)
_OPEN_MARKER = re.compile(
    r"(?<!\\)\[(?:\[(?:[1-9][0-9]{0,5}(?:\](?:\](?:\([^\s()<>`]*(?:\([^\s()<>`]*\)[^\s()<>`]*)*(?:\([^\s()<>`]*)?)?)?)?)?)?\Z"
)
"""The beginning of a marker at the end of a text."""


def with_citations(nodes: Sequence[InlineNode]) -> list[InlineNode]:
    """Return the nodes with each link that is a marker replaced by a node of the kind `citation`."""
    found: list[InlineNode] = []
    for node in nodes:
        found.append(node)
        if node.kind == "image" and _is_marker(node.text, node.target):
            found[-1:] = [InlineNode("text", "!"), InlineNode("citation", node.text, node.target)]
        elif node.kind == "end" and node.element == "link" and len(found) > 2:
            start, label = found[-3], found[-2]
            if start.kind == "start" and label.kind == "text" and _is_marker(label.text, start.target):
                found[-3:] = [InlineNode("citation", label.text, start.target)]
    return found


def _is_marker(label: str, address: str) -> bool:
    return _LABEL.fullmatch(label) is not None and _ADDRESS.match(address) is not None


def without_open_marker(text: str) -> str:
    """Return a growing text without the beginning of a marker at its end, which would be seen as an address."""
    match = _OPEN_MARKER.search(text) if "[" in text else None
    return text if match is None else text[: match.start()].rstrip()
