"""Compaction: which messages, in which parts, and what stands in the file afterwards, wherever it is cut off."""

from __future__ import annotations

import pytest
from command_sessions import refusal, run_command, session_of

from grokchat import messages
from grokchat.message_summaries import is_instruction, is_summary, write_instruction, write_summary
from grokchat.session import journal
from grokchat.session.compaction import apply_compaction, find_default_range, find_groups, plan_compaction
from grokchat.session.estimate import TokenEstimator
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.session.summary_parts import SummaryParts

ROLES = {"s": "system", "u": "user", "a": "assistant", "S": "summary", "c": "call", "t": "tool"}


def session_with(letters: str) -> Session:
    """Return a session with a message for each letter; upper case but S is muted: `sUAua`."""
    session = Session.new(SessionConfig(None))
    for number, letter in enumerate(letters, 1):
        role = ROLES[letter if letter == "S" else letter.lower()]
        match role:
            case "summary":
                body = messages.body("system", write_summary(f"text {number}", "#3-10", 8))
            case "call":
                call = {"id": f"id{number}", "type": "function", "function": {"name": "f", "arguments": "{}"}}
                body = {"role": "assistant", "content": None, "tool_calls": [call]}
            case "tool":
                called = max(at for at, other in enumerate(letters[:number], 1) if other.lower() == "c")
                body = {"role": "tool", "tool_call_id": f"id{called}", "content": f"text {number}"}
            case _:
                body = messages.body(role, f"text {number}")
        message_id = session.add_message(body)
        if letter.isupper() and letter != "S":
            session.mute([message_id])
    return session


@pytest.mark.parametrize(
    ("letters", "numbers"),
    [
        ("uauaua", (1, 2, 3, 4)),
        ("suaua", (2, 3)),
        ("ssuaua", (3, 4)),
        ("suasua", (2, 3, 4)),  # a system message that does not lead
        ("uauuua", (1, 2)),  # what was attached before the question belongs to it
        ("uauas", (1, 2)),  # and what follows the reply
        ("uaua" + "u", (1, 2, 3, 4)),  # an unanswered question is the last exchange
        ("Suaua", (1, 2, 3)),  # an earlier summary, also at #1
        ("sSuaua", (2, 3, 4)),
        ("SUAuaua", (1, 4, 5)),  # muted messages are left out
        ("uaUAua", (1, 2)),
        ("uauaUA", (1, 2)),  # the last exchange is one that is sent
        ("ucttaua", (1, 2, 3, 4, 5)),
        ("", ()),
        ("ua", ()),
        ("ssua", ()),
        ("Sua", ()),  # nothing has come after the summary
        ("sSUAua", ()),
        ("aaa", (1, 2)),
    ],
)
def test_the_default_range(letters, numbers):
    """All but leading system messages and the last exchange; an earlier summary is part of it."""
    assert find_default_range(session_with(letters).conversation) == numbers


@pytest.mark.parametrize(
    ("letters", "chosen", "numbers", "added"),
    [
        ("uaua", (2, 3), (2, 3), ()),
        ("uaua", (1, 3), (1, 3), ()),
        ("uAua", (1, 2, 3), (1, 3), ()),
        ("ucta", (2,), (2, 3), (3,)),
        ("ucta", (3,), (2, 3), (2,)),
        ("ucttaua", (1, 3), (1, 2, 3, 4), (2, 4)),
        ("uctaucta", (2, 6), (2, 3, 6, 7), (3, 7)),
        ("ucTa", (2,), (2,), ()),  # its result is muted: it is not sent anyway
        ("c", (1,), (1,), ()),  # a call that nothing answers yet
    ],
)
def test_a_range_is_what_is_sent_of_it_and_the_other_halves_of_its_tool_calls(letters, chosen, numbers, added):
    plan = plan_compaction(session_with(letters).conversation, chosen)
    assert (plan.numbers, plan.added) == (numbers, added)
    assert plan.numbers_after == tuple(number + 1 for number in numbers)


class Counted(int):
    """A number of tokens that counts the additions of it."""

    additions = 0

    def __add__(self, other: int) -> Counted:
        Counted.additions += 1
        return Counted(int(self) + other)

    __radd__ = __add__


