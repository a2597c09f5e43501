"""The key in everything that a server, a file, a command or the user's own settings can say: nothing of it is shown.

Every place that something can come from, and every place that it can go to: the screen, standard output and error,
bug reports, and the files that are written. Exempt is the text of messages: the user's own, and that of replies.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chat_process import Chat, chat_env
from fake_api import Answer, chunk, frames, reply_frames
from key_forms import FORMS, KEYS, key_in
from support import run_cli, sessions

from grokchat.cli import actions

KEY = KEYS["xai"]
FEW = ["plain", "basic", "percent, all of it", "hex in capitals", "JSON escapes", "broken by newlines"]
posix = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell, pseudo-terminals")


def shows_key(home: Path, environment: Any, key: str = KEY) -> bool:
    """Return whether the key can be read in what was written: on both streams, and in all files."""
    written = [environment.stdout.getvalue(), environment.stderr.getvalue()]
    written += [path.read_bytes() for path in home.rglob("*") if path.is_file() and path.name != "config.toml"]
    return bool(key) and any(key_in(data, key) for data in written)


def run(home: Path, api: Any, *argv: str, key: str = KEY, **more: Any) -> Any:
    """Run the program with the key, check that it does not show it, and return the environment."""
    _, environment = run_cli(home, api, *argv, env={"XAI_API_KEY": key, **more.pop("env", {})}, **more)
    assert not shows_key(home, environment, key)
    assert b"bug in grokchat" not in environment.stderr.getvalue()
    return environment


def test_a_key_that_is_shown_is_seen(home, api):
    """These tests cannot pass because nothing was checked: a message that holds the key is not changed."""
    _, environment = run_cli(home, api, f"say {KEY}", env={"XAI_API_KEY": KEY})
    assert shows_key(home, environment)
    assert api.requests[0].messages[-1]["content"] == f"say {KEY}"
    api.answers = [Answer([reply_frames(f"It is {KEY}.")])]
    _, environment = run_cli(home, api, "say it", env={"XAI_API_KEY": KEY})
    assert environment.stdout.getvalue().decode() == f"It is {KEY}.\n"


# -- errors of the server ----------------------------------------------------------------------------------------------

BODIES: dict[str, Callable[[str], object]] = {
    "flat": lambda text: {"code": text, "error": text},
    "nested": lambda text: {"error": {"message": text, "type": text, "code": text, "param": text}},
    "validation": lambda text: {"detail": [{"loc": ["body", text], "msg": text, "input": text}]},
    "escaped": lambda text: {"error": json.dumps({"error": text})},
    "text": lambda text: text.encode(),
    "long": lambda text: {"error": "x" * 270 + text + "x" * 270},
    "no credits": lambda text: {"error": f"Your team has run out of credits. {text}"},
    "page": lambda text: f"<html>{text}</html>".encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_an_error_in_each_form(home, api, form):
    api.answers = [Answer.json(400, {"error": f"Incorrect API key: {FORMS[form](KEY)} (bad)"})]
    said = run(home, api, "hi").stderr.getvalue()
    assert b"[key]" in said
    assert b"(bad)" in said


@pytest.mark.parametrize("status", [200, 302, 400, 404, 413, 503])
@pytest.mark.parametrize("body", BODIES)
def test_error_bodies(home, api, body, status):
    for form in FEW:
        api.answers = [Answer.json(status, BODIES[body](FORMS[form](KEY)))]
        run(home, api, "hi")


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("status", [200, 302, 400, 500, 503])
def test_headers_and_the_words_behind_the_status(home, api, key, status):
    for form in ("plain", "hex"):
        text = FORMS[form](key)
        names = ("x-request-id", "location", "content-type", "retry-after", "content-encoding", "server", "x-key")
        for name in names:
            headers = {"content-type": "application/json", name: text}
            api.answers = [Answer([b'{"error":"no"}'], status, headers, reason=text)]
            run(home, api, "hi", key=key)
    api.answers = [Answer([b'{"error":"no"}'], status, {"content-type": "application/json", key[:9]: "a\x1b" + key})]
    run(home, api, "hi", key=key)


def test_errors_inside_a_stream(home, api):
    for form in FEW:
        text = FORMS[form](KEY)
        for error in ({"error": {"message": text}}, {"error": text, "code": text}, {"detail": text}):
            for before in (b"", frames(chunk({"content": "begin"}), done=False)):
                api.answers = [Answer([before + b"event: error\ndata: " + json.dumps(error).encode() + b"\n\n"])]
                run(home, api, "hi")


# -- replies -----------------------------------------------------------------------------------------------------------


def call(text: str) -> dict[str, Any]:
    return {"index": 0, "id": text, "type": text, "function": {"name": text, "arguments": json.dumps({"a": text})}}


def reply_with(text: str) -> list[dict[str, Any]]:
    """Return the chunks of a reply that has this in all fields except its text."""
    extra = {"id": text, "model": text, "system_fingerprint": text, "service_tier": text, "citations": [text]}
    pieces = [text[at : at + 5] for at in range(0, len(text), 5)]
    calls = [{"index": 1, "function": {"name": piece, "arguments": piece}} for piece in pieces]
    return [
        chunk({"role": text, "content": "An answer.", "annotations": [{"url": text}], "name": text}) | extra,
        chunk({"tool_calls": [call(text)]}) | extra,
        *(chunk({"tool_calls": [piece]}) for piece in calls),
        chunk(finish=text) | extra,
        {**chunk(), **extra, "choices": [], "usage": {"prompt_tokens": 3, "note": text, text: 1}},
    ]


@pytest.mark.parametrize("form", FEW)
@pytest.mark.parametrize("options", [[], ["--json"], ["--no-save"]])
def test_the_fields_of_a_reply(home, api, form, options):
    text = FORMS[form](KEY)
    api.answers = [Answer([frames(*reply_with(text))])]
    environment = run(home, api, *options, "hi")
    assert b"An answer." in environment.stdout.getvalue()
    for export in ("markdown", "html", "json", "request", "curl", "openai-python"):
        if "--no-save" not in options:
            run(home, api, "--export", export, "-c")
    run(home, api, "--list-sessions", "--json")
    run(home, api, "--list-sessions")


@pytest.mark.parametrize("form", FEW)
def test_the_fields_of_a_complete_reply(home, api, form):
    text = FORMS[form](KEY)
    message = {"role": "assistant", "content": "An answer.", "tool_calls": [call(text)], "annotations": [text]}
    choice = {"index": 0, "message": message, "finish_reason": text, "logprobs": {"content": [{"token": text}]}}
    reply = {"id": text, "model": text, "choices": [choice], "usage": {"note": text}, "system_fingerprint": text}
    for options in (["--json"], []):
        api.answers = [Answer.json(200, reply)]
        run(home, api, "--no-stream", *options, "hi")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_the_list_of_models(home, api, form, options):
    text = FORMS[form](KEY)
    model = {"id": text, "aliases": [text], "capabilities": {"reasoning_effort": [text]}, "content": text, text: text}
    api.models = Answer.json(200, {"data": [model]})
    assert b"[key]" in run(home, api, "--list-models", *options).stdout.getvalue()
    api.models = Answer.json(500, {"error": text})
    run(home, api, "--list-models", *options)


# -- settings, the environment and commands ----------------------------------------------------------------------------

CONFIGS = [
    'api_key_command = ["{}"]',
    "api_key_command = {{key = '{}'}}",
    'api_key_command = true\nmodel = "{}"',
    'base_url = ["{}"]',
    'base_url = "{}"',
    'base_url = "https://user:{}@api.example/v1"',
    'base_url = "https://{}@api.example/v1"',
    'base_url = "http://:{}@127.0.0.1/v1"',
    'base_url = "user:{}@api.example"',
    'base_url = "https://api.example/v1?key={}"',
    'base_url = "https://api.example/v1#{}"',
    'base_url = "https://api.example/v1 {}"',
    'model = ["{}"]',
    'model = {{"{}" = 1}}',
    'theme = "{}"',
    'stream = "{}"',
    '"{}" = 1',
    '["{}"]',
    '[profiles]\n"{}" = 1',
    '[profiles."{}"]\nnothing = 1',
    '[params]\n"{}" = 2031-05-06',
    'api_key = "{}"\n',
    'api_key = "{}',
    "{}",
    "max_cost = '{}'",
]


def toml(template: str, key: str) -> str:
    return template.format(key.replace("\\", "\\\\").replace('"', '\\"'))


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("name", KEYS)
def test_config_files(home, api, config, name):
    """Also where the key of this run is another one, or none: what looks like a key is not quoted."""
    home.mkdir(exist_ok=True)
    key = KEYS[name]
    (home / "config.toml").write_text(toml(config, key) + "\n")
    run(home, api, "hi", key=key, env={"GROKCHAT_BASE_URL": ""} if "base_url" in config else {})
    if name == "xai":
        for other in ("", "xai-another-one-0123456789"):
            _, environment = run_cli(home, None, "hi", env={"XAI_API_KEY": other, "GROKCHAT_BASE_URL": ""})
            assert not shows_key(home, environment, key)


@pytest.mark.parametrize("wrong", ["['a', '{}']", "{{a = '{}'}}", "[['{}']]"])
def test_the_command_for_the_key_is_never_quoted(home, api, wrong):
    """Whatever it is: a key that is not xAI's cannot be recognised."""
    home.mkdir()
    (home / "config.toml").write_text(f"api_key_command = {wrong.format('some-other-secret')}\n")
    said = run_cli(home, api, "hi", env={"XAI_API_KEY": ""})[1].stderr.getvalue()
    assert b"some-other-secret" not in said
    assert b"api_key_command must be a string, not a " in said


