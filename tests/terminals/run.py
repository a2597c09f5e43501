"""One reply that streams into a real terminal, and what is done to its window meanwhile."""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chat_process import chat_env
from fake_api import FakeApi
from numbered_reply import WORD, Stream, squeezed, write_config
from reply_faults import Fault, faults
from support import ROOT
from terminals.cuts import cut_words, without_cuts, without_greeting
from terminals.display import Display, wait_for
from terminals.replies import WideReply
from terminals.terminal import RealTerminal

CHUNK_S = 0.01
"""Seconds between two pieces of the reply."""
SETTLE_S = 0.4
"""Seconds that the program gets after the last resize, before the first look."""
PATIENCE_S = 2.0
"""Seconds more, in which what is wrong may be mended; a machine under load may need them."""
START_S = 30.0
WHOLE_COLUMNS = 60
"""From this width on, the prompt and the bottom line are whole when the reply is over."""
SIZES = {"gentle": ((60, 120), (18, 45)), "harsh": ((12, 140), (3, 50))}
"""Columns and rows, from and to. The gentle ones always have room for all rows that are not final."""
DRAFTS = ("", "half a message, not sent yet", "several lines\nof a draft that\nis not sent yet", "/")
"""What is typed meanwhile: nothing, a line, lines (pasted), or the slash that opens the menu."""
RELAY = Path(__file__).with_name("relay.py")
PRINT = """
import json, sys, time, urllib.request
with urllib.request.urlopen(urllib.request.Request(sys.argv[1] + "/chat/completions", b"{}")) as answer:
    for line in answer:
        if line.startswith(b"data: {"):
            for choice in json.loads(line[6:])["choices"]:
                print(choice["delta"].get("content", ""), end="", flush=True)
time.sleep(3600)
"""
"""A program that prints a reply as it arrives, and nothing else."""


@dataclass
class Outcome:
    """What one run did and found. `faults` has, for each fault, the step at which it was first seen."""

    resizes: int = 0
    words: int = 0
    cut: int = 0
    own: tuple[str, ...] = ()
    """Words that the terminal loses of the same text without the chat."""
    faults: list[tuple[int, str, Fault]] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    text: str = ""
    """The terminal's, at the look that found the last fault."""


