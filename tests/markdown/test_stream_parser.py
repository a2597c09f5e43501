"""A growing Markdown text, parsed into pieces that are returned as soon as nothing can change them."""

from __future__ import annotations

import pytest

from grokchat.markdown.block_parser import (
    MAX_HELD_FORMULA_CHARS,
    MAX_HELD_PARAGRAPH_CHARS,
    MAX_NESTING,
    MAX_TABLE_HEAD_CHARS,
    TABLE_SAMPLE_ROWS,
)
from grokchat.markdown.leaf_content import split_row
from grokchat.markdown.nodes import Piece
from grokchat.markdown.stream_parser import MAX_TAIL_LINE_CHARS, StreamParser

LONG = "word " * 60


def fed(*chunks: str) -> tuple[StreamParser, list[Piece]]:
    blocks = StreamParser()
    return blocks, [piece for chunk in chunks for piece in blocks.feed(chunk)]


def whole(*chunks: str) -> list[Piece]:
    blocks, pieces = fed(*chunks)
    return pieces + blocks.close()


def leaves(pieces: list[Piece]) -> list[tuple[str, str, str]]:
    """Return each leaf's containers, kind and text, with its pieces joined."""
    found: dict[int, tuple[str, str, str]] = {}
    for leaf, lines, _ in pieces:
        path = " ".join(container.marker or ">" for container in leaf.containers)
        kind = f"h{leaf.level}" if leaf.kind == "heading" else leaf.kind
        text = found[leaf.serial][2] if leaf.serial in found else ""
        ends = "" if kind in {"text", "h1", "h2", "h3", "h4", "h5", "h6"} else "\n"
        found[leaf.serial] = (path, kind, text + "".join(line + ends for line in lines))
    assert [*found] == sorted(found)
    return list(found.values())


def text_of(pieces: list[Piece]) -> str:
    return "".join(line for piece in pieces for line in piece.lines)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("\n \n\t\n", []),
        ("one", [("", "text", "one")]),
        ("one\ntwo", [("", "text", "one\ntwo")]),
        ("one\n\n\ntwo", [("", "text", "one"), ("", "text", "two")]),
        ("   one\n      two", [("", "text", "one\ntwo")]),
        ("one  \ntwo\\\nthree", [("", "text", "one  \ntwo\\\nthree")]),
    ],
)
def test_paragraphs(text, expected):
    assert leaves(whole(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# One", [("", "h1", "One")]),
        ("###### Six ######", [("", "h6", "Six")]),
        ("####### seven", [("", "text", "####### seven")]),
        ("#", [("", "h1", "")]),
        ("#tag", [("", "text", "#tag")]),
        ("  ## two  ", [("", "h2", "two")]),
        ("# a #b", [("", "h1", "a #b")]),
        ("text\n# head\ntext", [("", "text", "text"), ("", "h1", "head"), ("", "text", "text")]),
        ("Title\n===\ntext", [("", "h1", "Title"), ("", "text", "text")]),
        ("two\nlines\n---", [("", "h2", "two\nlines")]),
        ("===", [("", "text", "===")]),
        ("- a\n===", [("-", "text", "a\n===")]),
        ("> a\n---", [(">", "text", "a"), ("", "rule", "")]),
        ("a\n    ===", [("", "text", "a\n===")]),
    ],
)
def test_headings(text, expected):
    assert leaves(whole(text)) == expected


@pytest.mark.parametrize("rule", ["---", "***", "___", " - - -", "*  *\t*", "__________", "   ---  "])
def test_rules(rule):
    assert leaves(whole(f"a\n\n{rule}\nb")) == [("", "text", "a"), ("", "rule", ""), ("", "text", "b")]


