"""Exported programs with search, run with their real clients: the request, the sources, and every ending."""

from __future__ import annotations

import json
from typing import Any

import pytest
from client_programs import REPLY, TEXTS, asked, grpc_api, major, needs, run
from export_sources import EVERYTHING, SEARCH_OPTIONS, SEARCH_PARAMS, TOOL, call, source
from fake_api import Answer, frames
from fake_responses import citation, met, numbered, reasoning, response, response_events, response_frames, web_search
from fake_responses import message as answer_item
from fake_responses import x_search as x_search_item
from hypothesis import given
from support import KEY
from test_clients import HALVES, as_items, as_message, expected, few, in_parts, many_messages

from grokchat.export.source import Source
from grokchat.messages import ReplyInfo

OPENAI = ("openai-python", "openai-js")
OVER_HTTP = (*OPENAI, "ai-sdk")
PAGES = ("https://example.com/a_(b)", "https://x.example/i/status/1")
CITED = [citation(url, number, 0, 3) for number, url in enumerate((*PAGES, PAGES[0]), 1)]
"""Three markers; the first page is cited twice, and keeps the first of its numbers."""
SOURCES = f"[1] {PAGES[0]}\n[2] {PAGES[1]}\n"
CALLS = [web_search("grok", *PAGES), x_search_item("grok 4.7"), reasoning("Let me see.")]


def search(conversation: Any, **more: Any) -> Source:
    return source(conversation, **{"search": "all", "search_options": SEARCH_OPTIONS, "params": SEARCH_PARAMS, **more})


def found(*, stream: bool, annotations: list[Any] = CITED, **more: Any) -> Answer:
    """Return a reply that searched, with these annotations of its text."""
    items = [*CALLS, answer_item(REPLY, *annotations)]
    if stream:
        return Answer([response_frames(*items, deltas=TEXTS, done=False, **more)])
    return Answer.json(200, response(*items, **more))


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("client", OPENAI)
@pytest.mark.parametrize("conversation", [EVERYTHING, HALVES], ids=["everything", "halves"])
def test_openais_clients_search(client, conversation, stream, tmp_path):
    """The very request arrives at /responses; the reply is printed, and on stderr its sources, numbered as cited."""
    needs(client)
    what = search(conversation, stream=stream)
    ended, [request] = asked(client, what, tmp_path, found(stream=stream))
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, REPLY + "\n", SOURCES)
    assert request.json == json.loads(what.body)
    assert (request.method, request.path) == ("POST", "/v1/responses")
    assert request.headers["x-grok-conv-id"] == "conv-1"
    assert request.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("client", OPENAI)
@few
@given(conversation=many_messages)
def test_any_messages_arrive_with_search(client, conversation, tmp_path_factory):
    """Whatever is in a message, and however many there are."""
    needs(client)
    what = search(conversation)
    ended, [request] = asked(client, what, tmp_path_factory.mktemp("any"), found(stream=True))
    assert (ended.returncode, ended.stderr) == (0, SOURCES)
    assert request.json == json.loads(what.body)


@pytest.mark.parametrize("client", OPENAI)
@pytest.mark.parametrize("kind", ["json_object", "json_schema"])
def test_openais_clients_ask_for_json_with_search(client, kind, tmp_path):
    """What a reply has to look like, and the function to call, are under the names of /responses."""
    needs(client)
    schema = {"name": "n", "schema": {"type": "object", "properties": {"__proto__": {}}}, "strict": True}
    wanted = {"type": kind, **({"json_schema": schema} if kind == "json_schema" else {})}
    choice = {"type": "function", "function": {"name": "weather"}}
    what = search(EVERYTHING[:3], params={"response_format": wanted, "tools": [TOOL], "tool_choice": choice})
    _, [request] = asked(client, what, tmp_path, found(stream=True))
    assert request.json == json.loads(what.body)
    assert request.json["tool_choice"] == {"type": "function", "name": "weather"}


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("client", OVER_HTTP)
def test_pages_that_are_not_cited(client, stream, tmp_path):
    """Pages that the model met, and does not cite, have no number."""
    needs(client)
    annotations = [met(url) for url in (*PAGES, PAGES[0])]
    ended, _ = asked(
        client, search(EVERYTHING[:3], stream=stream), tmp_path, found(stream=stream, annotations=annotations)
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, REPLY + "\n", f"{PAGES[0]}\n{PAGES[1]}\n")


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("client", OVER_HTTP)
def test_an_incomplete_reply(client, stream, tmp_path):
    """A reply that was cut is printed with its sources, and reported with the reason."""
    needs(client)
    details = {"incomplete_details": {"reason": "max_output_tokens"}, "status": "incomplete"}
    cut = found(stream=stream, **details, **({"ending": "incomplete"} if stream else {}))
    ended, _ = asked(client, search(EVERYTHING[:3], stream=stream), tmp_path, cut)
    assert (ended.returncode, ended.stdout) == (0, REPLY + "\n")
    reason = "incomplete" if client == "ai-sdk" and not stream else "max_output_tokens"
    assert ended.stderr == f"{SOURCES}The reply is incomplete: {reason}\n"


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("client", OVER_HTTP)
def test_a_failed_reply(client, stream, tmp_path):
    """A reply that failed is a failure, though the client does not raise it; what it says is reported."""
    needs(client)
    failure = {"error": {"code": "server_error", "message": "Out of luck."}, "status": "failed"}
    failed = found(stream=stream, **failure, **({"ending": "failed"} if stream else {}))
    ended, _ = asked(client, search(EVERYTHING[:3], stream=stream), tmp_path, failed)
    assert ended.returncode == 1
    assert ended.stdout == REPLY + "\n"
    assert "The reply failed" in ended.stderr or (client == "ai-sdk" and "Out of luck." in ended.stderr)
    assert "Out of luck." in ended.stderr or client == "ai-sdk"


