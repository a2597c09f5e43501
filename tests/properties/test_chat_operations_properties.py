"""Random operations in a running chat, against one naive model of the list, its alternatives, the requests and costs.

Asking, asking again (also several models), editing, continuing, compacting and choosing alternatives go through the
chat and a fake API, whose answers fail, break off or are stopped; the program is left, the session opened again or
forked in between, and its file is cut at any line.
`GROKCHAT_EXAMPLES=N pytest -n 0 -s tests/properties/test_chat_operations_properties.py` prints how many were tried.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from fake_api import PATIENCE_S, USAGE, chunk, frames
from hypothesis import given
from hypothesis import strategies as st
from repl_harness import Chatting, Endless
from virtual_time import run_virtually

from grokchat.message_summaries import is_instruction
from grokchat.session.session import Session
from grokchat.terminal.interface import Interrupt

TRIED: Counter = Counter()


@pytest.fixture(scope="module", autouse=True)
def tried() -> Iterator[None]:
    yield
    print(f"\n{TRIED['operations']:,} operations, {TRIED['requests']:,} requests, {TRIED['cuts']:,} cuts")  # noqa: T201


# -- the model ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A message; of a reply the place and which of its replies it is, of a question which one it is a version of."""

    role: str
    text: str
    place: int = -1
    at: int = -1
    family: int = -1
    muted: bool = False
    cut: bool = False
    """Whether /continue may continue it."""


@dataclass
class Asked:
    """A reply at a place: the text of the version that was in the list last, and the question that it answered."""

    text: str
    cut: bool
    question: Row | None


@dataclass
class Model:
    """The list, a copy of it after every change, and what was asked at each place, whatever was undone."""

    rows: list[Row] = field(default_factory=list)
    done: list[list[Row]] = field(default_factory=list)
    undone: list[list[Row]] = field(default_factory=list)
    places: list[list[Asked]] = field(default_factory=list)
    cost: int = 0
    is_edited: bool = False
    """Whether a message other than a reply was ever edited."""

    def change(self, rows: list[Row]) -> None:
        self.done.append(self.rows)
        self.undone.clear()
        self.rows = rows

    def sent(self) -> list[tuple[str, str]]:
        return [(row.role, row.text) for row in self.rows if not row.muted]

    def leave(self, rows: Sequence[Row]) -> None:
        """Note that these are no longer in the list: their text is what their place shows of them."""
        for row in rows:
            if row.place >= 0:
                asked = self.places[row.place][row.at]
                asked.text, asked.cut = row.text, row.cut

    def ask(self, rows: list[Row], replies: Sequence[tuple[str, bool]], dropped: Sequence[Row]) -> Row:
        """Note replies to a request with these rows, asked for instead of the first reply of `dropped`, if any."""
        place = next((row.place for row in dropped if row.place >= 0), len(self.places))
        if place == len(self.places):
            self.places.append([])
        question = last_question(rows)
        self.places[place] += [Asked(text, cut, question) for text, cut in replies]
        text, cut = replies[0]
        return Row("assistant", text, place, len(self.places[place]) - len(replies), cut=cut)

    def look(self) -> list[tuple]:
        return [(row.role, row.text, row.muted, *self.alternatives(row)) for row in self.rows]

    def alternatives(self, row: Row) -> tuple:
        if row.place < 0 or len(self.places[row.place]) < 2:
            return ()
        texts = [asked.text for asked in self.places[row.place]]
        texts[row.at] = row.text
        return texts, (row.at + 1, len(texts))


def last_question(rows: list[Row]) -> Row | None:
    return next((row for row in reversed(rows) if row.role == "user" and not row.muted), None)


def look(session: Session) -> list[tuple]:
    found = []
    for message in session.conversation:
        row = message.role, message.text, message.id in session.conversation.muted
        alternatives = session.alternatives.of(message.id)
        if alternatives:
            texts = [session.alternatives.message(other.shown_id).text for other in alternatives]
            row = *row, texts, session.alternatives.position(message.id)
        found.append(row)
    return found


