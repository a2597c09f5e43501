"""The blocks of code in a reply, to be carried away: the same that the screen shows. Pure."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from grokchat.render.blocks import Blocks


class CodeBlock(NamedTuple):
    """A block of code: the language that the reply names, or nothing, and its text with the last line's end."""

    language: str
    text: str


def code_blocks(reply: str) -> list[CodeBlock]:
    """Return the blocks of code in a reply's text, in order."""
    blocks = Blocks()
    found = []
    for _, group in groupby([*blocks.feed(reply), *blocks.close()], lambda piece: piece.leaf.serial):
        pieces = list(group)
        leaf = pieces[0].leaf
        if leaf.kind == "code":
            lines = [line for piece in pieces for line in piece.lines]
            found.append(
                CodeBlock((leaf.language.split(maxsplit=1) or [""])[0], "".join(f"{line}\n" for line in lines))
            )
    return found
