"""Replies on their way to the screen: what streaming costs, how late it is, and what is left of the keyboard.

    python benchmarks/render.py [--quick] [--part cost|live|burst|idle] [--budget SECONDS]

cost   texts of three sizes, fed four characters at a time: the program's own path with a frame every 16 characters (as
       of 200 deltas a second) and with frames by the clock (as of a burst), beside the same text printed once and
       rich.Live. Every case has a process of its own. A case that has used --budget seconds
       of CPU stops where it is (`>`), and is compared and fitted by what it got through.
live   the program in a pseudo-terminal, and a server that sends a delta every 5 ms: from the server's send of a marker
       to its place on the screen.
burst  50,000 deltas as fast as the socket takes them, while somebody types.
idle   a prompt that nobody touches, and a server that says nothing.

What the program writes is looked at after the run: by an emulator (pyte) that is fed what was read, read by read, and
as the running text without its escape sequences. A marker counts from where the first of the two has it. Needs Linux.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import math
import os
import pty
import re
import select
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Self

import texts

ROOT = Path(__file__).resolve().parent.parent
COLUMNS, ROWS = 80, 24
LIVE_ROWS = 6
DELTA, FRAME = 4, 16
"""Characters of a delta, and from frame to frame: 20 ms at 5 ms a delta."""
PACE = 0.005
LIVE_CAP = 10_000
"""Characters: rich.Live draws the whole text in each frame, and a text of this size takes it up to a minute."""
TICK = os.sysconf("SC_CLK_TCK")
END = "ΞΨΩΣ"
"""The reply's last word. None of its letters is anywhere else, so a screen that is drawn by differences writes them."""
KEYS = [chr(code) for first, last in ((0x100, 0x17F), (0x400, 0x481), (0x48A, 0x52F)) for code in range(first, last)]
"""What is typed during a burst: letters one cell wide that no reply holds, each of them once."""
ESCAPES = re.compile(
    rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-Z\\^-~]|[\x00-\x1a\x1c-\x1f]"
)


class Table:
    """Prints a row as soon as it is there; a column is as wide as its name, or as its number of dots."""

    def __init__(self, *names: str) -> None:
        self._widths = [max(len(name), 5) for name in names]
        self.row(*(name.replace(".", " ") for name in names))

    def row(self, *cells: object) -> None:
        pairs = zip(map(str, cells), self._widths, strict=False)
        first, *others = (cell.rjust(width) if at else cell.ljust(width) for at, (cell, width) in enumerate(pairs))
        print("  ".join([first, *others]), flush=True)


# -- cost --------------------------------------------------------------------------------------------------------------


class Sink:
    """A terminal that only counts."""

    def __init__(self) -> None:
        self.bytes = 0

    def write(self, text: str) -> int:
        self.bytes += len(text.encode())
        return len(text)

    def flush(self) -> None:
        pass


class Streamed:
    """The program's path from deltas to the terminal: the stream, and the region with a prompt that stands still."""

    def __init__(self, sink: Sink) -> None:
        from grokchat.render.stream import ReplyRenderer
        from grokchat.render.style import TerminalStyle
        from grokchat.terminal.live_region import Region

        self._sink = sink
        self._stream = ReplyRenderer(TerminalStyle(background="dark"))
        self._region = Region()
        self._height = 0

    def feed(self, text: str) -> None:
        self._stream.feed(text)

    def frame(self) -> None:
        self._draw(self._stream.commit(COLUMNS), self._stream.tail(COLUMNS, LIVE_ROWS))

    def close(self) -> None:
        self._draw(self._stream.close(COLUMNS), [])

    def _draw(self, lines: Sequence[str], tail: Sequence[str]) -> None:
        from grokchat.terminal.row_widths import screen_height

        kept = self._height - screen_height(lines, COLUMNS) - len(tail)
        live = [*tail, *[""] * max(1, kept)]
        frame = self._region.compose_frame(lines, [*live, "> ", "grok-4.7"], (len(live), 2), (COLUMNS, ROWS))
        self._height = len(live)
        if frame.text:
            self._sink.write(f"\x1b[?2026h{frame.text}\x1b[?2026l")


def streamed(text: str, sink: Sink, budget: float) -> int:
    """Stream a text and return how many of its characters were done within the budget."""
    path, begun = Streamed(sink), time.process_time()
    for at in range(0, len(text), DELTA):
        path.feed(text[at : at + DELTA])
        if (at + DELTA) % FRAME == 0:
            path.frame()
            if time.process_time() - begun > budget:
                return at + DELTA
    path.close()
    return len(text)


