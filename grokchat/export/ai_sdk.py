"""The request as a JavaScript program for the AI SDK, which writes every message in its own way.

`xai(model)` uses chat/completions where the provider still has it (@ai-sdk/xai 3, for Node 20), and otherwise
/v1/responses (5, for Node 22): one program for both, as near to the request as either allows. Anything that the SDK
would drop with a warning or refuse (a tool call without its result, another role) becomes a comment in its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from grokchat.export.literals import (
    JAVASCRIPT,
    NO_KEY,
    NODE_FETCH_TIMEOUT_S,
    UNDICI_SETUP,
    Comment,
    Item,
    is_exact_in_javascript,
    is_number,
    milliseconds,
)
from grokchat.export.request_parts import (
    chosen_function,
    is_function_list,
    parse_function_tool,
    parse_image_part,
    parse_json_schema,
    parse_tool_call,
    unsupported_fields,
)
from grokchat.export.source import Source

_HEAD = """\
// One request to the API, made with the AI SDK; it prints the reply.
//
//     npm install ai @ai-sdk/xai
//     XAI_API_KEY=... node PROGRAM.mjs
//
// Set XAI_BASE_URL to use another address. With @ai-sdk/xai 3 (Node 20) the request goes to
// /v1/chat/completions; with 5 (Node 22) to /v1/responses, where the messages and their parts have other names.

import {{ createXai }} from "@ai-sdk/xai";
import {{ {imports} }} from "ai";

if (!process.env.XAI_API_KEY) {{
  console.error("{no_key}");
  process.exit(2);
}}

{patience}const xai = createXai({{
  apiKey: process.env.XAI_API_KEY,
  baseURL: process.env.XAI_BASE_URL || {base_url},{fetch}
}});
"""

_FETCH = """
  fetch: undici && ((url, init) => undici.fetch(url, { ...init, dispatcher: patience })),"""

_STREAMED = """\

for await (const text of result.textStream) {
  process.stdout.write(text);
}
process.stdout.write("\\n");
if (!process.exitCode && (await result.finishReason) === "other") {
  console.error("The reply broke off.");
  process.exitCode = 1;
}
"""

_WHOLE = """\

