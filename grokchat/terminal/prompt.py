"""The live prompt, which stays at the end of the screen from the start of the chat to its end.

Finished lines go into the terminal's own scrollback, once, above a small live region: the open end of a reply, the
queue, the prompt, the bottom line. `layout` defines how the prompt looks, `key_bindings` what its keys do.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from prompt_toolkit.application import in_terminal
from prompt_toolkit.document import Document
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import merge_key_bindings
from prompt_toolkit.output import ColorDepth, Output

from grokchat.errors import CommandError
from grokchat.system.drafts import Drafts
from grokchat.terminal.action_queue import ActionQueue
from grokchat.terminal.application import RegionApplication, reflows, resize_delay_s
from grokchat.terminal.completion_menu import Complete, CompletionMenu
from grokchat.terminal.hint import Hint
from grokchat.terminal.history_suggestion import HistorySuggestion, is_inserting, suggestion_key_bindings
from grokchat.terminal.interface import (
    Interrupt,
    Leave,
    LineEdit,
    QueueView,
    Resized,
    TakeBack,
    Typing,
    UserAction,
)
from grokchat.terminal.job_control import JobControl
from grokchat.terminal.key_bindings import KeyActions, prompt_key_bindings
from grokchat.terminal.keyboard_protocol import PROTOCOL_QUERY, may_query_protocol
from grokchat.terminal.layout import STYLE, PromptLayout
from grokchat.terminal.line_buffer import LineBuffer, open_history
from grokchat.terminal.menu_bindings import menu_key_bindings
from grokchat.terminal.newline_hint import NewlineHint
from grokchat.terminal.output import FrameOutput
from grokchat.terminal.queries import background_from_env, may_query
from grokchat.terminal.queue_rows import queue_rows
from grokchat.terminal.signals import leaving_on_signals

if sys.platform != "win32":
    from grokchat.terminal.input import TerminalInput

if TYPE_CHECKING:
    from types import TracebackType

    from grokchat.render.style import Background
    from grokchat.terminal.hidden_input import HiddenInput
    from grokchat.terminal.input import TerminalReports
    from grokchat.terminal.picker import Picker
    from grokchat.terminal.rows import RowSource

_MAX_PICKER_ROWS = 10
_BACKGROUND_TIMEOUT_S = 1.0
"""How long to wait for the terminal to report its background."""
_LEAVING_TIMEOUT_S = 0.2
"""How long to wait for the terminal's answers on leaving, so that the shell does not read them."""
_TYPING_DELAY_S = 0.01
"""How long after a key it is reported that the user is typing: the key is echoed first."""
_ENTER_DRAW_DELAY_S = 0.005
"""The longest delay of the redraw after Enter, so that the request goes first."""


