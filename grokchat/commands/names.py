"""The names of slash commands: which command a typed name means, and what to suggest for an unknown one. Pure.

A typed name is, in this order: a command's name or alias; the beginning of the names of one command only; the beginning
of the aliases of one command only. Names count before aliases, so that `/ex` is `/export` although `/exit` is an alias.
The aliases are the names that other chats have for the same thing: nobody should have to learn ours first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from grokchat.errors import CommandError

_MAX_SUGGESTIONS = 3

_RELATED: Mapping[str, tuple[str, ...]] = {
    # Other words for a command. Where the second word is a setting's name, /set KEY VALUE is meant.
    "add": ("file", "insert"),
    "again": ("retry",),
    "agents": ("use",),
    "answers": ("alt",),
    "api-key": ("login",),
    "apikey": ("login",),
    "arena": ("retry -m A,B",),
    "ask": ("retry -m A,B",),
    "ask-all": ("retry -m A,B",),
    "async": ("set deferred",),
    "auth": ("login",),
    "back": ("undo",),
    "background": ("set deferred",),
    "batch": ("set deferred",),
    "battle": ("retry -m A,B",),
    "both": ("retry -m A,B",),
    "branch": ("fork",),
    "branches": ("alt", "fork"),
    "breakdown": ("context", "usage"),
    "browse": ("search",),
    "btw": ("fork",),
    "budget": ("set max_cost", "context"),
    "cancel": ("undo", "quit"),
    "candidates": ("alt",),
    "chat": ("resume", "new"),
    "chats": ("sessions", "resume"),
    "checkout": ("resume", "fork"),
    "checkpoint": ("fork", "save"),
    "choices": ("alt",),
    "choose": ("alt", "model"),
    "citations": ("show", "search"),
    "cite": ("quote",),
    "clipboard": ("paste", "copy"),
    "close": ("quit",),
    "cls": ("new",),
    "cmd": ("run",),
    "code": ("copy code", "write code"),
    "commands": ("help",),
    "compare": ("alt diff", "retry -m A,B"),
    "compress": ("compact",),
    "condense": ("compact",),
    "conversation": ("history", "sessions"),
    "conversations": ("sessions",),
    "credentials": ("login",),
    "cut": ("delete", "mute"),
    "debug": ("request",),
    "defer": ("set deferred",),
    "deferred": ("set deferred", "continue"),
    "diff": ("request diff", "alt diff"),
    "digest": ("compact",),
    "disable": ("mute",),
    "domains": ("set search_options.allowed_domains",),
    "download": ("write", "export"),
    "drop": ("delete", "mute", "file -"),
    "due": ("continue",),
    "dump": ("request", "export"),
    "duplicate": ("fork",),
    "edit-mode": ("set edit_mode",),
    "editor": ("edit",),
    "effort": ("set reasoning_effort",),
    "enable": ("unmute",),
    "end": ("quit",),
    "env": ("set",),
    "erase": ("delete",),
    "exec": ("run",),
    "fast": ("model",),
    "files": ("file",),
    "filter": ("history", "sessions"),
    "forget": ("delete", "mute"),
    "fragment": ("file",),
    "go-on": ("continue",),
    "google": ("search",),
    "grep": ("history", "sessions"),
    "handoff": ("compact", "export"),
    "hide": ("mute",),
    "hist": ("history",),
    "image": ("file", "paste"),
    "images": ("file", "paste"),
    "import": ("resume",),
    "include": ("file",),
    "info": ("set", "usage"),
    "instructions": ("system",),
    "internet": ("search",),
    "job": ("continue", "set deferred"),
    "json": ("request", "export json"),
    "key": ("login",),
    "keybindings": ("help keys",),
    "keymap": ("help keys",),
    "keys": ("help keys",),
    "last": ("show",),
    "later": ("set deferred",),
    "leave": ("quit",),
    "links": ("show",),
    "live-search": ("search",),
    "llm": ("model",),
    "load": ("resume", "file"),
    "locate": ("history", "sessions"),
    "log": ("history", "sessions"),
    "logs": ("sessions",),
    "lookup": ("search", "history", "sessions"),
    "ls": ("history", "sessions"),
    "markdown": ("export markdown", "set markdown"),
    "match": ("history", "sessions"),
    "max-tokens": ("set max_completion_tokens",),
    "memory": ("system", "use"),
    "mention": ("file",),
    "message": ("show", "insert"),
    "messages": ("history",),
    "money": ("usage",),
    "more": ("continue",),
    "multi-model": ("retry -m A,B",),
    "next": ("alt", "redo"),
    "notifications": ("set notify",),
    "online": ("search",),
    "open": ("resume", "file"),
    "options": ("set",),
    "other": ("alt",),
    "others": ("alt",),
    "output-style": ("system", "use"),
    "parallel": ("retry -m A,B",),
    "parameter": ("set",),
    "parameters": ("set",),
    "params": ("set",),
    "persona": ("use", "system"),
    "personality": ("use", "system"),
    "pick": ("alt",),
    "placeholder": ("use",),
    "placeholders": ("use",),
    "poll": ("continue",),
    "pop": ("undo", "delete"),
    "preferences": ("set",),
    "prefill": ("insert",),
    "prev": ("alt", "undo"),
    "previous": ("alt", "undo"),
    "price": ("usage", "models"),
    "prices": ("models",),
    "print": ("show",),
    "profile": ("set",),
    "prompt": ("system", "use"),
    "prompts": ("use",),
    "prune": ("compact", "mute", "delete"),
    "rag": ("file",),
    "raw": ("request", "set markdown"),
    "read": ("file",),
    "read-only": ("file",),
    "reask": ("retry",),
    "reasoning": ("set reasoning_effort", "set show_reasoning"),
    "reasoning-effort": ("set reasoning_effort",),
    "recap": ("compact",),
    "regen": ("retry",),
    "regenerations": ("alt",),
    "remove": ("delete", "mute"),
    "rename": ("name",),
    "repeat": ("retry",),
    "replay": ("retry",),
    "replies": ("alt",),
    "reply": ("quote", "retry", "insert"),
    "reply-to": ("quote",),
    "reroll": ("retry",),
    "resend": ("retry",),
    "reset": ("new", "undo"),
    "responses": ("alt",),
    "restart": ("new",),
    "restore": ("redo", "unmute", "resume"),
    "retract": ("undo",),
    "revert": ("undo",),
    "rm": ("delete",),
    "role": ("insert", "use"),
    "roles": ("use", "insert"),
    "rollback": ("undo",),
    "screenshot": ("paste",),
    "seed": ("set seed",),
    "select": ("alt", "model"),
    "session": ("sessions", "name", "new"),
    "setting": ("set",),
    "settings": ("set",),
    "share": ("export",),
    "shell": ("run",),
    "shrink": ("compact", "mute"),
    "siblings": ("alt",),
    "side-by-side": ("alt diff", "retry -m A,B"),
    "size": ("context",),
    "snippet": ("use",),
    "snippets": ("use",),
    "sources": ("show", "search"),
    "squash": ("compact",),
    "start": ("new",),
    "stats": ("usage",),
    "status": ("usage", "set"),
    "statusline": ("set",),
    "stop": ("quit",),
    "stream": ("set stream",),
    "summarise": ("compact",),
    "summarize": ("compact",),
    "summary": ("compact",),
    "swipe": ("alt",),
    "swipes": ("alt",),
    "switch": ("model", "resume"),
    "sys": ("system",),
    "temp": ("set temperature",),
    "temperature": ("set temperature",),
    "template": ("use",),
    "templates": ("use",),
    "terminal": ("run",),
    "theme": ("set theme",),
    "think": ("set reasoning_effort", "set show_reasoning"),
    "think-tokens": ("set reasoning_effort",),
    "thinking": ("set reasoning_effort", "set show_reasoning"),
    "title": ("name",),
    "tldr": ("compact",),
    "top-p": ("set top_p",),
    "transcript": ("export", "history"),
    "tree": ("alt", "history"),
    "trim": ("compact", "mute", "delete"),
    "truncate": ("delete", "mute"),
    "twitter": ("search x",),
    "undelete": ("undo",),
    "unhide": ("unmute",),
    "update": ("edit",),
    "upload": ("file",),
    "variables": ("use",),
    "variant": ("alt",),
    "variants": ("alt",),
    "vars": ("use",),
    "verbosity": ("system",),
    "version": ("help",),
    "versions": ("alt",),
    "vi": ("set edit_mode",),
    "view": ("show", "history"),
    "vim": ("set edit_mode",),
    "vs": ("alt diff", "retry -m A,B"),
    "wait": ("continue",),
    "web": ("search web",),
    "web-search": ("search web",),
    "where": ("history", "sessions"),
    "worddiff": ("alt diff",),
    "yank": ("copy",),
}
"""Words that people look for a command by, most of them commands of other chats, and what to type instead.