@pytest.mark.parametrize("text", ["--", "+++", "--a", "_ _ a", "    ***"])
def test_lines_that_are_not_rules(text):
    assert [kind for _, kind, _ in leaves(whole(text))] in (["text"], ["code"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```\na\n\n  b\n```\nc", [("", "code", "a\n\n  b\n"), ("", "text", "c")]),
        ("~~~~\n```\n~~~\n~~~~~", [("", "code", "```\n~~~\n")]),
        ("```\n``` no end\n    ```\n ```  ", [("", "code", "``` no end\n    ```\n")]),
        ("  ```\n    a\n b\n  ```", [("", "code", "  a\nb\n")]),
        ("```\nopen\n\nto the end", [("", "code", "open\n\nto the end\n")]),
        ("```", [("", "code", "")]),
        ("``` a`b", [("", "text", "``` a`b")]),
        ("text\n```\na", [("", "text", "text"), ("", "code", "a\n")]),
        ("> ```\n> a\nb", [(">", "code", "a\n"), ("", "text", "b")]),
        ("- ```\n  a\n\n  b\n- c", [("-", "code", "a\n\nb\n"), ("-", "text", "c")]),
        ("    a\n\n      b\n\nc", [("", "code", "a\n\n  b\n"), ("", "text", "c")]),
        ("\ta\n  \tb", [("", "code", "a\nb\n")]),
        ("text\n    no code", [("", "text", "text\nno code")]),
        ("- a\n\n      code\n\ntext", [("-", "text", "a"), ("-", "code", "code\n"), ("", "text", "text")]),
        ("-\t\tcode", [("-", "code", "  code\n")]),
        (">\t\tcode", [(">", "code", "  code\n")]),
    ],
)
def test_code(text, expected):
    assert leaves(whole(text)) == expected


README = "# T\n```bash\nx\n```\n\n```js\n\n```\n"


@pytest.mark.parametrize(
    "info", ["markdown", "md", "MD", "mdx title=x", "language-markdown", "README.md", "text", "{rmd}"]
)
@pytest.mark.parametrize("fence", ["```", "~~~", "````"])
def test_a_block_of_markdown_holds_its_fences(info, fence):
    """An inner fence with an info string pairs with the next bare one."""
    inner = README.replace("```", fence)
    text = f"{fence}{info}\n{inner}{fence}\nprose"
    assert leaves(whole(text)) == [("", "code", inner), ("", "text", "prose")]
    assert leaves(whole(*text)) == leaves(whole(text))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("```python\n```sh\n```\nprose", "```sh\n"),
        ("```\n```sh\n```\nprose", "```sh\n"),
        ("```md\na\n```\nprose", "a\n"),
        ("````md\n```sh\nx\n````\nprose", "```sh\nx\n"),
        ("```md\n~~~sh\nx\n```\nprose", "~~~sh\nx\n"),
        ("```md\n    ```sh\n```\nprose", "    ```sh\n"),
        ("```md\n```sh\n```js\n```\n```\nprose", "```sh\n```js\n```\n"),
        ("```md\n````sh\n```\n````\n```\nprose", "````sh\n```\n````\n"),
        ("```md\n```md\n```sh\n```\n```\n```\nprose", "```md\n```sh\n```\n```\n"),
        ("```md\n``` `x`\n```\nprose", "``` `x`\n"),
    ],
)
def test_other_fences_end_where_commonmark_ends_them(text, code):
    assert leaves(whole(text)) == [("", "code", code), ("", "text", "prose")]


