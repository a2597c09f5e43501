"""Languages by their names in fences.

An unknown name is plain text: no language is guessed from the code. Plug-ins of Pygments are not used.
"""

from __future__ import annotations

import re
from functools import cache

from grokchat.highlight.line_lexer import LineLexer, StatelessLexer

_PLAIN = frozenset({"", "text", "plaintext", "plain", "txt", "none", "raw", "ascii", "log", "csv", "tsv"})

_NAMES = """
bashrc=bash cc=cpp cjs=javascript cs=csharp dotenv=bash env=bash ex=elixir gradle=groovy h=c hh=cpp hpp=cpp hs=haskell
htm=html jl=julia jsonc=json jsonl=json kts=kotlin mjs=javascript ml=ocaml mts=typescript node=javascript patch=diff
ps=powershell py3=python shellsession=console svelte=html svg=xml terminal=bash yml=yaml
"""
_ALIASES = dict(pair.split("=") for pair in _NAMES.split())
"""Names in fences that Pygments does not know."""

_UNUSABLE = {"Maple", "XQuery"}
"""Lexers that never finish some lines, or that remember the lines of other texts."""

_PYTHON_PROMPT = re.compile(r"(>>>(?: |$))")

_MAX_NESTED_LANGUAGES = 2


def line_lexer(language: str, depth: int = 0) -> LineLexer | None:
    """Return the lexer of a language, None for plain text; `depth` is the number of languages around it."""
    name = language.lower()
    if name in _PLAIN or depth > _MAX_NESTED_LANGUAGES:
        return None
    name = _ALIASES.get(name, name)
    return _new_line_lexer(name, depth) if name in _pygments_names() else None


@cache
def _pygments_names() -> frozenset[str]:
    """Return the names of the lexers that Pygments itself has."""
    from pygments.lexers import get_all_lexers  # type: ignore[import-untyped]

    lexers = get_all_lexers(plugins=False)
    return frozenset(alias.lower() for name, aliases, _, _ in lexers if name not in _UNUSABLE for alias in aliases)


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
