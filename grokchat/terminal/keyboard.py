"""The device that keys are read from. Also used without prompt_toolkit, so it does not import it."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import BinaryIO

from grokchat.environment import Environment
from grokchat.errors import UsageError, os_reason


def open_keyboard(environment: Environment) -> BinaryIO:
    """Return standard input if it is a terminal, else the controlling terminal, unbuffered.

    Unbuffered, because a thread that waits in a buffered read holds a lock when the program ends.
    """
    if environment.stdin is not None and environment.stdin_is_tty:
        return getattr(environment.stdin, "raw", environment.stdin)
    if sys.platform == "win32":
        return open("CONIN$", "rb", buffering=0)  # noqa: PTH123
    # The terminal's own name first: some systems cannot wait for keys on /dev/tty (kqueue).
    with contextlib.suppress(OSError):
        return open(os.ttyname(environment.stdout.fileno()), "rb", buffering=0)  # noqa: PTH123
    try:
        return open("/dev/tty", "rb", buffering=0)  # noqa: PTH123
    except OSError as error:
        message = f"There is no terminal to read keys from ({os_reason(error)}). -p answers without one."
        raise UsageError(message) from error
