"""The page that --help prints: 80 columns, one option a row, and examples at the end."""

from __future__ import annotations

from collections.abc import Sequence

from grokchat.command_line_options import OPTION_GROUPS, Option
from grokchat.export.formats import FORMATS

EXAMPLES = (
    ("grokchat 'What is a monad?'", "chat, with a first question"),
    ("git diff | grokchat -p 'Review this'", "print one reply and exit"),
    ("grokchat -f plan.md 'What is missing?'", "ask about a file"),
    ("grokchat --search 'What is new in Python?'", "let it look things up"),
    ("grokchat -o deferred=true 'Prove it' >proof.md", "let the reply take its time"),
    ("grokchat --schema cv.json -f cv.txt 'Extract it'", "get JSON of a given shape"),
    ("grokchat -c", "continue the newest session"),
    ("grokchat -c --export curl", "its request as a program"),
)
"""Command lines that work as they are, and what they do."""

_HEAD = """\
A terminal chat with Grok.

Usage: grokchat [OPTIONS] [PROMPT ...]

On a terminal a chat starts; a pipe or file gets the text of one reply.
Piped input is a message of its own, before PROMPT.
The API key is read from XAI_API_KEY, or stored with grokchat --login.
In the chat, /help lists the commands; grokchat --man is the manual page.
"""
_COLUMNS = 79
_INDENT = "  "


def help_page() -> str:
    """Return the page."""
    size = max(len(_form(option)) for options in OPTION_GROUPS.values() for option in options)
    sections = [_HEAD]
    for title, options in OPTION_GROUPS.items():
        rows = [(_form(option), option.help) for option in options]
        sections.append(_section(title, rows, size))
    sections.append(f"EXPORT FORMATS:\n{_wrapped(', '.join(FORMATS))}")
    sections.append(_section("Examples", EXAMPLES, max(len(line) for line, _ in EXAMPLES)))
    return "\n".join(sections)


def _form(option: Option) -> str:
    """Return an option's form with the long names below each other."""
    return option.usage if len(option.names) > 1 else f"    {option.usage}"


def _section(title: str, rows: Sequence[tuple[str, str]], size: int) -> str:
    return f"{title.upper()}:\n" + "".join(f"{_INDENT}{name:{size}}  {meaning}\n" for name, meaning in rows)


def _wrapped(text: str) -> str:
    from textwrap import fill

    return fill(text, _COLUMNS, initial_indent=_INDENT, subsequent_indent=_INDENT, break_on_hyphens=False) + "\n"
