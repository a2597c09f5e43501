"""The pictures in the README and in docs/: chats in tmux with scripted replies, drawn by `picture.py`.

python benchmarks/readme_pictures.py [NAME ...]    # writes session.svg and the others beside it
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests")]

from chat_process import chat_env  # noqa: E402 - the tests are not installed
from fake_api import Answer, FakeApi, frames, reply_frames  # noqa: E402
from fake_responses import answer, message, reasoning, response_events, response_frames, x_search  # noqa: E402
from tmux import Tmux  # noqa: E402

WHY = """\
This is a **race condition**: two workers read the same row before either of them writes it back.

1. Worker A reads `balance = 100`.
2. Worker B reads `balance = 100` as well, *before* A has committed.
3. Both write 80, and one of the two withdrawals is lost.
"""
FIX = """\
Let the database do the arithmetic, so that **reading and writing are one step**:

```python
def withdraw(conn: Connection, account: int, amount: Decimal) -> None:
    row = conn.execute(
        "UPDATE accounts SET balance = balance - %s"
        " WHERE id = %s AND balance >= %s RETURNING balance",
        (amount, account, amount),
    ).fetchone()
    if row is None:  # no such account, or not enough money
        raise InsufficientFunds(account, amount)
```

| alternative | cost | when |
|:------------|-----:|:-----|
| `SELECT ... FOR UPDATE` | 1.4 | the new balance needs more than SQL |
| a version column | 1.1 | conflicts are rare |
"""
BINARY_SEARCH = """\
# Binary search, and when not to use it

