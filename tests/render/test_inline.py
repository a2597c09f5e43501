"""Inline Markdown as spans: styles, links, formulas, and where a growing text may be cut."""
# ruff: noqa: RUF001 - the letters are the point

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokchat.markdown.inline_parser import MAX_MARKUP_CHARS
from grokchat.render.inline import InlineRenderer, inline_spans
from grokchat.render.style import TerminalStyle

STYLE = TerminalStyle(background="dark")


def marked(text: str, style: TerminalStyle = STYLE) -> str:
    """Return spans as text, styled ones in braces."""
    return "".join(f"{{{'+'.join(styles)}:{part}}}" if styles else part for part, styles in inline_spans(text, style))


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("plain", "plain"),
        ("*a* **b** ~~c~~ `d`", "{emphasis:a} {strong:b} {strike:c} {code:d}"),
        ("***both***", "{emphasis+strong:both}"),
        ("5 * 3 and snake_case_name", "5 * 3 and snake_case_name"),
        ("Vec<T> <div>", "Vec<T> <div>"),
        ("[x](https://a.example)", "{link:x} ({url:https://a.example})"),
        ("[**x** y](https://a.example)", "{link+strong:x}{link: y} ({url:https://a.example})"),
        ("<https://a.example/%C3%A9>", "{link:https://a.example/%C3%A9}"),
        ("<me@a.example>", "{link:me@a.example}"),
        ("![x](p.png)", "{link:x} ({url:p.png})"),
        ("[1] and [^1]", "[1] and [^1]"),
        ("a\nb  \nc\\\nd", "a\nb\nc\nd"),
        ("&amp; &copy; &rlm;", "& © <U+200F>"),
        ("$5 and $10", "$5 and $10"),
        ("$5-$10, $HOME and $PATH_X", "$5-$10, $HOME and $PATH_X"),
        (r"\(x^2\)", "{math:x²}"),
        (r"\[a_1 * b * c\]", "{math:a₁ * b * c}"),
        ("$$\\alpha$$", "{math:α}"),
        ("$x_1$ and $a*b*c$", "{math:x₁} and $a{emphasis:b}c$"),
        (r"\(\weird{x}\)", r"{math:\(\weird{x}\)}"),
        (r"\( and \*", "( and *"),
        ("~~~", "~~~"),
        ("a<br>b <BR/>c<br />d</br>e", "a\nb\nc\nd\ne"),
        ("a<br>\nb <br>  c", "a\nb\nc"),
        ("**a<br>b** `<br>` \\<br> <break> <br", "{strong:a}\n{strong:b} {code:<br>} <br> <break> <br"),
    ],
)
def test_spans(text, spans):
    assert marked(text) == spans


def test_a_formula_stays_as_written_where_the_terminal_has_no_characters_for_it():
    assert marked(r"\(x^2\)", TerminalStyle("256", "ascii", background="dark")) == r"{math:\(x^2\)}"


def test_deleted_text_keeps_its_marks_where_it_is_not_struck_out():
    """In GNU screen, urxvt and the Linux console."""
    assert marked("~~a~~", TerminalStyle(has_strike=False)) == "~~{strike:a}~~"


@pytest.mark.parametrize(
    "style",
    [
        TerminalStyle("none"),
        TerminalStyle("bold", background="dark"),
        TerminalStyle("16", background="light"),
        TerminalStyle(),
    ],
)
def test_without_colors_the_marks_of_code_stay(style):
    """With `NO_COLOR`, without escape codes, and until the background is known."""
    assert marked("`a` ``a`b`` `` `c` `` ``` `` ```", style) == (
        "{code:`a`} {code:``a`b``} {code:`` `c` ``} {code:``` `` ```}"
    )


def test_nesting_without_end_is_shown_as_written():
    text = "x " + "*" * 700 + "a" + "*" * 700
    assert "".join(part for part, _ in inline_spans(text, STYLE)) == text


WORDS = [
    "word", "*em*", "**bold", "bold**", "*", "_x_", "a_b", "`code", "code`", "``", "[link", "](https://a.example)", "]",
    "(x)", "<https://a.example>", "<", "&amp;", "&", "\\", "\\*", "~~gone~~", "~~", "$x_1$", "$5", "$", "$$",
    "\\(x\\)", "\\(", "\\)", "!", "![pic](p.png)", "***", "__", "*a _b*", "**a *b c* d**", "漢字",
]  # fmt: skip
TEXTS = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from([" ", "\n", "", "  ", ". "])), max_size=30).map(
    lambda pairs: "".join(word + space for word, space in pairs).strip()
)


def flowing(text: str, cuts: list[int]) -> list[tuple[str, tuple[str, ...]]]:
    flow = InlineRenderer(STYLE)
    bounds = [0, *sorted({at % (len(text) + 1) for at in cuts}), len(text)]
    spans = [span for start, stop in pairwise(bounds) for span in flow.feed(text[start:stop])]
    return [(char, styles) for part, styles in spans + flow.rest() for char in part]


@given(TEXTS, st.lists(st.integers(0, 300), max_size=10))
def test_cutting_changes_no_meaning(text, cuts):
    """A paragraph in any chunks gives the spans of the whole."""
    whole = [(char, styles) for part, styles in inline_spans(text, STYLE) for char in part]
    assert [item for item in flowing(text, cuts) if item[0] != " "] == [item for item in whole if item[0] != " "]


@given(st.lists(st.tuples(TEXTS, st.sampled_from([" ", " word " * 150, "x" * 900])), min_size=2, max_size=8), st.data())
def test_a_long_paragraph_is_the_same_whatever_the_pieces(parts, data):
    """Chunks do not matter either where markup has been open for too long and is taken as written."""
    text = "".join(part + space for part, space in parts).strip()
    cuts = data.draw(st.lists(st.integers(0, max(1, len(text))), max_size=20))
    assert flowing(text, cuts) == flowing(text, [])


def test_markup_open_for_too_long_is_taken_as_written():
    flow = InlineRenderer(STYLE)
    assert flow.feed("*open " + "word " * (MAX_MARKUP_CHARS // 5 - 10)) == []
    assert flow.feed("word " * 20) != []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a **bo", "a {strong:bo}"),
        ("a **", "a"),
        ("a `co", "a {code:co}"),
        ("a `", "a"),
        ("a **b *c", "a {strong:b }{strong+emphasis:c}"),
        ("a ~~b", "a {strike:b}"),
        ("5 * 3", "5 * 3"),
        ("a<b", "a"),
        ("a<br /", "a"),
        ("a</b", "a"),
        ("a < ", "a <"),
    ],
)
def test_open_markup_is_shown_as_it_will_look(text, shown):
    flow = InlineRenderer(STYLE)
    flow.hold(text)
    spans = flow.rest(guess=True)
    assert "".join(f"{{{'+'.join(styles)}:{part}}}" if styles else part for part, styles in spans) == shown
