"""/alt: the list of alternatives, which of them is current, and what one says differently."""

from __future__ import annotations

import json

import pytest
from command_sessions import cell_texts, message_texts, refusal, run_command
from fake_api import USAGE
from fake_responses import RESPONSE_USAGE

from grokchat.commands.change_names import describe_change
from grokchat.commands.outcomes import CompareReplies, Notice, Sections, ShowMessages
from grokchat.errors import CommandError, FileError
from grokchat.messages import DEMO_FINGERPRINT, INTERRUPTED, ReplyInfo, body
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.session.unsent import unsent_messages
from grokchat.system.files import read_file


@pytest.fixture
def session(tmp_path):
    made = Session.new(SessionConfig(tmp_path))
    yield made
    made.close()


def reply_info(**fields):
    return ReplyInfo(**{"model": "m", "finish_reason": "stop", "response_id": "r", "usage": USAGE, **fields})


def answer(session, text, **fields):
    session.add_reply(f"<{text}>", body("assistant", text), reply_info(**fields))


def ask(session, question, text, **fields):
    with session.as_one_change():
        session.add_message(body("user", question))
        answer(session, text, **fields)


def retry(session, text, question=None, **fields):
    """Ask the last question again, or another one in its place."""
    *_, asked, reply = session.conversation.messages
    with session.as_one_change():
        if question is not None:
            session.add_message(body("user", question), replaces=asked.id, more=True)
        session.remove([reply.id], more=True)
        answer(session, text, **fields)


def listed(session):
    outcome = run_command(session, "/alt")
    assert isinstance(outcome, Sections)
    ((title, table),) = outcome.tables
    return title, cell_texts(table), [str(note) for note in table.notes]


def reopened(session):
    session.close()
    return Session.open(session.config, session.path or session.config.folder / f"{session.id}.jsonl", _data(session))


def _data(session):
    return read_file(session.config.folder / f"{session.id}.jsonl")


# -- the list ----------------------------------------------------------------------------------------------------------


def test_the_list_has_number_model_tokens_cost_and_first_words_and_marks_the_current_reply(session):
    ask(session, "hi", "one\ntwo", usage=None)
    retry(session, "three", model="other")
    title, rows, notes = listed(session)
    assert title == "Alternatives of #2"
    assert rows == [("  1", "m", "", "", "one two"), ("* 2", "other", "50", "$0.0015", "three")]
    assert notes == ["", ""]


def test_parameters_that_differ_are_named_those_of_one_call_and_those_set_between(session):
    session.set_overrides({}, {"top_p": 0.5})
    ask(session, "hi", "one")
    session.set_overrides({}, {"temperature": 1})
    retry(session, "two")
    retry(session, "three", params={"temperature": 2, "stop": ["a b"]})
    _, _, notes = listed(reopened(session))
    assert notes == ["", "temperature=1", 'stop=["a b"] temperature=2']


def test_what_the_search_of_an_alternative_did_is_named(session):
    ask(session, "hi", "one")
    retry(session, "two", usage=RESPONSE_USAGE)
    assert listed(session)[2] == ["", "1 web search, 1 X search, 10 posts"]


@pytest.mark.parametrize("value", [f"xai-{'a1B2' * 20}", f"of-a-proxy-{'a1B2' * 20}"])
def test_a_parameter_that_holds_the_key_shows_no_part_of_it(tmp_path, value):
    """Also if it is longer than what is shown of a value."""
    session = Session.new(SessionConfig(tmp_path, redact=lambda text: text.replace(value, "[key]")))
    ask(session, "q", "one")
    retry(session, "two", params={"user": value})
    _, _, notes = listed(session)
    assert notes == ["", 'user="[key]"']
    session.close()


def test_replies_that_begin_alike_are_shown_from_the_first_word_that_differs(session):
    ask(session, "hi", "Here is how you sort a list: with sorted.")
    retry(session, "Here is how you sort a list: in place.")
    retry(session, "Something else.")
    with session.as_one_change():
        session.remove(["<Something else.>"], more=True)
        session.add_reply("again", body("assistant", "Here is how you sort a list: in place."), reply_info())
    words = [row[4] for row in listed(session)[1]]
    assert words[0] == "… with sorted."
    assert words[1] == words[3] == "Here is how you sort a list: in place."
    assert words[2] == "Something else."


def test_models_of_the_demo_are_told_apart(session):
    ask(session, "hi", "one", model="a", system_fingerprint=DEMO_FINGERPRINT)
    retry(session, "two", model="b", system_fingerprint=DEMO_FINGERPRINT)
    assert [row[1] for row in listed(session)[1]] == ["a (demo)", "b (demo)"]


