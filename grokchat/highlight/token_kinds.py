"""The kinds of code that have a colour.

Pygments has some eighty types of tokens; a theme has fewer colours, and no reader tells more of them apart.
"""

from __future__ import annotations

from functools import cache
from typing import Any

_TYPES = {
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
"""Token types by their kinds; a type that is not named has its parent's."""

_KINDS = {name: kind for kind, names in _TYPES.items() for name in names.split()}

KINDS = frozenset({"", *_TYPES})
"""All kinds; the empty one is plain."""


@cache
def kind_of(token: Any) -> str:
    """Return the kind of a Pygments token type, None is plain."""
    while token:
        kind = _KINDS.get(".".join(token))
        if kind is not None:
            return kind
        token = token.parent
    return ""
