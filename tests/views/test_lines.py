"""What commands answer, as lines; text from outside is made visible here."""

from __future__ import annotations

import json
import re

import pytest
from wcwidth import wcswidth

from grokchat.commands.outcomes import Table
from grokchat.commands.registry import COMMANDS, by_name
from grokchat.messages import Message, ReplyInfo, body
from grokchat.records import replace
from grokchat.render.style import Look
from grokchat.views import lines as view_lines

PLAIN = Look("none")
HOSTILE = "a\x1b[2Jb\u202ec\x9bd\re"
SHOWN = "a␛[2Jb<U+202E>c\\x9bd␍e"


def bare(lines: list[str]) -> list[str]:
    return [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]


@pytest.mark.parametrize(
    ("view", "start"),
    [(view_lines.notice, "\x1b[2m"), (view_lines.warning, "\x1b[33m"), (view_lines.error, "\x1b[1;31m")],
)
def test_paragraphs(view, start):
    (line,) = view("something", 80, Look())
    assert line == f"{start}something\x1b[m"
    assert view("some long words\nand a new line", 10, PLAIN) == ["some long", "words", "and a new", "line"]
    assert view("a\n\nb", 80, PLAIN) == ["a", "", "b"]
    assert view(HOSTILE, 80, PLAIN) == [SHOWN]
    assert view("", 80, PLAIN) == [""]
    assert view("words", 1, PLAIN) == list("words")


def test_what_was_said_stands_as_at_the_prompt():
    assert view_lines.said("one\n  two", PLAIN) == ["> one", "    two"]
    assert view_lines.said(HOSTILE, PLAIN) == [f"> {SHOWN}"]


def test_table():
    rows = Table(("#", "role", "", "text"), (("1", "user", "", "first"), ("10", "assistant", "", "reply")))
    assert view_lines.table(rows, 80, PLAIN) == ["#   role       text", "1   user       first", "10  assistant  reply"]
    assert view_lines.table(Table(("a",), (), empty="Nothing yet."), 80, PLAIN) == ["Nothing yet."]


@pytest.mark.parametrize("width", [1, 2, 10, 19, 20, 40])
@pytest.mark.parametrize("text", ["long words " * 20, "漢字" * 30, "👩‍💻" * 20, "e\u0301" * 40, HOSTILE * 9, "a\nb\tc"])
def test_a_row_is_one_line_that_fits(width, text):
    """The last column is cut to fit the width."""
    lines = view_lines.table(Table(("#", "role", "text"), (("1", "user", text), ("2", text, "x"))), width, PLAIN)
    assert len(lines) == 3
    assert all(0 <= wcswidth(line) <= width for line in lines)
    assert not any(re.search("[\x00-\x1f\x7f-\x9f\u202e]", line) for line in lines)


def test_columns_stand_under_each_other_with_wide_characters():
    lines = view_lines.table(Table(("name", "x"), (("漢字", "1"), ("abcd", "2"))), 80, PLAIN)
    assert lines[1:] == ["漢字  1", "abcd  2"]


def test_a_message_whole():
    """Messages whole, rendered: a reply as it was shown when it came, what was sent as it was sent."""
    one = Message("a", body("user", f"**as sent**\n\n{HOSTILE}"))
    more = {"width": 80, "look": PLAIN, "markdown": True}
    assert view_lines.message(3, one, muted=True, **more) == ["3 · user · muted", "**as sent**", "", SHOWN, ""]
    reply = Message("b", body("assistant", "**as shown**"), ReplyInfo(finish_reason="interrupted"))
    assert view_lines.message(4, reply, muted=False, **more) == ["4 · assistant · interrupted", "as shown", ""]
    assert view_lines.message(4, reply, muted=False, coming=True, **more)[0] == "4 · assistant · still coming"
    assert view_lines.message(4, reply, muted=False, **{**more, "markdown": False})[1] == "**as shown**"


def test_a_role_from_a_file_is_made_visible():
    one = Message("a", body("to\x1bol\n", "x"))
    assert view_lines.message(1, one, muted=False, width=80, look=PLAIN, markdown=True)[0] == "1 · to␛ol⏎"


@pytest.mark.parametrize("width", [30, 40, 60, 80, 120, 200])
def test_the_help_page_lists_every_command(width):
    lines = bare(view_lines.help_page(COMMANDS, width, Look()))
    page = " ".join(" ".join(lines).split())
    for one in COMMANDS:
        assert any(line.startswith(f"/{one.name}") for line in lines)
        assert width < 80 or one.usage in page
    assert all(len(line) <= width for line in lines)


@pytest.mark.parametrize("word", ["Alt-Enter", "Ctrl-J", "Tab", "Ctrl-R", "Ctrl-C", "Ctrl-D", "//text", "RANGE", "@N"])
def test_the_help_page_names_the_keys(word):
    assert word in " ".join(view_lines.help_page(COMMANDS, 80, PLAIN))


def test_help_on_one_command():
    lines = view_lines.help_on("exit", by_name(), 80, PLAIN)
    assert lines[0] == "/quit"
    assert "/exit" in lines[1]
    assert "/bye" in lines[1]
    assert view_lines.help_on("n\x1bo", by_name(), 80, PLAIN) == ["There is no command /n␛o."]


def test_the_body_of_a_request_is_shown_whole():
    data = json.dumps({"messages": [{"role": "user", "content": f"ü{HOSTILE}"}], "n": 1}, ensure_ascii=False).encode()
    lines = view_lines.request_body(data, PLAIN)
    assert lines[-1] == f"{len(data):,} bytes"
    assert any("ü" in line for line in lines)
    shown = "\n".join(lines[:-1])
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown)
    assert '"n": 1' in shown


def test_a_table_that_folds_keeps_all_of_a_row_in_a_narrow_window():
    rows = Table(
        ("", "cost", "prompt", "cached"), (("last reply", "$0.0015", "1,200", ""), ("session", "$1.00", "9", "3"))
    )
    folds = replace(rows, folds=True)
    assert view_lines.table(folds, 80, PLAIN) == view_lines.table(rows, 80, PLAIN)
    assert view_lines.table(folds, 24, PLAIN) == [
        "last reply",
        "  cost $0.0015; prompt",
        "  1,200",
        "session",
        "  cost $1.00; prompt 9;",
        "  cached 3",
    ]
    long = Table(("model", "context"), (("a-long-name/of-a-model", "5"), ("  also", "another name of it")), folds=True)
    assert view_lines.table(long, 20, PLAIN) == [
        "a-long-name/of-a-mod",
        "el",
        "  context 5",
        "  also",
        "  context another",
        "  name of it",
    ]
    wide = Table(("session", "title"), (("20261126-094446-gy3r33", "漢字 漢字漢字 x"),), folds=True)
    assert view_lines.table(wide, 22, PLAIN)[1:] == ["  title 漢字 漢字漢字", "  x"]
    # Rows that come one by one: no head is left out of what has none.
    assert view_lines.table(folds, 24, PLAIN, head=False) == view_lines.table(folds, 24, PLAIN)
    assert view_lines.table(folds, 80, PLAIN, head=False) == view_lines.table(folds, 80, PLAIN)[1:]
    assert all(wcswidth(line) <= 5 for line in view_lines.table(folds, 5, PLAIN))
