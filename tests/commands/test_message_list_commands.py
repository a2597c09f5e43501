"""The commands that change the message list, and the notice that each returns."""

from __future__ import annotations

import pytest
from command_sessions import answered_session, message_texts, refusal, run_command, session_of

from grokchat import messages
from grokchat.api.catalog import read_catalog
from grokchat.commands.outcomes import EditMessage, Notice
from grokchat.render.cells import cell_width

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
    assert notice(session, "/system Be brief.") == "added as #3 · cache kept"
    assert (message_texts(session), roles(session)) == (["one", "two", "Be brief."], "uas")


@pytest.mark.parametrize(
    ("at", "order", "answer"),
    [
        (1, "S1234", "added as #1 · #1-4 are now #2-5 · cache lost"),
        (2, "1S234", "added as #2 · #2-4 are now #3-5 · #1 still cached"),
        (3, "12S34", "added as #3 · #3-4 are now #4-5 · #1-2 still cached"),
        (4, "123S4", "added as #4 · #4 is now #5 · cache kept"),
        (5, "1234S", "added as #5 · cache kept"),
    ],
)
def test_system_at_a_position(at, order, answer):
    """With `@N` the new message becomes number N; one line has the new numbers and the cached prefix."""
    session = answered_session("1", "2", "3", "4")
    assert notice(session, f"/system @{at} S") == answer
    assert "".join(message_texts(session)) == order


def test_nothing_is_said_of_the_cache_of_a_session_that_was_never_sent():
    assert notice(session_of("1"), "/system @1 S") == "added as #1 · #1 is now #2"


@pytest.mark.parametrize("at", [0, 4, 99])
def test_system_at_an_invalid_position(at):
    assert refusal(session_of("1", "2"), f"/system @{at} S") == (
        f"@{at} is out of range; a new message can go to @1 to @3."
    )


def test_system_makes_no_request_and_takes_its_text_verbatim():
    session = session_of()
    assert notice(session, '/system don\'t \\n say "hi"\n\n').startswith("added as #1")
    assert message_texts(session) == ['don\'t \\n say "hi"\n\n']


@pytest.mark.parametrize("role", ["system", "user", "assistant"])
def test_insert_any_role_anywhere(role):
    session = session_of("1", "2")
    label = "" if role == "system" else f" ({role})"
    assert notice(session, f"/insert {role} @2 new\nlines") == f"added as #2{label} · #2 is now #3"
    assert message_texts(session) == ["1", "new\nlines", "2"]
    assert session.conversation.messages[1].role == role


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("/insert robot x", 'unknown role "robot" (system, user, assistant or tool)'),
        ("/insert tool x", "There is no unanswered tool call before #2."),
        ("/insert user", "Usage: /insert ROLE [@N] TEXT"),
        ("/insert user  ", "Usage: /insert ROLE [@N] TEXT"),
        ("/insert user \n ", "TEXT is empty; the API rejects empty messages."),
        ("/insert", "Usage: /insert ROLE [@N] TEXT"),
    ],
)
def test_insert_refuses(line, why):
    assert refusal(session_of("1"), line) == why


# -- edit --------------------------------------------------------------------------------------------------------------


def test_edit_replaces_the_text():
    session = answered_session("1", "2", "3", "4")
    assert notice(session, "/edit 2 two,\n  as it is") == ("edited #2 (assistant) · #1 still cached")
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
    assert notice(session, "/edit 1 one") == "edited #1 (user, still muted)"
    assert [message.text for message in session.conversation.sent()] == ["2"]
    assert notice(session, "/undo").startswith("undid /edit “one” · 2 messages")
    assert message_texts(session) == ["1", "2"]


def test_an_edited_reply_can_still_be_continued_and_is_not_counted_twice():
    session = session_of("1")
    usage = {"prompt_tokens": 10, "completion_tokens": 1}
    session.add_message(
        messages.body("assistant", "cu"), reply_fields={"finish_reason": "length", "usage": usage, "model": "m"}
    )
    run_command(session, "/edit 2 cut")
    assert session.totals.usage.prompt == 10
    assert run_command(session, "/continue").joins.text == "cut"


def test_edit_without_a_text_opens_the_editor():
    session = session_of("1", "2")
    assert run_command(session, "/edit 2") == EditMessage(2, session.conversation.messages[1])
    assert refusal(session, "/edit 3") == "#3 is out of range; the list is #1-2."
    assert refusal(session, "/edit x y") == 'N must be a message number, not "x". Usage: /edit [N [TEXT]]'
    assert "rejects empty messages. /delete 2" in refusal(session, "/edit 2 \n  ")


def test_an_edit_without_a_change_is_not_recorded():
    session = session_of("1")
    before = session.encode()
    assert notice(session, "/edit 1 1") == "#1 is unchanged"
    assert session.encode() == before


