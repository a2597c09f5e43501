"""The private names of Pygments, each with the reason for it and the effect if it is gone.

Pygments' lexers want the whole text; code on the screen arrives line by line and its colours never change. So the state
machines of the lexers are run in `highlight.pygments_lines`, and their rules are reachable through private names only.

Pygments has no upper bound for that: if one of these names is gone or has another shape, the functions here raise one
of the errors that `highlight.highlighter` catches, and the code is shown without colours, every character of it.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from pygments.lexer import ExtendedRegexLexer, LexerContext, RegexLexer  # type: ignore[import-untyped]
from pygments.token import Token  # type: ignore[import-untyped]

Match = Callable[[str, int], re.Match[str] | None]
Rule = tuple[Match, Any, Any]
"""The bound `match` of a pattern, the action (a token type, a callback or None), and the change of state."""

TokenType: type = type(Token)
"""The class of token types, whose own name is private."""

_ALL_TEXT: Match = re.compile("(?s).+").match


def rules_of(lexer: RegexLexer) -> Mapping[str, list[Rule]]:
    """Return a lexer's compiled rules by state.

    `_tokens`: what `RegexLexer.get_tokens_unprocessed` runs over. `tokens`, the public declaration, has includes,
    inheritance and word lists in it that only a private method resolves. Gone: code is plain.
    """
    rules: Mapping[str, list[Rule]] = lexer._tokens  # noqa: SLF001
    for match, _action, _new_state in rules["root"]:
        if not callable(match):
            raise TypeError("a rule does not begin with a function that matches")
    return rules


class TokenFilter:
    """A lexer's own `get_tokens_unprocessed`, which changes the types of some names among the tokens of its rules.

    `_tokens` again: a copy of the lexer has one rule that matches everything and yields the given
    tokens. Gone: code in the languages of such lexers is plain.
    """

    def __init__(self, lexer: RegexLexer) -> None:
        list(lexer.get_tokens_unprocessed(""))  # sets the attributes that its callbacks read
        self._lexer = copy.copy(lexer)

    def apply(self, text: str, tokens: Iterable[tuple[int, Any, str]]) -> Iterable[tuple[int, Any, str]]:
        """Return the filtered tokens of a text."""
        self._lexer._tokens = {"root": ((_ALL_TEXT, lambda *_: tokens, None),)}  # noqa: SLF001
        filtered: Iterable[tuple[int, Any, str]] = self._lexer.get_tokens_unprocessed(text)
        return filtered


def has_token_filter(lexer: RegexLexer) -> bool:
    """Return whether a lexer changes the tokens that its rules find."""
    return type(lexer).get_tokens_unprocessed is not RegexLexer.get_tokens_unprocessed


def new_context(lexer: RegexLexer) -> Any:
    """Return the context that a lexer's callbacks read and change, None if they have none.

    `YamlLexerContext` is not in its module's `__all__`. Gone: YAML is plain.
    """
    if not isinstance(lexer, ExtendedRegexLexer):
        return None
    if lexer.name != "YAML":
        return LexerContext("", 0)
    from pygments.lexers.data import YamlLexerContext  # type: ignore[import-untyped]

    return YamlLexerContext("", 0)


class Shell(NamedTuple):
    """A shell session: the pattern of its prompt, the prompt of further lines, and the alias of its language."""

    prompt: re.Pattern[str]
    continuation: str
    language: str


def shell_of(lexer: Any) -> Shell | None:
    """Return the prompts and the language of a lexer for shell sessions, None for another lexer.

    `_ps1rgx`, `_ps2`, `_innerLexerCls`: such a lexer reads whole sessions, and has its prompts under these names
    only. `ShellSessionBaseLexer` is not in its module's `__all__`. Gone: shell sessions are plain.
    """
    from pygments.lexers.shell import ShellSessionBaseLexer  # type: ignore[import-untyped]

    if not isinstance(lexer, ShellSessionBaseLexer):
        return None
    return Shell(lexer._ps1rgx, lexer._ps2, lexer._innerLexerCls.aliases[0])  # noqa: SLF001
