"""The sources of a reply with search: a row for each, or plain lines for a one shot. What is untrusted is made visible.

A row is `[3] title or host  address`, in one line if both fit. Otherwise a title is cut, or in a narrow window has a
row of its own, and a host is left out: the address has it. An address is never broken by a newline, so that it can be
copied and clicked, and there are no hidden links: what looks like an address is the address. A longer one than any that
works in practice is cut, and its length said, because a page must not flood the screen with its address; the session
and its exports have it whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from grokchat.render.cells import cell_width, truncate
from grokchat.render.sanitize import visible_line
from grokchat.render.style import TerminalStyle
from grokchat.reply_sources import ReplySource, find_host
from grokchat.units import plural

_MAX_ROWS = 10
"""Below a reply; `/show` has all."""
_MAX_ADDRESS_CHARS, _MAX_WHOLE_ADDRESS_CHARS = 400, 4096
"""The longest address that is shown uncut below a reply, and where all sources are shown."""
_CUT_ADDRESS_CHARS = 100
"""What is shown of a longer one."""
_MAX_TITLE_CHARS = 200
_MIN_TITLE_CELLS = 16
"""Less of a title says nothing, so it has a row of its own."""
_GAP = "  "
_UNCITED = "read, not cited:"


def source_lines(
    sources: Sequence[ReplySource], columns: int, style: TerminalStyle, *, is_whole: bool = False
) -> list[str]:
    """Return the list of sources in rows for the screen: the first ones, or with `is_whole` all of them."""
    shown = sources if is_whole or len(sources) <= _MAX_ROWS else sources[:_MAX_ROWS]
    rows: list[str] = []
    for head, source in _with_heads(shown):
        if source is None:
            rows.append(truncate(head, columns))
            continue
        limit = _MAX_WHOLE_ADDRESS_CHARS if is_whole else _MAX_ADDRESS_CHARS
        rows += _source_rows(head, _title(source), find_host(source.url), _address(source, limit), columns, style)
    if more := len(sources) - len(shown):
        rows.append(truncate(style.encodable(f"… {more:,} more · /show lists them"), columns))
    return [style.styled(row, "sources") for row in rows]


def plain_source_lines(sources: Sequence[ReplySource]) -> list[str]:
    """Return all sources as lines of text: `[1] title or host  address`."""
    lines = []
    for head, source in _with_heads(sources):
        if source is None:
            lines.append(head)
            continue
        name = _title(source) or visible_line(find_host(source.url))
        lines.append(head + _GAP.join(filter(None, (name, _address(source, _MAX_WHOLE_ADDRESS_CHARS)))))
    return lines


def _with_heads(sources: Sequence[ReplySource]) -> Iterator[tuple[str, ReplySource | None]]:
    """Yield the cited sources, each after its number, and below a line that says so those that are not cited."""
    uncited = [source for source in sources if source.number is None]
    for source in sources:
        if source.number is not None:
            yield f"[{source.number}] ", source
    if uncited:
        yield _UNCITED, None
    for source in uncited:
        yield "- ", source


def _title(source: ReplySource) -> str:
    title = re.sub("[ \t\r\n]+", " ", source.title[: 2 * _MAX_TITLE_CHARS]).strip(" ")
    return truncate(visible_line(title), _MAX_TITLE_CHARS)


def _address(source: ReplySource, limit: int) -> str:
    if len(source.url) <= limit:
        return visible_line(source.url)
    return f"{visible_line(source.url[:_CUT_ADDRESS_CHARS])}… ({plural(len(source.url), 'character')})"


def _source_rows(head: str, title: str, host: str, address: str, columns: int, style: TerminalStyle) -> list[str]:
    title, address = style.encodable(title), style.encodable(address)
    host = style.encodable(visible_line(host))
    room = columns - cell_width(head) - cell_width(address) - len(_GAP)
    name = title or host
    if name and room >= min(cell_width(name), _MIN_TITLE_CELLS if title else cell_width(name)):
        return [head + truncate(name, room) + _GAP + address]
    if not title:
        return [head + address]
    indent = " " * len(head) if cell_width(head) + cell_width(address) <= columns else ""
    return [truncate(head + title, columns), indent + address]
