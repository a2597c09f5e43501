"""The conversation as a Markdown document: to read, to keep, to paste into an issue.

A message's text is unchanged, so that a reply's Markdown remains Markdown, provided that it ends where the message
ends. A text that would continue into the next message (a fence that is never closed, HTML), or that has a heading which
could be mistaken for the document's own, is put in a block quote: a quote always ends by itself. No pattern guesses
that: our own parser parses the text with a heading after it, and checks that this is still a heading.

The sources of a reply with search are footnotes below it: a marker in the text becomes `[^4-1]`, number 1 of message 4.

Attached pictures are named or linked, not included and not loaded; the viewer decides whether to load pictures in a
message's own Markdown. Control characters are shown visibly: such a file is read with `cat`, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from grokchat.export.listed_sources import ListedSource, list_sources
from grokchat.export.source import Source
from grokchat.export.transcript import (
    Part,
    facts,
    image_caption,
    message_facts,
    message_parts,
    other_alternatives,
    position,
    reasoning,
    role_name,
    title,
)
from grokchat.markdown.citations import find_markers
from grokchat.markdown.stream_parser import parse_leaves
from grokchat.message_parts import ToolCall
from grokchat.messages import Message
from grokchat.render.sanitize import visible, visible_line

_ADDRESS = re.compile(r"https?://[^\s<>]+", re.IGNORECASE)
_MARKUP_CHARS = re.compile(r"([\\`*_{}\[\]<>#|~!&$])")
_CODE = re.compile(r"(?<![`\\])`[^`\n]+`(?!`)")
_HTML = re.compile(r"<(?!br ?/?>)(?:/?[a-z][a-z0-9-]*(?:[\s/>]|$)|[!?])", re.IGNORECASE)
_BLOCK_START = re.compile(r"^\s*(?:[-+*>#`~]|\d+[.)·\s])", re.MULTILINE)
_ESCAPED_IN_ADDRESS = re.compile(r"[\\]|&(?=#?\w+;)")
_OWN_HEADING = re.compile(r"\d+\s*·")


def export(source: Source) -> str:
    """Return the whole conversation, muted messages included, as a document."""
    sections = [f"# {_escaped(title(source))}", _escaped(" · ".join(facts(source)))]
    for number, message in enumerate(source.messages, 1):
        model = message.reply.model if message.reply else None
        models = [model] if model and model != source.model else []
        states = [*message_facts(message, is_muted=message.id in source.muted), position(source, message)]
        words = filter(None, [str(number), role_name(message), *models, *states])
        sections.append("## " + _escaped(visible_line(" · ".join(words))))
        sections += _content(message, str(number))
        for rank, (name, other) in enumerate(other_alternatives(source, message), 1):
            content = "\n\n".join(filter(None, _content(other, f"{number}-other{rank}")))
            sections.append(_folded(f"Alternative {name}", content))
    return "\n\n".join(section for section in sections if section) + "\n"


def _content(message: Message, place: str) -> Iterator[str]:
    """Yield the sections of a message below its heading; `place` names it in the document."""
    if thoughts := reasoning(message):
        yield _folded("Reasoning", _quoted(visible(thoughts)))
    sources = list_sources(message, place)
    labels = {(listed.source.number, listed.source.url): listed.label for listed in sources if listed.label}
    cited: set[str] = set()
    for part in message_parts(message):
        yield _part(_with_footnotes(part, labels, cited) if labels and part.kind == "text" else part)
    yield from map(_tool_call, message.tool_calls)
    yield from _source_sections(sources, cited)


def _with_footnotes(part: Part, labels: Mapping[tuple[int | None, str], str], cited: set[str]) -> Part:
    """Return a text whose markers are references to footnotes, and add the labels of these."""
    at, pieces = 0, list[str]()
    for marker in find_markers(part.value):
        if (label := labels.get((marker.number, marker.url))) is not None:
            cited.add(label)
            pieces += [part.value[at : marker.begin], f"[^{label}]"]
            at = marker.end
    return Part("text", "".join([*pieces, part.value[at:]]))


def _source_sections(sources: Sequence[ListedSource], cited: set[str]) -> Iterator[str]:
    """Yield the footnotes, and a list of what no marker names: a footnote without one is not shown."""
    if cited:
        yield "\n".join(f"[^{listed.label}]: {_source(listed)}" for listed in sources if listed.label in cited)
    if others := [listed for listed in sources if listed.label not in cited]:
        heading = "Sources" if any(listed.label for listed in others) else "Pages read"
        numbers = (rf"\[{listed.source.number}\] " if listed.label else "" for listed in others)
        items = (f"- {number}{_source(listed)}" for number, listed in zip(numbers, others, strict=True))
        yield f"{heading}:\n\n" + "\n".join(items)


def _source(listed: ListedSource) -> str:
    """Return a source as one line: a link that shows where it leads, or its address as code."""
    url, title = listed.source.url, _escaped(listed.title)
    if not listed.host:
        return " · ".join(filter(None, (title, _code(visible_line(url)))))
    if not title:
        return f"<{url}>"
    address = _ESCAPED_IN_ADDRESS.sub(r"\\\g<0>", url)
    return f"[{title}](<{address}>) · {_escaped(listed.host)}"


def _folded(summary: str, content: str) -> str:
    """Return content that a viewer shows on demand, below one line of text."""
    return f"<details>\n<summary>{escape(summary)}</summary>\n\n{content}\n\n</details>"


def _tool_call(call: ToolCall) -> str:
    return f"{_escaped(visible_line(call.title))}:\n\n{_json_fence(call.arguments)}"


def _part(part: Part) -> str:
    if part.kind == "text":
        text = visible(part.value)
        return text if _ends_by_itself(text) else _quoted(text)
    shown = image_caption(part.value) if part.kind == "image" else visible_line(part.value)
    return f"Attached: {f'<{shown}>' if _ADDRESS.fullmatch(shown) else _escaped(shown)}"


def _ends_by_itself(text: str) -> bool:
    """Return whether a heading after the text is a heading in any viewer, and none in the text looks like ours."""
    leaves = list(parse_leaves(text + "\n\n# end"))
    for leaf, lines in leaves:
        content = ("" if leaf.kind == "text" else "\n").join(lines)
        if leaf.kind == "math" and _BLOCK_START.search(content):
            return False  # in viewers that know no formulas, a fence inside one is a fence
        if leaf.kind != "code" and _HTML.search(_CODE.sub("", content)):
            return False
        if leaf.kind == "heading" and any(map(_OWN_HEADING.match, content.split("\n"))):
            return False
    last, lines = leaves[-1]
    return last.kind == "heading" and not last.containers and lines == ["end"]


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" if line else ">" for line in text.split("\n"))


def _code(text: str) -> str:
    """Return one line of text as code."""
    ticks = "`" * (_longest_backtick_run(text) + 1)
    return f"{ticks} {text} {ticks}"


def _longest_backtick_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def _json_fence(text: str) -> str:
    fence = "`" * max(3, _longest_backtick_run(text) + 1)
    return f"{fence}json\n{visible(text)}\n{fence}"


def _escaped(text: str) -> str:
    """Return one line of text that has no meaning in Markdown."""
    return _MARKUP_CHARS.sub(r"\\\1", text)
