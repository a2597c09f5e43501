"""The config file and the environment as layers of settings.

The only module that reads TOML files. Errors name the file, the key and the allowed values, and are quick
even for a file that was made to be slow to parse.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from grokchat.config.paths import config_path
from grokchat.config.search_options import SEARCH_OPTIONS, merge_options
from grokchat.config.settings import SETTINGS, Layer
from grokchat.environment import Environment
from grokchat.errors import ConfigError, FileError, UnknownKeyError, os_reason
from grokchat.records import replace
from grokchat.sequences import shorten
from grokchat.system.files import replace_file
from grokchat.system.streams import is_stream, noticing_long_waits, read_input

_TABLES = ("params", "profiles", "search_options", "styles")
_MAX_CONFIG_BYTES = 1_000_000
"""Parsing takes about a second at most."""
_TOO_MANY_DOTS = r"(?:[\w-]{1,40}[ \t]{0,9}\.[ \t]{0,9}){100}"
"""The parser takes quadratic time for a key of thousands of parts."""
_MAX_DEPTH = 50
_MAX_INTEGER = 1 << 1024
"""Most JSON readers refuse larger numbers."""
_MAX_KEY_CHARS = 80
"""Characters of a key that an error shows."""
_MAX_LISTED_PROFILES = 20
_ENVIRONMENT_SETTINGS = {"GROKCHAT_MODEL": "model", "GROKCHAT_BASE_URL": "base_url"}


def load_layers(environment: Environment, *, config: str | None, profile: str | None) -> list[Layer]:
    """Return the layers below the command line: config file, chosen profile, environment."""
    path, is_named = config_path(environment, config)
    what, may_wait = f"reading the config from {str(path)!r}; Ctrl-C stops", is_named and is_stream(path)
    with noticing_long_waits(environment, what, may_wait=may_wait):
        table = _parse(_read_text(path, must_exist=is_named), str(path))
    layers = [_layer(table, str(path))] if table else []
    profile = profile or environment.get("GROKCHAT_PROFILE")
    if profile:
        layers.append(_profile_layer(table, profile, path))
        _check_search_dates(layers, str(path), profile)
    named = {name: key for name, key in _ENVIRONMENT_SETTINGS.items() if environment.get(name)}
    if named:
        from grokchat.config.validation import parse_setting

        values = {key: parse_setting(key, environment.get(name), name) for name, key in named.items()}
        layers.append(Layer("environment", values))
    return layers


def save_setting(environment: Environment, argument: str | None, table: str, key: str, value: Any) -> Path:
    """Set one value in the config file and return the file's path; nothing else in it changes.

    Raises ConfigError and FileError, also if the file is not valid before or after the change: then nothing is
    written. Takes up to a second for the largest file, and may be called from any thread.
    """
    from grokchat.config.edit import set_value

    path, _ = config_path(environment, argument)
    if is_stream(path):
        raise FileError(path, "it is not a regular file")
    text = _read_text(path, must_exist=False)
    _parse(text, str(path))
    changed = set_value(text, table, key, value)
    _layer(_parse(changed, str(path)), str(path))
    try:
        replace_file(path, changed.encode("utf-8"))
    except OSError as error:
        raise FileError(path, f"it cannot be written ({os_reason(error)})") from error
    return path


def _read_text(path: Path, *, must_exist: bool) -> str:
    """Return the config file's text, a byte order mark included; "" if there is no file."""
    try:
        data = read_input(path, _MAX_CONFIG_BYTES + 1)
    except FileError as error:
        if isinstance(error.__cause__, FileNotFoundError | NotADirectoryError) and not must_exist:
            return ""
        reason = error.reason.removeprefix("it cannot be read (").removesuffix(")")
        raise ConfigError(str(path), problem=f"cannot be read ({reason})") from error
    if len(data) > _MAX_CONFIG_BYTES:
        raise ConfigError(
            str(path), problem=f"is larger than {_MAX_CONFIG_BYTES // 1_000_000} MB, too large for a config file"
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), problem=f"is not UTF-8 text (byte {error.start})") from error


def _parse(text: str, where: str) -> Mapping[str, Any]:
    """Return the table of a config file's text, or raise ConfigError."""
    text = text.removeprefix("\ufeff")
    if not text:
        return {}
    dots = re.search(_TOO_MANY_DOTS, text)
    if dots is not None:
        line = text.count("\n", 0, dots.start()) + 1
        raise ConfigError(where, problem=f"is nested too deeply (line {line})")
    import tomllib

    try:
        table = tomllib.loads(text.replace("\r\n", "\n").replace("\r", "\n"))
    except RecursionError as error:
        raise ConfigError(where, problem="is nested too deeply") from error
    except ValueError as error:  # a TOMLDecodeError, or a number of thousands of digits
        raise ConfigError(where, problem=f"is not TOML: {_shorten(str(error))}") from error
    _check_limits(table, where)
    return table


