"""The HTML export: it is complete, and nothing in it loads, runs or misleads."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grokchat.export.formats import export as export_as
from grokchat.export.html import POLICY, export
from grokchat.export.html_markdown import markdown_html
from grokchat.export.html_style import CODE, DARK, GROUNDS, LIGHT, stylesheet
from grokchat.export.source import Source
from grokchat.highlight.token_kinds import KINDS
from grokchat.messages import Message, ReplyInfo
from grokchat.render.sanitize import visible

GLOBAL = {"class", "lang"}
BARE = """
html head title style body header main footer h1 h3 h4 h5 h6 p br hr ul blockquote em s strong code bdi
details summary figure figcaption table thead tbody tr sup section
"""
ALLOWED: dict[str, set[str]] = {
    **{tag: set() for tag in BARE.split()},
    "meta": {"charset", "http-equiv", "name", "content"},
    "article": {"id", "aria-labelledby"},
    "h2": {"id"},
    "a": {"href", "title", "rel"},
    "div": {"role", "aria-label", "tabindex"},
    "img": {"src", "alt"},
    "li": {"value", "id"},
    "ol": {"start"},
    "pre": {"tabindex"},
    "span": {"role", "aria-label"},
    "td": {"colspan"},
    "th": {"scope"},
}
VOID = {"meta", "br", "hr", "img"}
HREF = re.compile(r"#m\d+|#s\d+(?:-other\d+)?(?:-\d+){1,2}|(?:https?://|mailto:)[!-~]+", re.IGNORECASE)
SRC = re.compile(r"data:image/(png|jpeg|webp|gif);base64,[A-Za-z0-9+/]+={0,2}")
IMAGE = "data:image/png;base64,iVBORw0KGgo="


class Page(HTMLParser):
    """Parses a page and asserts that it contains only allowed elements, correctly nested."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def handle_starttag(self, tag, attrs):
        assert tag in ALLOWED, tag
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names))
        assert set(names) <= ALLOWED[tag] | GLOBAL, names
        attributes = dict(attrs)
        assert HREF.fullmatch(attributes.get("href", "#m1")), attributes
        assert SRC.fullmatch(attributes.get("src", IMAGE)), attributes
        assert set(attributes.get("class", "").split()) <= CLASSES, attributes
        if tag == "a":
            assert "a" not in self.open
            self.links.append((attributes["href"], ""))
            assert attributes["href"].startswith("#") or attributes["rel"] == "noopener noreferrer nofollow"
        if tag not in {"em", "strong", "s", "code", "span", "a", "br", "img", "bdi", "sup"}:
            assert "p" not in self.open
        self.tags.append((tag, attributes))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.texts.append(data)
            if "a" in self.open:
                href, text = self.links[-1]
                self.links[-1] = (href, text + data)

    def handle_comment(self, data):
        raise AssertionError(data)

    handle_pi = unknown_decl = handle_comment

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


CLASSES = {
    "facts", "info", "mark", "place", "body", "plain", "end", "address", "math", "wide", "right", "center", "task",
    "box", "muted", "sources", "alternative", "other", "assistant", "developer", "function", "system", "tool", "user",
    *KINDS,
}  # fmt: skip


def source(*messages: Message, **more) -> Source:
    return Source(messages=messages, body=b"{}", **{"model": "grok-4.7", "stream": True, **more})


def new_message(role: str, content: object, finish: str | None = None, **more) -> Message:
    reply = ReplyInfo("grok-4.7", finish or "stop") if role == "assistant" else None
    return Message(f"{role}-{id(content)}", {"role": role, "content": content, **more}, reply)


# -- the page ----------------------------------------------------------------------------------------------------------


def test_the_page_loads_and_runs_nothing():
    """A content security policy forbids it, and no element asks for it."""
    page = export(
        source(
            new_message("user", "hello"), new_message("assistant", "![x](https://x.ai/x.png) `c`\n\n```js\nf()\n```")
        )
    )
    read = Page(page)
    assert POLICY.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    assert {"http-equiv": "Content-Security-Policy", "content": POLICY} in read.all("meta")
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in read.all("meta")
    assert page.index("Content-Security-Policy") < page.index("<style>")
    assert not {"img", "script", "link", "iframe"} & {tag for tag, _ in read.tags}
    assert not re.search(r"url\(|@import|@font-face|expression", stylesheet())


