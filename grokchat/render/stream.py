"""A reply on its way to the screen: text in, finished lines and the open tail out.

There is one path. A reply that is streamed, complete, resumed or shown again goes through here, so what stands in the
scrollback after streaming is what printing the whole reply gives. Pure in the text, the width and the look.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import chop_cells

from grokchat.render.blocks import BlockSplitter
from grokchat.render.look import Look
from grokchat.render.markdown import render_block
from grokchat.render.text import VisibleStream

_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_ITEM = re.compile(r"(?:[-*+]|\d{1,9}[.)])\s")
_ROW = re.compile(r" {0,3}\|.*\n {0,3}\|? ?:?-")


class ReplyStream:
    """Feed it a reply; take from it the lines that are final, once, and those that may still change."""

    def __init__(self, look: Look, *, markdown: bool = True) -> None:
        self._look = look
        self._markdown = markdown
        self._visible = VisibleStream()
        self._splitter = BlockSplitter()
        self._finished: list[str] = []
        self._pending: list[str] = []
        self._begun = False

    def feed(self, text: str) -> None:
        """Take more of the reply, as it came."""
        self._pending.append(text)

    def commit(self, width: int) -> list[str]:
        """Return the lines that have become final since the last call."""
        self._take(self._visible.feed(self._drain()))
        return self._laid_out(width)

    def close(self, width: int) -> list[str]:
        """End the reply and return the last lines."""
        self._take(self._visible.feed(self._drain()) + self._visible.close())
        if self._markdown:
            self._finished.extend(self._splitter.close())
        elif self._splitter.open_text:
            self._finished.append(self._splitter.open_text)
            self._splitter.open_text = ""
        return self._laid_out(width)

    def tail(self, width: int, height: int) -> list[str]:
        """Return the open block as it looks so far: its last `height` lines, without tabs."""
        text = self._splitter.open_text
        if not text.strip() or height < 1:
            return []
        lines = (
            render_block(_end_of(text, height), width, self._look) if self._markdown else _folded(text, width, height)
        )
        if self._begun and self._markdown:
            lines = ["", *lines]
        return [line.expandtabs(4) for line in lines[-height:]]

    def _drain(self) -> str:
        text = "".join(self._pending)
        self._pending.clear()
        return text

    def _take(self, text: str) -> None:
        if self._markdown:
            self._finished.extend(self._splitter.feed(text))
            return
        *lines, rest = (self._splitter.open_text + text).split("\n")
        self._finished.extend(lines)
        self._splitter.open_text = rest

    def _laid_out(self, width: int) -> list[str]:
        lines: list[str] = []
        for source in self._finished:
            if not self._markdown:
                lines.append(source)
                continue
            block = render_block(source, width, self._look)
            if block and self._begun:
                lines.append("")
            self._begun = self._begun or bool(block)
            lines.extend(block)
        self._finished.clear()
        return lines


def reply_lines(text: str, width: int, look: Look, *, markdown: bool = True) -> list[str]:
    """Return the lines of a whole reply."""
    stream = ReplyStream(look, markdown=markdown)
    stream.feed(text)
    return stream.close(width)


def _end_of(text: str, height: int) -> str:
    """Return what the last lines of an open block are laid out from, so that a long one costs no more than a short one.

    Code keeps its fence and a table its head, a list begins at an item. Colours and widths are those of the lines that
    are seen, until the block is finished. Other blocks are taken whole.
    """
    if _ITEM.match(text):
        lines = text.split("\n")
        begin = max(0, len(lines) - height - 1)
        while begin and not _ITEM.match(lines[begin]):
            begin -= 1
        return "\n".join(lines[begin:])
    kept = 1 if _FENCE.match(text) else 2 if _ROW.match(text) else 0
    if not kept or text.count("\n") <= height + kept:
        return text
    *head, rest = text.split("\n", kept)
    return "\n".join([*head, *rest.rsplit("\n", height)[-height:]])


def _folded(text: str, width: int, height: int) -> Sequence[str]:
    """Break a long line as a terminal would: only its end is shown, and only while it is open."""
    return chop_cells(text[-width * height :], width)
