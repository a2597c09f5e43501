"""The sources of a reply: those that its file has, and those that the markers in its text name."""

from __future__ import annotations

import pytest

from grokchat.markdown.citations import find_markers
from grokchat.reply_sources import ReplySource, read_sources, sources_in_text

WIKI = "https://en.wikipedia.org/wiki/Grok_(word)"


def cited(text: str) -> list[tuple[int | None, str]]:
    return [(source.number, source.url) for source in sources_in_text(text)]


def test_markers_are_links_whose_text_is_a_number_in_brackets():
    """Sources are numbered as cited: by the number that the text shows, each once."""
    text = "One.[[1]](https://a.example/x) Two.[[2]](http://b.example) Again.[[1]](https://a.example/x)"
    assert cited(text) == [(1, "https://a.example/x"), (2, "http://b.example")]
    assert [text[marker.begin : marker.end] for marker in find_markers(text)] == [
        "[[1]](https://a.example/x)",
        "[[2]](http://b.example)",
        "[[1]](https://a.example/x)",
    ]


def test_the_order_is_that_of_the_numbers():
    """A list of sources is read by number, wherever the text cites them first."""
    assert cited(f"b[[2]](https://b.example) a[[1]]({WIKI})") == [(1, WIKI), (2, "https://b.example")]


def test_parentheses_in_pairs_belong_to_an_address():
    """Addresses of Wikipedia have parentheses."""
    assert cited(f"(see [[1]]({WIKI}))[[2]](https://b.example/a(b(c))d)!") == [
        (1, WIKI),
        (2, "https://b.example/a(b(c))d"),
    ]


def test_a_marker_may_stand_behind_any_punctuation():
    """The API puts markers behind the punctuation: behind `!` it looks like a picture, and is a marker."""
    assert cited("Great![[1]](https://a.example) Really?[[2]](https://b.example)") == [
        (1, "https://a.example"),
        (2, "https://b.example"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "`[[1]](https://a.example)`",
        "```\n[[1]](https://a.example)\n```",
        r"\[[1]](https://a.example)",
        "[[1]](:x) [[1]](1:x) [[1]](//a.example)",
        "[[1]](a.example) m[[1]](2) [[1]](https://)",
        "[[0]](https://a.example) [[1234567]](https://a.example) [[x]](https://a.example)",
        "[[1]](https://a.example and more) [[1]](https://a.example",
        "[1](https://a.example) [[1]] (https://a.example)",
    ],
)
def test_what_is_no_marker(text: str):
    """Code, escaped brackets, and links without a scheme or with another text are no sources."""
    assert cited(text) == []


def test_an_address_of_any_kind_is_listed():
    """A number in the text has its source, also one that nothing may open."""
    assert cited("[[1]](javascript:alert(1))[[2]](data:text/html,x)[[3]](mailto:a@b.example)") == [
        (1, "javascript:alert(1)"),
        (2, "data:text/html,x"),
        (3, "mailto:a@b.example"),
    ]


def test_a_marker_in_the_address_of_another_one_is_part_of_it():
    """Of links inside each other the outer one is the link, unless it does not end."""
    outer = "[[1]](https://a.example/[[2]](https://b.example)c)"
    assert cited(outer) == [(1, "https://a.example/[[2]](https://b.example)c")]
    assert cited(outer.removesuffix("c)")) == [(2, "https://b.example")]


def test_a_number_may_have_two_addresses():
    """A continued reply may count from 1 again: each marker has its own address."""
    text = "[[1]](https://a.example)[[1]](https://b.example)"
    assert cited(text) == [(1, "https://a.example"), (1, "https://b.example")]


@pytest.mark.parametrize(
    "piece", ["[[1]](https://a", "[[1]](https://a)", "[[1]](https://a((", "[[1]](", "]](", "[[1]](https://a)\\)"]
)
def test_hostile_text_takes_linear_work(piece: str):
    """Many markers, ended or not, is read in one pass."""
    text = piece * (200_000 // len(piece))
    assert all(source.url.startswith("https://a") for source in sources_in_text(text))


def test_the_list_of_a_file_is_read_without_what_is_none():
    """A session of a newer version, or of anyone, is read as far as it makes sense."""
    values = [
        {"url": "https://a.example", "title": "A", "number": 2, "snippet": "new"},
        {"url": "https://b.example", "title": None, "number": True},
        {"url": "https://c.example", "number": -1},
        {"url": ""},
        {"title": "no address"},
        "https://d.example",
        None,
        7,
    ]
    assert read_sources(values) == [
        ReplySource("https://a.example", "A", 2),
        ReplySource("https://b.example"),
        ReplySource("https://c.example"),
    ]
    assert read_sources(None) == []
