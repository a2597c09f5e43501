"""One request, its reply on standard output, everything else on standard error.

Into a pipe or file the reply goes byte for byte as it comes. On a terminal (`-p`) it is rendered, block by block.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import threading
from collections.abc import Callable
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, cast

from grokchat.api.client import Client, Retrying
from grokchat.api.failures import KEPT
from grokchat.api.reply_builder import CompletionBuilder, Delta
from grokchat.api.request import dump
from grokchat.api.transport import transport_to
from grokchat.cli.stdout import Pipe
from grokchat.environment import Environment
from grokchat.errors import ApiError, BrokenReplyError, FileError, UsageError
from grokchat.invocation import Run, started
from grokchat.messages import content_text
from grokchat.render.style import Background, TerminalStyle, detect_style
from grokchat.session.estimate import large, weight
from grokchat.session.exchange import exchange, other_model, retry_line
from grokchat.session.session import Session

if TYPE_CHECKING:
    from ssl import SSLContext

    from grokchat.cli.oneshot_tty import Rendered

_PATIENCE = 3.0
"""Seconds that the end waits for the models' other names."""


async def one_shot(run: Run, trusted: Callable[[], SSLContext] | None, *, tell: Callable[[str], None]) -> None:
    """Send the opening messages and print the reply; raises GrokchatError. `trusted` are certificates, read already."""
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
        await _exchange(run, session, trusted, tell)
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
    from grokchat.secret_scan import find_secrets, join_words

    found = find_secrets("\n".join(content_text(body["content"]) for body in run.opening))
    if found:
        raise UsageError(
            f"Nothing was sent: the text looks as if it held {join_words(found)}. Take it out, or set leak_guard to "
            '"chat" in the config file, which asks in the chat alone.'
        )


async def _watch_cost(run: Run, session: Session, client: Client, tell: Callable[[str], None]) -> None:
    """Refuse what would go past max_cost: nobody is there to be asked."""
    if not session.settings.max_cost:
        return
    from grokchat.session.cost_limit import bill

    with suppress(ApiError):  # then no price is known, and that is told
        session.catalog = await client.models(session.settings)
    found = bill(session, session.settings, run.opening)
    if found.unwatched:
        tell(found.unwatched)
    if found.is_too_much:
        raise UsageError(f"Nothing was sent: {found.told}. --max-cost USD allows more for this call, 0 any.")


async def _exchange(
    run: Run, session: Session, trusted: Callable[[], SSLContext] | None, tell: Callable[[str], None]
) -> None:
    environment = run.environment
    transport = None if trusted is None else transport_to(session.settings.base_url, trusted)
    client = run.connect(session.settings, transport)
    theme = session.settings.theme
    style = detect_style(
        environment.variables, environment.encoding, None if theme == "auto" else cast(Background, theme)
    )
    if session.settings.screen_reader:
        style = TerminalStyle("none", style.encoding)
    out = None if run.arguments.json else _Output(environment, style, markdown=session.settings.markdown)
    builder: CompletionBuilder | None = None
    try:
        await _watch_cost(run, session, client, tell)
        with session.change():
            for body in run.opening:
                session.add(body)
            if session.trouble is not None:
                reason = f"{session.trouble.reason}, so nothing was sent"
                raise FileError(session.trouble.path, reason, "--no-save asks without keeping.")
            async with aclosing(exchange(session, client, environment, session.settings)) as events:
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
        if out is not None:
            ended, out = out, None
            await ended.close()
        elif builder is not None:
            # On a terminal in ASCII, which holds no code; into a pipe as it is.
            whole = builder.completion()
            data = json.dumps(whole).encode() if environment.stdout_is_tty else dump(whole)
            await Pipe(environment.stdout).write(data + b"\n")
        if builder is not None:
            await _tell_other_model(builder.model, session, client, tell)
    except BrokenReplyError as error:
        if session.origin.folder is None:
            raise BrokenReplyError(str(error).replace(KEPT, "--no-save keeps nothing of it.")) from error
        raise
    finally:
        if out is not None:
            await out.close()
        await client.close()


async def _tell_other_model(served: str | None, session: Session, client: Client, tell: Callable[[str], None]) -> None:
    """Tell that another model replied; whether it is the same by another name, the API is asked for a moment."""
    if served and served != session.settings.model and not session.catalog:
        with suppress(ApiError, TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                session.catalog = await client.models(session.settings)
    if note := other_model(served, session, session.settings):
        tell(note)


class _Output:
    """The reply's text: as it is into a pipe or file, rendered on a terminal."""

    def __init__(self, environment: Environment, style: TerminalStyle, *, markdown: bool) -> None:
        self._environment = environment
        self._style = style
        self._markdown = markdown
        self._rendered: Rendered | None = None
        self._pipe = Pipe(environment.stdout)
        self._last = "\n"
        if environment.stdout_is_tty:
            # What renders takes a tenth of a second to load: time that the server needs as well.
            threading.Thread(target=importlib.import_module, args=("grokchat.cli.oneshot_tty",)).start()

    async def take(self, text: str) -> None:
        if not text:
            return
        if not self._environment.stdout_is_tty:
            self._last = text[-1]
            await self._pipe.write(text.encode("utf-8", "replace"))
            return
        if self._rendered is None:
            from grokchat.cli.oneshot_tty import Rendered

            self._rendered = Rendered(self._environment, self._style, markdown=self._markdown)
        await self._rendered.take(text)

    async def close(self) -> None:
        if self._rendered is not None:
            await self._rendered.close()
        elif self._last != "\n":
            await self._pipe.write(b"\n")
