"""Hostile files: an error or what can be rescued, quickly, and never a traceback."""

from __future__ import annotations

import copy
import json
import os
import shutil
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from fake_api import USAGE, Answer, FakeApi, chunk, frames, reply_frames
from hostile_texts import hostile_session
from hypothesis import given
from hypothesis import strategies as st
from support import run_cli, sessions

from grokchat import strict_json
from grokchat.commands.declare import parse_line
from grokchat.commands.registry import by_name
from grokchat.errors import CommandError, FileError, GrokchatError
from grokchat.export.formats import FORMATS, export
from grokchat.render.style import TerminalStyle
from grokchat.session import journal
from grokchat.session.export_source import export_source
from grokchat.session.file_format import FileFormat, identify
from grokchat.session.journal import decode, encode
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.session.store import SessionStore
from grokchat.session.summary import read_summary
from grokchat.system.files import read_file
from grokchat.views.documents import request_body_lines
from grokchat.views.messages import message_lines, sent_lines
from grokchat.views.table import table_lines

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="a file that only POSIX systems have")
HEADER = {"type": "session", "format": "grokchat/1", "id": "s"}


def put(event_id: str, text: Any = "text", role: str = "user", **more: Any) -> dict[str, Any]:
    return {"type": "message", "id": event_id, "message": {"role": role, "content": text}, **more}


VALID: list[dict[str, Any]] = [
    HEADER,
    put("a", "first", change="a"),
    {"type": "partial", "id": "p1", "reply": "b", "text": "be", "reasoning": "hm", "model": "m"},
    put("b", "begin end", "assistant", model="m", finish_reason="stop", usage=USAGE, response_id="r"),
    {"type": "settings", "id": "s1", "model": "grok-4", "timeout": 30.0, "params": {"seed": 1, "stop": ["x"]}},
    put(
        "c", [{"type": "text", "text": "look"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}]
    ),
    put("d", "of the system", "system", before="a"),
    put("e", "another first", replaces="a"),
    {"type": "mute", "id": "m1", "ids": ["e", "c"]},
    {"type": "unmute", "id": "m2", "ids": ["c"]},
    {"type": "move", "id": "v", "ids": ["c"], "before": "b"},
    {"type": "rewind", "id": "w", "to": "m1"},
    {"type": "remove", "id": "x", "ids": ["b"], "change": "k"},
    {"type": "partial", "id": "p2", "reply": "y", "text": "a part"},
    {"type": "name", "id": "n", "name": "a name"},
    {"type": "damage", "id": "q", "line": 3},
]


def file_of(*lines: dict[str, Any] | bytes) -> bytes:
    return b"".join(line + b"\n" if isinstance(line, bytes) else encode(line) for line in lines)


@contextmanager
def soon(seconds: float = 20.0) -> Iterator[None]:
    """Limit the CPU time, generously: quadratic work fails, a busy machine does not."""
    begun = time.process_time()
    yield
    assert time.process_time() - begun < seconds


def strictly(data: bytes) -> Any:
    """Return the value that a strict JSON reader reads."""

    def refuse(text: str) -> None:
        raise AssertionError(f"{text} is not JSON")

    def number(text: str) -> float:
        value = float(text)
        assert value - value == 0, text
        return value

    return json.loads(data.decode("utf-8"), parse_constant=refuse, parse_float=number)


def use(session: Session) -> None:
    """Use everything that shows a session: lists, requests, exports."""
    body = strictly(session.requests.body())
    assert isinstance(body["messages"], list)
    for line in ("/history", "/usage", "/set", "/set model", "/request", "/show 1.."):
        try:
            outcome: Any = parse_line(line, by_name()).run(session)  # type: ignore[union-attr]
        except GrokchatError:
            assert line.startswith("/show")
            continue
        if line == "/history":
            table_lines(outcome, 80, TerminalStyle())
        elif line == "/request":
            request_body_lines(outcome.data, TerminalStyle())
        elif line.startswith("/show"):
            for number in outcome.numbers:
                message = session.conversation.messages[number - 1]
                message_lines(number, message, is_muted=False, columns=80, style=TerminalStyle(), is_markdown=True)
    session.requests.estimate()
    strictly(export("json", export_source(session)))
    for form in FORMATS:
        export(form, export_source(session))
    saved = session.encode()
    assert saved.isascii()
    again = decode(saved)
    assert not again.damage
    strictly_all(saved)


def strictly_all(data: bytes) -> None:
    for line in data.split(b"\n"):
        if line:
            strictly(line)


def open_and_use(path: Path) -> Session:
    """Open a file as a session, use it and change its messages; its bytes are kept."""
    before = path.read_bytes()
    session = SessionStore(SessionConfig(path.parent), path.parent).open(path)
    try:
        strictly(session.requests.body())
        if session.read_only_error is None:
            with suppress(CommandError):  # undo is refused where one id names two states
                session.undo(1)
                session.redo(1)
            session.add_message({"role": "user", "content": "more"})
        use(session)
    finally:
        session.close()
    assert path.read_bytes().startswith(before)
    return session


# -- invalid values ----------------------------------------------------------------------------------------------------

