"""Work in a thread that may never end, such as reading from a pipe or from a network drive.

`asyncio.to_thread` does not fit: its threads hold up the end of the program until they are done.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

Result = TypeVar("Result")


async def run_detached(work: Callable[[], Result]) -> Result:
    """Return what `work` returns in a thread of its own, or raise what it raises.

    Cancelling this leaves the thread alone: what it returns or raises after that is dropped. It ends with the program.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def finish(report: Callable[[], None]) -> None:
        if not done.done():
            report()

    def run() -> None:
        try:
            report = partial(done.set_result, work())
        except Exception as error:
            report = partial(done.set_exception, error)
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(finish, report)

    threading.Thread(target=run, daemon=True).start()
    return await done
