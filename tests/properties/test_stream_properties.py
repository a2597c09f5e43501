"""Rendering a reply: streamed, complete, hostile, narrow."""
# ruff: noqa: RUF001 - the marks are the point

from __future__ import annotations

import re
import unicodedata
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grokchat.markdown.code_blocks import code_blocks
from grokchat.render.cells import fits_row, grapheme_clusters, max_cell_width
from grokchat.render.stream import ReplyRenderer, render_reply
from grokchat.render.style import TerminalStyle

SGR = re.compile(r"\x1b\[[0-9;]*m")
BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
TERMINAL_STYLES = [
    TerminalStyle(background="dark"),
    TerminalStyle("bold"),
    TerminalStyle("none"),
    TerminalStyle("truecolor", background="dark"),
    TerminalStyle("256", background="light"),
    TerminalStyle("256", user_styles=(("code", "red on white"), ("quote", "none")), code_theme="monokai"),
    TerminalStyle("256", "ascii", background="dark"),
    TerminalStyle("none", "iso8859-1"),
]
WIDTHS = st.sampled_from([1, 2, 3, 8, 20, 80, 200]) | st.integers(1, 200)
FRAGMENTS = [
    "some words", "*em* and **strong**", "~~gone~~", "`code`", "- item", "  - inner", "1. one", "> quote", "> - both",
    "```py", "```", "def f(): return 1", "~~~", "    indented", "# Head", "###### Small", "Title", "===", "---",
    "| a | b |", "|:--|--:|", "| 1 | 2 |", "[here](https://a.example 't')", "![alt](b.png)", "<https://c.example>",
    "<b>html</b>", "&amp; &copy;", "\ttab", "漢字かな", "👩‍💻", "🇩🇪 e\u0301", "a" * 90, "words and words " * 20,
    "*open " + "and more " * 40, "\\(x_1\\) and $$a*b*c$$ and $5", "$$", "- [x] done", "  > deep",
    "| long | " + "| row " * 9, "`open", "[text](", "\\*", "line  ", "\r", "☃\r", "*", "**", "~~", "-", "- ", ">", "#",
    "> > > deep", "123456789. long number", "7) x", "- [ ] todo", "1. [x] done", "- - -", "***", "````", "\\[", "\\]",
    "$$x^2$$", "$x_1$ and $5", "$", "\\(", "[^1]", "[^1]: note", "Vec<T>", "漢字（かな）。" * 9, "漢" * 300, "❤\ufe0f",
    "\u0301", "e\u0301" * 9, "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f", "\u00a0",
    "\u3000", "a\tb\tc", "a | b", "|---|---|", "- " * 70 + "x", "> " * 70 + "y", "$a=1 b" * 40, "a | " * 70,
    "10. ten", "   - three", "4. four", "```md", "```text", "| a<br>b | c |",
    "Silben\u00adtren\u00adnung " * 9, "a\u00adb`c\u00add`*e\u00adf*", "| Tabel\u00adlen\u00adzel\u00adle | a |",
]  # fmt: skip
HOSTILE = [
    "\x1b[2J", "\x1b]8;;https://e.example\x07", "\x9b1m", "\x00", "\x08", "\u202e", "\u2066", "\ud83d", "&#27;[2J",
    "&#x1b;", "&#155;", "&#8238;", "&#x202E;", "&rlm;", "&lrm;", "&#13;", "&#10;", "&#0;", "[b]rich[/b]", "[red]",
    "`\x1b`", "[x](&#x202e;)", "![&#x202e;](x)", "```\x1b", "<\u202e>", "`&#x202e;`", "# &rlm;", "|&rlm;|", "|-|",
    "\u00ad", "a\u00ad", "\u00ad\u00ada", "a&shy;b", "[a\u00adb](c\u00add)", "```a\u00adb", "$$\u00ad$$",
]  # fmt: skip
MARKDOWN = st.lists(st.sampled_from(FRAGMENTS) | st.just(""), max_size=12).map("\n".join)
TEXTS = st.tuples(
    st.lists(st.sampled_from(FRAGMENTS + HOSTILE) | st.just("") | st.text(max_size=5), max_size=12),
    st.sampled_from(["\n", "\n", "\n", " ", ""]),
).map(lambda parts: parts[1].join(parts[0]))
CUTS = st.lists(st.tuples(st.integers(0, 3000), st.sampled_from(["commit", "tail", "both", "nothing"])), max_size=12)


