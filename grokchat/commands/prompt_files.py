"""The user's prompts: files `NAME.md` in the folder `prompts` beside the config file, each a message to be put in.

A name is a file's and nothing more: no folder, no drive, nothing that could not be shown. What is no regular file, no
text or larger than any prompt is refused.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from grokchat.attachments.text_encoding import decode_utf8
from grokchat.errors import CommandError, FileError
from grokchat.render.sanitize import visible_line
from grokchat.suggestions import close_matches
from grokchat.system.files import read_file

_SUFFIX = ".md"
_NAME = re.compile(r"[^./\\:\s][^/\\:]{0,99}")
_LARGEST = 1_000_000
"""Bytes: a quarter of a million tokens."""
_BEGINNING = 4096
"""Bytes that are looked at for a prompt's first line."""
_MANY = 500


def list_prompts(folder: Path) -> list[str]:
    """Return the names of the prompts in order, at most 500; none if there is no such folder."""
    try:
        with os.scandir(folder) as entries:
            found = [one.name.removesuffix(_SUFFIX) for one in entries if one.name.endswith(_SUFFIX)]
    except OSError:
        return []
    return list(islice(filter(_is_name, sorted(found)), _MANY))


def list_first_lines(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield each prompt's name and its first line with words in it, or why it cannot be read."""
    for name in list_prompts(folder):
        try:
            text = read_file(folder / f"{name}{_SUFFIX}", _BEGINNING).decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
        except FileError as error:
            yield name, f"({error.reason})"
        else:
            yield name, text.partition("\n")[0].strip()


def load_prompt(folder: Path, name: str) -> str:
    """Return a prompt's text, less the newline at its end; raises CommandError and FileError."""
    name = name.strip().removesuffix(_SUFFIX)
    if not _is_name(name):
        raise CommandError(f"{name[:40]!r} is no name of a prompt. A NAME is that of a file NAME.md in {folder}.")
    path = folder / f"{name}{_SUFFIX}"
    try:
        data = read_file(path, _LARGEST + 1)
    except FileError as error:
        if isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
            raise CommandError(_missing(folder, name)) from error
        raise
    if len(data) > _LARGEST:
        raise FileError(
            path, f"it is larger than {_LARGEST // 1_000_000} MB, and no prompt is", "-f and /file send files."
        )
    text = decode_utf8(data, str(path)).removeprefix("\ufeff").removesuffix("\n").removesuffix("\r")
    if not text.strip():
        raise FileError(path, "there is nothing in it", "Write the prompt into it.")
    return text


def _missing(folder: Path, name: str) -> str:
    near = close_matches(name, list_prompts(folder), count=3, cutoff=0.5)
    hint = f"Nearest: {', '.join(near)}." if near else "/use lists what there is."
    return f"There is no prompt {name} ({folder / name}{_SUFFIX}). {hint}"


def _is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and name == visible_line(name)
