"""Where a line may break without a space, by the classes of Unicode's line breaking algorithm (UAX #14).

Imported for the first text that is not ASCII. Two ASCII characters are never separated: what is between spaces is a
word. The rest follows UAX #14 of Unicode 16, with what suits a terminal:

- Korean breaks at its spaces alone, as `word-break: keep-all` of CSS has it.
- Small kana and prolonged sound marks begin no line (class CJ as NS, which is `line-break: strict`).
- `“` opens after an ideograph and `”` closes before one, as in ICU's rules for Chinese and Japanese; elsewhere a
  quotation mark stays with both sides.
- A dash stays with the word before it, and with a number after it; a thin space breaks nothing. `·`, `～` and `／`
  begin no line.
- Emoji are letters.
- Thai and Lao, which have no spaces, break before a vowel that is written before its syllable. There is no dictionary.
"""
# ruff: noqa: RUF002 - the characters are the point

from __future__ import annotations

import re
from bisect import bisect_right
from unicodedata import category

_CLASSES = {
    "glue": (
        "a0 f08 f0c f12 fd9-fda 180e 2006-2007 2009-200a 200d 2011 202f 2060 275b-2760 2e00-2e01 2e06-2e08 2e0b feff "
        "1f676-1f678"
    ),
    "opening": (
        "a1 a3-a5 ab b1 b4 bf 2c8 2cc 2df 58f 7fe-7ff 9fb af1 bf9 c77 c84 e3f f01-f04 f06-f07 f09-f0a f3a f3c fd0-fd1 "
        "fd3 169b 17db 1806 1ffd 2018 201a-201c 201e-201f 2039 2045 207d 208d 20a0-20a6 20a8-20b5 20b7-20ba 20bc-20bd "
        "20bf 20c1-20cf 2116 2212-2213 2308 230a 2768 276a 276c 276e 2770 2772 2774 27c5 27e6 27e8 27ea 27ec 27ee "
        "2983 2985 2987 2989 298b 298d 298f 2991 2993 2995 2997 29d8 29da 29fc 2e02 2e04 2e09 2e0c 2e18 2e1c 2e20 "
        "2e22 2e24 2e26 2e28 2e42 2e55 2e57 2e59 2e5b a874-a875 a8fc fd3f fe69 ff04 ffe1 ffe5-ffe6 1e2ff 1e95e-1e95f"
    ),
    "trailing": (
        "a2 b0 b7 bb 37e 589 5c6 609-60d 61b 61d-61f 66a 6d4 7f8-7f9 9f2-9f3 9f9 d79 f0d-f11 f14 f3b f3d 169c "
        "1802-1803 1808-1809 1944-1945 2019 201d 2024-2026 2030-2037 203a 2044 2046 2057 207e 208e 20a7 20b6 20bb "
        "20be 20c0 2103 2109 22ef 2309 230b 2762-2763 2769 276b 276d 276f 2771 2773 2775 27c6 27e7 27e9 27eb 27ed "
        "27ef 2984 2986 2988 298a 298c 298e 2990 2992 2994 2996 2998 29d9 29db 29fd 2cf9 2cfe 2e03 2e05 2e0a 2e0d "
        "2e1d 2e21 2e23 2e25 2e27 2e29 2e2e 2e53-2e54 2e56 2e58 2e5a 2e5c a60e a838 a876-a877 fd3e fdfc fe19 fe6a "
        "ff05 ffe0 1ecac 1ecb0 1f3fb-1f3ff"
    ),
    "closing": (
        "58a 5be 964-965 e5a-e5b f0b f34 f85 fbe-fbf fd2 104a-104b 1361 1400 1680 16eb-16ed 1735-1736 17d4-17d6 17d8 "
        "17da 1804-1805 1b4e-1b4f 1b5a-1b5b 1b5d-1b60 1b7d-1b7f 1c3b-1c3f 1c7e-1c7f 2000-2005 2008 2027 203c-203d "
        "2047-2049 2056 2058-205b 205d-205f 232a 2cfa-2cfc 2cff 2d70 2e0e-2e15 2e17 2e19 2e2a-2e2d 2e30-2e31 "
        "2e33-2e34 2e3c-2e3e 2e40-2e41 2e43-2e4a 2e4c 2e4e-2e4f 2e5d 3000-3002 3005 3009 300b 300d 300f 3011 3015 "
        "3017 3019 301b-301c 301e-301f 303b-303c 3041 3043 3045 3047 3049 3063 3083 3085 3087 308e 3095-3096 "
        "309b-309e 30a0-30a1 30a3 30a5 30a7 30a9 30c3 30e3 30e5 30e7 30ee 30f5-30f6 30fb-30fe 31f0-31ff a015 "
        "a4fe-a4ff a60d a60f a6f3-a6f7 a8ce-a8cf a92e-a92f a9c7-a9c9 a9cf aa40-aa42 aa44-aa4b aa5d-aa5f aaf0-aaf1 "
        "abeb fe10-fe16 fe18 fe36 fe38 fe3a fe3c fe3e fe40 fe42 fe44 fe48 fe50 fe52 fe54-fe57 fe5a fe5c fe5e ff01 "
        "ff09 ff0c-ff0f ff1a-ff1b ff1f ff3d ff5d-ff5e ff60-ff61 ff63-ff65 ff67-ff70 ff9e-ff9f 16fe0-16fe3 1b132 "
        "1b150-1b152 1b155 1b164-1b167 1bc9f 1da87-1da8a 1f679-1f67b"
    ),
    "wide_opening": (
        "e40-e44 ec0-ec4 2329 3008 300a 300c 300e 3010 3014 3016 3018 301a 301d fe17 fe35 fe37 fe39 fe3b fe3d fe3f "
        "fe41 fe43 fe47 fe59 fe5b fe5d ff08 ff3b ff5b ff5f ff62"
    ),
    "ideograph": (
        "1b5c 1b61-1b6a 1b74-1b7c 2e80-2e99 2e9b-2ef3 2f00-2fd5 2ff0-2fff 3003-3004 3006-3007 3012-3013 3020-3029 "
        "3030-3034 3036-303a 303d-303f 3042 3044 3046 3048 304a-3062 3064-3082 3084 3086 3088-308d 308f-3094 309f "
        "30a2 30a4 30a6 30a8 30aa-30c2 30c4-30e2 30e4 30e6 30e8-30ed 30ef-30f4 30f7-30fa 30ff 3105-312f 3190-31e5 "
        "31ef 3200-321e 3220-3247 3250-4dbf 4e00-a014 a016-a48c a490-a4c6 a9c1-a9c6 a9ca-a9cd a9de-a9df aa5c "
        "f900-faff fe30-fe34 fe45-fe46 fe49-fe4f fe51 fe58 fe5f-fe66 fe68 fe6b ff02-ff03 ff06-ff07 ff0a-ff0b "
        "ff1c-ff1e ff20 ff3c ff3e-ff40 ff5c ff66 ff71-ff9d ffe2-ffe4 17000-187f7 18800-18aff 18d00-18d08 1b000-1b122 "
        "1b170-1b2fb 20000-2fffd 30000-3fffd"
    ),
    "dash": ("2010 2012-2015 2e3a-2e3b"),
}
"""Code points in hexadecimal, by where a line may break beside them (LineBreak.txt, EastAsianWidth.txt of Unicode 16).

`ideograph`     ID: a line may break on both sides
`closing`       CL, EX, NS, CJ of East Asia, and BA: a line may break after, and not before
`wide_opening`  OP of East Asia, vowels that are written before their syllable: before, and not after
`trailing`      CL, CP, EX, IS, SY, IN, PO, QU that ends (Pf): not before
`opening`       OP, PR, BB, QU that begins (Pi): not after
`glue`          GL, WJ, ZWJ, other QU: on neither side
`dash`          B2 and hyphens: after, between letters

Marks are found by their category. All others are letters, which break beside the others alone.
"""
_LETTERS = {
    "ideograph": "i", "closing": "c", "wide_opening": "w", "trailing": "n", "opening": "o", "glue": "g", "dash": "d",
}  # fmt: skip
_ASCII = {"n": "!%),-./:;?]|}", "o": "$(+[\\{", "g": "\"'"}
_MARKS = re.compile("[\u1160-\u11ff\u200c\u3035\ud7b0-\ud7fb]")
"""What belongs to the character before it, and is no mark by its category: a part of a Korean syllable, a joiner."""
_BREAKS = re.compile(
    "(?:(?<=[ic])|(?<=[ic]m)|(?<=[ic]mm))(?=[ia0xow])|(?=[iw])(?<![owg])(?<![owg]m)|(?:(?<=[ai0]d)|(?<=[ai0]dd))(?=a)"
)
"""Where a text may break, in the letters of its classes."""
_NEVER_BREAKS = re.compile("[^icwd]*+")
"""The letters of a text without ideographs, East Asian marks and dashes: most texts of other scripts."""