def flowing(text: str, sink: Sink, budget: float) -> int:
    """Stream a text as fast as it can be taken, with frames by the clock, as the program draws them."""
    from grokchat.chat.live_reply import FRAME_PAUSE_FACTOR, MAX_FRAMES_PER_S

    path, begun, due = Streamed(sink), time.process_time(), 0.0
    for at in range(0, len(text), DELTA):
        path.feed(text[at : at + DELTA])
        now = time.monotonic()
        if now >= due:
            path.frame()
            due = now + max(1 / MAX_FRAMES_PER_S, FRAME_PAUSE_FACTOR * (time.monotonic() - now))
            if time.process_time() - begun > budget:
                return at + DELTA
    path.close()
    return len(text)


def printed(text: str, sink: Sink, _: float) -> int:
    from grokchat.render.stream import render_reply
    from grokchat.render.style import TerminalStyle

    sink.write("".join(f"{line}\r\n" for line in render_reply(text, COLUMNS, TerminalStyle(background="dark"))))
    return len(text)


def rich_live(text: str, sink: Sink, _: float) -> int:
    from rich.console import Console
    from rich.live import Live
    from rich.markdown import Markdown

    terminal: Any = sink
    console = Console(file=terminal, force_terminal=True, color_system="standard", width=COLUMNS, height=ROWS)
    with Live(console=console, auto_refresh=False, vertical_overflow="visible") as live:
        for end in range(FRAME, len(text) + FRAME, FRAME):
            live.update(Markdown(text[:end]), refresh=True)
    return len(text)


WAYS: dict[str, Callable[[str, Sink, float], int]] = {
    "by frames": streamed,
    "by the clock": flowing,
    "printed once": printed,
    "rich.Live": rich_live,
}


def case(way: str, shape: str, size: int, budget: float) -> dict[str, float]:
    """Measure one case in this process."""
    for module in ("grokchat.render.stream", "rich.live", "rich.markdown"):
        import_module(module)  # importing is not what is measured
    text, sink = texts.text(shape, size), Sink()
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins here
    before, begun = status("VmRSS"), time.process_time()
    done = WAYS[way](text, sink, budget)
    peak = status("VmHWM")
    cpu = time.process_time() - begun
    return {"done": done, "cpu": cpu, "bytes": sink.bytes, "peak": peak / 1024, "grown": (peak - before) / 1024}


def measured(way: str, shape: str, size: int, budget: float) -> dict[str, float]:
    """Measure one case in a process of its own."""
    command = [sys.executable, __file__, "--case", way, shape, str(size), str(budget)]
    output = subprocess.run(command, env=environment(ROOT), stdout=subprocess.PIPE, check=True).stdout
    return {key: float(value) for key, value in json.loads(output).items()}


def exponent(points: list[tuple[float, float]]) -> str:
    """Fit `y = c * x ** e` and return e."""
    logs = [(math.log(x), math.log(max(y, 1e-3))) for x, y in points]
    return f"{statistics.linear_regression([x for x, _ in logs], [y for _, y in logs]).slope:.2f}"


def cost(*, quick: bool, budget: float) -> None:
    """Print how CPU, bytes and memory grow with the text."""
    fits: dict[tuple[str, str], list[dict[str, float]]] = {}
    table = Table(
        "shape", "characters", "............", "CPU s..", "......kB", "peak MB", "grown MB", "x CPU", "x kB", ""
    )
    cap = LIVE_CAP // 10 if quick else LIVE_CAP
    for shape in texts.SHAPES:
        for whole in (8_000, 80_000, 800_000) if shape == "mixed" else (10_000, 100_000, 1_000_000):
            size = whole // 10 if quick else whole
            results = {way: measured(way, shape, size, budget) for way in WAYS if way != "rich.Live" or size <= cap}
            once = results["printed once"]
            for way in WAYS:
                if way not in results:
                    table.row(shape, f"{size:,}", way, "-")
                    continue
                found = results[way]
                fits.setdefault((way, shape), []).append(found)
                part = found["done"] / size
                cells = [f"{'' if part == 1 else '>'}{found['cpu']:.2f}", f"{found['bytes'] / 1000:,.0f}"]
                cells += [f"{found['peak']:.0f}", f"{found['grown']:.1f}"]
                if way != "printed once":
                    cells += [f"{found[what] / (once[what] * part):.1f}" for what in ("cpu", "bytes")]
                    cells += [f"stopped at {part:.1%}"] * (part < 1)
                table.row(shape, f"{size:,}", way, *cells)
    print("\nExponents over the three sizes: 1 is linear, 2 is quadratic")
    table = Table("shape", "............", "CPU..", "bytes", "memory")
    for (way, shape), three in fits.items():
        if way != "rich.Live":
            fitted = (exponent([(item["done"], item[what]) for item in three]) for what in ("cpu", "bytes", "grown"))
            table.row(shape, way, *fitted)


