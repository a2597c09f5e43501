"""The texts that are made of declarations: of commands, keys, options and settings.

After a change of one, `.venv/bin/python tests/generated.py` writes them: the manual page, the tables of the README and
of docs/chat.md, the settings in config.example.toml. tests/project/test_generated.py compares them.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

from grokchat.cli import man_page
from grokchat.commands.registry import COMMANDS
from grokchat.config.search_options import SEARCH_OPTIONS, SearchOption
from grokchat.config.settings import SETTINGS, describe_allowed_values, describe_setting, setting_choices
from grokchat.config.styles import ELEMENTS
from grokchat.render.style import TerminalStyle
from grokchat.render.theme_styles import theme_style
from grokchat.views.keymap import EDITING_KEYS, KEYS

ROOT = Path(__file__).resolve().parent.parent


def manual(_: str) -> str:
    return man_page.page()


def readme(current: str) -> str:
    commands = [(f"`{command.usage}`", command.help) for command in COMMANDS]
    keys = [(key.shown, key.effect) for key in KEYS]
    text = between(current, "<!-- commands -->\n", "<!-- /commands -->", table("command", commands))
    return between(text, "<!-- keys -->\n", "<!-- /keys -->", table("key", keys))


def chat_page(current: str) -> str:
    editing = [(key.shown.replace("\\", "`\\`").replace("<", "&lt;"), key.effect) for key in EDITING_KEYS]
    return between(current, "<!-- editing keys -->\n", "<!-- /editing keys -->", table("key", editing))


def table(name: str, rows: list[tuple[str, str]]) -> str:
    return f"| {name} | effect |\n| --- | --- |\n" + "".join(f"| {first} | {second} |\n" for first, second in rows)


def example_config(current: str) -> str:
    settings = "".join(
        f"# {describe_setting(key)}{f': {allowed_words(key)}' * bool(allowed_words(key))}\n"
        f"{key} = {json.dumps(setting.default)}\n\n"
        for key, setting in SETTINGS.items()
    )
    text = between(current, "command line, /set.\n\n", "# request parameters", settings)
    dark = TerminalStyle("truecolor", background="dark")
    lines = [
        (f'# {element} = "{theme_style(element, dark) or "none"}"', meaning) for element, meaning in ELEMENTS.items()
    ]
    text = between(text, "[styles]\n", "\n# settings under a name", commented(lines))
    options = [(f"# {key} = {option.example}", option_words(option)) for key, option in SEARCH_OPTIONS.items()]
    return between(text, "[search_options]\n", "\n# your own styles", commented(options))


def commented(lines: list[tuple[str, str]]) -> str:
    """Return lines, each with its meaning in a comment behind it, which begin in the same column."""
    size = max(len(line) for line, _ in lines)
    return "".join(f"{line:{size}}  # {meaning}\n" for line, meaning in lines)


def option_words(option: SearchOption) -> str:
    """Return `web: leave these sites out, at most 5`."""
    tools = " and ".join({"web": "web", "x": "X"}[tool] for tool in option.tools)
    return f"{tools}: {option.description}{f', at most {option.most}' * bool(option.most)}"


def allowed_words(key: str) -> str:
    """Return the words that a setting can be; nothing for one that is on or off, or takes any text or number."""
    return describe_allowed_values(key) if set(setting_choices(key)) - {"true", "false"} else ""


def between(text: str, begin: str, end: str, content: str) -> str:
    """Return the text with other content between two marks."""
    before, after = re.escape(begin), re.escape(end)
    changed, count = re.subn(f"(?s)({before}).*?({after})", lambda match: match[1] + content + match[2], text, count=1)
    assert count == 1, f"the marks {begin.strip()} and {end} are not there"
    return changed


FILES: dict[str, Callable[[str], str]] = {
    "share/grokchat.1": manual,
    "README.md": readme,
    "docs/chat.md": chat_page,
    "config.example.toml": example_config,
}
"""What makes each file of what it is now."""


def current(name: str) -> str:
    return (ROOT / name).read_bytes().decode("utf-8")


if __name__ == "__main__":
    for name, make in FILES.items():
        text = current(name)
        if make(text) != text:
            (ROOT / name).write_bytes(make(text).encode("utf-8"))
            sys.stdout.write(f"{name} is written\n")
