"""Runs a shell command for its output; it can be stopped at any moment together with all processes that it started.

It runs in the background of the terminal: a command that reads from the terminal gets an error (EIO) instead of being
suspended forever.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from grokchat.system.programs import ProgramOutput, run_program, run_stoppable


async def run_shell_command(command: str, env: Mapping[str, str], *, timeout_s: float) -> ProgramOutput:
    """Run a command without input; cancelling this, or a signal that ends the program, kills it.

    Raises OSError and subprocess.TimeoutExpired.
    """
    line = command if sys.platform == "win32" else f"trap '' TTIN TTOU; {command}"
    return await run_stoppable(lambda: run_program(line, env, timeout_s=timeout_s))
