"""Up and Down go through the rows of the line as they are on the screen."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from prompt_keys import PromptKeys, with_keys
from prompt_toolkit.application.current import set_app
from prompt_toolkit.data_structures import Size
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout.mouse_handlers import MouseHandlers
from prompt_toolkit.layout.screen import Screen, WritePosition

from grokchat.render.cells import cell_width
from grokchat.render.graphemes import is_boundary
from grokchat.render.widths import Widths, use_widths
from grokchat.terminal.line_rows import INDENT, LineRows, message_columns
from grokchat.terminal.screen_rows import screen_rows

LETTERS = [*"ab \t界é😀", "e\u0301", "❤️", "👨‍👩‍👧", "ی\u200cم", "कि", "মা", "\u1112\u1161", "👍🏽"]
LINES = st.lists(st.sampled_from(LETTERS), max_size=9).map("".join)


def drawn_cursors(prompt: PromptKeys, places: list[int], columns: int) -> list[tuple[int, int]]:
    """Return row and column of the cursor at places in the line, as prompt_toolkit draws it."""
    prompt.output.size = Size(rows=1000, columns=columns)
    window = prompt.app.layout.current_window
    cursors = []
    for at in places:
        prompt.buffer.cursor_position = at
        cursor = drawn(prompt, columns).get_cursor_position(window)
        cursors.append((cursor.y, cursor.x))
    return cursors


def drawn(prompt: PromptKeys, columns: int) -> Screen:
    screen = Screen()
    with set_app(prompt.app):
        position = WritePosition(xpos=0, ypos=0, width=columns, height=500)
        window = prompt.app.layout.current_window
        window.write_to_screen(screen, MouseHandlers(), position, "", erase_bg=False, z_index=None)
    return screen


def drawn_row(prompt: PromptKeys) -> str:
    prompt.output.size = Size(rows=1000, columns=80)
    return screen_rows(drawn(prompt, 80), 1, lambda _: "")[0]


def check_rows(prompt: PromptKeys, line: str, columns: int, chosen: Widths) -> None:
    """Compare the rows of a line, as computed, with those that are drawn in a terminal with these widths."""
    use_widths(chosen)
    prompt.buffer.text = line
    places = [at for at in range(len(line) + 1) if is_boundary(line, at)]
    rows, cursors = LineRows(line, message_columns(line, columns)), drawn_cursors(prompt, places, columns)
    assert numbered([rows.row_of(at) for at in places]) == numbered([y for y, _ in cursors])
    assert [rows.cell_of(at) + INDENT for at in places] == [x for _, x in cursors]


def numbered(rows: list[int]) -> list[int]:
    """Return the rows with numbers from 0 on: those without a place for the cursor do not count."""
    numbers = {row: number for number, row in enumerate(dict.fromkeys(rows))}
    return [numbers[row] for row in rows]


@pytest.mark.parametrize(
    ("chosen", "cells"),
    [
        (Widths(), {"हिन्दी": 5, "தமிழ்": 4, "မာ": 2, "\u1112\u1161\u11ab": 2, "👍🏽": 2, "±": 1}),
        (
            Widths(spacing_mark=0, myanmar_mark=0, vowel_part=1),
            {"हिन्दी": 3, "தமிழ்": 3, "မာ": 1, "\u1112\u1161\u11ab": 4},
        ),
        (Widths(skin_tone=2, ambiguous=2), {"👍🏽": 4, "±": 2, "कि": 2}),
    ],
)
def test_the_cursor_stands_behind_the_text_in_the_terminal_in_use(chosen, cells):
    """Also if the widths change while the text is there."""

    def act(prompt: PromptKeys) -> None:
        for line, width in cells.items():
            prompt.buffer.text = line
            use_widths(Widths())
            drawn_cursors(prompt, [len(line)], 80)
            use_widths(chosen)
            assert drawn_cursors(prompt, [len(line)], 80) == [(0, INDENT + width)]

    with_keys(act)


KONSOLE = Widths(stacked_mark=0, emoji_style=0)
JOINING = Widths(spacing_mark=0, stacked_mark=0, conjunct=0)
NARROW = st.lists(st.sampled_from([*"ab界", "ক", "বাং", "क्ष", "क्षि", "नमस्ते", "👨‍👩‍👧"]), max_size=9).map("".join)


@pytest.mark.parametrize(
    ("chosen", "line", "cells"),
    [(KONSOLE, "বাংলা দুঃখ", 7), (KONSOLE, "ab", 2), (JOINING, "क्षेत्र", 2), (JOINING, "हिन्दी", 2), (JOINING, "నమస్తే", 3)],
)
def test_the_cursor_stands_behind_clusters_that_are_narrower_than_their_characters(chosen, line, cells):
    def act(prompt: PromptKeys) -> None:
        use_widths(chosen)
        prompt.buffer.text = line
        assert drawn_cursors(prompt, [len(line)], 80) == [(0, INDENT + cells)]
        assert drawn_row(prompt).endswith(line)

    with_keys(act)


@pytest.mark.parametrize(
    "letter",
    ["e\u0301", "o\u0302\u0323", "\u05e9\u05b8", "ก\u0e31", "ங\u0bcd", "\u1112\u1161\u11ab", "x\u20dd", "か\u3099"],
)
def test_a_mark_stays_with_its_letter_at_the_end_of_a_row(letter):
    """Nor does a letter with marks fill the last column, where tmux draws a mark on the letter before."""

    def act(prompt: PromptKeys) -> None:
        prompt.buffer.text = letter * 12
        for columns in range(8, 14):
            prompt.output.size = Size(rows=1000, columns=columns)
            rows = [row for row in screen_rows(drawn(prompt, columns), 500, lambda _: "") if row]
            assert "".join(row[INDENT:] for row in rows) == letter * 12
            assert all(cell_width(row) < columns for row in rows)

    with_keys(act)


def test_a_private_character_is_not_shown_as_a_cluster():
    """Else the message would differ from the screen."""

    def act(prompt: PromptKeys) -> None:
        prompt.buffer.text = "कि"
        assert drawn_row(prompt).endswith("कि")
        for code in range(0x10F000, 0x10F000 + 100):
            prompt.buffer.text = chr(code)
            assert drawn_row(prompt).endswith(chr(code))

    with_keys(act)


@pytest.mark.parametrize("line", ["कि" * 9, "தா" * 9, "\u1112\u1161" * 9])
def test_no_row_begins_with_a_mark_that_has_a_cell(line):
    def act(prompt: PromptKeys) -> None:
        use_widths(Widths(vowel_part=1))
        prompt.buffer.text = line
        prompt.output.size = Size(rows=1000, columns=INDENT + 7)
        rows = screen_rows(drawn(prompt, INDENT + 7), 4, lambda _: "")
        assert "".join(row[INDENT:] for row in rows).startswith(line[:8])
        assert {row[INDENT : INDENT + 1] for row in rows if row[INDENT:]} == {line[0]}

    with_keys(act)


def test_a_cluster_has_its_width_also_after_its_stand_in_could_have_been_drawn_as_text():
    def act(prompt: PromptKeys) -> None:
        prompt.buffer.text = "".join(map(chr, range(0x10F000, 0x10FF00)[::3]))
        drawn_cursors(prompt, [0], 80)
        use_widths(Widths())
        for cluster in ("\u0ba8\u0bbf", "\u0ba8\u0bbe", "\u0ba8\u0bc6"):
            prompt.buffer.text = cluster
            assert drawn_cursors(prompt, [2], 80) == [(0, INDENT + 2)]

    with_keys(act)


def test_no_control_character_comes_back_with_a_cluster():
    def act(prompt: PromptKeys) -> None:
        use_widths(JOINING)
        prompt.buffer.text = "क्\u202eष क्\u2066ष"
        assert not {"\u202e", "\u2066"} & set(drawn_row(prompt))

    with_keys(act)


@given(line=NARROW, columns=st.integers(INDENT + 2, 20), chosen=st.sampled_from([Widths(), KONSOLE, JOINING]))
def test_rows_with_narrow_clusters_are_those_that_are_drawn(line, columns, chosen):
    with_keys(lambda prompt: check_rows(prompt, line, columns, chosen))


@given(line=LINES, columns=st.integers(INDENT + 2, 20))
@example(line="abcdef", columns=5)
@example(line="界界界", columns=6)
@example(line="a\tb\t\tc", columns=11)
@example(line="a\x1bb\u202ec", columns=9)
def test_the_rows_are_those_that_are_drawn(line, columns):
    """At any width, with wide characters, tabs, marks, and characters that are shown as several."""
    with_keys(lambda prompt: check_rows(prompt, line, columns, Widths()))


def moved(text: str, keys: list[Keys], *, at: int, columns: int) -> str:
    def act(prompt: PromptKeys) -> None:
        prompt.buffer.text = text
        prompt.buffer.cursor_position = at
        for key in keys:
            prompt.press(key)

    return with_keys(act, columns=columns, earlier=["earlier"]).line


UP, DOWN, LEFT = Keys.Up, Keys.Down, Keys.Left


@pytest.mark.parametrize(
    ("text", "at", "keys", "line"),
    [
        ("0123456789abcdef", 14, [UP], "0123|456789abcdef"),
        ("0123456789abcdef", 14, [UP, DOWN], "0123456789abcd|ef"),
        ("0123456789abcdef", 4, [UP], "earlier|"),
        ("0123456789abcdef", 4, [UP, DOWN], "0123456789abcdef|"),
        ("0123456789", 10, [UP], "|0123456789"),  # a full row, and the cursor in the next one
        ("01234567\n\n01234567", 16, [UP, UP], "012345|67\n\n01234567"),  # over a shorter line, back to the column
        ("01234567\n\n01234567", 16, [UP, UP, LEFT, DOWN, DOWN], "01234567\n\n01234|567"),  # until a move aside
        ("界界界界界界", 5, [UP], "|界界界界界界"),
        ("0123456789a界👨‍👩‍👧b", 2, [DOWN], "0123456789a|界👨‍👩‍👧b"),
        ("01234\n👨‍👩‍👧👨‍👩‍👧", 3, [DOWN], "01234\n|👨‍👩‍👧👨‍👩‍👧"),  # never inside a cluster
        ("a\tb", 3, [UP], "earlier|"),
    ],
)
def test_up_and_down_keep_to_a_column_and_end_in_the_history(text, at, keys, line):
    assert moved(text, keys, at=at, columns=12) == line


@pytest.mark.parametrize("columns", [1, 2, 3, 4, 80, 200])
@pytest.mark.parametrize("text", ["", "abc", "a界b\tc", "one\n\n👨‍👩‍👧 two\n"])
def test_up_and_down_come_through_the_text_at_any_width(text, columns):
    """In the narrowest windows nothing can be seen, but no key hangs or is lost."""

    def act(prompt: PromptKeys) -> None:
        prompt.buffer.text = text
        prompt.buffer.cursor_position = len(text)
        steps = 0
        while prompt.buffer.move_by_row(-1):
            steps += 1
        assert prompt.buffer.cursor_position <= (text.find("\n") if "\n" in text else len(text))
        assert steps <= len(text)
        while prompt.buffer.move_by_row(1):
            steps -= 1
        assert steps == 0

    with_keys(act, columns=columns)
