"""The body of `POST /responses`, which a request with search has."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from grokchat.api.endpoint import endpoint_for
from grokchat.api.request import RequestEncoder
from grokchat.config.settings import Settings
from grokchat.errors import CommandError
from grokchat.messages import Message, ReplyInfo, body

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "high"}}
CALL = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": '{"a":1}'}}
REASONING = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "b3BhcXVl", "status": "completed"}


def said(text, role="user", message_id="a"):
    return Message(message_id, body(role, text))


def thought(text="Hi.", model="grok-4.7", *items):
    encrypted = {"model": model, "items": list(items or [REASONING])}
    return Message("r", body("assistant", text), ReplyInfo(encrypted_reasoning=encrypted))


def sent(*messages, encoder=None, search="web", model="grok-4.7", stream=True, options=None, **params):
    settings = Settings(model=model, search=search, stream=stream, params=params, search_options=options or {})
    return (encoder or RequestEncoder()).body(messages, settings, "conv-1")


def fields(*messages, **more):
    return json.loads(sent(*messages, **more))


def items(*bodies):
    return fields(*(Message(str(number), value) for number, value in enumerate(bodies)))["input"]


def test_the_whole_body():
    assert sent(said("hi"), search="all") == (
        b'{"model":"grok-4.7","input":[{"role":"user","content":"hi"}],'
        b'"tools":[{"type":"web_search"},{"type":"x_search"}],'
        b'"store":false,"stream":true,"prompt_cache_key":"conv-1"}'
    )


@pytest.mark.parametrize(
    ("search", "tools"), [("web", ["web_search"]), ("x", ["x_search"]), ("all", ["web_search", "x_search"])]
)
def test_the_tools_are_those_that_search_names(search, tools):
    assert [tool["type"] for tool in fields(said("hi"), search=search)["tools"]] == tools


def test_without_search_the_body_is_that_of_chat_completions():
    assert "messages" in fields(said("hi"), search="off")


def test_an_unchanged_prefix_is_the_same_to_the_byte():
    encoder = RequestEncoder()
    turns = [said("né 🦀", "system", "1"), said("hi", "user", "2"), thought(), said("\ud83d", "user", "3")]
    bodies = [sent(*turns[:count], encoder=encoder) for count in (1, 2, 3, 4)]
    for shorter, longer in pairwise(bodies):
        assert longer.startswith(shorter[: shorter.index(b'],"tools"')] + b",")
    assert sent(*turns) == bodies[3]


def test_parameters_and_tools_do_not_touch_the_prefix():
    plain, other = sent(said("hi")), sent(said("hi"), search="all", stream=False, temperature=1, reasoning_effort="low")
    end = plain.index(b'],"tools"')
    assert plain[:end] == other[:end]


def test_what_is_encoded_at_one_endpoint_is_not_sent_to_the_other():
    encoder, message = RequestEncoder(), Message("a", {"role": "user", "content": [IMAGE]})
    bodies = [sent(message, encoder=encoder, search=search) for search in ("off", "web", "off", "web")]
    assert bodies[:2] == bodies[2:]
    assert b'"input_image"' in bodies[1]
    assert b'"image_url":{"url"' in bodies[0]


@pytest.mark.parametrize("steps", [0, 1, 100])
def test_what_is_encoded_ahead_is_the_same(steps):
    messages, encoder = [said("x" * 30_000, message_id=str(number)) for number in range(9)], RequestEncoder()
    for _ in zip(range(steps), encoder.encode_ahead(messages, Settings(search="web")), strict=False):
        pass
    assert sent(*messages, encoder=encoder) == sent(*messages)


def test_roles_and_order_stay_and_only_a_user_keeps_a_name():
    roles = ["system", "user", "assistant", "developer", "system"]
    listed = items(*({"role": role, "content": role, "name": "n"} for role in roles))
    assert [item["role"] for item in listed] == roles
    assert ["name" in item for item in listed] == [False, True, False, False, False]


def test_parts_have_the_names_of_input():
    file = {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="}}
    [item] = items({"role": "user", "content": [{"type": "text", "text": "What?"}, IMAGE, file]})
    assert item["content"] == [
        {"type": "input_text", "text": "What?"},
        {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "high"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="},
    ]


def test_the_address_of_a_file_has_the_name_of_input():
    [item] = items({"role": "user", "content": [{"type": "file", "file": {"url": "https://a.example/a.pdf"}}]})
    assert item["content"] == [{"type": "input_file", "file_url": "https://a.example/a.pdf"}]


@pytest.mark.parametrize("content", [[{"type": "text", "text": "hi"}], "hi", ["hi"]])
def test_a_single_text_is_a_string(content):
    assert items({"role": "user", "content": content}) == [{"role": "user", "content": "hi"}]


def test_a_reply_is_a_string_without_its_reasoning():
    message = {"role": "assistant", "content": "Hi.", "reasoning_content": "Hm.", "refusal": None}
    assert items(message) == [{"role": "assistant", "content": "Hi."}]


def test_a_reply_of_several_texts_has_parts_of_output():
    content = [{"type": "text", "text": "a"}, {"type": "refusal", "refusal": "b"}]
    [item] = items({"role": "assistant", "content": content})
    assert item["content"] == [{"type": "output_text", "text": "a"}, {"type": "output_text", "text": "b"}]


def test_tool_calls_follow_the_text_of_their_message_and_results_follow_them():
    result = {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "found"}]}
    call = {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": '{"a":1}'}
    output = {"type": "function_call_output", "call_id": "call_1", "output": "found"}
    assert items({"role": "assistant", "content": "Wait.", "tool_calls": [CALL]}, result) == [
        {"role": "assistant", "content": "Wait."},
        call,
        output,
    ]
    assert items({"role": "assistant", "content": None, "tool_calls": [CALL]}, result) == [call, output]


@pytest.mark.parametrize("calls", [None, 3, [None], [{}], [{"function": 3}], "x", [{"id": "1", "custom": {}}]])
def test_a_reply_with_calls_of_no_known_shape_is_still_one_item(calls):
    assert items({"role": "assistant", "content": "", "tool_calls": calls}) == [{"role": "assistant", "content": ""}]


@pytest.mark.parametrize("content", [None, [], [None], [3], [{}], [{"type": "video", "url": "x"}], [{"type": []}]])
@pytest.mark.parametrize("role", ["user", "assistant", "tool", "other"])
def test_odd_content_is_sent_somehow(role, content):
    assert len(items({"role": role, "content": content})) == 1


# -- parameters --------------------------------------------------------------------------------------------------------


def tail(**params):
    found = fields(said("hi"), **params)
    return {key: value for key, value in found.items() if key not in {"model", "input", "stream", "prompt_cache_key"}}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"max_tokens": 9}, {"max_output_tokens": 9}),
        ({"max_completion_tokens": 9}, {"max_output_tokens": 9}),
        ({"reasoning_effort": "low"}, {"reasoning": {"effort": "low"}}),
        ({"reasoning": {"a": 1}, "reasoning_effort": "low"}, {"reasoning": {"a": 1, "effort": "low"}}),
        ({"response_format": {"type": "json_object"}}, {"text": {"format": {"type": "json_object"}}}),
        ({"tool_choice": "auto"}, {"tool_choice": "auto"}),
        ({"tool_choice": {"type": "x", "function": {"name": "f"}}}, {"tool_choice": {"type": "x", "name": "f"}}),
        ({"temperature": 1, "top_p": 0.5, "user": "u"}, {"temperature": 1, "top_p": 0.5, "user": "u"}),
        ({"max_turns": 3, "instructions": "Be brief."}, {"max_turns": 3, "instructions": "Be brief."}),
        ({"include": ["no_inline_citations"], "store": True}, {"include": ["no_inline_citations"], "store": True}),
        ({"demo_fault": "slow", "unheard_of": {"a": None}}, {"demo_fault": "slow", "unheard_of": {"a": None}}),
        ({"deferred": False}, {}),
    ],
)  # fmt: skip
def test_parameters_have_their_names_here(given, expected):
    assert tail(**given) == {"tools": [{"type": "web_search"}], "store": False, **expected}


def test_a_json_schema_is_flat():
    schema = {"name": "answer", "schema": {"type": "object"}, "strict": True}
    sent_format = tail(response_format={"type": "json_schema", "json_schema": schema})["text"]["format"]
    assert sent_format == {"type": "json_schema", **schema}


def test_the_users_own_cache_key_is_sent():
    assert fields(said("hi"), prompt_cache_key="mine")["prompt_cache_key"] == "mine"


def test_functions_are_flat_and_in_one_list_with_the_search_tools():
    function = {"name": "f", "description": "d", "parameters": {}}
    tools = tail(tools=[{"type": "function", "function": function}, {"type": "code_interpreter"}, None])["tools"]
    assert tools == [{"type": "web_search"}, {"type": "function", **function}, {"type": "code_interpreter"}, None]


def test_a_search_tool_is_sent_once_with_the_users_own_options():
    own = [
        {"type": "web_search", "enable_image_search": True},
        {"type": "x_search"},
        {"type": "x_search", "to_date": "x"},
    ]
    options = {"allowed_domains": ["x.ai"]}
    assert tail(tools=own, options=options)["tools"] == [
        {"type": "web_search", "filters": {"allowed_domains": ["x.ai"]}, "enable_image_search": True},
        {"type": "x_search", "to_date": "x"},
    ]


def test_options_go_to_the_tools_that_take_them_and_are_on():
    options = {"excluded_domains": ["a.b"], "enable_image_understanding": True, "from_date": "2026-09-01"}
    web = {"type": "web_search", "filters": {"excluded_domains": ["a.b"]}, "enable_image_understanding": True}
    posts = {"type": "x_search", "enable_image_understanding": True, "from_date": "2026-09-01"}
    assert tail(search="all", options=options)["tools"] == [web, posts]
    assert tail(search="web", options=options)["tools"] == [web]
    assert tail(search="x", options=options)["tools"] == [posts]


NO_PLACE = [
    *("n", "seed", "stop", "presence_penalty", "frequency_penalty", "logit_bias", "stream_options"),
    *("deferred", "search_parameters", "web_search_options", "input"),
]


@pytest.mark.parametrize("name", NO_PLACE)
def test_a_parameter_without_a_place_is_refused_by_name_with_what_to_do(name):
    settings = Settings(search="all", params={"temperature": 1, name: 2})
    with pytest.raises(CommandError) as refusal:
        endpoint_for(settings).check(settings)
    assert name in str(refusal.value)
    assert f"/unset {name}" in str(refusal.value)
    assert "/search off" in str(refusal.value)
    assert f"-o {name}" in refusal.value.shell_text
    assert "--search" in refusal.value.shell_text
    assert refusal.value.exit_code == 2


def test_all_parameters_without_a_place_are_named_at_once():
    settings = Settings(search="all", params={"seed": 1, "temperature": 1, "stop": "x"})
    with pytest.raises(CommandError, match=r"the parameters seed, stop\. /unset seed removes the first") as refusal:
        endpoint_for(settings).check(settings)
    assert "Leave out -o seed, -o stop, or --search." in refusal.value.shell_text


def test_a_deferred_search_is_refused_for_its_own_reason():
    settings = Settings(search="x", params={"deferred": True})
    with pytest.raises(CommandError, match="cannot be deferred"):
        endpoint_for(settings).check(settings)


@pytest.mark.parametrize("params", [{}, {"unheard_of": 1}, {"deferred": False}, {"tools": []}, {"temperature": 0}])
def test_other_parameters_are_not_refused(params):
    settings = Settings(search="x", params=params)
    endpoint_for(settings).check(settings)


@pytest.mark.parametrize(
    "tool", [None, 3, "x", [], {}, {"type": []}, {"type": {}}, {"type": "function", "function": 3}]
)
def test_an_odd_tool_is_sent_as_given(tool):
    assert tail(tools=[tool])["tools"] == [{"type": "web_search"}, tool]


@pytest.mark.parametrize("tools", [{}, "web_search", 3, None])
def test_tools_that_are_no_list_are_refused(tools):
    settings = Settings(search="x", params={"tools": tools})
    with pytest.raises(CommandError, match="tools"):
        endpoint_for(settings).check(settings)


# -- encrypted reasoning -----------------------------------------------------------------------------------------------


def test_encrypted_reasoning_stands_before_its_reply_without_a_status():
    listed = fields(said("hi"), thought(), said("more", message_id="c"))["input"]
    kept = {key: value for key, value in REASONING.items() if key != "status"}
    assert listed == [
        {"role": "user", "content": "hi"},
        kept,
        {"role": "assistant", "content": "Hi."},
        {"role": "user", "content": "more"},
    ]


def test_another_model_does_not_get_it():
    encoder = RequestEncoder()
    for model, count in (("grok-4.7", 2), ("grok-4.3", 1), ("grok-4.7", 2)):
        assert len(fields(thought(), model=model, encoder=encoder)["input"]) == count


def test_chat_completions_do_not_get_it():
    assert fields(thought(), search="off")["messages"] == [{"role": "assistant", "content": "Hi."}]


@pytest.mark.parametrize("odd", [None, {}, {"model": "grok-4.7"}, {"model": "grok-4.7", "items": 3}])
def test_damaged_reasoning_is_not_sent(odd):
    message = Message("r", body("assistant", "Hi."), ReplyInfo(encrypted_reasoning=odd))
    assert len(fields(message)["input"]) == 1


@pytest.mark.parametrize("odd", [None, 3, {}, {"type": "message", "encrypted_content": "x"}, {"type": "reasoning"}])
def test_items_that_are_no_encrypted_reasoning_are_not_sent(odd):
    assert len(fields(thought("Hi.", "grok-4.7", odd, REASONING))["input"]) == 2
