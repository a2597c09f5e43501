"""The one mutable object: a conversation, its journal file, and the settings that belong to it.

Whatever changes a session is one event: applied in memory, then written. A file appears with the first message, so
looking around leaves no litter. When saving fails the session goes on in memory, keeps what it could not write and
tries it again with the next event; `trouble` says what is wrong. How to say so is the caller's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from grokchat import __version__, journal
from grokchat.conversation import Conversation, History
from grokchat.errors import CommandError, ConfigError, FileError, SessionBusyError, os_reason
from grokchat.journal import Damage, Event, Journal
from grokchat.messages import Message, new_id
from grokchat.request import RequestEncoder, conversation_id
from grokchat.settings import FIELDS, RESERVED, Layer, Settings, checked, in_session, resolve
from grokchat.storage import JournalFile, read
from grokchat.usage import Usage

_LASTING = frozenset({"message", "remove", "move", "mute", "unmute", "rewind", "name"})
"""Events that make a session worth a file."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What sessions are opened with.

    `folder` is where they are kept (None: nowhere), `below` and `above` are the layers around their own settings.
    """

    folder: Path | None
    below: Sequence[Layer] = ()
    above: Layer = field(default_factory=lambda: Layer("command line"))
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


class Session:
    """A conversation that is being held.

    `usage` is what all its replies took, those that were removed included; `last_usage` what the last one took.
    """

    def __init__(self, origin: Origin, header: Event, stored: Journal | None = None) -> None:
        self.origin = origin
        self.id = str(header["id"])
        self.header = header
        self.read_only: FileError | None = None
        self.damage: Sequence[Damage] = stored.damage if stored else ()
        self.trouble: FileError | None = None
        self.last_usage: Usage | None = None
        self.usage = Usage()
        self.name = ""
        self._events: list[Event] = []
        self._history = History(self.id)
        self._encoder = RequestEncoder()
        self._saved = Layer("session")
        self._set_now = Layer("/set")
        self._settings: Settings | None = None
        self._file: JournalFile | None = None
        self._unwritten: list[bytes] = []
        self._change: list[str] | None = None
        if stored is None:
            self._unwritten.append(journal.encode(header))
        else:
            self._load(stored)

    # -- coming into being -------------------------------------------------------------------------------------------

    @classmethod
    def new(cls, origin: Origin, **header: Any) -> Session:
        """Begin an empty session; `header` adds keys to its first line."""
        now = origin.now()
        session_id = f"{now:%Y%m%d-%H%M%S}-{new_id()[:6]}"
        first = {"type": "session", "format": journal.FORMAT, "id": session_id, "time": timestamp(now)}
        return cls(origin, {**first, "app": f"grokchat {__version__}", **header})

    @classmethod
    def open(cls, origin: Origin, path: Path, data: bytes) -> Session:
        """Go on with a session file.

        It is read-only if another process has it open, or if it holds events that are critical and not known here.
        """
        file: JournalFile | None = None
        problem: FileError | None = None
        if origin.folder is not None:
            try:
                file = JournalFile.open(path)
            except SessionBusyError as error:
                problem = error
            except OSError as error:
                problem = FileError(path, f"it cannot be written ({os_reason(error)})", "Go on in a copy with /fork.")
        if file is not None and file.size() != len(data):
            data = read(path)  # another process wrote between our reading and our locking
        stored = journal.decode(data)
        header = stored.header or {"type": "session", "id": path.stem}
        if not isinstance(header.get("id"), str):
            header = {**header, "id": path.stem}
        session = cls(origin, header, stored)
        session._file = file
        session.read_only = problem
        if stored.critical:
            reason = "a newer grokchat wrote something into this session that this one must not write behind"
            session.read_only = FileError(path, reason, "Go on in a copy with /fork.")
        return session

    def fork(self, name: str = "") -> Session:
        """Return a new session with the same buffer, mutes and settings; this one stays as it is."""
        root = self.header.get("conversation", self.header.get("forked_from", self.id))
        copy = Session.new(self.origin, forked_from=self.id, conversation=root)
        copy.take(self.conversation.messages, muted=self.conversation.muted)
        own = (self._saved, self._set_now)
        values = {key: getattr(self.settings, key) for layer in own for key in layer.values}
        params = {key: self.settings.params.get(key) for layer in own for key in layer.params}
        if values or params:
            copy.set(values, params)
        if name:
            copy.rename(name)
        return copy

    def take(self, messages: Iterable[Message], *, muted: Iterable[str] = ()) -> None:
        """Append messages from elsewhere, with their ids and what is known of how they came about."""
        messages, mute = list(messages), set(muted)
        for message in messages:
            known = {} if message.reply is None else _reply_fields(message)
            self._record("message", {"message": message.body, **known}, event_id=message.id)
        ids = [message.id for message in messages if message.id in mute]
        if ids:
            self._record("mute", {"ids": ids})

    # -- what it is --------------------------------------------------------------------------------------------------

    @property
    def conversation(self) -> Conversation:
        """The buffer as it is now."""
        return self._history.conversation

    @property
    def count(self) -> int:
        """How many messages the buffer has, at no cost while a reply comes and the buffer keeps changing."""
        return len(self._history)

    @property
    def path(self) -> Path | None:
        """The session's file, or None if it has none (yet)."""
        return self._file.path if self._file else None

    @property
    def settings(self) -> Settings:
        """The effective settings."""
        if self._settings is None:
            self._settings = resolve(self.layers())
        return self._settings

    def layers(self) -> list[Layer]:
        """Return the layers of the settings, weakest first."""
        return [*self.origin.below, self._saved, self.origin.above, self._set_now]

    @property
    def header_id(self) -> str:
        """The value of `x-grok-conv-id`: the same for a session and its forks, so that they share a prompt cache."""
        root = self.header.get("conversation", self.header.get("forked_from", self.id))
        return conversation_id(root if isinstance(root, str) else self.id)

    def request_body(self, settings: Settings | None = None) -> bytes:
        """Return the exact body of the next request."""
        use = settings or self.settings
        return self._encoder.body(self.conversation.sent(), model=use.model, stream=use.stream, params=use.params)

    def export(self) -> bytes:
        """Return the session as a session file: every event, read or made."""
        return b"".join(map(journal.encode, [self.header, *self._events]))

    # -- changing it -------------------------------------------------------------------------------------------------

    @contextmanager
    def change(self) -> Iterator[None]:
        """Bind the events made inside into one change, which /undo takes back as one."""
        outer = self._change
        self._change = [] if outer is None else outer
        try:
            yield
        finally:
            self._change = outer

    def add(
        self,
        body: Mapping[str, Any],
        *,
        before: str | None = None,
        replaces: str | None = None,
        message_id: str | None = None,
        known: Mapping[str, Any] | None = None,
    ) -> str:
        """Append a message, insert it before the one with the id `before`, or put it in another's place; return its id.

        It is on the disk when this returns. `known` is what is known of a reply: model, finish_reason, usage, ...
        """
        where = {"before": before, "replaces": replaces}
        fields = {key: value for key, value in where.items() if value is not None}
        event = self._record("message", {**fields, "message": body, **(known or {})}, event_id=message_id, sync=True)
        return str(event["id"])

    def add_partial(
        self, reply_id: str, *, text: str, reasoning: str, model: str | None = None, joins: str | None = None
    ) -> None:
        """Keep a piece of a reply that is still coming; `joins` is the message that it goes on with."""
        fields = {"text": text, "reasoning": reasoning, "model": model, "joins": joins}
        self._record("partial", {"reply": reply_id, **{key: value for key, value in fields.items() if value}})

    def remove(self, ids: Sequence[str]) -> None:
        """Take messages out of the buffer."""
        self._record("remove", {"ids": list(ids)}, sync=True)

    @property
    def state(self) -> str:
        """The name of the buffer as it is now: the id of the last event."""
        return str(self._events[-1]["id"]) if self._events else self.id

    def rewind(self, state: str) -> None:
        """Make the buffer what it was after the event of that id."""
        self._record("rewind", {"to": state}, sync=True)

    def set(self, values: Mapping[str, Any], params: Mapping[str, Any]) -> None:
        """Change settings and request parameters of this session; None goes back to what the layers below say."""
        event: dict[str, Any] = dict(values)
        if params:
            event["params"] = dict(params)
        self._record("settings", event)

    def rename(self, name: str) -> None:
        """Give the session a name."""
        self._record("name", {"name": name})

    def flush(self) -> None:
        """Write what is still unwritten, if this session has a file or should have one."""
        if not self.read_only and (self._file is not None or self.trouble is not None):
            self._write(sync=True)

    def close(self) -> None:
        """Write what is still unwritten and let the file go."""
        self.flush()
        if self._file is not None:
            self._file.close()
            self._file = None

    # -- inside ------------------------------------------------------------------------------------------------------

    def _load(self, stored: Journal) -> None:
        for event in stored.events:
            self._note(event)
        self._history = History(self.id, stored.events)
        self._events = list(stored.events)
        self._saved, self._set_now = self._set_now, Layer("/set")
        if not stored.ends_clean:
            self._unwritten.append(b"\n")
        now = timestamp(self.origin.now())
        for damage in stored.damage:
            self._unwritten.append(journal.encode({"type": "damage", "line": damage.line, "id": new_id(), "time": now}))

    def _record(
        self, kind: str, fields: Mapping[str, Any], *, event_id: str | None = None, sync: bool = False
    ) -> Event:
        if self.read_only:
            raise CommandError(f"Nothing was changed. {self.read_only}")
        event: dict[str, Any] = {"type": kind, "id": event_id or new_id(), "time": timestamp(self.origin.now())}
        if self._change is not None and kind not in {"settings", "name"}:
            if self._change:
                event["change"] = self._change[0]
            else:
                self._change.append(event["id"])
        event.update(fields)
        self._note(event)
        self._history.apply(event)
        self._events.append(event)
        self._unwritten.append(journal.encode(event))
        if self._file is not None or kind in _LASTING:
            self._write(sync=sync)
        return event

    def _note(self, event: Event) -> None:
        kind = event["type"]
        if kind == "settings":
            self._set_now = _with_settings(self._set_now, event)
            taken_back = {key for key, value in event.items() if value is None}
            kept = {key: value for key, value in self._saved.values.items() if key not in taken_back}
            self._saved = Layer(self._saved.origin, kept, self._saved.params)
            self._settings = None
        elif kind == "name":
            self.name = str(event.get("name", ""))
        elif kind == "message" and isinstance(event.get("usage"), dict):
            self.last_usage = Usage.of(event["usage"])
            self.usage += self.last_usage

    def _create(self, folder: Path) -> JournalFile:
        try:
            return JournalFile.create(folder / f"{self.id}.jsonl")
        except FileExistsError:
            # Whatever stands there is not ours to touch; the id is in the header, the name only helps to find it.
            return JournalFile.create(folder / f"{self.id}-{new_id()[:4]}.jsonl")

    def _write(self, *, sync: bool) -> None:
        if self.origin.folder is None or not self._unwritten:
            self._unwritten.clear()
            return
        try:
            if self._file is None:
                self._file = self._create(self.origin.folder)
            while self._unwritten:
                # A newline that an earlier crash left out goes with the line behind it.
                line = self._unwritten[0]
                take = 2 if line == b"\n" and len(self._unwritten) > 1 else 1
                self._file.append(b"".join(self._unwritten[:take]), sync=sync and take == len(self._unwritten))
                del self._unwritten[:take]
            self.trouble = None
        except OSError as error:
            where = self._file.path if self._file else self.origin.folder
            self.trouble = FileError(where, f"the session could not be saved ({os_reason(error)})")


def _with_settings(layer: Layer, event: Event) -> Layer:
    """Return the layer with an event's settings in it, less what no file may say (where the key goes)."""
    values = dict(layer.values)
    for key, value in event.items():
        if key not in FIELDS or not in_session(key):
            continue
        values.pop(key, None)
        try:
            if value is not None:
                values[key] = checked(key, value, "session")
        except ConfigError:
            continue
    params = event.get("params")
    given = params.items() if isinstance(params, dict) else ()
    return Layer(layer.origin, values, {**layer.params, **{key: one for key, one in given if key not in RESERVED}})


def timestamp(now: datetime) -> str:
    """Return a time as the journal has it: UTC, ISO 8601, milliseconds."""
    return now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _reply_fields(message: Message) -> dict[str, Any]:
    info = message.reply
    assert info is not None
    fields = {
        "model": info.model,
        "finish_reason": info.finish_reason,
        "usage": info.usage,
        "response_id": info.response_id,
        "system_fingerprint": info.system_fingerprint,
    }
    return {key: value for key, value in fields.items() if value is not None}
