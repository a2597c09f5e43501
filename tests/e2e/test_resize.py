"""A reply that streams while its window is resized: no stale, doubled or missing line, at any time.

The terminal is tmux, which breaks lines anew when the width changes and moves them between scrollback and screen when
the height does. Every word of the reply is unique and numbered, so the text on the screen shows what went wrong.

GROKCHAT_RESIZE_RUNS=N runs the seeds 1 to N. `python tests/e2e/test_resize.py gentle|harsh N [FIRST]` runs N
seeds and prints what failed how often.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for a run without pytest

from chat_process import chat_env
from fake_api import FakeApi
from numbered_reply import Reply, Stream, write_config
from reply_faults import faults

if sys.platform != "win32":
    from tmux import TMUX, Tmux
else:
    TMUX = None

pytestmark = pytest.mark.skipif(TMUX is None, reason="tmux is not installed: there is no terminal that reflows")

RUNS = int(os.environ.get("GROKCHAT_RESIZE_RUNS", "2"))
SETTLE = 0.25
"""Seconds that the program gets once it can know of a size."""
PATIENCE = 30.0
"""More seconds, in which a machine under load may still finish."""
NARROW = 12
"""Columns: fewer have no room for a word after a nested bullet."""
PATIENT = """\
import sys
from grokchat.__main__ import run
from grokchat.terminal import frame_acks

frame_acks.FIRST_ANSWER_TIMEOUT_S = frame_acks.ANSWER_TIMEOUT_S = frame_acks.RESIZE_ANSWER_TIMEOUT_S = 60.0
sys.exit(run())
"""
"""The program, waiting for the terminal's answers for as long as a machine under load may need.

A terminal that answers later than the program waits is left with stale rows; that is another matter.
"""
HOLDING = """\
import time
from pathlib import Path
from grokchat.terminal import output

home, write_stream = Path({home!r}), output.write_stream

def write_stream_later(stream, data):
    while len(data) >= {size} and (home / "hold").exists():
        (home / "held").touch()
        time.sleep(0.01)
    write_stream(stream, data)

