"""Markdown to lines: everything in the source is shown."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from grokchat.render.stream import render_reply
from grokchat.render.style import TerminalStyle

PLAIN = TerminalStyle("none")
ASCII = TerminalStyle("none", "ascii")


def plain(source: str, width: int = 80) -> list[str]:
    return render_reply(source, width, PLAIN)


def letters(lines: list[str] | str) -> str:
    return re.sub(r"[^a-z]", "", re.sub(r"\x1b\[[0-9;]*m", "", "".join(lines)))


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("", []),
        ("text", ["text"]),
        ("a\nb  \nc\\\nd", ["a", "b", "c", "d"]),
        ("# One", ["# One"]),
        ("### Three ###", ["### Three"]),
        ("Title\n=====", ["# Title"]),
        ("*em* **strong** ~~gone~~ `code`", ["em strong ~~gone~~ `code`"]),
        ("- a\n- b\n  - c", ["• a", "• b", "  ◦ c"]),
        ("- a\n\n- b", ["• a", "", "• b"]),
        ("9. a\n10. b", ["9. a", "10. b"]),
        ("-\n- b", ["•", "• b"]),
        ("> quote\n> > inner", ["▌ quote", "▌", "▌ ▌ inner"]),
        ("---", ["─" * 24]),
        ("```py\nx = 1\n\n\n```", ["```py", "x = 1", "", "", "```"]),
        ("```\n\tindented\n```", ["```", "\tindented", "```"]),
        ("    code", ["```", "code", "```"]),
        ("```\nnever closed", ["```", "never closed", "```"]),
        ("<b>html</b> List<int>", ["<b>html</b> List<int>"]),
        ("<!-- comment -->", ["<!-- comment -->"]),
        ("[note]: https://a.example", ["[note]: https://a.example"]),
        ("a &amp; b &lt;c&gt; \\*d\\*", ["a & b <c> *d*"]),
        ("[b]no rich markup[/b]", ["[b]no rich markup[/b]"]),
        ("Vec<T> and <div>", ["Vec<T> and <div>"]),
        ("- [ ] todo\n- [x] done\n  - [X] deep", ["☐ todo", "☑ done", "  ☑ deep"]),
        ("1. [ ] a\n2. [x] b", ["1. ☐ a", "2. ☑ b"]),
        ("- [ ] # head", ["☐ # head"]),
        ("- [] a\n- [ ]", ["• [] a", "• [ ]"]),
        ("99. a\n100. b\n\n     more", ["99. a", "100. b", "", "     more"]),
        ("1. a\n   more\n   - b\n     - c\n       - d", ["1. a", "   more", "   ◦ b", "     ▪ c", "       • d"]),
        ("1) a\n2) b\n\ntext", ["1) a", "2) b", "", "text"]),
        ("- a\n+ b", ["• a", "", "• b"]),
        ("-\n\n\n- a", ["•", "", "• a"]),
        ("> - a\n>   b\n> - c", ["▌ ◦ a", "▌   b", "▌ ◦ c"]),
        ("- > quote\n  > more", ["• ▌ quote", "  ▌ more"]),
        ("> a\n\n> b", ["▌ a", "", "▌ b"]),
        ("> ```\n> code\n> ```", ["▌ ```", "▌ code", "▌ ```"]),
        ("- a\n\n  ```\n  x\n  ```\n- b", ["• a", "", "  ```", "  x", "  ```", "• b"]),
        ("- | a | b |\n  |---|---|\n  | 1 | 2 |", ["• a  b", "  ─  ─", "  1  2"]),
        ("a[^1]\n\n[^1]: the note", ["a[^1]", "", "[^1]: the note"]),
        ("$5 and $10", ["$5 and $10"]),
        ("\\(x_1\\) and $$a*b*c$$ and \\(\\weird{x}\\)", ["x₁ and a*b*c and \\(\\weird{x}\\)"]),
        ("$$\nx^2 + y_1\n$$", ["x² + y₁"]),
        ("$$\n\\begin{a}\nx\n\\end{a}\n$$", ["$$", "\\begin{a}", "x", "\\end{a}", "$$"]),
        ("# a\nb\n# c", ["# a", "", "b", "", "# c"]),
        ("```\u00a0\nx\n```", ["```", "x", "```"]),
    ],
)
def test_every_kind_of_block(source, lines):
    assert plain(source) == lines


def test_a_table_stands_in_columns():
    head, rule, *rows = plain("| a | b |\n|:--|--:|\n| 1 | 22 |\n| x")
    assert [line.split() for line in (head, *rows)] == [["a", "b"], ["1", "22"], ["x"]]
    assert set(rule) <= {"─", " "}
    assert head.index("b") == rows[0].index("22") + 1


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("[words](https://a.example)", "words (https://a.example)"),
        ("[https://good.example](https://evil.example)", "https://good.example (https://evil.example)"),
        ("[https://a.example](https://a.example)", "https://a.example"),
        ("<https://a.example>", "https://a.example"),
        ("<me@a.example>", "me@a.example"),
        ("[](https://a.example)", "https://a.example"),
        ("![a picture](p.png)", "a picture (p.png)"),
        ("[x](javascript:alert)", "[x](javascript:alert)"),
    ],
)
def test_a_link_shows_where_it_goes(source, line):
    """A link's address is shown beside its label, so that the label cannot lie."""
    assert plain(source) == [line]


