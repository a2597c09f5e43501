r"""The front matter of a prompt: settings above its text, between a first line `---` and the next one.

    ---
    model: grok-4.3        # a comment
    temperature: 0.3
    ---
    Review this code.

The lines are `KEY: VALUE`, YAML's simplest form, or `KEY = VALUE`, TOML's. A value is what `/set KEY VALUE` takes;
quotes make it a text, and lists and objects are JSON in one line. A file whose first line `---` is a Markdown rule has
another line below it, or no second rule: it is text. Refused with the file and the line: what a session cannot set
(such as where the key is sent), what nobody knows, and values of a wrong type.
"""

from __future__ import annotations

import json
import re
from typing import Any

from grokchat.config.foreign_names import ANSWERS, normalize
from grokchat.config.parameters import describe_expected, is_known_parameter, suggest_parameter
from grokchat.config.search_options import SEARCH_OPTIONS, option_name
from grokchat.config.search_values import (
    find_search_option,
    parse_search_option,
    validate_search_option,
    validate_search_options,
)
from grokchat.config.settings import SETTINGS, Layer, is_session_setting
from grokchat.config.validation import (
    parse_json_or_text,
    parse_setting,
    quote_value,
    validate_parameter_name,
    validate_setting,
)
from grokchat.errors import ConfigError, UnknownKeyError
from grokchat.sequences import shorten
from grokchat.strict_json import parse

_FENCE = re.compile(r"---[ \t]*\r?\Z")
_END = re.compile(r"\n---[ \t]*\r?(?=\n|\Z)")
_ENTRY = re.compile(r"[ \t]*+([A-Za-z_][\w.-]*+)[ \t]*+([:=])(.*)", re.DOTALL)
_COMMENT = re.compile(r"(?:\A|(?<=[ \t]))#.*", re.DOTALL)
_QUOTED = re.compile(r"""("(?:[^"\\]|\\.)*+"|'(?:[^']|'')*+')[ \t]*+(?:#.*)?\Z""", re.DOTALL)
_PARAMETER_PREFIX = "params."
_MAX_KEY_CHARS = 80
_UNKNOWN = "A note begins with #; a parameter that is not known is written params.KEY, and sent as given."
_FORM = "A line is KEY: VALUE; lists and objects are JSON in one line."
_NOT_HERE = {
    "system": "The text below the front matter is the message.",
    "max_cost": "Only you may change the limit: /set max_cost, or --max-cost.",
}


def split_front_matter(text: str) -> tuple[list[str], str] | None:
    """Return the lines of a text's front matter, and what follows it; None if it has none."""
    first, _, _ = text.partition("\n")
    end = _END.search(text, len(first)) if _FENCE.match(first) else None
    if end is None:
        return None
    lines = [line.removesuffix("\r") for line in text[len(first) + 1 : end.start() + 1].split("\n")][:-1]
    meant = next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), None)
    if meant is None and any(map(str.strip, lines)):
        return None  # a heading between two rules
    if meant is not None and not _is_entry(meant):
        return None
    return lines, re.sub(r"\A(?:\r?\n)+", "", text[end.end() :])


def parse_front_matter(lines: list[str], path: str) -> Layer:
    """Return the settings and parameters in the lines of a file's front matter; raises ConfigError with its path."""
    values: dict[str, Any] = {}
    params: dict[str, Any] = {}
    options: dict[str, Any] = {}
    for number, line in enumerate(lines, 2):
        where = f"{path}, line {number}"
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        entry = _ENTRY.match(line)
        if entry is None or not _is_entry(line):
            raise ConfigError(where, problem=f"{quote_value(line.strip())} is not KEY: VALUE", advice=_FORM)
        key, text = entry[1], entry[3].strip()
        option = option_name(key)
        if option is not None:
            table, name, read = options, option, _search_option
        elif key in SETTINGS:
            table, name, read = values, key, _setting
        else:
            table, name, read = params, key.removeprefix(_PARAMETER_PREFIX), _parameter
        if name in table:
            raise ConfigError(where, key.removeprefix(_PARAMETER_PREFIX), problem="is set twice")
        table[name] = read(key, text, where)
    validate_search_options(options, path)
    return Layer(path, values, params, search_options=options)


