"""The body of `POST /responses`: messages become input items, and the parameters of chat completions have other names.

The API refuses what it does not know here, so what has no place is refused before anything is sent. A parameter that
neither endpoint is known to have is sent as given. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from grokchat.config.search_options import SEARCH_OPTIONS, SEARCH_TOOLS, tools_of
from grokchat.config.settings import Settings
from grokchat.errors import CommandError
from grokchat.message_parts import read_image_url, read_part_text

_RENAMED = {"max_tokens": "max_output_tokens", "max_completion_tokens": "max_output_tokens"}
"""Parameters with the same values under another name."""
_NO_PLACE = frozenset(
    {
        "n",
        "seed",
        "stop",
        "presence_penalty",
        "frequency_penalty",
        "logit_bias",
        "stream_options",
        "search_parameters",
        "web_search_options",
    }
)
"""Parameters of chat completions that a response does not have."""
_INPUT = "input is the session's own message list."
_DEFERRED = "A reply with search cannot be deferred: the API defers only replies without."
_FILTERS = frozenset({"allowed_domains", "excluded_domains"})
"""Options that the tool has inside its `filters`."""

_FILE_FIELDS = {"url": "file_url"}
"""Fields of a file that have another name in an input item."""
_TEXT_PARTS = frozenset({"text", "refusal", "input_text", "output_text"})


def check_parameters(params: Mapping[str, Any]) -> None:
    """Raise CommandError, naming them, for parameters that a request with search cannot carry."""
    if names := [name for name in params if name in _NO_PLACE]:
        noun = "parameter" if len(names) == 1 else "parameters"
        raise _refusal(names, f"A request with search cannot have the {noun} {', '.join(names)}.")
    if params.get("deferred"):
        raise _refusal(["deferred"], _DEFERRED)
    if "input" in params:
        raise _refusal(["input"], _INPUT)
    if "tools" in params and not isinstance(params["tools"], list):
        raise _refusal(["tools"], "The parameter tools must be a list.")


def _refusal(names: Sequence[str], problem: str) -> CommandError:
    in_chat = f"/unset {names[0]} removes {'it' if len(names) == 1 else 'the first'}, /search off asks without search."
    options = ", ".join(f"-o {name}" for name in names)
    in_shell = (
        f"Leave out {options}, or --search. -o {names[0]}=null leaves out one that the session or the config has."
    )
    return CommandError(f"Not sent. {problem} {in_chat}", in_shell=f"Not sent. {problem} {in_shell}")


def request_fields(settings: Settings, conversation_id: str) -> dict[str, Any]:
    """Return the fields that follow the input; the user's own win over those that are always sent."""
    fields: dict[str, Any] = {"tools": _tools(settings)}
    for name, value in settings.params.items():
        if name == "response_format":
            _merge(fields, "text", {"format": _flat(value, "json_schema")})
        elif name == "reasoning_effort":
            _merge(fields, "reasoning", {"effort": value})
        elif name in {"text", "reasoning"} and isinstance(value, Mapping):
            _merge(fields, name, value)
        elif name == "tool_choice":
            fields[name] = _flat(value, "function")
        elif name not in {"tools", "deferred"}:
            fields[_RENAMED.get(name, name)] = value
    usual = {"store": False, "stream": settings.stream, "prompt_cache_key": conversation_id}
    return {**fields, **{name: value for name, value in usual.items() if name not in fields}}


def _merge(fields: dict[str, Any], name: str, value: Mapping[str, Any]) -> None:
    before = fields.get(name)
    fields[name] = {**(before if isinstance(before, Mapping) else {}), **value}


def _flat(value: Any, inner: str) -> Any:
    """Return an object of chat completions (`{"type", "function": {...}}`) without the nesting, or any other value."""
    if not isinstance(value, Mapping) or not isinstance(value.get(inner), Mapping):
        return value
    return {**{key: other for key, other in value.items() if key != inner}, **value[inner]}


def nested(value: Any, kind: str) -> Any:
    """Return a flat object of this type as chat completions nest it (`{"type", kind: {...}}`), or any other value."""
    if not isinstance(value, Mapping) or value.get("type") != kind or kind in value:
        return value
    return {"type": kind, kind: {key: inner for key, inner in value.items() if key != "type"}}


