"""Checks the values of settings and request parameters, and parses them from text. Pure.

Errors name the place, the key, its value and the allowed values.
"""

from __future__ import annotations

import re
from typing import Any

from grokchat.config.settings import (
    RESERVED_FIELDS,
    describe_allowed_values,
    find_setting,
    setting_choices,
    setting_type,
)
from grokchat.errors import ConfigError

_BOOLEANS = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}
_BASE_URL = r"(https?)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?(/[!$-;=@-\[\]_a-z~]*)?"
_LOOPBACK = r"(?i)localhost|127(?:\.\d{1,3}){3}|\[::1\]"
_MAX_QUOTE_CHARS = 80
QUOTES = "\"'`\u201c\u201d\u201e\u2018\u2019"
"""Quotation marks, straight and curly."""
_FREE_TEXTS = frozenset({"system", "api_key_command"})
"""Settings whose blanks at the ends belong to them."""


# -- settings ----------------------------------------------------------------------------------------------------------


def validate_setting(key: str, value: object, where: str) -> Any:
    """Return a value as the setting's own type; raises ConfigError, with `where` as its place."""
    find_setting(key, where)  # raises for an unknown name
    kind = setting_type(key)
    if key == "model" and isinstance(value, str):
        value = value.strip()
    if kind is float and type(value) is int and abs(value) < 1 << 62:
        value = float(value)
    if type(value) is not kind:
        raise ConfigError(where, key, problem=f"found {_quote(value)}", allowed=describe_allowed_values(key))
    problem = _problem(key, value)
    if problem is not None:
        raise ConfigError(where, key, problem=f"found {_quote(value)}{problem}", allowed=describe_allowed_values(key))
    return value


def parse_setting(key: str, text: str, where: str) -> Any:
    """Return a setting's value from text (typed, or of the environment); raises ConfigError."""
    find_setting(key, where)  # raises for an unknown name
    kind = setting_type(key)
    if kind is bool:
        return validate_setting(key, _BOOLEANS.get(text.strip().lower(), text), where)
    if kind is float:
        try:
            return validate_setting(key, float(text), where)
        except ValueError:
            return validate_setting(key, text, where)
    return validate_setting(key, text if key in _FREE_TEXTS else text.strip(), where)


def _problem(key: str, value: Any) -> str | None:
    """Return None for a valid value, else the rest of the message after `found VALUE`, which may be empty."""
    if key == "base_url":
        match = re.fullmatch(_BASE_URL, value)
        if match is None or not _is_host(match[2]) or int(match[3] or 0) > 65535:
            return ""
        if match[1] == "http" and not is_loopback(value):
            return ", which would send the key in the clear"
        return None
    if isinstance(value, str) and value not in (setting_choices(key) or (value,)):
        return ""
    if key in {"connect_timeout", "timeout"} and not 0 < value < float("inf"):
        return ""
    if key in {"max_cost", "notify_after"} and not 0 <= value < float("inf"):
        return ""
    if key == "model" and (not value or value[0] in QUOTES):
        return ", which is in quotes" if value else ", which names no model"
    return None


def _quote(value: object) -> str:
    import json

    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = str(value)
    return text if len(text) <= _MAX_QUOTE_CHARS else text[: _MAX_QUOTE_CHARS - 1] + "…"


# -- request parameters ------------------------------------------------------------------------------------------------


def split_parameter(text: str, where: str) -> tuple[str, str]:
    """Return the name and the value's text in `KEY=VALUE`; in `KEY = VALUE` no blank belongs to either."""
    key, equals, value = text.partition("=")
    name = key.strip()
    if not equals or not name:
        raise ConfigError(where, problem=f"found {_quote(text)}", allowed="KEY=VALUE")
    return validate_parameter_name(name, where), value.lstrip(" \t") if key[-1:].isspace() else value


def validate_parameter_name(key: str, where: str) -> str:
    """Return a request parameter's name; raises ConfigError for a field that grokchat sets itself."""
    if key in RESERVED_FIELDS:
        raise ConfigError(where, key, problem="grokchat sends this itself", allowed=RESERVED_FIELDS[key])
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


# -- base URLs ---------------------------------------------------------------------------------------------------------


def is_loopback(base_url: str) -> bool:
    """Return whether a base URL is on this machine."""
    match = re.fullmatch(_BASE_URL, base_url)
    return match is not None and re.fullmatch(_LOOPBACK, match[2]) is not None


def _is_host(host: str) -> bool:
    """Return whether a host is valid: an IP address must be well formed; names are left to the resolver."""
    if not host.startswith("[") and not re.fullmatch(r"[\d.]+", host):
        return True
    from ipaddress import ip_address

    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
