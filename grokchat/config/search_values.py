"""Checks the options of the search tools, and parses them from text. Pure.

Lists are typed as JSON or with commas. A value that is empty, or typed as `none`, is None: the option is not sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from grokchat.config.foreign_names import SEARCH_OPTION_NAMES, normalize
from grokchat.config.search_options import SEARCH_OPTIONS, TABLE, SearchOption, full_name
from grokchat.config.validation import BOOLEANS, parse_json_or_text, quote_value
from grokchat.errors import ConfigError, UnknownKeyError
from grokchat.sequences import shorten

_HOST = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_]")
_HANDLE = re.compile(r"[A-Za-z0-9_]{1,20}")
_URL = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//(?:[^/@]*@)?", re.IGNORECASE)
_MAX_HOST_CHARS = 253
_MAX_KEY_CHARS = 80
_NOTHING = frozenset({"", "none", "null", "[]"})
"""What is typed for an option that is not to be sent."""


def validate_search_options(table: object, where: str, prefix: str = "") -> dict[str, Any]:
    """Return the options of a table as they are sent; raises ConfigError. `prefix` names the table around it."""
    name = f"{prefix}{TABLE}"
    if not isinstance(table, Mapping):
        raise ConfigError(where, name, problem=f"must be a table ([{name}]), not {quote_value(table)}")
    options: dict[str, Any] = {}
    for key, value in table.items():
        options[key] = validate_search_option(key, value, where, prefix)
    set_options = {key: value for key, value in options.items() if value is not None}
    for key in set_options:
        other = SEARCH_OPTIONS[key].excludes
        if other in set_options:
            raise ConfigError(where, name, problem=f"has both {key} and {other}, which the API refuses")
    if problem := find_date_problem(options):
        raise ConfigError(where, f"{name}.from_date", problem=problem)
    return options


def validate_search_option(key: str, value: object, where: str, prefix: str = "") -> Any:
    """Return an option's value as it is sent, or None if it is not to be sent; raises ConfigError."""
    option, name = find_search_option(key, where, prefix), f"{prefix}{full_name(key)}"
    match option.kind:
        case "boolean" if isinstance(value, bool):
            return value
        case "date" if (day := to_day(value)) is not None:
            return day or None
        case "hosts" | "handles" if isinstance(value, list):
            return _names(option, value, where, name) or None
    allowed = describe_search_values(key)
    listed = re.split(r"[\s,]+", value.strip()) if option.most and isinstance(value, str) else []
    advice = f"did you mean {quote_value(listed)}?" if listed else ""
    raise ConfigError(where, name, problem=f"must be {allowed}, not {quote_value(value)}", advice=advice)


def parse_search_option(key: str, text: str, where: str) -> Any:
    """Return an option's value from typed text; raises ConfigError."""
    option, words = find_search_option(key, where), text.strip()
    value: object = words
    if words.lower() in _NOTHING:
        return None
    if option.kind == "boolean":
        value = BOOLEANS.get(words.lower(), words)
    elif option.kind == "date":
        value = words.strip("\"'")
    elif not isinstance(value := parse_json_or_text(words), list):
        value = [word.strip("\"'") for word in re.split(r"[\s,]+", words) if word]
    return validate_search_option(key, value, where)


def find_search_option(key: str, where: str, prefix: str = "") -> SearchOption:
    """Return an option's declaration; raises UnknownKeyError with what was probably meant."""
    if key in SEARCH_OPTIONS:
        return SEARCH_OPTIONS[key]
    from grokchat.suggestions import suggest

    meant = SEARCH_OPTION_NAMES.get(normalize(key), key)
    raise UnknownKeyError(
        where, f"{prefix}{full_name(shorten(key, _MAX_KEY_CHARS))}", suggest(meant, SEARCH_OPTIONS, "search options")
    )


def describe_search_values(key: str) -> str:
    """Return a description of an option's allowed values."""
    option = SEARCH_OPTIONS[key]
    return {
        "boolean": "true or false",
        "date": f"a day such as {option.example}",
        "hosts": f"a list of at most {option.most} host names such as {option.example}",
        "handles": f"a list of at most {option.most} X handles such as {option.example}",
    }[option.kind]


def find_date_problem(options: Mapping[str, Any]) -> str:
    """Return what is wrong with the days as the predicate of a sentence about `from_date`, or ""."""
    first, last = options.get("from_date"), options.get("to_date")
    if not first or not last or first <= last:
        return ""
    return f"must not be after to_date: {first} is after {last}"


# -- kinds of values ---------------------------------------------------------------------------------------------------


def _names(option: SearchOption, values: list[Any], where: str, name: str) -> list[str]:
    """Return hosts or handles, each once, as they are sent; raises ConfigError."""
    found: dict[str, None] = {}
    for value in values:
        text = value.strip() if isinstance(value, str) else ""
        sent = text.removeprefix("@") if option.kind == "handles" else text.lower()
        if not (_is_handle(sent) if option.kind == "handles" else _is_host(sent)):
            what = "X handles" if option.kind == "handles" else "host names"
            meant = _handle_in(text) if option.kind == "handles" else _host_in(text)
            advice = f"did you mean {meant}?" if meant else ""
            raise ConfigError(where, name, problem=f"must be {what}, not {quote_value(value)}", advice=advice)
        found[sent] = None
    if len(found) > option.most:
        raise ConfigError(where, name, problem=f"takes {option.most} at most, not {len(found)}")
    return list(found)


def _is_host(text: str) -> bool:
    return len(text) <= _MAX_HOST_CHARS and _HOST.fullmatch(text) is not None


def _is_handle(text: str) -> bool:
    return _HANDLE.fullmatch(text) is not None


def _host_in(text: str) -> str:
    """Return the host in an address, or ""."""
    host = re.split(r"[/?#:]", _URL.sub("", text[:1000], count=1))[0].lower().removeprefix("*.").strip(".")
    return host if _is_host(host) else ""


def _handle_in(text: str) -> str:
    """Return the handle in the address of a profile, or ""."""
    parts = _URL.sub("", text[:1000], count=1).split("/")
    handle = parts[1].removeprefix("@") if len(parts) > 1 else ""
    return handle if _is_handle(handle) else ""


def to_day(value: object) -> str | None:
    """Return a date as YYYY-MM-DD, "" for an empty text, or None if it is no date. TOML has dates of its own."""
    from datetime import date, datetime

    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if value == "":
        return ""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return None
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        return None