@pytest.mark.parametrize("name", KEYS)
def test_arguments_and_variables(home, api, name):
    key = KEYS[name]
    for argv in (
        [f"--{key}"],
        ["-r", key],
        ["-f", key],
        ["-P", key],
        ["--config", key],
        ["--export", key, "-c"],
        ["-o", key],
        ["-o", f"messages={key}"],
        ["--base-url", key],
        ["--base-url", f"https://user:{key}@a.example"],
        ["--base-url", f"https://a.example/{key}?"],
        [f"--json={key}"],
        ["--max-cost", key],
    ):
        run(home, api, *argv, "hi", key=key)
    for variable in ("GROKCHAT_CONFIG", "GROKCHAT_PROFILE", "GROKCHAT_BASE_URL"):
        run(home, api, "hi", key=key, env={variable: key})


def test_a_base_url_with_the_key_in_its_path(home, api):
    """Some gateways want it there. It is used, and shown nowhere."""
    url = f"{api.url}/{KEY}"
    run(home, None, "--base-url", url, "hi")
    assert KEY in api.requests[0].path
    for export in ("curl", "openai-python", "openai-js", "xai-sdk", "ai-sdk"):
        run(home, None, "--base-url", url, "--export", export, "-c")
    api.answers = [Answer.json(404, {"error": "not here"})]
    run(home, None, "--base-url", url, "hi")
    run(home, None, "--base-url", url, "--list-models")
    run(home, None, "--base-url", f"http://127.0.0.1:1/{KEY}", "hi")