@pytest.mark.parametrize("client", OVER_HTTP)
def test_an_error_event(client, tmp_path):
    """XAI's flat error event, which the clients do not raise, is a failure with its words."""
    needs(client)
    began = response_events(*CALLS, answer_item(REPLY), deltas=TEXTS)[:-3]
    error = {"type": "error", "code": None, "message": "Internal error during token generation", "param": None}
    what = search(EVERYTHING[:3])
    ended, [_] = asked(client, what, tmp_path, Answer([frames(*numbered([*began, error]), done=False)]))
    assert ended.returncode == 1
    assert ended.stdout == REPLY + "\n"
    assert "Internal error during token generation" in ended.stderr


@pytest.mark.parametrize("client", OVER_HTTP)
def test_a_search_that_breaks_off(client, tmp_path):
    """A stream without its last event is printed as far as it was received, and is a failure."""
    needs(client)
    events = response_events(*CALLS, answer_item(REPLY), deltas=TEXTS)
    first = next(number for number, event in enumerate(events) if event["type"] == "response.output_text.delta")
    ended, [_] = asked(client, search(EVERYTHING[:3]), tmp_path, Answer([frames(*events[: first + 1], done=False)]))
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "Hel\n", "The reply broke off.\n")


@pytest.mark.parametrize("client", OVER_HTTP)
@pytest.mark.parametrize("status", [400, 503])
def test_a_refused_search(client, status, tmp_path):
    """A program fails with what the API said; it repeats nothing, which would be billed again."""
    needs(client)
    refusal = Answer.json(status, {"code": "some-code", "error": "No such thing."})
    ended, [_] = asked(client, search(EVERYTHING[:3]), tmp_path, refusal)
    assert ended.returncode != 0
    assert "No such thing." in ended.stderr
    assert KEY not in ended.stderr


@pytest.mark.parametrize("client", OVER_HTTP)
def test_what_no_client_knows_yet(client, tmp_path):
    """Events and items of unknown types are skipped."""
    needs(client)
    events = response_events(answer_item(REPLY, *CITED), deltas=TEXTS)
    new = {"type": "novel_call", "id": "n_1", "status": "completed"}
    unknown = [{"type": "ping"}, {"type": "response.doom_loop_check", "score": 1}]
    unknown += [
        {"type": f"response.output_item.{stage}", "output_index": 7, "item": new} for stage in ("added", "done")
    ]
    everything = frames(*numbered([*events[:2], *unknown, *events[2:]]))
    ended, _ = asked(client, search(EVERYTHING[:3]), tmp_path, Answer([everything]))
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, REPLY + "\n", SOURCES)


# -- the AI SDK --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_the_ai_sdk_searches(stream, tmp_path):
    """Every message arrives at /responses in order, with the search tools and their options, and those of the user."""
    needs("ai-sdk")
    what = search(EVERYTHING, stream=stream)
    ended, [request] = asked("ai-sdk", what, tmp_path, found(stream=stream))
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, REPLY + "\n", SOURCES)
    assert request.path == "/v1/responses"
    assert as_items(request.json) == expected(EVERYTHING)
    assert request.headers["x-grok-conv-id"] == "conv-1"
    image = {"enable_image_understanding": True}
    days = {"from_date": "2026-01-02", "to_date": "2026-10-31"}
    assert request.json["tools"] == [
        {"type": "web_search", "allowed_domains": SEARCH_OPTIONS["allowed_domains"], **image},
        {"type": "x_search", "allowed_x_handles": SEARCH_OPTIONS["allowed_x_handles"], **days, **image},
        {"type": "function", **TOOL["function"]},
    ]
    wanted = {"temperature": 0.25, "top_p": 0.5, "max_output_tokens": 1000, "reasoning": {"effort": "low"}}
    wanted |= {"store": False, "tool_choice": "auto", "model": "grok-4.7"}
    assert {key: request.json[key] for key in wanted} == wanted
    if major("@ai-sdk/xai") > 3:
        assert (request.json["max_turns"], request.json["user"]) == (4, "someone")


