"""The stored key when something fails: read-only mounts, other owners, full disks, keyrings of any kind."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from support import KEY, err, paragraph, run_cli

from grokchat.config.key_store import delete_stored_key, read_stored_key, store_key
from grokchat.config.secret import Secret
from grokchat.errors import FileError

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes are a POSIX thing")


@pytest.fixture(autouse=True)
def _no_keyring(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)


@pytest.fixture
def key_file(home) -> Path:
    """Return a key file that others can read."""
    home.mkdir()
    path = home / "key"
    path.write_text(f"{KEY}\n", encoding="ascii")
    path.chmod(0o444)
    return path


def fail(error: BaseException):
    def failing(*_, **__):
        raise error

    return failing


REASONS = [errno.EROFS, errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EIO]


@posix
@pytest.mark.parametrize("number", REASONS, ids=lambda number: errno.errorcode[number])
def test_a_key_whose_mode_cannot_be_changed_is_used_with_one_warning(home, api, key_file, monkeypatch, number):
    """A container's secret: mode 0444, another owner, on a mount that cannot be written."""
    monkeypatch.setattr(Path, "chmod", fail(OSError(number, os.strerror(number))))
    code, environment = run_cli(home, api, "hi", env={"XAI_API_KEY": ""})
    assert code == 0
    assert api.requests[0].headers["authorization"] == f"Bearer {KEY}"
    warning = paragraph(environment)
    assert str(key_file) in warning
    assert os.strerror(number) in warning


@posix
def test_a_key_file_may_be_a_link(home, api, key_file, tmp_path):
    """As Kubernetes mounts secrets; the mode that counts is the file's, and a dangling link counts as no key."""
    target = tmp_path / "secret"
    key_file.rename(target)
    key_file.symlink_to(target)
    code, environment = run_cli(home, api, "hi", env={"XAI_API_KEY": ""})
    assert code == 0
    assert "other users could read the stored key" in err(environment)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    target.unlink()
    assert read_stored_key(key_file, pytest.fail) == ""


@posix
def test_a_key_file_that_cannot_be_reached_is_a_paragraph(home, api, monkeypatch):
    """A link that leads to itself, a folder without permission: exit 4, before anything is sent."""
    home.mkdir()
    (home / "key").symlink_to(home / "key")
    code, environment = run_cli(home, api, "hi", env={"XAI_API_KEY": ""})
    assert code == 4
    assert "the stored key cannot be read" in paragraph(environment)
    (home / "key").unlink()
    stat_of = Path.stat

    def refuse(path: Path, **more):
        if path.name == "key":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return stat_of(path, **more)

    monkeypatch.setattr(Path, "stat", refuse)
    code, environment = run_cli(home, api, "hi", env={"XAI_API_KEY": ""})
    assert code == 4
    assert "Permission denied" in paragraph(environment)
    assert api.requests == []


FAILURES = {
    "disk full": ("grokchat.system.files.os.fsync", OSError(errno.ENOSPC, "No space left on device"), FileError),
    "rename fails": ("pathlib.Path.replace", OSError(errno.EACCES, "Permission denied"), FileError),
    "mode fails": ("pathlib.Path.chmod", OSError(errno.EPERM, "Operation not permitted"), FileError),
    "Ctrl-C": ("grokchat.system.files.os.fsync", KeyboardInterrupt(), KeyboardInterrupt),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_store_that_fails_leaves_the_key_in_no_file(home, monkeypatch, failure):
    """Neither a temporary file nor a changed key is left."""
    home.mkdir()
    (home / "key").write_text("the key before\n", encoding="ascii")
    name, error, raised = FAILURES[failure]
    monkeypatch.setattr(name, fail(error))
    with pytest.raises(raised):
        store_key(Secret(KEY), home / "key")
    assert {path.name: path.read_text(encoding="ascii") for path in home.iterdir()} == {"key": "the key before\n"}


@posix
def test_a_stored_key_is_never_readable_by_others(home, key_file):
    """Even if it replaces a file that was readable by others."""
    store_key(Secret(KEY), key_file)
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600


class ForeignError(Exception):
    """An error of a backend that is not one of the keyring package."""


ERRORS = [ForeignError("D-Bus"), RuntimeError("no backend"), OSError(5, "I/O"), ValueError("encoding"), KeyError("x")]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_keyring_that_fails_in_any_way_counts_as_none(home, monkeypatch, error):
    broken = SimpleNamespace(get_password=fail(error), set_password=fail(error), delete_password=fail(error))
    monkeypatch.setitem(sys.modules, "keyring", broken)
    assert store_key(Secret(KEY), home / "key") == str(home / "key")
    assert read_stored_key(home / "key", pytest.fail).strip() == KEY
    assert delete_stored_key(home / "key") == [str(home / "key")]


def test_a_keyring_that_keeps_the_key_is_reported(home, monkeypatch):
    """Otherwise --logout would report that nothing was stored."""
    stubborn = SimpleNamespace(get_password=lambda *_: KEY, delete_password=fail(ForeignError("locked")))
    monkeypatch.setitem(sys.modules, "keyring", stubborn)
    with pytest.raises(FileError, match="could not be removed"):
        delete_stored_key(home / "key")