DEEP = b"[" * 100_000
BAD_VALUES: dict[str, bytes] = {
    "deep": DEEP,
    "deep and whole": b"[" * 500 + b"]" * 500,
    "deep objects": b'{"a":' * 300 + b"1" + b"}" * 300,
    "endless digits": b"1" * 5000,
    "many digits": b"1" * 400,
    "too large": b"1e999",
    "too small": b"-1e999",
    "NaN": b"NaN",
    "Infinity": b"-Infinity",
}
PLACES: dict[str, bytes] = {
    "a part": b'{"type":"message","id":"z","message":{"role":"user","content":[{"type":"text","text":"x","n":%s}]}}',
    "a field": b'{"type":"message","id":"z","message":{"role":"user","content":"x"},"usage":{"prompt_tokens":%s}}',
    "a parameter": b'{"type":"settings","id":"z","params":{"temperature":%s}}',
    "a time": b'{"type":"settings","id":"z","timeout":%s}',
    "an unknown event": b'{"type":"telepathy","id":"z","x":%s}',
    "a name": b'{"type":"name","id":"z","name":%s}',
    "a line": b'{"type":"damage","line":%s}',
}


@pytest.mark.parametrize("value", BAD_VALUES)
def test_values_that_json_does_not_have_cost_only_their_line(tmp_path, value):
    """NaN in a file would become NaN in a request; too deep nesting could not be shown."""
    for number, form in enumerate(PLACES.values()):
        path = tmp_path / f"{number}.jsonl"
        path.write_bytes(file_of(HEADER, put("a"), form % BAD_VALUES[value], put("b")))
        with soon():
            session = open_and_use(path)
        assert [damage.line for damage in session.damage] == [3]
        assert [message.text for message in session.conversation][:2] == ["text", "text"]


def test_the_deepest_allowed_nesting_works_everywhere(tmp_path):
    """Reading, sending, showing, exporting and saving do not overflow the stack."""
    value: Any = "x"
    for _ in range(46):
        value = [{"a": value}]
    path = tmp_path / "s.jsonl"
    part = {"type": "text", "text": "x", "deep": value}
    path.write_bytes(file_of(HEADER, put("a", [part]), {"type": "settings", "id": "b", "params": {"deep": value}}))
    session = open_and_use(path)
    assert not session.damage
    assert session.conversation.messages[0].body["content"] == [part]


@pytest.mark.parametrize("value", BAD_VALUES)
def test_imported_files_with_values_that_json_does_not_have_are_refused(home, api, tmp_path, value):
    """The other formats that --resume accepts: an array, a request body, lines."""
    message = b'{"role":"user","content":"x","n":%s}' % BAD_VALUES[value]
    fine = b'{"role":"user","content":"x"}'
    for number, data in enumerate(
        [b"[" + message + b"]", b'{"messages":[' + message + b"]}", b'{"messages":[],"top_p":%s}' % BAD_VALUES[value],
         fine + b"\n" + message + b"\n", b"[\n" + fine + b",\n" + message + b"\n]"]
    ):  # fmt: skip
        path = tmp_path / "theirs.json"
        path.write_bytes(data)
        with soon():
            code, environment = run_cli(home, api, "-r", str(path), "hi")
        complaint = environment.stderr.getvalue()
        assert code == 4
        assert number == 4 or (b"line 2" if number == 3 else b"line 1") in complaint
        assert b"bug" not in complaint
        assert len(complaint) < 600
        assert path.read_bytes() == data
    assert api.requests == []


def test_a_reply_with_invalid_json_values_is_saved_readably(home, api):
    """A reply is not lost because another field is not JSON, nested too deeply or too large."""
    for value in BAD_VALUES.values():
        if value == DEEP:
            continue
        piece = chunk({"content": "kept", "tool_calls": [{"index": 0, "id": "x", "extra": "@"}]}, finish="stop")
        usage = {**chunk(), "choices": [], "usage": {"prompt_tokens": "@"}}
        frame = frames(piece, usage).replace(b'"@"', value)
        api.answers = [Answer([frame]), Answer([reply_frames("again")])]
        api.requests.clear()
        code, _ = run_cli(home, api, "hi")
        if code == 3:  # it was not taken for JSON at all
            continue
        assert run_cli(home, api, "-c", "more")[0] == 0
        assert [message["content"] for message in strictly(api.requests[1].body)["messages"]] == ["hi", "kept", "more"]
        strictly_all(sessions(home)[-1].read_bytes())


def test_every_written_event_can_be_read():
    value: Any = "x"
    for _ in range(500):
        value = [value]
    for bad in (value, float("nan"), float("-inf"), 10**400, -(10**5000), (1.5, float("inf"))):
        stored = decode(encode(put("a", [{"type": "text", "text": "kept", "n": bad}])))
        assert not stored.damage
        assert stored.events[0]["message"]["content"][0]["text"] == "kept"
    digits = put("a", "1" * 5000 + "[" * 5000)
    assert decode(encode(digits)).events == [digits]


def test_an_invalid_number_of_a_server_costs_only_that_number():
    data = b'{"content": "x", "a": NaN, "b": -Infinity, "c": 1e999, "d": [' + b"9" * 5000 + b'], "e": 1.5, "f": 12}'
    assert strict_json.parse_lenient(data) == {
        "content": "x", "a": None, "b": None, "c": None, "d": [None], "e": 1.5, "f": 12,
    }  # fmt: skip
    for refused in (b"[" * 150 + b"]" * 150, b"[" * 100_000, b"{", b"\xff"):
        with pytest.raises(ValueError):
            strict_json.parse_lenient(refused)