# -- the server --------------------------------------------------------------------------------------------------------


def deltas(text: str, *, marked: bool) -> Iterator[tuple[str, str]]:
    """Cut a reply into deltas; every sixth or so is a word of its own, a marker, between two words of the text."""
    done = 0
    for number, spot in enumerate(_spots(text) if marked else ()):
        yield from ((text[at : min(at + DELTA, spot)], "") for at in range(done, spot, DELTA))
        yield f" q{number:03x}", f"q{number:03x}"
        done = spot
    yield from ((text[at : at + DELTA], "") for at in range(done, len(text), DELTA))
    yield f"\n\n{END}", ""


def _spots(text: str) -> Iterator[int]:
    last = 0
    for found in re.finditer(r"(?<=[a-z]) (?=[a-z])", text):
        if found.start() - last >= 5 * DELTA:
            last = found.start()
            yield last


def events(reply: Sequence[str], together: int) -> list[bytes]:
    """Return a reply as the parts of a chunked HTTP body, so many events in a part: the deltas, the end, the usage."""
    head = {"id": "r-1", "object": "chat.completion.chunk", "created": 1790000000, "model": "grok-4.7"}
    last = {"index": 0, "delta": {}, "finish_reason": "stop"}
    bodies = [{**head, "choices": [{"index": 0, "delta": {"content": item}}]} for item in reply]
    usage = {"prompt_tokens": 10, "completion_tokens": len(reply), "total_tokens": len(reply) + 10}
    bodies += [{**head, "choices": [last]}, {**head, "choices": [], "usage": usage}]
    parts = [b"data: " + json.dumps(body).encode() + b"\n\n" for body in bodies] + [b"data: [DONE]\n\n"]
    parts = [b"".join(parts[at : at + together]) for at in range(0, len(parts), together)]
    return [b"%x\r\n%s\r\n" % (len(part), part) for part in [*parts, b""]]


def serve(kind: str, size: int, log: Path) -> None:
    """Answer one request: `paced`, in a `burst` or `flood`, or not at all (`silent`); then write down what was sent."""
    pairs = list(deltas(texts.text("mixed", size), marked=kind == "paced"))
    parts = events([text for text, _ in pairs], 64 if kind == "flood" else 1)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(60)
    print(listener.getsockname()[1], flush=True)
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection, connection.makefile("rb") as reader:
        head = b"".join(iter(reader.readline, b"\r\n")).lower()
        length = re.search(rb"content-length: *(\d+)", head)
        reader.read(int(length[1]) if length else 0)
        if kind != "silent":
            lines = ("HTTP/1.1 200 OK", "content-type: text/event-stream", "transfer-encoding: chunked", "", "")
            connection.sendall("\r\n".join(lines).encode())
            times = []
            begun = time.monotonic() + 0.02
            for number, part in enumerate(parts if kind == "paced" else [b"".join(parts)]):
                time.sleep(max(0.0, begun + number * PACE - time.monotonic()))
                times.append(time.monotonic())
                connection.sendall(part)
            late = [at - begun - number * PACE for number, at in enumerate(times)]
            marks = [(mark, at) for (_, mark), at in zip(pairs, times, strict=False) if mark]
            log.write_text(json.dumps({"marks": marks, "late": late}), encoding="ascii")
        reader.read()  # until the client has gone


# -- the program -------------------------------------------------------------------------------------------------------


def environment(home: Path, **more: str) -> dict[str, str]:
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
    return {**env, "PYTHONUTF8": "1", **more}


def status(name: str, pid: int | str = "self") -> int:
    """Return a number of /proc/PID/status; of what is counted by thread, the sum."""
    paths = Path(f"/proc/{pid}/task").glob("*/status") if name.endswith("switches") else [Path(f"/proc/{pid}/status")]
    return sum(int(re.findall(rf"^{name}:\s*(\d+)", path.read_text(), re.MULTILINE)[0]) for path in paths)


