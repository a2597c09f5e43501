"""Requests and replies of the Responses API come back as the session that they were made from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from export_sources import EVERYTHING, PNG
from fake_responses import cited, message, met, open_page, reasoning, response, web_search, x_search
from support import out, run_cli

from grokchat.api.request import RequestEncoder
from grokchat.config.settings import Settings
from grokchat.messages import Message, ReplyInfo
from grokchat.session.imports.conversation import Imported
from grokchat.session.imports.importer import import_conversation

PATH = Path("request.json")
ENCRYPTED = {
    "model": "grok-4.7",
    "items": [{"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}],
}
FUNCTION = {"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}
PARAMS = {
    "temperature": 0.5,
    "max_completion_tokens": 100,
    "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
    "reasoning_effort": "high",
    "tools": [FUNCTION],
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "parallel_tool_calls": False,
    "include": ["no_inline_citations"],
    "max_turns": 3,
    "reasoning": {"summary": "auto"},
    "of_the_future": {"a": None},
}
OPTIONS = {
    "allowed_domains": ["arxiv.org"],
    "allowed_x_handles": ["xai"],
    "from_date": "2026-01-01",
    "enable_image_understanding": True,
}


def read(value: object) -> Imported:
    return import_conversation(PATH, value if isinstance(value, bytes) else json.dumps(value).encode())


def exported(messages: list[Message], **settings: Any) -> bytes:
    return RequestEncoder().body(messages, Settings(model="grok-4.7", **settings), "conversation")


def as_messages(bodies: list[dict[str, Any]]) -> list[Message]:
    return [Message(str(number), body) for number, body in enumerate(bodies)]


def without_reasoning(body: Any) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != "reasoning_content"}


@pytest.mark.parametrize(
    ("search", "options"),
    [("all", OPTIONS), ("web", {"excluded_domains": ["a.example"]}), ("x", {"to_date": "2026-01-02"})],
)
def test_a_request_export_with_search_comes_back(search, options):
    """`-r` accepts the export `request`: the same messages, parameters under our names, search and its options."""
    given = as_messages(EVERYTHING)
    imported = read(exported(given, search=search, search_options=options, params=PARAMS, stream=False))
    assert [item.body for item in imported.messages] == [without_reasoning(item.body) for item in given]
    chosen = {"model": "grok-4.7", "stream": False, "search": search, "search_options": options}
    assert imported.settings == chosen
    assert imported.params == PARAMS
    assert imported.changes == ""


def test_encrypted_reasoning_stays_with_its_reply():
    """The next request sends it again."""
    reply = Message("r", {"role": "assistant", "content": "a"}, ReplyInfo("grok-4.7", encrypted_reasoning=ENCRYPTED))
    given = [*as_messages([{"role": "user", "content": "q"}]), reply]
    body = exported(given, search="web")
    imported = read(body)
    assert imported.messages[1].reply.encrypted_reasoning == ENCRYPTED
    assert exported(list(imported.messages), search="web") == body


def test_encrypted_reasoning_before_calls_stays_with_them():
    """It is that of the message that it stood before, and of no later one."""
    calls = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    asked = Message(
        "r", {"role": "assistant", "content": None, "tool_calls": calls}, ReplyInfo(encrypted_reasoning=ENCRYPTED)
    )
    result = {"role": "tool", "tool_call_id": "c", "content": "4"}
    given = [
        *as_messages([{"role": "user", "content": "q"}]),
        asked,
        *as_messages([result, {"role": "assistant", "content": "a"}]),
    ]
    imported = read(exported(given, search="web"))
    assert [item.id for item in imported.messages if item.reply] == [imported.messages[1].id]
    assert imported.messages[1].reply.encrypted_reasoning == ENCRYPTED


@pytest.mark.parametrize("kind", [["message"], {}, 7, None])
def test_an_item_of_an_odd_type_is_left_out(kind):
    imported = read({"model": "m", "input": [{"role": "user", "content": "q"}, {"type": kind}]})
    assert (len(imported.messages), imported.changes) == (1, "left out: 1 tool call")


def test_parts_come_back():
    """Pictures with their detail, files, and texts in parts."""
    content = [
        {"type": "text", "text": "a"},
        {"type": "image_url", "image_url": {"url": PNG, "detail": "high"}},
        {"type": "file", "file": {"file_id": "f1"}},
    ]
    given = as_messages([{"role": "user", "content": content, "name": "bob"}])
    assert read(exported(given, search="x")).messages[0].body == given[0].body


def test_a_text_and_calls_are_one_message():
    calls = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    given = as_messages([{"role": "user", "content": "q"}, {"role": "assistant", "content": "a", "tool_calls": calls}])
    assert [item.body for item in read(exported(given, search="x")).messages] == [item.body for item in given]


def test_a_response_brings_its_sources():
    """What `--json` prints with search can be resumed, with the sources of the reply."""
    url = "https://en.wikipedia.org/wiki/Grok_(word)"
    text, annotations = cited("It is a word.", url, "https://b.example")
    value = response(reasoning("hm"), web_search("grok", url), x_search("grok"), message(text, *annotations))
    imported = read(value)
    [reply] = imported.messages
    assert (reply.body, reply.reply.model, reply.reply.finish_reason) == (
        {"role": "assistant", "content": text},
        "grok-4.7",
        "stop",
    )
    assert [(source.number, source.url) for source in reply.sources] == [(1, url), (2, "https://b.example")]
    assert imported.changes == "left out: 1 thought, 2 search calls"


def test_a_response_that_cites_nothing_brings_the_pages_read():
    value = response(open_page("https://b.example"), message("Plain.", met("https://a.example")))
    assert [(one.number, one.url) for one in read(value).messages[0].sources] == [(None, "https://a.example")]


@pytest.mark.parametrize(
    "output",
    [
        [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a", "annotations": 7}]}],
        [{"type": "message", "role": "assistant", "content": "a"}, {"type": "web_search_call", "action": "x"}],
    ],
)
def test_a_response_of_another_shape_is_a_message_all_the_same(output):
    assert read({"object": "response", "model": 7, "status": [], "output": output}).messages[0].text == "a"


@pytest.mark.parametrize(
    ("tool", "options", "changes"),
    [
        ({"allowed_domains": ["a.example"]}, {"allowed_domains": ["a.example"]}, ""),
        ({"allowed_domains": "no list"}, {}, "left out: the field allowed_domains"),
        ({"user_location": {}, "filters": []}, {}, "left out: the field user_location"),
    ],
)
def test_options_of_the_tools_are_checked(tool, options, changes):
    """A file may come from anyone: what no search takes is left out, and said."""
    imported = read({"model": "m", "input": "q", "tools": [{"type": "web_search", **tool}, 7]})
    assert (imported.settings["search"], imported.settings.get("search_options", {})) == ("web", options)
    assert imported.changes == changes


def test_the_export_of_an_imported_request_is_that_request(home, tmp_path):
    """`-r` takes the export `request`, and the session goes on from it: only the key of the cache is the session's."""
    body = json.loads(exported(as_messages(EVERYTHING), search="all", search_options=OPTIONS, params=PARAMS))
    path = tmp_path / "request.json"
    path.write_text(json.dumps(body))
    code, environment = run_cli(home, None, "-r", str(path), "--export", "request", "-O", "-")
    again = json.loads(out(environment))
    assert (code, again.pop("prompt_cache_key") != body.pop("prompt_cache_key")) == (0, True)
    assert again == body
