"""The API key as a value that never shows itself."""

from __future__ import annotations

import re

from grokchat.errors import KeyMissingError

_MAX_KEY_CHARS = 8192
"""Servers accept no longer header; a longer text is a file that was given by mistake."""
_PLAIN_KEY = re.compile(f"(?!.*xai_api_key)[a-z0-9_-]{{1,{_MAX_KEY_CHARS}}}", re.IGNORECASE)
"""What has none of the faults below, whose patterns take a millisecond to compile."""
_QUOTES = "\"'`\u2018-\u201f\u2039\u203a\xab\xbb"
_FAULTS = (
    ("", "it is empty"),
    (f".{{{_MAX_KEY_CHARS + 1},}}", f"it has more than {_MAX_KEY_CHARS:,} characters"),
    (r"(?i)(?:(?:export|set|setx)\s+\w+|\$?[\w:]*(?:key|token))\s*=\s*[^=\s].*", "it begins with a name and ="),
    (r"(?i).*XAI_API_KEY.*", "it is the name of a variable or a placeholder"),
    (r"\$.*|%\w+%|<.*|\[.*|\{.*", "it is a variable or a placeholder"),
    (r"(?i)(?:authorization\s*:\s*)?bearer\s.*", 'it begins with "Bearer"'),
    (f"[{_QUOTES}].*", "it is in quotes (a file for `docker run --env-file` must have none)"),
    (f".*[{_QUOTES}].*", "it has a quotation mark in it"),
    (r".*[\n\r].*", "it has a line break in it"),
    (r".*\s.*", "it has a space in it"),
    (r".*(?:\.\.\.|\u2026|\*\*\*).*", "it is shortened, as keys are shown in lists"),
    (r".*[^\0-\x7f].*", "it has a character outside ASCII in it"),
    (r".*[\0-\x1f\x7f].*", "it has a control character in it"),
    (r".*\\.*", "it has a backslash in it"),
    (r".*[,;]", "it ends with a comma or semicolon"),
)
"""Patterns for a whole text that cannot be a key, and why; the first that matches is reported.

Keys of other servers than xAI's have many shapes, and a local server's can be any word, so what is not here is allowed.
"""


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
        from grokchat.redaction import mask_keys, redact_key

        return mask_keys(redact_key(self._value, text))


def make_secret(value: str, source: str) -> Secret:
    """Return the key without blanks and newlines around it; raises KeyMissingError, with the reason it is not a key.

    The error never quotes the text, which may be a key with something around it.
    """
    value = value.strip()
    for pattern, fault in () if _PLAIN_KEY.fullmatch(value) else _FAULTS:
        if re.fullmatch(pattern, value, re.DOTALL):
            raise KeyMissingError(
                f"The API key from {source} is not valid: {fault}. Use the key alone, as console.x.ai shows it."
            )
    return Secret(value)


def demo_secret() -> Secret:
    """Return the demo's stand-in for a key."""
    return Secret("no-key-in-the-demo")


def is_xai_key(secret: Secret) -> bool:
    """Return whether a key looks like one of xAI's; keys of other servers need not."""
    return secret.reveal().startswith("xai-")
