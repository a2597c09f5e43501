"""Composition: arguments, settings, session and key to one of the two ways to run, and errors to exit codes.

The one place that catches everything: a bug becomes a paragraph, and with GROKCHAT_DEBUG=1 a traceback.
"""

from __future__ import annotations

import asyncio
import os
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokchat import __version__, config, keys
from grokchat.arguments import HELP, Arguments, parse
from grokchat.commands import by_name
from grokchat.errors import (
    GrokchatError,
    InterruptedByUser,
    KeyMissingError,
    UsageError,
)
from grokchat.library import Library
from grokchat.opening import gather
from grokchat.render.look import is_dumb, look_for
from grokchat.render.text import visible
from grokchat.session import Origin, Session
from grokchat.settings import Layer, checked, parameter, resolve
from grokchat.world import World

if TYPE_CHECKING:
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

    from grokchat.api import Client

    Channel = tuple[Input, Output]

_DEMO = "demo_"


def main(world: World) -> int:
    """Run the program in a world and return its exit code."""
    try:
        return _run(world)
    except GrokchatError as error:
        _tell(world, str(error))
        return error.exit_code
    except (KeyboardInterrupt, asyncio.CancelledError):
        return InterruptedByUser.exit_code
    except BrokenPipeError:
        # Whoever reads has gone. Python would complain when it flushes standard output at the end.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), world.stdout.fileno())
        return 4
    except Exception as error:
        if world.debug:
            _tell(world, keys.Secret(world.get("XAI_API_KEY")).redact(traceback.format_exc()))
        else:
            text = keys.Secret(world.get("XAI_API_KEY")).redact(f"{type(error).__name__}: {error}")
            _tell(world, f"This is a bug in grokchat ({text}). GROKCHAT_DEBUG=1 shows where; please report it.")
        return 1


def _run(world: World) -> int:
    arguments = parse(world.argv)
    if arguments.help or arguments.version:
        _print(world, HELP if arguments.help else f"grokchat {__version__}\n")
        return 0
    is_one_shot = arguments.one_shot or arguments.json or not world.stdout_is_tty
    if arguments.resume == "" and (is_one_shot or is_dumb(world.env)):
        raise UsageError(
            "-r without a session shows a list to choose from, and that needs a terminal. Name one, or say -c."
        )
    below = config.layers(world, config=arguments.config, profile=arguments.profile)
    above = _layer(arguments)
    settings = resolve([*below, above])
    if not arguments.demo and any(key.startswith(_DEMO) for key in settings.params):
        raise UsageError("The demo_ parameters are for --demo; the API does not know them.")
    places = config.places(world)
    library = Library(Origin(places.sessions if settings.save else None, below, above, world.now), places.sessions)
    key = _Key(world, settings.api_key_command, places.key, demo=arguments.demo)
    opening = gather(world, arguments)
    if not is_one_shot:
        return _talk(world, arguments, library, key, opening, places.history if settings.save else None)
    if not any(body["role"] == "user" for body in opening):
        raise UsageError("There is nothing to send. Give a PROMPT, pipe a text in, or attach a file with -f.")
    key.require()
    session = _session(world, library, arguments)
    try:
        return _print_reply(world, arguments, session, key, opening)
    finally:
        session.close()


def _print_reply(
    world: World, arguments: Arguments, session: Session, key: _Key, opening: Sequence[Mapping[str, Any]]
) -> int:
    from grokchat.oneshot import one_shot

    if session.read_only is not None:
        raise session.read_only
    for damage in session.damage:
        _tell(world, f"line {damage.line} of the session file was lost: {damage.reason}; all others are intact")
    asyncio.run(
        one_shot(
            world,
            session,
            lambda: _connect(world, session, key, demo=arguments.demo),
            opening,
            tell=lambda text: _tell(world, text),
            look=look_for(world.env, world.encoding),
            as_json=arguments.json,
        )
    )
    return 0


def _talk(
    world: World,
    arguments: Arguments,
    library: Library,
    key: _Key,
    opening: Sequence[Mapping[str, Any]],
    history: Path | None,
) -> int:
    """Run the REPL."""
    from grokchat.repl import Repl

    look = look_for(world.env, world.encoding)
    if is_dumb(world.env):
        key.require()
        return _talk_plainly(world, arguments, library, key, opening)
    from grokchat.complete import candidates
    from grokchat.terminal import Terminal, ask, open_channel

    channel = open_channel(world)
    if not key.known():
        key.learn(asyncio.run(_ask_for_key(channel, key, ask)))
    session = _session(world, library, arguments, channel)

    async def talk() -> int:
        repl = Repl(
            world,
            library,
            session,
            look,
            lambda: _connect(world, session, key, demo=arguments.demo),
            demo=arguments.demo,
        )
        terminal = Terminal(
            channel,
            history=history,
            complete=lambda line: candidates(line, by_name(), repl.session, library),
            status=repl.status,
            colors=look.colors == "16",
        )
        async with terminal:
            return await repl.run(terminal, opening)

    return asyncio.run(talk())