def test_without_unicode():
    """A locale without UTF-8: plainer, never broken."""
    lines = render_reply("- a\n- b\n\n> q\n\n---\n\n| a | b |\n|---|---|\n| 1 | 2 |", 40, ASCII)
    assert all(line.isascii() for line in lines)
    assert lines[:2] == ["- a", "- b"]
    assert "> q" in lines
    assert "-" * 24 in lines


def test_words_are_kept_whole_where_they_fit():
    assert plain("a very long line of words that wraps", 20) == ["a very long line of", "words that wraps"]
    assert plain("- a very long line of words", 12) == ["• a very", "  long line", "  of words"]
    assert plain("abcdefghij", 4) == ["abcd", "efgh", "ij"]


def test_wide_characters_are_counted_as_they_are_shown():
    assert plain("漢字漢字", 4) == ["漢字", "漢字"]


def test_no_line_begins_with_a_closing_mark_that_stands_behind_a_style():
    assert plain("**漢字**。漢字", 4) == ["漢", "字。", "漢字"]


def test_code_is_not_wrapped_and_has_no_gutter():
    """Code is neither wrapped nor indented, so that copying it from the scrollback gives the code."""
    code = "x = " + "1 + " * 60 + "1"
    assert plain(f"```\n{code}\n```", 20) == ["```", code, "```"]
    assert render_reply(f"```\n{code}\n```", 20, DARK)[0].count("1 + ") == 60


BLOCKS = "```python title\na = 1\n```\n\n- item\n\n  ~~~\n  b\n  ~~~\n\n      c\n\n> ```sh\n"
DARK = TerminalStyle("256", background="dark")


@pytest.mark.parametrize(
    ("style", "numbers", "languages"),
    [
        (
            DARK,
            ["── 1 · python ──────", "  ── 2 ──────", "  ── 3 ──────", "▌ ── 4 · sh ──────"],
            ["── python ──────", "  ── code ──────", "  ── code ──────", "▌ ── sh ──────"],
        ),
        (
            TerminalStyle("256", "ascii", background="dark"),
            ["-- 1 - python ------", "  -- 2 ------", "  -- 3 ------", "> -- 4 - sh ------"],
            ["-- python ------", "  -- code ------", "  -- code ------", "> -- sh ------"],
        ),
        (
            TerminalStyle("bold"),
            ["```python · code 1", "  ``` code 2", "  ``` code 3", "▌ ```sh · code 4"],
            ["```python", "```", "  ```", "  ```", "  ```", "  ```", "▌ ```sh", "▌ ```"],
        ),
        (
            ASCII,
            ["```python - code 1", "  ``` code 2", "  ``` code 3", "> ```sh - code 4"],
            ["```python", "```", "  ```", "  ```", "  ```", "  ```", "> ```sh", "> ```"],
        ),
    ],
    ids=["colours", "ascii", "bold", "plain"],
)
def test_blocks_of_code_have_an_edge_above_them(style, numbers, languages):
    """It has the K of `/copy code K` and `/write code K PATH`, and the language. Without colours it is a fence."""

    def edges(**labels: bool) -> list[str]:
        lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in render_reply(BLOCKS, 40, style, **labels)]
        return [line for line in lines if re.search(r"code|-- |── |```", line)]

    assert [line for line in edges(numbered=True) if not line.endswith("```")] == numbers
    assert edges(labelled=True) == languages
    assert not any("code" in line or "─" in line for line in edges())