@pytest.mark.parametrize(
    ("info", "language"), [("", ""), ("py", "py"), (" c++ {.x}  ", "c++ {.x}"), ("\u00a0", "\u00a0")]
)
def test_a_fence_names_its_language(info, language):
    assert whole(f"```{info}\n")[0].leaf.info_string == language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("> a\nlazy\n\n> b", [(">", "text", "a\nlazy"), (">", "text", "b")]),
        (">a\n>\n>b", [(">", "text", "a"), (">", "text", "b")]),
        ("> > a\n> b\nc", [("> >", "text", "a\nb\nc")]),
        (">", [(">", "text", "")]),
        ("> # a\n> - b", [(">", "h1", "a"), ("> -", "text", "b")]),
        ("    > a", [("", "code", "> a\n")]),
        ("> a\n- b", [(">", "text", "a"), ("-", "text", "b")]),
        ("> quote\nlazy\n> > deep", [(">", "text", "quote\nlazy"), ("> >", "text", "deep")]),
    ],
)
def test_quotes(text, expected):
    assert leaves(whole(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- a\n- b\n\n- c", [("-", "text", "a"), ("-", "text", "b"), ("-", "text", "c")]),
        ("* a\n  - b\n    + c", [("*", "text", "a"), ("* -", "text", "b"), ("* - +", "text", "c")]),
        ("- a\nlazy\n\ntext", [("-", "text", "a\nlazy"), ("", "text", "text")]),
        ("- a\n\n  b", [("-", "text", "a"), ("-", "text", "b")]),
        ("-", [("-", "text", "")]),
        ("-\n- b", [("-", "text", ""), ("-", "text", "b")]),
        ("-\n\n  a", [("-", "text", ""), ("", "text", "a")]),
        ("- - a", [("- -", "text", "a")]),
        ("- - -", [("", "rule", "")]),
        ("- ***", [("-", "rule", "")]),
        ("-\ttext", [("-", "text", "text")]),
        ("- a\n\n- b\n\n\n  c", [("-", "text", "a"), ("-", "text", "b"), ("-", "text", "c")]),
        ("-a", [("", "text", "-a")]),
        ("a\n-", [("", "h2", "a")]),
        ("a\n*", [("", "text", "a\n*")]),
        ("a\n- b", [("", "text", "a"), ("-", "text", "b")]),
        ("- [ ] x", [("-", "text", "[ ] x")]),
        ("- ", [("-", "text", "")]),
    ],
)
def test_lists(text, expected):
    assert leaves(whole(text)) == expected


@pytest.mark.parametrize(
    ("text", "markers"),
    [
        ("1. a\n2. b\n3. c", ["1.", "2.", "3."]),
        ("9. a\n9. b", ["9.", "10."]),
        ("0. a\n7. b", ["0.", "7."]),
        ("1. a\n2. b\n4. d\n4. e", ["1.", "2.", "4.", "5."]),
        ("1. a\n1. b\n1. c", ["1.", "2.", "3."]),
        ("0) a\n0) b", ["0)", "1)"]),
        ("1. a\n1. b\n2. c\n9. d", ["1.", "2.", "3.", "9."]),
        ("3. a\n2. b\n1. c", ["3.", "2.", "1."]),
        ("1. a\n2. b\n\n1. c\n2. d", ["1.", "2.", "1.", "2."]),
        ("1. a\n\n```\nx\n```\n\n2. b", ["1.", "", "2."]),
        ("007) a\n008) b", ["007)", "008)"]),
        ("01. a\n01. b\n01. c", ["01.", "2.", "3."]),
        ("123456789. a", ["123456789."]),
        ("1. a\n2) b\n3) c", ["1.", "2)", "3)"]),
        ("- a\n+ b", ["-", "+"]),
        ("3. a\n\ntext\n\n3. b", ["3.", "", "3."]),
        ("1. a\n   - b\n2. c", ["1.", "1. -", "2."]),
    ],
)
def test_items_have_the_numbers_of_the_source(text, markers):
    """Only a number that is written again counts up."""
    assert [path for path, _, _ in leaves(whole(text))] == markers
    assert [path for path, _, _ in leaves(whole(*text))] == markers


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("10. a\n   - b\n     - c\n   - d\n11. e", ["10.", "10. -", "10. - -", "10. -", "11."]),
        ("9) a\n   + b\n10) c\n   + d", ["9)", "9) +", "10)", "10) +"]),
        ("100. a\n   - b\n101. c", ["100.", "100. -", "101."]),
        ("100. a\n    - b\n    - c\n\n   d\n101. e", ["100.", "100. -", "100. -", "100.", "101."]),
        ("100. a\n\n    - b\n101. c", ["100.", "100. -", "101."]),
        ("100. a\n\n    b\n101. c", ["100.", "", "101."]),
        ("1.  a\n   - b\n2.  c", ["1.", "-", "2."]),
        ("1.\ta\n   - b", ["1.", "-"]),
        ("- 10. a\n     - b\n  11. c", ["- 10.", "- 10. -", "- 11."]),
        ("> 10. a\n>    - b\n>\n> 11. c", ["> 10.", "> 10. -", "> 11."]),
        ("10. a\n   1. b\n   2. c\n11. d", ["10.", "10. 1.", "10. 2.", "11."]),
        ("10. a\n\n   b\n\n   ```\n   c\n\n     d\n   ```\n11. e", ["10.", "10.", "10.", "11."]),
        ("10. a\n   11. b", ["10.", "11."]),
        (" 10. a\n   - b", ["10.", "-"]),
        ("10. a\n  - b", ["10.", "-"]),
        ("10. a\n   ---\nb", ["10.", "", ""]),
        ("  9. a\n   b\n 10. c", ["9.", "10."]),
        ("-   a\n   - b", ["-", "-"]),
    ],
)
def test_three_columns_are_enough_below_a_wider_number(text, paths):
    """Models indent by three columns below `10.`, as below `1.`; a rule or the next number ends the item."""
    assert [path for path, _, _ in leaves(whole(text))] == paths
    assert leaves(whole(*text)) == leaves(whole(text))


