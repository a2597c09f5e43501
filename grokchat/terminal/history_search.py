"""Ctrl-R and Ctrl-S: an incremental search of the history, in a box below the line.

While the user types in the box, the line shows the newest match. Enter puts it into the line, to be edited and sent; a
key that leaves the search (Esc, Ctrl-G, Ctrl-C) brings back what was in the line, with the cursor where it was.
"""

from __future__ import annotations

from prompt_toolkit import search
from prompt_toolkit.application import get_app
from prompt_toolkit.filters import Condition, has_focus, is_searching, vi_navigation_mode
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.vi_state import InputMode
from prompt_toolkit.layout import ConditionalContainer, Window
from prompt_toolkit.layout.controls import BufferControl, SearchBufferControl
from prompt_toolkit.search import SearchDirection, SearchState

from grokchat.terminal.cluster_buffer import ClusterBuffer
from grokchat.terminal.heights import UP_TO_ONE_ROW
from grokchat.terminal.line_buffer import LineBuffer


class SearchBox:
    """The field for the text to search for, after its label; it is shown only during a search."""

    def __init__(self) -> None:
        self.control = SearchBufferControl(ClusterBuffer(multiline=False), ignore_case=True)
        # A prefix of the window, not of the text: it stays when a long text is scrolled.
        window = Window(self.control, height=UP_TO_ONE_ROW, get_line_prefix=self._label)
        self.container = ConditionalContainer(window, is_searching)

    def _label(self, _line: int, _wrap: int) -> StyleAndTextTuples:
        target = get_app().layout.search_target_buffer_control
        query, direction = self.control.buffer.text, self.control.searcher_search_state.direction
        name = "reverse-i-search: " if direction is SearchDirection.BACKWARD else "i-search: "
        if target is not None and query:
            found = target.buffer.document_for_search(SearchState(query, direction, ignore_case=True)).text
            if query.lower() not in found.lower():
                name = f"failed {name}"
        return [("class:prompt", name)]


class _Search:
    """The state of the search: what to return to, and what was searched for last."""

    def __init__(self, buffer: LineBuffer, control: BufferControl) -> None:
        self._buffer = buffer
        self._control = control
        self._origin = (0, 0)
        self._vi_mode = InputMode.INSERT
        self._last_query = ""

    @property
    def box(self) -> ClusterBuffer:
        box = self._control.search_buffer_control
        assert box is not None
        assert isinstance(box.buffer, ClusterBuffer)
        return box.buffer

    def start(self, direction: SearchDirection) -> None:
        self._origin = (self._buffer.working_index, self._buffer.cursor_position)
        self._vi_mode = get_app().vi_state.input_mode
        search.start_search(self._control, direction)

    def go_on(self, direction: SearchDirection) -> None:
        """Go to the next match; in an empty box, search for what was searched for last."""
        if self.box.text:
            search.do_incremental_search(direction)
        elif self._last_query:
            self.box.insert_text(self._last_query)

    def accept(self) -> None:
        """Take the match into the line."""
        if not self.box.text:
            self.leave()
            return
        self._last_query = self.box.text
        search.accept_search()
        get_app().vi_state.input_mode = self._vi_mode

    def leave(self) -> None:
        """Return to the line as it was."""
        self._last_query = self.box.text or self._last_query
        search.stop_search(self._control)
        self._buffer.working_index, self._buffer.cursor_position = self._origin
        get_app().vi_state.input_mode = self._vi_mode


def search_key_bindings(buffer: LineBuffer, control: BufferControl) -> KeyBindings:
    """Return the bindings that start a search of the buffer, which `control` shows, and those of the search."""
    keys = KeyBindings()
    state = _Search(buffer, control)
    typing = has_focus(control)
    is_empty = Condition(lambda: not state.box.text)
    backward, forward = SearchDirection.BACKWARD, SearchDirection.FORWARD

    for key, direction, filters in (
        ("c-r", backward, typing),
        ("c-s", forward, typing),
        ("?", backward, typing & vi_navigation_mode),
        ("/", forward, typing & vi_navigation_mode),
    ):
        keys.add(key, filter=filters)(lambda _, direction=direction: state.start(direction))
    for key, direction in (("c-r", backward), ("up", backward), ("c-s", forward), ("down", forward)):
        keys.add(key, filter=is_searching)(lambda _, direction=direction: state.go_on(direction))

    @keys.add("enter", filter=is_searching)
    @keys.add("c-j", filter=is_searching)
    @keys.add("tab", filter=is_searching)
    @keys.add("escape", "enter", filter=is_searching)
    def _accept(_: KeyPressEvent) -> None:
        state.accept()

    @keys.add("escape", filter=is_searching, eager=True)
    @keys.add("c-g", filter=is_searching)
    @keys.add("c-c", filter=is_searching)
    @keys.add("<sigint>", filter=is_searching)
    @keys.add("c-d", filter=is_searching & is_empty)
    @keys.add("backspace", filter=is_searching & is_empty)
    def _leave(_: KeyPressEvent) -> None:
        state.leave()

    return keys
