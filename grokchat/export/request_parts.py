"""The parts of a request that client libraries have types for, for `xai_sdk` and `ai_sdk`.

Each function returns a part only if it has the documented fields and no others, None otherwise: a value without a place
in a library's type is written as a comment instead of being dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grokchat.export.literals import Comment, Item
from grokchat.export.source import Source


def unsupported_fields(words: str, value: Mapping[str, Any], *supported: str) -> list[Item]:
    """Return a comment with the fields of a value that a program cannot express, if there are any."""
    rest = {key: inner for key, inner in value.items() if key not in supported}
    return [Comment(words, rest)] if rest else []


def parse_image_part(part: Any) -> tuple[str, str | None] | None:
    """Return the address and the detail of a picture."""
    inner = part.get("image_url") if isinstance(part, dict) and part.keys() == {"type", "image_url"} else None
    image = {"url": inner} if isinstance(inner, str) else inner if isinstance(inner, dict) else {}
    url, detail = image.get("url"), image.get("detail")
    if not isinstance(url, str) or not image.keys() <= {"url", "detail"}:
        return None
    return (url, detail) if detail in (None, "auto", "low", "high") else None


def parse_tool_call(call: Any) -> tuple[str, str, str] | None:
    """Return the id, the name and the arguments of a tool call."""
    function = call.get("function") if isinstance(call, dict) and call.keys() <= {"id", "type", "function"} else None
    if not isinstance(function, dict) or function.keys() != {"name", "arguments"}:
        return None
    call_id, name, arguments = call.get("id"), function["name"], function["arguments"]
    is_complete = isinstance(call_id, str) and isinstance(name, str) and isinstance(arguments, str)
    return (call_id, name, arguments) if is_complete else None


def parse_function_tool(tool: Any) -> Mapping[str, Any] | None:
    """Return the function of a tool, if it has a name and parameters."""
    function = tool.get("function") if isinstance(tool, dict) and tool.keys() == {"type", "function"} else None
    has_both = isinstance(function, dict) and isinstance(function.get("name"), str) and "parameters" in function
    return function if has_both else None


def parse_json_schema(value: Any) -> Mapping[str, Any] | None:
    """Return the `json_schema` of a `response_format`."""
    schema = value.get("json_schema") if isinstance(value, dict) and value.get("type") == "json_schema" else None
    return schema if isinstance(schema, dict) and "schema" in schema else None


def chosen_function(value: Any) -> str | None:
    """Return the name of the one function that a `tool_choice` asks for."""
    function = value.get("function") if isinstance(value, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    return name if isinstance(name, str) else None


def is_function_list(tools: object) -> bool:
    """Return whether the value of `tools` is a list of functions, as the API describes them."""
    return isinstance(tools, list) and all(
        isinstance(tool, dict) and tool.get("type") == "function" and isinstance(tool.get("function"), dict)
        for tool in tools
    )


def is_deferred(source: Source) -> bool:
    """Return whether the answer to the request is only an id, by which the reply is polled for."""
    return source.path == "/chat/completions" and bool(source.params.get("deferred"))


def is_streamed(source: Source) -> bool:
    """Return whether the reply is streamed; a deferred one never is."""
    return source.stream and not is_deferred(source)
