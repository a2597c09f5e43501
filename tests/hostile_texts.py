"""Hostile texts with terminal control codes, how they are shown, and a search for codes that got through."""

from __future__ import annotations

import io
import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fake_api import PATIENCE_S, USAGE, FakeApi
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from support import KEY, make_environment
from terminal_emulator import Emulator

from grokchat.cli.main import main
from grokchat.session.journal import encode
from grokchat.terminal.output import FrameOutput
from grokchat.terminal.width_answers import WidthAnswers

CODES = {
    "colour": "\x1b[38;5;201m",
    "clear": "\x1b[2J",
    "home": "\x1b[H",
    "title": "\x1b]0;pwned\x07",
    "link": "\x1b]8;;http://evil.test\x1b\\",
    "mark": "\x1b]133;A\x07",
    "clipboard": "\x1b]52;c;cm0gLXJm\x07",
    "ask-foreground": "\x1b]10;?\x07",
    "ask-background": "\x1b]11;?\x1b\\",
    "attributes": "\x1b[c",
    "attributes2": "\x1b[>c",
    "status": "\x1b[5n",
    "position": "\x1b[6n",
    "version": "\x1b[>q",
    "checksum": "\x1b[1;1;1;1;1;1*y",
    "dcs": "\x1bP+q544e\x1b\\",
    "apc": "\x1b_Ga=q;AAAA\x1b\\",
    "pm": "\x1b^pm\x1b\\",
    "sos": "\x1bXsos\x1b\\",
    "reset": "\x1bc",
    "insert": "\x1b[4h",
    "paste-ends": "\x1b[201~",
    "nul": "\0",
    "enq": "\x05",
    "bell": "\x07",
    "backspace": "\x08\x08",
    "shift": "\x0e",
    "cancel": "\x18\x1a",
    "delete": "\x7f",
    "c1-csi": "\x9b2J",
    "c1-osc": "\x9d0;pwned\x9c",
    "c1-dcs": "\x90+q544e\x9c",
    "c1-apc": "\x9fGa=q\x9c",
    "c1-more": "\x84\x8d\x8f\x98\x9a\x9e",
    "override": "\u202egnp.\u202c",
    "embedding": "\u202a\u202b\u202d\u202c",
    "isolate": "\u2066a\u2067b\u2068c\u2069",
    "marks": "\u200e\u200f\u061c",
    "tags": "\U000e0001\U000e0068\U000e0069\U000e007f",
    "invisible": "\u200b\u2060\u2063\ufeff\u00ad\u3164\U0001d173",
    "interlinear": "\ufff9a\ufffab\ufffb",
}
"""What stands for white space in Python comes apart: many lists show a text's words alone."""
BLANKS = {"vt": "\x0b", "ff": "\x0c", "separators": "\x1c\x1d\x1e\x1f", "nel": "\x85", "line": "\u2028\u2029"}


def shown(text: str) -> str:
    """Return the screen's text for a text of codes and printable characters."""
    return "".join(map(_mark, text))


def _mark(char: str) -> str:
    code = ord(char)
    if code < 0x20 or code == 0x7F:
        return chr(0x2400 + code) if code < 0x20 else "␡"
    if 0x80 <= code < 0xA0:
        return f"\\x{code:02x}"
    is_printable = char.isprintable() and char != "\u3164"
    return char if is_printable else f"<U+{code:04X}>"


def vector(name: str) -> str:
    """Return a hostile text, with words that tell which one it is: `«clear␛[2J»` on the screen."""
    return f"«{name}{({**CODES, **BLANKS})[name]}»"


def packed(room: int, names: Sequence[str] = tuple(CODES)) -> list[list[str]]:
    """Return the names of all vectors in groups, each of which takes at most `room` characters of the screen."""
    groups: list[list[str]] = [[]]
    for name in names:
        if len(shown("".join(map(vector, [*groups[-1], name])))) > room and groups[-1]:
            groups.append([])
        groups[-1].append(name)
    return groups


