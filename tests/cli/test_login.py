"""--login asks the API about a key before it is stored: one that is wrong or blocked is stored only if confirmed."""

from __future__ import annotations

import socket
import sys
import threading
from pathlib import Path

import pytest
from fake_api import Answer, FakeApi
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from support import KEY, err, make_environment, out, paragraph

from grokchat.api import key_check
from grokchat.cli.main import main
from grokchat.environment import Environment
from grokchat.errors import UsageError

GOOD = {"redacted_api_key": "xai-...cdef", "team_id": "t", "acls": ["api-key:model:*"], "api_key_blocked": False}
WRONG = {"code": "Client specified an invalid argument", "error": f"Incorrect API key provided: {KEY}."}
BUSY = Answer.json(429, {"code": "resource-exhausted", "error": "Too many requests."})


@pytest.fixture(autouse=True)
def _no_keyring(monkeypatch):
    """Hide the system keyring, in which the key would be stored."""
    monkeypatch.setitem(sys.modules, "keyring", None)


def stored(home: Path) -> str:
    path = home / "key"
    return path.read_text(encoding="ascii") if path.exists() else ""


class Shown(DummyOutput):
    """Keeps what is written to the terminal."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, data: str) -> None:
        self.text += data

    write_raw = write


def login(home: Path, api: FakeApi | None, *, url: str = "", stdin: bytes = KEY.encode()) -> tuple[int, Environment]:
    """Run --login with a key that is piped in."""
    env = {"GROKCHAT_BASE_URL": api.url if api else url, "XAI_API_KEY": ""}
    environment = make_environment(home, "--login", env=env, stdin=stdin)
    return main(environment), environment


def login_at_a_terminal(
    home: Path, api: FakeApi, keys: str, *, stdin: bytes | None = None
) -> tuple[int, Environment, str]:
    """Run --login at a terminal at which these keys are typed; return also what the questions showed."""
    screen = Shown()
    with create_pipe_input() as pipe:
        pipe.send_text(keys)
        environment = make_environment(
            home,
            "--login",
            env={"GROKCHAT_BASE_URL": api.url, "XAI_API_KEY": ""},
            stdin=stdin,
            stdout_is_tty=True,
            terminal=lambda: (pipe, screen),
        )
        return main(environment), environment, screen.text


def test_a_key_that_the_api_accepts_is_stored(home, api):
    api.keys = [Answer.json(200, GOOD)]
    code, environment = login(home, api)
    assert (code, err(environment), stored(home)) == (0, "", f"{KEY}\n")
    assert out(environment).count("\n") == 1
    [request] = api.lookups
    assert (request.method, request.path) == ("GET", "/v1/api-key")
    assert request.headers["authorization"] == f"Bearer {KEY}"


REFUSALS = [
    (Answer.json(400, WRONG), "400"),
    (Answer.json(401, {"error": "no"}), "401"),
    (Answer.json(403, {"error": "no"}), "403"),
    (Answer.json(200, {**GOOD, "api_key_blocked": True}), "key is blocked"),
    (Answer.json(200, {**GOOD, "api_key_disabled": True}), "key is disabled"),
    (Answer.json(200, {**GOOD, "team_blocked": True}), "team of this key is blocked"),
]


@pytest.mark.parametrize(("answer", "words"), REFUSALS)
def test_a_key_that_is_refused_is_stored_if_nobody_can_be_asked_and_that_is_said(home, api, answer, words):
    api.keys = [answer]
    code, environment = login(home, api)
    assert (code, stored(home)) == (0, f"{KEY}\n")
    text = paragraph(environment)
    assert words in text
    assert "stored anyway" in text
    assert len(api.lookups) == 1


@pytest.mark.parametrize(("answer", "words"), REFUSALS)
@pytest.mark.parametrize(
    ("answer_keys", "is_stored"), [("y\r", True), ("YES\r", True), ("\r", False), ("n\r", False), ("\x04", False)]
)
def test_at_a_terminal_it_is_stored_only_if_confirmed(home, api, answer, words, answer_keys, is_stored):
    api.keys = [answer]
    code, environment, shown = login_at_a_terminal(home, api, f"{KEY}\r{answer_keys}")
    assert stored(home) == (f"{KEY}\n" if is_stored else "")
    assert words in shown
    assert KEY not in shown + out(environment) + err(environment)
    assert code == (0 if is_stored else 2)
    if not is_stored:
        assert "not stored" in paragraph(environment)


@pytest.mark.parametrize("keys", ["\x03", f"{KEY}\r\x03"])
def test_ctrl_c_at_either_question_exits_130_and_stores_nothing(home, api, keys):
    api.keys = [Answer.json(400, WRONG)]
    code, environment, _ = login_at_a_terminal(home, api, keys)
    assert (code, stored(home), err(environment)) == (130, "", "")


@pytest.mark.parametrize(("answer", "is_stored"), [("y\r", True), ("\r", False)])
def test_a_key_that_is_piped_in_at_a_terminal_is_asked_about_there(home, api, answer, is_stored):
    api.keys = [Answer.json(400, WRONG)]
    code, _, shown = login_at_a_terminal(home, api, answer, stdin=KEY.encode())
    assert "Store it anyway? [y/N]" in shown
    assert (code, stored(home)) == ((0, f"{KEY}\n") if is_stored else (2, ""))


def test_a_terminal_without_keys_cannot_ask(home, api):
    def no_keys():
        raise UsageError("There is no terminal to read keys from.")

    api.keys = [Answer.json(400, WRONG)]
    environment = make_environment(
        home,
        "--login",
        env={"GROKCHAT_BASE_URL": api.url, "XAI_API_KEY": ""},
        stdin=KEY.encode(),
        stdout_is_tty=True,
        terminal=no_keys,
    )
    assert (main(environment), stored(home)) == (0, f"{KEY}\n")
    assert "stored anyway" in paragraph(environment)


@pytest.mark.parametrize("keys", ["\x04", "\r", "  \r"])
def test_without_a_key_nothing_is_asked_and_the_exit_code_is_2(home, api, keys):
    code, environment, _ = login_at_a_terminal(home, api, keys)
    assert (code, stored(home), api.lookups) == (2, "", [])
    paragraph(environment)


@pytest.mark.parametrize(
    "answer",
    [
        Answer.json(404, {"error": "no such route"}),
        Answer.json(405, {"error": "no"}),
        Answer.json(301, {}, location="https://elsewhere.example/"),
        Answer([b"<html>Log in"], 200, {"content-type": "text/html"}),
        Answer([b"[]"], 200, {"content-type": "application/json"}),
        Answer([b""], 204, {}),
        Answer([b'{"team'], 200, {"content-type": "application/json"}, complete=False),
    ],
)
def test_a_server_that_does_not_say_gets_the_key_stored(home, api, answer):
    """Those of others have no such question; and what is not a clear no says nothing about the key."""
    api.keys = [answer]
    code, environment = login(home, api)
    assert (code, stored(home), err(environment)) == (0, f"{KEY}\n", "")
    assert "The key was not checked: " in out(environment)
    assert len(api.lookups) == 1


@pytest.mark.parametrize("failing", [BUSY, Answer.json(503, {"error": "overloaded"})])
def test_a_server_that_is_busy_is_asked_once_more(home, api, failing):
    api.keys = [failing, Answer.json(200, {**GOOD, "api_key_disabled": True})]
    code, environment = login(home, api)
    assert code == 0
    assert "disabled" in paragraph(environment)
    assert len(api.lookups) == 2
    api.keys = [failing]
    code, environment = login(home, api)
    assert (code, len(api.lookups)) == (0, 4)
    assert "The key was not checked: " in out(environment)


def test_no_network_gets_the_key_stored(home):
    with socket.socket() as deaf:  # bound, and it does not listen
        deaf.bind(("127.0.0.1", 0))
        code, environment = login(home, None, url=f"http://127.0.0.1:{deaf.getsockname()[1]}/v1")
    assert (code, stored(home), err(environment)) == (0, f"{KEY}\n", "")
    assert "could not be reached" in out(environment)


@pytest.mark.parametrize("parts", ["nothing", "headers"])
def test_a_server_that_never_answers_does_not_hold_up_the_login(home, api, monkeypatch, parts):
    monkeypatch.setattr(key_check, "_TIMEOUT_S", 0.1)
    gate = threading.Event()
    if parts == "headers":
        api.keys = [Answer([b"{", gate], 200, {"content-type": "application/json"})]
        code, environment = login(home, api)
    else:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            code, environment = login(home, None, url=f"http://127.0.0.1:{silent.getsockname()[1]}/v1")
    gate.set()
    assert (code, stored(home)) == (0, f"{KEY}\n")
    assert "did not answer within 0.1 s" in out(environment)


def test_a_proxy_that_cannot_be_used_gets_the_key_stored(home, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://x")
    environment = make_environment(
        home,
        "--login",
        env={"GROKCHAT_BASE_URL": "https://api.example/v1", "XAI_API_KEY": "", "HTTPS_PROXY": "nonsense://x"},
        stdin=KEY.encode(),
    )
    assert main(environment) == 0
    assert stored(home) == f"{KEY}\n"
    assert "The key was not checked: " in out(environment)


def test_the_key_goes_to_the_configured_host_alone(home, api):
    with FakeApi() as other:
        api.keys = [Answer.json(307, {}, location=f"{other.url}/api-key")]
        assert login(home, api)[0] == 0
        assert other.lookups == []
