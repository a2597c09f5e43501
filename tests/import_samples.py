"""Conversations as other programs write them, in the shape of their real files."""

from __future__ import annotations

import json
from typing import Any

Body = dict[str, Any]


def user(text: Any) -> Body:
    return {"role": "user", "content": text}


def assistant(text: Any) -> Body:
    return {"role": "assistant", "content": text}


def system(text: Any) -> Body:
    return {"role": "system", "content": text}


def call(call_id: str, name: str, arguments: str) -> Body:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def json_lines(*values: object) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


# -- ChatGPT -----------------------------------------------------------------------------------------------------------


def text_content(*parts: Any) -> Body:
    return {"content_type": "text", "parts": list(parts)}


def node(node_id: str, parent: str | None, role: str | None = None, content: Any = None, **more: Any) -> Body:
    """Return a node of a conversation; without a role one without a message, as roots are."""
    message = None
    if role is not None:
        message = {
            "id": node_id,
            "author": {"role": role, "name": None, "metadata": {}},
            "create_time": None,
            "update_time": None,
            "content": text_content(content) if isinstance(content, str) else content,
            "status": "finished_successfully",
            "end_turn": None,
            "weight": 1.0,
            "metadata": {},
            "recipient": "all",
            "channel": None,
            **more,
        }
    return {"id": node_id, "message": message, "parent": parent, "children": []}


def chatgpt(*nodes: Body, current: Any = ..., title: Any = "A title", **more: Any) -> Body:
    """Return a conversation; its current node is the last one."""
    mapping = {item["id"]: item for item in nodes}
    for item in nodes:
        if item["parent"] in mapping:
            mapping[item["parent"]]["children"].append(item["id"])
    current = (nodes[-1]["id"] if nodes else None) if current is ... else current
    return {
        "title": title,
        "create_time": 1_700_000_000.5,
        "update_time": 1_700_000_100.25,
        "mapping": mapping,
        "moderation_results": [],
        "current_node": current,
        "plugin_ids": None,
        "conversation_id": "4b1a6f0e",
        "conversation_template_id": None,
        "gizmo_id": None,
        "is_archived": False,
        "safe_urls": [],
        "default_model_slug": "gpt-4o",
        "id": "4b1a6f0e",
        **more,
    }


HIDDEN = {"metadata": {"is_visually_hidden_from_conversation": True}}
IMAGE = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-x", "width": 2, "height": 3}
SPOKEN = {"content_type": "audio_transcription", "text": "said aloud", "direction": "in"}
RECORDING = {"content_type": "real_time_user_audio_video_asset_pointer", "frames_asset_pointers": []}
CHATGPT_NODES = [
    node("root", None),
    node("s", "root", "system", "", **HIDDEN),
    node("c", "s", "user", {"content_type": "user_editable_context", "user_profile": "p", "user_instructions": "i"}),
    node("u1", "c", "user", "Draw π?"),
    node("old", "u1", "assistant", "An answer that was regenerated.", create_time=2.0),
    node("a1", "u1", "assistant", "A circle first.", metadata={"model_slug": "gpt-4o"}),
    node("u2", "a1", "user", {"content_type": "multimodal_text", "parts": [IMAGE, "Like this?"]}),
    node("t", "u2", "assistant", {"content_type": "thoughts", "thoughts": [{"summary": "s", "content": "hm"}]}),
    node("x", "t", "assistant", {"content_type": "code", "language": "python", "text": "1 + 1"}, recipient="python"),
    node("o", "x", "tool", {"content_type": "execution_output", "text": "2"}, recipient="all"),
    node("r", "o", "assistant", {"content_type": "reasoning_recap", "content": "Thought for 3s"}),
    node("a2", "r", "assistant", "It is 2."),
]
CHATGPT = chatgpt(*CHATGPT_NODES)
CHATGPT_MESSAGES = [user("Draw π?"), assistant("A circle first."), user("Like this?"), assistant("It is 2.")]
CHATGPT_CHANGES = "left out: 1 hidden message, 1 image, 1 thought, 2 tool messages"


# -- ShareGPT ----------------------------------------------------------------------------------------------------------


def turn(speaker: str, value: Any) -> Body:
    return {"from": speaker, "value": value}


