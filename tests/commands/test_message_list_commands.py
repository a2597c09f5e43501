"""The commands that change the message list, and the notice that each returns."""

from __future__ import annotations

import pytest
from command_sessions import answered_session, message_texts, refusal, run_command, session_of

from grokchat import messages
from grokchat.api.catalog import read_catalog
from grokchat.commands.outcomes import EditMessage, Notice

PRICES = {
    "id": "grok-4.7",
    "context_length": 500_000,
    "prompt_text_token_price": 20_000,
    "cached_prompt_text_token_price": 5_000,
    "completion_text_token_price": 60_000,
}


def roles(session) -> str:
    return "".join(message.role[0] for message in session.conversation)


def notice(session, line: str) -> str:
    outcome = run_command(session, line)
    assert isinstance(outcome, Notice)
    assert "\n" not in outcome.text
    return outcome.text


# -- insert ------------------------------------------------------------------------------------------------------------


def test_system_at_the_end():
    session = answered_session("one", "two")
    assert notice(session, "/system Be brief.") == "system message is number 3; the cached prefix stays whole"
    assert (message_texts(session), roles(session)) == (["one", "two", "Be brief."], "uas")


@pytest.mark.parametrize(
    ("at", "order", "answer"),
    [
        (1, "S1234", "system message is number 1; what was 1..4 is now 2..5; nothing of the cached prefix stays"),
        (2, "1S234", "system message is number 2; what was 2..4 is now 3..5; of the cached prefix message 1 stays"),
        (3, "12S34", "system message is number 3; what was 3..4 is now 4..5; of the cached prefix messages 1..2 stay"),
        (4, "123S4", "system message is number 4; what was 4 is now 5; the cached prefix stays whole"),
        (5, "1234S", "system message is number 5; the cached prefix stays whole"),
    ],
)
def test_system_at_a_position(at, order, answer):
    """With `@N` the new message becomes number N; one line has the new numbers and the cached prefix."""
    session = answered_session("1", "2", "3", "4")
    assert notice(session, f"/system @{at} S") == answer
    assert "".join(message_texts(session)) == order


def test_a_session_that_was_never_sent_has_nothing_cached():
    assert notice(session_of("1"), "/system @1 S").endswith("; what was 1 is now 2; nothing is cached yet")


@pytest.mark.parametrize("at", [0, 4, 99])
def test_system_at_an_invalid_position(at):
    assert refusal(session_of("1", "2"), f"/system @{at} S") == (
        f"@{at} is not a place in the buffer: there are places 1..3."
    )


def test_system_makes_no_request_and_takes_its_text_verbatim():
    session = session_of()
    assert notice(session, '/system don\'t \\n say "hi"\n\n').startswith("system message is number 1")
    assert message_texts(session) == ['don\'t \\n say "hi"\n\n']


@pytest.mark.parametrize("role", ["system", "user", "assistant"])
def test_insert_any_role_anywhere(role):
    session = session_of("1", "2")
    assert notice(session, f"/insert {role} @2 new\nlines").startswith(
        f"{role} message is number 2; what was 2 is now 3"
    )
    assert message_texts(session) == ["1", "new\nlines", "2"]
    assert session.conversation.messages[1].role == role


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("/insert robot x", "unknown role 'robot' (system, user, assistant or tool)"),
        ("/insert tool x", "There is no tool call before #2 that has no answer."),
        ("/insert user", "TEXT is missing. The form is /insert ROLE [@N] TEXT"),
        ("/insert user  ", "TEXT is missing. The form is /insert ROLE [@N] TEXT"),
        ("/insert user \n ", "TEXT is missing. The API rejects empty messages."),
        ("/insert", "ROLE is missing. The form is /insert ROLE [@N] TEXT"),
    ],
)
def test_insert_refuses(line, why):
    assert refusal(session_of("1"), line) == why


# -- edit --------------------------------------------------------------------------------------------------------------


def test_edit_replaces_the_text():
    session = answered_session("1", "2", "3", "4")
    assert notice(session, "/edit 2 two,\n  as it is") == (
        "assistant message 2 has another text; of the cached prefix message 1 stays"
    )
    assert message_texts(session) == ["1", "two,\n  as it is", "3", "4"]


def test_edit_keeps_pictures_and_other_fields():
    session = session_of()
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    parts = [{"type": "text", "text": "old"}, picture, {"type": "text", "text": "more"}]
    session.add_message({"role": "user", "content": parts, "name": "bob"})
    run_command(session, "/edit 1 new")
    body = session.conversation.messages[0].body
    assert body == {"role": "user", "content": [{"type": "text", "text": "new"}, picture], "name": "bob"}


def test_a_muted_message_stays_muted_when_it_is_edited():
    session = session_of("1", "2")
    run_command(session, "/mute 1")
    assert "another text, still muted" in notice(session, "/edit 1 one")
    assert [message.text for message in session.conversation.sent()] == ["2"]
    assert notice(session, "/undo").startswith("taken back: the edit “one”; messages 1..2 now")
    assert message_texts(session) == ["1", "2"]


