"""The text of a one shot's reply on standard output."""

from __future__ import annotations

import importlib
import threading
from typing import TYPE_CHECKING

from grokchat.cli.stdout import AsyncWriter
from grokchat.config.settings import Settings
from grokchat.environment import Environment

if TYPE_CHECKING:
    from grokchat.cli.oneshot_tty import RenderedOutput


def load_renderer(environment: Environment) -> None:
    """Start to load what a terminal needs: that takes a tenth of a second, while the server prepares its answer."""
    if environment.stdout_is_tty:
        threading.Thread(target=importlib.import_module, args=("grokchat.cli.oneshot_tty",)).start()


class TextOutput:
    """The reply's text on standard output: unchanged into a pipe or file, rendered on a terminal."""

    def __init__(self, environment: Environment, settings: Settings) -> None:
        self._environment = environment
        self._settings = settings
        self._rendered: RenderedOutput | None = None
        self._writer = AsyncWriter(environment.stdout)
        self._last_character = "\n"
        load_renderer(environment)

    async def write(self, text: str) -> None:
        """Print text, on a terminal as soon as its block is complete."""
        if not text:
            return
        if not self._environment.stdout_is_tty:
            self._last_character = text[-1]
            await self._writer.write(text.encode("utf-8", "replace"))
            return
        if self._rendered is None:
            from grokchat.cli.oneshot_tty import RenderedOutput

            self._rendered = RenderedOutput(self._environment, self._settings)
        await self._rendered.write(text)

    async def close(self) -> None:
        """Print what is still held back, and a newline if the reply has no final newline."""
        if self._rendered is not None:
            await self._rendered.close()
        elif self._last_character != "\n":
            await self._writer.write(b"\n")
