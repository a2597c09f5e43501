"""The demo searches: `POST /responses` in the API's own wire format, with made-up sources."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from demo_api import BASE_URL, ask_demo, frames
from hypothesis import given
from hypothesis import strategies as st
from support import make_environment

from grokchat.api.demo.tour import reply_parts, reply_text
from grokchat.api.response_builder import ResponseBuilder
from grokchat.api.usage import Usage
from grokchat.messages import DEMO_FINGERPRINT

URL = f"{BASE_URL}/responses"
MESSAGES = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Which Grok is the newest?\nNow."},
]
WEB, X = {"type": "web_search"}, {"type": "x_search"}
FAILING = [
    ("truncate", "response.output_text.delta"),
    ("midstream", "error"),
    ("failed", "response.failed"),
    ("length", "response.incomplete"),
]


def ask(tmp_path, **more: Any) -> httpx.Response:
    """Send a request with the field given, in a stream and with both tools unless told otherwise."""

    async def sleep(_: float) -> None:
        return None

    body = {"model": "grok-x", "input": MESSAGES, "tools": [WEB, X], "store": False, "stream": True, **more}
    return ask_demo(make_environment(tmp_path, sleep=sleep), URL, body)


def events(response: httpx.Response) -> list[Any]:
    return [event for event in frames(response) if event != "[DONE]"]


def streamed_text(response: httpx.Response) -> str:
    return "".join(event["delta"] for event in events(response) if event["type"] == "response.output_text.delta")


def last_response(response: httpx.Response) -> Any:
    return events(response)[-1]["response"]


def message_part(response: Any) -> Any:
    """Return the text part of a response's message."""
    (message,) = (item for item in response["output"] if item["type"] == "message")
    (part,) = message["content"]
    return part


def test_a_reply_begins_as_without_a_search_and_is_a_function_of_the_request_alone(tmp_path):
    """The user's words, a table of the messages received, what was found, a tour."""
    text = streamed_text(ask(tmp_path))
    beginning, tour = reply_parts(MESSAGES, "grok-x")
    assert text.startswith(beginning)
    assert text.endswith(tour)
    assert "]](https://example.org/" in text[len(beginning) : -len(tour)]
    assert ask(tmp_path).content == ask(tmp_path).content
    assert streamed_text(ask(tmp_path, tools=[])) == reply_text(MESSAGES, "grok-x")


def test_events_are_numbered_and_end_with_the_whole_response(tmp_path):
    response = ask(tmp_path)
    all_events = events(response)
    assert frames(response)[-1] == "[DONE]"
    assert [event["sequence_number"] for event in all_events] == list(range(len(all_events)))
    assert [event["type"] for event in all_events[:3]] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
    ]
    assert all_events[-1]["type"] == "response.completed"
    assert message_part(all_events[-1]["response"])["text"] == streamed_text(response)
    assert ask(tmp_path, stream=False).json() == all_events[-1]["response"]


def test_every_item_is_added_and_done_in_its_place(tmp_path):
    response = ask(tmp_path)
    done = [event for event in events(response) if event["type"] == "response.output_item.done"]
    added = [event for event in events(response) if event["type"] == "response.output_item.added"]
    assert [event["output_index"] for event in added] == [event["output_index"] for event in done] == list(range(5))
    assert [event["item"]["id"] for event in added] == [event["item"]["id"] for event in done]
    assert [event["item"] for event in done] == last_response(response)["output"]
    assert [event["item"]["type"] for event in done] == [
        "reasoning",
        "web_search_call",
        "web_search_call",
        "custom_tool_call",
        "message",
    ]


@pytest.mark.parametrize(
    ("tools", "kinds"),
    [
        ([], []),
        ([X], ["custom_tool_call"]),
        ([WEB], ["web_search_call", "web_search_call"]),
        ([{"type": "function", "name": "f", "parameters": {}}], []),
    ],
)
def test_what_is_searched_follows_from_the_tools(tmp_path, tools, kinds):
    output = last_response(ask(tmp_path, tools=tools))["output"]
    assert [item["type"] for item in output if item["type"] not in {"reasoning", "message"}] == kinds


