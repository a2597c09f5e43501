"""The terminal: the only writer to it, and the only reader of its keys. The only module that imports prompt_toolkit.

prompt_toolkit owns the screen from start to end. Finished lines go into the terminal's own scrollback, once, above a
small live region: the open end of a reply, what is queued, the prompt, the bottom line. A frame - erase the region,
print the finished lines, draw the region again - is one write inside a synchronized update (DEC private mode 2026),
so nothing flickers. When the window becomes narrower a terminal breaks the rows of the region anew, so the rows to
erase are counted at the new width.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TextIO, cast

from prompt_toolkit import PromptSession
from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.data_structures import Size
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition, has_focus
from prompt_toolkit.formatted_text import ANSI, StyleAndTextTuples, to_formatted_text
from prompt_toolkit.history import FileHistory, History, InMemoryHistory, ThreadedHistory
from prompt_toolkit.input import Input, create_input
from prompt_toolkit.input.typeahead import store_typeahead
from prompt_toolkit.input.vt100_parser import Vt100Parser
from prompt_toolkit.key_binding import KeyBindings, KeyPress, KeyPressEvent
from prompt_toolkit.layout import ConditionalContainer, HSplit, Layout, VerticalAlign, Window
from prompt_toolkit.layout.controls import BufferControl, FormattedTextControl
from prompt_toolkit.layout.dimension import Dimension
from prompt_toolkit.layout.menus import CompletionsMenu
from prompt_toolkit.layout.screen import Char
from prompt_toolkit.output import ColorDepth, Output, create_output
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.renderer import Renderer
from prompt_toolkit.styles import Style
from prompt_toolkit.utils import get_cwidth
from prompt_toolkit.widgets import SearchToolbar

from grokchat.events import Candidate, Event, Interrupt, Leave, Line
from grokchat.world import World

if TYPE_CHECKING:
    from types import TracebackType

_STYLE = Style.from_dict(
    {
        "prompt": "bold ansicyan",
        "status": "ansibrightblack",
        "queued": "ansibrightblack italic",
        "completion-menu": "bg:default",
        "completion-menu.completion": "bg:default",
        "completion-menu.completion.current": "reverse",
        "completion-menu.meta.completion": "bg:default ansibrightblack",
        "completion-menu.meta.completion.current": "bg:default ansibrightblack",
    }
)
_BEGIN_FRAME, _END_FRAME = "\x1b[?2026h", "\x1b[?2026l"


class Terminal:
    """A live prompt with a region above it. Use as an async context manager; `events` is what the user does."""

    def __init__(
        self,
        channel: tuple[Input, Output],
        *,
        history: Path | None,
        complete: Callable[[str], Iterable[Candidate]],
        status: Callable[[], str],
        colors: bool,
    ) -> None:
        self.busy = False
        self.queued: list[str] = []
        self._input, self._output = channel
        self._status = status
        self._live: list[str] = []
        self._held: list[str] = []
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._buffer = _Buffer(
            history=_history(history),
            completer=_Completer(complete),
            complete_while_typing=False,
            multiline=True,
            accept_handler=self._accept,
        )
        self._painted = asyncio.Event()
        self._app = self._application(colors=colors)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.painted()
        self._flush_held()
        self._live.clear()
        if self._app.is_running and not self._app.is_done:
            self._app.exit()
        if self._task is not None:
            await self._task

    async def painted(self) -> None:
        """Wait until the prompt is on the screen, or cannot be."""
        await self._painted.wait()

    async def events(self) -> AsyncIterator[Event]:
        """Yield what the user does, for ever."""
        while True:
            yield await self._events.get()

    @property
    def width(self) -> int:
        """Columns of the window."""
        return self._output.get_size().columns

    @property
    def room(self) -> int:
        """Rows that the live tail may take, so that the whole region stays on the screen."""
        size = self._output.get_size()
        typed = sum(1 + get_cwidth(line) // max(1, size.columns) for line in self._buffer.text.split("\n"))
        return max(0, size.rows - 1 - min(typed, size.rows // 2) - 2 - len(self.queued))

    def frame(self, commit: Sequence[str], live: Sequence[str] = ()) -> None:
        """Print finished lines above the region, and show `live` at its top. Lines may hold SGR codes and no others."""
        self._live = list(live)
        self._held.extend(commit)
        if self._held:
            self._flush_held()
        else:
            self._app.invalidate()

    def refresh(self) -> None:
        """Draw the region again, because what it shows has changed."""
        self._app.invalidate()

    # -- running -----------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        try:
            with self._input.raw_mode(), _left_by_signals(self._events):
                _keep_typeahead(self._input)
                self._write_held()
                await self._app.run_async(set_exception_handler=False)
        except EOFError:
            self._events.put_nowait(Leave())
        finally:
            self._painted.set()

    def _flush_held(self) -> None:
        app = self._app
        if not self._held or not app.is_running or app._running_in_terminal:  # noqa: SLF001 - there is no public way to ask
            return  # an editor has the screen; `_redrawn` brings the lines when it is done
        with self._one_write():
            app.renderer.erase(leave_alternate_screen=False)
            self._write_held()
            app._redraw()  # noqa: SLF001 - `invalidate` would draw later, in a second write

    def _write_held(self) -> None:
        lines, self._held = self._held, []
        self._output.write_raw("".join(f"{line}\r\n" for line in lines))

    def _redrawn(self, _: object) -> None:
        self._painted.set()
        if self._held:
            asyncio.get_running_loop().call_soon(self._flush_held)

    @contextlib.contextmanager
    def _one_write(self) -> Iterator[None]:
        if isinstance(self._output, FrameOutput):
            with self._output.frame():
                yield
        else:
            yield

    # -- layout and keys ---------------------------------------------------------------------------------------------

    def _application(self, *, colors: bool) -> Application[None]:
        search = SearchToolbar(ignore_case=True)
        control = BufferControl(self._buffer, search_buffer_control=search.control, focus_on_click=False)
        has_live = Condition(lambda: bool(self._live))
        has_queue = Condition(lambda: bool(self.queued))
        body = HSplit(
            [
                ConditionalContainer(
                    Window(
                        FormattedTextControl(self._live_fragments),
                        height=lambda: Dimension.exact(len(self._live)),
                        wrap_lines=False,
                    ),
                    has_live,
                ),
                ConditionalContainer(Window(height=1), has_live),
                ConditionalContainer(
                    Window(FormattedTextControl(self._queue_fragments), dont_extend_height=True), has_queue
                ),
                Window(
                    control,
                    height=lambda: Dimension(min=1, max=max(1, self._output.get_size().rows // 2)),
                    get_line_prefix=_line_prefix,
                    wrap_lines=True,
                    dont_extend_height=True,
                ),
                search,
                CompletionsMenu(max_height=8),
                Window(FormattedTextControl(self._status_fragments), height=1),
            ],
            align=VerticalAlign.TOP,
        )
        app = _Application(
            layout=Layout(body, focused_element=control),
            key_bindings=self._keys(control),
            style=_STYLE,
            color_depth=ColorDepth.DEPTH_4_BIT if colors else ColorDepth.DEPTH_1_BIT,
            erase_when_done=True,
            input=self._input,
            output=self._output,
        )
        app.after_render += self._redrawn
        return app

    def _live_fragments(self) -> StyleAndTextTuples:
        return to_formatted_text(ANSI("\n".join(self._live)))

    def _queue_fragments(self) -> StyleAndTextTuples:
        rows = [f"queued: {text.partition(chr(10))[0]}" for text in self.queued]
        return [("class:queued", "\n".join(rows))]

    def _status_fragments(self) -> StyleAndTextTuples:
        return [("class:status", self._status())]

    def _accept(self, buffer: Buffer) -> bool:
        # Bytes that are no UTF-8 come as lone surrogates, which no request can carry.
        self._events.put_nowait(Line(buffer.text.encode("utf-8", "replace").decode("utf-8")))
        return False

    def _keys(self, control: BufferControl) -> KeyBindings:
        keys = KeyBindings()
        typing = has_focus(control)
        empty = Condition(lambda: not self._buffer.text)

        @keys.add("enter", filter=typing)
        def _send(_: KeyPressEvent) -> None:
            if self._buffer.text.strip():
                self._buffer.validate_and_handle()

        @keys.add("c-j", filter=typing)
        @keys.add("escape", "enter", filter=typing)
        def _newline(_: KeyPressEvent) -> None:
            self._buffer.newline(copy_margin=False)

        @keys.add("c-c", filter=typing)
        @keys.add("<sigint>", filter=typing)
        def _stop(_: KeyPressEvent) -> None:
            if self._buffer.text and not self.busy:
                self._buffer.append_to_history()
                self._buffer.reset()
            else:
                self._events.put_nowait(Interrupt())

        @keys.add("c-d", filter=typing & empty)
        def _leave(_: KeyPressEvent) -> None:
            self._events.put_nowait(Leave())

        @keys.add("c-x", "c-e", filter=typing)
        def _edit(_: KeyPressEvent) -> None:
            self._buffer.open_in_editor()

        if sys.platform != "win32":

            @keys.add("c-z", filter=typing)
            def _suspend(event: KeyPressEvent) -> None:
                event.app.suspend_to_background()

        return keys


class _Buffer(Buffer):
    """prompt_toolkit's, but for a history that is there at once when the line has been cleared, not a moment later."""

    def reset(self, document: Document | None = None, append_to_history: bool = False) -> None:
        super().reset(document, append_to_history)
        if self.history._loaded:  # noqa: SLF001 - there is no public way to ask
            earlier, at = self.history.get_strings(), self.cursor_position
            self._working_lines.extendleft(reversed(earlier))
            self.working_index = len(earlier)
            self.cursor_position = at

    def load_history_if_not_yet_loaded(self) -> None:
        if len(self._working_lines) == 1 and not self.history._loaded:  # noqa: SLF001
            super().load_history_if_not_yet_loaded()


