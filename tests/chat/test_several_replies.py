"""`/retry -m A,B`: several models are asked at once, and their replies shown one after the other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from command_sessions import refusal, session_of
from fake_api import USAGE, chunk, frames
from fake_responses import answer, reasoning, response_events, x_search
from repl_harness import NO_MODELS, Chatting

from grokchat.chat.tab_completion import LineCompleter
from grokchat.commands.registry import by_name
from grokchat.session.session import Session

QUESTION, OLD = ("user", "hi"), ("assistant", "Hello there.")


class Controlled(httpx.AsyncByteStream):
    """A reply whose parts come when the test sends them."""

    def __init__(self, model: str) -> None:
        self.model = model
        self._parts: asyncio.Queue[bytes | None] = asyncio.Queue()

    def say(self, text: str, name: str = "content") -> None:
        self._parts.put_nowait(frames({**chunk({name: text}), "model": self.model}, done=False))

    def send(self, data: bytes | None) -> None:
        self._parts.put_nowait(data)

    def end(self, finish: str = "stop") -> None:
        self._parts.put_nowait(frames({**chunk(finish=finish, usage=USAGE), "model": self.model}))
        self._parts.put_nowait(None)

    def break_off(self) -> None:
        self._parts.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (part := await self._parts.get()) is not None:
            yield part


class Models(Chatting):
    """A chat whose models A, B, ... reply under the test's control; `bad` does not exist."""

    def __init__(self, home: Path, **config: object) -> None:
        super().__init__(home, **config)
        self.streams: list[Controlled] = []

    async def _respond(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"data": self.models}) if self.models is not None else NO_MODELS
        model = json.loads(request.content)["model"]
        if model not in {"A", "B", "C", "bad"}:
            return await super()._respond(request)
        self.requests.append(request)
        if model == "bad":
            return httpx.Response(404, json={"code": "not-found", "error": "The model does not exist."})
        self.streams.append(Controlled(model))
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=self.streams[-1])

    async def retry(self, models: str, *more: str, count: int | None = None) -> list[Controlled]:
        """Ask these models; return what controls their replies, in the order asked."""
        begun = len(self.streams)
        self.submit(" ".join(["/retry -m", models, *more]))
        asked = [name for name in models.split(",") if name != "bad"]
        await self.until(lambda: len(self.streams) == begun + (len(asked) if count is None else count))
        left = self.streams[begun:]
        return [left.pop([stream.model for stream in left].index(name)) for name in asked]

    async def shows(self, *texts: str) -> None:
        """Wait until lines of the scrollback have these texts in this order."""

        def has_all() -> bool:
            lines = iter(self.screen.lines)
            return all(any(text in line for line in lines) for text in texts)

        await self.until(has_all)

    async def notes(self, *rows: str) -> None:
        """Wait until these are the live rows below the reply."""
        await self.until(lambda: self._notes() == list(rows))

    async def notes_begin(self, *beginnings: str) -> None:
        """Wait until there are so many live rows below the reply, which begin with these texts."""

        def are_there() -> bool:
            rows = self._notes()
            return len(rows) == len(beginnings) and all(map(str.startswith, rows, beginnings))

        await self.until(are_there)

    def _notes(self) -> list[str]:
        self.repl._printer.redraw_live_reply()  # as the ticker does each second
        return self.screen.notes


def chat_of(home: Path, act: Callable[[Models], Awaitable[None]], **config: object) -> Models:
    """Run a chat that has a question with its reply, and what a test does in it."""

    async def run() -> Models:
        chat = Models(home, **config)
        async with chat:
            chat.submit("hi")
            await chat.until(lambda: chat.messages == [QUESTION, OLD])
            await chat.idle()
            del chat.screen.lines[:]
            await act(chat)
        assert not any("bug in grokchat" in line for line in chat.screen.lines)
        return chat

    return asyncio.run(run())


def texts_at_place(session: Session) -> list[str]:
    entries = session.alternatives.of(session.conversation.messages[-1].id)
    return [session.alternatives.message(entry.shown_id).text for entry in entries]


