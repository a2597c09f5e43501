"""Ids of jobs, whose replies are deferred: any text that the API gives, as one segment of a path. Pure."""

from __future__ import annotations

_MAX_BYTES = 8192
"""Three characters of an address each, at worst; httpx takes addresses of 64 K."""


def read_job_id(value: object) -> str | None:
    """Return the id that a value is, or None for one that cannot be asked for."""
    if not value or not (isinstance(value, str) or type(value) is int):
        return None
    text = str(value)
    return text if len(text.encode("utf-8", "surrogatepass")) <= _MAX_BYTES else None


def quote_job_id(job_id: str) -> str:
    """Return an id as one segment of a path; no id is another segment, or several."""
    from urllib.parse import quote

    quoted = quote(job_id, safe="", errors="surrogatepass")
    return quoted if quoted.strip(".") else quoted.replace(".", "%2E")
