r"""The words with which a prompt is used: `NAME KEY=VALUE ...`. Pure.

NAME ends where the first KEY=VALUE begins, so a name may contain blanks. A value ends at a blank, unless it is in
quotes: in single ones everything is literal, in double ones `\"` and `\\` stand for a quote and a backslash. Without
quotes, and elsewhere in them, backslashes are literal: a value may be a path of Windows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from grokchat.errors import CommandError
from grokchat.records import record
from grokchat.render.sanitize import visible_line
from grokchat.sequences import shorten

_KEY = r"([^\s=]*+)(?:=|[ \t]++=[ \t]++)"
_PAIRS = re.compile(rf"(?<=\S)\s++{_KEY}")
_PAIR = re.compile(
    rf"""\s*+{_KEY}(?:"((?:[^"\\]|\\.)*+)"(?!\S)|'([^']*+)'(?!\S)|((?!["'])\S*+))""",
    re.DOTALL,
)
_QUOTED_NAME = re.compile(r"""(["'])(.+?)\1(?!\S)""", re.DOTALL)
_MAX_QUOTE_CHARS = 40
"""Of a wrong word, in an error."""


@record
class PromptWords:
    """The name of a prompt, and the values for its gaps."""

    name: str
    values: Mapping[str, str]


def parse_words(text: str) -> PromptWords:
    """Return the name and the values in a text that is not blank; raises CommandError."""
    text = text.strip()
    name, at = _split_name(text)
    values: dict[str, str] = {}
    while at < len(text):
        pair = _PAIR.match(text, at)
        if pair is None or not pair[1]:
            raise _wrong_word(text[at:].strip(), last=next(reversed(values), ""))
        key, double, single, plain = pair.groups()
        if key in values:
            raise CommandError(f"{_shown(key)} is given twice.")
        values[key] = re.sub(r'\\(["\\])', r"\1", double) if double is not None else single if plain is None else plain
        at = pair.end()
    return PromptWords(name, values)


def _split_name(text: str) -> tuple[str, int]:
    """Return the name, and where it ends."""
    if quoted := _QUOTED_NAME.match(text):
        return quoted[2], quoted.end()
    pairs = _PAIRS.search(text)
    end = pairs.start() if pairs else len(text)
    return text[:end].strip(), end


def _wrong_word(rest: str, *, last: str) -> CommandError:
    key, equals, value = rest.partition("=")
    if equals and value[:1] in {'"', "'"} and not re.search(r"\s", key):
        return CommandError(f"{_shown(key)}={value[0]} has no closing quote, or text follows it without a blank.")
    word = _shown(rest.split(maxsplit=1)[0])
    example = f'{_shown(last)}="two words"' if last else 'KEY="two words"'
    return CommandError(f'"{word}" is not KEY=VALUE. A value with blanks goes in quotes: {example}.')


def _shown(text: str) -> str:
    return visible_line(shorten(text, _MAX_QUOTE_CHARS))
