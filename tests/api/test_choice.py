"""One choice: the places where servers put its text."""

from __future__ import annotations

import json

import pytest
from fake_api import chunk

from grokchat.api.reply_builder import Delta, ReplyBuilder


def both(delta, message, **more):
    return {"choices": [{"index": 0, "delta": delta, "message": message, **more}]}


def whole(**message):
    return {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}


def read(*chunks):
    """Return the builder, and the text shown."""
    builder = ReplyBuilder()
    shown = "".join(builder.feed(json.loads(json.dumps(item))).text for item in chunks) + builder.close().text
    return builder, shown


# -- message and delta -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("empty", [{}, None, {"role": "assistant", "content": ""}, {"content": None}, "text", []])
def test_a_message_beside_an_empty_delta_is_the_reply(empty):
    builder, shown = read(both(empty, {"role": "assistant", "content": "Hello"}, finish_reason="stop"))
    assert (builder.text, shown, builder.finish_reason) == ("Hello", "Hello", "stop")


@pytest.mark.parametrize("empty", [{}, None, {"role": "assistant", "content": ""}, {"content": None}, "text", []])
def test_a_delta_beside_an_empty_message_is_the_reply(empty):
    assert read(both({"content": "Hello"}, empty))[1] == "Hello"


@pytest.mark.parametrize(
    "pieces",
    [
        [({"content": "He"}, "He"), ({"content": "llo"}, "Hello"), ({"content": ""}, "Hello")],
        [({"content": "He"}, "He"), ({}, "Hello"), (None, "Hello")],
        [({"content": "Hel"}, "He"), ({"content": "lo"}, "Hello"), ({}, "Hell")],
        [({}, "He"), ({}, "Hello"), ({}, "Hello")],
        [({}, "He"), ({}, "l"), ({}, "lo")],
        [({"content": "Hello"}, ""), ({}, "hello, trimmed or translated")],
    ],
    ids=["both", "a late message", "messages behind", "messages that grow", "messages as deltas", "another text"],
)
def test_a_message_that_repeats_the_reply_so_far_is_not_doubled(pieces):
    builder, shown = read(*(both(delta, {"role": "assistant", "content": text}) for delta, text in pieces))
    assert (builder.text, shown) == ("Hello", "Hello")


def test_reasoning_and_text_may_come_in_different_places():
    builder, shown = read(
        both({"reasoning_content": "hm"}, {"reasoning_content": "hm"}),
        both({"reasoning_content": "m"}, {"reasoning_content": "hmm", "content": "Yes"}),
        both({}, {"reasoning_content": "hmm", "content": "Yes."}),
    )
    assert (shown, builder.reasoning) == ("Yes.", "hmm")


def test_tool_calls_of_a_message_that_repeats_are_not_doubled():
    call = {"id": "a", "type": "function", "function": {"name": "time", "arguments": '{"zone":"UTC"}'}}
    message = {"content": "", "tool_calls": [call]}
    assert read(both({}, message), both({}, message))[0].tool_calls == [call]
    assert read(both({"tool_calls": [call]}, message), both({}, message))[0].tool_calls == [call]


# -- parts -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("read_as", ["delta", "message"])
@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}], "Hello"),
        ([{"type": "output_text", "text": "Hello", "annotations": []}], "Hello"),
        ([{"type": "text", "text": {"value": "Hello"}}], "Hello"),
        ([{"text": "Hello"}], "Hello"),
        (["Hel", "lo"], "Hello"),
        ({"type": "text", "text": "Hello"}, "Hello"),
        ([{"type": "refusal", "refusal": "No."}], "No."),
        ([{"type": "text", "text": "A"}, None, 3, {}, [], {"type": "text", "text": None}], "A"),
        ([], ""),
        (3, ""),
        (True, ""),
    ],
)
def test_content_may_be_a_list_of_parts(content, text, read_as):
    builder, shown = read({"choices": [{"index": 0, read_as: {"content": content}}]})
    assert (builder.text, shown) == (text, text)


def test_parts_of_text_are_one_text_in_the_completion():
    [choice] = read(whole(content=[{"type": "text", "text": "a"}, "b"]))[0].api_object()["choices"]
    assert choice["message"]["content"] == "ab"


def test_parts_that_are_no_text_are_kept_in_the_completion():
    picture = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    [choice] = read(whole(content=[{"type": "text", "text": "a"}, picture]))[0].api_object()["choices"]
    assert choice["message"]["content"] == [{"type": "text", "text": "a"}, picture]


