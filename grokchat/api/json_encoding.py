"""JSON as requests carry it. Pure."""

from __future__ import annotations

import json


def encode_json(value: object) -> bytes:
    """Return compact JSON in UTF-8, or in ASCII if a lone surrogate cannot be encoded."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode("ascii")
