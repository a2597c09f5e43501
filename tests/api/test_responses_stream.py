"""Replies of `POST /responses` through the client: streams and whole bodies of the API's shapes, and their traps."""

from __future__ import annotations

import json

import pytest
from client_requests import request_at_once, request_replies
from fake_api import Answer, FakeApi, frames
from fake_responses import (
    RESPONSE_USAGE,
    cited,
    function_call,
    message,
    met,
    numbered,
    open_page,
    reasoning,
    response,
    response_events,
    response_frames,
    web_search,
    x_search,
)
from support import KEY, make_environment

from grokchat.api.reply_builder import Delta
from grokchat.api.request import RequestEncoder
from grokchat.config.settings import Settings
from grokchat.errors import BrokenReplyError, RefusedError, UnreachableError
from grokchat.messages import Message, ReplyInfo, body
from grokchat.reply_sources import ReplySource

TEXT, NOTES = cited("The newest is Grok 4.7.", "https://x.ai/news", "https://en.wikipedia.org/wiki/Grok_(chatbot)")
OUTPUT = [
    reasoning("Look it up.", encrypted="b3BhcXVl"),
    web_search("newest grok", "https://x.ai/news", "https://example.org/a"),
    x_search("from:xai grok 4.7"),
    open_page("https://x.ai/news"),
    message(TEXT, *NOTES),
]
EVENTS = response_events(*OUTPUT)
CAPACITY = "The model is currently at capacity due to high demand."


def error_event(words, number=0):
    return {"sequence_number": number, "type": "error", "code": None, "message": words, "param": None}


def ask(home, *answers, **settings):
    with FakeApi(*answers) as api:
        environment = make_environment(home)
        [received] = request_replies(api, environment, **{"search": "all", **settings})
        received.requests = api.requests
        return received


def ask_stream(home, *events, done=True, **more):
    return ask(home, Answer([frames(*events, done=done)], **more))


def without(events, *kinds):
    return [event for event in events if not event["type"].removeprefix("response.").startswith(kinds)]


def until(events, kind):
    """Return the events before the first of a type."""
    return events[: next(at for at, event in enumerate(events) if event["type"] == f"response.{kind}")]


# -- the whole reply ---------------------------------------------------------------------------------------------------


def test_a_streamed_reply_is_text_reasoning_usage_and_the_apis_object(home):
    received = ask(home, Answer([response_frames(*OUTPUT)]))
    builder = received.builder
    assert received.error is None
    assert received.text == builder.text == TEXT
    assert received.reasoning == builder.reasoning == "Look it up."
    assert builder.finish_reason == "stop"
    assert builder.usage == RESPONSE_USAGE
    assert (builder.model, builder.response_id) == ("grok-4.7", "resp-1")
    assert builder.api_object() == response(*OUTPUT)
    assert builder.message() == {"role": "assistant", "content": TEXT, "reasoning_content": "Look it up."}


def test_the_request_goes_to_its_own_path_with_the_conversation(home):
    [request] = ask(home, Answer([response_frames(*OUTPUT)])).requests
    assert (request.path, request.headers["x-grok-conv-id"]) == ("/v1/responses", "conv-1")


def test_a_whole_body_is_the_same_reply(home):
    received = ask(home, Answer.json(200, response(*OUTPUT)), stream=False)
    assert (received.text, received.reasoning) == (TEXT, "Look it up.")
    assert received.builder.api_object() == response(*OUTPUT)
    assert received.builder.finish_reason == "stop"
    assert [source.number for source in received.builder.sources] == [1, 2]


def test_event_lines_comments_and_no_done_are_the_same(home):
    lines = b"".join(
        b": keepalive\n\nevent: %b\ndata: %b\n\n" % (event["type"].encode(), json.dumps(event).encode())
        for event in EVENTS
    )
    received = ask(home, Answer([lines]))
    assert (received.text, received.error) == (TEXT, None)


