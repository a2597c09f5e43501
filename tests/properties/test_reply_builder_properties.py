"""A reply is the same however it was cut into deltas, and no chunk is a traceback."""

from __future__ import annotations

import copy
import json
from itertools import pairwise, zip_longest

from fake_api import USAGE, chunk
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


# Not any text: the pieces `0` and `0` may be a repetition. The arguments of a call are a JSON object.
CALL_ARGUMENTS = TEXTS.map(lambda text: json.dumps({"a": text}, ensure_ascii=False))


@given(st.lists(CALL_ARGUMENTS, min_size=1, max_size=3), CUTS)
def test_tool_calls_are_whole_however_they_came(arguments, cuts):
    builder = ReplyBuilder()
    for index, argument in enumerate(arguments):
        for part in pieces(argument, cuts):
            builder.feed(chunk({"tool_calls": [{"index": index, "function": {"name": "", "arguments": part}}]}))
    assert [reference(call["function"]["arguments"]) for call in builder.tool_calls] == [
        reference(item) for item in arguments
    ]


# -- whole completions -------------------------------------------------------------------------------------------------

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ARGUMENTS = st.dictionaries(WORDS, WORDS | st.integers() | st.dictionaries(WORDS, WORDS, max_size=2), max_size=3)
ITEMS = st.lists(st.dictionaries(WORDS, WORDS | st.integers(), max_size=2), max_size=4)
DISTINCT = st.lists(WORDS, max_size=4, unique=True)


@st.composite
def choices(draw, index):
    """Return a choice of a completion."""
    message = {"role": "assistant", "content": draw(WORDS)}
    for key in ("reasoning_content", "refusal"):
        if text := draw(st.just("") | WORDS):
            message[key] = text
    if "refusal" in message and not message["content"]:
        message["content"] = None
    if arguments := draw(st.just([]) | st.lists(ARGUMENTS, max_size=3)):
        message["tool_calls"] = [
            {"id": f"call-{number}", "type": "function", "function": {"name": "f", "arguments": json.dumps(argument)}}
            for number, argument in enumerate(arguments)
        ]
    if annotations := draw(DISTINCT):
        message["annotations"] = annotations
    choice = {"index": index, "message": message, "finish_reason": draw(st.sampled_from(["stop", "length"]))}
    if tokens := draw(ITEMS):
        choice["logprobs"] = {"content": tokens, "refusal": draw(st.none() | ITEMS)}
    return choice


@st.composite
def completions(draw):
    """Return a completion of one or several choices."""
    head = {"id": "r-1", "object": "chat.completion", "created": 5, "model": "grok-4.7", "system_fingerprint": "fp_1"}
    count = draw(st.integers(1, 3))
    citations = {"citations": found} if (found := draw(DISTINCT)) else {}
    return {**head, "choices": [draw(choices(index)) for index in range(count)], "usage": USAGE, **citations}


def cut(draw, value):
    """Cut a text or a list into pieces, none of which is empty."""
    places = sorted({0, len(value), *draw(st.lists(st.integers(0, len(value)), max_size=4))})
    return [value[start:end] for start, end in pairwise(places)]


def cut_call(draw, number, call, *, has_index):
    """Cut a tool call into pieces, the first of which has its id and name."""
    function = call["function"]
    first, *rest = cut(draw, function["arguments"])
    label = {"index": number} if has_index else {}
    yield {"tool_calls": [{**label, **call, "function": {**function, "arguments": first}}]}
    for piece in rest:
        yield {"tool_calls": [{**label, "function": {"arguments": piece}}]}


