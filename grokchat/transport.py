"""The way to the API: proxy, certificates, connections that are kept and noticed when they die."""

from __future__ import annotations

import socket
import ssl
from urllib.request import getproxies, proxy_bypass

import httpx

from grokchat.errors import ConfigError
from grokchat.settings import is_loopback


def proxy_for(base_url: str) -> str | None:
    """Return the proxy that the environment names for this address; never one on the way to this machine."""
    url = httpx.URL(base_url)
    if is_loopback(base_url) or proxy_bypass(url.host):
        return None
    proxies = getproxies()
    return proxies.get(url.scheme) or proxies.get("all")


def transport_to(base_url: str) -> httpx.AsyncBaseTransport:
    """Return a transport that keeps connections, notices dead peers, and uses the environment's proxy."""
    proxy = proxy_for(base_url)
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"
    try:
        return httpx.AsyncHTTPTransport(
            verify=httpx.create_ssl_context(),
            proxy=proxy,
            limits=httpx.Limits(max_connections=4, max_keepalive_connections=2, keepalive_expiry=300.0),
            socket_options=_keepalive(),
        )
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        raise ConfigError(
            "HTTPS_PROXY", found=f"this proxy cannot be used ({error})", allowed="http://HOST:PORT"
        ) from error
    except (OSError, ssl.SSLError) as error:
        raise ConfigError("SSL_CERT_FILE", found=f"the certificates cannot be read ({error})") from error


def _keepalive() -> list[tuple[int, int, int]]:
    """Find dead peers in two minutes: the read timeout is an hour, because models think for long."""
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for name, value in (
        ("TCP_KEEPIDLE", 60),
        ("TCP_KEEPALIVE", 60),
        ("TCP_KEEPINTVL", 15),
        ("TCP_KEEPCNT", 4),
    ):
        number = getattr(socket, name, None)
        if number is not None:
            options.append((socket.IPPROTO_TCP, number, value))
    return options
