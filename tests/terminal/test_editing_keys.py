"""The editing keys do what readline's do, for the letters of all scripts and by grapheme clusters."""

from __future__ import annotations

import pytest
from prompt_keys import PromptKeys, with_keys
from prompt_toolkit.keys import Keys

FAMILY = "👨‍👩‍👧"
ALT = Keys.Escape
BACKSPACE, DELETE, LEFT, RIGHT = Keys.ControlH, Keys.Delete, Keys.Left, Keys.Right
C_D, C_K, C_T, C_U, C_W, C_Y = (
    *(Keys.ControlD, Keys.ControlK, Keys.ControlT, Keys.ControlU, Keys.ControlW, Keys.ControlY),
)


def pressed(line: str, *keys: object, vi: bool = False, earlier: tuple[str, ...] = ()) -> str:
    """Return the line, with the cursor as `|`, after keys; those in a tuple arrive in one piece."""

    def act(prompt: PromptKeys) -> None:
        before, _, after = line.partition("|")
        prompt.buffer.insert_text(before + after)
        prompt.buffer.cursor_position = len(before)
        for key in keys:
            prompt.press(*(key if isinstance(key, tuple) else (key,)))

    return with_keys(act, vi=vi, earlier=earlier).line


@pytest.mark.parametrize(
    ("line", "keys", "after"),
    [
        (f"a{FAMILY}b|", [LEFT, LEFT], f"a|{FAMILY}b"),
        (f"a{FAMILY}b|", [LEFT, BACKSPACE], "a|b"),
        (f"a|{FAMILY}b", [RIGHT], f"a{FAMILY}|b"),
        (f"a|{FAMILY}b", [DELETE], "a|b"),
        (f"a|{FAMILY}b", [C_D], "a|b"),
        (f"a{FAMILY}|b", [C_T], f"ab{FAMILY}|"),
        ("ab\n|", [LEFT, LEFT], "a|b\n"),  # over the line's end
        ("a|\nb", [RIGHT, RIGHT], "a\nb|"),
        ("a|\nb", [DELETE], "a|b"),
        ("กำ|", [BACKSPACE], "ก|"),
        ("|กำ", [DELETE], "|"),
        ("a|\n\u0301", [DELETE], "a\u0301|"),  # what is joined by a deletion is passed as a whole
        ("Grüße Jürgen|", [(ALT, "b"), (ALT, "b")], "|Grüße Jürgen"),
        ("|Grüße Jürgen", [(ALT, "f")], "Grüße| Jürgen"),
        ("|Grüße Jürgen", [(ALT, "d")], "| Jürgen"),
        ("see /etc/hosts|", [C_W], "see |"),
        ("see /etc/hosts|", [(ALT, BACKSPACE)], "see /etc/|"),
        ("हिन्दी शब्द|", [(ALT, "b")], "हिन्दी |शब्द"),
        (f"a {FAMILY} b|", [Keys.ControlLeft, Keys.ControlLeft], f"|a {FAMILY} b"),
        (f"|{FAMILY} b c", [(ALT, "d")], "| c"),
        ("one two| three", [(ALT, "t")], "one three two|"),
        ("one t|wo three", [(ALT, "t")], "two one| three"),
        ("one, two|", [(ALT, "t")], "two, one|"),
        ("one|", [(ALT, "t")], "one|"),
        ("|straße bar", [(ALT, "u")], "STRASSE| bar"),  # longer, and nothing behind it is lost
        ("|ÉTÉ 1", [(ALT, "l")], "été| 1"),
        ("| élan VITAL", [(ALT, "c"), (ALT, "c")], " Élan Vital|"),
        ("ab|", [C_T], "ba|"),
        ("a|b", [C_T], "ba|"),
        ("|ab", [C_T], "|ab"),
        ("x\na|", [C_T], "x\na|"),
        ("a \t | b", [(ALT, "\\")], "a|b"),
        ("one two|", [C_W, C_W, C_Y], "one two|"),  # kills in a row are one
        ("one two|", [C_W, LEFT, RIGHT, C_W, C_Y], "one |"),
        ("one two|", [C_W, LEFT, RIGHT, C_W, C_Y, (ALT, "y")], "two|"),
        ("one |two", [C_K, C_U, C_Y], "one two|"),
        ("one two|", [C_W, C_K, C_U, C_K, C_Y], "one two|"),  # killing nothing keeps what was killed
        ("a\nb|", [C_U, C_U], "a|"),
        ("|a\nb", [C_K, C_K], "|b"),
        ("one two|", [C_W, Keys.ControlUnderscore], "one two|"),
        ("one two|", [C_W, (Keys.ControlX, Keys.ControlU)], "one two|"),
        ("|ab", [Keys.ShiftRight, "x"], "ax|b"),  # no selection
        ("ab|", [Keys.ControlAt, "x"], "abx|"),
        ("ab|", [Keys.ControlX, "x"], "abx|"),  # the beginning of two keys takes none with it
        ("ab|", [ALT, "b"], "abb|"),  # an Esc alone takes no letter with it
        ("ab|", [(ALT, Keys.Ignore), "b"], "abb|"),
        ("ab|", [(ALT, "h"), "x"], "abx|"),  # an Alt-key without a binding is no letter
        ("ab|", [(ALT, "5"), "x"], "abx|"),  # and no count
        ("ab|", [(ALT, Keys.F5), "x"], "abx|"),
        ("ab|", [(ALT, ALT, "b")], "|ab"),
        ("ab|", [Keys.ControlV, Keys.ControlI, Keys.ControlV, Keys.ControlA], "|ab\t"),
        (
            "ab|",
            [Keys.ControlQ, "x", Keys.ControlSquareClose, "b"],
            "abxb|",
        ),
    ],
)
def test_keys_edit_as_in_readline(line, keys, after):
    assert pressed(line, *keys) == after


