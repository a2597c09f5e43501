"""The files of saved prompts: `NAME.md` in the folder `prompts` beside the config file.

A name is a plain file name: no folder, no drive, no characters that cannot be shown. Files that are not regular, not
text, or larger than any prompt are refused, and so are those with nothing below their front matter.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from grokchat.attachments.text_encoding import decode_utf8
from grokchat.config.settings import Layer
from grokchat.environment import decode_native, encode_native
from grokchat.errors import CommandError, ConfigError, FileError
from grokchat.prompts.front_matter import parse_front_matter, split_front_matter
from grokchat.prompts.saved_prompt import SavedPrompt
from grokchat.render.sanitize import visible_line
from grokchat.suggestions import close_matches
from grokchat.system.files import read_file

_SUFFIX = ".md"
_NAME = re.compile(r"[^./\\:\s][^/\\:]{0,99}")
_MAX_PROMPT_BYTES = 1_000_000
"""A quarter of a million tokens."""
_BEGINNING_BYTES = 16_384
"""Of a file, of which only the first line of the text is to be shown."""
_MAX_PROMPTS = 500
_MAX_LISTED_NAMES = 10
"""In an error."""


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


def list_beginnings(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield each prompt's name and the beginning of its text, or the reason why it cannot be read."""
    for name in list_prompts(folder):
        try:
            data = read_file(_path(folder, name), _BEGINNING_BYTES)
        except FileError as error:
            yield name, f"({error.reason})"
        else:
            text = data.decode("utf-8", "replace").removeprefix("\ufeff")
            front_matter = split_front_matter(text)
            yield name, text if front_matter is None else front_matter[1]


def load_all(folder: Path) -> Iterator[tuple[str, SavedPrompt | FileError | ConfigError]]:
    """Yield each prompt's name, and the prompt, or the error for which it cannot be used."""
    for name in list_prompts(folder):
        try:
            yield name, load_prompt(folder, name)
        except (FileError, ConfigError) as error:
            yield name, error


def first_line(text: str) -> str:
    """Return a text's first line that is not empty."""
    return text.lstrip(" \t\r\n").partition("\n")[0].strip()


def load_prompt(folder: Path, name: str) -> SavedPrompt:
    """Return a prompt, whose text has no final newline; raises CommandError, ConfigError and FileError."""
    name = name.strip().removesuffix(_SUFFIX)
    if not _is_name(name):
        raise CommandError(
            f'"{visible_line(name[:40])}" is not a valid prompt name: prompts are files NAME.md in {folder}.'
        )
    path = _path(folder, name)
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
    return _parse(name, text, path)


def _parse(name: str, text: str, path: Path) -> SavedPrompt:
    settings = Layer(str(path))
    front_matter = split_front_matter(text)
    if front_matter is not None:
        lines, text = front_matter
        settings = parse_front_matter(lines, decode_native(str(path)))
    if not text.strip():
        raise FileError(path, "it is empty" if front_matter is None else "it is empty below its front matter")
    return SavedPrompt(name, text, settings)


def _path(folder: Path, name: str) -> Path:
    return folder / encode_native(f"{name}{_SUFFIX}")


def _unknown_prompt(folder: Path, name: str) -> CommandError:
    names = list_prompts(folder)
    problem = f"no saved prompt {name} ({folder / name}{_SUFFIX})"
    for known in names:
        if name.startswith(f"{known} "):
            return CommandError(f"{problem}; did you mean {known}? Values for its gaps are written KEY=VALUE.")
    if matches := close_matches(name, names, count=3, cutoff=0.5):
        return CommandError(f"{problem}; did you mean {' or '.join(matches)}?")
    more = ", ..." if len(names) > _MAX_LISTED_NAMES else ""
    known = f" The saved prompts are {', '.join(names[:_MAX_LISTED_NAMES])}{more}." if names else ""
    return CommandError(f"{problem}. /use lists them.", in_shell=f"{problem}.{known}")


def _is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and name == visible_line(name)
