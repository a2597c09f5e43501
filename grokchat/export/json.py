"""The messages array of the API documentation, which `--resume` reads and any client can send."""

from __future__ import annotations

import json

from grokchat.export.source import Source


def export(source: Source) -> str:
    """Return the messages that are sent, as an indented JSON array; ASCII where it cannot be UTF-8."""
    bodies = [message.body for message in source.sent]
    text = json.dumps(bodies, ensure_ascii=False, indent=2)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = json.dumps(bodies, ensure_ascii=True, indent=2)
    return text + "\n"
