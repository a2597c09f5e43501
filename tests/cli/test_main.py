"""The program in this process: input, output, and exit codes."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from fake_api import Answer, chunk, frames, reply_frames
from support import KEY, err, journal_lines, make_environment, out, paragraph, run_cli, sessions

from grokchat import __version__
from grokchat.cli import main

WRONG_KEY = {
    "code": "Client specified an invalid argument",
    "error": f"Incorrect API key provided: {KEY}. You can obtain an API key from https://console.x.ai.",
}
NO_MODEL = {
    "code": "Some requested entity was not found",
    "error": "The model grok-9 does not exist or your team 0-0 does not have access to it.",
}
BUSY = {"code": "resource-exhausted", "error": "Too many requests."}


def test_a_reply_exits_0(home, api):
    code, environment = run_cli(home, api, "hi")
    assert (code, out(environment), err(environment)) == (0, "Hello there.\n", "")


@pytest.mark.parametrize("argument", ["-h", "--help"])
def test_help(home, argument):
    code, environment = run_cli(home, None, argument)
    assert code == 0
    assert err(environment) == ""
    assert "\nUsage: grokchat [OPTIONS] [PROMPT ...]\n" in out(environment)
    assert max(map(len, out(environment).splitlines())) <= 80
    assert not home.exists()


def test_version(home):
    code, environment = run_cli(home, None, "--version")
    assert (code, out(environment), err(environment)) == (0, f"grokchat {__version__}\n", "")


@pytest.mark.parametrize(
    ("argv", "word"),
    [
        (["--frobnicate"], "--frobnicate"),
        (["-r", "x", "-c"], "-c"),
        (["-o", "temperature"], "KEY=VALUE"),
        ([], "PROMPT"),
    ],
)
def test_a_malformed_command_line_exits_2(home, api, argv, word):
    code, environment = run_cli(home, api, *argv)
    assert code == 2
    assert word in paragraph(environment)
    assert out(environment) == ""
    assert api.requests == []


@pytest.mark.parametrize("argv", [[""], ["-s", "Be brief."]])
def test_without_a_user_message_there_is_nothing_to_send(home, api, argv):
    code, environment = run_cli(home, api, *argv, stdin=b"")
    assert code == 2
    paragraph(environment)
    assert api.requests == []


def test_without_a_key_exits_2_and_names_where_to_get_one(home, api):
    code, environment = run_cli(home, api, "hi", env={"XAI_API_KEY": ""})
    assert code == 2
    text = paragraph(environment)
    assert "XAI_API_KEY" in text
    assert "https://console.x.ai" in text
    assert "--login" in text
    assert "api_key_command" in text
    assert "--demo" in text
    assert api.requests == []
    assert sessions(home) == []


def test_a_wrong_key_exits_1_and_is_not_shown_even_if_the_server_does(home, api):
    api.answers = [Answer.json(400, WRONG_KEY)]
    code, environment = run_cli(home, api, "hi")
    assert code == 1
    assert "XAI_API_KEY" in paragraph(environment)
    assert len(api.requests) == 1


def test_an_unknown_model_exits_1(home, api):
    api.answers = [Answer.json(404, NO_MODEL)]
    code, environment = run_cli(home, api, "-m", "grok-9", "hi")
    assert code == 1
    assert "grok-9" in paragraph(environment)


def test_no_network_exits_3_after_the_retries(home):
    with socket.socket() as deaf:  # bound, and it does not listen: nobody else gets this port meanwhile
        deaf.bind(("127.0.0.1", 0))
        port = deaf.getsockname()[1]
        code, environment = run_cli(home, None, "--base-url", f"http://127.0.0.1:{port}/v1", "hi")
    assert code == 3
    *tries, last = err(environment).splitlines()
    assert [f"{number} of 4" in line for number, line in enumerate(tries, 2)] == [True] * 3
    assert f"127.0.0.1:{port}" in last
    assert out(environment) == ""


def test_429_for_ever_exits_3_and_reports_each_try_in_one_line(home, api):
    api.answers = [Answer.json(429, BUSY)]
    code, environment = run_cli(home, api, "hi")
    assert code == 3
    assert len(api.requests) == 4
    lines = err(environment).splitlines()
    assert len(lines) == 4
    assert [f"{number} of 4" in line for number, line in enumerate(lines, 2)] == [True, True, True, False]
    assert "429" in lines[-1]


def test_a_config_file_with_a_typo_exits_2_and_names_it(home, api):
    home.mkdir()
    (home / "config.toml").write_text('modle = "grok-4.7"\n', encoding="utf-8")
    code, environment = run_cli(home, api, "hi")
    assert code == 2
    text = paragraph(environment)
    assert "config.toml" in text
    assert "modle" in text
    assert "model" in text.replace("modle", "")


def test_a_config_value_of_a_wrong_type_shows_the_value_and_the_allowed_ones(home, api):
    home.mkdir()
    (home / "config.toml").write_text('timeout = "soon"\n', encoding="utf-8")
    code, environment = run_cli(home, api, "hi")
    assert code == 2
    for word in ("timeout", '"soon"', "seconds"):
        assert word in paragraph(environment)


def test_a_plain_http_address_is_refused(home):
    code, environment = run_cli(home, None, "--base-url", "http://example.com/v1", "hi")
    assert code == 2
    assert "example.com" in paragraph(environment)


def test_a_session_that_is_a_directory_exits_4(home, api, tmp_path):
    code, environment = run_cli(home, api, "-r", str(tmp_path), "hi")
    assert code == 4
    assert str(tmp_path) in paragraph(environment)


def test_sessions_that_cannot_be_saved_exit_4_before_anything_is_sent(home, api):
    home.mkdir()
    (home / "sessions").write_text("in the way", encoding="utf-8")
    code, environment = run_cli(home, api, "hi")
    assert code == 4
    paragraph(environment)
    assert api.requests == []


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"PK\x03\x04\0\0", "ZIP archive"),
        (b"a\0b\n", "NUL"),
        (b"caf\xe9\n", "UTF-8"),
        (b"x" * 60_000_000, "50 MB"),
    ],
    ids=["ZIP", "NUL", "latin-1", "60 MB"],
)
def test_unusable_input_exits_4_and_is_not_sent(home, api, data, word):
    code, environment = run_cli(home, api, "hi", stdin=data)
    assert code == 4
    assert word in paragraph(environment)
    assert api.requests == []
    assert sessions(home) == []


def test_a_stream_that_is_cut_exits_3_and_keeps_its_part(home, api):
    api.answers = [Answer([frames(chunk({"content": "One, "}), chunk({"content": "two"}), done=False)])]
    code, environment = run_cli(home, api, "count")
    assert code == 3
    assert out(environment) == "One, two\n"
    assert "broke off" in paragraph(environment)
    last = journal_lines(sessions(home)[0])[-1]
    assert (last["message"]["content"], last["finish_reason"]) == ("One, two", "interrupted")
    assert len(api.requests) == 1


def test_an_error_frame_in_mid_reply_exits_3_and_keeps_its_part(home, api):
    error = {"code": "unavailable", "error": "The model stopped responding."}
    api.answers = [Answer([frames(chunk({"content": "One"}), error)])]
    code, environment = run_cli(home, api, "count")
    assert code == 3
    assert out(environment) == "One\n"
    assert "The model stopped responding" in paragraph(environment)
    assert journal_lines(sessions(home)[0])[-1]["message"]["content"] == "One"


@pytest.mark.parametrize("content", ["", " \n"])
def test_a_reply_without_text_exits_3_and_is_not_kept(home, api, content):
    api.answers = [Answer([reply_frames(content)])]
    code, environment = run_cli(home, api, "hi")
    assert code == 3
    assert "has no text" in paragraph(environment)
    assert [event["message"]["role"] for event in journal_lines(sessions(home)[0]) if "message" in event] == ["user"]


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_another_finish_reason_is_reported_and_exits_0(home, api, reason):
    api.answers = [Answer([frames(chunk({"content": "One, two"}), chunk(finish=reason))])]
    code, environment = run_cli(home, api, "count")
    assert (code, out(environment)) == (0, "One, two\n")
    assert reason in paragraph(environment)


def test_a_reply_from_another_model_is_reported(home, api):
    code, environment = run_cli(home, api, "-m", "grok-5", "hi")
    assert code == 0
    assert "grok-5" in paragraph(environment)
    assert "grok-4.7" in paragraph(environment)


def test_a_bug_is_a_paragraph_and_with_grokchat_debug_a_traceback(home, api):
    def broken():
        raise RuntimeError(f"the clock fell down with {KEY}")

    code, environment = run_cli(home, api, "hi", now=broken)
    assert code == 1
    assert "GROKCHAT_DEBUG=1" in paragraph(environment)
    code, environment = run_cli(home, api, "hi", now=broken, env={"GROKCHAT_DEBUG": "1"})
    assert code == 1
    assert "Traceback" in err(environment)
    assert "the clock fell down" in err(environment)
    assert KEY not in err(environment)


def test_ctrl_c_while_a_class_is_made_is_not_a_bug(home, monkeypatch):
    """Python 3.11 wraps what is raised in a `__set_name__` in a RuntimeError; modules are imported at any time."""

    def interrupted(_: object) -> int:
        raise RuntimeError("Error calling __set_name__") from KeyboardInterrupt()

    monkeypatch.setattr(main, "_run", interrupted)
    code, environment = run_cli(home, None, "hi")
    assert (code, err(environment)) == (130, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="it needs a file that is always full")
@pytest.mark.parametrize(
    "argv",
    [
        ["--help"],
        ["--version"],
        ["--man"],
        ["--completion", "bash"],
        ["--list-sessions"],
        ["--list-sessions", "--json"],
        ["--demo", "--list-models"],
        ["--demo", "hi"],
        ["--demo", "--json", "hi"],
    ],
    ids=" ".join,
)
def test_output_that_cannot_be_written_exits_4(home, argv):
    """Whatever is printed, a full disk is not a bug."""
    with Path("/dev/full").open("wb", buffering=0) as full:
        environment = make_environment(home, *argv)
        environment.stdout = full
        assert main.main(environment) == 4
    assert "standard output: it cannot be written (No space left on device)" in paragraph(environment)
