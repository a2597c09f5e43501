"""The manual page, in roff, generated from the declarations of options, commands, keys and settings."""

from __future__ import annotations

from argparse import Action
from collections.abc import Mapping

from grokchat import __version__
from grokchat.arguments import make_parser
from grokchat.commands.registry import COMMANDS
from grokchat.compat.argparse import options_of
from grokchat.config.settings import SETTINGS, describe_setting
from grokchat.export.formats import FORMATS
from grokchat.views.keymap import EDITING_KEYS, KEYS

_DESCRIPTION = (
    (
        "A terminal chat with Grok, xAI's model, that gives you the message list: put a message of any role anywhere, "
        "mute, move or edit it, see the exact request, and take it away as a program."
    ),
    (
        "PROMPT's words are one message. Standard input that is not a terminal is read whole and is a message of its "
        "own before it. On a terminal a chat begins; into a pipe or file goes the reply's text alone, and everything "
        "else to standard error."
    ),
)
_EXIT = {
    "0": "done",
    "1": "the API refused the request",
    "2": "usage, configuration or a missing key",
    "3": "the API could not be reached, kept failing after the retries, or broke off its reply",
    "4": "a file could not be read or written",
    "130": "interrupted",
}
_ENVIRONMENT = {
    "XAI_API_KEY": "the API key",
    "GROKCHAT_BASE_URL": "where the API is",
    "GROKCHAT_MODEL": "the model that replies",
    "GROKCHAT_PROFILE": "the profile of the config file, as -P",
    "GROKCHAT_CONFIG": "the config file, as --config",
    "GROKCHAT_HOME": "one directory for all of grokchat's files",
    "GROKCHAT_DEBUG": "if set, tracebacks",
    "NO_COLOR, VISUAL, EDITOR, HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE": "as usual",
}
_FILES = {
    "config.toml": "settings, in the platform's user config directory",
    "prompts/NAME.md": "beside it, what /use NAME puts in",
    "sessions/ID.jsonl": "sessions, in the user data directory",
}


def page() -> str:
    """Return the page."""
    options = {_option(option): option.help or "" for option in options_of(make_parser())}
    commands = {command.usage: command.help for command in COMMANDS}
    lines = [
        f'.TH GROKCHAT 1 "" "grokchat {__version__}"',
        ".SH NAME",
        f"grokchat {_text('-')} {_text('a terminal chat with Grok')}",
        ".SH SYNOPSIS",
        ".B grokchat",
        "[OPTIONS] [PROMPT ...]",
        ".SH DESCRIPTION",
        *[line for text in _DESCRIPTION for line in (".PP", _text(text))],
        ".SH OPTIONS",
        *_entries(options),
        ".SH COMMANDS",
        _text("A line of the chat that begins with / and letters is a command; //text sends /text."),
        *_entries(commands),
        ".SH KEYS",
        *_entries({key.shown: key.effect for key in (*KEYS, *EDITING_KEYS)}),
        ".SH SETTINGS",
        _text("Keys of the config file. Later wins: defaults, config file, profile, environment, command line, /set."),
        *_entries({key: describe_setting(key) for key in SETTINGS}),
        ".SH EXPORTS",
        *_entries(FORMATS),
        ".SH EXIT STATUS",
        *_entries(_EXIT),
        ".SH ENVIRONMENT",
        *_entries(_ENVIRONMENT),
        ".SH FILES",
        *_entries(_FILES),
    ]
    return "\n".join(lines) + "\n"


def _option(option: Action) -> str:
    value = f" [{option.metavar}]" if option.nargs == "?" else f" {option.metavar}" if option.nargs != 0 else ""
    return ", ".join(option.option_strings) + value


def _entries(texts: Mapping[str, str]) -> list[str]:
    return [line for name, text in texts.items() for line in (".TP", f"\\fB{_text(name)}\\fR", _text(text))]


def _text(text: str) -> str:
    """Return text escaped for roff: no escape sequences or requests in it, hyphens that can be copied."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    escaped = "".join(letter if letter.isascii() else f"\\[u{ord(letter):04X}]" for letter in escaped)
    return f"\\&{escaped}" if escaped.startswith(".") else escaped
