"""Random session files, against a second reader that keeps a copy of every state.

`GROKCHAT_EXAMPLES=N` makes a long run.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import suppress
from pathlib import Path

from folding import ROOT, Reader, fold, random_events, random_file, read
from hypothesis import given
from hypothesis import strategies as st

from grokchat.errors import CommandError
from grokchat.messages import body
from grokchat.session import journal
from grokchat.session.history import History, fold_events
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.session.summary import read_summary

CHANCE = st.randoms(use_true_random=False)
COUNTS = st.integers(0, 30)


def rows(conversation):
    return [
        (item.id, item.role, item.text, item.body.get("reasoning_content", ""), item.is_interrupted)
        for item in conversation
    ]


def look(conversation):
    return rows(conversation), set(conversation.muted)


def expected(state):
    return [(row.id, row.role, row.text, row.reasoning, row.cut) for row in state.rows], state.muted


@given(CHANCE, COUNTS)
def test_the_list_is_the_same_whenever_it_is_looked_at(chance, count):
    """After each event, now and then, or once at the end."""
    events = random_events(chance, count)
    always, sometimes, reader = History(ROOT), History(ROOT), Reader()
    for event in events:
        always.apply(event)
        sometimes.apply(event)
        reader.apply(event)
        assert look(always.conversation) == expected(reader.now)
        if chance.random() < 0.3:
            assert look(sometimes.conversation) == expected(reader.now)
            sometimes.last_request()
    once = History(ROOT, events)
    assert look(once.conversation) == look(sometimes.conversation) == expected(reader.now)
    assert look(fold_events(ROOT, events)) == expected(reader.finished())
    assert once.last_request() == always.last_request() == sometimes.last_request()
    assert once.undoable(99) == always.undoable(99) == sometimes.undoable(99)


@given(CHANCE, COUNTS, st.integers(0, 1000))
def test_reading_the_first_part_and_then_the_rest_is_the_same(chance, count, place):
    """The rest may name any event of the first part."""
    events = random_events(chance, count)
    cut = place % (len(events) + 1)
    history = History(ROOT, events[:cut])
    for event in events[cut:]:
        history.apply(event)
    assert look(history.conversation) == look(History(ROOT, events).conversation)
    assert history.torn_change == History(ROOT, events).torn_change


@given(CHANCE, COUNTS)
def test_every_state_can_be_gone_back_to(chance, count):
    history, reader = History(ROOT), Reader()
    for event in random_events(chance, count):
        history.apply(event)
        reader.apply(event)
    for name, state in reader.after.copy().items():
        history.apply({"type": "rewind", "id": f"back to {name}", "to": name})
        assert look(history.conversation) == expected(state)


@given(CHANCE, COUNTS)
def test_a_file_is_the_same_in_the_list_of_sessions_in_a_request_and_after_each_restart(chance, count):
    """Whatever wrote its lines, and wherever a program was killed that had it open."""
    data = random_file(chance, random_events(chance, count))
    rest = journal.encode({"type": "message", "id": "z", "message": body("user", "and")})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.jsonl"
        for added in (b"", b"", b"\n" + rest, rest, b""):
            path.write_bytes(data + added)
            data = written_on(path, chance)


def written_on(path: Path, chance) -> bytes:
    """Open a file, compare its content, write a message and be killed; return the file's content."""
    data = path.read_bytes()
    state = fold(read(data))
    assert look(fold_events(ROOT, journal.decode(journal.without_superseded_partials(data)).events)) == expected(state)
    assert read_summary(path, data).messages == len(state.rows)
    session = Session.open(SessionConfig(path.parent), path, data)
    if chance.random() < 0.7:
        assert look(session.conversation) == expected(state)
        sent = [(message["role"], message["content"]) for message in json.loads(session.requests.body())["messages"]]
        assert sent == [(row.role, row.text) for row in state.sent()]
    with suppress(CommandError):  # two events have the id that names the state before
        session.undo(chance.choice([0, 1, 3]))
    session.add_message(body(chance.choice(["user", "assistant"]), "more"))
    now = path.read_bytes()
    assert now.startswith(data)
    assert look(session.conversation) == expected(fold(read(now)))
    session.close()
    return now


@given(CHANCE, COUNTS)
def test_the_questions_of_all_replies_at_once_are_those_of_each(chance, count):
    """Also on branches that /undo left; `/fork` asks for all, and a pass for each would take minutes."""
    events = random_events(chance, count)
    history = History(ROOT, events)
    ids = [event[key] for event in events for key in ("id", "reply") if key in event]
    found = history.questions_of(ids)
    assert {reply_id: found.get(reply_id) for reply_id in ids} == {
        reply_id: history.question_of(reply_id) for reply_id in ids
    }