# -- lines -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\xfe{}", b'{"type":"name","id":"z","name":"\xff"}', b'{"type":"name","id":"z","name":"\xed\xa0\x80"}',
        b"\0" * 5000, b'{"type":"name","id":"z","name":"\0"}', b"{", b"}", b'"', b"[]", b"null", b"{}}", b"\x1b[2J",
        b'{"type":"message","id":"z","message":{"role":"user","content":"x"', b"\xef\xbb\xbf{}",
        '{"type":"name","id":"z"}'.encode("utf-16"), b"{" * 100_000, b'{"":' * 100_000, b'{"type":{"type":' * 1000,
    ],
)  # fmt: skip
def test_lines_that_are_not_events_are_damage(tmp_path, line):
    path = tmp_path / "s.jsonl"
    path.write_bytes(file_of(HEADER, put("a"), line, put("b")))
    damaged = [number for number, rest in enumerate((b"", b"", *line.split(b"\n")), 1) if rest]
    with soon():
        assert [damage.line for damage in open_and_use(path).damage] == damaged
        assert read_summary(path, read_file(path)).messages == 3


@pytest.mark.parametrize("text", ["\\ud800", "\\udfff\\ud800", "\\u0000", "\\u2028\\ufeff\\uffff", "\\ud83d\\ude00"])
def test_lone_surrogates_and_nul_are_kept_and_shown_as_marks(tmp_path, text):
    """JSON escapes can express them: they are saved and sent as escapes."""
    path = tmp_path / "s.jsonl"
    line = b'{"type":"message","id":"z","message":{"role":"user","content":"%s"}}' % text.encode()
    path.write_bytes(file_of(HEADER, line, b'{"type":"name","id":"y","name":"%s"}' % text.encode()))
    session = open_and_use(path)
    assert not session.damage
    assert strictly(session.requests.body())["messages"][0]["content"] == json.loads(f'"{text}"')
    assert "".join(sent_lines(session.conversation.messages[0].text, 80, TerminalStyle("none"))).encode("utf-8")


def test_of_a_duplicate_key_the_last_value_counts(tmp_path):
    """The shown and the sent value are the same: the last one."""
    path = tmp_path / "s.jsonl"
    line = b'{"type":"name","type":"message","id":"z","message":{"role":"user","content":"shown","content":"sent"}}'
    path.write_bytes(file_of(HEADER, line))
    session = open_and_use(path)
    assert session.conversation.messages[0].text == "sent"
    assert session.requests.body().count(b"sent") == 1
    assert b"shown" not in session.requests.body()


@pytest.mark.parametrize("whole", [True, False])
def test_a_line_of_64_mib_takes_linear_time_and_memory(tmp_path, whole):
    """So a line of 512 MiB, the limit, takes eight times as much."""
    path = tmp_path / "s.jsonl"
    path.write_bytes(file_of(HEADER) + encode(put("a", "x" * ((64 if whole else 8) << 20)))[: None if whole else -9])
    with soon(60):
        session = SessionStore(SessionConfig(None), tmp_path).open(path)
        assert len(session.requests.body()) > (64 << 20) or not whole
    assert [damage.line for damage in session.damage] == ([] if whole else [2])


def test_a_line_longer_than_any_message_is_not_parsed(monkeypatch):
    """It is reported as damage."""
    monkeypatch.setattr(journal, "_MAX_LINE_BYTES", 1000)
    stored = decode(file_of(HEADER, put("a", "x" * 2000), put("b")))
    assert [(damage.line, damage.reason) for damage in stored.damage] == [(2, "it is longer than any message")]
    assert [event["id"] for event in stored.events] == ["b"]


@POSIX
def test_a_file_larger_than_any_session_is_refused(home, api, tmp_path):
    """A sparse terabyte takes no space on the disk, and would fill the memory."""
    path = tmp_path / "large.jsonl"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    (home / "sessions").mkdir(parents=True)
    (home / "sessions" / "large.jsonl").symlink_to(path)
    (home / "sessions" / "fine.jsonl").write_bytes(file_of(HEADER, put("a")))
    with soon():
        code, environment = run_cli(home, api, "-r", str(path), "hi")
        assert (code, b"larger than 1 GiB" in environment.stderr.getvalue()) == (4, True)
        code, environment = run_cli(home, api, "--list-sessions", "--json")
        assert (code, [summary["id"] for summary in json.loads(environment.stdout.getvalue())]) == (0, ["fine"])


@pytest.mark.parametrize("line", [b"x", b"{", b"", b'{"type":"x"}', b'{"type":"damage","line":1}', b"\x00"])
def test_very_many_tiny_lines_take_linear_time_and_memory(tmp_path, line):
    """The report is short, and made once."""
    count = 50_000
    path = tmp_path / "s.jsonl"
    path.write_bytes(file_of(HEADER, put("a")) + (line + b"\n") * count + file_of(put("b")))
    with soon(60):
        session = SessionStore(SessionConfig(tmp_path), tmp_path).open(path)
        is_lost = not line.startswith(b'{"') and bool(line)
        assert len(session.damage) == (21 if is_lost else 0)
        if is_lost:
            assert [damage.line for damage in session.damage[:2]] == [3, 4]
            assert session.damage[-1].line == count + 2
            assert f"and so were {count - 21:,} more lines before it" in session.damage[-1].reason
        session.add_message({"role": "user", "content": "c"})
        session.close()
        again = SessionStore(SessionConfig(tmp_path), tmp_path).open(path)
    assert list(again.damage) == []
    assert [message.id for message in again.conversation][:2] == ["a", "b"]
    again.close()


