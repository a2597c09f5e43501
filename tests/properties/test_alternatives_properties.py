"""Random operations that ask again, choose, edit and undo, against a naive model of what has been asked at each place.

The model knows no events: it has a list with copies of every state, and of each place all replies that there were.
`GROKCHAT_EXAMPLES=N pytest -n 0 -s tests/properties/test_alternatives_properties.py` prints how many were tried.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from command_sessions import run_command
from hypothesis import given
from hypothesis import strategies as st

from grokchat.messages import INTERRUPTED, ReplyInfo, body, new_id
from grokchat.records import replace as replace_record
from grokchat.reply_sources import sources_in_text
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig

TRIED: Counter = Counter()


@pytest.fixture(scope="module", autouse=True)
def tried() -> Iterator[None]:
    yield
    print(f"\n{TRIED['operations']:,} operations, {TRIED['choices']:,} of them /alt K, {TRIED['cuts']:,} cuts")  # noqa: T201


@dataclass
class Asked:
    """A reply at a place: the text of the version that was in the list last, and the question that it answered."""

    text: str
    question: Row | None


@dataclass(frozen=True)
class Row:
    """A message: of a reply the place and which of its replies it is, of a question which one it is a version of."""

    role: str
    text: str
    place: int = -1
    at: int = -1
    family: int = -1
    muted: bool = False


@dataclass
class Model:
    """The list, a copy of it after every change, and what was asked at each place, whatever was undone."""

    rows: list[Row] = field(default_factory=list)
    done: list[list[Row]] = field(default_factory=list)
    undone: list[list[Row]] = field(default_factory=list)
    places: list[list[Asked]] = field(default_factory=list)

    def change(self, rows: list[Row]) -> None:
        self.done.append(self.rows)
        self.undone.clear()
        self.rows = rows

    def leave(self, rows: list[Row]) -> None:
        """Note that these are no longer in the list: their text is what their place shows of them."""
        for row in rows:
            if row.place >= 0:
                self.places[row.place][row.at].text = row.text

    def ask(self, rows: list[Row], texts: list[str], dropped: list[Row]) -> Row:
        """Note replies to a request with these rows, asked for instead of the first reply of `dropped`, if any."""
        place = next((row.place for row in dropped if row.place >= 0), None)
        if place is None:
            place = len(self.places)
            self.places.append([])
        question = last_question(rows)
        self.places[place] += [Asked(text, question) for text in texts]
        return Row("assistant", texts[0], place, len(self.places[place]) - len(texts))

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


def has_thought(one: int, two: int) -> bool:
    """Return whether an answer is reasoning alone, which is in the file, and so a change that shows nothing."""
    return one % 6 == 0 and two % 2 == 1


def look(session: Session) -> list[tuple]:
    """Return what is to be seen; each reply, current or not, has the sources that its text cites."""
    found = []
    for message in session.conversation:
        row = message.role, message.text, message.id in session.conversation.muted
        assert message.sources == sources_in_text(message.text)
        alternatives = session.alternatives.of(message.id)
        if alternatives:
            replies = [session.alternatives.message(other.shown_id) for other in alternatives]
            assert [reply.sources for reply in replies] == [sources_in_text(reply.text) for reply in replies]
            row = *row, [reply.text for reply in replies], session.alternatives.position(message.id)
        found.append(row)
    return found


class Run:
    """A session, its file, the model, and what was to be seen after each operation, with the size of the file then."""

    def __init__(self, folder: Path) -> None:
        self.session = Session.new(SessionConfig(folder))
        self.path = folder / f"{self.session.id}.jsonl"
        self.model = Model()
        self.seen: list[tuple[int, list[tuple]]] = []
        self._count = 0

    def do(self, kind: str, one: int, two: int) -> None:
        getattr(self, kind)(one, two)
        assert look(self.session) == self.model.look()
        self.seen.append((self.path.stat().st_size if self.path.exists() else 0, look(self.session)))

    # -- asking ------------------------------------------------------------------------------------------------------

    def say(self, one: int, two: int) -> None:
        question = Row("user", self.text(), family=self._count)
        with self.session.as_one_change():
            self.session.add_message(body("user", question.text))
            texts = self.answer(one, two)
        rows = [*self.model.rows, question]
        self.model.change([*rows, self.model.ask(rows, texts, [])] if texts else rows)

    def retry(self, one: int, two: int) -> None:
        self.ask_again(one, two, is_edited=False)

    def edit_and_ask(self, one: int, two: int) -> None:
        self.ask_again(one, two, is_edited=True)

    def ask_again(self, one: int, two: int, *, is_edited: bool) -> None:
        """Ask a question again, mostly the last one, or another one in its place."""
        users = [at for at, row in enumerate(self.model.rows) if row.role == "user" and not row.muted]
        if not users:
            return
        at = users[-1] if one % 3 else users[two % len(users)]
        kept, dropped = self.model.rows[: at + 1], self.model.rows[at + 1 :]
        before, ids = self.session.state_id, [message.id for message in self.session.conversation]
        with self.session.as_one_change():
            if is_edited:
                kept[at] = replace(kept[at], text=self.text())
                self.session.add_message(body("user", kept[at].text), replaces=ids[at], more=bool(dropped))
            if dropped:
                self.session.remove(ids[at + 1 :], more=not is_edited)
            texts = self.answer(one, two)
            if not texts and dropped and not is_edited:
                self.session.rewind(before)
        self.model.leave(dropped)
        if texts:
            self.model.change([*kept, self.model.ask(kept, texts, dropped)])
        elif is_edited or (not dropped and has_thought(one, two)):
            self.model.change(kept)

    def go_on(self, one: int, two: int) -> None:
        """Continue the last message, if it is a reply."""
        sent = [at for at, row in enumerate(self.model.rows) if not row.muted]
        if not sent or self.model.rows[sent[-1]].role != "assistant":
            return
        at = sent[-1]
        row = self.model.rows[at]
        self.model.leave([row])
        with self.session.as_one_change():
            texts = self.answer(one, two, joins=self.session.conversation.messages[at].id, joined=row.text)
        if texts:
            self.model.places[row.place][row.at].text = texts[0]
            question = last_question(self.model.rows)
            self.model.places[row.place] += [Asked(text, question) for text in texts[1:]]
            self.model.change([*self.model.rows[:at], replace(row, text=texts[0]), *self.model.rows[at + 1 :]])
        elif has_thought(one, two):
            self.model.change(self.model.rows)

    def answer(self, one: int, two: int, *, joins: str | None = None, joined: str = "") -> list[str]:
        """Let a reply come in pieces, as an exchange does: it fails, is cut by a kill, or comes, also with others."""
        reply_id, kind = new_id(), ("failed", "killed", "whole", "whole", "choices", "choices")[one % 6]
        if kind == "failed":
            if has_thought(one, two):
                self.session.add_partial(reply_id, text=" ", reasoning="hm", joins=joins)
                self.session.end_without_text(reply_id, reasoning="", info=ReplyInfo(response_id="r"))
                self.session.incoming_reply_id = None
            return []
        pieces = [self.cited() for _ in range(two % 3 + (kind == "killed"))]
        for piece in pieces:
            self.session.add_partial(reply_id, text=piece, reasoning="", joins=joins)
        self.session.incoming_reply_id = None
        if kind == "killed":
            return [joined + "".join(pieces)]
        texts = [joined + ("".join(pieces) or self.cited())]
        texts += [joined + self.cited() for _ in range(one % 3 + 1)] if kind == "choices" else []
        info = ReplyInfo(finish_reason="stop" if two % 4 else INTERRUPTED, response_id="r")
        first, *others = [
            (body("assistant", text), replace_record(info, sources=[one.fields() for one in sources_in_text(text)]))
            for text in texts
        ]
        self.session.add_reply(reply_id, *first, replaces=joins, alternatives=others)
        return texts

    # -- other changes -----------------------------------------------------------------------------------------------

    def insert(self, one: int, two: int) -> None:
        """Insert a message by hand; a reply in the middle answers nothing that is known."""
        role, text, rows = ("user", "assistant", "system")[one % 3], self.text(), self.model.rows
        at = two % (len(rows) + 1)
        before = self.session.conversation.messages[at].id if at < len(rows) else None
        self.session.add_message(body(role, text), before=before)
        row = Row(role, text, family=self._count)
        if role == "assistant":
            row = replace(row, place=len(self.model.places), at=0)
            self.model.places.append([Asked(text, None if before else last_question(rows))])
        self.model.change([*rows[:at], row, *rows[at:]])

    def edit(self, one: int, two: int) -> None:
        if self.model.rows:
            at = one % len(self.model.rows)
            row = self.model.rows[at]
            text = self.cited() if two % 2 and self.session.conversation.messages[at].sources else self.text()
            run_command(self.session, f"/edit {at + 1} {text}")
            if row.place >= 0:
                self.model.places[row.place][row.at].text = text
            self.model.change([*self.model.rows[:at], replace(row, text=text), *self.model.rows[at + 1 :]])

    def delete(self, one: int, two: int) -> None:
        if self.model.rows:
            at = one % len(self.model.rows)
            run_command(self.session, f"/delete {at + 1}")
            self.model.leave([self.model.rows[at]])
            self.model.change([*self.model.rows[:at], *self.model.rows[at + 1 :]])

    def mute(self, one: int, two: int) -> None:
        if self.model.rows:
            at = one % len(self.model.rows)
            row = self.model.rows[at]
            run_command(self.session, f"/{'un' * row.muted}mute {at + 1}")
            muted = replace(row, muted=not row.muted)
            self.model.change([*self.model.rows[:at], muted, *self.model.rows[at + 1 :]])

    def undo(self, one: int, two: int) -> None:
        count = min(one % 3 + 1, len(self.model.done))
        if count:
            run_command(self.session, f"/undo {count}")
        for _ in range(count):
            self.model.undone.append(self.model.rows)
            self.model.rows = self.model.done.pop()

    def redo(self, one: int, two: int) -> None:
        count = min(one % 3 + 1, len(self.model.undone))
        if count:
            run_command(self.session, f"/redo {count}")
        for _ in range(count):
            self.model.done.append(self.model.rows)
            self.model.rows = self.model.undone.pop()

    def alt(self, one: int, two: int) -> None:
        """Make a reply of the last reply's place current; a question that differs between the two returns."""
        rows = list(self.model.rows)
        at = max((at for at, row in enumerate(rows) if row.place >= 0), default=None)
        if at is None or len(self.model.places[rows[at].place]) < 2:
            return
        place = self.model.places[rows[at].place]
        chosen = one % len(place)
        run_command(self.session, f"/alt {chosen + 1}")
        if chosen == rows[at].at:
            return
        answered, question = place[rows[at].at].question, place[chosen].question
        if answered is not None and question is not None and answered.text != question.text:
            versions = [number for number in range(at) if rows[number].family == question.family]
            if versions:
                rows[versions[-1]] = replace(rows[versions[-1]], text=question.text)
        self.model.leave([rows[at]])
        rows[at] = replace(rows[at], text=place[chosen].text, at=chosen)
        self.model.change(rows)
        TRIED["choices"] += 1

    def reopen(self, one: int, two: int) -> None:
        if self.path.exists():
            self.session.close()
            self.session = Session.open(self.session.config, self.path, self.path.read_bytes())

    def text(self) -> str:
        self._count += 1
        return f"t{self._count}"

    def cited(self) -> str:
        """Return the text of a reply that cites a source, which another one may have cited before."""
        text = self.text()
        return f"{text}[[{self._count % 5 + 1}]](https://s.example/{self._count % 7})"


