"""Sanitizing text from outside."""

from __future__ import annotations

import pytest

from grokchat.render.sanitize import VisibleStream, visible, visible_line

WALES = "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ünïcödé, 漢字, 👩‍💻, e\u0301", "plain, ünïcödé, 漢字, 👩‍💻, e\u0301"),
        ("a\tb\nc", "a\tb\nc"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x00\x07\x08\x0b\x0c\x1f", "␀␇␈␋␌␟"),
        ("a\x7fb", "a␡b"),
        ("\x80\x9b31m\x9f", "\\x80\\x9b31m\\x9f"),
        ("\u202eevil\u202c", "<U+202E>evil<U+202C>"),
        ("\u2066a\u2069\u200e\u200f\u061c", "<U+2066>a<U+2069><U+200E><U+200F><U+061C>"),
        ("a\u2028b\u2029c", "a<U+2028>b<U+2029>c"),
        ("zero\u200bwidth\u2060\ufeff", "zero<U+200B>width<U+2060><U+FEFF>"),
        ("soft\u00adhyphen", "soft<U+00AD>hyphen"),
        ("\U000e0041\U000e0042", "<U+E0041><U+E0042>"),
        ("\ud800 and \udfff", "\ufffd and \ufffd"),
        (WALES, WALES),
        (WALES[:-1], "\U0001f3f4" + "".join(f"<U+{ord(char):04X}>" for char in WALES[1:-1])),
    ],
)
def test_controls_are_visible(text, shown):
    """C0 but tab and newline, DEL, C1, and bidi controls are shown visibly."""
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\r\nb", "a\nb"), ("a\rb", "a␍b"), ("a\r\r\nb", "a␍\nb"), ("\n\r", "\n␍"), ("\r\n\r\n", "\n\n")],
)
def test_cr_lf_counts_as_a_newline(text, shown):
    assert visible(text) == shown


def test_a_line_is_one_line():
    assert visible_line("a\nb\r\nc\td\x1b") == "a⏎b⏎c d␛"


def test_a_carriage_return_waits_for_what_follows():
    stream = VisibleStream()
    assert stream.feed("a\r") == "a"
    assert stream.feed("\nb\r") == "\nb"
    assert stream.feed("c") == "␍c"
    assert stream.close() == ""


def test_a_flag_waits_for_its_tags():
    stream = VisibleStream()
    assert [stream.feed(char) for char in "x" + WALES] == ["x", *[""] * (len(WALES) - 1), WALES]


@pytest.mark.parametrize("text", ["a\r\n", "\r\n", "a\n", f"{WALES}\n", "\U0001f3f4\n", "a"])
def test_only_what_is_undecided_is_held_back(text):
    """A whole line is returned as soon as its newline has arrived."""
    assert VisibleStream().feed(text) == visible(text)


def test_close_returns_what_is_held_back():
    stream = VisibleStream()
    assert stream.feed("a\r") == "a"
    assert stream.close() == "␍"
    assert stream.close() == ""
