"""A JavaScript program that makes the request with the AI SDK (packages `ai` and `@ai-sdk/xai`).

The SDK turns messages into its provider's own. With `@ai-sdk/xai` 3 that is the same chat endpoint; from version 5 on
it is xAI's Responses API, which keeps what it is sent unless it is told not to. System messages among the others have
to be allowed. What the SDK cannot say stands as a comment at its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from grokchat.export.literals import LONGEST_TIMER, Code, javascript, shown, told
from grokchat.export.source import Source, are_functions
from grokchat.export.transcript import title

_NAMES = {"temperature": "temperature", "top_p": "topP", "seed": "seed", "max_completion_tokens": "maxOutputTokens"}
_PROVIDER = {
    "logprobs": "logprobs",
    "parallel_tool_calls": "parallelToolCalls",
    "reasoning_effort": "reasoningEffort",
    "service_tier": "serviceTier",
    "top_logprobs": "topLogprobs",
    "user": "user",
}
"""Parameters that go in `providerOptions.xai`."""
_ROLES = {"system", "user", "assistant", "tool"}
_DATA = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,(.*)", re.DOTALL)


def export(source: Source) -> str:
    """Return the program."""
    request = source.request
    messages = "\n".join(line for line in _messages(request["messages"]))
    settings, options = _settings(request)
    tools = request.get("tools")
    has_tools = are_functions(tools)
    if has_tools:
        settings.append(_tools(tools or ()))
    names = ["jsonSchema"] * has_tools + ["streamText" if source.stream else "generateText"]
    call = "\n".join(settings)
    return f"""\
// {told(title(source))}: one request to the API, as near to grokchat's as the AI SDK makes it.
//
//     npm install ai @ai-sdk/xai
//     XAI_API_KEY=... node THIS_FILE.mjs
//
// XAI_BASE_URL says where the API is, if it is not the usual place.

import {{ createXai }} from "@ai-sdk/xai";
import {{ {", ".join(names)} }} from "ai";

if (!process.env.XAI_API_KEY) {{
  console.error("Set XAI_API_KEY to your key from https://console.x.ai.");
  process.exit(2);
}}

const xai = createXai({{
  apiKey: process.env.XAI_API_KEY,
  baseURL: process.env.XAI_BASE_URL || {javascript(source.base_url)},
  headers: {{ "x-grok-conv-id": {javascript(source.conversation)} }},
}});

const reply = {"" if source.stream else "await "}{names[-1]}({{
  model: xai({javascript(request["model"])}),
  allowSystemInMessages: true, // they may stand anywhere
  messages: [
{messages}
  ],
{call}
  // From @ai-sdk/xai 5 on this goes to the Responses API, which would keep it for 30 days.
  providerOptions: {{ xai: {javascript({**options, "store": False}, 2)} }},
  abortSignal: AbortSignal.timeout({min(LONGEST_TIMER, round(source.timeout * 1000))}), // milliseconds
{_STREAMED if source.stream else _WHOLE}"""


_STREAMED = """\
  onError({ error }) {
    console.error(String(error));
    process.exitCode = 1;
  },
});

for await (const text of reply.textStream) {
  process.stdout.write(text);
}
process.stdout.write("\\n");
"""

_WHOLE = """\
});

