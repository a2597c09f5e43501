"""Attached files, recognised in messages, so that they can be shown by name and size. Pure.

A message of the API has no field for a file's name: `load.to_messages` puts it before the text. A user can type the
same form. What a question follows is a file then, and so is a long text; a short text alone counts as typed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from grokchat.attachments.images import url_dimensions
from grokchat.message_parts import describe_part, describe_url, read_image_url, read_part_text
from grokchat.units import text_size

_FILE = re.compile(r"File: ([^\n]{1,300})\n\n")
_LONG_LINES, _LONG_CHARS = 20, 1600
"""A text with more is not shown whole in any case."""


def describe_attached(body: Mapping[str, Any], *, is_file: bool) -> str:
    """Return `attached: NAME · SIZE` for a user's message that is a file, or nothing for another one.

    `is_file` says that a message of this form is a file however short it is. The size is that of the text in UTF-8.
    """
    text = body.get("content")
    if body.get("role") != "user" or not isinstance(text, str) or (match := _FILE.match(text)) is None:
        return ""
    if not is_file and len(text) <= _LONG_CHARS and text.count("\n") <= _LONG_LINES:
        return ""
    name, start = match[1], match.end()
    if text.startswith(f"$ {name.removesuffix('…')}", start):
        name = f"$ {name}"  # the output of /run
    return f"attached: {name} · {text_size(text[start:])}"


def split_media(content: Sequence[object], names: Mapping[str, str]) -> tuple[list[str], str] | None:
    """Return what to call the images and other media of a message, and its text.

    `names` has the names of images by their address, as far as they are known. Returns None if media stand between
    texts, which may refer to their places, and if there are no media.
    """
    texts = [read_part_text(part) for part in content]
    if None not in texts or len(list(groupby(text is None for text in texts))) > 2:
        return None
    media = [_describe_media(part, names) for part, text in zip(content, texts, strict=True) if text is None]
    return media, "\n".join(text for text in texts if text is not None)


def _describe_media(part: object, names: Mapping[str, str]) -> str:
    url = read_image_url(part)
    sides = url_dimensions(url) if url is not None else None
    if url is None or sides is None:
        return f"attached: {describe_part(part)}"
    size = describe_url(url).rpartition(", ")[2]
    facts = (names.get(url, ""), f"image, {sides[0]}x{sides[1]}", size)
    return f"attached: {' · '.join(filter(None, facts))}"