process.stdout.write(`${result.text}\\n`);
"""

_ON_ERROR = """\
onError({ error }) {
    console.error(error);
    process.exitCode = 1;
  }"""

_IMAGE = re.compile(r"https?://[^\s\\]+|data:(image/[\w.+-]+)(?:;[^,;\s]*)*;base64,[\w+/=-]*", re.ASCII)


def export(source: Source) -> str:
    """Return the program."""
    request = source.request
    imported = {"streamText" if source.stream else "generateText"}
    messages = JAVASCRIPT.bracketed("[", _messages(request["messages"]), "]", 2)
    items: list[Item] = [f"model: xai({JAVASCRIPT.literal(request['model'])})", f"messages: {messages}"]
    if any(message.get("role") in {"system", "developer"} for message in request["messages"]):
        items.append("allowSystemInMessages: true")
    options: list[Item] = ["store: false"]
    for key, value in request.items():
        if key == "max_completion_tokens" and "max_tokens" in request:
            items.append(Comment("max_completion_tokens cannot be sent with max_tokens:", value))
        elif key not in {"model", "messages", "stream"}:
            _parameter(key, value, items, options, imported)
    timeout = milliseconds(source.timeout)
    items.append(f"timeout: {timeout}")
    if source.conversation_id:
        items.append(f"headers: {JAVASCRIPT.literal({'x-grok-conv-id': source.conversation_id}, 2)}")
    items.append(Comment("/v1/responses stores requests for 30 days unless store is false."))
    items.append("providerOptions: { xai: " + JAVASCRIPT.bracketed("{", options, "}", 2) + " }")
    if source.stream:
        items.append(_ON_ERROR)
    call = JAVASCRIPT.bracketed("streamText({" if source.stream else "await generateText({", items, "})")
    needs_undici = source.timeout > NODE_FETCH_TIMEOUT_S
    head = _HEAD.format(
        imports=", ".join(sorted(imported, key=str.lower)),
        no_key=NO_KEY,
        patience=UNDICI_SETUP.format(timeout=timeout) if needs_undici else "",
        base_url=JAVASCRIPT.quoted(source.base_url),
        fetch=_FETCH if needs_undici else "",
    )
    return f"{head}\nconst result = {call};\n{_STREAMED if source.stream else _WHOLE}"


# -- messages ----------------------------------------------------------------------------------------------------------


def _messages(messages: Sequence[Mapping[str, Any]]) -> Iterator[Item]:
    names: dict[str, str] = {}
    for at, message in enumerate(messages):
        role, rest = message.get("role"), {**message}
        content = rest.pop("content", None)
        del rest["role"]
        if role in {"system", "developer"}:
            fields = _text(content)
        elif role == "user":
            content = _unwrapped(content)
            fields = _content(content, [_part(part) for part in content] if isinstance(content, list) else [])
        elif role == "assistant":
            answered = list(_answered_calls(messages[at + 1 :]))
            tool_calls = rest.pop("tool_calls", None) or []
            listed = tool_calls if isinstance(tool_calls, list) else [tool_calls]
            calls = [_call(call, answered, names) for call in listed]
            fields = _content(content, [*_texts(content), *calls] if calls or isinstance(content, list) else [])
        elif role == "tool" and isinstance(rest.get("tool_call_id"), str):
            fields = _result(content, rest.pop("tool_call_id"), names)
        else:
            yield Comment("A message that the AI SDK does not support:", message)
            continue
        if role == "developer":
            fields.insert(0, Comment("The AI SDK has no role developer."))
        fields += [Comment(f"{JAVASCRIPT.key(key)} is not supported here:", value) for key, value in rest.items()]
        shown = "system" if role == "developer" else role
        yield JAVASCRIPT.bracketed("{", [f'role: "{shown}"', *fields], "}", 4)


def _unwrapped(content: object) -> object:
    """Return content of a single text part as text: of an empty part the SDK would drop the whole message."""
    part = content[0] if isinstance(content, list) and len(content) == 1 else None
    has_no_surrogates = isinstance(part, dict) and part.keys() == {"type", "text"} and isinstance(part["text"], str)
    return part["text"] if isinstance(part, dict) and has_no_surrogates else content


def _content(content: object, parts: list[Item]) -> list[Item]:
    """Return the `content` field of a message: its parts, if there are any, or a text."""
    if parts:
        return ["content: " + JAVASCRIPT.bracketed("[", parts, "]", 6)]
    text: list[Item] = [f"content: {JAVASCRIPT.literal(content if isinstance(content, str) else '', 6)}"]
    return text if isinstance(content, str) else [Comment("The content was", content), *text]


def _text(content: object) -> list[Item]:
    """Return the `content` field of a message that can only have one text."""
    if not isinstance(content, list):
        return _content(content, [])
    texts = [part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str)]
    plain = [{"type": "text", "text": texts[0]}] if len(texts) == 1 else None
    text: list[Item] = [f"content: {JAVASCRIPT.literal(chr(10).join(texts), 6)}"]
    return text if content == plain else [Comment("This must be one text; it was", content), *text]


def _texts(content: object) -> list[Item]:
    if isinstance(content, list):
        return [_part(part, images=False) for part in content]
    return [_part({"type": "text", "text": content})] if isinstance(content, str) and content else []


def _part(part: Any, *, images: bool = True) -> Item:
    if isinstance(part, dict) and isinstance(part.get("text"), str):
        if not part["text"]:
            return Comment("The AI SDK drops an empty text.")
        text = f"text: {JAVASCRIPT.literal(part['text'], 10)}"
        return JAVASCRIPT.bracketed(
            "{", ['type: "text"', text, *unsupported_fields("Without its", part, "type", "text")], "}", 8
        )
    image = parse_image_part(part) if images else None
    address_match = _IMAGE.fullmatch(image[0]) if image else None
    if image is None or address_match is None:
        return Comment("A part that is not supported here:", part)
    address = JAVASCRIPT.bracketed("new URL(", [JAVASCRIPT.literal(image[0], 12)], ")", 10)
    items: list[Item] = [f"mediaType: {JAVASCRIPT.quoted(address_match[1] or 'image/*')}", f"data: {address}"]
    items += [f'providerOptions: {{ xai: {{ imageDetail: "{image[1]}" }} }}'] if image[1] else []
    return JAVASCRIPT.bracketed("{", ['type: "file"', *items], "}", 8)


def _answered_calls(following: Sequence[Mapping[str, Any]]) -> Iterator[object]:
    """Yield the ids of the calls whose results precede the next message that is neither a reply nor a result."""
    for message in following:
        if message.get("role") in {"system", "developer", "user"}:
            return
        if message.get("role") == "tool":
            yield message.get("tool_call_id")


def _call(call: Any, answered: Sequence[object], names: dict[str, str]) -> Item:
    parsed = parse_tool_call(call)
    if parsed is None:
        return Comment("A call that is not supported here:", call)
    call_id, name, arguments = parsed
    names[call_id] = name
    try:
        tool_input = JAVASCRIPT.literal(json.loads(arguments), 10)
    except ValueError:
        return Comment("A call whose arguments are not JSON is not supported here:", call)
    if call_id not in answered:
        return Comment("The AI SDK refuses a call without a result:", call)
    identity = [f"toolCallId: {JAVASCRIPT.literal(call_id)}", f"toolName: {JAVASCRIPT.literal(name)}"]
    return JAVASCRIPT.bracketed("{", ['type: "tool-call"', *identity, f"input: {tool_input}"], "}", 8)


def _result(content: object, call_id: str, names: Mapping[str, str]) -> list[Item]:
    *remarks, text = _text(content)
    name = names.get(call_id, "unknown")
    identity = [f"toolCallId: {JAVASCRIPT.literal(call_id)}", f"toolName: {JAVASCRIPT.literal(name)}"]
    output = f'output: {{ type: "text", value: {str(text).removeprefix("content: ")} }}'
    result = JAVASCRIPT.bracketed("{", ['type: "tool-result"', *identity, output], "}", 6)
    return [*remarks, f"content: [{result}]"]


# -- parameters --------------------------------------------------------------------------------------------------------


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and is_number(value) and is_exact_in_javascript(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_boolean(value: Any) -> bool:
    return isinstance(value, bool)


_ACCEPTED_VALUES: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "temperature": ("temperature", is_number),
    "top_p": ("topP", is_number),
    "seed": ("seed", _is_whole),
    "max_tokens": ("maxOutputTokens", lambda value: _is_whole(value) and value > 0),
    "max_completion_tokens": ("maxOutputTokens", lambda value: _is_whole(value) and value > 0),
    "tool_choice": ("toolChoice", lambda value: value in ("auto", "none", "required")),
    "reasoning_effort": ("reasoningEffort", lambda value: value in ("none", "low", "medium", "high", "xhigh")),
    "logprobs": ("logprobs", _is_boolean),
    "top_logprobs": ("topLogprobs", lambda value: _is_whole(value) and 0 <= value <= 8),
    "service_tier": ("serviceTier", lambda value: value in ("default", "priority")),
    "parallel_tool_calls": ("parallelToolCalls", _is_boolean),
    "prompt_cache_key": ("promptCacheKey", _is_text),
    "safety_identifier": ("safetyIdentifier", _is_text),
    "user": ("user", _is_text),
}
"""By parameter, its name in the SDK and which of its values the SDK accepts."""
_PROVIDER_OPTIONS = list(_ACCEPTED_VALUES)[6:]
"""The parameters that belong to the provider's own options."""
_SINCE_XAI_5 = list(_ACCEPTED_VALUES)[10:]
"""Of these, the ones that @ai-sdk/xai 3 does not know."""


