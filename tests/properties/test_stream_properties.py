"""A reply on its way to the screen: streamed, complete, hostile, narrow."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grokchat.render.cells import fits
from grokchat.render.look import Look
from grokchat.render.stream import ReplyStream, reply_lines

SGR = re.compile(r"\x1b\[[0-9;]*m")
BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
LOOKS = [
    Look(),
    Look("bold"),
    Look("none"),
    Look("truecolor", background="dark"),
    Look("256", background="light"),
    Look("16", "ascii"),
]
WIDTHS = st.sampled_from([1, 2, 3, 8, 20, 80, 200])
FRAGMENTS = [
    "some words", "*em* and **strong**", "~~gone~~", "`code`", "- item", "  - inner", "1. one", "> quote", "> - both",
    "```py", "```", "def f(): return 1", "~~~", "    indented", "# Head", "###### Small", "Title", "===", "---",
    "| a | b |", "|:--|--:|", "| 1 | 2 |", "[here](https://a.example 't')", "![alt](b.png)", "<https://c.example>",
    "<b>html</b>", "&amp; &copy;", "\ttab", "漢字かな", "👩‍💻", "🇩🇪 e\u0301", "a" * 90, "words and words " * 20,
    "*open " + "and more " * 40, "\\(x_1\\) and $$a*b*c$$ and $5", "$$", "- [x] done", "  > deep",
    "| long | " + "| row " * 9, "`open", "[text](", "\\*", "line  ", "\r", "☃\r",
]  # fmt: skip
HOSTILE = [
    "\x1b[2J", "\x1b]8;;https://e.example\x07", "\x9b1m", "\x00", "\x08", "\u202e", "\u2066", "\ud83d", "&#27;[2J",
    "&#x1b;", "&#155;", "&#8238;", "&#x202E;", "&rlm;", "&lrm;", "&#13;", "&#10;", "&#0;", "[b]rich[/b]", "[red]",
    "`\x1b`", "[x](&#x202e;)", "![&#x202e;](x)", "```\x1b", "<\u202e>", "`&#x202e;`", "# &rlm;", "|&rlm;|", "|-|",
]  # fmt: skip
MARKDOWN = st.lists(st.sampled_from(FRAGMENTS) | st.just(""), max_size=12).map("\n".join)
TEXTS = st.lists(st.sampled_from(FRAGMENTS + HOSTILE) | st.just("") | st.text(max_size=5), max_size=12).map("\n".join)


def streamed(text: str, cuts: list[int], width: int, look: Look, *, markdown: bool) -> list[str]:
    bounds = [0, *sorted({at % (len(text) + 1) for at in cuts}), len(text)]
    stream = ReplyStream(look, markdown=markdown)
    lines = []
    for start, stop in pairwise(bounds):
        stream.feed(text[start:stop])
        if start % 3:  # several deltas may come between two frames
            lines += stream.commit(width)
            stream.tail(width, 5)
    return lines + stream.close(width)


@pytest.mark.parametrize("markdown", [True, False])
@given(TEXTS, st.lists(st.integers(0, 400), max_size=10), WIDTHS, st.sampled_from(LOOKS))
def test_streamed_equals_complete(markdown, text, cuts, width, look):
    """What stands in the scrollback after a streamed reply is what printing the complete reply gives."""
    assert streamed(text, cuts, width, look, markdown=markdown) == reply_lines(text, width, look, markdown=markdown)


@pytest.mark.parametrize("markdown", [True, False])
@given(TEXTS, WIDTHS, st.sampled_from(LOOKS))
def test_no_escape_but_styles(markdown, text, width, look):
    """Text from outside never reaches the terminal as control codes."""
    stream = ReplyStream(look, markdown=markdown)
    stream.feed(text)
    for line in [*stream.commit(width), *stream.tail(width, 100), *stream.close(width)]:
        bare = SGR.sub("", line)
        assert [char for char in bare if char != "\t" and unicodedata.category(char) in {"Cc", "Cs"}] == []
        if look.plain:
            assert bare == line


@pytest.mark.parametrize("markdown", [True, False])
@given(TEXTS)
@example("&#x202E;")
@example("&rlm;")
@example("![&#x202E;](x)")
@example("[a&#x2066;](x)")
@example("| a&lrm; |\n|-|")
def test_no_bidi_control_whatever_it_is_written_as(markdown, text):
    """Bidi controls are shown visibly, also where Markdown would make one of a character reference."""
    for line in reply_lines(text, 80, Look(), markdown=markdown):
        assert not set(line) & BIDI


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
    st.sampled_from(LOOKS),
)
def test_every_word_appears(markdown, parts, width, look):
    """Everything that stands in the source appears, however narrow the window."""
    # An info string of a fence is the fence's, not the text's: words stand behind a newline there.
    text = "".join(before + word + behind for before, word, behind in parts)
    bare = [SGR.sub("", line) for line in reply_lines(text, width, look, markdown=markdown)]
    shown = re.sub(r"[^a-z]", "", "".join(bare))
    if "|" in text:
        assert Counter(re.sub(r"[^a-z]", "", text)) <= Counter(shown)  # cells are broken side by side
    else:
        assert shown == re.sub(r"[^a-z]", "", text)


@given(MARKDOWN, st.integers(20, 200))
def test_the_tail_fits(text, width):
    """Only the open block is live, and clipped to its tail."""
    stream = ReplyStream(Look("none"))
    stream.feed(text)
    stream.commit(width)
    for height in (0, 1, 3):
        tail = stream.tail(width, height)
        assert len(tail) <= height
        assert all(fits(line, width) for line in tail)


@given(MARKDOWN, WIDTHS)
def test_styles_change_no_character(text, width):
    """Colours or attributes alone: the characters are the same, but for the fences that stand in for colours."""

    def bare(look: Look) -> list[str]:
        lines = [SGR.sub("", line) for line in reply_lines(text, width, look)]
        return [line for line in lines if "```" not in line]

    if "```" not in text and "~~~" not in text and "    " not in text and "\t" not in text:
        assert bare(Look()) == bare(Look("bold"))