def test_a_word_of_an_earlier_line_is_inserted():
    earlier = ("show the log", "open a.txt")
    assert pressed("see |", (ALT, "."), earlier=earlier) == "see a.txt|"
    assert pressed("see |", (ALT, "."), (ALT, "."), earlier=earlier) == "see log|"
    assert pressed("see |", (ALT, Keys.ControlY), earlier=earlier) == "see a.txt|"


@pytest.mark.parametrize(
    ("key", "line"), [(Keys.ControlP, "earlier|"), (Keys.PageUp, "earlier|"), (Keys.Up, "x" * 22 + "|" + "x" * 78)]
)
def test_two_keys_reach_earlier_lines_from_the_end_of_a_long_one(key, line):
    assert pressed("x" * 100 + "|", key, earlier=("earlier",)) == line


def test_a_line_that_was_begun_comes_back_and_is_not_lost():
    """Down brings it back, and if an earlier line is sent instead, it is in the history."""

    def act(prompt: PromptKeys) -> None:
        prompt.type("begun")
        prompt.press(Keys.Up)
        prompt.press(Keys.Down)
        assert prompt.line == "begun|"
        prompt.press(Keys.Up)
        prompt.press(Keys.ControlM)
        assert prompt.submitted == ["earlier"]
        prompt.press(Keys.Up)
        prompt.press(Keys.Up)
        assert prompt.line == "begun|"

    with_keys(act, earlier=["earlier"])


@pytest.mark.parametrize(
    ("line", "keys", "after"),
    [
        (f"a{FAMILY}b|", [ALT, "h"], f"a|{FAMILY}b"),
        (f"a{FAMILY}b|", [ALT, "h", "x"], "a|b"),
        (f"a{FAMILY}b|", [ALT, "0", "l", "l"], f"a{FAMILY}|b"),
        (f"{FAMILY}b|", [ALT, "X"], "|b"),
        (f"a {FAMILY}|", [ALT], f"a |{FAMILY}"),
        (f"a{FAMILY}b|", [ALT, "h", "r", "x"], "a|xb"),
        ("one two|", [ALT, "0", "2", "d", "w"], "|"),
        ("foo wörld bar|", [ALT, "b", "b"], "foo |wörld bar"),
        ("|foo wörld bar", [ALT, "w", "d", "e"], "foo | bar"),
        ("हिन्दी शब्द|", [ALT, "b", "b"], "|हिन्दी शब्द"),
        ("one|", [ALT, "q", "a", "@", "a", "i", "x"], "one@aix|"),  # no macros: `a` appends
        ("one|", [Keys.ControlK, "a", "b"], "oneab|"),  # no digraphs
        ("one|", [Keys.ControlO, "x"], "onex|"),
        ("one|", [Keys.ControlV, Keys.ControlA, "x"], "onex|"),
        ("one|", [ALT, "f", Keys.F1, "i", "x"], "onx|e"),  # a key that is not a character is not searched for
        ("one|", [ALT, "r", Keys.ControlPageUp, "x"], "on|x"),
        ("one|", [ALT, "R", Keys.ControlF1, "x"], "onx|"),
        ("one two|", [C_W, C_Y], "one |"),  # Ctrl-Y is vi's
        ("ab|", [C_T], "ba|"),
        ("ab|", [ALT, (ALT, "b"), "i", "x"], "x|ab"),
    ],
)
def test_vi_keys_take_clusters_and_lose_no_text(line, keys, after):
    assert pressed(line, *keys, vi=True) == after


@pytest.mark.parametrize(
    "command", ["p", "P", "J", "x", "dd", "u", "n", "~", "G", "3d2w", ">>", "d9999l", "yy9999p", "gg"]
)
def test_a_huge_count_in_vi_is_not_carried_out_for_ever(command):
    def act(prompt: PromptKeys) -> None:
        prompt.paste("\n".join(["some text"] * 2000))
        prompt.press(Keys.Escape)
        prompt.type("yy9999999" + command)
        assert len(prompt.buffer.text) < 2_100_000

    with_keys(act, vi=True)