def test_an_edited_reply_can_still_be_continued_and_is_not_counted_twice():
    session = session_of("1")
    usage = {"prompt_tokens": 10, "completion_tokens": 1}
    session.add_message(
        messages.body("assistant", "cu"), reply_fields={"finish_reason": "length", "usage": usage, "model": "m"}
    )
    run_command(session, "/edit 2 cut")
    assert session.usage.prompt == 10
    assert run_command(session, "/continue").joins.text == "cut"


def test_edit_without_a_text_opens_the_editor():
    session = session_of("1", "2")
    assert run_command(session, "/edit 2") == EditMessage(2, session.conversation.messages[1])
    assert "3 is not in the buffer" in refusal(session, "/edit 3")
    assert "'x' is no number" in refusal(session, "/edit x y")
    assert "rejects empty messages. /delete 2" in refusal(session, "/edit 2 \n  ")


def test_an_edit_without_a_change_is_not_recorded():
    session = session_of("1")
    before = session.encode()
    assert notice(session, "/edit 1 1") == "message 1 is as it was"
    assert session.encode() == before


# -- delete, move, mute ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("which", "left", "answer"),
    [
        ("2", "134", "2 deleted; what was 3..4 is now 2..3; of the cached prefix message 1 stays"),
        ("1..2", "34", "1..2 deleted; what was 3..4 is now 1..2; nothing of the cached prefix stays"),
        ("4", "123", "4 deleted; the cached prefix stays whole"),
        ("1,4", "23", "1, 4 deleted; 2 are left, numbered anew from 1 on; nothing of the cached prefix stays"),
        ("1..", "", "1..4 deleted; nothing of the cached prefix stays"),
    ],
)
def test_delete(which, left, answer):
    session = answered_session("1", "2", "3", "4")
    assert notice(session, f"/delete {which}") == answer
    assert "".join(message_texts(session)) == left


@pytest.mark.parametrize(
    ("line", "order", "numbers"),
    [
        ("/move 4 @1", "4123", "message 4 is number 1; what was 1..3 is now 2..4"),
        ("/move 1 @4", "2341", "message 1 is number 4; what was 2..4 is now 1..3"),
        ("/move 2 @3", "1324", "message 2 is number 3; what was 3 is now 2"),
    ],
)
def test_move(line, order, numbers):
    session = session_of("1", "2", "3", "4")
    assert notice(session, line).startswith(f"{numbers}; ")
    assert "".join(message_texts(session)) == order


def test_move_to_an_invalid_position():
    session = session_of("1", "2")
    assert notice(session, "/move 2 @2") == "message 2 is there already"
    assert refusal(session, "/move 2 @3") == "@3 is not a place in the buffer: there are messages 1..2."
    assert refusal(session, "/move 2") == "@M is missing. The form is /move N @M"
    assert "5 is not in the buffer" in refusal(session, "/move 5 @1")


def test_mute_and_unmute():
    """Keep a message, and do not send it."""
    session = answered_session("1", "2", "3", "4")
    assert notice(session, "/mute 1..2") == "1..2 muted: kept, and not sent; nothing of the cached prefix stays"
    assert [message.text for message in session.conversation.sent()] == ["3", "4"]
    assert notice(session, "/mute 2") == "2: nothing changed, muted already"
    assert notice(session, "/unmute 1..") == "1..2 sent again; the cached prefix stays whole"
    assert len(session.conversation.sent()) == 4


def test_the_cached_prefix_is_named_by_message_numbers():
    """Muted messages have numbers too."""
    session = session_of("1", "2")
    run_command(session, "/mute 1")
    session.add_message(messages.body("user", "3"))
    session.add_message(messages.body("assistant", "4"), reply_fields={"response_id": "r"})
    session.add_message(messages.body("user", "5"))
    session.add_message(messages.body("assistant", "6"), reply_fields={"response_id": "r"})
    assert notice(session, "/delete 3").endswith("of the cached prefix messages 1..2 stay")


# -- undo and redo -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("/system @1 S\n and more", "system message “S and more”"),
        ("/edit 1 new", "the edit “new”"),
        ("/delete 1", "the deletion of 1 message"),
        ("/delete 1..2", "the deletion of 2 messages"),
        ("/move 1 @2", "a move"),
        ("/mute 1", "a /mute"),
    ],
)
def test_undo_describes_the_change(line, what):
    session = session_of("1", "2")
    run_command(session, line)
    assert notice(session, "/undo").startswith(f"taken back: {what}; messages 1..2 now; ")
    assert message_texts(session) == ["1", "2"]
    assert not session.conversation.muted
    assert notice(session, "/redo").startswith(f"brought back: {what}; ")


def test_a_message_and_its_reply_are_one_change():
    session = answered_session("hello", "hi")
    assert notice(session, "/undo").startswith(
        "taken back: user message “hello” and its reply; the buffer is empty now"
    )
    assert notice(session, "/redo").startswith("brought back: user message “hello” and its reply; messages 1..2 now")


