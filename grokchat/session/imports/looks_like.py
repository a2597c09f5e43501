"""What a file that is not JSON looks like, so that an error can name it and say what to do instead. Pure."""

from __future__ import annotations

import re

_ATTACH = "To send it, use -f."
_NO_IMPORT = "A session can be resumed from its file, or from --export json."

_BINARY = (
    (rb"\x89PNG\r\n|\xff\xd8\xff|GIF8[79]a|RIFF.{4}WEBP|BM.{4}\0\0\0\0", "an image", _ATTACH),
    (rb"%PDF-", "a PDF file", _ATTACH),
    (rb"PK\x03\x04", "a ZIP archive", "Unpack it first: ChatGPT's export has a conversations.json in it."),
    (rb"\x1f\x8b|\xfd7zXZ\0|\x28\xb5\x2f\xfd|7z\xbc\xaf|BZh[1-9]", "a compressed file", "Unpack it first."),
    (rb"SQLite format 3\0", "an SQLite database", "From llm's, `llm logs -c --json` writes a conversation."),
    (rb"(?=.{0,8000}?\0)", "binary data", ""),
)
_TEXT = (
    (r"<!doctype html|<html", "an HTML page", _NO_IMPORT),
    (r"<\?xml|<svg|<[a-z]+>", "XML", ""),
    (r"(?:data|event|id|retry): ?|: ", "a stream of server-sent events", "Without streaming the API sends JSON."),
    (r"[\[{(\s]+['(]|(?:None|True|False)\b", "Python's notation of values", "json.dumps writes JSON."),
    (r"//|/\*|(?:window\.|module\.|export |var |const |let )", "JavaScript", ""),
    (r"\[[\w.\"-]+\]\s*$|[\w.-]+[ \t]*=", "a configuration file", ""),
    (r"#{1,6} |```|[*_>-] |\*\*|\|", "Markdown", _NO_IMPORT),
    (r"---\s*$|[\w-]+:(?:[ \t]|$)", "YAML", ""),
)
_HEAD_CHARS = 4000


def looks_like(head: bytes | str) -> tuple[str, str]:
    """Return what a file that is not JSON looks like (`an image`; empty for plain text), and advice or nothing."""
    if isinstance(head, bytes):
        found = (row[1:] for row in _BINARY if re.match(row[0], head, re.DOTALL))
    else:
        text = head[:_HEAD_CHARS]
        found = (row[1:] for row in _TEXT if re.match(row[0], text, re.MULTILINE | re.IGNORECASE))
    return next(found, ("", ""))
