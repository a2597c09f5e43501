"""Completion, in the menu and at Tab: commands, their arguments, paths, sessions.

Candidates in memory are returned as a list. Candidates that are read from the disk (paths, sessions, prompts) are an
iterator that reads as it is consumed, which the terminal does in a thread.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from grokchat.attachments.mentions import find_open_mention
from grokchat.chat.command_completion import complete_command
from grokchat.chat.path_completion import complete_mention, complete_path, complete_shell_word
from grokchat.chat.prompt_completion import complete_prompt
from grokchat.chat.session_completion import SessionCompleter
from grokchat.commands.alternatives import distinct_words
from grokchat.commands.declare import Command
from grokchat.commands.insertions import ROLES
from grokchat.commands.names import matching_commands
from grokchat.commands.params import Param
from grokchat.config.parameters import PARAMETERS
from grokchat.config.search_options import SCOPES, SEARCH_OPTIONS, full_name, option_name
from grokchat.config.settings import SETTINGS, describe_setting, is_session_setting, setting_choices
from grokchat.errors import CommandError
from grokchat.export.formats import FORMATS
from grokchat.messages import Message
from grokchat.render.sanitize import visible_line
from grokchat.session.session import Session
from grokchat.session.store import SessionStore
from grokchat.terminal.interface import Candidate

_REST_OF_LINE = frozenset({"paths", "files", "request", "sessions", "prompts"})
"""Values that may contain blanks, and are completed as the rest of the line."""
_MAX_EXPLANATION_CHARS = 60
_MAX_MESSAGES = 1000
"""Of the matching messages: offering 10,000 took 40 ms, during which no key was echoed."""
_MAX_WORDS_CHARS = 50
"""Of a message, in the menu."""


def _never() -> bool:
    return False


class LineCompleter:
    """Completes a line of the chat."""

    def __init__(self, commands: Mapping[str, Command], store: SessionStore) -> None:
        self._commands = commands
        self._sessions = SessionCompleter(store)

    def candidates(self, line: str, session: Session, is_cancelled: Callable[[], bool] = _never) -> Iterable[Candidate]:
        """Return the candidates for the end of the line: a list, or an iterator that reads from the disk."""
        name, *words = line.split(" ")
        if not line.startswith("/") or name.startswith("//") or "/" in name[1:]:
            return _message_candidates(line, is_cancelled)
        if not words:
            return complete_command(name, self._commands)
        found = matching_commands(name[1:], self._commands)
        if len(found) != 1:
            return []
        command = found[0]
        *before, token = words
        rest = _rest_of_line(command, line[len(name) :])
        if rest is not None and not (token.startswith("@") and _takes_position(command)):
            kind, token, before = command.params[-1].complete, rest, []
        elif token.startswith("@"):
            return _position_candidates(command, token, session)
        elif token.startswith("-") and not before:
            return _flag_candidates(command, token)
        else:
            kind = _kind_of_value(command, before, token)
        return self._value_candidates(kind, token, before, session, is_cancelled)

    def _value_candidates(
        self, kind: str, token: str, before: Sequence[str], session: Session, is_cancelled: Callable[[], bool]
    ) -> Iterable[Candidate]:
        match kind:
            case "messages":
                return _message_numbers(session, re.split(r"\.\.|,", token)[-1])  # the number at the end of a RANGE
            case "questions":
                return _question_numbers(session, token)
            case "alternatives":
                return _alternative_candidates(session, token, before)
            case "paths":
                return complete_path(token, is_cancelled)
            case "files":
                return complete_shell_word(token, is_cancelled)
            case "request":
                return _request_candidates(token, is_cancelled)
            case "sessions":
                return self._sessions.matches(token, is_cancelled)
            case "model lists":
                return _candidates(dict.fromkeys(_models(session), ""), token.rpartition(",")[2])
            case "prompts":
                return complete_prompt(session.config.prompts_folder, token)
        return _candidates(_values(kind, before, session), token)


def _message_candidates(line: str, is_cancelled: Callable[[], bool]) -> Iterable[Candidate]:
    """Return the paths that complete the last word of a message, if it is a mention (`@PATH`) or looks like a path."""
    if mention := find_open_mention(line):
        return complete_mention(mention, is_cancelled)
    word = line.rsplit(None, 1)[-1] if line and not line[-1].isspace() else ""
    return complete_path(word, is_cancelled) if "/" in word or word.startswith("~") else []


# -- which parameter is being typed ------------------------------------------------------------------------------------


def _rest_of_line(command: Command, rest: str) -> str | None:
    """Return the typed part of a last parameter that is the rest of the line; None before it begins."""
    if not command.params or command.params[-1].complete not in _REST_OF_LINE:
        return None
    for param in command.params[:-1]:
        try:
            value, rest = param.parse(rest)
        except CommandError:
            return None
        if value is None and param.required:
            return None
    return rest.lstrip(" ") if rest.startswith(" ") else None


def _kind_of_value(command: Command, before: Sequence[str], token: str) -> str:
    """Return the kind of `token` after these words, as its parameter declares it; "" if there is no parameter."""
    for param in _flags(command):
        flag, *value = param.usage.strip("[]").split()
        if before and value and before[-1] == flag:
            return param.complete
    plain = [param for param in command.params if "@" not in param.usage and not param.usage.startswith("[-")]
    if token and not token.isdigit():
        plain = [param for param in plain if param.complete != "questions"]
    count = sum(1 for word in before if not word.startswith(("@", "-")))
    return plain[min(count, len(plain) - 1)].complete if plain else ""


def _flags(command: Command) -> list[Param]:
    return [param for param in command.params if param.usage.startswith("[-")]


# -- candidates --------------------------------------------------------------------------------------------------------


def _candidates(values: Mapping[str, str], token: str) -> list[Candidate]:
    """Return the values that begin with `token`, each with its explanation."""
    return [Candidate(value, len(token), text) for value, text in values.items() if value.startswith(token)]


def _position_candidates(command: Command, token: str, session: Session) -> list[Candidate]:
    if not _takes_position(command):
        return []
    numbers = _message_numbers(session, token[1:])
    return [Candidate(f"@{number.text}", len(token), number.description) for number in numbers]


def _takes_position(command: Command) -> bool:
    return any("@" in param.usage for param in command.params)


def _flag_candidates(command: Command, token: str) -> list[Candidate]:
    flags = [param.usage.strip("[]").split()[0] for param in _flags(command)]
    return [Candidate(flag, len(token)) for flag in flags if flag.startswith(token)]


def _message_numbers(session: Session, token: str) -> list[Candidate]:
    """Return the numbers of messages that begin with `token`."""
    messages = enumerate(session.conversation, 1)
    return _numbered((item for item in messages if str(item[0]).startswith(token)), token)


def _question_numbers(session: Session, token: str) -> list[Candidate]:
    """Return the numbers of the user's messages that begin with `token`, the last one first."""
    messages = session.conversation.messages
    latest = ((number, messages[number - 1]) for number in range(len(messages), 0, -1))
    matches = (item for item in latest if item[1].role == "user" and str(item[0]).startswith(token))
    return _numbered(matches, token)