def stream_choice(draw, choice):
    """Return a choice as it is streamed: deltas with the pieces of its log probabilities beside them, and its end."""
    message = choice["message"]
    deltas = [{"role": "assistant", "content": ""}] if draw(st.booleans()) else []
    for key in ("reasoning_content", "content", "refusal", "annotations"):
        deltas += [{key: piece} for piece in cut(draw, message.get(key) or "")]
    has_index = draw(st.booleans())
    for number, call in enumerate(message.get("tool_calls", ())):
        deltas += cut_call(draw, number, call, has_index=has_index)
    logprobs = choice.get("logprobs")
    tokens = [] if logprobs is None else [{"content": piece} for piece in cut(draw, logprobs["content"])]
    if logprobs is not None:
        tokens.append({"refusal": logprobs["refusal"]})
    streamed = []
    for delta, token in zip_longest(deltas, tokens, fillvalue=None):
        more = {} if token is None else {"logprobs": token}
        streamed.append({"index": choice["index"], "delta": delta or {}, **more})
    return [*streamed, {"index": choice["index"], "delta": {}, "finish_reason": choice["finish_reason"]}]


@given(completions(), st.data())
def test_any_way_of_streaming_gives_the_same_completion(completion, data):
    whole = ReplyBuilder()
    whole.feed(copy.deepcopy(completion))
    assert whole.api_object() == completion
    head = {key: value for key, value in completion.items() if key not in {"choices", "citations", "usage"}}
    queues = [stream_choice(data.draw, choice) for choice in completion["choices"]]
    streamed, shown = ReplyBuilder(), ""
    while any(queues):
        first, *more = data.draw(st.permutations([queue for queue in queues if queue]))
        together = [queue.pop(0) for queue in (first, *(more if data.draw(st.booleans()) else ()))]
        shown += streamed.feed({**head, "object": "chat.completion.chunk", "choices": together}).text
    for piece in cut(data.draw, completion.get("citations", ())):
        streamed.feed({**head, "choices": [], "citations": list(piece)})
    streamed.feed({**head, "choices": [], "usage": USAGE})
    assert streamed.api_object() == completion
    assert streamed.message() == whole.message()
    assert shown + streamed.close().text == streamed.text == whole.text
    assert streamed.has_ended(len(queues))


# -- odd values --------------------------------------------------------------------------------------------------------

ODD = st.sampled_from([None, True, False, 0, -1, 3, 1.5, float("inf"), 10**40, "", "x", "0", [], ["x"], {}, {"a": {}}])


def places(value, path=()):
    """Return the paths to all values inside of a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] + [found for key, inner in items for found in places(inner, (*path, key))]


def put(value, path, new):
    """Return a copy of a value with another value at a path."""
    if not path:
        return new
    copied = copy.copy(value)
    copied[path[0]] = put(value[path[0]], path[1:], new)
    return copied


@given(completions(), st.data(), ODD)
def test_an_odd_value_anywhere_in_a_completion_is_no_traceback(completion, data, odd):
    completion = put(completion, data.draw(st.sampled_from(places(completion)[1:])), odd)
    builder = ReplyBuilder()
    shown = builder.feed(completion).text + builder.close().text
    assert shown == builder.text
    check_kept(builder)


@given(completions(), st.data())
def test_odd_values_anywhere_in_a_stream_are_no_traceback(completion, data):
    builder, shown = ReplyBuilder(), ""
    for choice in completion["choices"]:
        for piece in stream_choice(data.draw, choice):
            one = {"id": "r", "model": "m", "choices": [piece], "usage": USAGE}
            if data.draw(st.booleans()):
                one = put(one, data.draw(st.sampled_from(places(one)[1:])), data.draw(ODD))
            shown += builder.feed(one).text
    ending = builder.close().text
    assert builder.text in {shown + ending, ending}
    check_kept(builder)


def check_kept(builder):
    """Check that what is kept can be written, sent and measured."""
    json.dumps(builder.api_object())
    for choice in builder.choices:
        message = choice.message()
        assert isinstance(message["content"], str)
        for call in message.get("tool_calls", ()):
            json.loads(call["function"]["arguments"] or "{}")
        assert isinstance(choice.finish_reason, str | None)
    assert builder.size >= len(builder.text)
    assert isinstance(builder.usage, dict | None)


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
    for item in chunks:
        builder.feed(item)
    assert isinstance(builder.message()["content"], str)
    json.dumps(builder.api_object())
