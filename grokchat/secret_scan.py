"""Finds what looks like a secret in a text that is about to be sent: its kind and line, never the secret itself. Pure.

Only formats that are made to be recognised are found: people turn off a guard that warns of every `password = x` in a
source file. Secrets without a format, such as a bare password, are not found.

`session/unsent` says what a request sends for the first time. In the chat `chat/secret_guard` has that scanned and
`chat/confirmation` asks; `cli/oneshot` refuses it if `leak_guard` is "always". `terminal/line_buffer` keeps lines with
a secret out of the history.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Container, Iterator

from grokchat.records import record

XAI_KEY, PRIVATE_KEY = "an xAI key", "a private key"

_PATTERNS = (
    (XAI_KEY, "xai-", r"xai-[A-Za-z0-9]{20,}"),
    ("an AWS access key", "AKIA", r"AKIA[0-9A-Z]{16}\b"),
    ("an AWS access key", "ASIA", r"ASIA[0-9A-Z]{16}\b"),
    ("an AWS secret key", "ccess", r"ccess_?[Kk]ey[\"']?\s{0,9}[=:]\s{0,9}[\"']?[A-Za-z0-9/+]{40}\b"),
    ("an AWS secret key", "CCESS", r"CCESS_?KEY[\"']?\s{0,9}[=:]\s{0,9}[\"']?[A-Za-z0-9/+]{40}\b"),
    ("a GitHub token", "gh", r"gh[pousr]_[A-Za-z0-9]{36,}"),
    ("a GitHub token", "github_pat_", r"github_pat_[A-Za-z0-9_]{22,}"),
    ("a GitLab token", "glpat-", r"glpat-[A-Za-z0-9_-]{20,}"),
    ("an OpenAI or Anthropic key", "sk-", r"sk-(?:ant-|proj-|svcacct-)?[A-Za-z0-9_-]{32,}"),
    ("a Google API key", "AIza", r"AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
    ("a Slack token", "xox", r"xox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("a Stripe key", "sk_live_", r"sk_live_[A-Za-z0-9]{16,}"),
    ("a Stripe key", "rk_live_", r"rk_live_[A-Za-z0-9]{16,}"),
    ("a Hugging Face token", "hf_", r"hf_[A-Za-z0-9]{30,}"),
    ("an npm token", "npm_", r"npm_[A-Za-z0-9]{36}\b"),
    ("a PyPI token", "pypi-AgEI", r"pypi-AgEI[A-Za-z0-9_-]{40,}"),
    ("a JSON web token", "eyJ", r"eyJ[A-Za-z0-9_-]{10,300}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,}"),
    (PRIVATE_KEY, "PRIVATE KEY", r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"),
    ("a password in an address", "://", r"://[^\s/:@\"'<>]{1,100}:[^\s/:@\"'<>]{3,200}@[\w.\[-]"),
)
"""The kind, a literal in it that is quick to search for, and the pattern."""
_INSIDE_WORDS = frozenset({"://", "ccess", "CCESS", "PRIVATE KEY"})
"""Literals of patterns that may follow a letter; all others are at the beginning of a word."""
_WORD_CHAR = re.compile(r"[A-Za-z0-9_-]")
_PLACEHOLDER = re.compile(r"(.)\1{7}|EXAMPLE|example|(?i:x{6}|your[-_]|\.\.\.)")
"""What documentation has in the place of a secret."""
_MAX_KINDS = 5
_PRIVATE_KEY_CHARS = 200
"""Of a private key, whose first line is that of any other: enough to tell it from others."""


@record
class FoundSecret:
    """What looks like a secret: its kind, its line (from 1; 0 in a text of one line), and its text, never shown."""

    kind: str
    line: int
    value: str

    __repr__ = object.__repr__


def find_secrets(text: str) -> list[str]:
    """Return what looks like a secret: `a GitHub token (line 3)`, each kind once, at most five."""
    return [f"{secret.kind}{f' (line {secret.line})' if secret.line else ''}" for secret in scan(text)]


def scan(text: str, known: Container[str] = ()) -> list[FoundSecret]:
    """Return the first secret of each kind whose value is not in `known`, in the order of the text, at most five."""
    first: dict[str, tuple[int, str]] = {}
    for kind, start, value in _matches(text):
        if kind not in first and value not in known:
            first[kind] = start, value
    line_ends = [match.start() for match in re.finditer("\n", text)] if first else []
    found = sorted((start, kind, value) for kind, (start, value) in first.items())[:_MAX_KINDS]
    return [
        FoundSecret(kind, bisect_left(line_ends, start) + 1 if line_ends else 0, value) for start, kind, value in found
    ]


def secret_values(text: str) -> dict[str, str]:
    """Return the kinds of all secrets in a text, by their values."""
    return {value: kind for kind, _, value in _matches(text)}


def _matches(text: str) -> Iterator[tuple[str, int, str]]:
    """Yield the kind, the start and the value of each match of each pattern."""
    for kind, literal, pattern in _PATTERNS:
        if literal in text:
            for match in re.finditer(pattern, text):
                start, end = match.span()
                is_word_start = not start or not _WORD_CHAR.match(text[start - 1])
                if (literal in _INSIDE_WORDS or is_word_start) and not _PLACEHOLDER.search(match[0]):
                    yield kind, start, text[start : end + (_PRIVATE_KEY_CHARS if kind == PRIVATE_KEY else 0)]
