"""Replies that are kept in the file and not in the list: other choices, and reasoning without an answer; refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_sessions import run_command
from fake_api import USAGE, Answer, chunk, frames
from support import journal_lines, run_cli, sessions

from grokchat.commands.change_names import describe_change
from grokchat.export.formats import export
from grokchat.messages import Message, ReplyInfo, body, new_id
from grokchat.session import journal
from grokchat.session.export_source import export_source
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.session.summary import read_summary
from grokchat.system.files import read_file


@pytest.fixture
def config(tmp_path):
    return SessionConfig(tmp_path / "sessions")


@pytest.fixture
def session(config):
    made = Session.new(config)
    yield made
    made.close()


def reopened(session):
    """Close a session and open its file again."""
    session.close()
    return Session.open(session.config, session.path or _path(session), read_file(_path(session)))


def _path(session) -> Path:
    return session.config.folder / f"{session.id}.jsonl"


def shown(session):
    return [(message.role, message.text) for message in session.conversation]


def sent(session):
    return json.loads(session.requests.body())["messages"]


def reply(text):
    return body("assistant", text)


def ask(session, *, partials=(), joins=None, alternatives=("second", "third")):
    """Ask a question, unless a reply is continued, and save a reply with alternatives as one change."""
    with session.as_one_change():
        if joins is None:
            session.add_message(body("user", "hi"))
        for text in partials:
            session.add_partial("B", text=text, reasoning="", joins=joins)
        others = [(reply(text), ReplyInfo(model="m", response_id="r")) for text in alternatives]
        session.add_reply(
            "B", reply("first"), ReplyInfo(model="m", response_id="r", usage=USAGE), replaces=joins, alternatives=others
        )


# -- alternatives ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("partials", [(), (" ",), ("fi", "rst")])
def test_alternatives_are_written_last_to_first_and_the_current_reply_last(session, partials):
    ask(session, partials=partials)
    lines = [line for line in journal_lines(session.path) if line["type"] == "message"]
    third, second, first = lines[1:]
    assert [line["message"]["content"] for line in (third, second, first)] == ["third", "second", "first"]
    assert (first["id"], first["replaces"], second["replaces"]) == ("B", second["id"], third["id"])
    assert third.get("replaces") == ("B" if partials == ("fi", "rst") else None)
    assert [line.get("alternative_of") for line in (third, second, first)] == ["B", "B", None]
    assert [line.get("more") for line in (third, second, first)] == [True, True, None]
    assert shown(session) == shown(reopened(session)) == [("user", "hi"), ("assistant", "first")]
    path = _path(session)
    assert read_summary(path, read_file(path)).messages == 2


@pytest.mark.parametrize("partials", [(), ("fi", "rst")])
def test_a_reply_with_alternatives_is_one_change(session, partials):
    session.add_message(body("user", "before"))
    ask(session, partials=partials)
    session = reopened(session)
    (change,) = session.undo(1)
    assert describe_change(change, 40) == "“hi” and its reply"
    assert shown(session) == [("user", "before")]
    session.redo(1)
    assert shown(reopened(session)) == [("user", "before"), ("user", "hi"), ("assistant", "first")]


def test_a_change_of_another_program_that_has_no_effect_can_be_undone_too(session):
    session.remove([])
    (change,) = session.undo(1)
    assert describe_change(change, 40) == "a change"


@pytest.mark.parametrize("partials", [(), (" more",)])
def test_a_continued_reply_with_alternatives_stands_in_the_place_of_the_one_it_continues(session, partials):
    question = session.add_message(body("user", "hi"))
    cut = session.add_message(reply("one"), reply_fields={"finish_reason": "length"})
    session.add_message(body("user", "later"))
    ask(session, partials=partials, joins=cut)
    assert shown(session) == shown(reopened(session)) == [("user", "hi"), ("assistant", "first"), ("user", "later")]
    assert question == session.conversation.messages[0].id


@pytest.mark.parametrize(("partials", "kept"), [((), []), (("fi", "rst"), [("assistant", "first")])])
def test_a_file_that_ends_between_the_alternatives_has_the_partials_and_the_question(session, partials, kept):
    """What was there before the first of them stays, and only the next write says so."""
    ask(session, partials=partials)
    session.close()
    path = _path(session)
    lines = path.read_bytes().splitlines(keepends=True)
    for torn in (lines[:-1], lines[:-2], [*lines[:-1], lines[-1][:-5]], [*lines[:-2], lines[-2][:20]]):
        path.write_bytes(b"".join(torn))
        assert read_summary(path, read_file(path)).messages == 1 + len(kept)
        again = Session.open(session.config, path, read_file(path))
        assert shown(again) == [("user", "hi"), *kept]
        again.close()
        assert path.read_bytes() == b"".join(torn)
        again = Session.open(session.config, path, read_file(path))
        again.add_message(body("user", "next"))
        again.close()
        last = Session.open(session.config, path, read_file(path))
        assert shown(last) == [("user", "hi"), *kept, ("user", "next")]
        assert [line["type"] for line in map(json.loads, read_file(path)[len(b"".join(torn)) :].split())][-2:] == [
            "rewind",
            "message",
        ]
        last.close()


def test_the_estimate_of_the_next_request_does_not_count_alternatives(session):
    ask(session)
    before = session._events.history.last_request()
    assert before is not None
    assert [message.text for message in before] == ["hi"]
    assert session.totals.last_reply is not None
    assert session.totals.last_reply.prompt == USAGE["prompt_tokens"]


# -- reasoning without an answer ---------------------------------------------------------------------------------------


def thought(session, *parts, last=""):
    for part in parts:
        session.add_partial("B", text="", reasoning=part)
    session.end_without_text("B", reasoning=last, info=ReplyInfo(model="m", finish_reason="stop", usage=USAGE))


def test_reasoning_without_an_answer_is_in_the_file_and_not_in_the_list(session):
    with session.as_one_change():
        session.add_message(body("user", "hi"))
        thought(session, "let me ", "think", last=" more")
    lines = journal_lines(session.path)
    assert "".join(line.get("reasoning", "") for line in lines) == "let me think more"
    assert session.totals.usage.completion == USAGE["completion_tokens"]
    session = reopened(session)
    assert shown(session) == [("user", "hi")]
    assert sent(session) == [body("user", "hi")]
    assert session.totals.usage.completion == USAGE["completion_tokens"]
    (change,) = session.undo(1)
    assert describe_change(change, 40) == "“hi” and its reply"
    assert shown(session) == []


@pytest.mark.parametrize("parts", [("let me think",), ("a", "b"), ()])
def test_a_retry_that_a_crash_ends_while_it_thinks_has_not_begun(session, parts):
    session.add_message(body("user", "hi"))
    old = session.add_message(reply("old"))
    with session.as_one_change():
        session.remove([old], more=True)
        for part in parts:
            session.add_partial("B", text="", reasoning=part)
    assert shown(reopened(session)) == [("user", "hi"), ("assistant", "old")]


def test_a_retry_that_has_text_has_begun(session):
    session.add_message(body("user", "hi"))
    old = session.add_message(reply("old"))
    with session.as_one_change():
        session.remove([old], more=True)
        session.add_partial("B", text="", reasoning="hm")
        session.add_partial("B", text="new", reasoning="")
    assert shown(reopened(session)) == [("user", "hi"), ("assistant", "new")]


THINKING = [chunk({"reasoning_content": part}) for part in ("let me", " think", " more")]


@pytest.mark.parametrize(
    "end", [chunk(finish="stop"), chunk(finish="length"), {"error": "gone"}, chunk({"content": " \n"})]
)
def test_what_a_model_thought_without_answering_is_kept_by_a_one_shot(home, api, end):
    api.answers = [Answer([frames(*THINKING, end)])]
    assert run_cli(home, api, "-p", "hi")[0] == 3
    (path,) = sessions(home)
    assert "".join(line.get("reasoning", "") for line in journal_lines(path)) == "let me think more"
    api.answers = [Answer([frames(chunk({"content": "now"}), chunk(finish="stop"))])]
    assert run_cli(home, api, "-c", "again")[0] == 0
    assert api.requests[-1].messages == [body("user", "hi"), body("user", "again")]


# -- refusals ----------------------------------------------------------------------------------------------------------

NO = "I can't help with that."


def refusing(**more):
    return {"role": "assistant", "content": None, "refusal": NO, **more}


def test_a_refusal_goes_out_as_content_and_stays_a_refusal_in_the_file(session):
    session.add_message(body("user", "hi"))
    session.add_reply("B", reply(NO), ReplyInfo(refusal=NO, finish_reason="stop"))
    line = journal_lines(session.path)[-1]
    assert (line["message"], line["refusal"]) == (reply(NO), NO)
    session = reopened(session)
    assert session.conversation.messages[1].reply == ReplyInfo(refusal=NO, finish_reason="stop")
    fork = session.fork()
    assert fork.conversation.messages[1].reply == ReplyInfo(refusal=NO, finish_reason="stop")
    assert sent(session) == sent(fork) == json.loads(export("json", export_source(session)))
    assert sent(session)[1] == reply(NO)
    fork.close()
    run_command(session, "/edit 2 something else")
    assert session.conversation.messages[1].reply.refusal is None


@pytest.mark.parametrize(
    ("message", "as_sent", "refusal"),
    [
        (refusing(), reply(NO), NO),
        (refusing(content=""), reply(NO), NO),
        (refusing(content=[]), reply(NO), NO),
        ({"role": "assistant", "refusal": NO}, reply(NO), NO),
        (refusing(content="text"), refusing(content="text"), None),
        (
            {"role": "assistant", "content": "x", "refusal": None},
            {"role": "assistant", "content": "x", "refusal": None},
            None,
        ),
        (refusing(refusal=""), refusing(refusal=""), None),
        (refusing(refusal=5), refusing(refusal=5), None),
        ({**refusing(), "role": "user"}, {**refusing(), "role": "user"}, None),
    ],
)
def test_a_refusal_in_a_message_of_another_program_is_its_content(config, session, message, as_sent, refusal):
    session.add_initial_messages([Message(new_id(), message)])
    assert sent(session) == [as_sent]
    line = journal_lines(session.path)[-1]
    assert (line["message"], line.get("refusal")) == (as_sent, refusal)
    session.close()
    path = config.folder / "other.jsonl"
    path.write_bytes(
        b"".join(
            map(
                journal.encode,
                [
                    {"type": "session", "format": "grokchat/1", "id": "other"},
                    {"type": "message", "id": "a", "message": message},
                ],
            )
        )
    )
    other = Session.open(config, path, read_file(path))
    assert sent(other) == [as_sent]
    assert (other.conversation.messages[0].reply or ReplyInfo()).refusal == refusal
    other.close()