def test_code_loses_the_indentation_that_its_item_has():
    (_, code) = leaves(whole("10. a\n   ```\n   c\n     d\n   ```"))
    assert code == ("10.", "code", "c\n  d\n")


@pytest.mark.parametrize("text", ["1234567890. a", "a\n2. b", "1986.", "1.a"])
def test_lines_that_are_not_items(text):
    assert {path for path, _, _ in leaves(whole(text))} <= {"", "1986."}
    assert len(leaves(whole(text))) == 1


@pytest.mark.parametrize(
    ("text", "gaps"),
    [
        ("a\nb", [False]),
        ("a\n\nb", [False, True]),
        ("# a\nb", [False, False]),
        ("- a\n- b\n\n- c", [False, False, True]),
        ("- a\n\n  b\n- c", [False, True, False]),
        ("```\na\n\n```\nb", [False, False]),
        ("> a\n>\n> b", [False, True]),
    ],
)
def test_a_gap_is_where_the_source_has_it(text, gaps):
    """Blank lines between list items follow the source (no list is loose or tight as a whole)."""
    seen = {piece.leaf.serial: piece.leaf.has_gap for piece in whole(text)}
    assert [*seen.values()] == gaps


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("| a |\n|---|\n| 1 |\n\ntext", [("", "table", "| a |\n|---|\n| 1 |\n"), ("", "text", "text")]),
        ("a | b\n:-|-:\nc", [("", "table", "a | b\n:-|-:\nc\n")]),
        ("text\n| a |\n|-|", [("", "text", "text"), ("", "table", "| a |\n|-|\n")]),
        ("| a |\n|-|\n# head", [("", "table", "| a |\n|-|\n"), ("", "h1", "head")]),
        ("| a |\n|-|\n- b", [("", "table", "| a |\n|-|\n"), ("-", "text", "b")]),
        ("| a |\n|-|-|", [("", "text", "| a |\n|-|-|")]),
        ("| a |\n---", [("", "h2", "| a |")]),
        ("a\n|-|", [("", "text", "a\n|-|")]),
        ("> | a |\n> |-|\n> | 1 |\nb", [(">", "table", "| a |\n|-|\n| 1 |\n"), ("", "text", "b")]),
        ("- | a |\n  |-|\n  | 1 |", [("-", "table", "| a |\n|-|\n| 1 |\n")]),
        ("> | a |\n|-|", [(">", "text", "| a |\n|-|")]),
    ],
)
def test_tables(text, expected):
    assert leaves(whole(text)) == expected


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ("| a | b |", ["a", "b"]),
        ("a|b", ["a", "b"]),
        ("|a||b|", ["a", "", "b"]),
        (r"a \| b | c", ["a | b", "c"]),
        ("| a", ["a"]),
        ("", [""]),
        ("a | b |  ", ["a", "b"]),
    ],
)
def test_a_row_has_cells(row, cells):
    assert split_row(row) == cells


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$$\nx\n$$\nb", [("", "math", "$$\nx\n$$\n"), ("", "text", "b")]),
        ("\\[\nx\n\\]", [("", "math", "\\[\nx\n\\]\n")]),
        ("a\n$$\nx $$", [("", "text", "a"), ("", "math", "$$\nx $$\n")]),
        ("$$\nx\n\nb", [("", "math", "$$\nx\n"), ("", "text", "b")]),
        ("- $$\n  x\n  $$", [("-", "math", "$$\nx\n$$\n")]),
        ("$$x$$", [("", "text", "$$x$$")]),
    ],
)
def test_formulas(text, expected):
    assert leaves(whole(text)) == expected


