"""httpx and httpcore: imported here alone, and the private names that are needed.

`import httpx` also imports `httpx._main`, its command-line client, when `click` happens to be installed: that imports
click, rich and pygments, 30 ms more for each one-shot. So that module is blocked while httpx is imported. If httpx
renames it, the block has no effect and the import is slow again where click is installed; `tests/compat` would fail.

`AsyncHTTPTransport._pool` is set because httpx has no parameter for the network backend, which opens a connection
before there is a request. If that name goes, `PoolTransport` is httpx's ordinary transport: everything works, and the
first request waits for the TCP and TLS handshakes.

`httpcore._synchronization` takes its locks from anyio, which imports most of itself for the first of them; asyncio's do
the same. And it imports sniffio anew for each of them: where that is not installed, a request searches the whole path
for it a dozen times, 70 us each. If it calls anything by another name, it uses anyio as ever, and the first request is
15 ms slower; `tests/project/test_startup` would fail.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any, cast

_COMMAND_LINE = "httpx._main"
_is_blocked = "httpx" not in sys.modules
if _is_blocked:
    sys.modules[_COMMAND_LINE] = cast("ModuleType", None)  # an import of it raises ImportError, which httpx expects
try:
    import httpcore
    import httpx
finally:
    if _is_blocked:
        del sys.modules[_COMMAND_LINE]


class _NoShield:
    """For closing a connection while its task is being cancelled: asyncio cancels once, which is over by then."""

    def __init__(self, *, shield: bool) -> None:
        """Take anyio's arguments."""

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, *_: object) -> None:
        """Do nothing."""


class _Primitives:
    """The names of anyio that httpcore uses, with asyncio's primitives. Rarely used names are anyio's."""

    Lock = asyncio.Lock
    Event = asyncio.Event
    CancelScope = _NoShield

    def __getattr__(self, name: str) -> Any:
        import anyio

        return getattr(anyio, name)


def _use_asyncio() -> None:
    synchronization: Any = sys.modules.get("httpcore._synchronization")
    for name, value in (("anyio", _Primitives()), ("current_async_library", lambda: "asyncio")):
        if hasattr(synchronization, name):
            setattr(synchronization, name, value)


_use_asyncio()

__all__ = ["PoolTransport", "SocketOption", "httpcore", "httpx"]

SocketOption = tuple[int, int, int]


class PoolTransport(httpx.AsyncHTTPTransport):
    """httpx's transport without proxies, over a pool whose connections `backend` opens.

    `has_backend` is False if this httpx does not let its pool be replaced; then `backend` is never used.
    """

    def __init__(
        self,
        backend: httpcore.AsyncNetworkBackend,
        context: ssl.SSLContext,
        limits: httpx.Limits,
        socket_options: Sequence[SocketOption],
    ) -> None:
        super().__init__(verify=context, limits=limits, socket_options=socket_options)
        self.has_backend = hasattr(self, "_pool")
        if self.has_backend:
            self._pool = httpcore.AsyncConnectionPool(
                ssl_context=context,
                max_connections=limits.max_connections,
                max_keepalive_connections=limits.max_keepalive_connections,
                keepalive_expiry=limits.keepalive_expiry,
                socket_options=socket_options,
                network_backend=backend,
            )

    def has_usable_connection(self) -> bool:
        """Return whether a connection is open that the next request can use."""
        return self.has_backend and any(
            not connection.is_closed() and not connection.has_expired() for connection in self._pool.connections
        )