def test_a_reply_does_not_wait_for_done_after_its_last_event(home):
    """The last event ends the reply; the connection may stay open."""
    received = ask(home, Answer([frames(*EVENTS, done=False)], complete=False))
    assert (received.text, received.error) == (TEXT, None)


def test_unknown_events_and_items_are_skipped(home):
    odd = [{"type": "response.doom_loop_check"}, {"type": "ping"}, {"type": "response.new_call.done", "item_id": "n"}]
    news = [{"type": "response.output_item.added", "output_index": 77, "item": {"type": "new_call", "id": "n"}}, *odd]
    received = ask_stream(home, *EVENTS[:5], *news, *EVENTS[5:])
    assert (received.text, received.error) == (TEXT, None)


def test_a_time_of_zero_is_kept(home):
    received = ask_stream(home, *response_events(message("Hi."), created_at=0))
    assert received.builder.api_object()["created_at"] == 0


def test_items_that_interleave_are_told_apart_by_their_ids(home):
    """Calls finish in another order than they began, and the answer begins before they end."""
    added = [event for event in EVENTS if event["type"] == "response.output_item.added"]
    others = [event for event in EVENTS if event not in added]
    received = ask_stream(home, *numbered([others[0], *added, *others[1:]]))
    assert (received.text, received.reasoning) == (TEXT, "Look it up.")
    assert received.builder.api_object() == response(*OUTPUT)


def test_two_messages_that_interleave_are_shown_one_after_the_other(home):
    events = response_events(message("One one.", number=1), message("Two two.", number=2))
    first = [event for event in events if event.get("item_id") == "msg_1" or event.get("item", {}).get("id") == "msg_1"]
    second = [
        event for event in events if event.get("item_id") == "msg_2" or event.get("item", {}).get("id") == "msg_2"
    ]
    mixed = [event for pair in zip(first, second, strict=True) for event in pair]
    received = ask_stream(home, *numbered([*events[:2], *mixed, events[-1]]))
    assert received.text == received.builder.text == "One one.\n\nTwo two."


def test_a_second_message_is_not_lost_if_the_stream_dies(home):
    events = response_events(message("One.", number=1), message("Two.", number=2))
    deltas = [event for event in events if "text.delta" in event["type"]]
    received = ask_stream(home, *events[:2], *numbered(deltas), complete=False, done=False)
    assert received.text == received.builder.text == "One.\n\nTwo."


# -- texts that come again and in parts --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "missing",
    [
        ("output_text.delta",),
        ("output_text.delta", "output_text.done"),
        ("output_text.delta", "output_text.done", "content_part"),
        ("output_text.delta", "output_text.done", "content_part", "output_item"),
        ("output_text.done", "content_part", "output_item"),
        ("reasoning_summary", "output_text"),
    ],
)
def test_what_the_deltas_lack_comes_from_what_is_whole(home, missing):
    received = ask_stream(home, *numbered(without(EVENTS, *missing)))
    assert received.text == TEXT
    assert received.reasoning == "Look it up."


def test_after_a_gap_in_the_numbers_the_whole_text_is_waited_for(home):
    at = next(at for at, event in enumerate(EVENTS) if event["type"] == "response.output_text.delta") + 1
    received = ask_stream(home, *EVENTS[:at], *EVENTS[at + 1 :])
    assert received.text == received.builder.text == TEXT


def test_after_a_gap_the_rest_is_kept_if_the_stream_dies(home):
    events = response_events(message("One two three four."))
    deltas = [event for event in events if event["type"] == "response.output_text.delta"]
    received = ask_stream(home, deltas[0], *deltas[2:], done=False, complete=False)
    assert received.text == received.builder.text == "One three four."


@pytest.mark.parametrize("value", [None, 5, ["x"], {}])
def test_a_delta_without_text_is_a_gap(home, value):
    """What was lost with it comes with the whole text."""
    events = list(EVENTS)
    at = [at for at, event in enumerate(events) if event["type"] == "response.output_text.delta"][1]
    events[at] = {**events[at], "delta": value}
    received = ask_stream(home, *events)
    assert (received.text, received.error) == (TEXT, None)