_MAX_MOVED_CHARS = 8
"""The most characters that move to the next line with one that cannot begin it."""


def break_places(text: str, begin: int = 1) -> list[int]:
    """Return where a line may break in a text without spaces: the indices of the characters that would begin a line."""
    letters = text.translate(_LETTER_OF)
    if _NEVER_BREAKS.fullmatch(letters):
        return []
    return [found.start() for found in _BREAKS.finditer(letters, begin)]


def last_place(text: str) -> int:
    """Return where to break a word that fits no line: before its last character, the first one that does not fit.

    If that begins no line, or the one before it ends none, some characters before it, where letters meet.
    """
    letters, last = text.translate(_LETTER_OF), len(text) - 1
    if letters[last] in "cn" or letters[last - 1] in "ow":
        for place in range(last - 1, max(0, last - _MAX_MOVED_CHARS), -1):
            if letters[place] in "aiow" and letters[place - 1] in "aicn0":
                return place
    return last


class _LetterTable(dict[int, str]):
    """The letter of each character's class, for `str.translate`; found when it is first asked for."""

    def __missing__(self, code: int) -> str:
        letter = self[code] = _letter(code)
        return letter


def _letter(code: int) -> str:
    at = bisect_right(_STARTS, code) - 1
    if at >= 0 and code <= _RANGES[at][1]:
        return _RANGES[at][2]
    char = chr(code)
    if category(char)[0] == "M" or _MARKS.match(char):
        return "m"
    return "a" if char.isalpha() else "0" if char.isdigit() else "x"


def _ranges(codes: str, letter: str) -> list[tuple[int, int, str]]:
    pairs = (item.partition("-") for item in codes.split())
    return [(int(first, 16), int(last or first, 16), letter) for first, _, last in pairs]


_RANGES = sorted(found for name, codes in _CLASSES.items() for found in _ranges(codes, _LETTERS[name]))
_STARTS = [first for first, _, _ in _RANGES]
_LETTER_OF = _LetterTable({ord(char): letter for letter, chars in _ASCII.items() for char in chars})
