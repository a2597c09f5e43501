"""Several models asked at once, with random outcomes, against a naive model of what is kept, and where."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fake_api import chunk
from hypothesis import given
from hypothesis import strategies as st
from support import make_environment
from virtual_time import VirtualLoop, run_virtually

from grokchat import messages
from grokchat.api.client import Attempt, Retrying
from grokchat.api.reply_builder import Delta, ReplyBuilder
from grokchat.config.settings import Settings
from grokchat.errors import ApiError, BrokenReplyError, RefusedError
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.session.several_models import ModelReplies, requests_for

QUESTION, OLD = messages.body("user", "hi"), messages.body("assistant", "the old reply")
PIECES = st.sampled_from([" ", "\n", "a", "b c", "**d**", "é"])


@dataclass(frozen=True)
class Outcome:
    """What one model does: pieces of reasoning, pieces of text, each after whole seconds, and then an end."""

    reasoning: tuple[tuple[int, str], ...]
    text: tuple[tuple[int, str], ...]
    last_pause: int
    end: str

    def arrived(self, until: float) -> tuple[str, str, bool]:
        """Return the reasoning and the text that have arrived at a time, and whether it has ended by then."""
        now, texts = 0, ["", ""]
        for kind, pieces in enumerate((self.reasoning, self.text)):
            for pause, piece in pieces:
                now += pause
                texts[kind] += piece if now < until else ""
        return texts[0], texts[1], now + self.last_pause < until


def pieces(size: int) -> st.SearchStrategy[tuple[tuple[int, str], ...]]:
    return st.lists(st.tuples(st.integers(0, 2), PIECES), max_size=size).map(tuple)


OUTCOMES = st.builds(
    Outcome, pieces(2), pieces(4), st.integers(0, 2), st.sampled_from(["stop", "stop", "length", "refused", "cut"])
)


class ScriptedClient:
    """Plays the outcomes; the n-th model is called `mN`."""

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        self.outcomes = outcomes

    async def reply(
        self, body: bytes, *, conversation_id: str, settings: Settings
    ) -> AsyncGenerator[Attempt | Retrying | Delta, None]:
        number = int(settings.model[1:])
        outcome, builder = self.outcomes[number], ReplyBuilder()
        yield Attempt(builder)
        for name, parts in (("reasoning_content", outcome.reasoning), ("content", outcome.text)):
            for pause, piece in parts:
                await asyncio.sleep(pause)
                delta = builder.feed({**chunk({name: piece}), "model": settings.model})
                if delta.text or delta.reasoning:
                    yield delta
        await asyncio.sleep(outcome.last_pause)
        if outcome.end == "refused":
            raise RefusedError("No.")
        if outcome.end == "cut":
            raise BrokenReplyError("It broke off.")
        usage = {"prompt_tokens": 1, "completion_tokens": 10**number, "cost_in_usd_ticks": 10**number}
        builder.feed({**chunk(finish=outcome.end, usage=usage), "model": settings.model})
        last = builder.close()
        if last.text:
            yield last


@dataclass
class Asked:
    """A session in which the models were asked."""

    session: Session
    path: Path
    shown: dict[str, str] = field(default_factory=dict)
    errors: dict[str, ApiError] = field(default_factory=dict)
    stopped: bool = False


def ask(folder: Path, outcomes: Sequence[Outcome], stop_at: float | None, *, is_retry: bool) -> Asked:
    """Ask the models in a session on disk, read one reply after the other, and stop at a time."""

    async def run(loop: VirtualLoop) -> Asked:
        environment = make_environment(folder, clock=loop.time, sleep=asyncio.sleep)
        session = Session.new(SessionConfig(folder, now=loop.date))
        if is_retry:
            with session.as_one_change():
                session.add_message(QUESTION)
                old = session.add_message(OLD, reply_fields={"model": "old", "response_id": "old"})
        asked = Asked(session, folder / f"{session.id}.jsonl")
        requests = requests_for(session.settings, [f"m{number}" for number in range(len(outcomes))])
        client: Any = ScriptedClient(outcomes)

        async def read_all() -> None:
            replies, before = [], session.state_id
            try:
                with session.as_one_change():
                    if is_retry:
                        session.remove([old], more=True)
                    else:
                        session.add_message(QUESTION)
                    try:
                        async with ModelReplies(session, client, environment, requests) as replies:
                            for reply in replies:
                                await read(reply)
                    finally:
                        if session.conversation.messages[-1].role == "user" and is_retry:
                            session.rewind(before)
            finally:
                for reply in replies:
                    asked.shown[reply.model] = asked.shown.get(reply.model, "") + reply.take_unread().text

        async def read(reply) -> None:
            try:
                async for event in reply.stream():
                    if isinstance(event, Delta):
                        asked.shown[reply.model] = asked.shown.get(reply.model, "") + event.text
            except ApiError as error:
                asked.errors[reply.model] = error

        task = asyncio.create_task(read_all())
        if stop_at is not None:
            loop.call_later(stop_at, task.cancel)
        with suppress(asyncio.CancelledError):
            await task
        asked.stopped = task.cancelled()
        return asked

    return run_virtually(run)


def listed(session: Session) -> list[tuple[str, str]]:
    return [(message.role, message.text) for message in session.conversation]


def reread(path: Path, data: bytes) -> Session:
    return Session.open(SessionConfig(None), path, data)


@given(
    outcomes=st.lists(OUTCOMES, min_size=1, max_size=4),
    stop_at=st.none() | st.integers(0, 14).map(lambda second: second + 0.5),
    is_retry=st.booleans(),
)
def test_everything_that_arrived_is_kept_the_first_with_text_is_current(outcomes, stop_at, is_retry):
    """The others are its alternatives, in the order asked. So it is after a restart, and after a kill at any time."""
    with tempfile.TemporaryDirectory() as folder:
        asked = ask(Path(folder), outcomes, stop_at, is_retry=is_retry)
        until = stop_at if stop_at is not None else 1000.0
        arrived = [outcome.arrived(until) for outcome in outcomes]
        kept = [number for number, (_, text, _) in enumerate(arrived) if text.strip()]
        session = asked.session

        # Everything that arrived was readable, also what came after the reader had stopped.
        for number, (_, text, _) in enumerate(arrived):
            assert asked.shown.get(f"m{number}", "") == text

        # The list, as it is and as another process reads it.
        old = [("assistant", "the old reply")] * is_retry
        assert listed(session) == [("user", "hi"), *([("assistant", arrived[kept[0]][1])] if kept else old)]
        assert listed(reread(asked.path, asked.path.read_bytes())) == listed(session)
        assert session.incoming_reply_id is None

        # The alternatives in the order asked, the old reply first.
        if kept:
            current = session.conversation.messages[-1]
            entries = session.alternatives.of(current.id)
            found = [session.alternatives.message(entry.shown_id) for entry in entries] or [current]
            texts = ["the old reply"] * is_retry + [arrived[number][1] for number in kept]
            assert [message.text for message in found] == texts
            for message, number in zip(found[is_retry:], kept, strict=True):
                has_finished = arrived[number][2] and outcomes[number].end in {"stop", "length"}
                reason = outcomes[number].end if has_finished else "interrupted"
                assert (message.reply.finish_reason, message.reply.model) == (reason, f"m{number}")

        # The usage of each that ended is counted once.
        ended = [
            number
            for number, (*_, has_ended) in enumerate(arrived)
            if has_ended and outcomes[number].end in {"stop", "length"}
        ]
        assert (session.totals.usage.cost_ticks or 0) == sum(10**number for number in ended)
        assert reread(asked.path, asked.path.read_bytes()).totals.usage == session.totals.usage

        # Each failure names its model; without an answer, that is one.
        for model, error in asked.errors.items():
            assert str(error).startswith(f"{model}: ")
        if not asked.stopped and stop_at is None:
            failed = [
                number
                for number in range(len(outcomes))
                if number not in kept or outcomes[number].end in {"refused", "cut"}
            ]
            assert sorted(asked.errors) == [f"m{number}" for number in failed]

        check_file(asked, [text for _, text, _ in arrived], is_retry=is_retry, has_reply=bool(kept))
        if kept:
            session.undo(1)
            assert listed(session) == ([("user", "hi"), *old] if is_retry else [])


def lines_of(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.split(b"\n") if line]


def check_file(asked: Asked, texts: Sequence[str], *, is_retry: bool, has_reply: bool) -> None:
    """Only the current reply has partial lines with text; a file that ends anywhere is valid, and has no other list."""
    lines = lines_of(asked.path.read_bytes())
    parts = [line["reply"] for line in lines if line["type"] == "partial" and line.get("text", "").strip()]
    assert len(set(parts)) <= 1
    if parts:
        assert lines[-1]["id"] == parts[0]
    data = asked.path.read_bytes()
    start = 3 + is_retry
    ends = [at + 1 for at, byte in enumerate(data) if byte == 10]
    for end in ends[start - 1 : -1]:
        session = reread(asked.path, data[:end])
        rows = listed(session)
        received = [event for event in lines_of(data[:end]) if event["type"] == "received"]
        if received:
            place = session.alternatives.of(session.conversation.messages[-1].id)
            found = [session.alternatives.message(entry.shown_id).text for entry in place] or [rows[-1][1]]
            assert {event["message"]["content"] for event in received} <= set(found)
            costs = [event["usage"]["cost_in_usd_ticks"] for event in received if "usage" in event]
            assert sum(costs) <= (session.totals.usage.cost_ticks or 0) <= (asked.session.totals.usage.cost_ticks or 0)
        assert rows[0] == ("user", "hi")
        if len(rows) == 1:
            assert not is_retry or not has_reply
        elif rows[1][1] != "the old reply":
            assert len(rows) == 2
            assert any(text.startswith(rows[1][1]) for text in texts)
