"""The conversation as a Markdown document: to read, to keep, to paste into an issue.

A message's text stands as it is, so that a reply's Markdown stays Markdown, as long as it ends where it ends. A text
that would go on into the next message (a fence that nobody closed, HTML), or that has a heading which could be taken
for one of this document's own, stands in a quote as a whole: a quote ends by itself, whatever is in it. No pattern
guesses that: our own parser reads the text with a heading behind it, and looks whether that is still one.

Attached pictures are named or linked, not carried along and not loaded; what a message's own Markdown loads is left to
the viewer. Control characters are shown visibly: such a file is looked at with `cat`, too.
"""

from __future__ import annotations

import re
from itertools import groupby

from grokchat.export.source import Source
from grokchat.export.transcript import Part, calls, facts, marks, parts, picture, reasoning, role, title
from grokchat.markdown.stream_parser import StreamParser
from grokchat.render.sanitize import visible, visible_line

_ADDRESS = re.compile(r"https?://[^\s<>]+", re.IGNORECASE)
_MEANS_SOMETHING = re.compile(r"([\\`*_{}\[\]<>#|~!&$])")
_CODE = re.compile(r"(?<![`\\])`[^`\n]+`(?!`)")
_HTML = re.compile(r"<(?!br ?/?>)(?:/?[a-z][a-z0-9-]*(?:[\s/>]|$)|[!?])", re.IGNORECASE)
_BLOCK = re.compile(r"^\s*(?:[-+*>#`~]|\d+[.)·\s])", re.MULTILINE)
_OWN_HEADING = re.compile(r"\d+\s*·")


def export(source: Source) -> str:
    """Return the whole conversation, muted messages too, as a document."""
    sections = [f"# {_escaped(title(source))}", _escaped(" · ".join(facts(source)))]
    for number, message in enumerate(source.messages, 1):
        model = message.reply.model if message.reply else None
        models = [model] if model and model != source.model else []
        words = [str(number), role(message), *models, *marks(message, is_muted=message.id in source.muted)]
        sections.append("## " + _escaped(visible_line(" · ".join(words))))
        if thoughts := reasoning(message):
            sections.append(f"<details>\n<summary>Reasoning</summary>\n\n{_quoted(visible(thoughts))}\n\n</details>")
        sections += map(_part, parts(message))
        sections += (f"Call of {_escaped(visible_line(name))}:\n\n{_code(given)}" for name, given in calls(message))
    return "\n\n".join(section for section in sections if section) + "\n"


def _part(part: Part) -> str:
    if part.kind == "text":
        text = visible(part.value)
        return text if _ends_by_itself(text) else _quoted(text)
    shown = picture(part.value) if part.kind == "image" else visible_line(part.value)
    return f"Attached: {f'<{shown}>' if _ADDRESS.fullmatch(shown) else _escaped(shown)}"


def _ends_by_itself(text: str) -> bool:
    """Say whether a heading behind the text is one, wherever it is shown, and looks like no heading in it."""
    blocks = StreamParser()
    pieces = [*blocks.feed(text + "\n\n# end"), *blocks.close()]
    for _, group in groupby(pieces, lambda piece: piece.leaf.serial):
        given = list(group)
        kind = given[0].leaf.kind
        told = ("" if kind == "text" else "\n").join(line for piece in given for line in piece.lines)
        if kind == "math" and _BLOCK.search(told):
            return False  # to viewers that know no formulas, a fence in one is a fence
        if kind != "code" and _HTML.search(_CODE.sub("", told)):
            return False
        if kind == "heading" and _OWN_HEADING.match(told):
            return False
    last = pieces[-1]
    return last.leaf.kind == "heading" and not last.leaf.path and last.lines == ["end"]


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" if line else ">" for line in text.split("\n"))


def _code(text: str) -> str:
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}json\n{visible(text)}\n{fence}"


def _escaped(text: str) -> str:
    """Return one line that means nothing in Markdown."""
    return _MEANS_SOMETHING.sub(r"\\\1", text)
