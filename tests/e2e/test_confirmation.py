"""The guard that asks before something that looks like a secret leaves the machine."""

from __future__ import annotations

import json
import sys

import pytest
from chat_process import Chat, chat_env
from support import err, make_environment, out, run_cli, sessions

from grokchat.cli.main import main

SECRET = "ghp_aB3dE5gH7jK9mN1pQ2sT4vW6yZ8cF0iLaB3d"
ASKS = "looks like a GitHub token"

terminals = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a POSIX thing")


def kept(home) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sessions(home))


@terminals
@pytest.mark.parametrize("answer", ["y", "yes", "Y"])
def test_a_paste_that_holds_a_secret_is_sent_after_a_yes(home, api, answer):
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.paste(f"token = {SECRET}\nwhy?")
        chat.type("\r")
        chat.wait_for(f"Line 1 {ASKS}. Send it anyway? [y]es, [a]lways in this run,")
        assert not api.requests
        chat.type(f"{answer}\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert [message["content"] for message in api.requests[0].messages] == [f"token = {SECRET}\nwhy?"]


@terminals
@pytest.mark.parametrize("refusal", ["n\r", "\x03", "\r"])
def test_after_a_no_nothing_is_sent_or_kept_and_the_line_can_be_brought_back(home, api, refusal):
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.paste(f"token = {SECRET}")
        chat.type("\r")
        chat.wait_for(ASKS)
        chat.type(refusal)
        chat.wait_for("Not sent, and not added to the session. Up brings the line back.")
        chat.type("\x1b[A\r")  # brought back, it is still a paste
        chat.wait_for(lambda text: text.count(ASKS) == 2)
        chat.type(refusal)
        chat.wait_for(lambda text: text.count("Not sent, and not added to the session.") == 2)
        chat.type("a question\r")
        chat.wait_for("Hello there.")
        chat.type("\x1b[A\x1b[A")  # the answer is no line to bring back
        chat.wait_for(lambda text: f"> token = {SECRET}" in text and "Ctrl-C stops" not in text)  # the reply has ended
        chat.type("\x15")  # not Ctrl-C, which would be for the reply if it has not quite ended
        assert chat.leave() == 0
    assert [message["content"] for message in api.requests[0].messages] == ["a question"]
    assert SECRET not in kept(home)
    history = (home / "history").read_text(encoding="utf-8")
    assert "a question" in history
    assert SECRET not in history


@terminals
def test_all_asks_no_more(home, api):
    with Chat(env=chat_env(home, api)) as chat:
        for count in (1, 2):
            chat.wait_for_prompt()
            chat.paste(SECRET)
            chat.type("\r")
            if count == 1:
                chat.wait_for(ASKS)
                chat.type("a\r")
            chat.wait_for(lambda text, count=count: text.count("Hello there.") == count)
        assert chat.leave() == 0
    assert len(api.requests) == 2


@terminals
def test_a_line_that_a_question_does_not_offer_is_a_message_that_up_brings_back(home, api, tmp_path):
    """`all` answers no question of yes or no, and is in the history."""
    path = tmp_path / "out.md"
    path.write_text("mine", encoding="utf-8")
    with Chat(env=chat_env(home, api), columns=200) as chat:
        chat.wait_for_prompt()
        chat.type("first\r")
        chat.wait_for("Hello there.")
        chat.wait_until_idle()
        chat.type(f"/write {path}\r")
        chat.wait_for(lambda text: "exists. Overwrite? [y/N]" in " ".join(text.split()))
        chat.type("all\r")
        chat.wait_for("queued: all")
        assert path.read_text(encoding="utf-8") == "mine"
        chat.type("no\r")
        chat.wait_for(lambda text: text.count("Hello there.") == 2)
        assert chat.leave() == 0
    assert [message["content"] for message in api.requests[1].messages] == ["first", "Hello there.", "all"]
    history = (home / "history").read_text(encoding="utf-8")
    assert "+all" in history
    assert "+no\n" not in history
    assert path.read_text(encoding="utf-8") == "mine"


@terminals
def test_what_is_typed_is_not_asked_about(home, api):
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type(f"{SECRET}\r")
        chat.wait_for("Hello there.")
        assert ASKS not in chat.emulator.text()
        assert chat.leave() == 0


@terminals
def test_pipes_and_files_are_asked_about_and_a_setting_turns_it_off(home, api, tmp_path):
    (tmp_path / "env").write_text(SECRET, encoding="utf-8")
    with Chat("-f", str(tmp_path / "env"), env=chat_env(home, api), stdin=f"{SECRET}\n".encode()) as chat:
        chat.wait_for(ASKS)
        chat.type("n\r")
        chat.wait_for("Not sent, and not added to the session.")
        chat.type(f"/file {tmp_path / 'env'}\r")
        chat.wait_for("attached to your next message: env")
        chat.type("see\r")
        chat.wait_for(lambda text: text.count(ASKS) == 2)
        assert chat.leave() == 0
        assert "not done: see" in chat.emulator.text()
    assert not api.requests
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text('leak_guard = "off"\n', encoding="utf-8")
    with Chat(env=chat_env(home, api), stdin=SECRET.encode()) as chat:
        chat.wait_for("Hello there.")
        assert chat.leave() == 0


def test_one_shots_are_not_asked_unless_the_settings_say_so(home, api):
    code, environment = run_cli(home, api, stdin=SECRET.encode())
    assert (code, err(environment)) == (0, "")
    (home / "config.toml").write_text('leak_guard = "always"\n', encoding="utf-8")
    code, environment = run_cli(home, api, stdin=SECRET.encode())
    assert (code, out(environment)) == (2, "")
    assert "Nothing was sent. This looks like a GitHub token." in err(environment)
    assert SECRET not in err(environment)
    path = home / "list.json"
    path.write_text(json.dumps([{"role": "user", "content": f"one\n{SECRET}"}]), encoding="utf-8")
    for argv in (["-r", str(path)], ["-r", str(path), "why?"]):
        code, environment = run_cli(home, api, "-p", *argv)
        assert (code, out(environment)) == (2, "")
        assert "Nothing was sent. Line 2 of #1 looks like a GitHub token." in err(environment)
    assert len(api.requests) == 1
    environment = make_environment(home, "--list-sessions")
    assert main(environment) == 0


LARGE = "a line of words\n" * 40_000  # 640,000 characters, 160,000 tokens
ASKS_ABOUT_SIZE = "This is large: about 160,000 tokens"


@terminals
@pytest.mark.parametrize("way", ["/file", "-f", "pipe"])
def test_what_is_large_is_asked_about_before_it_is_sent(home, api, tmp_path, way):
    path = tmp_path / "large.txt"
    path.write_text(LARGE, encoding="utf-8")
    argv = ["-f", str(path), "why?"] if way == "-f" else []
    with Chat(*argv, env=chat_env(home, api), stdin=LARGE.encode() if way == "pipe" else None) as chat:
        if way == "/file":
            chat.wait_for_prompt()
            chat.type(f"/file {path}\r")
            chat.wait_for("attached to your next message: ")
            chat.type("why?\r")
        chat.wait_for(ASKS_ABOUT_SIZE)
        assert not api.requests
        chat.type("y\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert LARGE in "".join(message["content"] for message in api.requests[0].messages)


@terminals
def test_what_is_large_and_not_wanted_is_not_sent(home, api, tmp_path):
    path = tmp_path / "large.txt"
    path.write_text(LARGE, encoding="utf-8")
    with Chat("-f", str(path), "why?", env=chat_env(home, api)) as chat:
        chat.wait_for(ASKS_ABOUT_SIZE)
        chat.type("n\r")
        chat.wait_for("Not sent, and not added to the session.")
        chat.type("a question\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert [message["content"] for message in api.requests[0].messages] == ["a question"]


@terminals
def test_large_files_that_are_not_wanted_stay_attached_until_they_are_taken_off(home, api, tmp_path):
    path = tmp_path / "large.txt"
    path.write_text(LARGE, encoding="utf-8")
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type(f"/file {path}\rwhy?\r")
        chat.wait_for(ASKS_ABOUT_SIZE)
        chat.type("n\r")
        chat.wait_for(lambda text: "/file - removes the attached files." in " ".join(text.split()))
        chat.type("/file -\rwhy not?\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert [message["content"] for message in api.requests[0].messages] == ["why not?"]


def test_a_one_shot_call_says_that_it_sends_much(home, api):
    code, environment = run_cli(home, api, "why?", stdin=LARGE.encode())
    assert (code, out(environment)) == (0, "Hello there.\n")
    assert "about 160,000 tokens are sent" in err(environment)
