"""A growing Markdown text, cut into finished top-level blocks.

A block is finished when a later one has begun, and it is decided on complete lines only: the last line may still
become anything (`*` on its own is a list item, `*em*` is not). The parser itself says where blocks are. Link
reference definitions are off, because a late one would change what has been printed, and so no block depends on
another: finished blocks rendered one by one are the whole text rendered at once.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

from markdown_it import MarkdownIt

DEEPEST = 60
"""Levels of nesting: what stands deeper the parser leaves out, so a block that reaches it is shown as written."""


@cache
def parser() -> MarkdownIt:
    """Return the one dialect of Markdown here: CommonMark, tables, strikethrough; no HTML, no reference definitions."""
    markdown = MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST})
    return markdown.enable(["table", "strikethrough"]).disable("reference")


@cache
def _outliner() -> MarkdownIt:
    """Return the same dialect, less what happens inside of blocks: enough to see where they begin."""
    return (
        MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST})
        .enable(["table"])
        .disable(["reference", "inline"])
    )


class BlockSplitter:
    """Feed it text; it returns the sources of the blocks that are finished. `open_text` is the rest."""

    def __init__(self) -> None:
        self.open_text = ""

    def feed(self, text: str) -> list[str]:
        """Take more text, with LF newlines, and return the blocks that it finished."""
        self.open_text += text
        end = self.open_text.rfind("\n") + 1
        if "\n" not in text or not end:
            return []
        lines = self.open_text[:end].split("\n")
        starts = _block_starts(self.open_text[:end])
        if len(starts) < 2:
            return []
        blocks = ["\n".join(lines[start:stop]) for start, stop in pairwise(starts)]
        self.open_text = "\n".join(lines[starts[-1] :]) + self.open_text[end:]
        return blocks

    def close(self) -> list[str]:
        """End the text and return the blocks that were still open."""
        text, self.open_text = self.open_text, ""
        lines = text.split("\n")
        bounds = [*_block_starts(text), len(lines)]
        return ["\n".join(lines[start:stop]) for start, stop in pairwise(bounds)]


def _block_starts(text: str) -> list[int]:
    """Return the first line of every top-level block."""
    return [
        token.map[0]
        for token in _outliner().parse(text)
        if token.level == 0 and token.map is not None and token.nesting >= 0
    ]
