"""Texts in an editor survive a crash, and nothing else of them stays."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from grokchat.system.drafts import Draft, Drafts

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="modes and links of POSIX")


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "state" / "drafts"


def abandon(drafts: Drafts, text: str, edited: str | None = None, *, is_saved: bool = False) -> Draft:
    """Leave a draft as a process that is killed does: its lock ends."""
    draft = drafts.create(text, is_saved=is_saved)
    if edited is not None:
        draft.path.write_bytes(edited.encode())
    draft.leave()
    return draft


@posix_only
def test_a_draft_is_for_its_owner_alone(folder):
    draft = Drafts(folder).create("secret", is_saved=True)
    assert stat.S_IMODE(draft.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(draft.path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    draft.remove()


def test_what_is_finished_leaves_nothing(folder):
    drafts = Drafts(folder)
    assert drafts.take_abandoned() is None
    first, second = drafts.create("a", is_saved=True), drafts.create("b", is_saved=False)
    (first.path.parent / ".message.md.swp").write_bytes(b"vim's")
    first.remove()
    second.remove()
    assert not folder.exists()
    without = Drafts(None).create("a", is_saved=True)
    without.remove()
    assert not without.path.parent.exists()
    assert without.path.parent.parent.exists()


@pytest.mark.parametrize(
    ("text", "edited", "is_saved", "found"),
    [
        ("typed", None, False, "typed"),
        ("typed", "typed\n", False, "typed"),
        ("typed", "typed and more\n\nlines\n", False, "typed and more\n\nlines"),
        ("typed", "", False, None),
        ("typed", " \n", False, None),
        ("", None, False, None),
        ("", "new\n", False, "new"),
        ("message", None, True, None),
        ("message", "message\n", True, None),
        ("message", "message\r\n", True, None),
        ("message", "another\n", True, "another"),
        ("message", "  indented 漢字\n", True, "  indented 漢字"),
    ],
)
def test_an_abandoned_text_comes_back_once_if_it_is_nowhere_else(folder, text, edited, is_saved, found):
    drafts = Drafts(folder)
    abandon(drafts, text, edited, is_saved=is_saved)
    assert Drafts(folder).take_abandoned() == ((found, None) if found else None)
    assert Drafts(folder).take_abandoned() is None
    assert list(folder.iterdir()) == []


def test_each_start_takes_one(folder):
    drafts = Drafts(folder)
    abandon(drafts, "one")
    abandon(drafts, "two")
    assert {drafts.take_abandoned(), drafts.take_abandoned()} == {("one", None), ("two", None)}
    assert drafts.take_abandoned() is None


def test_a_draft_that_is_open_is_left_alone(folder):
    """In this process and in another one: the lock belongs to the open file."""
    draft = Drafts(folder).create("open", is_saved=False)
    assert Drafts(folder).take_abandoned() is None
    assert draft.path.read_bytes() == b"open"
    draft.remove()


def test_what_was_not_to_be_kept_is_deleted(folder):
    abandon(Drafts(folder, is_kept=False), "not to be kept")
    (folder / "kept-0-mine").mkdir()
    (folder / "other").write_bytes(b"someone's")
    assert Drafts(folder).take_abandoned() is None
    assert sorted(path.name for path in folder.iterdir()) == ["kept-0-mine", "other"]


def test_what_the_editor_saved_for_itself_stays_and_is_named(folder):
    """Vim's swap file has the text typed and not saved."""
    draft = abandon(Drafts(folder), "typed")
    swap = draft.path.with_name(".message.md.swp")
    swap.write_bytes(b"vim's")
    assert Drafts(folder).take_abandoned() == ("typed", draft.path.parent)
    assert swap.read_bytes() == b"vim's"
    assert Drafts(folder).take_abandoned() is None


@posix_only
def test_links_and_devices_in_its_place_are_not_followed(folder, tmp_path):
    (tmp_path / "mine").write_bytes(b"mine")
    drafts = Drafts(folder)
    for target in (tmp_path / "mine", "/dev/zero"):
        draft = abandon(drafts, "typed")
        lock = draft.path.with_name("lock")
        lock.unlink()
        lock.symlink_to(target)
        fifo = abandon(drafts, "typed")
        fifo.path.unlink()
        os.mkfifo(fifo.path)
    assert drafts.take_abandoned() is None
    assert (tmp_path / "mine").read_bytes() == b"mine"