def _numbered(messages: Iterable[tuple[int, Message]], token: str) -> list[Candidate]:
    return [
        Candidate(str(number), len(token), _describe(message)) for number, message in islice(messages, _MAX_MESSAGES)
    ]


def _describe(message: Message) -> str:
    """Return a message's role and its first words."""
    return visible_line(f"{message.role}: {' '.join(message.text[:200].split())[:_MAX_WORDS_CHARS]}")


def _alternative_candidates(session: Session, token: str, before: Sequence[str]) -> list[Candidate]:
    """Return the numbers of the last reply's other alternatives, and first `diff`."""
    reply = next((message for message in reversed(session.conversation.messages) if message.role == "assistant"), None)
    found = [] if reply is None else session.alternatives.of(reply.id)
    candidates = [Candidate("diff", len(token), "compare it with the current one")] if not before else []
    if reply is None or not found or (before and before != ["diff"]):
        return []
    ids = [alternative.shown_id for alternative in found]
    messages = [reply if reply_id == reply.id else session.alternatives.message(reply_id) for reply_id in ids]
    for number, (message, words) in enumerate(zip(messages, distinct_words(messages), strict=True), 1):
        if message is not reply:
            model = message.reply.asked_model if message.reply is not None else ""
            text = visible_line(f"{model or message.role}: {words[:_MAX_WORDS_CHARS]}")
            candidates.append(Candidate(str(number), len(token), text))
    return [candidate for candidate in candidates[:_MAX_MESSAGES] if candidate.text.startswith(token)]


def _request_candidates(token: str, is_cancelled: Callable[[], bool]) -> Iterator[Candidate]:
    if "diff".startswith(token):
        yield Candidate("diff", len(token), "what changed since the last request")
    yield from complete_path(token, is_cancelled)


def _values(kind: str, before: Sequence[str], session: Session) -> Mapping[str, str]:
    """Return the values of a kind of parameter, each with its explanation."""
    match kind:
        case "commands":
            from grokchat.commands.registry import COMMANDS

            topics = {"keys": "the keys at the prompt", "all": "every command with its form"}
            return topics | {command.name: command.help for command in COMMANDS}
        case "context":
            return {"all": "each message of a long list"}
        case "roles":
            return dict.fromkeys(ROLES, "")
        case "formats":
            return FORMATS
        case "settings":
            keys = [key for key in SETTINGS if "--save" in before or is_session_setting(key)]
            return {
                **{key: describe_setting(key) for key in keys},
                **{full_name(key): option.description for key, option in SEARCH_OPTIONS.items()},
                **{key: f"{meaning} ({values})" for key, (values, meaning) in PARAMETERS.items()},
            }
        case "search":
            return SCOPES
        case "values" if before:
            return dict.fromkeys(_setting_values(before[-1], session), "")
        case "models":
            return dict.fromkeys(_models(session), "")
        case _:
            return {}


def _setting_values(key: str, session: Session) -> Iterable[str]:
    if key == "model":
        return _models(session)
    if key == "reasoning_effort":
        return session.model_info.efforts if session.model_info is not None else ()
    option = SEARCH_OPTIONS.get(option_name(key) or "")
    if option is not None:
        return ("true", "false") if option.kind == "boolean" else ()
    return setting_choices(key) if key in SETTINGS else ()


def _models(session: Session) -> list[str]:
    """Return the known models: the model set, the default, the API's list, and those that have replied."""
    models = [session.settings.model, str(SETTINGS["model"].default), *session.catalog]
    return models + [message.reply.model for message in session.conversation if message.reply and message.reply.model]
