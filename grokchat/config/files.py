"""Files and environment to layers of settings, and where grokchat's own files are.

The only module that knows platformdirs and TOML. Nothing is read from the current directory: a config file there
could send the key elsewhere. The file is the user's own, and an error names what is wrong in it all the same, in short
time, whatever it holds.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from grokchat.config.settings import SETTINGS, Layer, parse_setting, validate_parameter_name, validate_setting
from grokchat.environment import Environment
from grokchat.errors import ConfigError, FileError, os_reason
from grokchat.records import record
from grokchat.system.files import expand_path, read_file, replace_file

_TABLES = ("params", "profiles")
_LARGEST = 1_000_000
"""Bytes: about a second of reading."""
_DOTTED = r"(?:[\w-]{1,40}[ \t]{0,9}\.[ \t]{0,9}){100}"
"""A key of thousands of parts, which takes the parser quadratic time."""
_DEEPEST = 50
_LARGEST_NUMBER = 1 << 1024
"""What is larger is no number to most readers of JSON."""
_LONGEST_KEY = 80
_LISTED = 20
"""Profiles that an error lists."""


@record
class AppPaths:
    """Where grokchat's files are."""

    config: Path
    sessions: Path
    history: Path
    key: Path
    prompts: Path


def locate_paths(environment: Environment) -> AppPaths:
    """Return the places: all in GROKCHAT_HOME if it is set, else where the platform keeps such files."""
    home = environment.get("GROKCHAT_HOME")
    if home:
        root = expand_path(home)
        return AppPaths(root / "config.toml", root / "sessions", root / "history", root / "key", root / "prompts")
    config, data, state = _homes(environment)
    return AppPaths(config / "config.toml", data / "sessions", state / "history", data / "key", config / "prompts")


_XDG = (("XDG_CONFIG_HOME", ".config"), ("XDG_DATA_HOME", ".local/share"), ("XDG_STATE_HOME", ".local/state"))


def _homes(environment: Environment) -> Sequence[Path]:
    """Return the platform's folders for grokchat's configuration, data and state.

    On Linux they are three variables with defaults (XDG Base Directory Specification). platformdirs knows them as well
    as what is usual elsewhere, but takes a tenth of the time that the first prompt needs.
    """
    if sys.platform == "linux" and not environment.get("ANDROID_DATA"):
        found = [
            Path(environment.get(name) or Path(environment.get("HOME"), usual), "grokchat") for name, usual in _XDG
        ]
        if all(path.is_absolute() for path in found):
            return found
    from platformdirs import PlatformDirs

    dirs = PlatformDirs("grokchat", appauthor=False)
    return [Path(folder) for folder in (dirs.user_config_dir, dirs.user_data_dir, dirs.user_state_dir)]


def config_path(environment: Environment, argument: str | None) -> tuple[Path, bool]:
    """Return the config file and whether the user named it, so that it must be there."""
    named = argument or environment.get("GROKCHAT_CONFIG")
    if named:
        return expand_path(named), True
    return locate_paths(environment).config, False


def load_layers(environment: Environment, *, config: str | None, profile: str | None) -> list[Layer]:
    """Return the layers below the command line: config file, chosen profile, environment."""
    path, is_named = config_path(environment, config)
    table = _read(path, must_exist=is_named)
    found = [_layer(table, str(path))] if table else []
    profile = profile or environment.get("GROKCHAT_PROFILE")
    if profile:
        found.append(_profile(table, profile, path))
    values = {}
    for name, key in (("GROKCHAT_MODEL", "model"), ("GROKCHAT_BASE_URL", "base_url")):
        if environment.get(name):
            values[key] = parse_setting(key, environment.get(name), name)
    if values:
        found.append(Layer("environment", values))
    return found


def save_setting(environment: Environment, argument: str | None, table: str, key: str, value: Any) -> Path:
    """Put one value into the config file, whose comments stay; return the file's path."""
    from grokchat.config.edit import with_value

    path, _ = config_path(environment, argument)
    _read(path, must_exist=False)  # a file that is not right is not changed
    if path.exists() and not path.is_file():  # the one that holds nothing for ever
        raise FileError(path, "it is not a regular file")
    try:
        text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
        changed = with_value(text, table, key, value)
        replace_file(path, changed.encode("utf-8"))
    except OSError as error:
        raise FileError(path, f"it cannot be written ({os_reason(error)})") from error
    return path


