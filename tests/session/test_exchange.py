"""One exchange with a session on disk, in virtual time: what is saved, and when."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from fake_api import USAGE, chunk
from support import journal_lines, make_environment
from virtual_time import VirtualLoop, run_virtually

from grokchat.api.client import Attempt, Retrying
from grokchat.api.failures import PART_IS_KEPT
from grokchat.api.reply_builder import Delta, ReplyBuilder
from grokchat.config.settings import Layer
from grokchat.errors import BrokenReplyError, CommandError, UnreachableError
from grokchat.messages import ReplyInfo, body, new_id
from grokchat.session.exchange import Finished, Unanswered, exchange
from grokchat.session.reply_notes import describe_model_mismatch
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig

Step = dict[str, Any] | Delta | float | Exception | Callable[[], None]


class FakeClient:
    """Plays steps: a chunk or a delta arrives, seconds pass, an error is raised, a check is called."""

    def __init__(self, *steps: Step) -> None:
        self.steps = steps
        self.bodies: list[bytes] = []

    async def reply(self, body, *, conversation_id, settings) -> AsyncGenerator[Attempt | Retrying | Delta, None]:
        self.bodies.append(body)
        builder = ReplyBuilder()
        yield Attempt(builder)
        for step in self.steps:
            if isinstance(step, Exception):
                raise step
            if isinstance(step, Delta):
                yield step
            elif isinstance(step, float):
                await asyncio.sleep(step)
            elif callable(step):
                step()
            else:
                delta = builder.feed(step)
                if delta.text or delta.reasoning:
                    yield delta


@dataclass
class ExchangeResult:
    """A finished exchange and its session's file."""

    session: Session
    client: FakeClient
    events: list[object] = field(default_factory=list)
    error: BaseException | None = None

    @property
    def path(self) -> Path:
        assert self.session.path is not None
        return self.session.path

    @property
    def lines(self) -> list[dict[str, Any]]:
        return journal_lines(self.path)

    @property
    def saved(self) -> list[tuple[str, str]]:
        """The message list as another process would read it: texts and finish reasons."""
        again = Session.open(SessionConfig(None), self.path, self.path.read_bytes())
        return [(message.text, message.reply.finish_reason if message.reply else "") for message in again.conversation]

    @property
    def notes(self) -> Sequence[str]:
        [finished] = [event for event in self.events if isinstance(event, Finished)]
        return finished.notes


def run_exchange(home, *steps: Step, stop_after: float | None = None, leave_early: bool = False) -> ExchangeResult:
    """Run one exchange; `stop_after` cancels it, `leave_early` closes it at its first event."""

    async def talk(loop: VirtualLoop) -> ExchangeResult:
        environment = make_environment(home, clock=loop.time, sleep=asyncio.sleep)
        session = Session.new(SessionConfig(home / "sessions", now=loop.date))
        result = ExchangeResult(session, FakeClient(*steps))
        session.add_message({"role": "user", "content": "hi"})
        current[:] = [result]

        async def listen() -> None:
            async with aclosing(exchange(session, result.client, environment, session.settings)) as events:
                async for event in events:
                    result.events.append(event)
                    if leave_early:
                        return

        task = asyncio.create_task(listen())
        if stop_after is not None:
            loop.call_later(stop_after, task.cancel)
        [result.error] = await asyncio.gather(task, return_exceptions=True)
        return result

    return run_virtually(talk)


current: list[ExchangeResult] = []
"""The running exchange, for steps that check it."""

ENDING = chunk(finish="stop", usage=USAGE)


def text(content: str) -> dict[str, Any]:
    return chunk({"content": content})


def partials(result: ExchangeResult) -> list[dict[str, Any]]:
    return [line for line in result.lines if line["type"] == "partial"]


@pytest.mark.parametrize("takes_away", [Session.mute, Session.remove])
def test_an_empty_list_is_not_sent(home, takes_away):
    async def talk() -> FakeClient:
        environment, client = make_environment(home), FakeClient(text("Hello"), ENDING)
        session = Session.new(SessionConfig(home / "sessions"))
        takes_away(session, [session.add_message({"role": "user", "content": "hi"})])
        assert session.path is not None
        before = session.path.read_bytes()
        with pytest.raises(CommandError, match="Nothing to send"):
            await anext(exchange(session, client, environment, session.settings))
        assert session.path.read_bytes() == before
        return client

    assert asyncio.run(talk()).bodies == []


