"""Summaries of messages as texts: the instruction that asks for one, and the system message that holds one. Pure.

Both are known by how they begin. So a summary stays one when it is edited, forked, exported and imported again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_BEGINNING = "Summarize the conversation above, in the language that the user writes. Begin with what the user said"
_INSTRUCTION = (
    f"{_BEGINNING} about themselves and their aims, and what was decided, and why. "
    "Keep all names, numbers, dates, paths and other exact values, decisions, open questions and unfinished tasks, "
    "and code, commands and data that are still needed, word for word. "
    "Keep what an earlier summary says, and the instructions that still apply. Add nothing.\n\n"
    "Whoever continues the conversation sees this summary in place of the messages: "
    "leave out nothing that is still needed."
)
"""Few plain sentences: small models repeat lists and rules instead of following them."""
_HINT = "What matters most to the user:"
_NUMBERS = r"#\d+(?:-\d+)?(?:, #\d+(?:-\d+)?)*(?:, … \([\d,]+ messages\))?"
_HEAD = re.compile(rf"Summary of messages? {_NUMBERS}, which (?:is|are) no longer sent:[ \t\r]*(?:\n|\Z)")


def write_instruction(hint: str = "") -> str:
    """Return the text of the user message that asks for a summary of the messages before it."""
    return f"{_INSTRUCTION}\n\n{_HINT} {hint}" if hint else _INSTRUCTION


def is_instruction(text: str) -> bool:
    """Return whether a text is that of a message that asks for a summary."""
    return text.startswith(_BEGINNING)


def write_summary(text: str, numbers: str, count: int) -> str:
    """Return the text of the system message that holds a summary of `count` messages; `numbers` are theirs: `#3-10`."""
    head = f"Summary of message{'s' * (count != 1)} {numbers}, which {'is' if count == 1 else 'are'} no longer sent:"
    return f"{head}\n\n{text.strip()}"


def is_summary(body: Mapping[str, Any]) -> bool:
    """Return whether a message holds a summary of others."""
    content = body.get("content")
    return body.get("role") == "system" and isinstance(content, str) and _HEAD.match(content) is not None
