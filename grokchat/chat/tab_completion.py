"""What Tab offers: commands, their arguments, paths."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from grokchat.chat import path_completion
from grokchat.commands.buffer import ROLES
from grokchat.commands.declare import Command
from grokchat.config.settings import KNOWN_PARAMETERS, SETTINGS, describe_setting, is_session_setting, setting_choices
from grokchat.errors import CommandError
from grokchat.export import FORMATS
from grokchat.render.sanitize import visible_line
from grokchat.session.session import Session
from grokchat.session.store import Library
from grokchat.terminal.interface import Candidate

_MANY = 200


def complete_line(
    line: str, commands: Mapping[str, Command], session: Session, library: Library
) -> Iterator[Candidate]:
    """Yield what could stand at the end of the line."""
    name, *words = line.split(" ")
    if not line.startswith("/") or name.startswith("//") or "/" in name[1:]:
        token = line.rsplit(None, 1)[-1] if line and not line[-1].isspace() else ""
        if "/" in token or token.startswith("~"):
            yield from path_completion.complete_path(token)
        return
    if not words:
        for called, one in commands.items():
            if called == one.name and called.startswith(name[1:]):
                yield Candidate(f"/{one.name}", len(name), one.help)
        return
    command = commands.get(name[1:])
    if command is None:
        return
    whole = _whole(command, line[len(name) :])
    if whole is None:
        yield from _arguments(command, words, session, library)
    else:
        yield from _values(command.params[-1].complete, whole, [], session, library)


def _whole(command: Command, rest: str) -> str | None:
    """Return the beginning of what is the rest of the line, blanks and all; None if the line is not there yet."""
    if not command.params or command.params[-1].complete not in {"paths", "files", "request", "sessions"}:
        return None
    for param in command.params[:-1]:
        try:
            value, rest = param.take(rest)
        except CommandError:
            return None
        if value is None and param.required:
            return None
    return rest.lstrip(" ") if rest.startswith(" ") else None


def _arguments(command: Command, words: list[str], session: Session, library: Library) -> Iterator[Candidate]:
    *before, token = words
    if token.startswith("@"):
        if any("@" in param.shown for param in command.params):
            for one in _messages(session, token[1:]):
                yield Candidate(f"@{one.text}", len(token), one.explain)
        return
    placed = [param for param in command.params if "@" not in param.shown]
    flags = [param for param in placed if param.shown.startswith("[-")]
    for param in flags:
        flag, *value = param.shown.strip("[]").split()
        if before and value and before[-1] == flag:
            yield from _values(param.complete, token, before, session, library)
            return
    if token.startswith("-") and not before:
        for param in flags:
            word = param.shown.strip("[]").split()[0]
            if word.startswith(token):
                yield Candidate(word, len(token))
        return
    plain = [param for param in placed if param not in flags]
    count = sum(1 for one in before if not one.startswith(("@", "-")))
    if plain:
        yield from _values(plain[min(count, len(plain) - 1)].complete, token, before, session, library)


def _values(kind: str, token: str, before: list[str], session: Session, library: Library) -> Iterator[Candidate]:
    if kind == "messages":
        # Of a RANGE the number at its end is completed.
        yield from _messages(session, re.split(r"\.\.|,", token)[-1])
    elif kind == "paths":
        yield from path_completion.complete_path(token)
    elif kind == "files":
        yield from path_completion.complete_shell_word(token)
    elif kind == "request":
        if "diff".startswith(token):
            yield Candidate("diff", len(token), "what differs from the last request")
        yield from path_completion.complete_path(token)
    elif kind == "sessions":
        for one in islice(library.summaries(), _MANY):
            for text in filter(None, (one.id, one.name)):
                if text.startswith(token):
                    yield Candidate(text, len(token), visible_line(one.name or one.first)[:60])
    else:
        for text, meaning in _words(kind, before, session).items():
            if text.startswith(token):
                yield Candidate(text, len(token), meaning)


def _words(kind: str, before: list[str], session: Session) -> Mapping[str, str]:
    if kind == "commands":
        from grokchat.commands.registry import COMMANDS

        return {command.name: command.help for command in COMMANDS}
    if kind == "roles":
        return dict.fromkeys(ROLES, "")
    if kind == "formats":
        return FORMATS
    if kind == "prompts" and session.origin.prompts is not None:
        from grokchat.commands import prompt_files

        return {name: visible_line(line)[:60] for name, line in prompt_files.list_first_lines(session.origin.prompts)}
    if kind == "settings":
        is_kept = "--save" in before
        return {
            **{key: describe_setting(key) for key in SETTINGS if is_kept or is_session_setting(key)},
            **KNOWN_PARAMETERS,
        }
    if kind == "values" and before:
        return _setting_values(before[-1], session)
    if kind == "models":
        return _models(session)
    return {}


def _setting_values(key: str, session: Session) -> Mapping[str, str]:
    if key == "model":
        return _models(session)
    if key == "reasoning_effort":
        return dict.fromkeys(session.model.efforts if session.model is not None else (), "")
    return dict.fromkeys(setting_choices(key) if key in SETTINGS else (), "")


def _models(session: Session) -> Mapping[str, str]:
    """Return the names of models that are known: set, listed by the API, those that have replied."""
    known = [session.settings.model, str(SETTINGS["model"].default), *session.catalog]
    known += [one.reply.model for one in session.conversation if one.reply and one.reply.model]
    return dict.fromkeys(known, "")


def _messages(session: Session, token: str) -> Iterator[Candidate]:
    for number, one in enumerate(session.conversation, 1):
        if str(number).startswith(token):
            words = " ".join(one.text[:200].split())[:50]
            yield Candidate(str(number), len(token), visible_line(f"{one.role}: {words}"))
