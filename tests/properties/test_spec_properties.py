"""The examples of the Markdown specifications: streamed, complete, narrow, one after the other.

GitHub's specification (0.29) has all 649 examples of CommonMark 0.29 and 24 of its own: tables, task lists,
strikethrough, autolinks. The wheel of marko 1.0.1 carries its text, and is installed for that alone: nothing of it is
imported. An example's number is the one that <https://github.github.com/gfm/> shows beside it.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from importlib.metadata import PackageNotFoundError, files
from itertools import product

import pytest

from grokchat.render.stream import ReplyRenderer, render_reply
from grokchat.render.style import TerminalStyle

SGR = re.compile(r"\x1b\[[0-9;]*m")
EXAMPLE = re.compile(r"^`{32} example[ a-z]*\n(.*?)^\.\n(.*?)^`{32}$", re.MULTILINE | re.DOTALL)
WIDTHS = (80, 20, 1)
TERMINAL_STYLES = (TerminalStyle(background="dark"), TerminalStyle("none"))
CHUNKS = 10
"""Tests for each property, so that processes have something to share and the report stays short."""
DOCUMENTS = 200
INFO_STRINGS = {131: "c"}
"""Letters that are not shown, by example: HTML is text here, so the fence inside of it is one, and says its language by
colour."""


def specification() -> str:
    try:
        found = [path for path in files("marko") or [] if path.as_posix() == "tests/spec/gfm.txt"]
    except PackageNotFoundError:
        found = []
    if not found:
        reason = "the specification's examples are not installed: pip install 'grokchat[test]' (marko==1.0.1 has them)"
        pytest.skip(reason, allow_module_level=True)
    return found[0].read_text(encoding="utf-8")


# A tab is an arrow there, as the text says itself.
EXAMPLES = {
    number: (found[1].replace("→", "\t"), found[2].replace("→", "\t"))
    for number, found in enumerate(EXAMPLE.finditer(specification()), 1)
}


def numbers(chunk: int) -> range:
    return range(chunk + 1, len(EXAMPLES) + 1, CHUNKS)


@cache
def document(number: int) -> str:
    """Join a few examples; a block that is left open continues in the next."""
    dice = random.Random(number)
    chosen = dice.sample(sorted(EXAMPLES), dice.randint(3, 8))
    return "".join(EXAMPLES[name][0] + dice.choice(["", "\n"]) for name in chosen)


def chunkings(text: str, seed: int) -> Iterator[tuple[str, list[str]]]:
    yield "characters", list(text)
    yield "lines", text.splitlines(keepends=True)
    dice = random.Random(seed)
    for longest in (4, 30):
        pieces, at = [], 0
        while at < len(text):
            size = dice.randint(1, longest)
            pieces.append(text[at : at + size])
            at += size
        yield f"pieces of up to {longest}", pieces


def streamed(pieces: list[str], width: int, style: TerminalStyle) -> list[str]:
    stream = ReplyRenderer(style, markdown=True)
    lines = []
    for position, piece in enumerate(pieces):
        stream.feed(piece)
        if position % 3 != 1:  # several deltas may arrive between two frames
            lines += stream.commit(width)
        if position % 40 == 5:
            stream.tail(width, 5)
    return lines + stream.close(width)


@cache
def shown(text: str, width: int, style: TerminalStyle) -> list[str]:
    return render_reply(text, width, style)


def differences(text: str, number: int, widths: tuple[int, ...]) -> list[tuple[str, int, TerminalStyle]]:
    """Return where streaming shows something else; the styles take turns, to save time."""
    found = []
    for at, (how, pieces) in enumerate(chunkings(text, number)):
        style = TERMINAL_STYLES[(number + at) % 2]
        found += [
            (how, width, style) for width in widths if streamed(pieces, width, style) != shown(text, width, style)
        ]
    return found


class Reading(HTMLParser):
    """Collects what a reader sees of HTML: its text, and the descriptions of its pictures."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.feed(html)
        self.close()

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.text += dict(attrs).get("alt") or ""


def letters(text: str) -> Counter[str]:
    return Counter(re.findall(r"[A-Za-z0-9]", text))


def test_the_whole_specification_is_read():
    """All examples are found, with their sources."""
    assert len(EXAMPLES) == 673
    assert EXAMPLES[1] == ("\tfoo\tbaz\t\tbim\n", "<pre><code>foo\tbaz\t\tbim\n</code></pre>\n")
    assert EXAMPLES[673] == ("Multiple     spaces\n", "<p>Multiple     spaces</p>\n")
    assert Reading('<p>&lt;a&gt; <b>c</b><img src="d" alt="e" /></p>').text == "<a> ce"


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_an_example_streamed_equals_complete(chunk):
    """Every example gives the same lines whether it arrives in characters, in lines, in pieces or at once."""
    wrong = {number: found for number in numbers(chunk) if (found := differences(EXAMPLES[number][0], number, WIDTHS))}
    assert not wrong


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_examples_in_a_row_streamed_equal_complete(chunk):
    """Joined examples, each of which may continue in the next, give the same lines streamed and at once."""
    wrong = {
        number: (found, text)
        for number in range(chunk, DOCUMENTS, CHUNKS)
        if (found := differences(text := document(number), number, (WIDTHS[number % 3],)))
    }
    assert not wrong


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_letter_of_an_example_appears(chunk):
    """Every letter that the specification shows of an example is shown here, too."""
    wrong = {}
    for number in numbers(chunk):
        markdown, html = EXAMPLES[number]
        expected = letters(Reading(html).text) - letters(INFO_STRINGS.get(number, ""))
        for width, style in product(WIDTHS, TERMINAL_STYLES):
            missing = expected - letters(SGR.sub("", "".join(shown(markdown, width, style))))
            if missing:
                wrong[number, width, style] = missing
    assert not wrong


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_examples_send_no_escape_but_styles(chunk):
    """No line of one or more examples contains a control character except in styles, and tabs."""
    cases = [(EXAMPLES[number][0], WIDTHS) for number in numbers(chunk)]
    cases += [(document(number), (WIDTHS[number % 3],)) for number in range(chunk, DOCUMENTS, CHUNKS)]
    wrong = []
    for text, widths in cases:
        for width, style in product(widths, TERMINAL_STYLES):
            for line in shown(text, width, style):
                bare = line if style.is_plain else SGR.sub("", line)
                if any(char != "\t" and unicodedata.category(char) in {"Cc", "Cs"} for char in bare):
                    wrong.append((text, width, style, line))
    assert not wrong
