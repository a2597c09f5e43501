"""Formulas that need no TeX: `E = mc`, `n-1`, `f(x) > 0`. They are only recognised, with their parts."""
# ruff: noqa: RUF001 - the look-alikes are the point

from __future__ import annotations

import re
from typing import NamedTuple

from grokchat.markdown.tex_to_unicode import FUNCTION_NAMES

_KINDS = re.compile(
    r"(?P<_>\s+)|(?P<n>(?:\d+[.,]|\.)*\d+%?)|(?P<a>[A-Za-z\u0391-\u03c9]+)|(?P<s>[+±])|(?P<p>[×·÷⋅])|(?P<m>[-−])|(?P<l>[/,:])"
    r"|(?P<r>[=<>≤≥≠≈≡∈→])|(?P<o>[(\[])|(?P<c>[)\]])|(?P<b>\|)|(?P<q>['′!²³])"
)
"""Tokens by kind: space, number, name, sign, product, minus, loose operator, relation, brackets, bar, and what follows
an operand. A name that is a function's is `f`."""
_OPERAND = "(?:[sm]?(?:f_?|o_?))*[sm]?(?:n?a|n)q*(?:_?cq*)*"
_EXPRESSION = re.compile(f"{_OPERAND}(?:(?:_?[rspml]_?|(?<=[nqc])(?=[ao])|(?<=a)(?=o)){_OPERAND})*")
"""Operands with operators between them, or side by side where that is a product or a call: `2(x + 1)`, `f(x)`."""
_SUM = re.compile(r"(?<=[^_osm])_?[sp]|_m_|am(?=n)|nm(?=a)|cm|m(?=o)(?<!\Am)")


class Expression(NamedTuple):
    """What a formula without TeX consists of.

    `name` is the name if there is nothing else. `longest_name` counts the letters of the longest one that is not the
    name of a function such as `sin`. A relation is `=` or `<`. A sum has an operator that a range (`a-z`), a choice
    (`y/n`) and a list have not. `has_brackets` may be a call.
    """

    name: str
    is_number: bool
    longest_name: int
    has_relation: bool
    has_sum: bool
    has_brackets: bool


def parse_expression(text: str) -> Expression | None:
    """Parse operands with operators between them; return None if the text is anything else."""
    kinds, names = "", []
    at, depth, is_in_bars = 0, 0, False
    while at < len(text):
        match = _KINDS.match(text, at)
        if match is None:
            return None
        at = match.end()
        kind = match.lastgroup or ""
        if kind == "b":
            if not is_in_bars and depth and kinds.rstrip("_")[-1:] in {"a", "n", "c", "q"}:
                kind = "l"  # a condition: P(A|B)
            else:
                is_in_bars = not is_in_bars
                kind = "o" if is_in_bars else "c"
        if kind == "a":
            kind = "f" if match[0] in FUNCTION_NAMES else "a"
            names += [match[0]] if kind == "a" else []
        depth += (kind == "o") - (kind == "c")
        kinds += kind
        if depth < 0:
            return None
    if depth or not _EXPRESSION.fullmatch(kinds):
        return None
    return Expression(
        name=text if kinds == "a" else "",
        is_number=kinds.lstrip("sm") == "n",
        longest_name=max(map(len, names), default=0),
        has_relation="r" in kinds,
        has_sum=_SUM.search(kinds) is not None,
        has_brackets="o" in kinds,
    )