def test_the_page_can_be_navigated():
    """The page has a language, landmarks, one h1, and a heading and an anchor for every message."""
    read = Page(
        export(source(new_message("system", "s"), new_message("user", "What?"), new_message("assistant", "# That")))
    )
    tags = [tag for tag, _ in read.tags]
    assert read.all("html") == [{"lang": "en"}]
    assert tags.count("main") == tags.count("h1") == tags.count("h3") == 1
    assert [element["id"] for element in read.all("article")] == ["m1", "m2", "m3"]
    assert [element["aria-labelledby"] for element in read.all("article")] == [
        element["id"] for element in read.all("h2")
    ]
    assert read.links == [("#m1", "1"), ("#m2", "2"), ("#m3", "3")]
    assert "1 System" in read.text
    assert "3 Assistant" in read.text


def test_marks_and_facts_are_words():
    """Muted, interrupted and truncated messages are marked; model and finish_reason are shown."""
    muted = new_message("user", "not sent")
    messages = [
        muted,
        new_message("assistant", "a", "interrupted"),
        new_message("assistant", "b", "length"),
        new_message("assistant", "c"),
    ]
    page = export(source(*messages, muted=frozenset({muted.id}), session="S1", created="2026-08-24T10:11:12Z"))
    read = Page(page)
    assert [element["class"] for element in read.all("article")] == [
        "user muted",
        "assistant",
        "assistant",
        "assistant",
    ]
    assert read.text.count("muted") == 1
    assert "interrupted · grok-4.7" in read.text
    assert "Interrupted: the reply stops here." in read.text
    assert "Cut at its length limit: the reply stops here." in read.text
    assert "grok-4.7 · stop" in read.text
    assert "grok-4.7 · 2026-08-24 10:11 UTC · session S1" in read.text


def test_reasoning_is_folded():
    read = Page(export(source(new_message("assistant", "yes", reasoning_content="<b>*hm*"))))
    assert read.all("details") == [{}]
    assert "Reasoning<b>*hm*yes" in read.text.replace("\n", "")


def test_tools_of_imported_conversations_are_there():
    call = {"type": "function", "function": {"name": "<get>", "arguments": '{"a": "<b>"}'}}
    read = Page(
        export(source(new_message("assistant", None, tool_calls=[call]), new_message("tool", "21", tool_call_id="c1")))
    )
    assert 'Call of <get>{"a": "<b>"}' in read.text
    assert "2 Toolfor c1" in read.text


def test_an_empty_message_is_marked():
    assert "No text." in Page(export(source(new_message("assistant", None)))).text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("data:image/png;base64,iVBORw0KGgo=", True),
        ("data:image/jpeg;base64,AAAA", True),
        ("data:image/svg+xml;base64,AAAA", False),
        ("data:image/png;base64,AAAA\n", False),
        ('data:image/png;base64,AAAA" onerror="x', False),
        ("data:image/png;base64,", False),
        ("data:image/png,AAAA", False),
        ("data:text/html;base64,AAAA", False),
        ("https://x.ai/a.png", False),
        ("javascript:alert(1)", False),
        ("", False),
    ],
)
def test_only_pictures_that_are_in_the_page_are_shown(url, shown):
    read = Page(export(source(new_message("user", [{"type": "image_url", "image_url": {"url": url}}]))))
    assert [element["src"] for element in read.all("img")] == ([url] if shown else [])
    assert all(element["alt"].startswith("Attached picture: image/") for element in read.all("img"))
    assert (len(read.links) == 2) == url.startswith("https:")


def test_it_is_one_of_the_formats():
    Page(export_as("html", source(new_message("user", "é \ud800"))).decode())


