"""Error bodies: their words, whatever shape they have, and which JSON in the place of a reply is an error. Pure.

Servers, gateways and proxies agree on no shape. The API itself sends `{"code": "...", "error": "..."}`; others nest the
error, send a list of problems with their places (FastAPI, JSON:API), a title with details (RFC 9457), or a plain text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from grokchat.strict_json import parse_or_none

_REQUEST_MARKER = r"\s*\[WKE=([^\]]*)\]"
_MAX_NESTING = 8
_MAX_FIELDS = 20
_MAX_PROBLEMS = 3
"""How many problems of a list are quoted."""
_MAX_LABEL_CHARS = 40

_WORDS = (
    "title", "faultstring", "error", "message", "msg", "detail", "errors", "errormessage", "errormsg",
    "errordescription", "description", "statusmsg", "fault",
)  # fmt: skip
"""Where the words of an error are, in the order in which they are quoted; names in lower case without `_` and `-`."""
_MORE_WORDS = ("details", "innererror", "raw", "metadata")
"""Where a gateway puts the words of the server behind it, among much else."""
_WEAK_WORDS = ("reason", "exception", "code", "errorcode", "type")
"""What says something if nothing else does."""
_KNOWN = frozenset({*_WORDS, *_MORE_WORDS, *_WEAK_WORDS})
_PLACES = ("loc", "param", "field", "pointer", "parameter", "property", "instancepath")
_CODES = frozenset({"code", "type", "errorcode", "errortype", "status", "reason"})

_ERRORS = frozenset(
    {"error", "errors", "errorcode", "errormessage", "errormsg", "errordescription", "fault", "faultstring"}
)
_SUCCESS = frozenset({"", "0", "200", "ok", "success", "succeeded", "false", "none", "null", "[]", "{}"})
"""Values that mean no error."""
_NOTE = r"(?i)ping|pong|heart.?beat|keep.?alive|chat\.completion|progress|info|debug|metadata"
"""Kinds of events that hold no error unless they say so: chunks of a reply, and notes of proxies."""
_CUT_WORDS = r'"(?:error|message|msg|detail|title)"\s*:\s*("(?:[^"\\]|\\.)+")'


def error_text(body: bytes) -> str:
    """Return the words of an error body, or nothing for HTML and an empty body."""
    text = _decode(body)
    if not text or text.startswith("<"):
        return ""
    try:
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return re.sub(_REQUEST_MARKER, "", _salvage(text)).strip()
    return re.sub(_REQUEST_MARKER, "", _find_words(value)).strip()


def error_codes(body: bytes) -> frozenset[str]:
    """Return the codes, types and markers of an error body, in lower case, with blanks between their words."""
    text = _decode(body)
    codes = {*re.findall(_REQUEST_MARKER, text), *_find_codes(parse_or_none(text))}
    return frozenset(re.sub(r"[_\s-]+", " ", code).strip().lower() for code in codes)


def is_error(value: object) -> bool:
    """Return whether JSON that came in the place of a reply, or of a chunk of one, is an error.

    With choices it is not an error, unless its `error` has words. Without choices an error is known by `error`,
    `detail`, `errors` and their kind, by an `object` or `type` that says so, or by a code with a message.
    """
    if isinstance(value, list):
        return any(map(is_error, value))
    if not isinstance(value, dict):
        return False
    choices = value.get("choices")
    if isinstance(choices, list) and (choices or "usage" in value):
        inner = [choice.get("error") for choice in choices if isinstance(choice, dict)]
        return any(map(_find_words, (value.get("error"), *inner)))
    fields = _fields(value)
    kinds = [kind for key in ("object", "type", "event", "status") if isinstance(kind := fields.get(key), str)]
    if any("error" in kind.lower() for kind in kinds) or any(not _is_success(fields.get(key)) for key in _ERRORS):
        return True
    if any(re.match(_NOTE, kind) for kind in kinds):
        return False
    if fields.get("success") is False or _find_words(fields.get("detail")):
        return True
    has_words = any(_find_words(fields.get(key)) for key in ("message", "msg", "title", "statusmsg"))
    has_code = not _is_success(fields.get("code")) or any(
        map(_is_failing, (fields.get("status"), fields.get("statuscode")))
    )
    return has_words and has_code


def remark(text: str) -> str:
    """Return the words of what is neither a reply nor an error for certain, or nothing: single words are pings."""
    words = text.strip()
    if words.startswith(("{", "[", '"')):
        value = parse_or_none(words)
        words = _salvage(words) if value is None else _find_words(value, has_labels=False)
        if words.startswith(("{", "[")):
            return ""
    return words if " " in words and not words.startswith("<") else ""


def is_error_name(name: str) -> bool:
    """Return whether an event of this name is an error, whatever its data."""
    return name.lower().endswith(("error", "exception"))


def _is_success(value: object) -> bool:
    return str(value).strip().lower() in _SUCCESS


def _is_failing(status: object) -> bool:
    """Return whether a status is one of HTTP's errors, or says that something failed; `queued` says no such thing."""
    return re.fullmatch(r"[45]\d\d|fail.*", str(status).strip().lower()) is not None


