"""Saved prompts on the command line: `-s '@NAME KEY=VALUE ...'`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from chat_process import Chat, chat_env
from fake_api import FakeApi
from support import err, paragraph, run_cli, sessions

terminals = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a POSIX thing")
REVIEW = "---\nmodel: grok-4.3\ntemperature: 0.3\nn: 1\n---\n\nReview {{language}} for {{who}}.\n"


@pytest.fixture
def prompts(home) -> Path:
    folder = home / "prompts"
    folder.mkdir(parents=True)
    (folder / "review.md").write_text(REVIEW, encoding="utf-8")
    (folder / "brief.md").write_text("Be brief.\n", encoding="utf-8")
    (folder / "code review.md").write_text("Look at {{x}} twice.", encoding="utf-8")
    return folder


def body(api: FakeApi, number: int = -1) -> dict[str, Any]:
    return api.requests[number].json


def texts(api: FakeApi, number: int = -1) -> list[object]:
    return [message["content"] for message in api.requests[number].messages]


def refused(home: Path, api: FakeApi, *argv: str, code: int = 2) -> str:
    found, environment = run_cli(home, api, *argv)
    assert (found, api.requests) == (code, [])
    assert not sessions(home)
    return paragraph(environment)


@pytest.mark.parametrize(
    ("argument", "text"),
    [
        ("@brief", "Be brief."),
        ("@brief.md", "Be brief."),
        ('@review language=Go who="my team"', "Review Go for my team."),
        ("@review language={{who}} who=@me", "Review {{who}} for @me."),
        ("@code review x=it", "Look at it twice."),
        ('@"code review" x=', "Look at  twice."),
        ("@@brief", "@brief"),
        ("@@", "@"),
        ("@@@brief", "@@brief"),
        ("a @brief", "a @brief"),
    ],
)
def test_a_name_takes_a_prompt_file_and_two_signs_begin_a_text(home, api, prompts, argument, text):
    code, environment = run_cli(home, api, "-s", "first", "-s", argument, "-m", "grok-4.7", "hi")
    assert (code, err(environment)) == (0, "")
    assert texts(api) == ["first", text, "hi"]


def test_front_matter_ranks_below_the_options_and_is_kept_with_the_session(home, api, prompts):
    argument = "@review language=Go who=me"
    assert run_cli(home, api, "-s", argument, "hi")[0] == 0
    assert [body(api).get(key) for key in ("model", "temperature", "n")] == ["grok-4.3", 0.3, 1]
    assert run_cli(home, api, "-c", "more")[0] == 0
    assert [body(api).get(key) for key in ("model", "temperature", "n")] == ["grok-4.3", 0.3, 1]
    assert run_cli(home, api, "-s", argument, "-m", "mine", "-o", "n=2", "-o", "temperature=null", "hi")[0] == 0
    assert [body(api).get(key) for key in ("model", "temperature", "n")] == ["mine", None, 2]


def test_front_matter_ranks_above_the_config_file_and_what_the_session_had(home, api, prompts):
    (home / "config.toml").write_text('model = "of-config"\nparams.temperature = 1.5\n', encoding="utf-8")
    assert run_cli(home, api, "-m", "of-session", "hi")[0] == 0
    assert run_cli(home, api, "-c", "-s", "@review language=Go who=me", "more")[0] == 0
    assert (body(api)["model"], body(api)["temperature"]) == ("grok-4.3", 0.3)
    assert texts(api) == ["hi", "Hello there.", "Review Go for me.", "more"]


def test_of_several_prompts_the_later_wins_and_options_that_are_settings_win_over_all(home, api, prompts):
    (prompts / "other.md").write_text("---\nmodel: other\nstream: true\n---\nOther.", encoding="utf-8")
    argv = ["-s", "@review language=Go who=me", "-s", "@other", "--no-stream", "hi"]
    assert run_cli(home, api, *argv)[0] == 0
    assert (body(api)["model"], body(api)["temperature"], body(api)["stream"]) == ("other", 0.3, False)


def test_a_one_shot_never_asks_for_values_and_names_them_and_the_form(home, api, prompts):
    told = refused(home, api, "-s", "@review language=Go", "hi")
    assert "The prompt review needs who. Give values after the name: -s '@review who=VALUE'." in told
    assert "-s '@\"code review\" x=VALUE'" in refused(home, api, "-s", "@code review", "hi")
    assert "needs language, who." in refused(home, api, "-p", "-s", "@review", "hi")


@pytest.mark.parametrize(
    ("argument", "told"),
    [
        ("@reviw", "did you mean review or code review?"),
        ("@reviw", "A text that begins with @ is written -s '@@...'."),
        ("@zzz", "The saved prompts are brief, code review, review."),
        ("@", "-s @ needs the name of a saved prompt"),
        ("@ ", "-s @ needs the name of a saved prompt"),
        ("@/etc/passwd", "is not a valid prompt name"),
        ("@../config", "is not a valid prompt name"),
        ("@a/b", "is not a valid prompt name"),
        ("@es\x1b[31mc", "is not a valid prompt name"),
        ("@brief x=1", "brief has no gap x. It has no gaps."),
        ("@review langauge=Go who=me", "did you mean language?"),
        ("@review language=Go Lang", '"Lang" is not KEY=VALUE'),
        ('@review language="Go', "has no closing quote"),
        ("@code review x=\udcff", "not valid UTF-8"),
    ],
)
def test_what_is_no_prompt_or_no_value_exits_2_and_sends_nothing(home, api, prompts, argument, told):
    text = refused(home, api, "-s", argument, "hi")
    assert told in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("data", "code", "told"),
    [
        (b"", 4, "it is empty"),
        (b"---\nmodel: x\n---\n", 4, "it is empty below its front matter"),
        (b"a\0b", 4, "NUL byte"),
        (b"x" * 1_000_001, 4, "larger than 1 MB"),
        (b"---\nmodel: x\nbase_url: http://localhost\n---\nText.", 2, "bad.md, line 3: base_url cannot be set"),
        (b"---\napi_key: x\n---\nText.", 2, "bad.md, line 2: "),
    ],
)
def test_a_file_that_is_no_prompt_is_an_error(home, api, prompts, data, code, told):
    (prompts / "bad.md").write_bytes(data)
    assert told in refused(home, api, "-s", "@bad", "hi", code=code)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_a_folder_and_a_link_to_a_device_are_refused(home, api, prompts):
    os.mkfifo(prompts / "pipe.md")
    (prompts / "folder.md").mkdir()
    (prompts / "zero.md").symlink_to("/dev/zero")
    (prompts / "link.md").symlink_to(prompts / "brief.md")
    for name in ("pipe", "folder", "zero"):
        assert "it is" in refused(home, api, "-s", f"@{name}", "hi", code=4)
    assert run_cli(home, api, "-s", "@link", "hi")[0] == 0
    assert texts(api) == ["Be brief.", "hi"]


def test_without_prompts_or_a_home_directory_it_is_an_error(home, api):
    assert "no saved prompt brief" in refused(home, api, "-s", "@brief", "hi")
    nowhere = {"GROKCHAT_HOME": "~nobody-of-that-name/x"}
    code, environment = run_cli(home, api, "--no-save", "-s", "@brief", "hi", env=nowhere)
    assert code == 2
    assert "Set GROKCHAT_HOME" in paragraph(environment)
    assert run_cli(home, api, "--no-save", "-s", "@@brief", "hi", env=nowhere)[0] == 0


@terminals
@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
def test_the_chat_asks_for_missing_values_before_it_sends(home, api, prompts, term):
    with Chat("-s", "@review language=Go", "hi", env=chat_env(home, api) | {"TERM": term}) as chat:
        chat.wait_for("review: who?")
        assert api.requests == []
        chat.type("me\r")
        chat.wait_for("Hello there.")
        assert "model = grok-4.3, temperature = 0.3, n = 1 (/unset KEY undoes it)" in chat.emulator.text()
        assert chat.leave() == 0
    assert texts(api) == ["Review Go for me.", "hi"]
    assert body(api)["model"] == "grok-4.3"


@terminals
def test_with_piped_input_the_keys_of_the_terminal_answer(home, api, prompts):
    with Chat("-s", "@code review", env=chat_env(home, api), stdin=b"piped\n") as chat:
        chat.wait_for("code review: x?")
        chat.type("it\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert texts(api) == ["Look at it twice.", "piped\n"]


@terminals
def test_cancelled_there_nothing_is_sent_or_added(home, api, prompts):
    with Chat("-s", "@review", "hi", env=chat_env(home, api)) as chat:
        chat.wait_for("review: language? (1 of 2)")
        chat.type("\x03")
        chat.wait_for("not done: hi")
        assert "not done: -s @review\n" in chat.emulator.text()
        chat.type("/history\r")
        chat.wait_for("No messages yet.")
        assert chat.leave() == 0
    assert api.requests == []
