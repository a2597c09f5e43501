"""The names of slash commands: which command a typed name is, and what to offer for one that is none. Pure.

A typed name is, in this order: a command's name or alias; the beginning of the names of one command only; the beginning
of the aliases of one command only. Names count before aliases, so that `/ex` is `/export` although `/exit` is an alias.
The aliases are the names that other chats have for the same thing: nobody should have to learn ours first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeVar

from grokchat.errors import CommandError

_MAX_SUGGESTIONS = 3

_RELATED: Mapping[str, tuple[str, ...]] = {
    "again": ("retry",),
    "agents": ("use",),
    "back": ("undo",),
    "branch": ("fork",),
    "chats": ("sessions", "resume"),
    "commands": ("help",),
    "compress": ("compact",),
    "cut": ("delete", "mute"),
    "debug": ("request",),
    "download": ("save", "export"),
    "drop": ("delete", "mute"),
    "duplicate": ("fork",),
    "editor": ("edit",),
    "effort": ("set", "model"),
    "hide": ("mute",),
    "image": ("file", "paste"),
    "keys": ("help",),
    "load": ("resume", "file"),
    "memory": ("system", "use"),
    "messages": ("history",),
    "open": ("resume", "file"),
    "options": ("set",),
    "parameters": ("set",),
    "params": ("set",),
    "persona": ("use", "system"),
    "preferences": ("set",),
    "price": ("usage", "models"),
    "profile": ("set",),
    "prompt": ("system", "use"),
    "read": ("file",),
    "remove": ("delete", "mute"),
    "rename": ("name",),
    "reset": ("new",),
    "restart": ("new",),
    "role": ("insert",),
    "settings": ("set",),
    "share": ("export",),
    "shell": ("run",),
    "start": ("new",),
    "stats": ("usage",),
    "status": ("usage", "set"),
    "stop": ("quit",),
    "summarize": ("compact",),
    "summary": ("compact",),
    "switch": ("model", "resume"),
    "temperature": ("set",),
    "title": ("name",),
    "transcript": ("export", "history"),
    "truncate": ("delete", "mute"),
    "upload": ("file",),
    "view": ("show", "history"),
    "web": ("search",),
}
"""Words that people look for a command by, most of them commands of other chats, and the commands that are meant."""


class Named(Protocol):
    """What is found by its names: a command."""

    @property
    def name(self) -> str: ...  # noqa: D102 - a member of a protocol

    @property
    def aliases(self) -> tuple[str, ...]: ...  # noqa: D102


C = TypeVar("C", bound=Named)


def find_command(typed: str, commands: Mapping[str, C]) -> C:
    """Return the command that a typed name (without the slash) is; raises CommandError.

    `commands` has each command by each of its names.
    """
    found = matching_commands(typed, commands)
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(f"/{command.name}" for command in found)
        raise CommandError(f"/{typed} is ambiguous: {names}.")
    suggestions = ", ".join(f"/{name}" for name in related_commands(typed, commands))
    hint = f"did you mean {suggestions}?" if suggestions else "/help lists the commands."
    separator = "; " if suggestions else ". "
    raise CommandError(f"unknown command /{typed}{separator}{hint} Begin the line with // to send it as a message.")


def matching_commands(typed: str, commands: Mapping[str, C]) -> list[C]:
    """Return the one command that a typed name is, or all that it may be, in their order."""
    if typed in commands:
        return [commands[typed]]
    each = list({command.name: command for command in commands.values()}.values())
    tests: tuple[Callable[[C], Iterable[str]], ...] = (lambda command: (command.name,), lambda command: command.aliases)
    for names in tests:
        if found := [command for command in each if any(name.startswith(typed) for name in names(command))]:
            return found
    return []


def related_commands(typed: str, commands: Mapping[str, Named]) -> list[str]:
    """Return the names of the commands that may be meant by an unknown name: by its meaning, then by its spelling."""
    from grokchat.suggestions import close_matches

    word = typed.lower()
    words = {**dict.fromkeys(commands), **dict.fromkeys(_RELATED)}
    found: dict[str, None] = {}
    for close in (word, *close_matches(word, words, count=_MAX_SUGGESTIONS, cutoff=0.6)):
        for name in _RELATED.get(close, (close,)):
            if name in commands:
                found[commands[name].name] = None
    return list(found)[:_MAX_SUGGESTIONS]
