"""A one shot's reply on a terminal: rendered, block by block, as it comes."""

from __future__ import annotations

from collections.abc import Sequence

from grokchat.live import RATE, SHARE
from grokchat.pipe import Pipe
from grokchat.render.look import Look
from grokchat.render.stream import ReplyStream
from grokchat.world import World


class Rendered:
    """Takes text and prints the blocks that are whole."""

    def __init__(self, world: World, look: Look, *, markdown: bool) -> None:
        self._world = world
        self._reply = ReplyStream(look, markdown=markdown)
        self._pipe = Pipe(world.stdout)
        self._next = 0.0

    async def take(self, text: str) -> None:
        """Go on with the reply."""
        self._reply.feed(text)
        begun = self._world.clock()
        if begun >= self._next:
            await self._print(self._reply.commit(self._world.columns()))
            self._next = begun + max(1 / RATE, SHARE * (self._world.clock() - begun))

    async def close(self) -> None:
        """Print the rest."""
        await self._print(self._reply.close(self._world.columns()))

    async def _print(self, lines: Sequence[str]) -> None:
        if lines:
            text = "".join(f"{line}\n" for line in lines)
            await self._pipe.write(self._world.encoded(text))
