"""Where keys come from, and what else makes a user leave."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.data_structures import Size
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import Input, create_input
from prompt_toolkit.output import Output, create_output

from grokchat.environment import Environment
from grokchat.errors import InterruptedByUser, UsageError, os_reason
from grokchat.terminal.early_prompt import EarlyPrompt, typed_before
from grokchat.terminal.output import FrameOutput

if sys.platform != "win32":
    from grokchat.terminal.queries import AnsweringInput


async def ask(channel: tuple[Input, Output], question: str, *, hidden: bool) -> str | None:
    """Ask one question before the chat begins; None if the user would rather leave."""
    session: PromptSession[str] = PromptSession(input=channel[0], output=channel[1], history=InMemoryHistory())

    def leave() -> None:
        if session.app.is_running and not session.app.is_done:
            session.app.exit(exception=InterruptedByUser("Ended by a signal."))

    try:
        with left_by_signals(leave):
            return await session.prompt_async(question, is_password=hidden)
    except (EOFError, KeyboardInterrupt):
        return None


def open_channel(environment: Environment, paint: EarlyPrompt | None = None) -> tuple[Input, Output]:
    """Return the terminal's input and output; with a piped stdin keys come from the controlling terminal.

    They take the terminal over from the first paint, if there was one.
    """
    if environment.terminal is not None:
        return environment.terminal()
    if sys.platform == "win32":
        return create_input(always_prefer_tty=True), create_output()
    else:  # noqa: RET505 - the type checker leaves out what stands behind a return, not in an else

        def get_size() -> Size:
            try:
                columns, rows = os.get_terminal_size(environment.stdout.fileno())
            except OSError:
                columns, rows = 80, 24
            return Size(rows=rows or 24, columns=columns or 80)

        if paint is None or not paint.was_shown:
            return AnsweringInput(_keyboard(environment)), FrameOutput(environment, get_size)
        keyboard = _keyboard(environment)
        if not keyboard.isatty():
            raise InterruptedByUser("The terminal is gone.")
        return AnsweringInput(keyboard, paint), FrameOutput(environment, get_size, paint.wipe)


def has_control_codes(environment: Environment) -> bool:
    """Say whether the terminal obeys control codes at all; consoles before Windows 10 do not."""
    if sys.platform == "win32" and environment.terminal is None:
        from prompt_toolkit.output.win32 import Win32Output

        return not isinstance(create_output(), Win32Output)
    return True


def _keyboard(environment: Environment) -> TextIO:
    if environment.stdin_is_tty and environment.stdin is not None:
        return open(environment.stdin.fileno(), encoding="utf-8", closefd=False)
    # The terminal's own name first: not every system can wait for keys on /dev/tty (kqueue).
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            return open(os.ttyname(environment.stdout.fileno()), encoding="utf-8")  # noqa: PTH123
    try:
        return open("/dev/tty", encoding="utf-8")  # noqa: PTH123
    except OSError as error:
        said = f"There is no terminal to read keys from ({os_reason(error)}). -p answers without one."
        raise UsageError(said) from error


def keep_typeahead(source: Input) -> None:
    """Take what was typed before the terminal was in raw mode, as keys; what came later waits in its queue."""
    if sys.platform != "win32" and isinstance(source, AnsweringInput):
        source.keep(typed_before(source.fileno()) if source.typed is None else source.typed)


@contextlib.contextmanager
def heard_signals(what: Callable[[], object], *names: str) -> Iterator[None]:
    """Do something when one of these signals comes, instead of what the system would do to the program."""
    loop = asyncio.get_running_loop()
    added = []
    for name in names:
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError, AttributeError):
            loop.add_signal_handler(getattr(signal, name), what)
            added.append(name)
    try:
        yield
    finally:
        for name in added:
            loop.remove_signal_handler(getattr(signal, name))


def left_by_signals(leave: Callable[[], object]) -> contextlib.AbstractContextManager[None]:
    """Leave in good order when the system asks to, or when the terminal is closed.

    Around whatever changes the terminal's modes: killed in between, the program would leave them to the shell.
    """
    return heard_signals(leave, "SIGTERM", "SIGHUP", "SIGQUIT")