output.write_stream = write_stream_later
"""
"""Holds a frame back between its layout and its writing, as a machine under load does, while there is a file `hold`."""
STILL = 0.1
"""Seconds without a delta after which every frame has reached the terminal."""


# -- a run -------------------------------------------------------------------------------------------------------------


class Run:
    """A chat in tmux with a streaming reply, and a record of what was done to it; only faults of kind `only` count."""

    def __init__(self, tmux: Tmux, reply: Reply, name: str, only: str = "") -> None:
        self.tmux = tmux
        self.reply = reply
        self.typed = ""
        self.done = False
        self._name = name
        self._only = only
        self._record: list[str] = []

    def begin(self, seconds: float = 20.0) -> None:
        """Send a message, and wait for the beginning of the reply."""
        self.tmux.wait_for("0 messages", seconds)
        self.tmux.type("go")
        self.tmux.keys("Enter")
        self.tmux.wait_for("Ctrl-C stops", seconds)

    def fill(self) -> None:
        """Wait until the screen is full.

        One that is not tmux pushes into the scrollback when rows break, though there is room below.
        """
        rows = self.tmux.size()[1]
        self.tmux.wait_for(lambda text: text.count("\n") >= rows)

    def resize(self, columns: int, rows: int) -> None:
        self._record.append(f"{columns}x{rows}")
        self.tmux.resize(columns, rows)

    @contextmanager
    def stalled(self, columns: int, rows: int) -> Iterator[None]:
        """Have tmux read nothing meanwhile, and then resize in the middle of what was written."""
        self._record.append(f"stalled, {columns}x{rows}")
        with self.tmux.stalled("resize-window", "-x", str(columns), "-y", str(rows)):
            yield

    def type(self, text: str) -> None:
        self._record.append(f"type {text!r}")
        self.tmux.type(text)
        self.typed += text

    def check(self, *, cut: bool = True, settle: float = SETTLE) -> None:
        """Assert that nothing is wrong, as soon as everything has settled."""
        self._record.append("check")
        self.comes(self.tmux.has_told_size)
        time.sleep(settle)
        text, wrong = "", ["nothing was seen"]

        def is_right() -> bool:
            nonlocal text, wrong
            text = self.tmux.everything()
            found = faults(text, self.reply, typed=self.typed, done=self.done, cut=cut, hides=True)
            wrong = [str(fault) for fault in found]
            if not cut and not wrong:
                wrong = self._misplaced()
            wrong = [item for item in wrong if item.startswith(self._only)]
            return not wrong

        if not self.comes(is_right):
            raise AssertionError(self._report(wrong, text))

    def end(self, columns: int, rows: int) -> None:
        """Wait for the reply's end, then assert that all is right, at the present size and at this one."""
        self.done = True
        self.check(settle=0.0)
        self.resize(columns, rows)
        self.check(cut=False)

    def _misplaced(self) -> list[str]:
        """Return what is wrong with the bottom of the screen, and with the cursor."""
        rows = [row.rstrip() for row in self.tmux.screen().rstrip("\n").split("\n")]
        place = (len(f"> {self.typed}"), len(rows) - 2)
        wrong = [] if rows[-2:-1] == [f"> {self.typed}".rstrip()] else [f"prompt: the last rows are {rows[-3:]}"]
        if self.tmux.cursor() != place:
            wrong.append(f"cursor: it is at {self.tmux.cursor()} and not at {place}")
        return wrong

    def _report(self, wrong: Iterable[str], text: str) -> str:
        size = "{}x{}".format(*self.tmux.size())
        rows = [f"{at:4} │{row}" for at, row in enumerate(text.split("\n"), 1)]
        head = f"{self._name} at {size}, {'after' if self.done else 'during'} the reply"
        what = [f"  {item}" for item in (wrong if self.tmux.alive() else ["ended: the program is dead", *wrong])]
        return "\n".join([head, *what, f"  done: {', '.join(self._record)}", *rows])

    @staticmethod
    def comes(until: Callable[[], bool], seconds: float = PATIENCE) -> bool:
        """Wait until something is so, and return whether it is."""
        deadline = time.monotonic() + seconds
        while not until():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True


def chat_in_tmux(home: Path, api: FakeApi, columns: int, rows: int, patch: str = "") -> Tmux:
    write_config(home)
    return Tmux(command=[sys.executable, "-c", patch + PATIENT], env=chat_env(home, api), columns=columns, rows=rows)


def at_random(seed: int, home: Path, *, harsh: bool) -> None:
    """Stream a reply into a window that is resized at random: slowly with an odd seed, in bursts with an even one.

    In a burst tmux is ahead of what it has reported to the program, by up to 0.25 s. Slowly, each size is reported at
    once. The harsh kind resizes to any size, also while a frame is on its way: what is then in the scrollback already,
    or wrapped before the program knows, no program can repair. The gentle kind has no such excuse.
    """
    chance = random.Random(seed)
    reply = Reply(chance)
    stream = Stream(reply)
    columns, rows = chance.choice(
        [(80, 24), (100, 30), (60, 12), (40, 20)] if harsh else [(80, 24), (100, 30), (60, 20)]
    )
    types = chance.random() < 0.5
    bursts, pauses = ([1, 1, 2, 3, 8], [0.03, 0.06, 0.1, 0.2]) if seed % 2 == 0 else ([1], [0.3, 0.4])
    with (
        FakeApi(stream.answer) as api,
        chat_in_tmux(home, api, columns, rows) as tmux,
    ):
        run = Run(tmux, reply, f"seed {seed} ({'slow' if seed % 2 else 'bursts'}), from {columns}x{rows}")
        run.begin()
        with stream.flowing(1.2):
            for number in range(chance.randint(3, 6)):
                with nullcontext() if harsh else stream.held():
                    time.sleep(STILL)
                    for _ in range(chance.choice(bursts)):
                        time.sleep(chance.choice(pauses))
                        columns, rows = _another_size(chance, columns, rows, harsh=harsh)
                        run.resize(columns, rows)
                if types and chance.random() < 0.7:
                    run.type(f"t{number}z ")
                if chance.random() < 0.3:
                    with stream.held():
                        run.check()
                elif chance.random() < 0.6:
                    run.check()
        stream.part(1.0)
        run.type("!")  # what ends in a space looks as if it did not
        run.end(80, 24)