def _check_limits(table: Mapping[str, Any], where: str) -> None:
    """Refuse deep nesting and huge numbers. Without recursion, which deep nesting would exhaust."""
    level: list[tuple[str, object]] = [("", table)]
    for _ in range(_MAX_DEPTH):
        inside: list[tuple[str, object]] = []
        for key, value in level:
            if isinstance(value, dict):
                inside += [(f"{key}.{name}" if key else name, inner) for name, inner in value.items()]
            elif isinstance(value, list):
                inside += [(key, inner) for inner in value]
            elif isinstance(value, int) and abs(value) >= _MAX_INTEGER:
                raise ConfigError(where, _shorten(key), problem="has a number that is too large")
        level = inside
        if not level:
            return
    raise ConfigError(where, _shorten(level[0][0]), problem="is nested too deeply")


def _shorten(text: str) -> str:
    return shorten(text, _MAX_KEY_CHARS)


def _layer(table: Mapping[str, Any], where: str, prefix: str = "") -> Layer:
    from grokchat.config.validation import quote_value, validate_parameter_name, validate_setting

    values = {}
    styles: Mapping[str, str] = {}
    search_options: Mapping[str, Any] = {}
    for key, value in table.items():
        if key == "params" or (key == "profiles" and not prefix):
            if not isinstance(value, dict):
                raise ConfigError(
                    where, prefix + key, problem=f"must be a table ([{prefix}{key}]), not {quote_value(value)}"
                )
            continue
        if key == "styles":
            from grokchat.config.styles import validate_styles

            styles = validate_styles(value, where, prefix)
            continue
        if key == "search_options":
            from grokchat.config.search_values import validate_search_options

            search_options = validate_search_options(value, where, prefix)
            continue
        if key not in SETTINGS:
            raise _unknown_key(where, prefix, key)
        try:
            values[key] = validate_setting(key, value, where)
        except ConfigError as error:
            raise ConfigError(where, prefix + key, problem=error.problem, advice=error.advice) from error
    params = {validate_parameter_name(key, where): value for key, value in table.get("params", {}).items()}
    _check_json(params, where, prefix + "params.")
    if not prefix:
        for name, inner in table.get("profiles", {}).items():
            if not isinstance(inner, dict):
                named = f"profiles.{_shorten(name)}"
                raise ConfigError(where, named, problem=f"must be a table ([{named}]), not {quote_value(inner)}")
            # A mistake is reported in any profile, not only in the chosen one.
            _layer(inner, where, f"profiles.{_shorten(name)}.")
    return Layer(where, values, params, styles, search_options)


def _profile_layer(table: Mapping[str, Any], name: str, path: Path) -> Layer:
    profiles = table.get("profiles", {})
    if name not in profiles:
        more = ", ..." if len(profiles) > _MAX_LISTED_PROFILES else ""
        names = ", ".join(map(_shorten, islice(profiles, _MAX_LISTED_PROFILES))) + more
        advice = f"The profiles are {names}." if names else "The file has no [profiles.NAME] tables."
        raise UnknownKeyError(str(path), _shorten(name), advice, what="profile")
    return replace(_layer(profiles[name], str(path), f"profiles.{name}."), origin=f"profile {name}")


def _check_search_dates(layers: list[Layer], where: str, profile: str) -> None:
    """Refuse days of a profile and of the file around it that leave nothing to search."""
    if not any(layer.search_options for layer in layers):
        return
    from grokchat.config.search_values import find_date_problem

    if problem := find_date_problem(merge_options(layer.search_options for layer in layers)):
        raise ConfigError(where, f"profiles.{_shorten(profile)}: search_options.from_date", problem=problem)


def _unknown_key(where: str, prefix: str, key: str) -> ConfigError:
    """Return the error for an unknown key: what was probably meant, by its meaning or by its spelling."""
    from grokchat.config.foreign_names import ANSWERS, PARAMETER_NAMES, SETTING_NAMES, normalize
    from grokchat.config.parameters import find_parameter
    from grokchat.suggestions import close_matches

    name, parameter = normalize(key), find_parameter(key)
    similar = [SETTING_NAMES[name]] if name in SETTING_NAMES else close_matches(key, [*SETTINGS, *_TABLES], count=1)
    if name in ANSWERS:
        advice = ANSWERS[name]
    elif name in SEARCH_OPTIONS:
        advice = f"Options of the search tools go under [{prefix}search_options]."
    elif parameter and (parameter == key or name in PARAMETER_NAMES or not set(similar) & set(SETTINGS)):
        question = "" if parameter == key else f"did you mean {parameter}? "
        advice = f"{question}Request parameters go under [{prefix}params]."
    elif similar:
        advice = f"did you mean {similar[0]}?"
    else:
        tables = (f"[{table}]" for table in _TABLES if not prefix or table != "profiles")
        advice = f"The keys are {', '.join((*SETTINGS, *tables))}."
    return UnknownKeyError(where, prefix + _shorten(key), advice)


def _check_json(value: object, where: str, key: str) -> None:
    """Refuse values that TOML has and JSON does not: dates, infinities, NaN."""
    if isinstance(value, dict):
        for name, inner in value.items():
            _check_json(inner, where, f"{key}{name}" if key.endswith(".") else f"{key}.{name}")
    elif isinstance(value, list):
        for inner in value:
            _check_json(inner, where, key)
    elif isinstance(value, float):
        if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 - NaN
            raise ConfigError(where, _shorten(key), problem=f"must be a value that JSON has, not {value}")
    elif not isinstance(value, str | int | bool):
        raise ConfigError(where, _shorten(key), problem=f"must be a value that JSON has, not {value}")
