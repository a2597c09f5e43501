"""Checks the values of settings and request parameters, and parses them from text. Pure.

Errors name the place, the key, the allowed values and the wrong one.
"""

from __future__ import annotations

from typing import Any

from grokchat.config.base_url import find_base_url_problem, hide_credentials, normalize_base_url
from grokchat.config.foreign_names import ANSWERS, API_KEY_NAMES, normalize
from grokchat.config.settings import (
    MAX_MODELS,
    RESERVED_FIELDS,
    SETTINGS,
    describe_allowed_values,
    find_setting,
    setting_choices,
    setting_type,
)
from grokchat.errors import ConfigError, UnknownKeyError
from grokchat.sequences import shorten

BOOLEANS = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}
"""The words for true and false in typed text."""
_SEARCH_WORDS = {**dict.fromkeys(("on", "true", "yes", "both"), "all"), **dict.fromkeys(("false", "no", "none"), "off")}
"""What else is typed for a value of `search`."""
_MAX_QUOTE_CHARS = 80
QUOTES = "\"'`\u201c\u201d\u201e\u2018\u2019"
"""Quotation marks, straight and curly."""
_VERBATIM = frozenset({"system", "api_key_command", "base_url"})
"""Settings of which nothing is trimmed: free texts, and the address that the key goes to."""


# -- settings ----------------------------------------------------------------------------------------------------------


def validate_setting(key: str, value: object, where: str) -> Any:
    """Return a value as the setting's own type; raises ConfigError, with `where` as its place."""
    find_setting(key, where)  # raises for an unknown name
    kind = setting_type(key)
    if key == "model" and isinstance(value, str):
        value = value.strip()
    if kind is float and type(value) is int and abs(value) < 1 << 62:
        value = float(value)
    if key == "base_url" and isinstance(value, str):
        value = normalize_base_url(value)
    problem = _problem(key, value) if type(value) is kind else ""
    if problem is not None:
        allowed = "one model" if _is_several_models(key, value) else describe_allowed_values(key)
        wrong = f"must be {allowed}, not {_quote_setting(key, value)}{problem}"
        raise ConfigError(where, key, problem=wrong, advice=_suggest_value(key, value, where))
    return value


def parse_setting(key: str, text: str, where: str) -> Any:
    """Return a setting's value from text (typed, or of the environment); raises ConfigError."""
    find_setting(key, where)  # raises for an unknown name
    kind = setting_type(key)
    if kind is bool:
        return validate_setting(key, BOOLEANS.get(text.strip().lower(), text), where)
    if kind in (int, float):
        try:
            return validate_setting(key, kind(text), where)
        except ValueError:
            return validate_setting(key, text, where)
    if key == "search":
        text = _SEARCH_WORDS.get(text.strip().lower(), text.lower())
    return validate_setting(key, text if key in _VERBATIM else text.strip(), where)


def parse_models(text: str, where: str) -> tuple[str, ...]:
    """Return the models in `A,B,...`, in order; raises ConfigError. One that is there twice is asked twice."""
    names = text.split(",")
    if len(names) > 1 and not all(map(str.strip, names)):
        raise ConfigError(where, problem=f"must be ID or ID,ID,..., not {quote_value(text)}")
    if len(names) > MAX_MODELS:
        raise ConfigError(where, problem=f"takes {MAX_MODELS} models at most, not {len(names)}")
    return tuple(validate_setting("model", name, where) for name in names)


def _problem(key: str, value: Any) -> str | None:
    """Return None for a valid value, else what is wrong with it in parentheses, if that needs to be said, else ""."""
    if key == "base_url":
        problem = find_base_url_problem(value)
        return problem and f" ({problem})"
    # The choices of some settings have to be imported.
    if isinstance(value, str) and value != SETTINGS[key].default and value not in (setting_choices(key) or (value,)):
        return ""
    if key in {"connect_timeout", "timeout"} and not 0 < value < float("inf"):
        return ""
    if key in {"max_cost", "notify_after", "width"} and not 0 <= value < float("inf"):
        return ""
    if key == "model" and (not value or value[0] in QUOTES):
        return " (it is in quotes)" if value else " (it is empty)"
    if _is_several_models(key, value):
        return ""
    return None


def _is_several_models(key: str, value: object) -> bool:
    return key == "model" and isinstance(value, str) and "," in value


def _suggest_value(key: str, value: object, where: str) -> str:
    """Return what to do about a wrong value, or "": a question for values that are spelled like it, or sentences."""
    if _is_several_models(key, value):
        in_chat = "/retry -m A,B asks several at once."
        return in_chat if where.startswith("/") else f"grokchat -p -m A,B, or in the chat {in_chat}"
    if key == "search":
        meant = _SEARCH_WORDS.get(str(value).lower(), "")
        return f'did you mean "{meant}"?' if meant else ""
    if key != "code_theme" or not isinstance(value, str):
        return ""
    from grokchat.suggestions import close_matches

    matches = close_matches(value.lower().replace("_", "-"), setting_choices(key), count=3, cutoff=0.5)
    return f"did you mean {' or '.join(matches)}?" if matches else ""


def _quote_setting(key: str, value: object) -> str:
    """Return a wrong value for an error, without what may be secret in it."""
    if key == "api_key_command":  # whose value may be the key
        return _describe_type(value)
    return quote_value(hide_credentials(value) if key == "base_url" and isinstance(value, str) else value)


def _describe_type(value: object) -> str:
    """Return what a value of a config file is, without the value."""
    kinds = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list", dict: "a table"}
    return kinds.get(type(value), f"a {type(value).__name__}")


def quote_value(value: object) -> str:
    """Return a value shortened, in JSON, or what kind of secret it looks like."""
    import json

    from grokchat.secret_scan import find_secrets

    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = str(value)
    if secrets := find_secrets(text):
        return f"what looks like {secrets[0]}"
    return shorten(text, _MAX_QUOTE_CHARS)


# -- request parameters ------------------------------------------------------------------------------------------------


def split_parameter(text: str, where: str) -> tuple[str, str]:
    """Return the name and the value's text in `KEY=VALUE`; in `KEY = VALUE` no blank belongs to either."""
    key, equals, value = text.partition("=")
    name = key.strip()
    if not equals or not name:
        raise ConfigError(where, problem=f"must be KEY=VALUE, not {quote_value(text)}")
    return validate_parameter_name(name, where), value.lstrip(" \t") if key[-1:].isspace() else value


def validate_parameter_name(key: str, where: str) -> str:
    """Return a request parameter's name; raises ConfigError for a field that grokchat sets itself."""
    if normalize(key) in API_KEY_NAMES:
        raise UnknownKeyError(where, key, ANSWERS["api_key"])
    if key in RESERVED_FIELDS:
        raise ConfigError(where, key, problem="cannot be a request parameter", advice=RESERVED_FIELDS[key])
    return key


def parse_json_or_text(text: str) -> Any:
    """Return the JSON value in a text, or the text if it is not JSON."""
    import json

    try:
        value = json.loads(text)
        json.dumps(value, allow_nan=False)  # NaN and overflowing numbers are not JSON
    except (ValueError, RecursionError):
        return text
    return value