console.log(reply.text);
"""


# -- messages ----------------------------------------------------------------------------------------------------------


def _messages(messages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    tools: dict[str, str] = {}
    for message in messages:
        role, content = message["role"], message.get("content")
        carried = {"role", "content", *(["tool_calls"] if role == "assistant" else []), "tool_call_id"}
        for key in message:
            if key not in carried and message[key]:
                yield _unsaid(key, message[key], 4)
        if role not in _ROLES:
            yield f"    // The AI SDK has no role {shown(role)}; the message goes as a system message."
        for one in _calls(message):
            tools[str(one.get("id", ""))] = str(one.get("function", {}).get("name", ""))
        if role == "assistant":
            value: Any = _assistant(message)
        elif role == "tool":
            call_id = str(message.get("tool_call_id", ""))
            value = [_result(call_id, tools.get(call_id, "unknown"), _text(content))]
        elif role == "user" and isinstance(content, list):
            value = list(map(_part, content))
        else:
            value = _text(content)
        made = {"role": role if role in _ROLES else "system", "content": value}
        yield f"    {javascript(made, 4)},"


def _assistant(message: Mapping[str, Any]) -> Any:
    text = _text(message.get("content"))
    calls = [
        {
            "type": "tool-call",
            "toolCallId": str(one.get("id", "")),
            "toolName": str(one.get("function", {}).get("name", "")),
            "input": _parsed(one.get("function", {}).get("arguments")),
        }
        for one in _calls(message)
    ]
    return [*([{"type": "text", "text": text}] if text else []), *calls] if calls else text


def _result(call_id: str, name: str, text: str) -> dict[str, Any]:
    output = {"type": "text", "value": text}
    return {"type": "tool-result", "toolCallId": call_id, "toolName": name, "output": output}


def _calls(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    calls = message.get("tool_calls")
    return [one for one in calls if isinstance(one, dict)] if isinstance(calls, list) else []


def _part(part: object) -> dict[str, Any]:
    kind = part.get("type") if isinstance(part, dict) else None
    if isinstance(part, dict) and kind in {"text", "input_text"} and isinstance(part.get("text"), str):
        return {"type": "text", "text": part["text"]}
    picture = part.get("image_url") if isinstance(part, dict) else None
    url = picture.get("url") if isinstance(picture, dict) else None
    if (
        not isinstance(picture, dict)
        or not isinstance(url, str)
        or not url.startswith(("https://", "http://", "data:"))
    ):
        return {"type": "text", "text": f"[a part that the AI SDK cannot say: {shown(part)}]"}
    data = _DATA.fullmatch(url)
    made: dict[str, Any] = {"type": "file", "mediaType": data[1] if data else "image/*"}
    made["data"] = data[2] if data else Code(f"new URL({javascript(url)})")
    if picture.get("detail"):
        made["providerOptions"] = {"xai": {"imageDetail": picture["detail"]}}
    return made


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(str(part["text"]) for part in parts if isinstance(part, dict) and "text" in part)


def _parsed(arguments: object) -> Any:
    try:
        return json.loads(arguments) if isinstance(arguments, str) else {}
    except ValueError:
        return {"arguments": arguments}


# -- settings ----------------------------------------------------------------------------------------------------------


def _settings(request: Mapping[str, Any]) -> tuple[list[str], dict[str, Any]]:
    lines, options = [], {}
    for key, value in request.items():
        if key in {"model", "messages", "stream"} or (key == "stream_options" and value == {"include_usage": True}):
            continue
        if key in _NAMES:
            lines.append(f"  {_NAMES[key]}: {javascript(value, 2)},")
        elif key == "max_tokens" and "max_completion_tokens" not in request:
            lines.append(f"  maxOutputTokens: {javascript(value, 2)}, // goes out under another name")
        elif key in _PROVIDER:
            options[_PROVIDER[key]] = value
        elif key != "tools" or not are_functions(value):
            lines.append(_unsaid(key, value, 2))
    return lines, options


def _tools(tools: Sequence[Mapping[str, Any]]) -> str:
    lines = []
    for one in tools:
        function = one["function"]
        schema = javascript(function.get("parameters", {}), 6)
        description = javascript(str(function.get("description", "")), 6)
        name = javascript({str(function.get("name", "")): 0})[2:-5]
        lines.append(
            f"    {name}: {{\n      description: {description},\n      inputSchema: jsonSchema({schema}),\n    }},"
        )
    return "\n".join(["  tools: {", *lines, "  },"])


def _unsaid(key: str, value: object, indent: int) -> str:
    return f"{' ' * indent}// The AI SDK cannot say {shown(key)}: {shown(value)}"
