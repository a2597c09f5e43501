"""Markdown into pieces of blocks: the chunking is not seen in them, and a parser of whole texts finds the same."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from grokchat.render.blocks import Blocks, Piece, columns_of

FRAGMENTS = [
    "text", "two words", "*em*", "*", "**", "- a", "- ", "-", "* b", "+ c", "1. one", "2) two", "10. ten", "- [ ] x",
    "  - inner", "   - odd", "\t- tab", "    code", "```", "```py", "````", "~~~", "  ```", "> ```", "- ```", "> quote",
    ">", "> > two", ">- list", "> ---", "# head", "#", "## b ##", "===", "---", "- - -", "***", "___", "| a | b |",
    "|---|:-:|", "--|--", "a | b", "| 1", "|", "|-|", "[x]: /url", "<div>", "\\", "line\\", "line  ", "`open", "漢字",
    "1986. A year", "- - x", "1. - y", "-\tq", "  > s",
]  # fmt: skip
LINES = st.sampled_from(FRAGMENTS) | st.just("") | st.text("ab *_`#>-|~\t1.)", max_size=8)
LONG = st.sampled_from(
    ["word " * 60, "a | " * 60, "-" * 250, "x" * 300, "- " + "word " * 60, "> " + "word " * 60, "$$"]
)
MARKDOWN = st.lists(LINES | LONG, max_size=12).map("\n".join)
CUTS = st.lists(st.integers(0, 900), max_size=12)

Leaf = tuple[str, ...]


def pieces_of(text: str, cuts: list[int]) -> list[str]:
    bounds = [0, *sorted({at % (len(text) + 1) for at in cuts}), len(text)]
    return [text[start:stop] for start, stop in pairwise(bounds)]


def leaves(pieces: list[Piece]) -> list[Leaf]:
    """Return what pieces say in all, whatever their number."""
    found: dict[int, tuple[list[str], list[str]]] = {}
    for leaf, lines, _ in pieces:
        path = [one.marker or ">" for one in leaf.path]
        about = [leaf.kind, str(leaf.level), leaf.language, str(leaf.gap), *path]
        known = found.setdefault(leaf.serial, (about, []))[1]
        known += ["".join([known.pop(), *lines])] if leaf.kind == "text" and known else lines
    return [(*about, *lines) for about, lines in found.values()]


def split(texts: list[str]) -> list[Leaf]:
    blocks = Blocks()
    pieces = []
    for text in texts:
        pieces += blocks.feed(text)
        blocks.tail()
    return leaves(pieces + blocks.close())


@given(MARKDOWN, CUTS)
def test_any_chunking_gives_the_same_blocks(text, cuts):
    """What stands in the scrollback after a streamed reply is what the complete reply gives, whatever the chunking."""
    assert split(pieces_of(text, cuts)) == split([text])


@given(MARKDOWN)
def test_one_character_at_a_time(text):
    assert split(list(text)) == split([text])


@given(MARKDOWN, MARKDOWN)
def test_what_is_final_stays_final(text, more):
    """What has been given away is never touched again, whatever comes behind it."""
    given_away = leaves(Blocks().feed(text))
    whole = split([text + more])
    for mine, all_of_it in zip(given_away, whole, strict=False):
        assert mine[:-1] == all_of_it[: len(mine) - 1]
        assert not mine or all_of_it[len(mine) - 1].startswith(mine[-1])
    assert len(given_away) <= len(whole)


@given(MARKDOWN, CUTS)
def test_the_tail_is_what_is_left(text, cuts):
    """Taken as if the text ended there, what is final and what is not are the whole."""
    blocks = Blocks()
    pieces = [piece for one in pieces_of(text + "\n", cuts) for piece in blocks.feed(one)]
    assert leaves(pieces + blocks.tail()) == split([text + "\n"])


# -- beside a parser of whole texts ------------------------------------------------------------------------------------

ORACLE = MarkdownIt("commonmark", {"html": False, "maxNesting": 200}).enable("table").disable(["reference", "inline"])


def as_markdown_it(text: str) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    path: list[str] = []
    begun: list[int] = []
    tokens = ORACLE.parse(text)
    for number, token in enumerate(tokens):
        inner = tokens[number + 1].content if number + 1 < len(tokens) else ""
        if token.type in {"blockquote_open", "list_item_open"}:
            path.append(token.markup if token.type == "list_item_open" else ">")
            begun.append(len(found))
        elif token.type in {"blockquote_close", "list_item_close"}:
            if begun.pop() == len(found):
                found.append((" ".join(path), "text", ""))
            path.pop()
        elif token.type == "paragraph_open":
            found.append((" ".join(path), "text", _plain(inner)))
        elif token.type == "heading_open":
            found.append((" ".join(path), f"heading {token.tag[1]}", _plain(inner)))
        elif token.type in {"fence", "code_block"}:
            found.append((" ".join(path), "code", token.content.strip("\n \t")))
        elif token.type == "hr":
            found.append((" ".join(path), "rule", ""))
        elif token.type == "table_open":
            found.append((" ".join(path), "table", ""))
        elif token.type == "inline" and found and found[-1][1] == "table":
            found[-1] = (*found[-1][:2], found[-1][2] + f"{token.content}|")
    return found


def as_ours(text: str) -> list[tuple[str, str, str]]:
    blocks = Blocks()
    found: dict[int, tuple[str, str, list[str]]] = {}
    for leaf, lines, _ in blocks.feed(text) + blocks.close():
        kind = f"heading {leaf.level}" if leaf.kind == "heading" else leaf.kind
        path = " ".join(one.marker[-1:] or ">" for one in leaf.path)
        found.setdefault(leaf.serial, (path, kind, []))[2].extend(lines)
    result = []
    for path, kind, lines in found.values():
        said = "\n".join(lines)
        if kind == "table":
            count = len(columns_of(lines[0]))
            rows = [(columns_of(row) + [""] * count)[:count] for row in (lines[0], *lines[2:])]
            said = "".join(f"{cell}|" for row in rows for cell in row)
        result.append(
            (path, kind, said.strip("\n \t") if kind == "code" else _plain(said) if kind != "table" else said)
        )
    return result


def _plain(text: str) -> str:
    return "\n".join(line.strip(" \t") for line in text.split("\n")).strip()


# It takes a line that is indented by four for code, or for a quote, where CommonMark has it go on with a paragraph.
SIMPLE = [one for one in FRAGMENTS if not one.startswith(("    ", "\t"))]


@given(st.lists(st.sampled_from(SIMPLE) | st.just(""), max_size=9).map("\n".join))
def test_markdown_it_finds_the_same_blocks(text):
    assert as_ours(text) == as_markdown_it(text)
