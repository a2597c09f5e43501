"""Request bodies, their differences and exported documents, as lines. Text from outside is made visible here."""

from __future__ import annotations

from grokchat.render.sanitize import visible
from grokchat.render.style import TerminalStyle


def request_body_lines(data: bytes, style: TerminalStyle) -> list[str]:
    """Return a JSON body, indented, all of it."""
    import json

    text = visible(json.dumps(json.loads(data), ensure_ascii=False, indent=2))
    return [*text.split("\n"), style.styled(f"{len(data):,} bytes", "muted")]


def body_diff_lines(earlier: bytes, data: bytes, style: TerminalStyle) -> list[str]:
    """Return the differences between two JSON bodies, marked as in `diff -u`."""
    from grokchat.views.json_diff import diff_json

    marked = diff_json(earlier, data)
    if not marked:
        return [style.styled("the next request equals the last one", "muted")]
    elements = {"-": "deleted", "+": "inserted", "…": "muted"}
    return [
        style.styled(f"{mark} {text}", elements[mark]) if mark in elements else f"  {text}"
        for mark, line in marked
        for text in visible(line).split("\n")
    ]


def document_lines(text: str) -> list[str]:
    """Return a text's lines, unchanged except that they are made visible."""
    return visible(text).removesuffix("\n").split("\n")
