"""Completion of file names: a single path as the rest of the line, or several as in a shell.

The shell's grammar is that of POSIX (Shell Command Language, 2.2 Quoting) with quotes and backslashes. On Windows,
where a backslash separates folders, it is double quotes around a whole name.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from heapq import nsmallest

from grokchat.environment import decode_native
from grokchat.records import mutable
from grokchat.render.sanitize import visible_line
from grokchat.system.files import expand_path
from grokchat.terminal.interface import Candidate

_SEPARATORS = frozenset({"/", os.sep})
_MAX_OFFERS = 1000
"""Matches offered, the first in alphabetical order; a menu shows ten at a time."""


def complete_path(text: str) -> Iterator[Candidate]:
    """Yield the completions of a path that is the whole text."""
    base = 1 + max(text.rfind(separator) for separator in _SEPARATORS)
    for name in _matching_names(text[:base], text[base:]):
        yield Candidate(name, len(text) - base)


def complete_shell_word(text: str, *, posix: bool = sys.platform != "win32") -> Iterator[Candidate]:
    """Yield the completions of the last of several paths, in the quoting that was started."""
    word = _last_word(text, posix=posix)
    has_matches = False
    for name in _matching_names(word.folder, word.beginning):
        quoted = word.quoted(name, posix=posix)
        if quoted:
            has_matches = True
            yield Candidate(quoted, len(text) - word.base)
    if not has_matches and word.start:  # the text may be a single path with blanks in it
        yield from complete_path(text)


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


def _matching_names(folder: str, beginning: str) -> Iterator[str]:
    """Yield the names in a folder with this beginning, in order; the names of folders end with a slash.

    Hidden names match only a beginning that is not empty. Names that cannot be shown unchanged are left out.
    """
    try:
        with os.scandir(expand_path(folder or ".")) as entries:
            matches = nsmallest(
                _MAX_OFFERS,
                (
                    entry
                    for entry in entries
                    if (name := decode_native(entry.name)).startswith(beginning)
                    and (beginning or not name.startswith("."))
                    and name == visible_line(name)
                ),
                key=lambda entry: entry.name,
            )
    except (OSError, ValueError):
        return
    for entry in matches:
        yield decode_native(entry.name) + ("/" if _is_folder(entry) else "")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False