@posix
@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize(
    "command",
    [
        "{}",
        "echo {}; echo {} >&2; exit 3",
        "no-such-program --key {}",
        "KEY={} no-such-program",
        "printf '%s\\n\\377' {}",
        "printf '%s\\000' {}; exit 1",
        "echo {} more",
        "echo x | other-program {}",
    ],
)
def test_the_command_that_prints_the_key(home, api, name, command):
    key = KEYS[name]
    home.mkdir()
    quoted = command.replace("{}", "'" + key.replace("'", "'\\''") + "'" if name != "xai" else key)
    (home / "config.toml").write_text(f"api_key_command = {json.dumps(quoted)}\n")
    environment = run(home, api, "hi", key="")
    assert not shows_key(home, environment, key)
    assert b"api_key_command" in environment.stderr.getvalue()


@posix
def test_the_time_limit_of_the_command(home, api, monkeypatch):
    home.mkdir()
    monkeypatch.setattr("grokchat.config.key_command._TIMEOUT_S", 0)
    (home / "config.toml").write_text("api_key_command = 'sleep 60; echo some-other-secret'\n")
    said = run(home, api, "hi", key="").stderr.getvalue()
    assert b"did not end within 0 s" in said
    assert b"some-other-secret" not in said


@posix
def test_a_command_that_cannot_be_run(home, api):
    home.mkdir()
    for command in ("a\\u0000some-other-secret", "x" * 200_000):
        (home / "config.toml").write_text(f'api_key_command = "{command}"\n')
        said = run(home, api, "hi", key="").stderr.getvalue()
        assert b"api_key_command could not be run" in said
        assert b"some-other-secret" not in said


