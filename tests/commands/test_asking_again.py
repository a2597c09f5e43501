"""The commands that ask a user message again: /retry N."""

from __future__ import annotations

import pytest
from command_sessions import refusal, run_command, session_of

from grokchat import messages
from grokchat.commands.outcomes import AskModel


def ids(session, first: int) -> tuple[str, ...]:
    """Return the ids of the messages from number `first` on."""
    return tuple(message.id for message in session.conversation.messages[first - 1 :])


@pytest.mark.parametrize(
    ("line", "kept", "notice"),
    [
        ("/retry 5", 5, "asking #5 again · dropped #6 (/undo brings it back)"),
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
        ("/retry 4", "#4 is no user message, but a reply. The nearest user messages are #3 and #5."),
        ("/retry 6", "#6 is no user message, but a reply. The nearest user message is #5."),
        ("/retry 7", "#7 is no user message, but a system message. The nearest user message is #5."),
        ("/retry 0", "'0' is no number. N is a whole number from 1 on."),
        ("/retry 8", "8 is not in the buffer. There are messages 1..7."),
        ("/retry 999999999", "999999999 is not in the buffer."),
        (f"/retry {'9' * 5000}", "is no number."),
        ("/retry 3x", "'3x' is no number."),
        ("/retry 3..5", "'3..5' is no number."),
        ("/retry 3,5", "'3,5' is no number."),
        ("/retry -3", "KEY=VALUE"),
        ("/retry #3", "KEY=VALUE"),
        ("/retry 3 5", "KEY=VALUE"),
        ("/retry -m other 3", "KEY=VALUE"),
        ("/retry three", "KEY=VALUE"),
        ("/retry \u0663", "KEY=VALUE"),
        ("/retry 3 messages=[]", "session's own"),
    ],
)
def test_retry_of_what_is_no_user_message_is_refused(line, error):
    session = session_of("1", "2", "3", "4", "5", "6")
    session.add_message(messages.body("system", "7"))
    assert error in refusal(session, line)


def test_retry_of_a_muted_message_by_its_number_is_refused():
    session = session_of("1", "2", "3", "4")
    run_command(session, "/mute 1")
    assert refusal(session, "/retry 1").startswith("#1 is muted and would not be sent. /unmute 1, then /retry 1;")
    assert isinstance(run_command(session, "/retry 3"), AskModel)


def test_retry_of_a_message_needs_one():
    assert refusal(session_of(), "/retry 1") == "There is no user message to ask again."
