"""Imports: every text comes out as it went in, whatever the tree or list; no file of any content is a bug."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from import_samples import (
    CHATGPT,
    CLAUDE_AI,
    CLAUDE_CODE,
    CODEX,
    DROID,
    GROK_COM,
    LLM,
    PI,
    SHAREGPT,
    assistant,
    call,
    chatgpt,
    json_lines,
    llm_row,
    node,
    system,
    turn,
    user,
)

from grokchat.api.json_encoding import encode_json
from grokchat.errors import FileError, UsageError
from grokchat.session.imports.conversation import ConversationChoiceError
from grokchat.session.imports.importer import import_conversation

PATH = Path("theirs.json")
TEXT = st.text(st.characters(), min_size=1, max_size=12)


def imported_bodies(data: Any, choice: str = "") -> list[Any]:
    return [message.body for message in import_conversation(PATH, json.dumps(data).encode(), choice).messages]


# -- what goes in comes out --------------------------------------------------------------------------------------------


@st.composite
def trees(draw: st.DrawFn) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Draw a conversation of ChatGPT, and the messages on the way to its current node."""
    nodes = [node("0", None)]
    messages: dict[str, list[dict[str, Any]]] = {"0": []}
    for number in range(1, draw(st.integers(1, 12))):
        parent = draw(st.sampled_from(nodes))["id"]
        role, text = draw(st.sampled_from(["user", "assistant", "system", "tool"])), draw(TEXT)
        is_hidden = draw(st.booleans())
        more = {"metadata": {"is_visually_hidden_from_conversation": True}} if is_hidden else {}
        nodes.append(node(str(number), parent, role, text, create_time=draw(st.none() | st.floats(0, 9)), **more))
        is_shown = role != "tool" and not is_hidden
        messages[str(number)] = [*messages[parent], *([{"role": role, "content": text}] if is_shown else [])]
    current = draw(st.sampled_from(nodes))["id"]
    return chatgpt(*draw(st.permutations(nodes)), current=current), messages[current]


@given(trees(), st.booleans())
def test_a_branch_of_chatgpt_is_the_way_to_its_current_node(drawn, is_list):
    conversation, expected = drawn
    try:
        bodies = imported_bodies([conversation] if is_list else conversation)
    except FileError as error:
        assert "there is no message in it" in str(error)  # noqa: PT017
        bodies = []
    assert bodies == expected


SPEAKERS = {"human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "system": "system"}


@given(st.lists(st.tuples(st.sampled_from([*SPEAKERS, "call"]), TEXT), min_size=1, max_size=8))
def test_turns_of_sharegpt_keep_their_texts(drawn):
    turns, expected, calls = [], [], 0
    for speaker, text in drawn:
        if speaker == "call":
            calls += 1
            turns += [turn("function_call", json.dumps({"name": text, "arguments": text})), turn("observation", text)]
            expected.append({**assistant(None), "tool_calls": [call(f"call_{calls}", text, text)]})
            expected.append({"role": "tool", "tool_call_id": f"call_{calls}", "content": text})
        else:
            turns.append(turn(speaker, text))
            expected.append({"role": SPEAKERS[speaker], "content": text})
    assert imported_bodies({"conversations": turns}) == expected
    assert imported_bodies([{"conversations": turns}] * 3, "2") == expected


@given(
    st.lists(st.tuples(st.sampled_from("ab"), TEXT, TEXT, st.none() | st.sampled_from("st")), min_size=1, max_size=6),
    st.randoms(use_true_random=False),
)
def test_rows_of_llm_keep_their_texts_and_their_order(drawn, chance):
    rows, expected, systems = [], {}, {}
    for number, (name, prompt, response, system_text) in enumerate(drawn):
        rows.append(llm_row(number, prompt, response, name, system=system_text))
        messages = expected.setdefault(name, [])
        if system_text and system_text != systems.get(name):
            systems[name] = system_text
            messages.append(system(system_text))
        messages += [user(prompt), assistant(response)]
    chance.shuffle(rows)
    names = list(dict.fromkeys(row["conversation_id"] for row in rows))
    for number, name in enumerate(names, 1):
        assert imported_bodies(rows, str(number)) == expected[name]


# -- files of any content ----------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)
MESSAGE_LIST = [
    system("s"),
    user([{"type": "text", "text": "q"}]),
    {**assistant(None), "tool_calls": [call("c", "f", "{}")]},
]
COMPLETION = {
    "object": "chat.completion",
    "model": "m",
    "choices": [{"message": assistant("a"), "finish_reason": "stop"}],
}
RESPONSES = {
    "model": "m",
    "instructions": "i",
    "input": [user("q"), {"type": "function_call", "call_id": "c", "name": "f"}],
}
SAMPLES: list[list[Any]] = [
    [MESSAGE_LIST],
    MESSAGE_LIST,
    [{"model": "m", "messages": MESSAGE_LIST, "temperature": None, "system": "s"}],
    [COMPLETION],
    [RESPONSES],
    [[CHATGPT]],
    [CHATGPT],
    [SHAREGPT],
    [LLM],
    PI,
    DROID,
    CLAUDE_CODE,
    CODEX,
    [[CLAUDE_AI]],
    [{"conversations": [GROK_COM]}],
]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each container within a value with each of its keys or indices."""
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from places(value[key])


def check(data: bytes, choice: str = "") -> None:
    """Import a file: its messages can be sent, or an error says why not."""
    try:
        imported = import_conversation(PATH, data, choice)
    except FileError as error:
        assert str(error).startswith("theirs.json: ")  # noqa: PT017
    except ConversationChoiceError as error:
        assert all(summary.messages >= 0 for summary in error.summaries())  # noqa: PT017
    except UsageError as error:
        assert choice
        assert "none of them is" in str(error)  # noqa: PT017
    else:
        assert imported.messages
        for message in imported.messages:
            assert json.loads(encode_json(message.body)) == message.body
            assert message.role in {"system", "user", "assistant", "tool", "function"}
            assert isinstance(message.text, str)


@given(st.data(), st.sampled_from(SAMPLES), st.sampled_from(["", "", "1", "title"]))
def test_a_wrong_value_anywhere_is_an_error_or_does_no_harm(data, sample, choice):
    values = copy.deepcopy(sample)
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(list(places(values))))
        if data.draw(st.booleans()) or not isinstance(container, dict):
            container[key] = data.draw(JSON)
        else:
            container.pop(key, None)
    check(json_lines(*values).encode(), choice)


PIECES = [
    b"\0",
    b"\n",
    b"\xff",
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\\",
    b"[" * 200,
    b"\\ud800",
    b"1e999",
    b"NaN",
    b"null",
    b"\xef\xbb\xbf",
    b"\x1e",
    b'"role":',
    b'"mapping":{}',
    b'"content":"a",',
    b"#",
    b"<html>",
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Draw a file of a sample with damage."""
    values = draw(st.sampled_from(SAMPLES))
    text = json_lines(*values) if draw(st.booleans()) else "\n".join(json.dumps(value, indent=1) for value in values)
    data = bytearray(text.encode())
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 20))] = draw(st.sampled_from(PIECES))
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.integers(0, 4)) == 0 else data)


@given(damaged() | st.binary(max_size=60), st.sampled_from(["", "1"]))
def test_a_damaged_file_is_an_error_or_does_no_harm(data, choice):
    check(data, choice)
