"""The request as a JavaScript program for the AI SDK, which puts every message into its own words.

`xai(model)` is chat/completions where the provider still has it (@ai-sdk/xai 3, for Node 20) and /v1/responses where it
does not (5, for Node 22): one program for both, and as near to the request as either gets. What the SDK would drop with
a warning, or refuse (a call of a tool without its result, another role), stands as a comment where it would be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from grokchat.export.literals import (
    JAVASCRIPT,
    NO_KEY,
    NODE_WAITS,
    PATIENCE,
    Item,
    Remark,
    call_of,
    exact,
    function_chosen,
    image_of,
    is_number,
    left_out,
    milliseconds,
    schema_of,
    tool_of,
)
from grokchat.export.source import Source, are_functions

_HEAD = """\
// One request to the API, made with the AI SDK; it prints the reply.
//
//     npm install ai @ai-sdk/xai
//     XAI_API_KEY=... node PROGRAM.mjs
//
// XAI_BASE_URL, if it is set, says where else to ask. With @ai-sdk/xai 3 (Node 20) the request goes to
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
    used = {"streamText" if source.stream else "generateText"}
    messages = JAVASCRIPT.bracketed("[", _messages(request["messages"]), "]", 2)
    items: list[Item] = [f"model: xai({JAVASCRIPT.literal(request['model'])})", f"messages: {messages}"]
    if any(one.get("role") in {"system", "developer"} for one in request["messages"]):
        items.append("allowSystemInMessages: true")
    options: list[Item] = ["store: false"]
    for key, value in request.items():
        if key == "max_completion_tokens" and "max_tokens" in request:
            items.append(Remark("max_completion_tokens has no place beside max_tokens:", value))
        elif key not in {"model", "messages", "stream"}:
            _parameter(key, value, items, options, used)
    timeout = milliseconds(source.timeout)
    items.append(f"timeout: {timeout}")
    if source.conversation:
        items.append(f"headers: {JAVASCRIPT.literal({'x-grok-conv-id': source.conversation}, 2)}")
    items.append(Remark("/v1/responses keeps what it is sent for 30 days, unless it is told not to."))
    items.append("providerOptions: { xai: " + JAVASCRIPT.bracketed("{", options, "}", 2) + " }")
    if source.stream:
        items.append(_ON_ERROR)
    call = JAVASCRIPT.bracketed("streamText({" if source.stream else "await generateText({", items, "})")
    waits = source.timeout > NODE_WAITS
    head = _HEAD.format(
        imports=", ".join(sorted(used, key=str.lower)),
        no_key=NO_KEY,
        patience=PATIENCE.format(timeout=timeout) if waits else "",
        base_url=JAVASCRIPT.quoted(source.base_url),
        fetch=_FETCH if waits else "",
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
            content = _alone(content)
            fields = _said(content, [_part(one) for one in content] if isinstance(content, list) else [])
        elif role == "assistant":
            answered = list(_answered(messages[at + 1 :]))
            made = rest.pop("tool_calls", None) or []
            calls = [_call(one, answered, names) for one in (made if isinstance(made, list) else [made])]
            fields = _said(content, [*_texts(content), *calls] if calls or isinstance(content, list) else [])
        elif role == "tool" and isinstance(rest.get("tool_call_id"), str):
            fields = _result(content, rest.pop("tool_call_id"), names)
        else:
            yield Remark("A message that the AI SDK does not know:", message)
            continue
        if role == "developer":
            fields.insert(0, Remark("The AI SDK has no role developer."))
        fields += [Remark(f"{JAVASCRIPT.key(key)} has no place here:", value) for key, value in rest.items()]
        shown = "system" if role == "developer" else role
        yield JAVASCRIPT.bracketed("{", [f'role: "{shown}"', *fields], "}", 4)


def _alone(content: object) -> object:
    """Return the text that a content of one part is: as a part the SDK would drop an empty one, message and all."""
    part = content[0] if isinstance(content, list) and len(content) == 1 else None
    is_text = isinstance(part, dict) and part.keys() == {"type", "text"} and isinstance(part["text"], str)
    return part["text"] if isinstance(part, dict) and is_text else content


def _said(content: object, parts: list[Item]) -> list[Item]:
    """Return the content of a message as its parts, if it has any, or else as a text."""
    if parts:
        return ["content: " + JAVASCRIPT.bracketed("[", parts, "]", 6)]
    said: list[Item] = [f"content: {JAVASCRIPT.literal(content if isinstance(content, str) else '', 6)}"]
    return said if isinstance(content, str) else [Remark("The content was", content), *said]


def _text(content: object) -> list[Item]:
    """Return a content that can be one text alone."""
    if not isinstance(content, list):
        return _said(content, [])
    texts = [one["text"] for one in content if isinstance(one, dict) and isinstance(one.get("text"), str)]
    plain = [{"type": "text", "text": texts[0]}] if len(texts) == 1 else None
    said: list[Item] = [f"content: {JAVASCRIPT.literal(chr(10).join(texts), 6)}"]
    return said if content == plain else [Remark("One text is all that this can be; it was", content), *said]


def _texts(content: object) -> list[Item]:
    if isinstance(content, list):
        return [_part(one, images=False) for one in content]
    return [_part({"type": "text", "text": content})] if isinstance(content, str) and content else []


def _part(part: Any, *, images: bool = True) -> Item:
    if isinstance(part, dict) and isinstance(part.get("text"), str):
        if not part["text"]:
            return Remark("The AI SDK drops an empty text.")
        text = f"text: {JAVASCRIPT.literal(part['text'], 10)}"
        return JAVASCRIPT.bracketed("{", ['type: "text"', text, *left_out("Without its", part, "type", "text")], "}", 8)
    image = image_of(part) if images else None
    found = _IMAGE.fullmatch(image[0]) if image else None
    if image is None or found is None:
        return Remark("A part that has no place here:", part)
    address = JAVASCRIPT.bracketed("new URL(", [JAVASCRIPT.literal(image[0], 12)], ")", 10)
    items: list[Item] = [f"mediaType: {JAVASCRIPT.quoted(found[1] or 'image/*')}", f"data: {address}"]
    items += [f'providerOptions: {{ xai: {{ imageDetail: "{image[1]}" }} }}'] if image[1] else []
    return JAVASCRIPT.bracketed("{", ['type: "file"', *items], "}", 8)


def _answered(following: Sequence[Mapping[str, Any]]) -> Iterator[object]:
    """Yield the ids of the calls whose results come before the next message that is neither a reply nor a result."""
    for message in following:
        if message.get("role") in {"system", "developer", "user"}:
            return
        if message.get("role") == "tool":
            yield message.get("tool_call_id")


def _call(call: Any, answered: Sequence[object], names: dict[str, str]) -> Item:
    made = call_of(call)
    if made is None:
        return Remark("A call that has no place here:", call)
    names[made[0]] = made[1]
    try:
        given = JAVASCRIPT.literal(json.loads(made[2]), 10)
    except ValueError:
        return Remark("A call whose arguments are no JSON has no place here:", call)
    if made[0] not in answered:
        return Remark("The AI SDK refuses a call without a result:", call)
    which = [f"toolCallId: {JAVASCRIPT.literal(made[0])}", f"toolName: {JAVASCRIPT.literal(made[1])}"]
    return JAVASCRIPT.bracketed("{", ['type: "tool-call"', *which, f"input: {given}"], "}", 8)


def _result(content: object, call: str, names: Mapping[str, str]) -> list[Item]:
    *remarks, text = _text(content)
    which = [f"toolCallId: {JAVASCRIPT.literal(call)}", f"toolName: {JAVASCRIPT.literal(names.get(call, 'unknown'))}"]
    said = f'output: {{ type: "text", value: {str(text).removeprefix("content: ")} }}'
    result = JAVASCRIPT.bracketed("{", ['type: "tool-result"', *which, said], "}", 6)
    return [*remarks, f"content: [{result}]"]


# -- parameters --------------------------------------------------------------------------------------------------------


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and is_number(value) and exact(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_truth(value: Any) -> bool:
    return isinstance(value, bool)


_TAKES: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "temperature": ("temperature", is_number),
    "top_p": ("topP", is_number),
    "seed": ("seed", _is_whole),
    "max_tokens": ("maxOutputTokens", lambda value: _is_whole(value) and value > 0),
    "max_completion_tokens": ("maxOutputTokens", lambda value: _is_whole(value) and value > 0),
    "tool_choice": ("toolChoice", lambda value: value in ("auto", "none", "required")),
    "reasoning_effort": ("reasoningEffort", lambda value: value in ("none", "low", "medium", "high", "xhigh")),
    "logprobs": ("logprobs", _is_truth),
    "top_logprobs": ("topLogprobs", lambda value: _is_whole(value) and 0 <= value <= 8),
    "service_tier": ("serviceTier", lambda value: value in ("default", "priority")),
    "parallel_tool_calls": ("parallelToolCalls", _is_truth),
    "prompt_cache_key": ("promptCacheKey", _is_text),
    "safety_identifier": ("safetyIdentifier", _is_text),
    "user": ("user", _is_text),
}
"""What a parameter is called here, and which of its values the SDK takes."""
_OPTIONS = list(_TAKES)[6:]
"""Those that stand among the provider's own options, and of these the ones that @ai-sdk/xai 3 does not know."""
_NEWER = list(_TAKES)[10:]


def _parameter(key: str, value: Any, items: list[Item], options: list[Item], used: set[str]) -> None:
    name, takes = _TAKES.get(key, ("", bool))
    if name and takes(value):
        said = f"{name}: {JAVASCRIPT.literal(value, 2)}"
        newer: list[Item] = [Remark("@ai-sdk/xai 3 does not send this.")] if key in _NEWER else []
        (options if key in _OPTIONS else items).extend([*newer, said])
    elif key == "stream_options":
        items.append(Remark("The AI SDK asks for a stream's usage itself; stream_options has no place:", value))
    elif key == "tool_choice" and (function := function_chosen(value)) is not None:
        items.append(f"toolChoice: {JAVASCRIPT.literal({'type': 'tool', 'toolName': function}, 2)}")
    elif key == "tools" and are_functions(value):
        used |= {"tool", "jsonSchema"}
        items.append("tools: " + JAVASCRIPT.bracketed("{", [_tool(one) for one in value], "}", 2))
    elif key == "response_format" and value == {"type": "json_object"}:
        used.add("Output")
        items.append("output: Output.json()")
    elif key == "response_format" and (schema := schema_of(value)) is not None:
        used |= {"Output", "jsonSchema"}
        items += _schema(schema)
    else:
        items.append(Remark(f"{JAVASCRIPT.key(key)} has no place here:", value))


def _tool(value: Any) -> Item:
    function = tool_of(value)
    if function is None:
        return Remark("A tool that has no place here:", value)
    about, schema = function.get("description"), JAVASCRIPT.literal(function["parameters"], 6)
    items: list[Item] = [f"description: {JAVASCRIPT.literal(about, 6)}"] if _is_text(about) else []
    rest = left_out("Without its", function, "name", "description", "parameters")
    made = JAVASCRIPT.bracketed("tool({", [*items, f"inputSchema: jsonSchema({schema})", *rest], "})", 4)
    return f"{JAVASCRIPT.key(function['name'])}: {made}"


def _schema(schema: Mapping[str, Any]) -> list[Item]:
    items: list[Item] = [f"schema: jsonSchema({JAVASCRIPT.literal(schema['schema'], 4)})"]
    items += [f"name: {JAVASCRIPT.literal(schema['name'])}"] if _is_text(schema.get("name")) else []
    made = "output: " + JAVASCRIPT.bracketed("Output.object({", items, "})", 2)
    strict = {} if schema.get("strict") is True else {"strict": False, **schema}
    return [*left_out("A schema is strict here; this one is", strict, "name", "schema"), made]