@pytest.mark.parametrize(("kind", "reason"), [("completed", "stop"), ("incomplete", "length")])
@pytest.mark.parametrize("value", [None, [], "x", {}])
def test_the_last_event_ends_the_reply_also_without_its_response(home, kind, reason, value):
    last = {"type": f"response.{kind}", "response": value}
    received = ask_stream(home, *EVENTS[:-1], last)
    assert (received.text, received.error, received.builder.finish_reason) == (TEXT, None, reason)
    assert received.builder.api_object()["output"] == response(*OUTPUT)["output"]


def test_an_error_without_a_value_is_none(home):
    """Servers say `error` as an object whose fields are null."""
    received = ask(home, Answer.json(200, {**response(*OUTPUT), "error": {"code": None, "message": None}}))
    assert (received.text, received.error) == (TEXT, None)


@pytest.mark.parametrize("value", [{}, None, [], {"choices": []}])
def test_a_200_that_is_no_response_is_not_repeated(home, value):
    received = ask(home, Answer.json(200, value))
    assert len(received.requests) == 1
    assert isinstance(received.error, BrokenReplyError)
    assert "without a reply" in str(received.error)


def test_a_marker_may_be_split_over_deltas(home):
    received = ask(home, Answer([response_frames(*OUTPUT, deltas=list(TEXT))]))
    assert received.text == TEXT
    assert len(received.builder.sources) == 2


def test_reasoning_after_a_gap_is_kept_too_if_the_stream_dies(home):
    events = [event for event in response_events(reasoning("One two three.")) if "text.delta" in event["type"]]
    received = ask_stream(home, events[0], events[2], done=False, complete=False)
    assert received.reasoning == received.builder.reasoning == "One three."


def test_a_refusal_is_the_text_and_is_known_as_one(home):
    part = {"type": "refusal", "refusal": "I cannot say."}
    received = ask_stream(home, *response_events({**message(""), "content": [part]}))
    assert received.text == received.builder.refusal == "I cannot say."
    assert received.builder.api_object()["output"][0]["content"] == [part]


def test_reasoning_of_several_items_has_an_empty_line_between(home):
    output = [reasoning("First.", number=1), web_search("q"), reasoning("Then.", number=2), message("Hi.")]
    received = ask_stream(home, *response_events(*output))
    assert received.reasoning == received.builder.reasoning == "First.\n\nThen."


def test_reasoning_text_is_reasoning_and_is_not_doubled_by_its_summary(home):
    events = [
        {"type": "response.reasoning_text.delta", "item_id": "rs", "content_index": 0, "delta": "Hm."},
        {"type": "response.reasoning_text.done", "item_id": "rs", "content_index": 0, "text": "Hm."},
        {"type": "response.reasoning_summary_text.done", "item_id": "rs", "summary_index": 0, "text": "It thought."},
        *response_events(message("Hi."))[2:],
    ]  # fmt: skip
    for event in events[3:]:
        event["output_index"] = 1
    assert ask_stream(home, *numbered(events)).reasoning == "Hm."


# -- searches and calls ------------------------------------------------------------------------------------------------


def test_what_is_searched_is_said_as_soon_as_it_is_known(home):
    activities = [delta.activity for delta in ask(home, Answer([response_frames(*OUTPUT)])).deltas if delta.activity]
    assert activities == [
        "searching the web",
        'searching the web: "newest grok"',
        "searching X",
        'searching X: "from:xai grok 4.7"',
        "searching the web",
        "reading x.ai",
    ]


def test_a_call_whose_action_is_missing_at_first_is_a_search(home):
    item = {"id": "ws_1", "type": "web_search_call", "status": "in_progress"}
    events = [{"type": "response.output_item.added", "output_index": 0, "item": item}]
    assert ask_stream(home, *events, done=False).deltas == [Delta("", "", "searching the web")]


