"""The blocks of code in a reply, to be carried away: the same that the screen shows and numbers. Pure."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from grokchat.markdown.stream_parser import StreamParser


class CodeBlock(NamedTuple):
    """A block of code: the language that the reply names, or nothing, and its text with the last line's end."""

    language: str
    text: str


def code_blocks(reply: str) -> list[CodeBlock]:
    """Return the blocks of code in a reply's text, in order; CR LF counts as a newline, as on the screen."""
    blocks = StreamParser()
    found = []
    pieces_of_it = [*blocks.feed(reply.replace("\r\n", "\n")), *blocks.close()]
    for _, group in groupby(pieces_of_it, lambda piece: piece.leaf.serial):
        pieces = list(group)
        leaf = pieces[0].leaf
        if leaf.kind == "code":
            lines = [line for piece in pieces for line in piece.lines]
            found.append(
                CodeBlock((leaf.language.split(maxsplit=1) or [""])[0], "".join(f"{line}\n" for line in lines))
            )
    return found
