"""Commands on the model and the settings: /model, /models, /set and /unset."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from grokchat.commands.declare import Command, command
from grokchat.commands.outcomes import (
    ChooseModel,
    Column,
    ListModels,
    Notice,
    Outcome,
    SaveSetting,
    Sections,
    Table,
)
from grokchat.commands.params import Param, flag_param, text_param, word_param
from grokchat.commands.search import (
    change_search_option,
    describe_conflicts,
    list_search_options,
    show_search_option,
    unset_search_option,
)
from grokchat.config.parameters import PARAMETERS, describe_slip, suggest_parameter
from grokchat.config.search_options import SEARCH_OPTIONS, TABLE, full_name, option_name
from grokchat.config.settings import (
    DEFAULT_ORIGIN,
    SETTINGS,
    describe_allowed_values,
    describe_setting,
    find_origin,
    is_session_setting,
)
from grokchat.config.validation import parse_json_or_text, parse_setting, validate_parameter_name, validate_setting
from grokchat.errors import CommandError, ConfigError
from grokchat.redaction import mask_keys
from grokchat.sequences import shorten
from grokchat.session.session import Session
from grokchat.suggestions import close_matches

_MAX_CHANGED_CHARS, _MAX_DEFAULT_CHARS = 40, 20
"""Of a value in the list of all settings; /set KEY shows it whole."""
_SET_HINT = (
    "/set KEY shows one in full · /set KEY VALUE changes it for this session, --save for all · /unset KEY undoes it"
)
_NAMES = (*SETTINGS, *map(full_name, SEARCH_OPTIONS))
"""What can be set besides request parameters."""


@command(
    "change the model; without ID choose from a list",
    word_param("model_id", "[ID]", complete="models"),
    examples=(
        ("/model", "choose from a list"),
        ("/model grok-4.3", "change it by name"),
    ),
)
def model(session: Session, model_id: str | None) -> Outcome:
    """Change the model for this session, or let the user choose it."""
    if model_id is not None:
        return set_model(session, model_id)
    session.check_writable()
    return ChooseModel()


def set_model(session: Session, model_id: str) -> Notice:
    """Change the model for this session; raises CommandError."""
    try:
        session.set_overrides({"model": validate_setting("model", model_id, "/model")}, {})
    except ConfigError as error:
        raise CommandError(str(error)) from error
    return Notice(f"model: {model_id}{_unlisted_model_hint(session, model_id)}")


@command(
    "list the API's models, with context windows and prices",
    is_immediate=True,
    examples=(
        ("/models", "list them"),
        ("/model grok-4.3", "change to one of them"),
    ),
)
def models(session: Session) -> Outcome:
    """List the API's models."""
    return ListModels()


def _key_param() -> Param:
    """Return the parameter for KEY, which ends in `=` if it is written KEY=VALUE, KEY = VALUE or KEY=."""

    def parse(rest: str) -> tuple[Any, str]:
        match = re.match(r"\s*+([^\s=]*+)(?:=|[ \t]++=(?!=))", rest)
        if match is not None:
            return f"{match[1]}=", rest[match.end() :]
        match = re.match(r"\s*+(\S++)", rest)
        return (match[1], rest[match.end() :]) if match else (None, rest)

    return Param("key", "[KEY", parse, complete="settings")


def _shows_settings(arguments: Mapping[str, Any]) -> bool:
    return arguments["value"] is None and not (arguments["key"] or "").endswith("=")


@command(
    "show or change settings and request parameters for this session; --save writes the config file too",
    flag_param("save", "[--save]"),
    _key_param(),
    text_param("value", "[VALUE]]", complete="values"),
    aliases=("config",),
    immediate_if=_shows_settings,
    examples=(
        ("/set", "show everything that can be set"),
        ("/set temperature 0.2", "a request parameter, for this session"),
        ("/set --save theme light", "a setting, for all sessions to come"),
    ),
)
def set_(session: Session, save: bool | None, key: str | None, value: str | None) -> Outcome:
    """Show all settings or one, or change one. KEY=VALUE works too, because /retry and -o take it."""
    if key is not None and key.endswith("="):
        key, value = key[:-1], value or ""
    if key == "":
        raise CommandError("Usage: /set KEY VALUE")
    if key is not None and key.partition(".")[0] == "styles":
        raise CommandError("Styles are not changed in a session. Put them under [styles] in the config file.")
    if save and (key is None or value is None):
        raise CommandError("Usage: /set --save KEY VALUE")
    if key is None:
        return _list_settings(session)
    try:
        if value is None:
            return _show_value(session, key)
        return _change_value(session, key, value, save=bool(save))
    except ConfigError as error:
        raise CommandError(str(error)) from error


