"""The demo's replies: the user's words, the messages received, and a part of a tour that shows what can be done.

Each turn has another part, and each part a list, code and how to get a key. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from grokchat.api.demo.wire import DEFAULT_MODEL
from grokchat.message_summaries import is_instruction
from grokchat.messages import content_text
from grokchat.units import plural

_LIST = """\
## The list is yours

The API remembers nothing: the whole list of messages goes out each time, and you can change any of it.

- **Add** a message anywhere: `/system @1 Answer in one sentence.`
- **Change** one: `/edit` takes your last message back into the line.
- **Leave out** what is in the way:
    - `/mute 1` keeps message 1 and does not send it,
    - `/undo` undoes any change.

```python
def ask(question: str) -> None:
    messages.append({"role": "user", "content": question})
    reply = post("/chat/completions", messages=messages)  # all of them
    messages.append(reply)
```

> Try `/mute 1` and ask again: the table above then begins with another message.
"""

_REQUEST = """\
## See what goes out

| command | shows |
|:--------|:------|
| `/request` | the exact JSON of the next request |
| `/request diff` | what changed since the last one |
| `/usage` | tokens, how many of them came from the cache, and cost |

- [x] **Nothing hidden:** no prompt of ours is added to the list.
- [x] **Nothing lost:** Ctrl-C stops a reply and keeps what has come; `/continue` gets the rest.
- [ ] **Your turn:** `/set temperature 0.2`, then `/request diff`.

```json
{
  "model": "grok-4.7",
  "temperature": 0.2,
  "messages": [{"role": "user", "content": "Hello!"}]
}
```

The same in Python, with any client for the API:

```python
reply = client.chat.completions.create(
    model="grok-4.7", temperature=0.2, messages=messages
)
```
"""

_TEXT = """\
## Made to be read

Replies are *Markdown*, shown **as they come**: headings, lists, tables, [links](https://docs.x.ai), code, mathematics.
A circle of radius $r$ has the area $\\pi r^2$, and

$$\\sum_{k=1}^{n} k = \\frac{n^2 + n}{2}$$

- What is finished stands in the scrollback, like the output of any program:
    1. select it with the mouse,
    2. search it with the terminal's own keys.
- The prompt stays alive: type the next message while this one streams.

```python
print(sum(range(1, 101)))  # 5050
```

```rust
fn main() {
    println!("{}", (1..=100).sum::<u32>());
}
```

> Try `/copy code 1`: the first block is in the clipboard.
"""

_EXPORT = """\
## Take it with you

- **Files in:** `@notes.md` in a message attaches that file, `/run git diff` what a command prints.
- **Answers out:** `/write code 1 first.py` writes a code block, `/export html chat.html` a page.
- **Programs:** `/export curl` is this very request, ready to paste into a script:

```sh
curl https://api.x.ai/v1/chat/completions \\
  -H "Authorization: Bearer $XAI_API_KEY" -d @body.json
```

`/export openai-python` is the same for Python, and grokchat itself works in a pipe:

```python
ask = ["grokchat", "-p", "Review this"]
review = subprocess.run(ask, input=diff, capture_output=True).stdout
```

| later | how |
|:------|:----|
| continue this session | `grokchat -c` |
| find another one | `/resume`, or `/sessions` and a few words of it |
| try something else in a copy | `/fork` |
"""

_PARTS = (_LIST, _REQUEST, _TEXT, _EXPORT)

_SUMMED_WORDS, _MAX_SUMMED_CHARS = 8, 200
"""How much of each message a summary has."""

_OTHER_MODEL = "> Asked as `{}`: the demo stands in for every model, and shows each another part of the tour.\n\n"
_KEY = "For real replies, create a key at <https://console.x.ai>; then `/login`, or set `XAI_API_KEY`.\n"


def reply_text(messages: Sequence[Mapping[str, Any]], model: str = DEFAULT_MODEL) -> str:
    """Return the demo's reply to a message list."""
    beginning, tour = reply_parts(messages, model)
    return beginning + tour


def reply_parts(messages: Sequence[Mapping[str, Any]], model: str = DEFAULT_MODEL) -> tuple[str, str]:
    """Return the beginning of a reply, the user's first line and a table of the messages received, and the tour.

    Models that are asked the same have different parts of the tour, so that there is something to compare.

    Asked for a summary by the last message, it lists what it has to sum up.
    """
    if messages and is_instruction(content_text(messages[-1].get("content"))):
        return _summary_text(messages[:-1]), ""
    first_line = last_question(messages)
    rows = "".join(f"| {number} | {_cell(message.get('role'))} |\n" for number, message in enumerate(messages, 1))
    is_default = model == DEFAULT_MODEL
    offset = 0 if is_default else 1 + sum(model.encode("utf-8", "replace")) % (len(_PARTS) - 1)
    part = _PARTS[(_count_turns([message.get("role") for message in messages]) - 1 + offset) % len(_PARTS)]
    name = "" if is_default else _OTHER_MODEL.format(_cell(model).replace("`", "'"))
    return f"You said: {first_line}\n\n| # | role |\n|--:|------|\n{rows}\n", f"{part}\n{name}{_KEY}"


def last_question(messages: Sequence[Mapping[str, Any]]) -> str:
    """Return the first line of the last user message."""
    questions = [message for message in messages if message.get("role") == "user"]
    last: Mapping[str, Any] = questions[-1] if questions else {}
    return content_text(last.get("content")).split("\n", 1)[0].removesuffix("\r")


def _summary_text(messages: Sequence[Mapping[str, Any]]) -> str:
    """Return a made-up summary of messages: how many there are, and of each the role and the first words."""
    rows = [f"- {_cell(message.get('role'))}: {_first_words(message)}\n" for message in messages]
    return f"A made-up summary of {plural(len(messages), 'message')}:\n\n{''.join(rows)}"


def _first_words(message: Mapping[str, Any]) -> str:
    words = content_text(message.get("content"))[:_MAX_SUMMED_CHARS].split()
    return " ".join(words[:_SUMMED_WORDS]) + " …" * (len(words) > _SUMMED_WORDS)


def _count_turns(roles: Sequence[object]) -> int:
    """Return the number of the last turn: a muted question is missing, but its reply counts."""
    last = max((at for at, role in enumerate(roles) if role == "user"), default=0)
    return max(roles.count("user"), 1 + roles[:last].count("assistant"))


def _cell(value: object) -> str:
    """Return a value on one line, as in a cell of a Markdown table."""
    return " ".join(str(value).split()).replace("|", "\\|")
