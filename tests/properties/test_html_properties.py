"""One grammar for the screen and the HTML export: both show the same text in the same way."""

from __future__ import annotations

from html.parser import HTMLParser
from itertools import groupby

from hypothesis import example, given
from hypothesis import strategies as st

from grokchat.export.html_markdown import _inline, markdown_html
from grokchat.markdown.inline_parser import MAX_MARKUP_CHARS
from grokchat.render.inline import inline_spans
from grokchat.render.sanitize import visible
from grokchat.render.stream import render_reply
from grokchat.render.style import TerminalStyle

MARKS = [
    "*", "**", "***", "_", "__", "~", "~~", "`", "``", "[", "]", "(", ")", "](https://x.example/y)", "](a b)", "![",
    "![x](https://x.example/y)", "<", ">", "<http://a.example>", "<a@b.example>", "&amp;", "&", "&#27;", "&rarr;", "\\",
    "\\\\", "\\(", "\\)", "\\[", "\\]", "$", "$$", "$x$", "$5", "$a_1$", "\\(x\\)", "\\( \\)", "\\*", '"', "!", "|",
]  # fmt: skip
WORDS = ["a", "b", "word", "x1", "_a_b", "漢", "。", "é", "\u3000", "\u00a0", "\u0301", " ", " ", " ", "\n", "\\\n"]


def _paragraph(parts: list[str]) -> str:
    """Put parts together as a paragraph has them: no empty lines, and no line begins with white space."""
    lines = "".join(parts).split("\n")
    return "\n".join(line.lstrip(" \t") for line in lines if line.strip(" \t")).strip(" \t")


PARAGRAPHS = st.lists(st.sampled_from(MARKS + WORDS), max_size=30).map(_paragraph)
UNITS = st.sampled_from(["word ", "x", "a* "])
LONG = st.lists(st.tuples(st.sampled_from(MARKS), UNITS, st.integers(1, 900)), max_size=5)

Shown = tuple[str, str]
"""A run of text, and the elements around it, sorted."""


def on_screen(text: str) -> list[Shown]:
    """Return the runs that the screen shows of a paragraph, without addresses."""
    return _runs(
        (part, {"em" if element == "emphasis" else "a" if element == "link" else element for element in elements})
        for part, elements in _without_addresses(inline_spans(visible(text), TerminalStyle(background="dark")))
    )


def _without_addresses(spans: list[tuple[str, tuple[str, ...]]]) -> list[tuple[str, tuple[str, ...]]]:
    """Drop each address beside a label, with the parentheses around it."""
    kept: list[tuple[str, tuple[str, ...]]] = []
    skip_next = False
    for part, elements in spans:
        if skip_next:
            skip_next = False
        elif "url" in elements and kept and kept[-1][0] == " (":
            kept.pop()
            skip_next = True
        else:
            # An address without a label is the label itself; the page shows it without https://.
            shown = part.removeprefix("https://") if "url" in elements else part
            kept.append((shown, tuple("link" if element == "url" else element for element in elements)))
    return kept


def _runs(parts) -> list[Shown]:
    chars = [(char, "+".join(sorted(names))) for part, names in parts for char in part if not char.isspace()]
    return [("".join(char for char, _ in run), names) for names, run in groupby(chars, lambda char: char[1])]


class Page(HTMLParser):
    """Reads what a paragraph of a page shows, without addresses."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.parts: list[tuple[str, set[str]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag != "br":
            names = {"s": "strike"}
            self.open.append(dict(attrs).get("class", "") if tag == "span" else names.get(tag, tag))

    def handle_endtag(self, tag):
        self.open.pop()

    def handle_data(self, data):
        if "address" not in self.open:
            self.parts.append((data, set(self.open) - {"p"}))


def on_page(text: str) -> list[Shown]:
    return _runs(Page(_inline(text)).parts)


@given(PARAGRAPHS)
@example("$x$_a")
@example("\\( \\)")
@example("[<http://a.example>](https://x.example/y)")
@example("![*a*](https://x.example/y)")
@example("[](https://x.example/y)")
def test_a_paragraph_is_shown_alike(text):
    """The screen and the page show the same text, emphasis, code, links and formulas."""
    assert on_page(text) == on_screen(text)


@given(LONG)
@example([("*", "word ", MAX_MARKUP_CHARS // 5 + 9), ("*", "x", 1)])
def test_a_long_paragraph_is_shown_alike(parts):
    """Also where markup has been open for too long and is taken as written, at the same place."""
    text = _paragraph([mark + word * times for mark, word, times in parts])
    assert on_page(text) == on_screen(text)


BLOCKS = st.lists(
    st.sampled_from(
        ["word", "- one", "  - two", "3. three", "10. ten", "   - under", "```md", "```sh", "|a<br>b|\n|-|",
         "- [x] done", "1. [ ] open", "> quote", "# head", "title\n===", "---",
         "```\ncode\n```", "    indented", "|a|b|\n|-|:-:|\n|c|d|e|f|", "|a|\n|-|", "|x", "$$", "$$\nx^2\n$$", "\\[",
         "\\]", "$$y", ""]
    ),
    max_size=8,
).map("\n".join)  # fmt: skip


@given(BLOCKS)
@example("|a|b|\n|-|-|\n|c|d|e|f|")
@example("\\[\na $$\n\nb")
@example("1. [x] a")
def test_blocks_are_shown_alike(text):
    """Every letter, box and formula of a reply is on the screen and on the page, in the same order."""
    screen = "".join(render_reply(text, 300, TerminalStyle("none")))
    page = Page(markdown_html(text))
    assert _signs(screen) == _signs("".join(part for part, _ in page.parts))


def _signs(text: str) -> str:
    return "".join(char for char in text if char.isalpha() or char in "☐☑²$")
