"""The sources of a reply with search: what it cites by number or, if nothing, what was met."""

from __future__ import annotations

import pytest
from fake_responses import citation, cited, met

from grokchat.api.citations import find_sources
from grokchat.reply_sources import ReplySource

NEWS, WIKI = "https://x.ai/news", "https://en.wikipedia.org/wiki/XAI_(company)"


def test_cited_sources_come_in_the_order_of_their_numbers_each_once():
    text = f"b[[2]]({WIKI}) a[[1]]({NEWS}) b[[2]]({WIKI})"
    notes = [citation(WIKI, 2, 1, 50), citation(NEWS, 1, 60, 90), citation(WIKI, 2, 100, 150)]
    expected = (ReplySource(NEWS, "", 1), ReplySource(WIKI, "", 2))
    assert find_sources(text, notes) == find_sources(text, []) == expected


def test_the_address_of_an_annotation_counts_more_than_that_of_the_marker():
    """An address may hold brackets in no pairs."""
    url = "https://a.b/c)d"
    assert find_sources(f"x[[1]]({url})", [citation(url, 1, 1, 9)]) == (ReplySource(url, "", 1),)


def test_a_marker_without_an_annotation_is_a_source_too():
    text, notes = cited("x", NEWS, WIKI)
    assert [source.number for source in find_sources(text, notes[:1])] == [1, 2]


@pytest.mark.parametrize(
    ("title", "expected"),
    [("Grok news", "Grok news"), ("1", ""), (NEWS, ""), ("", ""), (None, ""), (3, ""), ([], ""), (" 1 ", "")],
)
def test_only_a_real_title_is_one(title, expected):
    text, [note] = cited("x", NEWS)
    assert find_sources(text, [{**note, "title": title}]) == (ReplySource(NEWS, expected, 1),)


def test_a_cited_place_without_a_marker_has_no_number_and_comes_last():
    note = {"url": WIKI, "title": "xAI", "start_index": 1, "end_index": 5}
    text, notes = cited("x", NEWS)
    assert find_sources(text, [note, *notes]) == (ReplySource(NEWS, "", 1), ReplySource(WIKI, "xAI", None))


@pytest.mark.parametrize("url", ["data:text/html,<b>x</b>", "https://a.b/c d", "//a.b", "https://a.b/(("])
def test_an_address_that_makes_no_link_has_the_number_before_it(url):
    """A number in the text has its source, whatever the title of the annotation is."""
    note = {"url": url, "title": "Something", "start_index": 1, "end_index": 7 + len(url)}
    assert find_sources(f"x[[3]]({url})", [note]) == (ReplySource(url, "Something", 3),)
    beyond = {**note, "start_index": 10**30, "end_index": 10**31}
    assert find_sources(f"x[[3]]({url} )", [beyond]) == (ReplySource(url, "Something", None),)


@pytest.mark.parametrize("place", [{"start_index": 0, "end_index": 0}, {}, {"start_index": "a", "end_index": None}])
def test_annotations_without_a_place_are_met_and_do_not_count_beside_citations(place):
    notes = [{**met(WIKI), **place}] if place else [{"type": "url_citation", "url": WIKI}]
    assert find_sources("x", notes, ["https://a.b"]) == (ReplySource(WIKI),)
    assert find_sources(f"x[[1]]({NEWS})", notes) == (ReplySource(NEWS, "", 1),)


def test_pages_are_the_last_resort_each_once():
    assert find_sources("x", [], [NEWS, WIKI, NEWS]) == (ReplySource(NEWS), ReplySource(WIKI))
    assert find_sources("x", []) == ()


def test_text_like_a_marker_in_code_is_none():
    assert find_sources(f"`[[1]]({NEWS})`", []) == ()


def test_many_sources_are_all_there():
    addresses = [f"https://a.b/{number}" for number in range(1, 501)]
    text, notes = cited("x", *addresses)
    assert [source.url for source in find_sources(text, notes)] == addresses
