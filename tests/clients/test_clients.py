"""Exported programs, run with their real clients: what arrives is this very request, what they print is the reply."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from client_programs import REPLY, answer, asked, grpc_api, major, needs, node_major, run
from export_sources import EVERYTHING, PARAMS, TOOL, call, meant, messages, source
from fake_api import Answer
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from support import KEY

OVER_HTTP = ("openai-python", "openai-js", "ai-sdk")
HALVES = [{"role": "user", "content": "half \ud83d a sign", "name": "\udc00"}]
"""Lone surrogates: what JSON can say and UTF-8 cannot."""

few = settings(
    max_examples=max(2, settings.default.max_examples // 50),
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
many_messages = st.lists(messages, min_size=10, max_size=60)


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("client", ["openai-python", "openai-js"])
@pytest.mark.parametrize("conversation", [EVERYTHING, HALVES], ids=["everything", "halves"])
def test_openais_clients_make_this_very_request(client, conversation, stream, tmp_path):
    """Body, conversation and key arrive as grokchat sends them; the reply alone is printed."""
    needs(client)
    what = source(conversation, stream=stream, params=PARAMS)
    ended, requests = asked(client, what, tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, REPLY + "\n", "")
    [request] = requests
    assert request.json == json.loads(what.body)
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert request.headers["x-grok-conv-id"] == "conv-1"
    assert request.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("client", ["openai-python", "openai-js"])
@few
@given(conversation=many_messages)
def test_any_messages_arrive_as_they_are(client, conversation, tmp_path_factory):
    """Whatever is in a message, and however many there are."""
    needs(client)
    what = source(conversation)
    ended, [request] = asked(client, what, tmp_path_factory.mktemp("any"))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert request.json == json.loads(what.body)


@pytest.mark.parametrize("client", ["openai-python", "openai-js"])
def test_numbers_arrive_with_all_their_digits(client, tmp_path):
    """Whole numbers that floats cannot represent, and floats at the limits."""
    needs(client)
    if client == "openai-js" and node_major() < 22:
        pytest.skip("numbers larger than JavaScript's need Node 22 or later")
    what = source(EVERYTHING[:1], params={"a": [2**53 + 1, 10**40, -(10**18) - 7, 5e-324, 1e300, 0.1, True]})
    _, [request] = asked(client, what, tmp_path)
    assert request.json == json.loads(what.body)


@pytest.mark.parametrize("client", OVER_HTTP)
def test_no_key(client, tmp_path):
    """Without a key a program says what is missing, and asks nobody."""
    needs(client)
    ended = run(client, source(EVERYTHING), tmp_path)
    assert ended.returncode in {1, 2}
    assert ended.stderr.startswith("XAI_API_KEY is not set")
    assert (ended.stderr.count("\n"), ended.stdout) == (1, "")


@pytest.mark.parametrize("client", OVER_HTTP)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_a_refused_request(client, stream, tmp_path):
    """A program fails with what the API said, and does not show the key."""
    needs(client)
    refusal = Answer.json(400, {"code": "invalid-argument", "error": "No such thing."})
    ended, [_] = asked(client, source(EVERYTHING[:3], stream=stream), tmp_path, refusal)
    assert ended.returncode != 0
    assert "No such thing." in ended.stderr
    assert KEY not in ended.stderr
    assert ended.stdout.strip() == ""


@pytest.mark.parametrize("client", OVER_HTTP)
def test_a_reply_that_breaks_off(client, tmp_path):
    """A stream without its end is printed as far as it was received, and is a failure, whatever the client reports."""
    needs(client)
    ended, [_] = asked(client, source(EVERYTHING[:3]), tmp_path, answer(client, stream=True, whole=False))
    assert ended.returncode == 1
    assert ended.stdout.rstrip("\n") in {REPLY, "Hel"}
    assert ended.stderr == "The reply broke off.\n"


# -- the AI SDK --------------------------------------------------------------------------------------------------------


def as_items(body: Mapping[str, Any]) -> list[Any]:
    """Return what arrived from the AI SDK at either endpoint, in the same words."""
    if "messages" in body:
        return list(_from_chat(body["messages"]))
    return list(_from_responses(body["input"]))


def _from_chat(given: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    for message in given:
        role, content = message["role"], message["content"]
        if role == "tool":
            yield ("result", message["tool_call_id"], content)
        elif role == "user" and isinstance(content, list):
            yield (role, [_part(part) for part in content])
        elif content or not message.get("tool_calls"):
            yield (role, [("text", content)] if role == "user" else content)
        for made in message.get("tool_calls", []):
            function = made["function"]
            yield ("call", made["id"], function["name"], json.loads(function["arguments"]))


def _from_responses(given: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    for item in given:
        if item.get("type") == "function_call":
            yield ("call", item["call_id"], item["name"], json.loads(item["arguments"]))
        elif item.get("type") == "function_call_output":
            yield ("result", item["call_id"], item["output"])
        elif item["role"] == "user":
            yield (item["role"], [_part(part) for part in item["content"]])
        else:
            yield (item["role"], item["content"])


def _part(part: Mapping[str, Any]) -> Any:
    if part["type"] in {"text", "input_text"}:
        return ("text", part["text"])
    image = part["image_url"]
    url, detail = (image["url"], image.get("detail")) if isinstance(image, dict) else (image, part.get("detail"))
    return ("image", url, detail)


def expected(conversation: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return what the AI SDK can say of a conversation; it drops texts that are empty, where there are more parts."""
    items = list(_from_chat(meant(list(conversation))))
    return [
        (item[0], [part for part in item[1] if part != ("text", "")] if len(item[1]) > 1 else item[1])
        if item[0] == "user"
        else item
        for item in items
    ]


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_the_ai_sdk_sends_every_message(stream, tmp_path):
    """Message by message and in order: texts, pictures with their detail, calls and results, wherever they stand."""
    needs("ai-sdk")
    ended, [request] = asked("ai-sdk", source(EVERYTHING, stream=stream, params=PARAMS), tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, REPLY + "\n", "")
    assert as_items(request.json) == expected(EVERYTHING)
    assert request.headers["x-grok-conv-id"] == "conv-1"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    known = {key: request.json[key] for key in ("model", "temperature", "top_p", "seed")}
    assert known == {"model": "grok-4.7", "temperature": 0.25, "top_p": 0.5, "seed": 7}
    assert request.json.get("stream", False) is stream
    if major("@ai-sdk/xai") > 3:
        assert request.path == "/v1/responses"
        assert request.json["store"] is False
        assert request.json["reasoning"] == {"effort": "low"}
        assert request.json["max_output_tokens"] == 1000
        assert request.json["tools"] == [{"type": "function", **TOOL["function"]}]
    else:
        assert request.path == "/v1/chat/completions"
        assert request.json["reasoning_effort"] == "low"
        assert request.json["max_completion_tokens"] == 1000
        assert request.json["tools"] == [TOOL]


