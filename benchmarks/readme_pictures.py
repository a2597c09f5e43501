"""The pictures in the README and docs/screen.md: a chat in tmux with scripted replies, drawn by `picture.py`.

python benchmarks/readme_pictures.py    # writes session.svg, reply-dark.svg and reply-light.svg beside it
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests")]

from chat_process import chat_env  # noqa: E402 - the tests are not installed
from fake_api import Answer, FakeApi, reply_frames  # noqa: E402
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
COLUMNS = 88
THINKING_S = 2.3
GROK = {
    "id": "grok-4.7",
    "context_length": 500_000,
    "prompt_text_token_price": 12_500,
    "cached_prompt_text_token_price": 2_000,
    "completion_text_token_price": 25_000,
}
"""The model in the API's list; prices are in units of 1e-10 dollars a token."""


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


def chat(theme: str, lines: Sequence[tuple[str, bytes, str]], rows: int) -> str:
    """Return a chat's screen with its SGR codes; each line comes with its reply, and what shows that it was answered.

    A reply begins some seconds after its request, as a model's does, for its footer says how long it took.
    """
    with tempfile.TemporaryDirectory() as home, FakeApi(models=Answer.json(200, {"data": [GROK]})) as api:
        Path(home, "config.toml").write_text(f'theme = "{theme}"\n')
        env = chat_env(Path(home), api) | {"COLORTERM": "truecolor"}
        with Tmux(env=env, columns=COLUMNS, rows=rows) as tmux:
            tmux.wait_for("0 messages")
            for line, answer, sign in lines:
                thought = threading.Event()
                api.answers = [Answer([thought, answer])]
                tmux.type(line)
                tmux.keys("Enter")
                time.sleep(THINKING_S)
                thought.set()
                tmux.wait_for(sign)
                time.sleep(0.5)  # the rest of the lines, and what is drawn last: the bottom line
            return tmux.painted()


def draw(name: str, theme: str, painted: str) -> None:
    picture = subprocess.run(
        [sys.executable, HERE / "picture.py", "grokchat", theme],
        input=painted,
        capture_output=True,
        text=True,
        check=True,
    )
    (HERE / f"{name}.svg").write_text(picture.stdout)


def main() -> None:
    """Draw all pictures."""
    conversation = [
        ("/system Answer in at most five lines.", b"", "added as #1"),
        ("Two workers sometimes withdraw the same money. Why?",
         reply(WHY, tokens=238, cached=192, reply_tokens=96), "#3 ·"),
        ("/mute 1", b"", "muted #1"),
        ("And the fix?", reply(FIX, tokens=337, cached=128, reply_tokens=212), "#5 ·"),
    ]  # fmt: skip
    draw("session", "dark", chat("dark", conversation, rows=49))
    for theme in ("dark", "light"):
        answer = reply(BINARY_SEARCH, tokens=164, cached=128, reply_tokens=611)
        draw(f"reply-{theme}", theme, chat(theme, [("How does binary search work?", answer, "#2 ·")], rows=74))


if __name__ == "__main__":
    main()
