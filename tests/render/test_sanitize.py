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


@pytest.mark.parametrize(
    "text",
    [
        "👨\u200d👩\u200d👧\u200d👦 👁\ufe0f\u200d🗨\ufe0f ❤\ufe0f\u200d🔥 🏳\ufe0f\u200d🌈 🏴\u200d☠\ufe0f",
        "👩🏽\u200d💻 🐦\u200d⬛",
        "1\ufe0f\u20e3 #\ufe0f\u20e3 ☺\ufe0e ☎\ufe0f ©\ufe0f ‼\ufe0f ㊗\ufe0f 🀄\ufe0f ⬛\ufe0f",
        "می\u200cخواهم, ه\u200d",  # noqa: RUF001 - Arabic letters
        "नमस्\u200dते क्\u200cष, ශ්\u200dරී, അവന്\u200d, ক্\u200cষ",
        "葛\U000e0100飾区, 辻\U000e0101, 㐂\ufe00, 、\ufe00, ≨\ufe00",
        "ᠠ\u180bᠡ\u180cᠢ\u180dᠣ\u180f",
        "e\u0301, Ấ, กำ, 각, 🇩🇪🇫🇷",
    ],
)
def test_joiners_and_selectors_that_writing_needs(text):
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u200db, a\u200cb", "a<U+200D>b, a<U+200C>b"),
        ("\u200d\u200c", "<U+200D><U+200C>"),
        ("\u180b\u200d \u061c\u200c", "<U+180B><U+200D> <U+061C><U+200C>"),
        ("👩\u200d\u200d💻", "👩<U+200D><U+200D>💻"),
        ("👩\u200d", "👩<U+200D>"),
        ("👩\u200da", "👩<U+200D>a"),
        ("a\u200d👩", "a<U+200D>👩"),
        ("م\u200c\u200cم", "م<U+200C><U+200C>م"),
        ("\u200cم", "<U+200C>م"),
        ("a\ufe0f \ufe0f", "a<U+FE0F> <U+FE0F>"),
        ("😀\ufe0f\ufe0f\ufe0e", "😀\ufe0f<U+FE0F><U+FE0E>"),
        ("1\ufe0f2\ufe0e", "1<U+FE0F>2<U+FE0E>"),
        ("".join(map(chr, range(0xFE00, 0xFE10))), "".join(f"<U+{code:04X}>" for code in range(0xFE00, 0xFE10))),
        ("😀" + "\U000e0100\U000e01ef", "😀<U+E0100><U+E01EF>"),
        ("葛\U000e0100\U000e0101", "葛\U000e0100<U+E0101>"),
        ("葛\ufe00\ufe00", "葛\ufe00<U+FE00>"),
        ("葛\ufe03", "葛<U+FE03>"),
        ("ᠠ\u180b\u180b a\u180b", "ᠠ\u180b<U+180B> a<U+180B>"),
        ("\u180f\u180e", "<U+180F><U+180E>"),
        ("".join(map(chr, range(0xFFF0, 0xFFFC))), "".join(f"<U+{code:04X}>" for code in range(0xFFF0, 0xFFFC))),
        ("".join(map(chr, range(0x2060, 0x2070))), "".join(f"<U+{code:04X}>" for code in range(0x2060, 0x2070))),
        ("\u034f\u115f\u1160\u3164\uffa0", "<U+034F><U+115F><U+1160><U+3164><U+FFA0>"),
    ],
)
def test_hidden_characters_and_runs_of_them(text, shown):
    """Invisible characters could hide a text: the second of a run, and the first where no writing needs it."""
    assert visible(text) == shown
    assert visible(shown) == shown


def test_every_character_that_displays_nothing_is_visible_alone():
    """Unicode's Default_Ignorable_Code_Point (DerivedCoreProperties.txt): nothing of it passes without a base."""
    ranges = [
        (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
        (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
        (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
    ]  # fmt: skip
    for first, last in ranges:
        for code in range(first, last + 1):
            assert visible(f"a{chr(code)}b") == f"a<U+{code:04X}>b"


def test_a_line_is_one_line():
    assert visible_line("a\nb\r\nc\td\x1b") == "a⏎b⏎c d␛"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("soft\u00adhyphen", "soft\u00adhyphen"),
        ("सि\u00adद्", "सि\u00adद्"),
        ("a\u00ad", "a<U+00AD>"),
        ("\u00ada", "<U+00AD>a"),
        ("a\u00ad\u00adb", "a<U+00AD><U+00AD>b"),
        ("a\u00ad b", "a<U+00AD> b"),
        ("1\u00ad2", "1<U+00AD>2"),
    ],
)
def test_soft_hyphens_may_be_left_between_letters(text, shown):
    """A run of them, or one elsewhere, could hide a text."""
    assert visible(text, keep_soft_hyphens=True) == shown
    stream = VisibleStream(keep_soft_hyphens=True)
    assert "".join(map(stream.feed, text)) + stream.close() == shown


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
