"""The forms that servers, proxies and logs give an API key, and a reader that finds the key in any of them."""

from __future__ import annotations

import base64
import html
import json
import re
import textwrap
from collections.abc import Callable, Iterator
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

KEYS = {
    "xai": "xai-R2lcX69wEWDcnNrnnIu0sGpBBanGxZGMyugumV3kaFO8Y69lri2R3DbxzuImNdDq",
    "regex": "k(e+y)*[0-9]{2}|^x$.?#",
    "padding": "sk-proj/A+b/c+d==~_-.9",
}
"""Keys that are long enough to be secret: as xAI makes them, like a pattern, and with what encodings change."""


def _each(form: str) -> Callable[[str], str]:
    return lambda key: "".join(form.format(ord(char)) for char in key)


def _base64(before: str, after: str = "", *, encoding: str = "utf-8", url: bool = False) -> Callable[[str], str]:
    encode = base64.urlsafe_b64encode if url else base64.b64encode
    return lambda key: encode(f"{before}{key}{after}".encode(encoding)).decode()


FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper case": str.upper,
    "lower case": str.lower,
    "basic without a user": _base64(":"),
    "basic": _base64("user:"),
    "bearer": _base64("Bearer ", "\r\n"),
    **{f"base64 behind {count} bytes": _base64("x" * count) for count in range(6)},
    **{f"base64 before {count} bytes": _base64("", "x" * count) for count in range(1, 4)},
    **{f"urlsafe base64 behind {count} bytes": _base64("?" * count, url=True) for count in range(3)},
    "base64 in lines": lambda key: "\r\n".join(textwrap.wrap(_base64("Authorization: ")(key), 24)),
    "base64 in a JSON text of lines": lambda key: "\\n".join(textwrap.wrap(_base64("a:")(key), 76)),
    "base64 in a URL": lambda key: quote(_base64("??>")(key), safe=""),
    "base64 with escaped slashes": lambda key: _base64("a:")(key).replace("/", "\\/"),
    "percent": lambda key: quote(key, safe=""),
    "percent, all of it": _each("%{:02x}"),
    "percent in capitals": _each("%{:02X}"),
    "percent twice": _each("%25{:02x}"),
    "percent three times": _each("%2525{:02X}"),
    "hex": _each("{:02x}"),
    "hex in capitals": _each("{:02X}"),
    "hex in both cases": lambda key: key.encode().hex().title(),
    "hex dump": lambda key: key.encode().hex(" ", 2),
    "hex with colons": lambda key: key.encode().hex(":"),
    "hex in C": lambda key: ", ".join(f"0x{byte:02x}" for byte in key.encode()),
    "hex in lines": lambda key: "\n".join(textwrap.wrap(key.encode().hex(), 32)),
    "hex escapes": _each("\\x{:02x}"),
    "octal escapes": _each("\\{:03o}"),
    "JSON": json.dumps,
    "JSON in JSON": lambda key: json.dumps(json.dumps(key)),
    "JSON escapes": _each("\\u{:04x}"),
    "JSON escapes in capitals": _each("\\u{:04X}"),
    "JSON escapes in JSON": lambda key: json.dumps(_each("\\u{:04x}")(key)),
    "JavaScript escapes": _each("\\u{{{:x}}}"),
    "bytes in JSON": lambda key: json.dumps(list(key.encode())),
    "bytes in JSON, close": lambda key: json.dumps(list(key.encode()), separators=(",", ":")),
    "HTML": html.escape,
    "decimal entities": _each("&#{};"),
    "hex entities": _each("&#x{:x};"),
    "quoted printable": _each("={:02X}"),
    "UTF-16": lambda key: key.encode("utf-16-le").decode(),
    "UTF-16, big endian": lambda key: key.encode("utf-16-be").decode(),
    "UTF-16 in base64": _base64("", encoding="utf-16-le"),
    "UTF-16 in base64, big endian": _base64("a:", encoding="utf-16-be"),
    "UTF-16 in hex": lambda key: key.encode("utf-16-le").hex(),
    **{
        f"broken by {name}": lambda key, by=by: by.join(textwrap.wrap(key, 7, drop_whitespace=False))
        for name, by in {
            "newlines": "\n",
            "CR LF": "\r\n",
            "an indent": "\n      ",
            "escaped newlines": "\\n",
            "a soft newline": "=\n",
            "NULs": "\0",
            "marks": "⏎",
            "elements": "<br>",
        }.items()
    },
}

_CODES = re.compile(r"\x1b\[[0-9;:?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[=>()][0-9A-Z]?")


@lru_cache(100)
def key_in(raw: bytes | str, key: str) -> bool:
    """Return whether the key can be read out of what was written, by undoing each of the forms."""
    text = raw if isinstance(raw, str) else raw.decode("utf-8", "replace")
    wanted = key.lower().encode()
    return any(wanted in reading.replace(b"\0", b"").lower() for reading in _readings(_CODES.sub("", text)))


def _readings(text: str) -> Iterator[bytes]:
    marks = text.replace("␀", "\0").replace("<br>", "").replace("=\n", "")
    for view in (text, "".join(re.sub(r"\\+[nr]", "", marks).replace("⏎", "").split())):
        yield view.encode()
        percent = view.encode()
        for _ in range(3):
            yield (percent := unquote_to_bytes(percent))
        yield from (html.unescape(view).encode(), re.sub(r"\\+/", "/", view).encode())
        yield re.sub(r"\\+(?=[^A-Za-z0-9])", "", view).encode()
        yield re.sub(r"\\+(?:u00|x|u\{)([0-9a-fA-F]{2})\}?", _from_hex, view).encode()
        yield re.sub(r"=([0-9A-F]{2})", _from_hex, view).encode()
        yield re.sub(r"\\+([01][0-7]{2})", lambda match: chr(int(match[1], 8)), view).encode()
        yield bytes(int(number) for number in re.findall(r"\d+", view) if int(number) < 256)
        yield from _undo_hex(view)
        yield from _undo_base64(view)
        yield from _undo_base64(unquote_to_bytes(view).decode("utf-8", "replace"))


def _from_hex(match: re.Match[str]) -> str:
    return chr(int(match[1], 16))


def _undo_hex(text: str) -> Iterator[bytes]:
    for run in re.findall(r"[0-9a-fA-F]{16,}", re.sub(r"[\s:,]|0x", "", text)):
        yield from (bytes.fromhex(run[at : at + (len(run) - at) // 2 * 2]) for at in (0, 1))


def _undo_base64(text: str) -> Iterator[bytes]:
    for run in re.findall(r"[A-Za-z0-9+/]{8,}", re.sub(r"\\+/", "/", text).replace("-", "+").replace("_", "/")):
        for at in range(4):
            part = run[at:]
            yield base64.b64decode(part[: len(part) // 4 * 4])
            yield base64.b64decode(part + "A" * (-len(part) % 4))