class Program:
    """The chat in a pseudo-terminal, with a server of its own. All that it writes is kept, with its times."""

    def __init__(self, kind: str, size: int, *argv: str) -> None:
        self._folder = tempfile.TemporaryDirectory()
        home = Path(self._folder.name)
        self.log = home / "log.json"
        command = [sys.executable, __file__, "--serve", kind, str(size), str(self.log)]
        self._server = subprocess.Popen(command, env=environment(home), stdout=subprocess.PIPE, text=True)
        assert self._server.stdout is not None
        url = f"http://127.0.0.1:{int(self._server.stdout.readline())}/v1"
        env = environment(home, GROKCHAT_HOME=str(home), XAI_API_KEY="nobody-asks-for-it", GROKCHAT_BASE_URL=url)
        self.reads: list[tuple[float, bytes]] = []
        self._seen = b""
        self.pid, self._master = pty.fork()
        if not self.pid:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.execve(sys.executable, [sys.executable, "-m", "grokchat", *argv], env)
        try:
            self.until(b">")
            self.settle()
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._master)
        if self.pid:
            os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
        self._server.kill()
        self._server.communicate()
        self._folder.cleanup()

    @property
    def cpu(self) -> float:
        """Seconds that the program has used, all its threads, user and system."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def read(self, seconds: float) -> bytes:
        """Read once, if there is something within this time."""
        if not select.select([self._master], [], [], max(0.0, seconds))[0]:
            return b""
        data = os.read(self._master, 65536)
        self.reads.append((time.monotonic(), data))
        return data

    def shows(self, data: bytes, wanted: bytes) -> bool:
        """Whether something is in the running text, to which this was added."""
        self._seen = ESCAPES.sub(b"", self._seen[-200:] + data)
        return wanted in self._seen

    def until(self, wanted: bytes, seconds: float = 300.0) -> None:
        deadline = time.monotonic() + seconds
        while not self.shows(self.read(1.0), wanted):
            if time.monotonic() > deadline:
                raise SystemExit(f"{wanted!r} did not come; the last was {self._seen!r}")

    def watch(self, seconds: float) -> int:
        """Read for so long and return how many bytes came."""
        deadline, count = time.monotonic() + seconds, 0
        while (left := deadline - time.monotonic()) > 0:
            count += len(self.read(left))
        return count

    def settle(self) -> None:
        """Read until the program has neither written nor worked for 0.4 s."""
        while True:
            used = self.cpu
            if not self.watch(0.4) and self.cpu - used <= 2 / TICK:
                return

    def ask(self) -> None:
        self._begin, self._before = len(self.reads), self.cpu
        self.type("go\r")

    def leave(self, length: int) -> tuple[list[tuple[float, bytes]], list[str]]:
        """Leave when all is quiet; return what was read since it was asked, and the cells of FIGURES."""
        self.settle()
        reads, used, peak = self.reads[self._begin :], self.cpu - self._before, status("VmHWM", self.pid) / 1024
        self.type("\x15\x04")
        with contextlib.suppress(OSError):  # EIO: it has closed the terminal
            while True:
                self.read(1.0)
        _, code, whole = os.wait4(self.pid, 0)
        self.pid = 0
        if code:
            raise SystemExit(f"the program ended with {os.waitstatus_to_exitcode(code)}: {self._seen!r}")
        written = b"".join(data for _, data in reads)
        cells = [f"{whole.ru_utime + whole.ru_stime:.2f}", f"{used:.2f}", f"{len(written) / 1000:,.0f}"]
        cells += [f"{len(written) / length:.1f}", f"{peak:.0f}", str(written.count(b"[?2026h"))]
        return reads, cells


FIGURES = ("CPU s", "of reply", "...kB", "B/char", "peak MB", "frames")
"""CPU from exec to exit, and from Enter to the end of the reply; written in that time, in all and by character."""


def first_seen(reads: Sequence[tuple[float, bytes]], marks: Sequence[str]) -> dict[str, float]:
    """Return when each mark was first on the screen of an emulator, or whole in the running text."""
    screen = stream = None
    with contextlib.suppress(ImportError):
        import pyte

        screen = pyte.Screen(COLUMNS, ROWS)
        stream = pyte.ByteStream(screen)
    found: dict[str, float] = {}
    missing, text = set(marks), b""
    for at, data in reads:
        text = ESCAPES.sub(b"", text[-200:] + data)
        shown = text.decode("utf-8", "replace")
        if stream is not None and screen is not None:
            stream.feed(data)
            # Rows are joined without a gap: a long line is folded at the edge, in the middle of a word.
            shown += "\n" + "".join(screen.display)
        for mark in [item for item in missing if item in shown]:
            missing.discard(mark)
            found[mark] = at
    return found


def spread(times: Sequence[float]) -> list[str]:
    """Return median, 95th percentile and maximum, in milliseconds."""
    if not times:
        return ["-"] * 3
    ordered = sorted(times)
    found = (statistics.median(ordered), ordered[len(ordered) * 95 // 100], ordered[-1])
    return [f"{1000 * item:.1f}" for item in found]


def live(*, quick: bool) -> None:
    """Print what a reply at the pace of a model costs, and how late it is on the screen."""
    late = ("median ms", "p95", "max", "sent late", "p95", "max")
    table = Table("reply........", *FIGURES, "markers", "unseen", *late)
    size = 2_000 if quick else 8_000
    for name, count, argv in (("one word", 0, ()), ("Markdown", size, ()), ("--no-markdown", size, ("--no-markdown",))):
        with Program("paced", count, *argv) as program:
            program.ask()
            program.until(END.encode())
            length = sum(len(delta) for delta, _ in deltas(texts.text("mixed", count), marked=True))
            reads, figures = program.leave(length)
            log = json.loads(program.log.read_text(encoding="ascii"))
        seen = first_seen(reads, [mark for mark, _ in log["marks"]])
        waits = [seen[mark] - at for mark, at in log["marks"] if mark in seen]
        counts = (len(log["marks"]), len(log["marks"]) - len(waits))
        table.row(name, *figures, *counts, *spread(waits), *spread(log["late"]))


def burst(*, quick: bool) -> None:
    """Print what a reply costs that comes at once, and how long a key waits meanwhile.

    `burst`: every event is a chunk of the HTTP body of its own. `flood`: 64 events are, as behind a proxy.
    """
    size = 20_000 if quick else 200_000
    table = Table("tokens......", "wall s", *FIGURES, "keys", "unseen", "echo: median ms", "p95", "max")
    for kind in ("burst", "flood"):
        _burst(kind, size, table)


def _burst(kind: str, size: int, table: Table) -> None:
    waiting: list[tuple[bytes, float]] = []
    waits: list[float] = []
    with Program(kind, size) as program:
        program.ask()
        begun = time.monotonic()
        keys, due, cut, ended = enumerate(KEYS), begun + 0.3, b"", 0.0
        while not ended or (waiting and time.monotonic() - ended < 5.0):
            data = program.read(due - time.monotonic())
            now = time.monotonic()
            if now - begun > 600:
                raise SystemExit("the reply did not end within ten minutes")
            if not ended and program.shows(data, END.encode()):
                ended = now
            # What was typed before a key that is on the screen has been taken too.
            cut = cut[-1:] + data
            there = max((number for number, (key, _) in enumerate(waiting, 1) if key in cut), default=0)
            waits += [now - at for _, at in waiting[:there]]
            del waiting[:there]
            if now >= due and not ended:
                number, key = next(keys, (0, ""))
                if key:
                    waiting.append((key.encode(), now))
                program.type(key if number % 50 else "\x15" + key)  # the line is cleared before it is a second one
                due = max(due + 0.1, now)
        _, figures = program.leave(size)
    typed = (len(waits) + len(waiting), len(waiting))
    table.row(f"{size // DELTA:,} {kind}", f"{ended - begun:.2f}", *figures, *typed, *spread(waits))


def idle(*, quick: bool) -> None:
    """Print what doing nothing costs."""
    seconds = 3 if quick else 10
    table = Table(f"over {seconds} s".ljust(24, "."), "CPU ms", "wake-ups/s", "bytes/s")
    for name, keys in (("an idle prompt", ""), ("a server that is silent", "go\r")):
        with Program("silent", 0) as program:
            program.type(keys)
            program.watch(2.0)
            used, woken = program.cpu, status("voluntary_ctxt_switches", program.pid)
            written = program.watch(seconds)
            used, woken = program.cpu - used, status("voluntary_ctxt_switches", program.pid) - woken
        table.row(name, f"{1000 * used:.0f}", f"{woken / seconds:.1f}", f"{written / seconds:.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description="What replies cost on their way to the screen.")
    parser.add_argument("--quick", action="store_true", help="smaller texts")
    parser.add_argument("--part", choices=["cost", "live", "burst", "idle"])
    parser.add_argument("--budget", type=float, help="CPU seconds for one streamed text (120; with --quick 10)")
    parser.add_argument("--case", nargs=4, help=argparse.SUPPRESS)
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        way, shape, size, budget = options.case
        print(json.dumps(case(way, shape, int(size), float(budget))))
    elif options.serve:
        kind, size, log = options.serve
        serve(kind, int(size), Path(log))
    else:
        budget = options.budget or (10.0 if options.quick else 120.0)
        parts: list[Callable[..., None]] = [cost, live, burst, idle]
        for part in parts:
            name = part.__name__
            if options.part in {None, name}:
                print(f"-- {name} ".ljust(100, "-"))
                part(quick=options.quick, **({"budget": budget} if name == "cost" else {}))
                print()


if __name__ == "__main__":
    main()
