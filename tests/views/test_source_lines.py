"""The list of sources below a reply, and in `/show`."""

from __future__ import annotations

import re

import pytest
from hostile_texts import CODES, leaks, missing, text_of

from grokchat.messages import Message, ReplyInfo, body
from grokchat.render.cells import cell_width
from grokchat.render.style import TerminalStyle
from grokchat.reply_sources import ReplySource
from grokchat.views.messages import footer_lines, message_lines
from grokchat.views.sources import plain_source_lines, source_lines

PLAIN, DARK = TerminalStyle("none"), TerminalStyle(background="dark")
WIKI = "https://en.wikipedia.org/wiki/Grok_(chatbot)"
NOTES = "https://docs.example/release-notes"
LONG = "https://docs.example/" + "a-long-path/" * 12
MANY = [ReplySource(f"https://a.example/{number}", "", number) for number in range(1, 501)]


def reply(text: str, *sources: ReplySource, **info) -> Message:
    info = ReplyInfo(model="m", sources=[source.fields() for source in sources], **info)
    return Message("a", body("assistant", text), info)


def test_a_source_is_one_row_with_its_number_its_title_or_host_and_its_address():
    sources = [ReplySource(WIKI, "", 1), ReplySource(NOTES, "Release notes", 2)]
    rows = [f"[1] en.wikipedia.org  {WIKI}", f"[2] Release notes  {NOTES}"]
    assert source_lines(sources, 80, PLAIN) == rows
    assert plain_source_lines(sources) == rows
    assert source_lines(sources[:1], 80, DARK) == [f"\x1b[38;5;103m{rows[0]}\x1b[m"]


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        (90, [f"[1] en.wikipedia.org  {WIKI}", f"[2] What is new in this release, and what is not  {NOTES}"]),
        (70, [f"[1] en.wikipedia.org  {WIKI}", f"[2] What is new in this release, …  {NOTES}"]),
        (60, [f"[1] {WIKI}", f"[2] What is new in this…  {NOTES}"]),
        (40, [f"[1] {WIKI}", "[2] What is new in this release, and wh…", f"    {NOTES}"]),
        (30, [f"[1] {WIKI}", "[2] What is new in this relea…", NOTES]),
        (3, [f"[1] {WIKI}", "[2…", NOTES]),
        (1, [f"[1] {WIKI}", "[", NOTES]),
    ],
)
def test_a_narrow_window_cuts_the_title_and_never_the_address(columns, rows):
    """An address is never broken by a newline: a host gives way to it, and a title has a row of its own."""
    sources = [ReplySource(WIKI, "", 1), ReplySource(NOTES, "What is new in this release, and what is not", 2)]
    assert source_lines(sources, columns, PLAIN) == rows


def test_ten_are_listed_below_a_reply_and_all_in_show():
    """At most 10 rows, then how many more there are; `/show` and one shots have all."""
    rows = source_lines(MANY, 80, PLAIN)
    assert (len(rows), rows[0], rows[-1]) == (
        11,
        "[1] a.example  https://a.example/1",
        "… 490 more · /show lists them",
    )
    assert len(source_lines(MANY[:10], 80, PLAIN)) == 10
    assert source_lines(MANY, 80, PLAIN, is_whole=True) == plain_source_lines(MANY)
    assert len(plain_source_lines(MANY)) == 500
    assert source_lines(MANY, 8, PLAIN)[-1] == "… 490 m…"


def test_pages_that_were_read_and_not_cited_are_below_a_head_that_says_so():
    sources = [ReplySource(NOTES), ReplySource(WIKI, "Grok", 1), ReplySource(LONG, "Long")]
    rows = [f"[1] Grok  {WIKI}", "read, not cited:", f"- docs.example  {NOTES}", "- Long", LONG]
    assert source_lines(sources, 80, PLAIN) == rows
    assert plain_source_lines(sources)[1:3] == rows[1:3]