# -- on the disk -------------------------------------------------------------------------------------------------------


def test_the_users_message_is_on_the_disk_before_its_request_is_sent(home, monkeypatch):
    """Its whole line is written and synced."""
    synced: dict[int, int] = {}
    fsync = os.fsync

    def noting_fsync(descriptor: int) -> None:
        fsync(descriptor)
        synced[os.fstat(descriptor).st_ino] = os.fstat(descriptor).st_size

    def look() -> None:
        [result] = current
        assert result.lines[-1]["message"] == {"role": "user", "content": "hi"}
        assert synced[result.path.stat().st_ino] == result.path.stat().st_size

    monkeypatch.setattr(os, "fsync", noting_fsync)
    result = run_exchange(home, look, text("Hello"), ENDING)
    assert result.error is None
    assert b'"content":"hi"' in result.client.bodies[0]
    assert synced[result.path.stat().st_ino] == result.path.stat().st_size


def test_partials_are_written_at_most_every_250_ms_and_no_later(home):
    words = [f"word{number} " for number in range(300)]
    steps: list[Step] = []

    def look(text_so_far: str, now: float) -> Callable[[], None]:
        def check() -> None:
            [result] = current
            saved = "".join(line["text"] for line in partials(result))
            assert text_so_far.startswith(saved)
            assert [at for at, end in ends if at <= now - 0.25 and end > len(saved)] == []

        return check

    text_so_far, ends = "", []
    for number, word in enumerate(words):
        text_so_far += word
        ends.append((number * 0.01, len(text_so_far)))
        steps += [text(word), look(text_so_far, number * 0.01), 0.01]
    result = run_exchange(home, *steps, ENDING)
    assert result.error is None
    times = [datetime.fromisoformat(line["time"]).timestamp() for line in partials(result)]
    assert len(times) >= 10
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.249
    assert result.saved[-1] == (text_so_far, "stop")


def test_what_the_model_does_writes_no_partial(home):
    """A delta with an activity alone has nothing to keep: neither an empty partial nor a wait for the next one."""

    def look() -> None:
        [result] = current
        assert [line["text"] for line in partials(result)] == texts

    texts: list[str] = []
    searching = Delta(activity="searching the web")
    result = run_exchange(home, searching, 5.0, look, searching, 1.0, look, text("Hello"), 0.0, lambda: None, ENDING)
    assert result.error is None
    assert [line["text"] for line in partials(result)] == ["Hello"]
    assert searching in result.events


def test_text_before_a_long_silence_is_saved_during_it(home):
    def look() -> None:
        [result] = current
        assert "".join(line["text"] for line in partials(result)) == "one two"

    assert run_exchange(home, text("one"), 0.01, text(" two"), 0.3, look, 600.0, ENDING).error is None


def test_the_full_message_has_the_id_of_its_partials(home):
    result = run_exchange(home, chunk({"reasoning_content": "Hm."}), 1.0, text("Hello"), 1.0, text(" there."), ENDING)
    assert result.error is None
    last = result.lines[-1]
    assert last["type"] == "message"
    assert {line["reply"] for line in partials(result)} == {last["id"]}
    assert last["message"] == {"role": "assistant", "content": "Hello there.", "reasoning_content": "Hm."}
    known = (last["model"], last["finish_reason"], last["usage"], last["response_id"], last["system_fingerprint"])
    assert known == ("grok-4.7", "stop", USAGE, "r-1", "fp_1")
    assert result.saved == [("hi", ""), ("Hello there.", "stop")]
    assert [message.text for message in result.session.conversation] == ["hi", "Hello there."]


