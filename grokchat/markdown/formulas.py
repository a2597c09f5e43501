r"""Where a text has a formula: `\(..\)`, `\[..\]`, `$$..$$` and `$..$` around what is certainly TeX.

The same marks are in prices, shell commands, regular expressions, paths and escaped Markdown: `$5 and $10`,
`${HOME}/bin:${PATH}`, `^foo$|^bar$`, `f\(x\)`, `\[1\]`. A formula loses its delimiters, so what is not certain is left
to Markdown: backslash escapes are resolved, dollars stand as written. Certain is

- a command that is known (`\frac`, `\alpha`), or an exponent or index: `x^2`, `a_{ij}`, but not `my_name` or `[^1]`,
- an equation, a sum, a call and the like of single letters and numbers: `E = mc`, `n-1`, `f(x)`; between `\[` and `\]`
  only with spaces, because `\[a-z\]` is an escaped bracket, and between `\(` and `\)` not what a range, choice or list
  may be (`a-z`, `y/n`, `1, 2`), unless with spaces,
- a single letter between dollars or `\(` and `\)`.

It is not a formula with a letter directly before it (`f\(x\)`, `US$5=C$7`), nor with a bracket of the same kind
(`\(a\)\(b\)` are groups), nor, between single dollars, if the text directly after it continues a name
(`$a$b`, `$x${y}`). Beyond that `$` follows pandoc's tex_math_dollars: no space inside of the
delimiters, and no digit after them.
"""
# ruff: noqa: RUF001 - the look-alikes are the point

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from unicodedata import category

from grokchat.markdown.expressions import Expression, parse_expression
from grokchat.markdown.tex_to_unicode import COMMANDS, FUNCTION_NAMES

MAX_DOLLAR_FORMULA_CHARS = 200
"""The longest formula between single dollars."""
FORMULA_ENDS = {"\\(": "\\)", "\\[": "\\]", "$$": "$$", "$": "$"}
"""The closing delimiter of each opening one."""

_OPENING = re.compile(r"\\[(\[]|\$\$?(?!\$)")
_MORE_COMMANDS = """
begin end binom dbinom tbinom cfrac choose over underbrace overbrace underline underset overset stackrel substack
boxed mathscr mathfrak mathsf mathit mathtt mathrel mathbin mathop mathord mathopen mathclose textit texttt textsf
mbox hbox hspace vspace tag notag label phantom cancel color textcolor not middle nolimits textstyle scriptstyle
nonumber xrightarrow xleftarrow overrightarrow overleftarrow uparrow downarrow updownarrow Uparrow Downarrow nearrow
searrow hookrightarrow rightsquigarrow leadsto longleftarrow longleftrightarrow Longrightarrow Longleftrightarrow
longmapsto because impliedby coloneqq triangleq asymp doteq models vdash dashv prec succ preceq succeq lesssim gtrsim
lll ggg leqslant geqslant nmid nleq ngeq nsubseteq sqsubseteq sqcup sqcap uplus wr bigcirc bigoplus bigotimes bigvee
bigwedge bigsqcup coprod square triangle diamond blacksquare complement smallsetminus vdots ddots hdots dotsb dotsc
dotsm dotsi acute grave breve check mathring sech csch arccot limsup liminf varlimsup varliminf injlim projlim wp beth
gimel digamma varkappa hslash hline cdotp ldotp colon vartriangle lhd rhd unlhd unrhd upsilon
"""
_COMMANDS = COMMANDS | frozenset(_MORE_COMMANDS.split())
"""Commands that only mathematics has. Those of text, such as `\\section`, are also found in prose about TeX."""
_NAMED_COMMAND = re.compile(r"\\([A-Za-z]{2,}\*?)(\s*\{)?")
_OTHER_ESCAPE = re.compile(r"\\(?:[A-Za-z](?![A-Za-z])|[0-9.?*+^<>/@\"'`~-])")
r"""What regular expressions have and mathematics does not: `\d`, `\1`, `\.`."""
_NESTED = re.compile(r"(?<!\\)\\[(\[]|`")
_SCRIPT = re.compile(
    r"(?:(?<![A-Za-z0-9\\_.])(?:[A-Za-z]'*|[A-Z]{2}(?=_\d))_|[)\]}]_|[A-Za-z0-9)\]}'|!]\^)"
    r"(?:\{|\\[a-z]|[A-Za-z](?![A-Za-z_])|-?[0-9]+(?![A-Za-z]{2})|[*+'-](?![\w({]))"
    r"|\A(?:\{\})?[_^]\{"
)
_GROUP = re.compile(r"\{[^{}]*\}")
_WORDS = re.compile(r"[A-Za-z]{2,}\s+[A-Za-z]{2,}\s+[A-Za-z]{2,}")
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}")
_CODE = re.compile(r"=[~=>]|->|!=|&&|\+\+|//|::|\?[:=!<]|[;\"@#]")
"""What is of a program."""
_PATH = re.compile(r"(?:\A[A-Za-z]:|\A\.\.?|(?<![\\\w.])(?=[\w.]*[A-Za-z]{2})[\w.]{3,})\\[A-Za-z]")
"""What is of a path, unless there are braces, spaces or exponents."""
_ESCAPES = {"\\|": "|", "\\{": "(", "\\}": ")", "\\%": "%", "\\,": " ", "\\;": " "}
"""Escapes whose meaning is certain once the rest is."""
_PROSE_BEGIN = re.compile(
    r"[A-Za-z]{2,}\s+[A-Za-z]{2,}|[0-9][^\s$]{0,6}\s+[A-Za-z]{2,}|\{(?![}\\])|[#@?!*)\]=<>/,.;:%&~]"
)
"""How text after a dollar begins if it is not a formula, whatever follows."""
_NO_FORMULA = re.compile(r"\s*(?:[-+*>#|`~]|\d+[.)])|.*(?:;|[\"`]|[A-Za-z]{3,}\s+[A-Za-z]{3,})")
"""A line of a block that is not a formula."""
_MULTIPLE = re.compile(r"\d+(?![KkMmBbTt]\b)[A-Za-z(]")
"""A number of something: `2n`, `3(x + 1)`; not a price in thousands or millions."""
_EDGES = re.compile(r"[\w(\[{|\\^+−-](?:.*[\w)\]}|'!%°′]|.*[_^][*+†-])?", re.DOTALL)
_JOINED_AFTER = frozenset("${(_@")
"""What continues a shell's or PHP's text directly after a variable: `$a${b}`, `$a$(c)`."""


