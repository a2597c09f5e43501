"""All saved sessions: finding, opening, listing and searching them.

A session is its file; there is no index that could become stale.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from grokchat.environment import encode_native
from grokchat.errors import FileError, UsageError
from grokchat.messages import Message, body, new_id
from grokchat.records import replace
from grokchat.session.file_format import FileFormat, identify, may_be_session
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.system.files import expand_path, read_file

if TYPE_CHECKING:
    from grokchat.session.summary import Progress, Summary

_SUFFIX = ".jsonl"
_MAX_FILE_BYTES = 1 << 30
"""Many times a day's work; a larger file and what is built from it would not fit into memory."""
_MAX_LINES = 2_000_000
"""A streaming reply writes four a second; an event takes half a kilobyte of memory, however short its line is."""

_MAX_NUMBER_SIGNS = 20
"""Those in a name after which a choice may stand."""


class SessionStore:
    """The sessions of a folder, and the other files that `--resume` accepts.

    With `saves_imports` False an import leaves no file before its first change.
    """

    def __init__(self, config: SessionConfig, folder: Path, *, saves_imports: bool = True) -> None:
        self.config = config
        self.folder = folder
        self._saves_imports = saves_imports

    def new(self, *, system: bool = True) -> Session:
        """Create a session, with the system message of the settings unless `system` is False."""
        session = Session.new(self.config)
        text = session.settings.system if system else ""
        if text:
            session.add_initial_messages([Message(new_id(), body("system", text))])
        return session

    def newest(self) -> Session:
        """Open the session that was written to last."""
        for path in self.paths():
            data = _read(path)
            if may_be_session(data):
                return self._open(path, data)
        raise FileError(self.folder, "there are no saved sessions yet")

    def find(self, name: str) -> Session:
        """Open a session by its path, id, name, unique beginning of an id, or title (its first words)."""
        path = expand_path(name)
        if _is_file(path) or _split_choice(path)[1]:
            return self.open(path)
        match = self._find(name)
        if match is None and _exists(path):
            return self.open(path)
        if match is None and (path.name != encode_native(name) or path.suffix):
            raise FileError(path, "no such file")
        if match is None:
            raise FileError(
                name, "no session has this id or name", "/resume lists them.", shell_advice="grokchat -r lists them."
            )
        return self.open(match)

    def open(self, path: Path) -> Session:
        """Open a session file, or create a session from another program's file, which is not changed.

        `FILE#N` and `FILE#WORDS` are one of several conversations in a file: by number, or by words of its title.
        Raises ConversationChoiceError if one has to be chosen.
        """
        file, choice = _split_choice(path)
        return self._open(file, _read(file), choice)

    def _open(self, path: Path, data: bytes, choice: str = "") -> Session:
        file_format = identify(data)
        if file_format is FileFormat.NEWER:
            raise FileError(path, "a newer grokchat wrote this session; it was left untouched", "Update grokchat.")
        is_in_folder = path.suffix == _SUFFIX and path.resolve().parent == self.folder.resolve()
        is_damaged = file_format in {FileFormat.DAMAGED, FileFormat.EMPTY} and is_in_folder
        if file_format not in {FileFormat.SESSION, FileFormat.HEADLESS} and not is_damaged:
            return self._import(path, data, choice)
        if choice:
            raise FileError(path, "it is a session of one conversation", f"Leave out #{choice}.")
        _check_lines(path, data)
        if file_format is FileFormat.SESSION:
            return Session.open(self.config, path, data)
        return self._recover(path, data)

    def open_stream(self, name: str, data: bytes) -> Session:
        """Create a session from a stream's content: messages, or a session, which it forks."""
        path = Path(name)
        if identify(data) is not FileFormat.SESSION:
            return self._open(path, data)
        _check_lines(path, data)
        return self._fork(path, data)

    def _recover(self, path: Path, data: bytes) -> Session:
        """Return a new session with the messages of one whose header cannot be read; its file is not changed."""
        copy = self._fork(path, data)
        where = "" if self.config.folder is None else "; the session continues in a new file"
        copy.notes = [f"{path}: its header is damaged, so it was left untouched{where}"]
        return copy

    def _fork(self, path: Path, data: bytes) -> Session:
        """Return a new session with the messages of a session file, which is neither locked nor changed."""
        source = Session.open(replace(self.config, folder=None), path, data)
        source.config = self.config
        fork = source.fork(source.name, is_saved=self._saves_imports)
        fork.damage = source.damage
        return fork

    def _import(self, path: Path, data: bytes, choice: str) -> Session:
        """Return a new session with the conversation of another program's file, which is not changed."""
        from grokchat.session.imports.importer import import_conversation

        imported = import_conversation(path, data, choice)
        session = Session.new(self.config, imported_from=path.name)
        if imported.settings or imported.params:
            session.set_overrides(imported.settings, imported.params)
        session.add_initial_messages(imported.messages, name=imported.name, is_saved=self._saves_imports)
        if imported.changes:
            session.notes = [f"{path.name}: {imported.changes}"]
        return session

    def paths(self) -> list[Path]:
        """Return the session files, newest first."""
        files = []
        try:
            with os.scandir(self.folder) as entries:
                for entry in entries:
                    if entry.name.endswith(_SUFFIX):
                        with suppress(OSError):  # a broken link, a link to itself, or removed meanwhile
                            status = entry.stat()
                            if stat.S_ISREG(status.st_mode):
                                files.append((status.st_mtime_ns, entry.name))
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise FileError(self.folder, f"the sessions cannot be listed ({error.strerror})") from error
        return [self.folder / name for _, name in sorted(files, reverse=True)]

    def summaries(self, progress: Progress | None = None) -> Iterator[Summary]:
        """Yield a summary of each session, newest first; unreadable files are skipped."""
        from grokchat.session.summary import Progress, read_summary

        for path, data in self._files(progress or Progress()):
            with suppress(FileNotFoundError):
                yield read_summary(path, data)

    def search(self, words: Sequence[str], progress: Progress | None = None) -> Iterator[Summary]:
        """Yield a summary of each session whose name and texts contain all words, in any case, newest first."""
        from grokchat.session.search import SearchTerms
        from grokchat.session.summary import Progress, read_summary

        terms = SearchTerms(words)
        for path, data in self._files(progress or Progress()):
            if terms.may_be_in(data) and terms.are_in(data):
                with suppress(FileNotFoundError):
                    yield replace(read_summary(path, data), match=terms.best_line(data))

    def _files(self, progress: Progress) -> Iterator[tuple[Path, bytes]]:
        """Yield the readable session files with their content, newest first, until `progress` is stopped."""
        paths = self.paths()
        progress.total = len(paths)
        for number, path in enumerate(paths):
            if progress.is_stopped:
                return
            progress.advance_to(number)
            with suppress(FileError):
                data = _read(path)
                if may_be_session(data):
                    _check_lines(path, data)
                    yield path, data
        progress.advance_to(len(paths))

    def _find(self, text: str) -> Path | None:
        """Return the session that a text means: a full match comes before a beginning."""
        beginning = [path for path in self.paths() if path.stem.startswith(text)]
        for path in beginning:
            if path.stem == text:
                return path
        named, titled = self._find_by_text(text)
        if len(beginning) > 1 and len(titled) == 1:
            return _only_match(named or titled, text)
        return _only_match(named or beginning or titled, text)

    def _find_by_text(self, text: str) -> tuple[list[Path], list[Path]]:
        """Return the sessions with this name, and those with this title."""
        from grokchat.session.search import SearchTerms
        from grokchat.session.summary import Progress, read_summary

        # The title of an image is in no file.
        terms = SearchTerms([] if text.startswith("[") else text.removesuffix("…").split())
        named: list[Path] = []
        titled: list[Path] = []
        for path, data in self._files(Progress()):
            if terms.may_be_in(data):
                with suppress(FileNotFoundError):
                    summary = read_summary(path, data)
                    named += [path] if summary.name == text else []
                    titled += [path] if summary.title == text else []
        return named, titled


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
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise FileError(path, f"it is larger than {_MAX_FILE_BYTES >> 30} GiB, too large for a session")
    return read_file(path)


def _check_lines(path: Path, data: bytes) -> None:
    if len(data) > _MAX_LINES and data.count(b"\n") > _MAX_LINES:
        raise FileError(path, f"it has more than {_MAX_LINES:,} lines, too many for a session")


def _split_choice(path: Path) -> tuple[Path, str]:
    """Return the file and the choice in `FILE#N`, if there is such a file and none of the whole name."""
    name = str(path)
    if "#" in name and not _exists(path):
        places = [number for number, char in enumerate(name) if char == "#"]
        for at in places[: -_MAX_NUMBER_SIGNS - 1 : -1]:
            if _is_file(Path(name[:at])):
                return Path(name[:at]), name[at + 1 :]
    return path, ""


def _only_match(matches: list[Path], name: str) -> Path | None:
    if len(matches) > 1:
        some = ", ".join(path.stem for path in matches[:5]) + (", ..." if len(matches) > 5 else "")
        raise UsageError(f"{name!r} is ambiguous: {some}. Enter more of the id.")
    return matches[0] if matches else None
