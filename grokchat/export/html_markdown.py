"""A reply's Markdown as HTML: the screen's own block parser, and markdown-it inside a paragraph, a piece at a time.

An element is written only where one of the functions below names it; all else is escaped. HTML, pictures that would be
loaded, and links that do not show where they go stand as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from html import escape
from itertools import groupby, takewhile

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from grokchat.export.transcript import picture
from grokchat.highlight.highlighter import Highlighter
from grokchat.markdown.nodes import Leaf, split_row
from grokchat.markdown.stream_parser import StreamParser
from grokchat.markdown.tex_to_unicode import tex_to_unicode
from grokchat.render.sanitize import visible, visible_line

LONGEST = 4000
"""Characters of a paragraph that are read at once; markup does not reach further."""
_BRACKETS = 100
_NESTING = 40
_SHOWN = 60
"""Characters of an address that are shown; of a longer one its host, which is what matters."""

_STYLES = frozenset({"em", "s", "strong"})
_WEB = re.compile(r"(https?://(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?)(?:[/?#][!-~]*)?", re.IGNORECASE | re.ASCII)
_MAIL = re.compile(r"mailto:[\w.+%-]+@[\w.-]+(?:\?[!-~]*)?", re.IGNORECASE | re.ASCII)
_OPEN = '<span class="box" role="img" aria-label="open">☐</span>'
_DONE = '<span class="box" role="img" aria-label="done">☑</span>'
_TASK = re.compile(r"\[([ xX])\] +")
_CLOSING = {"\\(": "\\)", "\\[": "\\]", "$$": "$$"}
_DOLLARS = re.compile(r"\$(?![\s\d$])([^$\n]{1,200})(?<![\s\\])\$(?![\w$])")


def markdown(text: str) -> str:
    """Return a text's Markdown as HTML."""
    return "".join(_blocks(visible(text)))


def _blocks(text: str) -> Iterator[str]:
    blocks = StreamParser()
    opened: list[tuple[int, str]] = []
    for _, group in groupby([*blocks.feed(text), *blocks.close()], lambda piece: piece.leaf.serial):
        pieces = list(group)
        leaf, lines = pieces[0].leaf, [line for piece in pieces for line in piece.lines]
        wanted = list(_elements(leaf))
        kept = sum(1 for _ in takewhile(lambda pair: pair[0][0] == pair[1][0], zip(opened, wanted, strict=False)))
        yield from _closed(opened, kept)
        is_new = len(wanted) > kept and leaf.kind == "text"
        task = _TASK.match("".join(lines)) if is_new and wanted[-1][1] == "li" else None
        if task and wanted[-2][1] == "ul":
            wanted[-1] = (wanted[-1][0], 'li class="task"')
        for serial, tag in wanted[kept:]:
            opened.append((serial, tag))
            yield f"<{tag}>"
        yield _leaf(leaf, lines, task)
    yield from _closed(opened, 0)


def _elements(leaf: Leaf) -> Iterator[tuple[int, str]]:
    """Yield the elements around a leaf, outermost first, each with the number of what it is in the document."""
    for one in leaf.path:
        if one.is_item:
            yield one.in_list, f'ol start="{int(one.marker[:-1])}"' if one.marker[0].isdigit() else "ul"
        yield one.serial, "li" if one.is_item else "blockquote"


def _closed(opened: list[tuple[int, str]], kept: int) -> Iterator[str]:
    while len(opened) > kept:
        yield f"</{opened.pop()[1].partition(' ')[0]}>\n"


def _leaf(leaf: Leaf, lines: list[str], task: re.Match[str] | None) -> str:
    if leaf.kind == "code":
        language = leaf.language.partition(" ")[0]
        return code(lines, language, language)
    if leaf.kind == "table":
        return _table(*map(split_row, lines))
    if leaf.kind == "math":
        return f'<div class="math">{_formula(chr(10).join(lines).strip())}</div>\n'
    if leaf.kind == "rule":
        return "<hr>\n"
    text = "".join(lines)
    if task:
        box = _OPEN if task[1] == " " else _DONE
        return f"<p>{box} {_inline(text[task.end() :])}</p>\n"
    tag = "p" if leaf.kind == "text" else f"h{min(6, leaf.level + 2)}"
    return f"<{tag}>{_inline(text)}</{tag}>\n"


def code(lines: list[str], language: str, caption: str) -> str:
    """Return a block of code in colours, under its caption."""
    colours = Highlighter(language)
    coloured = (
        "".join(f'<span class="{kind}">{_text(run)}</span>' if kind else _text(run) for run, kind in colours.line(line))
        for line in lines
    )
    head = f"<figcaption>{_line(caption[:_SHOWN])}</figcaption>" if caption else ""
    return f'<figure>{head}<pre tabindex="0"><code>{chr(10).join(coloured)}</code></pre></figure>\n'


