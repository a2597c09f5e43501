"""The code blocks of a reply, as the screen shows and numbers them, for commands that copy or save them. Pure."""

from __future__ import annotations

from typing import NamedTuple

from grokchat.markdown.stream_parser import parse_leaves


class CodeBlock(NamedTuple):
    """A code block: the language that the reply names, or nothing, and the text, each line with its newline."""

    language: str
    text: str


def code_blocks(reply: str) -> list[CodeBlock]:
    """Return the code blocks of a reply in order. CR LF counts as a newline, as on the screen."""
    return [
        CodeBlock(leaf.language, "".join(f"{line}\n" for line in lines))
        for leaf, lines in parse_leaves(reply.replace("\r\n", "\n"))
        if leaf.kind == "code"
    ]
