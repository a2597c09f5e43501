"""Whom the program trusts. Reading that takes 20 to 40 ms, but not of the interpreter: other threads go on."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Mapping


def load_tls_context(env: Mapping[str, str]) -> ssl.SSLContext:
    """Return a context with what the environment's SSL_CERT_FILE or SSL_CERT_DIR names, or with certifi's.

    Raises OSError, of which ssl.SSLError is one. httpx.create_ssl_context does the same, once httpx is there.
    """
    if named := env.get("SSL_CERT_FILE"):
        return ssl.create_default_context(cafile=named)
    if named := env.get("SSL_CERT_DIR"):
        return ssl.create_default_context(capath=named)
    import certifi

    return ssl.create_default_context(cafile=certifi.where())


class BackgroundTlsContext:
    """Certificates that are read while something else is done; call it to have them."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._read: ssl.SSLContext | None = None
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._read = load_tls_context(self._env)
        except OSError as error:
            self._error = error

    def __call__(self) -> ssl.SSLContext:
        """Wait for them and return them; raises what `load_tls_context` does."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        assert self._read is not None
        return self._read
