"""One request, its reply on standard output, everything else on standard error.

Into a pipe or file the reply goes byte for byte as it comes. On a terminal (`-p`) it is rendered, block by block.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import cast

from grokchat.api import Retrying
from grokchat.completion import CompletionBuilder, Delta
from grokchat.errors import BrokenReplyError, FileError, UsageError
from grokchat.failures import KEPT
from grokchat.guard import findings, listed
from grokchat.live import RATE, SHARE
from grokchat.messages import content_text
from grokchat.outlook import large, weight
from grokchat.pipe import Pipe
from grokchat.render.look import Background, Look, look_for
from grokchat.render.stream import ReplyStream
from grokchat.request import dump
from grokchat.run import Run, started
from grokchat.session import Session
from grokchat.turn import exchange, retry_line
from grokchat.world import World


async def one_shot(run: Run, *, tell: Callable[[str], None]) -> None:
    """Send the opening messages and print the reply; raises GrokchatError."""
    started()
    session = run.session(run.library())
    try:
        _guard(run, session)
        if session.read_only is not None:
            raise session.read_only
        for damage in session.damage:
            tell(f"line {damage.line} of the session file was lost: {damage.reason}; all others are intact")
        size = large(sum(weight(body["content"]) for body in run.opening), None)
        if size:
            tell(f"{size} are sent")
        await _exchange(run, session, tell)
    finally:
        session.close()
    if session.moved is not None:
        tell(str(session.moved))
    if session.trouble is not None:
        raise session.trouble


def _guard(run: Run, session: Session) -> None:
    """Refuse what looks like a secret, if the settings ask for that: nobody is there to be asked."""
    if session.settings.leak_guard != "always":
        return
    found = findings("\n".join(content_text(body["content"]) for body in run.opening))
    if found:
        raise UsageError(
            f"Nothing was sent: the text looks as if it held {listed(found)}. Take it out, or set leak_guard to "
            '"chat" in the config file, which asks in the chat alone.'
        )


async def _exchange(run: Run, session: Session, tell: Callable[[str], None]) -> None:
    world = run.world
    client = run.connect(session.settings)
    theme = session.settings.theme
    look = look_for(world.env, world.encoding, None if theme == "auto" else cast(Background, theme))
    if session.settings.screen_reader:
        look = Look("none", look.encoding)
    out = None if run.arguments.json else _Output(world, look, markdown=session.settings.markdown)
    builder: CompletionBuilder | None = None
    try:
        with session.change():
            for body in run.opening:
                session.add(body)
            if session.trouble is not None:
                reason = f"{session.trouble.reason}, so nothing was sent"
                raise FileError(session.trouble.path, reason, "--no-save asks without keeping.")
            async with aclosing(exchange(session, client, world, session.settings)) as events:
                async for event in events:
                    if isinstance(event, Retrying):
                        tell(retry_line(event.reason, event.attempt, event.delay))
                    elif isinstance(event, Delta):
                        if out is not None:
                            await out.take(event.text)
                    else:
                        builder = event.builder
                        for note in event.notes:
                            tell(note)
        if builder is not None and out is None:
            # On a terminal in ASCII, which holds no code; into a pipe as it is.
            whole = builder.completion()
            data = json.dumps(whole).encode() if world.stdout_is_tty else dump(whole)
            await Pipe(world.stdout).write(data + b"\n")
    except BrokenReplyError as error:
        if session.origin.folder is None:
            raise BrokenReplyError(str(error).replace(KEPT, "--no-save keeps nothing of it.")) from error
        raise
    finally:
        if out is not None:
            await out.close()
        await client.close()


class _Output:
    def __init__(self, world: World, look: Look, *, markdown: bool) -> None:
        self._world = world
        self._rendered = ReplyStream(look, markdown=markdown) if world.stdout_is_tty else None
        self._pipe = Pipe(world.stdout)
        self._last = "\n"
        self._next = 0.0

    async def take(self, text: str) -> None:
        if not text:
            return
        if self._rendered is not None:
            self._rendered.feed(text)
            begun = self._world.clock()
            if begun >= self._next:
                await self._print(self._rendered.commit(self._world.columns()))
                self._next = begun + max(1 / RATE, SHARE * (self._world.clock() - begun))
            return
        self._last = text[-1]
        await self._pipe.write(text.encode("utf-8", "replace"))

    async def close(self) -> None:
        if self._rendered is not None:
            await self._print(self._rendered.close(self._world.columns()))
        elif self._last != "\n":
            await self._pipe.write(b"\n")

    async def _print(self, lines: Sequence[str]) -> None:
        if lines:
            text = "".join(f"{line}\n" for line in lines)
            await self._pipe.write(self._world.encoded(text))
