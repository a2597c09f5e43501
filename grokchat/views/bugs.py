"""A bug as a text for the user: one paragraph, or with GROKCHAT_DEBUG=1 the traceback. The key is struck out."""

from __future__ import annotations

from grokchat.environment import Environment

_MAX_REASON_CHARS = 300


def describe_bug(error: BaseException, environment: Environment, *, result: str = "") -> str:
    """Return what to show of an unexpected error; `result` says what became of the work. It is to be made visible."""
    if environment.is_debug:
        import traceback

        return environment.redact("".join(traceback.format_exception(error)).rstrip("\n"))
    reason = environment.redact(f"{type(error).__name__}: {error}")[:_MAX_REASON_CHARS]
    result = f" {result}" if result else ""
    return f"This is a bug in grokchat ({reason}).{result} GROKCHAT_DEBUG=1 shows where; please report it."
