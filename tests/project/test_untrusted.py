"""Text from outside, by every way in and at every place where it can be seen: no code of it reaches the terminal."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from fake_api import Answer, FakeApi, chunk, frames, reply_frames
from hostile_texts import (
    BLANKS,
    CODES,
    FEW,
    as_json,
    as_python,
    leaks,
    missing,
    packed,
    plain,
    saved,
    shown,
    talking,
    text_of,
    vector,
)
from support import make_environment, run_cli

from grokchat.cli.main import main
from grokchat.render.sanitize import VisibleStream
from grokchat.session.journal import FORMAT, encode

ALL = [*CODES, *BLANKS]
NO_NUL = [name for name in CODES if "\0" not in CODES[name]]
"""What an argument or the environment can hold."""
NAMES = [name for name in NO_NUL if "/" not in CODES[name]]
"""What the name of a file can be."""
IN_HEADERS = [name for name in CODES if re.fullmatch("[\x80-\x9f -~]+", CODES[name])]
"""What a header of a response can be; others are no HTTP, and end the connection."""


def assert_shown(raw: bytes, names: Iterable[str], form: Callable[[str], str] = str) -> None:
    """Nothing got through, and everything is to be seen."""
    names = list(names)
    assert leaks(raw, names, own=False) == []
    assert missing(plain(raw), names, form) == []


# -- the checks check --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_a_code_that_gets_through_is_seen(name):
    """These tests cannot pass because nothing was looked at."""
    raw = f"before {vector(name)} behind".encode()
    assert leaks(raw, [name])
    assert missing(raw.decode(), [name]) == [name]
    assert not leaks(shown(raw.decode()).encode(), [name])
    assert not missing(shown(raw.decode()), [name])


def test_a_flag_without_an_end_is_not_waited_for():
    """What is held back until it is whole must not grow with what comes: a reply of tags alone took quadratic time."""
    stream = VisibleStream()
    tags = "\U000e0041" * 50
    parts = [stream.feed("\U0001f3f4"), *(stream.feed(tags) for _ in range(4000)), stream.close()]
    assert parts[1:3] == ["\U0001f3f4" + "<U+E0041>" * 50, "<U+E0041>" * 50]
    lower = ["\U0001f3f4" + "\U000e0061" * 4, *["\U000e0061" * 4] * 20_000]
    begun = time.process_time()
    shown_ = "".join(map(stream.feed, lower)) + stream.close()
    assert time.process_time() - begun < 10
    assert shown_ == "\U0001f3f4" + "<U+E0061>" * 80_004


# -- one shot: errors and notes ----------------------------------------------------------------------------------------


def refused(home: Path, api: FakeApi, *argv: str, expected: int | None = None, **more: Any) -> bytes:
    """Return the standard error of a run that ends with an error or a note: one line each."""
    code, environment = run_cli(home, api, *argv, **more)
    said: bytes = environment.stderr.getvalue()
    assert expected is None or code == expected
    assert said.count(b"\n") == len(re.findall(b"(?m)^grokchat: ", said)) >= 1
    assert b"bug in grokchat" not in said
    return said


SHAPES: dict[str, Callable[[str], object]] = {
    "flat": lambda text: {"code": "some-code", "error": text},
    "nested": lambda text: {"error": {"message": text, "type": "t"}},
    "detail": lambda text: {"detail": [{"loc": ["body"], "detail": text}]},
    "code": lambda text: {"code": text},
    "string": lambda text: text,
    "list": lambda text: [{"message": text}],
    "escaped": lambda text: {"error": json.dumps({"error": text})},
    "raw": lambda text: text.encode(),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("status", [400, 500, 200])
def test_error_bodies(home, api, shape, status):
    for names in packed(250, [*CODES] if (shape, status) == ("flat", 400) else FEW):
        api.answers = [Answer.json(status, SHAPES[shape](text_of(names)))]
        assert_shown(refused(home, api, "hi"), names)


def test_errors_that_say_nothing_but_one_thing(home, api):
    """What every sentence about an error quotes: no credits, too long, the key, the model, a redirect."""
    for status, begin in [
        (403, "You have run out of credits. "),
        (400, "Maximum prompt length. "),
        (401, "Incorrect API key. "),
        (404, "The model is not there. "),
        (413, "Too large. "),
        (422, "No. "),
    ]:
        api.answers = [Answer.json(status, {"error": begin + text_of(FEW)})]
        assert_shown(refused(home, api, "hi"), FEW)


def test_an_error_inside_a_stream(home, api):
    error = b"data: " + json.dumps({"error": {"message": text_of(FEW)}}).encode() + b"\n\n"
    for before in (b"", frames(chunk({"content": "begin"}), done=False)):
        api.answers = [Answer([before + error])]
        assert_shown(refused(home, api, "hi"), FEW)


@pytest.mark.parametrize("status", [400, 500])
def test_bytes_that_are_no_characters(home, api, status):
    """C1 as one byte is no UTF-8; some terminals obey it all the same."""
    body = b"A \x9b31m \x1b[31m \x9d0;t\x9c \xc2\x9b2J \xed\xa0\x80 \xff end"
    api.answers = [Answer([body], status, {"content-type": "text/plain"})]
    said = refused(home, api, "hi")
    assert leaks(said, []) == leaks(said, [], own=False) == []
    assert "A \ufffd31m ␛[31m" in said.decode()
    assert "\\x9b2J" in said.decode()


def test_headers(home, api):
    for names in packed(70, IN_HEADERS):
        headers = {"x-request-id": text_of(names).encode("utf-8").decode("latin-1")}
        api.answers = [Answer.json(500, {"error": "no"}, **headers)]
        said = refused(home, api, "hi")
        assert leaks(said, names, own=False) == []
        assert "(request «" in said.decode()
        api.answers = [Answer.json(302, {}, location="http://" + headers["x-request-id"])]
        said = refused(home, api, "hi")
        assert leaks(said, names, own=False) == []
        assert missing(said.decode("utf-8"), names) == []
    for name, value in [("x-request-id", "a\x9b2J\x9d0;t\x9cb"), ("location", "/\x9b2J\x9d0;t\x9c")]:
        for status in (302, 500):
            api.answers = [Answer.json(status, {"error": "no"}, **{name: value, "retry-after": "\x9b2J"})]
            said = refused(home, api, "hi")
            assert leaks(said, [], own=False) == []
            assert ("\\x9b2J" in said.decode()) == (status == (500 if name == "x-request-id" else 302)), said


def test_a_header_that_is_no_http(home, api):
    api.answers = [Answer.json(500, {"error": "no"}, **{"x-request-id": "a\x1b[2Jb"})]
    assert leaks(refused(home, api, "hi", expected=3), [], own=False) == []


def call(text: str) -> dict[str, Any]:
    return {"id": text, "type": text, "function": {"name": text, "arguments": text}}


NOTES: dict[str, Callable[[str], list[dict[str, Any]]]] = {
    "model": lambda text: [{**chunk({"content": "x"}, finish="stop"), "model": text}],
    "finish_reason": lambda text: [chunk({"content": "x"}, finish=text)],
    "empty": lambda text: [chunk({}, finish=text)],
    "tool call": lambda text: [chunk({"tool_calls": [{"index": 0, **call(text)}]}, finish="tool_calls")],
    "ids": lambda text: [{**chunk({"content": "x"}, finish=text), "id": text, "system_fingerprint": text}],
}


@pytest.mark.parametrize("way", NOTES)
def test_what_a_reply_says_beside_its_text(home, api, way):
    for names in packed(180, [*CODES] if way == "tool call" else FEW):
        api.answers = [Answer([frames(*NOTES[way](text_of(names)))])]
        assert_shown(refused(home, api, "hi"), names)


def test_the_same_of_a_complete_reply(home, api):
    for names in packed(180, FEW):
        text = text_of(names)
        message = {"role": "assistant", "content": "x", "tool_calls": [call(text)]}
        choice = {"index": 0, "message": message, "finish_reason": text}
        api.answers = [Answer.json(200, {"model": text, "choices": [choice], "usage": {text: text}})]
        said = refused(home, api, "--no-stream", "hi", expected=0)
        assert_shown(said, names)
        assert plain(said).count(shown(vector(names[0]))) == 6


def test_retries(home, api):
    api.answers = [Answer.json(503, {"error": text_of(FEW)}, **{"retry-after": "\x9b0"})]
    assert_shown(refused(home, api, "hi", expected=3), FEW)


# -- one shot: what the user, the environment and the file system say --------------------------------------------------

IN_JSON = {"parameter", "reserved", "address", "GROKCHAT_BASE_URL", "a value", "a choice", "a wrong type"}
ARGUMENTS: dict[str, Callable[[str], list[str]]] = {
    "option": lambda text: [f"--{text}"],
    "resume": lambda text: ["-r", text, "hi"],
    "resume a path": lambda text: ["-r", f"./{text}.json", "hi"],
    "file": lambda text: ["-f", text, "hi"],
    "parameter": lambda text: ["-o", text, "hi"],
    "reserved": lambda text: ["-o", f"messages={text}", "--base-url", text, "hi"],
    "address": lambda text: ["--base-url", text, "hi"],
    "profile": lambda text: ["-P", text, "hi"],
    "config": lambda text: ["--config", text, "hi"],
    "export": lambda text: ["--export", text, "-c"],
}


def form_of(way: str) -> Callable[[str], str]:
    return as_json if way in IN_JSON else str


@pytest.mark.parametrize("way", ARGUMENTS)
def test_arguments(home, api, way):
    for names in packed(30, FEW):
        assert_shown(refused(home, api, *ARGUMENTS[way](text_of(names, ""))), names, form_of(way))


@pytest.mark.parametrize("name", ["GROKCHAT_CONFIG", "GROKCHAT_PROFILE", "GROKCHAT_BASE_URL"])
def test_the_environment(home, api, name):
    for names in packed(30, FEW):
        assert_shown(refused(home, api, "hi", env={name: text_of(names)}, expected=2), names, form_of(name))


def test_the_key_is_never_shown_and_neither_is_a_code_in_it(home, api):
    said = refused(home, api, "hi", env={"XAI_API_KEY": f"xai-{vector('clear')}"}, expected=2)
    assert leaks(said, ["clear"], own=False) == []
    assert b"2J" not in said


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell")
def test_what_a_command_says_that_should_have_printed_the_key(home, api):
    home.mkdir()
    for names in packed(150, FEW):
        (home / "said").write_text(text_of(names), encoding="utf-8")
        (home / "config.toml").write_text(f"api_key_command = 'cat {home}/said >&2; exit 3'\n", encoding="utf-8")
        assert_shown(refused(home, api, "hi", env={"XAI_API_KEY": ""}, expected=2), names)


def quoted(text: str) -> str:
    """Return a TOML string."""
    return '"' + "".join(f"\\U{ord(char):08x}" for char in text) + '"'


CONFIGS: dict[str, Callable[[str], str]] = {
    "a key": lambda text: f"{quoted(text)} = 1",
    "a value": lambda text: f"base_url = {quoted(text)}",
    "a choice": lambda text: f"theme = {quoted(text)}",
    "a wrong type": lambda text: f"stream = {quoted(text)}",
    "a table": lambda text: f"[{quoted(text)}]",
    "a profile": lambda text: f"[profiles]\n{quoted(text)} = 3",
    "a profile's key": lambda text: f"[profiles.{quoted(text)}]\nnothing = 3",
    "a key of a profile": lambda text: f"[profiles.a]\n{quoted(text)} = 3",
    "a parameter": lambda text: f"[params]\n{quoted(text)} = 2031-05-06",
    "a nested parameter": lambda text: f"[params.a]\n{quoted(text)} = inf",
    "a profile that is not asked for": lambda text: f"profiles.{quoted(text)} = {{}}",
}


@pytest.mark.parametrize("way", CONFIGS)
def test_config_files(home, api, way):
    home.mkdir()
    for names in packed(30, FEW):
        (home / "config.toml").write_text(CONFIGS[way](text_of(names)) + "\n", encoding="utf-8")
        more = ["-P", "other"] if way.endswith("asked for") else []
        assert_shown(refused(home, api, *more, "hi", expected=2), names, form_of(way))


def test_codes_that_are_no_toml(home, api):
    """What the parser says of a byte may quote it."""
    home.mkdir()
    for name in ["clear", "c1-csi", "override", "nul"]:
        for line in (vector(name), f"a{vector(name)} = 1", f'model = "{vector(name)}"'):
            (home / "config.toml").write_bytes(line.encode("utf-8") + b"\n")
            assert leaks(refused(home, api, "hi"), [name], own=False) == []


def test_the_model_of_a_config_file(home, api):
    """A model may have any name; an answer from another model is reported."""
    home.mkdir()
    for names in packed(400, FEW):
        (home / "config.toml").write_text(f"model = {quoted(text_of(names))}\n", encoding="utf-8")
        assert_shown(refused(home, api, "hi", expected=0), names)
        assert api.requests[-1].json["model"] == text_of(names)


@pytest.mark.skipif(sys.platform == "win32", reason="names that Windows has not")
def test_names_of_files(home, api, tmp_path):
    """A name is shown on one line, and cannot begin another one."""
    for names in [*packed(70, FEW), []]:
        name = text_of(names, "") or "first\ngrokchat: second"
        path = tmp_path / f"{name}.txt"
        for content in (b"\0\0", b"%PDF-", b"\xff\xff\xff", None):
            path.unlink(missing_ok=True)
            if content is not None:
                path.write_bytes(content)
            said = refused(home, api, "-f", str(path), "hi", expected=4)
            assert said.count(b"\n") == 1
            assert_shown(said, names)
        for content in (b"[3]", b"{}", b"\xff", b"torn"):
            path.write_bytes(content)
            assert_shown(refused(home, api, "-r", str(path), "hi", expected=4), names)
        path.write_bytes("\ufeffé\n".encode("utf-16"))
        assert_shown(refused(home, api, "-f", str(path), "hi", expected=0), names)
        path.unlink()
        path.mkdir()
        assert_shown(refused(home, api, "-r", str(path), "hi", expected=4), names)
        path.rmdir()


# -- files of sessions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_terminal", [True, False])
def test_the_list_of_sessions(home, api, is_terminal):
    for number, names in enumerate(packed(400)):
        saved(home, names, f"s{number}")
    code, environment = run_cli(home, api, "--list-sessions", stdout_is_tty=is_terminal)
    assert code == 0
    assert leaks(environment.stdout.getvalue(), ALL, own=False) == []
    if not is_terminal:
        assert missing(plain(environment.stdout.getvalue()), list(CODES)) == []
    code, environment = run_cli(home, api, "--list-sessions", "--json", stdout_is_tty=is_terminal)
    assert code == 0
    assert json.loads(environment.stdout.getvalue())
    assert leaks(environment.stdout.getvalue(), ALL, own=False) == []


EXPORTS = ["markdown", "json", "request", "html", "curl", "xai-sdk", "openai-python", "openai-js", "ai-sdk"]


@pytest.mark.parametrize("form", EXPORTS)
def test_exports_on_a_terminal(home, api, form):
    """Each format has escapes of its own for some codes; what it has none for is shown."""
    saved(home, ALL)
    code, environment = run_cli(home, api, "--export", form, "-c", stdout_is_tty=True)
    assert code == 0
    raw = environment.stdout.getvalue()
    assert leaks(raw, ALL, own=False) == []
    assert all(f"«{name}" in raw.decode() or f"\\xab{name}" in raw.decode() for name in ALL)
    assert form != "markdown" or missing(raw.decode(), ALL) == []


def test_what_a_session_file_says_in_a_one_shot(home, api):
    """Which lines were lost, which model served: on standard error."""
    for names in packed(400, FEW):
        saved(home, names)
        api.answers = [Answer([frames({**chunk({"content": "x"}, finish="stop"), "model": "other"})])]
        said = refused(home, api, "-c", "hi", expected=0)
        assert_shown(said, names)
        assert "line 11 of the session file was lost" in said.decode()
        assert api.requests[-1].messages[0]["role"] == text_of(names)


def test_names_that_two_sessions_have(home, api):
    for names in packed(300, FEW):
        for name in ("one", "two"):
            saved(home, names, name)
        assert_shown(refused(home, api, "-r", text_of(names), "hi", expected=2), names, as_python)


def test_models(home, api):
    text = text_of(ALL)
    prices = dict.fromkeys(["prompt_text_token_price", "completion_text_token_price"], 20000)
    models = [
        {"id": text, "aliases": [text], "context_length": 1000, "capabilities": {"reasoning_effort": [text]}, **prices}
    ]
    api.models = Answer.json(200, {"data": models})
    for more in ([], ["--json"]):
        code, environment = run_cli(home, api, "--list-models", *more, stdout_is_tty=False)
        assert code == 0
        assert leaks(environment.stdout.getvalue(), ALL, own=False) == []
        assert more or [plain(environment.stdout.getvalue()).count(shown(vector(name))) for name in CODES] == [3] * len(
            CODES
        )
    for names in packed(200, FEW):
        api.models = Answer.json(500, {"error": text_of(names)})
        assert_shown(refused(home, api, "--list-models", expected=3), names)


# -- one shot on a terminal --------------------------------------------------------------------------------------------

MARKDOWN = {
    "paragraph": "{}",
    "heading": "# {}",
    "code": "```python\n{}\n```",
    "info string": "```{}\ncode\n```\n\n{}",
    "span": "`{}`",
    "table": "| a | b |\n|---|---|\n| {} | x |",
    "item": "- {}\n  1. {}",
    "quote": "> {}",
    "bold": "**{}** ~~*{}*~~",
    "words of a link": "[{}](https://example.org)",
    "target of a link": "[words](<{}>)",
    "title of a link": '[words](<{}> "{}")',
    "bare link": "<https://example.org/?{}>",
    "picture": "![{}](<{}>)",
    "formula": "$$x_1 + {}$$",
    "html": "<b>{}</b>",
    "diff": "```diff\n+ {}\n- {}\n```",
    "console": "```console\n$ {}\n{}\n```",
}


def printed(home: Path, api: FakeApi, *argv: str, **more: Any) -> bytes:
    environment = make_environment(
        home,
        "-p",
        *argv,
        "hi",
        stdout_is_tty=True,
        env={"GROKCHAT_BASE_URL": api.url, "TERM": "xterm-256color", **more.pop("env", {})},
        **more,
    )
    assert main(environment) == 0
    return bytes(environment.stdout.getvalue())


def unwrapped(raw: bytes) -> str:
    """Return the letters of an output alone, without what lays them out."""
    return re.sub(r"[\s│>]|\(h.*?\)", "", plain(raw))


@pytest.mark.parametrize("block", MARKDOWN)
@pytest.mark.parametrize("cut", ["whole", "each"])
def test_replies_on_a_terminal(home, api, block, cut):
    """Rendered or not, and whatever the cuts: an ESC in one delta, the rest in the next."""
    text = "\n\n".join(MARKDOWN[block].replace("{}", vector(name).replace("\\", "")) for name in CODES)
    api.answers = [Answer([reply_frames(*(text if cut == "each" else [text]))])]
    for argv in ([], ["--no-markdown"]) if block in {"paragraph", "code"} else ([],):
        raw = printed(home, api, *argv)
        assert leaks(raw, list(CODES)) == []
        letters = unwrapped(raw)
        # An address is shown as it is sent, and a formula as it is typeset.
        whole = argv or block not in {"target of a link", "title of a link", "bare link", "picture", "formula"}
        for name in CODES:
            assert (name if whole else name[:3]) in letters
        marks = [code for code in CODES.values() if code[0] in "\x9b\x9d\x90\x07\x05\x00\u202e"]
        assert [
            mark for mark in marks if unwrapped(shown(mark.replace("\\", "")).encode()) not in letters
        ] == [] or not whole


def test_an_object_on_a_terminal(home, api):
    """--json prints DEL, C1 and bidi controls as JSON can write them; into a pipe unchanged."""
    ending = {**chunk({"tool_calls": [{"index": 0, **call(text_of(CODES))}]}, finish="stop"), "model": text_of(CODES)}
    api.answers = [Answer([frames(chunk({"content": text_of(CODES)}), ending)])]
    for is_terminal in (True, False):
        code, environment = run_cli(home, api, "--json", "hi", stdout_is_tty=is_terminal)
        raw = environment.stdout.getvalue()
        assert code == 0
        assert json.loads(raw)["choices"][0]["message"]["content"] == json.loads(raw)["model"] == text_of(CODES)
        assert raw.isascii() == is_terminal
        assert bool(leaks(raw, list(CODES), own=False)) != is_terminal


def test_entities_are_no_way_round(home, api):
    """&#27; and the like become characters only behind the sanitiser's first look."""
    points = [*range(0x20), *range(0x7F, 0xA0), 0xAD, 0x202E, 0x2066, 0x200F, 0x200B, 0x2028, 0xFEFF, 0xE0041, 0xD800]
    entities = " ".join(f"«&#{point};&#x{point:x};»" for point in points) + " &rlm;&zwsp;&shy;&lrm;&NewLine;&Tab;&ic;«"
    for block in ("{}", "# {}", "> - {}", "| a |\n|---|\n| {} |", "**{}**", "[{}](https://a.test)"):
        api.answers = [Answer([reply_frames(block.replace("{}", entities))])]
        raw = printed(home, api)
        assert leaks(raw, []) == []
        assert "<U+202E<U+202E" in unwrapped(raw)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "cp437", "utf-8"])