class _Application(Application[None]):
    """prompt_toolkit's, with a renderer that knows what a change of size does to the rows it has drawn."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.renderer = _Renderer(self._merged_style, self.output, full_screen=False)


class _Renderer(Renderer):
    """Erases the rows of the region one by one, as many as they are at the window's width now.

    Not with one "erase below": at the top of the screen tmux takes that for a clearing of the screen and pushes what is
    erased into the scrollback.
    """

    def erase(self, leave_alternate_screen: bool = True) -> None:
        output, columns = self.output, self.output.get_size().columns
        above = self._rows(columns, 0, self._cursor_pos.y)
        below = self._rows(columns, self._cursor_pos.y, self._height) - 1
        output.write_raw("\r")
        output.cursor_up(above + self._cursor_pos.x // columns)
        # Saved and restored, not counted back: a window that has become lower has fewer rows below than were drawn.
        output.write_raw("\x1b7\x1b[K" + "\x1b[B\x1b[K" * (above + below) + "\x1b8")
        output.reset_attributes()
        output.enable_autowrap()
        self.reset(leave_alternate_screen=leave_alternate_screen)

    def render(self, app: Application[Any], layout: Layout, is_done: bool = False) -> None:
        if self._last_screen is not None and self._last_size != self.output.get_size():
            self.erase(leave_alternate_screen=False)
        super().render(app, layout, is_done)

    @property
    def _height(self) -> int:
        return self._last_screen.height if self._last_screen is not None else self._cursor_pos.y + 1

    def _rows(self, columns: int, first: int, last: int) -> int:
        """Count the rows that drawn rows take when a terminal breaks them anew at this width."""
        if self._last_screen is None:
            return max(0, last - first)
        drawn = (self._width(self._last_screen.data_buffer[row]) for row in range(first, last))
        return sum(max(1, -(-width // columns)) for width in drawn)

    def _width(self, row: Mapping[int, Char]) -> int:
        has_style = self._style_string_has_style
        used = (
            column + max(1, cell.width)
            for column, cell in row.items()
            if cell.char != " " or (has_style is not None and has_style[cell.style])
        )
        drawn = self._last_size.columns if self._last_size is not None else 0
        return min(drawn, max(used, default=0))


class FrameOutput(Vt100_Output):
    """A VT100 output whose flush is one write, and which can gather many flushes into one frame."""

    def __init__(self, world: World, get_size: Callable[[], Size]) -> None:
        self._world = world
        self._depth = 0
        stream = cast(TextIO, _Stream(world))
        super().__init__(stream, get_size, term=world.get("TERM") or None, enable_cpr=False)

    @contextlib.contextmanager
    def frame(self) -> Iterator[None]:
        """Hold back what is flushed inside, and write it at once."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            self.flush()

    def flush(self) -> None:
        """Write what has been gathered."""
        if self._depth or not self._buffer:
            return
        data = "".join((_BEGIN_FRAME, *self._buffer, _END_FRAME))
        self._buffer.clear()
        self._world.stdout.write(data.encode(self._world.encoding, "replace"))
        self._world.stdout.flush()


