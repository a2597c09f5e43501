"""The connections to the API: proxy, TLS, keep-alive, and a trace of one request's use of them."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from urllib.request import getproxies, proxy_bypass
from weakref import WeakKeyDictionary

from grokchat.api.preconnect import LIMITS, PreconnectedStream, PreconnectTransport
from grokchat.compat.httpx import httpx
from grokchat.config.validation import is_loopback
from grokchat.errors import ConfigError


def find_proxy(base_url: str) -> str | None:
    """Return the proxy that the environment names for this address; none for this machine."""
    url = httpx.URL(base_url)
    if is_loopback(base_url) or proxy_bypass(url.host):
        return None
    proxies = getproxies()
    return proxies.get(url.scheme) or proxies.get("all")


def create_transport(base_url: str, load_context: Callable[[], ssl.SSLContext]) -> httpx.AsyncBaseTransport:
    """Return a transport that keeps connections open, notices dead peers, and uses the environment's proxy.

    `load_context` is called only if there may be TLS. Raises ConfigError.
    """
    proxy = find_proxy(base_url)
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"
    try:
        if not proxy:
            context = load_context() if base_url.startswith("https:") else _unused_tls_context()
            return PreconnectTransport(base_url, context, _keepalive_options())
        return httpx.AsyncHTTPTransport(
            verify=load_context(),
            proxy=proxy,
            limits=LIMITS,
            socket_options=_keepalive_options(),
        )
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        raise ConfigError(
            "HTTPS_PROXY", problem=f"this proxy cannot be used ({error})", allowed="http://HOST:PORT"
        ) from error
    except (OSError, ssl.SSLError) as error:
        raise ConfigError("SSL_CERT_FILE", problem=f"the certificates cannot be read ({error})") from error


def _unused_tls_context() -> ssl.SSLContext:
    """Return a context for connections without TLS: it loads no certificates, which takes time."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class _AbandoningExecutor(ThreadPoolExecutor):
    """The executor of an event loop; its shutdown waits for all threads except those that resolve host names.

    A resolver without an answer takes half a minute to give up, and cannot be stopped.
    """

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if work is not socket.getaddrinfo:
            return super().submit(work, *args, **kwargs)
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()  # cancelling the wait must not cancel it

        def resolve() -> None:
            try:
                addresses = work(*args, **kwargs)
            except (OSError, UnicodeError) as error:
                future.set_exception(error)
            else:
                future.set_result(addresses)

        threading.Thread(target=resolve, daemon=True).start()
        return future


_executors: WeakKeyDictionary[asyncio.AbstractEventLoop, _AbandoningExecutor] = WeakKeyDictionary()


def abandon_dns_on_exit() -> None:
    """Let the running event loop end, as after Ctrl-C, without waiting for a host name that is being resolved."""
    loop = asyncio.get_running_loop()
    if loop not in _executors:
        _executors[loop] = _AbandoningExecutor()
        loop.set_default_executor(_executors[loop])


class RequestTrace:
    """Follows one request (httpcore's `trace`): whether it reused a connection, and how long its proxy takes.

    `deadline` limits everything up to the response's headers. It is set only while a proxy is asked to connect, for
    which httpcore would allow the whole time that a model may think.
    """

    def __init__(self, connect_timeout: float) -> None:
        self.deadline = asyncio.timeout(None)
        self._connect_timeout = connect_timeout
        self._has_connected = False
        self._has_sent = False

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Handle an event of httpcore."""
        if event == "connection.connect_tcp.started":
            self._has_connected = True
        elif event == "connection.connect_tcp.complete" and isinstance(info["return_value"], PreconnectedStream):
            self._has_connected = False
        elif event.endswith(".send_request_headers.started"):
            self._has_sent = True
            is_for_proxy = info["request"].method == b"CONNECT"
            self.deadline.reschedule(
                asyncio.get_running_loop().time() + self._connect_timeout if is_for_proxy else None
            )

    @property
    def reused_connection(self) -> bool:
        """Whether the request went over a connection that was already open."""
        return self._has_sent and not self._has_connected


def _keepalive_options() -> list[tuple[int, int, int]]:
    """Return the options that find dead peers within two minutes; the read timeout is an hour, as models think long."""
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for name, value in (
        ("TCP_KEEPIDLE", 60),
        ("TCP_KEEPALIVE", 60),
        ("TCP_KEEPINTVL", 15),
        ("TCP_KEEPCNT", 4),
        # Linux sends no probes while sent bytes are unacknowledged, but resends those for a quarter of an hour. That
        # happens after a sleep, when a request is sent over a connection that the other side has dropped.
        ("TCP_USER_TIMEOUT", 120_000),
    ):
        number = getattr(socket, name, None)
        if number is not None:
            options.append((socket.IPPROTO_TCP, number, value))
    return options