def test_queries_are_the_users_words_and_stand_in_the_finished_item(tmp_path):
    """A query is empty or missing while it is searched for."""
    response = ask(tmp_path)
    items = [event["item"] for event in events(response) if event["type"] == "response.output_item.added"]
    begun = [item.get("action") for item in items if item["type"] == "web_search_call"]
    assert begun == [{"type": "search", "query": "", "sources": []}, None]
    _, search, page, posts, _ = last_response(response)["output"]
    assert search["action"]["query"] == "Which Grok is the newest?"
    assert page["action"]["type"] == "open_page"
    assert (posts["name"], json.loads(posts["input"])["query"]) == ("x_keyword_search", "Which Grok is the newest?")


def test_options_of_a_search_show_in_the_query_and_in_the_text(tmp_path):
    options = {"allowed_x_handles": ["xai"], "from_date": "2026-09-01"}
    response = ask(tmp_path, tools=[{**WEB, "filters": {"allowed_domains": ["x.ai"]}}, {**X, **options}])
    posts = last_response(response)["output"][-2]
    assert json.loads(posts["input"]) | {"limit": "", "mode": ""} == {
        "query": "from:xai Which Grok is the newest?",
        "limit": "",
        "mode": "",
        "from_date": "2026-09-01",
    }
    text = streamed_text(response)
    assert "`allowed_domains`: x.ai" in text
    assert "`from_date`: 2026-09-01" in text
    assert "/xai/status/" in text


def test_annotations_name_the_place_of_each_marker_in_characters(tmp_path):
    """A marker is numbered by its address, and has no title but its number."""
    messages = [{"role": "user", "content": "Größe 😀?"}]
    part = message_part(last_response(ask(tmp_path, input=messages)))
    text, annotations = part["text"], part["annotations"]
    for annotation in annotations:
        marker = text[annotation["start_index"] : annotation["end_index"]]
        assert marker == f"[[{annotation['title']}]]({annotation['url']})"
    assert [annotation["title"] for annotation in annotations] == ["1", "2", "1", "3", "4"]
    assert text.count("]](") == len(annotations)
    assert any("(" in annotation["url"] for annotation in annotations)


def test_sources_are_on_hosts_that_are_reserved_for_examples(tmp_path):
    urls = [annotation["url"] for annotation in message_part(last_response(ask(tmp_path)))["annotations"]]
    assert {urlsplit(url).hostname for url in urls} <= {"example.org", "example.com", "x.example"}


def test_without_inline_citations_the_annotations_are_all_pages_met(tmp_path):
    part = message_part(last_response(ask(tmp_path, include=["no_inline_citations"])))
    assert "]](" not in part["text"]
    assert {(annotation["start_index"], annotation["end_index"]) for annotation in part["annotations"]} == {(0, 0)}
    assert all(annotation["title"] == annotation["url"] for annotation in part["annotations"])
    assert len(part["annotations"]) == 5


def test_usage_is_the_sum_of_the_steps_names_the_tools_and_costs_nothing(tmp_path):
    response = last_response(ask(tmp_path))
    usage = Usage.from_api(response["usage"])
    assert usage.tool_counts == {"web_search_calls": 2, "x_search_calls": 1, "x_posts_fetched": 12}
    assert usage.cost_ticks is None
    assert 0 < usage.context < usage.prompt
    assert response["usage"]["total_tokens"] == usage.prompt + usage.completion + usage.reasoning
    plain = Usage.from_api(last_response(ask(tmp_path, tools=[]))["usage"])
    assert plain.context == plain.prompt
    assert plain.tool_counts == {}