@pytest.mark.parametrize(
    "text", ["[this]: https://a.example", "<div>\n**x**\n</div>", "<!-- a -->", "<script>", "[^1]: note", "&nbsp;"]
)
def test_definitions_and_html_are_text(text):
    """Link reference definitions are text, because a late one would change printed text, and so is HTML."""
    assert leaves(whole(text)) == [("", "text", text)]


@pytest.mark.parametrize("char", ["\u2028", "\x0b", "\x0c", "\x85", "\x1c", "\r", "\u00a0"])
def test_a_line_ends_at_a_newline_alone(char):
    assert leaves(whole(f"a{char}b\n\nc\n")) == [("", "text", f"a{char}b"), ("", "text", "c")]


# -- in pieces ---------------------------------------------------------------------------------------------------------


def test_nothing_is_decided_on_part_of_a_line():
    blocks, pieces = fed("one\n\n*")
    assert leaves(pieces) == [("", "text", "one")]
    assert leaves(blocks.feed(" item\n") + blocks.close()) == [("*", "text", "item")]


def test_a_short_paragraph_waits_for_the_line_that_may_make_it_a_heading():
    blocks, pieces = fed("Title\nof two lines\n")
    assert pieces == []
    assert leaves(blocks.feed("---\n")) == [("", "h2", "Title\nof two lines")]


@pytest.mark.parametrize("underline", ["---", "==="])
def test_a_long_paragraph_is_no_heading(underline):
    """A paragraph of more than `MAX_HELD_PARAGRAPH_CHARS` does not become a heading, whatever line follows."""
    patient = "x" * MAX_HELD_PARAGRAPH_CHARS
    assert [kind for _, kind, _ in leaves(whole(f"{patient}\n{underline}"))] == ["h1" if underline == "===" else "h2"]
    assert leaves(whole(f"{patient}x\n---")) == [("", "text", f"{patient}x"), ("", "rule", "")]
    assert leaves(whole(f"{patient}x\n===")) == [("", "text", f"{patient}x\n===")]


def test_a_long_paragraph_is_emitted_line_by_line():
    blocks, pieces = fed(f"{LONG}\n")
    assert text_of(pieces) == LONG
    assert text_of(blocks.feed("more\n")) == "\nmore"
    assert text_of(blocks.feed("and more")) == ""
    assert text_of(blocks.close()) == "\nand more"


