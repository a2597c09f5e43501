"""The application that owns the screen: it decides when to draw, and handles changes of the window's size."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from prompt_toolkit.application import in_terminal

from grokchat.compat.prompt_toolkit import HookedApplication
from grokchat.terminal import frame_acks
from grokchat.terminal.frame_acks import FrameAcks
from grokchat.terminal.input import ESCAPE_TIMEOUT_S
from grokchat.terminal.keyboard_protocol import KeyboardProtocol
from grokchat.terminal.renderer import RegionRenderer
from grokchat.terminal.terminals import TerminalKind
from grokchat.terminal.title import TerminalTitle

_BUSY_DRAW_DELAY_S = 0.005
"""The longest delay of a frame that lets what the key has begun go first."""
_FAR_RESIZE_DELAY_S = 0.2
"""How long the size must stay unchanged at least, where the terminal wraps rows again and is not asked.

It may be far away, as through ssh: what erases the rows would be drawn in a window that has changed again.
"""


class RegionApplication(HookedApplication):
    """prompt_toolkit's application, with a region that survives changes of the window's size.

    While a window is being dragged, its size changes before the program learns of it, and a frame that was made for one
    size is drawn at another. So nothing is drawn until the size has settled, and then once.

    If the terminal is asked for its size (`acks`), only one frame at a time is on its way, and it is small: a window
    hardly ever changes in the middle of one.
    """

    def __init__(
        self,
        *,
        terminal: TerminalKind,
        on_resized: Callable[[], None],
        code_of: Callable[[str], str],
        acks: FrameAcks | None = None,
        keyboard: KeyboardProtocol | None = None,
        title: TerminalTitle | None = None,
        **options: Any,
    ) -> None:
        super().__init__(max_render_postpone_time=0, **options)
        self.acks = acks or FrameAcks()
        self.ttimeoutlen = ESCAPE_TIMEOUT_S
        self.renderer: RegionRenderer = RegionRenderer(
            code_of,
            self.output,
            self.acks,
            keyboard or KeyboardProtocol(),
            title or TerminalTitle(),
            terminal=terminal,
            can_draw=lambda: self.can_draw,
            on_new_size=self.handle_resize,
            on_query=self.await_answer,
        )
        self._on_resized = on_resized
        self._resize_delay_s = terminal.resize_delay_s
        self._may_be_far = terminal.reflows
        self._resize_timer: asyncio.TimerHandle | None = None
        self._answer_timer: asyncio.TimerHandle | None = None
        self._query_at_s = 0.0
        self._is_redraw_due = False
        self._changed = asyncio.Event()
        self._is_leaving = False
        """Whether the last answers are awaited before another program gets the screen."""
        self.first_answers: Callable[[], Awaitable[object]] | None = None
        """Waits for the answers to what was asked before the first frame."""
        self.after_render += self._end_delay

    def delay_next_frame(self) -> None:
        """Let other callbacks that are due run before the next frame: the request, at Enter."""
        self.max_render_postpone_time = _BUSY_DRAW_DELAY_S

    def _end_delay(self, _: object) -> None:
        self.max_render_postpone_time = 0

    def flush_input_soon(self) -> None:
        """Take a lone ESC that was typed ahead for the Escape key, unless its rest is read soon.

        prompt_toolkit itself flushes the input only after it has read something.
        """

        def flush() -> None:
            if self.is_running and not self.is_done:
                self.key_processor.feed_multiple(self.input.flush_keys())
                self.key_processor.process_keys()

        asyncio.get_running_loop().call_later(ESCAPE_TIMEOUT_S, flush)

    @property
    def can_draw(self) -> bool:
        """Whether a frame may be drawn now: the screen is ours, its size is final, the last frame was acknowledged."""
        if not self.has_screen:
            return False
        if self._resize_timer is None and self.renderer.is_outdated:
            self.handle_resize()
        return self._resize_timer is None and self.acks.state != "waiting" and not self._is_leaving

    @property
    def has_screen(self) -> bool:
        """Whether the screen is ours, and not an editor's or the shell's."""
        return self.is_running and not self.is_done and not self.is_in_terminal

    def handle_resize(self) -> None:
        """Draw nothing until the new size has settled, and then everything."""
        if self._resize_timer is not None:
            self._resize_timer.cancel()
        else:
            self.renderer.note_resize()
        is_far = self._may_be_far and self.acks.state == "off"
        delay_s = max(self._resize_delay_s, _FAR_RESIZE_DELAY_S if is_far else 0.0)
        self._resize_timer = asyncio.get_running_loop().call_later(delay_s, self._finish_resize)

    def _finish_resize(self) -> None:
        if self.acks.state == "waiting":
            self.handle_resize()  # the terminal's answer will show which frames it has drawn
            return
        self._resize_timer = None
        if self.has_screen:
            self.renderer.restart_region()
            self.redraw()
            self._on_resized()
        self._changed.set()

    def await_answer(self) -> None:
        """Draw nothing until the terminal has acknowledged the last frame, or the timeout is over."""
        loop = asyncio.get_running_loop()
        self._query_at_s = loop.time()
        self._answer_timer = loop.call_later(self.acks.timeout_s, self._stop_waiting)

    def _stop_waiting(self) -> None:
        loop = asyncio.get_running_loop()
        left_s = self._query_at_s + frame_acks.RESIZE_ANSWER_TIMEOUT_S - loop.time()
        if self._resize_timer is not None and left_s > 0:
            self._answer_timer = loop.call_later(min(left_s, self.acks.timeout_s), self._stop_waiting)
        else:
            self._resume_drawing()

    def handle_answer(self, is_certain: bool) -> None:
        """Act on an answer to a size query. `is_certain` is the result of `FrameAcks.acknowledge`."""
        if not is_certain:
            self.handle_resize()  # the terminal reports its new size before the system does
        if not self.acks.pending:
            self._resume_drawing()

    def _resume_drawing(self) -> None:
        """Draw the changes that have waited for the terminal's answer."""
        self.acks.stop_waiting()
        if self._answer_timer is not None:
            self._answer_timer.cancel()
            self._answer_timer = None
        if self.can_draw:
            if self._is_redraw_due:
                self.redraw()
            elif self.renderer.is_behind:
                self.renderer.draw()
        self._changed.set()

    async def drawn(self) -> None:
        """Wait until everything has been drawn and acknowledged, or the screen is no longer ours."""
        while self.has_screen:
            if self.can_draw:
                if not self.renderer.is_behind:
                    return
                self.renderer.draw()
            else:
                self._changed.clear()
                await self._changed.wait()

    @contextlib.asynccontextmanager
    async def given_away(self) -> AsyncIterator[None]:
        """Give the screen to another program, which reads what arrives from then on: after all of the answers.

        They are waited for within limits.
        """
        await self.answered()
        try:
            self._is_leaving = True  # each frame would ask anew
            await self._last_answers()
            async with in_terminal():
                self._is_leaving = False  # the screen is no longer ours
                yield
        finally:
            self._is_leaving = False
            self._changed.set()

    async def _last_answers(self) -> None:
        try:
            async with asyncio.timeout(self.acks.late_timeout_s):
                while self.has_screen and self.acks.pending:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            self.acks.expect_none()

    async def answered(self) -> None:
        """Wait until all that was asked before the first frame has been answered, or is not expected any more."""
        if self.first_answers is not None:
            await self.first_answers()

    def may_redraw(self, *, is_last: bool) -> bool:
        # A key may arrive before the signal of a resize, when the screen still has the rows of another size.
        self._is_redraw_due = not is_last and self.has_screen and not self.can_draw
        return not self._is_redraw_due