def _another_size(chance: random.Random, columns: int, rows: int, *, harsh: bool) -> tuple[int, int]:
    """Return another size; a gentle one leaves room for the rows that are not final, however they are wrapped."""
    columns_from, columns_to, rows_from, rows_to = (12, 120, 3, 40) if harsh else (60, 110, 18, 40)
    what = chance.choice(["width", "height", "both", "a little"])
    if what == "a little":
        new = columns + chance.randint(-6, 6), rows + chance.randint(-2, 2)
    else:
        new_columns, new_rows = chance.randint(columns_from, columns_to), chance.randint(rows_from, rows_to)
        new = (new_columns if what != "height" else columns), (new_rows if what != "width" else rows)
    return min(columns_to, max(columns_from, new[0])), min(rows_to, max(rows_from, new[1]))


@pytest.mark.parametrize("seed", range(1, RUNS + 1))
def test_resizes_at_random_leave_nothing_stale_doubled_or_missing(home, seed):
    """For random replies and sizes, at random times; the message of a failure has the seed."""
    at_random(seed, home, harsh=False)


@pytest.mark.parametrize(
    ("start", "middle"),
    [
        ((80, 24), (40, 24)),
        ((80, 24), (20, 24)),
        ((40, 24), (100, 24)),
        ((80, 24), (80, 12)),
        ((80, 12), (80, 40)),
    ],
    ids=lambda size: "x".join(map(str, size)),
)
def test_a_resize_in_the_middle_of_a_reply(home, start, middle):
    """To another size, more of the reply there, and back to 80x24 before it ends."""
    at_fixed_sizes(start, middle, home, begun=0.4)


TINY = [((80, 24), (12, 24)), ((80, 24), (80, 6)), ((80, 24), (80, 2))]


@pytest.mark.parametrize(("start", "middle"), TINY, ids=lambda size: "x".join(map(str, size)))
def test_a_resize_to_hardly_any_room_before_the_reply_begins(home, start, middle):
    at_fixed_sizes(start, middle, home, begun=0.0)


@pytest.mark.parametrize(("start", "middle"), TINY, ids=lambda size: "x".join(map(str, size)))
def test_no_word_is_lost_when_the_open_end_no_longer_fits_the_window(home, start, middle):
    """What has left the screen cannot be erased any more, so it is shown twice."""
    at_fixed_sizes(start, middle, home, begun=0.4, only="missing words")


def at_fixed_sizes(
    start: tuple[int, int], middle: tuple[int, int], home: Path, *, begun: float, only: str = ""
) -> None:
    reply = Reply(random.Random(7))
    stream = Stream(reply)
    name = "from {}x{} to {}x{} and back".format(*start, *middle)
    with (
        FakeApi(stream.answer) as api,
        chat_in_tmux(home, api, start[0], start[1]) as tmux,
    ):
        run = Run(tmux, reply, name, only)
        run.begin()
        if begun:
            stream.part(begun / 2)
            run.fill()
            stream.part(begun)
        run.type("draft!")
        tmux.wait_for("draft!")
        run.resize(*middle)
        run.check()
        stream.part(0.7)
        run.check()
        run.resize(80, 24)
        run.check()
        stream.part(1.0)
        run.end(80, 24)


