"""Commands that copy a message or a code block: /copy to the clipboard, /write to a file."""

from __future__ import annotations

from grokchat.commands.declare import Command, command
from grokchat.commands.outcomes import CopyText, Outcome, WriteFile
from grokchat.commands.params import code_block_param, message_number_param, resolve_range, text_param
from grokchat.commands.positions import find_last_reply
from grokchat.errors import CommandError
from grokchat.messages import Message
from grokchat.session.session import Session
from grokchat.system.files import expand_path
from grokchat.units import plural


@command(
    "a message (the last reply), or the K-th block of code of the last reply (its last one), to the clipboard",
    code_block_param("block", "[code [K]]"),
    message_number_param("number", "[N]", required=False),
    is_immediate=True,
)
def copy(session: Session, block: int | None, number: int | None) -> Outcome:
    """Copy a message, the last reply or one of its code blocks."""
    if number is None:
        content, what = _reply_or_block(session, block)
    elif block is not None:
        raise CommandError("Either a message or a block of code. The form is /copy [N] or /copy code [K].")
    else:
        messages = session.conversation.messages
        resolve_range(((number, number),), len(messages))
        content, what = messages[number - 1].written_text, f"message {number}"
    return CopyText(content, what)


@command(
    "the last reply, or the K-th block of its code, to a file; asks before it overwrites one",
    code_block_param("block", "[code [K]]"),
    text_param("path", "PATH", required=True, complete="paths"),
)
def write(session: Session, block: int | None, path: str) -> Outcome:
    """Write the last reply or one of its code blocks to a file."""
    content, what = _reply_or_block(session, block)
    return WriteFile(expand_path(path.strip()), content, what)


def _reply_or_block(session: Session, block: int | None) -> tuple[str, str]:
    """Return the text of the last reply, or of a code block (0 is the last), and its description."""
    number, reply = find_last_reply(session)
    if block is None:
        return reply.written_text, f"message {number}{_partial_mark(reply)}"
    from grokchat.markdown.code_blocks import code_blocks

    blocks = code_blocks(reply.text)
    if not blocks:
        raise CommandError(f"There is no code in message {number}, the last reply.")
    if block > len(blocks):
        count = plural(len(blocks), "block")
        raise CommandError(f"Message {number}, the last reply, has {count} of code, and no {block}.")
    code = blocks[block - 1]
    language = f" ({code.language})" if code.language else ""
    mark = _partial_mark(reply) if block in {0, len(blocks)} else ""
    return code.text, f"code {block or len(blocks)} of message {number}{language}{mark}"


def _partial_mark(reply: Message) -> str:
    """Return a mark for a reply that is still streaming or was interrupted."""
    return " as far as it came" if reply.is_interrupted else ""


COMMANDS: tuple[Command, ...] = (copy, write)