def test_a_terminal_without_utf8(home, api, encoding):
    """There every byte is a character, and those of a visible mark in UTF-8 would be controls: ␛ ends in 0x9b."""
    for names in packed(180, ALL):  # a longer finish_reason is cut
        text = text_of(names, "\n\n")
        ending = chunk(finish=text_of(names))
        api.answers = [Answer([frames(*(chunk({"content": item}) for item in text), ending)])]
        environment = make_environment(
            home, "-p", "hi", stdout_is_tty=True, encoding=encoding, env={"GROKCHAT_BASE_URL": api.url}
        )
        assert main(environment) == 0
        for raw in (environment.stdout.getvalue(), environment.stderr.getvalue()):
            assert leaks(raw, names, encoding=encoding) == []
            assert encoding in {"utf-8", "cp437", "cp1252"} or not re.search(rb"[\x80-\x9f]", raw)
            assert all(f"«{name}" in raw.decode(encoding) or f"\\xab{name}" in raw.decode(encoding) for name in names)
    environment = make_environment(home, "-r", text_of(NAMES[:2], ""), "hi", encoding=encoding)
    assert main(environment) == 4
    assert leaks(environment.stderr.getvalue(), NAMES[:2], encoding=encoding) == []


def test_into_a_pipe_goes_every_byte(home, api):
    """Piped output is not changed, and neither is the session or the request."""
    text = text_of(ALL)
    api.answers = [Answer([reply_frames(text)]), Answer([reply_frames("again")])]
    code, environment = run_cli(home, api, stdin=text_of(NO_NUL).encode())
    assert (code, environment.stdout.getvalue(), environment.stderr.getvalue()) == (0, f"{text}\n".encode(), b"")
    assert api.requests[0].messages[0]["content"] == text_of(NO_NUL)
    assert run_cli(home, api, "-c", "more")[0] == 0
    assert [message["content"] for message in api.requests[1].messages] == [text_of(NO_NUL), text, "more"]
    (path,) = (home / "sessions").glob("*.jsonl")
    assert path.read_bytes().isascii()
    assert leaks(path.read_bytes(), ALL) == []


