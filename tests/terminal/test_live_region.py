"""The text that turns the rows at the end of the screen into new ones: the difference, and nothing above it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terminal_emulator import Emulator

from grokchat.terminal.live_region import Region
from grokchat.terminal.queries import SIZE_QUERY
from grokchat.terminal.row_shapes import Drawing
from grokchat.terminal.row_widths import clipped, row_width
from grokchat.terminal.terminals import TerminalKind, identify

SIZE = (40, 10)
CHROME = ["> ", "status"]
WORDS = [
    "abc", "hello", "漢字", "x", "\x1b[1mbold\x1b[m", "\x1b[36mcy an\x1b[m", "😀", "e\u0301", "👩‍💻", "🇩🇪", " ", "\t",
]  # fmt: skip
MARK = "\x1b]133;A\x07"
BANDS = ["\x1b[48;5;237m\x1b[K> \x1b[0;1;48;5;237mone\x1b[m", "\x1b[48;5;237m\x1b[K\x1b[m"]
"""Rows of a user's message: they erase their row before they are written."""
LINE = st.lists(st.sampled_from(WORDS), max_size=8).map("".join)


class Screen:
    """A region drawn in an emulator, and the content that the screen should have."""

    def __init__(self, columns: int, rows: int, term: str = "") -> None:
        self.size = (columns, rows)
        self.emulator = Emulator(columns, rows)
        self.region = Region(identify({"TERM": term}))
        self.final: list[str] = []
        self.rows: list[str] = []

    def frame(self, commit: list[str], live: list[str], below: list[str]) -> str:
        columns, height = self.size
        below = [clipped(row, columns) for row in below][:height]
        room = max(0, height - len(below) - 1)
        live = [clipped(row, columns) for row in live][-room:] if room else []
        self.rows = [*live, *below]
        self.final += commit
        written = self.region.compose_frame(commit, self.rows, (len(live), min(2, columns - 1)), self.size).text
        self.emulator.feed(written.encode())
        return written

    def expected(self, *, rows: bool = True) -> Emulator:
        emulator = Emulator(*self.size)
        emulator.feed("".join(f"{line}\r\n" for line in self.final).encode())
        if rows:
            emulator.feed(("\x1b[?7l" + "\r\n".join(self.rows)).encode())
        return emulator


def after(*frames: tuple[list[str], list[str]], size: tuple[int, int] = SIZE) -> tuple[Screen, str]:
    """Return the screen after frames with the prompt below them, and the text of the last one."""
    screen = Screen(*size)
    written = [screen.frame(commit, live, CHROME) for commit, live in frames]
    return screen, written[-1]


def grounds(emulator: Emulator) -> list[str]:
    """Return the background at the end of each row that is not empty, of scrollback and screen."""
    screen = emulator.screen
    rows = [*screen.history.top, *(screen.buffer.get(row, {}) for row in range(screen.lines))]
    ends = [row[screen.columns - 1].bg if screen.columns - 1 in row else "default" for row in rows]
    return [
        end for row, end in zip(rows, ends, strict=True) if end != "default" or any(row[at].data != " " for at in row)
    ]


def ups(written: str) -> int:
    """Return how many rows an erasing goes up."""
    before = written.partition("\x1b7")[0].removeprefix("\r\x1b[")
    return int(before.removesuffix("A") or 1) if before.endswith("A") else 0


def shown(written: str) -> str:
    """Return the text of a frame, without codes and spaces."""
    emulator = Emulator(200, 2)
    emulator.feed(written.encode())
    return emulator.text().replace("\n", "").replace(" ", "")


FRAMES = st.lists(
    st.tuples(
        st.lists(LINE | st.sampled_from(BANDS), max_size=3) | st.lists(LINE, min_size=10, max_size=14),
        st.integers(0, 3),
        st.lists(LINE, max_size=4),
        LINE,
        st.sampled_from([CHROME, ["> typed", "status"], ["> a", "  b", "status 2"], ["> "]]),
    ),
    max_size=12,
)


TERMS = st.sampled_from(["xterm", "xterm-kitty", "tmux-256color"])


@given(FRAMES, st.sampled_from([(80, 24), (40, 10), (20, 6), (10, 4), (5, 3)]), st.sampled_from(["", MARK]), TERMS)
def test_the_screen_looks_as_if_it_was_printed(frames, size, mark, term):
    """Finished lines are in the scrollback once and in order, the live rows below them, after any frames."""
    screen = Screen(*size, term)
    live: list[str] = []
    for commit, taken, more, grown, below in frames:
        finished, live = live[:taken], live[taken:]
        if live:
            live[-1] += grown
        live += more
        screen.frame([mark + line for line in [*finished, *commit]], live, below)
        live = screen.rows[: len(screen.rows) - len([clipped(row, size[0]) for row in below][: size[1]])]
        assert screen.emulator.text() == screen.expected().text()
        assert grounds(screen.emulator) == grounds(screen.expected())
    screen.emulator.feed(screen.region.erase(size[0]).encode())
    assert screen.emulator.text() == screen.expected(rows=False).text()