# -- delete, move, mute ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("which", "left", "answer"),
    [
        ("2", "134", "deleted #2 · #3-4 are now #2-3 · #1 still cached"),
        ("1..2", "34", "deleted #1-2 · #3-4 are now #1-2 · cache lost"),
        ("4", "123", "deleted #4 · cache kept"),
        ("1,4", "23", "deleted #1, #4 · #2-3 are now #1-2 · cache lost"),
        ("1..", "", "deleted #1-4 · no messages · cache lost"),
        ("1,3", "24", "deleted #1, #3 · 2 messages, renumbered from #1 · cache lost"),
    ],
)
def test_delete(which, left, answer):
    session = answered_session("1", "2", "3", "4")
    assert notice(session, f"/delete {which}") == answer
    assert "".join(message_texts(session)) == left


@pytest.mark.parametrize(
    ("line", "order", "numbers"),
    [
        ("/move 4 @1", "4123", "moved #4 to #1 · #1-3 are now #2-4"),
        ("/move 1 @4", "2341", "moved #1 to #4 · #2-4 are now #1-3"),
        ("/move 2 @3", "1324", "moved #2 to #3 · #3 is now #2"),
    ],
)
def test_move(line, order, numbers):
    session = session_of("1", "2", "3", "4")
    assert notice(session, line) == numbers
    assert "".join(message_texts(session)) == order


def test_move_to_an_invalid_position():
    session = session_of("1", "2")
    assert notice(session, "/move 2 @2") == "#2 is unchanged"
    assert refusal(session, "/move 2 @3") == "@3 is out of range; the list is #1-2."
    assert refusal(session, "/move 2") == "Usage: /move N @M"
    assert "#5 is out of range" in refusal(session, "/move 5 @1")


def test_mute_and_unmute():
    """Keep a message, and do not send it."""
    session = answered_session("1", "2", "3", "4")
    assert notice(session, "/mute 1..2") == "muted #1-2 (kept, not sent) · cache lost"
    assert [message.text for message in session.conversation.sent()] == ["3", "4"]
    assert notice(session, "/mute 2") == "unchanged: #2 already muted"
    assert notice(session, "/unmute 1..") == "unmuted #1-2 · cache kept"
    assert len(session.conversation.sent()) == 4


def test_the_cached_prefix_is_named_by_message_numbers():
    """Muted messages have numbers too."""
    session = session_of("1", "2")
    run_command(session, "/mute 1")
    session.add_message(messages.body("user", "3"))
    session.add_message(messages.body("assistant", "4"), reply_fields={"response_id": "r"})
    session.add_message(messages.body("user", "5"))
    session.add_message(messages.body("assistant", "6"), reply_fields={"response_id": "r"})
    assert notice(session, "/delete 3").endswith(" · #1-2 still cached")


# -- undo and redo -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("/system @1 S\n and more", "system message “S and more”"),
        ("/edit 1 new", "/edit “new”"),
        ("/delete 1", "/delete (1 message)"),
        ("/delete 1..2", "/delete (2 messages)"),
        ("/move 1 @2", "/move"),
        ("/mute 1", "/mute"),
    ],
)
def test_undo_describes_the_change(line, what):
    session = session_of("1", "2")
    run_command(session, line)
    assert notice(session, "/undo") == f"undid {what} · 2 messages"
    assert message_texts(session) == ["1", "2"]
    assert not session.conversation.muted
    assert notice(session, "/redo").startswith(f"redid {what} · ")


def test_a_message_and_its_reply_are_one_change():
    session = answered_session("hello", "hi")
    assert notice(session, "/undo") == "undid “hello” and its reply · no messages · cache lost"
    assert notice(session, "/redo") == "redid “hello” and its reply · 2 messages · cache kept"


def test_undo_of_more_changes_than_exist_reports_their_number():
    session = session_of("1", "2", "3")
    assert notice(session, "/undo 9") == "undid 3 changes (there were no more) · no messages"
    assert notice(session, "/redo 2") == "redid 2 changes · 2 messages"
    assert refusal(session_of(), "/undo") == "Nothing to undo."
    assert "nothing was undone, or the list has changed since" in refusal(session_of("1"), "/redo")
    assert 'K must be a whole number from 1 on, not "0"' in refusal(session, "/undo 0")


def test_undo_reaches_back_to_the_beginning():
    session = session_of(*map(str, range(3000)))
    assert notice(session, "/undo 2999") == "undid 2,999 changes · 1 message"
    assert notice(session, "/redo 2999") == "redid 2,999 changes · 3,000 messages"


