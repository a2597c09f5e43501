"""Long sessions: what 10,000 messages cost beside what ten cost, in the same run.

    python benchmarks/long.py [MESSAGES] [RUNS]

Resuming: from exec to the first echoed paste of `grokchat -c`, with an empty session, with ten messages and with many.
The floor is what `json.loads` needs for the lines of the file, in a separate process. The goal is twice the time of an
empty session plus the floor. Runs are interleaved. Needs a POSIX system.

A turn: this process's CPU time for one message, its reply from a loopback server in a separate process, and the bottom
line before and after. The floor is the same request sent with `http.client` alone.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import startup
from rows import Row, table

from grokchat.api.client import Client
from grokchat.chat.status_line import StatusLine
from grokchat.config.secret import Secret
from grokchat.config.settings import Layer
from grokchat.environment import Environment
from grokchat.messages import body
from grokchat.session.exchange import exchange
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.session.store import SessionStore

ROOT = Path(__file__).resolve().parent.parent
TEXT = "The quick brown fox jumps over the lazy dog \u2014 and says \u201cwell\u201d.\n"

LOADS = """\
import json, sys, time
lines = open(sys.argv[1], "rb").read().split(b"\\n")
begun = time.perf_counter()
for line in lines:
    if line:
        json.loads(line)
sys.stdout.write(str(time.perf_counter() - begun))
"""

SERVER = """\
import json, socket, sys
PART = {"id": "r", "object": "chat.completion.chunk", "created": 1, "model": "grok-4.7"}
def part(delta, finish=None, **more):
    return {**PART, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}
USAGE = {"prompt_tokens": 1000000, "completion_tokens": 5, "total_tokens": 1000005,
         "prompt_tokens_details": {"cached_tokens": 900000}}
CHUNKS = [part({"content": "Well, "}), part({"content": "yes."}), part({}, "stop")]
CHUNKS.append({**part({}), "choices": [], "usage": USAGE})
DATA = b"".join(b"data: " + json.dumps(one).encode() + b"\\n\\n" for one in CHUNKS) + b"data: [DONE]\\n\\n"
server = socket.create_server(("127.0.0.1", 0))
sys.stdout.write(f"{server.getsockname()[1]}\\n")
sys.stdout.flush()
while True:
    connection, _ = server.accept()
    with connection, connection.makefile("rb") as reader:
        while True:
            length = 0
            line = reader.readline()
            if not line:
                break
            while line not in {b"\\r\\n", b""}:
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
                line = reader.readline()
            reader.read(length)
            head = b"HTTP/1.1 200 OK\\r\\ncontent-type: text/event-stream\\r\\ncontent-length: %d\\r\\n\\r\\n"
            connection.sendall(head % len(DATA) + DATA)
