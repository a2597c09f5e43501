"""/context on the screen."""

from __future__ import annotations

import re

import pytest
from wcwidth import wcswidth

from grokchat.commands.outcomes import ContextRow, ContextTable
from grokchat.render.style import TerminalStyle
from grokchat.render.widths import Widths, use_widths, widths
from grokchat.views.context import context_lines

PLAIN = TerminalStyle("none")
NO_COLOR = TerminalStyle("bold")
DARK = TerminalStyle("truecolor", background="dark")
TABLE = ContextTable(
    (
        ContextRow("1", "system", "Be brief.", 20, "cached"),
        ContextRow("2", "user", "attached: parser.c · 32 kB", 8000, "cached"),
        ContextRow(
            "3",
            "assistant",
            "Three places: in `parse`, and in what follows it, wherever that is",
            0,
            "muted",
            is_sent=False,
        ),
        ContextRow("4-17", "", "14 messages", 980),
        ContextRow("18", "user", "漢字\x1b[2J 👩‍💻", 1000, "still coming"),
    ),
    10_000,
    (("system", 20), ("user", 9000), ("assistant", 980)),
    context=100_000,
    step=50_000,
    hint="/context all shows each message",
    facts=(("cached", "#1-2, ~8,020 tokens, unchanged since the last request"), ("cost", "about $0.0061")),
    savings=(("/mute 2", 8000, "next request $0.0023 less"), ("/mute 18", 1000, "")),
)


def test_a_row_a_message_and_below_it_the_whole_and_what_would_save_most():
    assert context_lines(TABLE, 80, NO_COLOR)[:6] == [
        "                                              tokens",
        "   1  system     Be brief.                       ~20  ▏             cached",
        "   2  user       attached: parser.c · 32 kB   ~8,000  ████████████  cached",
        "   3  assistant  Three places: in `parse`, …                        muted",
        "4-17             14 messages                    ~980  █▌",
        "  18  user       漢字␛[2J 👩‍💻                  ~1,000  █▌            still coming",
    ]
    lines = context_lines(TABLE, 80, NO_COLOR)
    below = lines[lines.index("") + 1 :]
    assert below[:3] == [
        "~10,000 of 100k tokens · 10%",
        "█" * 6 + "░" * 24 + "│" + "░" * 29,
        "system ~20   user ~9,000   replies ~980",
    ]
    assert below[-3:] == [
        "What would save most:",
        "\x1b[1m/mute 2\x1b[m   ~8,000 tokens  next request $0.0023 less",
        "\x1b[1m/mute 18\x1b[m  ~1,000 tokens",
    ]


@pytest.mark.parametrize("columns", [1, 5, 20, 36, 40, 63, 64, 80, 200])
@pytest.mark.parametrize("style", [PLAIN, NO_COLOR, DARK, TerminalStyle("16", background="dark")])
def test_it_fits_any_window(columns, style):
    lines = [re.sub("\x1b\\[[0-9;]*m", "", line) for line in context_lines(TABLE, columns, style)]
    assert all(wcswidth(line) <= max(columns, 2) for line in lines)
    assert not any(re.search("[\x00-\x1f\x7f-\x9f]", line) for line in lines)
    joined = re.sub(r"\s", "", "".join(lines))
    assert all(f"~{tokens:,}" in joined for tokens in (20, 8000, 980, 1000, 10_000))


def test_in_40_columns_the_rows_have_bars_and_mutes():
    lines = context_lines(TABLE, 40, NO_COLOR)
    assert lines[2].endswith("~8,000  ████")
    assert lines[3].split()[-1] == "muted"


def test_a_muted_message_has_no_bar_and_is_dim():
    muted = next(line for line in context_lines(TABLE, 80, DARK) if "Three places" in line)
    assert "█" not in muted
    assert set(re.findall("\x1b\\[([0-9;]+)m", muted)) == {"38;2;139;147;176"}


def test_without_blocks_bars_are_number_signs():
    """In ASCII, and where a block takes two cells; without escape codes the whole has none."""
    lines = context_lines(TABLE, 80, TerminalStyle("bold", "ascii"))
    assert any("############" in line for line in lines)
    assert "######" + "." * 24 + "|" + "." * 29 in lines
    assert all(line.isascii() for line in lines if "#" in line)
    before = widths()
    try:
        use_widths(Widths(ambiguous=2))
        assert not any("█" in line for line in context_lines(TABLE, 80, NO_COLOR))
    finally:
        use_widths(before)
    assert not any("..." in line for line in context_lines(TABLE, 80, PLAIN))


def test_a_screen_reader_gets_no_bars():
    assert not any("#" * 2 in line or "█" in line for line in context_lines(TABLE, 80, PLAIN, has_bars=False))


def test_roles_have_their_colours_in_the_bars_and_in_the_legend():
    lines = context_lines(TABLE, 80, DARK)
    gauge = next(line for line in lines if "░" in line)
    assert gauge.startswith("\x1b[38;2;125;207;255m█████\x1b[m█\x1b[38;2;139;147;176m░")
    assert any(line.startswith("\x1b[38;2;191;159;255m█\x1b[m ") and "system ~20" in line for line in lines)
    unknown = context_lines(TABLE, 80, TerminalStyle("truecolor", background="any"))
    assert any(line.endswith("user ~9,000\x1b[m   \x1b[38;2;128;128;128mreplies ~980\x1b[m") for line in unknown)


@pytest.mark.parametrize(("tokens", "percent"), [(1, "< 1%"), (500_000, "50%"), (1_200_000, "120%")])
def test_the_whole_against_the_context(tokens, percent):
    rows = (ContextRow("1", "user", "x", tokens),)
    table = ContextTable(rows, tokens, (("user", tokens),), context=1_000_000)
    lines = context_lines(table, 80, NO_COLOR)
    assert f"~{tokens:,} of 1M tokens · {percent}" in lines
    assert len(next(line for line in lines if line.startswith("█"))) == 60


def test_an_unknown_context_and_a_list_that_is_muted():
    row = ContextRow("1", "user", "x", 5)
    assert "~5 tokens · context window unknown" in context_lines(ContextTable((row,), 5, (("user", 5),)), 80, PLAIN)
    muted = ContextRow("1", "user", "x", 0, "muted", is_sent=False)
    assert "Nothing to send: all messages are muted." in context_lines(ContextTable((muted,), 0, ()), 80, PLAIN)