def test_what_is_interrupted_still_coming_or_answers_another_question_is_said(session):
    ask(session, "first question", "one", finish_reason=INTERRUPTED)
    with session.as_one_change():
        question, reply = session.conversation.messages
        session.add_message(body("user", "second question"), replaces=question.id, more=True)
        session.remove([reply.id])
        session.add_partial("P", text="a part", reasoning="")
        _, rows, notes = listed(session)
    assert [row[0] for row in rows] == ["  1", "* 2"]
    assert notes == ["interrupted · to “first question”", "still coming · to “second question”"]


def test_the_cost_of_an_alternative_includes_its_continuation(session):
    ask(session, "hi", "one", finish_reason="length")
    session.add_reply("<one two>", body("assistant", "one two"), reply_info(), replaces="<one>")
    retry(session, "three")
    assert [row[2] for row in listed(session)[1]] == ["100", "50"]


def test_without_alternatives_it_is_said_how_to_get_one(session):
    ask(session, "hi", "one")
    assert run_command(session, "/alt") == Notice("#2 has no alternatives · /retry asks for another reply")
    for line in ("/alt 1", "/alt diff", "/alt diff 1"):
        assert refusal(session, line) == "#2 has no alternatives. /retry asks for another reply."


# -- another current reply ---------------------------------------------------------------------------------------------


def test_a_reply_becomes_current_as_one_change_that_outlives_a_restart(session):
    ask(session, "hi", "one", usage={**USAGE, "cost_in_usd_ticks": 1})
    retry(session, "two")
    before = session.totals.usage, session.totals.last_reply
    outcome = run_command(session, "/alt 1")
    assert isinstance(outcome, ShowMessages)
    assert outcome.numbers == (2,)
    assert outcome.notice.text.startswith("#2 is now 1 of 2")
    assert (session.totals.usage, session.totals.last_reply) == before
    copy = session.conversation.messages[1]
    assert copy.id not in {"<one>", "<two>"}
    assert copy.reply == reply_info(usage={**USAGE, "cost_in_usd_ticks": 1}, alternative_of="<one>")
    for now in (session, reopened(session)):
        assert message_texts(now) == ["hi", "one"]
        assert now.alternatives.position(copy.id) == (1, 2)
        assert now.totals.usage == before[0]
    (change,) = now.undo(1)
    assert describe_change(change, 40) == "/alt “one”"
    assert message_texts(now) == ["hi", "two"]
    now.redo(1)
    assert message_texts(now) == ["hi", "one"]


def test_the_event_names_the_original_also_for_a_copy_of_a_copy(session):
    ask(session, "hi", "one")
    retry(session, "two")
    for line in ("/alt 1", "/alt 2", "/alt 1"):
        run_command(session, line)
    events = [json.loads(line) for line in _data(session).splitlines()][-3:]
    assert [(event["copy_of"], event["alternative_of"]) for event in events] == [
        ("<one>", "<one>"), ("<two>", "<one>"), ("<one>", "<one>")
    ]  # fmt: skip
    assert [event["replaces"] for event in events[1:]] == [event["id"] for event in events[:2]]
    assert len(listed(session)[1]) == 2


def test_the_question_that_it_answered_returns_with_it(session):
    ask(session, "old question", "one")
    retry(session, "two", "new question")
    notice = run_command(session, "/alt 1").notice.text
    assert notice.startswith("#2 is now 1 of 2 · #1 is the question that it answered")
    assert message_texts(session) == ["old question", "one"]
    (change,) = session.undo(1)
    assert describe_change(change, 40) == "/alt “one”"
    assert message_texts(session) == ["new question", "two"]
    session.redo(1)
    run_command(session, "/alt 2")
    assert message_texts(reopened(session)) == ["new question", "two"]


def test_a_question_that_was_edited_without_asking_again_stays(session):
    ask(session, "question", "one")
    retry(session, "two")
    session.add_message(body("user", "edited"), replaces=session.conversation.messages[0].id)
    run_command(session, "/alt 1")
    assert message_texts(session) == ["edited", "one"]


def test_what_follows_stays_and_an_earlier_reply_is_not_touched(session):
    ask(session, "a", "b")
    ask(session, "hi", "one")
    retry(session, "two")
    session.add_message(body("system", "be brief"))
    session.add_message(body("user", "unanswered"))
    run_command(session, "/alt 1")
    assert message_texts(session) == ["a", "b", "hi", "one", "be brief", "unanswered"]


