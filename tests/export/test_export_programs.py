"""Exported programs, run without their clients (curl is really run): no text of a conversation becomes code."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from export_sources import (
    AWKWARD,
    EVERYTHING,
    PARAMS,
    SEARCH_OPTIONS,
    SEARCH_PARAMS,
    call,
    in_javascript,
    keys,
    meant,
    messages,
    source,
    strange,
    texts,
    values,
)
from fake_api import Answer, FakeApi, completion, reply_frames
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from support import KEY

from grokchat.export.formats import export
from grokchat.export.literals import JAVASCRIPT, PYTHON, Comment, is_exact_in_javascript
from grokchat.export.source import Source

PROGRAMS = ("curl", "xai-sdk", "openai-python", "openai-js", "ai-sdk")
SHELLS = [shell for shell in ("sh", "dash", "bash") if shutil.which(shell)]

batches = settings(
    max_examples=max(3, settings.default.max_examples // 25),
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
"""For tests that start a process and pass it many values at once."""
any_messages = st.lists(messages | strange, max_size=8)
any_params = st.dictionaries(
    st.sampled_from([*PARAMS, "response_format", "n", "max_tokens"]) | keys, values, max_size=5
)


search_options = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("allowed_domains", "excluded_x_handles"), st.lists(texts, max_size=12)),
        **dict.fromkeys(("from_date", "to_date"), st.dates().map(str) | texts),
        **dict.fromkeys(("enable_image_understanding", "enable_video_understanding"), st.booleans()),
    },
)
"""Options of the search tools, and what is in a session's file in their place."""


def program(name: str, exported: Source) -> str:
    return export(name, exported).decode("utf-8")


def sources() -> st.SearchStrategy[Source]:
    return st.builds(
        lambda messages, params, stream, search, options: source(
            messages, stream=stream, params=params, search=search, search_options=options
        ),
        any_messages,
        any_params.map(
            lambda params: {
                key: params[key] for key in params if key not in {"model", "messages", "input", "stream", "deferred"}
            }
        ),
        st.booleans(),
        st.sampled_from(["off", "off", "web", "x", "all"]),
        search_options,
    )


