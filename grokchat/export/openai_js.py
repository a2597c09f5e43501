"""The request as a JavaScript program for the OpenAI client, which sends a message as it is written.

An ES module for Node. The client passes fields on that it does not know. What Node's own `fetch` adds, and tells
nobody, is a limit of 300 seconds without a byte, which is less than a model may think: where the timeout is longer,
the program takes the `fetch` of the undici package, if that is installed.
"""

from __future__ import annotations

import json

from grokchat.export.literals import JAVASCRIPT, Item
from grokchat.export.source import Source

_HEAD = """\
// One request to the API, made with OpenAI's client; it prints the reply.
//
//     npm install openai undici
//     XAI_API_KEY=... node PROGRAM.mjs
//
// XAI_BASE_URL, if it is set, says where else to ask.{node}

import OpenAI from "openai";

if (!process.env.XAI_API_KEY) {{
  console.error("XAI_API_KEY is not set: it must hold your key, which https://console.x.ai makes.");
  process.exit(2);
}}

{patience}const client = new OpenAI({{
  apiKey: process.env.XAI_API_KEY,
  baseURL: process.env.XAI_BASE_URL || {base_url},
  timeout: {timeout}, // milliseconds{dispatcher}
}});
"""

PATIENCE = """\
// Node's own fetch gives up after 300 seconds without a byte. undici's waits as long as it is told.
const undici = await import("undici").catch(() => undefined);
const patience = undici && new undici.Agent({{ headersTimeout: {timeout}, bodyTimeout: {timeout} }});

"""
LIMIT = 300.0
"""Seconds without a byte, after which Node's own `fetch` gives up."""

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
  console.error("There is no reply in this:", JSON.stringify(reply));
  process.exitCode = 1;
}
for (const choice of reply.choices ?? []) {
  process.stdout.write(`${choice.message.content ?? ""}\\n`);
}
"""


def export(source: Source) -> str:
    """Return the program."""
    request = JAVASCRIPT.literal(json.loads(source.body))
    timeout = milliseconds(source.timeout)
    waits = source.timeout > LIMIT
    head = _HEAD.format(
        node=" Needs Node 22, for numbers larger than JavaScript's." if "JSON.rawJSON(" in request else "",
        patience=PATIENCE.format(timeout=timeout) if waits else "",
        base_url=JAVASCRIPT.quoted(source.base_url),
        timeout=timeout,
        dispatcher=_DISPATCHER if waits else "",
    )
    items: list[Item] = [request]
    if source.conversation:
        items.append(JAVASCRIPT.literal({"headers": {"x-grok-conv-id": source.conversation}}))
    call = f"const reply = await client.chat.completions.create({', '.join(map(str, items))});"
    return f"{head}\n{call}\n{_STREAMED if source.stream else _WHOLE}"


def milliseconds(seconds: float) -> str:
    """Return a time as JavaScript's timers take it, none of which is longer than 24 days."""
    return f"{min(round(seconds * 1000), 2**31 - 1):_}"
