"""Guesses the encoding of a text that is not UTF-8, for advice on how to convert it. Pure.

A guess is made only where little else is likely, because a wrong `iconv` produces mojibake that is then sent. The
evidence for an encoding is that the whole text can be decoded with it, and that the result consists of the characters
that texts of its languages mostly consist of. The names are those that iconv knows.
"""

from __future__ import annotations

import re

from grokchat.records import record

_SAMPLE_BYTES = 1 << 13
_CONTEXT_BYTES = 200
"""How much of the ASCII text before the first other byte belongs to the sample."""
_MAX_CUT_BYTES = 4
"""How much of the sample's last character may be missing."""
_FOUR_BYTES = rb"[\x81-\xfe][0-9][\x81-\xfe][0-9]"
"""A character of other languages in GB 18030."""
_MIN_WIDE_CHARS = 3
_AMBIGUOUS_CHARS = 8
"""In fewer characters of two bytes another language may look the same."""


@record
class _Letters:
    """An encoding of one byte a character: the letters that are frequent in its languages, and which are letters."""

    name: str
    codec: str
    frequent: str
    alphabet: str


_CYRILLIC = ("оеаинтсрвлкмдпуяы", "Ѐ-ӿ")
_CENTRAL_EUROPEAN = "ąćęłńóśźżáčďéěíňřšťúůýžőűöüä"
_WESTERN = "éèêëàâäçîïôöùûüßñáíóúåæøãõœ\u2018\u2019\u201c-\u201e\u2013\u2014…€«»¿¡\xa0"
_LATIN = "a-zA-Z\xc0-\xd6\xd8-\xf6\xf8-\u024f"
_ODD_IN_LATIN = (
    "[A-Za-z][\xa1-\xb3\xb5\xb6\xb8-\xbf\u2018\u201a-\u201e\u2020-\u203a€™][A-Za-z]"
    "|(?<![A-Za-z])[\xc0-\u024f]{2,}(?![A-Za-z])"
)
"""Marks inside words, and letters outside ASCII that stand alone together."""
_SINGLE_BYTE = (
    _Letters("WINDOWS-1251", "cp1251", *_CYRILLIC),
    _Letters("KOI8-R", "koi8_r", *_CYRILLIC),
    _Letters("CP866", "cp866", *_CYRILLIC),
    _Letters("ISO-8859-5", "iso8859_5", *_CYRILLIC),
    _Letters("WINDOWS-1253", "cp1253", "αοιετσνηυρπκλμάόίέήύώς", "\u0370-\u03ff"),
    _Letters("WINDOWS-1255", "cp1255", "יוהלאתרבשמנם", "\u0590-\u05ff"),
    _Letters("WINDOWS-1256", "cp1256", "االيمونرتبةعدسفهكق", "\u0600-\u06ff"),
    _Letters("WINDOWS-1250", "cp1250", _CENTRAL_EUROPEAN, _LATIN),
    _Letters("ISO-8859-2", "iso8859_2", _CENTRAL_EUROPEAN, _LATIN),
    _Letters("WINDOWS-1252", "cp1252", _WESTERN, _LATIN),
    _Letters("CP850", "cp850", _WESTERN, _LATIN),
    _Letters("MACINTOSH", "mac_roman", _WESTERN, _LATIN),
)
_MIN_FREQUENT = 0.6
"""The share of frequent letters among those outside ASCII; in running text it is 0.7 and more."""
_MIN_LETTERS = 4
_CAPITALS_PENALTY = 0.15
"""A text in capitals alone is rare, but in another encoding than its own it looks so."""


def guess_encoding(data: bytes) -> str:
    """Return iconv's name of the likely encoding of bytes that are not UTF-8, "A or B", or "" if none is likely."""
    sample = data[:_SAMPLE_BYTES]
    if sample.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")):
        return "UTF-32" if sample.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")) else "UTF-16"
    if b"\0" in sample:
        return _guess_wide(sample)
    if high := re.search(rb"[\x80-\xff]", data):
        start = max(0, high.start() - _CONTEXT_BYTES)
        sample = data[start : start + _SAMPLE_BYTES]
    if re.search(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]", sample):
        return ""
    wide, narrow = _guess_east_asian(sample), _guess_single_byte(sample)
    if len(wide) > 1 and narrow:
        return ""
    return " or ".join(wide[:2]) or narrow