def _talk_plainly(
    world: World, arguments: Arguments, library: Library, key: _Key, opening: Sequence[Mapping[str, Any]]
) -> int:
    from grokchat.plain_terminal import PlainTerminal
    from grokchat.repl import Repl

    session = _session(world, library, arguments)

    async def talk() -> int:
        repl = Repl(
            world,
            library,
            session,
            look_for(world.env, world.encoding),
            lambda: _connect(world, session, key, demo=arguments.demo),
            demo=arguments.demo,
        )
        async with PlainTerminal(world) as terminal:
            return await repl.run(terminal, opening)

    return asyncio.run(talk())


def _session(world: World, library: Library, arguments: Arguments, channel: Channel | None = None) -> Session:
    """Return the session that the arguments ask for, with their model and parameters as its own."""
    if arguments.newest:
        session = library.newest()
    elif arguments.resume:
        session = library.find(arguments.resume)
    elif arguments.resume is not None and channel is not None:
        from grokchat.picker import pick

        chosen = asyncio.run(pick(channel, library, world.now()))
        if chosen is None:
            raise InterruptedByUser("No session was chosen.")
        session = library.open(chosen)
    else:
        session = library.new(system=not arguments.system)
    layer = library.origin.above
    model = {"model": layer.values["model"]} if "model" in layer.values else {}
    params = {key: value for key, value in layer.params.items() if not key.startswith(_DEMO)}
    if (model or params) and session.read_only is None:
        session.set(model, params)
    return session


def _layer(arguments: Arguments) -> Layer:
    """Return what the command line sets."""
    where = "command line"
    values: dict[str, Any] = {}
    if arguments.model is not None:
        values["model"] = checked("model", arguments.model, "--model")
    if arguments.base_url is not None:
        values["base_url"] = checked("base_url", arguments.base_url, "--base-url")
    for given, key in (
        (arguments.no_stream, "stream"),
        (arguments.no_markdown, "markdown"),
        (arguments.no_save, "save"),
    ):
        if given:
            values[key] = False
    return Layer(where, values, dict(parameter(option, "--option") for option in arguments.options))


class _Key:
    """The API key, looked for when it is needed: asking a password manager takes its time."""

    def __init__(self, world: World, command: str, stored_at: Path, *, demo: bool) -> None:
        self._world = world
        self._command = command
        self.stored_at = stored_at
        self._secret = keys.Secret("no-key-in-the-demo") if demo else None

    def known(self) -> bool:
        """Say whether there is a key, or a command that will print one."""
        if self._secret is None and not (self._command and not self._world.get("XAI_API_KEY")):
            self._secret = keys.find(self._world, "", self.stored_at)
        return self._secret is not None or bool(self._command)

    def require(self) -> None:
        """Raise KeyMissingError if there is none."""
        if not self.known():
            raise KeyMissingError(keys.NO_KEY)

    def learn(self, secret: keys.Secret) -> None:
        """Use this one."""
        self._secret = secret

    def get(self) -> keys.Secret:
        """Return the key; raises KeyMissingError."""
        if self._secret is None:
            self._secret = keys.find(self._world, self._command, self.stored_at)
        if self._secret is None:
            raise KeyMissingError(keys.NO_KEY)
        return self._secret


async def _ask_for_key(channel: Channel, key: _Key, ask: Callable[..., Any]) -> keys.Secret:
    """Ask a person for the key, and whether to keep it."""
    typed = await ask(channel, f"{keys.NO_KEY}\n\nAPI key (not shown; empty leaves): ", hidden=True)
    if not typed or not typed.strip():
        raise KeyMissingError(keys.NO_KEY)
    secret = keys.make_secret(typed, "the prompt")
    keep = await ask(channel, "Keep it for next time, where only you can read it? [y/N] ", hidden=False)
    if keep and keep.strip().lower() in {"y", "yes"}:
        await ask(channel, f"Kept in {keys.store(secret, key.stored_at)}. Enter goes on. ", hidden=False)
    return secret


def _connect(world: World, session: Session, key: _Key, *, demo: bool) -> Client:
    from grokchat.api import Client

    if demo and world.transport is None:
        from grokchat.demo import DemoTransport

        world = replace(world, transport=DemoTransport(world))
    return Client(world, session.settings, key.get())


def _tell(world: World, text: str) -> None:
    """Write a line to standard error; nobody may be there to read it."""
    line = f"grokchat: {visible(text)}\n"
    with suppress(OSError, ValueError):
        world.stderr.write(line.encode("utf-8", "replace"))
        world.stderr.flush()


def _print(world: World, text: str) -> None:
    world.stdout.write(text.encode(world.encoding, "replace"))
    world.stdout.flush()
