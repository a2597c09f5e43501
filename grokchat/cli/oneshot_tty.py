"""The output of a one shot on a terminal, rendered block by block as it arrives."""

from __future__ import annotations

from collections.abc import Sequence

from grokchat.chat.live_reply import FRAME_PAUSE_FACTOR, MAX_FRAMES_PER_S
from grokchat.cli.stdout import AsyncWriter
from grokchat.config.settings import Settings
from grokchat.environment import Environment
from grokchat.records import replace
from grokchat.render.stream import ReplyRenderer
from grokchat.render.style import TerminalStyle
from grokchat.render.widths import use_widths
from grokchat.terminal.detection import detect_style
from grokchat.terminal.terminals import identify


class RenderedOutput:
    """Prints the finished blocks of a reply; what may still change is held back."""

    def __init__(self, environment: Environment, settings: Settings) -> None:
        self._environment = environment
        self._renderer = ReplyRenderer(
            terminal_style(environment, settings),
            markdown=settings.markdown,
            labelled=True,
            has_citations=settings.search != "off",
        )
        self._writer = AsyncWriter(environment.stdout)
        self._next_print_at = 0.0

    async def write(self, text: str) -> None:
        """Add text to the reply, and print the finished blocks at most once per frame."""
        self._renderer.feed(text)
        started_at = self._environment.clock()
        if started_at >= self._next_print_at:
            await self._print(self._renderer.commit(self._environment.columns()))
            pause = max(1 / MAX_FRAMES_PER_S, FRAME_PAUSE_FACTOR * (self._environment.clock() - started_at))
            self._next_print_at = started_at + pause

    async def close(self) -> None:
        """Print the rest."""
        await self._print(self._renderer.close(self._environment.columns()))

    async def _print(self, lines: Sequence[str]) -> None:
        if lines:
            text = "".join(f"{line}\n" for line in lines)
            await self._writer.write(self._environment.encode(text))


def terminal_style(environment: Environment, settings: Settings) -> TerminalStyle:
    """Return what the terminal can show.

    A one shot does not ask it for its background: the answer, and keys typed meanwhile, are for the shell. So it may be
    any, unless the environment or the setting `theme` tells it.
    """
    use_widths(identify(environment.variables).widths)
    style = detect_style(environment.variables, environment.encoding, settings.theme, settings.styles)
    style = style.on_background("auto", style.background or "any", settings.code_theme)
    style = TerminalStyle("none", style.encoding) if settings.screen_reader else style
    return replace(style, prose_width=settings.width)
