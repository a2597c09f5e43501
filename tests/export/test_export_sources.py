"""The sources of replies in documents and pages: footnotes, and lists whose links lead where they say."""

from __future__ import annotations

import json
import re

import pytest
from export.test_export_html import Page
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from grokchat.export.formats import export
from grokchat.export.source import Source
from grokchat.messages import Message, ReplyInfo

WIKI = "https://en.wikipedia.org/wiki/Grok_(word)"
NEWS = "https://news.example/Größe"
SOURCES = [{"url": WIKI, "title": "Grok", "number": 1}, {"url": NEWS, "title": "", "number": 2}]
TEXT = f"It is a word.[[1]]({WIKI}) Great![[2]]({NEWS}) Again.[[1]]({WIKI})"

HOSTILE = [
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "file:///etc/passwd",
    "mailto:a@b.example",
    'https://a.example/"onmouseover="alert(1)',
    "https://a.example/<script>",
    "https://a.example/a b",
    "https://a.example/\n# 9 · User",
    "https://a.example/\x1b]0;x\x07",
    "https://a.example/\u202egpj.exe",
    "https://a.example/`](javascript:alert(1))|",
    "https://a.example/&lt;&#106;avascript;\\",
    "HTTPS://A.example/" + "x" * 10_000,
    "//a.example",
    "https://",
    "https://[",
    " ",
]
"""Addresses as a server, or a session file from anyone, may have them."""


def reply(text: str, *sources: object, name: str = "r") -> Message:
    return Message(name, {"role": "assistant", "content": text}, ReplyInfo("m", "stop", sources=list(sources)))


def source_of(*messages: Message, **more) -> Source:
    return Source(messages=messages, body=b"{}", model="m", stream=True, **more)


def document(*messages: Message, **more) -> str:
    return export("markdown", source_of(*messages, **more)).decode()


def page(*messages: Message, **more) -> str:
    text = export("html", source_of(*messages, **more)).decode()
    Page(text)
    return text


def linked(text: str) -> list[str]:
    """Return where the links of a document lead in a viewer of Markdown."""
    tokens = MarkdownIt("commonmark").parse(text)
    inner = (child for token in tokens for child in token.children or ())
    return [str(child.attrs["href"]) for child in inner if child.type == "link_open"]


def test_markers_become_footnotes_that_stand_below_the_reply():
    """Sources are part of the Markdown export as footnotes, numbered by message and source."""
    assert document(Message("u", {"role": "user", "content": "q"}), reply(TEXT, *SOURCES)).endswith(
        "## 2 · Assistant\n\n"
        "It is a word.[^2-1] Great![^2-2] Again.[^2-1]\n\n"
        f"[^2-1]: [Grok](<{WIKI}>) · en.wikipedia.org\n"
        f"[^2-2]: <{NEWS}>\n"
    )


def test_a_viewer_without_footnotes_shows_where_they_lead():
    """Plain CommonMark takes no footnote for the definition of a link that leads elsewhere."""
    assert set(linked(document(reply(TEXT, *SOURCES)))) == {WIKI, "https://news.example/Gr%C3%B6%C3%9Fe"}


def test_code_and_links_that_are_no_markers_stay():
    """A marker in code, one of a source that the reply does not have, and the text of users are as they were."""
    text = f"`[[1]]({WIKI})`\n\n```\n[[1]]({WIKI})\n```\n\n[[3]](https://c.example) [[1]](https://evil.example)"
    user = Message("u", {"role": "user", "content": TEXT})
    exported = document(user, reply(text, *SOURCES))
    assert text in exported
    assert TEXT in exported
    assert "[^" not in exported
    shown = page(user, reply(text, *SOURCES))
    assert 'href="https://evil.example"' in shown
    assert "<sup>" not in shown


def test_pages_that_no_marker_names_are_listed():
    """A viewer drops a footnote without a reference, so these are a list."""
    read = {"url": "https://read.example/a", "title": ""}
    assert document(reply("Plain.", read)).endswith("Plain.\n\nPages read:\n\n- <https://read.example/a>\n")
    assert document(reply("Plain.", SOURCES[0], read)).endswith(
        f"Sources:\n\n- \\[1\\] [Grok](<{WIKI}>) · en.wikipedia.org\n- <https://read.example/a>\n"
    )
    assert "Pages read" in page(reply("Plain.", read))


