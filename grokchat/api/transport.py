"""The way to the API: proxy, certificates, connections that are kept and noticed when they die; and what went wrong.

What the network libraries say of a failure names their own insides. Here it becomes a sentence with its reason and
what to do about it.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import threading
import zlib
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from urllib.request import getproxies, proxy_bypass
from weakref import WeakKeyDictionary

from grokchat.api.failures import LATER, Failure
from grokchat.api.preconnect import LIMITS, PreconnectedStream, PreconnectTransport
from grokchat.compat.httpx import httpx
from grokchat.config.secret import Secret
from grokchat.config.settings import Settings, is_loopback
from grokchat.errors import BrokenReplyError, ConfigError, UnreachableError

NETWORK_ERRORS = (httpx.TransportError, httpx.DecodingError, httpx.InvalidURL, OSError, UnicodeError)
"""What a request may raise. A damaged TLS record comes as OSError, a host that cannot be a name as UnicodeError."""
_PIECE = 64 * 1024


def find_proxy(base_url: str) -> str | None:
    """Return the proxy that the environment names for this address; never one on the way to this machine."""
    url = httpx.URL(base_url)
    if is_loopback(base_url) or proxy_bypass(url.host):
        return None
    proxies = getproxies()
    return proxies.get(url.scheme) or proxies.get("all")


def create_transport(base_url: str, trusted: Callable[[], ssl.SSLContext]) -> httpx.AsyncBaseTransport:
    """Return a transport that keeps connections, notices dead peers, and uses the environment's proxy.

    `trusted` is asked only if there may be TLS. Raises ConfigError.
    """
    proxy = find_proxy(base_url)
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"
    try:
        if not proxy:
            context = trusted() if base_url.startswith("https:") else _no_certificates()
            return PreconnectTransport(base_url, context, _keepalive())
        return httpx.AsyncHTTPTransport(
            verify=trusted(),
            proxy=proxy,
            limits=LIMITS,
            socket_options=_keepalive(),
        )
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        raise ConfigError(
            "HTTPS_PROXY", problem=f"this proxy cannot be used ({error})", allowed="http://HOST:PORT"
        ) from error
    except (OSError, ssl.SSLError) as error:
        raise ConfigError("SSL_CERT_FILE", problem=f"the certificates cannot be read ({error})") from error


def _no_certificates() -> ssl.SSLContext:
    """Return what a connection without TLS is given: it is not used, trusts nobody, and takes no time to make."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class _Threads(ThreadPoolExecutor):
    """A loop's threads, all of which are waited for in the end, but those that look names up.

    A resolver that gets no answer takes half a minute to say so, and cannot be stopped.
    """

    def submit(self, work: Callable[..., Any], /, *args: Any, **more: Any) -> Future[Any]:
        if work is not socket.getaddrinfo:
            return super().submit(work, *args, **more)
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()  # whoever gives up waiting leaves it alone

        def look_up() -> None:
            try:
                found = work(*args, **more)
            except (OSError, UnicodeError) as error:
                future.set_exception(error)
            else:
                future.set_result(found)

        threading.Thread(target=look_up, daemon=True).start()
        return future


_threads: WeakKeyDictionary[asyncio.AbstractEventLoop, _Threads] = WeakKeyDictionary()


def abandon_dns_on_exit() -> None:
    """Let the running loop end, as after Ctrl-C, while it still looks a name up."""
    loop = asyncio.get_running_loop()
    if loop not in _threads:
        _threads[loop] = _Threads()
        loop.set_default_executor(_threads[loop])


