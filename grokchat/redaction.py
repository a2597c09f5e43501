r"""Redaction: an API key, in any form that it takes on its way through servers and logs, struck out of a text.

A server or proxy that quotes a request repeats the key as it read it: escaped for JSON, a URL or HTML, as hexadecimal
or decimal bytes, in base64 (any part of it: in `Basic` there is `user:key`), in UTF-16, broken over lines. For each
such encoding the text is reduced to what the key would be searched in, and what is found is struck out of the text
itself. The work is linear in the text.

Keys are recognised by their value, and those of xAI also by their shape. Pure: `Environment.redact` knows the keys of
this run. The text of messages is exempt: it is the user's own, or the reply that was paid for.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from grokchat.records import record
from grokchat.sequences import common_prefix_length

MARK = "[key]"
_MIN_CHARS = 8
"""A shorter key is no secret, and would be redacted from ordinary words."""
_LONG_CHARS = 20
"""Of a shorter key, such as `not-needed`, two ordinary words would be another spelling or its beginning."""
_MIN_BEGINNING_CHARS = 12
"""Of a long key that was cut off, for example by what quotes it."""
_PART = "[!#-&(-_a-~]+"
"""Of a malformed key: what has neither blanks, quotes, control characters nor other alphabets in it."""
_MAX_CHARS, _MAX_PARTS = 8192, 8
"""Of a file that was given in place of a key, all words would be redacted."""
_VARIABLE = "XAI_API_KEY"
"""Where a variable's name was given in place of its value, the name is no secret."""
_LOOKS_LIKE_A_KEY = r"xai-[A-Za-z0-9_-]{10,}"
_MESSAGE_TEXTS = frozenset({"content", "refusal", "reasoning_content", "reasoning", "reasoning_text"})
"""The fields of a reply's message that are its own text."""

_BREAK = (
    r"[\r\n\0\u2400\u240a\u240d\u23ce\u00ad\u200b\u2060\ufeff]|=\r?\n|<br ?/?>"
    r"|\\{1,8}(?:[nrt]|0(?![0-9])|u000[adAD0]|x0[adAD0])|%0[adAD0]|&#(?:10|13|x0?[adAD]);"
)
"""A line's end or a NUL, plain, escaped or made visible."""
_ESCAPE = (
    r"%(?:25){0,4}(?P<percent>[0-9A-Fa-f]{2})"
    r"|\\{1,8}(?:u00|x|u\{0{0,4})(?P<hex>[0-9A-Fa-f]{2})\}?|U\+00(?P<plus>[0-9A-Fa-f]{2})"
    r"|=(?P<quoted>[0-9A-F]{2})|&(?:amp;)?(?P<entity>#?[A-Za-z0-9]{1,8};)"
    r"|\\{1,8}(?P<octal>[01][0-7]{2})|\\{1,8}(?P<char>[^A-Za-z0-9\s])|(?P<picture>[\u2401-\u241f])"
)
_SEPARATOR = rf"[\s:,_-]+|0x|{_BREAK}"
_BASE64_CHARS = str.maketrans("-_", "+/")
_PLAIN = re.compile(r"[A-Za-z0-9._-]*")
"""A text like the ids and names in a reply: of the encodings' tokens it can have only these separators, and `0x`."""


@record
class _Encoding:
    """An encoding: what is reduced in a text (`tokens`, `reduce`), and the resulting forms of the key (`needles`)."""

    tokens: str
    reduce: Callable[[re.Match[str]], str]
    needles: Sequence[str]
    flags: re.RegexFlag = re.NOFLAG


def _parts(key: str) -> list[str]:
    """Return what may be the key in a malformed one: words that no prose has, also after a name and `=` or `:`."""
    words = [part for word in re.findall(_PART, key) for part in (word, *re.split("^\\w+[=:]", word)[1:])]
    return [word for word in words if len(word) >= _LONG_CHARS or re.search(r"\d", word)][:_MAX_PARTS]


def mask_keys(text: str) -> str:
    """Return a text without anything that looks like an xAI key."""
    return re.sub(_LOOKS_LIKE_A_KEY, MARK, text) if "xai-" in text else text