def spans(positions: Sequence[int]) -> str:
    """Return the numbers of messages, from positions that count from 0: `#2-4, #6`."""
    numbers = [at + 1 for at in positions]
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"#{run[0]}-{run[-1]}" if len(run) > 1 else f"#{run[0]}" for run in runs)


def summary_text(text: str, positions: Sequence[int]) -> str:
    plural = len(positions) > 1
    head = f"Summary of message{'s' * plural} {spans(positions)}, which {'are' if plural else 'is'} no longer sent:"
    return f"{head}\n\n{text}"


# -- the API -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What a request is answered with: `texts` are those of its choices, `usage` is what it costs."""

    kind: str
    texts: tuple[str, ...] = ()
    cost: int = 0

    @property
    def kept(self) -> list[tuple[str, bool]]:
        """The replies, with whether each can be continued."""
        if self.kind in {"ok", "choices"}:
            return [(text, False) for text in self.texts]
        if self.kind in {"broken", "stopped", "long"}:
            return [(self.texts[0], True)]
        return []

    @property
    def paid(self) -> int:
        return self.cost if self.kind in {"ok", "choices", "thought", "long"} else 0


KINDS_OF_ANSWERS = ("ok", "ok", "ok", "choices", "long", "refused", "broken", "thought", "stopped", "silent")