def _list_settings(session: Session) -> Sections:
    """Return what is changed, then the other settings, then the request parameters that are not set."""
    settings, layers = session.settings, session.settings_layers()
    options = {full_name(key): value for key, value in settings.search_options.items()}
    values = {**{key: getattr(settings, key) for key in SETTINGS}, **options, **settings.params}
    origins = {key: find_origin(key, layers) for key in values}
    changed = [key for key, origin in origins.items() if origin != DEFAULT_ORIGIN]
    others = [key for key, origin in origins.items() if origin == DEFAULT_ORIGIN]
    unset = [(key, *about) for key, about in PARAMETERS.items() if key not in settings.params]
    columns = (Column(element="label"), Column(), Column(element="muted", overflow="fold"))
    sections = (
        ("Changed", [(key, _brief(values[key], _MAX_CHANGED_CHARS), origins[key]) for key in changed]),
        ("Settings", [(key, _brief(values[key], _MAX_DEFAULT_CHARS), _meaning(key)) for key in others]),
        ("Request parameters, sent only if set: /set temperature 0.3", unset),
    )
    return Sections(tuple((title, Table(columns, tuple(rows))) for title, rows in sections if rows), _SET_HINT)


def _meaning(key: str) -> str:
    """Return a setting's description up to its first comma; /set KEY shows all of it."""
    return re.split("[,;:] ", describe_setting(key), maxsplit=1)[0]


def _show_value(session: Session, key: str) -> Notice | Sections:
    """Show a setting or a request parameter with its origin, its meaning and its values; raises ConfigError."""
    settings = session.settings
    if key.rstrip(".") == TABLE:
        return list_search_options(session)
    if option := option_name(key):
        return show_search_option(session, option)
    if key in SETTINGS:
        details = [f"{describe_setting(key)} · {describe_allowed_values(key)}"]
    else:
        details = [f"{meaning} · {values}" for values, meaning in [PARAMETERS[key]]] if key in PARAMETERS else []
    if key not in SETTINGS and key not in settings.params:
        meant = suggest_parameter(key, _NAMES)
        hint = f"; did you mean {meant}?" if meant else ""
        return Notice(f"{key} is not set, so it is not sent{hint}", tuple(details))
    value = getattr(settings, key) if key in SETTINGS else settings.params[key]
    return Notice(f"{key} = {_json(value)} (from {find_origin(key, session.settings_layers())})", tuple(details))


def _change_value(session: Session, key: str, text: str, *, save: bool) -> Notice | SaveSetting:
    """Change a setting or a request parameter in this session; with `save` the chat does that and writes it.

    Raises CommandError and ConfigError.
    """
    if key.rstrip(".") == TABLE:
        raise CommandError(f"Usage: /set {TABLE}.KEY VALUE. /set {TABLE} lists the keys.")
    if option := option_name(key):
        return change_search_option(session, option, text, save=save)
    if key in SETTINGS:
        value = parse_setting(key, text, "/set")
        if save:
            return SaveSetting("", key, value)
        if not is_session_setting(key):
            raise CommandError(
                f"{key} cannot be changed in a session. /set --save {key} {text.strip()} sets it from the next start."
            )
        session.set_overrides({key: value}, {})
        conflicts = describe_conflicts(session.settings) if key == "search" else ()
        return Notice(f"{key} = {_json(value)}", warnings=conflicts)
    validate_parameter_name(key, "/set")
    value = parse_json_or_text(text)
    if save and value is None:
        raise CommandError("A config file cannot hold null. Delete the line from it instead.")
    slip = describe_slip(key, value, text=text, names=_NAMES)
    if save:
        return SaveSetting("params", key, value, f"; {slip}" if slip else "")
    session.set_overrides({}, {key: value})
    effect = "is not sent" if value is None else f"= {_json(value)}"
    conflicts = () if value is None else describe_conflicts(session.settings)
    undo = f", {slip} /unset {key} undoes this" if slip else ""
    return Notice(f"request parameter {key} {effect}{undo}", warnings=conflicts)


@command(
    "undo /set: restore a setting's default, or stop sending a request parameter",
    word_param("key", "KEY", required=True, complete="settings"),
    examples=(
        ("/unset temperature", "stop sending it"),
        ("/unset model", "back to the model of the config file"),
    ),
)
def unset(session: Session, key: str) -> Outcome:
    """Undo /set."""
    try:
        if option := option_name(key):
            return unset_search_option(session, option)
    except ConfigError as error:
        raise CommandError(str(error)) from error
    if key in SETTINGS:
        if not is_session_setting(key):
            raise CommandError(f"{key} cannot be changed in a session.")
        session.set_overrides({key: None}, {})
        return Notice(
            f"{key} = {_json(getattr(session.settings, key))} (from {find_origin(key, session.settings_layers())})"
        )
    if key not in session.settings.params:
        raise CommandError(f"{key} is not set.")
    session.set_overrides({}, {key: None})
    return Notice(f"request parameter {key} is no longer sent")


def _unlisted_model_hint(session: Session, model_id: str) -> str:
    if not session.catalog or model_id in session.catalog:
        return ""
    matches = close_matches(model_id, session.catalog)
    hint = f"did you mean {' or '.join(matches)}?" if matches else "/models shows the list"
    return f" · not in the API's list of models; {hint}"


def _brief(value: Any, max_chars: int) -> str:
    text = mask_keys(value) if isinstance(value, str) else _json(value).removesuffix(".0")
    return shorten(text, max_chars)


def _json(value: Any) -> str:
    return mask_keys(json.dumps(value, ensure_ascii=False))


COMMANDS: tuple[Command, ...] = (model, models, set_, unset)
