"""The API key from `api_key_command`, such as a password manager that may wait for its user.

No error quotes the command, because the key may be written in it.
"""

from __future__ import annotations

import re

from grokchat.environment import Environment
from grokchat.errors import InterruptedByUser, KeyMissingError, os_reason
from grokchat.redaction import redact_key

_TIMEOUT_S = 60
_MAX_MESSAGE_CHARS = 200
_MEND = "Fix it in the config file."
_NO_KEY = r"[/.~$]|[a-z_.-]{1,19}$"
"""What a path begins with, and what is a word."""
_INTERRUPTED = (-2, 130)
"""Ended by SIGINT, and a POSIX shell's exit code for that."""
_NOT_FOUND = 127
"""The exit code of POSIX shells for a command that does not exist, such as a key."""


async def read_key_from_command(command: str, environment: Environment) -> str:
    """Return what the command prints. Cancelling this kills the command.

    Raises KeyMissingError, and InterruptedByUser if Ctrl-C ended the command.
    """
    import subprocess

    from grokchat.system.shell_command import run_shell_command

    try:
        output = await run_shell_command(command, environment.variables, timeout_s=_TIMEOUT_S)
        printed = output.stdout.decode()
    except subprocess.TimeoutExpired as error:
        raise KeyMissingError(f"api_key_command did not end within {_TIMEOUT_S} s. {_MEND}") from error
    except UnicodeDecodeError as error:
        raise KeyMissingError(f"What api_key_command printed is not text. {_MEND}") from error
    except (OSError, ValueError) as error:  # a ValueError: a NUL in it
        reason = os_reason(error) if isinstance(error, OSError) else str(error)
        raise KeyMissingError(f"api_key_command could not be run: {reason}. {_MEND}") from error
    if output.exit_code in _INTERRUPTED:  # a command may take the terminal's Ctrl-C itself
        raise InterruptedByUser("api_key_command was interrupted.")
    if output.exit_code:
        message = _without_command(output.stderr.decode("utf-8", "replace").strip(), command, printed)
        message = environment.redact(message)[:_MAX_MESSAGE_CHARS]
        detail = f": {message}" if message else ""
        advice = (
            "It must be a command that prints the key, not the key itself. " if output.exit_code == _NOT_FOUND else ""
        )
        raise KeyMissingError(f"api_key_command ended with {output.exit_code}{detail}. {advice}{_MEND}")
    return printed


def _without_command(message: str, command: str, printed: str) -> str:
    """Return an error message without what was printed, and without words of the command that may be the key.

    Paths and names of programs stay: they say what is missing.
    """
    words = [word.strip("\"'`;|&()") for word in command.split()]
    for secret in (printed, *(value for word in words for value in (word, word.partition("=")[2]))):
        if not re.match(_NO_KEY, secret):
            message = redact_key(secret, message)
    return message
