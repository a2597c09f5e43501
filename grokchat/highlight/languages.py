"""Languages by what fences say (`fence_names`).

An unknown name is plain text: no language is guessed from the code. Plug-ins of Pygments are not used.
"""

from __future__ import annotations

import re
from functools import cache

from grokchat.highlight.fence_names import PLAIN, find_language
from grokchat.highlight.line_lexer import LineLexer, StatelessLexer

_UNUSABLE = {"Maple", "XQuery"}
"""Lexers that never finish some lines, or that remember the lines of other texts."""

_PYTHON_PROMPT = re.compile(r"(>>>(?: |$))")

_MAX_NESTED_LANGUAGES = 2


def line_lexer(info: str, depth: int = 0) -> LineLexer | None:
    """Return the lexer of the language that a fence names, None for plain text; `depth` is the number around it."""
    if info.lower() in PLAIN or depth > _MAX_NESTED_LANGUAGES:
        return None
    language = find_language(info, *_pygments_names())
    return _new_line_lexer(language, depth) if language else None


@cache
def _pygments_names() -> tuple[frozenset[str], dict[str, str]]:
    """Return the names of the lexers that Pygments itself has, and the first name for each pattern of file names."""
    from pygments.lexers import get_all_lexers  # type: ignore[import-untyped]

    names: set[str] = set()
    files: dict[str, str] = {}
    for name, aliases, patterns, _ in get_all_lexers(plugins=False):
        if name not in _UNUSABLE and aliases:
            names.update(alias.lower() for alias in aliases)
            for pattern in patterns:
                files.setdefault(pattern.lower(), aliases[0].lower())
    return frozenset(names), files


@cache
def _new_line_lexer(name: str, depth: int) -> LineLexer:
    from pygments.lexer import RegexLexer  # type: ignore[import-untyped]
    from pygments.lexers import get_lexer_by_name

    from grokchat.compat.pygments import shell_of
    from grokchat.highlight.consoles import ConsoleLexer
    from grokchat.highlight.pygments_lines import PygmentsLineLexer

    lexer = get_lexer_by_name(name)
    if isinstance(lexer, RegexLexer):
        return PygmentsLineLexer(lexer, lambda inner: line_lexer(inner, depth + 1))
    if lexer.name == "Python console session":
        return ConsoleLexer(_PYTHON_PROMPT, "...", _new_line_lexer("python", depth), _new_line_lexer("pytb", depth))
    if shell := shell_of(lexer):
        return ConsoleLexer(shell.prompt, shell.continuation, _new_line_lexer(shell.language, depth))
    return StatelessLexer(lexer)