def formula_at(text: str, at: int, stop: int) -> tuple[int, str] | None:
    """Return the end and the TeX of the formula that begins here; None if none does."""
    return formula_after_opening(text, at, stop) if may_begin_formula(text, at) else None


def formula_after_opening(text: str, at: int, stop: int) -> tuple[int, str] | None:
    """Return what `formula_at` does, where `may_begin_formula` is known to be true."""
    opening = text[at : at + 2] if text[at : at + 2] in FORMULA_ENDS else "$"
    closing, begin = FORMULA_ENDS[opening], at + len(opening)
    end = text.find(closing, begin, min(stop, at + MAX_DOLLAR_FORMULA_CHARS) if opening == "$" else stop)
    if end < 0:
        return None
    after = text[end + len(closing) : end + len(closing) + 1]
    written = text[begin:end]
    return (end + len(closing), written.strip()) if _is_certain(opening, written, after) else None


def may_begin_formula(text: str, at: int) -> bool:
    """Return whether more text could make a formula of the delimiter here, by what is before and directly after it."""
    opening = _OPENING.match(text, at)
    if opening is None:
        return False
    before, following = text[at - 1 : at], text[opening.end() : opening.end() + 1]
    if before.isdecimal() and following not in {"", "^", "\\"}:
        return False
    if (before and _is_letter(before)) or (opening[0][0] == "$" and before == "$"):
        return False
    if opening[0] == "\\(" and text[max(0, at - 2) : at] == "\\)":
        return False
    return opening[0] != "$" or not (following.isspace() or _PROSE_BEGIN.match(text, at + 1))


def begins_display(line: str, *, is_alone: bool) -> bool:
    r"""Return whether a line may begin a formula on lines of its own: `$$` or `\[`, with its text if it `is_alone`."""
    closing = FORMULA_ENDS.get(line[:2], "")
    return line[:2] in {"$$", "\\["} and (not line[2:].strip() or (is_alone and closing not in line[2:]))


def is_certain_display(lines: Sequence[str], *, is_cut: bool) -> bool:
    r"""Return whether a block that a line of `$$` or `\[` begins is certainly a formula.

    It may lack its end; `is_cut`: because the text ends there, so that it is one unless it has what formulas have not,
    if its beginning has a line of its own.
    """
    written = " ".join(line.strip() for line in lines).strip()
    opening = written[:2]
    tex = written[2:].removesuffix(FORMULA_ENDS[opening]).replace("\u00ad", "").strip()
    if FORMULA_ENDS[opening] in tex:
        return False
    if is_cut and tex and lines[0].strip() == opening and not any(_NO_FORMULA.match(line) for line in lines):
        return True
    return bool(tex) and _is_certain(opening, f" {tex} ", "", is_display=True)


