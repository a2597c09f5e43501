"""Which frames the terminal has drawn at which size, by its answers; what to erase and print after a resize."""

from __future__ import annotations

import pytest

from grokchat.terminal.frame_acks import MAX_CONTRADICTIONS, MAX_UNANSWERED, FrameAcks
from grokchat.terminal.live_region import Region
from grokchat.terminal.queries import SIZE_QUERY
from grokchat.terminal.terminals import TerminalKind, identify


class Screen:
    """A region whose frames are acknowledged."""

    def __init__(self) -> None:
        self.region = Region()
        self.acks = FrameAcks()
        self.acks.enable()

    def draw(self, commit, rows, cursor=None, size=(40, 10)):
        frame = self.region.compose_frame(commit, rows, cursor or (len(rows) - 1, 2), size, SIZE_QUERY)
        self.acks.send(frame)
        return frame

    def answer(self, *sizes):
        """Answer this many queries, each with columns of 10 rows."""
        return [self.acks.acknowledge((10, columns)) for columns in sizes]

    def erase(self, columns):
        """Return how many rows an erasing goes up, and the final lines to print again."""
        acks = self.acks
        erasing = self.region.erase_frames(acks.drawn, acks.drawings, (columns, 10))
        lines = acks.restart(erasing)
        before = erasing.text.partition("\x1b7")[0].removeprefix("\r\x1b[")
        rows = int(before.removesuffix("A") or 1) if before.endswith("A") else 0
        return rows, lines


def test_a_frame_that_the_terminal_drew_too_late_is_printed_again():
    """It was made for rows that no longer existed; the lines that it made final are not lost."""
    screen = Screen()
    screen.draw([], ["x" * 40, "", "> "])
    assert screen.answer(40) == [True]
    screen.draw(["x" * 40, "one"], ["two", "", "> "])
    # The long row in two, the empty one, and what the late frame put in between.
    assert screen.erase(20) == (3 + 2, ["x" * 40, "one"])


def test_what_the_terminal_drew_in_time_is_not_printed_again():
    screen = Screen()
    screen.draw([], ["one", "> "])
    screen.draw(["one"], ["> "])
    assert screen.answer(40, 40) == [True, True]
    assert screen.erase(20)[1] == []


def test_the_frames_behind_one_that_came_too_late_are_printed_again_too():
    """Also if the window had its old size again by then: they were drawn over the rows that it left."""
    screen = Screen()
    screen.draw([], ["> "])
    assert screen.answer(40) == [True]
    screen.draw(["one"], ["> "])
    screen.draw(["two"], ["> "])
    assert screen.answer(20, 40) == [False, False]
    assert screen.acks.is_stale
    assert screen.erase(40)[1] == ["one", "two"]
    assert not screen.acks.is_stale
    screen.answer(*[40] * screen.acks.pending)
    screen.draw([], ["> "])
    assert screen.answer(40) == [True]
    assert screen.erase(40)[1] == []


LONG = [f"line {number}" for number in range(30)]


@pytest.mark.parametrize(
    ("answers", "again", "above"),
    [
        ([20, 20, 20], ["first", *LONG], 31 + 2),  # where it began is as far above as what it printed
        ([40, 20, 20], [], 2),  # the lines are there; the rows are as they were drawn, each cut off at the edge
        ([40, 40, 20], [], 3),  # the rows were drawn before, and one was wrapped
        ([40, 40, 40], [], 3),
    ],
)
def test_the_window_changes_while_lines_are_printed(answers, again, above):
    """The queries before the lines, before the rows, and at the end show how much of it was drawn."""
    screen = Screen()
    screen.draw([], ["old", "> "])
    assert screen.answer(40) == [True]
    frame = screen.draw(["first", *LONG], ["x" * 40, "", "> "])
    before, lines, rows, end = frame.text.split(SIZE_QUERY)
    assert (before.count("line"), lines.count("line"), rows.count("x"), end) == (0, 30, 40, "")
    assert screen.acks.pending == 3
    for columns in answers:
        assert screen.answer(columns) == [columns == 40]
    assert screen.erase(20) == (above, again)


def test_an_answer_for_a_frame_that_is_forgotten_says_nothing_of_the_next():
    screen = Screen()
    screen.draw(["one"], ["> "])
    asked = screen.acks.pending
    screen.region.forget()
    screen.acks.forget()
    screen.draw(["two"], ["> "], size=(20, 10))
    assert all(screen.answer(*[40] * asked))
    assert all(screen.answer(*[20] * screen.acks.pending))
    assert screen.erase(20)[1] == []


