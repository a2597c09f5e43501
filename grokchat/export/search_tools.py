"""The search tools in a request: their options, each checked, as `xai-sdk` and `ai-sdk` need them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from grokchat.config.search_options import SEARCH_OPTIONS, SEARCH_TOOLS
from grokchat.config.search_values import to_day


def search_tool_name(tool: Any) -> str:
    """Return the name of a search tool, or "" for any other tool."""
    kind = tool.get("type") if isinstance(tool, dict) else None
    return kind if isinstance(kind, str) and kind in SEARCH_TOOLS else ""


def search_tool_options(tool: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """Yield each option of a search tool: its name, its value, and its kind, or "" if the tool does not take it."""
    for name, value in tool.items():
        if name != "type":
            option = SEARCH_OPTIONS.get(name)
            is_taken = option and SEARCH_TOOLS[tool["type"]] in option.tools and _CHECKS[option.kind](value)
            yield name, value, option.kind if option and is_taken else ""


def read_day(value: Any) -> tuple[int, int, int] | None:
    """Return the year, the month and the day of a date in ISO form."""
    if not value or to_day(value) != value:
        return None
    year, month, day = map(int, value.split("-"))
    return year, month, day


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


_CHECKS: Mapping[str, Callable[[Any], bool]] = {
    "hosts": _is_list_of_texts,
    "handles": _is_list_of_texts,
    "date": lambda value: read_day(value) is not None,
    "boolean": lambda value: isinstance(value, bool),
}
"""By kind of option, which values it has."""
