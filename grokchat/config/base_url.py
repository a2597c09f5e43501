"""The base URL: which addresses are accepted, and why another one is not. Pure.

The rules are narrower than those of URLs (RFC 3986): two programs that read an odd address differently would disagree
about the host that gets the key.
"""

from __future__ import annotations

import re

_PARTS = re.compile(r"(https?)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?(/[!$-;=@-\[\]_a-z~]*)?")
_LOOPBACK = r"(?i)localhost|127(?:\.\d{1,3}){3}|\[::1\]"
_LABEL = r"(?!xn--$)[a-z0-9_-]{1,63}"
_MAX_HOST_CHARS = 253
_MAX_PORT = 65535


def normalize_base_url(url: str) -> str:
    """Return a base URL with its scheme in lower case."""
    return re.sub(r"(?i)^https?(?=:)", lambda scheme: scheme[0].lower(), url)


def find_base_url_problem(url: str) -> str | None:
    """Return what is wrong with a base URL, as a sentence without a period, or None if it is accepted."""
    match = _PARTS.fullmatch(url)
    if match is None:
        return _describe_mismatch(url)
    scheme, host, port, _ = match.groups()
    if not _is_host(host):
        return _describe_host(host)
    if port is not None and not 0 < int(port) <= _MAX_PORT:
        return f"its port is not one of 1 to {_MAX_PORT}"
    if scheme == "http" and not is_loopback(url):
        return "it would send the key unencrypted"
    return None


def hide_credentials(url: str) -> str:
    """Return a URL without what may be secret in it: everything up to the last `@`, and its query."""
    url = re.sub(r"(?s)[?#].*", "?…", url) if "@" not in url else url
    return re.sub(r"(?s)^([a-zA-Z]{1,10}://)?.*@", r"\1…@", re.sub(r"(?s)(@[^@?#]*)[?#][^@]*$", r"\1?…", url))


def is_loopback(base_url: str) -> bool:
    """Return whether a base URL is on this machine."""
    match = _PARTS.fullmatch(base_url)
    return match is not None and re.fullmatch(_LOOPBACK, match[2]) is not None


def _is_host(host: str) -> bool:
    """Return whether a host is well formed: an IP address, or a name, which is left to the resolver."""
    if host.startswith("[") or re.fullmatch(r"[\d.]+", host):
        from ipaddress import IPv4Address, IPv6Address

        try:
            (IPv6Address if host.startswith("[") else IPv4Address)(host.strip("[]"))
        except ValueError:
            return False
        return True
    labels = host.lower().split(".")
    return len(host) <= _MAX_HOST_CHARS and all(re.fullmatch(_LABEL, label) for label in labels)


def _describe_host(host: str) -> str:
    if len(host) > _MAX_HOST_CHARS:
        return "its host is too long"
    return "its host ends with a dot" if host.endswith(".") else f"{host} is not a valid host"


def _describe_mismatch(url: str) -> str:
    """Return why an address is refused."""
    scheme, separator, rest = url.partition("://")
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    if "@" in url:
        return "it has a user name or password in it; only the API key is sent"
    if "\\" in url:
        return "it has a backslash in it"
    if re.search(r"[\x00-\x20\x7f]", url):
        return "it has a space or a control character in it"
    if not separator or scheme not in {"http", "https"}:
        return "it does not begin with https://"
    if re.search(r"[?#]", url):
        return "it has a query or a fragment"
    if not authority or authority.startswith(":"):
        return "it has no host"
    if not authority.isascii():
        return f"its host is not ASCII{_suggest_ascii_host(authority)}"
    if not url.isascii():
        return "it has characters outside ASCII; write them as %XX"
    if "[" in authority and not re.fullmatch(r"\[[0-9A-Fa-f:.]+\](?::.*)?", authority):
        return "the address in brackets is not IPv6"
    if re.search(r":\D*$|:\d{6,}$|:\d*[^\d\]]+\d*$", authority.rpartition("]")[2]):
        return "its port is not a number"
    return "it is not a web server's address"


def _suggest_ascii_host(authority: str) -> str:
    """Return advice with the ASCII form of a name, which the resolver gets, or ""."""
    host, colon, port = authority.partition(":")
    try:
        name = host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    return f"; write {name}{colon}{port}" if _is_host(name) else ""