class RequestTrace:
    """Follows one request (httpcore's `trace`): whether it went over a kept connection, and how long a proxy thinks.

    `deadline` is the limit of everything up to the response's headers. It is set only while a proxy is asked to
    connect: httpcore would give it the whole time that a model may think.
    """

    def __init__(self, limit: float) -> None:
        self.deadline = asyncio.timeout(None)
        self._limit = limit
        self._dialled = False
        self._sent = False

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take note of what httpcore does."""
        if event == "connection.connect_tcp.started":
            self._dialled = True
        elif event == "connection.connect_tcp.complete" and isinstance(info["return_value"], PreconnectedStream):
            self._dialled = False
        elif event.endswith(".send_request_headers.started"):
            self._sent = True
            asks_proxy = info["request"].method == b"CONNECT"
            self.deadline.reschedule(asyncio.get_running_loop().time() + self._limit if asks_proxy else None)

    @property
    def was_kept(self) -> bool:
        """Whether the request was sent over a connection that was open before it."""
        return self._sent and not self._dialled


async def pieces(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """Yield a response's bytes; raises Failure.

    What was compressed, though nobody asked for that, is unpacked in small pieces: httpx would unpack all that has
    arrived at once, and 64 KiB can unpack to gigabytes.
    """
    packed = response.headers.get("content-encoding", "").strip().lower()
    if packed in {"", "identity"}:
        async for piece in response.aiter_bytes():
            yield piece
        return
    if packed not in {"gzip", "x-gzip", "deflate"}:
        said = f"The answer is compressed ({packed[:20]}), though it was asked not to be."
        raise Failure(UnreachableError(f"{said} {_BETWEEN}"), said=said, retryable=False)
    unpack = zlib.decompressobj(wbits=32 + zlib.MAX_WBITS)
    try:
        async for raw in response.aiter_raw():
            rest = raw
            while rest and not unpack.eof:
                yield unpack.decompress(rest, _PIECE)
                rest = unpack.unconsumed_tail
        yield unpack.flush()
    except zlib.error as error:
        said = "The answer is compressed, though it was asked not to be, and damaged."
        raise Failure(BrokenReplyError(f"{said} {_BETWEEN}"), said=said, retryable=True) from error


_BETWEEN = "Something on the way (a proxy, a gateway) changes it; check HTTPS_PROXY, and base_url if it is yours."
_CHECK = "Check the network, and base_url if it is yours."


def failure_from_network_error(error: Exception, url: str, settings: Settings, key: Secret) -> Failure:
    """Return the failure that an error of the network is."""
    host = httpx.URL(url).netloc.decode("ascii", "replace")
    proxy = find_proxy(settings.base_url)
    if proxy:
        host += f" (through the proxy {proxy.rpartition('@')[2]})"
    said, advice, retryable = _told(error, host, settings)
    said = key.redact(said)
    kind = BrokenReplyError if isinstance(error, httpx.DecodingError) else UnreachableError
    return Failure(kind(f"{said} {advice}"), said=said, retryable=retryable)


def _told(error: Exception, host: str, settings: Settings) -> tuple[str, str, bool]:
    """Return what happened, what to do, and whether another try may help."""
    reason = _reason(error)
    refused = next((one for one in _causes(error) if isinstance(one, ssl.SSLCertVerificationError)), None)
    if refused is not None:
        return f"{host} could not prove who it is: {reason}.", _CERTIFICATES.get(refused.verify_code, _OWN), False
    if isinstance(error, httpx.ConnectTimeout):
        said = f"{host} did not answer within {settings.connect_timeout:g} s."
        return said, "Check the network, or raise connect_timeout.", True
    if isinstance(error, TimeoutError):
        said = f"The proxy did not connect to {host} within {settings.connect_timeout:g} s."
        return said, "Check HTTPS_PROXY and NO_PROXY, or raise connect_timeout.", True
    if isinstance(error, httpx.ReadTimeout):
        return f"{host} sent nothing for {settings.timeout:g} s, so it was given up.", "The setting is timeout.", False
    if isinstance(error, httpx.ProxyError):
        words = "HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT" if "407" in reason else "HTTPS_PROXY and NO_PROXY"
        return f"The proxy refused the connection to {host}: {reason}.", f"Check {words}.", False
    if isinstance(error, httpx.ConnectError):
        # What does not speak TLS at all will not the next time.
        speaks = not any(isinstance(one, ssl.SSLError) and "EOF" not in str(one) for one in _causes(error))
        return f"{host} could not be reached: {reason}.", _CHECK, speaks
    if isinstance(error, httpx.RemoteProtocolError) and "disconnected" not in reason and "peer closed" not in reason:
        return f"{host} sent what is no HTTP ({reason}).", _BETWEEN, True
    if isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError | httpx.WriteTimeout | OSError):
        return f"The connection to {host} broke off: {reason}.", LATER, True
    return f"{host} could not be reached: {reason}.", _CHECK, isinstance(error, httpx.TimeoutException)


_OWN = "If a company's proxy stands between, name its certificate in SSL_CERT_FILE."
_CERTIFICATES = {
    9: "Check this machine's clock.",
    10: "Check this machine's clock; if it is right, the certificate has to be renewed there.",
    62: f"A network's login page may stand between. {_CHECK}",
    64: f"A network's login page may stand between. {_CHECK}",
}
"""Advice by OpenSSL's number for the reason: not valid yet, expired, another host's, another address's."""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what caused it, to the innermost."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        inner = cause.exceptions[0] if isinstance(cause, BaseExceptionGroup) else cause.__cause__
        cause = inner or cause.__context__


def _reason(error: Exception) -> str:
    """Say why, in the words of the system rather than of the library."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message.rstrip(".") or "its certificate is not valid"
        if isinstance(cause, ssl.SSLError):
            return f"TLS failed ({(cause.reason or 'broken off').replace('_', ' ').lower()})"
        if isinstance(cause, socket.gaierror):
            return f"its address is not known ({cause.strerror})"
        if isinstance(cause, OSError) and isinstance(cause.errno, int):
            return os.strerror(cause.errno).lower()
    words = " ".join(str(error).split()).rstrip(".")
    if "disconnected without" in words:
        return "it was closed without an answer (server disconnected)"
    if "peer closed" in words or "incomplete" in words:
        return "it was closed in the middle of the answer (peer closed)"
    return words[:200] or "it was closed"


def _keepalive() -> list[tuple[int, int, int]]:
    """Find dead peers in two minutes: the read timeout is an hour, because models think for long."""
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for name, value in (
        ("TCP_KEEPIDLE", 60),
        ("TCP_KEEPALIVE", 60),
        ("TCP_KEEPINTVL", 15),
        ("TCP_KEEPCNT", 4),
        # Linux probes nothing while sent bytes wait for their acknowledgement, and repeats those for a quarter of an
        # hour: as after a sleep, when a request goes out over a connection that everyone else has forgotten.
        ("TCP_USER_TIMEOUT", 120_000),
    ):
        number = getattr(socket, name, None)
        if number is not None:
            options.append((socket.IPPROTO_TCP, number, value))
    return options
