"""The exact bytes of requests."""

from __future__ import annotations

import json
import tracemalloc
from itertools import pairwise

import pytest

from grokchat.api.json_encoding import encode_json
from grokchat.api.request import RequestEncoder, to_conversation_id
from grokchat.config.settings import Settings
from grokchat.messages import Message, body


def said(message_id, text, role="user"):
    return Message(message_id, body(role, text))


def encoded(*messages, encoder=None, model="grok-test", stream=True, params=None):
    return (encoder or RequestEncoder()).body(messages, Settings(model=model, stream=stream, params=params or {}))


def test_the_whole_body():
    assert encoded(said("a", "hi"), params={"temperature": 0.5}) == (
        b'{"model":"grok-test","messages":[{"role":"user","content":"hi"}],'
        b'"stream":true,"stream_options":{"include_usage":true},"temperature":0.5}'
    )


def test_only_parameters_that_were_set_are_sent():
    assert set(json.loads(encoded(said("a", "hi"), stream=False))) == {"model", "messages", "stream"}
    assert json.loads(encoded(said("a", "hi"), stream=False))["stream"] is False


def test_parameters_are_sent_as_given():
    params = {"temperature": 0, "stop": ["\n"], "nested": {"b": 1, "a": None}, "n": 1, "text": "ja"}
    sent = json.loads(encoded(said("a", "hi"), params=params))
    assert {key: sent[key] for key in params} == params


def test_the_reserved_fields_come_first_and_in_order():
    """Fields that change are after the messages, so that the prefix stays the same."""
    sent = json.loads(encoded(said("a", "hi"), params={"a": 1, "z": 2}))
    assert list(sent) == ["model", "messages", "stream", "stream_options", "a", "z"]


def test_no_messages_is_an_empty_list():
    assert json.loads(encoded())["messages"] == []


def test_messages_are_sent_with_all_their_keys_in_order():
    message = {"content": "4", "role": "tool", "tool_call_id": "c", "unheard_of": [None, True, 1.5]}
    sent = json.loads(encoded(Message("a", message)))["messages"][0]
    assert list(sent.items()) == list(message.items())


def test_an_unchanged_prefix_is_the_same_to_the_byte():
    """The server's prompt cache needs exactly the same bytes."""
    encoder = RequestEncoder()
    turns = [said("a", "né 🦀 \u2028"), said("b", "\ud83d alone", "assistant"), said("c", 'quote " and \\')]
    bodies = [encoded(*turns[:count], encoder=encoder) for count in (1, 2, 3)]
    for shorter, longer in pairwise(bodies):
        prefix = shorter[: shorter.rindex(b"]")]
        assert longer.startswith(prefix + b",")
    assert encoded(*turns) == bodies[2]


def test_params_and_stream_do_not_touch_the_prefix():
    with_params = encoded(said("a", "hi"), params={"top_p": 0.1}, stream=False)
    plain = encoded(said("a", "hi"))
    assert with_params[: with_params.index(b"]")] == plain[: plain.index(b"]")]


def test_a_reply_that_grew_under_the_same_id_is_encoded_again():
    encoder = RequestEncoder()
    encoded(said("a", "Hel", "assistant"), encoder=encoder)
    assert json.loads(encoded(said("a", "Hello", "assistant"), encoder=encoder))["messages"][0]["content"] == "Hello"


def test_text_is_sent_as_utf8():
    assert "né 🦀".encode() in encoded(said("a", "né 🦀"))


def test_a_lone_surrogate_makes_its_own_message_ascii():
    sent = encoded(said("a", "né"), said("b", "né \udc80"))
    assert '"content":"né"'.encode() in sent
    assert rb'"content":"n\u00e9 \udc80"' in sent
    assert json.loads(sent.decode("utf-8"))["messages"][1]["content"] == "né \udc80"


@pytest.mark.parametrize("text", ["\x00\x1b\x7f\x85", "\ud800", "plain", "\u2028", "🦀"])
def test_encode_json_is_one_line_of_the_same_json(text):
    assert json.loads(encode_json({"a": text})) == {"a": text}
    assert b"\n" not in encode_json({"a": "\n"})


@pytest.mark.parametrize("ordinary", ["20310506-070809-abc123", "A_b-9", "x" * 64])
def test_an_ordinary_id_is_sent_unchanged(ordinary):
    assert to_conversation_id(ordinary) == ordinary


@pytest.mark.parametrize("strange", ["", "two words", "a\r\nx-evil: 1", "né", "\ud800", "x" * 65, "a\n"])
def test_an_id_that_does_not_fit_into_a_header_is_sent_as_a_digest(strange):
    sent = to_conversation_id(strange)
    assert sent.isascii()
    assert sent.isalnum()
    assert len(sent) == 32
    assert sent == to_conversation_id(strange)


def test_a_message_is_kept_encoded_once():
    """The bytes of a whole list are as large as all of its messages: only the request has them."""
    messages = [Message(str(number), {"role": "user", "content": "x" * 10_000}) for number in range(100)]
    encoder = RequestEncoder()
    tracemalloc.start()
    try:
        for count in (98, 99, 100):
            size = len(encoder.body(messages[:count], Settings(model="m")))
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size > 1_000_000
    assert kept < 1.1 * size


@pytest.mark.parametrize("steps", [0, 1, 3, 1000])
def test_what_is_encoded_ahead_however_far_is_the_same_and_is_not_encoded_again(monkeypatch, steps):
    texts: list[object] = []

    def encode(value: object) -> bytes:
        texts.append(value)
        return encode_json(value)

    messages = [said(str(number), "x" * 10_000) for number in range(50)]
    whole = encoded(*messages, said("new", "hi"))
    monkeypatch.setattr("grokchat.api.request.encode_json", encode)
    encoder = RequestEncoder()
    ahead = encoder.encode_ahead(messages, Settings())
    done = sum(1 for _ in zip(range(steps), ahead, strict=False))
    assert encoded(*messages, said("new", "hi"), encoder=encoder) == whole
    for _ in ahead:
        pass
    assert encoded(*messages, said("new", "hi"), encoder=encoder) == whole
    assert len([text for text in texts if isinstance(text, dict) and "content" in text]) == len(messages) + 2
    assert done == min(steps, 7)