@few
@given(conversation=many_messages)
@example(conversation=[{"role": "user", "content": [{"type": "text", "text": ""}]}])
def test_the_ai_sdk_sends_any_messages(conversation, tmp_path_factory):
    """Whatever is in them."""
    needs("ai-sdk")
    ended, [request] = asked("ai-sdk", source(conversation), tmp_path_factory.mktemp("any"))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert as_items(request.json) == expected(conversation)


def test_what_the_ai_sdk_refuses_is_not_put_to_it(tmp_path):
    """A call without a result, arguments that are not JSON, roles and parts that it does not know."""
    needs("ai-sdk")
    odd = [
        {"role": "developer", "content": "d"},
        {"role": "system", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        {"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}, {"type": "text", "text": "c"}]},
        {"role": "assistant", "content": "e", "tool_calls": [call("f", "{}", "alone"), call("g", "[1,", "torn")]},
        {"role": "else", "content": "nobody"},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "ftp://x"}}, "t", None]},
        {"role": "user", "content": None},
        {"role": "tool", "content": "r", "tool_call_id": [1]},
    ]
    ended, [request] = asked("ai-sdk", source(odd), tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    said = [("system", "d"), ("system", "a\nb"), ("user", [("text", "c")]), ("assistant", "e"), ("user", [])]
    assert as_items(request.json) == [*said, ("user", [("text", "")])]


@pytest.mark.parametrize("kind", ["json_object", "json_schema"])
def test_the_ai_sdk_asks_for_json(kind, tmp_path):
    """What a reply has to look like has a place of its own there."""
    needs("ai-sdk")
    schema = {
        "name": "n",
        "schema": {"type": "object", "properties": {"__proto__": {"type": "string"}}},
        "strict": True,
    }
    given = {"type": kind, **({"json_schema": schema} if kind == "json_schema" else {})}
    _, [request] = asked("ai-sdk", source(EVERYTHING[:3], params={"response_format": given}), tmp_path)
    found = request.json.get("response_format") or request.json["text"]["format"]
    assert found in (given, {"type": kind, **schema})


# -- xAI's own client --------------------------------------------------------------------------------------------------


def as_message(message: Any) -> dict[str, Any]:
    """Return a message of the gRPC API in the words of the other one."""
    from xai_sdk.proto import chat_pb2

    parts: list[Any] = []
    for part in message.content:
        if part.WhichOneof("content") == "text":
            parts.append({"type": "text", "text": part.text})
        else:
            detail = {1: "auto", 2: "low", 3: "high"}[part.image_url.detail]
            parts.append({"type": "image_url", "image_url": {"url": part.image_url.image_url, "detail": detail}})
    calls = [call(item.function.name, item.function.arguments, item.id) for item in message.tool_calls]
    fields = {"name": message.name, "reasoning_content": message.reasoning_content, "tool_calls": calls}
    fields["tool_call_id"] = message.tool_call_id
    role = chat_pb2.MessageRole.Name(message.role).removeprefix("ROLE_").lower()
    return {"role": role, "content": parts, **{key: value for key, value in fields.items() if value}}


def in_parts(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message with its content in parts, as gRPC has it."""
    content = message["content"]
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    parts = [
        {**part, "image_url": {"detail": "auto", **part["image_url"]}} if "image_url" in part else part
        for part in content or []
    ]
    return {**{key: value for key, value in message.items() if value}, "content": parts}


def without_halves(value: Any) -> Any:
    return json.loads(
        json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_xais_client_sends_every_message(stream, tmp_path):
    """Role, parts, name, reasoning, calls and results arrive, and the parameters that it has a place for."""
    needs("xai-sdk")
    with grpc_api() as (host, requests):
        what = source(EVERYTHING, stream=stream, params=PARAMS)
        ended = run("xai-sdk", what, tmp_path, XAI_API_KEY=KEY, XAI_API_HOST=host)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, REPLY + "\n", "")
        [(method, request, metadata)] = requests
    assert [as_message(message) for message in request.messages] == [in_parts(message) for message in EVERYTHING]
    assert method == ("GetCompletionChunk" if stream else "GetCompletion")
    assert metadata["x-grok-conv-id"] == "conv-1"
    assert metadata["authorization"] == f"Bearer {KEY}"
    assert (request.model, request.temperature, request.top_p, request.seed) == ("grok-4.7", 0.25, 0.5, 7)
    assert (request.max_tokens, list(request.stop), request.presence_penalty) == (1000, ["END", "\n\n"], 0.5)
    assert (request.user, request.parallel_tool_calls, request.reasoning_effort) == ("someone", False, 1)
    [tool] = request.tools
    assert (tool.function.name, tool.function.description) == ("weather", TOOL["function"]["description"])
    assert json.loads(tool.function.parameters) == TOOL["function"]["parameters"]


@few
@given(conversation=many_messages)
def test_xais_client_sends_any_messages(conversation, tmp_path_factory):
    """Whatever is in them; half a character, which gRPC cannot carry, stands as U+FFFD."""
    needs("xai-sdk")
    with grpc_api() as (host, requests):
        where = tmp_path_factory.mktemp("any")
        ended = run("xai-sdk", source(conversation), where, XAI_API_KEY=KEY, XAI_API_HOST=host)
        assert (ended.returncode, ended.stderr) == (0, "")
        [(_, request, _)] = requests
    found = [as_message(message) for message in request.messages]
    assert found == [in_parts(without_halves(meant(message))) for message in conversation]


def test_what_xais_client_refuses_is_not_put_to_it(tmp_path):
    """Its messages are typed: values of other types are comments, and the rest of the request is made."""
    needs("xai-sdk")
    odd = [
        {"role": "developer", "content": "d"},
        {"role": "user", "content": [{"type": "text", "text": "c", "more": 1}, "t", None, {"type": "video"}]},
        {"role": "assistant", "content": None, "tool_calls": [call("f", "{}", "a"), 5], "refusal": None},
        {"role": "tool", "content": [{"type": "text", "text": "r"}], "tool_call_id": "a"},
        {"role": "function", "name": "f", "content": "r"},
        {"role": "else", "content": "nobody"},
    ]
    wrong = {
        "temperature": "hot",
        "seed": 2**40,
        "stop": "END",
        "max_tokens": True,
        "n": 2,
        "logit_bias": {},
        "user": "\ud800",
    }
    schema = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}
    choice = {"type": "function", "function": {"name": "f"}}
    params = {**wrong, "response_format": schema, "tool_choice": choice, "reasoning_effort": "utmost"}
    with grpc_api() as (host, requests):
        ended = run("xai-sdk", source(odd, params=params), tmp_path, XAI_API_KEY=KEY, XAI_API_HOST=host)
        assert (ended.returncode, ended.stderr) == (0, "")
        [(_, request, _)] = requests
    assert [as_message(message) for message in request.messages] == [
        {"role": "developer", "content": [{"type": "text", "text": "d"}]},
        {"role": "user", "content": [{"type": "text", "text": "c"}]},
        {"role": "assistant", "content": [], "tool_calls": [call("f", "{}", "a")]},
        {"role": "tool", "content": [{"type": "text", "text": "r"}], "tool_call_id": "a"},
        {"role": "function", "name": "f", "content": [{"type": "text", "text": "r"}]},
    ]
    assert (list(request.stop), request.tool_choice.function_name) == (["END"], "f")
    assert json.loads(request.response_format.schema) == {"type": "object"}
    assert not any(map(request.HasField, ("temperature", "seed", "max_tokens", "reasoning_effort")))


def test_xais_client_without_a_key(tmp_path):
    """It says what is missing."""
    needs("xai-sdk")
    ended = run("xai-sdk", source(EVERYTHING), tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
    assert ended.stderr.startswith("XAI_API_KEY is not set")
