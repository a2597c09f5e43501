r"""Constructs that go on after their line, where Pygments has one rule for the whole of them.

A lexer that is given lines would take their openers for something else: they are looked for before it does. Whether an
opener is one, where it stands, is left to the rules of the lexer: they are tried with the closer behind it. Quotes are
looked for only where a string may go on: elsewhere, one slip would turn the rest of a block into a string.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from grokchat.highlight.engine import Engine, Marks


class Construct(NamedTuple):
    """What opens a construct and what closes it, which may depend on a tag in the opener."""

    opener: str
    closer: str
    """An example; the tag is at the braces."""

    lexers: str = ""
    """The names of the lexers that have it, all if empty."""

    pattern: str = ""
    """What finds the closer, if not the example."""

    def finder(self, tag: str) -> str:
        """Return the pattern of what closes an opener with the tag, itself a pattern."""
        return (self.pattern or re.escape(self.closer).replace(r"\{\}", "{}")).replace("{}", tag)


_MARKUP = "HTML|Vue|XML"
_UNESCAPED = r"(?<!\\)(?:\\\\)*"
_CONSTRUCTS = (
    Construct(r"/\*", "*/"),
    Construct(r'(?:^[ \t]*[bBrRuU]{0,2})?"""', '"""', "C#|Groovy|Python|Scala"),
    Construct(r"(?:^[ \t]*[bBrRuU]{0,2})?'''", "'''", "Groovy|Python"),
    Construct(r'b?r(?P<tag>#*)"', '"{}', "Rust"),
    Construct(r'@"', '"', "C#", r'"(?:"")*(?!")'),
    Construct(r"@'", "'@", "PowerShell", "^'@"),
    Construct(r"(?:--|#)?\[(?P<tag>=*)\[", "]{}]", "CMake|Lua|Luau"),
    Construct(r"""<<[-~]?[ ]*\\?["'`]?(?P<tag>[A-Za-z_]\w*)""", "{}", "Bash|Perl|Ruby|Terraform", r"^[ \t]*{}\b"),
    Construct(r"""<<<["']?(?P<tag>[A-Za-z_]\w*)""", "{}", "PHP", r"^[ \t]*{}\b"),
    Construct(r"^=begin\b", "=end", "Ruby", r"^=end\b.*"),
    Construct(r"^=[a-z]\w*", "=cut", "Perl", r"^=cut\b.*"),
    Construct(r"^[ \t]*```[ \t]*(?P<language>[\w-]*)", "```", "Markdown", r"^[ \t]*```[ \t]*$\n?"),
    Construct(r"<!--", "-->", _MARKUP),
    Construct(r"<!\[CDATA\[", "]]>", _MARKUP),
    Construct(r"<!(?=\w)", ">", _MARKUP),
    Construct(r"<\?", "?>", _MARKUP),
    Construct(r"`", "`", "Go"),
    Construct(r'"', '"', _MARKUP),
    Construct(r"'", "'", f"{_MARKUP}|Bash|Fish|PowerShell|SQL|Transact-SQL"),
    Construct(r'"', '"', "Clojure|Common Lisp|EmacsLisp|Perl|Scheme", _UNESCAPED + '"'),
    Construct(r"'", "'", "PHP|Perl", _UNESCAPED + "'"),
)

EMBEDDED = {
    "script-content": ("javascript", re.compile(r"(?i)(?=<\s*/\s*script\s*>)")),
    "style-content": ("css", re.compile(r"(?i)(?=<\s*/\s*style\s*>)")),
}
"""States of HTML's lexers in which another language is spoken, until when."""


class Openers:
    """What finds the openers, of a lexer's constructs, that are not closed on their line."""

    def __init__(self, lexer: str) -> None:
        self._constructs = [one for one in _CONSTRUCTS if not one.lexers or lexer in one.lexers.split("|")]
        patterns = (
            f"{one.opener}(?!.*{one.finder('(?P=tag)')})(?P<of{number}>)".replace("tag", f"tag{number}")
            for number, one in enumerate(self._constructs)
        )
        self.search = re.compile("|".join(patterns), re.MULTILINE).search

    def closer(self, opener: re.Match[str]) -> tuple[str, re.Pattern[str], str]:
        """Return an example of what closes an opener, the pattern that finds it, and the language in between."""
        groups = opener.groupdict("")
        number = str(opener.lastgroup)[2:]
        construct, tag = self._constructs[int(number)], groups.get("tag" + number, "")
        finder = re.compile(construct.finder(re.escape(tag)), re.MULTILINE)
        return construct.closer.replace("{}", tag), finder, groups.get("language", "")


class Region(NamedTuple):
    """A construct that is open: what closes it, and what the text in it is."""

    closer: re.Pattern[str]
    token: Any
    engine: Engine | None = None
    state: Any = None

    def feed(self, text: str, pos: int, marks: Marks) -> tuple[int, Region | None]:
        """Mark what belongs to the region and return where that ends, and the region if it is still open."""
        found = self.closer.search(text, pos)
        stop = found.start() if found else len(text)
        state = self.state
        if stop > pos and self.engine:
            inner, state = self.engine.feed(text[:stop], pos, state)
            marks += inner
        elif stop > pos:
            marks.append((pos, self.token))
        if not found:
            return stop, self._replace(state=state)
        if found.end() > stop:
            marks.append((stop, self.token))
        return found.end(), None
