"""All sessions: finding one, listing them, and reading what other programs wrote.

A session is its file; there is no index that could go stale.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from grokchat import strict_json
from grokchat.api.request import DEFAULT_STREAM_OPTIONS
from grokchat.config.settings import RESERVED_FIELDS, validate_setting
from grokchat.errors import ConfigError, FileError, UsageError
from grokchat.messages import Message, body, find_message_problem, new_id
from grokchat.session import journal
from grokchat.session.search import SearchTerms
from grokchat.session.session import Session, SessionConfig
from grokchat.session.summary import Progress, Summary, read_summary
from grokchat.system.files import expand_path, read_file

_SUFFIX = ".jsonl"
_LARGEST = 1 << 30
"""Bytes: many times a day's work; what is larger would not fit into memory with all that is made of it."""
_MOST_LINES = 2_000_000
"""A reply that streams makes four a second; an event takes half a kilobyte of memory, however short its line is."""


class SessionStore:
    """The sessions of a folder, and whatever else `--resume` may name."""

    def __init__(self, config: SessionConfig, folder: Path) -> None:
        self.config = config
        self.folder = folder

    def new(self, *, system: bool = True) -> Session:
        """Begin a session, with the system message that the settings ask for unless `system` is False."""
        session = Session.new(self.config)
        text = session.settings.system if system else ""
        if text:
            session.add_initial_messages([Message(new_id(), body("system", text))])
        return session

    def newest(self) -> Session:
        """Go on with the session that was written to last."""
        for path in self.paths():
            return self.open(path)
        raise FileError(self.folder, "there is no saved session yet")

    def find(self, name: str) -> Session:
        """Go on with a session by path, id, unique beginning of an id, or name: its own, else its first words."""
        path = expand_path(name)
        if _is_file(path):
            return self.open(path)
        found = self._by_id(name) or self._by_name(name)
        if found is None and _exists(path):
            return self.open(path)
        if found is None and (path.name != name or path.suffix):
            raise FileError(path, "there is no such file")
        if found is None:
            raise FileError(name, "there is no session of that id or name", "grokchat -r lists them.")
        return self.open(found)

    def open(self, path: Path) -> Session:
        """Go on with a session file, or begin a session from a file of messages, which stays untouched."""
        data = _read(path)
        # In the sessions' own folder a file is a session, whatever has become of it.
        if journal.is_journal(data) or (path.suffix == _SUFFIX and path.resolve().parent == self.folder.resolve()):
            return Session.open(self.config, path, data)
        messages, settings, params = _foreign(path, data)
        session = Session.new(self.config, imported_from=path.name)
        if settings or params:
            session.set_overrides(settings, params)
        session.add_initial_messages(messages)
        return session

    def paths(self) -> list[Path]:
        """Return the session files, newest first."""
        found = []
        try:
            with os.scandir(self.folder) as entries:
                for entry in entries:
                    if entry.name.endswith(_SUFFIX):
                        with suppress(OSError):  # a link to nowhere or to itself, or gone meanwhile
                            status = entry.stat()
                            if stat.S_ISREG(status.st_mode):
                                found.append((status.st_mtime_ns, entry.name))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise FileError(self.folder, f"the sessions cannot be listed ({error.strerror})") from error
        return [self.folder / name for _, name in sorted(found, reverse=True)]

    def summaries(self, progress: Progress | None = None) -> Iterator[Summary]:
        """Read the sessions, newest first; a file that cannot be read is passed over."""
        for path, data in self._files(progress or Progress()):
            with suppress(FileNotFoundError):
                yield read_summary(path, data)

    def search(self, words: Sequence[str], progress: Progress | None = None) -> Iterator[Summary]:
        """Read the sessions, newest first, in whose names and texts all words occur, whatever their case."""
        terms = SearchTerms(words)
        for path, data in self._files(progress or Progress()):
            if terms.may_be_in(data) and terms.are_in(data):
                with suppress(FileNotFoundError):
                    yield read_summary(path, data)

    def _files(self, progress: Progress) -> Iterator[tuple[Path, bytes]]:
        """Yield the session files that can be read and what stands in them, newest first, until it is stopped."""
        paths = self.paths()
        progress.total = len(paths)
        for number, path in enumerate(paths):
            if progress.stopped:
                return
            progress.at(number)
            with suppress(FileError):
                yield path, _read(path)
        progress.at(len(paths))

    def _by_id(self, beginning: str) -> Path | None:
        found = [path for path in self.paths() if path.stem.startswith(beginning)]
        exact = [path for path in found if path.stem == beginning]
        return _only(exact or found, beginning)

    def _by_name(self, name: str) -> Path | None:
        # What a picture is called stands in no file.
        terms = SearchTerms([] if name.startswith("[") else name.removesuffix("…").split())
        by_name: list[Path] = []
        by_title: list[Path] = []
        for path, data in self._files(Progress()):
            if terms.may_be_in(data):
                with suppress(FileNotFoundError):
                    one = read_summary(path, data)
                    by_name += [path] if one.name == name else []
                    by_title += [path] if one.title == name else []
        return _only(by_name or by_title, name)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long, NUL
        return False


