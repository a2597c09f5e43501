"""Errors that nobody expected: a bug in one command or one reply is a paragraph, and the chat continues.

The only place in the chat that catches everything. What ends a task or the program (CancelledError, KeyboardInterrupt,
SystemExit) passes.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from grokchat.environment import Environment
from grokchat.errors import GrokchatError, ReportedError
from grokchat.render.sanitize import visible
from grokchat.views.bugs import describe_bug

T = TypeVar("T")

_MAX_REPORTS = 3
"""Of the same bug: one in what is drawn again and again would fill the screen endlessly."""
_RESULT = "The chat continues; what was received is kept."


class BugReports:
    """Reports bugs on the screen. `print_text` prints an error's text, `draw` finished lines if that fails."""

    def __init__(
        self,
        environment: Environment,
        print_text: Callable[[str], None],
        draw: Callable[[Sequence[str]], None],
    ) -> None:
        self._environment = environment
        self._print_text = print_text
        self._draw = draw
        self._counts: Counter[str] = Counter()

    @contextmanager
    def reported(self) -> Iterator[None]:
        """Print what goes wrong inside, and continue after it."""
        try:
            yield
        except ReportedError:
            pass
        except GrokchatError as error:
            self._print(self._environment.redact(str(error)))
        except Exception as error:  # noqa: BLE001 - a bug
            self.report(error)

    def report(self, error: BaseException) -> None:
        """Print a bug."""
        text = describe_bug(error, self._environment, result=_RESULT)
        if self._environment.is_debug:  # a traceback has lines
            self._draw([*visible(text).split("\n"), ""])
        else:
            self._print(text)

    def value_of(self, compute: Callable[[], T], default: T) -> T:
        """Return what `compute` returns for the drawing of the screen, or `default` if it has a bug: printed later."""
        try:
            return compute()
        except Exception as error:  # noqa: BLE001 - a bug
            asyncio.get_running_loop().call_soon(self._report_in_background, error)
            return default

    def handle_background_error(self, _: object, context: Mapping[str, Any]) -> None:
        """Print what went wrong in a task that nobody waits for: an event loop's exception handler."""
        error = context.get("exception")
        if isinstance(error, GrokchatError):
            self._print(self._environment.redact(str(error)))
        else:
            self._report_in_background(error or RuntimeError(str(context.get("message"))))

    def _report_in_background(self, error: BaseException) -> None:
        """Print a bug that no action of the user led to, unless it was printed several times."""
        name = f"{type(error).__name__}: {error}"
        self._counts[name] += 1
        if self._counts[name] <= _MAX_REPORTS:
            self.report(error)

    def _print(self, text: str) -> None:
        try:
            self._print_text(text)
        except Exception:  # noqa: BLE001 - the bug may be in what prints it
            self._draw([*visible(text).split("\n"), ""])
