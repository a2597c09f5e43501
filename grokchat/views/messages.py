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
    """Return a message whole: a head line, then its text; a reply is rendered as when it arrived, if `is_markdown`."""
    facts = [
        str(number),
        message.role,
        *(["muted"] if is_muted else []),
        *(["still coming" if is_streaming else "interrupted"] if message.is_interrupted else []),
    ]
    head = style.styled(visible_line(" · ".join(facts)), "dim")
    if message.role == "assistant":
        from grokchat.render.stream import render_reply

        return [head, *render_reply(message.text, columns, style, markdown=is_markdown, numbered=True), ""]
    return [head, *visible(message.text).split("\n"), ""]
