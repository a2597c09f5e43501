"""Several models asked at once, on a disk that is full for a while, and in a file that a crash has cut."""

from __future__ import annotations

import pytest
from failing_disk import Faults
from properties.test_several_models_properties import Outcome, ask, lines_of, listed, reread

from grokchat.session.session import Session

OUTCOMES = [
    Outcome(((0, "Hm"),), ((1, "From "), (2, "A")), 1, "stop"),
    Outcome((), ((0, "From B"),), 0, "stop"),
    Outcome((), (), 1, "refused"),
    Outcome((), ((1, "From D"),), 0, "cut"),
]
STOPPED = [
    Outcome((), (), 1, "stop"),
    Outcome((), ((0, "Begun"),), 1, "stop"),
    Outcome((), ((0, "From C"),), 0, "stop"),
    Outcome((), (), 1, "stop"),
    Outcome((), ((0, "From E"),), 0, "stop"),
    Outcome((), ((0, "Begun, too"),), 1, "stop"),
    Outcome((), ((0, "From G"),), 0, "stop"),
]


@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("is_retry", [False, True])
def test_a_disk_that_is_full_for_a_while_loses_no_reply(tmp_path, monkeypatch, short, is_retry):
    """Whichever write or sync fails: what could not be written follows later, and the file has it once."""
    for first in range(1, 100):
        folder = tmp_path / str(first)
        folder.mkdir()
        with monkeypatch.context() as patch:
            faults = Faults(patch, first=first, many=3, kinds={"write", "fsync"}, short=short)
            asked = ask(folder, OUTCOMES, None, is_retry=is_retry)
        asked.session.close()
        if not faults.failed:
            break
        assert listed(asked.session) == [("user", "hi"), ("assistant", "From A")]
        again = reread(asked.path, asked.path.read_bytes())
        assert listed(again) == listed(asked.session)
        entries = again.alternatives.of(again.conversation.messages[-1].id)
        texts = [again.alternatives.message(entry.shown_id).text for entry in entries]
        assert texts == ["the old reply"] * is_retry + ["From A", "From B", "From D"]
        assert again.totals.usage.cost_ticks == 11
        ids = [event["id"] for event in lines_of(asked.path.read_bytes())]
        assert len(set(ids)) == len(ids)
    assert first > 10


@pytest.mark.parametrize("is_retry", [False, True])
@pytest.mark.parametrize(("outcomes", "stop_at"), [(OUTCOMES, None), (STOPPED, 0.5)])
def test_a_crash_at_any_line_leaves_each_reply_once_and_its_cost_once(tmp_path, outcomes, stop_at, is_retry):
    """Also between the lines of the replies, some of which are in the file twice then: once as received."""
    asked = ask(tmp_path, outcomes, stop_at, is_retry=is_retry)
    asked.session.close()
    data = asked.path.read_bytes()
    before = listed(reread(asked.path, data))[:1] + [("assistant", "the old reply")] * is_retry
    every = [text for _, text, _ in (outcome.arrived(stop_at or 1000.0) for outcome in outcomes)]
    ends = [at + 1 for at, byte in enumerate(data) if byte == 10]
    for end in ends[next(number for number, line in enumerate(lines_of(data)) if line["type"] == "received") :]:
        session = reread(asked.path, data[:end])
        again = reread(asked.path, session.encode())
        assert (listed(again), again.encode()) == (listed(session), session.encode())
        texts = all_texts(again)
        assert len(set(texts)) == len(texts)
        received = [line for line in lines_of(data[:end]) if line["type"] == "received"]
        assert {line["message"]["content"] for line in received} <= set(texts)
        assert [text for text in texts if text in every] == [text for text in every if text in texts]
        costs = sum(line["usage"]["cost_in_usd_ticks"] for line in received if "usage" in line)
        assert costs <= again.totals.usage.cost_ticks <= asked.session.totals.usage.cost_ticks
        assert again.totals.usage == session.totals.usage
        if listed(again) != before:
            again.undo(1)
            assert listed(again) == (before if is_retry else [])


def all_texts(session: Session) -> list[str]:
    """Return the last reply and its alternatives."""
    last = session.conversation.messages[-1]
    assert last.role == "assistant"
    return [session.alternatives.message(entry.shown_id).text for entry in session.alternatives.of(last.id)] or [
        last.text
    ]
