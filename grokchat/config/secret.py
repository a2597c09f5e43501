"""The API key as a value that never shows itself, and the redaction of keys in text."""

from __future__ import annotations

import re

from grokchat.errors import KeyMissingError

_KEY_SHAPE = r"[!-~]+"
_LOOKS_LIKE_A_KEY = r"xai-[A-Za-z0-9_-]{10,}"
_MIN_REDACTED_CHARS = 8
"""A shorter key is no secret, and would be redacted from ordinary words."""


class Secret:
    """The key. Its repr is masked; `reveal` is for the header that needs it."""

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
        if len(self._value) >= _MIN_REDACTED_CHARS:
            text = text.replace(self._value, "[key]")
        return mask_keys(text)


def make_secret(value: str, source: str) -> Secret:
    """Return the key, or raise KeyMissingError if an HTTP header cannot carry it."""
    value = value.strip()
    if not re.fullmatch(_KEY_SHAPE, value):
        raise KeyMissingError(
            f"The API key from {source} cannot be one: it is empty or has a space, a line break or a character "
            "outside ASCII in it. Copy it again from https://console.x.ai."
        )
    return Secret(value)


def demo_secret() -> Secret:
    """Return the demo's stand-in for a key."""
    return Secret("no-key-in-the-demo")


def is_xai_key(secret: Secret) -> bool:
    """Return whether a key looks like one of xAI's; keys of other servers need not."""
    return secret.reveal().startswith("xai-")


def mask_keys(text: str) -> str:
    """Return a text without anything that looks like an xAI key."""
    return re.sub(_LOOKS_LIKE_A_KEY, "[key]", text)
