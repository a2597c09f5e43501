"""The settings: names, types, defaults and meaning, and the layers that make the effective ones.

The fields of `Settings` are the one declaration for the config file, the environment, `/set` and `config.example.toml`.
A layer names where its values come from; later layers win. Pure: `config.files` reads the files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from grokchat.errors import ConfigError
from grokchat.records import Field, field, fields, record

KNOWN_PARAMETERS: Mapping[str, str] = {
    "temperature": "0 to 2",
    "top_p": "more than 0, up to 1",
    "max_completion_tokens": "the reply's length limit",
    "reasoning_effort": "how long the model thinks; the values depend on the model",
    "seed": "a whole number",
    "response_format": "JSON",
}
"""Request parameters that people set, and their values. Others are sent unchanged too."""

RESERVED_FIELDS = {
    "messages": "the message list is the session's own",
    "model": "say it with -m or /model",
    "stream": "say --no-stream, or /set stream false",
}
"""Fields of a request's body that are no request parameters, and what to use instead."""

_CHOICES = {
    "show_reasoning": ("short", "full", "off"),
    "theme": ("auto", "dark", "light"),
    "edit_mode": ("emacs", "vi"),
    "notify": ("auto", "bell", "off"),
    "leak_guard": ("chat", "always", "off"),
}
_BOOLEANS = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}
_BASE_URL = r"(https?)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?(/[!$-;=@-\[\]_a-z~]*)?"
_MAX_QUOTE_CHARS = 80
_LOOPBACK = r"(?i)localhost|127(?:\.\d{1,3}){3}|\[::1\]"


def _setting(default: Any, explain: str, *, allowed: str = "", in_session: bool = False) -> Any:
    """Declare a setting: its line of explanation, what it may be, and whether a session can have its own value."""
    return field(default=default, metadata={"explain": explain, "allowed": allowed, "in_session": in_session})


@record
class Settings:
    """The effective settings."""

    model: str = _setting("grok-4.7", "the model that replies", in_session=True)
    base_url: str = _setting(
        "https://api.x.ai/v1",
        "where the API is; the key goes to this host alone",
        allowed="an https:// URL, or http:// to this machine (localhost, 127.x.x.x, [::1])",
    )
    api_key_command: str = _setting("", "a command that prints the API key, asked when XAI_API_KEY is not set")
    system: str = _setting("", "a system message that every new session begins with")
    stream: bool = _setting(True, "show replies as they come", in_session=True)
    markdown: bool = _setting(True, "render Markdown in replies", in_session=True)
    show_reasoning: str = _setting(
        "short",
        "the model's thinking: one live line, all of it, or nothing",
        allowed='"short", "full" or "off"',
        in_session=True,
    )
    theme: str = _setting(
        "auto",
        "colours for a dark or a light background; auto asks the terminal",
        allowed='"auto", "dark" or "light"',
        in_session=True,
    )
    edit_mode: str = _setting("emacs", "the keys at the prompt", allowed='"emacs" or "vi"')
    notify: str = _setting(
        "auto",
        "tell that a long reply has ended: auto if another window is in front, bell unless yours is known to be",
        allowed='"auto", "bell" or "off"',
        in_session=True,
    )
    notify_after: float = _setting(
        20.0, "seconds from which on a reply is long", allowed="seconds, 0 or more", in_session=True
    )
    terminal_marks: bool = _setting(
        True, "mark turns for the terminal, so that its own keys jump between them (OSC 133)", in_session=True
    )
    screen_reader: bool = _setting(False, "plain text without anything that moves, and a mark behind each reply")
    save: bool = _setting(True, "keep sessions on disk")
    leak_guard: str = _setting(
        "chat",
        "ask before what looks like a secret is sent from a paste, pipe or file; always: one shots refuse it",
        allowed='"chat", "always" or "off"',
    )
    max_cost: float = _setting(
        0.0,
        "US dollars that a session may cost: what would go past that is asked about first; 0: no limit",
        allowed="US dollars, 0 or more",
        in_session=True,
    )
    connect_timeout: float = _setting(
        10.0, "seconds to wait for a connection", allowed="seconds, more than 0", in_session=True
    )
    timeout: float = _setting(
        3600.0,
        "seconds of silence before a reply is given up; reasoning models think for minutes",
        allowed="seconds, more than 0",
        in_session=True,
    )
    params: Mapping[str, Any] = field(default_factory=dict, metadata={"explain": "request parameters, sent as given"})


SETTINGS: Mapping[str, Field] = {name: field for name, field in fields(Settings).items() if name != "params"}
"""The settings by name, without the request parameters."""


@record
class Layer:
    """Settings from one place. A parameter that is None is not sent, even if a lower layer sets it."""

    origin: str
    values: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)


def resolve_settings(layers: Iterable[Layer]) -> Settings:
    """Return the effective settings; later layers win."""
    values: dict[str, Any] = {}
    params: dict[str, Any] = {}
    for layer in layers:
        values.update(layer.values)
        params.update(layer.params)
    return Settings(**values, params={key: value for key, value in params.items() if value is not None})


def find_origin(key: str, layers: Iterable[Layer]) -> str:
    """Return the origin of the effective value of a setting or parameter."""
    origin = "default"
    for layer in layers:
        if key in layer.values or key in layer.params:
            origin = layer.origin
    return origin


