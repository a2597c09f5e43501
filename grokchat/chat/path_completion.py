"""Names of files in a line that is being typed: several as a shell takes them, or one that is the rest of the line.

The shell's way is that of POSIX (Shell Command Language, 2.2 Quoting) with quotes and backslashes; on Windows, where a
backslash stands between folders, with double quotes around a whole name.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator

from grokchat.records import mutable
from grokchat.render.sanitize import visible_line
from grokchat.system.files import expand_path
from grokchat.terminal.interface import Candidate

_SEPARATORS = frozenset({"/", os.sep})
_MOST = 5000
"""Entries of a folder that are looked at: more would keep a key waiting."""


def complete_path(text: str) -> Iterator[Candidate]:
    """Yield how a name that is all of the text could go on."""
    base = 1 + max(text.rfind(one) for one in _SEPARATORS)
    for name in _names(text[:base], text[base:]):
        yield Candidate(name, len(text) - base)


def complete_shell_word(text: str, *, posix: bool = sys.platform != "win32") -> Iterator[Candidate]:
    """Yield how the last of several names could go on, quoted as it was begun."""
    word = _last_word(text, posix=posix)
    found = False
    for name in _names(word.folder, word.beginning):
        written = word.written(name, posix=posix)
        if written:
            found = True
            yield Candidate(written, len(text) - word.base)
    if not found and word.start:  # what is typed may be one name with blanks
        yield from complete_path(text)


@mutable
class _Word:
    """The last word of a line: where it begins, where its last part does, and what it means."""

    start: int = 0
    base: int = 0
    quote: str = ""
    quote_at_base: str = ""
    folder: str = ""
    beginning: str = ""

    def add(self, char: str, at: int, quote: str) -> None:
        self.beginning += char
        if char in _SEPARATORS:
            self.folder, self.beginning = self.folder + self.beginning, ""
            self.base, self.quote_at_base = at + 1, quote

    def written(self, name: str, *, posix: bool) -> str:
        """Return the name as it is to be typed; nothing if it cannot be."""
        if self.quote != self.quote_at_base or (self.quote == "'" and "'" in name):
            return ""
        if not self.quote:
            if posix:
                return re.sub(r"([^\w@%+=:,./~-])", r"\\\1", name)
            if not re.search(r"\s", name):
                return name
            if self.folder:
                return ""  # the quote would have to stand before what is there
            return f'"{name}' if name.endswith("/") else f'"{name}"'
        if self.quote == '"' and posix:
            name = re.sub(r'(["\\])', r"\\\1", name)
        return name if name.endswith("/") else name + self.quote


def _last_word(text: str, *, posix: bool) -> _Word:
    word, quote, at = _Word(), "", 0
    while at < len(text):
        char = text[at]
        if quote and char == quote:
            quote = ""
        elif not quote and char in "\"'":
            if not word.folder and not word.beginning:
                word.base, word.quote_at_base = at + 1, char
            quote = char
        elif posix and char == "\\" and quote != "'" and at + 1 < len(text):
            at += 1
            literal = quote and text[at] not in '"\\'
            word.add("\\" + text[at] if literal else text[at], at, quote)
        elif not quote and char.isspace():
            word = _Word(start=at + 1, base=at + 1)
        else:
            word.add(char, at, quote)
        at += 1
    word.quote = quote
    return word


def _names(folder: str, beginning: str) -> Iterator[str]:
    """Yield the names in a folder that begin so, those of folders with a slash at their end."""
    try:
        entries = sorted(os.scandir(expand_path(folder or ".")), key=lambda entry: entry.name)
    except (OSError, ValueError):
        return
    for entry in entries[:_MOST]:
        # A name that could not be shown as it is cannot be offered as it is.
        if (
            entry.name.startswith(beginning)
            and (beginning or not entry.name.startswith("."))
            and entry.name == visible_line(entry.name)
        ):
            yield entry.name + ("/" if _is_folder(entry) else "")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False
