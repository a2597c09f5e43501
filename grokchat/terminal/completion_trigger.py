"""Where the completion menu opens automatically: after `/` at the line's start, and after `@` in a message. Pure."""

from __future__ import annotations

import re

from prompt_toolkit.document import Document

from grokchat.attachments.mentions import find_open_mention

_COMMAND_TRIGGER = re.compile(r"/[A-Za-z?-]*")
_COMMAND_LINE = re.compile(r"[ \t]*/(?:[A-Za-z-]+|\?)\s")


def find_trigger(document: Document) -> int | None:
    """Return where the word begins after which the menu opens automatically; None if the cursor is not in one."""
    before, after = document.text_before_cursor, document.text_after_cursor
    if after[:1].strip():
        return None  # in the middle of a word
    if _COMMAND_TRIGGER.fullmatch(before):
        return 0
    if _COMMAND_LINE.match(before):
        return None  # a command's arguments: its @N is not a file
    mention = find_open_mention(before)
    return len(before) - len(mention) if mention else None
