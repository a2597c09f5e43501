"""Completion behind `/use`: the names of the saved prompts, then the gaps of the one that is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from grokchat.errors import GrokchatError
from grokchat.render.sanitize import visible_line
from grokchat.terminal.interface import Candidate

_MAX_EXPLANATION_CHARS = 60


def complete_prompt(folder: Path | None, typed: str) -> Iterator[Candidate]:
    """Yield what may follow, or complete, the words typed so far."""
    if folder is not None:
        before, word = _split_last_word(typed)
        yield from _names(folder, typed)
        if before.strip() and "=" not in word:
            yield from _gaps(folder, before, word)


def _split_last_word(typed: str) -> tuple[str, str]:
    word = "" if typed[-1:].isspace() else typed.rsplit(maxsplit=1)[-1] if typed else ""
    return typed[: len(typed) - len(word)], word


def _names(folder: Path, typed: str) -> Iterator[Candidate]:
    from grokchat.prompts.files import first_line, list_beginnings
    from grokchat.prompts.gaps import find_gaps

    for name, text in list_beginnings(folder):
        if name.startswith(typed):
            shown = visible_line(first_line(text))[:_MAX_EXPLANATION_CHARS]
            yield Candidate(name, len(typed), shown, suffix=" " if find_gaps(text) else "")


def _gaps(folder: Path, before: str, word: str) -> Iterator[Candidate]:
    from grokchat.prompts.files import load_prompt
    from grokchat.prompts.words import parse_words

    try:
        words = parse_words(before)
        gaps = load_prompt(folder, words.name).gaps
    except GrokchatError:  # of what is typed so far; Enter will say it
        return
    for key in gaps:
        if key.startswith(word) and key not in words.values:
            yield Candidate(f"{key}=", len(word), f"{{{{{key}}}}} in {words.name}")