def _guess_wide(sample: bytes) -> str:
    """Recognise UTF-16 and UTF-32 without a byte order mark by their NUL bytes, which ASCII text has half full of."""
    for name, size in (("UTF-32LE", 4), ("UTF-32BE", 4), ("UTF-16LE", 2), ("UTF-16BE", 2)):
        whole = sample[: len(sample) // size * size]
        try:
            text = whole.decode(name)
        except UnicodeDecodeError:
            continue
        # Read in the wrong order, spaces and newlines are rare characters, and so are letters.
        plain = len(re.findall(r"[\t\n\r -~]", text))
        if text and "\0" not in text and 2 * plain >= len(text) and not re.search(r"[\x01-\x08\ufffe\uffff]", text):
            return name
    return ""


# -- two bytes a character ---------------------------------------------------------------------------------------------


def _guess_east_asian(sample: bytes) -> list[str]:
    """Return the likely encodings; more than one only in a short text."""
    for name, codec in (("CP932", "cp932"), ("EUC-JP", "euc_jp")):
        # Nothing but Japanese has kana; GB 2312 and KS X 1001 have them at the codes of EUC-JP.
        wide = _wide_chars(sample, codec)
        has_kana = len(wide) >= _MIN_WIDE_CHARS and _share(r"[ぁ-ゖァ-ヶー、。「」]", wide) >= 0.3
        if has_kana and not re.search("[｡-ﾟ]{2}", wide):
            return [name]
    if len(re.findall(_FOUR_BYTES, sample)) >= _MIN_WIDE_CHARS and _wide_chars(sample, "gb18030"):
        return ["GB18030"]
    pairs = _byte_pairs(sample)
    if pairs is None:
        return []
    low_trails = sum(trail < 0xA1 for _, trail in pairs) / len(pairs)
    # The blocks of frequent characters: punctuation, level 1 of Big5, GB 2312 and JIS, Hangul.
    blocks = (
        ("BIG5", "big5", low_trails >= 0.1, 0xA1, 0xC6, 0.9),
        ("EUC-KR", "euc_kr", not low_trails, 0xB0, 0xC8, 0.9),
        ("GB18030", "gb18030", low_trails < 0.1, 0xA1, 0xD7, 0.8),
        ("EUC-JP", "euc_jp", not low_trails and len(pairs) < _AMBIGUOUS_CHARS, 0xA1, 0xCF, 1.0),
    )
    return [
        name
        for name, codec, may_be, first, last, share in blocks
        if may_be and _lead_share(pairs, first, last) >= share and _wide_chars(sample, codec)
    ][: None if len(pairs) < _AMBIGUOUS_CHARS else 1]


def _wide_chars(sample: bytes, codec: str) -> str:
    """Return the characters outside ASCII, or nothing if the codec cannot decode the sample or few belong together."""
    text = _decode(sample, codec)
    wide = "".join(re.findall(r"[^\0-\x7f]{2,}", text))
    return wide if 2 * len(wide) >= len(re.findall(r"[^\0-\x7f]", text)) else ""


def _byte_pairs(sample: bytes) -> list[tuple[int, int]] | None:
    """Return characters of two bytes, the first from 0xA1; None if there are few, or other high bytes beside them."""
    found = re.findall(rb"([\xa1-\xfe])([\x40-\x7e\x80-\xfe])|([\x80-\xff])", sample)
    pairs = [(lead[0], trail[0]) for lead, trail, _ in found if lead]
    return pairs if len(pairs) >= 2 and 20 * (len(found) - len(pairs)) <= len(pairs) else None


def _lead_share(pairs: list[tuple[int, int]], first: int, last: int) -> float:
    return sum(first <= lead <= last for lead, _ in pairs) / len(pairs)


# -- one byte a character ----------------------------------------------------------------------------------------------


def _guess_single_byte(sample: bytes) -> str:
    scores = [(_score(sample, letters), letters.name) for letters in _SINGLE_BYTE]
    score, name = max(scores)
    return name if score >= _MIN_FREQUENT else ""


def _score(sample: bytes, letters: _Letters) -> float:
    """Return the share of frequent letters, less what contradicts the encoding; below 0.6 it is not likely."""
    text = _decode(sample, letters.codec, max_cut=0)
    wide = re.findall(r"[^\0-\x7f]", text)
    plain = len(re.findall("[A-Za-z]", text))
    is_latin = letters.alphabet == _LATIN
    if plain < len(wide) if is_latin else len(wide) < _MIN_LETTERS:
        return 0.0
    frequent: float = len(re.findall(f"(?i)[{letters.frequent}]", "".join(wide))) / max(1, len(wide))
    # A capital inside a word, and a letter beside one of another alphabet.
    odd: int = sum(
        pair[0].islower() and pair[1].isupper() for pair in re.findall(rf"(?=([{letters.alphabet}]{{2}}))", text)
    )
    beside = rf"[A-Za-z][{letters.alphabet}]|[{letters.alphabet}][A-Za-z]"
    odd += len(re.findall(_ODD_IN_LATIN if is_latin else beside, text))
    penalty = _CAPITALS_PENALTY if 2 * sum(char.isupper() for char in wide) > len(wide) else 0.0
    return frequent - odd / max(1, len(wide)) - penalty


# -- both --------------------------------------------------------------------------------------------------------------


def _decode(sample: bytes, codec: str, *, max_cut: int = _MAX_CUT_BYTES) -> str:
    """Return the text, without a last character that is cut; nothing if the codec cannot decode it."""
    try:
        return sample.decode(codec)
    except UnicodeDecodeError as error:
        if error.start < len(sample) - max_cut:
            return ""
        return sample[: error.start].decode(codec)


def _share(pattern: str, text: str) -> float:
    return len(re.findall(pattern, text)) / len(text)
