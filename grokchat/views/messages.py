"""Messages as lines: as typed at the prompt, and with a head line. Text from outside is made visible here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokchat.render.sanitize import visible, visible_line
from grokchat.render.style import TerminalStyle

if TYPE_CHECKING:
    from grokchat.messages import Message


def sent_lines(text: str, style: TerminalStyle) -> list[str]:
    """Return the user's message, as it stood at the prompt."""
    first, *others = visible(text).rstrip("\n").split("\n")
    return [style.styled("> ", "prompt") + first, *(f"  {line}" for line in others)]


def message_lines(
    number: int,
    message: Message,
    *,
    is_muted: bool,
    columns: int,
    style: TerminalStyle,
    is_markdown: bool,
    is_streaming: bool = False,
) -> list[str]:
    """Return a message whole: a head line, its text and its tool calls.

    A reply is rendered as when it arrived, if `is_markdown`.
    """
    facts = [
        str(number),
        message.role,
        *message.facts,
        *(["muted"] if is_muted else []),
        *(["still coming" if is_streaming else "interrupted"] if message.is_interrupted else []),
    ]
    head = style.styled(visible_line(" · ".join(facts)), "muted")
    if message.role == "assistant":
        from grokchat.render.stream import render_reply

        text, calls = message.shown_text, _tool_call_lines(message, style)
        reply = render_reply(text, columns, style, markdown=is_markdown, numbered=True) if text or not calls else []
        return [head, *reply, *calls, ""]
    return [head, *visible(message.shown_text).split("\n"), *_tool_call_lines(message, style), ""]


def _tool_call_lines(message: Message, style: TerminalStyle) -> list[str]:
    """Return the calls of tools in a message, each as a title with the arguments below it."""
    lines = []
    for call in message.tool_calls:
        lines.append(style.styled(f"{visible_line(call.title)}:", "muted"))
        lines += [f"  {line}" for line in visible(call.arguments).split("\n") if call.arguments]
    return lines