def _table(head: list[str], sides: list[str], *rows: list[str]) -> str:
    classes = [
        ' class="center"' if one[0] == one[-1] == ":" else ' class="right"' if one[-1] == ":" else "" for one in sides
    ]
    heads = "".join(f'<th scope="col"{side}>{_inline(cell)}</th>' for cell, side in zip(head, classes, strict=False))
    body: list[str] = []
    for row in rows:
        missing = len(head) - len(row)
        rest = f'<td colspan="{missing}"></td>' if missing > 0 else ""
        cells = (f"<td{side}>{_inline(cell)}</td>" for cell, side in zip(row, classes, strict=False))
        body.append(f"<tr>{''.join(cells)}{rest}</tr>\n")
    return (
        f'<div class="wide" role="group" aria-label="Table" tabindex="0"><table>\n<thead><tr>{heads}</tr></thead>\n'
        f"<tbody>\n{''.join(body)}</tbody>\n</table></div>\n"
    )


# -- inside a paragraph ------------------------------------------------------------------------------------------------


def _inline(text: str) -> str:
    text = text.strip(" \t\n")
    shown: list[str] = []
    begin = 0
    while begin < len(text):
        end = begin + LONGEST
        if end < len(text):
            end = max(text.rfind(" ", begin + 1, end), text.rfind("\n", begin + 1, end), -1)
            end = begin + LONGEST if end < 0 else end
        piece = text[begin:end]
        # each bracket that nothing closes has the parser look through all that follows
        has_links = "](" in piece and piece.count("[") - piece.count("](") <= _BRACKETS
        tokens = _parser(has_links=has_links).parseInline(piece)[0].children or []
        if any(token.level >= _NESTING - 1 for token in tokens):
            shown.append(_text(piece))
        else:
            shown += _spans(tokens)
        begin = end
    return "".join(shown)


def _spans(tokens: Sequence[Token]) -> list[str]:
    out: list[str] = []
    begin, said = 0, ""
    address: str | None = None
    for token in tokens:
        content = token.content.replace("\n", " ")
        said += content
        if token.type == "code_inline":
            out.append(f"<code>{_text(content)}</code>")
        elif token.type == "math":
            out.append(f'<span class="math">{_formula(content)}</span>')
        elif token.type in {"softbreak", "hardbreak"}:
            out.append("<br>\n")
        elif token.type == "image":
            # no links in links: the picture's address is only told there
            out.append(link(_text(content), content, str(token.attrs.get("src", "")), is_told=address is not None))
        elif token.type == "link_open":
            begin, said, address = len(out), "", str(token.attrs.get("href", ""))
            is_bare = token.markup == "autolink"
        elif token.type == "link_close" and address is not None:
            inner = "" if is_bare else "".join(out[begin:])
            out[begin:] = [link(inner, said, address)]
            address = None
        elif token.tag in _STYLES:
            out.append(f"</{token.tag}>" if token.nesting < 0 else f"<{token.tag}>")
        else:
            out.append(_text(content))
    return out


def link(inner: str, said: str, address: str, *, is_told: bool = False) -> str:
    """Return a link if the address is one to follow, and in any case where it goes."""
    web = _WEB.fullmatch(address)
    name = _short(picture(address))
    if len(name) > _SHOWN:
        name = _short(web[1]) + "/…" if web else name[:_SHOWN] + "…"
    is_said = not inner or not name or _short(said) == name
    name = _line(name)
    beside = "" if is_said else f' <span class="address">({name})</span>'
    if is_told or not (web or _MAIL.fullmatch(address)):
        return (inner or name) + beside
    href = escape(address)
    return f'<a href="{href}" title="{href}" rel="noopener noreferrer nofollow">{inner or name}</a>{beside}'


def _short(address: str) -> str:
    return address.removeprefix("https://").removeprefix("mailto:").rstrip("/")


def _formula(written: str) -> str:
    """Return a formula in Unicode where that is certain, else as it is written."""
    closing = _CLOSING.get(written[:2], "$")
    size = len(closing)
    inner = written[size:-size].strip() if written.endswith(closing) and len(written) > 2 * size else ""
    return _text((tex_to_unicode(inner) if inner else None) or written)


@cache
def _parser(*, has_links: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": _NESTING}).enable(["strikethrough"])
    if not has_links:
        parser.disable(["link", "image"])
    parser.inline.ruler.before("escape", "math", _math)
    return parser


def _math(state: StateInline, silent: bool) -> bool:
    closing = _CLOSING.get(state.src[state.pos : state.pos + 2])
    if closing:
        end = state.src.find(closing, state.pos + 3, state.posMax) + 2
    else:
        found = _DOLLARS.match(state.src, state.pos, state.posMax)
        end = found.end() if found and re.search(r"[\\^_={}<>+]|^.$", found[1]) else 1
    if end < 2:
        return False
    if not silent:
        state.push("math", "", 0).content = state.src[state.pos : end]
    state.pos = end
    return True


def _text(text: str) -> str:
    return escape(visible(text))


def _line(text: str) -> str:
    return escape(visible_line(text))