@pytest.mark.parametrize("before", ["", "- ", "> ", "1. ", "> - ", "  ", "text\n", "- text\n  ", "> " * 50])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_long_line_is_emitted_in_mid_line(before, size):
    """Text is returned in mid-line once its line can only be text of a paragraph; nothing is lost."""
    line = "".join(f"$a={number} b" for number in range(80))
    source = before + line
    blocks, pieces = fed(*(source[at : at + size] for at in range(0, len(source), size)))
    # In a piece of its own the whole line is known at once.
    assert text_of(pieces).endswith("79 b")
    assert leaves(pieces + blocks.close()) == leaves(whole(source + "\n"))


@pytest.mark.parametrize("start", ["| a ", "a | b ", "# ", "```", "~~~ ", "    "])
def test_a_long_line_that_may_be_something_else_waits(start):
    blocks, pieces = fed(start, LONG)
    assert text_of(pieces) == ""
    assert leaves(pieces + blocks.close()) == leaves(whole(start + LONG))


@pytest.mark.parametrize(
    "at",
    [
        MAX_HELD_PARAGRAPH_CHARS - 2,
        MAX_HELD_PARAGRAPH_CHARS - 1,
        MAX_HELD_PARAGRAPH_CHARS,
        MAX_HELD_PARAGRAPH_CHARS + 1,
    ],
)
@pytest.mark.parametrize("before", ["", "> ", "- - "])
def test_where_a_bar_may_still_make_a_table(at, before):
    """A table's head has a bar in its first `MAX_HELD_PARAGRAPH_CHARS`, however the line is chunked."""
    head = before + "a" * at + "| b"
    source = f"{head}\n{' ' * len(before) if '>' not in before else before}--|--\n"
    kinds = [kind for _, kind, _ in leaves(whole(source))]
    assert kinds == (["table"] if at < MAX_HELD_PARAGRAPH_CHARS else ["text"])
    assert leaves(whole(*source)) == leaves(whole(source))


def test_a_very_long_line_is_no_head_of_a_table():
    line = "a | " * MAX_TABLE_HEAD_CHARS
    blocks, pieces = fed(*(line[at : at + 16] for at in range(0, len(line), 16)))
    assert len(text_of(pieces)) > MAX_TABLE_HEAD_CHARS
    assert leaves(pieces + blocks.feed("\n|-|\n") + blocks.close())[0][1] == "text"


def test_a_table_s_head_is_held_back():
    """The first rows, which decide the columns' widths, arrive together; later rows one by one."""
    head = "| a |\n|---|\n"
    blocks, pieces = fed(head)
    rows = 2
    while not pieces:
        pieces = blocks.feed("| x |\n")
        rows += 1
    assert rows == TABLE_SAMPLE_ROWS
    assert [len(piece.lines) for piece in pieces] == [TABLE_SAMPLE_ROWS]
    assert [piece.lines for piece in blocks.feed("| y |\n")] == [["| y |"]]
    assert [(piece.lines, piece.is_last) for piece in blocks.feed("\n")] == [([], True)]


def test_a_paragraph_s_last_line_may_be_the_head_of_a_table():
    blocks, pieces = fed(f"{LONG}\na | b\n")
    assert text_of(pieces) == LONG
    assert leaves(blocks.feed("-|-\n") + blocks.close()) == [("", "text", ""), ("", "table", "a | b\n-|-\n")]


def test_code_is_emitted_line_by_line():
    blocks, pieces = fed("```py\n")
    assert [(piece.leaf.info_string, piece.lines, piece.is_last) for piece in pieces] == [("py", [], False)]
    assert [piece.lines for piece in blocks.feed("a\n\nb")] == [["a"], [""]]
    assert [(piece.lines, piece.is_last) for piece in blocks.feed("\n```\n")] == [(["b"], False), ([], True)]


