"""The kinds of tokens that have a colour.

Pygments has some eighty token types; a theme has fewer colours, and no reader can distinguish more.
"""

from __future__ import annotations

from functools import cache
from typing import Any

_TYPES_BY_KIND = {
    "comment": "Comment",
    "keyword": "Keyword Comment.Preproc Operator.Word",
    "string": "Literal.String Comment.PreprocFile",
    "number": "Literal.Number Literal.Date",
    "function": "Name.Function Name.Builtin Name.Decorator",
    "type": "Keyword.Type Name.Class Name.Exception",
    "constant": "Keyword.Constant Literal.String.Escape Literal.String.Interpol Literal.String.Symbol "
    "Name.Builtin.Pseudo Name.Constant Name.Entity Name.Variable.Magic",
    "tag": "Name.Tag",
    "attribute": "Name.Attribute",
    "inserted": "Generic.Inserted",
    "deleted": "Generic.Deleted Generic.Error",
    "heading": "Generic.Heading Generic.Subheading",
    "prompt": "Generic.Prompt",
    "output": "Generic.Output Generic.Traceback",
}
"""A type that is not listed has the kind of its parent."""

_KINDS_BY_TYPE = {name: kind for kind, names in _TYPES_BY_KIND.items() for name in names.split()}

KINDS = frozenset({"", *_TYPES_BY_KIND})
"""All kinds; the empty one is plain text."""


@cache
def kind_of(token: Any) -> str:
    """Return the kind of a Pygments token type; None is plain text."""
    while token:
        kind = _KINDS_BY_TYPE.get(".".join(token))
        if kind is not None:
            return kind
        token = token.parent
    return ""
