"""A one shot's reply on a terminal: rendered, block by block, as it comes."""

from __future__ import annotations

from collections.abc import Sequence

from grokchat.chat.live_reply import FRAME_PAUSE_FACTOR, MAX_FRAMES_PER_S
from grokchat.cli.stdout import Pipe
from grokchat.environment import Environment
from grokchat.render.stream import ReplyRenderer
from grokchat.render.style import TerminalStyle


class Rendered:
    """Takes text and prints the blocks that are whole."""

    def __init__(self, environment: Environment, style: TerminalStyle, *, markdown: bool) -> None:
        self._environment = environment
        self._reply = ReplyRenderer(style, markdown=markdown)
        self._pipe = Pipe(environment.stdout)
        self._next = 0.0

    async def take(self, text: str) -> None:
        """Go on with the reply."""
        self._reply.feed(text)
        begun = self._environment.clock()
        if begun >= self._next:
            await self._print(self._reply.commit(self._environment.columns()))
            self._next = begun + max(1 / MAX_FRAMES_PER_S, FRAME_PAUSE_FACTOR * (self._environment.clock() - begun))

    async def close(self) -> None:
        """Print the rest."""
        await self._print(self._reply.close(self._environment.columns()))

    async def _print(self, lines: Sequence[str]) -> None:
        if lines:
            text = "".join(f"{line}\n" for line in lines)
            await self._pipe.write(self._environment.encoded(text))