def test_a_file_with_more_lines_than_any_session_is_refused(home, api, tmp_path):
    """An event takes more memory than its line."""
    path = tmp_path / "s.jsonl"
    path.write_bytes(file_of(HEADER, put("a")) + b"\n" * 2_000_000)
    with soon():
        code, environment = run_cli(home, api, "-r", str(path), "hi")
    assert (code, b"more than 2,000,000 lines" in environment.stderr.getvalue()) == (4, True)


N = 2000
TIMES = {
    "messages": [put(f"m{at}") for at in range(N)],
    "at the beginning": [put(f"m{at}", before="m0") for at in range(N)],
    "before the last": [*(put(f"m{at}") for at in range(N)), *(put(f"n{at}", before=f"m{N - 1}") for at in range(N))],
    "replaced": [*(put(f"m{at}") for at in range(N)), *(put(f"n{at}", replaces=f"m{N - 1 - at}") for at in range(N))],
    "removed": [
        *(put(f"m{at}") for at in range(N)),
        *({"type": "remove", "id": f"r{at}", "ids": [f"m{at}"]} for at in range(N)),
    ],
    "moved": [
        *(put(f"m{at}") for at in range(N)),
        *({"type": "move", "id": f"r{at}", "ids": [f"m{at}"]} for at in range(N)),
    ],
    "moved nowhere": [
        *(put(f"m{at}") for at in range(N)),
        *({"type": "move", "id": f"r{at}", "ids": []} for at in range(N)),
    ],
    "rewound": [
        *(put(f"m{at}") for at in range(N)),
        *({"type": "rewind", "id": f"r{at}", "to": f"m{at * 7919 % N}"} for at in range(N)),
    ],
    "there and back": [
        *(put(f"m{at}") for at in range(N)),
        *({"type": "rewind", "id": f"r{at}", "to": ("s", f"m{N - 1}")[at % 2]} for at in range(N)),
    ],
    "set": [{"type": "settings", "id": f"r{at}", "params": {f"k{at}": 1}} for at in range(N)],
    "parts": [{"type": "partial", "id": f"p{at}", "reply": f"r{at % 9}", "text": "x "} for at in range(N)],
    "parts that join": [
        {"type": "partial", "id": f"p{at}", "reply": f"r{at}", "text": "x ", "joins": f"r{at - 1}"} for at in range(N)
    ],
}


