"""The prompt's layout and styles: the queue, the typed message, the search, the menu, the bottom line."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.data_structures import Size
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout import (
    ConditionalContainer,
    Container,
    DynamicContainer,
    HSplit,
    Layout,
    VerticalAlign,
    Window,
)
from prompt_toolkit.layout.controls import BufferControl, FormattedTextControl
from prompt_toolkit.layout.dimension import Dimension
from prompt_toolkit.layout.processors import TabsProcessor
from prompt_toolkit.styles import Style

from grokchat.render.cells import TAB_STOP, cell_width, truncate
from grokchat.terminal.cluster_processor import ClusterProcessor
from grokchat.terminal.completion_menu import CompletionMenu
from grokchat.terminal.history_search import SearchBox
from grokchat.terminal.history_suggestion import HistorySuggestion, SuggestionProcessor
from grokchat.terminal.line_rows import INDENT, count_rows
from grokchat.terminal.menu_view import MenuWindow

STYLE = Style.from_dict(
    {
        "prompt": "bold ansicyan",
        "status": "ansibrightblack",
        "queued": "ansibrightblack italic",
        "edit": "ansiyellow",
        "suggested": "ansibrightblack italic",
        "completions.selected": "reverse",
        "completions.place": "ansibrightblack",
    }
)


class PromptLayout:
    """The layout around a buffer, its menu of completions and its suggestion.

    `queue_rows`, `edit_parts` (of the row above a line that was filled) and `status` are called for each drawing;
    `size` is the window's. If `replacement` returns a container, that is shown instead of the whole prompt.
    """

    def __init__(
        self,
        buffer: Buffer,
        menu: CompletionMenu,
        suggestion: HistorySuggestion,
        *,
        queue_rows: Callable[[], Sequence[str]],
        edit_parts: Callable[[], Sequence[str]],
        status: Callable[[], Sequence[str]],
        size: Callable[[], Size],
        replacement: Callable[[], Container | None],
    ) -> None:
        self._buffer = buffer
        self._queue_rows = queue_rows
        self._edit_parts = edit_parts
        self._status = status
        self._size = size
        search = SearchBox()
        self.control = BufferControl(
            buffer,
            search_buffer_control=search.control,
            preview_search=True,
            input_processors=[
                ClusterProcessor(),
                TabsProcessor(tabstop=TAB_STOP, char1=" ", char2=" "),  # without it, a tab is shown as ^I
                SuggestionProcessor(suggestion),
            ],
        )
        body = HSplit(
            [
                ConditionalContainer(
                    Window(FormattedTextControl(self._queue_fragments), dont_extend_height=True),
                    Condition(lambda: bool(queue_rows())),
                ),
                ConditionalContainer(
                    Window(FormattedTextControl(self._edit_fragments), height=1),
                    Condition(lambda: bool(edit_parts())),
                ),
                Window(
                    self.control,
                    height=self._message_height,
                    get_line_prefix=_line_prefix,
                    wrap_lines=True,
                    dont_extend_height=True,
                ),
                search.container,
                MenuWindow(menu, size).window,
                Window(FormattedTextControl(self._status_fragments), height=1),
            ],
            align=VerticalAlign.TOP,
        )
        self.layout = Layout(DynamicContainer(lambda: replacement() or body), self.control)

    def _queue_fragments(self) -> StyleAndTextTuples:
        return [("class:queued", "\n".join(self._queue_rows()))]

    def _edit_fragments(self) -> StyleAndTextTuples:
        parts, columns = list(self._edit_parts()), self._size().columns
        while len(parts) > 2 and cell_width(" · ".join(parts)) > columns:
            del parts[1]  # how to leave it is less well known
        return [("class:edit", truncate(" · ".join(parts), columns))]

    def _status_fragments(self) -> StyleAndTextTuples:
        document = self._buffer.document
        row, rows = document.cursor_position_row + 1, document.line_count
        place = f"line {row:,} of {rows:,}" if rows > self._max_message_rows() else ""
        line = " · ".join(filter(None, (*self._status(), place)))
        return [("class:status", truncate(line, self._size().columns))]

    def _message_height(self) -> Dimension:
        most = self._max_message_rows()
        if self.layout.search_target_buffer_control is not None:
            return Dimension(min=1, max=most)  # what is shown is the match
        # prompt_toolkit's own count lacks a row where a wide character does not fit the end of one.
        rows = count_rows(self._buffer.text, self._size().columns, most)
        return Dimension(min=1, max=most, preferred=rows)

    def _max_message_rows(self) -> int:
        """Return how many rows a message may take while it is typed; a longer one scrolls."""
        return max(1, self._size().rows // 2)


def _line_prefix(line: int, wrap: int) -> StyleAndTextTuples:
    return [("class:prompt", "> " if line == 0 and wrap == 0 else " " * INDENT)]
