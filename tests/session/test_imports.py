"""Other programs' conversations: which messages, parameters and names are read from which file, and what is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from import_samples import (
    AGENT_MESSAGES,
    CHATGPT,
    CHATGPT_CHANGES,
    CHATGPT_MESSAGES,
    CHATGPT_NODES,
    CLAUDE_AI,
    CLAUDE_CODE,
    CODEX,
    DROID,
    GROK_COM,
    HIDDEN,
    IMAGE,
    LLM,
    LLM_ATTACHMENT,
    LLM_MESSAGES,
    PI,
    PI_HEADER,
    RECORDING,
    SHAREGPT,
    SHAREGPT_MESSAGES,
    SPOKEN,
    assistant,
    call,
    chatgpt,
    claude_code,
    json_lines,
    llm_row,
    node,
    pi_event,
    system,
    text,
    text_content,
    turn,
    user,
)

from grokchat.errors import UsageError
from grokchat.session.imports.conversation import ConversationChoiceError, Imported
from grokchat.session.imports.importer import import_conversation

PATH = Path("theirs.json")
CALL = call("c1", "f", "{}")
ASKED = {**assistant(None), "tool_calls": [CALL]}
ANSWERED = {"role": "tool", "tool_call_id": "c1", "content": "4"}


def read(data: Any, choice: str = "") -> Imported:
    if not isinstance(data, str | bytes):
        data = json.dumps(data)
    return import_conversation(PATH, data.encode() if isinstance(data, str) else data, choice)


def bodies(imported: Imported) -> list[Any]:
    return [message.body for message in imported.messages]


# -- messages, however they are written down ---------------------------------------------------------------------------

MESSAGES = [
    {"role": "system", "content": "né \ud800 \u2028 \x7f"},
    {"role": "user", "content": [{"type": "text", "text": ""}, {"type": "of the future", "x": [None]}], "name": "Eve"},
    ASKED,
    ANSWERED,
    {"role": "assistant", "content": " \n", "reasoning_content": "hm", "unknown": {"a": None}},
]


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(MESSAGES),
        json.dumps(MESSAGES, indent=2),
        "\ufeff" + json.dumps(MESSAGES),
        "\n\n \t" + json.dumps(MESSAGES) + "\r\n",
        json.dumps({"messages": MESSAGES}),
        json_lines(*MESSAGES),
        json_lines(*MESSAGES).rstrip("\n"),
        json_lines(*MESSAGES).replace("\n", "\r\n\r\n"),
        "\ufeff" + json_lines(*MESSAGES),
        "".join(json.dumps(message) for message in MESSAGES),
        " ".join(json.dumps(message, indent=4) for message in MESSAGES),
        "".join(f"\x1e{json.dumps(message)}\n" for message in MESSAGES),
        "".join(f"\ufeff{json.dumps(message)}\r\n" for message in MESSAGES),
        json.dumps([MESSAGES]),
        json_lines({"messages": MESSAGES}),
        json.dumps([{"messages": MESSAGES}]),
        json_lines({"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": {"messages": MESSAGES}}),
    ],
)
def test_messages_are_the_same_however_they_are_written_down(data):
    assert (bodies(read(data)), read(data).changes) == (MESSAGES, "")


@pytest.mark.parametrize(
    ("given", "expected", "changes"),
    [
        ([user("a"), user(""), assistant([])], [user("a")], "left out: 2 empty messages"),
        ([user("a"), {**assistant("b"), "name": "Bo"}], [user("a"), assistant("b")], "left out: 1 name"),
        ([ASKED, {**ANSWERED, "name": "f"}], [ASKED, ANSWERED], "left out: 1 name"),
        ([ASKED, {**ANSWERED, "content": ""}], [ASKED, {**ANSWERED, "content": ""}], ""),
        ([{**ASKED, "content": ""}], [{**ASKED, "content": ""}], ""),
        ([{"role": "assistant", "tool_calls": [CALL]}], [{"role": "assistant", "tool_calls": [CALL]}], ""),
        ([{"role": "developer", "content": "d"}], [system("d")], "as a system message: 1 developer message"),
        ([user(["a", "b"])], [user([text("a"), text("b")])], ""),
        ([user([{"text": "a"}])], [user([text("a")])], ""),
        ([{**assistant(None), "refusal": "No."}], [{**assistant(None), "refusal": "No."}], ""),
        (
            [{**assistant("a"), "refusal": None, "tool_calls": None}],
            [{**assistant("a"), "refusal": None, "tool_calls": None}],
            "",
        ),
        (
            [user([{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA"}}])],
            [user([{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}])],
            "",
        ),
        (
            [user([text("q"), {"type": "tool_result", "content": "r"}]), assistant([{"type": "thinking"}])],
            [user([text("q")])],
            "left out: 1 tool result, 1 thought",
        ),
        (
            [{"role": "function", "name": "f", "content": "1"}, {**assistant(None), "function_call": {"name": "f"}}],
            [{"role": "function", "name": "f", "content": "1"}, {**assistant(None), "function_call": {"name": "f"}}],
            "",
        ),
    ],
)
def test_what_the_api_refuses_does_not_come_into_the_list(given, expected, changes):
    imported = read(given)
    assert (bodies(imported), imported.changes) == (expected, changes)


# -- request bodies ----------------------------------------------------------------------------------------------------

FULL = {
    "model": "grok-5",
    "messages": [user("q")],
    "stream": None,
    "stream_options": None,
    "temperature": None,
    "tools": None,
    "tool_choice": None,
    "response_format": None,
    "stop": None,
    "top_p": 0.5,
    "seed": 0,
    "logprobs": False,
    "of_the_future": {"a": None},
}


@pytest.mark.parametrize(
    ("request_body", "settings", "params", "changes"),
    [
        (FULL, {"model": "grok-5"}, {"top_p": 0.5, "seed": 0, "logprobs": False, "of_the_future": {"a": None}}, ""),
        ({"model": None, "messages": [user("q")], "top_p": 1}, {}, {"top_p": 1}, ""),
        ({"model": "m", "stream": False, "messages": [user("q")]}, {"model": "m", "stream": False}, {}, ""),
        (
            {"messages": [user("q")], "stream": True, "stream_options": {"include_usage": True}},
            {"stream": True},
            {},
            "",
        ),
        (
            {"messages": [user("q")], "tools": [{"type": "function"}], "parallel_tool_calls": False},
            {},
            {"tools": [{"type": "function"}], "parallel_tool_calls": False},
            "",
        ),
        (
            {"id": "1", "topic": "t", "messages": [user("q")], "temperature": 1},
            {},
            {"temperature": 1},
            "left out: the fields id, topic",
        ),
        ({"model": "m", "id": "1", "messages": [user("q")]}, {"model": "m"}, {}, "left out: the field id"),
        (
            {f"key{number}": 1 for number in range(9)} | {"messages": [user("q")]},
            {},
            {},
            "left out: the fields key0, key1, key2, key3, key4, key5, ...",
        ),
    ],
)
def test_a_request_body_brings_its_model_and_parameters(request_body, settings, params, changes):
    imported = read(request_body)
    assert (dict(imported.settings), dict(imported.params)) == (settings, params)
    assert (bodies(imported), imported.changes) == ([user("q")], changes)


def test_the_request_of_another_api_brings_what_both_spell_alike():
    request = {
        "model": "claude",
        "system": [text("Be brief.")],
        "max_tokens": 9,
        "temperature": 1,
        "tools": [{"name": "f", "input_schema": {}}],
        "messages": [
            user([text("q")]),
            assistant([text("a"), {"type": "tool_use", "id": "1", "name": "f", "input": {}}]),
        ],
    }
    imported = read(request)
    assert bodies(imported) == [system("Be brief."), user([text("q")]), assistant([text("a")])]
    assert (dict(imported.settings), dict(imported.params)) == (
        {"model": "claude"},
        {"max_tokens": 9, "temperature": 1},
    )
    assert imported.changes == "left out: 1 tool call, the field tools"


def test_a_reply_is_a_message():
    choices = [
        {"index": 0, "message": assistant("a"), "finish_reason": "length"},
        {"index": 1, "message": assistant("b")},
    ]
    imported = read({"id": "1", "object": "chat.completion", "model": "grok-5", "choices": choices, "usage": {}})
    assert (bodies(imported), imported.changes) == ([assistant("a")], "left out: 1 other choice")
    [message] = imported.messages
    assert message.reply is not None
    assert (message.reply.model, message.reply.finish_reason) == ("grok-5", "length")


@pytest.mark.parametrize(
    ("value", "expected", "changes"),
    [
        (
            {
                "model": "m",
                "input": "q",
                "instructions": "i",
                "max_output_tokens": 5,
                "tools": [{"type": "mcp"}],
                "previous_response_id": "r",
                "include": [],
            },
            [system("i"), user("q")],
            "left out: 1 tool, the fields previous_response_id, include",
        ),
        (
            {
                "model": "m",
                "input": [
                    user("q"),
                    {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "d"}]},
                    user(
                        [{"type": "input_text", "text": "a"}, {"type": "input_image", "image_url": "https://x.test/i"}]
                    ),
                    {"type": "reasoning", "summary": []},
                    {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"},
                    {"type": "function_call", "call_id": "2", "name": "g", "arguments": "{}"},
                    {"type": "function_call_output", "call_id": "1", "output": "r"},
                    {"type": "function_call_output", "call_id": "2", "output": [{"a": 1}]},
                    {"type": "web_search_call", "id": "ws"},
                ],
            },
            [
                user("q"),
                system("d"),
                user([text("a"), {"type": "image_url", "image_url": {"url": "https://x.test/i"}}]),
                {**assistant(None), "tool_calls": [call("1", "f", "{}"), call("2", "g", "{}")]},
                {"role": "tool", "tool_call_id": "1", "content": "r"},
                {"role": "tool", "tool_call_id": "2", "content": '[{"a": 1}]'},
            ],
            "as a system message: 1 developer message; left out: 1 thought, 1 search call",
        ),
        (
            {
                "object": "response",
                "model": "m",
                "output": [
                    {"type": "reasoning"},
                    {
                        "type": "message",
                        "role": "assistant",
                        "content": [{"type": "output_text", "text": "a", "annotations": []}],
                    },
                    {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
                ],
            },
            [assistant("a"), assistant("No.")],
            "left out: 1 thought",
        ),
        ([{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "q"}]}], [user("q")], ""),
    ],
)
def test_requests_and_replies_of_the_responses_api(value, expected, changes):
    imported = read(value)
    assert (bodies(imported), imported.changes) == (expected, changes)


# -- ChatGPT -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data", [CHATGPT, [CHATGPT], [None, CHATGPT], {"conversations": [CHATGPT]}, json_lines(CHATGPT)]
)
def test_chatgpt_gives_the_branch_that_it_shows(data):
    imported = read(data)
    assert (bodies(imported), imported.changes, imported.name) == (CHATGPT_MESSAGES, CHATGPT_CHANGES, "A title")
    assert [message.reply.model for message in imported.messages if message.reply] == ["gpt-4o"]


TWO_BRANCHES = [
    node("r", None),
    node("u", "r", "user", "q"),
    node("a", "u", "assistant", "first", create_time=5.0),
    node("b", "u", "assistant", "second", create_time=9.0),
    node("c", "b", "user", "and?", create_time=None),
    node("d", "u", "assistant", "third", create_time=7.0),
]


@pytest.mark.parametrize(
    ("conversation", "expected"),
    [
        (chatgpt(*TWO_BRANCHES, current="a"), ["q", "first"]),
        (chatgpt(*TWO_BRANCHES, current="c"), ["q", "second", "and?"]),
        (chatgpt(*TWO_BRANCHES, current=None), ["q", "second", "and?"]),
        (chatgpt(*TWO_BRANCHES, current="gone"), ["q", "second", "and?"]),
        (chatgpt(*TWO_BRANCHES, current=["a"]), ["q", "second", "and?"]),
        (chatgpt(*[item for item in CHATGPT_NODES if item["id"] != "old"], current=None), None),
        (chatgpt(node("a", None, "user", "x"), node("b", None, "user", "y"), current=None), ["y"]),
    ],
)
def test_without_a_current_node_the_newest_branch_is_taken(conversation, expected):
    texts = [message.text for message in read(conversation).messages]
    assert texts == (expected or [message["content"] for message in CHATGPT_MESSAGES])


def links_by_children_alone() -> dict[str, Any]:
    conversation = json.loads(json.dumps(chatgpt(*TWO_BRANCHES, current="c")))
    for each in conversation["mapping"].values():
        del each["parent"]
    return conversation


@pytest.mark.parametrize(
    ("conversation", "expected", "changes"),
    [
        (links_by_children_alone(), ["q", "second", "and?"], ""),
        (
            chatgpt(node("a", "gone", "user", "x"), node("b", "a", "assistant", "y")),
            ["x", "y"],
            "its beginning is missing",
        ),
        (
            chatgpt(node("a", "b", "user", "x"), node("b", "a", "assistant", "y")),
            ["x", "y"],
            "its beginning is missing",
        ),
        (chatgpt(node("a", "a", "user", "x")), ["x"], "its beginning is missing"),
        (
            chatgpt(node("a", "b", "user", "x"), node("b", "a", "assistant", "y"), current=None),
            ["x", "y"],
            "its beginning is missing",
        ),
        ({"mapping": {"a": node("a", None, "user", "x"), "b": None, "c": 5, "d": {}}}, ["x"], ""),
    ],
)
def test_a_damaged_tree_gives_what_hangs_together(conversation, expected, changes):
    imported = read(conversation)
    assert ([message.text for message in imported.messages], imported.changes) == (expected, changes)


@pytest.mark.parametrize(
    ("given", "expected", "changes"),
    [
        (node("x", "q", "assistant", "a", weight=0), [], "left out: 1 hidden message"),
        (node("x", "q", "assistant", "a", weight=0.0), [], "left out: 1 hidden message"),
        (node("x", "q", "system", "rules", **HIDDEN), [], "left out: 1 hidden message"),
        (node("x", "q", "system", "rules"), [system("rules")], ""),
        (node("x", "q", "system", ""), [], ""),
        (node("x", "q", "assistant", text_content()), [], ""),
        (node("x", "q", "assistant", text_content("", None)), [], ""),
        (node("x", "q", "assistant", None), [], ""),
        (node("x", "q", "assistant", text_content("a", "", "b")), [assistant([text("a"), text("b")])], ""),
        (node("x", "q", "assistant", {"content_type": "code", "text": "x = 1"}), [assistant("x = 1")], ""),
        (
            node("x", "q", "assistant", {"content_type": "code", "text": "x"}, recipient="web.run"),
            [],
            "left out: 1 tool message",
        ),
        (node("x", "q", "assistant", "a", recipient=None), [assistant("a")], ""),
        (
            node("x", "q", "tool", {"content_type": "tether_quote", "text": "t", "title": "u"}),
            [],
            "left out: 1 tool message",
        ),
        (
            node("x", "q", "tool", {"content_type": "tether_browsing_display", "result": "t"}),
            [],
            "left out: 1 tool message",
        ),
        (node("x", "q", "assistant", {"content_type": "thoughts", "thoughts": []}), [], ""),
        (node("x", "q", "assistant", {"content_type": "of_the_future", "blob": 1}), [], "left out: 1 unknown message"),
        (node("x", "q", "critic", "a"), [], "left out: 1 unknown message"),
        (
            node("x", "q", "assistant", {"content_type": "model_editable_context", "model_set_context": "m"}),
            [],
            "left out: 1 hidden message",
        ),
        (node("x", "q", "user", {"content_type": "multimodal_text", "parts": [IMAGE]}), [], "left out: 1 image"),
        (
            node("x", "q", "user", {"content_type": "multimodal_text", "parts": [SPOKEN, RECORDING]}),
            [user("said aloud")],
            "left out: 1 recording",
        ),
        (
            node("x", "q", "user", {"content_type": "multimodal_text", "parts": [{"content_type": "?"}, 5, "t"]}),
            [user("t")],
            "left out: 2 unknown parts",
        ),
        (
            node(
                "x",
                "q",
                "user",
                "t",
                metadata={"attachments": [{"mime_type": "application/pdf"}, {"mime_type": "image/png"}]},
            ),
            [user("t")],
            "left out: 1 file",
        ),
        (node("x", "q", "assistant", "a", metadata=None, author=None), [], "left out: 1 unknown message"),
        (
            node("x", "q", "assistant", "\ue200cite\ue202turn0search0\ue201 \ud800"),
            [assistant("\ue200cite\ue202turn0search0\ue201 \ud800")],
            "",
        ),
    ],
)
def test_each_kind_of_message_of_chatgpt(given, expected, changes):
    imported = read(chatgpt(node("q", None, "user", "q"), given))
    assert (bodies(imported), imported.changes) == ([user("q"), *expected], changes)


def test_a_reply_that_chatgpt_cut_can_be_continued():
    details = {"metadata": {"finish_details": {"type": "max_tokens"}, "model_slug": "gpt-4"}}
    [_, message] = read(chatgpt(node("q", None, "user", "q"), node("a", "q", "assistant", "a", **details))).messages
    assert message.reply is not None
    assert (message.reply.model, message.reply.finish_reason) == ("gpt-4", "length")


# -- ShareGPT ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [SHAREGPT, [SHAREGPT], json_lines(SHAREGPT), SHAREGPT["conversations"]])
def test_sharegpt_becomes_messages(data):
    imported = read(data)
    assert (bodies(imported), imported.changes) == (SHAREGPT_MESSAGES, "")


@pytest.mark.parametrize(
    ("turns", "expected", "changes"),
    [
        (
            [turn("user", "a"), turn("assistant", "b"), turn("chatgpt", "c"), turn("Human", "d")],
            [user("a"), assistant("b"), assistant("c"), user("d")],
            "",
        ),
        ([turn("human", ""), turn("gpt", None), turn("human", "a")], [user("a")], "left out: 2 empty messages"),
        ([turn("human", " a\n"), turn("gpt", "\ud800")], [user(" a\n"), assistant("\ud800")], ""),
        (
            [turn("function_call", "f(1)"), turn("tool", "2")],
            [assistant("f(1)"), user("2")],
            "as a user's message: 1 tool result",
        ),
        (
            [
                turn("function_call", '[{"name":"f","arguments":"{}"},{"name":"g"}]'),
                turn("observation", "1"),
                turn("observation", ""),
                turn("observation", "3"),
            ],
            [
                {**assistant(None), "tool_calls": [call("call_1", "f", "{}"), call("call_2", "g", "{}")]},
                {"role": "tool", "tool_call_id": "call_1", "content": "1"},
                {"role": "tool", "tool_call_id": "call_2", "content": ""},
                user("3"),
            ],
            "as a user's message: 1 tool result",
        ),
        ([user("q"), assistant("a")], [user("q"), assistant("a")], ""),
        ([{**turn("human", "q"), "weight": 0, "loss": None}], [user("q")], ""),
    ],
)
def test_each_kind_of_turn_of_sharegpt(turns, expected, changes):
    imported = read({"conversations": turns})
    assert (bodies(imported), imported.changes) == (expected, changes)


def test_a_system_text_beside_the_turns_leads():
    imported = read({"conversation": [turn("human", "q")], "system": "s", "tools": "[]", "title": "t"})
    assert (bodies(imported), imported.changes, imported.name) == (
        [system("s"), user("q")],
        "left out: the field tools",
        "t",
    )


# -- llm ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [LLM, LLM[::-1], json_lines(*LLM)])
def test_the_log_of_llm_becomes_messages(data):
    imported = read(data)
    assert (bodies(imported), imported.changes, imported.name) == (LLM_MESSAGES, "", "name of 01jx")
    assert {message.reply.model for message in imported.messages if message.reply} == {"gpt-4o-mini"}


@pytest.mark.parametrize(
    ("row", "expected", "changes"),
    [
        (llm_row(1, "p", ""), [user("p")], ""),
        (llm_row(1, None, "r"), [assistant("r")], ""),
        (llm_row(1, "p", "r", reasoning="hm"), [user("p"), assistant("r")], "left out: 1 thought"),
        (
            llm_row(1, "p", "r", attachments=[{**LLM_ATTACHMENT, "path": "/home/u/a.png"}]),
            [user("p"), assistant("r")],
            "left out: 1 attachment",
        ),
        (
            llm_row(
                1, "p", "r", attachments=[{**LLM_ATTACHMENT, "type": "application/pdf", "url": "https://x.test/a"}]
            ),
            [user("p"), assistant("r")],
            "left out: 1 attachment",
        ),
        (llm_row(1, "f\np", "r", prompt_fragments=[{"hash": "1", "content": "f"}]), [user("f\np"), assistant("r")], ""),
        (llm_row(1, "p", "r", prompt_fragments=[{"hash": "1", "content": "f"}]), [user("f\np"), assistant("r")], ""),
        (
            llm_row(1, "p", "r", prompt_fragments=[{"hash": "1", "content": "f..."}]),
            [user("p"), assistant("r")],
            "left out: 1 shortened fragment",
        ),
        (
            llm_row(1, "p", "", tool_calls=[{"name": "f", "arguments": {"a": "é"}, "tool_call_id": "t1"}]),
            [user("p"), {**assistant(""), "tool_calls": [call("t1", "f", '{"a": "é"}')]}],
            "",
        ),
        (
            llm_row(1, "", "r", tool_results=[{"name": "f", "output": "4", "tool_call_id": "t1"}]),
            [{"role": "tool", "tool_call_id": "t1", "content": "4"}, assistant("r")],
            "",
        ),
        ({"prompt": "p", "response": "r", "conversation_id": None}, [user("p"), assistant("r")], ""),
    ],
)
def test_each_kind_of_row_of_llm(row, expected, changes):
    imported = read([row])
    assert (bodies(imported), imported.changes) == (expected, changes)


# -- coding agents -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "changes", "name"),
    [
        (PI, "left out: 1 thought, 1 tool call, 1 tool result", "a fix"),
        (DROID, "left out: 1 tool call, 1 tool result", "a fix"),
        (CLAUDE_CODE, "left out: 1 thought, 1 tool call, 1 tool result, 1 hidden message", "a fix"),
        (CODEX, "left out: 1 hidden message, 1 thought, 1 tool call, 1 tool result", ""),
        ([CLAUDE_AI], "left out: 1 file", "a fix"),
        ([{"conversations": [GROK_COM], "projects": [], "tasks": []}], "left out: 1 file", "a fix"),
    ],
)
def test_the_session_of_an_agent_gives_its_texts(events, changes, name):
    imported = read(json_lines(*events))
    assert (bodies(imported), imported.changes, imported.name) == (AGENT_MESSAGES, changes, name)


def test_what_an_earlier_grokchat_appended_to_the_session_of_pi_is_read_too():
    ours = {"type": "message", "id": "z", "time": "2031-01-01T00:00:00.000Z", "change": "z", "message": user("more")}
    assert bodies(read(json_lines(*PI, ours))) == [*AGENT_MESSAGES, user("more")]


def test_images_of_agents_are_taken():
    parts = [text("see"), {"type": "image", "data": "AA", "mimeType": "image/png"}]
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}
    assert bodies(read(json_lines(PI_HEADER, pi_event("a", None, "user", *parts)))) == [user([text("see"), image])]
    source = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA"}}
    assert bodies(read(json_lines(claude_code("user", "a", None, [text("see"), source])))) == [
        user([text("see"), image])
    ]


# -- several conversations ---------------------------------------------------------------------------------------------

APPLES = chatgpt(node("a", None, "user", "about apples"), title="Apples", update_time=1.0)
PEARS = chatgpt(node("a", None, "user", "about pears"), title="Pears and plums", update_time=3.0)
UNNAMED = chatgpt(node("a", None, "user", "about quinces"), title=None, update_time=2.0)
SEVERAL = [APPLES, PEARS, UNNAMED]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("1", "about apples"),
        ("3", "about quinces"),
        ("03", "about quinces"),
        ("Apples", "about apples"),
        ("PLUMS pears", "about pears"),
        ("quinces", "about quinces"),
    ],
)
def test_a_conversation_is_chosen_by_number_or_words(choice, expected):
    assert bodies(read(SEVERAL, choice)) == [user(expected)]


LISTED = "1 “Apples”, 2 “Pears and plums”, 3 “about quinces”."


@pytest.mark.parametrize(
    ("choice", "conversations", "said", "listed"),
    [
        ("", SEVERAL, "it holds 3 conversations. Name one by its number, as in 'theirs.json#2', or by words", LISTED),
        ("4", SEVERAL, "it holds 3 conversations, and none of them is “4”", LISTED),
        ("0", SEVERAL, "none of them is “0”", LISTED),
        ("9" * 100, SEVERAL, f"none of them is “{'9' * 40}”", LISTED),
        ("cherries", SEVERAL, "none of them is “cherries”", LISTED),
        ("pp", [*SEVERAL, chatgpt(title="Peppers")], "and 2 of them match “pp”", "1 “Apples”, 4 “Peppers”."),
        ("2", [APPLES], "it holds 1 conversation, and none of them is “2”", "1 “Apples”."),
    ],
)
def test_which_conversations_there_are_is_said(choice, conversations, said, listed):
    with pytest.raises(UsageError) as caught:
        read(conversations, choice)
    assert said in str(caught.value)
    assert str(caught.value).endswith(f": {listed}")
    assert isinstance(caught.value, ConversationChoiceError) == (choice in {"", "pp"})


def test_the_titles_of_many_conversations_are_cut_to_a_paragraph():
    with pytest.raises(ConversationChoiceError) as caught:
        read([chatgpt(title="long " * 30) for _ in range(5000)])
    assert len(str(caught.value)) < 500
    assert ", and 4,99" in str(caught.value)


def test_the_conversations_are_listed_like_sessions_newest_first():
    with pytest.raises(ConversationChoiceError) as caught:
        read([*SEVERAL, chatgpt(node("a", None, "narrator", "x"))])
    listed = list(caught.value.summaries())
    assert [(str(item.path), item.title, item.messages) for item in listed[:1]] == [("theirs.json#4", "A title", 0)]
    assert [(str(item.path), item.title, item.messages) for item in listed[1:]] == [
        ("theirs.json#2", "Pears and plums", 1),
        ("theirs.json#3", "about quinces", 1),
        ("theirs.json#1", "Apples", 1),
    ]


@pytest.mark.parametrize(
    "data",
    [
        json_lines({"messages": [user("a")]}, {"messages": [user("b")]}),
        json.dumps([{"messages": [user("a")]}, {"messages": [user("b")]}]),
        json.dumps([[user("a")], [user("b")]]),
        json_lines([user("a")], [user("b")]),
        json.dumps([{"conversations": [turn("human", "a")]}, {"conversations": [turn("human", "b")]}]),
        json_lines({"conversations": [turn("human", "a")]}, {"conversations": [turn("human", "b")]}),
        json.dumps([llm_row(1, "a", None, "x"), llm_row(2, "b", None, "y")]),
        json.dumps([{**CLAUDE_AI, "chat_messages": [{"sender": "human", "text": word}]} for word in "ab"]),
        json.dumps([{"choices": [{"message": user(word)}]} for word in "ab"]),
    ],
)
def test_several_conversations_of_any_format_are_a_choice(data):
    with pytest.raises(ConversationChoiceError, match="it holds 2 conversations"):
        read(data)
    assert [bodies(read(data, choice)) for choice in "12"] == [[user("a")], [user("b")]]


def test_only_the_chosen_conversation_must_be_readable():
    data = json_lines({"messages": [user("a")]}, {"messages": [{"role": "robot", "content": "b"}]})
    assert bodies(read(data, "1")) == [user("a")]
