"""The work on a reply is linear in its length, whatever it consists of: counted in what is parsed and measured."""

from __future__ import annotations

import pytest

from grokchat.markdown import inline_grammar
from grokchat.markdown.inline_parser import MAX_MARKUP_CHARS, InlineParser
from grokchat.render import width_data
from grokchat.render.cells import cell_width, grapheme_clusters
from grokchat.render.sanitize import VisibleStream, visible
from grokchat.render.stream import ReplyRenderer
from grokchat.render.style import TerminalStyle
from grokchat.render.wrap import wrap_text

MARKUP = [
    "[", "![", "[[", "]", "[]", "[](", "[a]", "[a](", "[a](b", "[a](<b", "![a](", "*", "**", "*a ", "**a *a",
    "***a ", "a*", "*a_ ", "*a**b ", "_", "__a ", "_a_ ", "*[", "[*a](b)", "**[a](b)", "`", "``a`", "*`",
    "`[", "<", "<a", "<!--", '<a href="', "<a@b.c", "<http:", "&", "&#", "&#x", "&amp", "\\(", "\\(a", "\\[",
    "$", "$a", "$$", "$x_{", "\\", "~~", "~~a ", "~", "|", "word ", "https://a/(", "**a *a\n", "a** b** *c",
]  # fmt: skip
CLUSTERS = [
    "\u0301", "e\u0301", "\u0e33", "\u0e01\u0e34", "\u1161", "\u1100\u1161", "\u0915\u094d",
    "\u0915\u094d\u200d", "\U0001f468\u200d", "\U0001f468", "\U0001f1e9", "\U0001f3fd", "\u6f22",
    "\u6f22\ufe00", "\ufe0f", "\U0001f600\ufe0f", "1\ufe0f\u20e3", "\U0001f3f4\U000e0067", "\U000e0067",
    "\u200d", "\u202e", "\u0900", "\u20dd", "\u093e", "\u0488",
]  # fmt: skip
CHUNK_CHARS = 1000


def parsed_chars(monkeypatch, text: str, *, has_citations: bool = False) -> int:
    """Return how many characters are parsed when a paragraph streams in, laid out after each chunk."""
    count = 0
    parse = inline_grammar._parsed.__wrapped__

    def counted(part: str, has_citations: bool) -> object:
        nonlocal count
        count += len(part)
        return parse(part, has_citations)

    monkeypatch.setattr(inline_grammar, "_parsed", counted)
    parser = InlineParser(has_citations=has_citations)
    for at in range(0, len(text), CHUNK_CHARS):
        parser.feed(text[at : at + CHUNK_CHARS])
        parser.copy().rest(guess=True)
    parser.rest()
    return count


@pytest.mark.parametrize("pattern", MARKUP)
def test_markup_is_parsed_a_few_times(monkeypatch, pattern):
    """For each chunk, the open part is parsed, which has a limit: not once for each place where it could be cut."""
    size = 2 * MAX_MARKUP_CHARS
    count = parsed_chars(monkeypatch, (pattern * size)[:size])
    assert count <= 4 * MAX_MARKUP_CHARS * (size // CHUNK_CHARS)


@pytest.mark.parametrize("pattern", ["[[1]](a:", "[[1]](a:b)", "[[1]](a:b) ", "![[1]](javascript:*", "[[1]](a:(_"])
def test_markers_are_parsed_a_few_times(monkeypatch, pattern):
    """Markers of sources, ended or not, hold no more back than other markup."""
    size = 2 * MAX_MARKUP_CHARS
    count = parsed_chars(monkeypatch, (pattern * size)[:size], has_citations=True)
    assert count <= 4 * MAX_MARKUP_CHARS * (size // CHUNK_CHARS)


@pytest.mark.parametrize("pattern", CLUSTERS)
def test_clusters_and_lines_are_bounded(pattern):
    """Whatever does not take a cell of its own cannot make a cluster or a line that grows with the text."""
    text = "a" + pattern * 900
    shown = visible(text)
    for part in (text, shown):
        clusters = grapheme_clusters(part)
        assert "".join(clusters) == part
        assert max(map(len, clusters)) <= 64
    assert max(map(len, wrap_text(shown, 10))) <= 10 * 64
    renderer = ReplyRenderer(TerminalStyle("none", "utf-8"))
    renderer.feed(text)
    lines = renderer.commit(10)
    assert sum(map(len, renderer.tail(10, 5))) <= 5 * 10 * 64
    lines += renderer.close(10)
    assert "".join(lines) == shown
    assert max(map(len, lines)) <= 10 * 64


@pytest.mark.parametrize("pattern", CLUSTERS)
def test_each_character_is_measured_a_few_times(monkeypatch, pattern):
    measure, count = width_data.char_width, 0

    def counted(char: str) -> int:
        nonlocal count
        count += 1
        return measure(char)

    monkeypatch.setattr(width_data, "char_width", counted)
    text = visible(pattern * 900)
    cell_width(text)
    assert count <= 3 * len(text)


@pytest.mark.parametrize("mark", ["\u0301", "\u20dd", "\u093e", "\u1161", "\u0e34"])
def test_marks_in_a_row_are_limited(mark):
    """Unicode's Stream-Safe Text Format has at most 30; more are shown by number, however the text is cut."""
    assert visible("e" + 30 * mark) == "e" + 30 * mark
    shown = visible("e" + 33 * mark + "x" + mark)
    assert shown == "e" + 30 * mark + 3 * f"<U+{ord(mark):04X}>" + "x" + mark
    stream = VisibleStream()
    assert "".join(map(stream.feed, "e" + 33 * mark + "x" + mark)) + stream.close() == shown
    assert visible(shown) == shown
