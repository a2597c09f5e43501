"""The request as a JavaScript program for the OpenAI client, which sends messages unchanged.

An ES module for Node. The client passes on fields that it does not know. Node's own `fetch` gives up after 300 seconds
without a byte, which is not configurable and less than a model may think: with a longer timeout the program uses the
`fetch` of the undici package, if that is installed.
"""

from __future__ import annotations

from grokchat.export.literals import (
    JAVASCRIPT,
    NO_KEY,
    NODE_FETCH_TIMEOUT_S,
    UNDICI_SETUP,
    is_exact_in_javascript,
    milliseconds,
)
from grokchat.export.source import Source

_HEAD = """\
// One request to the API, made with OpenAI's client; it prints the reply.
//
//     npm install openai undici
//     XAI_API_KEY=... node PROGRAM.mjs
//
// Set XAI_BASE_URL to use another address.{node}

import OpenAI from "openai";

if (!process.env.XAI_API_KEY) {{
  console.error("{no_key}");
  process.exit(2);
}}

{patience}const client = new OpenAI({{
  apiKey: process.env.XAI_API_KEY,
  baseURL: process.env.XAI_BASE_URL || {base_url},
  timeout: {timeout}, // milliseconds{dispatcher}
}});
"""

_DISPATCHER = """
  fetch: undici?.fetch,
  fetchOptions: patience && { dispatcher: patience },"""

_STREAMED = """\

let finished = false;
for await (const chunk of reply) {
  for (const choice of chunk.choices ?? []) {
    process.stdout.write(choice.delta.content ?? "");
    finished ||= Boolean(choice.finish_reason);
  }
}
process.stdout.write("\\n");
if (!finished) {
  console.error("The reply broke off.");
  process.exitCode = 1;
}
"""

_WHOLE = """\

if (!reply.choices?.length) {
  console.error("No reply in the response:", JSON.stringify(reply));
  process.exitCode = 1;
}
for (const choice of reply.choices ?? []) {
  process.stdout.write(`${choice.message.content ?? ""}\\n`);
}
"""


def export(source: Source) -> str:
    """Return the program."""
    request = source.request
    timeout = milliseconds(source.timeout)
    needs_undici = source.timeout > NODE_FETCH_TIMEOUT_S
    head = _HEAD.format(
        node="" if is_exact_in_javascript(request) else " Needs Node 22, for numbers larger than JavaScript's.",
        patience=UNDICI_SETUP.format(timeout=timeout) if needs_undici else "",
        no_key=NO_KEY,
        base_url=JAVASCRIPT.quoted(source.base_url),
        timeout=timeout,
        dispatcher=_DISPATCHER if needs_undici else "",
    )
    headers = {"headers": {"x-grok-conv-id": source.conversation_id}}
    arguments = [request, headers] if source.conversation_id else [request]
    call = f"const reply = await client.chat.completions.create({', '.join(map(JAVASCRIPT.literal, arguments))});"
    return f"{head}\n{call}\n{_STREAMED if source.stream else _WHOLE}"
