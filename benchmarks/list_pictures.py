"""The pictures of what the list makes possible: /context and /compact, and one question to two models with /alt diff.

python benchmarks/list_pictures.py    # writes context.svg and models.svg beside it
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests")]

from chat_process import chat_env  # noqa: E402 - the tests are not installed
from fake_api import Answer, FakeApi  # noqa: E402
from readme_pictures import COLUMNS, GROK, draw, reply  # noqa: E402
from tmux import Tmux  # noqa: E402

SCHEMA = "File: schema.sql\n\n" + "".join(
    f"CREATE TABLE t{number} (id BIGINT UNSIGNED, placed DATETIME, state ENUM('new', 'paid', 'sent'));\n"
    for number in range(1, 61)
)
TYPES = """\
Four things in it have no counterpart:

- `BIGINT UNSIGNED`: use `BIGINT`, and `NUMERIC(20)` where values exceed 2^63 - 1.
- `DATETIME`: use `TIMESTAMPTZ`, and decide which time zone the old values are in.
- `ENUM`: a table of states, or a `CHECK`.
- `0000-00-00`: it is rejected; load it as NULL.
"""
PLAN = """\
1. Create the schema with the new types.
2. Copy the data with pgloader, and let Debezium replay what changes meanwhile.
3. Compare counts and checksums of each table.
4. Stop writes, wait until nothing is left to replay, and switch.
5. Keep MySQL for a week, replayed in the other direction.
"""
LONG = (
    "The lag is what decides it. Measure it before you choose a night, and stop the batch jobs first: they write more "
    "than all customers together, and nobody waits for them. "
)
MESSAGES = [
    ("system", "You help a web shop to move from MySQL 5.7 to PostgreSQL 16. Be brief."),
    ("user", SCHEMA),
    ("user", "Which types are a problem?"),
    ("assistant", TYPES * 2),
    ("user", "Can we do it without downtime?"),
    ("assistant", LONG * 8 + PLAN),
    ("user", "How long is the switch, then?"),
    ("assistant", LONG * 3),
    ("user", "And if it fails?"),
    ("assistant", LONG * 2 + "Replay in the other direction, and switch back."),
    ("user", "Write down the steps."),
    ("assistant", PLAN),
]
SUMMARY = """\
- The shop moves 40 GB from MySQL 5.7 to PostgreSQL 16, without downtime; `schema.sql` has 60 tables.
- Types: `BIGINT UNSIGNED` becomes `BIGINT`, `DATETIME` becomes `TIMESTAMPTZ`, `ENUM` a `CHECK`, zero dates NULL.
- Decided: pgloader copies, Debezium replays the changes; the lag is measured first, batch jobs are stopped.
- If it fails: replay in the other direction, and switch back.
- Open: which time zone the old values are in.
"""
FIRST = "Use `BIGINT`. It is signed, so it ends at 2^63 - 1; **no shop reaches that** with an id that counts up."
SECOND = "Use `BIGINT`, or `NUMERIC(20)` for random ids: these exceed 2^63 - 1, an id that counts up **never** does."
OTHER = {**GROK, "id": "grok-4.3", "context_length": 1_000_000}


def saved_session() -> bytes:
    """Return a session file with the messages, each reply with the usage that the API would have reported."""
    time_ = {"time": "2026-12-01T09:00:00.000Z"}
    events: list[dict[str, object]] = [
        {"type": "session", "format": "grokchat/1", "id": "20261201-090000-moving", **time_}
    ]
    tokens = last = 0
    for number, (role, text) in enumerate(MESSAGES):
        event = {"type": "message", "id": f"m{number}", **time_, "message": {"role": role, "content": text}}
        if role == "assistant":
            usage = {"prompt_tokens": tokens, "completion_tokens": len(text) // 4, "cost_in_usd_ticks": tokens * 12_500}
            usage["prompt_tokens_details"] = {"cached_tokens": last}  # type: ignore[assignment]
            event |= {"model": "grok-4.7", "finish_reason": "stop", "response_id": f"r{number}", "usage": usage}
            last = tokens
        events.append(event)
        tokens += len(text) // 4 + 4
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


def compacted() -> str:
    """Return the screen of a conversation of 12 messages: what it holds, a summary, what it then holds, and undo."""
    with tempfile.TemporaryDirectory() as home, FakeApi(models=Answer.json(200, {"data": [GROK]})) as api:
        Path(home, "config.toml").write_text('theme = "dark"\n')
        Path(home, "sessions").mkdir()
        Path(home, "sessions", "20261201-090000-moving.jsonl").write_bytes(saved_session())
        api.answers = [Answer([reply(SUMMARY, tokens=2890, cached=2700, reply_tokens=140)])]
        env = chat_env(Path(home), api) | {"COLORTERM": "truecolor"}
        with Tmux("-c", env=env, columns=COLUMNS, rows=74) as tmux:
            for line, sign in (
                ("/context", "/mute"),
                ("/compact", "compacted #"),
                ("/context", "which a"),
                ("/undo", "undid /compact"),
            ):
                tmux.wait_for("12 messages" if line == "/context" and sign == "/mute" else ">")
                tmux.type(line)
                tmux.keys("Enter")
                tmux.wait_for(sign)
                time.sleep(0.5)
            return tmux.painted()


def compared() -> str:
    """Return the screen of a question to two models, the alternatives, and what differs."""
    with tempfile.TemporaryDirectory() as home, FakeApi(models=Answer.json(200, {"data": [GROK, OTHER]})) as api:
        Path(home, "config.toml").write_text('theme = "dark"\n')
        api.by_model = {
            "grok-4.7": Answer([reply(FIRST, tokens=212, cached=192, reply_tokens=38)]),
            "grok-4.3": Answer(
                [reply(SECOND, tokens=212, cached=0, reply_tokens=44).replace(b"grok-4.7", b"grok-4.3")]
            ),
        }
        env = chat_env(Path(home), api) | {"COLORTERM": "truecolor"}
        with Tmux(env=env, columns=COLUMNS, rows=40) as tmux:
            tmux.wait_for("0 messages")
            for line, sign in (
                ("What replaces BIGINT UNSIGNED in PostgreSQL?", "#2 ·"),
                ("/retry -m grok-4.7,grok-4.3", "2 of 3"),
                ("/alt", "/alt diff K"),
                ("/alt diff 3", "diff 3"),
            ):
                tmux.type(line)
                tmux.keys("Enter")
                tmux.wait_for(sign)
                time.sleep(1)
            return tmux.painted()


def main() -> None:
    """Draw both pictures."""
    draw("context", "dark", compacted())
    draw("models", "dark", compared())


if __name__ == "__main__":
    main()
