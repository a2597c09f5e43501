"""JSX: elements in JavaScript, whose text is text.

Pygments' rules take the text between tags for code, so that an apostrophe in it begins a string. Here an element that
begins where an expression may begin has states of its own: its tags, its text, and the expressions in braces.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pygments.lexer import bygroups  # type: ignore[import-untyped]
from pygments.token import Comment, Name, Operator, Punctuation, String, Text  # type: ignore[import-untyped]

from grokchat.compat.pygments import Rule

_MAX_INDENT = 60
_ALL = -1_000_000
"""The change of state that leaves all but the first."""
_NAME = r"[A-Za-z_$][\w.:$-]*"


def _after(before: str, most: int) -> str:
    """Return a pattern for `<` with this before it, and up to so much white space between: looking back has a width."""
    return "|".join(rf"(?<={before}\s{{{count}}}<)" for count in range(most + 1))


_AT_LINE = f"{_after('^', _MAX_INDENT)}|{_after('return', 2)}"
_OPENING = rf"<(?:{_AT_LINE}|{_after(r'[(,=?:&|{{;![]', 3)}|{_after('=>', 3)}|{_after('default', 2)})"
"""Not a comparison or a type argument: it begins a line, or follows what an expression follows."""
_OPENINGS = {"JavaScript": _OPENING, "JSX": _OPENING, "TSX": _OPENING, "TypeScript": f"<(?:{_AT_LINE})"}
"""What begins an element, by lexer. Blocks of JavaScript and TypeScript often have some; `x = <T>y` is a type there."""
_NO_ELEMENT = r"(?![A-Z0-9]*_[A-Z0-9_]*>)(?![\w.]+>\s*[;,)])(?![\w.]+\s+extends\b)(?![\w.]+,)(?![A-Z]\w?>\()"
"""Not `<YOUR_API_KEY>`, `<url>)`, or the parameters of a generic function."""
_TEXT = r"[^<{}\n]+"
_RECOVERY = r"^(?=(?:export|import|const|let|var|function|class|async|interface|type)\b.*[({=;]|//|/\*)"
"""What is a statement of the language and no text: the element was none, or was left open."""


def with_elements(lexer: str, rules: Mapping[str, list[Rule]]) -> Mapping[str, list[Rule]]:
    """Return the rules of a lexer with those of elements, if its language has them."""
    if lexer not in _OPENINGS:
        return rules
    root = [rule for rule in rules["root"] if not _pattern(rule).startswith(("<", "(<"))]
    expression = [
        _rule(r"\{", Punctuation, ("jsx-expression", "slashstartsregex")),
        _rule(r"\}", Punctuation, -1),
        *_openings(_OPENING),
        *root,
    ]
    text = [
        _rule(_RECOVERY, None, _ALL),
        _rule(_TEXT, Text, None),
        _rule(r"\n", Text, None),
        _rule(r"\{", Punctuation, ("jsx-expression", "slashstartsregex")),
        _rule(rf"(</)({_NAME})?(\s*>)", bygroups(Punctuation, Name.Tag, Punctuation), -1),
        _rule(r"<>", Punctuation, "jsx-text"),
        _rule(rf"(<)({_NAME})", bygroups(Punctuation, Name.Tag), "jsx-tag"),
        _rule(r"\}", Punctuation, _ALL),
    ]
    tag = [
        _rule(_RECOVERY, None, _ALL),
        _rule(r"\s+", Text, None),
        _rule("[;)]", Punctuation, _ALL),
        _rule(r"/\*(?s:.*?)\*/", Comment.Multiline, None),
        _rule(r"//.*", Comment.Single, None),
        _rule(r"/\s*>", Punctuation, -1),
        _rule(r">", Punctuation, ("#pop", "jsx-text")),
        _rule(r"<[^<>\n]*>", Text, None),
        _rule(r"\{", Punctuation, ("jsx-expression", "slashstartsregex")),
        _rule(r"=", Operator, None),
        _rule('"', String, "jsx-double"),
        _rule("'", String, "jsx-single"),
        _rule(r"[\w:.-]+", Name.Attribute, None),
    ]
    return {
        **rules,
        "root": [*_openings(_OPENINGS[lexer]), *root],
        "jsx-expression": expression,
        "jsx-text": text,
        "jsx-tag": tag,
        "jsx-double": [_rule(r'[^"]+', String, None), _rule('"', String, -1)],
        "jsx-single": [_rule("[^']+", String, None), _rule("'", String, -1)],
    }


def _openings(opening: str) -> list[Rule]:
    """Return the rules for what begins an element."""
    return [
        _rule(rf"{opening}>", Punctuation, "jsx-text"),
        _rule(rf"({opening})({_NO_ELEMENT}{_NAME})(?=[\s/>]|$)", bygroups(Punctuation, Name.Tag), "jsx-tag"),
    ]


def _rule(pattern: str, action: Any, new_state: Any) -> Rule:
    return re.compile(pattern, re.MULTILINE).match, action, new_state


def _pattern(rule: Rule) -> str:
    owner: Any = getattr(rule[0], "__self__", None)
    return str(getattr(owner, "pattern", ""))
