"""Random and mutated inputs, checked against what must hold for every input.

    python benchmarks/fuzz.py TARGET SECONDS [SEED]

sse        the decoder of server-sent events: any cutting gives what a plain parse of the whole gives.
journal    session files: no exception, every line counts once or is damage, everything kept is strict JSON.
sanitiser  text for the screen: no control code gets through, however it is cut; visible text is unchanged.
markdown   replies: streaming in pieces gives the lines of the whole, with no codes except colours.
config     config files: settings that make a valid request, or one error that names the file.
grammar    lines typed at the prompt: a message, a command, or an error; the message list can always be sent.

Prints the number of cases and each failure with its input; exits with 1 if there was one. A seed repeats a run.
"""

from __future__ import annotations

import json
import random
import re
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from grokchat.api.json_encoding import encode_json
from grokchat.api.sse import SSEDecoder
from grokchat.commands.declare import Call, Text, parse_line
from grokchat.commands.registry import by_name
from grokchat.config import files as config_files
from grokchat.config.settings import resolve_settings
from grokchat.environment import Environment
from grokchat.errors import ConfigError, GrokchatError
from grokchat.messages import body
from grokchat.render.sanitize import VisibleStream, visible, visible_line
from grokchat.render.stream import ReplyRenderer, render_reply
from grokchat.render.style import TerminalStyle
from grokchat.session import journal
from grokchat.session.file_format import identify
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig

_SHOWN = 5
"""Failures that are printed."""
_SLOW = 5.0
"""Seconds that no case of a few kilobytes may take."""

CODES = [
    *map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\r\n", "\x1b[2J", "\x1b]52;c;x\x07", "\u202e", "\u2066",
    "\u200f",
    "\u061c", "\u2028", "\ufeff", "\xad", "\U000e0001", "\U000e0041", "\U000e007f", "\U0001f3f4", "\ud800",
    "\udfff", "\u200d", "\ufe0f", "\U0001f1e6", "e\u0301", "漢", "👩‍💻", "\U0001f3f4\U000e0067\U000e0062\U000e007f",
]  # fmt: skip
MARKS = [
    "# ", "> ", "- ", "1. ", "```", "```python\n", "~~~", "`", "**", "*", "_", "~~", "[", "](", ")", "![", "<",
    ">", "|",
    "|---|---|\n", "---\n", "===\n", "    ", "\t", "\\", "&amp;", "&#27;", "&#x202e;", "$", "$$", "\\(", "\\)",
    "\\frac{1}{2}",
    "https://a.test/", "שלום", "Sil\u00adbe",
    "\n", "\n\n", " ", "word", "Wort", "x", "    code\n", "<b>", "  \n", "* * *\n", "| a | b |\n",
]  # fmt: skip
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_OWN = re.compile("\x1b\\[[0-9;]*m|(?<=  )\u200e")
"""Colours, and the mark between two columns."""


# -- inputs ------------------------------------------------------------------------------------------------------------


def tokens(chance: random.Random, vocabulary: list[str], most: int) -> str:
    return "".join(chance.choice(vocabulary) for _ in range(chance.randrange(most)))


def mutated(chance: random.Random, data: bytes, vocabulary: list[bytes]) -> bytes:
    """Return the bytes with a few of them changed, dropped or doubled, or with words of the vocabulary inserted."""
    changed = bytearray(data)
    for _ in range(chance.randrange(6)):
        at = chance.randrange(len(changed) + 1)
        to = min(len(changed), at + chance.randrange(30))
        kind = chance.randrange(5)
        if kind == 0 and at < len(changed):
            changed[at] = chance.randrange(256)
        elif kind == 1:
            changed[at:at] = chance.choice(vocabulary)
        elif kind == 2:
            del changed[at:to]
        elif kind == 3:
            changed[at:at] = changed[at:to]
        else:
            line = changed.split(b"\n")
            chance.shuffle(line)
            changed = bytearray(b"\n".join(line))
    return bytes(changed)