SHAREGPT = {
    "id": "identity_0",
    "conversations": [
        turn("system", "Be brief."),
        turn("human", "Weather in Oslo?"),
        turn("function_call", '{"name": "weather", "arguments": {"city": "Oslo"}}'),
        turn("observation", '{"temperature": 4}'),
        turn("gpt", "4 degrees."),
    ],
}
SHAREGPT_MESSAGES = [
    system("Be brief."),
    user("Weather in Oslo?"),
    {**assistant(None), "tool_calls": [call("call_1", "weather", '{"city": "Oslo"}')]},
    {"role": "tool", "tool_call_id": "call_1", "content": '{"temperature": 4}'},
    assistant("4 degrees."),
]


# -- llm ---------------------------------------------------------------------------------------------------------------


def llm_row(number: int, prompt: str | None, response: str | None, conversation: str = "01jx", **more: Any) -> Body:
    """Return a row of `llm logs --json`, as llm 0.36 prints it."""
    return {
        "id": f"01m8{number:04}",
        "model": "gpt-4o-mini",
        "resolved_model": None,
        "options_json": {"temperature": 0.5},
        "conversation_id": conversation,
        "duration_ms": 12,
        "datetime_utc": f"2031-01-01T00:00:{number:02}.663773+00:00",
        "input_tokens": 3,
        "output_tokens": 5,
        "token_details": None,
        "conversation_name": f"name of {conversation}",
        "conversation_model": "gpt-4o-mini",
        "schema_json": None,
        "prompt": prompt,
        "system": None,
        "response": response,
        "reasoning": None,
        "prompt_json": None,
        "response_json": None,
        "prompt_fragments": [],
        "system_fragments": [],
        "tools": [],
        "tool_calls": [],
        "tool_results": [],
        "attachments": [],
        **more,
    }


