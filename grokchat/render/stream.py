"""A reply, rendered for the screen while it streams in: final lines, and the tail that may still change.

Every reply takes this one path, whether streamed, complete, resumed or shown again, so the scrollback after streaming
equals the whole reply printed at once. The steps: harmless text (`sanitize`), pieces of blocks
(`markdown.stream_parser`), spans (`inline`, `table`, `highlight`), lines (`typeset`, `wrap`), SGR codes (`ansi`). For
final lines, each step works on new text alone; only `tail` lays out the end of the open block again. The result depends
only on the text, the width and the style.
"""

from __future__ import annotations

from grokchat.markdown.stream_parser import MAX_TAIL_LINE_CHARS, StreamParser
from grokchat.render.ansi import to_ansi
from grokchat.render.cells import TAB_STOP
from grokchat.render.sanitize import VisibleStream
from grokchat.render.style import TerminalStyle
from grokchat.render.tail import last_rows
from grokchat.render.typeset import BlockRenderer, TableLines
from grokchat.render.wrap import StyledLine, wrap_text


class ReplyRenderer:
    """Renders a reply as it arrives: `commit` returns each final line once, `tail` the lines that may still change.

    Plain text is wrapped at words if it is `wrapped`, otherwise by the terminal. With `labelled`, Markdown code blocks
    have an edge with their language above them, with `numbered` also with their number. With `has_citations`, markers
    of sources in Markdown are their numbers.
    """

    def __init__(
        self,
        style: TerminalStyle,
        *,
        markdown: bool = True,
        wrapped: bool = False,
        labelled: bool = False,
        numbered: bool = False,
        has_citations: bool = False,
    ) -> None:
        self._style = style
        self._visible = VisibleStream(keep_soft_hyphens=markdown or wrapped)
        self._pending: list[str] = []
        blocks = BlockRenderer(style, labelled=labelled, numbered=numbered, has_citations=has_citations)
        self._body: _MarkdownBody | _PlainBody = (
            _MarkdownBody(blocks) if markdown else _PlainBody(style if wrapped else None)
        )

    def feed(self, text: str) -> None:
        """Add text as it was received."""
        self._pending.append(text)

    def skip(self, text: str, width: int) -> None:
        """Add the beginning of a reply whose final lines are on the screen already."""
        self.feed(text)
        self.commit(width)

    def commit(self, width: int) -> list[str]:
        """Return the lines that have become final since the last call."""
        text = "".join(self._pending)
        self._pending.clear()
        return self._to_ansi(self._body.feed(self._style.encodable(self._visible.feed(text)), width))

    @property
    def open_block(self) -> int | None:
        """The number of the block of the reply that is open after the last `commit`; None if none is. Numbers grow."""
        return self._body.open_block

    def end_of_block(self, number: int) -> int | None:
        """Return where a block that was open has ended: the index of the line after it, in those of the last `commit`.

        None if it is open still.
        """
        return self._body.end_of_block(number)

    def close(self, width: int) -> list[str]:
        """End the reply and return the last lines."""
        lines = self.commit(width)
        lines += self._to_ansi(self._body.feed(self._style.encodable(self._visible.close()), width))
        return lines + self._to_ansi(self._body.close(width))

    def tail(self, width: int, height: int) -> list[str]:
        """Return the rows that are not final, as they look so far: the last `height`, of at most `width` cells.

        The head of a table stays above its last rows.
        """
        if height < 1 or width < 1:
            return []
        lines, table = self._body.tail(width)
        return self._to_ansi(last_rows(lines, table, width, height))

    def _to_ansi(self, lines: list[StyledLine]) -> list[str]:
        if isinstance(self._body, _PlainBody):
            return ["".join(text for text, _ in line) for line in lines]
        return [to_ansi(line, self._style) for line in lines]


def render_reply(
    text: str,
    width: int,
    style: TerminalStyle,
    *,
    markdown: bool = True,
    labelled: bool = False,
    numbered: bool = False,
    has_citations: bool = False,
) -> list[str]:
    """Return the lines of a whole reply."""
    renderer = ReplyRenderer(
        style, markdown=markdown, labelled=labelled, numbered=numbered, has_citations=has_citations
    )
    renderer.feed(text)
    return renderer.close(width)


def preload() -> None:
    """Import the modules for the first code block, while the model is thinking anyway."""
    for line, language in (("import this", "python"), ("ls", "bash")):
        render_reply(f"```{language}\n{line}\n```", 80, TerminalStyle(background="dark"))


class _MarkdownBody:
    """A reply as Markdown."""

    def __init__(self, renderer: BlockRenderer) -> None:
        self._parser = StreamParser()
        self._renderer = renderer
        self._line_count = 0

    @property
    def open_block(self) -> int | None:
        return self._parser.open_block

    def end_of_block(self, number: int) -> int | None:
        for at, block in self._renderer.block_starts:
            if block > number:
                return at
        open_block = self.open_block
        return self._line_count if open_block is None or open_block > number else None

    def feed(self, text: str, width: int) -> list[StyledLine]:
        lines = self._renderer.feed(self._parser.feed(text), width)
        self._line_count = len(lines)
        return lines

    def close(self, width: int) -> list[StyledLine]:
        return self._renderer.feed(self._parser.close(), width)

    def tail(self, width: int) -> tuple[list[StyledLine], TableLines | None]:
        if not self._parser.is_open:
            return [], None
        ahead = self._renderer.copy()
        lines = ahead.feed(self._parser.tail(), width, guess=True)
        return lines, ahead.table


class _PlainBody:
    """A reply as plain text, line by line. An empty line ends a paragraph.

    With a style, lines are wrapped at words, and what is indented stays so; without, they are left to the terminal.
    """

    def __init__(self, style: TerminalStyle | None) -> None:
        self._style = style
        self.open_block: int | None = None
        self._first_gap: int | None = None
        self._line_chunks: list[str] = []
        self._line_end = ""

    def feed(self, text: str, width: int) -> list[StyledLine]:
        *lines, rest = text.split("\n")
        if lines:
            lines[0] = "".join([*self._line_chunks, lines[0]])
            self._line_chunks, self._line_end = [], ""
        if rest:
            self._line_chunks.append(rest)
            self._line_end = (self._line_end + rest)[-MAX_TAIL_LINE_CHARS:]
        if text:
            self.open_block = 0
        rows = [row for line in lines for row in self._rows(line, width)]
        self._first_gap = rows.index("") if "" in rows else None
        return [[(row, ())] for row in rows]

    def end_of_block(self, number: int) -> int | None:  # noqa: ARG002 - every paragraph has the same one
        return self._first_gap

    def close(self, width: int) -> list[StyledLine]:
        line, self._line_chunks, self._line_end = "".join(self._line_chunks), [], ""
        return [[(row, ())] for row in self._rows(line, width)] if line else []

    def _rows(self, line: str, width: int) -> list[str]:
        if self._style is None:
            return [line]
        words = line.expandtabs(TAB_STOP).lstrip(" ")
        columns = self._style.prose_columns(width)
        indent = len(line.expandtabs(TAB_STOP)) - len(words)
        if 2 * indent > columns:
            indent = 0
        return [" " * indent * bool(row) + row for row in wrap_text(words, columns - indent)]

    def tail(self, width: int) -> tuple[list[StyledLine], None]:  # noqa: ARG002
        return [[(self._line_end, ())]] if self._line_end else [], None