def test_a_terminal_that_stops_answering_is_not_waited_for():
    screen = Screen()
    for number in range(MAX_UNANSWERED + 1):
        screen.draw([f"line {number}"], ["> "])
    assert screen.acks.state == "off"
    assert screen.erase(20)[1] == []


def test_frames_that_write_nothing_do_not_count_as_unanswered():
    """However often nothing changes, the terminal is asked at the next change."""
    screen = Screen()
    screen.draw([], ["row", "> "])
    assert screen.answer(40) == [True]
    for _ in range(MAX_UNANSWERED + 1):
        screen.draw([], ["row", "> "])
    assert screen.acks.state == "answered"
    assert screen.acks.drawings == []


def test_frames_wait_for_the_answers_to_the_last_one():
    screen = Screen()
    states = [screen.acks.state]
    screen.draw(["one"], ["> "])
    states.append(screen.acks.state)
    screen.answer(40, 40)
    states.append(screen.acks.state)
    screen.answer(40)
    states.append(screen.acks.state)
    assert states == ["answered", "waiting", "waiting", "answered"]


def test_what_was_waited_for_too_long_is_not_waited_for_again_until_all_is_answered():
    screen = Screen()
    screen.draw([], ["> "])
    screen.acks.stop_waiting()
    screen.draw([], ["> a"])
    assert screen.acks.state == "overdue"
    assert screen.answer(40) == [True]
    assert screen.acks.state == "overdue"
    assert screen.answer(40) == [True]
    assert screen.acks.state == "answered"
    screen.draw([], ["> ab"])
    assert screen.acks.state == "waiting"


def test_a_terminal_that_contradicts_the_system_for_ever_is_not_asked_any_more():
    """Each answer would begin a new region. Sizes that change are those of a window that is being dragged."""
    screen = Screen()
    for columns in (30, 31, 30, *[32] * (MAX_CONTRADICTIONS - 1)):
        screen.draw([], ["> "])
        assert screen.answer(columns) == [False]
        assert screen.acks.state == "answered"
        screen.erase(40)
    screen.draw([], ["> "])
    assert screen.answer(32) == [False]
    assert screen.acks.state == "off"
    screen.erase(40)
    assert not screen.acks.is_stale


def test_without_queries_every_frame_is_taken_to_be_drawn_after_some_time():
    region, acks = Region(), FrameAcks()
    frame = region.compose_frame(["one"], ["> "], (0, 2), (40, 10))
    acks.send(frame, 10.0)
    assert [drawing.text for drawing in acks.drawings] == [frame.text]
    acks.settle(11.0)
    assert (acks.drawn, acks.drawings, acks.pending, acks.state) == (frame, [], 0, "off")


@pytest.mark.parametrize(("later_s", "again"), [(0.1, ["x" * 40]), (5.0, [])])
def test_a_row_that_a_terminal_may_have_cut_is_written_again(later_s, again):
    """One that cannot be asked may have drawn it in a window that was narrower already, before it became final."""
    region, acks = Region(TerminalKind("", reflows=False)), FrameAcks()
    acks.send(region.compose_frame([], ["x" * 40, "> "], (1, 2), (40, 10)), 10.0)
    acks.send(region.compose_frame(["x" * 40], ["> "], (0, 2), (40, 10)), 10.1)
    acks.settle(10.1 + later_s)
    erasing = region.erase_frames(acks.drawn, acks.drawings, (30, 10), [*acks.printed])
    assert acks.restart(erasing) == again
    assert erasing.text.startswith("\r\x1b[A" if again else "\r\x1b7")


def test_lines_that_have_left_the_screen_are_not_written_again():
    region, acks = Region(TerminalKind("", reflows=False)), FrameAcks()
    for number in range(8):
        acks.send(region.compose_frame([f"line {number}"], ["> "], (0, 2), (40, 10)), 10.0)
    assert acks.restart(region.erase_frames(acks.drawn, acks.drawings, (30, 10))) == [f"line {n}" for n in range(4, 8)]


def test_what_is_written_to_gnu_screen_is_drawn_in_time():
    """It runs on the same machine, so no frame is printed again when a window changes."""
    kind = identify({"TERM": "screen-256color", "STY": "1.screen"})
    region, acks = Region(kind), FrameAcks()
    acks.late_s = kind.late_s
    acks.send(region.compose_frame(["one"], ["> "], (0, 2), (40, 10)), 10.0)
    acks.settle(10.01)
    assert acks.restart(region.erase_frames(acks.drawn, acks.drawings, (30, 10))) == []
