"""The commands that ask a user message again: /retry N, and /edit without a number."""

from __future__ import annotations

import pytest
from command_sessions import refusal, run_command, session_of

from grokchat import messages
from grokchat.commands.outcomes import AskModel, EditQuestion
from grokchat.errors import FileError


def ids(session, first: int) -> tuple[str, ...]:
    """Return the ids of the messages from number `first` on."""
    return tuple(message.id for message in session.conversation.messages[first - 1 :])


@pytest.mark.parametrize(
    ("line", "kept", "notice"),
    [
        ("/retry 5", 5, "asking #5 again · dropped #6 (/undo brings it back)"),
        ("/retry #3", 3, "asking #3 again · dropped #4-6 (/undo brings them back)"),
        ("/retry 3", 3, "asking #3 again · dropped #4-6 (/undo brings them back)"),
        ("/retry 1", 1, "asking #1 again · dropped #2-6 (/undo brings them back)"),
        ("/retry  \t1  ", 1, "asking #1 again · dropped #2-6 (/undo brings them back)"),
        ("/retry", 5, ""),
    ],
)
def test_retry_of_a_user_message_drops_what_follows_it(line, kept, notice):
    session = session_of("1", "2", "3", "4", "5", "6")
    assert run_command(session, line) == AskModel({}, {}, remove=ids(session, kept + 1), notice=notice)


def test_retry_of_a_user_message_takes_settings():
    session = session_of("1", "2", "3")
    asked = run_command(session, "/retry 1 -m other temperature=0.5 seed = 3")
    assert (asked.values, asked.params) == ({"model": "other"}, {"temperature": 0.5, "seed": 3})
    assert asked.remove == ids(session, 2)
    assert run_command(session, "/retry 3").notice == "asking #3 again"  # unanswered: nothing is dropped


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("/retry 4", "#4 is a reply, not a user message. The nearest user messages are #3 and #5."),
        ("/retry 6", "#6 is a reply, not a user message. The nearest user message is #5."),
        ("/retry 7", "#7 is a system message, not a user message. The nearest user message is #5."),
        ("/retry 0", 'N must be a message number, not "0". Usage: /retry '),
        ("/retry 8", "#8 is out of range; the list is #1-7."),
        ("/retry 999999999", "#999999999 is out of range"),
        (f"/retry {'9' * 5000}", "N must be a message number"),
        ("/retry 3x", 'not "3x".'),
        ("/retry 3..5", 'not "3..5".'),
        ("/retry 3,5", 'not "3,5".'),
        ("/retry -3", "KEY=VALUE"),
        ("/retry #", "KEY=VALUE"),
        ("/retry #0", 'N must be a message number, not "#0".'),
        ("/retry 3 5", "KEY=VALUE"),
        ("/retry -m other 3", "KEY=VALUE"),
        ("/retry three", 'must be KEY=VALUE, not "three". Usage: /retry [N] [-m ID[,ID...]] [KEY=VALUE ...]'),
        ("/retry -m", 'not "-m". Usage: /retry '),
        ("/retry -m=A,B", 'not "-m=A,B". Usage: /retry '),
        ("/retry -m A -m B", 'not "-m". Usage: /retry '),
        ("/retry -m A, temperature=1", 'ID or ID,ID,..., not "A,"'),
        ("/retry \u0663", "KEY=VALUE"),
        ("/retry 3 messages=[]", "session's own"),
    ],
)
def test_retry_of_what_is_no_user_message_is_refused(line, error):
    session = session_of("1", "2", "3", "4", "5", "6")
    session.add_message(messages.body("system", "7"))
    assert error in refusal(session, line)


@pytest.mark.parametrize("models", ["A,B,C", "A, B, C", "A ,B , C"])
def test_several_models_may_have_blanks_between_them(models):
    asked = run_command(session_of("1"), f"/retry -m {models} temperature=1")
    assert isinstance(asked, AskModel)
    assert (asked.models, asked.params) == (("A", "B", "C"), {"temperature": 1})


def test_retry_of_a_muted_message_by_its_number_is_refused():
    session = session_of("1", "2", "3", "4")
    run_command(session, "/mute 1")
    assert refusal(session, "/retry 1").startswith("#1 is muted and would not be sent. /unmute 1, then /retry 1;")
    assert isinstance(run_command(session, "/retry 3"), AskModel)


def test_retry_of_a_message_needs_one():
    assert refusal(session_of(), "/retry 1") == "There is no user message to ask again."


# -- /edit without a number --------------------------------------------------------------------------------------------


def test_edit_without_a_number_is_about_the_last_user_message():
    session = session_of("1", "2", "3", "4")
    assert run_command(session, "/edit") == EditQuestion(3, session.conversation.messages[2])
    assert run_command(session, "/edit  ") == EditQuestion(3, session.conversation.messages[2])


def test_edit_without_a_number_needs_a_message_that_is_sent():
    assert refusal(session_of(), "/edit") == "There is no user message to ask again."
    session = session_of("1", "2")
    run_command(session, "/mute 1")
    assert refusal(session, "/edit").startswith("#1, the last user message, is muted and would not be sent. /unmute 1,")


@pytest.mark.parametrize("line", ["/edit", "/edit 1", "/edit 1 text", "/retry", "/retry 1"])
def test_a_read_only_session_is_not_asked_again(line):
    session = session_of("1", "2")
    session.read_only_error = FileError("a.jsonl", "another process has it open")
    assert "another process has it open" in refusal(session, line)


@pytest.mark.parametrize("line", ["/edit 0", "/edit one", "/edit -1", "/edit 3", f"/edit {'9' * 5000}", "/edit \u0661"])
def test_edit_of_what_is_no_number_is_refused(line):
    assert refusal(session_of("1", "2"), line)


@pytest.mark.parametrize("replaces_last", [False, True])
def test_undo_names_an_edit_with_its_reply(replaces_last):
    session = session_of("1", "2", "3")
    edited, *dropped = session.conversation.messages[2 if replaces_last else 0 :]
    with session.as_one_change():
        session.add_message(messages.body("user", "better"), replaces=edited.id, more=bool(dropped))
        if dropped:
            session.remove([message.id for message in dropped])
        session.add_message(messages.body("assistant", "so"), reply_fields={"response_id": "r"})
    assert run_command(session, "/undo").text.startswith("undid /edit “better” and its reply · 3 messages")
