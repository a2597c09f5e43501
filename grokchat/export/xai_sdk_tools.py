"""The tools of a program for xAI's own client, as expressions in Python: functions, and the search on the server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grokchat.export.literals import PYTHON, Comment, Item, has_no_surrogates
from grokchat.export.request_parts import parse_function_tool, unsupported_fields
from grokchat.export.search_tools import read_day, search_tool_name, search_tool_options


def tool_items(tools: Any, imported: set[str]) -> list[Item]:
    """Return the items of the list of tools; add what they need to be imported."""
    return [_tool(tool, imported) for tool in tools]


def _tool(value: Any, imported: set[str]) -> Item:
    function = parse_function_tool(value)
    if not has_no_surrogates(value) or not (function or search_tool_name(value)):
        return Comment("A tool that is not supported here:", value)
    if function is None:
        return _search_tool(value, imported)
    imported.add("tool")
    known = {"description": "", **function}
    items = [f"{key}={PYTHON.literal(known[key], 12)}" for key in ("name", "description", "parameters")]
    return PYTHON.bracketed(
        "tool(", [*items, *unsupported_fields("Without its", function, "name", "description", "parameters")], ")", 8
    )


def _search_tool(value: Mapping[str, Any], imported: set[str]) -> Item:
    imported.add(name := search_tool_name(value))
    items: list[Item] = []
    for key, option, kind in search_tool_options(value):
        if not kind:
            items.append(Comment(f"{PYTHON.quoted(key)} is not supported here:", option))
        elif kind == "date":
            imported.add("datetime")
            items.append(f"{key}=datetime{read_day(option)}")
        else:
            items.append(f"{key}={PYTHON.literal(option, 12)}")
    return PYTHON.bracketed(f"{name}(", items, ")", 8)
