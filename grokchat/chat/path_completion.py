"""Completion of file names: a single path as the rest of the line, several as in a shell, or a mention in a message.

The shell's grammar is that of POSIX (Shell Command Language, 2.2 Quoting) with quotes and backslashes. On Windows,
where a backslash separates folders, it is double quotes around a whole name.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from heapq import nsmallest

from grokchat.chat.fuzzy import MIN_FUZZY_CHARS, letters_in_order
from grokchat.environment import decode_native
from grokchat.records import mutable
from grokchat.render.sanitize import visible_line
from grokchat.system.files import expand_path
from grokchat.terminal.interface import Candidate

_SEPARATORS = frozenset({"/", os.sep})
_MAX_OFFERS = 1000
"""Matches offered, the first in alphabetical order; a menu shows ten at a time."""

IsCancelled = Callable[[], bool]
"""Returns whether the line has changed, so that nobody waits for the completions any more."""


def _never() -> bool:
    return False


def complete_path(text: str, is_cancelled: IsCancelled = _never) -> Iterator[Candidate]:
    """Yield the completions of a path that is the whole text."""
    base = 1 + max(text.rfind(separator) for separator in _SEPARATORS)
    for name, _ in _matching_names(text[:base], text[base:], is_cancelled):
        yield Candidate(name, len(text) - base)


def complete_shell_word(
    text: str, is_cancelled: IsCancelled = _never, *, posix: bool = sys.platform != "win32"
) -> Iterator[Candidate]:
    """Yield the completions of the last of several paths, in the quoting that was started."""
    word = _last_word(text, posix=posix)
    has_matches = False
    for name, _ in _matching_names(word.folder, word.beginning, is_cancelled):
        quoted = word.quoted(name, posix=posix)
        if quoted:
            has_matches = True
            yield Candidate(quoted, len(text) - word.base)
    if not has_matches and word.start:  # the text may be a single path with blanks in it
        yield from complete_path(text, is_cancelled)


def complete_mention(text: str, is_cancelled: IsCancelled = _never) -> Iterator[Candidate]:
    """Yield the completions of a mention, `@PATH` or `@"PATH`, also those that only have the letters typed."""
    typed = text.removeprefix("@").removeprefix('"')
    base = 1 + max(typed.rfind(separator) for separator in _SEPARATORS)
    for name, is_fuzzy in _matching_names(typed[:base], typed[base:], is_cancelled, fuzzy=True):
        path, is_folder = typed[:base] + name, name.endswith("/")
        if '"' in path:
            continue  # a mention has no way to write it
        if text.startswith('@"') or re.search(r"\s", path):
            path = f'"{path}' if is_folder else f'"{path}"'
        yield Candidate(f"@{path}", len(text), shown=name, suffix="" if is_folder else " ", is_fuzzy=is_fuzzy)


@mutable
class _Word:
    """The last word of a line.

    `start` is where it begins, `base` where its last path component does; `quote` is the open quote at the end of the
    line, `quote_at_base` the quote that was open at `base`. `folder` and `beginning` are the word without quoting.
    """

    start: int = 0
    base: int = 0
    quote: str = ""
    quote_at_base: str = ""
    folder: str = ""
    beginning: str = ""

    def add(self, char: str, position: int, quote: str) -> None:
        self.beginning += char
        if char in _SEPARATORS:
            self.folder, self.beginning = self.folder + self.beginning, ""
            self.base, self.quote_at_base = position + 1, quote

    def quoted(self, name: str, *, posix: bool) -> str:
        """Return the name in the word's quoting; "" if that is impossible."""
        if self.quote != self.quote_at_base or (self.quote == "'" and "'" in name):
            return ""
        if not self.quote:
            if posix:
                return re.sub(r"([^\w@%+=:,./~-])", r"\\\1", name)
            if not re.search(r"\s", name):
                return name
            if self.folder:
                return ""  # the quote would have to stand before what has been typed
            return f'"{name}' if name.endswith("/") else f'"{name}"'
        if self.quote == '"' and posix:
            name = re.sub(r'(["\\])', r"\\\1", name)
        return name if name.endswith("/") else name + self.quote


def _last_word(text: str, *, posix: bool) -> _Word:
    word, quote, position = _Word(), "", 0
    while position < len(text):
        char = text[position]
        if quote and char == quote:
            quote = ""
        elif not quote and char in "\"'":
            if not word.folder and not word.beginning:
                word.base, word.quote_at_base = position + 1, char
            quote = char
        elif posix and char == "\\" and quote != "'" and position + 1 < len(text):
            position += 1
            is_literal = quote and text[position] not in '"\\'
            word.add("\\" + text[position] if is_literal else text[position], position, quote)
        elif not quote and char.isspace():
            word = _Word(start=position + 1, base=position + 1)
        else:
            word.add(char, position, quote)
        position += 1
    word.quote = quote
    return word


def _matching_names(
    folder: str, typed: str, is_cancelled: IsCancelled, *, fuzzy: bool = False
) -> Iterator[tuple[str, bool]]:
    """Yield the names in a folder that begin with the typed text, in order; the names of folders end with a slash.

    With `fuzzy` those follow that begin with it in other letter case, and then those that have its letters in order;
    they are yielded with True. Hidden names match only if a dot was typed. Names that cannot be shown unchanged are
    left out. Nothing is yielded once `is_cancelled` returns true.
    """
    letters = letters_in_order(typed) if fuzzy and len(typed) >= MIN_FUZZY_CHARS else None

    def matches() -> Iterator[tuple[int, str, os.DirEntry[str]]]:
        for entry in entries:
            if is_cancelled():
                return
            name = decode_native(entry.name)
            quality = _quality(name, typed, letters)
            if quality is not None and (typed or not name.startswith(".")) and name == visible_line(name):
                yield quality, name, entry

    try:
        with os.scandir(expand_path(folder or ".")) as entries:
            best = nsmallest(_MAX_OFFERS, matches(), key=lambda match: match[:2])
    except (OSError, ValueError):
        return
    for quality, name, entry in best:
        if is_cancelled():
            return
        yield name + ("/" if _is_folder(entry) else ""), quality > 0


def _quality(name: str, typed: str, letters: re.Pattern[str] | None) -> int | None:
    """Return how well a name matches, from 0 for the best; None if it does not."""
    if name.startswith(typed):
        return 0
    if letters is None or name.startswith(".") != typed.startswith("."):
        return None
    if name.lower().startswith(typed.lower()):
        return 1
    return 2 if letters.match(name) else None


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False
