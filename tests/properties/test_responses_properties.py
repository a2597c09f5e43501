"""Properties of replies of `POST /responses`: however they are cut and mixed, they are the same."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing, suppress
from itertools import pairwise

from fake_api import frames
from fake_responses import (
    citation,
    function_call,
    message,
    met,
    numbered,
    open_page,
    reasoning,
    response,
    response_events,
    web_search,
    x_search,
)
from hypothesis import given
from hypothesis import strategies as st

from grokchat.api.citations import find_sources
from grokchat.api.failures import Failure
from grokchat.api.reply_reader import read_deltas
from grokchat.api.response_builder import ResponseBuilder
from grokchat.api.responses_endpoint import ResponseShape
from grokchat.api.responses_request import input_items, request_fields
from grokchat.compat.httpx import httpx
from grokchat.config.settings import Settings

texts = st.text(st.characters(codec="utf-8"), max_size=30) | st.sampled_from(
    ["[[1]](https://a.b/c)", "[[2]](https://a.b/(c))", "naïve 🦀", "a\u2028b", "[[1]]("]
)
urls = st.sampled_from(["https://a.b/c", "https://a.b/(c)", "javascript:x", "x" * 99, "https://x.com/i/status/1"])
annotations = st.builds(citation, urls, st.integers(0, 3), st.integers(-1, 50), st.integers(0, 90)) | st.builds(
    met, urls
)
notes_of = st.lists(annotations, max_size=4)


def outputs() -> st.SearchStrategy[list[dict]]:
    item = st.one_of(
        st.builds(lambda text: {"make": reasoning, "args": (text,)}, texts),
        st.builds(lambda query, url: {"make": web_search, "args": (query, url)}, texts, urls),
        st.builds(lambda url: {"make": open_page, "args": (url,)}, urls),
        st.builds(lambda query: {"make": x_search, "args": (query,)}, texts),
        st.builds(lambda name, text: {"make": function_call, "args": (name, json.dumps([text]))}, texts, texts),
        st.builds(lambda text, notes: {"make": message, "args": (text, *notes)}, texts, notes_of),
    )  # fmt: skip
    return st.lists(item, max_size=6).map(
        lambda listed: [made["make"](*made["args"], number=number) for number, made in enumerate(listed)]
    )


class Pieces(httpx.AsyncByteStream):
    def __init__(self, data: bytes, cuts: list[int]) -> None:
        places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
        self.pieces = [data[begin:end] for begin, end in pairwise(places)]

    async def __aiter__(self):
        for piece in self.pieces:
            yield piece


def read(data: bytes, cuts: list[int] = []) -> tuple[str, str, ResponseBuilder]:  # noqa: B006 - not changed
    builder, deltas = ResponseBuilder(), []

    async def receive() -> None:
        answer = httpx.Response(200, stream=Pieces(data, cuts))
        with suppress(Failure):
            async with aclosing(read_deltas(answer, builder, ResponseShape(), str)) as received:
                async for delta in received:
                    deltas.append(delta)  # noqa: PERF401 - what arrives before a failure counts
        deltas.extend((builder.release(), builder.close()))

    asyncio.run(receive())
    return "".join(delta.text for delta in deltas), "".join(delta.reasoning for delta in deltas), builder


def summary(text: str, reasoned: str, builder: ResponseBuilder):
    return text, reasoned, builder.api_object(), builder.sources, builder.finish_reason, builder.message()


@given(outputs(), st.lists(st.integers(0, 100_000), max_size=20))
def test_a_stream_cut_anywhere_is_the_same_reply_as_the_whole_body(output, cuts):
    streamed = read(frames(*response_events(*output)), cuts)
    whole = read(json.dumps(response(*output)).encode(), cuts)
    assert summary(*streamed) == summary(*whole)
    assert streamed[0] == streamed[2].text
    assert streamed[1] == streamed[2].reasoning


@given(outputs(), st.lists(st.integers(0, 10_000), min_size=100, max_size=100))
def test_events_of_items_may_be_mixed_in_any_way(output, choices):
    """Within an item the order stays."""
    begin, *events, end = response_events(*output)
    queues = [[event for event in events if event.get("output_index") == index] for index in range(len(output))]
    mixed, at = [], 0
    while any(queues):
        waiting = [queue for queue in queues if queue]
        mixed.append(waiting[choices[at % len(choices)] % len(waiting)].pop(0))
        at += 1
    _, _, builder = read(frames(*numbered([begin, *mixed, end])))
    assert builder.api_object() == response(*output)
    parts = [part["text"] for item in output if item["type"] == "message" for part in item["content"]]
    shown = "".join(builder.text.split())
    assert sorted(shown) == sorted("".join("".join(parts).split()))


@given(outputs(), st.sets(st.integers(0, 100), max_size=10))
def test_a_text_is_neither_lost_nor_doubled_if_events_are_missing(output, missing):
    """As long as the last event arrives; numbers tell of the gaps."""
    events = response_events(*output)
    kept = [event for at, event in enumerate(events[:-1]) if at not in missing]
    text, reasoned, builder = read(frames(*kept, events[-1]))
    whole_text, whole_reasoning, _ = read(json.dumps(response(*output)).encode())
    assert sorted(text) == sorted(whole_text)
    assert sorted(reasoned) == sorted(whole_reasoning)
    assert text == builder.text


@given(outputs(), st.integers(0, 100))
def test_a_reply_that_dies_anywhere_keeps_what_arrived(output, count):
    events = response_events(*output)[:-1][:count]
    text, _, builder = read(frames(*events, done=False))
    deltas = "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")
    assert "".join(text.split()) == "".join(deltas.split())
    assert text == builder.text
    assert builder.finish_reason is None
    json.dumps(builder.api_object())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "id", "text", "content", "summary", "action", "url", "query", "input", "annotations"]
            )
            | texts,
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
EVENT_KEYS = ["item", "item_id", "output_index", "content_index", "delta", "text", "part", "annotation", "response"]
event_types = st.sampled_from(sorted({event["type"] for event in response_events(
    reasoning("a"), web_search("q"), x_search("q"), function_call("f", "{}"), message("a", met("https://a.b")),
)}))  # fmt: skip
odd_events = st.builds(
    lambda kind, fields: {**fields, "type": kind},
    event_types,
    st.dictionaries(st.sampled_from(EVENT_KEYS), json_values),
)


@given(st.lists(odd_events, max_size=8))
def test_no_event_does_harm(events):
    builder, shown = ResponseBuilder(), ""
    for event in events:
        shown += builder.feed(event).text
    shown += builder.release().text + builder.close().text
    assert shown == builder.text
    json.dumps(builder.api_object())
    assert builder.size >= 0
    assert all(isinstance(source.url, str) for source in builder.sources)
    assert builder.choices is not None
    builder.message()


@given(texts, st.lists(annotations, max_size=6), st.lists(urls))
def test_each_source_is_listed_once_in_the_order_of_its_number(text, notes, pages):
    sources = find_sources(text, notes, pages)
    addresses = [source.url for source in sources]
    assert len(addresses) == len(set(addresses))
    numbers = [source.number for source in sources if source.number is not None]
    assert numbers == sorted(numbers)
    assert all(source.title != source.url for source in sources)


@given(st.dictionaries(st.sampled_from(["role", "content", "name", "tool_calls", "tool_call_id"]), json_values))
def test_any_message_becomes_input_items(fields):
    items = input_items({"content": "", **fields, "role": str(fields.get("role", "user"))})
    assert items
    json.dumps(items)


@given(st.dictionaries(st.sampled_from(["tools", "response_format", "reasoning", "text", "tool_choice"]), json_values))
def test_any_parameters_become_fields(params):
    json.dumps(request_fields(Settings(search="all", params=params), "c"))
