"""Kills the program at random moments and checks the session files, for benchmarks/kill.py and its small test.

The programs run one after the other in one home. Each resumes what the last one left, types, streams, edits and is
killed; then the session files are compared with what the API received and sent.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from chat_process import ColdChat, chat_env
from fake_api import Answer, FakeApi, Received, chunk, frames
from support import sessions

from grokchat.session import journal
from grokchat.session.history import History
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.system.files import read_file

PROMISED = 0.25
"""Seconds of a reply that a killed program may lose."""
_START = 30.0
"""Seconds within which any machine shows a prompt."""

Shape = tuple[tuple[str, str], ...]


@dataclass
class Reply:
    """A reply that was sent, each piece with the time at which it had left."""

    request: Received
    arrived: float
    sent: list[tuple[float, str]] = field(default_factory=list)


class StreamingApi(FakeApi):
    """Answers every request with pieces that are unique, at a random pace; `heard` is called with each event."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.replies: list[Reply] = []
        self.heard: Callable[[str], None] = lambda _: None
        self._chance = chance
        self._mine = threading.local()

    def _read(self, reader: Any, number: int) -> Received | None:
        request = super()._read(reader, number)
        if request is not None and len(request.body) < int(request.headers.get("content-length", 0)):
            return None  # it died before the request had left
        if request is not None and request.method == "POST":
            self._mine.reply = Reply(request, time.monotonic())
            self.replies.append(self._mine.reply)
            self._mine.number = len(self.replies)
            self.heard("request")
        return request

    def _answer(self, connection: socket.socket, answer: Answer) -> bool:
        if answer is self.models:
            return super()._answer(connection, answer)
        # Small writes must not wait for each other's acknowledgement.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reply, number, chance = self._mine.reply, self._mine.number, self._chance
        head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        connection.sendall(head.encode())
        pause = chance.choice((0, 0.002, 0.01, 0.03))
        if chance.random() < 0.2:
            _send(connection, frames(chunk({"reasoning_content": f"thinking of {number}"}), done=False))
        for at in range(chance.randint(3, 30 if pause > 0.02 else 60)):
            text = f"r{number}d{at}{chance.choice((' ', ' ', '. ', chr(10), chr(10) * 2))}"
            _send(connection, frames(chunk({"content": text}), done=False))
            reply.sent.append((time.monotonic(), text))
            self.heard("delta")
            if pause and self._closing.wait(pause):
                return False
        if chance.random() < 0.1:
            return False
        _send(connection, frames(chunk(finish="stop")))
        connection.sendall(b"0\r\n\r\n")
        self.heard("end")
        return True


def _send(connection: socket.socket, part: bytes) -> None:
    connection.sendall(b"%x\r\n%s\r\n" % (len(part), part))