def _is_entry(line: str) -> bool:
    """Return whether a line is `KEY: VALUE` or `KEY = VALUE`; `KEY:VALUE` is only if the key is known."""
    entry = _ENTRY.match(line)
    if entry is None:
        return False
    _, sign, value = entry.groups()
    return sign == "=" or not value.strip() or value[0] in " \t" or _is_known(entry[1])


def _is_known(key: str) -> bool:
    return key in SETTINGS or is_known_parameter(key) or option_name(key) in SEARCH_OPTIONS


def _setting(key: str, text: str, where: str) -> Any:
    """Return a setting's value; raises ConfigError."""
    if not is_session_setting(key) or key in _NOT_HERE:
        raise ConfigError(where, key, problem="cannot be set in a prompt file", advice=_NOT_HERE.get(key, ""))
    value, is_plain = _value(key, text, where)
    return parse_setting(key, value, where) if is_plain else validate_setting(key, value, where)


def _search_option(key: str, text: str, where: str) -> Any:
    """Return the value of `search_options.KEY`; raises ConfigError."""
    name = str(option_name(key))
    find_search_option(name, where)
    value, is_plain = _value(key, text, where)
    return parse_search_option(name, value, where) if is_plain else validate_search_option(name, value, where)


def _parameter(key: str, text: str, where: str) -> Any:
    """Return a request parameter's value; raises ConfigError."""
    name = validate_parameter_name(key.removeprefix(_PARAMETER_PREFIX), where)
    if name in SETTINGS and not is_known_parameter(name):
        raise ConfigError(where, key, problem="cannot be set in a prompt file", advice=f"{name} is a setting.")
    if name == key and not is_known_parameter(key):
        raise _unknown_key(key, where)
    value, is_plain = _value(key, text, where)
    if is_plain:
        value = parse_json_or_text(value)
    if expected := describe_expected(name, value):
        raise ConfigError(where, name, problem=f"must be {expected}, not {quote_value(value)}")
    return value


def _unknown_key(key: str, where: str) -> ConfigError:
    shown = shorten(key, _MAX_KEY_CHARS)
    answer = ANSWERS.get(normalize(key), "")
    if answer or not (meant := suggest_parameter(key, [name for name in SETTINGS if is_session_setting(name)])):
        advice = answer or _UNKNOWN
        return UnknownKeyError(where, shown, advice, what="setting")
    return UnknownKeyError(where, shown, f"did you mean {meant}?", what="setting")


def _value(key: str, text: str, where: str) -> tuple[Any, bool]:
    """Return a value without its comment, and whether it is plain text, which its type is yet to be found in."""
    if text[:1] in {'"', "'"}:
        return _quoted_text(key, text, where), False
    if text[:1] in {"[", "{"}:
        return _json_value(key, text, where), False
    plain = _COMMENT.sub("", text).strip()
    if not plain:
        raise ConfigError(where, key, problem="has no value", advice=_FORM)
    return plain, True


def _quoted_text(key: str, text: str, where: str) -> str:
    quoted = _QUOTED.match(text)
    if quoted is None:
        raise ConfigError(where, key, problem="has a quote that is not closed, or text after it")
    if text[0] == "'":
        return quoted[1][1:-1].replace("''", "'")
    try:
        value = parse(quoted[1])
    except ValueError as error:
        raise ConfigError(where, key, problem=f"is not a JSON text: {quote_value(quoted[1])}") from error
    return str(value)


def _json_value(key: str, text: str, where: str) -> Any:
    try:
        _, end = json.JSONDecoder().raw_decode(text)
        value = parse(text[:end])
    except (ValueError, RecursionError) as error:
        advice = f'Lists and objects are JSON in one line: {key}: ["a", "b"].'
        raise ConfigError(where, key, problem=f"is not JSON: {quote_value(text)}", advice=advice) from error
    if _COMMENT.sub("", text[end:]).strip():
        raise ConfigError(where, key, problem="has text after its value")
    return value