LLM_ATTACHMENT = {"id": "44f4", "type": "image/png", "path": None, "url": None, "content": None, "content_length": None}
LLM = [
    llm_row(1, "first", "one", system="be brief"),
    llm_row(2, "second", "two", system="be brief"),
    llm_row(3, "look", "three", attachments=[{**LLM_ATTACHMENT, "url": "https://example.org/a.png"}], system="be long"),
]
LLM_MESSAGES = [
    system("be brief"),
    user("first"),
    assistant("one"),
    user("second"),
    assistant("two"),
    system("be long"),
    user([{"type": "text", "text": "look"}, {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]),
    assistant("three"),
]


# -- coding agents -----------------------------------------------------------------------------------------------------


def pi_event(event_id: str, parent: str | None, role: str, *parts: Body, **more: Any) -> Body:
    message = {"role": role, "content": list(parts), "timestamp": 1, **more}
    return {"type": "message", "id": event_id, "parentId": parent, "timestamp": "2031-01-01", "message": message}


def text(value: str, **more: Any) -> Body:
    return {"type": "text", "text": value, **more}


PI_HEADER = {"type": "session", "version": 3, "id": "0b9e", "timestamp": "2031-01-01", "cwd": "/src"}
PI = [
    PI_HEADER,
    {"type": "model_change", "id": "m", "parentId": None, "timestamp": "2031-01-01", "modelId": "claude"},
    pi_event("a", "m", "user", text("Fix it")),
    pi_event("x", "a", "assistant", text("another branch")),
    pi_event(
        "b",
        "a",
        "assistant",
        {"type": "thinking", "thinking": "hm"},
        text("Looking.", textSignature="z"),
        {"type": "toolCall", "id": "1", "name": "bash", "arguments": {"command": "ls"}},
        model="claude",
    ),
    pi_event("c", "b", "toolResult", text("a.py"), toolCallId="1"),
    pi_event("d", "c", "assistant", text("Done."), model="claude"),
    {"type": "session_info", "id": "e", "parentId": "d", "name": "a fix"},
]
AGENT_MESSAGES = [user("Fix it"), assistant("Looking."), assistant("Done.")]
DROID = [
    {"type": "session_start", "id": "6f1d", "title": "a fix", "owner": "u", "version": 2, "cwd": "/src"},
    pi_event("a", None, "user", text("Fix it")),
    pi_event("b", "a", "assistant", text("Looking."), {"type": "tool_use", "id": "1", "name": "Execute", "input": {}}),
    {"type": "todo_state", "id": "t", "timestamp": "2031-01-01", "todos": {"todos": "1. test"}},
    pi_event("c", "b", "user", {"type": "tool_result", "tool_use_id": "1", "content": "a.py"}),
    pi_event("d", "c", "assistant", text("Done.")),
]


def claude_code(kind: str, event_id: str, parent: str | None, content: Any, **more: Any) -> Body:
    return {
        "parentUuid": parent,
        "isSidechain": False,
        "type": kind,
        "message": {"role": kind, "content": content},
        "uuid": event_id,
        "timestamp": "2031-01-01T00:00:00.000Z",
        "sessionId": "d284",
        "version": "2.1.0",
        **more,
    }


CLAUDE_CODE = [
    {"type": "summary", "summary": "a fix", "leafUuid": "u"},
    {"type": "file-history-snapshot", "messageId": "u", "snapshot": {}, "isSnapshotUpdate": False},
    claude_code("user", "a", None, "Fix it"),
    claude_code("assistant", "b", "a", [{"type": "thinking", "thinking": "hm", "signature": "s"}]),
    claude_code("assistant", "c", "b", [text("Looking.")]),
    claude_code("assistant", "d", "c", [{"type": "tool_use", "id": "1", "name": "Bash", "input": {}}]),
    claude_code("user", "side", "d", "of a subagent", isSidechain=True),
    claude_code("user", "e", "d", [{"type": "tool_result", "tool_use_id": "1", "content": "a.py"}]),
    {"type": "system", "subtype": "compact_boundary", "uuid": "f", "parentUuid": None, "logicalParentUuid": "e"},
    claude_code("user", "g", "f", "a caveat", isMeta=True),
    claude_code("assistant", "h", "g", [text("Done.")]),
]


def codex(kind: str, **payload: Any) -> Body:
    return {"timestamp": "2031-01-01T00:00:00.000Z", "type": kind, "payload": payload}


CODEX = [
    codex("session_meta", id="019c", cwd="/src", originator="codex_cli_rs"),
    codex("response_item", type="message", role="developer", content=[{"type": "input_text", "text": "rules"}]),
    codex("response_item", type="message", role="user", content=[{"type": "input_text", "text": "Fix it"}]),
    codex("event_msg", type="user_message", message="Fix it"),
    codex("turn_context", cwd="/src", model="gpt-5"),
    codex("response_item", type="reasoning", summary=[], encrypted_content="x"),
    codex("response_item", type="message", role="assistant", content=[{"type": "output_text", "text": "Looking."}]),
    codex("response_item", type="function_call", name="shell", call_id="1", arguments="{}"),
    codex("response_item", type="function_call_output", call_id="1", output="a.py"),
    codex("response_item", type="message", role="assistant", content=[{"type": "output_text", "text": "Done."}]),
]
CLAUDE_AI = {
    "uuid": "9c",
    "name": "a fix",
    "created_at": "2031-01-01T00:00:00Z",
    "updated_at": "2031-01-01T00:00:00Z",
    "account": {"uuid": "1"},
    "chat_messages": [
        {"uuid": "1", "sender": "human", "text": "Fix it", "content": [text("Fix it")], "files": [{"file_name": "a"}]},
        {"uuid": "2", "sender": "assistant", "text": "Looking.", "content": [], "attachments": []},
        {"uuid": "3", "sender": "assistant", "text": "Done.", "content": [text("Done.", citations=[])]},
    ],
}


def grok_com(sender: str, message: Any, **more: Any) -> Body:
    response = {"_id": "1", "conversation_id": "c", "message": message, "sender": sender, "model": "grok-3", **more}
    return {"response": {**response, "create_time": {"$date": {"$numberLong": "1757404800000"}}}, "share_link": None}


GROK_COM = {
    "conversation": {"id": "c", "title": "a fix", "create_time": "2031-01-01T00:00:00.000000Z", "media_types": []},
    "responses": [
        grok_com("human", "Fix it", file_attachments=["f1"]),
        grok_com("ASSISTANT", "Looking."),
        grok_com("assistant", "Done."),
    ],
}