def test_a_search_of_x_is_no_open_call(home):
    builder = ask(home, Answer([response_frames(x_search("q"), message("Hi."))])).builder
    assert builder.tool_calls == []
    assert builder.finish_reason == "stop"


@pytest.mark.parametrize("stream", [True, False])
def test_a_function_call_is_a_tool_call_of_the_reply(home, stream):
    output = [function_call("look", '{"a": 1}'), function_call("hear", "{}", number=8)]
    answer = Answer([response_frames(*output)]) if stream else Answer.json(200, response(*output))
    builder = ask(home, answer, stream=stream).builder
    assert builder.finish_reason == "tool_calls"
    assert builder.message()["tool_calls"] == [
        {"id": "call_5", "type": "function", "function": {"name": "look", "arguments": '{"a": 1}'}},
        {"id": "call_8", "type": "function", "function": {"name": "hear", "arguments": "{}"}},
    ]


def test_a_function_call_that_was_cut_is_not_sent_again(home):
    events = response_events(function_call("look", '{"a": 1}'))
    events[3]["delta"] = '{"a'
    builder = ask_stream(home, *events[:4], done=False).builder
    assert "tool_calls" not in builder.message()
    assert builder.choices[0].unsent_tool_calls[0]["function"] == {"name": "look", "arguments": '{"a'}


def test_the_older_shapes_of_calls_are_read(home):
    web = {"id": "w", "type": "web_search_call", "name": "web_search", "arguments": '{"query":"xAI"}'}
    posts = {"id": "x", "type": "x_search_call", "name": "x_semantic_search", "arguments": '{"query":"grok"}'}
    events = [
        {"type": "response.output_item.done", "output_index": at, "item": item} for at, item in enumerate([web, posts])
    ]
    activities = [delta.activity for delta in ask_stream(home, *events, done=False).deltas]
    assert activities == ['searching the web: "xAI"', 'searching X: "grok"']


# -- sources -----------------------------------------------------------------------------------------------------------


def test_the_sources_are_what_is_cited_by_number(home):
    assert ask(home, Answer([response_frames(*OUTPUT)])).builder.sources == [
        ReplySource("https://x.ai/news", "", 1),
        ReplySource("https://en.wikipedia.org/wiki/Grok_(chatbot)", "", 2),
    ]


def test_without_citations_they_are_the_pages_met(home):
    annotations = [met("https://x.ai/"), met("https://x.ai/grok"), met("https://x.ai/")]
    received = ask(home, Answer([response_frames(web_search("q", "https://a.b"), message("Hi.", *annotations))]))
    assert received.builder.sources == [ReplySource("https://x.ai/"), ReplySource("https://x.ai/grok")]


def test_without_annotations_they_are_the_pages_that_the_searches_found(home):
    output = [web_search("q", "https://a.b", "https://c.d"), open_page("https://e.f"), message("Hi.")]
    sources = ask(home, Answer([response_frames(*output)])).builder.sources
    assert [source.url for source in sources] == ["https://a.b", "https://c.d", "https://e.f"]


def test_a_reply_that_broke_off_has_the_sources_of_its_markers(home):
    received = ask_stream(home, *until(EVENTS, "output_text.annotation.added"), done=False, complete=False)
    assert isinstance(received.error, BrokenReplyError)
    assert [source.number for source in received.builder.sources] == [1, 2]


# -- endings -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("details", "reason"),
    [
        ({"reason": "max_output_tokens"}, "length"),
        ({"reason": "max_time_limit"}, "max_time_limit"),
        ({"reason": 3}, "length"),
        (None, "length"),
    ],
)
def test_an_incomplete_reply_has_ended_for_its_reason(home, details, reason):
    ended = {"status": "incomplete", "incomplete_details": details}
    streamed = ask_stream(home, *response_events(message("Half"), ending="incomplete", **ended))
    whole = ask(home, Answer.json(200, response(message("Half"), **ended)), stream=False)
    for received in (streamed, whole):
        assert (received.text, received.error, received.builder.finish_reason) == ("Half", None, reason)


