"""Commands that ask for a reply: /retry for another one, /continue for the rest of an unfinished one."""

from __future__ import annotations

import re
from typing import Any

from grokchat.commands.declare import Command, command
from grokchat.commands.feedback import describe_dropped
from grokchat.commands.outcomes import AskModel, AwaitReply, Notice, Outcome
from grokchat.commands.params import Param, option_param, question_number_param, word_param
from grokchat.commands.positions import find_question
from grokchat.config.parameters import describe_slip
from grokchat.config.search_options import option_name
from grokchat.config.search_values import parse_search_option
from grokchat.config.settings import SETTINGS, Layer, is_session_setting
from grokchat.config.validation import (
    parse_json_or_text,
    parse_models,
    parse_setting,
    quote_value,
    split_parameter,
)
from grokchat.errors import CommandError, ConfigError
from grokchat.messages import INTERRUPTED, LIMITS, Message
from grokchat.session.deferred_replies import (
    check_fetchable,
    check_none_awaited,
    find_awaited,
    find_due_reply,
)
from grokchat.session.due_replies import DROPPED
from grokchat.session.session import Session


def _key_value_param(name: str) -> Param:
    def parse(rest: str) -> tuple[Any, str]:
        words = re.sub(r"(?<=\S)\s++=\s++(?=\S)", "=", rest).split()
        if wrong := next((word for word in words if word.startswith("-") or "=" not in word), None):
            raise CommandError(f"must be KEY=VALUE, not {quote_value(wrong)}.")
        return words or None, ""

    return Param(name, "[KEY=VALUE ...]", parse, complete="settings")


@command(
    "ask your last message, or user message N, again and drop what follows it; -m and KEY=VALUE are for this call only",
    question_number_param("number", "[N]"),
    option_param("model", "-m", "[-m ID[,ID...]]", complete="model lists"),
    _key_value_param("pairs"),
    aliases=("regenerate",),
    starts_turn=True,
    examples=(
        ("/retry", "another reply to your last message"),
        ("/retry 2 temperature=1", "drop what follows message 2 and ask it again, more varied"),
        ("/retry -m grok-4.7,grok-4.3", "a reply from each model, at the same time"),
    ),
)
def retry(session: Session, number: int | None, model: str | None, pairs: list[str] | None) -> Outcome:
    """Ask a user message again; the chat removes what follows it and sends."""
    check_none_awaited(session)
    question = find_question(session, number, "/retry")
    if session.read_only_error:
        raise CommandError(f"Not sent. {session.read_only_error}")
    models: tuple[str, ...] = ()
    try:
        own, slips = _parse_pairs(pairs or [])
        values = dict(own.values)
        if model:
            models = parse_models(model, "/retry -m")
            values["model"] = models[0]
    except ConfigError as error:
        raise CommandError(str(error)) from error
    removed = tuple(message.id for message in session.conversation.messages[question:])
    notice = "" if number is None else f"asking #{number} again{describe_dropped(question, len(removed))}"
    several = models if len(models) > 1 else ()
    return AskModel(
        values,
        own.params,
        several,
        remove=removed,
        notice=notice,
        warnings=slips,
        search_options=own.search_options,
    )


def _parse_pairs(pairs: list[str]) -> tuple[Layer, tuple[str, ...]]:
    """Return what KEY=VALUE pairs set, and what was probably mistyped; raises CommandError and ConfigError."""
    values: dict[str, Any] = {}
    params: dict[str, Any] = {}
    options: dict[str, Any] = {}
    slips = []
    for pair in pairs:
        key, text = split_parameter(pair, "/retry")
        if option := option_name(key):
            options[option] = parse_search_option(option, text, "/retry")
            continue
        if key in SETTINGS:
            if not is_session_setting(key):
                raise CommandError(f"{key} cannot be changed in a session.")
            values[key] = parse_setting(key, text, "/retry")
            continue
        params[key] = parse_json_or_text(text)
        if slip := describe_slip(key, params[key], text=text, names=SETTINGS):
            slips.append(f"{key}: {slip}")
    return Layer("/retry", values, params, search_options=options), tuple(slips)


@command(
    "continue a reply that was interrupted or hit its length limit, or wait for a deferred one; drop gives that up",
    word_param("action", "[drop]"),
    starts_turn=True,
    examples=(
        ("/continue", "get the rest of the reply"),
        ("/continue drop", "no longer wait for a deferred reply"),
        ("/insert assistant Dear Ms Lee,", "begin a reply yourself; /continue finishes it"),
    ),
)
def continue_(session: Session, action: str | None) -> Outcome:
    """Ask for the rest of a reply: the request ends with it. Or wait for a reply that is due, or give it up."""
    if action is not None:
        return _drop_due(session, action)
    if (due := find_awaited(session)) is not None:
        check_fetchable(session, due)
        return AwaitReply(due)
    sent = session.conversation.sent()
    last = sent[-1] if sent else None
    if last is None or not _can_continue(last):
        if (due := find_due_reply(session)) is not None:
            check_fetchable(session, due)
            return AwaitReply(due)
        raise CommandError("The list does not end with an unfinished reply. /retry asks again.")
    if session.read_only_error:
        raise CommandError(f"Not sent. {session.read_only_error}")
    return AskModel(joins=last)


def _drop_due(session: Session, action: str) -> Outcome:
    """Give up the reply that is due."""
    if action != "drop":
        raise CommandError("Usage: /continue, or /continue drop")
    if (due := find_due_reply(session)) is None:
        raise CommandError("No reply is due.")
    check_fetchable(session, due)
    session.end_due(due, DROPPED)
    return Notice(f"gave up the deferred reply of request {due.request_id} · the API may bill it · /retry asks again")


def _can_continue(message: Message) -> bool:
    """Return whether a message can be continued: an unfinished reply, or an assistant message inserted by hand."""
    if message.role != "assistant":
        return False
    finish_reason = message.reply.finish_reason if message.reply is not None else None
    return finish_reason in {None, INTERRUPTED, *LIMITS}


COMMANDS: tuple[Command, ...] = (retry, continue_)