def node(*argv: str, where: Path) -> str:
    if shutil.which("node") is None:
        pytest.skip("no node to read programs in JavaScript with")
    done = subprocess.run(["node", *argv], cwd=where, capture_output=True, encoding="utf-8", timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


# -- literals and comments ---------------------------------------------------------------------------------------------


@given(values)
@example("\n".join(AWKWARD * 20))
@example({"a": ["x\n" * 50, {"b": "y\n" * 50}], "__proto__": {"\ud800": "\udfff"}})
@example([10**400, -(2**70), 1e308, 5e-324, -0.0, True, None])
@example([float("inf"), float("-inf")])
def test_python_literals_are_the_value(value):
    """A Python literal evaluates to its value, whatever the layout and the indentation."""
    assert ast.literal_eval(PYTHON.literal(value)) == value
    assert ast.literal_eval(PYTHON.literal(value, 40).strip()) == value


@batches
@given(st.lists(values, min_size=20, max_size=150))
def test_javascript_literals_are_the_value(tmp_path_factory, values):
    """A JavaScript literal evaluates to its value as JSON has it: adjacent surrogates are one character."""
    where = tmp_path_factory.mktemp("literals")
    values = [*values, "\n".join(AWKWARD * 20), {"__proto__": {"__proto__": 1}}]
    lines = ",\n".join(JAVASCRIPT.literal(value, 8 * (number % 2)) for number, value in enumerate(values))
    (where / "p.mjs").write_text(f"process.stdout.write(JSON.stringify([\n{lines}\n]));\n", encoding="utf-8")
    assert in_javascript(json.loads(node("p.mjs", where=where))) == in_javascript(meant(values))


@pytest.mark.parametrize("number", [2**53 + 1, 2**60, -(2**64), 10**21])
def test_digits_that_javascript_does_not_keep(number):
    """Such a number is sent with the digits it is written with, not as the nearest float."""
    assert not is_exact_in_javascript(number)
    assert JAVASCRIPT.literal({"seed": number}) == f'{{ seed: JSON.rawJSON("{number}") }}'


@pytest.mark.parametrize("number", [0, -1, 2**53, 10**20, -(10**15)])
def test_digits_that_javascript_keeps(number):
    """An integer that a float holds exactly is a plain number."""
    assert JAVASCRIPT.literal(number) == str(number)


def test_literals_are_laid_out():
    """Each line of a text is a line of the program; short values stay on one line; keys are quoted only if needed."""
    text = "The first line of it, which is long enough.\n\nThe 'third' one.\n"
    assert PYTHON.literal({"content": text}) == (
        '{\n    "content": (\n        "The first line of it, which is long enough.\\n"\n        "\\n"\n'
        "        \"The 'third' one.\\n\"\n    ),\n}"
    )
    assert JAVASCRIPT.literal({"content": text}) == (
        '{\n  content: [\n    "The first line of it, which is long enough.",\n    "",\n'
        '    "The \'third\' one.",\n    "",\n  ].join("\\n"),\n}'
    )
    assert PYTHON.literal({"a": [1, None]}) == '{"a": [1, None]}'
    assert JAVASCRIPT.literal({"a": [1, None], "b-c": {}}) == '{ a: [1, null], "b-c": {} }'


def test_what_does_not_show_is_escaped():
    """Controls, line separators, direction marks and surrogates are escaped; printable characters are not."""
    text = "ü漢🙂 \x00\x1b\x7f\x85\u2028\u202e\ufeff\ud800\U000e0041"
    assert PYTHON.quoted(text) == r'"ü漢🙂 \x00\x1b\x7f\x85\u2028\u202e\ufeff\ud800\U000e0041"'
    assert JAVASCRIPT.quoted(text) == r'"ü漢🙂 \x00\x1b\x7f\x85\u2028\u202e\ufeff\ud800\u{e0041}"'


@given(st.lists(values, max_size=8))
def test_comments_stay_comments_in_python(values):
    """For any content."""
    lines = [PYTHON.comment(Comment("About", value), 4 * (number % 2)) for number, value in enumerate(values)]
    assert all(line.lstrip().startswith("#") for comment in lines for line in comment.split("\n"))
    assert ast.dump(ast.parse("\n".join([*lines, "x"]))) == ast.dump(ast.parse("x"))


@batches
@given(st.lists(values, min_size=20, max_size=150))
def test_comments_stay_comments_in_javascript(tmp_path_factory, values):
    """For any content."""
    where = tmp_path_factory.mktemp("comments")
    lines = "\n".join(
        f"{JAVASCRIPT.comment(Comment('About', value))}\n{number}," for number, value in enumerate(values)
    )
    (where / "p.mjs").write_text(f"process.stdout.write(JSON.stringify([\n{lines}\n]));\n", encoding="utf-8")
    assert json.loads(node("p.mjs", where=where)) == list(range(len(values)))


# -- programs in Python ------------------------------------------------------------------------------------------------


def statements(text: str) -> list[str]:
    return [type(statement).__name__ for statement in compile(text, "program", "exec", ast.PyCF_ONLY_AST).body]


@given(sources())
@example(source(EVERYTHING, params=PARAMS))
@example(source(EVERYTHING, search="all", search_options=SEARCH_OPTIONS, params=SEARCH_PARAMS))
def test_the_program_for_xais_client_holds_nothing_else(exported):
    """The program's statements are the same for every conversation, and use only names that it imports."""
    text = program("xai-sdk", exported)
    body = [kind for kind in statements(text) if kind != "ImportFrom"]
    assert body == [
        "Expr",
        "Import",
        "Import",
        "If",
        "Assign",
        "Assign",
        "Assign",
        *(["For"] * exported.stream),
        *(["Assign"] if exported.search != "off" and not exported.stream else []),
        "Expr",
        *(["Assign", "For", "If", "If"] if exported.search != "off" else []),
    ]
    tree = ast.parse(text)
    imported = {
        name.asname or name.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for name in node.names
    }
    own = {"os", "sys", "host", "client", "chat", "print", "_", "chunk", "response", "cited", "at", "url"}
    assert {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} <= imported | own
    unused = imported - {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert unused == set()
    compile(text, "program", "exec")


class Captured(Exception):  # noqa: N818 - it is not an error
    """The call that a program made to its client."""


def captured(text: str) -> Any:
    """Run a program for OpenAI's client with a stub client; return the body that it would send."""

    def create(*, extra_body: Any = None, extra_headers: Any = None, **body: Any) -> None:
        raise Captured({**body, **(extra_body or {})}, extra_headers)

    def post(path: str, *, content: bytes, options: Any, **_: Any) -> None:
        assert path in {"/chat/completions", "/responses"}
        raise Captured(json.loads(content), options["headers"])

    client = mock.Mock(post=post)
    client.chat.completions.create = client.responses.create = create
    names = {"OpenAI": lambda **_: client, "APIStatusError": ZeroDivisionError, "Stream": dict}
    stubs = {"openai": names, "openai.types": {}, "openai.types.chat": {"ChatCompletion": 0, "ChatCompletionChunk": 0}}
    stubs["openai.types.responses"] = {"Response": 0, "ResponseStreamEvent": 0}
    modules = {}
    for name, inside in stubs.items():
        modules[name] = ModuleType(name)
        vars(modules[name]).update(inside)
    environment = mock.patch.dict(os.environ, {"XAI_API_KEY": KEY})
    with mock.patch.dict(sys.modules, modules), environment, pytest.raises(Captured) as asked:
        exec(compile(text, "program", "exec"), {"__name__": "__main__"})
    return asked.value.args


@given(sources())
@example(source(EVERYTHING, params=PARAMS))
@example(source(EVERYTHING, search="all", search_options=SEARCH_OPTIONS, params=SEARCH_PARAMS))
@example(source([{"role": "user", "content": "\ud800"}]))
@example(source([{"role": "user", "content": "\ud800"}], search="web", stream=False))
def test_the_program_for_openais_client_asks_for_this_very_request(exported):
    """For any messages and parameters."""
    body, headers = captured(program("openai-python", exported))
    assert meant(body) == json.loads(exported.body)
    assert headers["x-grok-conv-id"] == "conv-1"


def test_a_text_of_many_lines_compiles():
    """A text of any length fits into the program."""
    exported = source([{"role": "user", "content": "a line\n" * 100_000}])
    for name in ("openai-python", "xai-sdk"):
        compile(program(name, exported), "program", "exec")


# -- programs in JavaScript --------------------------------------------------------------------------------------------

searches = [
    source(EVERYTHING, search="all", search_options=SEARCH_OPTIONS, params=SEARCH_PARAMS, stream=stream)
    for stream in (True, False)
]
STUBS = {
    "openai": "const methods = { create: async (body, options) => { globalThis.asked.push([body, options]);"
    " return { choices: [{ message: {} }], status: 'completed', [Symbol.asyncIterator]: async function* () {"
    " yield { choices: [{ delta: {}, finish_reason: 'stop' }], type: 'response.completed',"
    " response: { status: 'completed' } }; } }; } };"
    " export default class { chat = { completions: methods }; responses = methods; }",
    "@ai-sdk/xai": "const it = (given) => given, model = (model) => ({ model }); export const createXai = () =>"
    " Object.assign((id) => model(id), { responses: model, tools: { webSearch: it, xSearch: it } });",
    "ai": "const ask = (options) => { globalThis.asked.push([options]);"
    " return { textStream: [], text: '', sources: [], rawFinishReason: 'completed' }; };"
    " export const streamText = ask, generateText = ask, tool = (it) => it, jsonSchema = (it) => it,"
    " Output = { json: () => 'json', object: (it) => it }, TypeValidationError = Error;",
}
DRIVER = """
import { writeFileSync } from "node:fs";
globalThis.asked = [];
process.env.XAI_API_KEY = "key";
process.stdout.write = () => true;
JSON.rawJSON ??= (digits) => Number(digits);
for (let number = 0; number < %d; number++) await import(`./p${number}.mjs`);
writeFileSync("asked.json", JSON.stringify(globalThis.asked));
"""


def asked_in_javascript(name: str, exports: list[Source], where: Path) -> list[Any]:
    """Run programs with stub clients; return the arguments of their calls."""
    for package, code in STUBS.items():
        inside = where / "node_modules" / package
        inside.mkdir(parents=True)
        (inside / "package.json").write_text('{"type": "module", "main": "index.js"}')
        (inside / "index.js").write_text(code)
    for number, exported in enumerate(exports):
        (where / f"p{number}.mjs").write_bytes(export(name, exported))
    (where / "driver.mjs").write_text(DRIVER % len(exports))
    node("driver.mjs", where=where)
    return json.loads((where / "asked.json").read_text(encoding="utf-8"))


@batches
@given(st.lists(sources(), min_size=5, max_size=40))
def test_the_program_for_openais_other_client_asks_for_this_very_request(tmp_path_factory, exports):
    """For any messages and parameters."""
    exports = [source(EVERYTHING, params=PARAMS), *searches, *exports]
    calls = asked_in_javascript("openai-js", exports, tmp_path_factory.mktemp("js"))
    assert in_javascript([body for body, _ in calls]) == in_javascript(
        [json.loads(exported.body) for exported in exports]
    )
    assert all(options == {"headers": {"x-grok-conv-id": "conv-1"}} for _, options in calls)


@batches
@given(st.lists(sources(), min_size=5, max_size=40))
def test_the_program_for_the_ai_sdk_holds_nothing_else(tmp_path_factory, exports):
    """Every message has its place or a comment, and no part of one becomes an option."""
    exports = [source(EVERYTHING, params=PARAMS), *searches, *exports]
    calls = asked_in_javascript("ai-sdk", exports, tmp_path_factory.mktemp("js"))
    known = {"model", "messages", "allowSystemInMessages", "timeout", "headers", "providerOptions", "tools", "output"}
    known |= {"temperature", "topP", "seed", "maxOutputTokens", "toolChoice", "maxRetries"}
    for [options], exported in zip(calls, exports, strict=True):
        assert options.keys() <= known
        as_sent = {"developer": "system"}
        roles = [as_sent.get(sent.role, sent.role) for sent in exported.sent if is_sent_by_the_ai_sdk(sent.body)]
        assert [message["role"] for message in options["messages"]] == roles
        assert all(message.keys() == {"role", "content"} for message in options["messages"])


def is_sent_by_the_ai_sdk(message: Any) -> bool:
    role = message["role"]
    return role in {"system", "developer", "user", "assistant"} or (
        role == "tool" and isinstance(message.get("tool_call_id"), str)
    )


def test_a_text_of_many_lines_is_read(tmp_path):
    """A text of any length fits into the program."""
    exported = source([{"role": "user", "content": "a line\n" * 100_000}])
    for name in ("openai-js", "ai-sdk"):
        (tmp_path / f"{name}.mjs").write_bytes(export(name, exported))
        node("--check", f"{name}.mjs", where=tmp_path)


# -- curl --------------------------------------------------------------------------------------------------------------


def curl(exported: Source, where: Path, shell: str = "sh", **env: str) -> subprocess.CompletedProcess[bytes]:
    if not SHELLS or shutil.which("curl") is None:
        pytest.skip("no curl to run the script with")
    (where / "request.sh").write_bytes(export("curl", exported))
    system = {"PATH": os.environ["PATH"], "HOME": str(where), "NO_PROXY": "*", **env}
    argv = [shell, "request.sh"]
    return subprocess.run(
        argv, cwd=where, env=system, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False
    )


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("search", ["off", "all"])
def test_curl_sends_the_very_bytes(shell, search, stream, tmp_path):
    """The script sends the exact body in every shell, and prints the response byte for byte."""
    exported = source(EVERYTHING, stream=stream, params=PARAMS, search=search, search_options=SEARCH_OPTIONS)
    sent = reply_frames("Hel", "lo. ü\n") if stream else completion("Hello. ü")
    with FakeApi(Answer([sent])) as api:
        ended = curl(exported, tmp_path, shell, XAI_API_KEY=KEY, XAI_BASE_URL=api.url)
        [request] = api.requests
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, sent, b"")
    assert request.body == exported.body
    assert (request.method, request.path) == ("POST", f"/v1{exported.path}")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["x-grok-conv-id"] == "conv-1"


@pytest.mark.parametrize("shell", SHELLS)
@batches
@given(exported=sources())
def test_curl_sends_any_bytes(shell, tmp_path_factory, exported):
    """For any conversation."""
    with FakeApi() as api:
        ended = curl(exported, tmp_path_factory.mktemp("curl"), shell, XAI_API_KEY=KEY, XAI_BASE_URL=api.url + "/")
        [request] = api.requests
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert request.body == exported.body


def test_curl_sends_a_large_body(tmp_path):
    """A body may be larger than an argument may be, as with pictures."""
    picture = "data:image/png;base64," + "A" * 3_000_000
    exported = source([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": picture}}]}])
    with FakeApi() as api:
        curl(exported, tmp_path, XAI_API_KEY=KEY, XAI_BASE_URL=api.url)
        [request] = api.requests
    assert request.body == exported.body


def test_the_delimiter_is_no_line_of_the_body():
    """The delimiter is chosen so that it is not a line of the body."""
    exported = Source(messages=(), body=b"JSON\nJSON_\nx", model="m", stream=False)
    assert program("curl", exported).endswith(
        "<<'JSON__'\nAuthorization: Bearer $XAI_API_KEY\nHEADERS\nJSON\nJSON_\nx\nJSON__\n"
    )


def test_curl_without_a_key(tmp_path):
    """Without a key the script reports it and makes no request."""
    ended = curl(source(EVERYTHING), tmp_path)
    assert (ended.returncode, ended.stdout) == (2, b"")
    assert ended.stderr.startswith(b"XAI_API_KEY is not set")


def test_the_key_means_nothing_to_the_shell(tmp_path):
    """A key of any characters is sent, not run, and only to the session's own API."""
    key = "xai-$(touch${IFS}oops)`touch${IFS}oops`\\$HOME'\""
    with FakeApi() as api:
        curl(source(EVERYTHING, base_url=api.url), tmp_path, XAI_API_KEY=key)
        [request] = api.requests
    assert request.headers["authorization"] == f"Bearer {key}"
    assert not (tmp_path / "oops").exists()


def test_curl_fails_with_the_apis_words(tmp_path):
    """An error of the API is shown, and the script fails."""
    with FakeApi(Answer.json(400, {"code": "invalid-argument", "error": "No such thing."})) as api:
        ended = curl(source(EVERYTHING), tmp_path, XAI_API_KEY=KEY, XAI_BASE_URL=api.url)
    assert ended.returncode == 22
    assert b"No such thing." in ended.stdout
    assert KEY.encode() not in ended.stdout + ended.stderr


@pytest.mark.parametrize("is_old", [True, False])
def test_the_key_is_in_no_argument(is_old, tmp_path):
    """The key is in no argument; an old curl is not passed an option that it lacks."""
    fake = tmp_path / "bin" / "curl"
    fake.parent.mkdir()
    refuses = 'case "$*" in *fail-with-body*) exit 2;; esac' if is_old else ""
    fake.write_text(f'#!/bin/sh\n{refuses}\n[ "$2" = --version ] && exit\nprintf "%s\\n" "$@"\necho =\ncat /dev/fd/3\n')
    fake.chmod(0o755)
    exported = source(EVERYTHING, timeout=1.5, base_url="https://it's.example/v1/")
    ended = curl(exported, tmp_path, PATH=f"{fake.parent}:{os.environ['PATH']}", XAI_API_KEY=KEY)
    argv, _, headers = ended.stdout.decode().partition("=\n")
    assert (ended.returncode, headers) == (0, f"Authorization: Bearer {KEY}\n")
    assert KEY not in argv
    assert argv.split("\n")[:6] == ["-sS", "--show-error" if is_old else "--fail-with-body", "-g", "-N", "-m", "1.5"]
    assert "https://it's.example/v1/chat/completions" in argv.split("\n")


# -- all of them -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_program_holds_a_key(name, monkeypatch):
    """No program contains a key; all read it from the environment."""
    monkeypatch.setenv("XAI_API_KEY", KEY)
    for exported in (source(EVERYTHING, params=PARAMS), *searches, source(EVERYTHING, params={"deferred": True})):
        text = program(name, exported)
        assert KEY not in text
        assert "XAI_API_KEY is not set" in text


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_search_is_never_deferred(name):
    """The API defers only replies without search: with both, the program is that of the search."""
    both, alone = (source(EVERYTHING[:1], search="web", params=params) for params in ({"deferred": True}, {}))
    assert program(name, both) == program(name, alone)


@pytest.mark.parametrize("name", PROGRAMS)
def test_where_a_program_asks(name):
    """A program uses the session's base URL, unless the environment sets another one."""
    text = program(name, source(EVERYTHING, base_url="https://proxy.example/'v\"2"))
    assert "proxy.example" in text
    assert ("XAI_API_HOST" if name == "xai-sdk" else "XAI_BASE_URL") in text
    assert "proxy.example" not in program(name, source(EVERYTHING))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("curl", "-m 90 "),
        ("xai-sdk", "timeout=90.0,  # seconds"),
        ("openai-python", "timeout=90.0,  # seconds"),
        ("openai-js", "timeout: 90_000, // milliseconds"),
        ("ai-sdk", "timeout: 90_000,"),
    ],
)
def test_a_program_waits_as_long_as_the_session(name, expected):
    """A program has the session's timeout in its client's unit; only one longer than Node's needs undici."""
    assert expected in program(name, source(EVERYTHING, timeout=90.0))
    assert "undici" not in program(name, source(EVERYTHING, timeout=90.0)).partition("XAI_BASE_URL")[2]
    assert ("headersTimeout: 3_600_000" in program(name, source(EVERYTHING))) is (name in {"openai-js", "ai-sdk"})


def test_without_a_conversations_id():
    """Without a conversation id there is no header for it."""
    for name in PROGRAMS:
        assert "x-grok-conv-id" not in program(name, source(EVERYTHING, conversation_id=""))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("xai-sdk", '# "something_new" is not supported here: {'),
        ("xai-sdk", "# max_completion_tokens is called max_tokens here.\n    max_tokens=1000,"),
        ("xai-sdk", '# "prompt_cache_key" is not supported here: "k"'),
        ("xai-sdk", '# A stream reports its usage here without stream_options: {"include_usage": True}'),
        ("xai-sdk", '# A message whose role this client does not support: {"role": "else\\nif", "content": "*/"}'),
        ("ai-sdk", '// name is not supported here: "bob"'),
        ("ai-sdk", '// reasoning_content is not supported here: "One looks\\nlike a pixel."'),
        ("ai-sdk", '// stop is not supported here: ["END", "\\n\\n"]'),
        ("ai-sdk", "// presence_penalty is not supported here: 0.5"),
        ("ai-sdk", "// something_new is not supported here: {"),
        ("ai-sdk", '// A message that the AI SDK does not support: { role: "else\\nif", content: "*/" }'),
        ("ai-sdk", '// The AI SDK refuses a call without a result: { id: "c", type: "function", function: {'),
    ],
)
def test_a_value_that_a_client_cannot_express_becomes_a_comment(name, expected):
    """A value that a client cannot express becomes a comment in its place."""
    more = [
        {"role": "else\nif", "content": "*/"},
        {"role": "assistant", "content": "", "tool_calls": [call("f", "{}", "c")]},
    ]
    assert expected in program(name, source([*EVERYTHING, *more], params=PARAMS))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("xai-sdk", "    # max_completion_tokens cannot be sent with max_tokens: 2\n"),
        ("ai-sdk", "  // max_completion_tokens cannot be sent with max_tokens: 2\n"),
    ],
)
def test_two_limits_where_there_is_one(name, expected):
    """Of the two names of the token limit, the client's own is used."""
    text = program(name, source(EVERYTHING, params={"max_completion_tokens": 2, "max_tokens": 1}))
    assert expected in text
    assert "max_tokens=1," in text or "maxOutputTokens: 1," in text