def test_the_first_streams_and_the_others_follow_whole_under_their_names(home):
    """Until then each of them is one live row below it. The first is the current reply; one /undo takes all back."""

    async def act(chat: Models) -> None:
        a, b, c = await chat.retry("A,B,C", "temperature=1")
        await chat.notes("B: waiting", "C: waiting")
        b.say("Hm", "reasoning_content")
        c.say("From C. " + "x" * 392)
        await chat.notes_begin("B: thinking ", "C: 100 tokens")
        b.say("From B.\n\nMore.")
        b.end()
        a.say("From ")
        await chat.notes("B: done, 20 tokens", "C: 100 tokens")
        await chat.until(lambda: chat.messages == [QUESTION, ("assistant", "From ")])
        assert not any("From B" in line for line in chat.screen.lines)
        a.say("A.")
        a.end()
        await chat.shows("A", "From A.", "#2 · 2 of 4 · A", "B", "From B.", "More.", "#2 · 3 of 4 · B", "C")
        await chat.until(lambda: chat.screen.notes == [])
        c.say(" End.")
        c.end()
        await chat.shows("From C.", "#2 · 4 of 4 · C", "#2 is A's reply · /alt 3: B · /alt 4: C")
        await chat.idle()
        assert chat.messages == [QUESTION, ("assistant", "From A.")]
        texts = texts_at_place(chat.session)
        assert [text[:7] for text in texts] == ["Hello t", "From A.", "From B.", "From C."]
        chat.submit("/undo")
        await chat.until(lambda: chat.messages == [QUESTION, OLD])

    chat = chat_of(home, act)
    bodies = [json.loads(request.content) for request in chat.requests[1:]]
    assert sorted(body.pop("model") for body in bodies) == ["A", "B", "C"]
    assert all(body == bodies[0] for body in bodies)
    assert bodies[0]["temperature"] == 1
    assert [message["content"] for message in bodies[0]["messages"]] == ["hi"]


def test_a_reply_whose_turn_comes_while_it_streams_goes_on_live(home):
    async def act(chat: Models) -> None:
        a, b = await chat.retry("A,B")
        b.say("One.\n\nTwo")
        a.say("From A.")
        a.end()
        await chat.shows("#2 · 2 of 3 · A", "B", "One.")
        b.say(".\n\nThree.\n\n")
        await chat.shows("One.", "Two.")
        b.end()
        await chat.shows("One.", "Two.", "Three.", "#2 · 3 of 3 · B")

    chat_of(home, act)


def test_stopping_stops_all_and_keeps_and_shows_what_came(home):
    async def act(chat: Models) -> None:
        a, b, c = await chat.retry("A,B,C")
        a.say("Half of A")
        b.say("Half of B")
        c.say("Hm", "reasoning_content")
        await chat.notes_begin("B: 3 tokens", "C: thinking ")
        chat.stop_reply()
        await chat.shows("A", "Half of A", "#2 · interrupted", "B", "Half of B", "#2 · interrupted")
        await chat.shows("Half of B", "interrupted · #2 is A's reply")
        await chat.idle()
        assert chat.messages == [QUESTION, ("assistant", "Half of A")]
        assert texts_at_place(chat.session) == ["Hello there.", "Half of A", "Half of B"]
        assert not any(line == "C" for line in chat.screen.lines)
        chat.submit("/undo")
        await chat.until(lambda: chat.messages == [QUESTION, OLD])

    chat_of(home, act)


def test_the_first_with_text_is_current_when_the_ones_before_it_have_none(home):
    async def act(chat: Models) -> None:
        a, b = await chat.retry("A,B")
        b.say("From B.")
        a.say("Thought", "reasoning_content")
        await chat.notes("B: 2 tokens")
        chat.stop_reply()
        await chat.shows("From B.", "interrupted · #2 is B's reply")
        await chat.idle()
        assert chat.messages == [QUESTION, ("assistant", "From B.")]

    chat_of(home, act)


@pytest.mark.parametrize("models", ["bad,A", "A,bad"])
def test_a_model_that_fails_is_named_and_the_other_is_shown(home, models):
    async def act(chat: Models) -> None:
        (a,) = await chat.retry(models)
        if models == "A,bad":
            await chat.notes_begin("bad: failed: ")
        a.say("From A.")
        a.end()
        name = "bad: "
        await chat.shows(*(("bad", name, "A", "From A.") if models == "bad,A" else ("A", "From A.", "bad", name)))
        await chat.shows("#2 is A's reply")
        await chat.idle()
        assert chat.messages == [QUESTION, ("assistant", "From A.")]

    chat = chat_of(home, act)
    assert not any("restored" in line for line in chat.screen.lines)
    assert any("/retry -m bad" in line or "/models" in line for line in chat.screen.lines)


def test_if_all_fail_the_list_is_restored_and_the_queue_held(home):
    async def act(chat: Models) -> None:
        await chat.retry("bad,bad")
        chat.submit("next")
        await chat.shows("bad: ", "bad: ", "restored #2")
        await chat.until(lambda: chat.screen.queue.held_count)
        assert chat.messages == [QUESTION, OLD]

    chat_of(home, act)