def test_labels_are_unique_in_the_document():
    """Several replies, alternatives and both parts of a continued reply may count from 1."""
    one, two = reply(TEXT, *SOURCES, name="one"), reply(TEXT, *SOURCES, name="two")
    other = "https://other.example"
    three = reply(f"[[1]]({WIKI})[[1]]({other})", SOURCES[0], {"url": other, "number": 1}, name="three")
    found = {"one": (one, two, three)}
    text = document(one, three, alternatives=found)
    labels = re.findall(r"^\[\^(.*?)\]:", text, re.MULTILINE)
    assert labels == ["1-1", "1-2", "1-other1-1", "1-other1-2", "1-other2-1", "1-other2-1-2", "2-1", "2-1-2"]
    assert set(re.findall(r"\[\^([^\]]*)\](?!:)", text)) == set(labels)
    shown = page(one, three, alternatives=found)
    ids = re.findall(r'id="s(.*?)"', shown)
    assert ids == labels
    assert set(re.findall(r'href="#s(.*?)"', shown)) == set(labels)


def test_markers_on_the_page_link_to_the_list_below_the_reply():
    """The number is a superscript; the source has its title and address, and a link that tells nothing of the page."""
    shown = page(reply(f"{TEXT}\n\n| a[[1]]({WIKI}) |\n|---|\n| b[[2]]({NEWS}) |", *SOURCES))
    assert shown.count('<sup><a href="#s1-1">[1]</a></sup>') == 3
    assert 'Great!<sup><a href="#s1-2">[2]</a></sup>' in shown
    assert f'<li id="s1-1">[1] <a href="{WIKI}" title="{WIKI}" rel="noopener noreferrer nofollow">Grok</a>' in shown
    assert '<li id="s1-2">[2] <a href="https://news.example/Gr%C3%B6%C3%9Fe"' in shown


@pytest.mark.parametrize("url", HOSTILE)
def test_only_a_web_address_is_a_link(url):
    """Another address is shown as code, on one line, without control characters."""
    for number in ({"number": 1}, {}):
        message = reply("a", {"url": url, "title": "x](javascript:y)|`<b>\x1b\n# 7 · User", **number})
        exported, shown = document(message), page(message)
        assert all(link.lower().startswith("https://a.example") for link in linked(exported))
        links = [link for link, _ in Page(shown).links]
        assert all(link.lower().startswith(("#", "https://a.example")) for link in links)
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", exported + shown)
        assert "\n# " not in exported[1:]


@given(st.text(max_size=60), st.text(max_size=40), st.text(max_size=80))
def test_no_source_breaks_a_document_or_a_page(url, title, text):
    """Whatever a source holds, the page has only its own elements, and the document its own headings."""
    message = reply(f"{text} [[1]]({url})", {"url": url, "title": title, "number": 1}, {"url": url, "title": title})
    page(message)
    exported = document(message, reply("last"))
    headings = [token for token in MarkdownIt("commonmark").parse(exported) if token.tag == "h2" and token.level == 0]
    assert len(headings) >= 2 * 2


def test_many_sources_take_linear_work():
    """500 sources, and many more."""
    count = 5_000
    sources = [{"url": f"https://a.example/{number}", "title": "t", "number": number} for number in range(1, count)]
    text = " ".join(f"[[{item['number']}]]({item['url']})" for item in sources)
    assert document(reply(text, *sources)).count("[^1-") == 2 * (count - 1)
    assert page(reply(text, *sources)).count("<sup>") == count - 1


def test_the_exports_that_are_sent_hold_the_text_as_the_api_sent_it():
    """`json` is the array of the messages that are sent."""
    exported = export("json", source_of(reply(TEXT, *SOURCES)))
    assert json.loads(exported) == [{"role": "assistant", "content": TEXT}]
