"""A reply, built from chunks or from a complete response."""

from __future__ import annotations

import json

import pytest
from fake_api import USAGE, chunk, completion

from grokchat.api.reply_builder import Delta, ReplyBuilder


def build(*chunks):
    builder = ReplyBuilder()
    for piece in chunks:
        builder.feed(piece)
    return builder


def call(index, **function):
    return {"index": index, "function": function}


def test_deltas_are_joined():
    builder = ReplyBuilder()
    deltas = [builder.feed(chunk({"content": text})) for text in ("He", "", "llo")]
    assert deltas == [Delta("He"), Delta(), Delta("llo")]
    assert builder.text == "Hello"
    assert builder.message() == {"role": "assistant", "content": "Hello"}


def test_reasoning_is_kept_with_the_text():
    """Omitting earlier reasoning from later requests loses the cached prefix."""
    builder = ReplyBuilder()
    assert builder.feed(chunk({"reasoning_content": "hm", "content": ""})) == Delta("", "hm")
    assert builder.feed(chunk({"reasoning_content": "m"})) == Delta("", "m")
    builder.feed(chunk({"content": "Yes"}))
    assert builder.message() == {"role": "assistant", "content": "Yes", "reasoning_content": "hmm"}


def test_a_finish_reason_ends_the_reply():
    assert build(chunk({"content": "a"})).finish_reason is None
    assert build(chunk({"content": "a"}), chunk(finish="length")).finish_reason == "length"
    assert build(chunk(finish="stop"), {**chunk(), "choices": []}).finish_reason == "stop"


def test_a_complete_reply_and_a_streamed_one_are_the_same():
    streamed = build(
        chunk({"role": "assistant", "content": "Hello"}),
        chunk({"content": " there", "refusal": None}),
        chunk(finish="stop"),
        {**chunk(), "choices": [], "usage": USAGE},
    )
    whole = build(json.loads(completion("Hello there", system_fingerprint="fp_1")))
    assert streamed.api_object() == whole.api_object()
    assert whole.api_object()["object"] == "chat.completion"
    assert whole.api_object()["choices"][0] == {
        "index": 0,
        "message": {"role": "assistant", "content": "Hello there", "refusal": None},
        "finish_reason": "stop",
    }


def test_feeding_a_complete_reply_returns_its_text():
    assert ReplyBuilder().feed(json.loads(completion("Hi"))) == Delta("Hi")


def test_the_metadata_of_a_reply_is_available():
    builder = build(chunk({"content": "a"}))
    assert (builder.response_id, builder.model, builder.system_fingerprint) == ("r-1", "grok-4.7", "fp_1")
    assert (build({}).response_id, build({"model": ""}).model, build({"model": 3}).model) == (None, None, None)


def test_the_last_model_named_counts():
    assert build(chunk(model="grok-a"), chunk(model="grok-b"), chunk(model=None)).model == "grok-b"


def test_the_first_created_time_counts():
    builder = build(chunk({"content": "a"}, created=5), chunk({"content": "b"}, created=9))
    assert builder.api_object()["created"] == 5


def test_the_last_usage_counts_and_is_never_summed():
    builder = build(chunk(usage={"prompt_tokens": 5, "completion_tokens": 1}))
    builder.feed(chunk(usage={"prompt_tokens": 5, "completion_tokens": 2}))
    assert builder.usage == {"prompt_tokens": 5, "completion_tokens": 2}
    builder.feed(chunk(usage=None))
    builder.feed(chunk())
    assert builder.api_object()["usage"] == {"prompt_tokens": 5, "completion_tokens": 2}


@pytest.mark.parametrize("later", [{}, {"cost_in_usd_ticks": 0}, {"cost_in_usd_ticks": None}])
def test_a_later_usage_without_cost_does_not_erase_the_cost(later):
    builder = build(chunk(usage={"cost_in_usd_ticks": 41}), chunk(usage={"prompt_tokens": 5, **later}))
    assert builder.usage == {"prompt_tokens": 5, "cost_in_usd_ticks": 41}


def test_a_later_cost_replaces_an_earlier_one():
    builder = build(chunk(usage={"cost_in_usd_ticks": 41}), chunk(usage={"cost_in_usd_ticks": 43}))
    assert builder.usage == {"cost_in_usd_ticks": 43}


def test_no_usage_is_none():
    assert "usage" not in build(chunk({"content": "a"})).api_object()