class _Stream:
    """What Vt100_Output wants to know of a text stream."""

    def __init__(self, world: World) -> None:
        self._stdout = world.stdout
        self.encoding = world.encoding

    def write(self, text: str) -> int:
        return self._stdout.write(text.encode(self.encoding, "replace"))

    def flush(self) -> None:
        self._stdout.flush()

    def fileno(self) -> int:
        return self._stdout.fileno()

    def isatty(self) -> bool:
        return True


async def ask(channel: tuple[Input, Output], question: str, *, hidden: bool) -> str | None:
    """Ask one question before the chat begins; None if the user would rather leave."""
    session: PromptSession[str] = PromptSession(input=channel[0], output=channel[1], history=InMemoryHistory())
    try:
        return await session.prompt_async(question, is_password=hidden)
    except (EOFError, KeyboardInterrupt):
        return None


def open_channel(world: World) -> tuple[Input, Output]:
    """Return the terminal's input and output; with a piped stdin keys come from the controlling terminal."""
    if world.terminal is not None:
        return world.terminal()
    if sys.platform == "win32":
        return create_input(always_prefer_tty=True), create_output()

    def get_size() -> Size:
        try:
            columns, rows = os.get_terminal_size(world.stdout.fileno())
        except OSError:
            columns, rows = 80, 24
        return Size(rows=rows or 24, columns=columns or 80)

    return create_input(_keyboard(world)), FrameOutput(world, get_size)