def streamed(
    text: str,
    cuts: list[tuple[int, str]],
    width: int,
    style: TerminalStyle,
    *,
    markdown: bool = True,
    numbered: bool = False,
    has_citations: bool = False,
) -> list[str]:
    """Return the scrollback of a reply that arrives in pieces, with a call after each."""
    moments = sorted({at % (len(text) + 1): what for at, what in cuts}.items())
    stream = ReplyRenderer(style, markdown=markdown, numbered=numbered, has_citations=has_citations)
    lines = []
    start = 0
    for stop, what in moments:
        stream.feed(text[start:stop])
        start = stop
        if what in {"commit", "both"}:
            lines += stream.commit(width)
        if what in {"tail", "both"}:
            stream.tail(width, 5)
    stream.feed(text[start:])
    return lines + stream.close(width)


@pytest.mark.parametrize("markdown", [True, False])
@given(TEXTS, CUTS, WIDTHS, st.sampled_from(TERMINAL_STYLES))
@example("- " + "$a=1 b" * 40, [(201, "commit"), (205, "commit")], 40, TerminalStyle(background="dark"))
@example("- [ ] todo " + "*open " * 40, [(201, "both"), (205, "both")], 13, TerminalStyle(background="dark"))
@example("> " + "a" * 200 + "| b\n> -|-", [(202, "commit")], 40, TerminalStyle(background="dark"))
@example("````\u00a0", [], 3, TerminalStyle(background="dark"))
def test_streamed_equals_complete(markdown, text, cuts, width, style):
    """The scrollback of a streamed reply is what printing the complete reply gives."""
    assert streamed(text, cuts, width, style, markdown=markdown) == render_reply(text, width, style, markdown=markdown)


@given(TEXTS, st.integers(1, 40), WIDTHS, st.sampled_from(TERMINAL_STYLES))
def test_deltas_of_one_size(text, size, width, style):
    """Deltas of any size, with a frame after each, give the lines of the complete reply."""
    cuts = [(at, "both") for at in range(0, len(text), size)]
    assert streamed(text, cuts, width, style) == render_reply(text, width, style)


CODE = st.lists(
    st.tuples(
        st.sampled_from(["", "", "- ", "  ", "> ", "1. ", "   ", "    ", "- > ", "  > ", "\t"]),
        st.sampled_from(
            ["```", "```py", "````", "~~~", "~~~ sh x", "``` `", "code()", "# head", "- item", "text", "", "---",
             "| a |", "|---|", "$$", "\x1b[2J", "\u202e", "\r", "```md", "~~~text", "10. ten"]
        ),
        st.sampled_from(["\n", "\n", "\r\n", "\n\n"]),
    ),
    max_size=16,
).map(lambda parts: "".join(map("".join, parts)))  # fmt: skip
NUMBER = re.compile(r"── (\d+)(?: · (\S+))? ──────$|```(\S+) · code (\d+)$|``` code (\d+)$")


@given(
    CODE,
    CUTS,
    st.integers(60, 90),
    st.sampled_from([TerminalStyle(background="dark"), TerminalStyle("bold"), TerminalStyle("none")]),
)
@example("- ```py\r\n  x\r\n  ```\r\n\r\n      in\r\n> ~~~\n> y\n", [(9, "both")], 40, TerminalStyle(background="dark"))
def test_the_numbers_on_the_screen_are_those_that_commands_take(text, cuts, width, style):
    """The number above each code block, streamed or not, is the K of `/copy code K`."""
    lines = streamed(text, cuts, width, style, numbered=True)
    assert lines == render_reply(text, width, style, numbered=True)
    found = [NUMBER.search(SGR.sub("", line)) for line in lines]
    heads = [(int(match[1] or match[4] or match[5]), match[2] or match[3] or "") for match in found if match]
    assert heads == [(number, block.language) for number, block in enumerate(code_blocks(text), 1)]


MARKUP = st.sampled_from(
    ["word ", "words, ", "*em* ", "*", "**", "_", "__", "`", "``", "[", "](b) ", "![", "\\(", "\\) ", "$", "$$", "~~",
     "<", "&amp; ", "漢字。", "👩‍💻 ", "x" * 40 + " ", "\n", "\\", "|"]
)  # fmt: skip
LONG = st.lists(st.tuples(MARKUP, MARKUP, st.integers(1, 250)), min_size=1, max_size=4).map(
    lambda parts: "".join(open_ + one * times for open_, one, times in parts)[:5000]
)


@settings(max_examples=50)
@given(
    LONG,
    st.sampled_from(["", "- ", "> ", "# ", "1. [ ] "]),
    st.integers(16, 400),
    WIDTHS,
    st.sampled_from(TERMINAL_STYLES),
)
def test_a_long_paragraph_in_deltas(text, before, size, width, style):
    """A long paragraph gives the same lines streamed, also where markup is never closed."""
    source = before + text
    cuts = [(at, "commit") for at in range(0, len(source), size)]
    assert streamed(source, cuts, width, style) == render_reply(source, width, style)