def test_muted_messages_are_replaced_by_muted_ones(session):
    ask(session, "old", "one")
    retry(session, "two", "new")
    session.mute([message.id for message in session.conversation])
    notice = run_command(session, "/alt 1").notice.text
    assert "still muted" in notice
    for now in (session, reopened(session)):
        assert message_texts(now) == ["old", "one"]
        assert now.conversation.sent() == ()
    (change,) = now.undo(1)
    assert describe_change(change, 40) == "/alt “one”"


@pytest.mark.parametrize("cut", [1, 2])
def test_a_file_that_ends_inside_the_change_has_the_list_from_before(session, cut):
    ask(session, "old", "one")
    retry(session, "two", "new")
    session.mute([session.conversation.messages[0].id])
    run_command(session, "/alt 1")
    session.close()
    path = session.config.folder / f"{session.id}.jsonl"
    path.write_bytes(b"".join(read_file(path).splitlines(keepends=True)[:-cut]))
    now = Session.open(session.config, path, read_file(path))
    assert message_texts(now) == ["new", "two"]
    assert len(now.conversation.muted) == 1
    now.close()


def test_the_request_the_estimate_and_what_is_unsent_are_those_of_the_reply_chosen(session):
    ask(session, "hi " * 400, "one " * 400)
    retry(session, "two")
    ask(session, "and?", "three")
    run_command(session, "/delete 3..4")
    small = session.requests.estimate()
    before = session.requests.previous_body()
    run_command(session, "/alt 1")
    assert session.requests.previous_body() == before
    assert [message["content"] for message in json.loads(session.requests.body())["messages"]] == [
        "hi " * 400, "one " * 400
    ]  # fmt: skip
    assert session.requests.estimate().prompt_tokens > small.prompt_tokens
    assert session.requests.estimate().unchanged_messages == 1
    assert unsent_messages(session) == []


def test_an_edited_alternative_and_a_question_that_returns_count_as_unsent(session):
    ask(session, "old", "one")
    run_command(session, "/edit 2 my own words")
    retry(session, "two", "new")
    run_command(session, "/alt 1")
    assert [number for number, _ in unsent_messages(session)] == [1, 2]


# -- refusals ----------------------------------------------------------------------------------------------------------


def test_wrong_numbers_are_refused(session):
    assert refusal(session, "/alt") == "There is no reply yet."
    ask(session, "hi", "one")
    retry(session, "two")
    assert refusal(session, "/alt 3") == "3 is out of range; #2 has 2 replies. /alt lists them."
    assert refusal(session, "/alt diff 2") == "2 of 2 is the current reply. /alt lists the others."
    retry(session, "three")
    assert refusal(session, "/alt diff") == "Usage: /alt diff K. K is 1 to 3; /alt lists the replies."
    with pytest.raises(CommandError, match="must be a whole number from 1 on"):
        run_command(session, "/alt first")


def test_the_current_reply_is_shown_and_nothing_changes(session):
    ask(session, "hi", "one")
    retry(session, "two")
    before = session.encode()
    assert run_command(session, "/alt 2") == ShowMessages((2,), Notice("unchanged: #2 is 2 of 2"))
    assert session.encode() == before


def test_a_read_only_session_lists_and_compares_and_changes_nothing(session):
    ask(session, "hi", "one")
    retry(session, "two")
    session.read_only_error = FileError(session.path, "it is open elsewhere")
    assert len(listed(session)[1]) == 2
    assert isinstance(run_command(session, "/alt diff 1"), CompareReplies)
    assert refusal(session, "/alt 1").startswith("Not changed. ")


def test_a_reply_that_is_still_coming_is_not_replaced(session):
    ask(session, "hi", "one")
    with session.as_one_change():
        session.remove(["<one>"], more=True)
        session.add_partial("P", text="a part", reasoning="")
        assert refusal(session, "/alt 1") == "#2 is still coming. Ctrl-C stops it."
        assert run_command(session, "/alt diff").other.text == "one"


# -- comparing ---------------------------------------------------------------------------------------------------------


def test_a_comparison_has_the_current_reply_and_the_other_one(session):
    ask(session, "hi", "one")
    retry(session, "two")
    for line in ("/alt diff 1", "/alt diff"):
        outcome = run_command(session, line)
        assert (outcome.reply.text, outcome.name) == ("two", "2 of 2 (current)")
        assert (outcome.other.text, outcome.other_name) == ("one", "1 of 2")