"""


def made(home: Path, count: int) -> Path:
    """Write a session with this many messages, including the partial lines of its replies; return its file."""
    folder = home / "sessions"
    folder.mkdir(parents=True)
    when, name = "2026-01-01T00:00:00.000Z", "20260101-000000-long00"
    events: list[dict[str, Any]] = [{"type": "session", "format": "grokchat/1", "id": name, "time": when}]
    for at in range(0, count, 2):
        asked, reply = f"q{at}", f"r{at}"
        question = {"type": "message", "id": asked, "time": when, "change": asked}
        events.append({**question, "message": body("user", TEXT * 2)})
        for piece in range(4):
            part = {"type": "partial", "id": f"{reply}p{piece}", "time": when, "change": asked, "reply": reply}
            events.append({**part, "text": TEXT * 4, "reasoning": ""})
        usage = {"prompt_tokens": 100 * at + 50, "completion_tokens": 200, "total_tokens": 100 * at + 250}
        usage |= {"cost_in_usd_ticks": 5}
        whole = {"type": "message", "id": reply, "time": when, "change": asked, "message": body("assistant", TEXT * 16)}
        events.append({**whole, "model": "grok-4.7", "finish_reason": "stop", "usage": usage, "response_id": reply})
    path = folder / f"{name}.jsonl"
    path.write_bytes(b"".join(json.dumps(event, separators=(",", ":")).encode() + b"\n" for event in events))
    return path


def resuming(home: Path, count: int, runs: int) -> Row:
    homes = {"empty session": home / "empty", "10 messages": home / "few", f"{count:,} messages": home / "many"}
    homes["empty session"].mkdir()
    made(homes["10 messages"], 10)
    many = made(homes[f"{count:,} messages"], count)
    base = {"PATH": os.environ["PATH"], "TERM": "xterm", "HOME": str(home), "PYTHONPATH": str(ROOT)}
    base |= {"PROMPT_TOOLKIT_NO_CPR": "1", "XAI_API_KEY": "nobody-asks-for-it"}
    times: dict[str, list[float]] = {name: [] for name in (*homes, "json.loads")}
    for run in range(runs + 1):
        taken = {}
        for name, place in homes.items():
            more = [] if name == "empty session" else ["-c"]
            command = [sys.executable, "-m", "grokchat", *more]
            env = {**base, "GROKCHAT_HOME": str(place)}
            _, taken[name] = startup.until_echo(command, env, keys=startup.PASTE, echo=startup.PASTED)
        said = subprocess.run([sys.executable, "-c", LOADS, str(many)], capture_output=True, check=True).stdout
        taken["json.loads"] = float(said)
        if run:  # the first run fills the file cache and writes the bytecode
            for name, seconds in taken.items():
                times[name].append(seconds)
    middle = {name: statistics.median(values) for name, values in times.items()}
    goal = 2 * middle["empty session"] + middle["json.loads"]
    size = many.stat().st_size / 1e6
    floor = f"twice an empty session, and `json.loads` of its {size:.0f} MB"
    return Row(f"resuming {count:,} messages", middle[f"{count:,} messages"], floor, goal)


def plain(port: int, data: bytes) -> float:
    """Return the CPU seconds for sending a body and reading the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.connect()
    taken = []
    for _ in range(10):
        begun = time.process_time()
        connection.request("POST", "/v1/chat/completions", data, {"content-type": "application/json"})
        connection.getresponse().read()
        taken.append(time.process_time() - begun)
    connection.close()
    return statistics.median(taken)


async def turns(session: Session, count: int) -> float:
    """Return the CPU seconds of a turn, without printing."""
    environment = Environment.from_process()
    client = Client(environment, session.settings, Secret("k" * 20))
    status, taken = StatusLine(), []
    for number in range(count + 2):
        begun = time.process_time()
        with session.as_one_change():
            session.add_message(body("user", f"And number {number}?"))
            status.text(session, "grok-4.7", width=80, state="waiting")
            async for _ in exchange(session, client, environment, session.settings):
                status.text(session, "grok-4.7", width=80, state="replying")
        status.limit(session)
        status.text(session, "grok-4.7", width=80)
        if number > 1:  # the first one encodes the whole message list
            taken.append(time.process_time() - begun)
    await client.close()
    return statistics.median(taken)


def talking(home: Path, count: int, runs: int) -> Iterator[Row]:
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE)
    assert server.stdout is not None
    port = int(server.stdout.readline())
    try:
        for messages, place in ((10, home / "few"), (count, home / "many")):
            folder = place / "sessions"
            layer = Layer("bench", {"base_url": f"http://127.0.0.1:{port}/v1"})
            session = SessionStore(SessionConfig(folder, [layer]), folder).newest()
            took = asyncio.run(turns(session, runs))
            sent = session.requests.body()
            floor = f"`http.client` sends the same {len(sent) / 1e6:.2f} MB"
            yield Row(f"CPU of a turn at {messages:,} messages", took, floor, plain(port, sent))
            session.close()
    finally:
        server.kill()
        server.wait()


def measured(count: int, runs: int) -> Iterator[Row]:
    """Yield the rows: resuming, and a turn in a short and in a long session."""
    with tempfile.TemporaryDirectory(prefix="grokchat-long-") as name:
        yield resuming(Path(name), count, runs)
        yield from talking(Path(name), count, 3 * runs)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    for line in table(measured(count, int(sys.argv[2]) if len(sys.argv) > 2 else 7)):
        print(line)


if __name__ == "__main__":
    main()
