"""What messages have besides text, in the readable exports, in /show and in /history: named, and no data."""

from __future__ import annotations

import base64
import re
from html import unescape
from typing import Any

import pytest
from command_sessions import cell_texts, run_command, session_of
from hypothesis import given
from hypothesis import strategies as st

from grokchat.commands.outcomes import ShowMessages, Table
from grokchat.export import html, markdown
from grokchat.export.source import Source
from grokchat.message_parts import describe_part, read_tool_calls
from grokchat.messages import Message, ReplyInfo, content_text
from grokchat.render.style import TerminalStyle
from grokchat.views.messages import message_lines

DATA = base64.b64encode(bytes(range(256)) * 4000).decode()
"""About a megabyte, of which no part may be printed."""
PLAIN = TerminalStyle("none", "utf-8")

PARTS: dict[str, dict[str, Any]] = {
    "file report.pdf, application/pdf, 1 MB": {
        "type": "file",
        "file": {"filename": "report.pdf", "file_data": f"data:application/pdf;base64,{DATA}"},
    },
    "file notes.bin, 1 MB": {"type": "file", "file": {"filename": "notes.bin", "file_data": DATA}},
    "file, 1 MB": {"type": "file", "file": {"file_data": DATA}},
    "file file-1": {"type": "file", "file": {"file_id": "file-1"}},
    "file file-2": {"type": "input_file", "file_id": "file-2"},
    "file https://a.example/b.pdf": {"type": "input_file", "file_url": "https://a.example/b.pdf"},
    "file a.md, text/plain, 3 B": {
        "type": "input_file",
        "filename": "a.md",
        "file_data": "data:text/plain;base64,QUJD",
    },
    "audio, wav, 1 MB": {"type": "input_audio", "input_audio": {"data": DATA, "format": "wav"}},
    "audio audio_1": {"type": "audio", "audio": {"id": "audio_1"}},
    "video, video/mp4, 1 MB": {"type": "video_url", "video_url": {"url": f"data:video/mp4;base64,{DATA}"}},
    "video https://a.example/v.mp4": {"type": "video_url", "video_url": {"url": "https://a.example/v.mp4"}},
    "image/tiff, 1 MB": {"type": "image_url", "image_url": {"url": f"data:image/tiff;base64,{DATA}"}},
    "image/svg+xml, 3 kB": {"type": "image_url", "image_url": {"url": "data:image/svg+xml;utf8," + "<svg>" * 600}},
    "image/bmp, 1 MB": {"type": "image", "source": {"type": "base64", "media_type": "image/bmp", "data": DATA}},
    "document A title, application/pdf, 1 MB": {
        "type": "document",
        "title": "A title",
        "source": {"type": "base64", "media_type": "application/pdf", "data": DATA},
    },
    "part, image/png, 1 MB": {"inline_data": {"mime_type": "image/png", "data": DATA}},
    "file ../../x ⏎# head, 3 B": {"type": "file", "file": {"filename": "../../x \n# head", "file_data": "QUJD"}},
    "image, 3 B": {"type": "input_image", "image_url": "data:", "data": "AAAA"},
    '{"type": "thinking_of", "note": "x"}': {"type": "thinking_of", "note": "x"},
}


def source(*bodies: dict[str, Any], reply: ReplyInfo | None = None) -> Source:
    messages = tuple(
        Message(str(number), body, reply if body["role"] == "assistant" else None) for number, body in enumerate(bodies)
    )
    return Source(messages=messages, body=b"{}", model="grok-4.7", stream=True, name="x")


def everywhere(*bodies: dict[str, Any], reply: ReplyInfo | None = None) -> dict[str, str]:
    """Return the messages as the exports and the screen show them."""
    exported = source(*bodies, reply=reply)
    shown = [
        "\n".join(message_lines(1, message, is_muted=False, columns=500, style=PLAIN, is_markdown=True))
        for message in exported.messages
    ]
    unescaped = markdown.export(exported).replace("\\", "")
    return {"markdown": unescaped, "html": unescape(html.export(exported)), "show": "\n".join(shown)}


@pytest.mark.parametrize("described", PARTS)
def test_a_part_is_named_and_its_data_is_not_printed(described):
    body = {"role": "user", "content": [{"type": "text", "text": "Look:"}, PARTS[described]]}
    for way, document in everywhere(body).items():
        assert described in re.sub(r" ?\n *# head", " ⏎# head", document), way
        assert DATA[:80] not in document
        assert len(document) < 20_000
    session = session_of()
    session.add_message(body)
    table = run_command(session, "/history")
    assert isinstance(table, Table)
    assert DATA[:80] not in str(table)
    assert described.split("⏎")[0].strip() in cell_texts(table)[0][3]


def test_pictures_stay_in_the_page():
    """The page is self-contained: pictures that a browser shows are in it, and in it alone."""
    png = f"data:image/png;base64,{DATA}"
    ways = everywhere({"role": "user", "content": [{"type": "image_url", "image_url": {"url": png}}]})
    assert f'<img src="{png}" alt="Attached picture: image/png, 1 MB">' in ways["html"]
    assert "Attached: image/png, 1 MB" in ways["markdown"]
    assert "attached: image/png, 1 MB" in ways["show"]