@pytest.mark.parametrize("kind", TIMES)
def test_very_many_events_take_linear_time(kind):
    """Twice the events take about twice the time, whatever they do to the message list."""

    def took(events: list[dict[str, Any]]) -> float:
        best = float("inf")
        for _ in range(2):
            begun = time.perf_counter()
            session = Session(SessionConfig(None), HEADER, journal.Journal(header=HEADER, events=events))
            session.requests.body()
            best = min(best, time.perf_counter() - begun)
        return best

    events = TIMES[kind]
    half = [event for event in events if int(event["id"][1:]) < N // 4]
    assert took(events) < 12 * took(half) + 0.5


# -- what events say ---------------------------------------------------------------------------------------------------

WRONG: list[Any] = [None, True, 0, -1, 1.5, "", "s", "../../etc/passwd", "a\0b", "\n", "x" * 10_000, [], {}, [[]]]
WRONG += [["a", 1], {"a": {"b": [1]}}, "\ud800", 10**200]
FIELDS_OF_EVENTS = sorted({(event["type"], key) for event in VALID for key in event if key not in {"type", "format"}})


@pytest.mark.parametrize(("kind", "key"), [*FIELDS_OF_EVENTS, ("session", "time"), ("session", "conversation"),
    ("session", "forked_from"), ("session", "app"), ("message", "more"), ("rewind", "change"),
    ("message", "joins"), ("partial", "joins"), ("message", "system_fingerprint"),
    ("message", "critical")])  # fmt: skip
def test_a_wrong_type_in_any_field_does_no_harm(tmp_path, kind, key):
    """A line is either read completely or reported as damage."""
    for number, value in enumerate(WRONG):
        events = copy.deepcopy(VALID)
        for event in events:
            if event["type"] == kind:
                event[key] = value
        path = tmp_path / f"{number}.jsonl"
        path.write_bytes(file_of(*events))
        session = open_and_use(path)
        read_summary(path, read_file(path))
        assert all(0 < damage.line <= len(events) for damage in session.damage)


@pytest.mark.parametrize("key", ["role", "content", "reasoning_content", "tool_calls", "name", "tool_call_id"])
def test_a_wrong_type_in_any_message_field_does_no_harm(home, tmp_path, key):
    for number, value in enumerate(WRONG):
        for role in ("user", "assistant"):
            path = tmp_path / f"{number}-{role}.jsonl"
            body = {"role": role, "content": "x", key: value}
            path.write_bytes(file_of(HEADER, {"type": "message", "id": "a", "message": body, "usage": value}))
            open_and_use(path)
            for data in ([body], {"messages": [body], "model": value, "stream": value, "stop": value}, body):
                path = tmp_path / f"{number}-{role}.json"
                path.write_text(json.dumps(data), encoding="utf-8")
                try:
                    use(SessionStore(SessionConfig(None), tmp_path / "none").open(path))
                except GrokchatError as error:
                    assert error.exit_code == 4  # noqa: PT017


@pytest.mark.parametrize(
    "events",
    [
        [{"type": "remove", "id": "x", "ids": ["nobody", "a", "a"]}],
        [{"type": "move", "id": "x", "ids": ["a", "nobody", "a"], "before": "a"}],
        [{"type": "move", "id": "x", "ids": ["a", "b"], "before": "b"}, {"type": "move", "id": "y", "ids": ["b"]}],
        [{"type": "mute", "id": "x", "ids": ["nobody", "a", "a"]}, {"type": "unmute", "id": "y", "ids": ["nobody"]}],
        [put("x", before="nobody"), put("y", replaces="nobody"), put("x", replaces="x"), put("x", before="x")],
        [put("a", "again"), put("a", "and again", replaces="b"), put("b", before="a")],
        [{"type": "rewind", "id": "x", "to": state_id} for state_id in ("nobody", "x", "s", "y", "b", "a", "s", "b")],
        [{"type": "rewind", "id": "s", "to": "a"}, {"type": "rewind", "id": "a", "to": "s"}, put("s"), put("a")],
        [{"type": "partial", "id": "x", "reply": "b", "text": "late"}, {"type": "partial", "id": "y", "reply": "y"}],
        [{"type": "partial", "id": "x", "reply": "x", "text": "a", "joins": "x"}, put("x", role="assistant")],
        [{"type": "partial", "id": "x", "reply": "c", "text": " ", "joins": "b"},
         {"type": "remove", "id": "y", "ids": ["b"]},
         {"type": "partial", "id": "z", "reply": "c", "text": "x", "joins": "b"}],
        [HEADER, {**HEADER, "id": "other"}, {**HEADER, "id": "a"}],
        [{"type": "", "id": ""}, {"type": "session"}, {"type": "\0", "critical": True}],
        [put("", "", ""), put("c", more=True), put("d", more=True, change="q"),
         {"type": "mute", "id": "e", "ids": ["a"], "more": True}],
        [{"type": "damage", "id": "x", "line": line} for line in (True, -1, 10**200, "1", None, 1.0)],
    ],
)  # fmt: skip
def test_contradictory_events_do_no_harm(tmp_path, events):
    """Events in any order are applied as far as possible."""
    for number, order in enumerate((events, events[::-1])):
        path = tmp_path / f"{number}.jsonl"
        path.write_bytes(file_of(HEADER, put("a"), put("b", role="assistant"), *order))
        open_and_use(path)
        for _ in range(2):
            open_and_use(path)


def test_an_unknown_critical_event_makes_the_session_read_only(home, api):
    path = home / "sessions" / "one.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(file_of(*VALID, {"type": "telepathy", "id": "t", "critical": True}))
    before = path.read_bytes()
    code, environment = run_cli(home, api, "-c", "hi")
    assert (code, b"newer grokchat" in environment.stderr.getvalue()) == (4, True)
    assert path.read_bytes() == before
    assert api.requests == []


PATHS = ["../x", "../../etc/cron.d/x", "/etc/passwd", "~/x", "a/b", "a\\b", "C:\\x", "..", ".", "", "a\0b", "a\nb",
         "x" * 10_000,         "CON", "-rf", "s\ud800", "%2e%2e/x", "$HOME"]  # fmt: skip


@pytest.mark.parametrize("name", PATHS)
def test_an_id_in_a_file_is_never_used_as_a_path(home, api, tmp_path, name):
    """Neither when a session is written, nor when it is listed: the listed id is typed after /resume."""
    path = home / "sessions" / "mine.jsonl"
    path.parent.mkdir(parents=True)
    data = file_of({**HEADER, "id": name, "conversation": name, "forked_from": name, "imported_from": name}, put("a"))
    path.write_bytes(data)
    assert read_summary(path, read_file(path)).id == "mine"
    code, environment = run_cli(home, api, "--list-sessions", "--json")
    assert (code, [summary["id"] for summary in json.loads(environment.stdout.getvalue())]) == (0, ["mine"])
    assert run_cli(home, api, "-c", "more")[0] == 0
    assert path.read_bytes().startswith(data)
    assert path.read_bytes() != data
    store = SessionStore(SessionConfig(home / "sessions"), home / "sessions")
    session = store.open(path)
    copied = session.fork("copy")
    copied.add_message({"role": "user", "content": "x"})
    new = copied.path
    assert new is not None
    assert (new.parent, new.stem) == (home / "sessions", copied.id)
    session.close()
    copied.close()
    found = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert {file for file in found if file.suffix != ".lock" and file.name != "history"} == {path, new}
    conversation = api.requests[0].headers["x-grok-conv-id"]
    assert conversation.isascii()
    assert len(conversation) <= 64
    assert "/" not in conversation


# -- names and kinds of files ------------------------------------------------------------------------------------------


def fifo(path: Path) -> Path:
    os.mkfifo(path)
    return path


def listening(path: Path) -> Path:
    server = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    try:
        os.chdir(path.parent)  # the name of a socket must be short
        server.bind(path.name)
    finally:
        os.chdir(here)
        server.close()
    return path


def linked(path: Path, target: str) -> Path:
    path.symlink_to(target)
    return path


KINDS: dict[str, Callable[[Path], Path]] = {
    "fifo": fifo,
    "socket": listening,
    "folder": lambda path: path.mkdir() or path,  # type: ignore[func-returns-value]
    "zero": lambda _: Path("/dev/zero"),
    "tty": lambda _: Path("/dev/tty"),
    "full": lambda _: Path("/dev/full"),
    "random": lambda _: Path("/dev/urandom"),
    "loop": lambda path: linked(path, path.name),
    "nowhere": lambda path: linked(path, "nobody"),
    "link to a folder": lambda path: linked(path, "/"),
    "link to zero": lambda path: linked(path, "/dev/zero"),
    "link to a fifo": lambda path: linked(path, fifo(path.with_name("pipe")).name),
    "below a file": lambda path: path.write_bytes(b"x") and path / "below",  # type: ignore[return-value]
    "long": lambda path: path.with_name("x" * 10_000),
    "very deep": lambda path: path.joinpath(*(["x"] * 3000)),
    "empty": lambda path: [path.touch(), path][1],
}


@POSIX
@pytest.mark.parametrize("kind", [kind for kind in KINDS if "fifo" not in kind])
@pytest.mark.parametrize("way", ["session", "file", "config"])
def test_special_files_are_refused_at_once(home, api, tmp_path, kind, way):
    """The error names the file; nothing blocks, and nothing is read endlessly."""
    path = KINDS[kind](tmp_path / "it")
    argv = {"session": ["-r", str(path)], "file": ["-f", str(path)], "config": ["--config", str(path)]}[way]
    with soon():
        code, environment = run_cli(home, api, *argv, "hi")
    complaint = environment.stderr.getvalue()
    if kind == "empty" and way in {"config", "file"}:
        assert code == 0
        return
    assert code == (2 if way == "config" else 4)
    assert complaint.count(b"\n") == 1
    assert b"bug" not in complaint
    assert path.name[:100].encode() in complaint
    assert api.requests == []


@POSIX
@pytest.mark.parametrize("kind", ["fifo", "link to a fifo"])
@pytest.mark.parametrize("way", ["session", "file", "config"])
def test_a_pipe_with_a_name_is_read_like_a_file(home, api, tmp_path, kind, way):
    """`-f`, `-r` and `--config` wait for what a FIFO's writer has to say, and for its end."""
    path = KINDS[kind](tmp_path / "it")
    option, data = {
        "session": ("-r", b'[{"role": "user", "content": "early"}]'),
        "file": ("-f", b"early"),
        "config": ("--config", b'system = "early"'),
    }[way]
    writer = threading.Thread(target=path.write_bytes, args=(data,))
    writer.start()
    code, environment = run_cli(home, api, option, str(path), "hi")
    writer.join()
    assert (code, environment.stderr.getvalue()) == (0, b"")
    first, last = (message["content"] for message in api.requests[0].messages)
    assert (first.removeprefix(f"File: {path.name}\n\n"), last) == ("early", "hi")


@POSIX
def test_an_unreadable_entry_hides_no_other_session(home, api):
    """Whatever is in the folder, the readable sessions are listed."""
    folder = home / "sessions"
    folder.mkdir(parents=True)
    (folder / "fine.jsonl").write_bytes(file_of(*VALID))
    fifo(folder / "fifo.jsonl")
    listening(folder / "s.jsonl")
    (folder / "folder.jsonl").mkdir()
    for name, target in [("loop", "loop.jsonl"), ("away", "/dev/zero"), ("gone", "nobody"), ("root", "/")]:
        linked(folder / f"{name}.jsonl", target)
    linked(folder / "binary.jsonl", sys.executable)
    (folder / os.fsdecode(b"\xff\xfe.jsonl")).write_bytes(file_of(HEADER, put("a")))
    (folder / "new\nline \x1b[2J.jsonl").write_bytes(b"torn")
    (folder / (f"{'x' * 245}.jsonl")).write_bytes(file_of(HEADER))
    (folder / "empty.jsonl").touch()
    for name, when in [("early", -(10**10)), ("late", 10**12)]:
        path = folder / f"{name}.jsonl"
        path.write_bytes(file_of(HEADER, put("a", name)))
        try:
            os.utime(path, (when, when))
        except (OSError, OverflowError):
            path.unlink()
    for more in ([], ["--json"]):
        with soon():
            code, environment = run_cli(home, api, "--list-sessions", *more)
        assert code == 0
        assert b"fine" in environment.stdout.getvalue()
        environment.stdout.getvalue().decode("utf-8")
    with soon():
        assert run_cli(home, api, "-r", "fine", "hi")[0] == 0
        assert run_cli(home, api, "-r", "a name", "hi")[0] == 0
    assert list(SessionStore(SessionConfig(folder), folder).search(["first"]))
    for name in ("loop", "away", "gone", "root", "fifo", "folder"):
        code, environment = run_cli(home, api, "-r", name, "hi")
        assert code == 4, name


@POSIX
def test_a_link_among_the_sessions_is_not_written_through(home, api, tmp_path):
    """A link to another file is not a session, so nothing is appended to that file."""
    target = tmp_path / "precious"
    target.write_bytes(b"mine\n")
    linked_ = home / "sessions" / "link.jsonl"
    linked_.parent.mkdir(parents=True)
    linked_.symlink_to(target)
    for argv in (["-r", "link"], ["-c"], ["-r", str(linked_)]):
        assert run_cli(home, api, *argv, "hi")[0] == 4
    assert target.read_bytes() == b"mine\n"


# -- config files ------------------------------------------------------------------------------------------------------

CONFIGS: dict[str, bytes] = {
    "nul": b'model = "a\0b"',
    "no utf-8": b'model = "\xff"',
    "a surrogate": b'model = "\\ud800"',
    "a surrogate in bytes": b'model = "\xed\xa0\x80"',
    "deep": b"model = " + b"[" * 100_000,
    "deep and whole": b"model = " + b"[" * 200 + b"]" * 200,
    "deep tables": b"model = " + b"{a=" * 200 + b"1" + b"}" * 200,
    "dotted": b"params.a" + b".a" * 90_000 + b" = 1",
    "dotted with blanks": b"params.a" + b" .  a" * 90_000 + b" = 1",
    "dotted table": b"[params.a" + b".a" * 200_000 + b"]",
    "dotted and quoted": b"params" + b'."a"' * 2000 + b" = 1",
    "dotted a little": b"params" + b".a" * 70 + b" = 1",
    "twice": b"stream = true\nstream = false",
    "a table twice": b"[params]\n[params]",
    "digits": b"timeout = " + b"1" * 5000,
    "some digits": b"timeout = " + b"1" * 400,
    "digits of a parameter": b"[params]\nseed = " + b"1" * 4000,
    "hex": b"[params]\nseed = 0x" + b"f" * 100_000,
    "a value in hex": b"model = 0x" + b"f" * 100_000,
    "too large": b"timeout = 1e999",
    "infinity": b"connect_timeout = inf",
    "nan": b"[params]\ntemperature = nan",
    "nan below": b"[params.a]\nb = [1, {c = nan}]",
    "a date": b"model = 2031-05-06T07:08:09Z",
    "a date below": b"[params]\na = [07:08:09]",
    "a wrong type": b"stream = 3",
    "a table for a value": b"[model]\na = 1",
    "a value for a table": b"params = 3",
    "an array of tables": b"[[params]]\na = 1",
    "profiles": b"profiles = 3",
    "a profile": b"profiles.a = 3",
    "a profile's profile": b"[profiles.a.profiles.b]",
    "an unknown key": b"modle = 1",
    "a long unknown key": b'"' + b"x" * 500_000 + b'" = 1',
    "a long value": b'theme = "' + b"x" * 500_000 + b'"',
    "a long profile": b'[profiles]\n"' + b"x" * 500_000 + b'" = 1',
    "an empty key": b'"" = 1',
    "a reserved parameter": b"[params]\nmessages = []",
    "10 MB": b"model = 'a'\n" + b"# comment\n" * 1_000_000,
    "1 MB": b"".join(b"k%d = 1\n" % number for number in range(70_000)),
    "quotes": b"model = " + b'"' * 100_001,
    "brackets": b"[" * 100_000,
    "a key without an end": b'model = "' + b"\\" * 100_001,
}


@pytest.mark.parametrize("kind", CONFIGS)
def test_invalid_config_files_are_reported(home, api, kind):
    """The error names the file, and the key or line if there is one; exit code 2."""
    home.mkdir()
    path = home / "config.toml"
    path.write_bytes(CONFIGS[kind] + b"\n")
    with soon():
        code, environment = run_cli(home, api, "hi")
    complaint = environment.stderr.getvalue()
    assert code == 2
    assert complaint.count(b"\n") == 1
    assert b"config.toml" in complaint
    assert b"bug" not in complaint
    assert len(complaint) < 1000
    assert api.requests == []
    assert path.read_bytes() == CONFIGS[kind] + b"\n"


def test_many_profiles_are_not_all_listed(home, api):
    home.mkdir()
    (home / "config.toml").write_text("".join(f"[profiles.p{number}]\n" for number in range(500)), encoding="utf-8")
    code, environment = run_cli(home, api, "-P", "other", "hi")
    assert (code, len(environment.stderr.getvalue()) < 600) == (2, True)


@POSIX
def test_the_null_device_is_an_empty_config_file(home, api):
    """GROKCHAT_CONFIG=/dev/null means no config file."""
    assert run_cli(home, api, "hi", env={"GROKCHAT_CONFIG": os.devnull})[0] == 0


# -- files of messages -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\n", b"\0", b"\xff", b"3", b"null", b'"x"', b"[", b"{}", b"[1]", b"[[]]", b"[{}]", b'{"messages":3}',
        b'{"messages":[3]}', b'{"messages":[{"role":"user","content":"x"}],"model":3}',
        b'{"messages":[],"stream":"no"}', b'{"role":"user","content":"x"}\ntorn', b'[{"role":"user"}]torn',
        b"\xef\xbb\xbf",
        b'[{"role":"","content":"x"}]',
        '[{"role":"user","content":"x"}]'.encode("utf-16"), b'{"messages":[],"model":""}', b"\x1b[2J", b"[" * 100_000,
    ],
)  # fmt: skip
def test_files_that_are_not_messages_are_refused(home, api, tmp_path, data):
    path = tmp_path / "theirs"
    path.write_bytes(data)
    code, environment = run_cli(home, api, "-r", str(path), "hi")
    complaint = environment.stderr.getvalue()
    assert code == 4
    assert complaint.count(b"\n") == 1
    assert b"bug" not in complaint
    assert path.read_bytes() == data


