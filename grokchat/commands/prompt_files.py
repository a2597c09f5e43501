"""The user's saved prompts: files `NAME.md` in the folder `prompts` beside the config file.

A name is a plain file name: no folder, no drive, no characters that cannot be shown. Files that are not regular, not
text, or larger than any prompt are refused.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from grokchat.attachments.text_encoding import decode_utf8
from grokchat.environment import decode_native, encode_native
from grokchat.errors import CommandError, FileError
from grokchat.render.sanitize import visible_line
from grokchat.suggestions import close_matches
from grokchat.system.files import read_file

_SUFFIX = ".md"
_NAME = re.compile(r"[^./\\:\s][^/\\:]{0,99}")
_MAX_PROMPT_BYTES = 1_000_000
"""A quarter of a million tokens."""
_FIRST_LINE_BYTES = 4096
"""Of a file's beginning, which is searched for the first line."""
_MAX_PROMPTS = 500


def list_prompts(folder: Path) -> list[str]:
    """Return the names of the prompts in order, at most 500; none without the folder."""
    try:
        with os.scandir(folder) as entries:
            names = [
                decode_native(entry.name).removesuffix(_SUFFIX) for entry in entries if entry.name.endswith(_SUFFIX)
            ]
    except OSError:
        return []
    return sorted(filter(_is_name, names))[:_MAX_PROMPTS]


def list_first_lines(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield each prompt's name and its first line that is not empty, or the reason why it cannot be read."""
    for name in list_prompts(folder):
        try:
            data = read_file(folder / encode_native(f"{name}{_SUFFIX}"), _FIRST_LINE_BYTES)
        except FileError as error:
            yield name, f"({error.reason})"
        else:
            text = data.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
            yield name, text.partition("\n")[0].strip()


def load_prompt(folder: Path, name: str) -> str:
    """Return a prompt's text without its final newline; raises CommandError and FileError."""
    name = name.strip().removesuffix(_SUFFIX)
    if not _is_name(name):
        raise CommandError(
            f'"{visible_line(name[:40])}" is not a valid prompt name: prompts are files NAME.md in {folder}.'
        )
    path = folder / encode_native(f"{name}{_SUFFIX}")
    try:
        data = read_file(path, _MAX_PROMPT_BYTES + 1)
    except FileError as error:
        if isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
            raise _unknown_prompt(folder, name) from error
        raise
    if len(data) > _MAX_PROMPT_BYTES:
        most = f"{_MAX_PROMPT_BYTES // 1_000_000} MB"
        reason = f"it is larger than {most}, too large for a prompt"
        raise FileError(path, reason, "Attach it with /file.", shell_advice="Attach it with -f.")
    text = decode_utf8(data, str(path)).removeprefix("\ufeff").removesuffix("\n").removesuffix("\r")
    if not text.strip():
        raise FileError(path, "it is empty")
    return text


def _unknown_prompt(folder: Path, name: str) -> CommandError:
    matches = close_matches(name, list_prompts(folder), count=3, cutoff=0.5)
    problem = f"no saved prompt {name} ({folder / name}{_SUFFIX})"
    if matches:
        return CommandError(f"{problem}; did you mean {' or '.join(matches)}?")
    return CommandError(f"{problem}. /use lists them.", in_shell=f"{problem}.")


def _is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and name == visible_line(name)