ARGUMENTS = '{"city": "Z\u00fcrich", "days": 3}'
CALLS: dict[str, tuple[dict[str, Any], str, str]] = {
    "the API's": (
        {"tool_calls": [{"id": "c", "type": "function", "function": {"name": "weather", "arguments": ARGUMENTS}}]},
        "weather",
        ARGUMENTS,
    ),
    "an object as arguments": (
        {"tool_calls": [{"function": {"name": "weather", "arguments": {"city": "Z\u00fcrich", "days": 3}}}]},
        "weather",
        ARGUMENTS,
    ),
    "a custom tool": (
        {"tool_calls": [{"type": "custom", "custom": {"name": "sql", "input": "SELECT"}}]},
        "sql",
        "SELECT",
    ),
    "the older form": ({"function_call": {"name": "weather", "arguments": ARGUMENTS}}, "weather", ARGUMENTS),
    "flat": ({"tool_calls": [{"name": "weather", "arguments": ARGUMENTS}]}, "weather", ARGUMENTS),
    "of many lines": ({"tool_calls": [{"function": {"name": "run", "arguments": "one\n  two"}}]}, "run", "one\n  two"),
}


@pytest.mark.parametrize("content", [None, "Let me see."])
@pytest.mark.parametrize("form", CALLS)
def test_tool_calls_with_name_and_arguments(form, content):
    fields, name, arguments = CALLS[form]
    body = {"role": "assistant", "content": content, **fields}
    for way, document in everywhere(body, reply=ReplyInfo("grok-4.7", "tool_calls")).items():
        assert f"Call of {name}" in document, way
        for line in arguments.split("\n"):
            # In the page each part of the code has its colour.
            assert way == "html" or line in document, way
        assert content is None or content in document
    row = _history_row(body)
    assert row.startswith(content or name)
    assert f"{name}({' '.join(arguments.split())})" in row


@pytest.mark.parametrize(
    "calls",
    ["x", 3, None, {}, [], ["x"], [None], [3], [{"function": "x"}], [{"function": {}}], [{"function": {"name": 3}}]],
)
def test_malformed_tool_calls(calls):
    """Whatever an imported file has there, nothing breaks and nothing is hidden."""
    body = {"role": "assistant", "content": "An answer.", "tool_calls": calls}
    for document in everywhere(body, reply=ReplyInfo("grok-4.7", "stop")).values():
        assert "An answer." in document
        assert ("Call" in document) == bool(list(read_tool_calls(body)))
    assert _history_row(body).startswith("An answer.")


def test_incomplete_calls_are_shown_as_that():
    """They are in the file and in no request, and were paid for."""
    calls = ({"id": "c", "function": {"name": "weather", "arguments": '{"city": "Z'}},)
    reply = ReplyInfo("grok-4.7", "length", unsent_tool_calls=calls)
    for way, document in everywhere({"role": "assistant", "content": "Let me see."}, reply=reply).items():
        assert "Call of weather, incomplete" in document
        assert way == "html" or '{"city": "Z' in document


def test_tool_results_say_what_they_answer():
    body = {"role": "tool", "content": "21 degrees", "tool_call_id": "call_1", "name": "weather"}
    for document in everywhere(body).values():
        assert "weather \u00b7 for call_1" in document
        assert "21 degrees" in document


@pytest.mark.parametrize(
    ("body", "reply"),
    [
        ({"content": None, "refusal": "I can't help with that."}, ReplyInfo("grok-4.7", "stop")),
        ({"content": "", "refusal": "I can't help with that."}, None),
        ({"content": [{"type": "refusal", "refusal": "I can't help with that."}]}, None),
        (
            {"content": "I can't help with that."},
            ReplyInfo("grok-4.7", "stop", refusal="I can't help with that."),
        ),
        ({"content": "Half an answer.", "refusal": "I can't help with that."}, ReplyInfo("grok-4.7", "stop")),
    ],
)
def test_refusals(body, reply):
    whole = {"role": "assistant", **body}
    for way, document in everywhere(whole, reply=reply).items():
        assert document.count("I can't help with that.") == 1, way
        assert isinstance(body["content"], list) or "refusal" in document
        assert body["content"] != "Half an answer." or "Half an answer." in document
    assert "I can't help with that." in _history_row(whole)


def _history_row(body: dict[str, Any]) -> str:
    session = session_of()
    session.add_message(body)
    table = run_command(session, "/history")
    assert isinstance(table, Table)
    assert isinstance(run_command(session, "/show 1"), ShowMessages)
    return cell_texts(table)[0][3]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.just(DATA[:4000]) | st.just("data:;base64,AA"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "text", "file", "image_url", "data", "url", "name", "x"]), inner, max_size=4
        )
    ),
    max_leaves=9,
)


@given(JSON)
def test_any_part_is_one_short_text(part):
    """No shape of a part raises; base64 is printed only from a list, which is not a file."""
    assert isinstance(describe_part(part), str)
    assert isinstance(content_text([part]), str)
    body = {"role": "user", "content": [part], "tool_calls": part if isinstance(part, list) else [part]}
    everywhere(body)