def _read(path: Path, *, must_exist: bool) -> Mapping[str, Any]:
    if str(path) == os.devnull:
        return {}
    try:
        data = read_file(path, _LARGEST + 1)
    except FileError as error:
        if isinstance(error.__cause__, FileNotFoundError | NotADirectoryError) and not must_exist:
            return {}
        why = error.reason.removeprefix("it cannot be read (").removesuffix(")")
        raise ConfigError(str(path), found=f"cannot be read ({why})") from error
    if len(data) > _LARGEST:
        raise ConfigError(str(path), found=f"it is larger than {_LARGEST // 1_000_000} MB, and no config file is")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), found=f"is not UTF-8 text (byte {error.start})") from error
    long = re.search(_DOTTED, text)
    if long is not None:
        line = text.count("\n", 0, long.start()) + 1
        raise ConfigError(str(path), found=f"is not TOML for grokchat: line {line} is nested too deeply")
    import tomllib

    try:
        table = tomllib.loads(text.replace("\r\n", "\n").replace("\r", "\n"))
    except RecursionError as error:
        raise ConfigError(str(path), found="is not TOML for grokchat: it is nested too deeply") from error
    except ValueError as error:  # a TOMLDecodeError, or a number of thousands of digits
        raise ConfigError(str(path), found=f"is not TOML: {_short(str(error))}") from error
    _check(table, str(path))
    return table


def _check(table: Mapping[str, Any], where: str) -> None:
    """Refuse what nothing could be made of, without recursion: deep nesting, endless numbers."""
    level: list[tuple[str, object]] = [("", table)]
    for _ in range(_DEEPEST):
        inside: list[tuple[str, object]] = []
        for key, value in level:
            if isinstance(value, dict):
                inside += [(f"{key}.{name}" if key else name, inner) for name, inner in value.items()]
            elif isinstance(value, list):
                inside += [(key, inner) for inner in value]
            elif isinstance(value, int) and abs(value) >= _LARGEST_NUMBER:
                raise ConfigError(where, _short(key), found="found a number that is too large")
        level = inside
        if not level:
            return
    raise ConfigError(where, _short(level[0][0]), found="it is nested too deeply")


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_KEY else text[: _LONGEST_KEY - 1] + "…"


def _layer(table: Mapping[str, Any], where: str, prefix: str = "") -> Layer:
    values = {}
    for key, value in table.items():
        if key == "params" or (key == "profiles" and not prefix):
            if not isinstance(value, dict):
                raise ConfigError(where, prefix + key, found="found no table", allowed=f"[{prefix}{key}]")
            continue
        if key not in SETTINGS:
            raise _unknown(where, prefix, key)
        try:
            values[key] = validate_setting(key, value, where)
        except ConfigError as error:
            raise ConfigError(where, prefix + key, found=error.found, allowed=error.allowed) from error
    params = {validate_parameter_name(key, where): value for key, value in table.get("params", {}).items()}
    _check_json(params, where, prefix + "params.")
    if not prefix:
        for name, inner in table.get("profiles", {}).items():
            if not isinstance(inner, dict):
                named = f"profiles.{_short(name)}"
                raise ConfigError(where, named, found="found no table", allowed=f"[{named}]")
            # A typo in any profile is told, not only in the chosen one.
            _layer(inner, where, f"profiles.{_short(name)}.")
    return Layer(where, values, params)


def _profile(table: Mapping[str, Any], name: str, path: Path) -> Layer:
    profiles = table.get("profiles", {})
    if name not in profiles:
        names = ", ".join(map(_short, islice(profiles, _LISTED))) + (", ..." if len(profiles) > _LISTED else "")
        names = names or "none, there are no [profiles.NAME] tables"
        raise ConfigError(str(path), f"profiles.{_short(name)}", found="there is no such profile", allowed=names)
    inner = _layer(profiles[name], str(path), f"profiles.{name}.")
    return Layer(f"profile {name}", inner.values, inner.params)


def _unknown(where: str, prefix: str, key: str) -> ConfigError:
    from difflib import get_close_matches

    names = [*SETTINGS, *_TABLES]
    near = get_close_matches(key[:_LONGEST_KEY], names, n=2)
    listed = f"the nearest are {', '.join(near)}" if near else ", ".join(names)
    return ConfigError(where, prefix + _short(key), found="there is no such key", allowed=listed)


def _check_json(value: object, where: str, key: str) -> None:
    """Refuse what TOML has and JSON has not: dates, infinities."""
    if isinstance(value, dict):
        for name, inner in value.items():
            _check_json(inner, where, f"{key}{name}" if key.endswith(".") else f"{key}.{name}")
    elif isinstance(value, list):
        for inner in value:
            _check_json(inner, where, key)
    elif isinstance(value, float):
        if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 - NaN
            raise ConfigError(where, _short(key), found=f"found {value}", allowed="what JSON can say")
    elif not isinstance(value, str | int | bool):
        raise ConfigError(where, _short(key), found=f"found {value}", allowed="what JSON can say")
