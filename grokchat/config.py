"""Files and environment to layers of settings, and where grokchat's own files are.

The only module that knows platformdirs and TOML. Nothing is read from the current directory: a config file there
could send the key elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grokchat.errors import ConfigError, FileError, os_reason
from grokchat.settings import FIELDS, Layer, check_parameter, checked, from_text
from grokchat.storage import path_of, replace_file
from grokchat.world import World

_TABLES = ("params", "profiles")


@dataclass(frozen=True, slots=True)
class Places:
    """Where grokchat's files are."""

    config: Path
    sessions: Path
    history: Path
    key: Path


def places(world: World) -> Places:
    """Return the places: all in GROKCHAT_HOME if it is set, else where the platform keeps such files."""
    home = world.get("GROKCHAT_HOME")
    if home:
        root = path_of(home)
        return Places(root / "config.toml", root / "sessions", root / "history", root / "key")
    from platformdirs import PlatformDirs

    dirs = PlatformDirs("grokchat", appauthor=False)
    return Places(
        Path(dirs.user_config_dir) / "config.toml",
        Path(dirs.user_data_dir) / "sessions",
        Path(dirs.user_state_dir) / "history",
        Path(dirs.user_data_dir) / "key",
    )


def config_path(world: World, argument: str | None) -> tuple[Path, bool]:
    """Return the config file and whether the user named it, so that it must be there."""
    named = argument or world.get("GROKCHAT_CONFIG")
    if named:
        return path_of(named), True
    return places(world).config, False


def layers(world: World, *, config: str | None, profile: str | None) -> list[Layer]:
    """Return the layers below the command line: config file, chosen profile, environment."""
    path, is_named = config_path(world, config)
    table = _read(path, must_exist=is_named)
    found = [_layer(table, str(path))] if table else []
    profile = profile or world.get("GROKCHAT_PROFILE")
    if profile:
        found.append(_profile(table, profile, path))
    values = {}
    for name, key in (("GROKCHAT_MODEL", "model"), ("GROKCHAT_BASE_URL", "base_url")):
        if world.get(name):
            values[key] = from_text(key, world.get(name), name)
    if values:
        found.append(Layer("environment", values))
    return found


def keep(world: World, argument: str | None, table: str, key: str, value: Any) -> Path:
    """Put one value into the config file, whose comments stay; return the file's path."""
    from grokchat.config_edit import with_value

    path, _ = config_path(world, argument)
    _read(path, must_exist=False)  # a file that is not right is not changed
    try:
        text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
        changed = with_value(text, table, key, value)
        replace_file(path, changed.encode("utf-8"))
    except OSError as error:
        raise FileError(path, f"it cannot be written ({os_reason(error)})") from error
    return path


def _read(path: Path, *, must_exist: bool) -> Mapping[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError) as error:
        if not must_exist:
            return {}
        raise ConfigError(str(path), found=f"cannot be read ({os_reason(error)})") from error
    except OSError as error:
        raise ConfigError(str(path), found=f"cannot be read ({os_reason(error)})") from error
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), found=f"is not UTF-8 text (byte {error.start})") from error
    import tomllib

    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(str(path), found=f"is not TOML: {error}") from error


def _layer(table: Mapping[str, Any], where: str, prefix: str = "") -> Layer:
    values = {}
    for key, value in table.items():
        if key == "params" or (key == "profiles" and not prefix):
            if not isinstance(value, dict):
                raise ConfigError(where, prefix + key, found="found no table", allowed=f"[{prefix}{key}]")
            continue
        if key not in FIELDS:
            raise _unknown(where, prefix, key)
        try:
            values[key] = checked(key, value, where)
        except ConfigError as error:
            raise ConfigError(where, prefix + key, found=error.found, allowed=error.allowed) from error
    params = {check_parameter(key, where): value for key, value in table.get("params", {}).items()}
    _check_json(params, where, prefix + "params.")
    if not prefix:
        for name, inner in table.get("profiles", {}).items():
            if not isinstance(inner, dict):
                raise ConfigError(where, f"profiles.{name}", found="found no table", allowed=f"[profiles.{name}]")
            _layer(inner, where, f"profiles.{name}.")  # a typo in any profile is told, not only in the chosen one
    return Layer(where, values, params)


def _profile(table: Mapping[str, Any], name: str, path: Path) -> Layer:
    profiles = table.get("profiles", {})
    if name not in profiles:
        names = ", ".join(profiles) or "none, there are no [profiles.NAME] tables"
        raise ConfigError(str(path), f"profiles.{name}", found="there is no such profile", allowed=names)
    inner = _layer(profiles[name], str(path), f"profiles.{name}.")
    return Layer(f"profile {name}", inner.values, inner.params)


def _unknown(where: str, prefix: str, key: str) -> ConfigError:
    from difflib import get_close_matches

    names = [*FIELDS, *_TABLES]
    near = get_close_matches(key, names, n=2)
    listed = f"the nearest are {', '.join(near)}" if near else ", ".join(names)
    return ConfigError(where, prefix + key, found="there is no such key", allowed=listed)


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
            raise ConfigError(where, key, found=f"found {value}", allowed="what JSON can say")
    elif not isinstance(value, str | int | bool):
        raise ConfigError(where, key, found=f"found {value}", allowed="what JSON can say")
