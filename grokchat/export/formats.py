"""The export formats: their names, and the function that exports to any of them.

Each format has a module of its name with a function `export(source) -> str`, imported when a conversation is exported
to it. `request` needs none: it is the body itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from grokchat.errors import CommandError
from grokchat.export.source import Source

FORMATS: Mapping[str, str] = {
    "markdown": "a document: every message under its role",
    "json": "the array of messages, as the API accepts it",
    "request": "the exact body of the next request",
    "html": "one page, readable everywhere, that loads and runs nothing",
    "curl": "a shell script",
    "xai-sdk": "a Python program for xAI's own client",
    "openai-python": "a Python program for the OpenAI client",
    "openai-js": "a JavaScript program for the OpenAI client",
    "ai-sdk": "a JavaScript program for the AI SDK",
}
"""Descriptions of the formats, by name."""
WITH_ALTERNATIVES = ("markdown", "html")
"""The formats that can hold the alternatives of replies. The others are the request, which has one reply at a place."""


WITHOUT_REQUEST = ("markdown", "html", "json")
"""The formats that hold the messages alone. The others make the next request."""


def check_alternatives(name: str) -> None:
    """Raise CommandError for a format that cannot hold the alternatives of replies."""
    if name not in WITH_ALTERNATIVES:
        formats = " and ".join(WITH_ALTERNATIVES)
        raise CommandError(f"{name} holds what is sent, without alternatives. --alternatives works with {formats}.")


def export(name: str, source: Source) -> bytes:
    """Return the conversation in one of `FORMATS`, as the bytes of a file."""
    if name == "request":
        return source.body
    module = import_module(f"grokchat.export.{name.replace('-', '_')}")
    text: str = module.export(source)
    return text.encode("utf-8", "replace")