def test_the_client_reads_the_stream_as_it_reads_the_apis(tmp_path):
    """Text, reasoning, what is searched, sources, usage, and that it is the demo."""
    response = ask(tmp_path)
    builder = ResponseBuilder()
    activities = [builder.feed(event).activity for event in events(response)]
    builder.end()
    assert builder.text == message_part(last_response(response))["text"]
    assert builder.reasoning == "The user asks, and I look it up. "
    assert list(dict.fromkeys(filter(None, activities))) == [
        "searching the web",
        'searching the web: "Which Grok is the newest?"',
        "reading example.org",
        "searching X",
        'searching X: "Which Grok is the newest?"',
    ]
    assert [source.number for source in builder.sources] == [1, 2, 3, 4]
    assert builder.api_object() == last_response(response)
    assert builder.system_fingerprint == DEMO_FINGERPRINT


def test_input_items_are_read_back_into_messages(tmp_path):
    items = [
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Be brief."}]},
        {"role": "user", "content": [{"type": "input_image", "image_url": "https://example.org/a.png"}]},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "1"},
        {"role": "assistant", "content": [{"type": "output_text", "text": "One."}]},
        {"role": "user", "content": [{"type": "input_text", "text": "And\nnow?"}]},
    ]
    text = streamed_text(ask(tmp_path, input=items, instructions="Hello."))
    roles = ["system", "developer", "user", "assistant", "tool", "assistant", "user"]
    assert text.startswith("You said: And\n")
    assert "".join(f"| {number} | {role} |\n" for number, role in enumerate(roles, 1)) in text
    assert streamed_text(ask(tmp_path, input="And\nnow?")).startswith("You said: And\n")