def test_planning_is_linear(monkeypatch):
    """The size of each message is added to others a few times, not once for every other message."""
    session = session_of(*map(str, range(300)))
    monkeypatch.setattr(TokenEstimator, "message_tokens", lambda *_: Counted(7))
    monkeypatch.setattr(Counted, "additions", 0)
    parts = SummaryParts(session, plan_compaction(session.conversation), "Summarize.")
    parts.accept(parts.take(), "Numbers.")
    assert Counted.additions < 20 * 300


def test_no_part_separates_a_tool_call_from_its_results():
    listed = session_with("ucttauct").conversation.messages
    assert find_groups(listed) == [range(1), range(1, 4), range(4, 5), range(5, 6), range(6, 8)]


@pytest.mark.parametrize(
    ("letters", "line", "told"),
    [
        ("", "/compact", "there are no messages yet."),
        ("", "/compact 1", "There are no messages yet."),
        ("ua", "/compact", "Nothing to compact before the last exchange. /compact RANGE compacts"),
        ("Sua", "/compact", "Nothing to compact before the last exchange but the summary #1."),
        ("uaUA", "/compact 3..4", "Nothing to compact: these messages are muted, so they are not sent anyway."),
        ("uaua", "/compact 3..9", "3..9 is out of range; the list is #1-4."),
        ("uaua", "/compact 2025 was the year", "#2025 is out of range; the list is #1-4. -- before a HINT says that"),
        ("uaua", "/compact 4..2", "4..2 is out of range"),
        ("uaua", "/compact 0", "#0 is out of range"),
        ("uaua", "/compact 2..x", 'RANGE must be N, N..M, N.. or a comma list of these, not "2..x". -- before a HINT'),
        ("uaua", "/compact 1,,3 keep names", 'not "1,,3"'),
        ("uaua", "/compact 2...3", 'not "2...3"'),
        ("uaua", "/compact ..3", 'not "..3"'),
        ("uaua", "/compact 2\u20134 keep names", 'not "2\u20134"'),
        ("uaua", "/compact #x", None),
        ("uaua", "/compact 2-fold", None),
        ("uaua", "/compact 3.5 is the version", None),
    ],
)
def test_a_range_with_nothing_to_send_or_mistyped_is_one_clear_error(letters, line, told):
    """A first word that does not look like a RANGE is a hint."""
    session = session_with(letters)
    if told is None:
        assert run_command(session_with("uauaua"), line).hint == line.removeprefix("/compact ")
    else:
        assert told in refusal(session, line)


@pytest.mark.parametrize(
    ("arguments", "numbers", "hint"),
    [
        ("", (1, 2, 3, 4), ""),
        (" 2", (2,), ""),
        (" #2-4", (2, 3, 4), ""),
        (" #3", (3,), ""),
        (" 5..", (5, 6), ""),
        (" 2,4..5 keep the code", (2, 4, 5), "keep the code"),
        (" keep 2 of 3 \\n lines", (1, 2, 3, 4), "keep 2 of 3 \\n lines"),
        (" 3 - keep names", (3,), "- keep names"),
        (" 2 .. 3 keep names", (2, 3), "keep names"),
        (" 2, 4 keep names", (2, 4), "keep names"),
        (" -- 3 sentences", (1, 2, 3, 4), "3 sentences"),
        (" --", (1, 2, 3, 4), ""),
        (" 2..3 first\nsecond", (2, 3), "first\nsecond"),
        (" 'as it is", (1, 2, 3, 4), "'as it is"),
    ],
)
def test_a_first_word_that_is_a_range_is_the_range_and_the_rest_is_the_hint(arguments, numbers, hint):
    outcome = run_command(session_with("uauaua"), f"/compact{arguments}")
    assert (outcome.compaction.numbers, outcome.hint) == (numbers, hint)


def test_a_summary_is_recognised_by_its_first_line():
    for numbers, count in (("#3-10", 8), ("#3", 1), ("#1, #3-5", 4), ("#1, #3, … (1,200 messages)", 1200)):
        text = write_summary(" text\n", numbers, count)
        assert is_summary(messages.body("system", text))
        assert is_summary(messages.body("system", f"{text} and more"))
        assert text.endswith(":\n\ntext")
        assert not is_summary(messages.body("user", text))
        assert not is_summary(messages.body("system", f" {text}"))
    assert write_summary("x", "#3", 1).startswith("Summary of message #3, which is no longer sent:\n")
    assert not is_summary({"role": "system", "content": [{"type": "text", "text": text}]})