# -- Markdown ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a *b* **c** ~~d~~ `e`", "<p>a <em>b</em> <strong>c</strong> <s>d</s> <code>e</code></p>"),
        ("a\nb", "<p>a<br> b</p>"),
        ("# a\n\n## b", "<h3>a</h3> <h4>b</h4>"),
        (
            "3. a\n4. b\n   - c",
            '<ol start="3"><li><p>a</p> </li> <li><p>b</p> <ul><li><p>c</p> </li> </ul> </li> </ol>',
        ),
        (
            "1. a\n1. b\n4. c\n5. d",
            '<ol start="1"><li><p>a</p> </li> <li><p>b</p> </li> <li value="4"><p>c</p> </li> <li><p>d</p> </li> </ol>',
        ),
        (
            "```text\n```sh\nx\n```\n```",
            '<figure><figcaption>text</figcaption><pre tabindex="0"><code>```sh x ```</code></pre></figure>',
        ),
        ("> a\n\nb", "<blockquote><p>a</p> </blockquote> <p>b</p>"),
        ("<b>a</b> &lt; &amp;", "<p>&lt;b&gt;a&lt;/b&gt; &lt; &amp;</p>"),
        ("[a]: https://x.ai\n\n[a]", "<p>[a]: https://x.ai</p> <p>[a]</p>"),
        ("https://x.ai", "<p>https://x.ai</p>"),
        ("&rlm;\u202e\x1b", "<p>&lt;U+200F&gt;&lt;U+202E&gt;␛</p>"),
        ("---", "<hr>"),
        (r"\(x^2\) $y_1$ $5 and $6", '<p><span class="math">x²</span> <span class="math">y₁</span> $5 and $6</p>'),
        ("$$\n\\weird{x}\n$$", '<div class="math">$$ \\weird{x} $$</div>'),
        ("$$\nx^2 + y", '<div class="math">$$ x^2 + y</div>'),
    ],
)
def test_replies_are_markdown_as_on_the_screen(text, shown):
    assert " ".join(markdown_html(text).split()) == shown


def test_tasks_tables_and_code():
    read = Page(markdown_html("- [x] a\n- [ ] b\n\n|a|b|\n|-:|:-:|\n|`1`|\n\n```python\nif x: return 1\n```"))
    assert [element.get("aria-label") for element in read.all("span") if element.get("class") == "box"] == [
        "done",
        "open",
    ]
    assert read.all("th") == [{"scope": "col", "class": "right"}, {"scope": "col", "class": "center"}]
    assert read.all("td") == [{"class": "right"}, {"colspan": "1"}]
    assert {"class": "keyword"} in read.all("span")
    assert "pythonif x: return 1" in read.text
    assert Page(markdown_html("```python\nx = 1\ufe0f\u20e3\n```")).text == "pythonx = 1\ufe0f\u20e3"


@pytest.mark.parametrize(
    ("text", "links", "shown"),
    [
        ("[a](https://x.ai/b)", [("https://x.ai/b", "a")], "a (x.ai/b)"),
        ("[x.ai](https://evil.test)", [("https://evil.test", "x.ai")], "x.ai (evil.test)"),
        ("[x.ai](https://x.ai/)", [("https://x.ai/", "x.ai")], "x.ai"),
        ("[a](http://x.ai)", [("http://x.ai", "a")], "a (http://x.ai)"),
        ("[a](https://x.ai/" + "b" * 80 + ")", [("https://x.ai/" + "b" * 80, "a")], "a (x.ai/…)"),
        ("<a@b.cd>", [("mailto:a@b.cd", "a@b.cd")], "a@b.cd"),
        ("[a](https://x.ai@evil.test/)", [], "a (x.ai@evil.test)"),
        ("[a](https://x.ai\\\\@evil.test/)", [], "a (x.ai%5C@evil.test)"),
        ("[a](ftp://x.ai)", [], "a (ftp://x.ai)"),
        ("[a](//x.ai)", [], "a (//x.ai)"),
        ("[a](b.html)", [], "a (b.html)"),
        ("[a](javascript:alert(1))", [], "[a](javascript:alert(1))"),
        ("[a](JaVaScRiPt&colon;alert(1))", [], "[a](JaVaScRiPt:alert(1))"),
        ("[a](data:text/html,x)", [], "[a](data:text/html,x)"),
        ("[аpple](https://аpple.com)", [("https://xn--pple-43d.com", "аpple")], "аpple (xn--pple-43d.com)"),  # noqa: RUF001
        ("![alt](https://x.ai/a.png)", [("https://x.ai/a.png", "alt")], "alt (x.ai/a.png)"),
        ("[![i](https://a.b)](https://x.ai)", [("https://x.ai", "i (a.b)")], "i (a.b) (x.ai)"),
        ('[a](https://x.ai/" "t")', [("https://x.ai/%22", "a")], "a (x.ai/%22)"),
    ],
)
def test_a_link_cannot_lie(text, links, shown):
    """Only web and mail addresses become links, and the address stands beside each."""
    read = Page(markdown_html(text))
    assert (read.links, read.text.strip()) == (links, shown)


