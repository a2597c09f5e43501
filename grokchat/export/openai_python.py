"""The request as a Python program for the OpenAI client, which sends messages unchanged.

Fields that are not arguments of the client's method go into its `extra_body`. Text with lone surrogates is not UTF-8,
and the client's encoder refuses it: only then the program bypasses the method and sends JSON that it escapes itself.
A reply of /responses ends with an event that the client yields and does not raise, even if it is a failure: the program
reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grokchat.export.literals import NO_KEY, PYTHON, Comment, Item, has_no_surrogates
from grokchat.export.request_parts import is_deferred, is_streamed
from grokchat.export.source import Source
from grokchat.records import record

_HEAD = '''\
"""One request to the API, made with OpenAI's client; it prints the reply.

    pip install -U openai
    XAI_API_KEY=... python3 PROGRAM

Set XAI_BASE_URL to use another address.
"""

{imports}

if not os.environ.get("XAI_API_KEY"):
    sys.exit("{no_key}")

client = OpenAI(
    api_key=os.environ["XAI_API_KEY"],
    base_url=os.environ.get("XAI_BASE_URL") or {base_url},
    timeout={timeout},  # seconds{retries}
)
'''

_NO_RETRIES = """
    max_retries=0,  # a repeated request would be billed again"""

_REFUSED = """\
except APIStatusError as error:
    sys.exit(f"{error}: {error.response.text}")
"""
"""By itself the client shows only the status of an error that has the form of the API's own errors."""

_STREAMED = """\

finished = False
for chunk in reply:
    for choice in chunk.choices or ():
        print(choice.delta.content or "", end="", flush=True)
        finished = finished or choice.finish_reason is not None
print()
if not finished:
    sys.exit("The reply broke off.")
"""

_WHOLE = """\

if not reply.choices:
    sys.exit(f"No reply in the response: {reply.to_json(indent=None)}")
for choice in reply.choices:
    print(choice.message.content or "")
"""

_DEFERRED = """\
    request_id = getattr(reply, "request_id", None)
    if not request_id:
        sys.exit(f"No request_id in the response: {reply.to_json(indent=None)}")
    print(f"Waiting for the reply to {request_id}.", file=sys.stderr)
    text, pause = "", 2.0
    while not text:  # until the reply is there: an empty response says that it is not
        time.sleep(pause)
        pause = min(1.5 * pause, 30.0)
        text = client.with_options(max_retries=5).get(f"/chat/deferred-completion/{request_id}", cast_to=str)
    reply = ChatCompletion.construct(**json.loads(text))
"""

_EVENTS = """\

last = None
for event in reply:
    if event.type == "response.output_text.delta":
        print(event.delta, end="", flush=True)
    elif event.type in {"response.completed", "response.incomplete", "response.failed", "error"}:
        last = event
        break
print()
if last is None:
    sys.exit("The reply broke off.")
if last.type == "error":
    sys.exit(f"The API reports an error: {last.message}")
response = last.response
"""

_RESPONSE = """\

response = reply
print(response.output_text)
"""

_SOURCES = """\

numbers = {}
for item in response.output or ():
    for part in getattr(item, "content", None) or ():
        for source in getattr(part, "annotations", None) or ():
            if source.type == "url_citation":
                numbers.setdefault(source.url, source.title or "")
for url, number in numbers.items():
    print(f"[{number}] {url}" if number.isdigit() else url, file=sys.stderr)  # the number that the text cites it by
if response.status == "incomplete":
    print(f"The reply is incomplete: {getattr(response.incomplete_details, 'reason', None)}", file=sys.stderr)
elif response.status != "completed":
    sys.exit(f"The reply failed: {response.error}")
"""


@record
class _Endpoint:
    """What a program says of the endpoint that it uses."""

    path: str
    method: str
    arguments: frozenset[str]
    """Arguments of the method in every version since 2.0; others exist only in some versions."""
    types: str
    """The module that has the types of the reply, and of what a stream consists of."""
    whole_type: str
    stream_type: str
    whole: str
    """The code that prints a reply."""
    streamed: str
    """The code that prints a streamed reply."""


