"""Literals for exported programs: any JSON value as an expression of the program's language, and comments.

Programs are read before they are run, so each line of a text becomes a line of the program, and printable characters
are written unchanged. All others (controls, line separators, marks that turn the reading direction, lone surrogates)
are escaped: no text can end its literal or its comment, and none looks like something else. Any JSON value is accepted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from grokchat.records import record

_MAX_LINE_CHARS = 100
_MAX_ONE_LINE_TEXT_CHARS = 60
"""A longer text with newlines is written line by line."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SPECIAL_FLOATS = {"inf": "1e999", "-inf": "-1e999", "nan": "(1e999 - 1e999)"}
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


NO_KEY = "XAI_API_KEY is not set. Create a key at https://console.x.ai."
"""The error message of every program without a key."""

UNDICI_SETUP = """\
// Node's own fetch gives up after 300 seconds without a byte; undici's waits as long as it is set to.
const undici = await import("undici").catch(() => undefined);
const patience = undici && new undici.Agent({{ headersTimeout: {timeout}, bodyTimeout: {timeout} }});

"""
"""The beginning of a program for Node whose timeout is longer than `NODE_FETCH_TIMEOUT_S`."""
NODE_FETCH_TIMEOUT_S = 300.0


@record
class Comment:
    """A comment between the items of a list or of a call: words, and a value if there is one to show."""

    words: str
    value: Any = ...


Item = str | Comment


@record
class ProgramSyntax:
    """How a programming language writes JSON values and comments."""

    comment_mark: str
    indent_step: int
    constants: Mapping[object, str]
    astral_escape: str
    """How a character beyond U+FFFF is escaped."""
    text_brackets: tuple[str, str, str, str]
    """The code before the lines of a text, after each line but the last, after the last, and after all of them."""
    keeps_newlines: bool
    """Whether a line of a text ends with its newline."""
    quotes_keys: bool
    brace_padding: str
    """The space inside the braces of an object on one line."""

    def literal(self, value: Any, indent: int = 0) -> str:
        """Return an expression for a value; its first line is indented by `indent` spaces."""
        if isinstance(value, str):
            return self._text(value, indent)
        if value is None or isinstance(value, bool):
            return self.constants[value]
        if isinstance(value, int):
            return self._integer(value)
        if isinstance(value, float):
            return _SPECIAL_FLOATS.get(repr(value), repr(value))
        inside = indent + self.indent_step
        if isinstance(value, Mapping):
            items = [f"{self.key(key)}: {self.literal(inner, inside)}" for key, inner in value.items()]
            return self.bracketed("{", items, "}", indent)
        return self.bracketed("[", [self.literal(item, inside) for item in value], "]", indent)

    def key(self, name: str) -> str:
        """Return a key of an object, or the name of an argument."""
        if name == "__proto__" and not self.quotes_keys:
            return '["__proto__"]'  # as a plain key it sets the object's prototype
        is_plain = not self.quotes_keys and _IDENTIFIER.fullmatch(name)
        return name if is_plain else self.quoted(name)

    def quoted(self, text: str) -> str:
        """Return a text as a literal on one line, in the quotes that occur less often in it."""
        quote = "'" if text.count('"') > text.count("'") else '"'
        return quote + self._escaped(text).replace(quote, "\\" + quote) + quote

    def bracketed(self, opening: str, items: Iterable[Item], closing: str, indent: int = 0) -> str:
        """Return items in brackets: on one line if they fit, otherwise one a line."""
        listed = list(items)
        texts = [item for item in listed if isinstance(item, str)]
        if len(texts) == len(listed) and not any("\n" in item for item in texts):
            padding = self.brace_padding if opening.endswith("{") and texts else ""
            size = indent + sum(len(item) + 2 for item in texts) + len(opening) + len(closing)
            if size <= _MAX_LINE_CHARS or not texts:
                return f"{opening}{padding}{', '.join(texts)}{padding}{closing}"
        inside = indent + self.indent_step
        lines = [f"{' ' * inside}{item}," if isinstance(item, str) else self.comment(item, inside) for item in listed]
        return "\n".join([opening, *lines, " " * indent + closing])

    def comment(self, comment: Comment, indent: int = 0) -> str:
        """Return a comment of one or more whole lines."""
        lines = comment.words.split("\n")
        if comment.value is not ...:
            shown = self.literal(comment.value).split("\n")
            lines = [*lines[:-1], f"{lines[-1]} {shown[0]}"] + [f"  {line}" for line in shown[1:]]
        return "\n".join(f"{' ' * indent}{self.comment_mark} {line}".rstrip() for line in lines)

    def _text(self, text: str, indent: int) -> str:
        if "\n" not in text[:-1] or len(text) <= _MAX_ONE_LINE_TEXT_CHARS:
            return self.quoted(text)
        opening, after_line, after_last, closing = self.text_brackets
        lines: Sequence[str] = text.split("\n")
        if self.keeps_newlines:
            lines = [line + "\n" for line in lines[:-1]] + [line for line in lines[-1:] if line]
        pad = " " * (indent + self.indent_step)
        body = f"{after_line}\n{pad}".join(map(self.quoted, lines))
        return f"{opening}\n{pad}{body}{after_last}\n{' ' * indent}{closing}"

    def _integer(self, value: int) -> str:
        # JavaScript's way to send digits that its numbers lose (Node 22).
        return str(value) if self.quotes_keys or is_exact_in_javascript(value) else f'JSON.rawJSON("{value}")'

    def _escaped(self, text: str) -> str:
        if text.isprintable():
            return text.replace("\\", "\\\\")
        return "".join(map(self._escaped_char, text))

    def _escaped_char(self, char: str) -> str:
        if char in _ESCAPES:
            return _ESCAPES[char]
        if char.isprintable():
            return char
        code = ord(char)
        if code < 0x10000:
            return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
        return self.astral_escape.format(code)


