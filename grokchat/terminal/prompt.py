"""A live prompt with a region above it, from start to end of the chat.

Finished lines go into the terminal's own scrollback, once, above a small live region: the open end of a reply, what is
queued, the prompt, the bottom line.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import Condition, emacs_mode, has_focus
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyBindingsBase, KeyPressEvent, merge_key_bindings
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import ConditionalContainer, DynamicContainer, HSplit, Layout, VerticalAlign, Window
from prompt_toolkit.layout.controls import BufferControl, FormattedTextControl
from prompt_toolkit.layout.dimension import Dimension
from prompt_toolkit.layout.menus import CompletionsMenu
from prompt_toolkit.layout.processors import TabsProcessor
from prompt_toolkit.output import ColorDepth, Output
from prompt_toolkit.styles import Style
from prompt_toolkit.widgets import SearchToolbar

from grokchat.errors import CommandError
from grokchat.render.style import Background
from grokchat.system.editor import edit_text
from grokchat.terminal.channel import keep_typeahead, left_by_signals
from grokchat.terminal.focus import Focus
from grokchat.terminal.interface import Interrupt, Leave, Resized, Submit, Typing, UserAction
from grokchat.terminal.job_control import Job
from grokchat.terminal.line_buffer import LineBuffer, history_in
from grokchat.terminal.output import FrameOutput
from grokchat.terminal.queries import Answers, from_environment, may_ask
from grokchat.terminal.renderer import RegionApplication, reflows, settling
from grokchat.terminal.tab_completer import Complete, TabCompleter

if sys.platform != "win32":
    from grokchat.terminal.queries import AnsweringInput

if TYPE_CHECKING:
    from datetime import datetime
    from types import TracebackType

    from grokchat.session.store import Library
    from grokchat.terminal.session_picker import Picker

_NOW_AND_THEN = 5.0
"""Seconds between two times that it is said that a line is being typed."""
_MOST_ROWS = 10
"""Rows of a list to choose from."""
_PATIENCE = 1.0
"""Seconds in which the terminal has to say what its background is."""
_POSTPONED = 0.005
"""Seconds that drawing behind Enter waits at the most for what is ready to be done: the request goes first."""
_LATE = 0.2
"""Seconds to wait for the answer on leaving, so that the shell does not get it."""

_STYLE = Style.from_dict(
    {
        "prompt": "bold ansicyan",
        "status": "ansibrightblack",
        "queued": "ansibrightblack italic",
        # prompt_toolkit's own are black on grey: without its ground, black is not seen on a dark one.
        "completion-menu": "fg:default bg:default",
        "completion-menu.completion": "fg:default bg:default",
        "completion-menu.completion.current": "fg:default bg:default reverse",
        "completion-menu.meta.completion": "bg:default ansibrightblack",
        "completion-menu.meta.completion.current": "bg:default ansibrightblack",
    }
)


class Terminal:
    """A live prompt with a region above it. Use as an async context manager; `events` is what the user does."""

    def __init__(
        self,
        channel: tuple[Input, Output],
        *,
        history: Path | None,
        complete: Complete,
        status: Callable[[], str],
        colors: bool,
        vi: bool = False,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.echoes_input = False
        self.is_busy = False
        self.is_searching = False
        self.history_exclusions: Collection[str] = ()
        self.queue_rows: list[str] = []
        self._picker: Picker | None = None
        self._input, self._output = channel
        self._status = status
        self._pasted = False
        self._events: asyncio.Queue[UserAction] = asyncio.Queue()
        self._buffer = LineBuffer(
            keeps=lambda text: text.strip().lower() not in self.history_exclusions,
            history=history_in(history),
            completer=TabCompleter(complete),
            complete_while_typing=False,
            multiline=True,
            accept_handler=self._accept,
        )
        self._buffer.on_text_changed += self._typed
        self._typed_at = -_NOW_AND_THEN
        self._painted = asyncio.Event()
        self._env = env or {}
        self._vi = vi
        self._mode: Callable[[], str] = str
        self._answers: Answers | None = getattr(channel[0], "answers", None)
        self._focus: Focus | None = getattr(channel[0], "focus", None)
        self._app = self._application(colors=colors, env=self._env)
        self._task: asyncio.Task[None] | None = None
        self._job = Job(self._app, channel)
        if isinstance(channel[1], FrameOutput):
            channel[1].when_lost = self._leave_by_signal

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.painted()
        self.draw_frame(())
        await self._app.drawn()
        if self._app.is_running and not self._app.is_done:
            self._app.exit()
        if self._task is not None:
            await self._task

    async def painted(self) -> None:
        """Wait until the prompt is on the screen, or cannot be."""
        await self._painted.wait()

    async def user_actions(self) -> AsyncIterator[UserAction]:
        """Yield what the user does, for ever."""
        while True:
            yield await self._events.get()

    @property
    def background(self) -> Background | None:
        """What the terminal said of its background, or the environment."""
        said = self._answers.background if self._answers is not None else None
        return said or from_environment(self._env)

    @property
    def is_unfocused(self) -> bool | None:
        """Whether the terminal says that another window is in front; None if it says nothing."""
        return self._focus.away if self._focus is not None else None

    def watch_focus(self, enabled: bool) -> None:
        """Ask the terminal to say when another window is in front, or not any more."""
        if self._focus is None:
            return  # on Windows nothing takes the reports out of what is typed
        if enabled:
            self._focus.watch()
        self._app.renderer.watches_focus = enabled
        self._app.invalidate()

    @property
    def accepts_osc(self) -> bool:
        """Whether the terminal shows nothing of control strings, also of such that it does not know."""
        return may_ask(self._env) or bool(self._env.get("WT_SESSION") or self._env.get("STY"))

    @property
    def width(self) -> int:
        """Columns of the window."""
        return self._output.get_size().columns

    @property
    def max_live_rows(self) -> int:
        """Rows that the live tail may take, so that the whole region stays on the screen."""
        return max(0, self._app.renderer.room - len(self.queue_rows))

    def draw_frame(self, commit: Sequence[str], live: Sequence[str] = ()) -> None:
        """Print finished lines above the region, and show `live` at its top.

        Lines may hold SGR codes, finished ones also marks (OSC 133), and no others.
        """
        self._app.renderer.show(commit, live)

    def refresh(self) -> None:
        """Draw the region again, because what it shows has changed."""
        self._app.invalidate()

    def send_codes(self, codes: str) -> None:
        """Send codes that show nothing, between two frames."""
        self._output.write_raw(codes)
        self._output.flush()

    async def edit_text(self, text: str) -> str | None:
        """Give the terminal to the user's editor; None if the text was left as it was. Raises CommandError."""
        if not self._app.has_screen:
            raise CommandError("An editor is open already.")

        async def in_the_editor() -> str | None:
            await self._app.drawn()  # what the terminal still has to answer would be typed into the editor
            return await run_in_terminal(lambda: edit_text(text, self._env), in_executor=True)

        # prompt_toolkit knows its application by the context that a task runs in.
        return await asyncio.create_task(in_the_editor(), context=self._app.context)

    async def _edit_line(self) -> None:
        try:
            text = await self.edit_text(self._buffer.text)
        except CommandError as error:
            asyncio.get_running_loop().call_exception_handler({"message": str(error), "exception": error})
            return
        if text is not None:
            self._buffer.document = Document(text)

    async def choose_session(self, library: Library, now: datetime) -> Path | None:
        """Let the user choose a session in the prompt's place, which is as it was afterwards. Raises FileError."""
        from grokchat.terminal.session_picker import Picker

        layout, typing = self._app.layout, self._app.layout.current_control
        self._picker = picker = Picker(library, now, self._output.get_size, self.refresh, most=_MOST_ROWS)
        layout.focus(picker.control)
        self.refresh()
        try:
            with picker.reading():
                return await picker.choice
        finally:
            self._picker = None
            layout.focus(typing)
            self.refresh()

    # -- running -----------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        try:
            with left_by_signals(self._leave_by_signal), self._job.controlled(), self._input.raw_mode():
                keep_typeahead(self._input)
                self._write_held()
                self._ask_for_background()
                await self._app.run_async(set_exception_handler=False)
                self._write_held()
                self._output.flush()
                if sys.platform != "win32" and isinstance(self._input, AnsweringInput):
                    self._input.settle(_LATE)
        except EOFError:
            pass  # the terminal is gone
        finally:
            self._painted.set()
            self._events.put_nowait(Leave())

    def _leave_by_signal(self) -> None:
        self._events.put_nowait(Leave(by_signal=True))

    def _ask_for_background(self) -> None:
        if self._answers is not None and may_ask(self._env):
            self._output.write_raw(self._answers.ask())
            asyncio.get_running_loop().call_later(_PATIENCE, self._answers.give_up)
        if sys.platform != "win32" and isinstance(self._input, AnsweringInput) and self._env.get("TMUX"):
            # tmux is on this machine and answers at once, so no answer gets to a program that is started from here.
            self._input.sizes.heard = self._app.renderer.answered
            self._app.renderer.watch(self._input.sizes.ask)

    def _write_held(self) -> None:
        self._output.write_raw("".join(f"{line}\r\n" for line in self._app.renderer.unwritten()))

    def _redrawn(self, _: object) -> None:
        self._app.max_render_postpone_time = 0
        self._painted.set()

    # -- layout and keys ---------------------------------------------------------------------------------------------

    def _application(self, *, colors: bool, env: Mapping[str, str]) -> RegionApplication:
        search = SearchToolbar(ignore_case=True, vi_mode=self._vi)
        control = BufferControl(
            self._buffer,
            search_buffer_control=search.control,
            preview_search=True,
            input_processors=[TabsProcessor(tabstop=8, char1=" ", char2=" ")],  # it shows ^I otherwise
        )
        has_queue = Condition(lambda: bool(self.queue_rows))
        body = HSplit(
            [
                ConditionalContainer(
                    Window(FormattedTextControl(self._queue_fragments), dont_extend_height=True), has_queue
                ),
                Window(
                    control,
                    height=lambda: Dimension(min=1, max=self._most_typed()),
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
        app = RegionApplication(
            settling=settling(env),
            reflows=reflows(env),
            resized=lambda: self._events.put_nowait(Resized()),
            terminal_size_polling_interval=0.5 if sys.platform == "win32" else None,  # elsewhere there is SIGWINCH
            layout=Layout(DynamicContainer(lambda: self._picker.container if self._picker else body), control),
            key_bindings=self._keys(control),
            style=_STYLE,
            color_depth=ColorDepth.DEPTH_4_BIT if colors else ColorDepth.DEPTH_1_BIT,
            editing_mode=EditingMode.VI if self._vi else EditingMode.EMACS,
            erase_when_done=True,
            input=self._input,
            output=self._output,
        )
        app.after_render += self._redrawn
        if self._vi:
            from grokchat.terminal.vi_mode import ESC_WITHIN, mark

            app.ttimeoutlen = ESC_WITHIN
            self._mode = lambda: mark(app)
        return app

    def _queue_fragments(self) -> StyleAndTextTuples:
        rows = [f"queued: {text.partition(chr(10))[0]}" for text in self.queue_rows]
        return [("class:queued", "\n".join(rows))]

    def _status_fragments(self) -> StyleAndTextTuples:
        at, lines = self._buffer.document.cursor_position_row + 1, self._buffer.document.line_count
        place = f"line {at:,} of {lines:,}" if lines > self._most_typed() else ""
        return [("class:status", " · ".join(filter(None, (self._mode(), self._status(), place))))]

    def _most_typed(self) -> int:
        """Return the rows that a message may take while it is written; where more are typed, the others scroll away."""
        return max(1, self._output.get_size().rows // 2)

    def _typed(self, _: object) -> None:
        now = asyncio.get_running_loop().time()
        if self._buffer.text and now - self._typed_at >= _NOW_AND_THEN:
            self._typed_at = now
            self._events.put_nowait(Typing())

    def _accept(self, buffer: Buffer) -> bool:
        # Bytes that are no UTF-8 come as lone surrogates, which no request can carry.
        text = buffer.text.encode("utf-8", "replace").decode("utf-8")
        pasted, self._pasted = self._pasted, False
        self._typed_at = -_NOW_AND_THEN
        self._app.max_render_postpone_time = _POSTPONED
        self._events.put_nowait(Submit(text, pasted))
        return False

    def _keys(self, control: BufferControl) -> KeyBindingsBase:
        keys = KeyBindings()
        typing = has_focus(control)
        empty = Condition(lambda: not self._buffer.text)

        @keys.add("enter", filter=typing)
        def _send(_: KeyPressEvent) -> None:
            if self._buffer.text.strip():
                self._buffer.validate_and_handle()
                self._app.vi_state.reset()

        def newline() -> None:
            self._buffer.newline(copy_margin=False)

        @keys.add("c-j", filter=typing)
        @keys.add("escape", "enter", filter=typing & emacs_mode)
        def _newline(_: KeyPressEvent) -> None:
            newline()

        @keys.add("c-c", filter=typing)
        @keys.add("<sigint>", filter=typing)
        def _stop(_: KeyPressEvent) -> None:
            if self._buffer.text and not self.is_busy and not self.is_searching:
                self._buffer.append_to_history()
                self._buffer.reset()
                self._app.vi_state.reset()
            else:
                self._events.put_nowait(Interrupt())

        @keys.add(Keys.BracketedPaste, filter=typing)
        def _paste(event: KeyPressEvent) -> None:
            self._pasted = True
            # Terminals send line ends as they like; in a message they are newlines.
            self._buffer.insert_text(event.data.replace("\r\n", "\n").replace("\r", "\n"))

        @keys.add("c-d", filter=typing & empty)
        def _leave(_: KeyPressEvent) -> None:
            self._events.put_nowait(Leave())

        @keys.add("c-x", "c-e", filter=typing)
        def _edit(_: KeyPressEvent) -> None:
            self._app.create_background_task(self._edit_line())

        if sys.platform != "win32":

            @keys.add("c-z", filter=typing)
            def _suspend(_: KeyPressEvent) -> None:
                self._job.stop_all()

        if self._vi:
            from grokchat.terminal.vi_mode import vi_keys

            return merge_key_bindings([keys, vi_keys(newline, typing=typing)])
        return keys


def _line_prefix(line: int, wrap: int) -> StyleAndTextTuples:
    return [("class:prompt", "> " if line == 0 and wrap == 0 else "  ")]
