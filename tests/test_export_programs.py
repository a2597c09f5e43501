"""Exported programs: valid in their languages whatever the messages are, and without the key."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess

import pytest
from exporting import NASTY, SUFFIXES, run, source
from hypothesis import given
from hypothesis import strategies as st
from support import KEY, Answer, FakeApi, reply_frames

from grokchat.export import export
from grokchat.export.literals import javascript, python, shown, told

has_curl = pytest.mark.skipif(not shutil.which("curl") or not shutil.which("sh"), reason="there is no curl here")
has_node = pytest.mark.skipif(not shutil.which("node"), reason="there is no Node here")

PARAMS = {
    "temperature": 0.25,
    "max_completion_tokens": 100,
    "stop": ["a", "'\n"],
    "seed": 7,
    "reasoning_effort": "high",
    "new_one": {"__proto__": [None, True, NASTY]},
    "tools": [{"type": "function", "function": {"name": "f-1", "description": "d", "parameters": {"type": "object"}}}],
}

TEXTS = st.text(st.characters(codec=None), max_size=60) | st.text(st.sampled_from("'\"\\$`\n\r{}%J*/#"), max_size=60)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS | st.just("__proto__"), inner, max_size=3),
    max_leaves=8,
)
BODIES = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "user", "assistant", "tool", "developer", "odd"])},
        optional={
            "content": st.none() | TEXTS | st.lists(st.fixed_dictionaries({"type": st.just("text"), "text": TEXTS})),
            "name": TEXTS,
            "reasoning_content": TEXTS,
            "tool_call_id": TEXTS,
            "extra": JSON,
        },
    ),
    max_size=4,
)


# -- curl --------------------------------------------------------------------------------------------------------------


@has_curl
@pytest.mark.parametrize("stream", [True, False])
def test_curl_sends_the_very_bytes_and_prints_what_comes(tmp_path, stream):
    with FakeApi(Answer([reply_frames("Hello.")])) as api:
        made = source(stream=stream, params=PARAMS)
        done = run("curl", made, tmp_path, XAI_BASE_URL=f"{api.url}/")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == reply_frames("Hello.")
    [request] = api.requests
    assert request.body == made.body
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["x-grok-conv-id"] == "conv-1"
    assert request.headers["content-type"] == "application/json"


@has_curl
def test_curl_goes_where_the_session_goes_if_nothing_else_is_said(tmp_path):
    with FakeApi() as api:
        assert run("curl", source(base_url=api.url), tmp_path).returncode == 0
    assert len(api.requests) == 1


@has_curl
def test_curl_fails_if_the_api_does_and_without_a_key(tmp_path):
    with FakeApi(Answer.json(400, {"code": "x", "error": "no"})) as api:
        refused = run("curl", source(), tmp_path, XAI_BASE_URL=api.url)
        keyless = run("curl", source(), tmp_path, XAI_BASE_URL=api.url, XAI_API_KEY="")
    assert refused.returncode
    assert b'"error": "no"' in refused.stdout
    assert keyless.returncode
    assert b"XAI_API_KEY" in keyless.stderr
    assert len(api.requests) == 1


@has_curl
def test_the_key_means_nothing_to_the_shell_and_is_in_no_argument(tmp_path):
    key = "xai-$(touch${IFS}oops)`touch${IFS}oops`"
    with FakeApi() as api:
        run("curl", source(), tmp_path, XAI_BASE_URL=api.url, XAI_API_KEY=key)
    assert api.requests[0].headers["authorization"] == f"Bearer {key}"
    assert not (tmp_path / "oops").exists()
    assert "-H @/dev/fd/3" in export("curl", source()).decode()


@has_curl
@given(BODIES)
def test_any_conversation_is_a_valid_script(bodies):
    script = export("curl", source(bodies, name="'; rm\n\r\u2028 x"))
    done = subprocess.run(["sh", "-n"], input=script, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert source(bodies).body in script


# -- Python ------------------------------------------------------------------------------------------------------------


@given(JSON)
def test_a_python_literal_is_the_value(value):
    assert repr(ast.literal_eval(python(value, 4))) == repr(value)


@pytest.mark.parametrize("form", ["xai-sdk", "openai-python"])
@pytest.mark.parametrize("stream", [True, False])
@given(bodies=BODIES, params=st.dictionaries(TEXTS | st.sampled_from(sorted(PARAMS)), JSON, max_size=3), name=TEXTS)
def test_any_conversation_is_a_python_program_of_the_same_statements(form, stream, bodies, params, name):
    """Nothing in a message, a parameter or a name breaks out of where it stands."""
    params = {key: one for key, one in params.items() if key not in {"messages", "model", "stream"}}
    made = export(form, source(bodies, stream=stream, params=params, name=name)).decode()
    usual = export(form, source([{"role": "user", "content": "x"}], stream=stream)).decode()
    assert kinds(made) == kinds(usual)


def kinds(program: str) -> list[str]:
    return [ast.dump(one) if isinstance(one, ast.For | ast.If) else type(one).__name__ for one in statements(program)]


def statements(program: str) -> list[ast.stmt]:
    return [one for one in ast.parse(program).body if not isinstance(one, ast.ImportFrom)]


# -- JavaScript --------------------------------------------------------------------------------------------------------


@has_node
def test_javascript_literals_are_the_values():
    values: list[object] = []

    @given(JSON)
    def collect(value: object) -> None:
        values.append(value)

    collect()
    texts = [javascript(value, 2) for value in values]
    program = "\n".join(f"console.log(JSON.stringify([{text}][0]));" for text in texts)
    done = subprocess.run(["node", "-"], input=program.encode(), capture_output=True, check=True)
    read = [json.loads(line) for line in done.stdout.decode().split("\n") if line]
    assert [rounded(one) for one in read] == [rounded(one) for one in values]


def rounded(value: object) -> object:
    """Return a value with the numbers that JavaScript has."""
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [rounded(one) for one in value]
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return None
    return value


@has_node
@pytest.mark.parametrize("form", ["openai-js", "ai-sdk"])
def test_any_conversation_is_a_javascript_program(form, tmp_path):
    made: list[bytes] = []

    @given(BODIES, st.dictionaries(TEXTS | st.sampled_from(sorted(PARAMS)), JSON, max_size=3), TEXTS, st.booleans())
    def collect(bodies, params, name, stream) -> None:
        params = {key: one for key, one in params.items() if key not in {"messages", "model", "stream"}}
        made.append(export(form, source(bodies, stream=stream, params=params, name=name)))

    collect()
    made.append(export(form, source(params=PARAMS, name=NASTY)))
    for number, program in enumerate(made):
        (tmp_path / f"{number}.mjs").write_bytes(program)
    check = (
        'const vm = require("node:vm"), fs = require("node:fs");'
        f"for (let at = 0; at < {len(made)}; at++)"
        ' new vm.SourceTextModule(fs.readFileSync(`${at}.mjs`, "utf8"));'
    )
    command = ["node", "--no-warnings", "--experimental-vm-modules", "-e", check]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stderr.decode()[-2000:]) == (0, "")


# -- all of them -------------------------------------------------------------------------------------------------------


@given(JSON)
def test_what_is_shown_in_a_comment_is_one_line_of_ascii(value):
    assert shown(value).isascii()
    assert shown(value).isprintable()


@given(TEXTS)
def test_a_title_ends_no_comment(text):
    line = told(text)
    assert line.isprintable()
    assert not any(end in line for end in ("*/", '"""', "\\", "\n"))


@pytest.mark.parametrize("form", SUFFIXES)
def test_no_program_holds_a_key_and_each_reads_it(form):
    text = export(form, source(params=PARAMS)).decode()
    assert "xai-test" not in text
    assert "XAI_API_KEY" in text


@pytest.mark.parametrize(
    ("form", "unsaid"),
    [
        ("xai-sdk", ['cannot say "new_one"', "max_tokens=100,  # for max_completion_tokens"]),
        (
            "ai-sdk",
            ['say "new_one"', 'say "stop"', 'say "name": "bob"', 'say "reasoning_content": "Hm'],
        ),
        ("openai-python", ["extra_body="]),
    ],
)
def test_what_a_client_cannot_say_stands_as_a_comment(form, unsaid):
    text = export(form, source(params=PARAMS)).decode()
    for one in unsaid:
        assert one in text


def test_surrogates_that_python_clients_cannot_send_are_told():
    made = source([{"role": "user", "content": "a\ud800b"}])
    for form in ("openai-python", "xai-sdk"):
        assert "Surrogates that are no characters stand as U+FFFD" in export(form, made).decode()
    assert "\\ud800" in export("openai-js", made).decode()
