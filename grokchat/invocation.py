"""One run of the program: its command line, settings, paths and key, and the sessions and clients made from them.

Also what belongs to the whole process: its event loop, and the garbage collector, which is off during start-up.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from grokchat.arguments import Arguments
from grokchat.config.api_key import KeySource
from grokchat.config.paths import AppPaths
from grokchat.config.secret import Secret
from grokchat.config.settings import Layer, Settings, resolve_settings
from grokchat.environment import Environment
from grokchat.errors import CommandError, ConfigError
from grokchat.records import record, replace

if TYPE_CHECKING:
    import httpx

    from grokchat.api.client import Client
    from grokchat.api.key_check import KeyCheck
    from grokchat.prompts.saved_prompt import CommandLinePrompts
    from grokchat.session.session import Session
    from grokchat.session.store import SessionStore

Result = TypeVar("Result")

DEMO_PREFIX = "demo_"
"""The prefix of the demo's own request parameters, which are never stored in a session."""


def enable_gc() -> None:
    """End start-up: collect garbage from now on, but not among the objects made so far, which all stay alive."""
    gc.freeze()
    gc.enable()


def _check_request(session: Session, layer: Layer) -> None:
    """Close the session and raise CommandError if a request with these settings has no place for a parameter."""
    from grokchat.api.endpoint import endpoint_for

    settings = resolve_settings([*session.settings_layers(), layer])
    try:
        endpoint_for(settings).check(settings)
    except CommandError:
        session.close()
        raise


def run_loop(main: Coroutine[Any, Any, Result]) -> Result:
    """Run an event loop; raises KeyboardInterrupt also when Ctrl-C has only cancelled `main`."""
    import asyncio

    try:
        return asyncio.run(_woken_by_signals(main))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


async def _woken_by_signals(main: Coroutine[Any, Any, Result]) -> Result:
    """Run `main` so that each signal wakes the event loop.

    asyncio does so only for signals with a handler of the loop. Ctrl-C has none in `asyncio.run`: if it arrived just
    before the loop begins to wait, it would be noticed when something else wakes the loop.
    """
    import asyncio
    import signal
    import threading

    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        return await main
    else:  # noqa: RET505 - the type checker skips an else, but not code after a return
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        loop = asyncio.get_running_loop()
        loop.add_reader(reader, os.read, reader, 4096)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        try:
            return await main
        finally:
            signal.set_wakeup_fd(-1)
            loop.remove_reader(reader)
            os.close(reader)
            os.close(writer)


class Connect(Protocol):
    """Makes a client, over an existing transport if there is one."""

    async def __call__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None = None, /) -> Client:
        """Return the client; raises KeyMissingError."""


@record
class Invocation:
    """What the program was started with.

    `layers` are the settings from files and environment, `command_line` those from options, and `settings` the result.
    `models` are those to ask at once, if there are several. `messages` are the message bodies from the command line,
    attached files and standard input, `image_names` the names of images by their address, `prompts` the saved prompts
    among the messages, and `resumed` the content of the stream that -r names.
    """

    environment: Environment
    arguments: Arguments
    paths: AppPaths
    layers: Sequence[Layer]
    command_line: Layer
    settings: Settings
    key: KeySource
    messages: Sequence[Mapping[str, Any]] = ()
    image_names: Mapping[str, str] | None = None
    prompts: CommandLinePrompts | None = None
    resumed: bytes | None = None
    models: Sequence[str] = ()

    __repr__ = object.__repr__  # its fields hold the key

    def open_store(self, *, read_only: bool = False, saves_imports: bool = True) -> SessionStore:
        """Return the store of sessions; with `read_only`, no session is written to."""
        from grokchat.session.session_config import SessionConfig
        from grokchat.session.store import SessionStore

        folder = self.paths.sessions if self.settings.save and not read_only else None
        environment = self.environment
        config = SessionConfig(
            folder,
            self.layers,
            self.command_line,
            environment.now,
            None if self.paths.problem else self.paths.prompts,
            environment.redact,
        )
        return SessionStore(config, self.paths.sessions, saves_imports=saves_imports)

    def open_session(self, store: SessionStore, path: Path | None = None, *, sends: bool = False) -> Session:
        """Return the session at `path`, or the session that the arguments name.

        It gets their model and parameters, and the settings of the saved prompts that they name: a session that `sends`
        a request at once only if the request has a place for them, else CommandError is raised.
        """
        arguments = self.arguments
        if path is not None:
            session = store.open(path)
        elif arguments.newest:
            session = store.newest()
        elif arguments.resume and self.resumed is not None:
            session = store.open_stream(arguments.resume, self.resumed)
        elif arguments.resume:
            session = store.find(arguments.resume)
        else:
            session = store.new(system=not arguments.system)
        values = self.command_line.values
        own = {"model": values["model"]} if "model" in values else {}
        params = {key: value for key, value in self.command_line.params.items() if not key.startswith(DEMO_PREFIX)}
        options: Mapping[str, Any] = {}
        if self.prompts is not None:
            own, params = {**self.prompts.settings.values, **own}, {**self.prompts.settings.params, **params}
            options = self.prompts.settings.search_options
        if sends:
            _check_request(session, Layer("session", own, params, search_options=options))
        if (own or params or options) and session.read_only_error is None:
            session.set_overrides(own, params, options)
        return session

    def save_setting(self, table: str, key: str, value: Any) -> Path:
        """Write a setting into the config file and return its path; raises ConfigError and FileError."""
        from grokchat.config.files import save_setting

        return save_setting(self.environment, self.arguments.config, table, key, value)

    async def check_key(self, secret: Secret) -> KeyCheck:
        """Ask the API whether it accepts a key; raises nothing."""
        from grokchat.api.key_check import KeyCheck, check_key

        try:
            client = self.make_client(secret, self.settings)
        except ConfigError as error:  # of the proxy or the certificates
            return KeyCheck(unknown=str(error).rstrip("."))
        try:
            return await check_key(client, self.settings)
        finally:
            await client.close()

    async def connect(self, settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> Client:
        """Return a client, over `transport` if given; raises KeyMissingError."""
        return self.make_client(await self.key.load(), settings, transport)

    def make_client(
        self, secret: Secret, settings: Settings, transport: httpx.AsyncBaseTransport | None = None
    ) -> Client:
        """Return a client that sends this key."""
        from grokchat.api.client import Client

        environment = self.environment
        if self.arguments.demo and environment.transport is None:
            from grokchat.api.demo.transport import DemoTransport

            environment = replace(environment, transport=DemoTransport(environment))
        return Client(environment, settings, secret, transport)
