"""The Markdown export: texts are unchanged, and none continues into the next message."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from grokchat.export.formats import export as export_as
from grokchat.export.markdown import export
from grokchat.export.source import Source
from grokchat.export.transcript import image_caption, title
from grokchat.messages import Message, ReplyInfo

PNG = "data:image/png;base64," + "AAAA" * 4000
REPLY = ReplyInfo("grok-4.7", "stop")


def source(*messages: Message, **more) -> Source:
    return Source(messages=messages, body=b"{}", **{"model": "grok-4.7", "stream": True, **more})


def new_message(role: str, content: object, finish: str | None = None, **more) -> Message:
    reply = ReplyInfo("grok-4.7", finish or "stop") if role == "assistant" else None
    return Message(f"{role}-{id(content)}", {"role": role, "content": content, **more}, reply)


def headings(document: str, *, html: bool = True) -> list[str]:
    """Return the document's own headings by CommonMark: those that are in no container."""
    parser = MarkdownIt("commonmark", {"html": html}).enable("table")
    tokens = parser.parse(document)
    return [
        tokens[at + 1].content
        for at, token in enumerate(tokens)
        if token.type == "heading_open" and token.level == 0 and token.tag in {"h1", "h2"}
    ]


def test_a_conversation_as_a_document():
    """The document has a title, the facts, and every message under its role."""
    document = export(
        source(
            new_message("system", "Be brief."),
            new_message("user", "How do I\nsort?"),
            new_message("assistant", "Use **sorted**:\n\n```python\nsorted(x)\n```"),
            session="20260824-k3v9",
            created="2026-08-24T10:11:12.123Z",
        )
    )
    assert document == (
        "# How do I\n\n"
        "grok-4.7 · 2026-08-24 10:11 UTC · session 20260824-k3v9\n\n"
        "## 1 · System\n\nBe brief.\n\n"
        "## 2 · User\n\nHow do I\nsort?\n\n"
        "## 3 · Assistant\n\nUse **sorted**:\n\n```python\nsorted(x)\n```\n"
    )


def test_headings_have_facts():
    """Headings mark muted, interrupted and truncated messages, and name another model."""
    muted = new_message("user", "not sent")
    document = export(
        source(
            muted,
            new_message("assistant", "half", "interrupted"),
            new_message("assistant", "long", "length"),
            new_message("assistant", "odd", "content_filter"),
            Message("b", {"role": "assistant", "content": "other"}, ReplyInfo("grok-mini", "stop")),
            muted=frozenset({muted.id}),
        )
    )
    assert headings(document)[1:] == [
        "1 · User · muted",
        "2 · Assistant · interrupted",
        "3 · Assistant · cut at its length limit",
        "4 · Assistant · ended by content\\_filter",
        "5 · Assistant · grok-mini",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "# A heading\n\n## Another\n\n- a list\n\n      code",
        "```\ncode\n```",
        "1. one\n   ```\n   code\n   ```",
        "- a\n  ```\n  nobody closed this, but the item ends",
        "> ```\n> nor this",
        "`<b>` and a < b, <https://x.ai>, line<br>break",
        "$$\nx^2\n$$",
        "    four spaces",
        "a list of `Vec<T>`",
    ],
)
def test_a_text_that_ends_by_itself_is_unchanged(text):
    document = export(source(new_message("assistant", text), new_message("user", "next")))
    assert f"\n\n{text}\n\n## 2 · User\n" in document
    assert headings(document)[-1] == "2 · User"


@pytest.mark.parametrize(
    "text",
    [
        "```python\nnobody closed this",
        "~~~\n```\n~",
        "- a\n  ```\n  code\n```\nthis fence is not the item's",
        "<!-- a comment",
        "<details>\n<summary>open</summary>",
        "text <b>bold",
        "<script>\nlet a;",
        "<?php",
        "$$\n```\n$$",
        "$$\n<!--\n$$",
        "$$\n1 · User\n---\n$$",
        "$$\n- a\n\n  ```\n```",
        "## 2 · User\n\nI never said that.",
        "2 · User\n---\n\nI never said that.",
    ],
)
def test_a_text_that_would_continue_is_quoted(text):
    """Whatever a message contains, the next one has its heading, and no heading is forged."""
    document = export(source(new_message("assistant", text), new_message("user", "next"), name="x"))
    assert headings(document) == ["x", "1 · Assistant", "2 · User"]
    assert "\n".join(f"> {line}" if line else ">" for line in text.split("\n")) in document


