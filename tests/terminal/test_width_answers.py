"""What terminals answer to the width samples, what that implies for other texts, and input that is not an answer."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pyte
import pytest
from measured_widths import measured_widths

from grokchat.render.cells import cell_width, max_cell_width
from grokchat.render.widths import Widths, use_widths, widths
from grokchat.terminal.capabilities import Capabilities
from grokchat.terminal.input import TerminalReports
from grokchat.terminal.input_parser import InputParser
from grokchat.terminal.input_tokens import Sequence
from grokchat.terminal.terminals import identify
from grokchat.terminal.width_answers import MIN_COLUMNS, SAMPLES, WidthAnswers

MEASURED = json.loads(Path(__file__).with_name("measured_samples.json").read_text())
"""The cells of texts, as terminals report them: the samples first, then words in thirty scripts, and emoji."""
TEXTS = MEASURED.pop("texts")
ODD = {"\u302e", "\u3164", "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"}
"""A tone mark and a filler alone, which no text has, and a family: tmux 3.5 joins only so many bytes."""
ATTRIBUTES = "\x1b[?62;22c"


def answers_of(terminal: str, row: int = 7) -> str:
    return "".join(f"\x1b[{row};{cells + 1}R" for cells in MEASURED[terminal][: len(SAMPLES)])


def read(answers: WidthAnswers, text: str) -> list[object]:
    """Feed what the terminal sends; return the tokens that are not answers."""
    tokens = InputParser().feed(text)
    return [token for token in tokens if not (isinstance(token, Sequence) and answers.handle(token))]


def asked() -> WidthAnswers:
    answers = WidthAnswers()
    assert answers.ask_once()
    return answers


def send(capabilities: Capabilities, written: list[str], columns: int, encoding: str) -> None:
    async def run() -> None:
        capabilities.send_queries(written.append, columns, encoding)

    asyncio.run(run())


def widths_of(terminal: str) -> Widths:
    answers = asked()
    read(answers, answers_of(terminal) + ATTRIBUTES)
    assert answers.widths is not None
    return answers.widths


@pytest.mark.parametrize("terminal", MEASURED)
def test_by_its_answers_each_terminal_shows_all_texts_as_wide_as_they_are_laid_out(terminal):
    use_widths(widths_of(terminal))
    differing = {
        text: (cells, cell_width(text))
        for text, cells in zip(TEXTS, MEASURED[terminal], strict=True)
        if cell_width(text) != cells and text not in ODD
    }
    assert differing == {}


@pytest.mark.parametrize("terminal", MEASURED)
def test_no_text_is_wider_than_the_bound(terminal):
    use_widths(Widths(ambiguous=2) if "ambiguous" in terminal else Widths())
    wider = [text for text, cells in zip(TEXTS, MEASURED[terminal], strict=True) if cells > max_cell_width(text)]
    assert wider == []


@pytest.mark.parametrize("terminal", [name for name in MEASURED if "ambiguous" not in name])
def test_the_answers_bound_all_characters_more_closely(terminal):
    """A row of Burmese is not taken to be wider than it is on this terminal, nor any row to be narrower."""
    column = list(MEASURED).index(terminal)
    use_widths(widths_of(terminal))
    too_wide = [
        f"{code:x}" for code, cells in measured_widths().items() if max_cell_width(chr(code)) < int(cells[column])
    ]
    assert too_wide == []
    burmese = "\u1019\u103c\u1014\u103a\u1019\u102c\u1005\u102c"
    assert max_cell_width(burmese) == cell_width(burmese)


@pytest.mark.parametrize(
    ("env", "terminal"),
    [
        ({"TERM": "xterm-256color", "VTE_VERSION": "7006"}, "VTE 0.80"),
        ({"TERM": "xterm", "XTERM_VERSION": "XTerm(379)"}, "xterm 379"),
        ({"TERM": "rxvt-unicode-256color"}, "urxvt 9.30"),
        ({"TERM": "xterm-256color", "KONSOLE_VERSION": "221203"}, "konsole 22.12.3"),
        ({"TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1"}, "kitty 0.41"),
        ({"TERM": "alacritty"}, "alacritty 0.11.0"),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/tmux-0/default,1,0"}, "tmux 3.5a"),
        ({"TERM": "screen", "STY": "1.pts-1.host"}, "GNU screen 4.9.0"),
    ],
)
def test_until_it_answers_a_terminal_is_known_by_the_table(env, terminal):
    use_widths(identify(env).widths)
    of_later_emoji = {"\U0001fae8", "\U0001fae9", "\u2630"}  # they depend on the version
    differing = {
        text: (cells, cell_width(text))
        for text, cells in zip(TEXTS, MEASURED[terminal], strict=True)
        if cell_width(text) != cells and text not in ODD | of_later_emoji
    }
    assert differing == {}


def test_the_answers_are_no_keys_and_count_once_the_attributes_are_answered():
    answers, found = asked(), []
    answers.on_widths = found.append
    assert read(answers, answers_of("kitty 0.41")) == []
    assert answers.widths is None
    (attributes,) = read(answers, ATTRIBUTES)  # another reader's
    assert isinstance(attributes, Sequence)
    assert found == [answers.widths]
    assert found[0].spacing_mark == 0


@pytest.mark.parametrize(
    "text",
    [
        answers_of("VTE 0.80") + "\x1b[1;2R",  # Shift-F3 in between: one too many
        answers_of("VTE 0.80")[: -len("\x1b[7;3R")],
        answers_of("VTE 0.80")[: -len("\x1b[7;3R")] + "\x1b[8;2R",
        answers_of("VTE 0.80")[: -len("\x1b[7;3R")] + "\x1b[7;40R",
        "",
    ],
)
def test_answers_that_make_no_sense_do_not_count(text):
    answers = asked()
    assert read(answers, text) == []
    read(answers, ATTRIBUTES)
    assert answers.widths is None


def test_shift_f3_is_a_key_unless_answers_are_awaited():
    answers = WidthAnswers()
    assert len(read(answers, "\x1b[1;2R")) == 1
    answers.ask_once()
    read(answers, answers_of("VTE 0.80") + ATTRIBUTES)
    assert len(read(answers, "\x1b[1;2R")) == 1
    assert answers.ask_once() == ""


@pytest.mark.parametrize("row", [0, 4])
def test_the_samples_leave_nothing_behind(row):
    """Also in the last row, and in the narrowest window in which they are written."""
    screen = pyte.HistoryScreen(MIN_COLUMNS, 5)
    stream = pyte.Stream(screen)
    stream.feed("\r\n" * row)
    stream.feed(WidthAnswers().ask_once())
    assert set(screen.display) == {" " * MIN_COLUMNS}
    assert (screen.cursor.y, screen.cursor.x, screen.cursor.hidden) == (row, 0, False)
    assert not screen.history.top


@pytest.mark.parametrize(
    ("env", "columns", "encoding", "asks"),
    [
        ({"TERM": "xterm-256color"}, 80, "utf-8", True),
        ({"TERM": "tmux-256color", "TMUX": "x"}, 80, "UTF-8", True),
        ({"TERM": "screen", "STY": "x"}, 80, "utf-8", False),
        ({"TERM": "linux"}, 80, "utf-8", False),
        ({"TERM": "xterm", "INSIDE_EMACS": "29"}, 80, "utf-8", False),
        ({"TERM": "xterm-256color"}, MIN_COLUMNS - 1, "utf-8", False),
        ({"TERM": "xterm-256color"}, 80, "latin-1", False),
    ],
)
def test_only_what_is_known_to_answer_is_asked(env, columns, encoding, asks):
    written: list[str] = []
    send(Capabilities(env, TerminalReports()), written, columns, encoding)
    assert ("\x1b[6n" in "".join(written)) == asks


def test_the_answers_change_the_widths_in_use_and_the_screen_is_drawn_again():
    reports, redrawn = TerminalReports(), []
    capabilities = Capabilities({"TERM": "xterm-256color"}, reports)
    capabilities.on_new_widths = lambda: redrawn.append(True)
    send(capabilities, [], 80, "utf-8")
    assert cell_width("हिन्दी") == 5
    for token in InputParser().feed(answers_of("kitty 0.41") + ATTRIBUTES):
        assert isinstance(token, Sequence)
        assert reports.handle(token)
    assert cell_width("हिन्दी") == 3
    assert widths().spacing_mark == 0
    assert redrawn == [True]