def _read(path: Path) -> bytes:
    with suppress(OSError, ValueError):
        if path.stat().st_size > _LARGEST:
            raise FileError(path, f"it is larger than {_LARGEST >> 30} GiB, and no session is")
    data = read_file(path)
    if len(data) > _MOST_LINES and data.count(b"\n") > _MOST_LINES:
        raise FileError(path, f"it has more than {_MOST_LINES:,} lines, and no session has")
    return data


def summary(path: Path) -> Summary:
    """Read one session file for a list."""
    return read_summary(path, _read(path))


def _only(found: list[Path], name: str) -> Path | None:
    if len(found) > 1:
        some = ", ".join(path.stem for path in found[:5]) + (", ..." if len(found) > 5 else "")
        raise UsageError(f"{name!r} could be {len(found)} sessions: {some}. Give more of the id.")
    return found[0] if found else None


def _foreign(path: Path, data: bytes) -> tuple[list[Message], dict[str, Any], dict[str, Any]]:
    """Read a JSON array of messages, a request body, or JSON Lines of messages."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(path, f"it is not UTF-8 text (byte {error.start})", _FORMS) from error
    refused = ""
    try:
        value = strict_json.parse(text)
    except json.JSONDecodeError:
        value = None
    except ValueError as error:
        value, refused = None, str(error)
    if isinstance(value, list):
        return _messages(path, list(enumerate(value, 1)), "message"), {}, {}
    if isinstance(value, dict) and isinstance(value.get("messages"), list):
        messages = _messages(path, list(enumerate(value["messages"], 1)), "message")
        settings: dict[str, Any] = {key: value[key] for key in ("model", "stream") if key in value}
        try:
            settings = {key: validate_setting(key, one, str(path)) for key, one in settings.items()}
        except ConfigError as error:
            raise FileError(path, f"its {error.key} cannot be used: {error.problem}") from error
        params = {key: inner for key, inner in value.items() if key not in RESERVED_FIELDS}
        if params.get("stream_options") == DEFAULT_STREAM_OPTIONS:
            del params["stream_options"]  # what is sent anyway
        return messages, settings, params
    lines = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                lines.append((number, strict_json.parse(line)))
            except json.JSONDecodeError as error:
                raise FileError(path, refused or f"line {number} is not JSON", _FORMS) from error
            except ValueError as error:
                raise FileError(path, f"line {number} cannot be used: {error}", _FORMS) from error
    if not lines:
        raise FileError(path, "it is empty", _FORMS)
    return _messages(path, lines, "line"), {}, {}


_FORMS = (
    "--resume takes a session file, a JSON array of messages, a request body, or JSON Lines of messages. "
    "To send a file's text, use -f."
)


def _messages(path: Path, values: list[tuple[int, Any]], unit: str) -> list[Message]:
    messages = []
    for number, value in values:
        problem = find_message_problem(value)
        if problem:
            raise FileError(path, f"{unit} {number}: {problem}", _FORMS)
        messages.append(Message(new_id(), value))
    return messages
