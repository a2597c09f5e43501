"""httpx and httpcore: imported here alone, and the one private name of httpx that is needed.

`import httpx` also imports `httpx._main`, its command-line client, when `click` happens to be installed: that imports
click, rich and pygments, 30 ms more for each one-shot. So that module is blocked while httpx is imported. If httpx
renames it, the block has no effect and the import is slow again where click is installed; `tests/compat` would fail.

httpcore imports `sniffio` anew for each lock and event of a request, and an import that fails searches the whole path
each time: a dozen times 70 us a request. So where it is not installed that is noted once. If httpcore no longer asks
for it, the note has no effect.

`AsyncHTTPTransport._pool` is set because httpx has no parameter for the network backend, which opens a connection
before there is a request. If that name goes, `PoolTransport` is httpx's ordinary transport: everything works, and the
first request waits for the TCP and TLS handshakes.
"""

from __future__ import annotations

import importlib
import ssl
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import cast

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

_ASYNC_LIBRARY_FINDER = "sniffio"
try:
    importlib.import_module(_ASYNC_LIBRARY_FINDER)
except ImportError:
    sys.modules[_ASYNC_LIBRARY_FINDER] = cast("ModuleType", None)

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
