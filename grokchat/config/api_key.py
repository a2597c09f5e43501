"""The source of the API key: XAI_API_KEY, else the config's `api_key_command`, else the stored key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from grokchat.config.secret import Secret, demo_secret, make_secret
from grokchat.environment import Environment
from grokchat.errors import KeyMissingError

NO_KEY = (
    "No API key found. Create one at https://console.x.ai, then set XAI_API_KEY, store it with --login (in the chat "
    "/login), or set api_key_command in the config file. --demo needs no key."
)


class KeySource:
    """Finds the key when it is first needed. `path` is the file of a stored key; `warn` gets warnings about it."""

    def __init__(
        self,
        environment: Environment,
        command: str,
        path: Path,
        *,
        demo: bool = False,
        warn: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.path = path
        self._environment = environment
        self._has_variable = bool(environment.get("XAI_API_KEY").strip())
        self._command = "" if self._has_variable else command
        self._warn = warn
        self._secret = demo_secret() if demo else None

    def is_available(self) -> bool:
        """Whether there is a key, or a command that should print one; raises FileError and KeyMissingError."""
        if self._secret is None and not self._command:
            self._find()
        return self._secret is not None or bool(self._command)

    @property
    def stronger_source(self) -> str:
        """What the key comes from even if one is stored: `XAI_API_KEY`, `api_key_command`, or nothing."""
        return "XAI_API_KEY" if self._has_variable else "api_key_command" if self._command else ""

    def use_stored(self, secret: Secret) -> None:
        """Use a key that has just been stored, unless a stronger source has one."""
        self.redact(secret.reveal())
        if not self.stronger_source:
            self._secret = secret

    def forget_stored(self) -> None:
        """Use the stored key no more: it has been deleted."""
        if not self.stronger_source:
            self._secret = None

    def require(self) -> None:
        """Raise KeyMissingError if there is no key."""
        if not self.is_available():
            raise KeyMissingError(NO_KEY)

    def use(self, secret: Secret) -> None:
        """Use this key from now on; it is redacted from what is shown."""
        self.redact(secret.reveal())
        self._secret = secret

    def redact(self, value: str) -> None:
        """Have a key redacted from what is shown, also one that turns out to be malformed."""
        self._environment.redactors.append(Secret(value).redact)

    async def load(self) -> Secret:
        """Return the key, running the command if there is one; raises FileError and KeyMissingError."""
        if self._secret is None and self._command:
            from grokchat.config.key_command import read_key_from_command

            printed = await read_key_from_command(self._command, self._environment)
            self._use_text(printed, "api_key_command")
        self.require()
        assert self._secret is not None
        return self._secret

    def _find(self) -> None:
        if self._has_variable:
            self._use_text(self._environment.get("XAI_API_KEY"), "XAI_API_KEY")
            return
        from grokchat.config.key_store import read_stored_key

        if stored := read_stored_key(self.path, self._warn):
            self._use_text(stored, str(self.path))

    def _use_text(self, value: str, source: str) -> None:
        self.redact(value)
        self.use(make_secret(value, source))
