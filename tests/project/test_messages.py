"""One message."""

from __future__ import annotations

import pytest

from grokchat.messages import INTERRUPTED, Message, ReplyInfo, body, content_text, find_message_problem, new_id


def test_a_text_goes_as_a_string():
    assert body("user", "hi") == {"role": "user", "content": "hi"}


def test_ids_are_short_words_and_never_the_same():
    made = [new_id() for _ in range(1000)]
    assert len(set(made)) == 1000
    assert all(len(item) == 12 and item.isalnum() and item.isascii() and item == item.lower() for item in made)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("plain", "plain"),
        ("", ""),
        (None, ""),
        ([], ""),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "a\nb"),
        (
            [{"type": "image_url", "image_url": {"url": "data:,x"}}, {"type": "text", "text": "what?"}],
            "[picture, 1 B]\nwhat?",
        ),
        ([{"no": "type"}], '[{"no": "type"}]'),
        ([{"type": "text", "text": 3}], '[{"type": "text", "text": 3}]'),
        (["loose"], "loose"),
        (7, ""),
    ],
)
def test_the_text_of_a_content(content, text):
    assert content_text(content) == text
    assert Message("a", {"role": "user", "content": content}).text == text


def test_a_message_without_content_has_no_text():
    assert Message("a", {"role": "assistant", "tool_calls": []}).text == ""


def test_the_role_is_the_apis():
    assert Message("a", {"role": "tool", "content": "4"}).role == "tool"


def test_interrupted_is_said_by_the_finish_reason():
    reply = {"role": "assistant", "content": "Hel"}
    assert Message("a", reply, ReplyInfo(finish_reason=INTERRUPTED)).is_interrupted
    assert not Message("a", reply, ReplyInfo(finish_reason="stop")).is_interrupted
    assert not Message("a", reply).is_interrupted


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": "x"},
        {"role": "user", "content": ""},
        {"role": "user", "content": [{"type": "text", "text": "x"}]},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
        {"role": "assistant", "tool_calls": [{"id": "1"}]},
        {"role": "tool", "tool_call_id": "1", "content": "4"},
        {"role": "user", "content": "x", "name": "Eve", "unheard_of": 1},
    ],
)
def test_what_the_api_takes_is_a_message(message):
    """The API takes more roles and keys than grokchat makes; an imported conversation keeps them."""
    assert find_message_problem(message) is None


@pytest.mark.parametrize(
    ("message", "word"),
    [
        ("user: x", "object"),
        (["user", "x"], "object"),
        (None, "object"),
        ({"content": "x"}, "role"),
        ({"role": "", "content": "x"}, "role"),
        ({"role": 1, "content": "x"}, "role"),
        ({"role": ["user"], "content": "x"}, "role"),
        ({"role": "user", "content": 1}, "content"),
        ({"role": "user", "content": {"text": "x"}}, "content"),
        ({"role": "user", "content": True}, "content"),
    ],
)
def test_what_cannot_be_a_message_is_told_why(message, word):
    assert word in find_message_problem(message)
