"""The conversation as one HTML page that loads nothing and runs nothing.

All its content is text from outside: an element is written only where a function of this module or of `html_markdown`
names it, and its content is made visible and escaped. It refuses foreign scripts and styles, HTML in messages, pictures
other than four kinds whose bytes are in the page, links other than web and mail ones, and links that do not show their
address. A policy in the page's head has the browser refuse the same.

A reply is parsed by the screen's own parsers, whose work is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from grokchat import __version__
from grokchat.export.html_markdown import (
    Citations,
    citations_of,
    code_figure,
    escape_line,
    escape_text,
    link,
    markdown_html,
    source_html,
)
from grokchat.export.html_style import stylesheet
from grokchat.export.listed_sources import ListedSource, list_sources
from grokchat.export.source import Source
from grokchat.export.transcript import (
    Part,
    ending,
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
from grokchat.message_parts import ToolCall
from grokchat.messages import Message

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_ROLES = frozenset({"assistant", "developer", "function", "system", "tool", "user"})
_IMAGE = re.compile(
    r"data:image/(?:png|jpeg|webp|gif);base64,(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
)


def export(source: Source) -> str:
    """Return the whole conversation, muted messages included, as a page."""
    name = escape_text(title(source))
    about = " · ".join(f"<bdi>{escape_text(fact)}</bdi>" for fact in facts(source))
    messages = "\n".join(_article(source, number, message) for number, message in enumerate(source.messages, 1))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>{name}</title>
<style>
{stylesheet()}
</style>
</head>
<body>
<header><h1 lang="">{name}</h1><p class="facts">{about}</p></header>
<main>
{messages}
</main>
<footer>Exported from grokchat {escape_text(__version__)}</footer>
</body>
</html>
"""


def _article(source: Source, number: int, message: Message) -> str:
    is_muted = message.id in source.muted
    classes = [message.role if message.role in _ROLES else "other", *(["muted"] if is_muted else [])]
    end, reply = ending(message), message.reply
    info = [
        f'<span class="mark">{escape_line(mark)}</span>' if mark in {"muted", end} else escape_line(mark)
        for mark in message_facts(message, is_muted=is_muted)
    ]
    if reply is not None:
        info += [escape_line(fact) for fact in (reply.model, "" if end else reply.finish_reason) if fact]
    info += [escape_line(which)] if (which := position(source, message)) else []
    line = f'<p class="info">{" · ".join(info)}</p>' if info else ""
    body = _body(message, str(number))
    for rank, (name, other) in enumerate(other_alternatives(source, message), 1):
        inner = "".join(_body(other, f"{number}-other{rank}"))
        body.append(f'<details class="alternative"><summary>Alternative {escape_line(name)}</summary>{inner}</details>')
    place = f'<a class="place" href="#m{number}">{number}</a>'
    return f"""<article id="m{number}" class="{" ".join(classes)}" aria-labelledby="h{number}">
<header><h2 id="h{number}">{place} {escape_line(role_name(message))}</h2>{line}</header>
<div class="body" lang="">
{"".join(body) or '<p class="info" lang="en">No text.</p>'}
</div>
</article>"""


def _body(message: Message, place: str) -> list[str]:
    """Return the elements that a message consists of; `place` names it on the page."""
    body: list[str] = []
    sources = list_sources(message, place)
    citations = citations_of(sources)
    if thoughts := reasoning(message):
        body.append(f"<details><summary>Reasoning</summary>{_plain(thoughts)}</details>")
    is_reply = message.role == "assistant"
    body += [_part(part, citations, is_markdown=is_reply) for part in message_parts(message)]
    body += map(_tool_call, message.tool_calls)
    if end := ending(message):
        body.append(f'<p class="end">{escape_line(end.capitalize())}: the reply stops here.</p>')
    if sources:
        body.append(_sources(sources))
    return body


def _sources(sources: Sequence[ListedSource]) -> str:
    heading = "Sources" if any(listed.label for listed in sources) else "Pages read"
    items = "\n".join(map(source_html, sources))
    return f'<section class="sources"><p class="info" lang="en">{heading}</p>\n<ul>\n{items}\n</ul></section>\n'


def _tool_call(call: ToolCall) -> str:
    return code_figure(call.arguments.split("\n"), "json", call.title)


def _part(part: Part, citations: Citations, *, is_markdown: bool) -> str:
    if part.kind == "image" and _IMAGE.fullmatch(part.value):
        return f'<img src="{part.value}" alt="Attached picture: {escape_text(image_caption(part.value))}">'
    if part.kind != "text":
        return f"<p>Attached: {link('', '', part.value) if part.kind == 'image' else escape_line(part.value)}</p>"
    return markdown_html(part.value, citations) if is_markdown else _plain(part.value)


def _plain(text: str) -> str:
    return f'<div class="plain">{escape_text(text)}</div>'