def test_undo_of_more_changes_than_exist_reports_their_number():
    session = session_of("1", "2", "3")
    assert "3 changes (there were no more than 3); the buffer is empty now" in notice(session, "/undo 9")
    assert "2 changes; messages 1..2 now" in notice(session, "/redo 2")
    assert refusal(session_of(), "/undo") == "There is nothing to take back."
    assert "nothing was taken back, or the buffer has changed since" in refusal(session_of("1"), "/redo")
    assert "'0' is no number" in refusal(session, "/undo 0")


def test_undo_reaches_back_to_the_beginning():
    session = session_of(*map(str, range(3000)))
    assert "; message 1 now" in notice(session, "/undo 2999")
    assert "; messages 1..3000 now" in notice(session, "/redo 2999")


def test_a_new_change_ends_redo():
    session = session_of("1", "2")
    run_command(session, "/undo")
    run_command(session, "/system S")
    assert "nothing was taken back" in refusal(session, "/redo")


# -- what it costs -----------------------------------------------------------------------------------------------------


def counted(**usage):
    """Return a session of four long messages whose last request the API counted."""
    session = session_of("a" * 4000, "b" * 4000)
    with session.as_one_change():
        session.add_message(messages.body("user", "c" * 4000))
        details = {"prompt_tokens_details": {"cached_tokens": usage.pop("cached", 2000)}}
        known = {"response_id": "r", "usage": {"prompt_tokens": 3200, "completion_tokens": 1000, **details}}
        session.add_message(messages.body("assistant", "d" * 4000), reply_fields=known)
    session.catalog = read_catalog({"data": [PRICES]})
    return session


def test_an_edit_reports_the_cached_tokens_and_the_cost():
    session = counted()
    text = notice(session, "/edit 2 " + "B" * 4000)
    assert "of the cached prefix message 1 stays (about 1,0" in text
    assert "of 2,000 cached tokens); the next request costs about $0.003" in text
    assert text.endswith(" more")
    assert notice(session, "/undo").endswith(" less")


def test_a_message_added_at_the_end_keeps_the_cache():
    assert notice(counted(), "/system S").endswith("the cached prefix stays whole")


def test_a_deletion_that_makes_the_request_cheaper_reports_it():
    assert notice(counted(), "/delete 1..3").endswith(" less")


@pytest.mark.parametrize("catalog", [{}, {"data": [{"id": "grok-4.7"}]}, {"data": [{"id": "other"}]}, {"data": 3}])
def test_without_prices_no_cost_is_reported(catalog):
    session = counted()
    session.catalog = read_catalog(catalog)
    assert notice(session, "/edit 1 x").endswith("nothing of the cached prefix stays (about 0 of 2,000 cached tokens)")


def test_without_cached_tokens_in_the_usage_no_figures_are_shown():
    assert notice(counted(cached=0), "/edit 1 x").endswith("nothing of the cached prefix stays")


# -- answers to tool calls ---------------------------------------------------------------------------------------------


def calling(*ids: object) -> dict[str, object]:
    calls = [{"id": one, "type": "function", "function": {"name": "f", "arguments": "{}"}} for one in ids]
    return {"role": "assistant", "content": "", "tool_calls": calls}


def answering(session) -> list[object]:
    return [message.body.get("tool_call_id") for message in session.conversation]


def test_insert_tool_answers_the_first_call_before_it_without_an_answer():
    session = session_of("1")
    session.add_message(calling("a", "b"))
    run_command(session, "/insert tool one")
    run_command(session, "/insert tool two")
    assert answering(session) == [None, None, "a", "b"]
    assert session.conversation.messages[-1].body == {"role": "tool", "content": "two", "tool_call_id": "b"}
    assert refusal(session, "/insert tool three") == "There is no tool call before #5 that has no answer."
    session.add_message(calling("c"))
    session.add_message(calling("d"))
    run_command(session, "/insert tool @6 three")
    assert answering(session) == [None, None, "a", "b", None, "c", None]
    run_command(session, "/insert tool four")
    assert answering(session)[-1] == "d"
    run_command(session, "/undo 2")
    run_command(session, "/insert tool three")
    assert answering(session)[-1] == "c"


@pytest.mark.parametrize("at", [1, 2])
def test_insert_tool_answers_no_call_behind_it(at):
    session = session_of("1")
    session.add_message(calling("a"))
    assert refusal(session, f"/insert tool @{at} x") == f"There is no tool call before #{at} that has no answer."


def test_insert_tool_looks_at_what_is_sent():
    session = session_of("1")
    session.add_message(calling("a"))
    run_command(session, "/insert tool one")
    run_command(session, "/mute 3")
    run_command(session, "/insert tool another")
    assert answering(session) == [None, None, "a", "a"]
    run_command(session, "/mute 2,4")
    assert "no tool call" in refusal(session, "/insert tool more")


@pytest.mark.parametrize("calls", [None, "x", {}, [], [7], [{}], [{"id": None}], [{"id": 5}]])
def test_insert_tool_reads_calls_of_any_shape(calls):
    session = session_of("1")
    session.add_message({"role": "assistant", "content": "x", "tool_calls": calls})
    assert "no tool call" in refusal(session, "/insert tool x")
