"""The stored API key: in the system keyring with the extra `grokchat[keyring]`, else in a file for its owner alone.

A keyring that fails in any way counts as missing: a server without a desktop has the package and no keyring. A key file
that others can read is used, with a warning, and its mode is fixed if possible. It is impossible on a read-only mount
and for another owner's file, which is how containers get their secrets.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grokchat.config.secret import Secret
from grokchat.errors import FileError, os_reason
from grokchat.system.files import read_file, replace_file

_SERVICE, _USER = "grokchat", "api-key"
_MAX_KEY_BYTES = 4096


def read_stored_key(path: Path, warn: Callable[[str], None]) -> str:
    """Return the stored key, or nothing; raises FileError if there is a file that cannot be read."""
    return _read_keyring() or _read_file(path, warn)


def store_key(secret: Secret, path: Path) -> str:
    """Store the key and return where; raises FileError."""
    if _write_keyring(secret):
        return "the system keyring"
    try:
        replace_file(path, f"{secret.reveal()}\n".encode("ascii"), keep_mode=False)
    except OSError as error:
        raise FileError(path, f"the key could not be stored ({os_reason(error)})") from error
    return str(path)


def delete_stored_key(path: Path) -> list[str]:
    """Delete the stored key and return the places that it was in; raises FileError if one could not be deleted."""
    places = []
    is_in_keyring = bool(_read_keyring())
    if is_in_keyring and _clear_keyring():
        places.append("the system keyring")
    try:
        path.unlink()
        places.append(str(path))
    except FileNotFoundError:
        pass
    except OSError as error:
        raise FileError(path, f"the stored key could not be removed ({os_reason(error)})") from error
    if is_in_keyring and "the system keyring" not in places:
        raise FileError("the system keyring", "the stored key could not be removed")
    return places


def _read_file(path: Path, warn: Callable[[str], None]) -> str:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise FileError(path, f"the stored key cannot be read ({os_reason(error)})") from error
    data = read_file(path, _MAX_KEY_BYTES)
    if os.name == "posix" and mode & 0o077:
        _restrict_mode(path, warn)
    return data.decode("ascii", "replace")


def _restrict_mode(path: Path, warn: Callable[[str], None]) -> None:
    try:
        path.chmod(0o600)
    except OSError as error:
        warn(f"{path}: other users can read the stored key, and this could not be changed ({os_reason(error)}).")
    else:
        warn(f"{path}: other users could read the stored key. This is fixed; if someone may have read it, replace it.")


# -- the system keyring ------------------------------------------------------------------------------------------------
#
# Its backends raise errors of their own besides KeyringError: of D-Bus, of the Windows API, of encodings.


def _keyring() -> Any:
    """Return the package, or None if it is not installed or cannot be imported."""
    try:
        import keyring
    except Exception:  # it imports its backends
        return None
    return keyring


def _read_keyring() -> str:
    if (keyring := _keyring()) is None:
        return ""
    try:
        return str(keyring.get_password(_SERVICE, _USER) or "")
    except Exception:
        return ""


def _write_keyring(secret: Secret) -> bool:
    if (keyring := _keyring()) is None:
        return False
    try:
        keyring.set_password(_SERVICE, _USER, secret.reveal())
    except Exception:
        return False
    return True


def _clear_keyring() -> bool:
    if (keyring := _keyring()) is None:
        return False
    try:
        keyring.delete_password(_SERVICE, _USER)
    except Exception:
        return False
    return True
