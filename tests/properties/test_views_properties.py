"""What commands print fits the window, whatever is in it and however narrow the window is."""
# ruff: noqa: RUF001 - the marks are the point

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grokchat.commands.outcomes import Column, ContextRow, ContextTable, Table
from grokchat.commands.registry import COMMANDS, by_name
from grokchat.render.cells import cell_width, pad, truncate
from grokchat.render.sanitize import visible, visible_line
from grokchat.render.style import TerminalStyle
from grokchat.render.wrap import wrap_text
from grokchat.views.context import context_lines
from grokchat.views.help import help_lines
from grokchat.views.notices import error_lines, greeting_lines, notice_lines, warning_lines
from grokchat.views.table import table_lines

PLAIN = TerminalStyle("none")
PARTS = [
    "a", "words", "a-long-word-with-hyphens", " ", "  ", "\t", "\n", "漢字", "かな。", "（",
    "한국어", "é", "e\u0301", "ก็",
    "👩‍💻", "🇩🇪", "👍🏽", "❤\ufe0f",
    "\u3000", "\u00a0", "\u200b", "\x1b[2J", "\r", "…", "·", "1\ufe0f\u20e3", "क्\u200dष",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PARTS), max_size=30).map("".join) | st.text(
    st.characters(exclude_characters="/@:"), max_size=20
)
"""Without addresses, whose rows may be wider."""
COLUMNS = st.integers(2, 60)


def solid(text: str) -> str:
    """Return the characters of a text that are not white space where a row may be broken."""
    return "".join(char for char in text if char not in " \t\n")


@pytest.mark.parametrize("view", [notice_lines, warning_lines, error_lines])
@given(TEXTS, COLUMNS)
@example("通知" * 20, 40)
@example("\u0301", 2)
def test_a_notice_fits_and_loses_nothing(view, text, columns):
    """No row is wider than the window in cells, and all characters are there, in order."""
    rows = view(text, columns, PLAIN)
    assert all(cell_width(row) <= columns for row in rows)
    assert solid("".join(rows)) == solid(visible(text))


@given(TEXTS, COLUMNS, st.booleans())
def test_the_greeting_fits(model, columns, is_first_run):
    rows = greeting_lines(model, columns, PLAIN, is_first_run=is_first_run)
    assert all(cell_width(row) <= columns for row in rows)
    assert solid(visible_line(model)) in solid("".join(rows))


@pytest.mark.parametrize("columns", [2, 3, 5, 10, 11, 12, 20, 40, 79, 80, 100])
def test_the_help_fits_and_loses_nothing(columns):
    """Usage lines are broken, not cut."""
    for topic in ("", "all", "keys"):
        rows = help_lines(topic, by_name(), columns, PLAIN)
        assert all(cell_width(row) <= columns for row in rows)
        shown = solid("".join(rows))
        for command in COMMANDS:
            assert topic != "all" or columns > 60 or solid(command.usage) in shown
    for command in COMMANDS:
        page = help_lines(command.name, by_name(), columns, PLAIN)
        assert all(cell_width(row) <= columns for row in page)
        assert solid("".join(page)).startswith(solid(command.usage))


ROWS = st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=4)


def has_text(rows: Sequence[tuple[str, ...]]) -> bool:
    """Return whether any cell shows something: every table of a command has some that do."""
    return any(cell_width(visible_line(cell)) for row in rows for cell in row)


@given(ROWS.filter(has_text), COLUMNS, st.booleans())
def test_a_table_fits(rows, columns, folds):
    """Cells are cut, or folded without losing anything; if the columns do not fit, each row is a record."""
    overflow = "fold" if folds else "cut"
    names = (Column("name", overflow=overflow), Column("", overflow=overflow), Column("text", overflow=overflow))
    lines = table_lines(Table(names, tuple(rows)), columns, PLAIN)
    assert all(cell_width(line) <= columns for line in lines)
    if folds:
        letters = Counter("".join(solid(visible_line(cell)) for row in rows for cell in row))
        assert not letters - Counter(solid("".join(lines)))
    elif columns >= 40:
        assert len(lines) == len(rows) + 1


@given(st.text("ab c  d-e/\t", max_size=40), st.integers(1, 20))
def test_ascii_is_wrapped_as_the_standard_library_wraps_it(text, columns):
    """But for trailing spaces, which it keeps after a word that fills a row, and for words wider than a row."""
    indent = len(text.expandtabs()) - len(text.expandtabs().lstrip())
    if indent + max(map(len, text.split()), default=0) <= columns:
        rows = textwrap.wrap(text, columns, replace_whitespace=False, break_on_hyphens=False)
        assert wrap_text(text, columns) == ([row.rstrip() for row in rows] or [""])


@given(TEXTS.map(visible_line), st.integers(0, 30))
def test_truncated_text_fits(text, columns):
    """It is a beginning of the text; what is padded takes just as many cells as it should."""
    short = truncate(text, columns)
    assert cell_width(short) <= columns
    assert text.startswith((short, re.sub("…$", "", short)))
    if cell_width(text) <= columns:
        assert short == text
        assert cell_width(pad(text, columns)) == columns


# -- /context ----------------------------------------------------------------------------------------------------------

TOKENS = st.integers(0, 10**7)
CONTEXT_ROWS = st.builds(
    ContextRow,
    numbers=st.integers(1, 10**5).map(str),
    role=st.sampled_from(["system", "user", "assistant", "tool", "", "a-role-of-another-program"]),
    words=TEXTS,
    tokens=TOKENS,
    state=st.sampled_from(["", "cached", "muted", "still coming"]),
    is_sent=st.booleans(),
)
CONTEXTS = st.builds(
    ContextTable,
    rows=st.lists(CONTEXT_ROWS, min_size=1, max_size=8).map(tuple),
    tokens=TOKENS,
    roles=st.lists(st.tuples(st.sampled_from(["system", "user", "critic"]), TOKENS), max_size=3).map(tuple),
    context=st.none() | st.integers(1, 10**7),
    step=st.none() | st.integers(1, 10**7),
)


@pytest.mark.parametrize(
    "style", [PLAIN, TerminalStyle("truecolor", background="dark"), TerminalStyle("bold", "ascii")]
)
@given(CONTEXTS, st.integers(4, 120), st.booleans())
def test_a_context_table_fits_and_names_each_message(style, table, columns, has_bars):
    lines = [re.sub("\x1b\\[[0-9;]*m", "", line) for line in context_lines(table, columns, style, has_bars=has_bars)]
    assert all(cell_width(line) <= columns for line in lines)
    shown = solid("".join(lines))
    assert all(row.numbers in shown for row in table.rows)
    assert all(f"~{row.tokens:,}" in shown for row in table.rows if row.is_sent)
