"""The manual page, in roff, generated from the declarations of options, commands, keys and settings."""

from __future__ import annotations

from collections.abc import Mapping

from grokchat import __version__
from grokchat.cli.help_page import EXAMPLES
from grokchat.command_line_options import OPTION_GROUPS
from grokchat.commands.declare import Command
from grokchat.commands.overview import GROUPS
from grokchat.commands.registry import by_name
from grokchat.config.settings import SETTINGS, describe_setting
from grokchat.export.formats import FORMATS
from grokchat.views.keymap import EDITING_KEYS, KEYS

_DESCRIPTION = (
    (
        "A terminal chat with Grok, xAI's model, that gives you the message list: add a message of any role anywhere, "
        "mute, move or edit it, see the exact request, and export it as a program."
    ),
    (
        "PROMPT's words are one message. Standard input that is not a terminal is read to its end and becomes a "
        "message of its own before it. On a terminal a chat starts. If standard output is a pipe or file, it gets the "
        "text of one reply and nothing else; everything else goes to standard error."
    ),
)
_EXIT = {
    "0": "done",
    "1": "the API refused the request",
    "2": "usage, configuration or a missing key",
    "3": "the API could not be reached, kept failing, or broke off its reply",
    "4": "a file could not be read or written",
    "130": "interrupted",
}
_ENVIRONMENT = {
    "XAI_API_KEY": "the API key",
    "GROKCHAT_BASE_URL": "the API's address, like --base-url",
    "GROKCHAT_MODEL": "the model, like --model",
    "GROKCHAT_PROFILE": "a profile of the config file, like --profile",
    "GROKCHAT_CONFIG": "the config file, like --config",
    "GROKCHAT_HOME": "one directory for all files of grokchat",
    "GROKCHAT_DEBUG": "if set, errors that are bugs show a traceback",
    "NO_COLOR, VISUAL, EDITOR, HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE": "what they are elsewhere",
}
_FILES = {
    "config.toml": "settings, in the platform's user config directory",
    "prompts/NAME.md": "saved prompts, for /use NAME, in the same directory",
    "sessions/ID.jsonl": "sessions, in the user data directory",
}


def page() -> str:
    """Return the page."""
    named = by_name()
    options = {title: {each.usage: each.help for each in group} for title, group in OPTION_GROUPS.items()}
    commands = {group.title: dict(map(_command, group.commands(named))) for group in GROUPS}
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
        *_subsections(options),
        ".SH COMMANDS",
        _text("A line of the chat that begins with / and letters is a command; //text sends /text."),
        *_subsections(commands),
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
        ".SH EXAMPLES",
        *_entries({line: meaning[:1].upper() + meaning[1:] for line, meaning in EXAMPLES}),
    ]
    return "\n".join(lines) + "\n"


def _command(command: Command) -> tuple[str, str]:
    aliases = f" Also: {', '.join(f'/{alias}' for alias in command.aliases)}." if command.aliases else ""
    return command.usage, f"{command.help}.{aliases}"


def _subsections(groups: Mapping[str, Mapping[str, str]]) -> list[str]:
    return [line for title, texts in groups.items() for line in (f".SS {title}", *_entries(texts))]


def _entries(texts: Mapping[str, str]) -> list[str]:
    return [line for name, text in texts.items() for line in (".TP", f"\\fB{_text(name)}\\fR", _text(text))]


def _text(text: str) -> str:
    """Return text escaped for roff: no escape sequences or requests in it, hyphens that can be copied."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    escaped = "".join(letter if letter.isascii() else f"\\[u{ord(letter):04X}]" for letter in escaped)
    return f"\\&{escaped}" if escaped.startswith(".") else escaped
