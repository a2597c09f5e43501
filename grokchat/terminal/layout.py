"""The prompt's layout: the queue, the typed message, the search, the menu, the bottom line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prompt_toolkit.data_structures import Size
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.formatted_text.utils import fragment_list_to_text
from prompt_toolkit.layout import (
    ConditionalContainer,
    Container,
    DynamicContainer,
    HSplit,
    Layout,
    VerticalAlign,
    Window,
)
from prompt_toolkit.layout.containers import WindowRenderInfo
from prompt_toolkit.layout.controls import (
    BufferControl,
    FormattedTextControl,
    GetLinePrefixCallable,
    UIContent,
    UIControl,
)
from prompt_toolkit.layout.dimension import Dimension
from prompt_toolkit.layout.margins import Margin
from prompt_toolkit.layout.processors import TabsProcessor

from grokchat.render.cells import TAB_STOP, cell_width, truncate
from grokchat.terminal.bottom_line import BottomLine
from grokchat.terminal.cluster_processor import ClusterProcessor
from grokchat.terminal.completion_menu import CompletionMenu
from grokchat.terminal.heights import UP_TO_ONE_ROW
from grokchat.terminal.history_search import SearchBox
from grokchat.terminal.history_suggestion import HistorySuggestion, SuggestionProcessor
from grokchat.terminal.interface import Screen
from grokchat.terminal.line_buffer import LineBuffer
from grokchat.terminal.line_rows import INDENT, count_drawn_rows, count_rows, message_columns
from grokchat.terminal.menu_view import MenuWindow
from grokchat.terminal.queue_rows import queue_rows


class _LastColumn(Margin):
    """The column beside the message that its rows must not fill, if there is one."""

    def __init__(self, buffer: LineBuffer, size: Callable[[], Size]) -> None:
        self._buffer = buffer
        self._size = size

    def get_width(self, get_ui_content: Callable[[], UIContent]) -> int:  # noqa: ARG002
        columns = self._size().columns
        return columns - message_columns(self._buffer.text, columns)

    def create_margin(self, window_render_info: WindowRenderInfo, width: int, height: int) -> StyleAndTextTuples:  # noqa: ARG002
        return []


class _MessageControl(BufferControl):
    """The message that is typed, with the rows counted as they are drawn.

    prompt_toolkit divides the width of a line by that of the window. Where a wide character does not fit the end of a
    row, that is too few, and the window did not scroll to the cursor.
    """

    def create_content(self, width: int, height: int, preview_search: bool = False) -> UIContent:
        content = super().create_content(width, height, preview_search)
        return _MessageContent(
            content.get_line, content.line_count, content.cursor_position, content.menu_position, content.show_cursor
        )


class _MessageContent(UIContent):
    def get_height_for_line(
        self,
        lineno: int,
        width: int,
        get_line_prefix: GetLinePrefixCallable | None,
        slice_stop: int | None = None,
    ) -> int:
        if width <= INDENT + 1:  # a wide character fits no row
            return super().get_height_for_line(lineno, width, get_line_prefix, slice_stop)
        return count_drawn_rows(fragment_list_to_text(self.get_line(lineno)), width, slice_stop)


class PromptLayout:
    """The layout around a buffer, its menu of completions and its suggestion.

    What it shows of the chat it asks `screen` for, at each drawing; `size` is the window's.
    """

    def __init__(
        self,
        buffer: LineBuffer,
        menu: CompletionMenu,
        suggestion: HistorySuggestion,
        bottom_line: BottomLine,
        *,
        screen: Screen,
        size: Callable[[], Size],
    ) -> None:
        self.buffer = buffer
        self.menu = menu
        self.suggestion = suggestion
        self.bottom_line = bottom_line
        self._screen = screen
        self._size = size
        self._replacement: Container | None = None
        search = SearchBox()
        self.control = _MessageControl(
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
                    Condition(lambda: bool(self._queue_rows())),
                ),
                ConditionalContainer(
                    Window(FormattedTextControl(self._edit_fragments), height=UP_TO_ONE_ROW),
                    Condition(lambda: bool(self._edit_parts())),
                ),
                Window(
                    self.control,
                    height=self._message_height,
                    get_line_prefix=_line_prefix,
                    wrap_lines=True,
                    right_margins=[_LastColumn(buffer, size)],
                    dont_extend_height=True,
                ),
                search.container,
                MenuWindow(menu, size).window,
                Window(FormattedTextControl(self._status_fragments), height=UP_TO_ONE_ROW),
            ],
            align=VerticalAlign.TOP,
        )
        self.layout = Layout(DynamicContainer(lambda: self._replacement or body), self.control)

    @contextmanager
    def replaced_by(self, container: Container, control: UIControl) -> Iterator[None]:
        """Show a container in place of the whole prompt, with the focus on its control."""
        typing = self.layout.current_control
        self._replacement = container
        self.layout.focus(control)
        try:
            yield
        finally:
            self._replacement = None
            self.layout.focus(typing)

    @property
    def rows_above_line(self) -> int:
        """How many rows are above the line: the queue, and the purpose of a prefilled line."""
        return len(self._queue_rows()) + bool(self._edit_parts())

    def _queue_rows(self) -> list[str]:
        size = self._size()
        return queue_rows(self._screen.queue, columns=size.columns, rows=size.rows)

    def _queue_fragments(self) -> StyleAndTextTuples:
        return [("class:queued", "\n".join(self._queue_rows()))]

    def _edit_fragments(self) -> StyleAndTextTuples:
        parts, columns = self._edit_parts(), self._size().columns
        while len(parts) > 2 and cell_width(" · ".join(parts)) > columns:
            del parts[1]  # how to leave it is less well known
        return [("class:question", truncate(" · ".join(parts), columns))]

    def _edit_parts(self) -> list[str]:
        """Return what the line is for, and how to leave it, or what it keeps from being asked."""
        edit, question = self.buffer.edit, self.buffer.question
        if edit is None:
            return [] if question is None else [question.title, "send or delete this line first"]
        # While anything else runs, Ctrl-C stops that.
        is_cancelled = edit.is_answer or not self._screen.is_busy
        return [edit.title, edit.on_enter, *(("Ctrl-C cancels",) if is_cancelled else ())]

    def _status_fragments(self) -> StyleAndTextTuples:
        document = self.buffer.document
        row, rows = document.cursor_position_row + 1, document.line_count
        place = f"line {row:,} of {rows:,}" if rows > self._max_message_rows() else ""
        columns = self._size().columns
        line = " · ".join(filter(None, (*self.bottom_line.parts(self.buffer.text, columns), place)))
        return [("class:muted", truncate(line, columns))]

    def _message_height(self) -> Dimension:
        most = self._max_message_rows()
        if self.layout.search_target_buffer_control is not None:
            return Dimension(min=1, max=most)  # what is shown is the match
        # prompt_toolkit's own count lacks a row where a wide character does not fit the end of one.
        rows = count_rows(self.buffer.text, message_columns(self.buffer.text, self._size().columns), most)
        return Dimension(min=1, max=most, preferred=rows)

    def _max_message_rows(self) -> int:
        """Return how many rows a message may take while it is typed; a longer one scrolls."""
        return max(1, self._size().rows // 2)


def _line_prefix(line: int, wrap: int) -> StyleAndTextTuples:
    return [("class:prompt", "> " if line == 0 and wrap == 0 else " " * INDENT)]
