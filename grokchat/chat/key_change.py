"""The API key in the chat: /login asks for one and stores it, /logout forgets it. The next request uses the change.

The key is typed into a hidden prompt, and is never part of a line. It is checked with the API before it is stored; one
that the API refuses is stored only if the user wants that.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from grokchat.chat.confirmation import Confirmation
from grokchat.chat.connection import Connection
from grokchat.chat.printer import Printer
from grokchat.chat.queue import Queue
from grokchat.config.api_key import KeySource
from grokchat.config.key_store import delete_stored_key, store_key
from grokchat.config.secret import Secret, make_secret
from grokchat.records import record
from grokchat.system.threads import run_in_thread
from grokchat.terminal.interface import Screen

if TYPE_CHECKING:
    from grokchat.api.key_check import KeyCheck

_QUESTION = "API key (hidden): "


@record
class KeyAccess:
    """The key's source, the question to the API whether it accepts a key, and whether there is a place for one.

    `require_place` raises ConfigError if no folder for the key can be found.
    """

    source: KeySource
    check: Callable[[Secret], Awaitable[KeyCheck]]
    require_place: Callable[[], None]

    __repr__ = object.__repr__  # its fields hold the key


class KeyChange:
    """Stores and forgets the key, and has the connection made anew."""

    def __init__(
        self,
        access: KeyAccess,
        connection: Connection,
        queue: Queue,
        screen: Screen,
        printer: Printer,
        confirmation: Confirmation,
        *,
        is_demo: bool,
    ) -> None:
        self._access = access
        self._connection = connection
        self._queue = queue
        self._screen = screen
        self._printer = printer
        self._confirmation = confirmation
        self._is_demo = is_demo
        self._is_checking = False

    @property
    def activity(self) -> str:
        """What is being done, for the bottom line; "" if nothing is."""
        return "checking the key · Ctrl-C stops" if self._is_checking else ""

    async def log_in(self) -> None:
        """Ask for a key and store it; raises GrokchatError."""
        self._access.require_place()
        if self._stronger_source:
            self._printer.print_notice(f"The key is stored for later: {self._stronger_source}.")
        typed = (await self._screen.ask_hidden(_QUESTION) or "").strip()
        if not typed:
            self._printer.print_notice("No key given; nothing changed.", has_gap=True)
            return
        self._access.source.redact(typed)
        secret = make_secret(typed, "/login")
        unchecked = await self._find_problem(secret)
        if unchecked is None:
            self._printer.print_notice("The key was not stored. Create one at https://console.x.ai.", has_gap=True)
            return
        self._queue.mark_applied()
        # In a thread: the keyring may ask its user, and the folder may be on a network drive.
        place = await run_in_thread(store_key, secret, self._access.source.path)
        if not self._is_demo:
            self._access.source.use_stored(secret)
            await self._connection.reset()
        used = self._stronger_source or "the next request uses it"
        self._print_facts(f"key stored in {place}", used, f"not checked: {unchecked}" if unchecked else "")

    async def log_out(self) -> None:
        """Forget the stored key; raises ConfigError and FileError."""
        self._access.require_place()
        self._queue.mark_applied()
        places = await run_in_thread(delete_stored_key, self._access.source.path)
        if not self._is_demo:
            self._access.source.forget_stored()
            await self._connection.reset()
        removed = f"key removed from {' and '.join(places)}" if places else "no key was stored"
        self._print_facts(removed, self._stronger_source or "the next request needs one: /login")

    def _print_facts(self, *facts: str) -> None:
        self._printer.print_notice(" · ".join(filter(None, facts)), has_gap=True)

    @property
    def _stronger_source(self) -> str:
        """What is used instead of a stored key, as a sentence; "" if nothing is."""
        if self._is_demo:
            return "the demo needs no key"
        source = self._access.source.stronger_source
        return f"{source} is set and takes precedence" if source else ""

    async def _find_problem(self, secret: Secret) -> str | None:
        """Return why a key could not be checked, "" if it is accepted, None if it is not to be stored."""
        if self._is_demo:
            return "this is the demo"
        self._is_checking = True
        self._screen.refresh()
        try:
            found = await self._access.check(secret)
        finally:
            self._is_checking = False
        if found.refusal and not await self._confirmation.confirm_storing(found.refusal):
            return None
        return found.unknown