class Chat(Chatting):
    """A chat whose requests get the answers of `answers` by their model, or those of None."""

    answers: dict[str, Answer]

    async def until(self, condition: Callable[[], object]) -> None:
        """Let the chat run until something is so, also if a thread takes longer than virtual time does."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline
            await asyncio.sleep(0.001)

    async def _respond(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return await super()._respond(request)
        self.requests.append(request)
        answer = self.answers[json.loads(request.content)["model"]]
        if answer.kind == "refused":
            return httpx.Response(400, json={"error": "no"})
        headers = {"content-type": "text/event-stream"}
        if answer.kind in {"stopped", "silent"}:
            text = answer.texts[0] if answer.kind == "stopped" else ""
            return httpx.Response(200, headers=headers, stream=Endless(text, asyncio.Event()))
        if answer.kind == "broken":
            return httpx.Response(200, headers=headers, content=frames(chunk({"content": answer.texts[0]}), done=False))
        return httpx.Response(200, headers=headers, content=whole(answer))


def whole(answer: Answer) -> bytes:
    if answer.kind == "thought":
        pieces = [chunk({"reasoning_content": "hm"})]
        ends = [chunk(finish="stop")]
    else:
        pieces = [
            {**chunk(), "choices": [{"index": index, "delta": {"content": text}}]}
            for index, text in enumerate(answer.texts)
        ]
        finish = "length" if answer.kind == "long" else "stop"
        ends = [
            {**chunk(), "choices": [{"index": index, "delta": {}, "finish_reason": finish}]}
            for index in range(len(answer.texts))
        ]
    usage = {**chunk(), "choices": [], "usage": USAGE | {"cost_in_usd_ticks": answer.cost}}
    return frames(*pieces, *ends, usage)


# -- the operations ----------------------------------------------------------------------------------------------------

USUAL = "grok-4.7"


@dataclass(frozen=True)
class Seen:
    """What was to be seen after an operation, and the size of the file then."""

    path: Path
    size: int
    kind: str
    rows: list[tuple]
    cost: int


class Run:
    """A chat, the model, and what was seen after each operation, with the size of the file then."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.model = Model()
        self.chat: Chat
        self.seen: list[Seen] = []
        self.headers: set[str] = set()
        self.last_body = b""
        self.last_messages: list[dict[str, Any]] = []
        self._count = 0

    async def start(self, session: Session | None = None) -> None:
        self.chat = Chat(self.home, session=session, leak_guard="off")
        await self.chat.__aenter__()

    async def do(self, kind: str, one: int, two: int) -> None:
        before = len(self.chat.requests)
        expected = await getattr(self, kind)(one, two) or []
        for request in self.chat.requests[before:]:
            self.check_request(request)
        if kind != "reopen":
            sent = [json.loads(request.content) for request in self.chat.requests[before:]]
            found = sorted(
                (body["model"], [(row["role"], row["content"]) for row in body["messages"]]) for body in sent
            )
            assert found == sorted(expected)
            TRIED["requests"] += len(sent)
        session = self.chat.session
        assert look(session) == self.model.look()
        assert (session.totals.usage.cost_ticks or 0) == self.model.cost
        if session.path is not None and session.path.exists():
            self.seen.append(Seen(session.path, session.path.stat().st_size, kind, look(session), self.model.cost))

    def check_request(self, request: httpx.Request) -> None:
        """Check that the bytes of what the request shares with the last one are the same."""
        body = request.content
        messages = json.loads(body)["messages"]
        self.headers.add(request.headers["x-grok-conv-id"])
        if is_instruction(messages[-1]["content"]):
            return
        shared = 0
        for one, two in zip(messages, self.last_messages, strict=False):
            if one != two:
                break
            shared += 1
        ends = message_ends(body), message_ends(self.last_body)
        if shared:
            start, last_start = body.index(b'"messages":['), self.last_body.index(b'"messages":[')
            assert body[start : ends[0][shared - 1]] == self.last_body[last_start : ends[1][shared - 1]]
        self.last_body, self.last_messages = body, messages

    async def line(self, text: str) -> None:
        self.chat.submit(text)
        await self.chat.idle()

    async def line_with(self, text: str, answers: dict[str, Answer], *, edit: bool = False) -> None:
        """Submit a line that asks, and press Ctrl-C once nothing more happens by itself."""
        self.chat.answers = answers
        before = len(self.chat.requests)
        if edit:
            self.chat.screen.submit_line(text)
        else:
            self.chat.submit(text)
        if any(answer.kind in {"stopped", "silent"} for answer in answers.values()):
            await self.chat.until(
                lambda: len(self.chat.requests) - before >= len(answers) or not self.chat.screen.is_busy
            )
            for _ in range(60):
                await asyncio.sleep(0.01)
            if self.chat.screen.is_busy:
                self.chat.screen.act(Interrupt())
        await self.chat.idle()

    def answer(self, one: int, two: int, *, number: int = 0) -> Answer:
        kind = KINDS_OF_ANSWERS[(one + number * (two + 1)) % len(KINDS_OF_ANSWERS)]
        count = two % 2 + 2 if kind == "choices" else 1
        self._count += 1
        return Answer(kind, tuple(self.text() for _ in range(count)), 1000 + self._count)

    def text(self) -> str:
        self._count += 1
        return f"t{self._count}"

    # -- asking ------------------------------------------------------------------------------------------

    async def say(self, one: int, two: int) -> list:
        question = Row("user", self.text(), family=self._count)
        answer = self.answer(one, two)
        await self.line_with(question.text, {USUAL: answer})
        rows = [*self.model.rows, question]
        kept = answer.kept
        self.model.cost += answer.paid
        sent = [(row.role, row.text) for row in rows if not row.muted]
        self.model.change([*rows, self.model.ask(rows, kept, [])] if kept else rows)
        return [(USUAL, sent)]

    async def retry(self, one: int, two: int) -> list:
        return await self.ask_again("/retry", one, two, {USUAL: self.answer(one, two)})

    async def retry_models(self, one: int, two: int) -> list:
        names = ["A", "B", "C"][: two % 2 + 2]
        answers = {name: self.answer(one, two, number=number) for number, name in enumerate(names)}
        return await self.ask_again(f"/retry -m {','.join(names)}", one, two, answers)

    async def retry_at(self, one: int, two: int) -> list:
        users = [at for at, row in enumerate(self.model.rows) if row.role == "user"]
        if not users:
            return []
        at = users[two % len(users)]
        return await self.ask_again(f"/retry {at + 1}", one, two, {USUAL: self.answer(one, two)}, at)

    async def edit_and_ask(self, one: int, two: int) -> list:
        users = [at for at, row in enumerate(self.model.rows) if row.role == "user"]
        if not users:
            return []
        await self.line("/edit")
        if self.chat.screen.line is None:
            assert self.model.rows[users[-1]].muted
            return []
        return await self.ask_again("", one, two, {USUAL: self.answer(one, two)}, is_edit=True)

    async def ask_again(
        self, line: str, one: int, two: int, answers: dict[str, Answer], at: int | None = None, *, is_edit: bool = False
    ) -> list:
        model = self.model
        users = [number for number, row in enumerate(model.rows) if row.role == "user"]
        if not users or model.rows[at if at is not None else users[-1]].muted:
            self.chat.screen.line = None
            if line:
                await self.line(line)
            return []
        at = users[-1] if at is None else at
        kept, dropped = model.rows[: at + 1], model.rows[at + 1 :]
        text = self.text() if is_edit else ""
        await self.line_with(text or line, answers, edit=is_edit)
        if is_edit:
            kept[at] = replace(kept[at], text=text)
            model.is_edited = True
        model.cost += sum(answer.paid for answer in answers.values())
        sent = [(row.role, row.text) for row in kept if not row.muted]
        replies = [reply for answer in answers.values() for reply in answer.kept]
        model.leave(dropped)
        if replies:
            model.change([*kept, model.ask(kept, replies, dropped)])
        elif is_edit or (not dropped and any(answer.kind == "thought" for answer in answers.values())):
            model.change(kept)
        return [(name, sent) for name in answers]

    async def go_on(self, one: int, two: int) -> list:
        model, answer = self.model, self.answer(one, two)
        sent = [at for at, row in enumerate(model.rows) if not row.muted]
        if not sent or not model.rows[sent[-1]].cut:
            await self.line("/continue")
            return []
        at = sent[-1]
        row = model.rows[at]
        request = model.sent()
        await self.line_with("/continue", {USUAL: answer})
        model.cost += answer.paid
        kept = [(row.text + text, cut) for text, cut in answer.kept]
        if kept:
            model.leave([row])
            text, cut = kept[0]
            asked = model.places[row.place][row.at]
            asked.text, asked.cut = text, cut
            others = [Asked(text, cut, last_question(model.rows)) for text, cut in kept[1:]]
            model.places[row.place] += others
            model.change([*model.rows[:at], replace(row, text=text, cut=cut), *model.rows[at + 1 :]])
        elif answer.kind == "thought":
            model.change(model.rows)
        return [(USUAL, request)]

    async def compact(self, one: int, two: int) -> list:
        model, answer = self.model, self.answer(one, two)
        if not model.rows:
            return []
        first, last = sorted((one % len(model.rows), two % len(model.rows)))
        taken = [at for at in range(first, last + 1) if not model.rows[at].muted]
        if not taken:
            await self.line(f"/compact {first + 1}..{last + 1}")
            return []
        await self.line_with(f"/compact {first + 1}..{last + 1}", {USUAL: answer})
        model.cost += answer.paid
        sent = [(model.rows[at].role, model.rows[at].text) for at in taken]
        if answer.kind in {"ok", "choices"}:
            rows = [replace(row, muted=row.muted or at in taken) for at, row in enumerate(model.rows)]
            summary = Row("system", summary_text(answer.texts[0], [at + 1 for at in taken]), family=self._count)
            model.change([*rows[: taken[0]], summary, *rows[taken[0] :]])
        [request] = self.chat.requests[-1:]
        instruction = json.loads(request.content)["messages"][-1]
        assert is_instruction(instruction["content"])
        return [(USUAL, [*sent, ("user", instruction["content"])])]

    # -- other changes ------------------------------------------------------------------------------------------

    async def insert(self, one: int, two: int) -> None:
        role, text, rows = ("user", "assistant", "system")[one % 3], self.text(), self.model.rows
        at = two % (len(rows) + 1)
        await self.line(f"/insert {role} {f'@{at + 1} ' * (at < len(rows))}{text}")
        row = Row(role, text, family=self._count)
        if role == "assistant":
            row = replace(row, place=len(self.model.places), at=0, cut=True)
            self.model.places.append([Asked(text, True, None if at < len(rows) else last_question(rows))])
        self.model.change([*rows[:at], row, *rows[at:]])

    async def edit(self, one: int, two: int) -> None:
        if self.model.rows:
            at, text = one % len(self.model.rows), self.text()
            row = self.model.rows[at]
            await self.line(f"/edit {at + 1} {text}")
            if row.place >= 0:
                self.model.places[row.place][row.at].text = text
            else:
                self.model.is_edited = True
            self.model.change([*self.model.rows[:at], replace(row, text=text), *self.model.rows[at + 1 :]])

    async def delete(self, one: int, two: int) -> None:
        if self.model.rows:
            first, last = sorted((one % len(self.model.rows), two % len(self.model.rows)))
            last = min(last, first + 1)
            await self.line(f"/delete {first + 1}..{last + 1}")
            self.model.leave(self.model.rows[first : last + 1])
            self.model.change([*self.model.rows[:first], *self.model.rows[last + 1 :]])

    async def move(self, one: int, two: int) -> None:
        if self.model.rows:
            at, to = one % len(self.model.rows), two % len(self.model.rows)
            await self.line(f"/move {at + 1} @{to + 1}")
            if at != to:
                rows = list(self.model.rows)
                rows.insert(to, rows.pop(at))
                self.model.change(rows)

    async def mute(self, one: int, two: int) -> None:
        if self.model.rows:
            at = one % len(self.model.rows)
            row = self.model.rows[at]
            await self.line(f"/{'un' * row.muted}mute {at + 1}")
            muted = replace(row, muted=not row.muted)
            self.model.change([*self.model.rows[:at], muted, *self.model.rows[at + 1 :]])

    async def undo(self, one: int, two: int) -> None:
        count = min(one % 4 + 1, len(self.model.done))
        await self.line(f"/undo {max(1, count)}")
        for _ in range(count):
            self.model.undone.append(self.model.rows)
            self.model.rows = self.model.done.pop()

    async def redo(self, one: int, two: int) -> None:
        count = min(one % 4 + 1, len(self.model.undone))
        await self.line(f"/redo {max(1, count)}")
        for _ in range(count):
            self.model.done.append(self.model.rows)
            self.model.rows = self.model.undone.pop()

    async def alt(self, one: int, two: int) -> None:
        """Make a reply of the last reply's place current; a question that differs between the two returns."""
        model, rows = self.model, list(self.model.rows)
        at = max((at for at, row in enumerate(rows) if row.place >= 0), default=None)
        if at is None or len(model.places[rows[at].place]) < 2:
            await self.line("/alt 1")
            return
        place = model.places[rows[at].place]
        chosen = one % len(place)
        await self.line(f"/alt {chosen + 1}")
        if chosen == rows[at].at:
            return
        answered, question = place[rows[at].at].question, place[chosen].question
        if answered is not None and question is not None and answered.text != question.text:
            versions = [number for number in range(at) if rows[number].family == question.family]
            if versions:
                rows[versions[-1]] = replace(rows[versions[-1]], text=question.text)
        model.leave([rows[at]])
        rows[at] = replace(rows[at], text=place[chosen].text, cut=place[chosen].cut, at=chosen)
        model.change(rows)

    async def reopen(self, one: int, two: int) -> None:
        path = self.chat.session.path
        await self.chat.__aexit__()
        session = self.chat.store.open(path) if path is not None else None
        if session is None:  # another session, without messages
            self.headers.clear()
        await self.start(session)

    async def fork(self, one: int, two: int) -> None:
        """Continue in a copy, which has of each place the replies to the question that the current one answered.

        There, that is the last user message before it that was sent.
        """
        model, old = self.model, self.chat.session
        await self.line("/fork")
        if self.chat.session is old:
            return  # there are no messages
        model.done.clear()
        model.undone.clear()
        model.leave(model.rows)
        for at, row in enumerate(model.rows):
            if row.place >= 0:
                question = model.places[row.place][row.at].question
                others = model.places[row.place]
                alike = [other for other in others if not model.is_edited or is_alike(other.question, question)]
                model.places.append([replace(other, question=self.question_in_fork(at)) for other in alike])
                model.rows[at] = replace(row, place=len(model.places) - 1, at=alike.index(others[row.at]))
        assert (self.chat.session.totals.usage.cost_ticks or 0) <= model.cost
        model.is_edited = False
        model.cost = self.chat.session.totals.usage.cost_ticks or 0

    def question_in_fork(self, at: int) -> Row | None:
        session = self.chat.session
        question = session.question_of(session.conversation.messages[at].id)
        return next((row for row in self.model.rows[:at] if question is not None and row.text == question.text), None)


