"""The paths of grokchat's own files and folders.

The only module that uses platformdirs. Nothing is read from the current directory: a config file there could send the
key elsewhere.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from grokchat.environment import Environment
from grokchat.records import record
from grokchat.system.files import expand_path

_XDG = (("XDG_CONFIG_HOME", ".config"), ("XDG_DATA_HOME", ".local/share"), ("XDG_STATE_HOME", ".local/state"))


@record
class AppPaths:
    """The paths of grokchat's own files and folders."""

    config: Path
    sessions: Path
    history: Path
    key: Path
    prompts: Path


def locate_paths(environment: Environment) -> AppPaths:
    """Return the paths: all in GROKCHAT_HOME if it is set, else in the platform's user folders."""
    home = environment.get("GROKCHAT_HOME")
    if home:
        root = expand_path(home)
        return AppPaths(root / "config.toml", root / "sessions", root / "history", root / "key", root / "prompts")
    config, data, state = _platform_folders(environment)
    return AppPaths(config / "config.toml", data / "sessions", state / "history", data / "key", config / "prompts")


def _platform_folders(environment: Environment) -> Sequence[Path]:
    """Return the platform's folders for grokchat's configuration, data and state.

    On Linux they are three variables with defaults (XDG Base Directory Specification). platformdirs knows them and
    those of other systems, but importing it takes a tenth of the time to the first prompt.
    """
    if sys.platform == "linux" and not environment.get("ANDROID_DATA"):
        folders = [
            Path(environment.get(name) or Path(environment.get("HOME"), default), "grokchat") for name, default in _XDG
        ]
        if all(path.is_absolute() for path in folders):
            return folders
    from platformdirs import PlatformDirs

    dirs = PlatformDirs("grokchat", appauthor=False)
    return [Path(folder) for folder in (dirs.user_config_dir, dirs.user_data_dir, dirs.user_state_dir)]


def config_path(environment: Environment, argument: str | None) -> tuple[Path, bool]:
    """Return the config file's path, and whether the user named it, so that the file must exist."""
    named = argument or environment.get("GROKCHAT_CONFIG")
    if named:
        return expand_path(named), True
    return locate_paths(environment).config, False
