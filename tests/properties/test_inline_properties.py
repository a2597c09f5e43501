"""A growing paragraph has the nodes that a parser of whole texts finds, and is not parsed again and again."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grokchat.markdown import inline_grammar
from grokchat.markdown.inline_parser import MAX_MARKUP_CHARS
from grokchat.render.inline import InlineRenderer, inline_spans
from grokchat.render.stream import ReplyRenderer
from grokchat.render.style import TerminalStyle
from grokchat.render.wrap import Span

TERMINAL_STYLES = st.sampled_from(
    [TerminalStyle(background="dark"), TerminalStyle("none"), TerminalStyle("256", "ascii", background="dark")]
)
MARKS = [
    "*", "**", "***", "_", "__", "~", "~~", "~~~", "`", "``", "```", "[", "]", "(", ")", "](", "](a)", "](a b)", "![",
    "![x](", "<", ">", "<http://a.example>", "<a@b.example>", "&amp;", "&", "&#27;", "&nbsp;", "&rarr;", ";", "\\",
    "\\\\", "\\(", "\\)", "\\[", "\\]", "$", "$$", "$x$", "$5", "$a_1$", "\\(x\\)", "\\*", "\\`", '"', "'", "!", ".",
    ":", "|", "#", "'t'", "\\(x^2", "^", "=", "{", "}", "\\alpha ", "f\\(", "$\\beta$", "$$x$$", "<br>", "<br", "/>",
    "</br>",
]  # fmt: skip
WORDS = ["a", "b", "word", "x1", "_a_b", "漢", "。", "é", "\u3000", "\u00a0", "\u0301", "👩‍💻", "https://x.example"]
SPACES = [" ", " ", " ", "\n", "  ", "  \n", "\\\n", "\t"]


def _paragraph(parts: list[str]) -> str:
    """Join parts as `StreamParser` does: without empty lines, and no line begins with white space."""
    lines = "".join(parts).split("\n")
    return "\n".join(line.lstrip(" \t") for line in lines if line.strip(" \t")).rstrip(" \t")


FEW = st.lists(st.sampled_from(MARKS + WORDS), min_size=2, max_size=5, unique=True).flatmap(
    lambda few: st.lists(st.sampled_from([*few, " ", "\n"]), max_size=40)
)
PARAGRAPHS = (st.lists(st.sampled_from(MARKS + WORDS + SPACES), max_size=40) | FEW).map(_paragraph)
UNITS = st.sampled_from(["word ", "*em* ", "`c` ", "x", "漢", "a* ", "b\n"])
LONG = st.lists(
    st.tuples(st.sampled_from(MARKS), UNITS, st.integers(1, 900)),
    min_size=1,
    max_size=6,
).map(lambda parts: _paragraph([mark + word * times for mark, word, times in parts]))
CUTS = st.lists(st.integers(0, 9000), max_size=20)


def chars(spans: list[Span]) -> list[tuple[str, tuple[str, ...]]]:
    """Return each character with its elements, without white space at the end."""
    found = [(char, styles) for text, styles in spans for char in text]
    while found and found[-1][0] in " \t":
        found.pop()
    return found


def flowing(pieces: list[str], style: TerminalStyle) -> list[tuple[str, tuple[str, ...]]]:
    flow = InlineRenderer(style)
    return chars([span for piece in pieces for span in flow.feed(piece)] + flow.rest())


def pieces_of(text: str, cuts: list[int]) -> list[str]:
    bounds = [0, *sorted({at % (len(text) + 1) for at in cuts}), len(text)]
    return [text[start:stop] for start, stop in pairwise(bounds)]


@given(PARAGRAPHS.filter(lambda text: len(text) < MAX_MARKUP_CHARS), CUTS, TERMINAL_STYLES)
@example("**a *b c* d** e", [3, 7], TerminalStyle(background="dark"))
@example("[a *b](c) d* e", [8], TerminalStyle(background="dark"))
@example("$x_1 $ $5", [5], TerminalStyle(background="dark"))
def test_cutting_changes_no_meaning(text, cuts, style):
    """A text in any chunks gives the spans of the whole text."""
    text = style.encodable(text)  # as the stream does before it
    whole = chars(inline_spans(text, style))
    assert flowing(pieces_of(text, cuts), style) == whole
    assert flowing(list(text), style) == whole


@settings(max_examples=40)
@given(LONG, CUTS, TERMINAL_STYLES)
def test_a_long_paragraph_is_the_same_whatever_the_pieces(text, cuts, style):
    """Chunks do not matter either where markup has been open for too long and is taken as written."""
    text = style.encodable(text)
    assert flowing(pieces_of(text, cuts), style) == flowing([text], style)


@settings(max_examples=50)
@given(LONG | PARAGRAPHS, CUTS)
def test_held_text_is_bounded(text, cuts):
    flow = InlineRenderer(TerminalStyle(background="dark"))
    for piece in pieces_of(text, cuts):
        flow.feed(piece)
        assert len(flow._parser._text) <= MAX_MARKUP_CHARS


@given(PARAGRAPHS, TERMINAL_STYLES)
def test_every_letter_appears(text, style):
    """Every letter is shown, except of character references, link titles and formulas in Unicode."""
    if not any(mark in text for mark in "&($\\<"):
        text = style.encodable(text)
        shown = "".join(char for char, _ in flowing([text], style))
        assert [char for char in shown if char.isalnum()] == [char for char in text if char.isalnum()]


@given(PARAGRAPHS, PARAGRAPHS)
def test_a_guess_changes_nothing(text, more):
    """Showing open markup as if it were closed does not close it."""
    flow = InlineRenderer(TerminalStyle(background="dark"))
    spans = flow.feed(text)
    ahead = flow.copy()
    ahead.hold(more)
    ahead.rest(guess=True)
    flow.rest(guess=True)
    assert chars(spans + flow.feed(more) + flow.rest()) == flowing([text, more], TerminalStyle(background="dark"))


# -- work --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "unit",
    [
        "word ", "a **b** c ", "*open " + "word " * 1000, "`open word ", "[link](http://a.example/b) and ", "5 * 3 ",
        "snake_case ", "$x_1$ and ", "a & b < c ", "_a ", "[a ", "\\(x ", "$a ", "漢字。", "x" * 50 + " ", "**a*b ",
        "![a](b ", "a\nb ", "words.[[1]](https://a.example/b_(c)) ", "[[1]](https://a.example) ", "[[1 ", "[[1]](",
    ],
)  # fmt: skip
def test_a_long_paragraph_is_parsed_about_once(unit, monkeypatch):
    """Work is linear in a paragraph's length: each character is parsed a few times, not once a delta."""
    parse = inline_grammar._parsed.__wrapped__
    sizes: list[int] = []

    def counting(text, has_citations):
        sizes.append(len(text))
        return parse(text, has_citations)

    monkeypatch.setattr(inline_grammar, "_parsed", lru_cache(maxsize=64)(counting))
    text = (unit * (10_000 // len(unit) + 1))[:10_000]
    stream = ReplyRenderer(TerminalStyle(background="dark"), has_citations=True)
    for at in range(0, len(text), 16):
        stream.feed(text[at : at + 16])
        stream.commit(80)
    stream.close(80)
    assert sum(sizes) <= 4 * len(text)
    assert max(sizes, default=0) <= MAX_MARKUP_CHARS


@pytest.mark.parametrize("unit", ["a **b** c ", "*open ", "[a ", "`code ", "x", "漢字。"])
def test_a_frame_parses_only_open_text(unit, monkeypatch):
    """The cost of a frame does not grow with the paragraph."""
    parse = inline_grammar._parsed.__wrapped__
    sizes: list[int] = []

    def counting(text, has_citations):
        sizes.append(len(text))
        return parse(text, has_citations)

    monkeypatch.setattr(inline_grammar, "_parsed", lru_cache(maxsize=64)(counting))
    stream = ReplyRenderer(TerminalStyle(background="dark"))
    stream.feed(unit * (20_000 // len(unit)) + "end")
    stream.commit(80)
    sizes.clear()
    stream.tail(80, 9)
    assert sum(sizes) <= 2 * MAX_MARKUP_CHARS