def pieces(chance: random.Random, whole: Any) -> list[Any]:
    cuts = sorted(chance.randrange(len(whole) + 1) for _ in range(chance.randrange(8)))
    return [whole[start:stop] for start, stop in pairwise([0, *cuts, len(whole)])]


def strictly(data: bytes | str) -> Any:
    def refuse(text: str) -> None:
        raise AssertionError(f"{text} is no JSON")

    def number(text: str) -> float:
        assert float(text) - float(text) == 0, text
        return float(text)

    return json.loads(data, parse_constant=refuse, parse_float=number)


# -- targets -----------------------------------------------------------------------------------------------------------

_SSE = [b"data: ", b"data:", b"data", b"event: x", b"id: 1", b"id: \0", b"retry: 3", b": ping", b"\n", b"\r", b"\r\n",
        b"\n\n", b"[DONE]", b'{"a":1}', b"\xef\xbb\xbf", b"\xff", b"\xe2\x80\xa8", b"\0", b" ", b":",
        b"\xc3"]  # fmt: skip


def sse(chance: random.Random) -> str:
    data = b"".join(chance.choice(_SSE) for _ in range(chance.randrange(40)))
    decoder = SSEDecoder()
    found = [(item.event, item.data) for piece in pieces(chance, data) for item in decoder.decode(piece)]
    events, texts, kind = [], [], ""
    # A line counts once its end has arrived.
    for raw in re.split(rb"\r\n|\r|\n", data.removeprefix(b"\xef\xbb\xbf"))[:-1]:
        name, _, value = raw.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        if not raw:
            if texts:
                events.append((kind or "message", "\n".join(texts)))
            texts, kind = [], ""
        elif name == "data":
            texts.append(value)
        elif name == "event":
            kind = value
    assert found == events, (found, events)
    return repr(data)


_SESSION = b"".join(map(journal.encode, [
    {"type": "session", "format": "grokchat/1", "id": "s"},
    {"type": "message", "id": "a", "message": {"role": "user", "content": "one"}},
    {"type": "partial", "id": "p", "reply": "b", "text": "tw", "reasoning": "hm"},
    {"type": "message", "id": "b", "message": {"role": "assistant", "content": "two"}, "usage": {"prompt_tokens": 3}},
    {"type": "message", "id": "c", "before": "a", "message": {"role": "system", "content": [{"type": "text",
    "text": "x"}]}},
    {"type": "message", "id": "d", "replaces": "a", "message": {"role": "user", "content": "one \u2028 \ud800"}},
    {"type": "mute", "id": "e", "ids": ["b"]},
    {"type": "move", "id": "f", "ids": ["c"], "before": "b"},
    {"type": "settings", "id": "g", "model": "m", "params": {"seed": 1, "top_p": 0.5}},
    {"type": "rewind", "id": "h", "to": "d"},
    {"type": "remove", "id": "i", "ids": ["c"]},
    {"type": "name", "id": "j", "name": "n"},
    {"type": "damage", "id": "k", "line": 3},
]))  # fmt: skip
_JSON = [b"\n", b"{", b"}", b"[", b"]", b'"', b",", b":", b"NaN", b"1e999", b"Infinity", b"-0", b"null", b"true", b"\0",
         b"\xff", b"\\ud800", b"\\u0000", b'"ids":["a"]', b'"id":"a"', b'"to":"s"', b'"before":"a"', b'"replaces":"b"',
         b"[" * 200, b"1" * 400, b"\r\n", b"\xe2\x80\xa8", b'"type":"rewind"', b'"critical":true',
         b'"joins":"b"']  # fmt: skip