def test_a_killed_process_leaves_an_interrupted_reply(home):
    """Another process that reads the file in mid-reply gets the part, as interrupted, under the reply's id."""
    seen: list[bytes] = []
    saved: list[list[tuple[str, str]]] = []

    def look() -> None:
        [result] = current
        seen.append(result.path.read_bytes())
        saved.append(result.saved)
        assert result.session.incoming_reply_id is not None

    result = run_exchange(
        home, chunk({"reasoning_content": "Hm."}), look, text("Hel"), 0.3, look, text("lo"), 0.3, look, ENDING
    )
    assert result.error is None
    assert saved == [[("hi", "")], [("hi", ""), ("Hel", "interrupted")], [("hi", ""), ("Hello", "interrupted")]]
    assert all(result.path.read_bytes().startswith(earlier) for earlier in seen)


# -- ends --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0.0, 0.1, 5.0])
def test_a_stopped_reply_is_saved_as_interrupted(home, seconds):
    result = run_exchange(home, text("One, "), text("two"), 1000.0, ENDING, stop_after=seconds + 0.01)
    assert isinstance(result.error, asyncio.CancelledError)
    assert result.saved == [("hi", ""), ("One, two", "interrupted")]
    assert result.lines[-1]["finish_reason"] == "interrupted"
    assert result.session.conversation.messages[-1].is_interrupted
    assert result.session.incoming_reply_id is None


def test_closing_the_iterator_early_saves_the_part(home):
    result = run_exchange(home, text("One, "), text("two"), ENDING, leave_early=True)
    assert result.error is None
    assert result.saved == [("hi", ""), ("One, ", "interrupted")]


def test_a_broken_stream_saves_the_part(home):
    result = run_exchange(home, text("One, "), 0.1, text("two"), BrokenReplyError("The reply broke off."))
    assert isinstance(result.error, BrokenReplyError)
    assert result.saved == [("hi", ""), ("One, two", "interrupted")]


def test_a_failed_request_leaves_the_message_without_a_reply(home):
    result = run_exchange(home, UnreachableError("No network."))
    assert isinstance(result.error, UnreachableError)
    assert result.saved == [("hi", "")]


@pytest.mark.parametrize(
    "steps",
    [
        [ENDING],
        [text(" \n"), ENDING],
        [chunk({"reasoning_content": "Hm."}), ENDING],
    ],
    ids=["nothing", "white space", "thoughts"],
)
def test_an_empty_reply_is_reported_and_not_saved(home, steps):
    """The API rejects empty messages."""
    result = run_exchange(home, *steps)
    assert isinstance(result.error, BrokenReplyError)
    assert "has no text" in str(result.error)
    assert result.saved == [("hi", "")]
    assert len(result.session.conversation) == 1


def test_an_interrupted_reply_of_reasoning_alone_is_not_saved(home):
    result = run_exchange(home, chunk({"reasoning_content": "Hm."}), 1000.0, stop_after=5.0)
    assert isinstance(result.error, asyncio.CancelledError)
    assert result.saved == [("hi", "")]
    assert len(result.session.conversation) == 1


def test_an_interrupted_reply_of_white_space_alone_is_not_saved(home):
    """Neither in memory nor in the file."""
    result = run_exchange(home, text(" \n"), 1000.0, stop_after=5.0)
    assert isinstance(result.error, asyncio.CancelledError)
    assert len(result.session.conversation) == 1
    assert result.saved == [("hi", "")]


# -- notes -------------------------------------------------------------------------------------------------------------


def test_an_ordinary_reply_has_no_notes(home):
    assert run_exchange(home, text("Hello"), ENDING).notes == ()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"id": "c", "function": {"name": "time", "arguments": '{"zone":\n"UTC"}'}}, 'time({"zone": "UTC"})'),
        ({"index": 0, "function": "x"}, "unnamed(x)"),
        ({"index": 0, "function": {"name": "time", "arguments": '{"zo'}}, 'time({"zo)'),
        ({}, "unnamed()"),
    ],
)
def test_a_tool_call_is_reported_and_sent_only_if_it_is_whole(home, call, words):
    result = run_exchange(home, text("Let me see."), chunk({"tool_calls": [call]}), ENDING)
    assert any(words in note for note in result.notes)
    message = result.session.conversation.messages[-1]
    is_whole = words == 'time({"zone": "UTC"})'
    assert ("tool_calls" in message.body) == is_whole
    assert any("not sent again" in note for note in result.notes) != is_whole
    [kept] = [message.body["tool_calls"][0]] if is_whole else result.lines[-1]["unsent_tool_calls"]
    assert kept == {key: value for key, value in call.items() if key != "index"}


