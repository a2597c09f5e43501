"""Cutting a growing Markdown text into blocks: the chunking is not seen in the result."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from grokchat.render.blocks import BlockSplitter, parser

FRAGMENTS = [
    "text", "two words", "*em*", "*", "**", "- a", "- ", "-", "* b", "+ c", "1. one", "2) two", "10. ten", "- [ ] x",
    "  - inner", "    - deep", "      hanging", "   - odd", "\t- tab", "\tcode", "    code", "```", "```py",
    "````", "~~~",
    "    ```", "  ```", "> ```", "- ```", "> quote", ">", "> > two", ">- list", "> ---", "# head", "#", "## b ##",
    "===", "---", "- - -", "***", "___", "| a | b |", "|---|:-:|", "--|--", "a | b", "| 1", "|", "|-|", "[x]: /url",
    "[x]: /url 'open", "[x]", "[^1]: note", "<div>", "</div>", "<!-- open", "-->", "<?php", "$$", "\\", "&nbsp;",
    "\u00a0",
    "\u2028", "\x0b", "line\\", "line  ", "`open", "`` ` ``", "![pic](a.png)", "<https://a.example>", "漢字",
    "1986. A year",
]  # fmt: skip
LINES = st.sampled_from(FRAGMENTS) | st.just("") | st.text("ab *_`#>-|~\t1.)", max_size=8)
MARKDOWN = st.tuples(st.lists(LINES, max_size=14).map("\n".join), st.sampled_from(["", "\n", "\n\n", "\n \n"])).map(
    "".join
)
CUTS = st.lists(st.integers(0, 400), max_size=12)


def pieces_of(text: str, cuts: list[int]) -> list[str]:
    bounds = [0, *sorted({at % (len(text) + 1) for at in cuts}), len(text)]
    return [text[start:stop] for start, stop in pairwise(bounds)]


def split(pieces: list[str]) -> list[str]:
    splitter = BlockSplitter()
    blocks = [block for piece in pieces for block in splitter.feed(piece)]
    return blocks + splitter.close()


@given(MARKDOWN, CUTS)
def test_any_chunking_gives_the_same_blocks(text, cuts):
    """What stands in the scrollback after a streamed reply is what the complete reply gives, whatever the chunking."""
    assert split(pieces_of(text, cuts)) == split([text])


@given(MARKDOWN)
def test_one_character_at_a_time(text):
    assert split(list(text)) == split([text])


@given(MARKDOWN, MARKDOWN)
def test_what_is_finished_stays_finished(text, more):
    """A finished block is never touched again, whatever comes behind it."""
    splitter = BlockSplitter()
    finished = splitter.feed(text)
    assert split([text + more])[: len(finished)] == finished


@given(MARKDOWN, CUTS)
def test_only_blank_lines_are_lost(text, cuts):
    def solid(text: str) -> list[str]:
        return [line for line in text.split("\n") if line.strip(" \t")]

    assert solid("\n".join(split(pieces_of(text, cuts)))) == solid(text)


@given(MARKDOWN)
def test_each_block_is_one_block(text):
    """Finished blocks rendered one by one are the whole text: each is parsed into the very block it was cut from."""

    def kinds(source: str) -> list[str]:
        return [token.type for token in parser().parse(source) if token.level == 0 and token.nesting >= 0]

    blocks = split([text])
    assert [kind for block in blocks for kind in kinds(block)] == kinds(text)
    assert all(len(kinds(block)) == 1 for block in blocks)


@given(MARKDOWN, CUTS)
def test_open_text_is_what_no_block_has(text, cuts):
    splitter = BlockSplitter()
    finished = [block for piece in pieces_of(text, cuts) for block in splitter.feed(piece)]
    rest = splitter.open_text
    assert text.endswith(rest)
    assert split([rest]) == split([text])[len(finished) :]
