"""Pictures of a chat in real terminals and themes, to be looked at: what can be read, and what cannot.

`python tests/terminals/pictures.py FOLDER [--only NAME] [--theme NAME] [--scene NAME] [--columns N]` writes one for
each terminal, theme and scene. PYTHONPATH chooses the sources of the program. As in `__main__`, Xvfb and the terminals
must be there.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for a run by the path of this folder

from chat_process import chat_env
from fake_api import Answer, FakeApi, chunk, frames, reply_frames
from fake_responses import answer, message, met, reasoning, response_events, response_frames, web_search, x_search
from support import ROOT
from terminals.display import Display, wait_for
from terminals.drivers import DRIVERS, NAMES
from terminals.terminal import THEMES, RealTerminal

COLUMNS, ROWS, DAY_ROWS = 92, 34, 74
SETTLE_S = 0.6
"""Seconds after the last key, before a picture is taken."""
REPLY = """\
This is a **race condition**: two workers read the same row before either of them writes it back.

## What happens

1. Worker A reads `balance = 100`, and so does worker B, *before* A has committed.
2. The final value is 80, although it should be 70: ~~90~~.

```python
def withdraw(conn: Connection, amount: Decimal) -> None:
    row = conn.execute("SELECT balance FROM accounts WHERE id = %s", (1,))
    if row.balance < amount:  # stale by the time we write it
        raise InsufficientFunds(amount)
```

### Why *it* is not enough