@pytest.mark.parametrize(
    ("width", "edge"),
    [
        (54, f"── 1 · {'x' * 40} ──────"),
        (53, "── 1 ──────"),
        (11, "── 1 ──────"),
        (10, "── 1"),
        (4, "── 1"),
        (3, "1"),
        (1, "1"),
    ],
)
def test_a_number_fits_a_narrow_window(width, edge):
    """In a narrow window the language is dropped, then the rules, and the number stays."""
    long = f"```{'x' * 40}\na\n```"
    assert render_reply(long, width, DARK, numbered=True)[0] == f"\x1b[38;5;103m{edge}\x1b[m"
    assert render_reply("```漢字漢字漢字\n", 20, DARK, numbered=True) == ["\x1b[38;5;103m── 1 ──────\x1b[m"]
    assert render_reply(long, 20, PLAIN, numbered=True)[0] == "``` code 1"
    assert render_reply("```漢字漢字\n", 16, PLAIN, numbered=True)[0] == "``` code 1"


def test_text_in_an_item_does_not_seem_to_be_code():
    """An empty line ends a block that has no fence; where a marker follows, that ends it."""
    source = "- ```sh\n  a\n  ```\n  text\n- ```sh\n  b\n  ```\n- c"
    lines = render_reply(source, 40, DARK, labelled=True)
    assert [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines] == [
        "• ── sh ──────",
        "  a",
        "",
        "  text",
        "• ── sh ──────",
        "  b",
        "• c",
    ]
    assert "" not in plain(source)


@pytest.mark.parametrize("source", ["```\na b\n```", "```text\na b\n```", "```nosuch\na b\n```", "    a b"])
def test_code_without_a_language_is_told_from_prose(source):
    """It has a colour of its own, and nothing that would be copied with it."""
    assert render_reply(source, 40, DARK) == ["\x1b[38;5;146ma b\x1b[m"]


@pytest.mark.parametrize("language", ["", "python", "no-such-language", "PYTHON", "console", "c++ {.x}", "\\"])
def test_code_in_colours_has_the_same_characters(language):
    code = "def f(x):\n\n    return x  # [b]\n\n\n"
    lines = [
        re.sub(r"\x1b\[[0-9;]*m", "", line)
        for line in render_reply(f"```{language}\n{code}```", 80, TerminalStyle(background="dark"))
    ]
    assert "\n".join(lines) + "\n" == code


def test_nothing_is_padded():
    for source in ("| a | b |\n|---|---|\n| 1 | 2 |", "# Head", "```\nx   \n```", "> q", "text  "):
        assert all(line == line.rstrip() for line in plain(source))


def test_styles_are_attributes_and_colours():
    """Without colours, code keeps its marks."""
    assert render_reply("**a** *b* `c`", 80, TerminalStyle(background="dark")) == [
        "\x1b[1ma\x1b[m \x1b[3mb\x1b[m \x1b[38;5;179mc\x1b[m"
    ]
    assert render_reply("**a** *b* `c`", 80, TerminalStyle("bold")) == ["\x1b[1ma\x1b[m \x1b[3mb\x1b[m `c`"]
    assert render_reply("`c`", 80, TerminalStyle("truecolor")) == ["`c`"]


@pytest.mark.parametrize("colors", ["16", "bold", "none"])
@pytest.mark.parametrize(
    "source",
    [
        "".join("  " * level + f"- level {chr(97 + level)}\n" for level in range(14)),
        "> " * 30 + "deep quote",
        "- " * 30 + "deep item",
        "*" * 60 + "deep" + "*" * 60,
        "[" * 60 + "deep" + "](a)" * 60,
    ],
    ids=["list", "quote", "items", "emphasis", "links"],
)
def test_nothing_is_lost_however_deep_it_stands(colors, source):
    """No text is lost, however deeply it is nested."""
    text = "".join(render_reply(source, 80, TerminalStyle(colors)))
    assert [word for word in re.findall(r"level [a-n]|deep", source) if word not in text] == []


