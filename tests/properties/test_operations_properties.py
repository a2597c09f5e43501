"""Random operations on a session, through its commands and its file, against a naive list with copies of every state.

`GROKCHAT_EXAMPLES=N pytest -n 0 -s tests/properties/test_operations_properties.py` prints how many sequences and
operations were tried.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grokchat import messages
from grokchat.commands.declare import Call, parse_line
from grokchat.commands.outcomes import AskModel, CompactMessages
from grokchat.commands.registry import by_name
from grokchat.commands.spans import format_spans
from grokchat.errors import CommandError
from grokchat.message_summaries import write_summary
from grokchat.messages import new_id
from grokchat.session.compaction import apply_compaction
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig

COMMANDS = by_name()


@pytest.fixture(scope="module", autouse=True)
def tried() -> Iterator[Counter]:
    counts: Counter = Counter()
    TRIED.append(counts)
    yield counts
    TRIED.remove(counts)
    print(f"\n{counts['sequences']:,} sequences, {counts['operations']:,} operations, {counts['cuts']:,} cuts")  # noqa: T201


TRIED: list[Counter] = []


@dataclass(frozen=True)
class Row:
    """A message as the naive model has it."""

    role: str
    text: str
    muted: bool = False
    cut: bool = False


@dataclass
class Model:
    """A list, and a copy of it after every change."""

    rows: list[Row] = field(default_factory=list)
    done: list[list[Row]] = field(default_factory=list)
    undone: list[list[Row]] = field(default_factory=list)

    def change(self, rows: list[Row]) -> None:
        self.done.append(self.rows)
        self.undone.clear()
        self.rows = rows

    def undo(self, count: int) -> None:
        for _ in range(min(count, len(self.done))):
            self.undone.append(self.rows)
            self.rows = self.done.pop()

    def redo(self, count: int) -> None:
        for _ in range(min(count, len(self.undone))):
            self.done.append(self.rows)
            self.rows = self.undone.pop()


class Run:
    """One session, its file, the model, and every state that was acknowledged."""

    def __init__(self, folder: Path) -> None:
        self.origin = SessionConfig(folder)
        self.session = Session.new(self.origin)
        self.model = Model()
        self.acknowledged: list[list[Row]] = [[]]

    def do(self, kind: str, one: int, two: int, text: str) -> None:
        getattr(self, kind)(one, two, text)
        self.acknowledge()
        assert look(self.session) == self.model.rows

    def acknowledge(self) -> None:
        self.acknowledged.append(look(self.session))

    # -- operations --------------------------------------------------------------------------------------------------

    def insert(self, one: int, two: int, text: str) -> None:
        rows, role = self.model.rows, ("system", "user", "assistant")[two % 3]
        at = one % (len(rows) + 1)
        where = "" if at == len(rows) and two % 2 else f"@{at + 1} "
        self.command(f"/insert {role} {where}{text}")
        self.model.change([*rows[:at], Row(role, text), *rows[at:]])

    def edit(self, one: int, two: int, text: str) -> None:
        at = self.pick(one)
        if at is None:
            return
        rows = self.model.rows
        self.command(f"/edit {at + 1} {text}")
        if rows[at].text != text:
            self.model.change([*rows[:at], replace(rows[at], text=text), *rows[at + 1 :]])

    def delete(self, one: int, two: int, text: str) -> None:
        picked = self.range(one, two)
        if picked is not None:
            first, last, shown = picked
            self.command(f"/delete {shown}")
            self.model.change([*self.model.rows[:first], *self.model.rows[last:]])

    def move(self, one: int, two: int, text: str) -> None:
        at, to = self.pick(one), self.pick(two)
        if at is None or to is None:
            return
        self.command(f"/move {at + 1} @{to + 1}")
        if at != to:
            rows = list(self.model.rows)
            rows.insert(to, rows.pop(at))
            self.model.change(rows)

    def mute(self, one: int, two: int, text: str) -> None:
        self.set_muted(one, two, muted=True)

    def unmute(self, one: int, two: int, text: str) -> None:
        self.set_muted(one, two, muted=False)

    def set_muted(self, one: int, two: int, *, muted: bool) -> None:
        picked = self.range(one, two)
        if picked is None:
            return
        first, last, shown = picked
        self.command(f"/{'mute' if muted else 'unmute'} {shown}")
        rows = [replace(row, muted=muted) if first <= at < last else row for at, row in enumerate(self.model.rows)]
        if rows != self.model.rows:
            self.model.change(rows)

    def undo(self, one: int, two: int, text: str) -> None:
        count = one % 3 + 1
        if self.model.done:
            self.command(f"/undo {count}")
        else:
            self.refused(f"/undo {count}")
        self.model.undo(count)

    def redo(self, one: int, two: int, text: str) -> None:
        count = one % 3 + 1
        if self.model.undone:
            self.command(f"/redo {count}")
        else:
            self.refused(f"/redo {count}")
        self.model.redo(count)

    def say(self, one: int, two: int, text: str) -> None:
        """Send a message; its reply is finished, interrupted, or fails."""
        rows = [*self.model.rows, Row("user", text)]
        with self.session.as_one_change():
            self.session.add_message(messages.body("user", text))
            self.acknowledge()
            rows += self.reply(one, two, text)
        self.model.change(rows)

    def retry(self, one: int, two: int, text: str) -> None:
        users = [at for at, row in enumerate(self.model.rows) if row.role == "user"]
        if not users or self.model.rows[users[-1]].muted:
            self.refused("/retry")
            return
        outcome = self.command("/retry")
        assert isinstance(outcome, AskModel)
        before = self.session.state_id
        kept = self.model.rows[: users[-1] + 1]
        with self.session.as_one_change():
            if outcome.remove:
                self.session.remove(outcome.remove, more=True)
            replied = self.reply(one, two, text)
            if outcome.remove and not replied:
                self.session.rewind(before)
        if replied:
            self.model.change([*kept, *replied])

    def go_on(self, one: int, two: int, text: str) -> None:
        """/continue: what comes joins the reply."""
        sent = [row for row in self.model.rows if not row.muted]
        if not sent or sent[-1].role != "assistant" or not sent[-1].cut:
            return
        outcome = self.command("/continue")
        assert isinstance(outcome, AskModel)
        assert outcome.joins is not None
        at = max(at for at, row in enumerate(self.model.rows) if not row.muted)
        with self.session.as_one_change():
            replied = self.reply(one, two, text, joins=outcome.joins)
        if replied:
            rows = list(self.model.rows)
            rows[at] = replace(replied[0], text=rows[at].text + replied[0].text)
            self.model.change(rows)

    def compact(self, one: int, two: int, text: str) -> None:
        """/compact of a range: the summary comes, or it is only paid for."""
        picked = self.range(one, two)
        if picked is None:
            return
        first, last, shown = picked
        taken = [at for at in range(first, last) if not self.model.rows[at].muted]
        if not taken:
            self.refused(f"/compact {shown}")
            return
        outcome = self.command(f"/compact {shown} {text}")
        assert isinstance(outcome, CompactMessages)
        self.session.add_summary(text, messages.ReplyInfo(finish_reason="stop", response_id="r"))
        self.acknowledge()
        if one % 3 == 0:
            return
        apply_compaction(self.session, outcome.compaction, text, format_spans([at + 2 for at in taken]))
        rows = [replace(row, muted=row.muted or at in taken) for at, row in enumerate(self.model.rows)]
        summary = write_summary(text, format_spans([at + 2 for at in taken]), len(taken))
        self.model.change([*rows[: taken[0]], Row("system", summary), *rows[taken[0] :]])

    def reopen(self, one: int, two: int, text: str) -> None:
        path = self.session.path
        if path is not None:
            self.session.close()
            self.session = Session.open(self.origin, path, path.read_bytes())

    def name(self, one: int, two: int, text: str) -> None:
        self.command(f"/name {text}")

    # -- how ---------------------------------------------------------------------------------------------------------

    def reply(self, one: int, two: int, text: str, joins: messages.Message | None = None) -> list[Row]:
        """Let a reply come in pieces, as `turn` does; it fails, is interrupted, or comes to its end."""
        ending = ("failed", "interrupted", "stop", "length")[one % 4]
        if ending == "failed":
            return []
        reply_id = new_id()
        whole = ""
        for piece in (f"{text}-", "more")[: two % 3]:
            self.session.add_partial(reply_id, text=piece, reasoning="", joins=joins.id if joins else None)
            whole += piece
            self.acknowledge()
        whole = whole or text
        body = messages.body("assistant", whole)
        if joins is not None:
            body = messages.join_replies(joins.body, body)
        known = {"finish_reason": ending, "response_id": "r"}
        self.session.add_message(body, message_id=reply_id, replaces=joins.id if joins else None, reply_fields=known)
        return [Row("assistant", whole, cut=ending in {"interrupted", "length"})]

    def command(self, line: str) -> object:
        call = parse_line(line, COMMANDS)
        assert isinstance(call, Call)
        return call.run(self.session)

    def refused(self, line: str) -> None:
        before = self.session.encode()
        with pytest.raises(CommandError):
            self.command(line)
        assert self.session.encode() == before

    def pick(self, number: int) -> int | None:
        return number % len(self.model.rows) if self.model.rows else None

    def range(self, one: int, two: int) -> tuple[int, int, str] | None:
        at, to = self.pick(one), self.pick(two)
        if at is None or to is None:
            return None
        first, last = min(at, to), max(at, to) + 1
        shown = f"{first + 1}.." if last == len(self.model.rows) and one % 2 else f"{first + 1}..{last}"
        return first, last, shown


def look(session: Session) -> list[Row]:
    conversation = session.conversation
    return [
        Row(
            item.role,
            item.text,
            muted=item.id in conversation.muted,
            cut=item.reply is not None and item.reply.finish_reason in {"interrupted", "length"},
        )
        for item in conversation
    ]


KINDS = [
    *("insert", "edit", "delete", "move", "mute", "unmute", "undo", "undo", "redo"),
    *("say", "say", "retry", "go_on", "compact", "reopen", "name"),
]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.integers(0, 999),
        st.integers(0, 999),
        st.sampled_from(["a", "b\nc", "é ☃", "x" * 30]),
    ),
    max_size=40,
)
MUTED_EDIT = [("insert", 0, 1, "a"), ("mute", 0, 0, ""), ("edit", 0, 0, "b\nc"), ("undo", 0, 0, ""), ("redo", 0, 0, "")]
FAILED_RETRY = [("say", 2, 2, "a"), ("say", 2, 2, "a"), ("undo", 0, 0, ""), ("retry", 0, 0, "a"), ("redo", 0, 0, "")]


@given(STEPS)
@example(MUTED_EDIT)
@example(FAILED_RETRY)
def test_any_sequence_of_operations_is_the_naive_list(steps):
    """Every change one event; undo and redo outlive a restart; one line a message, whatever was done to it."""
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder))
        for step in steps:
            run.do(*step)
        run.reopen(0, 0, "")
        assert look(run.session) == run.model.rows
        run.session.close()
    TRIED[0].update(sequences=1, operations=len(steps))


@given(STEPS, st.lists(st.integers(0, 10_000), max_size=20))
@example(MUTED_EDIT, [])
def test_a_file_that_is_cut_at_any_byte_holds_an_acknowledged_state(steps, places):
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder))
        for step in steps:
            run.do(*step)
        path = run.session.path
        if path is None:
            return
        run.session.close()
        data = path.read_bytes()
        ends = [at for at, byte in enumerate(data) if byte == ord("\n")]
        cuts = {*(place % (len(data) + 1) for place in places), *ends, *(end + 1 for end in ends)}
        for cut in sorted(cuts):
            torn = Path(folder) / "torn.jsonl"
            torn.write_bytes(data[:cut])
            session = Session.open(run.origin, torn, data[:cut])
            assert look(session) in run.acknowledged, cut
            session.close()
        TRIED[0].update(sequences=1, operations=len(steps), cuts=len(cuts))


@given(STEPS)
def test_everything_can_be_taken_back_and_brought_back(steps):
    """From any point /undo leads to the beginning, and /redo back to the point."""
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder))
        for step in steps:
            run.do(*step)
        there, count = look(run.session), len(run.model.done)
        if count:
            run.command(f"/undo {count}")
            assert look(run.session) == []
            run.refused("/undo")
            run.command(f"/redo {count}")
        assert look(run.session) == there
        run.session.close()
    TRIED[0].update(sequences=1, operations=len(steps) + 2)


@given(STEPS, STEPS)
def test_undo_ends_where_a_fork_began(before, after):
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder))
        for step in before:
            run.do(*step)
        old = run.session.encode()
        original, run.session = run.session, run.session.fork()
        begun = look(run.session)
        assert begun == run.model.rows
        run.model = Model(list(run.model.rows))
        for step in after:
            run.do(*step)
        if run.model.done:
            run.command(f"/undo {len(run.model.done) + 5}")
        run.refused("/undo")
        assert look(run.session) == begun
        assert original.encode() == old
        run.session.close()
        original.close()
    TRIED[0].update(sequences=1, operations=len(before) + len(after))
