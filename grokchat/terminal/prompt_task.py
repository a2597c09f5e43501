"""The task that runs the prompt's application: from raw mode to the shell's modes again."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

from prompt_toolkit.input import Input
from prompt_toolkit.output import Output

from grokchat.terminal.application import RegionApplication
from grokchat.terminal.capabilities import Capabilities
from grokchat.terminal.job_control import JobControl
from grokchat.terminal.signals import leaving_on_signals

if sys.platform != "win32":
    from grokchat.terminal.input import TerminalInput


class PromptTask:
    """Runs an application once. `on_signal` is called when a signal asks the program to end, `on_end` at the end."""

    def __init__(
        self,
        app: RegionApplication,
        channel: tuple[Input, Output],
        capabilities: Capabilities,
        job_control: JobControl,
        *,
        on_signal: Callable[[], object],
        on_end: Callable[[], object],
    ) -> None:
        self._app = app
        self._input, self._output = channel
        self._capabilities = capabilities
        self._job_control = job_control
        self._on_signal = on_signal
        self._on_end = on_end
        self._painted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        app.after_render += self._note_painted

    def start(self) -> None:
        """Start the application."""
        self._task = asyncio.create_task(self._run())

    async def painted(self) -> None:
        """Wait until the prompt is on the screen, or cannot be."""
        await self._painted.wait()

    async def end(self) -> None:
        """End the application, unless it has ended, and wait until the terminal is the shell's again."""
        if self._app.is_running and not self._app.is_done:
            self._app.exit()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        try:
            with leaving_on_signals(self._on_signal), self._job_control.handling_stops(), self._input.raw_mode():
                if sys.platform != "win32" and isinstance(self._input, TerminalInput):
                    self._input.store_typeahead()
                self._write_unwritten()
                columns, encoding = self._output.get_size().columns, self._output.encoding()
                self._capabilities.send_queries(self._output.write_raw, columns, encoding)
                try:
                    await self._app.run_async(pre_run=self._app.flush_input_soon, set_exception_handler=False)
                    self._write_unwritten()
                    self._output.flush()
                finally:  # the shell would read what arrives later
                    if sys.platform != "win32" and isinstance(self._input, TerminalInput):
                        timeout_s = max(self._capabilities.last_answer_timeout_s, self._app.acks.late_timeout_s)
                        self._input.await_answers(timeout_s)
        except EOFError:
            pass  # the terminal is gone
        finally:
            self._painted.set()
            self._on_end()

    def _write_unwritten(self) -> None:
        self._output.write_raw("".join(f"{line}\r\n" for line in self._app.renderer.pop_unwritten()))

    def _note_painted(self, _: object) -> None:
        self._painted.set()