KINDS = [
    *("say", "retry", "retry", "retry", "edit_and_ask", "edit_and_ask", "go_on", "alt", "alt", "alt", "alt", "alt"),
    *("insert", "edit", "delete", "mute", "undo", "redo", "reopen"),
]
STEPS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 60), st.integers(0, 60)), min_size=6, max_size=40)


def run_all(steps: list, folder: str) -> Run:
    run = Run(Path(folder))
    for step in steps:
        run.do(*step)
    run.session.close()
    TRIED["operations"] += len(steps)
    return run


@given(STEPS)
def test_the_list_the_alternatives_and_the_current_one_are_those_of_the_naive_model(steps):
    """Also after a restart at any point, at the end, and in a file from before `alternative_of`."""
    with tempfile.TemporaryDirectory() as folder:
        run = run_all(steps, folder)
        data = run.path.read_bytes() if run.path.exists() else b""
        for content in [data, b"".join(map(without_alternative_of, data.splitlines(keepends=True)))] if data else ():
            run.path.write_bytes(content)
            session = Session.open(run.session.config, run.path, content)
            assert look(session) == run.model.look()
            assert [row[:3] for row in look(session.fork())] == [row[:3] for row in look(session)]
            session.close()


def without_alternative_of(line: bytes) -> bytes:
    """Return a line as it was before replies had this field; other choices always had it."""
    return line if b'"more":true' in line else re.sub(rb',"alternative_of":"[^"]*"', b"", line)