> The [documentation](https://www.postgresql.org/docs/) says that one of them fails with `40001`.

- [x] the update is atomic
- [ ] $E = mc^2$ and \\(a_1\\)

| Method | Cost |
|:-------|-----:|
| lock   |  1.0 |
"""
TABLE = "".join(f"| row {number} of many | `{number * 37}` | what **it** says about it |\n" for number in range(1, 15))
FOUND = """\
**Grok 4.7** is the newest model, with the largest context so far. Its release notes name two changes:

- it searches while it thinks, and says so
- what it reads is encrypted and goes back with the next question
"""
PAGES = (
    "https://docs.example/release-notes/grok-4-7",
    "https://en.wikipedia.example/wiki/Grok_(chatbot)",
    "https://x.example/demo/status/1987654321098765432",
    "https://news.example/2026/11/a-model-that-searches-while-it-thinks-and-what-that-costs?utm_source=feed",
)
THOUGHT = "The user asks about a race condition. I should explain it"


class Stage:
    """A chat in a terminal: what happens in it, and a picture of it."""

    def __init__(self, terminal: RealTerminal, api: FakeApi) -> None:
        self.terminal = terminal
        self.api = api
        self.gate = threading.Event()
        """Set at the end: what holds a reply back."""

    def send(self, text: str, *, requests: int = 1) -> None:
        """Type a line and Enter, and wait for the request that it makes, if it makes one."""
        before = len(self.api.requests)
        self.terminal.type(text)
        self.terminal.key("Return")
        if requests:
            self.api.wait_for_requests(before + requests)
        time.sleep(SETTLE_S)


def a_day(stage: Stage) -> None:
    """Show notices, a reply with everything in it, commands and their tables, and a difference."""
    stage.api.answers = [Answer([reply_frames(REPLY)]), Answer([reply_frames("Yes. Use `git switch -c fix`.")])]
    stage.send("/system You are a terse senior engineer.", requests=0)
    stage.send("explain fast")
    stage.send("/usage", requests=0)
    stage.send("short")
    stage.send("/history", requests=0)
    stage.send("/mute 1", requests=0)
    stage.send("/request diff", requests=0)
    stage.terminal.type("a draft")


def menu(stage: Stage) -> None:
    """Open the menu, and select an entry."""
    stage.send("hi")
    stage.terminal.type("/s")
    stage.terminal.key("Down")
    stage.terminal.key("Down")


def queue(stage: Stage) -> None:
    """Queue three messages while the model thinks, and begin an earlier one."""
    thinking = frames(chunk({"reasoning_content": THOUGHT}), done=False)
    stage.api.answers = [Answer([thinking, stage.gate, reply_frames("Done.")])]
    stage.send("think")
    for text in ("first in the queue", "second", "and a third one"):
        stage.send(text, requests=0)
    stage.terminal.type("th")  # and the rest of an earlier line is suggested


def error(stage: Stage) -> None:
    """Show errors, a question that needs a decision, and a search of the history."""
    rejected = Answer.json(400, {"code": "bad", "error": "The model is not there."})
    stage.api.answers = [Answer([reply_frames("Hello.")]), rejected]
    stage.send("hi")
    stage.send("a question")
    stage.send("/histroy", requests=0)
    stage.send("/set temperature 0.3", requests=0)
    stage.send(
        "my key is xai-0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz01234567", requests=0
    )
    stage.terminal.key("ctrl+r")
    stage.terminal.type("hi")


def table(stage: Stage) -> None:
    """Show a table in the middle of its rows."""
    begun = "The rows:\n\n| name | size | words |\n|:-----|-----:|-------|\n" + TABLE
    rows = frames(chunk({"content": begun.removesuffix("says about it |\n")}), done=False)
    stage.api.answers = [Answer([rows, stage.gate, reply_frames("\n")])]
    stage.send("show me a table")


def models(stage: Stage) -> None:
    """Ask three models: the first one's reply is in the middle, one has ended, and one has failed."""
    begun = frames(chunk({"content": REPLY[:420]}), done=False)
    rejected = Answer.json(404, {"code": "bad", "error": "The model is not there."})
    stage.send("explain")
    stage.api.by_model = {"A": Answer([begun, stage.gate, reply_frames("")]), "C": rejected}
    stage.send("/retry -m A,B,C", requests=3)


def context(stage: Stage) -> None:
    """Show what the next request holds, the alternatives of a reply, and what two of them say differently."""
    stage.api.answers = [Answer([reply_frames(REPLY)]), Answer([reply_frames(REPLY.replace("workers", "threads"))])]
    stage.send("/system You are a terse senior engineer.", requests=0)
    stage.send("explain")
    stage.send("/retry")
    stage.send("/alt diff 1", requests=0)
    stage.send("/mute 1", requests=0)
    stage.send("/context", requests=0)
    stage.send("/alt", requests=0)


def search(stage: Stage) -> None:
    """Show a reply with its sources, one that cites nothing, and what is searched for the next one."""
    found = answer(FOUND.rstrip(), *PAGES)
    read = message("Nothing of that was announced.", *map(met, PAGES[:2]))
    searching = [reasoning("What do they say about it?"), x_search("grok 4.7 context window"), message("Yes.")]
    events = response_events(*searching)
    at = next(at for at, event in enumerate(events) if event.get("item", {}).get("type") == "message")
    stage.api.answers = [
        Answer([response_frames(web_search("grok 4.7", *PAGES), found)]),
        Answer([response_frames(web_search("grok 5", *PAGES[:2]), read)]),
        Answer([frames(*events[:at], done=False), stage.gate, frames(*events[at:])]),
    ]
    stage.send("What is new in Grok 4.7?")
    stage.send("And Grok 5?")
    stage.send("What do people say?")


SCENES: dict[str, Callable[[Stage], None]] = {
    "day": a_day,
    "menu": menu,
    "queue": queue,
    "error": error,
    "table": table,
    "models": models,
    "context": context,
    "search": search,
}


def take(driver: type[RealTerminal], theme: str, scene: str, folder: Path, columns: int = COLUMNS) -> Path:
    """Play a scene in a terminal of so many columns, and write its picture."""
    path = folder / f"{driver.name.replace(' ', '-')}-{theme}-{scene}.png"
    with tempfile.TemporaryDirectory() as directory, Display() as display, FakeApi() as api:
        home = Path(directory)
        with driver(display, home / "terminal") as terminal:
            if scene == "search":
                (home / "chat").mkdir()
                (home / "chat" / "config.toml").write_text('search = "all"\n', encoding="utf-8")
            env = {"PYTHONPATH": os.environ.get("PYTHONPATH", str(ROOT)), "PYTHONUTF8": "1"}
            program = [sys.executable, "-m", "grokchat"]
            terminal.start(
                program,
                {**env, **chat_env(home / "chat", api)},
                columns=columns,
                rows=DAY_ROWS if scene == "day" else ROWS,
                theme=theme,
            )
            wait_for(lambda: "0 messages" in "\n".join(terminal.dump()), "no prompt", seconds=30)
            stage = Stage(terminal, api)
            SCENES[scene](stage)
            time.sleep(SETTLE_S)
            terminal.screenshot(path)
            stage.gate.set()
    return path


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", action="append", choices=NAMES, help="a terminal; may be given several times")
    parser.add_argument("--theme", action="append", choices=["default", *THEMES])
    parser.add_argument("--scene", action="append", choices=SCENES)
    parser.add_argument("--columns", type=int, default=COLUMNS)
    options = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options.folder.mkdir(parents=True, exist_ok=True)
    for driver in DRIVERS:
        if driver.is_installed() and driver.name in (options.only or ["VTE", "xterm", "kitty"]):
            for theme in options.theme or ["default", *THEMES]:
                for scene in options.scene or SCENES:
                    sys.stdout.write(f"{take(driver, theme, scene, options.folder, options.columns)}\n")
                    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