@pytest.mark.parametrize("style", [PLAIN, DARK, TerminalStyle("none", "ascii")])
@pytest.mark.parametrize("columns", [1, 20, 80, 300])
def test_hostile_titles_and_addresses_are_visible_and_one_row_each(style, columns):
    """Control codes are shown, schemes other than http(s) are text without a host, nothing is a hidden link."""
    hostile = text_of(CODES)
    for source in (
        ReplySource(f"https://a.example/{hostile}", hostile, 1),
        ReplySource("https://a.example/\nhttps://b.example", "One\n\n  [2] other  https://c.example", 1),
        ReplySource("javascript:alert(1)//https://a.example", "", 1),
        ReplySource("data:text/html,<b>", "\u202etitle", None),
        ReplySource("https://[", "", 1),
    ):
        for is_whole in (False, True):
            lines = source_lines([source], columns, style, is_whole=is_whole)
            assert 1 <= len(lines) <= 3
            assert not leaks("\n".join(lines).encode(), list(CODES))
            assert all(len(line.split("\n")) == 1 for line in lines)
        assert not leaks("\n".join(plain_source_lines([source])).encode(), list(CODES))
    assert missing(" ".join(plain_source_lines([ReplySource(f"https://a.example/{hostile}")])), list(CODES)) == []
    assert plain_source_lines([ReplySource("javascript:alert(1)", "", 1)]) == ["[1] javascript:alert(1)"]
    assert plain_source_lines([ReplySource("https://a.example\nb", "One\n\n  two", 1)]) == [
        "[1] One two  https://a.example⏎b"
    ]


def test_a_title_and_an_address_of_ten_thousand_letters_do_not_flood_the_screen():
    """A title is cut to its row; an address stays whole up to a length that none has in practice, and says its own."""
    source = ReplySource("https://a.example/" + "漢" * 10_000, "t" * 10_000, 1)
    for is_whole in (False, True):
        title, address = source_lines([source], 80, PLAIN, is_whole=is_whole)
        assert title == f"[1] {'t' * 75}…"
        assert address == f"https://a.example/{'漢' * 82}… (10,018 characters)"
    [plain] = plain_source_lines([source])
    assert plain == f"[1] {'t' * 199}…  {address}"
    usual = ReplySource("https://a.example/" + "a" * 380, "", 1)
    assert source_lines([usual], 80, PLAIN) == [f"[1] {usual.url}"]
    longer = ReplySource("https://a.example/" + "a" * 1000, "", 1)
    assert source_lines([longer], 80, PLAIN)[0].endswith("… (1,018 characters)")
    assert source_lines([longer], 80, PLAIN, is_whole=True) == [f"[1] {longer.url}"]


def test_a_reply_has_its_sources_between_its_text_and_its_footer():
    """Text, sources, footer, with empty lines between them; the markers in the text are numbers."""
    message = reply(f"Yes.[[1]]({WIKI})", ReplySource(WIKI, "", 1))
    assert message_lines(2, message, columns=80, style=PLAIN) == [
        "Yes.[1]",
        "",
        f"[1] en.wikipedia.org  {WIKI}",
        "",
        "#2 · m",
        "",
    ]
    assert message_lines(2, message, columns=80, style=PLAIN, has_footer=False)[-2:] == [
        f"[1] en.wikipedia.org  {WIKI}",
        "",
    ]
    assert footer_lines(2, reply("Yes."), 80, PLAIN, has_figures=False) == []
    whole = message_lines(2, reply("Yes.", *MANY), columns=80, style=PLAIN)
    brief = message_lines(2, reply("Yes.", *MANY), columns=80, style=PLAIN, is_brief=True)
    assert (len(whole), len(brief)) == (505, 16)


def test_a_reply_without_search_shows_its_links():
    assert message_lines(2, reply(f"Yes.[[1]]({WIKI})"), columns=80, style=PLAIN)[0] == f"Yes.[1] ({WIKI})"


@pytest.mark.parametrize("columns", [1, 2, 10, 40, 80])
def test_no_row_but_an_address_is_wider_than_the_window(columns):
    sources = [ReplySource(LONG, "漢字" * 20, 1), ReplySource(WIKI, "", 2), ReplySource(NOTES), *MANY[:9]]
    for row in source_lines(sources, columns, PLAIN):
        assert cell_width(row) <= columns or re.search("https://", row)