def test_a_part_may_be_reasoning():
    builder, shown = read(
        whole(
            content=[{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "a"}]
        )
    )
    assert (shown, builder.reasoning) == ("a", "hm")


# -- reasoning ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["reasoning_content", "reasoning", "reasoning_text", "thinking"])
def test_reasoning_has_several_names(key):
    builder, shown = read(chunk({key: "h"}), chunk({key: "m", "content": None}), chunk({key: None, "content": "Yes"}))
    assert (shown, builder.reasoning) == ("Yes", "hm")
    assert builder.message() == {"role": "assistant", "content": "Yes", "reasoning_content": "hm"}
    assert builder.api_object()["choices"][0]["message"] == {"role": "assistant", "content": "Yes", key: "hm"}


def test_reasoning_under_two_names_is_not_doubled():
    builder, _ = read(chunk({"reasoning": "h", "reasoning_content": "h"}), chunk({"reasoning": "m"}))
    assert builder.reasoning == "hm"


# -- refusals ----------------------------------------------------------------------------------------------------------

REFUSAL = "I can't help with that."


@pytest.mark.parametrize("content", [None, ""])
def test_a_refusal_is_the_text(content):
    streamed, shown = read(
        chunk({"role": "assistant", "content": content, "refusal": None}),
        chunk({"refusal": "I can't "}),
        chunk({"refusal": "help with that."}, finish="stop"),
    )
    complete, shown_at_once = read(whole(role="assistant", content=content, refusal=REFUSAL))
    assert shown == shown_at_once == REFUSAL
    for builder in (streamed, complete):
        assert (builder.text, builder.refusal) == (REFUSAL, REFUSAL)
        assert builder.message() == {"role": "assistant", "content": REFUSAL}
        [choice] = builder.api_object()["choices"]
        assert choice["message"] == {"role": "assistant", "content": None, "refusal": REFUSAL}


def test_a_refusal_behind_text_is_a_paragraph_of_its_own():
    builder, shown = read(chunk({"content": "Sure"}), chunk({"content": ", "}), chunk({"refusal": REFUSAL}))
    assert builder.text == shown == f"Sure, \n\n{REFUSAL}"
    [choice] = builder.api_object()["choices"]
    assert choice["message"] == {"role": "assistant", "content": "Sure, ", "refusal": REFUSAL}


@pytest.mark.parametrize("refusal", [None, "", False, 3, {}])
def test_what_is_no_text_is_no_refusal(refusal):
    builder, shown = read(chunk({"content": "a", "refusal": refusal}))
    assert (shown, builder.refusal, builder.message()["content"]) == ("a", "", "a")


def test_the_older_form_of_a_tool_call_is_joined():
    builder, _ = read(
        chunk({"function_call": {"name": "time", "arguments": '{"zo'}}),
        chunk({"function_call": {"arguments": 'ne":"UTC"}'}}, finish="function_call"),
    )
    [choice] = builder.api_object()["choices"]
    function = {"name": "time", "arguments": '{"zone":"UTC"}'}
    assert choice["message"]["function_call"] == function
    assert builder.choices[0].unsent_tool_calls == [{"type": "function", "function": function}]


def test_a_completion_of_the_older_form_has_its_text_in_the_choice():
    pieces = [{"choices": [{"index": 0, "text": text}]} for text in ("Hel", "lo")]
    builder, shown = read(*pieces, {"choices": [{"index": 0, "text": "", "finish_reason": "stop"}]})
    assert (shown, builder.text, builder.finish_reason) == ("Hello", "Hello", "stop")
    assert read({"choices": [{"index": 0, "text": "Hello", "finish_reason": "stop"}]})[1] == "Hello"
    assert read({"choices": [{"index": 0, "text": "Hello", "message": {"content": "Hello"}}]})[1] == "Hello"


def test_feeding_returns_a_delta_for_each_chunk():
    assert ReplyBuilder().feed(chunk({"content": [{"type": "text", "text": "a"}]})) == Delta("a")


def test_a_field_may_change_its_type():
    """A list that was joined gives way to another value, and that to a list."""
    builder, _ = read(*(chunk({"annotations": value}) for value in ([1], [2], "x", [3], [4])))
    assert builder.api_object()["choices"][0]["message"]["annotations"] == [3, 4]
    tokens = [{"content": [1]}, {"content": "x"}, {"content": [2]}, {"content": [3]}]
    builder, _ = read(*({"choices": [{"index": 0, "delta": {}, "logprobs": token}]} for token in tokens))
    assert builder.api_object()["choices"][0]["logprobs"] == {"content": [2, 3]}