The others: Claude Code, codex, aider, llm, aichat and ollama. An entry is a command, and maybe its first argument.
"""

_ANSWERS: Mapping[str, str] = {
    "approvals": "grokchat runs no tools, so there is nothing to approve.",
    "cd": "grokchat stays in the folder that it was started in; /run and /file take paths.",
    "init": "grokchat needs no set-up in a folder; /use adds a saved prompt.",
    "mcp": "grokchat runs no tools; /run COMMAND attaches what a command prints.",
    "multi": "Ctrl-J (or Alt-Enter) starts a new line in a message, Ctrl-X Ctrl-E opens the editor.",
    "multiline": "Ctrl-J (or Alt-Enter) starts a new line in a message, Ctrl-X Ctrl-E opens the editor.",
    "multiline-mode": "Ctrl-J (or Alt-Enter) starts a new line in a message, Ctrl-X Ctrl-E opens the editor.",
    "permissions": "grokchat runs no tools, so there is nothing to permit.",
    "tools": "/search lets the model search; grokchat runs no other tools, but /run COMMAND attaches what it prints.",
    "voice": "grokchat has no voice input.",
}
"""Commands of other chats without one here, and what to do instead."""


class Named(Protocol):
    """Something with names: a command."""

    @property
    def name(self) -> str: ...  # noqa: D102 - a member of a protocol

    @property
    def aliases(self) -> tuple[str, ...]: ...  # noqa: D102


C = TypeVar("C", bound=Named)


def find_command(typed: str, commands: Mapping[str, C]) -> C:
    """Return the command that a typed name (without the slash) is; raises CommandError.

    `commands` has each command by each of its names.
    """
    if command := _find_one(typed, commands):
        return command
    raise CommandError(f"{_describe_unknown(typed, commands)} // sends it as a message.")


def find_topic(typed: str, commands: Mapping[str, C]) -> C:
    """Return the command that /help should explain, also by a word that means it; raises CommandError."""
    related = [name.split()[0] for name in _RELATED.get(typed.lower(), ())]
    known = [name for name in related if name in commands]
    if command := _find_one(typed, commands) or (commands[known[0]] if len(set(known)) == 1 else None):
        return command
    raise CommandError(_describe_unknown(typed, commands))


def _find_one(typed: str, commands: Mapping[str, C]) -> C | None:
    """Return the command that a typed name is, or None; raises CommandError if it may be several."""
    found = matching_commands(typed, commands)
    if len(found) > 1:
        names = ", ".join(f"/{command.name}" for command in found)
        raise CommandError(f"/{typed} is ambiguous: {names}.")
    return found[0] if found else None


def _alternatives(names: Sequence[str]) -> str:
    """Return `a`, `a or b`, or `a, b or c`."""
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _describe_unknown(typed: str, commands: Mapping[str, Named]) -> str:
    if typed.lower() in _ANSWERS:
        return f"unknown command /{typed}. {_ANSWERS[typed.lower()]}"
    suggestions = [f"/{name}" for name in related_commands(typed, commands)]
    if not suggestions:
        return f"unknown command /{typed}. /help lists the commands."
    return f"unknown command /{typed}; did you mean {_alternatives(suggestions)}?"


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
    """Return what may be meant by an unknown name, by its meaning, else by its spelling: `retry`, `set temperature`."""
    from grokchat.suggestions import close_matches

    word = typed.lower()
    words = {**dict.fromkeys(commands), **dict.fromkeys(_RELATED)}
    close = (word,) if word in words else close_matches(word, words, count=_MAX_SUGGESTIONS, cutoff=0.6)
    found: dict[str, None] = {}
    for match in close:
        for line in _RELATED.get(match, (match,)):
            name, space, argument = line.partition(" ")
            if name in commands:
                found[f"{commands[name].name}{space}{argument}"] = None
    return list(found)[:_MAX_SUGGESTIONS]