Searching a *sorted* list takes `O(log n)` comparisons; `bisect` has it in the \
[standard library](https://docs.python.org/3/library/bisect.html). A linear scan is ~~always slower~~ often faster \
for fewer than about 30 items, because it is kind to the branch predictor.

## The code

```python
from bisect import bisect_left

def find(items: list[int], wanted: int) -> int | None:
    \"\"\"Return the index of `wanted`, or None.\"\"\"
    at = bisect_left(items, wanted)
    if at < len(items) and items[at] == wanted:  # it may not be there
        return at
    return None
```

In Rust, `Vec<T>` has the same as a method, `&'a [T]` too:

```rust
match items.binary_search(&wanted) {
    Ok(at) => println!("found at {at}"),
    Err(at) => println!("would go in at {}", at),
}
```

## What to look at

1. **Is the list sorted?**
   - by the *same* key as you search with
   - and *stably*, if there are duplicates
2. **Is it long enough to matter?**

- [x] sorted once, searched often
- [ ] searched once, sorted never

> Premature optimization is the root of all evil.
>
> > Yet we should not pass up our opportunities in that critical 3 %.

| method | comparisons | for 1,000,000 items | remarks |
|:-------|:-----------:|--------------------:|:--------|
| linear scan | n / 2 | 500,000 | no order needed, and the simplest thing that works |
| binary search | log₂ n | **20** | sorted, random access |
| hash table | 1 | 1 | no order, more memory |

The halving gives $T(n) = T(n/2) + 1$, so $T(n) = \\log_2 n$, and in general \
$\\sum_{i=1}^{n} i = \\frac{n(n+1)}{2}$ holds.
"""
ORDERS_LOG = "".join(
    f"2026-11-30T09:{minute:02}:14Z worker-{minute % 4} order={48_210 + 7 * minute} "
    f"{'deadlock detected, retry 1' if minute % 9 == 4 else 'committed in 31 ms'}\n"
    for minute in range(60)
)
QUEUE = """\
Use the table itself as the queue. Each worker takes the oldest row that nobody has locked:

```sql
SELECT id, payload FROM job
 WHERE done_at IS NULL
 ORDER BY id
   FOR UPDATE SKIP LOCKED
 LIMIT 1;
```

`SKIP LOCKED` is what keeps the workers from waiting for each other. It needs PostgreSQL 9.5.
"""
DEADLOCK = """\
The log shows a deadlock every nine minutes, gone one retry later. Both transactions lock two orders, in different \
order. Sort the ids before the `UPDATE`, and the cycle cannot form.
"""
RETRIES = """\
Keep `attempts` and `run_after` in the row. On failure: `attempts + 1`, and `run_after = now() + 2 ** attempts` \
seconds. After five attempts the row goes to `job_failed`, with the traceback.
"""
INDEX = """\
A partial index: `CREATE INDEX ON job (id) WHERE done_at IS NULL`. It stays small however many jobs are done.
"""
VACUUM = "Delete done rows in batches of 1,000, or partition by day and drop the partition: no bloat, no long lock.\n"
SUMMARY = """\
- A job queue in PostgreSQL: `SELECT ... FOR UPDATE SKIP LOCKED LIMIT 1`; a partial index \
`ON job (id) WHERE done_at IS NULL`.
- orders.log, 60 lines: a deadlock every nine minutes; **decided**: sort the ids before the `UPDATE`.
- Retries: `attempts`, `run_after = now() + 2 ** attempts`; after 5 attempts to `job_failed`.
- **Open**: how many workers.
"""
CONVERSATION: Sequence[tuple[str, str]] = (
    ("system", "You are a database engineer. Be brief, and show SQL."),
    ("user", "I need a job queue, and have only PostgreSQL. How?"),
    ("assistant", QUEUE),
    ("user", f"File: orders.log\n\n{ORDERS_LOG}"),
    ("user", "Why do these deadlock?"),
    ("assistant", DEADLOCK),
    ("user", "How should a job that failed be tried again?"),
    ("assistant", RETRIES),
    ("user", "Which index does the queue need?"),
    ("assistant", INDEX),
    ("user", "And what of a million done jobs?"),
    ("assistant", VACUUM),
)
RACE = """\
Both threads read the counter before either of them writes it back, so one increment is lost. \
Guard the counter with a `Lock`.
"""
RACE_TOO = """\
Two threads read the counter before one of them writes it back, so an increment is sometimes lost. \
Guard the counter with a `Lock`, or count in one thread and send it messages.
"""
NEWS = """\
**PostgreSQL 19** reads and writes files asynchronously by default, which makes sequential scans about twice as fast. \
Logical replication now carries sequences too.
"""
NEWS_PAGES = (
    "https://docs.example/release-notes/19",
    "https://en.wikipedia.example/wiki/PostgreSQL_(database)",
    "https://x.example/db_news/status/1987654321098765432",
)
COLUMNS = 88
THINKING_S = 2.3
MODEL, OTHER_MODEL = "grok-4.7", "grok-4.3"
GROK = {
    "id": MODEL,
    "context_length": 500_000,
    "prompt_text_token_price": 12_500,
    "cached_prompt_text_token_price": 2_000,
    "completion_text_token_price": 25_000,
}
"""A model in the API's list; prices are in units of 1e-10 dollars a token."""
MODELS = [GROK, {**GROK, "id": OTHER_MODEL}]


def reply(text: str, *, tokens: int, cached: int, reply_tokens: int) -> bytes:
    """Return the frames of a reply with these counts of tokens."""
    usage = {
        "prompt_tokens": tokens,
        "completion_tokens": reply_tokens,
        "total_tokens": tokens + reply_tokens,
        "prompt_tokens_details": {"text_tokens": tokens, "cached_tokens": cached},
        "cost_in_usd_ticks": (tokens - cached) * 12_500 + cached * 2_000 + reply_tokens * 25_000,
    }
    return reply_frames(text, usage=usage)


Line = tuple[str, Mapping[str, bytes], str]
"""A line that is typed, the reply of each model to it, and what shows that it was carried out."""


def chat(
    theme: str,
    lines: Sequence[Line],
    rows: int,
    *,
    arguments: Sequence[str] = (),
    prepare: Callable[[Path], None] = lambda _: None,
) -> str:
    """Return a chat's screen with its SGR codes.

    A reply begins some seconds after its request, as a model's does, for its footer says how long it took.
    """
    with tempfile.TemporaryDirectory() as home, FakeApi(models=Answer.json(200, {"data": MODELS})) as api:
        Path(home, "config.toml").write_text(f'theme = "{theme}"\n')
        prepare(Path(home))
        env = chat_env(Path(home), api) | {"COLORTERM": "truecolor"}
        with Tmux(*arguments, env=env, columns=COLUMNS, rows=rows) as tmux:
            tmux.wait_for(f"{MODEL} · ")
            tmux.wait_for(" messages")
            for line, replies, sign in lines:
                thought, held = threading.Event(), threading.Event()
                if b"[DONE]" in b"".join(replies.values()):
                    held.set()
                api.by_model = {model: Answer([thought, sent, held]) for model, sent in replies.items()}
                tmux.type(line)
                tmux.keys("Enter")
                if replies:
                    time.sleep(THINKING_S)
                    thought.set()
                tmux.wait_for(sign)
                time.sleep(0.5)  # the rest of the lines, and what is drawn last: the bottom line
            return tmux.painted()


def saved_session(home: Path) -> None:
    """Write the session that the second picture resumes, with the API's count of its last request."""
    header = {"type": "session", "format": "grokchat/1", "id": "queue", "time": "2026-11-30T10:00:00.000Z"}
    events: list[dict[str, object]] = [header]
    for number, (role, content) in enumerate(CONVERSATION):
        events.append({"type": "message", "id": f"m{number}", "message": {"role": role, "content": content}})
    usage = {"prompt_tokens": 2_496, "completion_tokens": 36, "prompt_tokens_details": {"cached_tokens": 2_432}}
    more = {"model": MODEL, "finish_reason": "stop", "usage": {**usage, "cost_in_usd_ticks": 6_600_000}}
    events[-1] |= {**more, "response_id": "r-0", "elapsed_s": 1.9}
    folder = home / "sessions"
    folder.mkdir()
    (folder / "queue.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))


def draw(name: str, theme: str, painted: str) -> None:
    picture = subprocess.run(
        [sys.executable, HERE / "picture.py", "grokchat", theme],
        input=painted,
        capture_output=True,
        text=True,
        check=True,
    )
    (HERE / f"{name}.svg").write_text(picture.stdout)


def draw_session() -> None:
    """Draw a conversation with a system message that is muted."""
    lines: list[Line] = [
        ("/system Answer in at most five lines.", {}, "added as #1"),
        ("Two workers sometimes withdraw the same money. Why?",
         {MODEL: reply(WHY, tokens=238, cached=192, reply_tokens=96)}, "#3 ·"),
        ("/mute 1", {}, "muted #1"),
        ("And the fix?", {MODEL: reply(FIX, tokens=337, cached=128, reply_tokens=212)}, "#5 ·"),
    ]  # fmt: skip
    draw("session", "dark", chat("dark", lines, rows=49))


def draw_list() -> None:
    """Draw what a request holds, and how a summary takes the place of its messages and is undone."""
    lines: list[Line] = [
        ("/context", {}, "What would save most"),
        ("/compact", {MODEL: reply(SUMMARY, tokens=2_480, cached=0, reply_tokens=118)}, "compacted #"),
        ("/context", {}, "#1, "),
        ("/undo", {}, "undid /compact"),
    ]
    painted = chat("dark", lines, rows=89, arguments=("-r", "queue"), prepare=saved_session)
    draw("list", "dark", painted)


def draw_alternatives() -> None:
    """Draw one question to two models, and how their replies differ."""
    question = "/insert user Why does my counter, which two threads increment, lose some?"
    other = reply(RACE_TOO, tokens=212, cached=0, reply_tokens=51).replace(MODEL.encode(), OTHER_MODEL.encode())
    replies = {MODEL: reply(RACE, tokens=212, cached=0, reply_tokens=38), OTHER_MODEL: other}
    lines: list[Line] = [
        (question, {}, "added as #1"),
        (f"/retry -m {MODEL},{OTHER_MODEL}", replies, "/alt 2"),
        ("/alt", {}, "/alt K"),
        ("/alt diff 2", {}, "> /alt diff 2"),
    ]
    draw("alternatives", "dark", chat("dark", lines, rows=40))


def draw_search(theme: str) -> None:
    """Draw a reply with its sources, and what is searched for the next one."""
    usage = {"input_tokens": 9_412, "input_tokens_details": {"cached_tokens": 4_096}, "output_tokens": 312}
    usage |= {"output_tokens_details": {"reasoning_tokens": 190}, "cost_in_usd_ticks": 160_000_000}
    usage |= {"server_side_tool_usage_details": {"web_search_calls": 2, "x_search_calls": 1, "x_posts_fetched": 12}}
    found = response_frames(answer(NEWS.rstrip(), *NEWS_PAGES), usage=usage)
    events = response_events(reasoning("What do people say?"), x_search("postgresql 19 upgrade"), message("Yes."))
    at = next(at for at, event in enumerate(events) if event.get("item", {}).get("type") == "message")
    lines: list[Line] = [
        ("What is new in PostgreSQL 19?", {MODEL: found}, "#2 ·"),
        ("And what do people who upgraded say?", {MODEL: frames(*events[:at], done=False)}, "searching X"),
    ]
    draw(f"search-{theme}", theme, chat(theme, lines, rows=22, prepare=with_search))


def with_search(home: Path) -> None:
    """Have the model search, as the config file may say."""
    with (home / "config.toml").open("a") as config:
        config.write('search = "all"\n')


def draw_reply(theme: str) -> None:
    """Draw a reply with all that Markdown has."""
    answer = reply(BINARY_SEARCH, tokens=164, cached=128, reply_tokens=611)
    lines: list[Line] = [("How does binary search work?", {MODEL: answer}, "#2 ·")]
    draw(f"reply-{theme}", theme, chat(theme, lines, rows=74))


PICTURES: Mapping[str, Callable[[], None]] = {
    "session": draw_session,
    "list": draw_list,
    "alternatives": draw_alternatives,
    "search-dark": lambda: draw_search("dark"),
    "search-light": lambda: draw_search("light"),
    "reply-dark": lambda: draw_reply("dark"),
    "reply-light": lambda: draw_reply("light"),
}


def main() -> None:
    """Draw the pictures that the arguments name, or all of them."""
    for name in sys.argv[1:] or PICTURES:
        PICTURES[name]()


if __name__ == "__main__":
    main()