_OWN = re.compile(
    re.escape(WidthAnswers().ask_once().encode())  # asked once, as the keyboard and the background are
    + rb"|\x1b\[[0-9;]*m"  # colours
    rb"|\x1b\[[0-9]*[ABCDGHKLM]|\x1b\[J|\x1b[78]|\r"  # the region moves about and erases
    rb"|\x1b\[\?(?:7|25|12|1004|2004|2026)[hl]|\x1b\[\?1l"  # breaking of lines, cursor, paste, whole frames
    rb"|\x1b\[\?u\x1b\[>q|\x1b\]11;\?\x07\x1b\[c"
    rb"|\x1b\[18t"
    rb"|\x1b\]133;(?:[ABC]|D;(?:0|1|130))\x07"  # turns
    rb"|\x1b\[2[23];2t|\x1b\]2;[^\x00-\x1f\x7f]*\x1b\\"  # the title
)
"""All that the program itself has to say to a terminal."""
_LATENT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u3164"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def leaks(raw: bytes, names: Sequence[str], *, encoding: str = "utf-8", own: bool = True) -> list[str]:
    """Return what of these vectors got through to a terminal; `own`: the program may say something itself."""
    found = [name for name in names if vector(name).encode("utf-8", "surrogatepass") in raw]
    for name in names:
        code = CODES.get(name, BLANKS.get(name, ""))
        if code[0] == "\x1b" and f"«{name}{code}".encode() in raw:
            found.append(f"{name}: beginning")
    rest = _OWN.sub(b"", raw) if own else raw
    text = rest.decode(encoding)  # strictly: half a character is a byte that a terminal may obey
    found += [f"{char!r} in {text[max(0, at - 30) : at + 20]!r}" for at, char in _found(text)]
    return found


def _found(text: str) -> Iterator[tuple[int, str]]:
    for match in _LATENT.finditer(text):
        if match[0] != "\t":
            yield match.start(), match[0]


def missing(text: str, names: Sequence[str], form: Callable[[str], str] = str) -> list[str]:
    """Return the names of the vectors that are not to be seen in what the screen shows.

    `form` is what is done to a text before it is shown: some values are shown as JSON, or as Python has them.
    """
    return [name for name in names if shown(form(vector(name))) not in text]


def as_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def as_python(text: str) -> str:
    return repr(text)[1:-1]


def plain(raw: bytes, encoding: str = "utf-8") -> str:
    """Return what was written, less what the program itself says to the terminal."""
    return _OWN.sub(b"", raw).decode(encoding)


# -- a chat in this process --------------------------------------------------------------------------------------------


