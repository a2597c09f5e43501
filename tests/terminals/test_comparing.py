"""What the harness of real terminals makes of a screen: pure functions, without a terminal."""

from __future__ import annotations

import random
import re
import textwrap

import pytest
from numbered_reply import Reply
from reply_faults import Fault, faults
from terminals import scripts
from terminals.cuts import cut_words, without_cuts, without_greeting
from terminals.replies import WideReply

GREETING = "grokchat 0.1.0 · grok-4.7 · / for commands, Tab completes, Ctrl-D quits"
BOTTOM = "> \ngrok-4.7 · 2 messages · ~1.2k tokens · $0.0015"


def screen(reply: Reply) -> str:
    """Return what a terminal shows in the end of a reply of paragraphs."""
    return f"{GREETING}\n\n> go\n\n{reply.source}\n\n{BOTTOM}"


@pytest.fixture
def paragraphs() -> Reply:
    reply = WideReply(random.Random(1))
    reply.source, reply.words, reply.block, reply.expected = "", [], [], []
    reply.source = "\n\n".join(reply._wide() for _ in range(3))
    return reply


def kinds(text: str, reply: Reply) -> list[str]:
    return [fault.kind for fault in faults(text, reply, done=True)]


def test_a_whole_reply_has_no_fault(paragraphs):
    assert faults(screen(paragraphs), paragraphs, done=True) == []


def test_an_empty_cell_within_a_word_is_no_fault(paragraphs):
    """Some terminals leave one at the end of a row into which a wide character did not fit, and copy it as NUL."""
    word = paragraphs.words[10]
    assert faults(screen(paragraphs).replace(word, f"{word[:-1]}\0x"), paragraphs, done=True) == []


def test_each_kind_of_fault_is_seen(paragraphs):
    text, word = screen(paragraphs), paragraphs.words[10]
    assert kinds(text.replace(word, ""), paragraphs) == ["missing words"]
    assert kinds(text.replace(word, f"{word} {word}"), paragraphs) == ["doubled words"]
    assert kinds(text.replace(BOTTOM, f"> \n{BOTTOM}"), paragraphs) == ["stale prompt"]
    assert kinds(text.replace("> \n", "\n\n> \n"), paragraphs) == ["empty rows"]
    assert kinds(text.replace("> \n", "left over\n> \n"), paragraphs) == ["other"]


def test_a_fault_says_how_many_words(paragraphs):
    text = screen(paragraphs)
    for word in paragraphs.words[3:6]:
        text = text.replace(word, "")
    assert [(fault.count, fault.words) for fault in faults(text, paragraphs, done=True)] == [
        (3, tuple(paragraphs.words[3:6]))
    ]


def test_a_wide_reply_has_the_words_that_it_says():
    for seed in range(20):
        reply = WideReply(random.Random(seed))
        assert re.findall(r"w\d{4}", reply.source) == [word[:5] for word in reply.words]
        assert all(word in reply.source for word in reply.words)


def test_what_a_narrower_window_has_cut_is_not_missing():
    """Rows of 34 cells in a window that was 30 wide for a moment; the third has lost a word for no reason."""
    reply = Reply(random.Random(2))
    reply.words = [f"w{number:04}x" for number in range(1, 16)]
    rows = textwrap.wrap(" ".join(reply.words), 34)
    cut = cut_words([rows[0][:30], rows[1][:30], rows[2].replace("w0014x", "")], reply, {30})
    assert cut == {"w0005x", "w0010x"}
    fault = Fault("missing words", "", 3, ("w0005x", "w0010x", "w0014x"))
    assert [left.words for left in without_cuts([fault], cut, rows)] == [("w0014x",)]


def test_a_word_is_not_doubled_by_two_ends_of_rows():
    fault = Fault("doubled words", "", 2, ("w0001x", "w0002x"))
    rows = ["w0001x w0002", "x w0001x", "w0002x"]
    assert [left.words for left in without_cuts([fault], set(), rows)] == [("w0001x",)]


def test_a_cut_greeting_is_made_whole():
    assert without_greeting([GREETING[:20], "", "> go", "", "w0001x"])[1:] == ["> go", "", "w0001x"]
    assert without_greeting(["something else"]) == ["something else"]


def test_every_text_is_found_in_its_source():
    assert scripts.missing(scripts.source()) == []
    assert scripts.missing(scripts.plain()) == []


def test_a_mark_that_is_not_on_the_screen_is_missing():
    shown = scripts.plain().replace("नुष्यों", "नुष्य", 1)
    assert [found[:3] for found in scripts.missing(shown) if found.form == "paragraph"] == [
        ("Devanagari", "paragraph", 2)
    ]