@pytest.mark.parametrize("markdown", [True, False])
@given(TEXTS, WIDTHS, st.sampled_from(TERMINAL_STYLES))
def test_no_escape_but_styles(markdown, text, width, style):
    """No text from outside reaches the terminal as control codes."""
    stream = ReplyRenderer(style, markdown=markdown)
    stream.feed(text)
    for line in [*stream.commit(width), *stream.tail(width, 100), *stream.close(width)]:
        bare = SGR.sub("", line)
        assert [
            char for char in bare if char == "\u00ad" or (char != "\t" and unicodedata.category(char) in {"Cc", "Cs"})
        ] == []
        if style.is_plain:
            assert bare == line


@pytest.mark.parametrize("markdown", [True, False])
@given(TEXTS)
@example("&#x202E;")
@example("&rlm;")
@example("![&#x202E;](x)")
@example("[a&#x2066;](x)")
@example("| a&lrm; |\n|-|")
@example("| a | b |\n|-|-|\n| \u05d0 \u200e|  \u200e\u05d0 |")
def test_no_bidi_control_whatever_it_is_written_as(markdown, text):
    """Bidi controls are shown visibly, also those written as character references.

    Except our own marks, which stand alone between two columns of a table.
    """
    for line in render_reply(text, 80, TerminalStyle(background="dark"), markdown=markdown):
        assert not set(re.sub("  \u200e(?=\x1b)", "", line)) & BIDI


@pytest.mark.parametrize("markdown", [True, False])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "- ", "1. ", "> ", "# ", "> - ", "    ", "**", "| ", "```\n", "<b>", "  - "]),
            st.from_regex(r"[a-z]{1,12}", fullmatch=True),
            st.sampled_from(["\n", "\n\n", " ", "\n```\n", "** ", "\n|-|\n", "\n---\n"]),
        ),
        max_size=10,
    ),
    WIDTHS,
    st.sampled_from(TERMINAL_STYLES),
)
def test_every_word_appears(markdown, parts, width, style):
    """Every word of the source is shown, however narrow the window."""
    # An info string of a fence is the fence's, not the text's: words follow a newline there.
    text = "".join(before + word + after for before, word, after in parts)
    bare = [SGR.sub("", line) for line in render_reply(text, width, style, markdown=markdown)]
    shown = re.sub(r"[^a-z]", "", "".join(bare))
    if "|" in text:
        assert Counter(re.sub(r"[^a-z]", "", text)) <= Counter(shown)  # cells are broken side by side
    else:
        assert shown == re.sub(r"[^a-z]", "", text)


@pytest.mark.parametrize("markdown", [True, False])
@given(TEXTS, CUTS, WIDTHS, st.integers(0, 12), st.sampled_from(TERMINAL_STYLES))
def test_the_tail_fits(markdown, text, cuts, width, height, style):
    """The tail has at most so many rows, and none breaks into a second one on any terminal."""
    stream = ReplyRenderer(style, markdown=markdown, numbered=True)
    start = 0
    for stop in [*sorted({at % (len(text) + 1) for at, _ in cuts}), len(text)]:
        stream.feed(text[start:stop])
        start = stop
        stream.commit(width)
        tail = [SGR.sub("", row) for row in stream.tail(width, height)]
        assert len(tail) <= height
        for row in tail:
            assert fits_row(row, width) or sum(max_cell_width(cluster) > 0 for cluster in grapheme_clusters(row)) == 1


@given(TEXTS, CUTS, WIDTHS, st.sampled_from(TERMINAL_STYLES))
def test_asking_for_the_tail_changes_nothing(text, cuts, width, style):
    """An additional frame changes neither what follows nor the next frame."""
    asked, other = ReplyRenderer(style, numbered=True), ReplyRenderer(style, numbered=True)
    start = 0
    for stop in [*sorted({at % (len(text) + 1) for at, _ in cuts}), len(text)]:
        for stream in (asked, other):
            stream.feed(text[start:stop])
        start = stop
        assert asked.commit(width) == other.commit(width)
        assert asked.tail(width, 9) == asked.tail(width, 9)
    assert asked.tail(width, 9) == other.tail(width, 9)
    assert asked.close(width) == other.close(width)


@given(MARKDOWN, WIDTHS)
def test_styles_change_no_character(text, width):
    """With colours or only attributes the characters are the same, except for the marks of code."""

    def bare(style: TerminalStyle) -> list[str]:
        lines = [SGR.sub("", line) for line in render_reply(text, width, style)]
        return [line for line in lines if "```" not in line]

    assert bare(TerminalStyle(background="dark")) == bare(TerminalStyle("truecolor", background="light"))
    if "`" not in text and "~~~" not in text and "    " not in text and "\t" not in text:
        assert bare(TerminalStyle(background="dark")) == bare(TerminalStyle("bold"))


