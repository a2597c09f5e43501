"""Signals, handled in the event loop while a block runs. A signal that the system does not have is not handled."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def handling_signals(callback: Callable[[], object], *names: str) -> Iterator[None]:
    """Call back when one of these signals arrives, instead of the system's default action."""
    loop = asyncio.get_running_loop()
    handled = []
    for name in names:
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError, AttributeError):
            loop.add_signal_handler(getattr(signal, name), callback)
            handled.append(name)
    try:
        yield
    finally:
        for name in handled:
            loop.remove_signal_handler(getattr(signal, name))


def leaving_on_signals(leave: Callable[[], object]) -> contextlib.AbstractContextManager[None]:
    """Call `leave` when the system asks the program to end, or when the terminal is closed.

    For every block that changes the terminal's modes: the shell would inherit them from a program that is killed there.
    """
    return handling_signals(leave, "SIGTERM", "SIGHUP", "SIGQUIT")