def test_a_new_change_ends_redo():
    session = session_of("1", "2")
    run_command(session, "/undo")
    run_command(session, "/system S")
    assert "nothing was undone" in refusal(session, "/redo")


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
    assert " · #1 still cached (1,0" in text
    assert " of 2,000 tokens) · next request $0.003" in text
    assert text.endswith(" more")
    assert notice(session, "/undo").endswith(" less")


def test_a_message_added_at_the_end_keeps_the_cache():
    assert notice(counted(), "/system S").endswith(" · cache kept")


def test_a_deletion_that_makes_the_request_cheaper_reports_it():
    assert notice(counted(), "/delete 1..3").endswith(" less")


@pytest.mark.parametrize("catalog", [{}, {"data": [{"id": "grok-4.7"}]}, {"data": [{"id": "other"}]}, {"data": 3}])
def test_without_prices_no_cost_is_reported(catalog):
    session = counted()
    session.catalog = read_catalog(catalog)
    assert notice(session, "/edit 1 x").endswith(" · cache lost (0 of 2,000 tokens)")


def test_nothing_is_said_of_the_cache_if_nothing_was_cached():
    assert notice(counted(cached=0), "/edit 1 x") == "edited #1 (user) · /retry 1 asks again"


def test_a_difference_of_less_than_a_hundredth_of_a_cent_is_no_figure():
    session = counted()
    session.catalog = read_catalog({"data": [{**PRICES, "prompt_text_token_price": 5_000}]})
    assert notice(session, "/system @1 S").endswith(" · cache lost (0 of 2,000 tokens) · next request < $0.0001 more")


# -- one line ----------------------------------------------------------------------------------------------------------


MANY = ",".join(map(str, range(1, 3000, 2)))


@pytest.mark.parametrize(
    ("line", "part"),
    [
        (f"/mute {MANY}", ", … (1,500 messages) (kept, not sent) · cache lost"),
        (f"/delete {MANY}", ", … (1,500 messages) · 1,504 messages, renumbered from #1 · cache lost"),
        ("/move 3004 @2", "moved #3004 to #2 · #2-3003 are now #3-3004 · #1 still cached"),
        ("/move 2 @3004", "moved #2 to #3004 · #3-3004 are now #2-3003 · #1 still cached"),
        (f"/system @2 {'x' * 500}", "added as #2 · #2-3004 are now #3-3005 · #1 still cached"),
        (f"/insert assistant @2 {'日' * 500}", "added as #2 (assistant) · #2-3004 are now #3-3005 · #1 still cached"),
        (f"/edit 2999 {'日' * 500}", "edited #2999 (user) · /retry 2999 asks again · #1-2998 still cached"),
    ],
)
@pytest.mark.parametrize("cached", [2_000, 1_999_999_999])
def test_a_change_is_one_line(line, part, cached):
    """At 100 columns, with any numbers, and so is its undo, whose first words may be wide."""
    session = session_of(*["word " * 20] * 3000)
    with session.as_one_change():
        session.add_message(messages.body("user", "c" * 4000))
        details = {"prompt_tokens_details": {"cached_tokens": cached}}
        known = {"response_id": "r", "usage": {"prompt_tokens": cached + 100_000, **details}}
        session.add_message(messages.body("assistant", "d" * 4000), reply_fields=known)
    for _ in range(2):
        session.add_message(messages.body("user", "日" * 100))
    session.catalog = read_catalog({"data": [PRICES]})
    shown = notice(session, line)
    assert part in shown
    undone, redone = notice(session, "/undo"), notice(session, "/redo")
    assert undone.startswith("undid ")
    assert max(map(cell_width, (shown, undone, redone))) <= 100


# -- answers to tool calls ---------------------------------------------------------------------------------------------


def calling(*ids: object) -> dict[str, object]:
    calls = [{"id": item, "type": "function", "function": {"name": "f", "arguments": "{}"}} for item in ids]
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
    assert refusal(session, "/insert tool three") == "There is no unanswered tool call before #5."
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
    assert refusal(session, f"/insert tool @{at} x") == f"There is no unanswered tool call before #{at}."


def test_insert_tool_looks_at_what_is_sent():
    session = session_of("1")
    session.add_message(calling("a"))
    run_command(session, "/insert tool one")
    run_command(session, "/mute 3")
    run_command(session, "/insert tool another")
    assert answering(session) == [None, None, "a", "a"]
    run_command(session, "/mute 2,4")
    assert "no unanswered tool call" in refusal(session, "/insert tool more")


@pytest.mark.parametrize("calls", [None, "x", {}, [], [7], [{}], [{"id": None}], [{"id": 5}]])
def test_insert_tool_reads_calls_of_any_shape(calls):
    session = session_of("1")
    session.add_message({"role": "assistant", "content": "x", "tool_calls": calls})
    assert "no unanswered tool call" in refusal(session, "/insert tool x")
