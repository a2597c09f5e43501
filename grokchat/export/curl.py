"""The request as a shell script: curl sends the exact bytes of its body.

For POSIX shells (dash as well as bash). The body is a heredoc whose quoted delimiter is not a line of it, so nothing in
it is expanded, and its length is not limited as an argument's is. curl reads the key from a
file descriptor: neither the process list nor the script shows it.
"""

from __future__ import annotations

from grokchat.export.literals import NO_KEY
from grokchat.export.request_parts import is_deferred, is_streamed
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

{rest}"""

_REQUEST = """\
# The key comes on descriptor 3, which no process list shows; -m is in seconds, for the whole reply.
curl -sS "$fail" -g{unbuffered} -m {timeout} "${{base_url%/}}{path}" \\
    -H 'Content-Type: application/json' \\{conversation}
    -H @/dev/fd/3 -d @- 3<<HEADERS <<'{delimiter}'
Authorization: Bearer $XAI_API_KEY
HEADERS
{body}
{delimiter}
"""

_DEFERRED = """\
ask() {{
{request}}}
poll() {{
curl -sS "$fail" -g -m {timeout} -w ' %{{http_code}}' "${{base_url%/}}/chat/deferred-completion/$id" \\
    -H @/dev/fd/3 3<<HEADERS
Authorization: Bearer $XAI_API_KEY
HEADERS
}}

# The answer is an id, by which the reply is polled for: 202 says that it is not there yet.
answer=$(ask) || {{
    code=$?
    printf '%s\\n' "$answer"
    exit "$code"
}}
id=$(printf '%s\\n' "$answer" | sed -n 's/.*"request_id" *: *"\\([A-Za-z0-9_-]*\\)".*/\\1/p')
if [ -z "$id" ]; then
    printf 'No request_id in the response: %s\\n' "$answer" >&2
    exit 1
fi
echo "Waiting for the reply to $id." >&2
status=202
seconds=2
while [ "$status" = 202 ]; do
    sleep "$seconds"
    seconds=$((seconds < 20 ? seconds * 3 / 2 : 30))
    code=0
    answer=$(poll) || code=$?
    status=${{answer##* }}
done
printf '%s\\n' "${{answer% *}}"
exit "$code"
"""


def export(source: Source) -> str:
    """Return the script."""
    body = source.body.decode("utf-8")
    delimiter = "JSON"
    while delimiter in body.split("\n"):
        delimiter += "_"
    header = f"x-grok-conv-id: {source.conversation_id}"
    timeout = f"{source.timeout:.3f}".rstrip("0").rstrip(".")
    request = _REQUEST.format(
        unbuffered=" -N" if is_streamed(source) else "",
        timeout=timeout,
        path=source.path,
        conversation=f"\n    -H {_quoted(header)} \\" if source.conversation_id else "",
        delimiter=delimiter,
        body=body,
    )
    rest = _DEFERRED.format(request=request, timeout=timeout) if is_deferred(source) else request
    return _SCRIPT.format(no_key=NO_KEY, base_url=_quoted(source.base_url), rest=rest)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