def _keyboard(world: World) -> TextIO:
    if world.stdin_is_tty and world.stdin is not None:
        return open(world.stdin.fileno(), encoding="utf-8", closefd=False)
    # The terminal's own name first: not every system can wait for keys on /dev/tty (kqueue).
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            return open(os.ttyname(world.stdout.fileno()), encoding="utf-8")  # noqa: PTH123
    return open("/dev/tty", encoding="utf-8")  # noqa: PTH123


def _keep_typeahead(source: Input) -> None:
    """Take what was typed before the terminal was in raw mode: there Enter still came as a newline."""
    if sys.platform == "win32" or not hasattr(source, "stdin"):
        return
    typed = b""
    with contextlib.suppress(OSError, ValueError):
        while len(typed) < 1 << 20 and select.select([source.fileno()], [], [], 0)[0]:
            piece = os.read(source.fileno(), 4096)
            if not piece:
                break
            typed += piece
    presses: list[KeyPress] = []
    parser = Vt100Parser(presses.append)
    parser.feed(typed.decode("utf-8", "surrogateescape").replace("\n", "\r"))
    store_typeahead(source, presses)


@contextlib.contextmanager
def _left_by_signals(events: asyncio.Queue[Event]) -> Iterator[None]:
    """Leave in good order when the system asks to, or when the terminal is closed."""
    loop = asyncio.get_running_loop()
    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    added = []
    for name in names:
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(getattr(signal, name), events.put_nowait, Leave(by_signal=True))
            added.append(name)
    try:
        yield
    finally:
        for name in added:
            loop.remove_signal_handler(getattr(signal, name))


def _line_prefix(line: int, wrap: int) -> StyleAndTextTuples:
    return [("class:prompt", "> " if line == 0 and wrap == 0 else "  ")]


class _Completer(Completer):
    def __init__(self, complete: Callable[[str], Iterable[Candidate]]) -> None:
        self._complete = complete

    def get_completions(self, document: Document, _: CompleteEvent) -> Iterator[Completion]:
        for one in self._complete(document.text_before_cursor):
            yield Completion(one.text, start_position=-one.replaces, display_meta=one.explain)


def _history(path: Path | None) -> History:
    if path is None:
        return InMemoryHistory()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    except OSError:
        return InMemoryHistory()  # a history that cannot be kept must not keep anyone from talking
    return ThreadedHistory(_KeptHistory(str(path)))


class _KeptHistory(FileHistory):
    def store_string(self, string: str) -> None:
        with contextlib.suppress(OSError, UnicodeEncodeError):
            super().store_string(string)