MALFORMED = ["{} more", "{}\nmore", "a\t{}", "{}\u00e9", "\u200b{}", "{}\x00"]


@pytest.mark.parametrize("form", MALFORMED)
def test_malformed_keys_of_each_source(home, api, form):
    """What is refused was meant as a key all the same."""
    key = form.format(KEYS["padding"])
    environments = [run_cli(home, api, "hi", env={"XAI_API_KEY": key})[1]]
    environments.append(run_cli(home, api, "--login", stdin=f"{key}\n".encode(), env={"XAI_API_KEY": ""})[1])
    home.mkdir(exist_ok=True)
    (home / "key").write_text(key, encoding="utf-8")
    environments.append(run_cli(home, api, "hi", env={"XAI_API_KEY": ""})[1])
    (home / "key").unlink()
    for environment in environments:
        assert not shows_key(home, environment, KEYS["padding"])
        assert environment.redact(f"bug: {key!r}, {KEYS['padding']}, {key}").count(KEYS["padding"]) < 3


def test_the_stored_key_is_redacted_from_what_the_server_says(home, api):
    key = KEYS["padding"]
    run_cli(home, api, "--login", stdin=f"{key}\n".encode(), env={"XAI_API_KEY": ""})
    assert (home / "key").read_text().strip() == key
    api.answers = [Answer.json(400, {"error": f"not {key}"})]
    _, environment = run_cli(home, api, "hi", env={"XAI_API_KEY": ""})
    assert not key_in(environment.stderr.getvalue(), key)
    assert b"not [key]" in environment.stderr.getvalue()


def test_bug_reports(home, api, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise ValueError(f"{KEY}\n  {FORMS['basic'](KEY)}")

    monkeypatch.setattr(actions, "list_models", broken)
    api.models = Answer.json(200, {"data": []})
    for debug in ("", "1"):
        _, environment = run_cli(home, api, "--list-models", env={"XAI_API_KEY": KEY, "GROKCHAT_DEBUG": debug})
        assert b"ValueError" in environment.stderr.getvalue()
        assert not shows_key(home, environment)


# -- the chat ----------------------------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("form", ["plain", "basic", "hex"])
def test_the_screen(home, api, form):
    """A terminal, in a chat whose server says the key in every field."""
    text = FORMS[form](KEY)
    api.answers = [Answer([frames(*reply_with(text))]), Answer.json(400, {"error": f"refused {text}"})]
    api.models = Answer.json(200, {"data": [{"id": text, "aliases": [text]}, {"id": "grok-4.7"}]})
    with Chat(env={**chat_env(home, api), "XAI_API_KEY": KEY}, columns=70) as chat:
        chat.wait_for_prompt()
        chat.type("hi\r")
        chat.wait_for("ended with finish_reason")
        for line, shown in (
            ("/show 2", "An answer."),
            ("/history", "assistant"),
            ("/models", "* grok-4.7"),
            ("/usage", "one reply"),
            ("/set", "Settings"),
            ("/request", "bytes"),
            ("again", "refused"),
            ("/model no", "/models"),
        ):
            chat.type(f"{line}\r")
            chat.wait_for(shown)
        chat.leave()
    assert b"[key]" in chat.raw
    assert not key_in(bytes(chat.raw), KEY)
    (path,) = sessions(home)
    assert not key_in(path.read_bytes(), KEY)


@posix
def test_a_model_that_is_the_key(home, api):
    """A slip of the user's: it is in the greeting, the bottom line and the error."""
    api.answers = [Answer.json(404, {"error": f"The model {KEY} does not exist"})]
    with Chat("-m", KEY, env={**chat_env(home, api), "XAI_API_KEY": KEY}, columns=100) as chat:
        chat.wait_for_prompt()
        chat.type("hi\r")
        chat.wait_for("Unknown or retired model")
        chat.leave()
    assert not key_in(bytes(chat.raw), KEY)