def test_tool_calls_accumulate_by_index():
    builder = build(
        chunk({"tool_calls": [{**call(1, name="late", arguments=""), "id": "c1", "type": "function"}]}),
        chunk({"tool_calls": [{**call(0, name="ti", arguments='{"zo'), "id": "c0", "type": "function"}]}),
        chunk({"tool_calls": [call(0, name="me", arguments='ne":'), call(1, arguments="{}")]}),
        chunk({"tool_calls": [call(0, arguments='"UTC"}')]}, finish="tool_calls"),
    )
    assert builder.message() == {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {"id": "c0", "type": "function", "function": {"name": "time", "arguments": '{"zone":"UTC"}'}},
            {"id": "c1", "type": "function", "function": {"name": "late", "arguments": "{}"}},
        ],
    }


def test_tool_calls_of_a_complete_reply_have_no_index():
    calls = [{"id": name, "type": "function", "function": {"name": name, "arguments": "{}"}} for name in ("a", "b")]
    message = {"role": "assistant", "content": None, "tool_calls": calls}
    assert build({"choices": [{"index": 0, "message": message}]}).tool_calls == calls


def test_an_empty_finish_reason_still_ends_the_reply():
    """Some servers end tool calls with an empty reason."""
    tools = chunk({"tool_calls": [call(0, name="f", arguments="{}")]})
    assert build(tools, chunk(finish="")).finish_reason == "tool_calls"
    assert build(chunk({"content": "a"}), chunk(finish="")).finish_reason


def test_unknown_fields_are_kept_in_the_completion():
    first = chunk({"content": "a", "annotations": [1]}, citations=["https://example.org"], service_tier="odd")
    first["choices"][0]["logprobs"] = {"content": []}
    result = build(first, chunk(citations=None)).api_object()
    assert result["citations"] == ["https://example.org"]
    assert result["service_tier"] == "odd"
    assert result["choices"][0]["logprobs"] == {"content": []}
    assert result["choices"][0]["message"]["annotations"] == [1]


def test_unknown_fields_of_a_reply_are_not_sent_back():
    assert build(chunk({"content": "a", "annotations": [1]})).message() == {"role": "assistant", "content": "a"}


def other(delta, index=1, **more):
    return {"choices": [{"index": index, "delta": delta, **more}]}


def test_other_choices_do_not_mix_with_the_first():
    builder = ReplyBuilder()
    assert builder.feed(other({"content": "no", "reasoning_content": "no"}, finish_reason="length")) == Delta()
    builder.feed(chunk({"content": "yes"}))
    assert builder.message() == {"role": "assistant", "content": "yes"}
    assert builder.finish_reason is None


def test_all_choices_are_in_the_completion():
    streamed = build(
        chunk({"content": "a"}),
        other({"content": "x", "reasoning_content": "hm"}),
        chunk({"content": "b"}, finish="stop"),
        other({"content": "y"}, finish_reason="length"),
    )
    messages = [{"content": "ab"}, {"content": "xy", "reasoning_content": "hm"}]
    choices = [
        {"index": index, "message": {"role": "assistant", **message}, "finish_reason": reason}
        for index, message, reason in zip((0, 1), messages, ("stop", "length"), strict=True)
    ]
    assert streamed.api_object()["choices"] == choices
    assert [choice.text for choice in streamed.choices] == ["ab", "xy"]
    assert build({"choices": choices}).api_object()["choices"] == choices
    assert build({"choices": choices[::-1]}).api_object()["choices"] == choices


def test_a_completion_without_choices_has_none():
    assert build({"id": "r"}).api_object()["choices"] == []


def test_a_reply_whose_only_choice_has_another_number_is_returned_at_its_end():
    builder = build(other({"content": "x"}), other({"content": "y"}))
    assert builder.text == "xy"
    assert builder.close() == Delta("xy")


def test_complete_choices_with_one_number_are_several():
    choices = [{"index": 0, "message": {"content": text}} for text in "abc"]
    assert [choice.text for choice in build({"choices": choices}).choices] == ["a", "b", "c"]


@pytest.mark.parametrize("choices", [{"message": {"content": "a"}}, {"0": {"message": {"content": "a"}}}])
def test_choices_that_are_no_list_are_read(choices):
    assert build({"choices": choices}).text == "a"


@pytest.mark.parametrize("index", [None, 0, False, 0.0, "0"])
def test_a_choice_without_index_is_the_first(index):
    assert build({"choices": [{"delta": {"content": "a"}}]}).feed({"choices": [{"index": index}]}) == Delta()
    assert ReplyBuilder().feed({"choices": [{"index": index, "delta": {"content": "a"}}]}) == Delta("a")


def test_choices_without_end_are_not_kept():
    builder = build({"choices": [{"index": index, "delta": {"content": "a"}} for index in range(5000)]})
    assert len(builder.choices) < 2000


