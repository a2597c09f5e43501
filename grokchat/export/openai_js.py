"""The request as a JavaScript program for the OpenAI client, which sends messages unchanged.

An ES module for Node. The client passes on fields that it does not know. Node's own `fetch` gives up after 300 seconds
without a byte, which is not configurable and less than a model may think: with a longer timeout the program uses the
`fetch` of the undici package, if that is installed. A reply of /responses ends with an event that the client yields and
does not throw, even if it is a failure: the program reads it.
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
from grokchat.export.request_parts import is_deferred, is_streamed
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
  timeout: {timeout}, // milliseconds{retries}{dispatcher}
}});
"""

_NO_RETRIES = """
  maxRetries: 0, // a repeated request would be billed again"""

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

_DEFERRED = """\
if (!job.request_id) {
  console.error("No request_id in the response:", JSON.stringify(job));
  process.exit(1);
}
console.error(`Waiting for the reply to ${job.request_id}.`);
const path = `/chat/deferred-completion/${encodeURIComponent(job.request_id)}`;
let answer;
for (let seconds = 2; !answer || answer.status === 202; seconds = Math.min(1.5 * seconds, 30)) {
  await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  answer = await client.get(path, { maxRetries: 5 }).asResponse(); // 202: not yet
}
const reply = await answer.json();
"""

_EVENTS = """\

let last;
for await (const event of reply) {
  if (event.type === "response.output_text.delta") {
    process.stdout.write(event.delta);
  } else if (["response.completed", "response.incomplete", "response.failed", "error"].includes(event.type)) {
    last = event;
    break;
  }
}
process.stdout.write("\\n");
const response = last?.response;
if (!response) {
  console.error(last ? `The API reports an error: ${last.message}` : "The reply broke off.");
  process.exitCode = 1;
}
"""

_RESPONSE = """\

const response = reply;
process.stdout.write(`${response.output_text}\\n`);
"""

_SOURCES = """\

const numbers = new Map();
for (const part of response?.output?.flatMap((item) => item.content ?? []) ?? []) {
  for (const { type, url, title } of part.annotations ?? []) {
    if (type === "url_citation" && !numbers.has(url)) numbers.set(url, title ?? "");
  }
}
for (const [url, number] of numbers) {
  console.error(/^\\d+$/.test(number) ? `[${number}] ${url}` : url); // the number that the text cites it by
}
if (response?.status === "incomplete") {
  console.error(`The reply is incomplete: ${response.incomplete_details?.reason}`);
} else if (response && response.status !== "completed") {
  console.error("The reply failed:", JSON.stringify(response.error));
  process.exitCode = 1;
}
"""

_ENDINGS = {
    "/chat/completions": ("chat.completions", _WHOLE, _STREAMED),
    "/responses": ("responses", _RESPONSE + _SOURCES, _EVENTS + _SOURCES),
}
"""By the path of the endpoint, the client's methods, and the code that prints a reply, or a streamed one."""


def export(source: Source) -> str:
    """Return the program."""
    request = source.request
    methods, whole, streamed = _ENDINGS[source.path]
    waits = is_deferred(source)
    timeout = milliseconds(source.timeout)
    needs_undici = source.timeout > NODE_FETCH_TIMEOUT_S
    head = _HEAD.format(
        node="" if is_exact_in_javascript(request) else " Needs Node 22, for numbers larger than JavaScript's.",
        patience=UNDICI_SETUP.format(timeout=timeout) if needs_undici else "",
        no_key=NO_KEY,
        base_url=JAVASCRIPT.quoted(source.base_url),
        timeout=timeout,
        retries=_NO_RETRIES if waits or source.path == "/responses" else "",
        dispatcher=_DISPATCHER if needs_undici else "",
    )
    headers = {"headers": {"x-grok-conv-id": source.conversation_id}}
    arguments = ", ".join(map(JAVASCRIPT.literal, [request, headers] if source.conversation_id else [request]))
    call = f"const {'job' if waits else 'reply'} = await client.{methods}.create({arguments});"
    printing = _DEFERRED + whole if waits else streamed if is_streamed(source) else whole
    return f"{head}\n{call}\n{printing}"
