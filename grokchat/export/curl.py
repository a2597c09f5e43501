"""The request as a shell script: curl sends the exact bytes of its body.

For POSIX shells (dash as well as bash). The body is a heredoc whose quoted delimiter is not a line of it, so nothing in
it is expanded, and its length is not limited as an argument's is. curl reads the key from a
file descriptor: neither the process list nor the script shows it.
"""

from __future__ import annotations

from grokchat.export.literals import NO_KEY
from grokchat.export.source import Source

_SCRIPT = """\
#!/bin/sh
# One request to the API, made with curl; it prints the response as it arrives.
#
#     XAI_API_KEY=... sh SCRIPT
#
# Set XAI_BASE_URL to use another address. Needs curl 7.55 or later.

set -eu

if [ -z "${{XAI_API_KEY:-}}" ]; then
    echo "{no_key}" >&2
    exit 2
fi
base_url=${{XAI_BASE_URL:-}}
[ -n "$base_url" ] || base_url={base_url}

# Before 7.76 curl cannot both fail and show the error; it gets --show-error again, which changes nothing.
fail=--fail-with-body
curl "$fail" --version >/dev/null 2>&1 || fail=--show-error

# The key comes on descriptor 3, which no process list shows; -m is in seconds, for the whole reply.
curl -sS "$fail" -g{unbuffered} -m {timeout} "${{base_url%/}}/chat/completions" \\
    -H 'Content-Type: application/json' \\{conversation}
    -H @/dev/fd/3 -d @- 3<<HEADERS <<'{delimiter}'
Authorization: Bearer $XAI_API_KEY
HEADERS
{body}
{delimiter}
"""


def export(source: Source) -> str:
    """Return the script."""
    body = source.body.decode("utf-8")
    delimiter = "JSON"
    while delimiter in body.split("\n"):
        delimiter += "_"
    header = f"x-grok-conv-id: {source.conversation_id}"
    return _SCRIPT.format(
        no_key=NO_KEY,
        base_url=_quoted(source.base_url),
        unbuffered=" -N" if source.stream else "",
        timeout=f"{source.timeout:.3f}".rstrip("0").rstrip("."),
        conversation=f"\n    -H {_quoted(header)} \\" if source.conversation_id else "",
        delimiter=delimiter,
        body=body,
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
