"""The TLS trust store. Loading it takes 20 to 40 ms, with the GIL released, so a thread can load it during start-up."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Mapping

from grokchat.errors import os_reason


def load_tls_context(env: Mapping[str, str]) -> ssl.SSLContext:
    """Return a context with the certificates of SSL_CERT_FILE or SSL_CERT_DIR in the environment, else certifi's.

    Raises OSError, of which ssl.SSLError is a kind. httpx.create_ssl_context does the same, but needs httpx loaded.
    """
    if cafile := env.get("SSL_CERT_FILE"):
        return ssl.create_default_context(cafile=cafile)
    if capath := env.get("SSL_CERT_DIR"):
        return ssl.create_default_context(capath=capath)
    import certifi

    return ssl.create_default_context(cafile=certifi.where())


def describe_tls_error(error: OSError, env: Mapping[str, str]) -> tuple[str, str]:
    """Return which variable made `load_tls_context` fail, and why."""
    log = env.get("SSLKEYLOGFILE")
    if log and error.filename == log:
        return "SSLKEYLOGFILE", f"{log}: TLS keys cannot be logged there ({os_reason(error)}). Unset it, or name a file"
    variable = next((name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if env.get(name)), "certifi")
    reason = "there is no certificate in it" if isinstance(error, ssl.SSLError) else os_reason(error)
    place = f"{env[variable]}: " if variable in env else ""
    return variable, f"{place}the certificates cannot be read ({reason})"


class BackgroundTlsContext:
    """A TLS context that is loaded in a thread; calling it waits for the context and returns it."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._context: ssl.SSLContext | None = None
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._load, daemon=True)
        self._thread.start()

    def _load(self) -> None:
        try:
            self._context = load_tls_context(self._env)
        except OSError as error:
            self._error = error

    def __call__(self) -> ssl.SSLContext:
        """Return the context; raises what `load_tls_context` raised."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        assert self._context is not None
        return self._context
