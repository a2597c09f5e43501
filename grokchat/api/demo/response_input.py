"""The `input` of a request to the demo's `POST /responses`, read back into messages, and refused as the API does."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from grokchat.api.demo.wire import find_field_problem
from grokchat.messages import find_message_problem

_UNSUPPORTED = (
    "n",
    "seed",
    "stop",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "stream_options",
    "deferred",
    "search_parameters",
    "web_search_options",
    "messages",
    "metadata",
)
"""Names that the endpoint refuses."""

_NOT_DECRYPTED = (
    "Could not decrypt the provided encrypted_content. Ensure the value is the unmodified encrypted_content from a "
    "previous response."
)


class WrongInputError(Exception):
    """An `input` that cannot be read; its text says which item, and why."""


def find_response_problem(body: object) -> tuple[int, str] | None:
    """Return the status and the words with which a request is refused, or None if it is not."""
    if not isinstance(body, dict):
        return 422, "the body must be an object"
    for name in _UNSUPPORTED:
        if name in body:
            return 400, f"Argument not supported: {name}"
    fields: tuple[tuple[str, type, str], ...] = (
        ("model", str, "a string"),
        ("stream", bool, "a boolean"),
        ("store", bool, "a boolean"),
        ("instructions", str, "a string"),
        ("tools", list, "an array"),
        ("include", list, "an array"),
    )
    if problem := find_field_problem(body, fields):
        return 422, problem
    if not all(isinstance(tool, dict) and isinstance(tool.get("type"), str) for tool in body.get("tools") or ()):
        return 422, "tools: each must be an object with a type"
    try:
        read_messages(body)
    except WrongInputError as error:
        return 422, str(error)
    if isinstance(body["input"], list) and not all(map(_is_decrypted, body["input"])):
        return 400, _NOT_DECRYPTED
    return None


def read_messages(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the messages of a request as those of a chat completion; raises WrongInputError, naming the wrong item."""
    sent = body.get("input")
    if isinstance(sent, str):
        sent = [{"role": "user", "content": sent}]
    if not isinstance(sent, list):
        raise WrongInputError("input: must be a string or an array")
    instructions = body.get("instructions")
    messages = [] if instructions is None else [{"role": "system", "content": instructions}]
    for number, item in enumerate(sent):
        try:
            messages += _read_item(item)
        except WrongInputError as error:
            raise WrongInputError(f"input[{number}]: {error}") from None
    return messages


def encrypted_content(summary: str) -> str:
    """Return what stands for the encrypted reasoning of a reply: it can only be sent back unchanged."""
    return base64.b64encode(f"demo: {summary}".encode("utf-8", "replace")).decode()


def _read_item(item: object) -> list[dict[str, Any]]:
    if not isinstance(item, dict):
        raise WrongInputError("must be an object")
    match item.get("type", "message"):
        case "message":
            message = {**item, "content": _read_content(item.get("content"))}
            if problem := find_message_problem(message):
                raise WrongInputError(problem)
            return [message]
        case "function_call":
            call = {"name": _text(item, "name"), "arguments": _text(item, "arguments")}
            calls = [{"id": _text(item, "call_id"), "type": "function", "function": call}]
            return [{"role": "assistant", "content": None, "tool_calls": calls}]
        case "function_call_output":
            return [{"role": "tool", "tool_call_id": _text(item, "call_id"), "content": _text(item, "output")}]
        case "reasoning" | "web_search_call" | "custom_tool_call":
            return []
        case kind:
            raise WrongInputError(f"unknown type {kind!r}")


def _read_content(content: object) -> object:
    if not isinstance(content, list):
        return content
    return [_read_part(part) for part in content]


def _read_part(part: object) -> dict[str, Any]:
    if not isinstance(part, dict):
        raise WrongInputError("a part must be an object")
    match part.get("type"):
        case "input_text" | "output_text" | "text":
            return {"type": "text", "text": _text(part, "text")}
        case "input_image":
            return {"type": "image_url", "image_url": {"url": _text(part, "image_url")}}
        case "input_file":
            return {"type": "file", "file": {key: value for key, value in part.items() if key != "type"}}
        case kind:
            raise WrongInputError(f"unknown part {kind!r}")


def _text(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    if not isinstance(value, str):
        raise WrongInputError(f"{key}: must be a string")
    return value


def _is_decrypted(item: object) -> bool:
    """Return whether an item is no reasoning, or holds what the demo has sent with its summary."""
    if not isinstance(item, dict) or item.get("type") != "reasoning" or item.get("encrypted_content") is None:
        return True
    summary = item.get("summary")
    parts = summary if isinstance(summary, list) else []
    text = "".join(str(part.get("text")) for part in parts if isinstance(part, dict))
    return bool(item["encrypted_content"] == encrypted_content(text))
