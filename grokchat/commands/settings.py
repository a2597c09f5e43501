"""Commands on the model and the settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from grokchat.api.usage import Usage
from grokchat.commands.declare import Command, command
from grokchat.commands.outcomes import ListModels, Notice, Outcome, SaveSetting, Table
from grokchat.commands.params import flag, text, word
from grokchat.config.secret import mask_keys
from grokchat.config.settings import (
    SETTINGS,
    describe_setting,
    find_origin,
    is_session_setting,
    parse_json_or_text,
    parse_setting,
    suggest_key,
    validate_parameter_name,
    validate_setting,
)
from grokchat.errors import CommandError, ConfigError
from grokchat.session.session import Session
from grokchat.suggestions import close_matches

_SHOWN_VALUE = 24
"""Characters of a value in the list of all, which has where it comes from beside it; /set KEY shows it whole."""
_SHOWN_REPLIES = 10
"""Rows of /usage before the last reply's: as many as fit the smallest window."""


def _no_value(key: str) -> Any:
    def is_immediate(arguments: Mapping[str, Any]) -> bool:
        return arguments[key] is None

    return is_immediate


def _no_setting(arguments: Mapping[str, Any]) -> bool:
    return arguments["value"] is None and "=" not in (arguments["key"] or "")


@command("show or change the model", word("model_id", "[ID]", complete="models"), is_immediate=_no_value("model_id"))
def model(session: Session, model_id: str | None) -> Outcome:
    """Change it for this session."""
    if model_id is None:
        return Notice(f"model: {session.settings.model}")
    session.set({"model": validate_setting("model", model_id, "/model")}, {})
    return Notice(f"model: {model_id}{_unlisted(session, model_id)}")


@command(
    "show or change settings and request parameters, for this session; --save: also in the config file",
    flag("save", "[--save]"),
    word("key", "[KEY", complete="settings"),
    text("value", "[VALUE]]", complete="values"),
    name="set",
    is_immediate=_no_setting,
)
def set_(session: Session, save: bool | None, key: str | None, value: str | None) -> Outcome:
    """Show all, show one, or change one. KEY=VALUE is what /retry and -o take, so it is understood here too."""
    if key is not None and "=" in key and value is None:
        key, _, value = key.partition("=")
    if save and (key is None or value is None):
        raise CommandError("--save writes a value into the config file. The form is /set --save KEY VALUE.")
    if key is None:
        return Table(("setting", "value", "from", ""), tuple(_rows(session)), folds=True)
    if value is None:
        shown = session.settings.params.get(key) if key not in SETTINGS else getattr(session.settings, key)
        if key not in SETTINGS and key not in session.settings.params:
            return Notice(f"{key} is not set, so it is not sent")
        return Notice(f"{key} = {_json(shown)} (from {find_origin(key, session.layers())})")
    try:
        if key in SETTINGS:
            checked_value = parse_setting(key, value, "/set")
            if save:
                return SaveSetting("", key, checked_value)
            if not is_session_setting(key):
                raise CommandError(
                    f"{key} cannot be changed in a session. /set --save {key} {value.strip()}: from the next start."
                )
            session.set({key: checked_value}, {})
            return Notice(f"{key} = {_json(checked_value)}")
        validate_parameter_name(key, "/set")
    except ConfigError as error:
        raise CommandError(str(error)) from error
    given = parse_json_or_text(value)
    if save and given is None:
        raise CommandError("The config file cannot say null. Take the line out of it.")
    if save:
        return SaveSetting("params", key, given)
    session.set({}, {key: given})
    shown = "is not sent" if given is None else f"= {_json(given)}"
    return Notice(f"request parameter {key} {shown}{_doubt(key)}")


@command(
    "undo /set: a setting goes back to its default, a request parameter is not sent",
    word("key", "KEY", required=True, complete="settings"),
)
def unset(session: Session, key: str) -> Outcome:
    """Take a setting back."""
    if key in SETTINGS:
        if not is_session_setting(key):
            raise CommandError(f"{key} cannot be changed in a session.")
        session.set({key: None}, {})
        return Notice(f"{key} = {_json(getattr(session.settings, key))} (from {find_origin(key, session.layers())})")
    if key not in session.settings.params:
        raise CommandError(f"{key} is not set.")
    session.set({}, {key: None})
    return Notice(f"request parameter {key} is not sent any more")


@command("tokens, the share that was cached, and cost: of the replies, and of the whole session", is_immediate=True)
def usage(session: Session) -> Outcome:
    """Show what the API reported. The session's row counts replies that were taken out of the buffer too."""
    last = session.last_usage
    if last is None:
        return Notice("The API has reported no usage yet.")
    found = [
        (number, Usage.of(one.reply.usage))
        for number, one in enumerate(session.conversation, 1)
        if one.reply is not None and one.reply.usage is not None
    ]
    if found and found[-1][1] == last:
        del found[-1]
    rows = [(f"message {number}", used) for number, used in found[-_SHOWN_REPLIES:]]
    rows += [("last reply", last), ("session", session.usage)]
    head = ("", "cost", "prompt", "cached", "reasoning", "completion")
    return Table(head, tuple(_usage_row(name, used) for name, used in rows), folds=True)


@command("list the models that the API offers, with context and prices", is_immediate=True)
def models(session: Session) -> Outcome:
    """Ask the API."""
    return ListModels()


def _unlisted(session: Session, model_id: str) -> str:
    if not session.catalog or model_id in session.catalog:
        return ""
    near = close_matches(model_id, session.catalog)
    return "; the API's list of models has no such one" + (
        f", the nearest: {', '.join(near)}" if near else " (/models)"
    )


def _doubt(key: str) -> str:
    near = suggest_key(key)
    return f", sent as given; did you mean {near}? /unset {key} takes this back" if near else ""


def _rows(session: Session) -> list[tuple[str, str, str, str]]:
    layers, now = session.layers(), session.settings
    rows = [(key, _brief(getattr(now, key)), find_origin(key, layers), describe_setting(key)) for key in SETTINGS]
    rows += [(key, _brief(value), find_origin(key, layers), "request parameter") for key, value in now.params.items()]
    return rows


def _usage_row(name: str, used: Usage) -> tuple[str, ...]:
    share = f" ({used.cached / used.prompt:.0%})" if used.cached else ""
    counts = (f"{used.prompt:,}", f"{used.cached:,}{share}", f"{used.reasoning:,}", f"{used.completion:,}")
    return (name, used.dollars or "not reported", *counts)


def _brief(value: Any) -> str:
    shown = _json(value)
    return shown if len(shown) <= _SHOWN_VALUE else shown[: _SHOWN_VALUE - 1] + "…"


def _json(value: Any) -> str:
    return mask_keys(json.dumps(value, ensure_ascii=False))


COMMANDS: tuple[Command, ...] = (model, models, set_, unset, usage)