def test_a_response_that_failed_keeps_its_part_and_its_usage(home):
    error = {"code": "server_error", "message": "The model stopped unexpectedly."}
    events = response_events(message("Half"), ending="failed", status="failed", error=error)
    received = ask_stream(home, *events)
    assert isinstance(received.error, BrokenReplyError)
    assert "The model stopped unexpectedly" in str(received.error)
    assert received.builder.text == received.text == "Half"
    assert received.builder.usage == RESPONSE_USAGE
    assert received.builder.finish_reason is None
    assert len(received.requests) == 1


def test_a_whole_response_that_failed_is_an_error_with_its_words(home):
    failed = response(status="failed", error={"code": "x", "message": "No such luck."})
    received = ask(home, Answer.json(200, failed), stream=False)
    assert "No such luck" in str(received.error)
    assert received.error.exit_code == 3
    assert len(received.requests) == 1


def test_an_error_event_in_mid_reply_keeps_the_part(home):
    events = [*until(EVENTS, "output_text.done"), error_event("Internal error during token generation", 99)]
    received = ask_stream(home, *events, done=False)
    assert isinstance(received.error, BrokenReplyError)
    assert "Internal error during token generation" in str(received.error)
    assert received.text == TEXT
    assert len(received.requests) == 1


@pytest.mark.parametrize("done", [True, False])
def test_a_stream_without_a_last_event_is_a_broken_reply(home, done):
    received = ask_stream(home, *until(EVENTS, "completed"), done=done)
    assert isinstance(received.error, BrokenReplyError)
    assert "broke off" in str(received.error)
    assert (received.text, received.builder.finish_reason) == (TEXT, None)


def test_the_object_of_a_reply_that_broke_off_holds_everything_that_arrived(home):
    built = ask_stream(home, *until(EVENTS, "completed"), done=False).builder.api_object()
    assert built["output"] == OUTPUT
    assert built["status"] == "in_progress"
    part = ask_stream(home, *until(EVENTS, "output_text.annotation.added"), done=False).builder.api_object()["output"][
        -1
    ]
    assert part["content"][0]["text"] == TEXT


def test_an_empty_output_in_the_last_event_does_not_remove_what_arrived(home):
    events = response_events(*OUTPUT)
    events[-1]["response"]["output"] = []
    builder = ask_stream(home, *events).builder
    assert (builder.text, builder.api_object()["output"]) == (TEXT, OUTPUT)


def test_a_whole_body_that_was_cut_is_a_part(home):
    whole = json.dumps(response(message("Half of an answer")))
    received = ask(home, Answer([whole[: whole.index(" an answer")].encode()]), stream=False)
    assert isinstance(received.error, BrokenReplyError)
    assert received.text == "Half of"


def test_encrypted_reasoning_is_there_to_be_sent_back(home):
    assert list(ask(home, Answer([response_frames(*OUTPUT)])).builder.encrypted_reasoning) == [OUTPUT[0]]


# -- repetitions -------------------------------------------------------------------------------------------------------

GOOD = Answer([response_frames(message("Hi."))])
BILLED = "not repeated, because searches are billed"


@pytest.mark.parametrize(
    "first",
    [
        Answer.json(429, {"code": "rate", "error": "Too many requests"}),
        Answer.json(429, error_event(CAPACITY)),
        Answer([b": keepalive\n\nevent: error\n" + frames(error_event(CAPACITY), done=False)]),
        Answer([frames(*EVENTS[:2], error_event(CAPACITY, 2), done=False)]),
    ],
)
def test_a_429_and_no_capacity_at_first_are_repeated(home, first):
    received = ask(home, first, GOOD)
    assert (received.text, received.error, len(received.requests)) == ("Hi.", None, 2)


SEARCHING = {"type": "response.web_search_call.searching", "item_id": "ws_1", "output_index": 1}
FULL = {"object": "response", "status": "failed", "output": [], "error": {"code": None, "message": CAPACITY}}