PIECES = [
    "```", "~~~", "`", "\n", "\n\n", "- ", "1. ", "> ", "    ", "  ", "# ", "## 1 · User", "---", "===", "<!--", "-->",
    "<div>", "</div>", "<b", ">", "<pre>", "$$", "\\[", "|a|b|\n|-|-|\n", "word", "\t", "[x]: y", "<?", "<![CDATA[",
    "\\",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
@example("- a\n  ```\n  b\n```")
@example("$$\n```\n")
@example("`<!--`\n<!--")
@example("$$\n- a\n\n  ```\n```")
def test_every_message_has_its_heading(text):
    """By CommonMark, with or without HTML, all of the document's own headings exist, and only these have their form."""
    document = export(
        source(new_message("assistant", text), new_message("user", text), new_message("user", "next"), name="x")
    )
    for html in (True, False):
        own = [heading for heading in headings(document, html=html) if re.match(r"\d+\s*·", heading)]
        assert own == ["1 · Assistant", "2 · User", "3 · User"]


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=60))
@example("\x1b[2J\u202e\r\n")
def test_there_are_no_control_characters(text):
    """A terminal that shows the file finds no control code in it."""
    call = {"id": "c", "type": "function", "function": {"name": text, "arguments": text}}
    document = export(
        source(
            new_message(text or "user", text, tool_calls=[call], reasoning_content=text, tool_call_id=text),
            new_message("user", [{"type": "image_url", "image_url": {"url": text}}, {"type": text}]),
            name=text,
            model=text,
            session=text,
            created=text,
        )
    )
    assert not [char for char in document if unicodedata.category(char) in {"Cc", "Cs"} and char not in "\t\n"]
    assert "\u202e" not in document


def test_pictures_are_named_not_included():
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": PNG}},
        {"type": "input_image", "image_url": "https://example.com/a.png"},
        {"type": "image_url", "image_url": {"url": "https://e.com/a>b"}},
        {"type": "file", "file": {"file_id": "file-1"}},
    ]
    document = export(source(new_message("user", parts)))
    assert document.endswith(
        "## 1 · User\n\nWhat is this?\n\nAttached: image/png, 12 kB\n\nAttached: <https://example.com/a.png>\n\n"
        "Attached: https://e.com/a\\>b\n\nAttached: file file-1\n"
    )


@pytest.mark.parametrize(
    ("url", "caption"),
    [
        ("data:image/png;base64,AAAA", "image/png, 3 B"),
        ("data:,AAAA", "picture, 4 B"),
        ("data:image/png;base64," + "A" * 4_000_000, "image/png, 3 MB"),
        ("https://x.ai/\x1b", "https://x.ai/␛"),
    ],
)
def test_image_captions(url, caption):
    assert image_caption(url) == caption


def test_tools_and_what_the_model_thought():
    """Imported conversations keep their tool calls; reasoning is included, folded."""
    call = {"id": "call_1", "type": "function", "function": {"name": "get_it", "arguments": '{"a": "```"}'}}
    document = export(
        source(
            new_message(
                "assistant", None, "tool_calls", tool_calls=[call, {"id": "c2"}], reasoning_content="Hm.\n</details>"
            ),
            new_message("tool", "21", tool_call_id="call_1"),
            name="x",
        )
    )
    assert document.endswith(
        "## 1 · Assistant\n\n<details>\n<summary>Reasoning</summary>\n\n> Hm.\n> </details>\n\n</details>\n\n"
        'Call of get\\_it:\n\n````json\n{"a": "```"}\n````\n\nCall:\n\n```json\n\n```\n\n'
        "## 2 · Tool · for call\\_1\n\n21\n"
    )


@pytest.mark.parametrize(
    ("name", "first", "expected"),
    [
        ("A name", "text", "A name"),
        ("", "  \n\nfirst line\nsecond", "first line"),
        ("", "word " * 30, "word word word word word word word word word word word word…"),
        ("", "x" * 100, "x" * 60 + "…"),
        ("", "\x1b]0;evil\x07", "␛]0;evil␇"),
        ("", "", "Conversation"),
    ],
)
def test_the_title(name, first, expected):
    assert title(source(new_message("system", "s"), new_message("user", first), name=name)) == expected


def test_names_are_escaped():
    assert export(source(name="*a* <b> `c`", model="x|y")).startswith("# \\*a\\* \\<b\\> \\`c\\`\n\nx\\|y\n")


def test_it_is_one_of_the_formats():
    assert export_as("markdown", source(new_message("user", "é"))).decode().startswith("# é\n")
