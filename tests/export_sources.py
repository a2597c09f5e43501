"""Requests to export: any that hypothesis makes up, and one conversation that has everything in it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from grokchat.api.endpoint import endpoint_for
from grokchat.api.request import RequestEncoder
from grokchat.config.settings import Settings
from grokchat.export.source import Source
from grokchat.messages import Message, ReplyInfo

PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)

AWKWARD = [
    "\"double\" 'single' `back` \\ \\\\ $HOME $(id) ${HOME} %s {braces}",
    "three: \"\"\" and ''' and ``` and ${`${1}`}",
    "lines\nwith\n\n  spaces\ttabs and an end that is long enough for a literal of many lines\n",
    "carriage\rreturn\r\nNUL \x00 escape \x1b[31m DEL \x7f NEL \x85 form\x0cfeed",
    "seps \u2028 \u2029 bom \ufeff bidi \u202e zero\u200bwidth nbsp\u00a0",
    "Grüße 漢字 עברית 🙂 👨‍👩‍👧 e\u0301",
    "</script> <!-- --> */ /* // # -- ]]>",
    "JSON\nHEADERS\nEOF\n'\n\"\n\\\nJSON",
    "\\",
    "'",
    '"',
    "\n",
    " ",
    "trailing backslash \\\n\\",
    "0123456789" * 30,
]
"""Texts that break out of badly quoted literals and comments."""


def call(name: str, arguments: str, call_id: str) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


EVERYTHING: list[dict[str, Any]] = [
    {"role": "system", "content": "Be brief."},
    {
        "role": "system",
        "content": "Be kind, too.\n\nAnd answer in English, whatever language you are asked in, please.\n",
    },
    {"role": "user", "content": "Hello there", "name": "bob"},
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "What is this,\nand that?"},
            {"type": "image_url", "image_url": {"url": PNG, "detail": "high"}},
            {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}},
            {"type": "text", "text": "Say it."},
        ],
    },
    {"role": "assistant", "content": "A pixel, and a cat.", "reasoning_content": "One looks\nlike a pixel."},
    {"role": "system", "content": "From now on be long."},
    {"role": "user", "content": "What is the weather?"},
    {"role": "user", "content": "In Bern, I mean."},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [call("weather", '{"city":"Bern"}', "c1"), call("time", "{}", "c2")],
    },
    {"role": "tool", "content": "Sunny", "tool_call_id": "c1"},
    {"role": "tool", "content": "Noon", "tool_call_id": "c2"},
    {"role": "assistant", "content": "Sunny, at noon."},
    *({"role": role, "content": text} for text in AWKWARD for role in ("user", "assistant")),
    {"role": "user", "content": "Thanks."},
]
"""A conversation with everything in it that a session can hold."""

TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": 'The "weather"\nof a place',
        "parameters": {"type": "object", "properties": {"__proto__": {"type": "string"}, "city": {"type": "string"}}},
    },
}
PARAMS: dict[str, Any] = {
    "temperature": 0.25,
    "top_p": 0.5,
    "seed": 7,
    "max_completion_tokens": 1000,
    "stop": ["END", "\n\n"],
    "presence_penalty": 0.5,
    "reasoning_effort": "low",
    "user": "someone",
    "parallel_tool_calls": False,
    "tools": [TOOL],
    "tool_choice": "auto",
    "prompt_cache_key": "k",
    "something_new": {"__proto__": {"a": None}, "constructor": [True, 1.5], "with space": "*/", "": []},
}


SEARCH_OPTIONS: dict[str, Any] = {
    "allowed_domains": ["example.com", "b\"ad'`${1}`.example"],
    "allowed_x_handles": ["xai", "line\nbreak"],
    "from_date": "2026-01-02",
    "to_date": "2026-10-31",
    "enable_image_understanding": True,
}
SEARCH_PARAMS: dict[str, Any] = {
    "temperature": 0.25,
    "top_p": 0.5,
    "max_completion_tokens": 1000,
    "max_turns": 4,
    "reasoning_effort": "low",
    "user": "someone",
    "parallel_tool_calls": False,
    "tools": [TOOL],
    "tool_choice": "auto",
    "something_new": {"__proto__": {"a": None}, "constructor": [True, 1.5], "with space": "*/", "": []},
}
"""Parameters that a request with search can have."""


def source(
    messages: Sequence[Mapping[str, Any]],
    *,
    stream: bool = True,
    params: Mapping[str, Any] | None = None,
    model: str = "grok-4.7",
    search: str = "off",
    search_options: Mapping[str, Any] | None = None,
    replies: Mapping[int, ReplyInfo] | None = None,
    **more: Any,
) -> Source:
    """Return the source of an export of these messages, as a session makes it; `replies` has metadata by number."""
    sent = tuple(Message(f"m{number}", body, (replies or {}).get(number)) for number, body in enumerate(messages))
    sent_params, options = dict(params or {}), dict(search_options or {})
    settings = Settings(model=model, stream=stream, params=sent_params, search=search, search_options=options)
    body = RequestEncoder().body(sent, settings, "conv-1")
    more = {"conversation_id": "conv-1", "path": endpoint_for(settings).path, **more}
    more |= {"search": search, "search_options": options}
    return Source(messages=sent, body=body, model=model, stream=stream, params=sent_params, **more)


def meant(value: object) -> Any:
    """Return a value after a round trip through JSON, which joins surrogate pairs."""
    return json.loads(json.dumps(value))


def in_javascript(value: Any) -> Any:
    """Return a value as JavaScript has it: integers beyond 2**53 are floats."""
    if isinstance(value, dict):
        return {key: in_javascript(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [in_javascript(item) for item in value]
    return float(value) if isinstance(value, int) and abs(value) > 2**53 else value


texts = st.one_of(
    st.text(st.characters(codec=None), max_size=40),
    st.text(st.sampled_from("\"'`\\$\n\r\t\x00#/*\u2028\u2029\ud800\udc00{}()a \x85\x0c"), max_size=40),
    st.sampled_from(AWKWARD),
    st.lists(st.sampled_from(AWKWARD), max_size=4).map("\n".join),
)
numbers = st.one_of(st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False))
keys = st.one_of(st.sampled_from(["__proto__", "constructor", "class", "a-b", "0", "", "a"]), texts)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=8,
)
images = st.builds(
    lambda url, more: {"type": "image_url", "image_url": {"url": url, **more}},
    st.sampled_from([PNG, "https://example.com/a.png?b=c&d=%20"]),
    st.sampled_from([{}, {"detail": "low"}, {"detail": "high"}]),
)
parts = st.builds(lambda text: {"type": "text", "text": text}, texts) | images
messages = st.one_of(
    st.builds(lambda role, content: {"role": role, "content": content}, st.sampled_from(["system", "user"]), texts),
    st.builds(lambda content, name: {"role": "user", "content": content, "name": name}, texts, texts),
    st.builds(lambda content: {"role": "user", "content": content}, st.lists(parts, min_size=1, max_size=4)),
    st.builds(lambda content, more: {"role": "assistant", "content": content, **more}, texts, st.sampled_from([{}])),
    st.builds(lambda text, why: {"role": "assistant", "content": text, "reasoning_content": why}, texts, texts),
)
strange = st.builds(
    lambda role, content, more: {**more, "role": role, "content": content},
    st.sampled_from(["system", "user", "assistant", "tool", "developer", "function", "else\nif"]),
    st.none() | texts | st.lists(parts | values, max_size=3),
    st.dictionaries(
        st.sampled_from(["name", "tool_calls", "tool_call_id", "reasoning_content"]) | keys, values, max_size=3
    ),
)
"""Messages that no API accepts, but that an imported conversation may have."""