def redact_key(key: str, text: str) -> str:
    """Return a text without this key; one that is too short to be secret stays.

    Of a malformed key, such as one with a label before it, its parts are struck out too.
    """
    key = key.strip().strip("\"'")
    spans: list[tuple[int, int]] = []
    for part in {key, *_parts(key[:_MAX_CHARS])}:
        if len(part) >= _MIN_CHARS and part != _VARIABLE:
            spans += _find_key(part, text)
    return _without(text, sorted(spans)) if spans else text


def redact_values(value: Any, redact: Callable[[str], str]) -> Any:
    """Return a JSON value with all its strings redacted, names included."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [redact_values(inner, redact) for inner in value]
    if isinstance(value, dict):
        return {redact(name): redact_values(inner, redact) for name, inner in value.items()}
    return value


def redact_message(message: Mapping[str, Any], redact: Callable[[str], str]) -> dict[str, Any]:
    """Return a reply's message with all its strings redacted, except its text."""
    return {
        redact(name): _redact_parts(value, redact) if name in _MESSAGE_TEXTS else redact_values(value, redact)
        for name, value in message.items()
    }


def _redact_parts(text: Any, redact: Callable[[str], str]) -> Any:
    """Return a field of a message that is text, one string or a list of parts, redacted but for the text."""
    if isinstance(text, str):
        return text
    if not isinstance(text, list):
        return redact_values(text, redact)
    return [
        {redact(name): value if name == "text" else redact_values(value, redact) for name, value in part.items()}
        if isinstance(part, dict)
        else redact_values(part, redact)
        for part in text
    ]


# -- the encodings of a key --------------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def _encodings(key: str) -> tuple[_Encoding, ...]:
    data = key.encode("utf-8", "surrogatepass")
    plain = (key, data.decode("latin-1")) if not key.isascii() else (key,)
    blanks = r"|[ \t]+" if len(key) >= _LONG_CHARS else r"|(?<=\n)[ \t]+|[ \t]{1,40}(?=\r?\n)"
    pairs = [f"{byte:02x}" for byte in data]
    return (
        _Encoding("", _drop, plain, re.IGNORECASE),
        # A key that looks escaped itself is found where only lines were broken.
        *([_Encoding(f"{_BREAK}{blanks}", _drop, plain, re.IGNORECASE)] if re.search(r"[%&=\\]", key) else []),
        _Encoding(f"{_BREAK}{blanks}|{_ESCAPE}", _unescape, plain, re.IGNORECASE),
        _Encoding(_SEPARATOR, _drop, ("".join(pairs), "00".join(pairs)), re.IGNORECASE),
        _Encoding(r"\s+", _drop, (",".join(map(str, data)),)),
        _Encoding(rf"\s+|{_BREAK}|%2[bfBF]|\\{{1,8}}/", _unescape_base64, tuple(_base64_needles(key))),
    )