def test_the_ai_sdk_sends_encrypted_reasoning(tmp_path):
    """What the model thought goes back before its reply; a summary that the SDK would change does not."""
    needs("ai-sdk")
    items = [reasoning("So\nit is.", encrypted="c2VjcmV0"), reasoning("", encrypted="b3RoZXI=", number=5)]
    items[1]["summary"] = []
    odd = {**items[0], "id": "rs_9", "summary": [{"type": "summary_text", "text": part} for part in "ab"]}
    conversation = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "Hello."}] * 2
    replies = {
        1: ReplyInfo(encrypted_reasoning={"model": "grok-4.7", "items": [*items, odd]}),
        3: ReplyInfo(encrypted_reasoning={"model": "another", "items": items}),
    }
    what = search(conversation, replies=replies, params={})
    sent = [item for item in json.loads(what.body)["input"] if item.get("type") == "reasoning"]
    _, [request] = asked("ai-sdk", what, tmp_path, found(stream=True))
    arrived = [{**item} for item in request.json["input"] if item.get("type") == "reasoning"]
    assert [item.pop("status") for item in arrived] == ["completed"] * 2
    assert arrived == sent[:2]
    assert request.json["input"][1]["type"] == "reasoning"


# -- xAI's own client --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_xais_client_searches(stream, tmp_path):
    """Messages, the search tools with their options, citations in the text, and a bound on the rounds arrive."""
    needs("xai-sdk")
    from xai_sdk.proto import chat_pb2

    with grpc_api(cited=PAGES, met=["https://example.org/"]) as (host, requests):
        ended = run("xai-sdk", search(EVERYTHING, stream=stream), tmp_path, XAI_API_KEY=KEY, XAI_API_HOST=host)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, REPLY + "\n", SOURCES)
        [(method, request, metadata)] = requests
    sent = [{key: value for key, value in message.items() if key != "reasoning_content"} for message in EVERYTHING]
    assert [as_message(message) for message in request.messages] == [in_parts(message) for message in sent]
    assert method == ("GetCompletionChunk" if stream else "GetCompletion")
    assert metadata["x-grok-conv-id"] == "conv-1"
    web, x, own = request.tools
    assert list(web.web_search.allowed_domains) == SEARCH_OPTIONS["allowed_domains"]
    assert web.web_search.enable_image_understanding
    assert list(x.x_search.allowed_x_handles) == SEARCH_OPTIONS["allowed_x_handles"]
    assert x.x_search.from_date.ToJsonString() == "2026-01-02T00:00:00Z"
    assert x.x_search.to_date.ToJsonString() == "2026-10-31T00:00:00Z"
    assert x.x_search.enable_image_understanding
    assert own.function.name == "weather"
    assert list(request.include) == [chat_pb2.IncludeOption.INCLUDE_OPTION_INLINE_CITATIONS]
    assert (request.max_turns, request.max_tokens, request.reasoning_effort) == (4, 1000, 1)
    assert request.store_messages is False


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_xais_client_says_how_a_search_ended(stream, tmp_path):
    """Pages that are not cited have no number; a cut reply is reported, and one without its end is a failure."""
    needs("xai-sdk")
    what = search(EVERYTHING[:3], stream=stream, params={"include": ["no_inline_citations"]})
    with grpc_api(met=PAGES, finish="REASON_MAX_LEN") as (host, requests):
        ended = run("xai-sdk", what, tmp_path, XAI_API_KEY=KEY, XAI_API_HOST=host)
        [(_, request, _)] = requests
    assert (ended.returncode, ended.stdout) == (0, REPLY + "\n")
    assert ended.stderr == f"{PAGES[0]}\n{PAGES[1]}\nThe reply is incomplete: REASON_MAX_LEN\n"
    assert list(request.include) == []
    with grpc_api(finish="REASON_INVALID") as (host, _):
        ended = run("xai-sdk", what, tmp_path, XAI_API_KEY=KEY, XAI_API_HOST=host)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, REPLY + "\n", "The reply broke off.\n")


def test_options_that_xais_client_refuses_are_not_put_to_it(tmp_path):
    """Options of another type, days that there are not, and halves of characters are comments; the search is made."""
    needs("xai-sdk")
    options = {"from_date": "2026-02-30", "to_date": "soon", "allowed_x_handles": "xai", "excluded_x_handles": ["a", 1]}
    own = [{"type": "web_search", "allowed_domains": ["\ud800"]}, {"type": "code_interpreter"}, 5, call("f", "{}", "c")]
    what = search(EVERYTHING[:3], search="x", search_options=options, params={"tools": own, "max_turns": "many"})
    with grpc_api() as (host, requests):
        ended = run("xai-sdk", what, tmp_path, XAI_API_KEY=KEY, XAI_API_HOST=host)
        assert (ended.returncode, ended.stderr) == (0, "")
        [(_, request, _)] = requests
    [tool] = request.tools
    assert tool.WhichOneof("tool") == "x_search"
    assert not tool.x_search.HasField("from_date")
    assert not request.HasField("max_turns")
