"""Runs a command for /run: its output is shown as it arrives, and attached to the next message when it has ended.

Of a long output the first lines are shown as they arrive and the last ones at the end; all of it is attached, up to the
limit of `system.command_output`. Ctrl-C kills the command; what it had printed is kept, like a part of a reply.
"""

from __future__ import annotations

import asyncio

from grokchat.chat.printer import Printer
from grokchat.commands.attach import attach_output
from grokchat.commands.outcomes import Notice, RunCommand
from grokchat.environment import Environment
from grokchat.errors import CommandError, FileError, os_reason
from grokchat.render.sanitize import visible_line
from grokchat.session.session import Session
from grokchat.system.command_output import CommandOutput, plain_text, run_in_shell
from grokchat.system.programs import run_stoppable
from grokchat.terminal.interface import Screen

_FIRST_LINES, _LAST_LINES = 10, 10
"""Lines of an output that are shown; of a shorter one, all."""
_POLL_S = 0.1
"""The interval at which new lines are shown."""
_MAX_SHOWN_BYTES = 1 << 16
"""Of the beginning of an output: what is looked through for its first lines."""
_MAX_NAME_CHARS = 14
"""Of a command in the bottom line, which shows the key that stops also in 40 columns."""


class ShellRunner:
    """Runs one command at a time."""

    def __init__(self, environment: Environment, screen: Screen, printer: Printer) -> None:
        self._environment = environment
        self._screen = screen
        self._printer = printer
        self._process: asyncio.Task[int] | None = None
        self._name = ""
        self._started_at = 0.0

    def stop(self) -> bool:
        """Kill the command; what it has printed is kept. Returns False if none is running."""
        if self._process is None:
            return False
        self._process.cancel()
        return True

    @property
    def activity(self) -> str:
        """What is running and for how long, for the bottom line; "" if nothing is."""
        if self._process is None:
            return ""
        return f"$ {self._name} · {self._environment.clock() - self._started_at:.0f} s · Ctrl-C stops"

    async def run(self, command: RunCommand, session: Session) -> Notice:
        """Run a command, show its output, attach it and return the notice; raises CommandError."""
        output = CommandOutput()
        self._name, self._started_at = _short_name(command.line), self._environment.clock()
        work = run_stoppable(run_in_shell, command.line, self._environment.variables, output)
        self._process = process = asyncio.create_task(work)
        try:
            shown = await self._show_while_running(process, output)
        finally:  # the chat may be left
            process.cancel()
            await asyncio.wait({process})
            self._process = None
        end = _describe_end(process, command.line)
        data = output.content()
        try:
            notice = attach_output(session, command.line, data, end)
        except FileError as error:
            self._show_rest(data, shown, end)  # it may have done what it was run for
            self._printer.print_lines([""])
            raise CommandError(f"{error} Nothing was attached.") from error
        self._show_rest(data, shown, end)
        return notice

    async def _show_while_running(self, process: asyncio.Task[int], output: CommandOutput) -> int:
        """Print the first lines as they arrive, and return how many were printed."""
        shown = 0
        while not process.done():
            await asyncio.wait({process}, timeout=_POLL_S)
            if shown < _FIRST_LINES:
                lines = _first_lines(output.beginning[:_MAX_SHOWN_BYTES])
                self._printer.print_output(lines[shown:])
                shown = max(shown, len(lines))
            self._screen.refresh()
        return shown

    def _show_rest(self, data: bytes, shown: int, end: str) -> None:
        text = plain_text(data.decode("utf-8", "replace")).rstrip("\n")
        lines = text.split("\n") if text else []
        hidden = len(lines) - shown - _LAST_LINES
        if hidden > 1:  # a line that says "1 more line" takes as much room as the line
            self._printer.print_more(hidden)
            shown += hidden
        self._printer.print_output(lines[shown:])
        note = " · ".join(filter(None, ("" if lines else "no output", end)))
        if note:
            self._printer.print_warning(note)


def _first_lines(data: bytes) -> list[str]:
    """Return the first whole lines of an output, unless it is binary."""
    if b"\0" in data:
        return []
    return plain_text(data.decode("utf-8", "replace")).split("\n")[:-1][:_FIRST_LINES]


def _describe_end(process: asyncio.Task[int], line: str) -> str:
    """Return how a command ended, or "" if it succeeded; raises CommandError if it could not be started."""
    if process.cancelled():
        return "stopped with Ctrl-C"
    try:
        code = process.result()
    except OSError as error:
        raise CommandError(f"Could not run {_short_name(line)}: {os_reason(error)}.") from error
    except ValueError as error:  # a NUL in it
        raise CommandError(f"Could not run {_short_name(line)}: {error}.") from error
    return f"exit code {code}" if code > 0 else f"killed by signal {-code}" if code else ""


def _short_name(line: str) -> str:
    return visible_line(line[:_MAX_NAME_CHARS]) + "…" * (len(line) > _MAX_NAME_CHARS)
