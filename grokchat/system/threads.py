"""Work in a thread that nobody has to wait for.

The event loop's own threads (`asyncio.to_thread`) are waited for when the program ends, whatever they are doing. A file
on a network drive that does not answer, or a pipe that nobody writes to, would keep the program from ending.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

Result = TypeVar("Result")


def start_in_thread(work: Callable[..., Result], *args: object) -> asyncio.Future[Result]:
    """Call `work` in a thread of its own and return the future result; cancelling that abandons the thread."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()
    future.add_done_callback(_read_error)
    context = contextvars.copy_context()

    def run() -> None:
        try:
            result = context.run(work, *args)
        except Exception as error:
            report(_set_error, error)
        else:
            report(_set_result, result)

    def report(finish: Callable[..., None], value: object) -> None:
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(finish, future, value)

    threading.Thread(target=run, daemon=True).start()
    return future


async def run_in_thread(work: Callable[..., Result], *args: object) -> Result:
    """Return what `work` returns, called in a thread of its own; cancelling this abandons the thread."""
    return await start_in_thread(work, *args)


def _set_result(future: asyncio.Future[Result], result: Result) -> None:
    if not future.done():
        future.set_result(result)


def _set_error(future: asyncio.Future[Result], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


def _read_error(future: asyncio.Future[Result]) -> None:
    """Keep asyncio from logging an error that nobody waits for any more."""
    if not future.cancelled():
        future.exception()