def test_many_messages_in_one_line_are_imported(home, api, tmp_path):
    path = tmp_path / "theirs.json"
    path.write_bytes(b"[" + b",".join([b'{"role":"user","content":"x"}'] * 10_000) + b"]")
    with soon(60):
        assert run_cli(home, api, "-r", str(path), "hi")[0] == 0
    assert len(api.requests[0].messages) == 10_001


# -- anything at all ---------------------------------------------------------------------------------------------------

NASTY: list[Any] = [*WRONG, float("nan"), float("inf"), "\x1b[2J", {"role": "user"}, "a", "b", "c", "user", 10**400]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Return a session file with changed bytes, lines and values."""
    events = copy.deepcopy(VALID)
    for _ in range(draw(st.integers(0, 3))):
        node: Any = draw(st.sampled_from(events))
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if not isinstance(node[key], dict | list) or draw(st.booleans()):
                node[key] = copy.deepcopy(draw(st.sampled_from(NASTY)))
                break
            node = node[key]
    lines = [json.dumps(event).encode() for event in events]
    for _ in range(draw(st.integers(0, 3))):
        at, to = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines)))
        kind = draw(st.sampled_from(["move", "copy", "drop", "join", "again"]))
        if kind == "move":
            lines.insert(to, lines.pop(at))
        elif kind == "copy":
            lines.insert(to, lines[at])
        elif kind == "drop" and len(lines) > 1:
            del lines[at]
        elif kind == "join" and at + 1 < len(lines):
            lines[at : at + 2] = [lines[at] + lines[at + 1]]
        else:
            lines += lines[at:to]
    data = bytearray(b"\n".join(lines) + b"\n" * draw(st.integers(0, 1)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data) - 1))
        kind = draw(st.sampled_from(["flip", "put", "cut", "gone"]))
        if kind == "flip":
            data[at] = draw(st.integers(0, 255))
        elif kind == "put":
            data[at:at] = draw(
                st.sampled_from([b"\0", b"\n", b"\xff", b'"', b"{", b"[" * 200, b"\r\n", b"\\u0000", b"1e999"])
            )
        elif kind == "cut":
            del data[at : at + draw(st.integers(1, 40))]
        elif draw(st.integers(0, 9)) == 0:
            del data[at:]
        if not data:
            data += b"\n"
    return bytes(data)


@given(mutated())
def test_any_damaged_session_opens_and_keeps_its_bytes(tmp_path_factory, data):
    """What is left can be shown, sent as JSON and exported in every format."""
    folder = tmp_path_factory.mktemp("sessions")
    path = folder / "s.jsonl"
    path.write_bytes(data)
    read_summary(path, read_file(path))
    if identify(data) in {FileFormat.OTHER, FileFormat.NEWER}:  # its header says so
        with suppress(FileError):
            SessionStore(SessionConfig(folder), folder).open(path).close()
        assert path.read_bytes() == data
        return
    session = open_and_use(path)
    lines = data.count(b"\n") + 1
    assert all(0 < damage.line <= lines for damage in session.damage)
    strictly_all(path.read_bytes()[len(data) :])
    if path.read_bytes() != data:
        assert not SessionStore(SessionConfig(None), folder).open(path).damage
    shutil.rmtree(folder)


@given(mutated())
def test_any_damaged_file_of_messages_is_imported_or_refused(tmp_path_factory, data):
    """The result is a session, messages, or an error that names the line."""
    folder = tmp_path_factory.mktemp("messages")
    path = folder / "theirs.json"
    path.write_bytes(data)
    try:
        session = SessionStore(SessionConfig(None), folder / "none").open(path)
    except GrokchatError as error:
        assert error.exit_code == 4  # noqa: PT017
    else:
        use(session)
    path.write_bytes(b"[" + b",".join(line for line in data.split(b"\n") if line) + b"]")
    try:
        use(SessionStore(SessionConfig(None), folder / "none").open(path))
    except GrokchatError as error:
        assert str(error)  # noqa: PT017
    path.unlink()
    folder.rmdir()


def test_a_session_full_of_control_codes_is_harmless(tmp_path):
    path = tmp_path / "s.jsonl"
    path.write_bytes(hostile_session(["clear", "c1-osc", "override", "nul", "separators"]))
    assert [damage.line for damage in open_and_use(path).damage] == [11]


def test_a_valid_session_is_read_completely(home, api: FakeApi):
    """Without this, the tests above would pass if nothing were ever read."""
    path = home / "sessions" / "one.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(file_of(*VALID))
    assert run_cli(home, api, "-c", "hi")[0] == 0
    assert [message["content"] for message in api.requests[0].messages] == ["of the system", "a part", "hi"]
    assert sessions(home) == [path]
