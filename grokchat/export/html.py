"""The conversation as one HTML page that loads nothing and runs nothing.

Everything in it comes from outside and is text until this module says otherwise: an element is written only where one
of the functions below names it, and what stands in it is made visible and escaped. What is refused: scripts and styles
of others, HTML in messages, pictures but those of four kinds whose bytes are in the page, links but web and mail ones,
and links that do not show where they go. A policy in the page's head has the browser refuse the same.

A reply is read with the screen's own block parser, whose work grows with the text and no faster, and with markdown-it
for what is inside a paragraph, a piece at a time. What the two cannot read stands as it was written.
"""

from __future__ import annotations

import re
from html import escape

from grokchat import __version__
from grokchat.export.html_markdown import code, link, markdown
from grokchat.export.html_style import stylesheet
from grokchat.export.source import Source
from grokchat.export.transcript import Part, calls, ending, facts, marks, parts, picture, reasoning, role, title
from grokchat.messages import Message
from grokchat.render.sanitize import visible, visible_line

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_ROLES = frozenset({"assistant", "developer", "function", "system", "tool", "user"})
_IMAGE = re.compile(
    r"data:image/(?:png|jpeg|webp|gif);base64,(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
)


def export(source: Source) -> str:
    """Return the whole conversation, muted messages too, as a page."""
    name = _text(title(source))
    about = " · ".join(f"<bdi>{_text(one)}</bdi>" for one in facts(source))
    messages = "\n".join(
        _message(number, message, is_muted=message.id in source.muted)
        for number, message in enumerate(source.messages, 1)
    )
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
<footer>Exported from grokchat {_text(__version__)}</footer>
</body>
</html>
"""


def _message(number: int, message: Message, *, is_muted: bool) -> str:
    names = [message.role if message.role in _ROLES else "other", *(["muted"] if is_muted else [])]
    end, reply = ending(message), message.reply
    told = marks(message, is_muted=is_muted)
    info = [f'<span class="mark">{_line(one)}</span>' if one in {"muted", end} else _line(one) for one in told]
    if reply is not None:
        info += [_line(one) for one in (reply.model, "" if end else reply.finish_reason) if one]
    line = f'<p class="info">{" · ".join(info)}</p>' if info else ""
    body = [f"<details><summary>Reasoning</summary>{_plain(one)}</details>" for one in [reasoning(message)] if one]
    body += [_part(part, is_markdown=message.role == "assistant") for part in parts(message)]
    body += [code(given.split("\n"), "json", f"Call of {name}") for name, given in calls(message)]
    if end:
        body.append(f'<p class="end">{_line(end.capitalize())}: the reply stops here.</p>')
    return f"""<article id="m{number}" class="{" ".join(names)}" aria-labelledby="h{number}">
<header><h2 id="h{number}"><a class="place" href="#m{number}">{number}</a> {_line(role(message))}</h2>{line}</header>
<div class="body" lang="">
{"".join(body) or '<p class="info" lang="en">No text.</p>'}
</div>
</article>"""


def _part(part: Part, *, is_markdown: bool) -> str:
    if part.kind == "image" and _IMAGE.fullmatch(part.value):
        return f'<img src="{part.value}" alt="Attached picture: {_text(picture(part.value))}">'
    if part.kind != "text":
        return f"<p>Attached: {link('', '', part.value) if part.kind == 'image' else _line(part.value)}</p>"
    if not is_markdown:
        return _plain(part.value)
    return markdown(part.value)


def _plain(text: str) -> str:
    return f'<div class="plain">{_text(text)}</div>'


def _text(text: str) -> str:
    return escape(visible(text))


def _line(text: str) -> str:
    return escape(visible_line(text))
