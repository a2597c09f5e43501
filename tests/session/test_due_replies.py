"""Deferred replies in the session: what is on the disk when, how long is waited, and what becomes of the list."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import timedelta
from random import Random

import httpx
import pytest
from failing_disk import Disk, Faults
from fake_api import JOB, USAGE
from folding import LISTED, fold, read
from support import KEY, journal_lines, make_environment
from virtual_time import VirtualLoop, run_virtually

from grokchat.api.client import Client
from grokchat.api.deferred import NoReplyError
from grokchat.api.reply_builder import Delta
from grokchat.config.secret import Secret
from grokchat.config.settings import Layer
from grokchat.errors import CommandError
from grokchat.messages import ReplyInfo, body, new_id
from grokchat.session.deferred_replies import check_none_awaited, find_due_reply, save_reply
from grokchat.session.due_replies import DueReply, find_due
from grokchat.session.exchange import Event, Finished, Waiting, await_reply, describe_wait, exchange
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.system.files import read_file

READY = {
    "id": "r-1",
    "model": "grok-4.7",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Forty-two."}, "finish_reason": "stop"}],
    "usage": USAGE,
}


class Api:
    """An API whose job is ready after some seconds of virtual time; `asked_at` are the times of the questions."""

    def __init__(self, loop: VirtualLoop, ready_s: float, home) -> None:
        self.asked_at: list[float] = []
        self.posts = 0
        self.watch = lambda: None
        self._loop = loop
        self._ready_s = ready_s
        self.environment = make_environment(
            home,
            transport=httpx.MockTransport(self._respond),
            sleep=asyncio.sleep,
            now=loop.date,
            clock=loop.time,
        )

    async def _respond(self, request: httpx.Request) -> httpx.Response:
        self.watch()
        if request.method == "POST":
            self.posts += 1
            return httpx.Response(200, json={"request_id": JOB})
        self.asked_at.append(self._loop.now)
        return httpx.Response(200, json=READY) if self._loop.now >= self._ready_s else httpx.Response(202)

    def client(self, session: Session) -> Client:
        return Client(self.environment, session.settings, Secret(KEY))


async def collect(stream: AsyncGenerator[Event, None]) -> list[Event]:
    """Return all events; raises what the stream raises."""
    async with aclosing(stream) as events:
        return [event async for event in events]


def new_session(tmp_path, now) -> Session:
    session = Session.new(SessionConfig(tmp_path, [Layer("a test", {}, {"deferred": True})], now=now))
    session.add_message(body("user", "One?"))
    return session


def test_the_waits_grow_from_2_to_30_seconds(tmp_path):
    async def run(loop):
        api = Api(loop, 300.0, tmp_path)
        session = new_session(tmp_path, loop.date)
        stream = exchange(session, api.client(session), api.environment, session.settings)
        found = await collect(stream)
        assert isinstance(found[-1], Finished)
        waits = [later - earlier for earlier, later in zip([0.0, *api.asked_at], api.asked_at, strict=False)]
        assert waits[0] == 2.0
        assert waits == sorted(waits)
        assert max(waits) == 30.0
        assert session.conversation.messages[-1].reply.elapsed_s >= 300
        assert api.posts == 1

    run_virtually(run)


def test_after_24_hours_the_job_is_gone(tmp_path):
    async def run(loop):
        api = Api(loop, float("inf"), tmp_path)
        session = new_session(tmp_path, loop.date)
        stream = exchange(session, api.client(session), api.environment, session.settings)
        with pytest.raises(NoReplyError, match="24 h"):
            await collect(stream)
        assert 86_400 <= loop.now < 86_400 + 60
        assert session.due_replies == []
        assert [message.text for message in session.conversation] == ["One?"]

    run_virtually(run)


def test_the_clock_on_the_wall_counts_after_a_restart(tmp_path):
    async def run(loop):
        api = Api(loop, float("inf"), tmp_path)
        session = new_session(tmp_path, lambda: loop.date() - timedelta(hours=25))
        session.add_due(DueReply("R", JOB, session.conversation.messages[0].id, "x", since=loop.date()))
        session.close()
        again = Session.open(
            session.config, tmp_path / f"{session.id}.jsonl", read_file(tmp_path / f"{session.id}.jsonl")
        )
        due = find_due_reply(again)
        stream = await_reply(again, api.client(again), api.environment, again.settings, due)
        with pytest.raises(NoReplyError):
            await collect(stream)
        assert len(api.asked_at) == 1
        again.close()

    run_virtually(run)


def test_the_id_and_the_reply_are_synced_before_anything_else(tmp_path, monkeypatch):
    """The id before the first question, the reply before it is shown: a power loss takes neither."""

    async def run(loop):
        disk = Disk(monkeypatch, tmp_path)
        api = Api(loop, 10.0, tmp_path)
        session = new_session(tmp_path / "sessions", loop.date)

        def watch() -> None:
            if api.posts:
                assert JOB.encode() in disk.left_of(session.path)

        api.watch = watch
        async with aclosing(exchange(session, api.client(session), api.environment, session.settings)) as events:
            async for event in events:
                if isinstance(event, Delta):
                    assert b"Forty-two." in disk.left_of(session.path)
                    assert b'"usage"' in disk.left_of(session.path)
        session.close()

    run_virtually(run)


def test_a_full_disk_does_not_end_the_wait_and_the_id_is_said(tmp_path, monkeypatch):
    async def run(loop):
        api = Api(loop, 10.0, tmp_path)
        session = new_session(tmp_path / "sessions", loop.date)
        Faults(monkeypatch, many=100_000, kinds=["write"])
        found = await collect(exchange(session, api.client(session), api.environment, session.settings))
        assert JOB in next(describe_wait(event) for event in found if isinstance(event, Waiting))
        assert session.conversation.messages[-1].text == "Forty-two."

    run_virtually(run)


@pytest.mark.parametrize("seed", range(40))
def test_any_changes_of_the_list_meanwhile_leave_a_list_that_every_reader_has(tmp_path, seed):
    """Wherever the file ends, too; and the reply stands behind its question, or nowhere."""
    chance = Random(seed)
    config = SessionConfig(tmp_path)
    session = Session.new(config)
    session.add_message(body("system", "Be brief."))
    with session.as_one_change():
        question_id = session.add_message(body("user", "One?"))
        session.add_due(DueReply("R", JOB, question_id, question_id, since=config.now()))
    for _ in range(chance.randrange(6)):
        change_something(session, chance)
    [due] = session.due_replies
    before = [message.id for message in session.conversation]
    replies = [
        (body("assistant", text), ReplyInfo(model="m", usage=USAGE)) for text in ("a", "b")[: chance.choice((1, 2))]
    ]
    save_reply(session, due, replies)
    after = [message.id for message in session.conversation]
    assert [one for one in after if one != "R"] == before
    if question_id in before:
        assert after.index("R") == after.index(question_id) + 1
        session.undo(1)
        assert "R" not in [message.id for message in session.conversation]
        session.redo(1)
        assert [message.id for message in session.conversation] == after
    assert session.due_replies == []
    session.close()
    lines = (tmp_path / f"{session.id}.jsonl").read_bytes().split(b"\n")[:-1]
    for count in range(2, len(lines) + 1):
        path = tmp_path / "cut.jsonl"
        path.write_bytes(b"".join(line + b"\n" for line in lines[:count]))
        cut = Session.open(config, path, path.read_bytes())
        has_reply = any(b'"id":"R"' in line for line in lines[:count])
        is_announced = any(b'"reply":"R"' in line for line in lines[:count])
        assert bool(cut.due_replies) == (is_announced and not has_reply)
        cut.rename("appended")
        known = [event for event in read(path.read_bytes()) if event["type"] in LISTED]
        assert [row.id for row in fold(known).rows] == [message.id for message in cut.conversation]
        cut.close()


def change_something(session: Session, chance: Random) -> None:
    ids = [message.id for message in session.conversation]
    kind = chance.choice(("add", "insert", "remove", "move", "mute", "undo", "redo", "replace"))
    if kind == "add" or not ids:
        session.add_message(body("system", new_id()))
    elif kind == "insert":
        session.add_message(body("system", new_id()), before=chance.choice(ids))
    elif kind == "remove":
        session.remove([chance.choice(ids)])
    elif kind == "move":
        session.move([chance.choice(ids)], before=chance.choice(ids))
    elif kind == "mute":
        session.mute([chance.choice(ids)])
    elif kind == "undo":
        session.undo(1)
    elif kind == "redo":
        session.redo(1)
    else:
        session.add_message(body("user", new_id()), replaces=chance.choice(ids))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"request": 1, "reply": "R", "question": "Q"},
        {"request": JOB, "reply": "", "question": "Q"},
        {"request": JOB, "reply": "R"},
        {"request": JOB, "reply": "R", "question": "Q", "time": "never"},
        {"request": JOB, "reply": "R", "question": "Q", "ended": []},
        {"request": JOB, "reply": ["R"], "ended": "gone"},
    ],
)
def test_a_damaged_event_announces_nothing(fields):
    assert find_due([{"type": "deferred", "id": "d", "time": "2026-01-01T00:00:00Z", **fields}]) == []


def test_hostile_fields_are_left_out():
    event = {"request": JOB, "reply": "R", "question": "Q", "drops": [1, "x"], "params": [], "model": 3, "base_url": {}}
    [due] = find_due(
        [{"type": "deferred", "id": "d", "time": "2026-01-01T00:00:00Z", "after": 5, "change": 7, **event}]
    )
    assert (due.dropped, due.params, due.model, due.base_url, due.after_id) == (("x",), None, None, "", "Q")


def test_a_list_that_waits_is_never_sent(tmp_path):
    session = Session.new(SessionConfig(tmp_path))
    question_id = session.add_message(body("user", "One?"))
    session.add_due(DueReply("R", JOB, question_id, question_id, since=session.config.now()))
    with pytest.raises(CommandError, match="A reply to #1 has been due"):
        check_none_awaited(session)
    session.undo(1)
    check_none_awaited(session)
    session.close()
    assert [line["type"] for line in journal_lines(tmp_path / f"{session.id}.jsonl")][2] == "deferred"