def test_a_current_reply_that_broke_off_is_kept_and_holds_the_queue(home):
    async def act(chat: Models) -> None:
        a, b = await chat.retry("A,B")
        chat.submit("next")
        a.say("Half")
        a.break_off()
        await chat.shows("Half", "#2 · interrupted", "/continue resumes it")
        b.say("From B.")
        b.end()
        await chat.shows("From B.", "#2 is A's reply")
        await chat.until(lambda: chat.screen.queue.held_count)
        assert chat.messages == [QUESTION, ("assistant", "Half")]
        assert texts_at_place(chat.session)[1:] == ["Half", "From B."]

    chat_of(home, act)


def test_the_cost_limit_counts_all_of_them_before_anything_is_sent(home):
    async def act(chat: Models) -> None:
        price = {"prompt_text_token_price": 1_000_000_000, "completion_text_token_price": 0}
        chat.models = [{"id": name, "object": "model", **price} for name in "AB"]
        chat.submit("/retry -m A,B max_cost=0.0000001")
        await chat.shows(
            "2 requests cost about",
        )
        assert len(chat.requests) == 1
        chat.submit("n")
        await chat.shows("Not sent.", "restored #2")

    chat_of(home, act)


def test_rows_below_are_clipped_to_the_window(home):
    async def act(chat: Models) -> None:
        chat.screen.width, chat.screen.max_live_rows = 8, 2
        await chat.retry("A,B,C")
        await chat.notes("B: wait…")
        chat.screen.max_live_rows = 0
        await chat.notes()
        chat.stop_reply()
        await chat.idle()

    chat_of(home, act)


def test_a_model_that_searches_says_what_for_and_lists_its_own_sources(home):
    """The row of a reply whose turn comes later has what is searched for, cut to the window; each has its sources."""
    hostile = "grok\x1b]0;4.7"
    urls = {name: f"https://{name.lower()}.example/page" for name in "AB"}

    async def act(chat: Models) -> None:
        chat.submit("/set search all")
        await chat.shows("search")
        streams = await chat.retry("A,B")
        items = [x_search(hostile), reasoning("Hm.")]
        events = {name: response_events(*items, answer(f"From {name}.", urls[name])) for name in "AB"}
        parts = {name: split_by_items(events[name]) for name in "AB"}
        first, other = streams
        other.send(frames(*parts["B"][0], done=False))
        await chat.notes('B: searching X: "grok␛]0;4.7" · 0 s')
        chat.screen.width = 24
        await chat.notes('B: searching X: "… · 0 s')
        chat.screen.width = 3
        await chat.notes("B:…")
        chat.screen.width = 80
        other.send(frames(*parts["B"][1], done=False))
        await chat.notes("B: thinking 0 s")
        other.send(frames(*parts["B"][2]))
        other.send(None)
        await chat.notes_begin("B: done")
        for part in parts["A"]:
            first.send(frames(*part, done=part is parts["A"][-1]))
        first.send(None)
        await chat.shows("From A.[1]", f"[1] a.example  {urls['A']}", "From B.[1]", f"[1] b.example  {urls['B']}")
        await chat.idle()

    chat_of(home, act)


def split_by_items(events: list[dict]) -> list[list[dict]]:
    """Return the events up to the end of the first item, those of the second, and the others."""
    ends = [at for at, event in enumerate(events) if event["type"] == "response.output_item.done"]
    return [events[: ends[0]], events[ends[0] : ends[1]], events[ends[1] :]]


def test_of_many_models_the_next_ones_have_rows(home):
    async def act(chat: Models) -> None:
        chat.screen.max_live_rows = 20
        streams = await chat.retry(",".join("ABCABCABC"))
        streams[-1].end()
        await chat.notes(*(f"{name}: waiting" for name in "BCABC"), "3 more, 1 ended")
        chat.stop_reply()
        await chat.idle()

    chat_of(home, act)


def test_the_second_model_is_completed_after_the_comma(home):
    async def act(chat: Models) -> None:
        completer = LineCompleter(by_name(), chat.store)

        def offered(line: str) -> list[tuple[str, int]]:
            return [(candidate.text, candidate.replaces) for candidate in completer.candidates(line, chat.session)]

        assert ("grok-4.7", 2) in offered("/retry -m gr")
        assert ("grok-4.7", 2) in offered("/retry -m A,gr")
        assert ("grok-4.7", 0) in offered("/retry -m A,B,")
        assert ("grok-4.7", 2) not in offered("/model A,gr")

    chat_of(home, act)


@pytest.mark.parametrize("line", ["/model A,B", "/set model A,B", "/set --save model A,B"])
def test_a_comma_is_no_list_of_models_where_only_one_is_meant(line):
    assert "/retry -m A,B" in refusal(session_of("hi"), line)


@pytest.mark.parametrize("models", ["A,", ",A", "A,,B", ",".join("ABCDEFGHIJKLMNOPQ")])
def test_a_list_of_models_with_gaps_or_too_many_is_refused(models):
    assert "/retry -m" in refusal(session_of("hi"), f"/retry -m {models}")
