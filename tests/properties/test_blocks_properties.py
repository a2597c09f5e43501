"""The blocks of a growing Markdown text are those of CommonMark, whatever the chunks."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import assume, example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from grokchat.markdown.leaf_content import split_row
from grokchat.markdown.nodes import Piece
from grokchat.markdown.stream_parser import StreamParser

# -- documents ---------------------------------------------------------------------------------------------------------

FLAT = [
    "text", "two words", "*em*", "*", "**", "- a", "- ", "-", "* b", "+ c", "1. one", "2) two", "- [ ] x",
    "  - inner", "   - odd", "   hang", "```", "```py", "````", "~~~", "  ```", "> ```", "- ```", "> quote", ">",
    "> > two", ">- list", "> ---", "# head", "#", "## b ##", "===", "---", "- - -", "***", "___", "| a | b |",
    "|---|:-:|", "--|--", "a | b", "[x]: /url", "[x]", "[^1]: note", "<div>", "<!-- open", "-->",
    "\\", "&nbsp;", "a\u00a0b", "a\u2028b", "a\x0bb", "line\\", "line  ", "`open", "`` ` ``", "![pic](a.png)", "漢字",
    "- - x", "1. - y", "> 1. z", "-\tq", "1.\tr", "  > s",
]  # fmt: skip
"""Lines that markdown-it and CommonMark read alike, and this parser as well.

