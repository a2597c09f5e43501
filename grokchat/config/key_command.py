"""The API key from `api_key_command`, such as a password manager that may wait for its user."""

from __future__ import annotations

from grokchat.config.secret import mask_keys
from grokchat.environment import Environment
from grokchat.errors import KeyMissingError

_TIMEOUT_S = 60
_MAX_MESSAGE_CHARS = 200


async def read_key_from_command(command: str, environment: Environment) -> str:
    """Return what the command prints; raises KeyMissingError. Cancelling this kills the command."""
    import subprocess

    from grokchat.system.shell_command import run_shell_command

    try:
        output = await run_shell_command(command, environment.variables, timeout_s=_TIMEOUT_S)
        printed = output.stdout.decode()
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError) as error:
        raise KeyMissingError(f"api_key_command could not be run: {error}. Mend it in the config file.") from error
    if output.exit_code:
        message = mask_keys(output.stderr.decode("utf-8", "replace").strip())[:_MAX_MESSAGE_CHARS]
        raise KeyMissingError(
            f"api_key_command ended with {output.exit_code}"
            + (f": {message}" if message else "")
            + ". Mend it in the config file."
        )
    return printed