def is_hopeless(text: str, begin: int) -> bool:
    """Return whether a formula whose end is not in the text cannot be one, by what is after its opening delimiter."""
    return _NESTED.search(text, begin) is not None


def _is_letter(char: str) -> bool:
    """Return whether a letter would be part of a word: of a script with spaces and two cases."""
    return category(char) in {"Lu", "Ll", "Lt"}


@lru_cache(maxsize=128)
def _is_certain(opening: str, written: str, after: str, *, is_display: bool = False) -> bool:
    tex = written.strip()
    if not tex or _NESTED.search(tex) or not _has_balanced_braces(tex):
        return False
    is_word_after = bool(after) and (_is_letter(after) or after.isdecimal())
    if opening == "$":
        is_tight = written == tex and "\n" not in tex and not tex.endswith("\\")
        is_joined = after in _JOINED_AFTER or (is_word_after and tex[:2] != "^\\")
        if not is_tight or is_joined or not _EDGES.fullmatch(tex):
            return False
    if opening == "\\[" and after == "(":
        return False  # an escaped label
    is_spaced = written[0].isspace() and written[-1].isspace()
    if _has_commands(tex) or _has_scripts(tex, is_loose=is_spaced or opening == "$$"):
        return True
    if opening == "\\(" and after == "\\":
        return False
    is_ordinal = opening == "\\(" and after == "t" and tex in {"i", "j", "k", "m", "n"}
    return (is_ordinal or not is_word_after) and _is_expression(opening, tex, is_spaced, is_display)


def _has_balanced_braces(tex: str) -> bool:
    depth = 0
    for char in re.sub(r"\\.", "", tex, flags=re.DOTALL):
        depth += (char == "{") - (char == "}")
        if depth < 0:
            return False
    return not depth


def _has_commands(tex: str) -> bool:
    """Return whether there are TeX commands, and none that looks like part of a path."""
    if _PATH.search(tex) and not re.search(r"[\s{}^]", tex):
        return False
    found = _NAMED_COMMAND.findall(tex.replace("\\\\", " "))
    known = [name.rstrip("*") in _COMMANDS for name, _ in found]
    return bool(found) and all(is_known or brace for is_known, (_, brace) in zip(known, found, strict=True))


def _has_scripts(tex: str, *, is_loose: bool) -> bool:
    """Return whether there is an exponent or index, and neither words nor what a regular expression has."""
    if not _SCRIPT.search(tex) or _OTHER_ESCAPE.search(tex) or tex.count("\\|") % 2:
        return False
    outside = _GROUP.sub("", _GROUP.sub("", tex))
    if outside.count("(") + outside.count("[") != outside.count(")") + outside.count("]"):
        return False
    if "|" in (outside[:1], outside[-1:]) and outside.count("|") % 2:
        return False
    if is_loose:
        return not _WORDS.search(outside)
    if _CODE.search(outside):
        return False
    return all(word in FUNCTION_NAMES or (len(word) == 3 and not word.islower()) for word in _WORD.findall(outside))


def _is_expression(opening: str, tex: str, is_spaced: bool, is_display: bool) -> bool:
    if is_spaced or opening == "$$":
        tex = tex.rstrip(".,;").replace("*", "·")
    has_escapes = "\\" in tex
    for escape, char in _ESCAPES.items() if has_escapes else ():
        tex = tex.replace(escape, char)
    expression = parse_expression(tex)
    if expression is None:
        return False
    if expression.name:
        size = len(expression.name)
        is_label = opening == "\\(" and is_spaced and size <= 4 and expression.name.isupper()
        return is_label or size <= (2 if is_display else opening != "\\[")
    if expression.is_number:
        return opening == "\\(" if is_spaced else opening == "$" and (has_escapes or not tex[0].isdecimal())
    is_short_enough = expression.longest_name <= (3 if expression.has_relation else 2 if is_spaced else 1)
    if not is_short_enough and (opening != "$" or expression.longest_name > 2 or not _is_product(expression)):
        return False
    is_certain = expression.has_relation or expression.has_sum
    if opening == "\\[":
        return is_spaced and is_certain
    if opening == "\\(":
        return is_certain or expression.has_brackets or is_spaced
    if opening != "$" or not tex[0].isdecimal():
        return True
    has_letters = bool(expression.longest_name)
    if expression.has_relation:
        return has_letters or expression.has_sum
    return has_letters and (expression.has_sum or _MULTIPLE.match(tex) is not None)


def _is_product(expression: Expression) -> bool:
    """Return whether two letters are rather a product than a name: in a sum or in brackets, `ax + b`, `O(nm)`."""
    return expression.has_sum or expression.has_brackets