def _tools(settings: Settings) -> list[Any]:
    """Return the search tools and the user's; a hosted tool that is in both is sent once, with the user's options."""
    tools: list[Any] = list(_search_tools(settings.search, settings.search_options))
    own = settings.params.get("tools")
    places = {tool["type"]: at for at, tool in enumerate(tools)}
    for given in own if isinstance(own, list) else ():
        tool = _flat(given, "function")
        kind = str(tool.get("type")) if isinstance(tool, Mapping) else ""
        if kind in places:
            tools[places[kind]] = {**tools[places[kind]], **tool}
        else:
            if kind in SEARCH_TOOLS:
                places[kind] = len(tools)
            tools.append(tool)
    return tools


def _search_tools(search: str, options: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the search tools, each with those of the options that it takes."""
    for tool in tools_of(search):
        known = ((key, value) for key, value in options.items() if key in SEARCH_OPTIONS)
        taken = {key: value for key, value in known if tool in SEARCH_OPTIONS[key].tools}
        filters = {key: value for key, value in taken.items() if key in _FILTERS}
        others = {key: value for key, value in taken.items() if key not in _FILTERS}
        yield {"type": f"{tool}_search", **({"filters": filters} if filters else {}), **others}


def input_items(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the input items of a message: itself, and after it its tool calls.

    Its `reasoning_content` has no place, and neither have fields that no input item has.
    """
    role, content = message["role"], message.get("content")
    if role == "tool":
        return [{"type": "function_call_output", "call_id": message.get("tool_call_id", ""), "output": _text(content)}]
    calls = list(_function_calls(message.get("tool_calls"))) if role == "assistant" else []
    if calls and not content:
        return calls
    name = {"name": message["name"]} if role == "user" and message.get("name") else {}
    return [{"role": role, "content": _content(content, is_input=role != "assistant"), **name}, *calls]


def _content(content: Any, *, is_input: bool) -> str | list[Any]:
    if not isinstance(content, list):
        return content if isinstance(content, str) else ""
    parts = [_part(part, is_input=is_input) for part in content]
    if len(parts) == 1 and parts[0].keys() == {"type", "text"}:
        return str(parts[0]["text"])
    return parts


def _part(part: Any, *, is_input: bool) -> dict[str, Any]:
    if (url := read_image_url(part)) is not None:
        image = part["image_url"]
        detail = image.get("detail") if isinstance(image, Mapping) else part.get("detail")
        return {"type": "input_image", "image_url": url, **({"detail": detail} if detail else {})}
    if isinstance(part, Mapping) and part.get("type") == "file" and isinstance(part.get("file"), Mapping):
        return {"type": "input_file", **{_FILE_FIELDS.get(key, key): value for key, value in part["file"].items()}}
    is_text = not isinstance(part, Mapping) or str(part.get("type") or "text") in _TEXT_PARTS
    if is_text and (text := read_part_text(part)) is not None:
        return {"type": "input_text" if is_input else "output_text", "text": text}
    return dict(part) if isinstance(part, Mapping) else {"type": "input_text", "text": _json(part)}


def _function_calls(calls: Any) -> Iterator[dict[str, Any]]:
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function") if isinstance(call, Mapping) else None
        if isinstance(function, Mapping):
            arguments = function.get("arguments", "")
            yield {
                "type": "function_call",
                "call_id": call.get("id", ""),
                "name": function.get("name", ""),
                "arguments": arguments if isinstance(arguments, str) else _json(arguments),
            }


def _text(content: Any) -> str:
    """Return the text of a tool's result."""
    if not isinstance(content, list):
        return content if isinstance(content, str) else ""
    texts = [read_part_text(part) for part in content]
    return "\n".join(_json(part) if text is None else text for part, text in zip(content, texts, strict=True))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def reasoning_items(encrypted: Mapping[str, Any] | None, model: str) -> Sequence[Mapping[str, Any]]:
    """Return a reply's encrypted reasoning as input items, if the model that is asked now was asked then."""
    items = None if encrypted is None or encrypted.get("model") != model else encrypted.get("items")
    return [
        {key: value for key, value in item.items() if key != "status"}
        for item in (items if isinstance(items, list) else ())
        if isinstance(item, Mapping) and item.get("type") == "reasoning" and item.get("encrypted_content")
    ]