# -- the chat ----------------------------------------------------------------------------------------------------------

KINDS = [pytest.param(False, id="region"), pytest.param(True, id="dumb")]


def check(talk: Any, *, dumb: bool = False) -> None:
    assert leaks(talk.raw, ALL, own=not dumb) == []


@pytest.mark.parametrize("dumb", KINDS)
@pytest.mark.parametrize("reasoning", ["short", "full"])
def test_a_reply_in_the_chat(home, api, dumb, reasoning):
    home.mkdir()
    (home / "config.toml").write_text(f'show_reasoning = "{reasoning}"\n', encoding="utf-8")
    text = text_of(ALL, "\n\n")
    thoughts = [chunk({"reasoning_content": char}) for char in text]
    words = [chunk({"content": char}) for char in text + "\n\nend"]
    ending = {**chunk({"tool_calls": [{"index": 0, **call(vector("title"))}]}, finish=vector("dcs"))}
    api.answers = [Answer([frames(*thoughts, *words, {**ending, "model": vector("clear")})])]
    with talking(home, api, dumb=dumb) as talk:
        talk.wait_for("\n>")
        talk.type("hi\n" if dumb else "hi\r")
        text = talk.wait_for(lambda text: text.count(shown(vector("title"))) > 1 + (reasoning == "full"))
    assert missing(text, ALL) == []
    assert text.count(shown(vector("reset"))) == (2 if reasoning == "full" else 1)
    check(talk, dumb=dumb)