def test_an_instruction_is_recognised_and_a_hint_is_its_end():
    assert is_instruction(write_instruction())
    assert write_instruction("names, please").endswith(" names, please")
    assert not is_instruction("Summarize the messages above.")


# -- the file ----------------------------------------------------------------------------------------------------------


def test_a_file_cut_off_anywhere_has_the_list_as_it_was_or_the_whole_change(tmp_path):
    """Also in the middle of a line; the torn change is rolled back, and the summary's cost stays."""
    config = SessionConfig(tmp_path)
    session = Session.new(config)
    for role in ("user", "assistant", "user", "assistant"):
        session.add_message(messages.body(role, role))
    before = look(session)
    unchanged = len(session.encode())
    info = messages.ReplyInfo(model="m", finish_reason="stop", usage={"prompt_tokens": 9, "cost_in_usd_ticks": 7})
    session.add_summary("The text.", info)
    apply_compaction(session, plan_compaction(session.conversation, (1, 2)), "The text.", "#2-3")
    after, data = look(session), session.encode()
    session.close()
    for end in range(unchanged, len(data) + 1):
        path = tmp_path / "cut.jsonl"
        path.write_bytes(data[:end])
        opened = Session.open(config, path, data[:end])
        assert look(opened) in (before, after)
        assert (look(opened) == after) == (end >= len(data) - 1)
        opened.add_message(messages.body("user", "more"))  # which writes the rewind of a torn change
        opened.close()
        again = Session.open(config, path, path.read_bytes())
        assert look(again)[:-1] in (before, after)
        assert not again.damage or end not in {unchanged, len(data)}
        again.close()
    assert opened.totals.summaries is not None
    assert opened.totals.usage.cost_ticks == 7


def test_a_session_that_another_process_has_open_is_not_compacted(tmp_path):
    config = SessionConfig(tmp_path)
    session = Session.new(config)
    for role in ("user", "assistant", "user"):
        session.add_message(messages.body(role, role))
    assert session.path is not None
    other = Session.open(config, session.path, session.path.read_bytes())
    assert refusal(other, "/compact").startswith("Not changed. This session is open in ")
    other.close()
    session.close()


def look(session: Session) -> list[tuple[str, str, bool]]:
    conversation = session.conversation
    return [(message.role, message.text, message.id in conversation.muted) for message in conversation]


def test_a_summary_event_changes_neither_the_list_nor_what_undo_undoes():
    session = session_of("one", "two")
    state, before = session.state_id, look(session)
    session.add_summary("A part", messages.ReplyInfo(finish_reason="interrupted", response_id="r", model="m"))
    assert (session.state_id, look(session)) == (state, before)
    assert "change" not in journal.decode(session.encode()).events[-1]
    assert session.totals.unreported != []
    run_command(session, "/undo")
    assert look(session) == before[:1]


@pytest.mark.parametrize("is_asked_since", [True, False])
def test_a_fork_of_a_compacted_session_has_the_same_estimate(is_asked_since):
    """Whether what is muted was sent with the last request or not, whose tokens the API has counted."""
    usage = {"prompt_tokens": 9000, "prompt_tokens_details": {"cached_tokens": 64}}
    session = session_of(*["word " * 3000] * 3)
    session.add_reply("r", messages.body("assistant", "yes"), messages.ReplyInfo(response_id="r", usage=usage))
    apply_compaction(session, plan_compaction(session.conversation, [1, 2, 3]), "The text.", "#2-4")
    if is_asked_since:
        session.add_message(messages.body("user", "and now?"))
        info = messages.ReplyInfo(response_id="s", usage=usage | {"prompt_tokens": 60})
        session.add_reply("s", messages.body("assistant", "no"), info)
    estimate = session.requests.estimate()
    assert estimate.prompt_tokens > 15
    assert session.fork().requests.estimate().prompt_tokens == estimate.prompt_tokens
    if is_asked_since:
        assert session.fork().requests.estimate() == estimate


def test_a_fork_keeps_the_summary_and_what_it_muted():
    session = session_of("one", "two", "three", "four")
    apply_compaction(session, plan_compaction(session.conversation), "The text.", "#2-3")
    assert look(session.fork()) == look(session)
    assert find_default_range(session.fork().conversation) == ()
