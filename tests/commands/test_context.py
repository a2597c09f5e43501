"""/context: what the next request holds."""

from __future__ import annotations

from typing import Any

from command_sessions import run_command, session_of

from grokchat.api.catalog import read_catalog
from grokchat.attachments.load import Attachment
from grokchat.commands.outcomes import ContextTable, Notice
from grokchat.messages import body
from grokchat.session.session import Session

GROK = {
    "id": "grok-4.7",
    "context_length": 500_000,
    "prompt_text_token_price": 20_000,
    "cached_prompt_text_token_price": 5_000,
    "completion_text_token_price": 60_000,
    "prompt_text_token_price_long_context": 40_000,
    "cached_prompt_text_token_price_long_context": 10_000,
    "completion_text_token_price_long_context": 120_000,
    "long_context_threshold": 200_000,
}


def counted_session(*texts: str, prompt: int, cached: int = 0, catalog: bool = True) -> Session:
    """Return a session of questions and replies, the last of which the API has counted: its prompt had this size."""
    session = session_of(*texts[:-1])
    usage = {"prompt_tokens": prompt, "completion_tokens": 9, "prompt_tokens_details": {"cached_tokens": cached}}
    session.add_message(body("assistant", texts[-1]), reply_fields={"usage": usage, "response_id": "r"})
    session.catalog = read_catalog({"data": [GROK]}) if catalog else {}
    return session


def shown(session: Session, line: str = "/context") -> ContextTable:
    table = run_command(session, line)
    assert isinstance(table, ContextTable)
    return table


def add_attached_file(session: Session) -> None:
    session.add_message(body("user", "File: main.c\n\n" + "int x;\n" * 500))
    session.add_message(body("user", "What is it?"))


# -- rows --------------------------------------------------------------------------------------------------------------


def test_the_messages_as_the_next_request_holds_them_with_the_apis_count_spread_over_them():
    session = counted_session("a" * 8000, "b" * 4000, "c" * 4000, "d" * 400, prompt=8000, cached=3000)
    table = shown(session)
    assert [(row.numbers, row.role, row.state) for row in table.rows] == [
        ("1", "user", "cached"),
        ("2", "assistant", "cached"),
        ("3", "user", "cached"),
        ("4", "assistant", ""),
    ]
    assert sum(row.tokens for row in table.rows) == table.tokens == session.requests.estimate().prompt_tokens
    assert [round(row.tokens, -2) for row in table.rows] == [4000, 2000, 2000, 200]
    assert table.roles == (
        ("user", sum(row.tokens for row in table.rows[::2])),
        ("assistant", table.tokens - sum(row.tokens for row in table.rows[::2])),
    )
    assert (table.context, table.step) == (500_000, 200_000)


def test_muted_messages_are_in_the_table_and_have_no_tokens():
    session = session_of("first", "reply", "second")
    session.mute([session.conversation.messages[1].id])
    row = shown(session).rows[1]
    assert (row.numbers, row.words, row.tokens, row.state, row.is_sent) == ("2", "reply", 0, "muted", False)


def test_attached_files_images_and_tool_calls_are_named_as_history_names_them():
    session = session_of()
    add_attached_file(session)
    session.add_message(
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x.org/a.png"}}]}
    )
    call = {
        "id": "c",
        "type": "function",
        "function": {"name": "weather", "arguments": '{"city": "' + "x" * 400 + '"}'},
    }
    session.add_message({"role": "assistant", "content": None, "tool_calls": [call]})
    history = run_command(session, "/history").rows
    rows = shown(session).rows
    assert [row.words for row in rows] == [row[3].text for row in history]
    assert rows[0].words == "attached: main.c · 4 kB"
    assert rows[2].tokens > 500
    assert rows[3].tokens > 100


def test_a_reply_that_streams_is_still_coming():
    session = session_of("first")
    session.add_partial("r", text="a part", reasoning="")
    assert [row.state for row in shown(session).rows] == ["", "still coming"]


def test_before_the_first_reply_the_numbers_are_an_estimate_and_that_is_said():
    table = shown(session_of("a" * 400))
    assert table.tokens == 104
    assert dict(table.facts)["counted"].startswith("estimated")
    assert "cached" not in dict(table.facts)


def test_a_long_list_has_the_largest_messages_and_the_others_in_groups():
    """/context all has each."""
    session = session_of(*(f"{number} {'long ' * 900 * (number == 50)}" for number in range(300)))
    table = shown(session)
    assert len(table.rows) <= 16
    assert "51" in [row.numbers for row in table.rows]
    assert sum(row.tokens for row in table.rows) == table.tokens
    assert table.rows[-1].words.endswith(" messages")
    assert table.hint == "/context all shows each message"
    whole = shown(session, "/context all")
    assert [row.numbers for row in whole.rows] == [str(number) for number in range(1, 301)]
    assert whole.hint == ""


def test_nothing_in_the_list():
    session = session_of()
    assert run_command(session, "/context") == Notice("No messages yet.")
    session.catalog = read_catalog({"data": [GROK]})
    assert run_command(session, "/context") == Notice("No messages yet. The model's context is 500k tokens.")


def test_all_muted():
    session = session_of("first", "reply")
    session.mute([message.id for message in session.conversation])
    table = shown(session)
    assert (table.tokens, table.savings) == (0, ())
    assert [row.state for row in table.rows] == ["muted", "muted"]


