"""The tools of a program for the AI SDK, as expressions in JavaScript: functions, and the search on the server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from grokchat.export.literals import JAVASCRIPT, Comment, Item
from grokchat.export.request_parts import parse_function_tool, unsupported_fields
from grokchat.export.search_tools import search_tool_name, search_tool_options

_MOST = {"hosts": 5, "handles": 10}
"""How many items of a list the SDK accepts, by kind."""


def tool_items(tools: Any, imported: set[str]) -> Iterator[Item]:
    """Yield the fields of the object with all tools; add what they need to be imported."""
    for value in tools:
        if search_tool_name(value):
            yield _search_tool(value)
        elif (function := parse_function_tool(value)) is not None:
            imported |= {"tool", "jsonSchema"}
            yield _function_tool(function)
        else:
            yield Comment("A tool that is not supported here:", value)


def _function_tool(function: Mapping[str, Any]) -> Item:
    description, schema = function.get("description"), JAVASCRIPT.literal(function["parameters"], 6)
    items: list[Item] = []
    if isinstance(description, str):
        items.append(f"description: {JAVASCRIPT.literal(description, 6)}")
    rest = unsupported_fields("Without its", function, "name", "description", "parameters")
    declaration = JAVASCRIPT.bracketed("tool({", [*items, f"inputSchema: jsonSchema({schema})", *rest], "})", 4)
    return f"{JAVASCRIPT.key(function['name'])}: {declaration}"


def _search_tool(value: Mapping[str, Any]) -> Item:
    name = search_tool_name(value)
    items: list[Item] = []
    for key, option, kind in search_tool_options(value):
        if not kind or (kind in _MOST and len(option) > _MOST[kind]):
            items.append(Comment(f"{JAVASCRIPT.key(key)} is not supported here:", option))
        else:
            items.append(f"{_camel_case(key)}: {JAVASCRIPT.literal(option, 6)}")
    return f"{name}: " + JAVASCRIPT.bracketed(f"xai.tools.{_camel_case(name)}({{", items, "})", 4)


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
