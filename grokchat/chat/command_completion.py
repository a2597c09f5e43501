"""Completion of a command's name: those that begin with the typed text, then those that have its letters in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from grokchat.chat.fuzzy import MIN_FUZZY_CHARS, letters_in_order
from grokchat.commands.declare import Command
from grokchat.terminal.interface import Candidate

FREQUENT = (
    "help", "model", "retry", "undo", "edit", "file", "system", "history", "show", "copy", "new", "resume", "sessions",
    "continue", "usage", "context", "set", "search", "compact", "fork", "export", "save", "quit",
)  # fmt: skip
"""The commands that come first among those that match equally well; the others follow as they are declared."""


def complete_command(typed: str, commands: Mapping[str, Command]) -> list[Candidate]:
    """Return the commands that the typed text, with its slash, may be meant for, the best matches first.

    `commands` has each command by each of its names. An alias that matches better than the name is shown with it.
    """
    ranks = {name: rank for rank, name in enumerate(FREQUENT)}
    found = []
    for number, command in enumerate({command.name: command for command in commands.values()}.values()):
        matches = list(_matches(typed[1:].lower(), command))
        if matches:
            quality, alias = min(matches)
            candidate = _candidate(typed, command, alias, is_fuzzy=quality >= _FUZZY)
            found.append((quality, ranks.get(command.name, len(ranks) + number), candidate))
    if len(typed) - 1 < MIN_FUZZY_CHARS and any(quality < _FUZZY for quality, _, _ in found):
        found = [match for match in found if match[0] < _FUZZY]
    return [candidate for _, _, candidate in sorted(found, key=lambda match: match[:2])]


_EXACT, _BEGINNING, _ALIAS, _ALIAS_BEGINNING, _FUZZY, _FUZZY_ALIAS = range(6)
"""How well a command matches, the best first."""


def _matches(typed: str, command: Command) -> Iterator[tuple[int, str]]:
    """Yield how well each of a command's names matches, with the alias, or "" for the name itself."""
    letters = letters_in_order(typed)
    for name, qualities in (
        (command.name, (_EXACT, _BEGINNING, _FUZZY)),
        *((alias, (_ALIAS, _ALIAS_BEGINNING, _FUZZY_ALIAS)) for alias in command.aliases),
    ):
        alias = "" if name == command.name else name
        if name == typed:
            yield qualities[0], alias
        elif name.startswith(typed):
            yield qualities[1], alias
        elif letters.match(name):
            yield qualities[2], alias


def _candidate(typed: str, command: Command, alias: str, *, is_fuzzy: bool) -> Candidate:
    return Candidate(
        f"/{command.name}",
        len(typed),
        f"/{alias}: {command.help}" if alias else command.help,
        suffix=" " if command.params else "",
        runs=not any(param.required for param in command.params),
        is_fuzzy=is_fuzzy or bool(alias),
    )