@pytest.mark.parametrize("seed", range(1, RUNS + 1))
@pytest.mark.parametrize(
    ("start", "middle"),
    [((80, 20), (40, 20)), ((60, 20), (100, 20)), ((80, 20), (80, 16)), ((80, 20), (66, 18))],
    ids=lambda size: "x".join(map(str, size)),
)
def test_a_resize_in_the_middle_of_what_a_slow_terminal_has_not_read_yet(home, start, middle, seed):
    """It reads the output piece by piece, and resizes between any two pieces."""
    in_a_stall(seed, start, middle, home)


def in_a_stall(seed: int, start: tuple[int, int], middle: tuple[int, int], home: Path) -> None:
    chance = random.Random(seed)
    reply = Reply(chance)
    stream = Stream(reply)
    name = "seed {}, from {}x{} to {}x{} and back".format(seed, *start, *middle)
    with (
        FakeApi(stream.answer) as api,
        chat_in_tmux(home, api, start[0], start[1]) as tmux,
    ):
        run = Run(tmux, reply, name)
        run.begin()
        stream.part(0.25)
        run.fill()
        run.type("draft!")
        for size, begin, end in [(middle, 0.25, 0.6), (start, 0.6, 0.95)]:
            with run.stalled(*size):
                steps = chance.randint(1, 20)
                for step in range(steps):
                    stream.part(begin + (end - begin) * (step + 1) / steps)
                    time.sleep(chance.choice([0.0, 0.005, 0.02]))
            run.check()
        stream.part(1.0)
        run.end(80, 24)


@pytest.mark.parametrize("seed", [7])
@pytest.mark.parametrize(
    ("settled", "drawn"),
    [((80, 20), (80, 16)), ((80, 20), (40, 20)), ((80, 16), (80, 20)), ((40, 20), (80, 20))],
    ids=lambda size: "x".join(map(str, size)),
)
def test_a_resize_between_the_layout_of_a_frame_and_its_drawing(home, settled, drawn, seed):
    """Whether it is a frame of the reply, or the first one after another resize, with all that has come meanwhile."""
    reply = Reply(random.Random(seed))
    stream = Stream(reply)
    hold = home / "hold"
    with (
        FakeApi(stream.answer) as api,
        chat_in_tmux(home, api, 80, 20, HOLDING.format(home=str(home), size=200)) as tmux,
    ):
        run = Run(tmux, reply, "seed {}, from {}x{} to {}x{}".format(seed, *settled, *drawn))
        run.begin()
        stream.part(0.25)
        run.fill()
        run.type("draft!")
        run.check()
        run.resize(*settled)
        assert run.comes(tmux.has_told_size)
        hold.touch()  # before there is anything to draw: a frame that was drawn earlier is not held
        stream.part(0.6)
        assert run.comes((home / "held").exists)
        run.resize(*drawn)
        assert run.comes(tmux.has_told_size)
        hold.unlink()
        run.check()
        stream.part(1.0)
        run.end(80, 24)


# -- without pytest ----------------------------------------------------------------------------------------------------


def fuzz(kind: str = "gentle", count: int = 10, first: int = 1) -> int:
    """Run this many seeds, print what failed and how; return the number of failures."""
    failed: dict[int, str] = {}
    kinds: Counter[str] = Counter()
    begun = time.monotonic()
    for seed in range(first, first + count):
        with tempfile.TemporaryDirectory() as home:
            try:
                at_random(seed, Path(home), harsh=kind == "harsh")
            except AssertionError as error:
                failed[seed] = str(error)
                report = str(error).partition("\n  done: ")[0].split("\n")[1:]
                kinds.update({line.strip().partition(": ")[0] for line in report})
                sys.stdout.write(f"{error}\n\n")
                sys.stdout.flush()
    lines = [f"{count} runs in {time.monotonic() - begun:.0f} s, {len(failed)} failed: seeds {list(failed)}"]
    lines += [f"  {times:4} {kind}" for kind, times in kinds.most_common()]
    sys.stdout.write("\n".join(lines) + "\n")
    return len(failed)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by way of Tmux.close
    sys.exit(bool(fuzz(*sys.argv[1:2], *map(int, sys.argv[2:]))))