def _parameter(key: str, value: Any, items: list[Item], options: list[Item], imported: set[str]) -> None:
    name, accepts = _ACCEPTED_VALUES.get(key, ("", bool))
    if name and accepts(value):
        field = f"{name}: {JAVASCRIPT.literal(value, 2)}"
        newer: list[Item] = [Comment("@ai-sdk/xai 3 does not send this.")] if key in _SINCE_XAI_5 else []
        (options if key in _PROVIDER_OPTIONS else items).extend([*newer, field])
    elif key == "stream_options":
        items.append(Comment("The AI SDK asks for a stream's usage itself, without stream_options:", value))
    elif key == "tool_choice" and (function := chosen_function(value)) is not None:
        items.append(f"toolChoice: {JAVASCRIPT.literal({'type': 'tool', 'toolName': function}, 2)}")
    elif key == "tools" and is_function_list(value):
        imported |= {"tool", "jsonSchema"}
        items.append("tools: " + JAVASCRIPT.bracketed("{", [_tool(tool) for tool in value], "}", 2))
    elif key == "response_format" and value == {"type": "json_object"}:
        imported.add("Output")
        items.append("output: Output.json()")
    elif key == "response_format" and (schema := parse_json_schema(value)) is not None:
        imported |= {"Output", "jsonSchema"}
        items += _schema(schema)
    else:
        items.append(Comment(f"{JAVASCRIPT.key(key)} is not supported here:", value))


def _tool(value: Any) -> Item:
    function = parse_function_tool(value)
    if function is None:
        return Comment("A tool that is not supported here:", value)
    description, schema = function.get("description"), JAVASCRIPT.literal(function["parameters"], 6)
    items: list[Item] = [f"description: {JAVASCRIPT.literal(description, 6)}"] if _is_text(description) else []
    rest = unsupported_fields("Without its", function, "name", "description", "parameters")
    declaration = JAVASCRIPT.bracketed("tool({", [*items, f"inputSchema: jsonSchema({schema})", *rest], "})", 4)
    return f"{JAVASCRIPT.key(function['name'])}: {declaration}"


def _schema(schema: Mapping[str, Any]) -> list[Item]:
    items: list[Item] = [f"schema: jsonSchema({JAVASCRIPT.literal(schema['schema'], 4)})"]
    items += [f"name: {JAVASCRIPT.literal(schema['name'])}"] if _is_text(schema.get("name")) else []
    output = "output: " + JAVASCRIPT.bracketed("Output.object({", items, "})", 2)
    strict = {} if schema.get("strict") is True else {"strict": False, **schema}
    return [*unsupported_fields("A schema is strict here; this one is", strict, "name", "schema"), output]