def test_a_band_reaches_the_edge_whatever_stood_there():
    """Nothing is erased behind it."""
    screen, _ = after(([], ["a row that is longer than the band"]), ([BANDS[0], "x"], ["y"]))
    assert grounds(screen.emulator) == ["3a3a3a", *["default"] * 4]
    region = Region(identify({"TERM": "tmux-256color"}))
    region.compose_frame([], ["words and words", "> "], (1, 2), SIZE)
    assert f"\r\x1b[K{BANDS[0]}" in region.compose_frame([BANDS[0]], ["> "], (0, 2), SIZE).text


def test_a_row_that_becomes_final_unchanged_costs_nothing():
    """It was printed when it was live."""
    _, written = after(([], ["one", "two"]), (["one", "two"], []))
    assert shown(written) == ""


def test_a_row_that_grew_costs_only_what_was_added():
    _, written = after(([], ["some words"]), ([], ["some words and more"]))
    assert shown(written) == "andmore"
    assert len(written) < 60


def test_a_style_continues_where_a_row_grows():
    screen, written = after(([], ["a \x1b[1mbo\x1b[m"]), ([], ["a \x1b[1mbold\x1b[m"]))
    assert shown(written) == "ld"
    row = screen.emulator.screen.buffer[0]
    assert [row[column].bold for column in range(6)] == [False, False, True, True, True, True]


def test_the_prompt_is_moved_and_not_drawn_again():
    _, written = after((["1"], ["one"]), ([], ["one", "two", "three"]))
    assert shown(written) == "twothree"


def test_nothing_is_written_where_nothing_changes():
    _, written = after((["1"], ["one"]), ([], ["one"]))
    assert written == ""


def test_a_row_of_uncertain_width_is_written_whole():
    """Terminals disagree about emoji, so no column after one can be addressed."""
    _, written = after(([], ["👩‍💻 one"]), ([], ["👩‍💻 one two"]))
    assert "\r👩‍💻 one two\x1b[K" in written


def test_no_row_is_empty_in_between():
    """A terminal without synchronized updates may show the screen at any time: rows are written over, then erased."""
    _, written = after(([], ["one", "two", "three"]), (["another line", "one"], ["x"]))
    assert "\r\x1b[K" not in written
    screen = Screen(*SIZE)
    for live in ["words and words", "words"]:
        written = screen.frame([], [live], CHROME)
    assert written.count("\x1b[K") == 1
    assert shown(written) == ""


def test_tmux_has_a_row_cleared_before_it_becomes_narrower():
    """It remembers how wide a row was until the whole row is cleared, and wraps it by that width."""
    region = Region(identify({"TERM": "tmux-256color"}))
    region.compose_frame([], ["words and words", "> "], (1, 2), SIZE)
    assert "\r\x1b[Kwords" in region.compose_frame([], ["words", "> "], (1, 2), SIZE).text


def test_no_row_is_deleted():
    """Alacritty before 0.13.2 puts deleted rows into its scrollback, so rows that move up are written again."""
    region = Region()
    region.compose_frame([], ["> ", "menu", "menu", "status"], (0, 2), SIZE)
    written = region.compose_frame([], ["> ", "status"], (0, 2), SIZE).text
    assert "M" not in written
    assert shown(written) == "status"


def test_kitty_is_drawn_from_the_place_that_keeps_its_content():
    """The end of the last row: only rows below a place displace it when the window becomes lower."""
    region = Region(identify({"TERM": "xterm-kitty"}))
    first = region.compose_frame([], ["live", "> ", "status"], (1, 2), SIZE).text
    assert first.partition("status")[2].startswith(f"\r\x1b[{SIZE[0] - 1}C\x1b[?7h\x1b7\x1b[A")
    assert region.compose_frame([], ["live", "> a", "status"], (1, 3), SIZE).text.startswith("\x1b8")
    assert region.erase(40).startswith("\x1b8\r\x1b[2A")


def test_a_long_final_line_is_wrapped_by_the_terminal():
    """Copied from there, it is one line."""
    line = "x" * 100
    screen, _ = after(([], ["xxx"]), ([line], ["next"]))
    assert screen.emulator.text().split("\n")[:3] == ["x" * 40, "x" * 40, "x" * 20]