class Run:
    """A chat in a real terminal with one reply."""

    def __init__(
        self, terminal: RealTerminal, seed: int, *, kind: str = "gentle", remote_ms: int | None = None, steps: int = 10
    ) -> None:
        self.terminal = terminal
        self.outcome = Outcome()
        self._chance = random.Random(seed)
        self._columns, self._rows = SIZES[kind]
        self._steps = steps
        self._relay = [] if remote_ms is None else [sys.executable, str(RELAY), str(remote_ms)]
        self._reply = WideReply(self._chance)
        self._stream = Stream(self._reply)
        self._typed = ""
        self._font = 0
        self._widths: set[int] = set()
        self._cut: set[str] = set()
        self._known: dict[str, int] = {}
        self.outcome.words = len(self._reply.words)

    def run(self, home: Path) -> Outcome:
        """Run the chat, stream, resize, look; return what was found."""
        self._grid = self._chance.choice([(80, 24), (100, 30), (70, 40)])
        draft = self._chance.choice(DRAFTS)
        with FakeApi(self._stream.answer) as api:
            self._begin(home, api)
            with self._stream.flowing(CHUNK_S * self._stream.pieces):
                for number in range(self._steps):
                    self._step(number, draft)
            self._stream.part(1.0)
            for number in range(self._steps, self._steps + 3):
                self._step(number, draft)
        return self.outcome

    def _begin(self, home: Path, api: FakeApi) -> None:
        """Start the chat, and send a message."""
        write_config(home)
        self._start([*self._relay, sys.executable, "-m", "grokchat"], chat_env(home, api))
        self._until("0 messages")
        self.terminal.type("go")
        self.terminal.key("Return")
        api.wait_for_requests(1)

    def _start(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        program = {"PYTHONPATH": os.environ.get("PYTHONPATH", str(ROOT)), "PYTHONUTF8": "1"}
        self.terminal.start(argv, {**program, **env}, columns=self._grid[0], rows=self._grid[1])

    def _step(self, number: int, draft: str) -> None:
        """Do one thing to the window, and look."""
        time.sleep(self._chance.uniform(0.1, 0.6))
        if draft == "/":
            self.terminal.type("/")
        elif draft and not self._typed and self._chance.random() < 0.5:
            (self.terminal.paste if "\n" in draft else self.terminal.type)(draft)
            self._typed = draft
        what = self._chance.choices(["sizes", "drag", "zoom"], [5, 4, 2])[0]
        done = ", ".join(getattr(self, f"_{what}")())
        if draft == "/":
            self.terminal.key("BackSpace")
            done += ", with the menu open"
        if self._stream.is_over:
            self._look(number, f"idle: {done}")
        else:
            with self._stream.held():
                self._look(number, done)

    # -- what is done to the window -----------------------------------------------------------------------------------

    def _sizes(self) -> Iterator[str]:
        """Jump to sizes at random, one after the other."""
        for _ in range(self._chance.choice([1, 1, 2, 4])):
            columns, rows = self._grid
            what = self._chance.choice(["width", "height", "both", "a little"])
            if what in ("width", "both"):
                columns = self._chance.randint(*self._columns)
            if what in ("height", "both"):
                rows = self._chance.randint(*self._rows)
            if what == "a little":
                columns, rows = columns + self._chance.randint(-6, 6), rows + self._chance.randint(-2, 2)
            columns = min(max(columns, self._columns[0]), self._columns[1])
            rows = min(max(rows, self._rows[0]), self._rows[1])
            if (columns, rows) == self._grid:
                rows += 1 if rows < self._rows[1] else -1
            self._grid = (columns, rows)
            self.terminal.resize(columns, rows)
            self.outcome.resizes += 1
            yield f"{columns}x{rows}"
            time.sleep(self._chance.choice([0.03, 0.1, 0.25]))
            self._widths.update((columns, self.terminal.size()[0]))

    def _drag(self) -> Iterator[str]:
        """Drag a border or a corner with the mouse, by one way or several: small steps in pixels, 5 to 30 ms apart."""
        columns, rows = self.terminal.size()
        width, height = self.terminal.window_size()
        cell = (width / columns, height / rows)
        border = self._chance.choice(["side", "bottom", "corner"])
        pause_s = self._chance.uniform(0.005, 0.03)
        for _ in range(self._chance.choice([1, 1, 2, 3])):
            to = (self._chance.randint(*self._columns), self._chance.randint(*self._rows))
            to = (columns if border == "bottom" else to[0], rows if border == "side" else to[1])
            steps = self._chance.randint(8, 40)
            for step in range(1, steps + 1):
                self.terminal.resize_pixels(
                    round(width + (to[0] - columns) * cell[0] * step / steps),
                    round(height + (to[1] - rows) * cell[1] * step / steps),
                )
                time.sleep(pause_s)
                self._widths.add(self.terminal.size()[0])
            width, height = round(width + (to[0] - columns) * cell[0]), round(height + (to[1] - rows) * cell[1])
            columns, rows = to
            self.outcome.resizes += 1
            yield f"a drag to {columns}x{rows} in {steps} steps of {pause_s * 1000:.0f} ms"
        self._grid = to

    def _zoom(self) -> Iterator[str]:
        """Make the font larger or smaller, at most two steps from where it was."""
        step = self._chance.choice([-1, 1])
        step = -step if abs(self._font + step) > 2 else step
        self._font += step
        self.terminal.zoom(step)
        self.outcome.resizes += 1
        yield f"zoom {step:+}"
        time.sleep(self._chance.choice([0.03, 0.1, 0.25]))

    # -- what is seen -------------------------------------------------------------------------------------------------

    def _look(self, number: int, done: str) -> None:
        """Note what is wrong and was not at the last look."""
        over = self._stream.is_over
        time.sleep(SETTLE_S)
        self._grid = self.terminal.size()
        self._widths.add(self._grid[0])
        self.outcome.steps.append(f"step {number}: {done}; then {self._grid[0]}x{self._grid[1]}")
        deadline = time.monotonic() + PATIENCE_S
        while True:
            rows = self.terminal.dump()
            text = "\n".join(row.rstrip() for row in rows).rstrip("\n")
            found = self._faults(text, rows, over=over)
            if not self._new(found) or time.monotonic() > deadline:
                break
            time.sleep(0.1)
        if not self.terminal.alive():
            found.append(Fault("ended", "the program is dead"))
        new = self._new(found)
        if new:
            self.outcome.faults += [(number, done, fault) for fault in new]
            self.outcome.text = text
        self._known = {fault.kind: fault.count for fault in found}

    def _faults(self, text: str, rows: Sequence[str], *, over: bool) -> list[Fault]:
        if not self.terminal.reflows:
            text = "\n".join(row.rstrip() for row in without_greeting(rows)).rstrip("\n")
        cut = self._grid[0] < WHOLE_COLUMNS
        found = faults(text, self._reply, typed=self._typed, done=over, cut=cut or not over, hides=True)
        if self.terminal.reflows:
            return found
        self._cut |= cut_words(rows, self._reply, self._widths)
        self.outcome.cut = sum(word in self._cut for fault in found for word in fault.words)
        return without_cuts(found, self._cut, rows)

    def _new(self, found: Sequence[Fault]) -> list[Fault]:
        """Return the faults that were not there before, each with how many are new."""
        grown = [(fault, fault.count - self._known.get(fault.kind, 0)) for fault in found]
        return [fault._replace(count=more) for fault, more in grown if more > 0]

    def _until(self, text: str) -> None:
        wait_for(lambda: text in "\n".join(self.terminal.dump()), f"{self.terminal.name}: no {text!r}", START_S, 0.1)


class Control(Run):
    """The same text and the same resizes without the chat: what arrives is printed, and the terminal wraps it.

    The words that are not there in the end have been lost by the terminal: `outcome.own`.
    """

    def _begin(self, home: Path, api: FakeApi) -> None:
        self._start([sys.executable, "-c", PRINT, api.url], {})

    def _step(self, number: int, draft: str) -> None:
        super()._step(number, "")

    def _look(self, number: int, done: str) -> None:
        time.sleep(SETTLE_S)
        self._grid = self.terminal.size()
        self.outcome.text = "\n".join(self.terminal.dump())
        if number == self._steps + 2:
            seen = set(WORD.findall(squeezed(self.outcome.text)))
            self.outcome.own = tuple(word for word in self._reply.words if word not in seen)


def run_in(
    driver: type[RealTerminal],
    display: Display,
    directory: Path,
    run: type[Run],
    seed: int,
    kind: str,
    remote_ms: int | None = None,
) -> Outcome:
    """Run one reply in a new window of this terminal; `remote_ms` is how far away the chat is, as through ssh."""
    with driver(display, directory / "terminal") as terminal:
        return run(terminal, seed, kind=kind, remote_ms=remote_ms).run(directory / "home")