@pytest.mark.parametrize("dumb", KINDS)
def test_a_session_in_the_chat(home, api, dumb):
    """Every command that shows something of a session, one after the other, on a session full of codes."""
    enter = "\n" if dumb else "\r"
    names = ["clear"] if dumb else ["clear", "clipboard", "c1-osc"]
    saved(home, ["override"] if dumb else ["title", "override"], "two", damage=False)
    os.utime(saved(home, names), (4e9, 4e9))
    with talking(home, api, "-c", dumb=dumb, columns=250) as talk:
        talk.wait_for("was lost")
        for line in (
            "/history",
            "/show 1..",
            "/request",
            "/set model",
            "/set stop",
            "/export markdown",
            "/export json",
        ):
            talk.does(line + enter, *names)
        for line in ("/set", "/usage", "/export html", "/export curl", "/export xai-sdk", "/undo", "/redo"):
            talk.type(line + enter)
        talk.type("/request diff" + enter)
        talk.does("/sessions" + enter, *names)
        talk.does("/fork" + enter, *names)
        talk.does("/resume two" + enter, "override")
        talk.does("/export markdown" + enter, "override")
    check(talk, dumb=dumb)


@pytest.mark.parametrize("dumb", KINDS)
def test_errors_in_the_chat(home, api, dumb):
    enter = "\n" if dumb else "\r"
    names = ["clear", "c1-osc", "override"]
    text = text_of(names)
    error = b"data: " + json.dumps({"error": text}).encode() + b"\n\n"
    api.answers = [
        Answer.json(503, {"error": text}, **{"retry-after": "0"}),
        Answer.json(400, {"error": text}),
        Answer([frames(chunk({"content": "x"}), done=False) + error]),
        Answer([frames(chunk({"content": "x"}), chunk(finish=text))]),
    ]
    api.models = Answer.json(500, {"error": text})
    with talking(home, api, dumb=dumb) as talk:
        talk.wait_for("\n>")
        for line in ("hi", "/retry", "/retry", "/models"):
            talk.does(line + enter, *names)
        api.models = Answer.json(200, {"data": [{"id": vector("clear"), "aliases": [text]}, {"id": text}]})
        talk.does("/models" + enter, *names)
        talk.does("/model" + enter, *names)
        if not dumb:
            talk.type("\x1b")
            talk.wait_for("(unchanged)")
    check(talk, dumb=dumb)