def _base64_needles(key: str) -> Iterator[str]:
    """Yield base64 as it appears in that of a longer text: its characters depend on the key's place modulo three."""
    from binascii import b2a_base64

    # Not `str.encode`, which imports a module for each of the latter two.
    for encode in (codecs.utf_8_encode, codecs.utf_16_le_encode, codecs.utf_16_be_encode):
        data, _ = encode(key, "surrogatepass")
        for shift in range(3):
            first, last = -(-8 * shift // 6), (8 * shift + 8 * len(data)) // 6  # those of the key's bits alone
            yield b2a_base64(bytes(shift) + data + bytes(2)).decode()[first:last]


def _drop(_: re.Match[str]) -> str:
    return ""


def _unescape(token: re.Match[str]) -> str:
    """Return the character that an escape stands for, or nothing for a line's end."""
    kind, digits = token.lastgroup, token[token.lastgroup or 0]
    if kind in {"percent", "hex", "plus", "quoted"}:
        return chr(int(digits, 16))
    if kind == "octal":
        return chr(int(digits, 8))
    if kind == "entity":
        from html import unescape

        char = unescape(f"&{digits}")
        return char if len(char) == 1 else "\0"  # of one character, so that the places remain known
    if kind == "picture":
        return chr(ord(digits) - 0x2400)
    return digits if kind == "char" else ""


def _unescape_base64(token: re.Match[str]) -> str:
    return {"%2b": "+", "%2f": "/"}.get(token[0].lower(), "/" if token[0].endswith("/") else "")


# -- places in a text --------------------------------------------------------------------------------------------------


def _find_key(key: str, text: str) -> list[tuple[int, int]]:
    spans = _find_beginnings(key, text)
    if len(text) >= len(key) and not _is_plain_without(key, text):  # no encoding is shorter than the key
        for encoding in _encodings(key):
            spans += _find(text, encoding)
    return spans


def _is_plain_without(key: str, text: str) -> bool:
    """Return whether a text is plain, and without the key in any encoding: found without their patterns.

    Most of what is redacted is the ids and names in a reply, and compiling the patterns costs a one shot 3 ms.
    """
    if not _PLAIN.fullmatch(text):
        return False
    folded = text.lower()
    digits = folded.replace("-", "").replace("_", "").replace("0x", "")
    in_base64 = text.translate(_BASE64_CHARS)
    pairs = [f"{byte:02x}" for byte in key.encode("utf-8", "surrogatepass")]
    is_found = key.lower() in folded or "".join(pairs) in digits or "00".join(pairs) in digits
    return not (is_found or any(needle in in_base64 for needle in _base64_needles(key)))


def _find(text: str, encoding: _Encoding) -> list[tuple[int, int]]:
    """Return the places in the text where a needle is in its reduced form."""
    reduced = re.sub(encoding.tokens, encoding.reduce, text) if encoding.tokens else text
    if encoding.reduce is _unescape_base64:
        reduced = reduced.translate(_BASE64_CHARS)
    found = [
        match.span() for needle in encoding.needles for match in re.finditer(re.escape(needle), reduced, encoding.flags)
    ]
    if not found or not encoding.tokens:
        return found
    pieces = _pieces(text, encoding)
    starts = [piece.reduced_start for piece in pieces]
    places = []
    for start, end in found:
        first, last = pieces[bisect_right(starts, start) - 1], pieces[bisect_right(starts, end - 1) - 1]
        places.append((first.place(start), last.place(end - 1) + last.width))
    return places


def _find_beginnings(key: str, text: str) -> list[tuple[int, int]]:
    """Return the places of the key's beginning, as long as it lasts."""
    if len(key) < _LONG_CHARS:
        return []
    starts = (match.start() for match in re.finditer(re.escape(key[:_MIN_BEGINNING_CHARS]), text))
    return [(start, start + common_prefix_length(text[start : start + len(key)], key)) for start in starts]


@record
class _Piece:
    """A part of a text: a run that is unchanged in the reduced text, or an escape of `width` characters."""

    reduced_start: int
    start: int
    width: int = 1
    is_escape: bool = False

    def place(self, index: int) -> int:
        """Return where a character of the reduced text is in the text."""
        return self.start if self.is_escape else self.start + index - self.reduced_start


def _pieces(text: str, encoding: _Encoding) -> list[_Piece]:
    pieces, reduced_size, position = [], 0, 0
    for token in re.finditer(encoding.tokens, text):
        if token.start() > position:
            pieces.append(_Piece(reduced_size, position))
            reduced_size += token.start() - position
        if encoding.reduce(token):
            pieces.append(_Piece(reduced_size, token.start(), token.end() - token.start(), is_escape=True))
            reduced_size += 1
        position = token.end()
    pieces.append(_Piece(reduced_size, position))
    return pieces


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    pieces, position = [], 0
    for start, end in spans:
        if start >= position:
            pieces += [text[position:start], MARK]
        position = max(position, end)
    return "".join((*pieces, text[position:]))


_LOGIN_LINE = re.compile(
    r"(\s*/(?:log[a-z]*|api-?key|auth|credentials|key|set\s+(?:--save\s+)?api[_-]?key))[\s=]+\S.*",
    re.DOTALL | re.IGNORECASE,
)


def without_login_argument(line: str) -> str:
    """Return a line that may be shown and kept: without the text after /login, misspelled or by another name.

    Other chats have /key, and some people try /set api_key. /login takes no argument, so that is a key that was typed
    where it does not belong.
    """
    match = _LOGIN_LINE.fullmatch(line)
    return line if match is None else f"{match[1]} …"
