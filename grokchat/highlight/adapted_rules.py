"""The rules of Pygments' lexers, changed where single lines, or the code that people write, need it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pygments.lexer import bygroups, using  # type: ignore[import-untyped]
from pygments.token import String  # type: ignore[import-untyped]

from grokchat.compat.pygments import Rule, rules_of
from grokchat.highlight.jsx import with_elements

_ESCAPING_STRING = r"E'(?:[^'\\]|\\.|'')*'"


def adapted_rules(lexer: Any) -> Mapping[str, list[Rule]]:
    """Return a lexer's rules by state."""
    rules = with_elements(lexer.name, rules_of(lexer))
    before = {
        "Haskell": _haskell,
        "PL/pgSQL": _postgresql,
        "PostgreSQL SQL dialect": _postgresql,
        "PowerShell": _powershell,
        "S": _s,
        "SQL": _sql,
    }.get(lexer.name)
    if not before:
        return rules
    return {**rules, **{state: [*more, *rules[state]] for state, more in before(lexer).items()}}


def _powershell(_: Any) -> Mapping[str, list[Rule]]:
    """Its own rule wants the newline before the closer, which belongs to the line before."""
    return {"heredoc-double": [_rule('^"@', String.Heredoc, -1)]}


def _s(_: Any) -> Mapping[str, list[Rule]]:
    """Its own rules for strings match up to the closer, which may be on another line."""
    return {
        f"string_{name}": [_rule(rf"(?:[^{quote}\\]|\\.)+\Z", String, None)]
        for name, quote in (("squote", "'"), ("dquote", '"'))
    }


def _haskell(_: Any) -> Mapping[str, list[Rule]]:
    """Let a string continue after a gap, from a backslash at the end of a line to one at the beginning of a line."""
    gap = [_rule(r"\\\s*\n\Z", String.Escape, None), _rule(r"^\s*\\", String.Escape, None)]
    return {"string": gap}


def _postgresql(_: Any) -> Mapping[str, list[Rule]]:
    """Strings with escapes."""
    return {"root": [_rule(_ESCAPING_STRING, String.Single, None)]}


def _sql(lexer: Any) -> Mapping[str, list[Rule]]:
    """PostgreSQL's strings: `E'it\\'s'`, and `$$it's$$`, which is code after AS and DO."""
    tag = r"\$(?P<tag>(?:[A-Za-z_]\w*)?)\$"
    code = bygroups(String, None, using(type(lexer)), String)
    return {
        "root": [
            _rule(rf"((?:(?<=\bAS )|(?<=\bDO )){tag})(.*?)(\$(?P=tag)\$)", code, None),
            _rule(rf"(?s){tag}.*?\$(?P=tag)\$", String, None),
            _rule(_ESCAPING_STRING, String.Single, None),
        ]
    }


def _rule(pattern: str, action: Any, new_state: Any) -> Rule:
    return re.compile(pattern, re.MULTILINE | re.IGNORECASE).match, action, new_state
