"""The log of `llm` (llm.datasette.io), as `llm logs --json` prints it: a row for each prompt with its response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from grokchat.session.imports.chat_messages import tool_call
from grokchat.session.imports.conversation import Conversation, ImportBuilder, Imported
from grokchat.session.imports.source import Item, Source, describe

Row = Mapping[str, Any]
_TEXTS = ("prompt", "system", "response")


def conversations(source: Source, items: list[Item]) -> list[Conversation]:
    """Return the conversations of the rows, in the order of their first rows."""
    rows: dict[str, list[Row]] = {}
    for item in items:
        row = item.value
        if not isinstance(row, dict) or "prompt" not in row or "response" not in row:
            raise source.error(item, f"found {describe(row)}, not a row of llm's log")
        for key in _TEXTS:
            if not isinstance(row.get(key), str | None):
                raise source.error(item.at(key), f"{key} must be a text, not {describe(row[key])}")
        rows.setdefault(str(row.get("conversation_id")), []).append(row)
    return [Conversation(partial(_build, each), each[0].get("conversation_name")) for each in rows.values()]


def _build(rows: Sequence[Row]) -> Imported:
    """Convert the rows of a conversation, which are in no order if they were searched for."""
    builder = ImportBuilder()
    system = None
    for row in sorted(rows, key=lambda row: str(row.get("datetime_utc") or "")):
        if row.get("system") and row["system"] != system:  # each row repeats it
            system = row["system"]
            builder.add({"role": "system", "content": system})
        for result in _objects(row, "tool_results"):
            output = result.get("output")
            builder.add({"role": "tool", "tool_call_id": _call_id(result), "content": str(output or "")})
        _add_prompt(row, builder)
        _add_response(row, builder)
    return builder.build(rows[0].get("conversation_name"))


def _add_prompt(row: Row, builder: ImportBuilder) -> None:
    text = _with_fragments(row, builder)
    images = []
    for attachment in _objects(row, "attachments"):
        url = attachment.get("url")
        if isinstance(url, str) and str(attachment.get("type") or "image/").startswith("image/"):
            images.append({"type": "image_url", "image_url": {"url": url}})
        else:  # a path: no file names another one that is then sent
            builder.leave_out("attachment")
    if images:
        texts = [{"type": "text", "text": text}] if text else []
        builder.add({"role": "user", "content": [*texts, *images]})
    elif text:
        builder.add({"role": "user", "content": text})


def _with_fragments(row: Row, builder: ImportBuilder) -> str:
    """Return the prompt. Logs of before llm 0.36 have its fragments beside it, whole with `--expand`."""
    prompt = row.get("prompt") or ""
    whole = []
    for fragment in _objects(row, "prompt_fragments"):
        content = str(fragment.get("content", ""))
        if content.removesuffix("...") in prompt:
            continue
        if content.endswith("..."):
            builder.leave_out("shortened fragment")
        else:
            whole.append(content)
    return "\n".join([*whole, prompt] if prompt else whole)


def _add_response(row: Row, builder: ImportBuilder) -> None:
    if row.get("reasoning"):
        builder.leave_out("thought")
    reply: dict[str, Any] = {"role": "assistant", "content": row.get("response") or ""}
    calls = [
        tool_call(_call_id(call), str(call.get("name")), call.get("arguments", {}))
        for call in _objects(row, "tool_calls")
    ]
    if calls:
        reply["tool_calls"] = calls
    if calls or reply["content"]:
        builder.add(reply, model=row.get("resolved_model") or row.get("model"))


def _call_id(value: Mapping[str, Any]) -> str:
    return str(value.get("tool_call_id") or value.get("name"))


def _objects(row: Row, key: str) -> list[Mapping[str, Any]]:
    values = row.get(key)
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []
