"""A reply's Markdown as HTML, parsed as the screen parses it.

An element is written only where one of the functions below names it; everything else is escaped. HTML in the text,
pictures that would be loaded, and links that do not show their address are shown as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape

from grokchat.export.listed_sources import ListedSource
from grokchat.export.transcript import image_caption
from grokchat.highlight.fence_names import fence_label
from grokchat.highlight.highlighter import Highlighter
from grokchat.markdown.inline_grammar import Element, InlineNode, encode_address
from grokchat.markdown.inline_parser import parse_inline
from grokchat.markdown.leaf_content import (
    Alignment,
    Task,
    column_alignments,
    display_formula_tex,
    parse_task,
    split_body_row,
    split_row,
)
from grokchat.markdown.nodes import Leaf
from grokchat.markdown.stream_parser import parse_leaves
from grokchat.markdown.tex_to_unicode import tex_to_unicode
from grokchat.render.sanitize import visible, visible_line
from grokchat.sequences import common_prefix_length

_MAX_SHOWN_CHARS = 60
"""The longest address that is shown whole; of a longer one, the host is shown, the part that matters."""

_TAGS: Mapping[Element, str] = {"emphasis": "em", "strong": "strong", "strike": "s"}
_WEB = re.compile(r"(https?://(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?)(?:[/?#][!-~]*)?", re.IGNORECASE | re.ASCII)
_MAIL = re.compile(r"mailto:[\w.+%-]+@[\w.-]+(?:\?[!-~]*)?", re.IGNORECASE | re.ASCII)
_OPEN_BOX = '<span class="box" role="img" aria-label="open">☐</span>'
_DONE_BOX = '<span class="box" role="img" aria-label="done">☑</span>'


Citations = Mapping[tuple[str, str], str]
"""The labels of a reply's sources, by what a marker shows, `[1]`, and the address that it links to."""


def markdown_html(text: str, citations: Citations | None = None) -> str:
    """Return a text's Markdown as HTML; a marker of one of the `citations` links to its source on the page."""
    return "".join(_blocks(visible(text), citations or {}))


def citations_of(sources: Iterable[ListedSource]) -> Citations:
    """Return the citations that the markers of a reply with these sources are."""
    return {(f"[{item.source.number}]", visible(item.source.url)): item.label for item in sources if item.label}


def _blocks(text: str, citations: Citations) -> Iterator[str]:
    open_tags: list[tuple[int, str]] = []
    for leaf, lines in parse_leaves(text):
        tags = list(_container_tags(leaf))
        kept = common_prefix_length([serial for serial, _ in open_tags], [serial for serial, _ in tags])
        yield from _end_tags(open_tags, kept)
        is_first_in_item = len(tags) > kept and leaf.kind == "text" and tags[-1][1].startswith("li")
        task = parse_task("".join(lines)) if is_first_in_item else None
        if task and tags[-2][1] == "ul":
            tags[-1] = (tags[-1][0], 'li class="task"')
        for serial, tag in tags[kept:]:
            open_tags.append((serial, tag))
            yield f"<{tag}>"
        yield _leaf_html(leaf, lines, task, citations)
    yield from _end_tags(open_tags, 0)


def _container_tags(leaf: Leaf) -> Iterator[tuple[int, str]]:
    """Yield the tags of the elements around a leaf, outermost first, each with the serial of its list or container."""
    for container in leaf.containers:
        if not container.is_item:
            yield container.serial, "blockquote"
        elif not container.marker[0].isdigit():
            yield container.list_serial, "ul"
            yield container.serial, "li"
        else:
            number = container.marker[:-1]
            yield container.list_serial, f'ol start="{number}"'
            yield container.serial, f'li value="{number}"' if container.skips_numbers else "li"


def _end_tags(open_tags: list[tuple[int, str]], kept: int) -> Iterator[str]:
    while len(open_tags) > kept:
        yield f"</{open_tags.pop()[1].partition(' ')[0]}>\n"


def _leaf_html(leaf: Leaf, lines: list[str], task: Task | None, citations: Citations) -> str:
    if leaf.kind == "code":
        return code_figure(lines, leaf.info_string, fence_label(leaf.info_string))
    if leaf.kind == "table":
        return _table(citations, *lines)
    if leaf.kind == "math":
        return f'<div class="math">{_formula(display_formula_tex(lines), chr(10).join(lines).strip())}</div>\n'
    if leaf.kind == "rule":
        return "<hr>\n"
    if task:
        return f"<p>{_DONE_BOX if task.is_done else _OPEN_BOX} {_inline(task.text, citations)}</p>\n"
    tag = "p" if leaf.kind == "text" else f"h{min(6, leaf.level + 2)}"
    return f"<{tag}>{_inline(''.join(lines), citations)}</{tag}>\n"


def code_figure(lines: list[str], language: str, caption: str) -> str:
    """Return a code block in colours, below its caption."""
    highlighter = Highlighter(language)
    highlighted = (
        "".join(
            f'<span class="{kind}">{escape(run)}</span>' if kind else escape(run)
            for run, kind in highlighter.line(visible(line))  # a run may begin with a part of a cluster
        )
        for line in lines
    )
    head = f"<figcaption>{escape_line(caption[:_MAX_SHOWN_CHARS])}</figcaption>" if caption else ""
    return f'<figure>{head}<pre tabindex="0"><code>{chr(10).join(highlighted)}</code></pre></figure>\n'


_ALIGNMENT_ATTRIBUTES: Mapping[Alignment, str] = {"left": "", "center": ' class="center"', "right": ' class="right"'}


def _table(citations: Citations, head_row: str, delimiter_row: str, *body_rows: str) -> str:
    attributes = [_ALIGNMENT_ATTRIBUTES[alignment] for alignment in column_alignments(delimiter_row)]
    head = "".join(
        f'<th scope="col"{attribute}>{_inline(cell, citations)}</th>'
        for cell, attribute in zip(split_row(head_row), attributes, strict=True)
    )
    body: list[str] = []
    for row in body_rows:
        cells = split_body_row(row, len(attributes))
        missing = len(attributes) - len(cells)
        rest = f'<td colspan="{missing}"></td>' if missing else ""
        shown = (
            f"<td{attribute}>{_inline(cell, citations)}</td>"
            for cell, attribute in zip(cells, attributes, strict=False)
        )
        body.append(f"<tr>{''.join(shown)}{rest}</tr>\n")
    return (
        f'<div class="wide" role="group" aria-label="Table" tabindex="0"><table>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{''.join(body)}</tbody>\n</table></div>\n"
    )


# -- inside a paragraph ------------------------------------------------------------------------------------------------


def _inline(text: str, citations: Citations | None = None) -> str:
    nodes = parse_inline(text.strip(" \t\n"), has_citations=bool(citations))
    return "".join(_spans(nodes, citations or {}))


def _spans(nodes: Iterable[InlineNode], citations: Citations) -> list[str]:
    html: list[str] = []
    label = ""
    open_links: list[tuple[str, int, int]] = []
    for kind, text, target, element in nodes:
        if kind == "start" and element == "link":
            open_links.append((target, len(html), len(label)))
        elif kind == "end" and element == "link":
            address, begin, label_begin = open_links.pop()
            inner = "".join(html[begin:])
            html[begin:] = [link(inner, label[label_begin:], address, is_inside_link=bool(open_links))]
        elif element is not None:
            html.append(f"<{'/' if kind == 'end' else ''}{_TAGS[element]}>")
        elif kind == "newline":
            html.append("<br>\n")
        elif kind == "code":
            html.append(f"<code>{escape_text(text)}</code>")
        elif kind == "math":
            html.append(f'<span class="math">{_formula(target, text.replace(chr(10), " "))}</span>')
        elif kind == "citation" and (cited := citations.get((text, target))):
            html.append(f'<sup><a href="#s{cited}">{escape_line(text)}</a></sup>')
        elif kind == "citation":
            html.append(link(escape_line(text), text, encode_address(target)))
        elif kind == "image":
            # HTML has no links in links, so there the picture's address is only shown.
            description = text.replace("\n", " ")
            html.append(link(escape_text(description), description, target, is_inside_link=bool(open_links)))
        elif kind == "autolink":
            html.append(link("", "", target, is_inside_link=bool(open_links)))
        else:
            html.append(escape_text(text))
        label += text.replace("\n", " ") if kind != "newline" else ""
    return html


def source_html(listed: ListedSource) -> str:
    """Return an item of a list of sources: a web address is a link, another one is only shown."""
    url, title = listed.source.url, escape_line(listed.title)
    if listed.host:
        shown = link(title, listed.title, encode_address(url))
    else:
        shown = " ".join(filter(None, (title, f"<code>{escape_line(url)}</code>")))
    if not listed.label:
        return f"<li>{shown}</li>"
    return f'<li id="s{listed.label}">[{listed.source.number}] {shown}</li>'


def link(inner: str, label: str, address: str, *, is_inside_link: bool = False) -> str:
    """Return a link if the address may be followed, and show the address in any case.

    `inner` is the label as HTML; without one the address is the label.
    """
    web = _WEB.fullmatch(address)
    name = _short_address(image_caption(address))
    if len(name) > _MAX_SHOWN_CHARS:
        name = _short_address(web[1]) + "/…" if web else name[:_MAX_SHOWN_CHARS] + "…"
    is_shown = not inner or not name or _short_address(label) == name
    name = escape_line(name)
    beside = "" if is_shown else f' <span class="address">({name})</span>'
    if is_inside_link or not (web or _MAIL.fullmatch(address)):
        return (inner or name) + beside
    href = escape(address)
    return f'<a href="{href}" title="{href}" rel="noopener noreferrer nofollow">{inner or name}</a>{beside}'


def _short_address(address: str) -> str:
    return address.removeprefix("https://").removeprefix("mailto:").rstrip("/")


def _formula(tex: str, written: str) -> str:
    """Return a formula in Unicode where that is certain, otherwise as written."""
    return escape_text((tex_to_unicode(tex) if tex else None) or written)


def escape_text(text: str) -> str:
    """Return a text from outside as HTML text."""
    return escape(visible(text))


def escape_line(text: str) -> str:
    """Return a text from outside as HTML text of one line."""
    return escape(visible_line(text))
