"""One run of the program: what the command line and the files said, and how sessions and clients are made of it."""

from __future__ import annotations

import gc
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from grokchat.arguments import Arguments
from grokchat.config.api_key import KeySource
from grokchat.config.files import AppPaths
from grokchat.config.settings import Layer, Settings
from grokchat.environment import Environment
from grokchat.records import record, replace

if TYPE_CHECKING:
    import httpx

    from grokchat.api.client import Client
    from grokchat.session.session import Session
    from grokchat.session.store import Library

Result = TypeVar("Result")

DEMO = "demo_"
"""What the names of the demo's own request parameters begin with."""


def started() -> None:
    """Say that start-up is over: from here on there is garbage."""
    gc.freeze()
    gc.enable()


def run_loop(main: Coroutine[Any, Any, Result]) -> Result:
    """Run the event loop; raises KeyboardInterrupt also where Ctrl-C has only cancelled what ran."""
    import asyncio

    try:
        return asyncio.run(main)
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


@record
class Run:
    """What both ways to run are given. `opening` are the messages that came with the command line."""

    environment: Environment
    arguments: Arguments
    paths: AppPaths
    below: Sequence[Layer]
    above: Layer
    settings: Settings
    key: KeySource
    opening: Sequence[Mapping[str, Any]]

    __repr__ = object.__repr__  # its fields hold the key

    def library(self) -> Library:
        """Return the sessions."""
        from grokchat.session.session import Origin
        from grokchat.session.store import Library

        folder = self.paths.sessions if self.settings.save else None
        origin = Origin(folder, self.below, self.above, self.environment.now, self.paths.prompts)
        return Library(origin, self.paths.sessions)

    def session(self, library: Library, chosen: Path | None = None) -> Session:
        """Return the session that the arguments ask for, with their model and parameters as its own."""
        arguments = self.arguments
        if chosen is not None:
            session = library.open(chosen)
        elif arguments.newest:
            session = library.newest()
        elif arguments.resume:
            session = library.find(arguments.resume)
        else:
            session = library.new(system=not arguments.system)
        model = {"model": self.above.values["model"]} if "model" in self.above.values else {}
        params = {key: value for key, value in self.above.params.items() if not key.startswith(DEMO)}
        if (model or params) and session.read_only is None:
            session.set(model, params)
        return session

    def save_setting(self, table: str, key: str, value: Any) -> Path:
        """Write a setting into the config file and return its path; raises ConfigError and FileError."""
        from grokchat.config.files import save_setting

        return save_setting(self.environment, self.arguments.config, table, key, value)

    def connect(self, settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> Client:
        """Return a client, with a transport to the API if that has been made before; raises KeyMissingError."""
        from grokchat.api.client import Client

        environment = self.environment
        if self.arguments.demo and environment.transport is None:
            from grokchat.api.demo import DemoTransport

            environment = replace(environment, transport=DemoTransport(environment))
        return Client(environment, settings, self.key.get(), transport)