def validate_setting(key: str, value: object, where: str) -> Any:
    """Return a value as the setting's own type; raises ConfigError, with `where` as its place."""
    kind = _kind(find_setting(key, where))
    if kind is float and type(value) is int and abs(value) < 1 << 62:
        value = float(value)
    if type(value) is not kind:
        raise ConfigError(where, key, problem=f"found {_quote(value)}", allowed=describe_allowed_values(key))
    problem = _problem(key, value)
    if problem is not None:
        raise ConfigError(where, key, problem=f"found {_quote(value)}{problem}", allowed=describe_allowed_values(key))
    return value


def parse_setting(key: str, text: str, where: str) -> Any:
    """Return a setting's value from text, of a person or the environment; raises ConfigError."""
    kind = _kind(find_setting(key, where))
    if kind is bool:
        return validate_setting(key, _BOOLEANS.get(text.strip().lower(), text), where)
    if kind is float:
        try:
            return validate_setting(key, float(text), where)
        except ValueError:
            return validate_setting(key, text, where)
    return validate_setting(key, text, where)


def find_setting(key: str, where: str) -> Field:
    """Return a setting's declaration; raises ConfigError with the names that are spelled like it."""
    if key in SETTINGS:
        return SETTINGS[key]
    from grokchat.suggestions import describe_close_matches

    raise ConfigError(where, key, problem="there is no such setting", allowed=describe_close_matches(key, SETTINGS))


def describe_allowed_values(key: str) -> str:
    """Describe the values that a setting may have."""
    setting = SETTINGS[key]
    kinds = {bool: "true or false", float: "a number", str: "a text"}
    return str(setting.metadata["allowed"]) or kinds[_kind(setting)]


def setting_choices(key: str) -> tuple[str, ...]:
    """Return the values of a setting that has only a few, as they are typed; else nothing."""
    return ("true", "false") if _kind(SETTINGS[key]) is bool else _CHOICES.get(key, ())


def describe_setting(key: str) -> str:
    """Return a setting's line of explanation."""
    return str(SETTINGS[key].metadata["explain"])


def is_session_setting(key: str) -> bool:
    """Say whether a session can override a setting: never where the key goes, or the command that prints it."""
    return bool(SETTINGS[key].metadata["in_session"])


def parse_parameter(text: str, where: str) -> tuple[str, Any]:
    """Return the name and value in `KEY=VALUE`; the value is JSON if it parses as JSON, else text."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise ConfigError(where, problem=f"found {_quote(text)}", allowed="KEY=VALUE")
    return validate_parameter_name(key, where), parse_json_or_text(value)


def validate_parameter_name(key: str, where: str) -> str:
    """Return a request parameter's name; raises ConfigError for a field that grokchat sets itself."""
    if key in RESERVED_FIELDS:
        raise ConfigError(where, key, problem="grokchat sends this itself", allowed=RESERVED_FIELDS[key])
    return key


def suggest_key(key: str) -> str:
    """Return the setting or parameter whose name is probably misspelled here, or nothing."""
    if key in SETTINGS or key in KNOWN_PARAMETERS:
        return ""
    from grokchat.suggestions import close_matches

    matches = close_matches(key, [*SETTINGS, *KNOWN_PARAMETERS], count=1, cutoff=0.75)
    return matches[0] if matches else ""


def parse_json_or_text(text: str) -> Any:
    """Return the JSON value in a text, or the text if it is not JSON."""
    import json

    try:
        value = json.loads(text)
        json.dumps(value, allow_nan=False)  # NaN and numbers that overflow are not JSON
    except (ValueError, RecursionError):
        return text
    return value


def is_loopback(base_url: str) -> bool:
    """Say whether a base URL is on this machine."""
    match = re.fullmatch(_BASE_URL, base_url)
    return match is not None and re.fullmatch(_LOOPBACK, match[2]) is not None


def _is_host(host: str) -> bool:
    """Say whether a host is valid: an IP address must be well formed, a name is left to the resolver."""
    if not host.startswith("[") and not re.fullmatch(r"[\d.]+", host):
        return True
    from ipaddress import ip_address

    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _kind(setting: Field) -> type[object]:
    return {"bool": bool, "float": float, "str": str}[setting.type]


def _problem(key: str, value: Any) -> str | None:
    """Return None for a valid value, else what to add to `found ...`, which may be nothing."""
    if key == "base_url":
        match = re.fullmatch(_BASE_URL, value)
        if match is None or not _is_host(match[2]) or int(match[3] or 0) > 65535:
            return ""
        if match[1] == "http" and not is_loopback(value):
            return ", which would send the key in the clear"
        return None
    if value not in _CHOICES.get(key, (value,)):
        return ""
    if key in {"connect_timeout", "timeout"} and not 0 < value < float("inf"):
        return ""
    if key in {"max_cost", "notify_after"} and not 0 <= value < float("inf"):
        return ""
    if key == "model" and not value.strip():
        return ", which names no model"
    return None


def _quote(value: object) -> str:
    import json

    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = str(value)
    return text if len(text) <= _MAX_QUOTE_CHARS else text[: _MAX_QUOTE_CHARS - 1] + "…"
