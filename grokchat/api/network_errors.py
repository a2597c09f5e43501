"""Network errors: exceptions of httpx, ssl and the system become a sentence and advice.

Network libraries report a failure in terms of their own internals. Here the reason is in the system's words.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator

from grokchat.api.failures import TRY_LATER, Failure
from grokchat.api.transport import Proxy
from grokchat.compat.httpx import httpx
from grokchat.config.secret import Secret
from grokchat.config.settings import Settings
from grokchat.errors import Advice, BrokenReplyError, UnreachableError
from grokchat.records import record
from grokchat.units import byte_size

NETWORK_ERRORS = (httpx.TransportError, httpx.DecodingError, httpx.InvalidURL, OSError, UnicodeError)
"""What a request may raise. A damaged TLS record raises OSError, an invalid host name UnicodeError."""

CHECK_INTERMEDIARIES = Advice(
    "A proxy or gateway may have changed it: check HTTPS_PROXY (and base_url, if you changed it).", when=""
)
LARGE_REQUEST_BYTES = 1_000_000
"""A connection that breaks while a larger request is sent counts as a refusal: some servers refuse in no other way."""
_CHECK_NETWORK = "Check your connection (and base_url, if you changed it)."
_CHECK_TRUST = "Behind a company's proxy, name its certificate in SSL_CERT_FILE."
_MAX_REASON_CHARS = 200
_CERTIFICATE_ADVICE = {
    9: "Check this machine's clock.",
    10: "Check this machine's clock; if it is right, the server's certificate must be renewed.",
    62: f"A network's login page may be in between. {_CHECK_NETWORK}",
    64: f"A network's login page may be in between. {_CHECK_NETWORK}",
}
"""By OpenSSL's number for the reason: not yet valid, expired, another host's, another address's."""


@record
class Attempted:
    """What was attempted: the request's address, its size if the connection broke while it was sent, and its proxy."""

    url: str
    settings: Settings
    proxy: Proxy | None = None
    unsent_bytes: int = 0

    @property
    def host(self) -> str:
        """The host that the request is for, and the proxy."""
        host = httpx.URL(self.url).netloc.decode("ascii", "replace").rpartition("@")[2]
        return host if self.proxy is None else f"{host} (through the proxy {self.proxy.address})"

    @property
    def check_proxy(self) -> str:
        """The advice for a failure of the proxy."""
        return f"Check {self.proxy.variable if self.proxy is not None else 'HTTPS_PROXY'} and NO_PROXY"


def failure_from_network_error(error: Exception, attempted: Attempted, key: Secret) -> Failure:
    """Return the failure for a network error."""
    reason = key.redact(_find_reason(error))[:_MAX_REASON_CHARS]
    if attempted.unsent_bytes > LARGE_REQUEST_BYTES and _is_broken_connection(error):
        message = key.redact(
            f"{attempted.host} closed the connection while {byte_size(attempted.unsent_bytes)} were being sent: "
            f"{reason}. Servers do that to requests that are too large; it was not retried."
        )
        return Failure(UnreachableError(message, Advice(when=""), about="size"), is_retryable=False)
    message, advice, is_retryable = _describe(error, attempted, reason)
    kind = BrokenReplyError if isinstance(error, httpx.DecodingError) else UnreachableError
    return Failure(kind(key.redact(message), advice), is_retryable=is_retryable)


def _is_broken_connection(error: Exception) -> bool:
    return isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError | OSError) and not isinstance(
        error, httpx.ConnectError | TimeoutError
    )


def _describe(error: Exception, attempted: Attempted, reason: str) -> tuple[str, Advice, bool]:
    """Return what happened, what to do, and whether another attempt may help."""
    if isinstance(error, httpx.RemoteProtocolError) and "disconnected" not in reason and "peer closed" not in reason:
        return f"{attempted.host} sent something other than HTTP ({reason}).", CHECK_INTERMEDIARIES, True
    message, check, is_retryable = _describe_connection(error, attempted, reason)
    return message, Advice(check, when="") if check else TRY_LATER, is_retryable


def _describe_connection(error: Exception, attempted: Attempted, reason: str) -> tuple[str, str, bool]:
    """Return what happened, what to check, if anything, and whether another attempt may help."""
    host, settings, proxy = attempted.host, attempted.settings, attempted.proxy
    untrusted = next((cause for cause in _causes(error) if isinstance(cause, ssl.SSLCertVerificationError)), None)
    if untrusted is not None:
        advice = _CERTIFICATE_ADVICE.get(untrusted.verify_code, _CHECK_TRUST)
        return f"The certificate of {host} is not trusted: {reason}.", advice, False
    if isinstance(error, httpx.ConnectTimeout):
        description = f"{host} did not answer within {settings.connect_timeout:g} s."
        check = "Check your connection" if proxy is None else attempted.check_proxy
        return description, f"{check}, or raise connect_timeout.", True
    if isinstance(error, TimeoutError):
        description = f"The proxy did not connect to {host} within {settings.connect_timeout:g} s."
        return description, f"{attempted.check_proxy}, or raise connect_timeout.", True
    if isinstance(error, httpx.ReadTimeout):
        return f"{host} sent nothing for {settings.timeout:g} s.", "The setting timeout allows more.", False
    if isinstance(error, httpx.ProxyError):
        login = f"Check {proxy.variable}=http://NAME:PASSWORD@HOST:PORT" if proxy is not None else attempted.check_proxy
        advice = login if "407" in reason else attempted.check_proxy
        return f"The proxy refused the connection to {host}: {reason}.", f"{advice}.", False
    if isinstance(error, httpx.ConnectError):
        # A server that does not speak TLS will not speak it the next time.
        has_tls = not any(isinstance(cause, ssl.SSLError) and "EOF" not in str(cause) for cause in _causes(error))
        advice = _CHECK_NETWORK if proxy is None else f"{attempted.check_proxy}."
        return f"{host} could not be reached: {reason}.", advice, has_tls
    if isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError | httpx.WriteTimeout | OSError):
        return f"The connection to {host} broke off: {reason}.", "", True
    return f"{host} could not be reached: {reason}.", _CHECK_NETWORK, isinstance(error, httpx.TimeoutException)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and its causes, down to the innermost."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        inner = cause.exceptions[0] if isinstance(cause, BaseExceptionGroup) else cause.__cause__
        cause = inner or cause.__context__


def _find_reason(error: Exception) -> str:
    """Return the reason, in the system's words where there are any."""
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
    return words or "it was closed"
