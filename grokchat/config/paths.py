"""The paths of grokchat's own files and folders.

The only module that uses platformdirs. Nothing is read from the current directory: a config file there could send the
key elsewhere.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from grokchat.environment import Environment
from grokchat.errors import UsageError
from grokchat.records import record
from grokchat.system.files import expand_path
from grokchat.system.streams import input_path

_XDG = (("XDG_CONFIG_HOME", ".config"), ("XDG_DATA_HOME", ".local/share"), ("XDG_STATE_HOME", ".local/state"))
_NOWHERE = Path(os.devnull, "grokchat")
"""The folder of paths that do not exist and cannot be made."""


@record
class AppPaths:
    """The paths of grokchat's own files and folders.

    If `problem` is set, there is no folder for them: no file can have these paths, and reading finds nothing.
    """

    config: Path
    sessions: Path
    history: Path
    key: Path
    prompts: Path
    drafts: Path
    problem: str = ""

    def require(self) -> None:
        """Raise UsageError if there is no folder for files."""
        if self.problem:
            raise UsageError(
                f"{self.problem}. Set GROKCHAT_HOME to a directory for grokchat's files, or use --no-save."
            )


def locate_paths(environment: Environment) -> AppPaths:
    """Return the paths: all in GROKCHAT_HOME if it is set, else in the platform's user folders."""
    home = environment.get("GROKCHAT_HOME")
    if home:
        root = expand_path(home)
        if not str(root).startswith("~"):
            return _app_paths(root, root, root)
        return _app_paths(
            _NOWHERE,
            _NOWHERE,
            _NOWHERE,
            f"GROKCHAT_HOME begins with {root.parts[0]}, and there is no such home directory",
        )
    config, data, state = _platform_folders(environment)
    if config.is_absolute() and data.is_absolute() and state.is_absolute():
        return _app_paths(config, data, state)
    problem = "No home directory found: HOME is not set to one, and the system knows none for this user"
    return _app_paths(_NOWHERE, _NOWHERE, _NOWHERE, problem)


def _app_paths(config: Path, data: Path, state: Path, problem: str = "") -> AppPaths:
    return AppPaths(
        config / "config.toml",
        data / "sessions",
        state / "history",
        data / "key",
        config / "prompts",
        state / "drafts",
        problem,
    )


def _platform_folders(environment: Environment) -> tuple[Path, Path, Path]:
    """Return the platform's folders for grokchat's configuration, data and state; relative ones if there are none.

    On Linux they are three variables with defaults (XDG Base Directory Specification, which has relative paths
    ignored). platformdirs knows them and those of other systems, but importing it takes a tenth of the time to the
    first prompt.
    """
    if sys.platform == "linux" and not environment.get("ANDROID_DATA"):
        home = _home_folder(environment)

        def folder(name: str, default: str) -> Path:
            path = Path(environment.variables.get(name, ""))
            return (path if path.is_absolute() else home / default) / "grokchat"

        config, data, state = _XDG
        return folder(*config), folder(*data), folder(*state)
    from platformdirs import PlatformDirs

    dirs = PlatformDirs("grokchat", appauthor=False)
    try:
        return Path(dirs.user_config_dir), Path(dirs.user_data_dir), Path(dirs.user_state_dir)
    except (OSError, RuntimeError, ValueError):  # no home directory was found
        return Path(), Path(), Path()


def _home_folder(environment: Environment) -> Path:
    """Return the home directory from HOME, else from the system's list of users; a relative path if there is none."""
    home = Path(environment.variables.get("HOME", ""))
    if sys.platform == "win32" or home.is_absolute():
        return home
    import pwd

    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        return Path()


def config_path(environment: Environment, argument: str | None) -> tuple[Path, bool]:
    """Return the config file's path, and whether the user named it, so that the file must exist."""
    named = argument or environment.get("GROKCHAT_CONFIG")
    if named:
        return input_path(named), True
    return locate_paths(environment).config, False
