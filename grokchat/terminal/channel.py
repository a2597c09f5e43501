"""The channel to the terminal: its input and output, and a question before the chat begins."""

from __future__ import annotations

import os
import sys

from prompt_toolkit import PromptSession
from prompt_toolkit.data_structures import Size
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import Input, create_input
from prompt_toolkit.output import Output, create_output

from grokchat.environment import Environment
from grokchat.errors import InterruptedByUser
from grokchat.terminal.early_prompt import EarlyPrompt
from grokchat.terminal.input import ESCAPE_TIMEOUT_S
from grokchat.terminal.keyboard import open_keyboard
from grokchat.terminal.output import FrameOutput
from grokchat.terminal.signals import leaving_on_signals

if sys.platform != "win32":
    from grokchat.terminal.input import TerminalInput


def open_channel(environment: Environment, early_prompt: EarlyPrompt | None = None) -> tuple[Input, Output]:
    """Open the terminal's input and output; if stdin is a pipe, keys are read from the controlling terminal.

    If the early prompt was shown, they take the terminal over from it.
    """
    if environment.terminal is not None:
        return environment.terminal()
    if sys.platform == "win32":
        return create_input(always_prefer_tty=True), create_output()
    else:  # noqa: RET505 - the type checker skips an else, but not code after a return

        def get_size() -> Size:
            try:
                columns, rows = os.get_terminal_size(environment.stdout.fileno())
            except OSError:
                columns, rows = 80, 24
            return Size(rows=rows or 24, columns=columns or 80)

        keyboard = open_keyboard(environment)
        if early_prompt is None or not early_prompt.was_shown:
            return TerminalInput(keyboard), FrameOutput(environment, get_size)
        if not keyboard.isatty():
            raise InterruptedByUser("The terminal is gone.")
        terminal_input = TerminalInput(keyboard, early_prompt.modes)
        return terminal_input, FrameOutput(environment, get_size, early_prompt)


def has_control_codes(environment: Environment) -> bool:
    """Return whether the terminal supports control codes; consoles before Windows 10 do not."""
    if sys.platform == "win32" and environment.terminal is None:
        from prompt_toolkit.output.win32 import Win32Output

        return not isinstance(create_output(), Win32Output)
    return True


async def ask_question(
    channel: tuple[Input, Output], question: str, *, hidden: bool, raises_interrupt: bool = False
) -> str | None:
    """Ask one question before the chat begins; return None if the user leaves. `hidden`: do not show the answer.

    With `raises_interrupt` Ctrl-C raises KeyboardInterrupt, and only Ctrl-D leaves.
    """
    from grokchat.compat.prompt_toolkit import set_default_bindings
    from grokchat.terminal.editing_keys import editing_key_bindings

    session: PromptSession[str] = PromptSession(input=channel[0], output=channel[1], history=InMemoryHistory())
    set_default_bindings(session.app, editing_key_bindings())
    session.app.ttimeoutlen = session.app.timeoutlen = ESCAPE_TIMEOUT_S

    def leave() -> None:
        if session.app.is_running and not session.app.is_done:
            session.app.exit(exception=InterruptedByUser("Ended by a signal."))

    try:
        with leaving_on_signals(leave):
            return await session.prompt_async(question, is_password=hidden)
    except EOFError:
        return None
    except KeyboardInterrupt:
        if raises_interrupt:
            raise
        return None
