"""A terminal without control codes (TERM=dumb) or with a screen reader: lines in, finished lines out, nothing live.

It is a `Screen` like `prompt.Terminal`, so the chat treats both alike.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from grokchat.environment import Environment
from grokchat.errors import CommandError
from grokchat.system.streams import read_lines, write_stream
from grokchat.terminal.action_queue import ActionQueue
from grokchat.terminal.interface import Interrupt, Leave, LineEdit, QueueView, Submit, UserAction
from grokchat.terminal.keyboard import open_keyboard
from grokchat.terminal.queue_rows import held_notice
from grokchat.terminal.signals import handling_signals, leaving_on_signals
from grokchat.terminal.text_questions import Accept, TextQuestions

if TYPE_CHECKING:
    from types import TracebackType

    from grokchat.terminal.rows import RowSource


class PlainTerminal:
    """Reads lines in a thread, and prints finished lines. The terminal itself echoes the typed text."""

    max_live_rows = 0
    echoes_input = True

    def __init__(self, environment: Environment) -> None:
        self.is_busy = False
        self.history_exclusions: Collection[str] = ()
        self.queue = QueueView()
        self._is_hold_announced = False
        self._environment = environment
        self._actions = ActionQueue()
        self._questions = TextQuestions(self._show_question)
        self._is_at_prompt = False
        self._signals = contextlib.ExitStack()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        report = self._actions.report
        self._signals.enter_context(handling_signals(lambda: report(Interrupt()), "SIGINT"))
        self._signals.enter_context(leaving_on_signals(lambda: report(Leave(by_signal=True))))
        threading.Thread(target=self._read, args=(loop, open_keyboard(self._environment)), daemon=True).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._signals.close()
        self._end_prompt()

    def listen(self, handle: Callable[[UserAction], None]) -> None:
        """Call `handle` for each action from now on, and first for those that came before."""
        self._actions.listen(handle)

    @property
    def background(self) -> None:
        """None: no query is sent."""
        return None

    @property
    def width(self) -> int:
        """The window's columns."""
        return self._environment.columns()

    @property
    def is_unfocused(self) -> bool:
        """False: no notification could be sent anyway."""
        return False

    def watch_focus(self, enabled: bool) -> None:
        """Do nothing: the codes would be printed."""

    @property
    def accepts_osc(self) -> bool:
        """False: the terminal would print them."""
        return False

    def draw_frame(
        self,
        commit: Sequence[str],
        live: Sequence[str] | None = None,  # noqa: ARG002 - nothing is live here
        notes: Sequence[str] = (),  # noqa: ARG002
    ) -> None:
        """Print finished lines. Live rows are not shown."""
        if commit:
            self._end_prompt()
            self._write("".join(f"{line}\n" for line in commit))

    def refresh(self) -> None:
        """Print the prompt, if nothing is running, and above it once how to release a held queue."""
        if self.queue.held_count and not self.is_busy and not self._is_hold_announced:
            self.draw_frame([held_notice(self.queue)])
        self._is_hold_announced = bool(self.queue.held_count) and not self.is_busy
        if not self.is_busy and not self._is_at_prompt:
            self._is_at_prompt = True
            self._write("> ")

    def show_hint(self, text: str) -> None:
        """Print the hint: there is no bottom line."""
        self.draw_frame([text, ""])

    def fill_line(self, text: str, *, has_paste: bool = True, edit: LineEdit | None = None) -> bool:  # noqa: ARG002
        """Return False: the line is the terminal's own."""
        return False

    def clear_line(self) -> bool:
        """Return False: Ctrl-C has made the terminal drop its line."""
        return False

    def remember(self, lines: Sequence[str]) -> bool:  # noqa: ARG002
        """Return False: there is no history."""
        return False

    def send_codes(self, codes: str) -> None:
        """Do nothing: the codes would be printed."""

    async def edit_text(self, text: str) -> str | None:  # noqa: ARG002
        """Raise CommandError: the keys are being read, and an editor needs control codes."""
        raise CommandError("This terminal cannot run an editor. Give the text: /edit N TEXT.")

    async def ask_hidden(self, question: str) -> str | None:  # noqa: ARG002
        """Raise CommandError: the terminal itself shows what is typed."""
        raise CommandError("This terminal shows what you type. Leave the chat and use grokchat --login.")

    async def ask_texts(self, titles: Sequence[str], accept: Accept) -> Sequence[Submit]:
        """Print questions, each of which the next line answers; return the answers."""
        return await self._questions.ask(titles, accept)

    def _show_question(self, title: str | None) -> None:
        if title is not None:
            self.draw_frame([f"{title} (Ctrl-C cancels)"])

    async def choose(self, rows: RowSource) -> Any:
        """Raise CommandError: moving in a list needs control codes."""
        raise CommandError(f"This terminal cannot show a list to choose from. {rows.instead}")

    def _end_prompt(self) -> None:
        if self._is_at_prompt:
            self._is_at_prompt = False
            self._write("\n")

    def _read(self, loop: asyncio.AbstractEventLoop, keyboard: BinaryIO) -> None:
        """Report each line, and the end of the input.

        Ctrl-D ends a terminal's input only for the moment, and the chat may stay. A second end in a row is final, and
        so is a terminal that is gone.
        """
        was_end = is_final = False
        with contextlib.suppress(RuntimeError):  # the loop may be closed by now
            while not is_final:
                with contextlib.suppress(OSError):
                    for line in read_lines(keyboard):
                        was_end = False
                        self._report_line(loop, line.decode("utf-8", "replace").rstrip("\r"))
                is_final = was_end or not keyboard.isatty()
                loop.call_soon_threadsafe(self._leave, Leave(is_final=is_final))
                was_end = True

    def _report_line(self, loop: asyncio.AbstractEventLoop, line: str) -> None:
        if line.strip() or self.history_exclusions or self.queue.held_count or self._questions.is_open:
            # Here a paste looks like typing.
            loop.call_soon_threadsafe(self._submit, Submit(line, has_paste=True))

    def _submit(self, line: Submit) -> None:
        self._is_at_prompt = False
        if self._questions.is_open:
            self._questions.answer(line)
        else:
            self._actions.report(line)

    def _leave(self, how: Leave) -> None:
        self._actions.report(Interrupt() if self._questions.is_open and not how.is_final else how)

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError):  # a terminal that is gone is reported by a signal or the end of its input
            write_stream(self._environment.stdout, self._environment.encode(text))