@pytest.mark.parametrize("row", ["plain", "\x1b[1mbold\x1b[m and plain", "漢字かな", "👩‍💻👩‍💻", "a\tb", "e\u0301" * 2])
@pytest.mark.parametrize("columns", [1, 2, 5, 9, 80])
def test_a_clipped_row_fits(row, columns):
    assert row_width(clipped(row, columns)) <= columns
    assert row.startswith(clipped(row, columns).removesuffix("\x1b[m")) or "\x1b" in row


def test_nothing_but_the_beginning_of_a_row_fits_one_column():
    assert clipped("\x1b[1mab\x1b[m", 1) == "\x1b[1ma\x1b[m"


# -- another size ------------------------------------------------------------------------------------------------------


def test_rows_are_counted_as_a_narrower_window_wraps_them():
    region = Region()
    frame = region.compose_frame([], ["x" * 40, "", "> "], (2, 2), (40, 10))
    assert ups(region.erase_frames(frame, [], (20, 10)).text) == 3


def test_a_terminal_that_cuts_rows_off_has_as_many_as_before():
    region = Region(TerminalKind("", reflows=False))
    frame = region.compose_frame([], ["x" * 40, "", "> "], (2, 2), (40, 10))
    assert ups(region.erase_frames(frame, [], (20, 10)).text) == 2


def test_rows_that_were_written_at_the_new_size_are_not_wrapped():
    region = Region()
    frame = region.compose_frame([], ["x" * 40, "", "> "], (2, 2), (40, 10), SIZE_QUERY)
    assert ups(region.erase_frames(None, [Drawing(frame.text, 20)], (20, 10)).text) == 2


PLAIN = st.lists(st.sampled_from(["abc", "hello", "x"]), min_size=1, max_size=6).map(" ".join)
LIVE = st.tuples(st.lists(PLAIN, max_size=5), st.sampled_from([CHROME, ["> ", "status 2"]]))


@given(LIVE, st.integers(0, 5), st.lists(PLAIN, max_size=6), LIVE)
def test_a_frame_that_is_drawn_after_the_window_became_lower_is_erased_without_a_trace(first, taken, more, then):
    """Such a window may have dropped the rows below the cursor, so nothing may be counted from the last row up."""
    final = [f"final {number}" for number in range(20)]
    region = Region()
    live, chrome = first
    rows = [*live, "", *chrome]
    drawn = region.compose_frame([], rows, (len(live) + 1, 2), (40, 20))
    emulator = Emulator(40, 16)
    emulator.feed("\r\n".join([*final, *rows[:-1]]).encode())
    commit, live, chrome = [*live[:taken], *more], [*live[taken:], *then[0]][:6], then[1]
    rows = [*live, "", *chrome]
    late = region.compose_frame(commit[: (20 - len(rows)) // 2], rows, (len(live) + 1, 2), (40, 20))
    emulator.feed((late.text + region.erase_frames(drawn, [Drawing(late.text, 40)], (40, 16)).text).encode())
    expected = Emulator(40, 16)
    expected.feed("".join(f"{line}\r\n" for line in final).encode())
    assert emulator.text() == expected.text()


def test_the_rows_below_the_cursor_of_a_first_frame_that_was_drawn_too_late_are_erased():
    """Nothing is known to have been drawn before it, and a row below the cursor is all that it may leave."""
    region = Region()
    late = region.compose_frame([], ["> ", "status"], (0, 2), (40, 10))
    emulator = Emulator(40, 16)
    emulator.feed((late.text + region.erase_frames(None, [Drawing(late.text, 40)], (40, 16)).text).encode())
    assert emulator.text() == ""


def test_a_row_that_a_terminal_kept_below_its_lower_screen_and_shows_again_is_erased():
    """Konsole keeps one such row: the status of before stood below the new one when the window became higher."""
    region = Region()
    drawn = region.compose_frame([], ["> ", "status"], (0, 2), (40, 10))
    emulator = Emulator(40, 16)
    emulator.feed(f"{drawn.text}\x1b7\r\n\nstatus of before\x1b8".encode())
    emulator.feed(region.erase_frames(drawn, [], (40, 16)).text.encode())
    assert emulator.text() == ""


def test_a_frame_that_prints_lines_asks_before_them_before_the_rows_and_at_its_end():
    region = Region()
    region.compose_frame([], ["old", "> "], (1, 2), (40, 10))
    frame = region.compose_frame(["line"] * 10, ["row", "> "], (1, 2), (40, 10), "QUERY")
    before, lines, rows, end = frame.text.split("QUERY")
    assert (before.count("line"), lines.count("line"), rows.count("row"), end) == (0, 10, 1, "")
    assert frame.queries == 3


def test_a_frame_that_writes_nothing_asks_nothing():
    region = Region()
    region.compose_frame([], ["row", "> "], (1, 2), (40, 10))
    frame = region.compose_frame([], ["row", "> "], (1, 2), (40, 10), "QUERY")
    assert (frame.text, frame.queries) == ("", 0)
