"""A reply on its way to the screen: text in, final lines and the open tail out.

There is one path. A reply that is streamed, complete, resumed or shown again goes through here, so what stands in the
scrollback after streaming is what printing the whole reply gives. Every step works on what is new alone: harmless text
(`text`), pieces of blocks (`blocks`), spans (`inline`, `code`, `table`), lines (`wrap`, `typeset`), codes (`theme`).
Pure in the text, the width and the look.
"""

from __future__ import annotations

from grokchat.markdown.stream_parser import CLIPPED, StreamParser
from grokchat.render.cells import fits_row, grapheme_clusters, has_certain_width, max_cell_width
from grokchat.render.sanitize import VisibleStream
from grokchat.render.style import TerminalStyle
from grokchat.render.theme import to_ansi
from grokchat.render.typeset import BlockRenderer, Line


class ReplyRenderer:
    """Feed it a reply; take from it the lines that are final, once, and those that may still change.

    `numbered`: with `markdown`, blocks of code have their number above them.
    """

    def __init__(self, style: TerminalStyle, *, markdown: bool = True, numbered: bool = False) -> None:
        self._style = style
        self._visible = VisibleStream()
        self._pending: list[str] = []
        self._page: _Rendered | _AsWritten = _Rendered(style, numbered=numbered) if markdown else _AsWritten()

    def feed(self, text: str) -> None:
        """Take more of the reply, as it came."""
        self._pending.append(text)

    def skip(self, text: str, width: int) -> None:
        """Take the beginning of a reply that has been shown; its open end is shown again with what goes on there."""
        self.feed(text)
        self.commit(width)

    def commit(self, width: int) -> list[str]:
        """Return the lines that have become final since the last call."""
        text = "".join(self._pending)
        self._pending.clear()
        return self._painted(self._page.feed(self._style.encodable(self._visible.feed(text)), width))

    def close(self, width: int) -> list[str]:
        """End the reply and return the last lines."""
        lines = self.commit(width)
        lines += self._painted(self._page.feed(self._style.encodable(self._visible.close()), width))
        return lines + self._painted(self._page.close(width))

    def tail(self, width: int, height: int) -> list[str]:
        """Return what is not final as it looks so far: its last `height` rows of at most `width` cells."""
        if height < 1 or width < 1:
            return []
        rows: list[Line] = []
        for line in self._page.tail(width)[-height:]:
            rows += _rows(line, width)
        return self._painted(rows[-height:])

    def _painted(self, lines: list[Line]) -> list[str]:
        if isinstance(self._page, _AsWritten):
            return ["".join(text for text, _ in line) for line in lines]
        return [to_ansi(line, self._style) for line in lines]


def render_reply(
    text: str, width: int, style: TerminalStyle, *, markdown: bool = True, numbered: bool = False
) -> list[str]:
    """Return the lines of a whole reply."""
    stream = ReplyRenderer(style, markdown=markdown, numbered=numbered)
    stream.feed(text)
    return stream.close(width)


def preload() -> None:
    """Load what the first block of code needs: a moment that is better spent while the model thinks."""
    for line, language in (("import this", "python"), ("ls", "bash")):
        render_reply(f"```{language}\n{line}\n```", 80, TerminalStyle())


class _Rendered:
    """Markdown."""

    def __init__(self, style: TerminalStyle, *, numbered: bool) -> None:
        self._blocks = StreamParser()
        self._typesetter = BlockRenderer(style, numbered=numbered)

    def feed(self, text: str, width: int) -> list[Line]:
        return self._typesetter.feed(self._blocks.feed(text), width) if text else []

    def close(self, width: int) -> list[Line]:
        return self._typesetter.feed(self._blocks.close(), width)

    def tail(self, width: int) -> list[Line]:
        if not self._blocks.is_open:
            return []
        return self._typesetter.fork().feed(self._blocks.tail(), width, guess=True)


class _AsWritten:
    """Text as it is, a line when it is complete."""

    def __init__(self) -> None:
        self._line: list[str] = []
        self._end = ""

    def feed(self, text: str, width: int) -> list[Line]:  # noqa: ARG002 - the terminal breaks lines
        *lines, rest = text.split("\n")
        if lines:
            lines[0] = "".join([*self._line, lines[0]])
            self._line, self._end = [], ""
        if rest:
            self._line.append(rest)
            self._end = (self._end + rest)[-CLIPPED:]
        return [[(line, ())] for line in lines]

    def close(self, width: int) -> list[Line]:  # noqa: ARG002
        line, self._line, self._end = "".join(self._line), [], ""
        return [[(line, ())]] if line else []

    def tail(self, width: int) -> list[Line]:  # noqa: ARG002
        return [[(self._end, ())]] if self._end else []


def _rows(line: Line, width: int) -> list[Line]:
    """Break a line as a terminal would, at the latest where the most generous one would."""
    whole = "".join(text for text, _ in line)
    if fits_row(whole, width):
        return [line]
    width -= not has_certain_width(whole)
    rows: list[Line] = [[]]
    cells = 0
    for text, styles in line:
        row = ""
        for cluster in grapheme_clusters(text.expandtabs(8)):
            size = max_cell_width(cluster)
            if cells + size > width and cells:
                rows[-1].append((row, styles))
                rows.append([])
                row, cells = "", 0
            row += cluster
            cells += size
        rows[-1].append((row, styles))
    return rows