_CHAT = _Endpoint(
    path="/chat/completions",
    method="chat.completions",
    arguments=frozenset(
        {
            *("model", "messages", "stream", "stream_options", "temperature", "top_p", "n", "seed", "stop", "user"),
            *("max_tokens", "max_completion_tokens", "frequency_penalty", "presence_penalty", "logit_bias"),
            *("logprobs", "top_logprobs", "reasoning_effort", "response_format", "service_tier"),
            *("tools", "tool_choice", "parallel_tool_calls"),
        }
    ),
    types="openai.types.chat",
    whole_type="ChatCompletion",
    stream_type="ChatCompletionChunk",
    whole=_WHOLE,
    streamed=_STREAMED,
)
_RESPONSES = _Endpoint(
    path="/responses",
    method="responses",
    arguments=frozenset(
        {
            *("model", "input", "stream", "store", "include", "tools", "tool_choice", "parallel_tool_calls", "user"),
            *("text", "reasoning", "temperature", "top_p", "top_logprobs", "max_output_tokens", "prompt_cache_key"),
            *("instructions", "previous_response_id", "service_tier", "safety_identifier"),
        }
    ),
    types="openai.types.responses",
    whole_type="Response",
    stream_type="ResponseStreamEvent",
    whole=_RESPONSE + _SOURCES,
    streamed=_EVENTS + _SOURCES,
)
_ENDPOINTS = {endpoint.path: endpoint for endpoint in (_CHAT, _RESPONSES)}


def export(source: Source) -> str:
    """Return the program."""
    request, endpoint = source.request, _ENDPOINTS[source.path]
    waits, is_utf8 = is_deferred(source), has_no_surrogates(request)
    stream = is_streamed(source)
    head = _HEAD.format(
        imports="\n".join(_imports(endpoint, stream=stream, waits=waits, is_utf8=is_utf8)),
        no_key=NO_KEY,
        base_url=PYTHON.quoted(source.base_url),
        timeout=repr(source.timeout),
        retries=_NO_RETRIES if waits or endpoint is _RESPONSES else "",
    )
    headers = {"x-grok-conv-id": source.conversation_id} if source.conversation_id else {}
    call = _create(endpoint, request, headers) if is_utf8 else _post(endpoint, request, headers, stream=stream)
    waiting = _DEFERRED if waits else ""
    return f"{head}\ntry:\n{call}\n{waiting}{_REFUSED}{endpoint.streamed if stream else endpoint.whole}"


def _imports(endpoint: _Endpoint, *, stream: bool, waits: bool, is_utf8: bool) -> list[str]:
    modules = ["json"] * (waits or not is_utf8) + ["os", "sys"] + ["time"] * waits
    names = ["APIStatusError", "OpenAI"] + ["Stream"] * (stream and not is_utf8)
    types = [endpoint.whole_type] * (waits or not is_utf8) + [endpoint.stream_type] * (stream and not is_utf8)
    imports = [*(f"import {module}" for module in modules), "", f"from openai import {', '.join(names)}"]
    return [*imports, f"from {endpoint.types} import {', '.join(types)}"] if types else imports


def _create(endpoint: _Endpoint, request: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    known = endpoint.arguments
    items: list[Item] = [f"{key}={PYTHON.literal(value, 8)}" for key, value in request.items() if key in known]
    extra = {key: value for key, value in request.items() if key not in known}
    if extra:
        items.append(f"extra_body={PYTHON.literal(extra, 8)}")
    if headers:
        items.append(f"extra_headers={PYTHON.literal(headers, 8)}")
    return PYTHON.bracketed(f"    reply = client.{endpoint.method}.create(", items, ")", 4)


def _post(endpoint: _Endpoint, request: Mapping[str, Any], headers: Mapping[str, str], *, stream: bool) -> str:
    reason = Comment("The text has lone surrogates, which are not valid UTF-8: the client's encoder refuses them.")
    items: list[Item] = [
        f'"{endpoint.path}"',
        "content=json.dumps(request).encode()",
        f"options={PYTHON.literal({'headers': {'Content-Type': 'application/json', **headers}}, 8)}",
        f"cast_to={endpoint.whole_type}",
        *(["stream=True", f"stream_cls=Stream[{endpoint.stream_type}]"] if stream else []),
    ]
    assignment = f"    request = {PYTHON.literal(request, 4)}"
    return f"{PYTHON.comment(reason, 4)}\n{assignment}\n{PYTHON.bracketed('    reply = client.post(', items, ')', 4)}"