CALL = {"index": 0, "id": "c", "function": {"name": "time", "arguments": '{"zo'}}


@pytest.mark.parametrize(
    "ending",
    [[chunk(finish="length")], [BrokenReplyError("The reply broke off.")], [UnreachableError("Reset.")]],
    ids=["at the limit", "broken off", "reset"],
)
@pytest.mark.parametrize("words", [[], [text("Let me see.")]], ids=["alone", "with text"])
def test_a_tool_call_that_was_cut_is_kept_in_the_file_and_never_sent(home, words, ending):
    result = run_exchange(home, *words, chunk({"tool_calls": [CALL]}), *ending)
    assert any(
        CALL["function"] == call["function"] for line in result.lines for call in line.get("unsent_tool_calls", ())
    )
    assert b"tool_calls" not in result.session.requests.body()
    assert len(result.saved) == (2 if words else 1)


def test_a_whole_tool_call_of_a_reply_that_breaks_off_is_kept_in_the_file(home):
    call = {**CALL, "function": {"name": "time", "arguments": "{}"}}
    result = run_exchange(home, chunk({"tool_calls": [call]}), BrokenReplyError("The reply broke off."))
    assert result.saved == [("hi", "")]
    assert any("unsent_tool_calls" in line for line in result.lines)


def test_a_tool_call_of_the_older_form_is_kept_in_the_file(home):
    function = {"name": "time", "arguments": "{}"}
    result = run_exchange(home, chunk({"function_call": function}), chunk(finish="function_call"))
    assert isinstance(result.error, BrokenReplyError)
    assert "time({})" in str(result.error)
    assert result.lines[-2]["unsent_tool_calls"] == [{"type": "function", "function": function}]


# -- refusals ----------------------------------------------------------------------------------------------------------


def test_a_refusal_is_sent_as_content_and_stays_a_refusal_in_the_file(home):
    result = run_exchange(home, chunk({"content": None, "refusal": "I "}), 0.5, chunk({"refusal": "can't."}), ENDING)
    assert result.error is None
    assert result.saved == [("hi", ""), ("I can't.", "stop")]
    assert (result.lines[-1]["message"]["content"], result.lines[-1]["refusal"]) == ("I can't.", "I can't.")
    assert json.loads(result.session.requests.body())["messages"][-1] == {"role": "assistant", "content": "I can't."}


# -- several choices ---------------------------------------------------------------------------------------------------


def other(content, finish=None, index=1):
    choice = {"index": index, "delta": {"content": content}, **({"finish_reason": finish} if finish else {})}
    return {**chunk(), "choices": [choice]}


def test_the_other_choices_are_alternatives_in_the_file(home):
    result = run_exchange(home, text("One"), other("Two", "stop"), other("Three", "length", index=2), ENDING)
    assert result.saved == [("hi", ""), ("One", "stop")]
    third, second, first = result.lines[-3:]
    assert [line["message"]["content"] for line in (third, second, first)] == ["Three", "Two", "One"]
    assert [line["finish_reason"] for line in (third, second, first)] == ["length", "stop", "stop"]
    assert [line.get("alternative_of") for line in (third, second, first)] == [first["id"], first["id"], None]
    assert [("usage" in line) for line in (third, second, first)] == [False, False, True]
    assert any("3 choices received: choice 1 is the reply; the others are kept" in note for note in result.notes)


def test_a_choice_without_text_gives_way_to_one_with_text(home):
    result = run_exchange(home, other("Two", "stop"), ENDING)
    assert result.saved == [("hi", ""), ("Two", "stop")]
    assert "".join(event.text for event in result.events if isinstance(event, Delta)) == "Two"
    assert any("choice 2 is the reply" in note for note in result.notes)