None is indented by four or more, no table is in doubt, and no number is so wide that three columns are not enough.
"""
OTHERS = [
    "| 1", "|", "|-|", "> | a |", "> |-|", "- | a |", "  |-|",
    "    - deep", "      hanging", "\t- tab", "\tcode", "    code", "    ```", "$$", "\\[", "\\]", "x $$", "  \t",
    "10. ten", "11. eleven", "1986. A year", "7.  wide", "   12. sloppy", "```md", "~~~ markdown", "  ```text",
    "     v", ">     c", "-      d", "> \t\te", "word " * 50, "a | " * 20, "-" * 210, "x" * 300, "- " * 40 + "x",
    "> " * 70 + "y",
]  # fmt: skip
NOISE = st.text("ab *_`#>-|~\t1.)$", max_size=8)
SOUP = st.lists(st.sampled_from(FLAT) | st.just(""), max_size=12).map("\n".join)
ENDS = st.sampled_from(["", "\n", "\n\n", "\n \n"])
MARKDOWN = st.tuples(
    st.lists(st.sampled_from(FLAT + OTHERS) | st.just("") | NOISE, max_size=14).map("\n".join), ENDS
).map("".join)
CUTS = st.lists(st.integers(0, 2000), max_size=12)

WORDS = st.sampled_from(["a", "two words", "*b*", "c\nd", "e", "`f`", "1986. g", "-h"]).map(
    lambda text: text.split("\n")
)
CODE = st.lists(st.sampled_from(["x = 1", "", "  y", "> z", "- q", "# r", "~~", "| a |"]), max_size=4)
LEAVES = st.one_of(
    WORDS,
    WORDS.map(lambda lines: [*lines, "==="]),
    st.sampled_from(["# h", "## i ##", "###", "---", "***"]).map(lambda line: [line]),
    CODE.map(lambda lines: ["```py", *lines, "```"]),
    CODE.map(lambda lines: ["~~~", *lines]),
    # A list's mark would be an item of a wide number before it: see `markdown.list_items`.
    st.sampled_from(["x", " y", "> q"]).map(lambda text: [f"    {text}"]),
    st.lists(st.sampled_from(["| 1 | 2 |", "| x", r"a \| b | c", "|||", "`a`|b|c"]), max_size=3).map(
        lambda rows: ["| a | b |", "|:-:|--|", *rows]
    ),
)


def _quoted(blocks: list[list[str]]) -> list[str]:
    return [f"> {line}".rstrip(" ") for line in _stacked(blocks)]


def _item(marker: str, blocks: list[list[str]]) -> list[str]:
    lines = _stacked(blocks)
    indent = " " * (len(marker) + 1)
    return [f"{indent if at else marker + ' '}{line}" if line else marker * (not at) for at, line in enumerate(lines)]


def _stacked(blocks: list[list[str]]) -> list[str]:
    return [line for at, block in enumerate(blocks) for line in ([""] * bool(at) + block)]


BLOCKS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(_quoted),
        st.builds(_item, st.sampled_from(["-", "*", "1.", "7)", "123."]), st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=6,
)


def _document(blocks: list[tuple[list[str], str]]) -> str:
    """Join blocks; indented code needs an empty line before it."""
    text = ""
    for lines, between in blocks:
        text += "\n" * ("    " in lines[0] and bool(text)) + "\n".join(lines) + between
    return text


TREES = st.lists(st.tuples(BLOCKS, st.sampled_from(["\n", "\n\n"])), max_size=5).map(_document)

# -- leaves, as both sides tell them -----------------------------------------------------------------------------------

Leaf = tuple[tuple[str, ...], str, object]
MARKDOWN_IT = (
    MarkdownIt("commonmark", {"html": False, "maxNesting": 200}).enable(["table"]).disable(["reference", "inline"])
)


def expected(text: str) -> list[Leaf]:
    """Return the leaves that markdown-it finds; an item without blocks has an empty one."""
    tokens = MARKDOWN_IT.parse(text)
    found: list[Leaf] = []
    path: list[str] = []
    begun: list[int] = []
    for at, token in enumerate(tokens):
        if token.type in {"blockquote_open", "list_item_open"}:
            path.append(token.markup[-1:])
            begun.append(len(found))
        elif token.type in {"blockquote_close", "list_item_close"}:
            if begun.pop() == len(found):
                found.append((tuple(path), "text", ""))
            path.pop()
        elif token.type == "paragraph_open":
            found.append((tuple(path), "text", _lines(tokens[at + 1].content)))
        elif token.type == "heading_open":
            found.append((tuple(path), token.tag, _lines(tokens[at + 1].content)))
        elif token.type in {"fence", "code_block"}:
            found.append((tuple(path), "code", (token.info.strip(" \t"), _code(token.content, bool(token.markup)))))
        elif token.type == "hr":
            found.append((tuple(path), "rule", ""))
        elif token.type == "table_open":
            found.append((tuple(path), "table", _rows(tokens[at:])))
    return found


def _rows(tokens: list[Token]) -> list[list[str]]:
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(token.content)
    return rows


def leaves(pieces: list[Piece]) -> list[Leaf]:
    """Return the leaves that the pieces make up, each whole."""
    found: dict[int, list[str]] = {}
    kept = {}
    for leaf, lines, _ in pieces:
        kept[leaf.serial] = leaf
        found.setdefault(leaf.serial, []).extend(lines)
    leaves: list[Leaf] = []
    for serial, lines in found.items():
        leaf = kept[serial]
        path = tuple(container.marker[-1:] or ">" for container in leaf.containers)
        if leaf.kind in {"text", "rule"}:
            leaves.append((path, leaf.kind, _lines("".join(lines))))
        elif leaf.kind == "heading":
            leaves.append((path, f"h{leaf.level}", _lines("".join(lines))))
        elif leaf.kind == "code":
            code = _code("".join(f"{line}\n" for line in lines), bool(leaf.fence))
            leaves.append((path, "code", (leaf.info_string, code)))
        elif leaf.kind == "table":
            size = len(split_row(lines[0]))
            cells = [split_row(row) for at, row in enumerate(lines) if at != 1]
            leaves.append((path, "table", [(row + [""] * size)[:size] for row in cells]))
        else:
            leaves.append((path, leaf.kind, lines))
    return leaves


def _lines(text: str) -> str:
    return "\n".join(line.strip(" \t") for line in text.split("\n")).strip("\n")


def _code(text: str, is_fenced: bool) -> str:
    return text.removesuffix("\n") if is_fenced else text.rstrip(" \t\n")


def fed(chunks: list[str], *, with_tail: bool = False) -> list[Piece]:
    blocks = StreamParser()
    pieces: list[Piece] = []
    for chunk in chunks:
        pieces += blocks.feed(chunk)
        if with_tail:
            blocks.tail()
    return pieces + blocks.close()


def chunks_of(text: str, cuts: list[int]) -> list[str]:
    bounds = [0, *sorted({at % (len(text) + 1) for at in cuts}), len(text)]
    return [text[start:stop] for start, stop in pairwise(bounds)]


# -- properties --------------------------------------------------------------------------------------------------------


@given(SOUP)
def test_lines_in_any_order_are_read_as_markdown_it_reads_them(text):
    """A document parsed line by line has the blocks that a parser of whole texts finds."""
    assert leaves(fed([text])) == expected(text)


@given(TREES)
def test_blocks_in_blocks_are_read_as_markdown_it_reads_them(text):
    assert leaves(fed([text])) == expected(text)


@given(st.lists(st.integers(0, 10**9 - 1), min_size=1, max_size=9), st.sampled_from(".)"), CUTS)
def test_the_numbers_of_a_list_are_as_written(numbers, mark, cuts):
    """A number that repeats the one before it counts up; any other is shown, unless the count has passed it."""
    text = "\n".join(f"{number}{mark} x" for number in numbers)
    shown = [int(piece.leaf.containers[0].marker[:-1]) for piece in fed(chunks_of(text, cuts)) if piece.is_last]
    assert shown[0] == numbers[0]
    for (before, number), (last, now) in zip(pairwise(numbers), pairwise(shown), strict=True):
        assert now == (last + 1 if before <= number <= last else number)


@given(MARKDOWN, CUTS)
@example("- " + "$a=1 b" * 40, [201])
@example("> " + "a" * 200 + "|\n> -", [202])
def test_any_chunking_gives_the_same_blocks(text, cuts):
    """A text in any chunks gives the blocks of the whole text."""
    once = leaves(fed([text]))
    assert leaves(fed(chunks_of(text, cuts), with_tail=True)) == once
    assert leaves(fed(list(text))) == once


@given(MARKDOWN, MARKDOWN)
def test_final_blocks_do_not_change(text, more):
    """A finished block never changes, whatever follows it."""
    blocks = StreamParser()
    given_away = blocks.feed(text)
    ended = {piece.leaf.serial for piece in given_away if piece.is_last}
    final = leaves([piece for piece in given_away if piece.leaf.serial in ended])
    assert leaves(fed([text + more]))[: len(final)] == final


@given(MARKDOWN, CUTS)
def test_only_the_last_leaf_is_open(text, cuts):
    """Each leaf ends once, before the next one begins."""
    ended: list[int] = []
    for leaf, _, ends in fed(chunks_of(text, cuts), with_tail=True):
        assert not ended or leaf.serial > ended[-1]
        if ends:
            ended.append(leaf.serial)
    assert ended == sorted({piece.leaf.serial for piece in fed([text])})


@given(MARKDOWN, CUTS)
def test_no_character_is_lost(text, cuts):
    """Every letter of a text is in a piece or in an info string."""
    pieces = fed(chunks_of(text, cuts))
    shown = "".join(line for piece in pieces for line in piece.lines)
    languages = {piece.leaf.serial: piece.leaf.info_string for piece in pieces}
    assert _letters(shown + "".join(languages.values())) == _letters(text)


def _letters(text: str) -> list[str]:
    return sorted(char for char in text if char.isalpha())


@given(MARKDOWN, CUTS)
def test_the_tail_is_how_the_rest_looks(text, cuts):
    """After a complete line that cannot be a table's head, the final pieces and the tail are what closing gives."""
    assume("|" not in text.split("\n")[-1])
    blocks = StreamParser()
    pieces = [piece for chunk in [*chunks_of(text, cuts), "\n"] for piece in blocks.feed(chunk)]
    assert leaves(pieces + blocks.tail()) == leaves(pieces + blocks.close())


class CountingBlocks(StreamParser):
    """Records the lines that are read, except by copies that look ahead."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def _read_line(self, line: str) -> None:
        self.seen.append(line)
        super()._read_line(line)


@given(MARKDOWN, CUTS)
def test_each_line_is_read_once(text, cuts):
    """Each line, or the beginning of one that is emitted in mid-line, is read once, whatever the chunks."""
    blocks = CountingBlocks()
    for chunk in chunks_of(text, cuts):
        blocks.feed(chunk)
        blocks.tail()
    blocks.close()
    lines = text.split("\n")
    assert len(blocks.seen) == len(lines) - (not lines[-1])
    assert all(line.startswith(seen) for seen, line in zip(blocks.seen, lines, strict=False))