@pytest.mark.parametrize(
    "first",
    [
        Answer.json(500, {"error": "Internal"}),
        Answer.json(503, {"error": CAPACITY}),
        Answer.json(502, b"<html>"),
        Answer.json(200, {"error": "Something failed"}),
        Answer([frames(error_event("Something failed"), done=False)]),
        Answer([frames(*EVENTS[:2], done=False)]),
        Answer([frames(*EVENTS[:2], done=False)], complete=False),
        Answer([b""], complete=False),
        Answer([frames(*EVENTS[:3], error_event(CAPACITY, 3), done=False)]),
        Answer([frames(SEARCHING, error_event(CAPACITY, 3), done=False)]),  # without the beginning of its item
        Answer([frames({"type": "response.failed", "response": {**FULL, "usage": RESPONSE_USAGE}}, done=False)]),
    ],
)
def test_what_may_have_been_billed_is_not_repeated_and_that_is_said(home, first):
    received = ask(home, first, GOOD)
    assert len(received.requests) == 1
    assert BILLED in str(received.error)
    assert received.error.exit_code == 3


def test_a_stream_that_dies_after_a_search_is_not_repeated_and_that_is_said(home):
    events = response_events(web_search("q", "https://a.b"), message("Hi."))
    received = ask_stream(home, *until(events, "content_part.added"), done=False, complete=False)
    assert (len(received.requests), received.text) == (1, "")
    assert BILLED in str(received.error)
    assert received.builder.has_content


def test_the_connection_of_a_search_is_kept_for_the_next_one(home):
    with FakeApi(Answer([response_frames(message("Hi."))])) as api:
        received = request_replies(api, make_environment(home), turns=3, search="web")
        assert [reply.error for reply in received] == [None] * 3
        assert len({request.connection for request in api.requests}) == 1


# -- refusals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [404, 405, 410, 501])
@pytest.mark.parametrize("answer", [{"detail": "Not Found"}, b"404 page not found", b"", {"error": {"code": 404}}])
def test_a_server_without_responses_is_named_with_what_to_do(home, status, answer):
    received = ask(home, Answer.json(status, answer))
    assert str(received.error).startswith("This server cannot search.")
    assert "/search off" in str(received.error)
    assert "leave out --search" in received.error.shell_text
    assert received.error.exit_code == 1
    assert "chat API" not in str(received.error)
    assert len(received.requests) == 1


def test_an_unknown_model_is_no_server_without_search(home):
    received = ask(home, Answer.json(404, {"code": "x", "error": "The model grok-9 does not exist."}))
    assert "Unknown or retired model" in str(received.error)
    assert "/search off" not in str(received.error)


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize(
    "words",
    ["unknown tool type x_search", "This model does not support server-side tools", "Unknown variant `web_search`"],
)
def test_a_model_or_server_that_refuses_the_tools_is_quoted_with_what_to_do(home, status, words):
    received = ask(home, Answer.json(status, {"code": "invalid-argument", "error": words}))
    assert words in str(received.error)
    assert "/search off" in str(received.error)
    assert isinstance(received.error, RefusedError)


def test_a_position_in_the_input_is_read(home):
    received = ask(home, Answer.json(400, {"error": "input[3].content: image could not be decoded"}))
    assert (received.error.position, received.error.about) == (3, "images")


def test_invalid_arguments_are_quoted(home):
    received = ask_stream(home, error_event("Invalid arguments passed to the model."), done=False)
    assert "Invalid arguments passed to the model" in str(received.error)
    assert isinstance(received.error, UnreachableError)


# -- hostile values ----------------------------------------------------------------------------------------------------


def test_the_key_is_struck_out_of_everything_but_the_answer(home):
    output = [web_search(KEY, KEY), {**message(f"It is {KEY}"), "id": KEY}]
    received = ask(home, Answer([response_frames(*output, model=KEY, id=KEY)]))
    built = received.builder.api_object()
    assert received.text == f"It is {KEY}"
    assert KEY not in json.dumps({**built, "output": built["output"][:1]})
    assert KEY not in str((received.builder.model, received.builder.response_id, received.builder.sources))
    assert not any(KEY in delta.activity for delta in received.deltas)


