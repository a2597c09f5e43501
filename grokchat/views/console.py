"""rich's renderables to lines for the screen: what commands, help, notices and errors print.

There is one `Console` for each look of a terminal. It has no file: it renders, and the chat prints. Text from outside
is made visible here, and is never read as markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from rich.console import Console, RenderableType
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from grokchat.render.ansi import join_codes
from grokchat.render.bidi import column_mark
from grokchat.render.rich_theme import parameters_of, rich_theme
from grokchat.render.sanitize import visible, visible_line
from grokchat.render.style import TerminalStyle
from grokchat.render.wrap import LineWrapper
from grokchat.views.cell_text import GAP, GAP_CELLS, CellText

_HEIGHT = 25
"""rich wants one; nothing that is rendered depends on it."""


class Page:
    """One output of a command, in a window of so many columns.

    `text` makes the texts that renderables consist of, and `lines` renders them. They belong together: the texts of
    one page mean nothing on another.
    """

    def __init__(self, columns: int, style: TerminalStyle) -> None:
        self.columns = max(1, columns)
        self._style = style
        self._cells = CellText(style, self.columns)

    def text(self, content: str, element: str = "", *, found: Sequence[str] = ()) -> Text:
        """Return a text from anywhere in the style of an element; it is wrapped, and newlines stay.

        Where one of the words `found` is, whatever its case, it is marked.
        """
        return self._append(Text(overflow="fold"), visible(content), element, found)

    def line(self, content: str, element: str = "", *, found: Sequence[str] = ()) -> Text:
        """Do the same for a text on one line, which is cut where it does not fit."""
        return self._append(Text(no_wrap=True, overflow="ellipsis"), visible_line(content), element, found)

    def paragraph(self, parts: Sequence[tuple[str, str]]) -> Text:
        """Return visible texts and their elements as a paragraph that fills the window.

        It is wrapped before rich sees it: by the rules of all scripts, and with addresses whole.
        """
        wrapper = LineWrapper()
        spans = [(text, (element,) if element else ()) for text, element in parts if text]
        rows = [*wrapper.feed(spans, self.columns), *wrapper.finish(self.columns)]
        lines = (
            Text.assemble(*((self._cells.encode(text), " ".join(elements)) for text, elements in row)) for row in rows
        )
        return Text("\n", no_wrap=True, overflow="ignore").join(lines)

    def lines(self, renderable: RenderableType, *, columns: int | None = None) -> list[str]:
        """Return the lines of a renderable, of at most so many columns: the window's, if not given."""
        console = _console(self._style)
        options = console.options.update(width=max(1, columns or self.columns))
        segments = console.render(renderable, options)
        return [self._written(line) for line in Segment.split_lines(segments)]

    def _append(self, text: Text, content: str, element: str, found: Sequence[str]) -> Text:
        parts = re.split(f"({'|'.join(map(re.escape, found))})", content, flags=re.IGNORECASE) if found else [content]
        for number, part in enumerate(parts):
            begin = len(text)
            text.append(self._cells.encode(part, room=self.columns if text.no_wrap else None), element)
            if number % 2:
                text.stylize("found", begin)
        return text

    def _written(self, line: Iterable[Segment]) -> str:
        """Return one line with SGR codes, as few as possible, without trailing spaces."""
        parts = [(segment.text, segment.style) for segment in line]
        while parts and not parts[-1][0].strip(f" {GAP}"):
            parts.pop()
        gap = " " * GAP_CELLS
        if any(GAP in text for text, _ in parts) and self._style.is_unicode and not self._style.is_plain:
            gap += column_mark(self._cells.decode(text, "") for text, _ in parts)
        if self._style.is_plain:
            return self._cells.decode("".join(text for text, _ in parts), gap).rstrip(" ")
        return join_codes([(self._cells.decode(text, gap), _CODES[style]) for text, style in parts])


class _Codes(dict[Style | None, str]):
    """The SGR parameters of styles, which have only what the terminal can show."""

    def __missing__(self, style: Style | None) -> str:
        code = self[style] = parameters_of(style) if style is not None else ""
        return code


_CODES = _Codes()


@cache
def _console(style: TerminalStyle) -> Console:
    """Return the console of a terminal's look, with rich's guesses about the terminal turned off."""
    return Console(
        theme=rich_theme(style),
        width=80,
        height=_HEIGHT,
        color_system=None,
        force_terminal=True,
        force_jupyter=False,
        force_interactive=False,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
        _environ={},
    )
