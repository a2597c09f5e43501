"""What a model does between its question and its answer, as a phrase for the live line. Pure.

A call's arguments have three places: `action` of today's web searches, and `input` or `arguments`, which are JSON.
All of them may be missing at first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grokchat.reply_sources import find_host
from grokchat.sequences import shorten
from grokchat.strict_json import parse_or_none

_MAX_QUERY_CHARS = 200
_MAX_ARGUMENT_CHARS = 64 * 1024
_OTHERS = {
    "code_interpreter_call": "running code",
    "file_search_call": "searching files",
    "image_generation_call": "making an image",
    "view_image": "looking at an image",
    "view_x_video": "watching a video on X",
    "x_thread_fetch": "reading a post on X",
}
"""By the item's type, or by the tool's name."""


def describe_activity(item: Mapping[str, Any]) -> str:
    """Return what an item of a response does, or nothing for one that is no call of the API's own tools."""
    kind, name = _text(item.get("type")), _text(item.get("name"))
    if kind == "web_search_call":
        return _describe_web(item)
    if kind in _OTHERS:
        return _OTHERS[kind]
    if kind == "x_search_call" or (kind == "custom_tool_call" and name.startswith("x_") and name not in _OTHERS):
        return _with_query("searching X", _arguments(item))
    if kind in {"custom_tool_call", "mcp_call"}:
        return _OTHERS.get(name) or (f"using {_line(name)}" if name else "")
    return ""


def _describe_web(item: Mapping[str, Any]) -> str:
    action = item.get("action")
    fields = action if isinstance(action, Mapping) else _arguments(item)
    url = fields.get("url")
    host = find_host(url) if isinstance(url, str) else ""
    if host and isinstance(pattern := fields.get("pattern"), str) and pattern.strip():
        return f'searching {host}: "{_line(pattern)}"'
    return f"reading {host}" if host else _with_query("searching the web", fields)


def _with_query(phrase: str, fields: Mapping[str, Any]) -> str:
    query = next((value for key in ("query", "q") if isinstance(value := fields.get(key), str)), "")
    return f'{phrase}: "{_line(query)}"' if query.strip() else phrase


def _arguments(item: Mapping[str, Any]) -> Mapping[str, Any]:
    for key in ("input", "arguments"):
        text = item.get(key)
        value = parse_or_none(text) if isinstance(text, str) and text and len(text) <= _MAX_ARGUMENT_CHARS else text
        if isinstance(value, Mapping):
            return value
    return {}


def _line(text: str) -> str:
    return shorten(" ".join(text.split()), _MAX_QUERY_CHARS)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