def _find_words(value: Any, depth: int = 0, *, has_labels: bool = True) -> str:
    """Return the words of an error; `has_labels` says whether an object with other keys is quoted with them."""
    if depth > _MAX_NESTING:
        return ""
    if isinstance(value, str):
        value = value.strip()
        inner = parse_or_none(value) if value.startswith(("{", "[", '"')) else None
        if inner is not None:  # another error's JSON, escaped into this one
            return _find_words(inner, depth + 1) or value
        return "" if value.startswith("<") else value
    if isinstance(value, list):
        problems = (_find_words(item, depth + 1, has_labels=has_labels) for item in value[: _MAX_PROBLEMS + 1])
        return _join_problems(problems, len(value))
    if not isinstance(value, dict):
        return ""
    fields = _fields(value)
    more = (_find_words(fields.get(key), depth + 1, has_labels=False) for key in _MORE_WORDS)
    words = (_find_words(fields.get(key), depth + 1, has_labels=has_labels) for key in _WORDS)
    found = _join_distinct([*words, *more])
    if not found:
        weak = (_find_words(fields.get(key), depth + 1, has_labels=False) for key in _WEAK_WORDS)
        return next(filter(None, weak), "") or (_find_labelled_words(value, depth) if has_labels else "")
    place = _find_place(fields)
    return f"{place}: {found}" if place and place.lower() not in found.lower() else found


def _find_labelled_words(fields: Mapping[str, Any], depth: int) -> str:
    """Return the words of an object with unknown keys, each with its key: `name: can't be blank`."""
    unknown = [key for key in fields if _normalized(key) not in _KNOWN][:_MAX_FIELDS]
    found = ((key, _find_words(fields[key], depth + 1)) for key in unknown)
    return "; ".join(f"{key[:_MAX_LABEL_CHARS]}: {words}" for key, words in found if words)


def _join_problems(problems: Iterable[str], count: int) -> str:
    shown = list(dict.fromkeys(filter(None, problems)))[:_MAX_PROBLEMS]
    return "; ".join(shown) + (f" (and {count - _MAX_PROBLEMS:,} more)" if shown and count > _MAX_PROBLEMS else "")


def _join_distinct(texts: Iterable[str]) -> str:
    """Return the texts joined by colons, without those that another one holds."""
    kept: list[str] = []
    for text in filter(None, texts):
        if not any(text in other for other in kept):
            kept = [*(other for other in kept if other not in text), text]
    return ": ".join([*(text.rstrip(".: ") for text in kept[:-1]), *kept[-1:]])


def _find_place(fields: Mapping[str, Any]) -> str:
    """Return the place of a problem: `messages[3].content`."""
    source = fields.get("source")  # of JSON:API
    places = [fields.get(key) for key in _PLACES]
    for place in (*places, *((source.get("pointer"), source.get("parameter")) if isinstance(source, dict) else ())):
        if isinstance(place, str) and place.strip():
            return place.strip()
        if isinstance(place, list) and place and all(type(part) in {str, int} for part in place):
            parts = place[1:] if place[0] == "body" and len(place) > 1 else place
            return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).lstrip(".")
    return ""


def _find_codes(value: Any, depth: int = 0) -> Iterator[str]:
    if depth > _MAX_NESTING:
        return
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        value = parse_or_none(value)
    if isinstance(value, list):
        for item in value[: _MAX_PROBLEMS + 1]:
            yield from _find_codes(item, depth + 1)
    if isinstance(value, dict):
        for key, item in _fields(value).items():
            if key in _CODES and isinstance(item, str):
                yield item
            yield from _find_codes(item, depth + 1)


def _fields(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object's fields by their names in lower case without `_` and `-`."""
    return {_normalized(key): item for key, item in list(value.items())[: 5 * _MAX_FIELDS]}


def _normalized(key: str) -> str:
    return re.sub("[_-]", "", key).lower()


def _decode(body: bytes) -> str:
    return body.decode("utf-8", "replace").strip().lstrip("\ufeff")


def _salvage(text: str) -> str:
    """Return the words of JSON that is cut short, or a text that is not JSON."""
    if text.startswith(("{", "[")) and (words := re.search(_CUT_WORDS, text)):
        return _find_words(parse_or_none(words[1])) or text
    return text