@given(STEPS, st.lists(st.integers(0, 1000), max_size=8))
def test_a_file_that_is_cut_at_any_line_has_all_alternatives_from_before(steps, places):
    """Between two operations all is as it was then; inside one no list is new, and no reply is lost."""
    with tempfile.TemporaryDirectory() as folder:
        run = run_all(steps, folder)
        data = run.path.read_bytes() if run.path.exists() else b""
        ends = [at + 1 for at, byte in enumerate(data) if byte == ord("\n")]
        for cut in {ends[place % len(ends)] for place in places} if ends else ():
            known = [seen for size, seen in run.seen if size <= cut]
            at_end = [size for size, _ in run.seen if size == cut]
            torn = Path(folder) / "torn.jsonl"
            torn.write_bytes(data[:cut])
            with nullcontext(Session.open(run.session.config, torn, data[:cut])) as session:
                now = look(session)
                if at_end:
                    assert now in [seen for size, seen in run.seen if size == cut]
                before = {text for row in (known[-1] if known else []) if len(row) > 3 for text in row[3]}
                after = {text for row in now if len(row) > 3 for text in row[3]}
                lists = [[row[1] for row in rows] for rows in (known[-1:] or [[]])]
                assert before <= after or [row[1] for row in now] not in lists
                session.close()
            TRIED["cuts"] += 1
