"""A disk that fails on demand, and one that knows what a power loss would leave."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

CALLS = ("open", "fstat", "write", "fsync", "ftruncate")


class Faults:
    """Stands before the system's calls: those of `kinds` from the `first` one on fail, `many` of them.

    With `short`, a write that fails has brought the first half of its bytes into the file; a line, as all tests know,
    is one write. `count` is how many calls there were. Nothing is really synced: that takes time, and shows nothing.
    """

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        *,
        first: int = 1,
        many: int = 0,
        number: int = errno.ENOSPC,
        kinds: Iterable[str] = CALLS,
        short: bool = False,
    ) -> None:
        self.count = 0
        self.failed = 0
        self._kinds = frozenset(kinds)
        self._range = range(first, first + many)
        self._number = number
        self._short = short
        self._real = {name: getattr(os, name) for name in CALLS}
        self._rest = False
        for name in CALLS:
            monkeypatch.setattr(os, name, self._call(name))

    def _call(self, name: str) -> Callable[..., Any]:
        real = self._real[name] if name != "fsync" else lambda _: None

        def call(*args: Any) -> Any:
            if name not in self._kinds:
                return real(*args)
            if self._rest and name == "write":  # the other half of a line
                self._rest = False
                raise OSError(self._number, os.strerror(self._number))
            self.count += 1
            if self.count not in self._range:
                return real(*args)
            self.failed += 1
            if self._short and name == "write":
                self._rest = True
                return real(args[0], args[1][: len(args[1]) // 2])
            raise OSError(self._number, os.strerror(self._number))

        return call


class Disk:
    """Remembers what was synced below a folder, and says what of a file is left when the power is lost now."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self._folder = folder
        self._contents: dict[int, bytes] = {}
        self._names: dict[int, frozenset[str]] = {}
        monkeypatch.setattr(os, "fsync", self._sync)

    def _sync(self, descriptor: int) -> None:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            self._names[status.st_ino] = frozenset(os.listdir(descriptor))
        else:
            self._contents[status.st_ino] = os.pread(descriptor, status.st_size, 0)

    def left_of(self, path: Path) -> bytes | None:
        """Return what was synced of a file; None if its name, or that of a folder above it, may be gone."""
        for parent in (path, *path.parents):
            if parent == self._folder:
                return self._contents.get(path.stat().st_ino, b"")
            if parent.name not in self._names.get(parent.parent.stat().st_ino, ()):
                return None
        raise AssertionError(path)