# -- any conversation --------------------------------------------------------------------------------------------------

PIECES = [
    "<script>", "</script>", "</style>", "<img src=x onerror=alert(1)>", '"', "'", "<", ">", "&", "<!--", "-->", "&lt;",
    "&#60;", "&colon;", "[", "](", ")", "![", "javascript:", "data:image/png;base64,AAAA", "https://x.ai",
    "<https://x.ai>",
    "*", "**", "_", "~~", "`", "```", "```html\n", "\n", "\n\n", "- ", "- [x] ", "1. ", "> ", "# ", "|a|b|\n|-|-|\n|",
    "|", "$", "$$", "\\(", "\\)", "\\", "    ", "\t", "\x1b", "\u202e", "\x00", "\ud800", "word", "漢字", "x^2", "\r",
]  # fmt: skip
HOSTILE = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=24).map("".join)


@given(HOSTILE)
@example("[a](https://x.ai/\"onmouseover='x')")
@example('```"><script>\nx')
@example("- [ ] \n  [ ] x")
@example("[![a](b)](https://x.ai)[<https://x.ai>](y)")
def test_no_text_becomes_an_element(text):
    """No text from outside creates an element or attribute that is not listed, wherever it stands."""
    call = {"type": "function", "function": {"name": text, "arguments": text}}
    reply = Message("r", {"role": "assistant", "content": text, "tool_calls": [call]}, ReplyInfo(text, text))
    page = export(
        source(
            new_message(text or "user", text, name=text, tool_call_id=text, reasoning_content=text),
            reply,
            new_message("user", [{"type": "image_url", "image_url": {"url": text}}, {"type": text}, text]),
            name=text,
            model=text,
            session=text,
            created=text,
            muted=frozenset({"r"}),
        )
    )
    Page(page)
    assert not [char for char in page if unicodedata.category(char) in {"Cc", "Cs"} and char not in "\t\n"]
    assert "\u202e" not in page


@given(HOSTILE)
def test_a_plain_message_is_complete(text):
    """A user's text is on the page character by character, as a terminal would show it."""
    assert visible(text) in Page(export(source(new_message("user", text)))).text


@given(st.lists(st.sampled_from([*PIECES, "word ", "\nword"]), max_size=24).map("".join))
def test_no_word_of_a_reply_is_lost(text):
    languages = re.findall(r"(?:`{3,}|~{3,})([^\n]*)", text)  # a page shows one word of the text after a fence
    shown = text.count("word") - sum(language.count("word") for language in languages)
    assert Page(markdown_html(text)).text.count("word") >= shown


@pytest.mark.parametrize(
    "text",
    [
        "[" * 20_000,
        "![" * 10_000,
        ("[" * 1300 + "](" * 1300) * 5,
        "> " * 10_000 + "a",
        ">" * 60 + "a\n" + "b\n" * 5000,
        "- " * 10_000 + "a",
        "*a " * 1000 + "b*" * 1000,
        "`" * 20_000,
        "|a" * 400 + "|\n" + "|-" * 400 + "|\n" + "|x\n" * 5000,
        "$" * 20_000,
        "<a:" * 7000,
        "x" * 100_000,
        "```python\n" + "'''\"\"\"" * 3000,
    ],
    ids=lambda text: text[:6].encode("unicode_escape").decode(),
)
def test_hostile_markdown_stays_small(text):
    """The page grows linearly with the text, and every element is closed."""
    page = markdown_html(text)
    Page(page)
    assert len(page) < 20 * len(text) + 1000


# -- the looks ---------------------------------------------------------------------------------------------------------


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_all_text_has_contrast(palette):
    """WCAG 2.2, 1.4.3: 4.5 to 1 for every text colour on every background."""
    for name in palette.keys() - GROUNDS - {"line"}:
        for ground in GROUNDS:
            light, dark = sorted([luminance(palette[name]), luminance(palette[ground])], reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (name, ground)


def test_both_palettes_have_the_same_names():
    assert LIGHT.keys() == DARK.keys()
    assert set(CODE) <= KINDS
