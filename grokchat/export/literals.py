"""What exported programs are written with: any value as a literal of their language, and comments that stay comments.

A program is read before it is run, so texts are laid out a line a line, and printable characters stand as they are. All
others (controls, line separators, marks that turn the reading direction, lone surrogates) are escaped: no text can end
its literal or its comment, and none shows as something else than it is. It refuses nothing; a value is whatever JSON
can say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from grokchat.records import record

_WIDTH = 100
_SHORT = 60
"""Characters: a text with newlines that is no longer than this stays on one line."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FLOATS = {"inf": "1e999", "-inf": "-1e999", "nan": "(1e999 - 1e999)"}
_NAMED = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


NO_KEY = "XAI_API_KEY is not set: it must hold your key, which https://console.x.ai makes."
"""What every program says without a key."""

PATIENCE = """\
// Node's own fetch gives up after 300 seconds without a byte; undici's waits as long as it is told.
const undici = await import("undici").catch(() => undefined);
const patience = undici && new undici.Agent({{ headersTimeout: {timeout}, bodyTimeout: {timeout} }});

"""
"""What a program for Node says first, if it waits longer than NODE_WAITS."""
NODE_WAITS = 300.0
"""Seconds."""


@record
class Remark:
    """A comment between the items of a list or of a call: some words, and a value if there is one to them."""

    words: str
    value: Any = ...


Item = str | Remark


@record
class Language:
    """How one language writes what JSON can say."""

    mark: str
    step: int
    names: Mapping[object, str]
    wide: str
    """How a character beyond U+FFFF is escaped."""
    lines: tuple[str, str, str, str]
    """What stands before the lines of a text, behind its first ones, behind the last one, and behind them all."""
    breaks: bool
    """Whether a line of a text has its newline in it."""
    quotes_keys: bool
    room: str
    """What stands inside the braces of an object on one line."""

    def literal(self, value: Any, indent: int = 0) -> str:
        """Return an expression whose value this is; it starts in a line that is indented so far."""
        if isinstance(value, str):
            return self._text(value, indent)
        if value is None or isinstance(value, bool):
            return self.names[value]
        if isinstance(value, int):
            return self._integer(value)
        if isinstance(value, float):
            return _FLOATS.get(repr(value), repr(value))
        inside = indent + self.step
        if isinstance(value, Mapping):
            items = [f"{self.key(key)}: {self.literal(inner, inside)}" for key, inner in value.items()]
            return self.bracketed("{", items, "}", indent)
        return self.bracketed("[", [self.literal(one, inside) for one in value], "]", indent)

    def key(self, name: str) -> str:
        """Return a key of an object, or the name of an argument."""
        if name == "__proto__" and not self.quotes_keys:
            return '["__proto__"]'  # as a plain key it sets the object's prototype
        plain = not self.quotes_keys and _IDENTIFIER.fullmatch(name)
        return name if plain else self.quoted(name)

    def quoted(self, text: str) -> str:
        """Return a text as a literal in one line, in the quotes that it has fewer of."""
        quote = "'" if text.count('"') > text.count("'") else '"'
        return quote + self._escaped(text).replace(quote, "\\" + quote) + quote

    def bracketed(self, opening: str, items: Iterable[Item], closing: str, indent: int = 0) -> str:
        """Return items in brackets: on one line if they fit there, else one a line."""
        listed = list(items)
        flat = [one for one in listed if isinstance(one, str)]
        if len(flat) == len(listed) and not any("\n" in one for one in flat):
            room = self.room if opening.endswith("{") and flat else ""
            if indent + sum(len(one) + 2 for one in flat) + len(opening) + len(closing) <= _WIDTH or not flat:
                return f"{opening}{room}{', '.join(flat)}{room}{closing}"
        pad = " " * (indent + self.step)
        lines = [f"{pad}{one}," if isinstance(one, str) else self.comment(one, indent + self.step) for one in listed]
        return "\n".join([opening, *lines, " " * indent + closing])

    def comment(self, remark: Remark, indent: int = 0) -> str:
        """Return a comment of one or more whole lines."""
        said = remark.words.split("\n")
        if remark.value is not ...:
            shown = self.literal(remark.value).split("\n")
            said = [*said[:-1], f"{said[-1]} {shown[0]}"] + [f"  {line}" for line in shown[1:]]
        return "\n".join(f"{' ' * indent}{self.mark} {line}".rstrip() for line in said)

    def _text(self, text: str, indent: int) -> str:
        if "\n" not in text[:-1] or len(text) <= _SHORT:
            return self.quoted(text)
        before, behind, last, after = self.lines
        pieces: Sequence[str] = text.split("\n")
        if self.breaks:
            pieces = [piece + "\n" for piece in pieces[:-1]] + [piece for piece in pieces[-1:] if piece]
        pad = " " * (indent + self.step)
        body = f"{behind}\n{pad}".join(map(self.quoted, pieces))
        return f"{before}\n{pad}{body}{last}\n{' ' * indent}{after}"

    def _integer(self, value: int) -> str:
        # JavaScript's own way to send digits that its numbers do not keep (Node 22).
        return str(value) if self.quotes_keys or exact(value) else f'JSON.rawJSON("{value}")'

    def _escaped(self, text: str) -> str:
        if text.isprintable():
            return text.replace("\\", "\\\\")
        return "".join(self._character(one) for one in text)

    def _character(self, one: str) -> str:
        if one in _NAMED:
            return _NAMED[one]
        if one.isprintable():
            return one
        code = ord(one)
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else self.wide.format(code)