def test_without_the_list_of_models_there_is_no_window_and_no_cost():
    table = shown(counted_session("a" * 8000, "b", prompt=2000, cached=500, catalog=False))
    assert (table.context, table.step) == (None, None)
    assert "cost" not in dict(table.facts)


# -- below the rows ----------------------------------------------------------------------------------------------------


def test_what_is_cached_and_what_the_next_prompt_costs():
    session = counted_session("a" * 8000, "b" * 4000, "c" * 4000, "d" * 400, prompt=8000, cached=3000)
    facts = dict(shown(session).facts)
    cached = sum(row.tokens for row in shown(session).rows if row.state == "cached")
    assert facts["cached"] == f"#1-3, ~{cached:,} tokens, unchanged since the last request"
    assert facts["price"].startswith("2x from 200k tokens on, ~192k to go")
    assert facts["cost"] == "about $0.0044 for the next prompt"
    assert dict(shown(counted_session("a", "b", prompt=10, cached=3)).facts)["cost"] == "< $0.0001 for the next prompt"
    session.mute([session.conversation.messages[0].id])
    assert dict(shown(session).facts)["cached"].startswith("nothing")
    uncached = counted_session("a" * 8000, "b", prompt=2000)
    assert dict(shown(uncached).facts)["cached"] == "the API has reported no cached tokens"


def test_files_for_the_next_message_are_named_apart():
    session = session_of("first", "reply")
    session.attachments.append(Attachment("a.txt", "text", 4000, "x" * 4000))
    assert dict(shown(session).facts)["attached"] == "~1,000 tokens more with your next message"


def test_the_three_messages_that_would_save_most_with_the_command_to_type():
    """The figures are those of the rows; what the next request costs counts what is lost of the cache."""
    session = counted_session("a" * 8000, "b" * 40_000, "c" * 80, "d" * 4000, prompt=12_000, cached=11_000)
    table = shown(session)
    tokens = {row.numbers: row.tokens for row in table.rows}
    assert [saving[:2] for saving in table.savings] == [(f"/mute {n}", tokens[n]) for n in ("2", "1", "4")]
    effects = [saving[2] for saving in table.savings]
    assert effects[0].startswith("next request $0.0")
    assert effects[1].startswith("loses the cache from #1 on: next request $0.0")
    assert " more, later ones $0.0" in effects[1]
    for line, _, effect in table.savings:
        before = session.requests.estimate().prompt_ticks
        run_command(session, line)
        difference = session.requests.estimate().prompt_ticks - before
        session.undo(1)
        assert ("more" in effect) == (difference > 0)


def test_without_prices_a_saving_says_what_it_does_to_the_cache():
    session = counted_session("a" * 8000, "b" * 40, "c" * 80, "d" * 4000, prompt=3000, cached=900, catalog=False)
    assert [saving[2] for saving in shown(session).savings] == [
        "loses the cache from #1 on",
        "",
        "loses the cache from #3 on",
    ]


def test_a_tool_call_is_muted_with_its_results():
    """The API accepts neither alone."""
    session = session_of("long " * 90)
    call = {"id": "c", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    session.add_message({"role": "assistant", "content": None, "tool_calls": [call]})
    session.add_message({"role": "tool", "tool_call_id": "c", "content": "rain " * 900})
    session.add_message(body("assistant", "It rains."))
    rows = shown(session).rows
    assert [saving[:2] for saving in shown(session).savings] == [
        ("/mute 2..3", rows[1].tokens + rows[2].tokens),
        ("/mute 1", rows[0].tokens),
        ("/mute 4", rows[3].tokens),
    ]
    run_command(session, shown(session).savings[0][0])
    assert [row.state for row in shown(session).rows] == ["", "muted", "muted", ""]


def test_older_messages_can_be_compacted():
    """It names those that /compact would take; a summary has a row of its own in any list."""
    session = session_of(*("long " * 90 for _ in range(40)))
    table = shown(session)
    line, tokens, effect = table.savings[-1]
    assert (line, effect) == ("/compact", "sums up #1-38; the summary is sent instead")
    assert tokens == session.requests.estimate().prompt_tokens - sum(
        share.tokens for share in session.requests.shares()[38:]
    )
    head = "Summary of messages #1-30, which are no longer sent:"
    session.add_message(body("system", f"{head}\n\nLong."), before=session.conversation.messages[0].id)
    session.mute([message.id for message in session.conversation.messages[1:31]])
    assert [(row.numbers, row.words[: len(head)]) for row in shown(session).rows[:2]] == [
        ("1", head),
        ("2-31", "30 messages"),
    ]


def test_a_question_that_waits_for_its_answer_is_not_offered_and_neither_is_the_only_message():
    session = session_of("first", "reply", "long " * 900)
    assert [saving[0] for saving in shown(session).savings] == ["/mute 1", "/mute 2"]
    assert shown(session_of("alone")).savings == ()


def test_nothing_is_changed(tmp_path: Any):
    session = counted_session("a" * 8000, "b", prompt=2000, cached=500)
    before = session.encode(), session.requests.body()
    shown(session)
    assert (session.encode(), session.requests.body()) == before