@given(
    st.lists(
        st.lists(
            st.sampled_from(["a", "two words", "", "**b**", "`c`", "漢字", "long " * 9, "a<br>b"]),
            min_size=3,
            max_size=3,
        )
    ),
    st.sampled_from(["", "> ", "Words.\n\n"]),
    CUTS,
    st.integers(1, 60),
    st.integers(1, 9),
)
def test_a_table_is_never_seen_as_text(rows, before, cuts, width, height):
    """However a table is cut, its bars and marks are never shown, and its lines are those of the whole one."""
    inner = before if before == "> " else ""
    lines = ["| x | y | z |", "|:-|-:|---|", *("| " + " | ".join(row) + " |" for row in rows)]
    text = before + f"\n{inner}".join(lines) + "\n"
    stream, final, start = ReplyRenderer(TerminalStyle(background="dark"), numbered=True), [], 0
    for stop in [*sorted({at % (len(text) + 1) for at, _ in cuts}), len(text)]:
        stream.feed(text[start:stop])
        start = stop
        final += stream.commit(width)
        for row in stream.tail(width, height):
            assert not set(SGR.sub("", row)) & set("|*`-")
    assert final + stream.close(width) == render_reply(text, width, TerminalStyle(background="dark"), numbered=True)


ADDRESS = "https://host.example/some/long/path/of/a/page"


@given(
    st.lists(st.sampled_from(["a", "some words", ADDRESS, f"[x]({ADDRESS}) y", f"z<br>{ADDRESS}"]), max_size=30),
    st.sampled_from(["", "> ", "- "]),
    CUTS,
    WIDTHS,
)
def test_no_address_in_a_table_is_broken(cells, before, cuts, width):
    """Also where a later row has the first address, which columns have no room for."""
    inner = {"- ": "  "}.get(before, before)
    text = f"\n{inner}".join([f"{before}| a | b |", "|-|-|", *(f"| {cell} | c |" for cell in cells)])
    lines = streamed(text, cuts, width, TerminalStyle("none"))
    assert lines == render_reply(text, width, TerminalStyle("none"))
    assert sum(line.count(ADDRESS) for line in lines) == text.count(ADDRESS)


MARKERS = [
    "[[1]](https://a.example/)", "[[2]](https://en.wikipedia.org/wiki/A_(b)_c)", "[[3]](http://b.example/x?y=1&z=2#w_v_)",
    "[[10]](https://c.example/" + "d" * 90 + ")",
]  # fmt: skip
AROUND = [
    "words!", "word.", "**bold**", "*em", "`code`", " ", " ", "\n", "\n\n", "\n- ", "\n> ", "\n# ",
    "\n| a | b |\n|-|-|\n| ", " | ", "漢字。", "[", "[[", "](", "$5", "~~", "**", "words and " * 9, "](x)", "[^1]",
    "\\",
]  # fmt: skip
CITED = st.lists(st.sampled_from(MARKERS) | st.sampled_from(AROUND), max_size=24).map("".join)


@given(CITED, CUTS, WIDTHS, st.sampled_from(TERMINAL_STYLES))
@example(f"Words.{MARKERS[1]}", [(at, "both") for at in range(60)], 80, TerminalStyle("none"))
@example("- **a" + MARKERS[0] + "** b", [(at, "both") for at in range(40)], 8, TerminalStyle(background="dark"))
def test_streamed_equals_complete_with_markers_of_sources(text, cuts, width, style):
    """Whatever the pieces and the width, also where a marker is cut in two, in tables, lists, bold and headings."""
    whole = render_reply(text, width, style, has_citations=True)
    assert streamed(text, cuts, width, style, has_citations=True) == whole


@given(
    st.lists(
        st.sampled_from(MARKERS) | st.sampled_from(["words", " ", ", ", "**bold**", "\n\n", "\n- ", "漢字。"]),
        max_size=20,
    ),
    st.sampled_from(["", "# ", "> ", "- "]),
    st.integers(1, 20),
    WIDTHS,
)
def test_only_the_number_of_a_source_is_ever_seen(parts, before, size, width):
    """Not its address, and no half of a marker, in any frame; every number is there."""
    text = before + "".join(parts)
    stream, lines = ReplyRenderer(TerminalStyle(background="dark"), has_citations=True), []
    for at in range(0, len(text), size):
        stream.feed(text[at : at + size])
        lines += stream.commit(width)
        for row in stream.tail(width, 9):
            assert not set(SGR.sub("", row)) & set("()/:_")
    bare = "".join(SGR.sub("", line) for line in [*lines, *stream.close(width)])
    assert re.findall(r"\[(\d+)\]", re.sub(r"[\s▌]", "", bare)) == re.findall(r"\[\[(\d+)", text)
    assert "example" not in bare
