"""Files that are not a conversation: their kind and the place of the error, in one short paragraph."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from import_samples import CHATGPT, LLM, PI, SHAREGPT, json_lines, llm_row, turn, user

from grokchat import strict_json
from grokchat.errors import FileError
from grokchat.session.imports.importer import import_conversation
from grokchat.session.imports.places import find_refused, find_value, line_and_column

CHAT = json.dumps([user("q"), {"role": "assistant", "content": "a"}], indent=1)


def utf8(text: str) -> bytes:
    return text.encode("utf-8")


REFUSALS: list[tuple[bytes, str, str]] = [
    # What it is
    (b"", "it is empty", ""),
    (b" \r\n\t", "it is empty", ""),
    (b"\xef\xbb\xbf", "it is empty", ""),
    (b"\x1e\n", "it is empty", ""),
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "it is an image", "-f"),
    (b"\xff\xd8\xff\xe0\0\x10JFIF", "it is an image", "-f"),
    (b"%PDF-1.7\n", "it is a PDF file", "-f"),
    (b"PK\x03\x04\x14\0", "it is a ZIP archive", "conversations.json"),
    (b"\x1f\x8b\x08\0", "it is a compressed file", "Unpack"),
    (b"SQLite format 3\0\x10\0", "it is an SQLite database", "llm logs"),
    (b"\x7fELF\x02\x01\x01\0", "it is binary data", ""),
    (b"[\0]\0", "it is binary data", ""),
    ("[]".encode("utf-16"), "it is UTF-16", "iconv"),
    (CHAT.encode("utf-16"), "it is UTF-16", "iconv"),
    (CHAT.encode("utf-32"), "it is UTF-32", "iconv"),
    (b'[{"role":"user",\n"content":"caf\xe9"}]', "line 2, column 15: byte 0xe9 is not UTF-8", ""),
    (b'\xef\xbb\xbf"\xff"', "line 1, column 2: byte 0xff is not UTF-8", ""),
    (b"<!DOCTYPE html>\n<html>", "looks like an HTML page", "--export json"),
    (b"\n <html lang='en'>", "looks like an HTML page", "--export json"),
    (b"<?xml version='1.0'?>", "looks like XML", ""),
    (b"# A talk\n\n**user**: hello\n", "looks like Markdown", "--export json"),
    (b"## #1 user\n\nhello", "looks like Markdown", "--export json"),
    (b'model = "grok-4.7"\n', "looks like a configuration file", ""),
    (b"[params]\ntemperature = 1\n", "looks like a configuration file", ""),
    (b"---\nmodel: x\n", "looks like YAML", ""),
    (b"messages:\n  - role: user\n", "looks like YAML", ""),
    (
        b'data: {"id":"1","object":"chat.completion.chunk"}\n\ndata: [DONE]\n',
        "looks like a stream",
        "Without streaming",
    ),
    (b"event: message\ndata: {}\n\n", "looks like a stream", ""),
    (b"[{'role': 'user', 'content': 'q'}]", "looks like Python's notation", "json.dumps"),
    (b"window.chat = []", "looks like JavaScript", ""),
    (b"// a comment\n[]", "looks like JavaScript", ""),
    (b"just text, and no more\n", "it is not JSON (line 1, column 1", ""),
    (b"[2031-01-01] user: hello\n", "it is not valid JSON (line 1, column 6", ""),
    # What is wrong with its JSON
    (utf8(CHAT[:-4]), "its JSON is cut short", ""),
    (utf8(CHAT[: CHAT.index("assist") + 3]), "its JSON is cut short (line 7, column 11", ""),
    (utf8(CHAT[:-1]), "its JSON is cut short (line 10, column 1", ""),
    (b"[", "its JSON is cut short (line 1, column 2", ""),
    (utf8(CHAT) + b" x", "line 10, column 3", ""),
    (utf8(CHAT) + b"]", "line 10, column 2", ""),
    (utf8(CHAT) + b"\nuser: and more", "line 11, column 1", ""),
    (b'[{"role":"user","content":"q"},]', "line 1, column 3", ""),
    (b'[{"role":"user" "content":"q"}]', "line 1, column 17", ""),
    (b'[{"role":"user",content:"q"}]', "line 1, column 17", ""),
    (b'[{"role":"user","content":"a\nb"}]', "invalid control character", ""),
    (b'[{"role":"user","content":"\\x"}]', "line 1, column 28: invalid \\escape", ""),
    (utf8(json_lines(user("a"), user("b"))) + b'{"role":"us', "line 3, column 9", ""),
    (b'{"role":"user","content":"x"},\n{"role":"user","content":"y"}', "line 1, column 30", ""),
    (
        b'[{"role":"user","content":"q","n":[1,\nNaN]}]',
        "line 2, column 1: it holds a number that JSON does not have",
        "",
    ),
    (b'[{"role":"user","content":"q","n":-Infinity}]', "line 1, column 35: it holds a number", ""),
    (b'[{"role":"user","content":"q","n":1e999}]', "line 1, column 35: it holds a number", ""),
    (b'[{"role":"user","content":"q","n":%s}]' % (b"9" * 400), "line 1, column 35: it holds a number", ""),
    (b'[{"role":"user","content":"q","content":"r"}]', "line 1, column 31: it holds an object with the same key", ""),
    (b'[{"role":"user","content":"q","c\\u006fntent":"r"}]', "line 1, column 31: it holds an object", ""),
    (b"[" * 100_000, "line 1, column 101: it is nested too deeply", ""),
    (b'{"a":' * 150 + b"1" + b"}" * 150, "line 1, column 501: it is nested too deeply", ""),
    # JSON that is not a conversation
    (b"3", "line 1, column 1: found a number", ""),
    (b"true", "found true", ""),
    (b"null", "found null", ""),
    (b'"text"', "found a text", ""),
    (b"{}", "found an empty object", ""),
    (b"[]", "the list is empty", ""),
    (b"\n [ ]\n", "line 2, column 2: the list is empty", ""),
    (b"[[]]", "there is no message in it", ""),
    (b"[null]", "found null", ""),
    (b"[1, 2]", "line 1, column 2: found a number", ""),
    (b'{"model":"m","timeout":3}', "line 1, column 1: found an object with the keys model, timeout", ""),
    (b'{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1}', "the keys a, b, c, d, e, f, ...", ""),
    (b'[{"instruction":"i","input":"","output":"o"}]', "the keys instruction, input, output", ""),
    (b'[{"prompt":"p","response":"r"}]', "the keys prompt, response", ""),
    (b'{"type":"session","format":"grokchat/1","id":"s","x":\n1}', "a grokchat session whose lines were rewritten", ""),
    (b'{"messages":[]}', "line 1, column 13: the list of messages is empty", ""),
    (b'{"messages":null}', "without a list of messages", ""),
    (b'{"messages":{"role":"user"}}', "without a list of messages", ""),
    (b'{"messages":["q"]}', "message 1 (line 1, column 14): found a text", ""),
    (
        b'{"messages":[{"role":"user","content":"q"}],"model":3}',
        "line 1, column 53: its model must be a string, not 3",
        "",
    ),
    (b'{"messages":[{"role":"user","content":"q"}],"stream":"no"}', "its stream must be true or false", ""),
    (b'[{"role":"user","content":"q"},\n {"content":"r"}]', "message 2 (line 2, column 2): a message needs a role", ""),
    (b'[{"role":"user","content":"q"},\n 3]', "message 2 (line 2, column 2): found a number, not a message", ""),
    (
        b'{"role":"user","content":"q"}\n\n{"role":"robot","content":"r"}',
        "message 2 (line 3, column 1): unknown role",
        "",
    ),
    (b'[{"role":"USER","content":"q"}]', "unknown role “USER” (system, user, assistant, tool)", ""),
    (b'[{"role":["user"],"content":"q"}]', "a message needs a role", ""),
    (b'[{"role":"user"}]', "message 1 (line 1, column 2): it has no content", ""),
    (b'[{"role":"assistant","content":null}]', "message 1 (line 1, column 2): it has no content", ""),
    (b'[{"role":"user","content":5}]', "content must be a text or a list of parts", ""),
    (b'[{"role":"user","content":{"text":"q"}}]', "content must be a text or a list of parts", ""),
    (b'[{"role":"user","content":["q",\n5]}]', "line 2, column 1: found a number, not a part of a message", ""),
    (b'[{"role":"user","content":""}]', "there is no message in it (left out: 1 empty message)", ""),
    (b'[[{"role":"user","content":"q"}], 5]', "line 1, column 35: found a number", ""),
    (
        utf8(json.dumps([CHATGPT, {"title": "t"}])),
        "found an object with the keys title, not a conversation of ChatGPT",
        "",
    ),
    (utf8(json.dumps({**CHATGPT, "mapping": {}})), "there is no message in it", ""),
    (utf8(json.dumps({"conversations": []})), "there is no message in it", ""),
    (utf8(json.dumps({"conversations": [turn("narrator", "x")]})), "line 1, column 20: a turn is from", ""),
    (utf8(json.dumps({"conversations": [turn("human", 5)]})), "the value of a turn must be a text, not a number", ""),
    (utf8(json.dumps({"conversations": ["x"]})), "found a text, not a turn", ""),
    (utf8(json.dumps([llm_row(1, "p", "r"), {"prompt": 1}])), "not a row of llm's log", ""),
    (utf8(json.dumps([{**llm_row(1, "p", "r"), "prompt": 5}])), "prompt must be a text, not a number", ""),
    (utf8(json_lines(PI[0])), "there is no message in it", ""),
    (b'{"object":"chat.completion","choices":[{"text":"x"}]}', "line 1, column 40: the choice has no message", ""),
    (b'{"model":"m","input":5}', "line 1, column 22: found a number, not a text or a list", ""),
]


@pytest.mark.parametrize(("data", "said", "advice"), REFUSALS)
def test_a_file_that_is_no_conversation_is_said_to_be_what_it_is(data, said, advice):
    with pytest.raises(FileError) as caught:
        import_conversation(Path("theirs"), data)
    text = str(caught.value)
    assert text.startswith("theirs: ")
    assert said in text
    assert advice in text
    assert len(text) < 400
    assert caught.value.exit_code == 4


# -- places ------------------------------------------------------------------------------------------------------------

DOCUMENTS = '{"a":[1,{"b":"x,]}\\"","c":[]},[[]],{}],\n"d":{"e":null,"é":[true]}} [5, -6.5e1]\n"s"'


def paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    inner = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [(path, value), *(pair for key, item in inner for pair in paths(item, (*path, key)))]


@pytest.mark.parametrize(
    "text", [DOCUMENTS, json.dumps(CHATGPT), json.dumps(SHAREGPT, indent=2), json_lines(*LLM), json_lines(*PI)]
)
def test_each_value_is_found_where_it_stands(text):
    for start, document in strict_json.parse_all(text):
        for path, value in paths(document):
            offset = find_value(text, start, path)
            assert offset is not None
            assert json.JSONDecoder().raw_decode(text, offset)[0] == value


def test_a_place_has_a_line_and_a_column_from_one():
    assert [line_and_column("a\r\néb\n", offset) for offset in (0, 3, 4, 6)] == [
        "line 1, column 1",
        "line 2, column 1",
        "line 2, column 2",
        "line 3, column 1",
    ]


def test_nothing_is_refused_in_strict_json():
    for text in (DOCUMENTS, json.dumps(CHATGPT), "[" * 100 + "]" * 100, '{"a":1} {"a":2}', '{"a":{"a":1}}', '"NaN"'):
        assert strict_json.parse_all(text)
        assert find_refused(text) is None