class _Recorder(io.BytesIO):
    """A standard output that may be read while it is written to."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()

    def write(self, data: Any) -> int:
        with self.lock:
            return super().write(data)

    def since(self, place: int) -> bytes:
        with self.lock:
            return self.getvalue()[place:]


class _Lines(io.BytesIO):
    """A standard input whose lines come when they are typed."""

    def __init__(self) -> None:
        super().__init__()
        self._typed: list[bytes] = []
        self._arrived = threading.Condition()

    def type(self, text: str) -> None:
        with self._arrived:
            self._typed.append(text.encode())
            self._arrived.notify()

    def readline(self, *_: Any) -> bytes:
        with self._arrived:
            self._arrived.wait_for(lambda: self._typed, 30.0)
            return self._typed.pop(0) if self._typed else b""


class Talk:
    """The program in this process and a terminal that it believes in, dumb or not."""

    def __init__(self, type_: Callable[[str], None], out: _Recorder, columns: int) -> None:
        self.type = type_
        self._out = out
        self._emulator = Emulator(columns, 50)
        self._seen = 0
        self.code: int | None = None

    @property
    def raw(self) -> bytes:
        return self._out.since(0)

    def text(self) -> str:
        new = self._out.since(self._seen)
        self._seen += len(new)
        self._emulator.feed(new.replace(b"\n", b"\r\n"))
        return self._emulator.text()

    def wait_for(self, wanted: str | Callable[[str], bool], seconds: float = PATIENCE_S) -> str:
        until = wanted if callable(wanted) else (lambda text: wanted in text)
        deadline = time.monotonic() + seconds
        while not until(self.text()):
            assert time.monotonic() < deadline, f"{wanted!r} did not come; the screen:\n{self.text()}"
            time.sleep(0.005)
        return self.text()

    def does(self, line: str, *names: str) -> None:
        """Type something, and wait until the screen shows these vectors once more than before."""
        before = {name: seen(self.text(), name) for name in names}
        self.type(line)
        self.wait_for(lambda text: all(seen(text, name) > count for name, count in before.items()))


def seen(text: str, name: str) -> int:
    """Return how often a vector is to be seen, as a text or in JSON."""
    return sum(text.count(item) for item in {shown(vector(name)), shown(as_json(vector(name)))})


@contextmanager
def talking(home: Path, api: FakeApi, *argv: str, dumb: bool = False, columns: int = 160, **env: str) -> Iterator[Talk]:
    """Run a chat in a thread, and let it end when the work with it is done."""
    out = _Recorder()
    with create_pipe_input() as keys:
        lines = _Lines()
        environment = make_environment(
            home,
            *argv,
            env={"GROKCHAT_BASE_URL": api.url, "TERM": "dumb" if dumb else "xterm-256color", **env},
            stdout_is_tty=True,
        )
        environment.stdout = out
        if dumb:
            environment.stdin = lines
        environment.terminal = lambda: (keys, FrameOutput(environment, lambda: Size(rows=50, columns=columns)))
        talk = Talk(lines.type if dumb else keys.send_text, out, columns)
        thread = threading.Thread(target=lambda: setattr(talk, "code", main(environment)), daemon=True)
        thread.start()
        try:
            yield talk
            talk.type("/quit\n" if dumb else "/quit\r")
        finally:
            if talk.code is None and not dumb:
                keys.send_text("\x03\x04")
            lines.type("")
            thread.join(PATIENCE_S)
        assert not thread.is_alive()
        assert talk.code == 0, environment.stderr.getvalue()
        assert KEY.encode() not in out.getvalue()


FEW = ["clear", "clipboard", "c1-osc", "override", "tags", "delete"]
"""One of each kind: what is shown goes through one map, so that a way in is open to all or to none."""


def text_of(names: Iterable[str], between: str = " ") -> str:
    return between.join(map(vector, names))


def hostile_session(names: list[str], *, damage: bool = True) -> bytes:
    """Return a session in which every field that is shown holds all of these vectors."""
    text = text_of(names)
    header = {"type": "session", "format": "grokchat/1", "id": text, "time": text, "app": text, "forked_from": text}
    sources = [{"url": f"https://a.example/{text}", "title": text, "number": 1}, {"url": text, "title": ""}]
    known = {
        "sources": sources,
        "model": text,
        "finish_reason": text,
        "usage": {**USAGE, text: text},
        "response_id": text,
    }
    events: list[dict[str, Any]] = [
        {"type": "message", "id": text, "message": {"role": text, "content": text}},
        {"type": "message", "id": "q", "message": {"role": "user", "content": [{"type": "text", "text": text}]}},
        {"type": "message", "id": "a", "message": {"role": "assistant", "content": text}, **known},
        {"type": "message", "id": "i", "message": {"role": "user", "content": [{"type": text}, {"image_url": text}]}},
        {"type": "partial", "id": "p", "reply": "r", "text": text, "reasoning": text, "model": text},
        {"type": "mute", "id": "m", "ids": ["q"]},
        {"type": "settings", "id": "s", "model": text, "theme": text, "params": {text: {text: [text]}, "stop": text}},
        {"type": "name", "id": "n", "name": text},
        {"type": text, "id": "x", "line": text},
    ]
    lines = [encode(event) for event in (header, *events)]
    return b"".join([*lines, *([text.encode() + b"\n"] if damage else [])])


def saved(home: Path, names: list[str], name: str = "one", **more: Any) -> Path:
    path = home / "sessions" / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(hostile_session(names, **more))
    return path