@pytest.mark.parametrize(
    ("reasons", "is_ended", "finish_reason"),
    [(["stop"], True, "stop"), (["stop", ""], True, "stop"), ([""], False, "unknown"), ([7], False, "unknown")],
)
def test_only_a_named_reason_says_that_nothing_follows(reasons, is_ended, finish_reason):
    """Some servers send an empty reason with every chunk."""
    builder = build(
        chunk({"content": "a"}), *({"choices": [{"index": 0, "finish_reason": reason}]} for reason in reasons)
    )
    assert (builder.has_ended(), builder.finish_reason) == (is_ended, finish_reason)


def test_text_behind_a_finish_reason_goes_on():
    builder = build(chunk({"content": "a"}, finish="stop"), chunk({"content": "b"}))
    assert not builder.has_ended()
    assert build(chunk({"content": "a"}, finish="stop"), chunk({})).has_ended()


def test_a_reply_of_several_choices_ends_with_the_last_of_them():
    builder = build(chunk({"content": "a"}, finish="stop"))
    assert (builder.has_ended(1), builder.has_ended(2)) == (True, False)
    builder.feed(other({"content": "x"}))
    assert not builder.has_ended(1)
    builder.feed(other({}, finish_reason="stop"))
    assert builder.has_ended(2)


def test_log_probabilities_and_annotations_are_joined():
    def piece(text, token, note):
        both = {"content": [token], "refusal": [token]}
        return {"choices": [{"index": 0, "delta": {"content": text, "annotations": [note]}, "logprobs": both}]}

    [choice] = build(piece("a", {"token": "a"}, 1), piece("a", {"token": "a"}, 2)).api_object()["choices"]
    assert choice["logprobs"] == {"content": [{"token": "a"}] * 2, "refusal": [{"token": "a"}] * 2}
    assert choice["message"]["annotations"] == [1, 2]


@pytest.mark.parametrize(
    ("lists", "joined"),
    [
        ([["a"], ["b"]], ["a", "b"]),
        ([["a", "b"], ["a", "b"]], ["a", "b"]),
        ([["a"], ["a", "b"], ["a", "b", "c"]], ["a", "b", "c"]),
        ([["a"], ["b"], ["b", "c"], ["d", "c"]], ["a", "b", "c", "d"]),
        ([None, ["a"], None], ["a"]),
        ([["a"], ["b"], ["a", "b", "c"], ["c"]], ["a", "b", "c"]),
    ],
)
def test_citations_are_joined_and_not_doubled(lists, joined):
    assert build(*(chunk(citations=item) for item in lists)).api_object()["citations"] == joined


def test_the_chunks_that_were_fed_are_not_changed():
    first = chunk(citations=["a"])
    build(first, chunk(citations=["b"]), chunk(citations=["c"]))
    assert first["citations"] == ["a"]


def test_a_surrogate_pair_cut_in_two_is_one_character():
    builder = ReplyBuilder()
    assert builder.feed(chunk({"content": "crab \ud83e"})) == Delta("crab ")
    assert builder.feed(chunk({"content": ""})) == Delta()
    assert builder.feed(chunk({"content": "\udd80!"})) == Delta("🦀!")
    assert builder.text == "crab 🦀!"


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (["a\ud83e"], "a\ufffd"),
        (["\ud83e", "b"], "\ufffdb"),
        (["\udd80b"], "\ufffdb"),
        (["\udd80", "\ud83e"], "\ufffd\ufffd"),
        (["\ud83e", "\ud83e", "\udd80"], "\ufffd🦀"),
        (["\ufeff\ud83eb"], "\ufeff\ufffdb"),
    ],
)
def test_half_a_pair_is_a_replacement_character(pieces, text):
    assert build(*(chunk({"content": piece}) for piece in pieces)).text == text


@pytest.mark.parametrize(
    "strange",
    [
        {"choices": None},
        {"choices": "text"},
        {"choices": [None, "text", 3]},
        {"choices": [{"delta": None}]},
        {"choices": [{"delta": "text"}]},
        {"choices": [{"delta": {"content": 5, "reasoning_content": {}, "tool_calls": "none"}}]},
        {"choices": [{"delta": {"tool_calls": [None, {"index": "x"}, {"function": "f"}]}}]},
        {"choices": [{"finish_reason": 7}]},
        {"usage": "much"},
        {"choices": [{"index": [], "delta": {"content": "x"}}]},
        {"choices": [{"delta": {"tool_calls": [{"function": "f"}, {"index": 0, "function": {"name": "g"}}]}}]},
    ],
)
def test_strange_chunks_add_no_text(strange):
    """A server's invalid data never ends in a traceback."""
    builder = ReplyBuilder()
    assert builder.feed(strange) == Delta()
    builder.feed(chunk({"content": "fine"}, finish="stop"))
    assert builder.message()["content"] == "fine"
    json.dumps(builder.api_object())