PYTHON = ProgramSyntax(
    comment_mark="#",
    indent_step=4,
    constants={None: "None", True: "True", False: "False"},
    astral_escape="\\U{:08x}",
    text_brackets=("(", "", "", ")"),
    keeps_newlines=True,
    quotes_keys=True,
    brace_padding="",
)
JAVASCRIPT = ProgramSyntax(
    comment_mark="//",
    indent_step=2,
    constants={None: "null", True: "true", False: "false"},
    astral_escape="\\u{{{:x}}}",
    text_brackets=("[", ",", ",", '].join("\\n")'),
    keeps_newlines=False,
    quotes_keys=False,
    brace_padding=" ",
)


def is_exact_in_javascript(value: object) -> bool:
    """Return whether JavaScript, whose numbers are floats, keeps all digits of every integer in a value."""
    if isinstance(value, Mapping):
        return all(map(is_exact_in_javascript, value.values()))
    if not isinstance(value, int):
        return all(map(is_exact_in_javascript, value)) if isinstance(value, list) else True
    if abs(value) >= 10**21:
        return False  # JavaScript writes these with an exponent
    from decimal import Decimal

    return int(Decimal(repr(float(value)))) == value


def is_number(value: object) -> bool:
    """Return whether a value is a number; in Python True and False are numbers, too."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def has_no_surrogates(value: object) -> bool:
    """Return whether all text in a value can be encoded as UTF-8."""
    if isinstance(value, str):
        return _SURROGATE.search(value) is None
    if isinstance(value, Mapping):
        return all(has_no_surrogates(key) and has_no_surrogates(inner) for key, inner in value.items())
    return all(map(has_no_surrogates, value)) if isinstance(value, list) else True


def without_surrogates(value: Any) -> Any:
    """Return a value with U+FFFD in place of each lone surrogate."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, Mapping):
        return {without_surrogates(key): without_surrogates(inner) for key, inner in value.items()}
    return [without_surrogates(item) for item in value] if isinstance(value, list) else value


def milliseconds(seconds: float) -> str:
    """Return a time for JavaScript's timers, which are limited to 24 days."""
    return f"{min(round(seconds * 1000), 2**31 - 1):_}"
