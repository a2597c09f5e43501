"""The request as a JavaScript program for the AI SDK, which writes every message in its own way.

`xai(model)` uses chat/completions where the provider still has it (@ai-sdk/xai 3, for Node 20), and otherwise
/v1/responses (5, for Node 22): one program for both, as near to the request as either allows. A search needs
`xai.responses(model)`, which both have. What the SDK would drop with a warning or refuse becomes a comment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from grokchat.export.ai_sdk_messages import message_items
from grokchat.export.ai_sdk_tools import tool_items
from grokchat.export.chat_form import ChatForm, chat_form
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
    is_streamed,
    parse_json_schema,
    unsupported_fields,
)
from grokchat.export.source import Source

_HEAD = """\
// One request to the API, made with the AI SDK; it prints the reply.
//
//     npm install ai @ai-sdk/xai
//     XAI_API_KEY=... node PROGRAM.mjs
//
// Set XAI_BASE_URL to use another address.{endpoint}

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

_ENDPOINT = """\
 With @ai-sdk/xai 3 (Node 20) the request goes to
// /v1/chat/completions; with 5 (Node 22) to /v1/responses, where the messages and their parts have other names."""

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

_SEARCH_STREAMED = """\

for await (const text of result.textStream) {
  process.stdout.write(text);
}
process.stdout.write("\\n");
"""

_SOURCES = """\
if (!process.exitCode) {
  const numbers = new Map();
  for (const { url, title } of await result.sources) {
    if (url && !numbers.has(url)) numbers.set(url, title ?? "");
  }
  for (const [url, number] of numbers) {
    console.error(/^\\d+$/.test(number) ? `[${number}] ${url}` : url); // the number that the text cites it by
  }
  const status = await result.rawFinishReason;
  if (!status || status === "failed" || status === "error") {
    console.error(status ? "The reply failed." : "The reply broke off.");
    process.exitCode = 1;
  } else if (status !== "completed") {
    console.error(`The reply is incomplete: ${status}`);
  }
}
"""

_ON_SEARCH_ERROR = """\
onError({ error }) {
    if (TypeValidationError.isInstance(error)) return; // an event that the SDK does not know yet
    console.error(error);
    process.exitCode = 1;
  }"""

_ON_ERROR = """\
onError({ error }) {
    console.error(error);
    process.exitCode = 1;
  }"""


def export(source: Source) -> str:
    """Return the program."""
    form, timeout = chat_form(source), milliseconds(source.timeout)
    imported = {"streamText" if is_streamed(source) else "generateText"}
    call = _call(source, form, timeout, imported)
    needs_undici = source.timeout > NODE_FETCH_TIMEOUT_S
    head = _HEAD.format(
        endpoint="" if form.searches else _ENDPOINT,
        imports=", ".join(sorted(imported, key=str.lower)),
        no_key=NO_KEY,
        patience=UNDICI_SETUP.format(timeout=timeout) if needs_undici else "",
        base_url=JAVASCRIPT.quoted(source.base_url),
        fetch=_FETCH if needs_undici else "",
    )
    if form.searches:
        printing = (_SEARCH_STREAMED if is_streamed(source) else _WHOLE) + _SOURCES
    else:
        printing = _STREAMED if is_streamed(source) else _WHOLE
    return f"{head}\nconst result = {call};\n{printing}"


def _call(source: Source, form: ChatForm, timeout: str, imported: set[str]) -> str:
    """Return the call that makes the request; add what it needs to be imported."""
    messages = JAVASCRIPT.bracketed("[", message_items(form.messages, form.reasoning), "]", 2)
    model = f"xai{'.responses' * form.searches}({JAVASCRIPT.literal(source.request['model'])})"
    items: list[Item] = [f"model: {model}", f"messages: {messages}"]
    if any(message.get("role") in {"system", "developer"} for message in form.messages):
        items.append("allowSystemInMessages: true")
    options: list[Item] = [] if "store" in form.parameters else ["store: false"]
    for key, value in form.parameters.items():
        if key == "max_completion_tokens" and "max_tokens" in form.parameters:
            items.append(Comment("max_completion_tokens cannot be sent with max_tokens:", value))
        elif key == "tools" and (form.searches or is_function_list(value)):
            items.append("tools: " + JAVASCRIPT.bracketed("{", tool_items(value, imported), "}", 2))
        else:
            _parameter(key, value, items, options, imported)
    items.append(f"timeout: {timeout}")
    if form.searches:
        items += [Comment("A repeated request would be billed again."), "maxRetries: 0"]
    if source.conversation_id:
        items.append(f"headers: {JAVASCRIPT.literal({'x-grok-conv-id': source.conversation_id}, 2)}")
    items.append(Comment("/v1/responses stores requests for 30 days unless store is false."))
    items.append("providerOptions: { xai: " + JAVASCRIPT.bracketed("{", options, "}", 2) + " }")
    if is_streamed(source) and form.searches:
        imported.add("TypeValidationError")
    if is_streamed(source):
        items.append(_ON_SEARCH_ERROR if form.searches else _ON_ERROR)
    return JAVASCRIPT.bracketed("streamText({" if is_streamed(source) else "await generateText({", items, "})")


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
    "store": ("store", _is_boolean),
    "parallel_tool_calls": ("parallelToolCalls", _is_boolean),
    "prompt_cache_key": ("promptCacheKey", _is_text),
    "safety_identifier": ("safetyIdentifier", _is_text),
    "user": ("user", _is_text),
    "max_turns": ("maxTurns", _is_whole),
}
"""By parameter, its name in the SDK and which of its values the SDK accepts."""
_PROVIDER_OPTIONS = list(_ACCEPTED_VALUES)[6:]
"""The parameters that belong to the provider's own options."""
_SINCE_XAI_5 = list(_ACCEPTED_VALUES)[11:]
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
    elif key == "deferred" and value:
        items.append(Comment("The AI SDK cannot poll for a deferred reply, and waits for this one:", value))
    elif key == "response_format" and value == {"type": "json_object"}:
        imported.add("Output")
        items.append("output: Output.json()")
    elif key == "response_format" and (schema := parse_json_schema(value)) is not None:
        imported |= {"Output", "jsonSchema"}
        items += _schema(schema)
    else:
        items.append(Comment(f"{JAVASCRIPT.key(key)} is not supported here:", value))


def _schema(schema: Mapping[str, Any]) -> list[Item]:
    items: list[Item] = [f"schema: jsonSchema({JAVASCRIPT.literal(schema['schema'], 4)})"]
    items += [f"name: {JAVASCRIPT.literal(schema['name'])}"] if _is_text(schema.get("name")) else []
    output = "output: " + JAVASCRIPT.bracketed("Output.object({", items, "})", 2)
    strict = {} if schema.get("strict") is True else {"strict": False, **schema}
    return [*unsupported_fields("A schema is strict here; this one is", strict, "name", "schema"), output]