@pytest.mark.parametrize(
    "wrong",
    [
        {"input": None},
        {"input": {}},
        {"input": ["hi"]},
        {"input": [{"role": 5, "content": "hi"}]},
        {"input": [{"role": "user", "content": 5}]},
        {"input": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
        {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": {"url": "x"}}]}]},
        {"input": [{"type": "function_call", "name": "f"}]},
        {"model": 5},
        {"stream": "yes"},
        {"tools": {}},
        {"tools": ["web_search"]},
        {"include": "x"},
    ],
    ids=str,
)
def test_a_field_of_a_wrong_type_is_refused_as_the_api_refuses_it(tmp_path, wrong):
    response = ask(tmp_path, **wrong)
    assert response.status_code == 422
    assert "Failed to deserialize the JSON body into the target type" in response.json()["error"]
    assert next(iter(wrong)) in response.json()["error"]


@pytest.mark.parametrize("name", ["n", "stop", "seed", "messages", "stream_options", "deferred"])
def test_a_parameter_that_the_endpoint_does_not_have_is_refused(tmp_path, name):
    response = ask(tmp_path, **{name: 1})
    assert (response.status_code, response.json()["error"]) == (400, f"Argument not supported: {name}")


def test_encrypted_reasoning_comes_with_the_default_model_or_if_asked_for_and_goes_back_unchanged(tmp_path):
    """A changed one is refused, as at the API."""
    reasoning = last_response(ask(tmp_path, model="grok-4.7"))["output"][0]
    asked = last_response(ask(tmp_path, include=["reasoning.encrypted_content"]))["output"][0]
    assert reasoning["encrypted_content"] == asked["encrypted_content"]
    assert "encrypted_content" not in last_response(ask(tmp_path))["output"][0]
    assert ask(tmp_path, input=[reasoning, *MESSAGES]).status_code == 200
    refused = ask(tmp_path, input=[{**reasoning, "encrypted_content": "x"}, *MESSAGES])
    assert refused.status_code == 400
    assert "Could not decrypt" in refused.json()["error"]


# -- faults ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fault", "last"), FAILING)
def test_a_reply_that_breaks_off(tmp_path, fault, last):
    response = ask(tmp_path, demo_fault=fault)
    assert events(response)[-1]["type"] == last
    assert ("[DONE]" in response.text) == (fault in {"failed", "length"})
    whole = streamed_text(ask(tmp_path))
    assert whole.startswith(streamed_text(response))
    assert 0 < len(streamed_text(response)) < len(whole)
    assert "[[1]](https://" in streamed_text(response)  # what a cut reply cites is known from its text


@pytest.mark.parametrize(
    ("fault", "status"), [("failed", "failed"), ("length", "incomplete"), ("midstream", "completed")]
)
def test_the_status_of_a_reply_in_one_piece(tmp_path, fault, status):
    response = ask(tmp_path, demo_fault=fault, stream=False)
    assert (response.status_code, response.json()["status"]) == (200, status)
    assert (response.json()["error"] is not None) == (fault == "failed")
    assert (response.json()["incomplete_details"] is not None) == (fault == "length")


def test_no_capacity_is_the_first_event_or_a_429(tmp_path):
    (event,) = events(ask(tmp_path, demo_fault="capacity"))
    assert (event["type"], event["sequence_number"]) == ("error", 0)
    refused = ask(tmp_path, demo_fault="capacity", stream=False)
    assert (refused.status_code, refused.json()) == (429, event)


@pytest.mark.parametrize(("fault", "kinds"), [("empty", set()), ("thinking", {"reasoning"})])
def test_a_reply_without_text_has_searched_all_the_same(tmp_path, fault, kinds):
    output = last_response(ask(tmp_path, demo_fault=fault))["output"]
    assert {item["type"] for item in output} == {"web_search_call", "custom_tool_call", *kinds}


@pytest.mark.parametrize(("fault", "status"), [("unsupported", 404), ("503", 503), ("retry_later", 429), ("html", 200)])
def test_a_request_that_fails_as_a_whole(tmp_path, fault, status):
    response = ask(tmp_path, demo_fault=fault)
    assert response.status_code == status
    assert "response.created" not in response.text


def test_another_model_serves_the_request(tmp_path):
    assert last_response(ask(tmp_path, demo_fault="redirect"))["model"] == "grok-demo-successor"


def test_five_hundred_sources_some_of_them_hostile(tmp_path):
    """Control codes, schemes that are no page's, 10,000 letters, blanks and brackets in an address; titles too."""
    annotations = message_part(last_response(ask(tmp_path, demo_fault="sources")))["annotations"]
    urls = {annotation["url"] for annotation in annotations}
    assert len(urls) >= 500
    assert any("\x1b" in url for url in urls)
    assert any(url.startswith("javascript:") for url in urls)
    assert max(map(len, urls)) > 10_000
    assert any("\x1b" in annotation["title"] for annotation in annotations)


def test_a_search_takes_a_second_or_two(tmp_path):
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    body = {"input": MESSAGES, "tools": [WEB, X], "stream": True}
    ask_demo(make_environment(tmp_path, sleep=sleep), URL, body)
    assert sum(wait for wait in waits if wait > 0.5) == pytest.approx(3 * 1.5)
    assert sum(waits) < 30


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
TOOLS = st.fixed_dictionaries(
    {"type": st.sampled_from(["web_search", "x_search"])},
    optional={
        "filters": JSON,
        "allowed_x_handles": JSON,
        "from_date": JSON,
        "{0}": JSON,
    },
)
ITEMS = st.fixed_dictionaries({}, optional={"role": JSON | st.text(), "content": JSON, "type": JSON, "summary": JSON})
FIELDS = {
    "model": JSON,
    "stream": JSON,
    "demo_fault": JSON | st.sampled_from(["sources", "length", "failed", "thinking"]),
    "input": JSON | st.lists(ITEMS, max_size=3),
    "tools": JSON | st.lists(TOOLS, max_size=2),
    "include": JSON,
    "instructions": JSON,
}


@given(JSON | st.fixed_dictionaries({}, optional=FIELDS))
def test_every_request_gets_a_response(tmp_path_factory, body):
    """Every response is readable for a client; none is a traceback."""

    async def sleep(_: float) -> None:
        return None

    environment = make_environment(tmp_path_factory.getbasetemp(), sleep=sleep)

    assert ask_demo(environment, URL, body).status_code in {200, 400, 422, *range(300, 600)}
