"""Request parameters: the names that are known, their JSON types, and what was probably mistyped. Pure.

A parameter is sent as given in any case: other servers have parameters of their own, and the API may gain new ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from grokchat.config.foreign_names import ANSWERS, PARAMETER_NAMES, SEARCH_OPTION_NAMES, SETTING_NAMES, normalize
from grokchat.config.search_options import SEARCH_OPTIONS, TABLE, full_name, option_name
from grokchat.config.settings import RESERVED_FIELDS, SETTINGS
from grokchat.config.validation import QUOTES
from grokchat.strict_json import json_type
from grokchat.suggestions import close_matches

PARAMETERS: Mapping[str, tuple[str, str]] = {
    "temperature": ("0 to 2", "how varied replies are"),
    "top_p": ("above 0, to 1", "choose among the likeliest tokens"),
    "max_completion_tokens": ("number", "the reply's length limit"),
    "reasoning_effort": ("low, high, ...", "how long to think; see /models"),
    "seed": ("whole number", "make replies repeatable, if possible"),
    "stop": ("text or list", "text that ends the reply"),
    "frequency_penalty": ("-2 to 2", "positive: fewer repeated words"),
    "presence_penalty": ("-2 to 2", "positive: more new topics"),
    "n": ("1 or more", "number of replies; each is billed"),
    "response_format": ("object", "ask for JSON, also of a schema"),
    "tools": ("list", "functions that the model may call"),
    "tool_choice": ("auto, none, ...", "whether it must call one"),
    "parallel_tool_calls": ("true or false", "whether it may call several at once"),
    "logprobs": ("true or false", "report probabilities of tokens"),
    "top_logprobs": ("0 to 8", "how many alternatives to report"),
    "deferred": ("true or false", "fetch the reply when it is done"),
    "user": ("text", "an id of the end user"),
    "service_tier": ("default, priority", "how fast the request is served"),
    "prompt_cache_key": ("text", "requests that share a prompt cache"),
}
"""The API's parameters that `/set` lists and Tab offers: the values, and what each is for."""

PARAMETER_TYPES: Mapping[str, tuple[str, ...]] = {
    "temperature": ("number",),
    "top_p": ("number",),
    "max_completion_tokens": ("integer",),
    "max_tokens": ("integer",),
    "reasoning_effort": ("string",),
    "seed": ("integer",),
    "response_format": ("object",),
    "n": ("integer",),
    "stop": ("string", "array"),
    "presence_penalty": ("number",),
    "frequency_penalty": ("number",),
    "logprobs": ("boolean",),
    "top_logprobs": ("integer",),
    "logit_bias": ("object",),
    "tools": ("array",),
    "tool_choice": ("string", "object"),
    "parallel_tool_calls": ("boolean",),
    "stream_options": ("object",),
    "user": ("string",),
    "safety_identifier": ("string",),
    "prompt_cache_key": ("string",),
    "service_tier": ("string",),
    "deferred": ("boolean",),
    "search_parameters": ("object",),
    "web_search_options": ("object",),
}
"""The API's parameters with the JSON types that it takes (its page on chat completions)."""

_KNOWN_ELSEWHERE = frozenset(
    {
        "top_k",
        "top_a",
        "min_p",
        "typical_p",
        "min_tokens",
        "max_new_tokens",
        "repetition_penalty",
        "length_penalty",
    }
)
"""Parameters of other servers that are spelled like some of the API's."""

_TYPE_WORDS = {
    "null": "null",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "string": "a string",
    "array": "a list",
    "object": "an object",
}
_MAX_EXAMPLE_CHARS = 20
_LIKE_JSON = re.compile(rf"\s*(?:[\[{{{QUOTES}]|(?:True|False|None)\s*\Z)")
"""Text that was probably meant as JSON, or as a word that JSON spells in another way."""


def describe_slip(key: str, value: Any, *, text: str = "", names: Iterable[str] = ()) -> str:
    """Return what is probably wrong with a parameter, as a sentence that follows its name, or nothing.

    `text` is the typed value, if it was typed; `names` are further names that may have been meant.
    """
    suggestion = suggest_parameter(key, names)
    if _is_search_option(key) and option_name(suggestion) is None:
        return (
            f"sent to the API as given; options of a search are set with /set {full_name('KEY')} or in the config file."
        )
    if suggestion:
        return f"sent as given; did you mean {suggestion}?"
    if answer := ANSWERS.get(normalize(key)):
        return f"sent as given. {answer}"
    if key in SETTINGS and key not in PARAMETER_TYPES:
        return "sent to the API as given; the setting of that name is changed with /set or in the config file."
    if wanted := describe_expected(key, value):
        takes_text = "string" in PARAMETER_TYPES[key]
        example = f", {json.dumps(text.strip())}" if takes_text and 0 < len(text) <= _MAX_EXAMPLE_CHARS else ""
        return f"sent as {_TYPE_WORDS[json_type(value)]}; the API expects {wanted}{example}."
    if isinstance(value, str) and value == text and _LIKE_JSON.match(text):
        return "sent as a string, because it is not JSON."
    return ""


def _is_search_option(key: str) -> bool:
    """Return whether a name is that of the table of search options, or of one of them."""
    word = normalize(key).removeprefix(f"{TABLE}.")
    return word in {TABLE, *SEARCH_OPTIONS}


def describe_expected(key: str, value: Any) -> str:
    """Return what the API takes for a parameter, if the value is of another type, or nothing; null is not sent."""
    kind, expected = json_type(value), PARAMETER_TYPES.get(key, ())
    if not expected or kind in (*expected, "null") or (kind == "integer" and "number" in expected):
        return ""
    return " or ".join(_TYPE_WORDS[name] for name in expected)


def is_known_parameter(key: str) -> bool:
    """Return whether the API, or another server, has a parameter of this name."""
    return key in PARAMETER_TYPES or key in _KNOWN_ELSEWHERE


def find_parameter(key: str) -> str:
    """Return the API's parameter that a key names or was probably meant to name, or nothing."""
    name = key if key in PARAMETER_TYPES else suggest_parameter(key)
    return name if name in PARAMETER_TYPES else ""


def suggest_parameter(key: str, more_names: Iterable[str] = ()) -> str:
    """Return the name that was probably meant, by spelling or by meaning, or nothing if the key is right or unlike any.

    Besides the API's parameters it may be one of `more_names`.
    """
    names = {*PARAMETER_TYPES, *RESERVED_FIELDS, *more_names}
    word = normalize(key.strip(f"{QUOTES}:-"))
    option = full_name(SEARCH_OPTION_NAMES.get(word, word))
    if key in names or key in _KNOWN_ELSEWHERE or word in ANSWERS:
        return ""
    if word in names:
        return word
    for meaning in (PARAMETER_NAMES.get(word), SETTING_NAMES.get(word), option):
        if meaning in names:
            return meaning
    matches = close_matches(word, sorted(names), count=1, cutoff=0.75)
    return matches[0] if matches else ""
