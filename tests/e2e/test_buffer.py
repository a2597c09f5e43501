"""The message list as a user edits it, in a terminal, against an API."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

import pytest
from chat_process import Chat, chat_env
from fake_api import Answer, FakeApi, chunk, frames, reply_frames
from pictures import png
from support import KEY, run_cli, sessions

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a POSIX thing")

PRICED = {
    "id": "grok-4.7",
    "context_length": 500_000,
    "prompt_text_token_price": 20_000,
    "cached_prompt_text_token_price": 5_000,
    "completion_text_token_price": 60_000,
}


def contents(api: FakeApi, number: int = -1) -> list[object]:
    return [message["content"] for message in api.requests[number].messages]


def usage(prompt: int, cached: int) -> dict:
    details = {"prompt_tokens_details": {"cached_tokens": cached}}
    return {"prompt_tokens": prompt, "completion_tokens": 5, "total_tokens": prompt + 5, **details}


def say(chat: Chat, line: str, wanted: str) -> None:
    """Send a line, and wait until an answer is shown once more than before, wherever it is wrapped."""

    def count(text: str) -> int:
        return " ".join(text.split()).count(" ".join(wanted.split()))

    chat.wait_for_prompt()
    chat.wait_until_idle()
    before = count(chat.emulator.text())
    chat.type(f"{line}\r")
    chat.wait_for(lambda text: count(text) > before)


def editor(folder: Path, script: str) -> dict[str, str]:
    path = folder / "editor"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o700)
    return {"VISUAL": str(path)}


def test_what_the_user_makes_of_the_list_is_what_goes_out_also_after_a_restart(home, api):
    """A system message in the middle, an edit, a mute, undone, redone after a restart."""
    with Chat(env=chat_env(home, api)) as chat:
        say(chat, "one", "Hello there.")
        say(chat, "/system @2 In the middle.", "added as #2")
        say(chat, "/edit 1 uno", "edited #1 (user)")
        say(chat, "/mute 2", "muted #2")
        say(chat, "/undo 2", "undid 2 changes")
        assert chat.leave() == 0
    with Chat("-c", env=chat_env(home, api)) as chat:
        say(chat, "/redo", "redid /edit “uno”")
        say(chat, "two", "Hello there.")
        assert chat.leave() == 0
    assert contents(api) == ["uno", "In the middle.", "Hello there.", "two"]


def test_request_is_to_the_byte_what_the_server_receives(home, api, tmp_path):
    answers = [Answer.json(400, {"code": "x", "error": "no"}), Answer([reply_frames("Hello there.")])]
    api.answers = answers
    path = tmp_path / "body.json"
    with Chat("-o", "temperature=0.25", "-o", 'stop=["é\u2028"]', env=chat_env(home, api)) as chat:
        say(chat, "/system é 日本 'quotes' \"and\" \\n", "added as #1")
        say(chat, "a question", "rejected the request")
        say(chat, f"/request {path}", "wrote the next request to")
        say(chat, "/request diff", "the next request equals the last one")
        say(chat, "/retry", "Hello there.")
        say(chat, "/request diff", '"role": "assistant"')
        assert chat.leave() == 0
    assert path.read_bytes() == api.requests[1].body
    assert path.read_bytes() == api.requests[0].body


def test_the_editor_edits_a_message_and_does_not_get_the_key(home, api, tmp_path):
    script = f'env > "{tmp_path}/env"; cat "$1" > "{tmp_path}/seen"; printf "edited\\ntext\\n" > "$1"'
    with Chat(env={**chat_env(home, api), **editor(tmp_path, script)}) as chat:
        say(chat, "first words", "Hello there.")
        say(chat, "/edit 1", "edited #1 (user)")
        say(chat, "more", "Hello there.")
        assert chat.leave() == 0
    assert (tmp_path / "seen").read_text(encoding="utf-8") == "first words"
    assert contents(api) == ["edited\ntext", "Hello there.", "more"]
    assert KEY not in (tmp_path / "env").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 3", "ended with 3; nothing was changed."),
        ("true", "#1 is unchanged"),
        (': > "$1"', "empty messages"),
    ],
)
def test_an_editor_that_fails_or_changes_nothing_changes_nothing(home, api, tmp_path, script, said):
    with Chat(env={**chat_env(home, api), **editor(tmp_path, script)}) as chat:
        say(chat, "first", "Hello there.")
        say(chat, "/edit 1", said)
        say(chat, "more", "Hello there.")
        assert chat.leave() == 0
    assert contents(api) == ["first", "Hello there.", "more"]


def test_an_editor_that_is_not_there_is_told(home, api):
    with Chat(env={**chat_env(home, api), "VISUAL": "/nowhere/editor"}) as chat:
        say(chat, "first", "Hello there.")
        say(chat, "/edit 1", "/nowhere/editor: it could not be run (No such file or directory).")
        assert chat.leave() == 0


def test_a_command_given_while_a_reply_streams_waits_and_says_so(home, api):
    done = threading.Event()
    api.answers = [Answer([frames(chunk({"content": "A reply"}), done=False), done, reply_frames(" ends.")])]
    with Chat(env=chat_env(home, api)) as chat:
        say(chat, "one", "A reply")
        chat.type("/delete 1\r")
        chat.wait_for("queued: /delete 1")
        done.set()
        chat.wait_for("deleted #1 · #2 is now #1")
        assert chat.leave() == 0


def test_prices_come_from_the_api_and_an_edit_says_what_it_costs(home):
    answer = Answer([reply_frames("word " * 2000, usage=usage(3000, 2000))])
    with FakeApi(answer, models=Answer.json(200, {"data": [PRICED]})) as api, Chat(env=chat_env(home, api)) as chat:
        say(chat, "a question " * 700, "word word")
        chat.wait_for("of 500k tokens")
        say(chat, "/edit 1 x", "cache lost")
        chat.wait_for("cache lost (0 of")
        chat.wait_for("less")
        assert chat.leave() == 0


def test_a_resumed_session_learns_the_prices_when_it_needs_them(home):
    answer = Answer([reply_frames("word " * 2000, usage=usage(3000, 2000))])
    with FakeApi(answer, models=Answer.json(200, {"data": [PRICED]})) as api:
        assert run_cli(home, api, "a question " * 700)[0] == 0
        with Chat("-c", env=chat_env(home, api)) as chat:
            say(chat, "/system @1 Be brief.", "$0.0045 more")
            assert chat.leave() == 0


def test_the_models_are_listed_with_context_and_prices(home):
    with FakeApi(models=Answer.json(200, {"data": [PRICED]})) as api, Chat(env=chat_env(home, api)) as chat:
        say(chat, "/models", "* grok-4.7 500k")
        chat.wait_for("2.00")
        assert chat.leave() == 0
    with FakeApi() as api, Chat(env=chat_env(home, api)) as chat:
        say(chat, "/models", "No handler found")
        assert chat.leave() == 0


def test_it_is_told_before_the_context_is_full(home):
    tiny = Answer.json(200, {"data": [{**PRICED, "context_length": 3000}]})
    with (
        FakeApi(Answer([reply_frames("Yes.", usage=usage(2950, 0))]), models=tiny) as api,
        Chat(env=chat_env(home, api)) as chat,
    ):
        say(chat, "a question", "context nearly full")
        chat.wait_for("context nearly full (/compact)")
        say(chat, "/models", "* grok")
        chat.wait_for("~3k of 3k tokens")
        assert chat.leave() == 0


def test_continue_joins_and_a_server_that_begins_afresh_is_told(home, api):
    part = "The quick brown fox jumps over"
    cut = [chunk({"content": part}), chunk(finish="length")]
    api.answers = [Answer([frames(*cut)]), Answer([reply_frames(f"{part} the dog.")])]
    with Chat(env=chat_env(home, api)) as chat:
        say(chat, "one", "/continue resumes it")
        say(chat, "/continue", "seems to have started over")
        say(chat, "/show 2", f"{part}{part}"[:40])
        say(chat, "/undo", "undid /continue")
        assert chat.leave() == 0
    assert contents(api) == ["one", part]
    last = json.loads(sessions(home)[0].read_text(encoding="utf-8").split("\n")[-2])
    assert last["type"] == "rewind"


def test_files_go_with_the_next_message(home, api, tmp_path):
    (tmp_path / "notes one.txt").write_text("some notes", encoding="utf-8")
    path = str(tmp_path / "notes one.txt")
    with Chat(env=chat_env(home, api), columns=200) as chat:
        say(chat, "/file", "nothing attached")
        say(chat, "/file /nowhere", "it cannot be read")
        say(
            chat,
            f"/file {path.replace(' ', chr(92) + ' ')}",
            "(text, 10 B, about 3 tokens)",
        )
        chat.wait_for("1 file attached")
        say(chat, "/file -", "nothing attached")
        say(chat, f"/file {path}", "(text, 10 B, about 3 tokens)")
        say(chat, "look at this", "Hello there.")
        assert chat.leave() == 0
    assert contents(api) == ["File: notes one.txt\n\nsome notes", "look at this"]


def test_a_name_and_words_find_a_session(home, api):
    with Chat(env=chat_env(home, api)) as chat:
        say(chat, "about Kangaroos, é", "Hello there.")
        say(chat, "/name  my   session ", "named this session “my session”")
        say(chat, "/sessions kangaroos É there", "    about Kangaroos, é")
        say(chat, "/sessions wombats", "No session contains all of these words.")
        assert chat.leave() == 0
    with Chat("-r", "my session", env=chat_env(home, api)) as chat:
        chat.wait_for("“my session” · 2 messages")
        assert chat.leave() == 0


def test_an_export_on_the_screen_and_into_a_file(home, api, tmp_path):
    with Chat(env=chat_env(home, api)) as chat:
        say(chat, "one", "Hello there.")
        say(chat, "/export json", '"content": "one"')
        say(chat, f"/export json {tmp_path / 'out.json'}", "exported to")
        say(chat, "/export docx", 'unknown format "docx" (markdown, json')
        assert chat.leave() == 0
    exported = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert [item["content"] for item in exported] == ["one", "Hello there."]


def test_code_is_copied_through_the_terminal_and_written_to_a_file(home, api, tmp_path):
    api.answers = [Answer([reply_frames("Here:\n```sh\necho hi\n```\n")])]
    path = tmp_path / "a.sh"
    env = {**chat_env(home, api), "PATH": str(tmp_path)}
    with Chat(env=env, columns=200) as chat:
        say(chat, "a question", "echo hi")
        chat.wait_for("$0.00")  # the reply is complete
        say(chat, "/copy code", "copied code block 1 of #2 (sh) (8 characters) through the terminal")
        assert b"\x1b]52;c;ZWNobyBoaQo=\x07" in chat.raw
        say(chat, f"/write code {path}", "wrote code block 1 of #2")
        say(chat, f"/write code {tmp_path}", "is not a regular file")
        path.write_text("mine", encoding="utf-8")
        say(chat, f"/write code {path}", "Overwrite? [y/N]")
        say(chat, "n", "Not written.")
        assert path.read_text(encoding="utf-8") == "mine"
        say(chat, f"/write code {path}", "Overwrite? [y/N]")
        say(chat, "y", "wrote code block 1 of #2")
        assert chat.leave() == 0
    assert path.read_text(encoding="utf-8") == "echo hi\n"


def test_a_terminal_without_a_clipboard_says_so(home, api, tmp_path):
    """The console of Linux would show the codes."""
    env = {**chat_env(home, api), "PATH": str(tmp_path), "TERM": "linux"}
    with Chat(env=env, columns=200) as chat:
        say(chat, "a question", "Hello there.")
        say(chat, "/copy", "No clipboard program accepted the text")
        assert chat.leave() == 0
        assert b"]52;" not in chat.raw


def test_an_image_from_the_clipboard_goes_with_the_next_message(home, api, tmp_path):
    tool, held = tmp_path / "wl-paste", tmp_path / "image"
    held.write_bytes(png())
    tool.write_text(f"#!/bin/sh\n[ $1 = --list-types ] && echo image/png || cat {held}\n", encoding="utf-8")
    tool.chmod(0o755)
    env = {**chat_env(home, api), "PATH": f"{tmp_path}:/usr/bin:/bin", "WAYLAND_DISPLAY": "w"}
    with Chat(env=env) as chat:
        say(chat, "/paste", "attached to your next message: pasted image (image/png, 32x16,")
        say(chat, "what is this?", "Hello there.")
        held.unlink()
        say(chat, "/paste", "No image in the clipboard (wl-paste")
        assert chat.leave() == 0
    kinds = [part["type"] for part in api.requests[0].messages[0]["content"]]
    assert kinds == ["text", "image_url"]


def test_a_setting_is_kept_in_the_config_file_whose_comments_stay(home, api):
    home.mkdir()
    path = home / "config.toml"
    path.write_text('# mine\nshow_reasoning = "full"  # I like it\n', encoding="utf-8")
    with Chat(env=chat_env(home, api)) as chat:
        say(chat, "/set --save show_reasoning off", "saved show_reasoning in")
        say(chat, "/set --save temperature 0.5", "saved temperature in")
        say(chat, "/set --save system Be brief.", "saved system in")
        say(chat, "/set --save stream maybe", "must be true or false")
        say(chat, "/set", "0.5")
        assert chat.leave() == 0
    text = path.read_text(encoding="utf-8")
    assert text.startswith('# mine\nshow_reasoning = "off"  # I like it\nsystem = "Be brief."\n')
    assert text.endswith("[params]\ntemperature = 0.5\n")
    assert run_cli(home, api, "hello")[0] == 0
    assert api.requests[0].json["temperature"] == 0.5
    assert api.requests[0].messages[0] == {"role": "system", "content": "Be brief."}
