"""Commands that copy a message or a code block: /copy to the clipboard, /write to a file, /quote into the line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from grokchat.commands.declare import Command, command
from grokchat.commands.outcomes import CopyText, FillLine, Outcome, WriteFile
from grokchat.commands.params import code_block_param, count_param, message_number_param, resolve_range, text_param
from grokchat.commands.positions import find_last_reply
from grokchat.errors import CommandError
from grokchat.message_parts import read_refusal
from grokchat.messages import Message
from grokchat.render.controls import without_controls
from grokchat.session.session import Session
from grokchat.system.files import expand_path
from grokchat.units import plural

if TYPE_CHECKING:
    from grokchat.markdown.code_blocks import CodeBlock


@command(
    "copy the last reply, message N, or code block K of the last reply to the clipboard",
    code_block_param("block", "[code [K]]"),
    message_number_param("number", "[N]", required=False),
    is_immediate=True,
    examples=(
        ("/copy", "the last reply"),
        ("/copy 2", "message 2"),
        ("/copy code 1", "the first code block of the last reply"),
    ),
)
def copy(session: Session, block: int | None, number: int | None) -> Outcome:
    """Copy a message, the last reply or one of its code blocks."""
    if number is None:
        content, what = _reply_or_block(session, block)
    elif block is not None:
        raise CommandError("Usage: /copy [N] or /copy code [K]")
    else:
        messages = session.conversation.messages
        resolve_range(((number, number),), len(messages))
        content, what = messages[number - 1].written_text, f"#{number}"
    return CopyText(content, what)


@command(
    "write the last reply, or its code block K, to a file; asks before it overwrites one",
    code_block_param("block", "[code [K]]"),
    text_param("path", "PATH", required=True, complete="paths"),
    examples=(
        ("/write answer.md", "the last reply"),
        ("/write code main.py", "its last code block"),
        ("/write code 1 first.py", "its first code block"),
    ),
)
def write(session: Session, block: int | None, path: str) -> Outcome:
    """Write the last reply or one of its code blocks to a file."""
    content, what = _reply_or_block(session, block)
    return WriteFile(expand_path(path.strip()), content, what)


@command(
    "quote message N, or its code block K, in the line, to write below it",
    message_number_param("number", "N"),
    count_param("block", "[K]"),
    is_immediate=True,
    examples=(
        ("/quote 3", "message 3"),
        ("/quote 3 1", "its first code block"),
    ),
)
def quote(session: Session, number: int, block: int | None) -> Outcome:
    """Quote a message or one of its code blocks."""
    messages = session.conversation.messages
    resolve_range(((number, number),), len(messages))
    message = messages[number - 1]
    if block is None:
        text = message.written_text or read_refusal(message.body)
    else:
        code = _code_blocks(message, block, number)[block - 1]
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", code.text)), default=0))
        text = f"{fence}{code.language}\n{code.text.rstrip()}\n{fence}"
    if not (quotation := _quotation(text)):
        raise CommandError(f"#{number} has no text to quote.")
    return FillLine(f"{quotation}\n")


def _quotation(text: str) -> str:
    """Return a text with a mark before each line, without the blank lines around it; control characters are left out.

    What is put into the line is sent: it is to be what a user can type.
    """
    text = without_controls(text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = re.sub(r"\A(?:[^\S\n]*+\n)+", "", text).rstrip().split("\n")
    return "".join(f"> {line}".rstrip() + "\n" for line in lines) if any(lines) else ""


def _code_blocks(message: Message, block: int, number: int) -> list[CodeBlock]:
    """Return the code blocks of message `number`, which must have block number `block`, from 1 on, or any (0).

    Raises CommandError if it does not.
    """
    from grokchat.markdown.code_blocks import code_blocks

    blocks = code_blocks(message.text)
    if not blocks:
        raise CommandError(f"#{number} has no code block.")
    if block > len(blocks):
        raise CommandError(f"#{number} has only {plural(len(blocks), 'code block')}.")
    return blocks


def _reply_or_block(session: Session, block: int | None) -> tuple[str, str]:
    """Return the text of the last reply, or of a code block (0 is the last), and its description."""
    number, reply = find_last_reply(session)
    if block is None:
        return reply.written_text, f"#{number}{_partial_mark(reply)}"
    blocks = _code_blocks(reply, block, number)
    code = blocks[block - 1]
    language = f" ({code.language})" if code.language else ""
    mark = _partial_mark(reply) if block in {0, len(blocks)} else ""
    return code.text, f"code block {block or len(blocks)} of #{number}{language}{mark}"


def _partial_mark(reply: Message) -> str:
    """Return a mark for a reply that is still streaming or was interrupted."""
    return " (partial)" if reply.is_interrupted else ""


COMMANDS: tuple[Command, ...] = (copy, write, quote)