@pytest.mark.parametrize("width", [1, 2, 5, 10])
@pytest.mark.parametrize(
    "source",
    [
        "some words",
        "# some words",
        "- some\n  - words",
        "> > > some words",
        "100. some words",
        "```\nsome words\n```",
        "[some](words)",
        "| some | words |\n|---|---|\n| and | more |",
        "| a | b | c | d | e | f |\n|-|-|-|-|-|-|\n| g | h | i | j | k | l |",
        "> | some | words |\n> |---|---|",
    ],
)
def test_a_narrow_window_loses_nothing(source, width):
    """A window of one column works: plainer, never broken."""
    assert Counter(letters(source)) <= Counter(letters(plain(source, width)))


def test_a_row_with_more_cells_than_the_head_loses_nothing():
    """Surplus cells are shown: models write `a | b` in a cell without escaping it."""
    text = " ".join(plain("| code | meaning |\n|---|---|\n| `this | that` | either |"))
    assert [word for word in ("this", "that", "either") if word not in text] == []


@pytest.mark.parametrize("reference", ["&#27;", "&#x1b;", "&#155;", "&#0;", "&#13;", "&#x202E;", "&rlm;", "&#xD800;"])
@pytest.mark.parametrize("source", ["a{}b", "`a{}b`", "# a{}b", "[a{}b](c)", "![a{}b](c)", "| a{}b |\n|-|", "- a{}b"])
def test_a_character_reference_makes_no_control(reference, source):
    """No character reference reaches the terminal as a control code."""
    for line in plain(source.format(reference)):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", line)


@pytest.mark.parametrize("mark", ["*", "**", "_", "~~", "["])
def test_nesting_without_end_is_shown_as_written(mark):
    """Nesting without end raises no error."""
    source = "x " + mark * 700 + "a" + (mark if mark != "[" else "](b)") * 700
    assert "a" in "".join(render_reply(source, 80, TerminalStyle(background="dark")))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Sil\u00adben", ["Silben"]),
        ("# Sil\u00adben", ["# Silben"]),
        ("- Sil\u00adben\n> Sil\u00adben", ["• Silben", "", "▌ Silben"]),
        ("**Sil\u00adben** [Sil\u00adben](u\u00adv)", ["Silben Silben (u%C2%ADv)"]),
        ("`Sil\u00adben`", ["`Sil<U+00AD>ben`"]),
        ("```x\u00ady\nSil\u00adben\n```", ["```x<U+00AD>y", "Sil<U+00AD>ben", "```"]),
        ("    Sil\u00adben", ["```", "Sil<U+00AD>ben", "```"]),
        ("$$\nx\u00ady\n$$", ["x<U+00AD>y"]),
        ("| Sil\u00adben | b |\n|-|-|\n| `x\u00ady` | c |", ["Silben        b", "────────────  ─", "`x<U+00AD>y`  c"]),
    ],
)
def test_soft_hyphens_are_hidden_in_prose_alone(text, lines):
    """In code and addresses, which are used as they are shown, hiding them would deceive."""
    assert render_reply(text, 60, TerminalStyle("none")) == lines


def test_prose_has_a_widest_column_and_code_and_tables_do_not():
    """Headings, paragraphs, lists and quotes end there with their markers; so does a narrower window."""
    style = TerminalStyle("none", prose_width=20)
    word = "word " * 12
    source = f"# {word}\n\n{word}\n\n- {word}\n\n> {word}\n\n```\n{word.strip()}\n```\n\n"
    source += f"| {word} | b |\n| - | - |\n| {word} | c |"
    wide = render_reply(source, 200, style)
    assert [len(line) for line in wide if len(line) > 20] == [59, 62, 62, 62]
    assert max(len(line) for line in wide if len(line) <= 20) > 16
    assert max(map(len, render_reply(f"{word}\n\n- {word}", 10, style))) <= 10
    assert max(map(len, render_reply(word, 50, TerminalStyle("none")))) > 40