def test_a_long_formula_is_emitted_as_it_arrives():
    line = "x" * 100 + "\n"
    blocks, pieces = fed("$$\n", line * (MAX_HELD_FORMULA_CHARS // 100 - 1))
    assert pieces == []
    assert text_of(blocks.feed(line))


def test_only_the_last_leaf_is_open():
    pieces = whole("# a\n- b\n\n  ```\n  c\n  ```\n> d\n\ntext\n")
    ended = [piece.leaf.serial for piece in pieces if piece.is_last]
    assert ended == sorted(set(ended)) == sorted({piece.leaf.serial for piece in pieces})


def test_nothing_is_open_in_the_beginning_and_in_the_end():
    blocks, _ = fed("")
    assert not blocks.is_open
    blocks.feed("a")
    assert blocks.is_open
    blocks.feed("\n\n")
    assert not blocks.is_open
    blocks.feed("- ")
    blocks.close()
    assert not blocks.is_open


# -- what is not final -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "tail"),
    [
        ("wor", [("", "text", "wor")]),
        ("one\ntw", [("", "text", "one\ntw")]),
        ("# He", [("", "h1", "He")]),
        ("- it", [("-", "text", "it")]),
        ("one\n- it", [("", "text", "one"), ("-", "text", "it")]),
        ("```\nco", [("", "code", "co\n")]),
        ("```\n``", [("", "code", "")]),
        ("$$\nx", [("", "math", "$$\nx\n")]),
        ("| a |\n|-|\n| b", [("", "table", "| a |\n|-|\n| b\n")]),
        ("> a\n> b", [(">", "text", "a\nb")]),
    ],
)
def test_the_tail_is_as_if_the_text_ended_here(text, tail):
    blocks, _ = fed(text)
    assert leaves(blocks.tail()) == tail
    assert leaves(blocks.tail()) == tail


@pytest.mark.parametrize("line", ["-", "1.", "1. ", "#", "##", "=", "**", "```", "> ", "|--", "3"])
def test_an_unfinished_line_without_content_is_not_shown(line):
    """`-` may become an item, a rule, or a heading's underline."""
    blocks, _ = fed("one\n", line)
    assert leaves(blocks.tail()) == [("", "text", "one")]


def test_the_tail_changes_nothing():
    text = "# a\none\n- b\n  > c\n\n  ```\n  d\n  ```\n| e |\n|-|\n| f |\ng"
    blocks = StreamParser()
    pieces = []
    for char in text:
        pieces += blocks.feed(char)
        blocks.tail()
    assert leaves(pieces + blocks.close()) == leaves(whole(text))


@pytest.mark.parametrize("before", ["", "one\n", "- ", "> ", "# ", "```\n", "| a |\n|-|\n", "$$\n"])
@pytest.mark.parametrize("mark", ["|", "x|", "-", "-x"])
def test_of_a_very_long_unfinished_line_the_end_is_looked_at(before, mark):
    """Of a very long unfinished line only the end, which is the newest part, is shown."""
    blocks, pieces = fed(before + mark * MAX_TAIL_LINE_CHARS, mark * MAX_TAIL_LINE_CHARS, "--")
    tail = blocks.tail()
    assert text_of(pieces + tail).endswith(mark + "--")
    assert len(text_of(tail)) <= MAX_TAIL_LINE_CHARS + len(before)
    assert [piece.leaf.serial for piece in tail] == sorted(piece.leaf.serial for piece in tail)


# -- depth -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", ["> ", "- ", "1. "])
def test_too_deeply_nested_blocks_are_text(mark):
    (leaf,) = leaves(whole(mark * (MAX_NESTING + 5) + "deep"))
    assert leaf == (" ".join([mark.strip()] * MAX_NESTING), "text", mark * 5 + "deep")


def test_nesting_without_end_is_text():
    """Nesting without end raises no error."""
    (leaf,) = leaves(whole("> " * 5000 + "deep"))
    assert leaf[0] == " ".join([">"] * MAX_NESTING)
    assert leaf[2].endswith("deep")
