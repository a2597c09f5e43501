r"""Constructs that continue after their line, where Pygments has one rule for the whole of them.

A lexer of single lines would mistake their openers for something else, so openers are searched for before it lexes.
The lexer's rules decide whether it is an opener in its place: they are tried with the closer after it. Quotes are
searched for only in languages whose strings may span lines: elsewhere a single mistake would turn the rest of a block
into a string.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from grokchat.highlight.line_lexer import LineLexer, Marks


class Construct(NamedTuple):
    """The opener and the closer of a construct; the closer may depend on a tag in the opener."""

    opener: str
    closer: str
    """An example; the tag is at the braces."""

    lexers: str = ""
    """The names of the lexers that have it, separated by `|`; all if empty."""

    closer_pattern: str = ""
    """The pattern of the closer, if the example itself is not enough."""

    language: str = ""
    """The language of the text in it, if that is code."""

    def pattern_of_closer(self, tag: str) -> str:
        """Return the closer's pattern for an opener with this tag, which is a pattern itself."""
        return (self.closer_pattern or re.escape(self.closer).replace(r"\{\}", "{}")).replace("{}", tag)


_MARKUP = "HTML|Vue|XML"
_JAVASCRIPT = "JavaScript|JSX|TSX|TypeScript"
_POSTGRESQL = "PostgreSQL SQL dialect|PL/pgSQL"
_UNESCAPED = r"(?<!\\)(?:\\\\)*"
_CONSTRUCTS = (
    Construct(r"/\*", "*/"),
    Construct(r'(?:^[ \t]*[bBrRuU]{0,2})?"""', '"""', "C#|Groovy|Python|Scala"),
    Construct(r"(?:^[ \t]*[bBrRuU]{0,2})?'''", "'''", "Groovy|Python"),
    Construct(r'b?r(?P<tag>#*)"', '"{}', "Rust"),
    Construct(r'(?:\$@|@\$?)"', '"', "C#", r'(?<!")"(?:"")*(?!")'),
    Construct(r'(?:u8|[uUL])?R"(?P<tag>[^()\\\s"]{0,16})\(', '){}"', "Arduino|C++|CUDA"),
    Construct(r"@'", "'@", "PowerShell", "^'@"),
    Construct(r"(?:--|#)?\[(?P<tag>=*)\[", "]{}]", "CMake|Lua|Luau"),
    Construct(r"""<<[-~]?[ ]*\\?["'`]?(?P<tag>[A-Za-z_]\w*)""", "{}", "Bash|Perl|Ruby|Terraform", r"^[ \t]*{}\b"),
    Construct(r"""<<<["']?(?P<tag>[A-Za-z_]\w*)""", "{}", "PHP", r"^[ \t]*{}\b"),
    Construct(r"^=begin\b", "=end", "Ruby", r"^=end\b.*"),
    Construct(r"^=[a-z]\w*", "=cut", "Perl", r"^=cut\b.*"),
    Construct(r"^[ \t]*```[ \t]*(?P<language>[^\s`]*)", "```", "Markdown", r"^[ \t]*```[ \t]*$\n?"),
    Construct(r"<!--", "-->", _MARKUP),
    Construct(r"<!\[CDATA\[", "]]>", _MARKUP),
    Construct(r"<!(?=\w)", ">", _MARKUP),
    Construct(r"<\?", "?>", _MARKUP),
    Construct(r"`", "`", "D|Go"),
    Construct(r"\$(?P<tag>(?:[A-Za-z_]\w*)?)\$", "${}$", _POSTGRESQL, language="postgresql"),
    Construct(r"\$(?P<tag>(?:[A-Za-z_]\w*)?)\$", "${}$", "SQL", language="sql"),
    Construct(r"'(?=(?:[^'\\\n]|\\.)*\\$)", "'", _JAVASCRIPT, _UNESCAPED + "'"),
    Construct(r'"(?=(?:[^"\\\n]|\\.)*\\$)', '"', _JAVASCRIPT, _UNESCAPED + '"'),
    Construct(r'"', '"', _MARKUP),
    Construct(r"'", "'", f"{_MARKUP}|Bash|Fish|PowerShell|SQL|Transact-SQL"),
    Construct(r'"', '"', "CMake"),
    Construct(r'"', '"', "Clojure|Common Lisp|EmacsLisp|Perl|Scheme", _UNESCAPED + '"'),
    Construct(r"'", "'", "PHP|Perl", _UNESCAPED + "'"),
)

EMBEDDED = {
    "script-content": ("javascript", re.compile(r"(?i)(?=<\s*/\s*script\s*>)")),
    "style-content": ("css", re.compile(r"(?i)(?=<\s*/\s*style\s*>)")),
}
"""States of the HTML lexers whose text is in another language, with that language and the pattern that ends it."""


class Openers:
    """Finds the openers of a lexer's constructs that are not closed on their line."""

    def __init__(self, lexer: str) -> None:
        self._constructs = [
            construct for construct in _CONSTRUCTS if not construct.lexers or lexer in construct.lexers.split("|")
        ]
        patterns = (
            f"{construct.opener}(?!.*{construct.pattern_of_closer('(?P=tag)')})(?P<of{number}>)".replace(
                "tag", f"tag{number}"
            )
            for number, construct in enumerate(self._constructs)
        )
        self.search = re.compile("|".join(patterns), re.MULTILINE).search

    def closer(self, opener: re.Match[str]) -> tuple[str, re.Pattern[str], str]:
        """Return an example of an opener's closer, the pattern that finds it, and the language between them."""
        groups = opener.groupdict("")
        number = str(opener.lastgroup)[2:]
        construct, tag = self._constructs[int(number)], groups.get("tag" + number, "")
        pattern = re.compile(construct.pattern_of_closer(re.escape(tag)), re.MULTILINE)
        return construct.closer.replace("{}", tag), pattern, construct.language or groups.get("language", "")


class OpenConstruct(NamedTuple):
    """A construct that is still open: its closer, and the token type or the lexer of the text in it."""

    closer: re.Pattern[str]
    token: Any
    lexer: LineLexer | None = None
    state: Any = None

    def feed(self, text: str, pos: int, marks: Marks) -> tuple[int, OpenConstruct | None]:
        """Mark the construct's text; return where that ends, and the construct if it is still open."""
        match = self.closer.search(text, pos)
        stop = match.start() if match else len(text)
        state = self.state
        if stop > pos and self.lexer:
            inner_marks, state = self.lexer.feed(text[:stop], pos, state)
            marks += inner_marks
        elif stop > pos:
            marks.append((pos, self.token))
        if not match:
            return stop, self._replace(state=state)
        if match.end() > stop:
            marks.append((stop, self.token))
        return match.end(), None