def journals(chance: random.Random) -> str:
    data = mutated(chance, _SESSION, _JSON)
    stored = journal.decode(data)
    identify(data)
    lines = [number for number, line in enumerate(data.split(b"\n"), 1) if line.strip()]
    events = ([] if stored.header is None else [stored.header]) + stored.events
    assert {item.line for item in stored.damage} <= set(lines)
    assert len(events) + len(stored.damage) <= len(lines)
    for event in events:
        line = journal.encode(event)
        assert line.isascii()
        assert line.count(b"\n") == 1
        assert strictly(line) == event
    again = journal.decode(b"".join(map(journal.encode, events)))
    assert (again.header, again.events, again.damage) == (stored.header, stored.events, [])
    cut = data[: data.rfind(b"\n", 0, chance.randrange(len(data) + 1)) + 1]
    before = journal.decode(cut)
    assert before.events == stored.events[: len(before.events)]
    session = Session(SessionConfig(None), stored.header or {"id": "none"}, stored)
    assert len(strictly(session.requests.body())["messages"]) == len(session.conversation.sent())
    session.requests.estimate()
    return repr(data)


def sanitiser(chance: random.Random) -> str:
    text = tokens(chance, [*CODES, *"abc <>\\", "\n", "\t"], 40)
    if chance.randrange(3) == 0:
        text += "".join(chr(chance.randrange(0x110000)) for _ in range(chance.randrange(20)))
    shown = visible(text)
    found = _HIDDEN.search(shown)
    assert not found, repr(found)
    stream = VisibleStream()
    assert "".join(map(stream.feed, pieces(chance, text))) + stream.close() == shown
    assert visible(shown) == shown
    assert not set(visible_line(text)) & {"\n", "\t", "\r"}
    assert visible(f"{text}\n{text}") == f"{shown.removesuffix('␍') if text.endswith(chr(13)) else shown}\n{shown}"
    shown.encode("utf-8")
    return repr(text)


_STYLES = [
    TerminalStyle(background="dark"),
    TerminalStyle("none"),
    TerminalStyle("truecolor", background="dark"),
    TerminalStyle("none", "ascii"),
    TerminalStyle("256", "latin-1", background="dark"),
]


def markdown(chance: random.Random) -> str:
    text = tokens(chance, [*MARKS, *MARKS, *CODES], 60)
    style, width = chance.choice(_STYLES), chance.choice([1, 7, 20, 80])
    is_markdown = chance.randrange(8) > 0
    whole = render_reply(text, width, style, markdown=is_markdown)
    stream = ReplyRenderer(style, markdown=is_markdown)
    lines: list[str] = []
    for piece in pieces(chance, text):
        stream.feed(piece)
        lines += stream.commit(width)
        for row in stream.tail(width, 5):
            assert not _HIDDEN.search(_OWN.sub("", row))
    lines += stream.close(width)
    assert lines == whole, (lines, whole)
    for line in whole:
        found = _HIDDEN.search(_OWN.sub("", line))
        assert not found, (line, found)
        assert "\n" not in line
        assert style.colors != "none" or "\x1b" not in line
        line.encode(style.encoding)
    return repr((text, width, style, is_markdown))


_CONFIG = b"""model = "grok-4.7"
timeout = 3.5
stream = true
theme = "dark"
[params]
temperature = 0.5
stop = ["a", "b"]
deep = {a = [1, {b = 2}]}
[profiles.quick]
model = "m"
[profiles.quick.params]
seed = 1
"""
_TOML = [b"\n", b"[", b"]", b"[[", b"]]", b"{", b"}", b"=", b".", b'"', b"'", b'"""', b"\\", b"\\u0000",
         b"\\ud800", b"inf",
         b"nan", b"1e999", b"0x" + b"f" * 5000, b"1" * 5000, b"2031-05-06", b"07:08:09", b"#", b"\0", b"\xff", b"\r",
         b"[profiles.x]", b"params.a.b = 1", b"a" + b".a" * 60 + b" = 1", b"[" * 300, b"messages = 1",
         b"base_url = "]  # fmt: skip


