"""The offline stand-in: replies are a function of the request alone, in the API's own wire format."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import httpx
import pytest
from demo_api import URL, ask_demo, frames
from hypothesis import given
from hypothesis import strategies as st
from support import err, make_environment, run_cli

from grokchat.api.demo.tour import reply_text
from grokchat.api.demo.transport import DemoTransport
from grokchat.api.reply_builder import ReplyBuilder
from grokchat.commands.declare import Call, parse_line
from grokchat.commands.registry import by_name
from grokchat.message_summaries import write_instruction

MESSAGES = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hello\nin two lines"},
    {"role": "assistant", "content": "Hi."},
    {"role": "user", "content": [{"type": "text", "text": "And now?\nMore."}]},
    {"role": "system", "content": "Be briefer."},
]


def ask(tmp_path, *, messages: Any = MESSAGES, path: str = URL, method: str = "POST", **more: Any) -> httpx.Response:
    return ask_demo(make_environment(tmp_path), path, {"model": "grok-x", "messages": messages, **more}, method)


def deltas(response: httpx.Response, key: str = "content") -> str:
    chunks = [event for event in frames(response) if event != "[DONE]" and event.get("choices")]
    return "".join(event["choices"][0]["delta"].get(key, "") for event in chunks)


def test_the_first_line_repeats_the_user():
    """The first line is `You said: ` and the first line of the last user message."""
    assert reply_text(MESSAGES).split("\n")[0] == "You said: And now?"
    assert reply_text(MESSAGES[:2]).split("\n")[0] == "You said: Hello"
    assert reply_text(MESSAGES[:1]).split("\n")[0] == "You said: "


def test_a_table_of_the_messages_follows():
    """Then a Markdown table of the messages received, in order, with number and role."""
    lines = reply_text(MESSAGES).split("\n")
    assert lines[1:4] == ["", "| # | role |", "|--:|------|"]
    assert lines[4:9] == ["| 1 | system |", "| 2 | user |", "| 3 | assistant |", "| 4 | user |", "| 5 | system |"]
    assert lines[9] == ""


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_short_tour_follows_another_part_of_it_at_each_turn(turn):
    """Then a short tour (a list, a code block, how to get a key), short enough to be read."""
    tours = [tour_of(turn) for turn in (turn, turn + 1)]
    assert tours[0] != tours[1]
    assert "\n- " in tours[0]
    assert "\n```python\n" in tours[0]
    assert "https://console.x.ai" in tours[0]
    assert "XAI_API_KEY" in tours[0]
    assert tours[0].count("\n") < 40
    code = re.findall(r"(?s)```\w+\n(.*?)```", tours[0])
    assert max(len(line) for block in code for line in block.split("\n")) < 80


def test_a_muted_question_does_not_repeat_a_part_of_the_tour():
    question, reply = {"role": "user", "content": "x"}, {"role": "assistant", "content": "x"}
    after_mute = reply_text([reply, question]).partition("| 2 | user |")[2]
    assert after_mute == tour_of(2)
    assert reply_text([question, reply]).endswith(tour_of(1))  # a /continue


def test_a_summary_lists_what_it_was_given():
    """The request is known by its last message alone."""
    messages = [*MESSAGES, {"role": "user", "content": write_instruction("the numbers")}]
    assert reply_text(messages).split("\n") == [
        "A made-up summary of 5 messages:",
        "",
        "- system: Be brief.",
        "- user: Hello in two lines",
        "- assistant: Hi.",
        "- user: And now? More.",
        "- system: Be briefer.",
        "",
    ]
    assert reply_text([*messages, *MESSAGES[:2]]).startswith("You said: Hello")


def test_models_that_are_asked_the_same_reply_differently():
    texts = [reply_text(MESSAGES, model) for model in ("grok-4.7", "grok-4.3", "grok-4.3-fast", "a`b")]
    assert len(set(texts)) == len(texts)
    assert len({text.split("\n")[0] for text in texts}) == 1
    assert all("```" in text and "console.x.ai" in text for text in texts)


def tour_of(turn: int) -> str:
    """Return what follows the table in the reply to the user message of this number."""
    messages = [{"role": "assistant" if number % 2 else "user", "content": "x"} for number in range(2 * turn - 1)]
    return reply_text(messages).partition(f"| {2 * turn - 1} | user |")[2]


def test_the_tour_shows_everything_that_markdown_has_and_what_can_be_done_to_the_list():
    tour = "".join(map(tour_of, range(1, 5)))
    marks = (
        "## ",
        "    - ",
        "- [x] ",
        "- [ ] ",
        "|:--",
        "```json",
        "```rust",
        "```sh",
        "$$",
        "$r$",
        "\n> ",
        "](",
        "1. ",
    )
    assert [mark for mark in marks if mark not in tour] == []
    assert [line for line in ("/mute 1", "/edit", "/request diff", "/export curl", "/undo") if line not in tour] == []
    for line in re.findall(r"`(/[^`]+)`", tour):
        assert isinstance(parse_line(line, by_name()), Call)


def test_a_reply_is_a_function_of_the_request_alone(tmp_path):
    first, second = ask(tmp_path, stream=True), ask(tmp_path, stream=True)
    assert first.content == second.content
    assert ask(tmp_path).content == ask(tmp_path).content


def test_complete(tmp_path):
    response = ask(tmp_path)
    reply = response.json()
    assert response.status_code == 200
    assert (reply["object"], reply["model"]) == ("chat.completion", "grok-x")
    assert reply["choices"][0]["message"]["content"] == reply_text(MESSAGES, "grok-x")
    assert reply["choices"][0]["finish_reason"] == "stop"
    assert reply["usage"]["total_tokens"] == reply["usage"]["prompt_tokens"] + reply["usage"]["completion_tokens"]


def test_streamed(tmp_path):
    response = ask(tmp_path, stream=True, stream_options={"include_usage": True})
    assert response.headers["content-type"] == "text/event-stream"
    *chunks, ending, usage, done = frames(response)
    assert done == "[DONE]"
    assert (usage["choices"], usage["usage"]) == ([], ask(tmp_path).json()["usage"])
    assert ending["choices"][0]["finish_reason"] == "stop"
    assert len(chunks) > 20
    assert deltas(response) == reply_text(MESSAGES, "grok-x")
    assert {event["object"] for event in chunks} == {"chat.completion.chunk"}


def test_the_stream_makes_the_complete_reply(tmp_path):
    """The client builds the same reply from the stream as from the complete response."""
    builder = ReplyBuilder()
    for chunk in frames(ask(tmp_path, stream=True, stream_options={"include_usage": True})):
        if chunk != "[DONE]":
            builder.feed(chunk)
    assert builder.text == ask(tmp_path).json()["choices"][0]["message"]["content"]


def test_usage_only_if_it_is_asked_for(tmp_path):
    assert not any("usage" in event for event in frames(ask(tmp_path, stream=True)) if event != "[DONE]")


def test_messages_before_the_last_one_count_as_cached(tmp_path):
    """Usage is reported, and costs nothing."""
    usage = ask(tmp_path).json()["usage"]
    assert 0 < usage["prompt_tokens_details"]["cached_tokens"] < usage["prompt_tokens"]
    assert "cost_in_usd_ticks" not in usage


@pytest.mark.parametrize(("method", "path"), [("GET", URL), ("POST", "https://demo.invalid/v1/nothing")])
def test_any_other_route_is_not_found(tmp_path, method, path):
    response = ask(tmp_path, method=method, path=path)
    assert response.status_code == 404
    assert "error" in response.json()


@pytest.mark.parametrize("status", ["429", "503", "400", 500])
def test_fault_status(tmp_path, status):
    response = ask(tmp_path, demo_fault=status)
    assert response.status_code == int(status)
    assert str(status) in response.json()["error"]


def test_fault_retry_later(tmp_path):
    response = ask(tmp_path, demo_fault="retry_later")
    assert (response.status_code, response.headers["retry-after"]) == (429, "600")


def test_fault_html(tmp_path):
    response = ask(tmp_path, demo_fault="html", stream=True)
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html")


def test_fault_truncate(tmp_path):
    """The connection closes in mid-reply: neither a finish_reason nor [DONE]."""
    response = ask(tmp_path, demo_fault="truncate", stream=True)
    assert "[DONE]" not in response.text
    assert not any(event["choices"][0].get("finish_reason") for event in frames(response))
    assert reply_text(MESSAGES, "grok-x").startswith(deltas(response))
    assert deltas(response)


def test_fault_midstream(tmp_path):
    *_, last = frames(ask(tmp_path, demo_fault="midstream", stream=True))
    assert last["error"] == "The model stopped responding."


@pytest.mark.parametrize(("fault", "finish"), [("empty", "stop"), ("thinking", "stop"), ("length", "length")])
@pytest.mark.parametrize("stream", [True, False])
def test_faults_of_the_reply_itself(tmp_path, fault, finish, stream):
    response = ask(tmp_path, demo_fault=fault, stream=stream)
    if stream:
        text, reasoning, ending = deltas(response), deltas(response, "reasoning_content"), frames(response)[-2]
    else:
        ending = response.json()
        message = ending["choices"][0]["message"]
        text, reasoning = message["content"], message.get("reasoning_content", "")
    assert ending["choices"][0]["finish_reason"] == finish
    assert bool(text) == (fault == "length")
    assert bool(reasoning) == (fault == "thinking")
    assert reply_text(MESSAGES, "grok-x").startswith(text)


def test_fault_redirect(tmp_path):
    """Another model serves the request, and the response names it."""
    assert ask(tmp_path, demo_fault="redirect").json()["model"] != "grok-x"


def test_fault_slow(tmp_path):
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async def go() -> None:
        environment = make_environment(tmp_path, sleep=sleep)
        async with httpx.AsyncClient(transport=DemoTransport(environment)) as client:
            await client.post(URL, json={"messages": MESSAGES, "demo_fault": "slow", "stream": True})

    asyncio.run(go())
    assert waits[0] == 3.0
    assert len(waits) > 20


# -- requests that are not what they should be -------------------------------------------------------------------------

WRONG = [
    {"stream_options": 1},
    {"stream_options": "include_usage"},
    {"stream_options": [1]},
    {"stream": "yes"},
    {"model": 5},
    {"model": {}},
    {"messages": None},
    {"messages": {}},
    {"messages": ["hi"]},
    {"messages": [{"role": 5, "content": "hi"}]},
    {"messages": [{"role": "user", "content": 5}]},
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_field_of_a_wrong_type_is_refused_as_the_api_refuses_it(tmp_path, wrong):
    response = ask(tmp_path, **wrong)
    assert response.status_code == 422
    assert "Failed to deserialize the JSON body into the target type" in response.json()["error"]
    assert next(iter(wrong)) in response.json()["error"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"1", b'"x"', b"\xff", b"[" * 100_000, b'{"x":' + b"1" * 5000 + b"}"]
)
def test_an_invalid_body_is_refused(tmp_path, body):
    environment = make_environment(tmp_path)

    async def go() -> httpx.Response:
        async with httpx.AsyncClient(transport=DemoTransport(environment)) as client:
            return await client.post(URL, content=body)

    assert asyncio.run(go()).status_code in {400, 422}


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("options", [None, {}, {"include_usage": None}, {"include_usage": [1]}])
def test_stream_options_of_any_object_get_a_reply(tmp_path, options, stream):
    response = ask(tmp_path, stream=stream, stream_options=options)
    assert response.status_code == 200
    assert "You said: And now?" in (deltas(response) if stream else response.text)


def test_a_lone_surrogate_is_returned_unchanged(tmp_path):
    """JSON escapes can express half a surrogate pair; UTF-8 cannot."""
    environment = make_environment(tmp_path)
    body = json.dumps({"model": "\ud83d", "messages": [{"role": "user", "content": "\udc00"}]}).encode()

    async def go() -> httpx.Response:
        async with httpx.AsyncClient(transport=DemoTransport(environment)) as client:
            return await client.post(URL, content=body)

    reply = json.loads(asyncio.run(go()).content)
    assert reply["model"] == "\ud83d"
    assert reply["choices"][0]["message"]["content"].startswith("You said: \udc00\n")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
FIELDS = {
    "model": JSON,
    "stream": JSON,
    "stream_options": JSON,
    "demo_fault": JSON,
    "messages": JSON | st.lists(st.fixed_dictionaries({}, optional={"role": JSON | st.text(), "content": JSON})),
    "n": JSON,
}


@given(JSON | st.fixed_dictionaries({}, optional=FIELDS))
def test_every_request_gets_a_response(tmp_path_factory, body):
    """Every response is readable for a client; none is a traceback."""

    async def sleep(_: float) -> None:
        return None

    environment = make_environment(tmp_path_factory.getbasetemp(), sleep=sleep)

    response = ask_demo(environment, URL, body)
    assert response.status_code in {200, 400, 422} or 300 <= response.status_code < 600


@pytest.mark.parametrize("option", ["stream_options=1", "stream_options=[]", 'stream_options="x"'])
def test_a_wrong_parameter_is_not_reported_as_a_bug(tmp_path, option):
    code, environment = run_cli(tmp_path, None, "--demo", "-p", "-o", option, "hi")
    assert code == 1
    assert "stream_options" in err(environment).splitlines()[-1]
    assert "bug" not in err(environment)