def test_the_prompt_the_bottom_line_and_what_is_queued(home, api):
    """The model's name is in the greeting and the bottom line, pasted text in the prompt and the queue."""
    names = ["title", "c1-osc", "override", "tags"]
    home.mkdir()
    (home / "config.toml").write_text(f"model = {quoted(text_of(names))}\n", encoding="utf-8")
    gate = threading.Event()
    api.answers = [Answer([frames(chunk({"content": "begin"}), done=False), gate, reply_frames(" end")])]
    with talking(home, api, columns=250) as talk:
        talk.wait_for(lambda text: all(text.count(shown(vector(name))) >= 2 for name in names))
        talk.type("hi\r")
        talk.wait_for("begin")
        talk.type(f"\x1b[200~{text_of(names)}\x1b[201~")
        talk.wait_for("> «title^[]0;pwned^G» «c1-osc<9d>0;pwned<9c>» «override<U+202E>gnp.<U+202C>» «tags<U+E0001>")
        talk.type("\r")
        talk.wait_for(lambda text: f"queued: {shown(text_of(names))}" in text)
        gate.set()
        talk.wait_for(lambda text: text.count(" end") == 2)
    assert api.requests[-1].messages[-1]["content"] == text_of(names)
    check(talk)


@pytest.mark.skipif(sys.platform == "win32", reason="names that Windows has not")
def test_what_tab_offers(home, api, tmp_path):
    """Explanations are shown; a name with codes cannot be offered, because what is put in must be what was shown."""
    saved(home, ["title", "override"], "20310506-x", damage=False)
    path = saved(home, ["clear"], "20310506-y", damage=False)
    path.write_bytes(
        encode({"type": "session", "format": FORMAT, "id": "20310506-y"}) + path.read_bytes().partition(b"\n")[2]
    )
    path.with_name("20310506-z.jsonl").write_bytes(encode({"type": "session", "format": FORMAT, "id": "20310506-z"}))
    os.utime(path, (4e9, 4e9))
    (tmp_path / vector("bell")).touch()
    (tmp_path / "plain").touch()
    with talking(home, api, "-c", columns=250) as talk:
        talk.wait_for(lambda text: "interrupted" in text and "5 messages ·" in text)
        for line, wanted in [
            ("/show \t", shown(f"user: {vector('clear')}")),
            ("/resume 2031\t", f"20310506-y  {shown(vector('clear'))}"),
            (f"/file {tmp_path}/\t", "plain"),
        ]:
            talk.type(line)
            talk.wait_for(wanted)
            talk.type("\x03")
            talk.wait_for(lambda text: "\n>\n" in text)
    assert "bell" not in plain(talk.raw)
    check(talk)


def test_the_list_to_choose_from(home, api):
    saved(home, ["clear", "c1-osc", "override", "tags"], damage=False)
    with talking(home, api, "-r", columns=250) as talk:
        talk.wait_for(shown(text_of(["clear", "c1-osc", "override", "tags"])))
        talk.type("override\r")
        talk.wait_for("5 messages ·")
    # Its cursor goes one cell back with a backspace.
    assert leaks(talk.raw.replace(b"\x08", b""), ALL) == []
