"""The live prompt, which stays at the end of the screen from the start of the chat to its end.

Finished lines go into the terminal's own scrollback, once, above a small live region: the open end of a reply, the
queue, the prompt, the bottom line. `layout` defines how the prompt looks, `key_bindings` what its keys do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from prompt_toolkit.input import Input
from prompt_toolkit.output import Output

from grokchat.system.drafts import Drafts
from grokchat.terminal.action_queue import ActionQueue
from grokchat.terminal.bottom_line import BottomLine
from grokchat.terminal.capabilities import Capabilities
from grokchat.terminal.completion_menu import Complete, CompletionMenu
from grokchat.terminal.dialogs import Dialogs
from grokchat.terminal.external_editor import ExternalEditor
from grokchat.terminal.history_suggestion import HistorySuggestion, is_inserting
from grokchat.terminal.interface import (
    Interrupt,
    Leave,
    LineEdit,
    QueueView,
    Resized,
    Submit,
    TakeBack,
    Typing,
    UserAction,
)
from grokchat.terminal.job_control import JobControl
from grokchat.terminal.key_bindings import KeyActions
from grokchat.terminal.layout import PromptLayout
from grokchat.terminal.line_buffer import LineBuffer, open_history
from grokchat.terminal.line_questions import LineQuestions
from grokchat.terminal.output import FrameOutput
from grokchat.terminal.prompt_application import make_application
from grokchat.terminal.prompt_task import PromptTask

if TYPE_CHECKING:
    from types import TracebackType

    from grokchat.render.style import TerminalStyle
    from grokchat.render.theme import Background
    from grokchat.terminal.input import TerminalReports
    from grokchat.terminal.rows import RowSource

_TYPING_DELAY_S = 0.01
"""How long after a key it is reported that the user is typing: the key is echoed first."""


class Terminal:
    """A `Screen` with a live prompt, in a style that may change. Use as an async context manager."""

    echoes_input = False

    def __init__(
        self,
        channel: tuple[Input, Output],
        *,
        history: Path | None,
        complete: Complete,
        status: Callable[[], str],
        style: Callable[[], TerminalStyle],
        vi: bool = False,
        env: Mapping[str, str] | None = None,
        drafts: Drafts | None = None,
        suggests: Callable[[], bool] = lambda: True,
        title: Callable[[], str] = str,
    ) -> None:
        self.is_busy = False
        self.history_exclusions: Collection[str] = ()
        self.queue = QueueView()
        keyboard, self._output = channel
        self._reports: TerminalReports | None = getattr(keyboard, "reports", None)
        self._capabilities = Capabilities(env or {}, self._reports)
        self._actions = ActionQueue()
        self._prompt = self._layout(history, complete, status, suggests, vi=vi)
        self._buffer = self._prompt.buffer
        self._questions = LineQuestions(self._buffer, self._actions, self.refresh)
        self._app = make_application(
            self._prompt,
            self._key_actions(),
            channel,
            self._reports,
            env or {},
            on_resized=lambda: self._actions.report(Resized()),
            style=style,
            title=title,
            vi=vi,
        )
        self._capabilities.on_new_widths = self._app.invalidate
        self._app.first_answers = self._capabilities.all_answered
        self._app.key_processor.before_key_press += lambda _: self._prompt.bottom_line.hint.clear()
        self._dialogs = Dialogs(self._prompt, self._output.get_size, self.refresh)
        self._editor = ExternalEditor(self._app, self._buffer, env or {}, drafts or Drafts(None))
        self._job_control = JobControl(self._app, channel, getattr(keyboard, "modes", None))
        self._task = PromptTask(
            self._app,
            channel,
            self._capabilities,
            self._job_control,
            on_signal=self._leave_by_signal,
            on_end=lambda: self._actions.report(Leave(is_final=True)),
        )
        if isinstance(self._output, FrameOutput):
            self._output.on_lost = self._leave_by_signal

    async def __aenter__(self) -> Self:
        self._task.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.painted()
        await self._editor.close()
        if self._buffer.text.strip():  # a signal ended the chat: Up brings the line back in the next one
            self._buffer.append_to_history()
        self.draw_frame(())
        await self._app.drawn()
        await self._task.end()

    async def painted(self) -> None:
        """Wait until the prompt is on the screen, or cannot be."""
        await self._task.painted()

    async def answered(self) -> None:
        """Wait until the terminal has told its background and its widths, or does not in time. The prompt is open."""
        await self._capabilities.answered()

    def listen(self, handle: Callable[[UserAction], None]) -> None:
        """Call `handle` for each action from now on, and first for those that came before."""
        self._actions.listen(handle)

    @property
    def background(self) -> Background | None:
        """The background by the terminal's answer, or by the environment."""
        return self._capabilities.background

    @property
    def is_unfocused(self) -> bool | None:
        """Whether another window has the focus; None if the terminal does not report it."""
        return self._capabilities.is_unfocused

    def watch_focus(self, enabled: bool) -> None:
        """Turn the terminal's focus reports on or off. Not on Windows: nothing would filter them out there."""
        if self._reports is not None:
            self._app.renderer.watches_focus = enabled
            self._app.invalidate()

    @property
    def accepts_osc(self) -> bool:
        """Whether OSC sequences may be sent: the terminal does not print unknown ones."""
        return self._capabilities.accepts_osc

    @property
    def width(self) -> int:
        """The window's columns."""
        return self._output.get_size().columns

    @property
    def max_live_rows(self) -> int:
        """The rows that the live part of a reply may take, so that the whole region stays on the screen."""
        return max(0, self._app.renderer.max_live_rows - self._prompt.rows_above_line)

    def draw_frame(self, commit: Sequence[str], live: Sequence[str] | None = None, notes: Sequence[str] = ()) -> None:
        """Print finished lines above the region, and show `live` at its top, `notes` directly above the prompt.

        Lines may hold SGR codes, finished ones also shell marks (OSC 133), and no other codes.
        """
        self._app.renderer.draw_frame(commit, live, notes)

    def refresh(self) -> None:
        """Redraw the region, because its content has changed."""
        self._app.invalidate()

    def offer_completions(self) -> None:
        """Open the menu for text typed before the completions were available."""
        self._prompt.menu.refresh()
        self.refresh()

    def show_hint(self, text: str) -> None:
        """Show a line in place of the bottom line, until the next key or for some seconds."""
        self._prompt.bottom_line.hint.show(text)

    def fill_line(self, text: str, *, has_paste: bool = True, edit: LineEdit | None = None) -> bool:
        """Put a text into the empty line, with the cursor at its end; return False if the line is not empty."""
        if not self._buffer.fill(text, has_paste=has_paste, edit=edit):
            return False
        self.refresh()
        return True

    def clear_line(self) -> bool:
        """Move the text in the line into the history; return False if there is none."""
        if not self._buffer.clear():
            return False
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

    async def edit_text(self, text: str) -> str | None:
        """Open a text in the user's editor; return None if the text was not changed. Raises CommandError."""
        return await self._editor.edit_text(text)

    def restore_draft(self) -> str:
        """Put a text that a killed process left in an editor into the empty line; return a notice about it, or ""."""
        return self._editor.restore_draft()

    async def choose(self, rows: RowSource) -> Any:
        """Let the user choose a row in the prompt's place; return its value, or None. Raises FileError."""
        return await self._dialogs.choose(rows)

    async def ask_hidden(self, question: str) -> str | None:
        """Ask for a text without showing it, in place of the prompt; return None if the user cancels."""
        return await self._dialogs.ask_hidden(question)

    async def ask_texts(self, titles: Sequence[str], accept: Callable[[Submit], bool]) -> Sequence[Submit]:
        """Ask questions, each of which the next line answers; return the answers."""
        return await self._questions.ask(titles, accept)

    # -- its parts -----------------------------------------------------------------------------------------------------

    def _layout(
        self,
        history: Path | None,
        complete: Complete,
        status: Callable[[], str],
        suggests: Callable[[], bool],
        *,
        vi: bool,
    ) -> PromptLayout:
        buffer = LineBuffer(
            history=open_history(history),
            is_recorded=lambda text: bool(text.strip()) and text.strip().lower() not in self.history_exclusions,
            accepts_empty=lambda: bool(self.history_exclusions or self.queue.held_count),
            columns=lambda: self.width,
            on_submit=lambda line: self._questions.report(line),  # noqa: PLW0108 - it is made later
            before_submit=self._before_submit,
            on_typing=self._report_typing,
        )
        menu = CompletionMenu(
            buffer,
            complete,
            start=lambda coroutine: self._app.create_background_task(coroutine),  # noqa: PLW0108 - it is made later
            on_change=self.refresh,
        )
        suggestion = HistorySuggestion(
            buffer,
            is_allowed=lambda: suggests() and not (self.history_exclusions or menu.candidates) and is_inserting(),
            columns=lambda: self.width,
        )
        bottom_line = BottomLine(
            status,
            needs_newline_hint=self._capabilities.cannot_tell_shift_enter,
            on_change=self.refresh,
            vi=vi,
        )
        return PromptLayout(buffer, menu, suggestion, bottom_line, screen=self, size=self._output.get_size)

    def _key_actions(self) -> KeyActions:
        return KeyActions(
            can_take_back=lambda: self.queue.can_take_back and self._buffer.is_unused,
            take_back=lambda: self._actions.report(TakeBack()),
            interrupt=self._interrupt,
            stop=lambda: self._actions.report(Interrupt(is_escape=True)),
            leave=self._questions.leave,
            edit_in_editor=lambda: self._editor.open_line(),  # noqa: PLW0108 - it is made later
            suspend=lambda: self._job_control.suspend(),  # noqa: PLW0108 - it is made later
            clear_screen=self._clear_screen,
        )

    def _leave_by_signal(self) -> None:
        self._actions.report(Leave(by_signal=True))

    def _interrupt(self) -> None:
        if not self._app.has_screen:
            return  # Ctrl-C is the editor's, which the terminal has sent it to as well
        if self._actions.is_heard or not self.clear_line():
            self._actions.report(Interrupt())

    def _clear_screen(self) -> None:
        if not self.history_exclusions:  # an open question, which is above the prompt, stays
            self._app.renderer.clear()

    def _before_submit(self) -> None:
        self._app.vi_state.reset()
        self._app.delay_next_frame()

    def _report_typing(self) -> None:
        asyncio.get_running_loop().call_later(_TYPING_DELAY_S, self._actions.report, Typing())