def configs(chance: random.Random) -> str:
    data = mutated(chance, _CONFIG, _TOML)
    _PLACE.write_bytes(data)
    environment = Environment([], {"GROKCHAT_CONFIG": str(_PLACE)}, None, sys.stdout.buffer, sys.stderr.buffer)
    try:
        settings = resolve_settings(
            config_files.load_layers(environment, config=None, profile=chance.choice([None, "quick"]))
        )
    except ConfigError as error:
        said = str(error)
    else:
        said = str(_PLACE)
        strictly(encode_json({"model": settings.model, **settings.params}))
        assert settings.base_url.startswith("http")
    assert str(_PLACE) in said
    assert len(said) < 1000
    return repr(data)


_FOLDER = tempfile.TemporaryDirectory()
_PLACE = Path(_FOLDER.name) / "config.toml"
_WORDS = [
    *(f"/{name}" for name in by_name() if name not in {"save", "edit", "resume", "new", "quit"}), "//x", "/",
    "/no", " ",
    "  ", "\n", "\t", "@1", "@3", "@0", "@99999999999", "1", "2", "1..", "1..2", "2,1", "0", "..", "-1", "99",
    "\uff11", "²",
    "user", "system", "assistant", "text", "-m", "x=1", "temperature=NaN", "seed=1e999", "stop=[[[", "model", "timeout",
    "nan", "json", "html", "diff", "\x1b[2J", "\u2028", "\ud800", "\0", "'", '"', "\\", "''", "a" * 300, "=",
    "é", "@", "/name",
    "temperature", "3.5", "params", "null", "true", '{"a":' * 30 + "1" + "}" * 30,
]  # fmt: skip
_NO_FILES = {"export", "file", "request", "save", "copy", "write"}


def grammar(chance: random.Random) -> str:
    session = Session(SessionConfig(None), {"type": "session", "id": "s"})
    for text in ("one", "two", "three"):
        session.add_message(body("user", text))
    lines = [
        " ".join(chance.choice(_WORDS) for _ in range(chance.randrange(1, 6))) for _ in range(chance.randrange(1, 5))
    ]
    for line in lines:
        before = session.requests.body()
        try:
            item = parse_line(line, by_name())
            if isinstance(item, Text):
                assert item.text in {line, line[1:]}
                continue
            assert isinstance(item, Call)
            if item.command.name in _NO_FILES:  # these would write into this folder
                continue
            shows = item.is_immediate
            item.run(session)
            assert not shows or session.requests.body() == before
        except GrokchatError:
            assert session.requests.body() == before
        sent = strictly(session.requests.body())["messages"]
        assert [value["content"] for value in sent] == [value.body["content"] for value in session.conversation.sent()]
    return repr(lines)


TARGETS: dict[str, Callable[[random.Random], str]] = {
    "sse": sse,
    "journal": journals,
    "sanitiser": sanitiser,
    "markdown": markdown,
    "config": configs,
    "grammar": grammar,
}


def main() -> int:
    if len(sys.argv) < 3 or sys.argv[1] not in TARGETS:
        print(__doc__)
        return 2
    target, seconds = TARGETS[sys.argv[1]], float(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 32)
    begun, tried, failed, slowest = time.monotonic(), 0, 0, 0.0
    while time.monotonic() - begun < seconds:
        # Each case has its own seed, so a single one can be repeated: TARGET 0.001 SEED.
        chance = random.Random(seed + tried)
        once = time.process_time()
        try:
            target(chance)
            took = time.process_time() - once
            slowest = max(slowest, took)
            assert took < _SLOW, f"{took:.1f} s"
        except Exception:  # noqa: BLE001 - any exception is a finding
            failed += 1
            if failed <= _SHOWN:
                print(f"-- seed {seed + tried}", traceback.format_exc()[-3000:], sep="\n", flush=True)
        tried += 1
    print(f"{sys.argv[1]}: {tried:,} cases, {failed:,} failures, slowest {slowest * 1000:.0f} ms, from seed {seed}")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
