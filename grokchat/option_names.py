"""What to answer to an unknown option: what other programs mean by that name, or the options spelled like it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from grokchat.command_line_options import OPTIONS
from grokchat.suggestions import close_matches

_PARAMETERS: Mapping[str, str] = {
    "--effort": "reasoning_effort",
    "--frequency-penalty": "frequency_penalty",
    "--logprobs": "logprobs",
    "--max-completion-tokens": "max_completion_tokens",
    "--max-output-tokens": "max_completion_tokens",
    "--max-tokens": "max_completion_tokens",
    "--n": "n",
    "--num-predict": "max_completion_tokens",
    "--presence-penalty": "presence_penalty",
    "--reasoning": "reasoning_effort",
    "--reasoning-effort": "reasoning_effort",
    "--response-format": "response_format",
    "--seed": "seed",
    "--stop": "stop",
    "--temp": "temperature",
    "--temperature": "temperature",
    "--think": "reasoning_effort",
    "--thinking": "reasoning_effort",
    "--tools": "tools",
    "--top-logprobs": "top_logprobs",
    "--top-p": "top_p",
}
"""Options of other programs that are request parameters here."""

_MEANINGS: Mapping[str, tuple[str, ...]] = {
    "--api-base": ("--base-url URL",),
    "--append-system-prompt": ("-s TEXT",),
    "--attach": ("-f PATH",),
    "--attachment": ("-f PATH",),
    "--attachments": ("-f PATH",),
    "--browse": ("--search",),
    "--cid": ("-r SESSION",),
    "--chats": ("--list-sessions",),
    "--conversation": ("-r SESSION", "-c"),
    "--conversation-id": ("-r SESSION",),
    "--conversations": ("--list-sessions",),
    "--endpoint": ("--base-url URL",),
    "--ephemeral": ("--no-save",),
    "--extra-body": ("-o KEY=VALUE",),
    "--files": ("-f PATH",),
    "--format": ("--json", "--export FORMAT"),
    "--fragment": ("-f PATH",),
    "--history": ("--list-sessions",),
    "--host": ("--base-url URL",),
    "--image": ("-f PATH",),
    "--input": ("-f PATH",),
    "--instructions": ("-s TEXT",),
    "--json-schema": ("--schema FILE",),
    "--last": ("-c",),
    "--list": ("--list-sessions", "--list-models"),
    "--list-chats": ("--list-sessions",),
    "--live-search": ("--search",),
    "--logs": ("--list-sessions",),
    "--manual": ("--man",),
    "--max-budget-usd": ("--max-cost USD",),
    "--mock": ("--demo",),
    "--models": ("--list-models",),
    "--no-history": ("--no-save",),
    "--no-log": ("--no-save",),
    "--offline": ("--demo",),
    "--once": ("-p",),
    "--online": ("--search",),
    "--oneshot": ("-p",),
    "--opt": ("-o KEY=VALUE",),
    "--out": ("--export FORMAT -O PATH",),
    "--param": ("-o KEY=VALUE",),
    "--parameter": ("-o KEY=VALUE",),
    "--persona": ("-s @NAME", "-s TEXT"),
    "--plain": ("--no-markdown", "-p"),
    "--preset": ("-P NAME",),
    "--raw": ("--no-markdown", "--json"),
    "--role": ("-s @NAME", "-s TEXT"),
    "--session": ("-r SESSION", "-c"),
    "--session-id": ("-r SESSION",),
    "--sessions": ("--list-sessions",),
    "--setup": ("--login",),
    "--single": ("-p",),
    "--sys": ("-s TEXT",),
    "--system-prompt": ("-s TEXT",),
    "--template": ("-s @NAME",),
    "--url": ("--base-url URL",),
    "--usage": ("--help",),
    "--web": ("--search",),
    "--web-search": ("--search",),
    "--x-search": ("--search",),
    "-?": ("--help",),
    "-V": ("--version",),
    "-a": ("-f PATH",),
    "-e": ("-p",),
    "-i": ("-f PATH",),
    "-j": ("--json",),
    "-l": ("--list-sessions", "--list-models"),
    "-q": ("-p",),
    "-t": ("-s @NAME", "-o temperature=VALUE"),
    "-v": ("--version",),
}
"""Options of other programs, and what they are here."""

_ANSWERS: Mapping[str, str] = {
    **dict.fromkeys(
        ("--api-key", "--apikey", "--key", "--token", "-k"),
        "A key on the command line is visible to other users. Use grokchat --login, or set XAI_API_KEY.",
    ),
    **dict.fromkeys(("--chat", "--interactive"), "Without -p and on a terminal, grokchat is a chat."),
    **dict.fromkeys(("--code", "--extract"), "In the chat, /copy code and /write code take the code of a reply."),
    **dict.fromkeys(("--color", "--colour", "--no-color", "--no-colour"), "Set NO_COLOR=1 to switch colours off."),
    **dict.fromkeys(("--debug", "--verbose"), "Set GROKCHAT_DEBUG=1 to see tracebacks."),
    **dict.fromkeys(("--cost",), "In the chat, /usage shows the cost; --json prints it with the response."),
    **dict.fromkeys(("--dry-run", "--show-request"), "In the chat, /request shows the next request."),
    **dict.fromkeys(("--fork", "--fork-session"), "In the chat, /fork continues in a copy of the session."),
    **dict.fromkeys(
        ("--prompt", "--message", "--query", "--question", "--ask", "--text"),
        "The prompt needs no option: grokchat 'your question'. A system message is -s TEXT.",
    ),
    **dict.fromkeys(
        ("--list-prompts", "--list-roles", "--list-templates", "--prompts", "--roles", "--templates"),
        "In the chat, /use lists the saved prompts.",
    ),
    **dict.fromkeys(("--proxy",), "Set HTTPS_PROXY to use a proxy."),
    **dict.fromkeys(("--save", "--save-session"), "Sessions are saved unless --no-save is given."),
    **dict.fromkeys(("--no-search",), "The model searches only with --search, or with the setting search."),
    **dict.fromkeys(("--stream",), "Replies are streamed unless --no-stream is given."),
    **dict.fromkeys(("--markdown",), "Markdown is rendered unless --no-markdown is given."),
    **dict.fromkeys(
        ("--theme", "--dark-theme", "--light-theme"), "The theme is a setting: theme in the config file, or /set theme."
    ),
    **dict.fromkeys(("--timeout",), "The timeout is a setting: timeout in the config file, or /set timeout."),
}
"""Options of other programs that do not exist here, and what to do instead."""

_MAX_SHOWN_CHARS = 40
_PLAIN_VALUE = re.compile(r"-?[0-9]+(?:\.[0-9]+)?|[a-z]{1,10}")


def describe_unknown_option(unknown: Sequence[str], argv: Sequence[str]) -> str:
    """Return the error for the first of the options in `argv` that are unknown. No value is quoted: it may be a key."""
    words = [word for word in unknown if word.startswith("-")] or list(unknown)
    option, equals, value = words[0].partition("=")
    if not equals:
        value = next((after for word, after in pairwise(argv) if word == words[0]), "")
    key = option if option in _MEANINGS or option in _PARAMETERS else option.lower().replace("_", "-")
    shown = option[:_MAX_SHOWN_CHARS]
    if answer := _ANSWERS.get(key):
        return f"unknown option {shown}. {answer}"
    if parameter := _PARAMETERS.get(key):
        meant: Sequence[str] = (f"-o {parameter}={value if _PLAIN_VALUE.fullmatch(value) else 'VALUE'}",)
    else:
        meant = _MEANINGS.get(key) or _similar_options(key)
    if not meant:
        return f"unknown option {shown}. See grokchat --help."
    return f"unknown option {shown}; did you mean {' or '.join(meant)}? See grokchat --help."


def _similar_options(option: str) -> Sequence[str]:
    """Return the options that begin like this one, or else those that are spelled like it."""
    usages = {name: f"{name} {each.value}".rstrip() for each in OPTIONS for name in each.names if name[:2] == "--"}
    found = [name for name in usages if len(option) > 3 and name.startswith(option)]
    if not found:
        known = (*usages, *_PARAMETERS, *_MEANINGS)
        matches = close_matches(option, [name for name in known if name[:2] == "--"], count=1, cutoff=0.75)
        found = [name for name in matches if name in usages]
        for name in matches:
            if name in _PARAMETERS:
                return (f"-o {_PARAMETERS[name]}=VALUE",)
            if name in _MEANINGS:
                return _MEANINGS[name]
    return [usages[name] for name in found[:3]]
