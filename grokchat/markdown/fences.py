"""The fences of code blocks (CommonMark 0.31, section 4.5), and those inside a block of Markdown.

CommonMark ends a block at the first bare fence. Models write Markdown in a fence of the same length as the fences
inside of it. So in a block of Markdown or text, a fence with an info string opens an inner block, which the next
bare one closes.
"""

from __future__ import annotations

import re

from grokchat.markdown.nodes import Leaf

FENCE = re.compile(r"`{3,}(?!.*`)|~{3,}")
_MARKDOWN_NAMES = frozenset(
    [
        "commonmark",
        "gfm",
        "markdown",
        "md",
        "mdown",
        "mdx",
        "mkd",
        "mkdn",
        "plain",
        "plaintext",
        "qmd",
        "rmd",
        "text",
        "txt",
    ]
)
"""Languages of blocks that may have blocks of their own; of text, because a prompt or a page is also called that."""


def may_hold_fences(language: str) -> bool:
    """Return whether a block's language is Markdown or text: `md`, `language-markdown`, `README.md`."""
    return not _MARKDOWN_NAMES.isdisjoint(re.findall(r"[a-z]+", language.lower()))


def closes_block(leaf: Leaf, line: str) -> bool:
    """Return whether a line, without its indentation, closes a fenced block, and note the inner fences that it has."""
    match = FENCE.match(line)
    if not match or not match[0].startswith(leaf.fence):
        return False
    fence, language = leaf.inner_fences[-1] if leaf.inner_fences else (leaf.fence, leaf.language)
    info_string = line[match.end() :].strip(" \t")
    if info_string:
        if may_hold_fences(language):
            leaf.inner_fences.append((match[0], re.split("[ \t]", info_string, maxsplit=1)[0]))
        return False
    if not leaf.inner_fences:
        return True
    if match[0].startswith(fence):
        leaf.inner_fences.pop()
    return False
