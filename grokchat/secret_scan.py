"""What looks like a secret in a text that is about to be sent: kinds and lines, never the secret itself. Pure.

Only shapes that are made to be recognised: a guard that cries at every `password = x` in a source file is one that
people turn off. What has no shape of its own (a bare password) is not seen, and this does not say otherwise.
"""

from __future__ import annotations

import re
from bisect import bisect_left

_SHAPES = (
    ("an xAI key", "xai-", r"xai-[A-Za-z0-9]{20,}"),
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
    ("a private key", "PRIVATE KEY", r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"),
    ("a password in an address", "://", r"://[^\s/:@\"'<>]{1,100}:[^\s/:@\"'<>]{3,200}@[\w.\[-]"),
)
"""Kinds; what stands in each and is quickly found; what each is."""
_AMID = frozenset({"://", "ccess", "CCESS", "PRIVATE KEY"})
"""What may follow on a letter; everything else begins a word."""
_BEFORE = re.compile(r"[A-Za-z0-9_-]")
_PLACEHOLDER = re.compile(r"(.)\1{7}|EXAMPLE|example|(?i:x{6}|your[-_]|\.\.\.)")
"""What documentation puts where a secret would stand."""
_MANY = 5


def find_secrets(text: str) -> list[str]:
    """Return what looks like a secret: `a GitHub token (line 3)`, each kind once, at most five."""
    found: dict[str, int] = {}
    for kind, literal, shape in _SHAPES:
        if kind not in found and literal in text:
            start = _first(shape, text, amid=literal in _AMID)
            if start is not None:
                found[kind] = start
    ends = [match.start() for match in re.finditer("\n", text)] if found else []
    places = sorted((start, kind) for kind, start in found.items())[:_MANY]
    return [f"{kind}{f' (line {bisect_left(ends, start) + 1})' if ends else ''}" for start, kind in places]


def _first(shape: str, text: str, *, amid: bool) -> int | None:
    for match in re.finditer(shape, text):
        begins = amid or not match.start() or not _BEFORE.match(text[match.start() - 1])
        if begins and not _PLACEHOLDER.search(match[0]):
            return match.start()
    return None


def join_words(found: list[str]) -> str:
    """Return `a, b and c`."""
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}"
