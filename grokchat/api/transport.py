"""The connections to the API: proxy, TLS, keep-alive, and a trace of one request's use of them."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from urllib.request import getproxies, getproxies_environment, proxy_bypass
from weakref import WeakKeyDictionary

from grokchat.api.preconnect import LIMITS, PreconnectedStream, PreconnectTransport
from grokchat.api.tls import describe_tls_error
from grokchat.compat.httpx import httpx
from grokchat.config.base_url import is_loopback
from grokchat.errors import ConfigError
from grokchat.records import record

_MAX_PORT = 65535
_PROXY_FORM = "http://HOST:PORT or socks5://HOST:PORT"


@record
class Proxy:
    """A proxy, and where it is named: an environment variable, or the system's settings."""

    url: str
    variable: str

    __repr__ = object.__repr__  # its URL may hold a password

    @property
    def address(self) -> str:
        """The proxy's host and port, without name and password."""
        return self.url.partition("://")[2].rpartition("@")[2].rstrip("/")


def find_proxy(base_url: str, env: Mapping[str, str]) -> Proxy | None:
    """Return the proxy that the environment names for this address; none for this machine."""
    url = httpx.URL(base_url)
    # `url.host` would decode an internationalised name, and raises for those that IDNA 2008 does not have.
    if is_loopback(base_url) or proxy_bypass(url.raw_host.decode("ascii")):
        return None
    proxies = getproxies()
    for scheme in (url.scheme, "all"):
        if address := proxies.get(scheme):
            name = f"{scheme}_proxy"
            of_system = "the system's proxy settings" if scheme not in getproxies_environment() else name.upper()
            variable = next((variable for variable in (name, name.upper()) if env.get(variable)), of_system)
            return Proxy(address if "://" in address else f"http://{address}", variable)
    return None


def create_transport(
    base_url: str, env: Mapping[str, str], load_context: Callable[[], ssl.SSLContext]
) -> httpx.AsyncBaseTransport:
    """Return a transport that keeps connections open, notices dead peers, and uses the environment's proxy.

    `load_context` is called only if there may be TLS. Raises ConfigError.
    """
    proxy = find_proxy(base_url, env)
    try:
        context = load_context() if proxy or base_url.startswith("https:") else _unused_tls_context()
    except OSError as error:
        variable, problem = describe_tls_error(error, env)
        raise ConfigError(variable, problem=problem) from error
    if proxy is None:
        return PreconnectTransport(base_url, context, _keepalive_options())
    try:
        _check_address(proxy.url)
        # httpx's socks5 leaves host names to the proxy, which is what socks5h means; httpx before 0.28 lacks that name.
        url = re.sub(r"^socks5h://", "socks5://", proxy.url)
        return httpx.AsyncHTTPTransport(verify=context, proxy=url, limits=LIMITS, socket_options=_keepalive_options())
    except ImportError as error:
        problem = "is a SOCKS proxy, which needs the package socksio (pip install socksio)"
        raise ConfigError(proxy.variable, problem=problem) from error
    except (ValueError, httpx.InvalidURL) as error:
        scheme = proxy.url.partition("://")[0]
        known = scheme in {"http", "https", "socks5", "socks5h"}
        wrong = "an address without a valid host and port" if known else f"{scheme}://"
        raise ConfigError(proxy.variable, problem=f"must be {_PROXY_FORM}, not {wrong}") from error


def _check_address(url: str) -> None:
    """Raise ValueError for a proxy's URL with an impossible host or port, which would fail only when it is used."""
    parsed = httpx.URL(url)
    if not re.fullmatch(r"[A-Za-z0-9._:%-]+", parsed.raw_host.decode("ascii", "replace")):
        raise ValueError(parsed.host)
    if not 0 < (parsed.port or 80) <= _MAX_PORT:
        raise ValueError(parsed.port)


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

    `has_sent` is whether anything of it was sent, other than to ask a proxy to connect.

    `deadline` limits everything up to the response's headers. It is set only while a proxy is asked to connect, for
    which httpcore would allow the whole time that a model may think.
    """

    def __init__(self, connect_timeout: float) -> None:
        self.deadline = asyncio.timeout(None)
        self._connect_timeout = connect_timeout
        self._has_connected = False
        self._has_sent = False
        self.has_sent = False

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Handle an event of httpcore."""
        if event == "connection.connect_tcp.started":
            self._has_connected = True
        elif event == "connection.connect_tcp.complete" and isinstance(info["return_value"], PreconnectedStream):
            self._has_connected = False
        elif event.endswith(".send_request_headers.started"):
            self._has_sent = True
            is_for_proxy = info["request"].method == b"CONNECT"
            self.has_sent = not is_for_proxy
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