class Victim(ColdChat):
    """The program in a pseudo-terminal whose output is only stored."""

    def __init__(self, *argv: str, env: dict[str, str]) -> None:
        self.killed: float | None = None
        self.stops: list[float] = []
        self._killing = threading.Lock()
        super().__init__(*argv, env=env)

    def kill(self) -> None:
        """Kill it, once, and note when."""
        with self._killing:
            if self.killed is None:
                self.killed = time.monotonic()
                os.kill(self.process.pid, signal.SIGKILL)

    def pump(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Read for so many seconds, or until a condition holds; return False if the program has ended."""
        deadline = time.monotonic() + seconds
        while not until():
            left = deadline - time.monotonic()
            if left <= 0:
                break
            begun = time.monotonic()
            if not self._read(min(left, 0.02)) and time.monotonic() - begun < 0.01:
                return False
        return True

    def _read(self, seconds: float) -> bool:
        feed, self.emulator.feed = self.emulator.feed, lambda _: None  # type: ignore[method-assign]
        try:
            return super()._read(seconds)
        finally:
            self.emulator.feed = feed  # type: ignore[method-assign]


class Pulse:
    """Measures how late this machine is: `late` returns how far the worst sleep since its last call overran."""

    def __init__(self) -> None:
        self._late = 0.0
        self._end = threading.Event()
        threading.Thread(target=self._beat, daemon=True).start()

    def late(self) -> float:
        late, self._late = self._late, 0.0
        return late

    def stop(self) -> None:
        self._end.set()

    def _beat(self) -> None:
        begun = time.monotonic()
        while not self._end.wait(0.002):
            now = time.monotonic()
            self._late = max(self._late, now - begun - 0.002)
            begun = now


@dataclass
class Findings:
    """Counts and faults; `lags` are the ages, in seconds, of the oldest piece that each killed reply lost."""

    kills: int = 0
    requests: int = 0
    resumed: int = 0
    lost_messages: int = 0
    lost_bytes: int = 0
    torn_lines: int = 0
    torn_ends: int = 0
    lags: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def add(self, other: Findings) -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def kills(count: int, seed: int, *, patience: float = 2.5, grace: float = 0.0) -> Findings:
    """Kill `count` programs, one after the other in one home, and return what was found.

    None runs longer than `patience` seconds at its prompt. A reply may lose `grace` seconds beyond what is promised.
    """
    chance = random.Random(f"{seed} API")
    found = Findings()
    pulse = Pulse()
    with tempfile.TemporaryDirectory() as folder, StreamingApi(chance) as api:
        home = _Home(Path(folder), api, pulse, found, grace)
        for number in range(count):
            before = len(found.faults)
            home.live_and_die(random.Random(f"{seed} {number}"), patience)
            found.faults[before:] = [f"seed {seed}, kill {number}: {fault}" for fault in found.faults[before:]]
    pulse.stop()
    return found


class _Home:
    def __init__(self, folder: Path, api: StreamingApi, pulse: Pulse, found: Findings, grace: float) -> None:
        self._folder = folder
        self._api = api
        self._grace = grace
        self._pulse = pulse
        self._found = found
        self._said = self._first = 0
        self._buffer: Shape | None = None
        """The messages of the newest session; None if there is no session."""
        self._torn = False

    def live_and_die(self, chance: random.Random, patience: float) -> None:
        known, timers = len(self._api.replies), []
        moment = chance.choice(("time", "request", "delta", "delta", "end", "key", "key"))
        which = chance.randint(1, {"request": 3, "delta": 60, "end": 3, "key": 9}.get(moment, 1))
        delay = chance.choice((0.0, chance.uniform(0, 0.01), chance.uniform(0, 0.3)))
        seen = 0
        argv = ("-c",) if self._buffer is not None else ()
        self._pulse.late()

        def die_in(seconds: float) -> None:
            timers.append(threading.Timer(seconds, victim.kill))
            timers[-1].start()

        def heard(event: str) -> None:
            nonlocal seen
            seen += event == moment
            if event == moment and seen == which:
                if delay:
                    die_in(delay)
                else:
                    victim.kill()

        with Victim(*argv, env=chat_env(self._folder, self._api)) as victim:
            self._api.heard = heard
            if moment == "time":
                die_in(chance.uniform(0, 1.2))
            with suppress(OSError):  # it has died, and nobody takes keys any more
                if victim.pump(_START, lambda: b"\x1b[?2004h" in victim.raw):
                    die_in(patience)
                    self._live(victim, heard, chance, patience)
            victim.kill()
            victim.end()
        for timer in timers:
            timer.cancel()
        self._api.heard = lambda _: None
        self._examine(victim, self._api.replies[known:], self._pulse.late())

    def _live(self, victim: Victim, heard: Callable[[str], None], chance: random.Random, patience: float) -> None:
        api = self._api

        def keys(text: str) -> bool:
            if text == "\x03":
                victim.stops.append(time.monotonic())
            victim.type(text)
            heard("key")
            return victim.pump(chance.choice((0.0, 0.01, 0.04)))

        def say(patience: float = 1.0) -> bool:
            self._said += 1
            known = len(api.replies)
            going = keys(f"m{self._said} of many\r") and victim.pump(patience, lambda: len(api.replies) > known)
            return going and victim.pump(chance.choice((0.01, 0.1, 0.4, 0.9)))

        self._first = self._said + 1
        going = say(patience)  # the first request has much to import
        while going:
            self._said += 1
            does = (
                say,
                say,
                partial(keys, "\x03"),
                partial(keys, f"/edit 1 e{self._said}\r"),
                partial(keys, f"/system s{self._said}\r"),
                partial(keys, f"/system @1 s{self._said}\r"),
                partial(keys, f"/name n{self._said}\r"),
                partial(keys, chance.choice(("/mute 1\r", "/unmute 1..\r", "/move 1 @2\r", "/delete 2\r"))),
                partial(keys, chance.choice(("/undo\r", "/undo 2\r", "/redo\r"))),
                partial(keys, chance.choice(("/retry\r", "/continue\r", "/set temperature 0.5\r", "/fork\r"))),
            )
            going = chance.choice(does)()

    # -- what is left ------------------------------------------------------------------------------------------------

    def _examine(self, victim: Victim, replies: list[Reply], late: float) -> None:
        found = self._found
        found.kills += 1
        found.requests += len(replies)
        found.late.append(late)
        for sign in (b"Traceback", b"This is a bug", b"could not be saved", b"cannot be written"):
            if sign in victim.raw:
                at = victim.raw.index(sign)
                found.faults.append(f"the screen says {victim.raw[at : at + 300]!r}")
        if b"was lost" in victim.raw and not self._torn:
            found.faults.append("a line was lost")
        # The first message's request may have been stopped before it left.
        if (
            replies
            and self._buffer is not None
            and replies[0].request.messages[-1]["content"] == f"m{self._first} of many"
        ):
            self._resumed(replies[0])
        self._torn = False
        files = sessions(self._folder)
        texts: set[str] = set()
        states: set[Shape] = {()}
        for path in files:
            self._parses(path)
            stored = journal.decode(read_file(path))
            texts.update(_texts(stored.events))
            states.update(_states(stored, path.stem))
        for reply in replies:
            asked = _shape(reply.request.messages)
            for role, text in asked:
                if role != "assistant" and text not in texts:
                    found.lost_messages += 1
                    found.faults.append(f"the request has {text!r}, and no file")
            if asked not in states:
                found.faults.append(f"no file was ever in the state that was sent: {asked!r:.1500}")
            self._kept(reply, victim, texts, late)
        self._buffer = self._opens(max(files, key=_newest)) if files else None

    def _parses(self, path: Path) -> None:
        *lines, rest = path.read_bytes().split(b"\n")
        self._torn = self._torn or bool(rest)
        self._found.torn_ends += bool(rest)
        for line in lines:
            try:
                json.loads(line)
            except ValueError:
                self._found.torn_lines += 1
                self._found.faults.append(f"{path.name} has a torn line: {line[:200]!r}")

    def _kept(self, reply: Reply, victim: Victim, texts: set[str], late: float) -> None:
        """Compare what the file has of a reply with what was sent."""
        assert victim.killed is not None
        stop = min((item for item in victim.stops if item >= reply.arrived), default=None)
        end = victim.killed if stop is None else min(stop + PROMISED, victim.killed)
        kept = _longest(reply, texts)
        lost = [(end - at, text) for at, text in reply.sent[kept:] if at < end]
        if not lost:
            return
        if stop is None:
            self._found.lags.append(lost[0][0])
        margin = 0.02 + 2 * late + self._grace
        too_many = "".join(text for age, text in lost if age > PROMISED + margin)
        if too_many:
            self._found.lost_bytes += len(too_many)
            self._found.faults.append(
                f"{len(too_many)} bytes of a reply were lost, the oldest {lost[0][0] * 1000:.0f} ms old "
                f"(margin {margin * 1000:.0f} ms, stopped: {stop is not None}, it came "
                f"{(lost[0][0] + reply.arrived - end) * -1000:.0f} ms after its request, {kept} pieces were kept)"
            )

    def _resumed(self, first: Reply) -> None:
        """Check that the next program sends what the last one left, and one message more."""
        self._found.resumed += 1
        asked = _shape(first.request.messages)
        if asked[:-1] != self._buffer:
            self._found.faults.append(f"resumed with {self._buffer!r:.1000}, sent {asked!r:.1000}")

    def _opens(self, path: Path) -> Shape:
        """Open a copy as the program does, check that this does not change it, and return its messages."""
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(shutil.copy(path, folder))
            before = copy.read_bytes()
            session = Session.open(SessionConfig(Path(folder)), copy, before)
            conversation = session.conversation
            session.close()
            if copy.read_bytes() != before:
                self._found.faults.append("opening changed the file")
        ids = [message.id for message in conversation]
        if len(set(ids)) < len(ids) or not conversation.muted <= set(ids):
            self._found.faults.append(f"ids are not consistent: {ids}, muted {conversation.muted}")
        if any(not message.text.strip() for message in conversation):
            self._found.faults.append("a message is empty")
        return _shape([message.body for message in conversation.sent()])


def _shape(bodies: list[Any]) -> Shape:
    return tuple((body["role"], body["content"]) for body in bodies)


def _texts(events: list[journal.Event]) -> Iterator[str]:
    """Yield the texts of all messages, and of replies that have only parts."""
    parts: dict[str, str] = {}
    for event in events:
        if event["type"] == "message":
            yield event["message"]["content"]
        elif event["type"] == "partial":
            parts[event["reply"]] = parts.get(event["reply"], "") + event.get("text", "")
    yield from parts.values()


def _states(stored: journal.Journal, name: str) -> Iterator[Shape]:
    history = History(str((stored.header or {}).get("id", name)))
    for event in stored.events:
        history.apply(event)
        yield _shape([message.body for message in history.conversation.sent()])


def _newest(path: Path) -> tuple[int, Path]:
    return path.stat().st_mtime_ns, path


def _longest(reply: Reply, texts: set[str]) -> int:
    """Return how many pieces of a reply the files hold."""
    if not reply.sent:
        return 0
    holding = [text for text in texts if reply.sent[0][1] in text]
    count = len(reply.sent)
    while count and not any("".join(text for _, text in reply.sent[:count]) in item for item in holding):
        count -= 1
    return count
