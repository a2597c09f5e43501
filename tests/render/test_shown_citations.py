"""Markers of sources in a reply with search: `[[3]](https://...)` is shown as `[3]`."""

from __future__ import annotations

import pytest

from grokchat.export.html_markdown import markdown_html
from grokchat.markdown.inline_parser import parse_inline
from grokchat.render.inline import inline_spans
from grokchat.render.stream import ReplyRenderer, render_reply
from grokchat.render.style import TerminalStyle

DARK, PLAIN = TerminalStyle(background="dark"), TerminalStyle("none")
WIKI = "https://en.wikipedia.org/wiki/A_(b)_c"


def marked(text: str, *, guess: bool = False) -> str:
    spans = inline_spans(text, DARK, has_citations=True, guess=guess)
    return "".join(f"{{{'+'.join(styles)}:{part}}}" if styles else part for part, styles in spans)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("a.[[1]](https://a.example) b", "a.{citation:[1]} b"),
        (f"a.[[3]]({WIKI})", "a.{citation:[3]}"),
        (f"([[3]]({WIKI}))", "({citation:[3]})"),
        (f"a[[1]]({WIKI})[[12]](http://b.example/_x_)", "a{citation:[1]}{citation:[12]}"),
        (
            f"**a [[1]]({WIKI})** *b[[2]]({WIKI})*",
            "{strong:a }{strong+citation:[1]} {emphasis:b}{emphasis+citation:[2]}",
        ),
        (f"`[[1]]({WIKI})`", f"{{code:[[1]]({WIKI})}}"),
        (f"\\[[1]]({WIKI})", f"[[1]]({WIKI})"),
        ("[[1]](javascript:alert(1))", "{citation:[1]}"),
        ("*a* b[[2]](data:text/html,_x_*y)*", "{emphasis:a} b{citation:[2]}*"),
        ("[[1]](mailto:a@b.example)", "{citation:[1]}"),
        ('[[1]](https://a.example "A")', "{link:[1]} ({url:https://a.example})"),
        ("[[1]](<https://a.example>)", "{link:[1]} ({url:https://a.example})"),
        ("[[1]](https://)", "{link:[1]} ({url:https://})"),
        ("[[1]](page.html)", "{link:[1]} ({url:page.html})"),
        ("[[1]]()", "{link:[1]}"),
        ("[1](https://a.example)", "{link:1} ({url:https://a.example})"),
        ("[[a]](https://a.example)", "{link:[a]} ({url:https://a.example})"),
        ("[[1] and 2](https://a.example)", "{link:[1] and 2} ({url:https://a.example})"),
        ("[**[1]**](https://a.example)", "{link+strong:[1]} ({url:https://a.example})"),
        ("[[1234567]](https://a.example)", "{link:[1234567]} ({url:https://a.example})"),
        ("Great![[1]](https://a.example)[[2]](https://b.example)", "Great!{citation:[1]}{citation:[2]}"),
        ("![one](https://a.example/b.png)", "{link:one} ({url:https://a.example/b.png})"),
        ("![[1]](b.png)", "{link:[1]} ({url:b.png})"),
        ("[[0]](https://a.example)", "{link:[0]} ({url:https://a.example})"),
        ("[](https://a.example)", "{url:https://a.example}"),
        ("[[1]](https://a.example/(b)", "[[1]](https://a.example/(b)"),
    ],
)
def test_a_marker_is_its_number_and_nothing_else_changes(text, spans):
    """An address ends at its balanced parenthesis; code and other links stay as they are."""
    assert marked(text) == spans


def test_without_search_nothing_changes():
    """A link in any other text is a link."""
    text = f"a.[[1]]({WIKI})"
    assert render_reply(text, 80, PLAIN) == [f"a.[1] ({WIKI})"]
    assert render_reply(text, 80, PLAIN, has_citations=True) == ["a.[1]"]
    assert render_reply(text, 80, PLAIN, has_citations=True, markdown=False) == [text]
    assert markdown_html(text).count(WIKI) >= 1


def test_a_citation_has_its_address():
    """What makes something else of it needs the address."""
    assert parse_inline(f"[[3]]({WIKI})", has_citations=True) == [("citation", "[3]", WIKI, None)]


@pytest.mark.parametrize(
    "source",
    [
        "| a | b |\n|---|---|\n| x[[1]](URL) | **y**[[2]](URL) |\n",
        "- one[[1]](URL)\n  1. two[[2]](URL)\n",
        "# Head[[1]](URL)\n\n> quoted[[2]](URL)\n",
        "para[[1]](URL)\ngraph[[2]](URL)",
    ],
)
def test_markers_are_numbers_wherever_text_is(source):
    """In tables, lists, headings and quotes, at the end of a block and of the reply, at 80 and 20 columns."""
    text = source.replace("URL", WIKI)
    for width in (80, 20):
        shown = "\n".join(render_reply(text, width, PLAIN, has_citations=True))
        assert ("[1]" in shown, "[2]" in shown, "(" in shown) == (True, True, False)


def test_code_stays_as_written():
    text = f"```\nx [[1]]({WIKI})\n```\n\n    y [[1]]({WIKI})\n"
    shown = "\n".join(render_reply(text, 80, DARK, has_citations=True))
    assert shown.count(f"[[1]]({WIKI})") == 2


def test_half_a_marker_is_not_seen():
    """A marker that arrives in pieces appears as its number, not as an address that vanishes."""
    text = f"Some words.[[12]]({WIKI})"
    seen = []
    stream = ReplyRenderer(PLAIN, has_citations=True)
    for char in text:
        stream.feed(char)
        assert stream.commit(80) == []
        seen += stream.tail(80, 5)
    assert list(dict.fromkeys(seen))[-2:] == ["Some words.", "Some words.[12]"]
    assert stream.close(80) == ["Some words.[12]"]
    assert marked("a **b [[1", guess=True) == "a {strong:b}"
    assert marked("a `b [[1]](", guess=True) == "a {code:b}"