class Terminal:
    """A `Screen` with a live prompt. Use as an async context manager."""

    echoes_input = False

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
        drafts: Drafts | None = None,
        suggests: Callable[[], bool] = lambda: True,
    ) -> None:
        self.is_busy = False
        self.history_exclusions: Collection[str] = ()
        self.queue = QueueView()
        self._replacement: Picker | HiddenInput | None = None
        self._input, self._output = channel
        self._reports: TerminalReports | None = getattr(self._input, "reports", None)
        self._env = env or {}
        self._drafts = drafts or Drafts(None)
        self._status = status
        self._hint = Hint(self.refresh)
        self._newline_hint = NewlineHint(self._cannot_tell_shift_enter)
        self._mode_name: Callable[[], str] = lambda: ""  # only vi keys have modes
        self._actions = ActionQueue()
        self._painted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._editing: asyncio.Task[str | None] | None = None
        self._buffer = LineBuffer(
            history=open_history(history),
            is_recorded=lambda text: bool(text.strip()) and text.strip().lower() not in self.history_exclusions,
            accepts_empty=lambda: bool(self.history_exclusions or self.queue.held_count),
            columns=lambda: self._output.get_size().columns,
            on_submit=self._actions.report,
            before_submit=self._before_submit,
            on_typing=self._report_typing,
        )
        self._menu = CompletionMenu(
            self._buffer,
            complete,
            start=lambda coroutine: self._app.create_background_task(coroutine),  # noqa: PLW0108 - it is made later
            on_change=self.refresh,
        )
        self._suggestion = HistorySuggestion(
            self._buffer,
            is_allowed=lambda: (
                suggests() and not self.history_exclusions and not self._menu.candidates and is_inserting()
            ),
            columns=lambda: self._output.get_size().columns,
        )
        self._app = self._application(colors=colors, vi=vi)
        if self._reports is not None:
            self._reports.sizes.on_answer = self._app.handle_answer
            self._reports.keyboard.on_change = self._app.invalidate
        self._job_control = JobControl(self._app, channel, getattr(self._input, "modes", None))
        if isinstance(self._output, FrameOutput):
            self._output.on_lost = self._leave_by_signal

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.painted()
        if self._editing is not None:
            self._editing.cancel()
            await asyncio.wait({self._editing})
        if self._buffer.text.strip():  # a signal ended the chat: Up brings the line back in the next one
            self._buffer.append_to_history()
        self.draw_frame(())
        await self._app.drawn()
        if self._app.is_running and not self._app.is_done:
            self._app.exit()
        if self._task is not None:
            await self._task

    async def painted(self) -> None:
        """Wait until the prompt is on the screen, or cannot be."""
        await self._painted.wait()

    def listen(self, handle: Callable[[UserAction], None]) -> None:
        """Call `handle` for each action from now on, and first for those that came before."""
        self._actions.listen(handle)

    @property
    def background(self) -> Background | None:
        """The background by the terminal's answer, or by the environment."""
        answer = self._reports.background.background if self._reports is not None else None
        return answer or background_from_env(self._env)

    @property
    def is_unfocused(self) -> bool | None:
        """Whether another window has the focus; None if the terminal does not report it."""
        return self._reports.focus.is_unfocused if self._reports is not None else None

    def watch_focus(self, enabled: bool) -> None:
        """Turn the terminal's focus reports on or off. Not on Windows: nothing would filter them out there."""
        if self._reports is None:
            return
        self._app.renderer.watches_focus = enabled
        self._app.invalidate()

    @property
    def accepts_osc(self) -> bool:
        """Whether OSC sequences may be sent: the terminal does not print unknown ones."""
        return may_query(self._env) or bool(self._env.get("WT_SESSION") or self._env.get("STY"))

    @property
    def width(self) -> int:
        """The window's columns."""
        return self._output.get_size().columns

    @property
    def max_live_rows(self) -> int:
        """The rows that the live part of a reply may take, so that the whole region stays on the screen."""
        above = len(self._queue_rows()) + (self._buffer.edit is not None)
        return max(0, self._app.renderer.max_live_rows - above)

    def draw_frame(self, commit: Sequence[str], live: Sequence[str] | None = None, notes: Sequence[str] = ()) -> None:
        """Print finished lines above the region, and show `live` at its top, `notes` directly above the prompt.

        Lines may hold SGR codes, finished ones also shell marks (OSC 133), and no other codes.
        """
        self._app.renderer.draw_frame(commit, live, notes)

    def refresh(self) -> None:
        """Redraw the region, because its content has changed."""
        self._app.invalidate()

    def offer_completions(self) -> None:
        """Open the menu for what has been typed before there was anything to offer."""
        self._menu.refresh()
        self.refresh()

    def show_hint(self, text: str) -> None:
        """Show a line in place of the bottom line, until the next key or for some seconds."""
        self._hint.show(text)

    def fill_line(self, text: str, *, has_paste: bool = True, edit: LineEdit | None = None) -> bool:
        """Put a text into the empty line, with the cursor at its end; return False if the line is not empty."""
        if self._buffer.text or self._buffer.edit is not None:
            return False
        self._buffer.fill(text, has_paste=has_paste, edit=edit)
        self.refresh()
        return True

    def clear_line(self) -> bool:
        """Move the text in the line into the history; return False if there is none."""
        if not self._buffer.text and self._buffer.edit is None:
            return False
        self._buffer.append_to_history()
        self._buffer.reset()
        self._app.vi_state.reset()
        return True

    def remember(self, lines: Sequence[str]) -> bool:
        """Have Up recall these lines, the last one first."""
        self._buffer.remember(lines)
        return True

    def send_codes(self, codes: str) -> None:
        """Send codes that print nothing, between two frames."""
        self._output.write_raw(codes)
        self._output.flush()

    async def edit_text(self, text: str, *, is_saved: bool = True) -> str | None:
        """Open a text in the user's editor; return None if the text was not changed. Raises CommandError.

        `is_saved`: the text is kept elsewhere, too.
        """
        if not self._app.has_screen:
            raise CommandError("An editor is open already.")
        from grokchat.system.editor import edit_text
        from grokchat.system.programs import run_stoppable

        async def edit() -> str | None:
            await self._app.drawn()  # a late answer of the terminal would be typed into the editor
            async with in_terminal():
                return await run_stoppable(partial(edit_text, is_saved=is_saved), text, self._env, self._drafts)

        # prompt_toolkit finds its application in the context that a task runs in.
        self._editing = asyncio.create_task(edit(), context=self._app.context)
        return await self._editing

    def restore_draft(self) -> str:
        """Put a text that a killed process left in an editor into the empty line; return a notice about it, or ""."""
        found = None if self._buffer.text else self._drafts.take_abandoned()
        if found is None:
            return ""
        text, folder = found
        self._buffer.document = Document(text)
        more = f" The editor's own files are in {folder}." if folder else ""
        return f"The text that was in your editor when grokchat ended is back in the line.{more}"

    async def choose(self, rows: RowSource) -> Any:
        """Let the user choose a row in the prompt's place; the prompt returns unchanged. Raises FileError."""
        from grokchat.terminal.picker import Picker

        picker = Picker(rows, self._output.get_size, self.refresh, max_rows=_MAX_PICKER_ROWS)
        with self._in_prompts_place(picker), picker.reading():
            return await picker.choice

    async def ask_hidden(self, question: str) -> str | None:
        """Ask for a text that is not shown, in the prompt's place; return None if the user goes back."""
        from grokchat.terminal.hidden_input import HiddenInput

        hidden = HiddenInput(question)
        with self._in_prompts_place(hidden):
            return await hidden.answer

    @contextmanager
    def _in_prompts_place(self, replacement: Picker | HiddenInput) -> Iterator[None]:
        """Show this instead of the prompt, with the keys; the prompt returns unchanged."""
        layout, typing = self._app.layout, self._app.layout.current_control
        self._replacement = replacement
        layout.focus(replacement.control)
        self.refresh()
        try:
            yield
        finally:
            self._replacement = None
            layout.focus(typing)
            self.refresh()

    def _status_parts(self) -> tuple[str, ...]:
        hint = self._newline_hint.text_for(self._buffer.text, self.width)
        return (self._mode_name(), self._hint.text or self._status(), hint)

    def _cannot_tell_shift_enter(self) -> bool:
        reports = self._reports
        return reports is None or (reports.keyboard.protocol == "none" and not reports.background.is_pending)

    def _edit_parts(self) -> tuple[str, ...]:
        """Return what is said of the line that was filled: what it is, what Enter does, and what Ctrl-C does."""
        edit = self._buffer.edit
        if edit is None:
            return ()
        # While anything runs, Ctrl-C stops that.
        return (edit.title, edit.on_enter, *(() if self.is_busy else ("Ctrl-C leaves it",)))

    # -- running -----------------------------------------------------------------------------------------------------

    def _application(self, *, colors: bool, vi: bool) -> RegionApplication:
        prompt = PromptLayout(
            self._buffer,
            self._menu,
            self._suggestion,
            queue_rows=self._queue_rows,
            edit_parts=self._edit_parts,
            status=self._status_parts,
            size=self._output.get_size,
            replacement=lambda: self._replacement.container if self._replacement is not None else None,
        )
        actions = KeyActions(
            can_take_back=lambda: self.queue.can_take_back,
            take_back=lambda: self._actions.report(TakeBack()),
            interrupt=self._interrupt,
            stop=lambda: self._actions.report(Interrupt(is_escape=True)),
            leave=lambda: self._actions.report(Leave()),
            edit_in_editor=lambda: self._app.create_background_task(self._edit_line()),
            suspend=lambda: self._job_control.suspend(),  # noqa: PLW0108 - it is made later
            clear_screen=self._clear_screen,
        )
        keys = [
            prompt_key_bindings(self._buffer, prompt.control, actions, vi=vi),
            suggestion_key_bindings(self._suggestion, prompt.control),
            menu_key_bindings(self._menu, self._buffer, prompt.control, rows=lambda: self._output.get_size().rows),
        ]
        app = RegionApplication(
            resize_delay_s=resize_delay_s(self._env),
            reflows=reflows(self._env),
            on_resized=lambda: self._actions.report(Resized()),
            acks=self._reports.sizes.acks if self._reports is not None else None,
            keyboard=self._reports.keyboard if self._reports is not None else None,
            terminal_size_polling_interval=0.5 if sys.platform == "win32" else None,  # elsewhere there is SIGWINCH
            layout=prompt.layout,
            key_bindings=merge_key_bindings(keys),
            style=STYLE,
            color_depth=ColorDepth.DEPTH_4_BIT if colors else ColorDepth.DEPTH_1_BIT,
            editing_mode=EditingMode.VI if vi else EditingMode.EMACS,
            erase_when_done=True,
            input=self._input,
            output=self._output,
        )
        # As in readline and vi, the second key of two may take its time.
        app.timeoutlen = None  # type: ignore[assignment] # its key processor takes None for no limit
        app.after_render += self._note_painted
        app.key_processor.before_key_press += lambda _: self._hint.clear()
        if vi:
            from grokchat.terminal.vi_mode import mode_name

            self._mode_name = lambda: mode_name(app)
        return app

    async def _run(self) -> None:
        try:
            with (
                leaving_on_signals(self._leave_by_signal),
                self._job_control.handling_stops(),
                self._input.raw_mode(),
            ):
                if sys.platform != "win32" and isinstance(self._input, TerminalInput):
                    self._input.store_typeahead()
                self._write_unwritten()
                if self._reports is not None:
                    self._send_queries(self._reports)
                await self._app.run_async(pre_run=self._app.flush_input_soon, set_exception_handler=False)
                self._write_unwritten()
                self._output.flush()
                if sys.platform != "win32" and isinstance(self._input, TerminalInput):
                    self._input.await_answers(_LEAVING_TIMEOUT_S)
        except EOFError:
            pass  # the terminal is gone
        finally:
            self._painted.set()
            self._actions.report(Leave(is_final=True))

    def _queue_rows(self) -> list[str]:
        size = self._output.get_size()
        return queue_rows(self.queue, columns=size.columns, rows=size.rows)

    def _send_queries(self, reports: TerminalReports) -> None:
        if may_query(self._env):
            # The protocol first: the answer to the background's query ends the wait for all.
            protocol_query = PROTOCOL_QUERY if may_query_protocol(self._env) else ""
            self._output.write_raw(protocol_query + reports.background.ask())
            asyncio.get_running_loop().call_later(_BACKGROUND_TIMEOUT_S, reports.background.stop_waiting)
        if self._env.get("TMUX"):
            # tmux is on this machine and answers at once, so a program that is started from here reads no answer.
            reports.sizes.acks.enable()

    def _write_unwritten(self) -> None:
        self._output.write_raw("".join(f"{line}\r\n" for line in self._app.renderer.pop_unwritten()))

    def _leave_by_signal(self) -> None:
        self._actions.report(Leave(by_signal=True))

    def _interrupt(self) -> None:
        if not self._app.has_screen:
            return  # Ctrl-C is the editor's, which the terminal has sent it to as well
        if self._actions.is_heard or not self.clear_line():
            self._actions.report(Interrupt())

    def _clear_screen(self) -> None:
        if not self.history_exclusions:  # an open question, which stands above the prompt, stays
            self._app.renderer.clear()

    def _note_painted(self, _: object) -> None:
        self._app.max_render_postpone_time = 0
        self._painted.set()

    def _before_submit(self) -> None:
        self._app.vi_state.reset()
        self._app.max_render_postpone_time = _ENTER_DRAW_DELAY_S

    def _report_typing(self) -> None:
        asyncio.get_running_loop().call_later(_TYPING_DELAY_S, self._actions.report, Typing())

    async def _edit_line(self) -> None:
        try:
            text = await self.edit_text(self._buffer.text, is_saved=False)
        except CommandError as error:
            asyncio.get_running_loop().call_exception_handler({"message": str(error), "exception": error})
            return
        if text is not None:
            self._buffer.document = Document(text)
