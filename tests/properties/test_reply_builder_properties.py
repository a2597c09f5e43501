"""A reply is the same however it was cut into deltas, and no chunk is a traceback."""

from __future__ import annotations

import json
from itertools import pairwise

from fake_api import chunk
from hypothesis import given
from hypothesis import strategies as st

from grokchat.api.reply_builder import ReplyBuilder

UNITS = st.one_of(
    st.characters(),
    st.sampled_from("\ud83e\udd80\ud800\udbff\udc00\udfff\ufeff\ufffdé\n🦀"),
)
TEXTS = st.text(UNITS, max_size=20)
CUTS = st.lists(st.integers(0, 60), max_size=10)


def units(text):
    """Return the UTF-16 code units, which JSON's escapes are, one character each."""
    data = text.encode("utf-16-le", "surrogatepass")
    return [int.from_bytes(data[at : at + 2], "little") for at in range(0, len(data), 2)]


def string(codes):
    return b"".join(code.to_bytes(2, "little") for code in codes).decode("utf-16-le", "surrogatepass")


def reference(text):
    """Put pairs together and replacement characters for halves, one code unit after the other."""
    codes, result = units(text), ""
    while codes:
        code = codes.pop(0)
        if 0xD800 <= code < 0xDC00 and codes and 0xDC00 <= codes[0] < 0xE000:
            result += chr(0x10000 + ((code - 0xD800) << 10) + (codes.pop(0) - 0xDC00))
        else:
            result += "\ufffd" if 0xD800 <= code < 0xE000 else chr(code)
    return result


def pieces(text, cuts):
    codes = units(text)
    places = [0, *sorted(cut % (len(codes) + 1) for cut in cuts), len(codes)]
    return [string(codes[start:end]) for start, end in pairwise(places)]


def feed(builder, key, parts):
    return [builder.feed(json.loads(json.dumps(chunk({key: part})))) for part in parts]


@given(TEXTS, CUTS)
def test_any_split_gives_the_same_message(text, cuts):
    builder = ReplyBuilder()
    feed(builder, "content", pieces(text, cuts))
    assert builder.message() == {"role": "assistant", "content": reference(text)}


@given(TEXTS, CUTS)
def test_what_is_shown_is_what_is_kept(text, cuts):
    """Only the first half of a pair is held back, until its other half comes."""
    builder = ReplyBuilder()
    shown = "".join(delta.text for delta in feed(builder, "content", pieces(text, cuts)))
    kept = builder.text
    assert shown == kept or shown + "\ufffd" == kept
    assert kept.encode("utf-8").decode("utf-8") == kept


@given(TEXTS, CUTS, TEXTS, CUTS)
def test_reasoning_and_text_do_not_mix(thought, thought_cuts, text, cuts):
    builder, whole = ReplyBuilder(), ReplyBuilder()
    both = (pieces(thought, thought_cuts), pieces(text, cuts))
    for at in range(max(map(len, both))):
        feed(builder, "reasoning_content", both[0][at : at + 1])
        feed(builder, "content", both[1][at : at + 1])
    message = {"role": "assistant", "content": text, "reasoning_content": thought}
    whole.feed({"choices": [{"index": 0, "message": message}]})
    assert builder.message() == whole.message()
    assert builder.text == reference(text)
    assert builder.reasoning == reference(thought)


@given(st.lists(TEXTS, min_size=1, max_size=3), CUTS)
def test_tool_calls_are_whole_however_they_came(arguments, cuts):
    builder = ReplyBuilder()
    for index, argument in enumerate(arguments):
        for part in pieces(argument, cuts):
            builder.feed(chunk({"tool_calls": [{"index": index, "function": {"name": "", "arguments": part}}]}))
    assert [reference(one["function"]["arguments"]) for one in builder.tool_calls] == [
        reference(one) for one in arguments
    ]


KEYS = st.sampled_from(["choices", "usage", "id", "model", "created", "index", "delta", "message", "finish_reason"])
MORE = st.sampled_from(
    ["content", "reasoning_content", "tool_calls", "function", "name", "arguments", "cost_in_usd_ticks"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats() | st.sampled_from(["", "x", "stop"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | MORE, inner, max_size=5),
    max_leaves=20,
)
CALLS = st.lists(st.fixed_dictionaries({}, optional={"index": JSON, "id": JSON, "function": JSON}) | JSON, max_size=3)
DELTAS = JSON | st.fixed_dictionaries({}, optional={"content": JSON, "reasoning_content": JSON, "tool_calls": CALLS})
CHOICES = st.lists(
    st.fixed_dictionaries({}, optional={"index": JSON, "delta": DELTAS, "message": DELTAS, "finish_reason": JSON})
    | JSON,
    max_size=3,
)
CHUNKS = st.fixed_dictionaries({}, optional={"choices": CHOICES | JSON, "usage": JSON, "model": JSON, "id": JSON})


@given(st.lists(CHUNKS, max_size=4))
def test_no_chunk_at_all_is_a_traceback(chunks):
    builder = ReplyBuilder()
    for one in chunks:
        builder.feed(one)
    assert isinstance(builder.message()["content"], str)
    json.dumps(builder.completion())
