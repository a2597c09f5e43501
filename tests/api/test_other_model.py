"""A reply from another model: reported once, unless it is the requested model under another name."""

from __future__ import annotations

import sys

import pytest
from chat_process import Chat, chat_env
from fake_api import Answer, FakeApi, chunk, frames
from support import err, run_cli

OTHER = Answer([frames(chunk({"content": "A reply."}, model="grok-4.3"), chunk(finish="stop", model="grok-4.3"))])
NAMES = {"data": [{"id": "grok-4.3", "aliases": ["grok-4.3-latest", "grok-4-fast"]}, {"id": "grok-4.7"}]}
NO_LIST = Answer.json(404, {"error": "No handler found on route."})


def mismatch_notice(home, asked: str, models: Answer) -> str:
    with FakeApi(OTHER, models=models) as api:
        code, environment = run_cli(home, api, "-m", asked, "hello")
    assert code == 0
    return err(environment)


@pytest.mark.parametrize("asked", ["grok-4.3", "grok-4.3-latest", "grok-4-fast"])
def test_an_alias_is_the_model_itself(home, asked):
    assert mismatch_notice(home, asked, Answer.json(200, NAMES)) == ""


def test_a_retired_name_is_reported_with_advice(home):
    notice = mismatch_notice(home, "grok-4-0709", Answer.json(200, NAMES))
    assert "grok-4-0709 was answered by grok-4.3, billed at grok-4.3's price." in notice
    assert "grok-4-0709 is not in the API's list (--list-models)" in notice
    assert "-m grok-4.3 asks for it directly" in notice
    assert notice.count("\n") == 1


@pytest.mark.parametrize(("asked", "models"), [("grok-4.7", Answer.json(200, NAMES)), ("grok-4-0709", NO_LIST)])
def test_only_a_model_missing_from_a_loaded_list_is_called_retired(home, asked, models):
    notice = mismatch_notice(home, asked, models)
    assert f"{asked} was answered by grok-4.3, billed at grok-4.3's price." in notice
    assert "not in the API's list" not in notice


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a POSIX thing")
def test_the_chat_reports_each_pair_of_models_once_per_session(home):
    note = "was answered by grok-4.3"
    with FakeApi(OTHER, models=Answer.json(200, NAMES)) as api, Chat(env=chat_env(home, api)) as chat:
        steps = [
            ("one", 1),
            ("two", 1),
            ("/model grok-old", 1),
            ("three", 2),
            ("/new", 2),
            ("/model grok-old", 2),
            ("x", 3),
        ]
        for line, notes in steps:
            chat.wait_for_prompt()
            replies = chat.text().count("A reply.") + (not line.startswith("/"))
            chat.type(f"{line}\r")
            chat.wait_for(lambda text, want=replies: text.count("A reply.") == want)
            chat.wait_for(lambda text, want=notes: text.count(note) == want)
        assert chat.leave() == 0