KINDS = [
    *("say", "say", "retry", "retry", "retry_models", "retry_models", "retry_at", "edit_and_ask", "go_on", "go_on"),
    *("compact", "compact", "alt", "alt", "alt", "alt", "insert", "edit", "delete", "move", "mute", "mute"),
    *("undo", "undo", "redo", "redo", "reopen", "fork"),
]
STEPS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 60), st.integers(0, 60)), min_size=6, max_size=30)


def is_alike(question: Row | None, other: Row | None) -> bool:
    return question is None or other is None or question.text == other.text


def message_ends(body: bytes) -> list[int]:
    """Return where each message of a request's body ends."""
    if not body:
        return []
    ends, text = [], body.decode("latin-1")  # a character for each byte
    at = text.index('"messages":[') + len('"messages":[')
    while text[at] == "{":
        _, at = json.JSONDecoder().raw_decode(text, at)
        ends.append(at)
        at += text[at] == ","
    return ends


async def run_all(steps: list, home: Path) -> Run:
    run = Run(home)
    await run.start()
    for step in steps:
        await run.do(*step)
        TRIED["operations"] += 1
    await run.chat.__aexit__()
    assert len(run.headers) <= 1
    return run


def check_cuts(run: Run, places: Sequence[int]) -> None:
    """Check what a file that ends at these lines is opened with: what one /undo changes into what was seen before."""
    for before, after in pairwise(run.seen):
        if before.path != after.path or after.kind in {"undo", "redo", "reopen"}:
            continue
        data = after.path.read_bytes()[: after.size]
        ends = [at + 1 for at in range(before.size, after.size) if data[at : at + 1] == b"\n"]
        for cut in {ends[place % len(ends)] for place in places} if ends else ():
            torn = after.path.with_name("torn.jsonl")
            torn.write_bytes(data[:cut])
            session = Session.open(run.chat.session.config, torn, data[:cut])
            now = [row[:3] for row in look(session)]
            if now != [row[:3] for row in before.rows]:
                session.undo(1)
                assert [row[:3] for row in look(session)] == [row[:3] for row in before.rows], (after.kind, cut)
                session.redo(1)
                assert [row[:3] for row in look(session)] == now
            session.add_message({"role": "user", "content": "and now"})
            session.close()
            again = Session.open(session.config, torn, torn.read_bytes())
            assert (look(again), again.totals.usage) == (look(session), session.totals.usage)
            assert (again.totals.usage.cost_ticks or 0) <= after.cost
            again.close()
            TRIED["cuts"] += 1


@given(STEPS, st.lists(st.integers(0, 1000), max_size=4))
def test_a_file_that_is_cut_at_any_line_is_one_undo_from_what_was_before(steps, places):
    with tempfile.TemporaryDirectory() as folder:
        check_cuts(run_virtually(lambda _: run_all(steps, Path(folder))), places)


@given(STEPS)
def test_any_operations_in_a_chat_are_those_of_the_naive_model(steps):
    """The list, the alternatives, every request's messages and the cost, also after a restart at any point."""
    with tempfile.TemporaryDirectory() as folder:
        run_virtually(lambda _: run_all(steps, Path(folder)))
