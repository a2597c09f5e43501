"""The request as a Python program for the OpenAI client, which sends messages unchanged.

Fields that are not arguments of the client's method go into its `extra_body`. Text with lone surrogates is not UTF-8,
and the client's encoder refuses it: only then the program bypasses the method and sends JSON that it escapes itself.
"""

from __future__ import annotations

from grokchat.export.literals import NO_KEY, PYTHON, Comment, Item, has_no_surrogates
from grokchat.export.source import Source

_ARGUMENTS = frozenset(
    {
        *("model", "messages", "stream", "stream_options", "temperature", "top_p", "n", "seed", "stop", "user"),
        *("max_tokens", "max_completion_tokens", "frequency_penalty", "presence_penalty", "logit_bias"),
        *("logprobs", "top_logprobs", "reasoning_effort", "response_format", "service_tier"),
        *("tools", "tool_choice", "parallel_tool_calls"),
    }
)
"""Arguments of the method in every version since 1.60; others exist only in some versions."""

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
    timeout={timeout},  # seconds
)
'''

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


def export(source: Source) -> str:
    """Return the program."""
    request = source.request
    is_utf8 = has_no_surrogates(request)
    names = ["APIStatusError", "OpenAI"] + ["Stream"] * (source.stream and not is_utf8)
    imports = ["import os", "import sys", "", f"from openai import {', '.join(names)}"]
    if not is_utf8:
        types = ["ChatCompletion"] + ["ChatCompletionChunk"] * source.stream
        imports = ["import json", *imports, f"from openai.types.chat import {', '.join(types)}"]
    head = _HEAD.format(
        imports="\n".join(imports),
        no_key=NO_KEY,
        base_url=PYTHON.quoted(source.base_url),
        timeout=repr(source.timeout),
    )
    headers = {"x-grok-conv-id": source.conversation_id} if source.conversation_id else {}
    call = _create(request, headers) if is_utf8 else _post(request, headers, stream=source.stream)
    return f"{head}\ntry:\n{call}\n{_REFUSED}{_STREAMED if source.stream else _WHOLE}"


def _create(request: dict[str, object], headers: dict[str, str]) -> str:
    items: list[Item] = [f"{key}={PYTHON.literal(value, 8)}" for key, value in request.items() if key in _ARGUMENTS]
    extra = {key: value for key, value in request.items() if key not in _ARGUMENTS}
    if extra:
        items.append(f"extra_body={PYTHON.literal(extra, 8)}")
    if headers:
        items.append(f"extra_headers={PYTHON.literal(headers, 8)}")
    return PYTHON.bracketed("    reply = client.chat.completions.create(", items, ")", 4)


def _post(request: dict[str, object], headers: dict[str, str], *, stream: bool) -> str:
    reason = Comment("The text has lone surrogates, which are not valid UTF-8: the client's encoder refuses them.")
    items: list[Item] = [
        '"/chat/completions"',
        "content=json.dumps(request).encode()",
        f"options={PYTHON.literal({'headers': {'Content-Type': 'application/json', **headers}}, 8)}",
        "cast_to=ChatCompletion",
        *(["stream=True", "stream_cls=Stream[ChatCompletionChunk]"] if stream else []),
    ]
    assignment = f"    request = {PYTHON.literal(request, 4)}"
    return f"{PYTHON.comment(reason, 4)}\n{assignment}\n{PYTHON.bracketed('    reply = client.post(', items, ')', 4)}"
