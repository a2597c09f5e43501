"""Search: a word found in the bytes is in a text or name, in any case."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from grokchat.messages import body
from grokchat.session import journal
from grokchat.session.search import SearchTerms, needles


def file_of(*events):
    header = {"type": "session", "format": "grokchat/1", "id": "s"}
    return b"".join(map(journal.encode, [header, *events]))


def message_event(text, event_id="a", role="user"):
    return {"type": "message", "id": event_id, "message": body(role, text)}


def searched_event(text, *sources):
    return {**message_event(text, role="assistant"), "sources": list(sources)}


def matches(data, *words):
    terms = SearchTerms(words)
    return terms.may_be_in(data) and terms.are_in(data)


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("hello", "say HeLLo twice"),
        ("größe", "GRÖSSE"),
        ("GRÖSSE", "die Größe"),
        ("straße", "STRASSE"),
        ("strasse", "die Straße"),
        ("assert", "ASSERT"),
        ("привет", "ПРИВЕТ, мир"),
        ("σίσυφος", "ΣΊΣΥΦΟΣ"),
        ("漢字", "a 漢字 b"),
        ("😀", "x😀y"),
        ("a/b", "see a/b"),
        ('say"so', 'he may say"so'),
        ("c:\\x", "in C:\\x"),
        ("=>", "a => b"),
        ("é", "É"),
        ("user", "the user"),
    ],
)
def test_a_word_is_found_in_any_case(word, text):
    assert matches(file_of(message_event(text)), word)
    assert not matches(file_of(message_event("nothing of it")), word)


def test_keys_and_field_values_other_than_text_do_not_match():
    data = file_of(message_event("x"))
    for word in ("message", "content", "role", "user", "type"):
        assert not matches(data, word)


def test_all_words_must_occur_anywhere_in_the_session():
    data = file_of(message_event("one"), message_event("two", "b"), {"type": "name", "id": "n", "name": "three"})
    assert matches(data, "one", "two", "three")
    assert not matches(data, "one", "four")


def test_the_text_of_an_interrupted_reply_is_found():
    piece = {"type": "partial", "id": "p", "reply": "b", "text": "half of it"}
    assert matches(file_of(message_event("x"), piece), "half")


def test_a_file_without_escapes_is_searched_too():
    line = json.dumps(message_event("Größe"), ensure_ascii=False).encode()
    assert matches(b'{"type":"session","id":"s"}\n' + line, "GRÖSSE")


def is_left_out(char):
    """Return whether a letter other than the sharp s folds to several letters, or to ASCII."""
    folded = char.casefold()
    return not char.isascii() and char not in "ßẞ" and (len(folded) > 1 or folded.isascii())


LEFT_OUT = "".join(filter(is_left_out, map(chr, range(0x80, 0x20000))))
TEXTS = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S", "M"], exclude_characters=LEFT_OUT)
    | st.sampled_from("sSßẞäÄ\u03c3\u03a3\u03c2\u043f\u041f"),
    min_size=1,
    max_size=6,
)


@given(TEXTS, TEXTS, TEXTS, st.sampled_from([str.upper, str.lower, str.title, str]))
def test_the_escaped_form_never_hides_a_word(before, word, after, case):
    """In any case and at any position."""
    text = before + case(word) + after
    assume(word.casefold() in text.casefold())
    assume(not any(map(is_left_out, text)))
    assert matches(file_of(message_event(text)), word)


@given(TEXTS)
def test_a_word_has_few_needles(word):
    assert len(needles(word)) <= 8


def test_only_partials_of_a_complete_reply_are_dropped():
    """The resulting message list is the same."""
    pieces = [{"type": "partial", "id": f"p{n}", "reply": "b", "text": f"piece {n}"} for n in range(3)]
    broken = {"type": "partial", "id": "q", "reply": "c", "text": "broken off"}
    whole = message_event("whole", "b", "assistant")
    data = file_of(message_event("x"), *pieces, whole, message_event("y", "d"), broken)
    assert journal.without_superseded_partials(data) == file_of(
        message_event("x"), whole, message_event("y", "d"), broken
    )
    for untouched in (
        file_of(message_event("x"), *pieces, message_event("other", "e", "assistant")),
        file_of(message_event("x"), {**pieces[0], "joins": "z"}, whole),
        file_of(message_event("x"), *pieces, whole, {"type": "rewind", "id": "r", "to": "p1"}),
        file_of(message_event("x"), *pieces, whole)[:-5],
        file_of(message_event('"reply":"b"'), *pieces, message_event('{"type":"message","id":"b"')),
        file_of(message_event("x"), {**pieces[0], "joins": "x"}, message_event("y"), *pieces, whole),
        file_of(message_event("x"), *pieces, {**whole, "before": "x"}),
        file_of(message_event("x"), *pieces, {**whole, "more": True}),
        file_of(message_event("x"), *pieces, {**whole, "message": {"content": "no role"}}),
        file_of(message_event("x"), *pieces, whole).replace(b"whole", b"\xff"),
        file_of(message_event("x"), {**pieces[0], "reply": "c", "by": {"reply": "b"}}, whole),
        file_of(message_event("x"), pieces[0], whole).replace(b'"reply":"b"', b'"reply":"b","reply" :"c"'),
        file_of(message_event("x"), pieces[0], whole).replace(b'"reply":"b"', b'"reply":"b","joi\\u006es":"x"'),
        file_of(message_event("x"), pieces[0], whole).replace(b'"reply":"b"', b'"reply":"b","type":"message"'),
        file_of(message_event("x"), *pieces, whole, {"type": "rewin-", "id": "r"}).replace(b"n-", b"\\u006ed"),
    ):
        assert journal.without_superseded_partials(untouched) == untouched


def test_a_word_of_any_length_is_found():
    word = "x" * 100_000 + "ö"
    assert matches(file_of(message_event(f"a {word} b")), word)
    assert not matches(file_of(message_event("x" * 300)), word)


def test_the_best_line_has_most_of_the_words_and_begins_near_the_first():
    events = [
        message_event("One apple.\nAn Apple and a pear are fruit.\npear"),
        message_event("x " * 200 + "the CHERRY " + "y " * 400, "b"),
    ]
    data = b"".join(journal.encode(event) for event in events)
    assert SearchTerms(["apple", "pear"]).best_line(data) == "An Apple and a pear are fruit."
    line = SearchTerms(["cherry"]).best_line(data)
    assert line.startswith("…x x x")
    assert line.index("CHERRY") < 40
    assert len(line) <= 401


@pytest.mark.parametrize("before", ["ß " * 100, "漢" * 100, "ßß" * 100, "İ" * 100])
def test_the_best_line_has_the_word_also_after_letters_that_fold_to_two_and_in_a_text_without_spaces(before):
    line = SearchTerms(["cherry"]).best_line(file_of(message_event(f"{before}CHERRY {'y' * 500}")))
    assert 0 < line.index("CHERRY") < 50


def test_the_best_line_is_the_message_s_where_partials_of_it_are_kept():
    """In a file with a rewind partials count: the piece of a line in one of them is not shown instead of the line."""
    events = [
        {"type": "partial", "id": "p", "reply": "b", "text": "One apple "},
        message_event("One apple a day.", "b", "assistant"),
        {"type": "rewind", "id": "e", "to": ""},
    ]
    assert SearchTerms(["apple"]).best_line(file_of(*events)) == "One apple a day."
    assert SearchTerms(["apple"]).best_line(file_of(events[0])) == "One apple"


SOURCES = (
    {"url": "https://news.example/grok_(word)", "title": "Größe in\nLines", "number": 1},
    {"url": "https://x.com/someone/status/1", "title": ""},
)


@pytest.mark.parametrize("word", ["news.example", "NEWS", "größe", "lines", "x.com/someone", "grok_(word)", "reply"])
def test_words_are_found_in_the_titles_and_addresses_of_sources(word):
    """Sources are found by /sessions WORDS."""
    data = file_of(searched_event("the reply", *SOURCES))
    assert matches(data, word)
    assert not matches(file_of(message_event("the reply")), word) or word == "reply"


def test_the_line_of_a_source_is_shown_below_its_session():
    """A source is one line: its title and its address."""
    data = file_of(message_event("about news"), searched_event("The reply.", *SOURCES))
    assert SearchTerms(["lines", "example"]).best_line(data) == "Größe in Lines https://news.example/grok_(word)"
    assert SearchTerms(["reply", "example"]).best_line(data) == "The reply."


def test_keys_and_numbers_of_sources_do_not_match():
    data = file_of(searched_event("x", {**SOURCES[0], "snippet": "newer"}))
    for word in ("url", "title", "number", "sources", "snippet", "newer"):
        assert not matches(data, word)


@pytest.mark.parametrize("sources", ["url", 7, {"url": "news"}, [["news"]], [{"url": ["news"]}]])
def test_sources_of_another_shape_are_not_searched(sources):
    data = file_of({**message_event("the reply", role="assistant"), "sources": sources})
    assert not matches(data, "news")
    assert matches(data, "reply")