PYTHON = Language(
    mark="#",
    step=4,
    names={None: "None", True: "True", False: "False"},
    wide="\\U{:08x}",
    lines=("(", "", "", ")"),
    breaks=True,
    quotes_keys=True,
    room="",
)
JAVASCRIPT = Language(
    mark="//",
    step=2,
    names={None: "null", True: "true", False: "false"},
    wide="\\u{{{:x}}}",
    lines=("[", ",", ",", '].join("\\n")'),
    breaks=False,
    quotes_keys=False,
    room=" ",
)


def exact(value: object) -> bool:
    """Say whether JavaScript, whose numbers are floats, keeps every whole number in a value."""
    if isinstance(value, Mapping):
        return all(map(exact, value.values()))
    if not isinstance(value, int):
        return all(map(exact, value)) if isinstance(value, list) else True
    if abs(value) >= 10**21:
        return False  # those it writes with an exponent
    from decimal import Decimal

    return int(Decimal(repr(float(value)))) == value


def is_number(value: object) -> bool:
    """Say whether a value is a number: to Python a truth value is one, too."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_text(value: object) -> bool:
    """Say whether a value is text that can be written as UTF-8, in all its parts."""
    if isinstance(value, str):
        return _SURROGATE.search(value) is None
    if isinstance(value, Mapping):
        return all(is_text(key) and is_text(inner) for key, inner in value.items())
    return all(map(is_text, value)) if isinstance(value, list) else True


def as_text(value: Any) -> Any:
    """Return a value with U+FFFD for what is no text in it."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, Mapping):
        return {as_text(key): as_text(inner) for key, inner in value.items()}
    return [as_text(one) for one in value] if isinstance(value, list) else value


def milliseconds(seconds: float) -> str:
    """Return a time as JavaScript's timers take it, none of which is longer than 24 days."""
    return f"{min(round(seconds * 1000), 2**31 - 1):_}"


# -- what two of the programs take apart -------------------------------------------------------------------------------


def left_out(words: str, value: Mapping[str, Any], *said: str) -> list[Item]:
    """Return a remark on what a program has no place for of a value, if there is any of that."""
    rest = {key: inner for key, inner in value.items() if key not in said}
    return [Remark(words, rest)] if rest else []


def image_of(part: Any) -> tuple[str, str | None] | None:
    """Return the address and the detail of a picture, if a part is one and nothing else."""
    inner = part.get("image_url") if isinstance(part, dict) and part.keys() == {"type", "image_url"} else None
    image = {"url": inner} if isinstance(inner, str) else inner if isinstance(inner, dict) else {}
    url, detail = image.get("url"), image.get("detail")
    if not isinstance(url, str) or not image.keys() <= {"url", "detail"}:
        return None
    return (url, detail) if detail in (None, "auto", "low", "high") else None


def call_of(call: Any) -> tuple[str, str, str] | None:
    """Return the id, the name and the arguments of a call, if it is one and nothing else."""
    function = call.get("function") if isinstance(call, dict) and call.keys() <= {"id", "type", "function"} else None
    if not isinstance(function, dict) or function.keys() != {"name", "arguments"}:
        return None
    one, name, given = call.get("id"), function["name"], function["arguments"]
    return (one, name, given) if isinstance(one, str) and isinstance(name, str) and isinstance(given, str) else None


def tool_of(tool: Any) -> Mapping[str, Any] | None:
    """Return the function that a tool is, if it has a name and parameters."""
    function = tool.get("function") if isinstance(tool, dict) and tool.keys() == {"type", "function"} else None
    has_both = isinstance(function, dict) and isinstance(function.get("name"), str) and "parameters" in function
    return function if has_both else None


def schema_of(value: Any) -> Mapping[str, Any] | None:
    """Return the description of what a reply has to look like, if that is what a `response_format` is."""
    schema = value.get("json_schema") if isinstance(value, dict) and value.get("type") == "json_schema" else None
    return schema if isinstance(schema, dict) and "schema" in schema else None


def function_chosen(value: Any) -> str | None:
    """Return the name of the one function that a `tool_choice` asks for, if it asks for one."""
    function = value.get("function") if isinstance(value, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    return name if isinstance(name, str) else None
