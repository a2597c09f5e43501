r"""Sanitizing: text from outside, made harmless for a terminal.

`visible` maps characters to marks, each by itself and its neighbours alone, so nothing can be split, nested or
reassembled around it. It lets printable text, tabs and newlines through. C0 controls are shown as pictures (`␛`), C1 as
`\x9b`, bidi controls and other invisible characters by number (`<U+202E>`). Joiners and variation selectors pass where
writing needs them: one, after a character that has such forms; a run of them could hide a text. This is for the screen
alone: files, requests and pipes keep the bytes.

A soft hyphen (U+00AD) and a zero-width space (U+200B) are shown by number too, except where a reply's prose is laid out
by `render/wrap`, which shows nothing or, where a line breaks at a soft hyphen, a hyphen. There they must stand between
two letters, as in writing. They never reach a terminal: most show a soft hyphen, kitty does not. In code, names and
commands, and in what is about to be sent, hiding them would deceive.
"""

from __future__ import annotations

import re

# Modules that the first prompt needs compile their patterns on first use.
_EMOJI = (
    "\xa9\xae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe\u2600-\u27bf\u2934\u2935\u2b05-\u2b55"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
"""Characters with an emoji form (emoji-variation-sequences.txt), with their blocks where those are mostly emoji."""
_IDEOGRAPHS = "\u2e80-\u2fdf\u3001-\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff1f"
_IDEOGRAPHS += "\U00020000-\U0003ffff"
"""Ideographs and their punctuation, whose variants have selectors (StandardizedVariants.txt, IVD)."""
_MATH = "\u2205-\u22ff\u2a00-\u2aff"
_MONGOLIAN = "\u1807\u1810-\u1819\u1820-\u18aa"
_JOINING = (
    "\u0600-\u061b\u061d-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u17b3\u17b6-\u180a\u1810-\u18af\u1900-\u1cff"
    "\ua800-\uabff\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00011fff\U0001e900-\U0001e95f"
)
"""Letters of scripts whose joining or conjuncts are controlled by joiners: Arabic, Syriac, those of India, ...

Characters that `_HIDDEN` shows by number are not among them: after its mark a joiner would be alone.
"""

_MAX_MARKS = 30
"""Combining marks in a row: more than any writing has (Stream-Safe Text Format, UAX #15)."""
_SYLLABLE_PART = "[\u1160-\u11ff\ud7b0-\ud7fb]"
_MARK_CHAR = "(?:[^\\w\\s\0-\u02ff]|[\u1160-\u11ff\ud7b0-\ud7fb])"
"""Candidates for marks: letters, digits and blanks are not, except parts of Korean syllables."""
_MARK_RUN = _MARK_CHAR + "{31}"

_HIDDEN = (
    "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,7}\U000e007f"  # a whole flag may keep its tags
    "|\r\n"
    "|[\x00-\x08\x0b-\x1f\x7f-\x9f\xad"
    "\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe03-\ufe0d\ufeff"
    "\ufff0-\ufffb\uffa0\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
    f"|[\ufe0e\ufe0f](?<![{_EMOJI}].)(?!(?<=[0-9#*].)\u20e3)"
    f"|[\ufe00-\ufe02](?<![{_IDEOGRAPHS}{_MATH}].)"
    f"|[\U000e0100-\U000e01ef](?<![{_IDEOGRAPHS}].)"
    f"|[\u180b-\u180d\u180f](?<![{_MONGOLIAN}].)"
    "|[\u200c\u200d](?:(?=[\u200c\u200d])"
    f"|(?<![{_JOINING}].)(?!(?<=\u200d)(?:(?<=[{_EMOJI}].)|(?<=[{_EMOJI}]\ufe0f.))[{_EMOJI}]))"
)


SOFT_HYPHEN, ZERO_WIDTH_SPACE = "\u00ad", "\u200b"
"""Where a word may be broken; in prose they are kept for `render/wrap`."""


def visible(text: str, *, keep_soft_hyphens: bool = False) -> str:
    """Return the text with everything that a terminal would obey or hide made visible. CR LF becomes a newline.

    With `keep_soft_hyphens`, those between two letters, and zero-width spaces there, are left for `render/wrap`, which
    removes them.
    """
    if text.isascii() and text.isprintable():
        return text
    return _with_short_runs(re.sub(_HIDDEN, _mark_or_soft_hyphen if keep_soft_hyphens else _mark, text), 0)


def with_soft_hyphens_marked(text: str) -> str:
    """Return text that is otherwise visible with its soft hyphens and zero-width spaces shown by number."""
    if text.isascii():
        return text
    return text.replace(SOFT_HYPHEN, "<U+00AD>").replace(ZERO_WIDTH_SPACE, "<U+200B>")


def _with_short_runs(text: str, marks_before: int) -> str:
    """Return the text with the marks of a run that no writing has shown by number; some marks are before it."""
    if text.isascii() or not (marks_before or re.search(_MARK_RUN, text)):
        return text

    def shorten(match: re.Match[str]) -> str:
        count, pieces = marks_before if not match.start() else 0, []
        for char in match[0]:
            count = count + 1 if _is_mark(char) else 0
            pieces.append(char if count <= _MAX_MARKS else f"<U+{ord(char):04X}>")
        return "".join(pieces)

    return re.sub(f"{_MARK_CHAR}+", shorten, text)


def _count_last_marks(text: str, marks_before: int) -> int:
    """Return how many marks there are in a row at the end of a text."""
    count = len(text)
    for number, char in enumerate(reversed(text)):
        if not _is_mark(char):
            return number
        if number > _MAX_MARKS:
            return number
    return count + marks_before


def _is_mark(char: str) -> bool:
    """Return whether a character is shown in the cell of the one before it: a combining mark, a part of a syllable."""
    from unicodedata import category

    return category(char) in {"Mn", "Me", "Mc", "Cf"} or re.match(_SYLLABLE_PART, char) is not None


def visible_line(text: str) -> str:
    """Return the text made visible and on one line, for names, titles and rows of lists."""
    return visible(text.replace("\r\n", "\n").replace("\n", "⏎").replace("\t", " "))


def _mark(match: re.Match[str]) -> str:
    char = match[0]
    if char == "\r\n":
        return "\n"
    if len(char) > 1:
        return char
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if 0x80 <= code <= 0x9F:
        return f"\\x{code:02x}"
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return f"<U+{code:04X}>"


def _mark_or_soft_hyphen(match: re.Match[str]) -> str:
    char, text, at = match[0], match.string, match.start()
    is_between = 0 < at < len(text) - 1 and text[at + 1].isalpha() and _ends_letter(text[at - 1])
    if is_between and char in (SOFT_HYPHEN, ZERO_WIDTH_SPACE):
        return char
    return _mark(match)


def _ends_letter(char: str) -> bool:
    from unicodedata import category

    return char.isalpha() or category(char) in {"Mn", "Mc"}


_UNDECIDED = (
    "(?:[\r\xad\u200b]|\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{,7}|[\u200c\u200d]"
    "|(?<=[0-9#*])[\ufe0e\ufe0f])\\Z"
)
"""A flag's code has at most seven letters, so the text held back does not grow with the input."""
_CONTEXT_CHARS = 2
"""The characters before one that may decide whether it is shown."""


class VisibleStream:
    """`visible` for text that arrives in pieces. However it is cut, the results together are `visible` of the whole.

    Only an end that the next piece decides is held back: a CR that may be half a newline, a flag that may get tags, a
    joiner that may join, a soft hyphen or a zero-width space that may precede a letter.
    """

    def __init__(self, *, keep_soft_hyphens: bool = False) -> None:
        self._mark = _mark_or_soft_hyphen if keep_soft_hyphens else _mark
        self._held = ""
        self._context = ""
        self._marks = 0

    def feed(self, text: str) -> str:
        """Add a piece and return the text that is decided, made visible."""
        text = self._held + text
        undecided = re.search(_UNDECIDED, self._context + text)
        cut = max(0, undecided.start() - len(self._context)) if undecided else len(text)
        self._held = text[cut:]
        return self._decide(text[:cut], self._held)

    def close(self) -> str:
        """Return the end that was held back."""
        held, self._held = self._held, ""
        return self._decide(held, "")

    def _decide(self, text: str, after: str) -> str:
        """Return a text made visible between what was before it and what comes after it."""
        begin, end = len(self._context), len(self._context) + len(text)
        whole = self._context + text + after
        self._context = whole[max(0, end - _CONTEXT_CHARS) : end]
        if text.isascii() and text.isprintable():
            self._marks = 0 if text else self._marks
            return text
        pieces, position = [], begin
        for match in re.compile(_HIDDEN).finditer(whole, begin):
            if match.start() >= end:
                break
            pieces += [whole[position : match.start()], self._mark(match)]
            position = match.end()
        shown = "".join((*pieces, whole[position:end]))
        marks, self._marks = self._marks, _count_last_marks(shown, self._marks)
        return _with_short_runs(shown, marks)
