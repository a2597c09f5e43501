"""/compact on random lists, ranges and outcomes, against a naive list."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

from compacting_chat import Compacting, listed
from fake_api import USAGE, chunk, frames, reply_frames
from hypothesis import given
from hypothesis import strategies as st

from grokchat import messages
from grokchat.message_summaries import is_summary, write_summary
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.terminal.interface import Interrupt

Row = tuple[str, str, bool]

NOWHERE = SessionConfig(None)

ROWS = st.lists(st.tuples(st.sampled_from(("system", "user", "assistant", "summary")), st.booleans()), max_size=12)
RANGES = st.none() | st.tuples(st.integers(1, 12), st.integers(0, 11))
ANSWERS = {
    "ok": reply_frames("The summary."),
    "empty": frames(chunk({"content": " "}), chunk(finish="stop"), {**chunk(), "choices": [], "usage": USAGE}),
    "cut": frames(chunk({"content": "The"}), chunk(finish="length")),
    "broken": frames(chunk({"content": "The"}), done=False),
    "refused": (400, {"error": "no"}),
    "stopped": b"",
}


def naive_range(rows: Sequence[Row], chosen: tuple[int, int] | None) -> list[int]:
    """Return the positions of what is compacted, from 0."""
    sent = [at for at, row in enumerate(rows) if not row[2]]
    if chosen is not None:
        return [at for at in sent if chosen[0] <= at + 1 <= chosen[0] + chosen[1]]
    while sent and rows[sent[0]][0] == "system" and not rows[sent[0]][1].startswith("Summary of"):
        sent.pop(0)
    every = [at for at, row in enumerate(rows) if not row[2]]
    questions = [at for at in every if rows[at][0] == "user"]
    if not questions:
        return [] if len(sent) == 1 else sent[:-1]
    first = questions[-1]
    while (before := [at for at in every if at < first]) and rows[before[-1]][0] == "user":
        first = before[-1]
    return [at for at in sent if at < first]


def naive_result(rows: Sequence[Row], taken: Sequence[int]) -> list[Row]:
    muted = [(role, text, is_muted or at in taken) for at, (role, text, is_muted) in enumerate(rows)]
    return [*muted[: taken[0]], ("system", "The summary.", False), *muted[taken[0] :]]


def shown(session: Session) -> list[Row]:
    """Return the list, the new summary without its first line."""
    rows = listed(session.conversation)
    return [(role, "The summary." if text.endswith("\n\nThe summary.") else text, muted) for role, text, muted in rows]


async def compact(
    home: Path, rows: Sequence[tuple[str, bool]], line: str, outcome: str
) -> tuple[list[Row], Compacting]:
    """Run a chat with a list, and one /compact in it; return the list from before it."""
    chat = Compacting(home)
    chat.answers = [ANSWERS[outcome]]
    async with chat:
        session = chat.session
        for number, (role, is_muted) in enumerate(rows):
            text = f"text {number}"
            body = messages.body(role, text)
            if role == "summary":
                body = messages.body("system", write_summary(text, "#9", 1))
            message_id = session.add_message(body)
            if is_muted:
                session.mute([message_id])
        before = listed(session.conversation)
        chat.is_endless = outcome == "stopped"
        chat.submit(line)
        if outcome == "stopped":
            await chat.until(lambda: "replying" in chat.repl.status() or not chat.screen.is_busy)
            chat.is_endless = False
            if chat.screen.is_busy:
                chat.screen.act(Interrupt())
        await chat.idle()
    return before, chat


@given(ROWS, RANGES, st.sampled_from(sorted(ANSWERS)))
def test_the_list_is_as_it_was_or_as_the_naive_one(rows, chosen, outcome):
    """Only a finished summary changes it, in one change that /undo takes back; a file cut anywhere has one of both."""
    line = "/compact" if chosen is None else f"/compact {chosen[0]}..{chosen[0] + chosen[1]}"
    with tempfile.TemporaryDirectory() as folder:
        before, chat = asyncio.run(compact(Path(folder), rows, line, outcome))
    is_in_range = chosen is None or chosen[0] + chosen[1] <= len(before)
    taken = naive_range(before, chosen) if is_in_range else []
    is_new = not (chosen is None and len(taken) == 1 and before[taken[0]][1].startswith("Summary of"))
    is_done = bool(taken) and is_new and outcome == "ok"
    session = chat.session
    assert shown(session) == (naive_result(before, taken) if is_done else before)
    assert is_done == any("compacted " in line for line in chat.screen.lines)
    assert (len(chat.summary_requests) == 1) == (bool(taken) and is_new) or outcome == "stopped"
    lines = [part + b"\n" for part in session.encode().split(b"\n")[:-1]]
    kept = [index for index, part in enumerate(lines) if b'"type":"summary"' in part]
    if is_done:
        (paid,) = kept
        states = [
            shown(Session.open(NOWHERE, Path("cut.jsonl"), b"".join(lines[:end])))
            for end in range(paid, len(lines) + 1)
        ]
        assert states == [before] * (len(states) - 1) + [naive_result(before, taken)]
        assert is_summary(session.conversation.messages[taken[0]].body)
        again = Session.open(NOWHERE, Path("again.jsonl"), session.encode())
        again.undo(1)
        assert listed(again.conversation) == before
        again.redo(1)
        assert shown(again) == naive_result(before, taken)
