"""Languages by the names that fences give them.

A name that says nothing is plain text; no lexer is guessed from the code, and plug-ins are not looked for.
"""

from __future__ import annotations

import re
from functools import cache

from grokchat.highlight.engine import Engine, Lines

_PLAIN = frozenset({"", "text", "plaintext", "plain", "txt", "none", "raw", "ascii", "log", "csv", "tsv"})

_NAMES = """
bashrc=bash cc=cpp cjs=javascript cs=csharp dotenv=bash env=bash ex=elixir gradle=groovy h=c hh=cpp hpp=cpp hs=haskell
htm=html jl=julia jsonc=json jsonl=json kts=kotlin mjs=javascript ml=ocaml mts=typescript node=javascript patch=diff
ps=powershell py3=python shellsession=console svelte=html svg=xml terminal=bash yml=yaml
"""
_ALIASES = dict(pair.split("=") for pair in _NAMES.split())
"""What fences say, where Pygments has another name."""

_UNFIT = {"Maple", "XQuery"}
"""Lexers that take for ever over some lines, or remember the lines of others."""

_PYTHON = re.compile(r"(>>>(?: |$))")

_NESTED = 2
"""How often a language may be inside another."""


def engine(language: str, depth: int = 0) -> Engine | None:
    """Return what lexes the language, None for plain text."""
    name = language.lower()
    if name in _PLAIN or depth > _NESTED:
        return None
    name = _ALIASES.get(name, name)
    return _made(name, depth) if name in _names() else None


@cache
def _names() -> frozenset[str]:
    """Return the names of the lexers that Pygments itself has."""
    from pygments.lexers import get_all_lexers  # type: ignore[import-untyped]

    lexers = get_all_lexers(plugins=False)
    return frozenset(alias.lower() for name, aliases, _, _ in lexers if name not in _UNFIT for alias in aliases)


@cache
def _made(name: str, depth: int) -> Engine:
    """Return the engine of one of the names."""
    from pygments.lexer import RegexLexer  # type: ignore[import-untyped]
    from pygments.lexers import get_lexer_by_name
    from pygments.lexers.shell import ShellSessionBaseLexer  # type: ignore[import-untyped]

    from grokchat.highlight.consoles import Console
    from grokchat.highlight.pygments_lines import PygmentsLineLexer

    lexer = get_lexer_by_name(name)
    if isinstance(lexer, RegexLexer):
        return PygmentsLineLexer(lexer, lambda inner: engine(inner, depth + 1))
    if lexer.name == "Python console session":
        return Console(_PYTHON, "...", _made("python", depth), _made("pytb", depth))
    if isinstance(lexer, ShellSessionBaseLexer):
        # their own words for it are private
        prompt, more, command = lexer._ps1rgx, lexer._ps2, lexer._innerLexerCls  # noqa: SLF001
        return Console(prompt, more, _made(command.aliases[0], depth))
    return Lines(lexer)
