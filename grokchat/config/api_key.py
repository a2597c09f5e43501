"""The API key: where it comes from, where it is kept, and a box that does not show it.

Order: XAI_API_KEY, the config's `api_key_command`, the stored one (the system keyring with the extra
`grokchat[keyring]`, else a file that only its owner can read).
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from grokchat.environment import Environment
from grokchat.errors import FileError, KeyMissingError, os_reason
from grokchat.system.files import make_private_folder, read_file

_SERVICE = "grokchat"
_KEY_SHAPE = r"[!-~]+"
_LOOKS_LIKE_A_KEY = r"xai-[A-Za-z0-9_-]{10,}"

_SHORTEST = 8
"""Characters. What is shorter protects nothing, and would be struck out of ordinary words."""

NO_KEY = (
    "No API key. Make one at https://console.x.ai and set XAI_API_KEY to it, or store it with --login, or name a "
    "command that prints it as api_key_command in the config file. --demo needs no key."
)


class Secret:
    """The key. It is shown by nothing; `reveal` gives it to the one header that needs it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "Secret(***)"

    def reveal(self) -> str:
        """Return the key itself."""
        return self._value

    def redact(self, text: str) -> str:
        """Return the text without the key, and without anything that looks like one."""
        if len(self._value) >= _SHORTEST:
            text = text.replace(self._value, "[key]")
        return masked(text)


def make_secret(value: str, where: str) -> Secret:
    """Return the key, or raise KeyMissingError if it holds what no header can carry."""
    value = value.strip()
    if not re.fullmatch(_KEY_SHAPE, value):
        raise KeyMissingError(
            f"The API key from {where} cannot be one: it is empty or has a space, a line break or a character "
            "outside ASCII in it. Copy it again from https://console.x.ai."
        )
    return Secret(value)


def is_likely(secret: Secret) -> bool:
    """Say whether a key looks like one of xAI's; those of other servers need not."""
    return secret.reveal().startswith("xai-")


def demo_secret() -> Secret:
    """Return what the demo has for a key."""
    return Secret("no-key-in-the-demo")


def masked(text: str) -> str:
    """Return a text without anything that looks like a key of xAI."""
    return re.sub(_LOOKS_LIKE_A_KEY, "[key]", text)


def find(
    environment: Environment, command: str, stored_at: Path, tell: Callable[[str], None] = lambda _: None
) -> Secret | None:
    """Return the key from the first place that has one; `tell` hears of a key file that others could read."""
    if environment.get("XAI_API_KEY").strip():
        return make_secret(environment.get("XAI_API_KEY"), "XAI_API_KEY")
    if command:
        return make_secret(_run(command, environment), "api_key_command")
    stored = _from_keyring() or _from_file(stored_at, tell)
    return make_secret(stored, str(stored_at)) if stored else None


def store(secret: Secret, path: Path) -> str:
    """Keep the key and say where."""
    keyring = _keyring()
    if keyring is not None:
        with suppress(keyring.errors.KeyringError):
            keyring.set_password(_SERVICE, "api-key", secret.reveal())
            return "the system keyring"
    temporary = path.with_suffix(f".{os.getpid()}")
    try:
        make_private_folder(path.parent)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secret.reveal() + "\n")
        temporary.replace(path)
    except OSError as error:
        raise FileError(path, f"the key could not be stored ({os_reason(error)})") from error
    return str(path)


def forget(path: Path) -> list[str]:
    """Forget the stored key; return where there was one."""
    places = []
    keyring = _keyring()
    if keyring is not None and _from_keyring():
        with suppress(keyring.errors.KeyringError):
            keyring.delete_password(_SERVICE, "api-key")
            places.append("the system keyring")
    try:
        path.unlink()
        places.append(str(path))
    except FileNotFoundError:
        pass
    except OSError as error:
        raise FileError(path, f"the stored key could not be removed ({os_reason(error)})") from error
    return places


def _run(command: str, environment: Environment) -> str:
    import subprocess

    try:
        done = subprocess.run(  # noqa: S602 - the user's own config says what to run
            command,
            shell=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=dict(environment.variables),
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError) as error:
        raise KeyMissingError(f"api_key_command could not be run: {error}. Mend it in the config file.") from error
    if done.returncode:
        said = masked(done.stderr.strip())[:200]
        raise KeyMissingError(
            f"api_key_command ended with {done.returncode}"
            + (f": {said}" if said else "")
            + ". Mend it in the config file."
        )
    return done.stdout


def _from_file(path: Path, tell: Callable[[str], None]) -> str:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise FileError(path, f"the stored key cannot be read ({os_reason(error)})") from error
    data = read_file(path)
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        path.chmod(0o600)
        tell(f"{path}: others could read the stored key. Only you can now; if somebody may have, make a new key.")
    return data[:4096].decode("ascii", "replace")


def _from_keyring() -> str:
    keyring = _keyring()
    if keyring is None:
        return ""
    try:
        return str(keyring.get_password(_SERVICE, "api-key") or "")
    except keyring.errors.KeyringError:
        return ""  # no keyring is running here; the file is next


def _keyring() -> Any:
    try:
        import keyring
    except ImportError:
        return None
    return keyring


class KeySource:
    """The key, looked for when it is needed: asking a password manager takes its time."""

    def __init__(
        self,
        environment: Environment,
        command: str,
        stored_at: Path,
        *,
        demo: bool,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._environment = environment
        self._tell = tell
        self._command = command
        self.stored_at = stored_at
        self._secret = demo_secret() if demo else None

    def known(self) -> bool:
        """Say whether there is a key, or a command that will print one."""
        if self._secret is None and not (self._command and not self._environment.get("XAI_API_KEY")):
            self._secret = self._keep(find(self._environment, "", self.stored_at, self._tell))
        return self._secret is not None or bool(self._command)

    def require(self) -> None:
        """Raise KeyMissingError if there is none."""
        if not self.known():
            raise KeyMissingError(NO_KEY)

    def learn(self, secret: Secret) -> None:
        """Use this one."""
        self._secret = self._keep(secret)

    def get(self) -> Secret:
        """Return the key; raises KeyMissingError."""
        if self._secret is None:
            self._secret = self._keep(find(self._environment, self._command, self.stored_at, self._tell))
        if self._secret is None:
            raise KeyMissingError(NO_KEY)
        return self._secret

    def _keep(self, secret: Secret | None) -> Secret | None:
        """Have the key struck out of whatever the program may have to say of a mishap."""
        if secret is not None:
            self._environment.secrets.append(secret.redact)
        return secret
