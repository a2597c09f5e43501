"""What a terminal sends, in any order and cut anywhere: the same key presses, and no text but the user's."""

from __future__ import annotations

import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.keys import Keys

from grokchat.terminal.input import InputDecoder, TerminalReports
from grokchat.terminal.input_parser import STALL_S, InputParser

TEXT = st.sampled_from(["a", "Z", "[", "]11;", "O", "~", "1;2u", "é", "漢", "👩‍👩‍👧", " ", "{", "rgb:", "200~"])
KEYS = st.sampled_from(["\r", "\t", "\x01", "\x03", "\x7f", "\x1b[A", "\x1bOB", "\x1b[1;5C", "\x1b[3~", "\x1b[Z",
    "\x1b[24~", "\x1b[3^", "\x1b[3$", "\x1b[[A", "\x1b\x1b[D", "\x1b[13;2u", "\x1b[27;5;13~", "\x1b[97;5u", "\x1bx",
    "\x1b\r", "\x1b[1;3D", "\x1b[57414;2u", "\x9bA"])  # fmt: skip
REPORTS = st.sampled_from(["\x1b[?62;22c", "\x1b]11;rgb:1e1e/1e1e/2e2e\x07", "\x1b]11;rgb:ff/ff/ff\x1b\\",
    "\x1b[8;24;80t", "\x1b[I", "\x1b[O", "\x1b[?1u", "\x1bP>|XTerm(379)\x1b\\"])  # fmt: skip
SWALLOWED = st.sampled_from(["\x1b[?2026;2$y", "\x1b[4;2$y", "\x1b]10;rgb:0/0/0\x07", "\x1b_Gi=1;OK\x1b\\",
    "\x1b^pm\x1b\\", "\x1bXsos\x1b\\", "\x1b[24;80R", "\x1b[<0;3;4M", "\x1b[M !!", "\x1b[97;1:3u", "\x1b[57428u",
    "\x1b[1;3P", "\x1bOE", "\x90>|x\x9c", "\x9d10;x\x07", "\x9b?1c", "\x1b[201~", "\x85", "\x1b[38;5;1m",
    "\x1b[97;9u"])  # fmt: skip
PASTED = {"": "", "x": "x", "a\rb\r\nc": "a\rb\r\nc", "\x1b": "", "\x1b[201": "[201", "\x1b[?62c": "",
    "\x1b]11;rgb:0/0/0\x07": "", "\x03é": "é"}  # fmt: skip
"""What is pasted, and what of it is text."""
PARTS = st.lists(
    TEXT.map(lambda part: ("text", part))
    | KEYS.map(lambda part: ("key", part))
    | REPORTS.map(lambda part: ("report", part))
    | SWALLOWED.map(lambda part: ("swallowed", part))
    | st.sampled_from([*PASTED]).map(lambda part: ("paste", f"\x1b[200~{part}\x1b[201~")),
    max_size=12,
)
CUTS = st.lists(st.integers(0, 400), max_size=12)


def pieces_of(text: str, cuts: list[int]) -> list[str]:
    bounds = [0, *sorted({at % (len(text) + 1) for at in cuts}), len(text)]
    return [text[start:stop] for start, stop in pairwise(bounds)]


def presses_of(pieces: list[str]) -> list[KeyPress]:
    decoder = InputDecoder(TerminalReports())
    # Typeahead: what was read at once may be a paste without brackets, which depends on how it was cut.
    return [press for piece in pieces for press in decoder.feed(piece, is_typeahead=True)] + decoder.flush()


def without_separators(presses: list[KeyPress]) -> list[KeyPress]:
    """Drop what only says that the Escape key came in one piece with the next key."""
    return [press for press in presses if press.key != Keys.Ignore]


def alone(kind: str, part: str) -> list[KeyPress]:
    """Return what a part must become, whatever is around it."""
    if kind in {"report", "swallowed"}:
        return []
    if kind == "text":
        return [KeyPress(char) for char in part]
    if kind == "paste":
        return [KeyPress(Keys.BracketedPaste, PASTED[part[6:-6]])]
    return presses_of([part])


@given(PARTS, CUTS)
def test_the_same_keys_however_the_input_was_cut(parts, cuts):
    """Whole, byte by byte, cut anywhere: each part is what it is alone; reports and unknown sequences leave nothing."""
    text = "".join(part for _, part in parts)
    expected = [press for kind, part in parts for press in alone(kind, part)]
    for pieces in ([text], list(text), pieces_of(text, cuts)):
        assert without_separators(presses_of(pieces)) == expected


@given(PARTS)
def test_only_typed_and_pasted_text_is_in_key_presses(parts):
    """A key press carries a character or a paste, and never a sequence."""
    for press in presses_of(["".join(part for _, part in parts)]):
        assert press.key == Keys.BracketedPaste or len(press.data) <= 1


@given(st.text("\x1b[]OPX_^?;:<>=$M0129~uAc\\\x07\x9b\x9c\x90\r\x03ab", max_size=80), CUTS)
def test_any_input_gives_the_same_tokens_however_it_was_cut(text, cuts):
    """Also broken sequences; and the text that is held back is bounded."""
    results = []
    for pieces in ([text], list(text), pieces_of(text, cuts)):
        parser = InputParser()
        tokens = [token for piece in pieces for token in parser.feed(piece)]
        joined: list[object] = []
        for token in [*tokens, *parser.flush()]:
            is_text = isinstance(token, str) and token[0] != "\x1b"
            if is_text and joined and isinstance(joined[-1], str) and joined[-1][0] != "\x1b":
                joined[-1] += token
            else:
                joined.append(token)
        results.append(joined)
    assert results[0] == results[1] == results[2]


@given(PARTS, CUTS, st.text("ab\r\x03", min_size=1, max_size=5))
def test_text_behind_whole_parts_is_never_lost(parts, cuts, typed):
    """Whatever came before, what is typed afterwards arrives."""
    decoder = InputDecoder(TerminalReports())
    for piece in pieces_of("".join(part for _, part in parts), cuts):
        decoder.feed(piece)
    decoder.flush()
    assert "".join(press.data for char in typed for press in decoder.feed(char)) == typed


@given(
    st.lists(
        st.tuples(st.text("\x1b[]OPX_?;M012~uA\\\x07\x9b\x9d\rab", min_size=1, max_size=8), st.integers(0, 2)),
        max_size=12,
    )
)
def test_ctrl_c_arrives_whatever_was_sent_and_whenever_it_paused(pieces):
    """`pause` is zero, that of the Escape key, or that of a network."""
    parser = InputParser()
    for text, pause in pieces:
        parser.feed(text, idle_s=STALL_S * (pause == 2))
        if pause:
            parser.flush()
    last = parser.feed("\x03", idle_s=STALL_S)[-1]
    assert isinstance(last, str)
    assert last[-1] == "\x03"
    assert parser.feed("x") == ["x"]


@given(REPORTS.filter(lambda part: len(part) > 2), CUTS)
def test_a_pause_anywhere_in_a_report_leaves_no_text(report, cuts):
    """At most the Escape key, with which every report begins."""
    decoder = InputDecoder(TerminalReports())
    presses = [press for piece in pieces_of(report, cuts[:1]) for press in [*decoder.feed(piece), *decoder.flush()]]
    text = "".join(press.data for press in presses)
    assert text.strip("\x1b") in {"", "]", "P"}, presses
    assert "".join(press.data for press in decoder.feed("x")) == "x"


if sys.platform == "win32":
    pytest.skip("the console's input has no sequences", allow_module_level=True)