def test_the_reasoning_of_another_choice_is_kept_in_the_file(home):
    thought = {**chunk(), "choices": [{"index": 1, "delta": {"reasoning_content": "Hm."}}]}
    result = run_exchange(home, text("One"), thought, ENDING)
    assert result.saved == [("hi", ""), ("One", "stop")]
    assert any(line.get("reasoning") == "Hm." for line in result.lines)


def test_other_choices_of_a_reply_that_breaks_off_are_kept(home):
    result = run_exchange(home, text("One"), other("Two"), BrokenReplyError("The reply broke off."))
    assert result.saved == [("hi", ""), ("One", "interrupted")]
    assert any(line.get("message", {}).get("content") == "Two" for line in result.lines)


# -- reasoning without an answer ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [ENDING, BrokenReplyError("The reply broke off.", PART_IS_KEPT)])
def test_reasoning_without_an_answer_is_announced_kept_and_reported(home, ending):
    thoughts = [chunk({"reasoning_content": "Hm, "}), 0.1, chunk({"reasoning": "no."})]
    result = run_exchange(home, *thoughts, ending)
    [unanswered] = [event for event in result.events if isinstance(event, Unanswered)]
    assert unanswered.builder.reasoning == "Hm, no."
    assert "".join(line.get("reasoning", "") for line in partials(result)) == "Hm, no."
    assert "kept in the session file" in str(result.error)
    assert "/continue" not in str(result.error)
    assert result.saved == [("hi", "")]


def test_a_failure_before_anything_came_is_only_raised(home):
    result = run_exchange(home, UnreachableError("No network."))
    assert result.events == []


def test_a_reply_from_another_model_is_reported():
    session = Session.new(SessionConfig(None))
    note = describe_model_mismatch("grok-5", session, session.settings)
    assert "grok-5" in note
    assert "grok-4.7" in note
    assert describe_model_mismatch("grok-4.7", session, session.settings) == ""
    assert describe_model_mismatch(None, session, session.settings) == ""


def test_a_reply_cut_at_its_length_limit_is_reported_and_saved(home):
    result = run_exchange(home, text("Hello"), chunk(finish="length"))
    [note] = result.notes
    assert "length" in note
    assert result.saved == [("hi", ""), ("Hello", "length")]


def test_another_finish_reason_is_reported(home):
    [note] = run_exchange(home, text("Hello"), chunk(finish="content_filter")).notes
    assert "content_filter" in note


def test_reasoning_that_the_api_could_not_decrypt_is_not_sent_again(home):
    """What it refused once it refuses again: later requests, and /request, are without it; newer reasoning is sent."""

    class Undecrypting(FakeClient):
        async def reply(self, body, *, conversation_id, settings) -> AsyncGenerator[Attempt | Retrying | Delta, None]:
            self.bodies.append(body)
            builder = ReplyBuilder()
            yield Attempt(builder)
            yield Attempt(builder, leaves_out_reasoning=True)
            yield builder.feed(chunk({"content": "Hi."}, finish="stop"))

    def reasoning_ids(request: bytes) -> list[str]:
        return [item["id"] for item in json.loads(request)["input"] if item.get("type") == "reasoning"]

    def add_reply(session: Session, item_id: str) -> None:
        items = [{"type": "reasoning", "id": item_id, "summary": [], "encrypted_content": "gAAA"}]
        info = ReplyInfo(encrypted_reasoning={"model": session.settings.model, "items": items})
        session.add_reply(new_id(), body("assistant", "Hello."), info)

    async def talk() -> list[list[str]]:
        session = Session.new(SessionConfig(home / "sessions", [Layer("a test", {"search": "web"})]))
        session.add_message(body("user", "hi"))
        add_reply(session, "rs_1")
        session.add_message(body("user", "more"))
        client = Undecrypting()
        async for _ in exchange(session, client, make_environment(home), session.settings):
            pass
        add_reply(session, "rs_2")
        return [reasoning_ids(client.bodies[0]), reasoning_ids(session.requests.body())]

    assert asyncio.run(talk()) == [["rs_1"], ["rs_2"]]
