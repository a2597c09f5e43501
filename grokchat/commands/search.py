"""What the model may search: the command /search, and the options of the search tools for /set and /unset."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from grokchat.api.endpoint import endpoint_for
from grokchat.commands.declare import Command, command
from grokchat.commands.outcomes import Column, Notice, Outcome, SaveSetting, Sections, Table
from grokchat.commands.params import word_param
from grokchat.config.search_options import SCOPES, SEARCH_OPTIONS, TABLE, full_name, tools_of
from grokchat.config.search_values import (
    describe_search_values,
    find_date_problem,
    find_search_option,
    parse_search_option,
)
from grokchat.config.settings import Settings, find_origin
from grokchat.config.validation import parse_setting, quote_value
from grokchat.errors import CommandError, ConfigError
from grokchat.session.session import Session

_OPTIONS_HINT = f"/set {TABLE}.KEY VALUE changes one for this session, --save for all · /unset {TABLE}.KEY undoes it"
_TOOL_NAMES = {"web": "web", "x": "X"}


@command(
    "show or change what the model may search for its replies: the web, X, or all",
    word_param("scope", "[off/web/x/all]", complete="search"),
    immediate_if=lambda arguments: arguments["scope"] is None,
    examples=(
        ("/search all", "let the model search the web and X from the next message on"),
        ("/search", "show what is on, and the options in effect"),
        ("/set search_options", "list the options: sites, accounts, days"),
    ),
)
def search(session: Session, scope: str | None) -> Outcome:
    """Show what the model may search, or change it."""
    if scope is None:
        return _show_search(session)
    try:
        value = parse_setting("search", scope, "/search")
    except ConfigError as error:
        values = ", ".join(SCOPES)
        raise CommandError(
            f"/search takes {values}, not {quote_value(scope)}. It sets what the model may search; /sessions WORDS "
            "searches your sessions, /history WORDS this one."
        ) from error
    session.set_overrides({"search": value}, {})
    text = f"search: {value} · {_describe_scope(value)}"
    return Notice(text, warnings=describe_conflicts(session.settings))


def _describe_scope(value: str) -> str:
    return "the model answers without it" if value == "off" else f"the model may search {SCOPES[value]}"


def _show_search(session: Session) -> Notice:
    """Show what the model may search, and each option that is set, with its origin."""
    settings, layers = session.settings, session.settings_layers()
    options = []
    for key, value in settings.search_options.items():
        unused = f" · {_unused(key, settings)}" if settings.search != "off" and _unused(key, settings) else ""
        name = full_name(key)
        options.append(f"{name} = {_json(value)} (from {find_origin(name, layers)}){unused}")
    if settings.search == "off":
        hint = "/search web, /search x or /search all turns it on"
    else:
        hint = f"/search off turns it off · /set {TABLE} lists the options"
    origin = find_origin("search", layers)
    text = f"search: {settings.search} (from {origin}) · {_describe_scope(settings.search)}"
    return Notice(text, (*options, hint), describe_conflicts(settings))


def describe_conflicts(settings: Settings) -> tuple[str, ...]:
    """Return why the next request would be refused before it is sent, and what leaves nothing to search."""
    found = []
    try:
        endpoint_for(settings).check(settings)
    except CommandError as error:
        found.append(str(error).removeprefix("Not sent. "))
    problem = find_date_problem(settings.search_options)
    if problem and settings.search != "off":
        found.append(f"{full_name('from_date')} {problem}.")
    return tuple(found)


# -- the options, for /set and /unset ----------------------------------------------------------------------------------


def list_search_options(session: Session) -> Sections:
    """Return all options with their values, where they are set, and what they are for."""
    settings, layers = session.settings, session.settings_layers()
    values = settings.search_options
    changed = [
        (key, _json(values[key]), find_origin(full_name(key), layers)) for key in SEARCH_OPTIONS if key in values
    ]
    others = [(key, _describe_kind(key), _describe_use(key)) for key in SEARCH_OPTIONS if key not in values]
    columns = (Column(element="label"), Column(overflow="fold"), Column(element="muted", overflow="fold"))
    sections: Sequence[tuple[str, list[tuple[str, str, str]]]] = (
        (f"Changed in {TABLE}", changed),
        (f"Options of the search tools (search is {settings.search}), sent only if set", others),
    )
    return Sections(tuple((title, Table(columns, tuple(rows))) for title, rows in sections if rows), _OPTIONS_HINT)


def show_search_option(session: Session, key: str) -> Notice:
    """Show an option with its origin, its meaning and its values; raises ConfigError."""
    find_search_option(key, "/set")
    name, values = full_name(key), session.settings.search_options
    details = (f"{_describe_use(key)} · {describe_search_values(key)}",)
    if key not in values:
        return Notice(f"{name} is not set, so it is not sent", details)
    return Notice(f"{name} = {_json(values[key])} (from {find_origin(name, session.settings_layers())})", details)


def change_search_option(session: Session, key: str, text: str, *, save: bool) -> Notice | SaveSetting:
    """Change an option in this session; with `save` the chat does that and writes it. Raises ConfigError."""
    value = parse_search_option(key, text, "/set")
    if save:
        if value is None:
            raise CommandError("A config file cannot hold null. Delete the line from it instead.")
        return SaveSetting(TABLE, key, value)
    options: Mapping[str, Any] = {**session.settings.search_options, key: value}
    if problem := find_date_problem(options):
        raise CommandError(f"{full_name('from_date')} {problem}.")
    replaced = SEARCH_OPTIONS[key].excludes if value is not None else ""
    facts = [f"{full_name(key)} {'is not sent' if value is None else f'= {_json(value)}'}"]
    if replaced in options:
        facts.append(f"replaces {replaced}")
    session.set_overrides({}, {}, {key: value})
    if value is not None:
        facts.append(_unused(key, session.settings))
    return Notice(" · ".join(filter(None, facts)))


def unset_search_option(session: Session, key: str) -> Notice:
    """Stop sending an option; raises ConfigError and CommandError."""
    find_search_option(key, "/unset")
    if key not in session.settings.search_options:
        raise CommandError(f"{full_name(key)} is not set.")
    session.set_overrides({}, {}, {key: None})
    back = SEARCH_OPTIONS[key].excludes
    again = f" · {back} is again" if back in session.settings.search_options else ""
    return Notice(f"{full_name(key)} is no longer sent{again}")


def _unused(key: str, settings: Settings) -> str:
    """Return why an option has no effect at present, or ""."""
    tools = SEARCH_OPTIONS[key].tools
    if set(tools) & set(tools_of(settings.search)):
        return ""
    turn_on = f"/search {tools[0] if settings.search == 'off' and len(tools) == 1 else 'all'}"
    return f"not used: search is {settings.search} ({turn_on} changes that)"


def _describe_use(key: str) -> str:
    """Return an option's tools and its meaning."""
    option = SEARCH_OPTIONS[key]
    return f"{' and '.join(_TOOL_NAMES[tool] for tool in option.tools)}: {option.description}"


def _describe_kind(key: str) -> str:
    """Return an option's values in a few words."""
    option = SEARCH_OPTIONS[key]
    return {
        "boolean": "true or false",
        "date": "YYYY-MM-DD",
        "hosts": f"hosts, at most {option.most}",
        "handles": f"handles, at most {option.most}",
    }[option.kind]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


COMMANDS: tuple[Command, ...] = (search,)