@pytest.mark.parametrize("value", [None, 3, "x", [], {}, [None], True, 1.5, {"type": 3}, [[]], {"a": {"b": []}}])
def test_odd_values_in_any_field_do_no_harm(home, value):
    for at in range(len(EVENTS) - 1):
        for key in EVENTS[at]:
            events = [dict(event) for event in EVENTS]
            events[at][key] = value
            feed_all(events)
    item_fields = ("id", "type", "action", "input", "content", "summary", "name", "status", "encrypted_content")
    for key in item_fields:
        feed_all(
            json.loads(
                json.dumps(EVENTS),
                object_hook=lambda inner, key=key: {**inner, **({key: value} if key in inner else {})},
            )
        )


def feed_all(events):
    from grokchat.api.response_builder import ResponseBuilder

    builder = ResponseBuilder()
    for event in events:
        if isinstance(event, dict):
            builder.feed(event)
    builder.close()
    json.dumps(builder.api_object())
    return builder.sources, builder.size, builder.choices, builder.message(), builder.encrypted_reasoning


# -- encrypted reasoning -----------------------------------------------------------------------------------------------

UNREADABLE = Answer.json(
    400, {"code": "invalid-argument", "error": "Could not decrypt the provided encrypted_content. Ensure the value."}
)


def ask_with_reasoning(home, *answers, **settings):
    """Send a list of which one reply has encrypted reasoning."""
    encrypted = {"model": "grok-4.7", "items": [OUTPUT[0]]}
    reply = Message("r", body("assistant", "Hi."), ReplyInfo(encrypted_reasoning=encrypted))
    messages = [Message("q", body("user", "né")), reply, Message("a", body("user", "More?"))]
    with FakeApi(*answers) as api:
        chosen = Settings(base_url=api.url, search="all", **settings)
        sent = RequestEncoder().body(messages, chosen, "conv-1")
        return request_at_once(api, make_environment(home), sent, count=1, search="all")[1], api.requests


def test_reasoning_that_cannot_be_decrypted_is_left_out_once(home):
    received, requests = ask_with_reasoning(home, GOOD, UNREADABLE, GOOD)
    assert (received.text, received.error, received.retries) == ("Hi.", None, [])
    with_reasoning, without_reasoning = requests[-2:]
    assert [item.get("type") for item in with_reasoning.json["input"]] == [None, "reasoning", None, None]
    assert (
        with_reasoning.body.replace(
            b'{"id":"rs_4","summary":[{"text":"Look it up.","type":"summary_text"}],"type":"reasoning",'
            b'"encrypted_content":"b3BhcXVl"},',
            b"",
        )
        == without_reasoning.body
    )


def test_what_is_still_refused_without_it_is_an_error(home):
    received, requests = ask_with_reasoning(home, GOOD, UNREADABLE)
    assert "Could not decrypt" in str(received.error)
    assert len(requests) == 3


def test_another_refusal_is_not_repeated(home):
    received, requests = ask_with_reasoning(home, GOOD, Answer.json(400, {"error": "Bad temperature"}))
    assert isinstance(received.error, RefusedError)
    assert len(requests) == 2


# -- sizes -------------------------------------------------------------------------------------------------------------


def test_a_reply_without_end_is_cut_at_its_limit(home):
    delta = {"type": "response.output_text.delta", "item_id": "m", "output_index": 0, "delta": "x" * 1_000_000}
    received = ask_stream(home, *([delta] * 40), done=False)
    assert "longer than 32 MiB" in str(received.error)


def test_items_without_end_are_cut_at_the_same_limit(home):
    item = {"type": "response.output_item.added", "item": {"type": "web_search_call", "x": "x" * 1_000_000}}
    received = ask_stream(home, *({**item, "output_index": number} for number in range(40)), done=False)
    assert "longer than 32 MiB" in str(received.error)
