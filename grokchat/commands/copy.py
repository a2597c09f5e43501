"""Commands that take a message, or a block of its code, out of the chat: to the clipboard, to a file."""

from __future__ import annotations

from grokchat.commands.declare import Command, command
from grokchat.commands.outcomes import CopyText, Outcome, WriteFile
from grokchat.commands.params import code_block, message_number, resolve_range, text
from grokchat.errors import CommandError
from grokchat.messages import Message
from grokchat.session.session import Session
from grokchat.system.files import expand_path


@command(
    "a message (the last reply), or the K-th block of code of the last reply (its last one), to the clipboard",
    code_block("block", "[code [K]]"),
    message_number("which", "[N]", required=False),
    is_immediate=True,
)
def copy(session: Session, block: int | None, which: int | None) -> Outcome:
    """Copy it."""
    content, what = _taken(session, block, which)
    return CopyText(content, what)


@command(
    "the last reply, or the K-th block of its code, to a file; asks before it overwrites one",
    code_block("block", "[code [K]]"),
    text("path", "PATH", required=True, complete="paths"),
)
def write(session: Session, block: int | None, path: str) -> Outcome:
    """Write it."""
    content, what = _taken(session, block, None)
    return WriteFile(expand_path(path.strip()), content, what)


def _taken(session: Session, block: int | None, which: int | None) -> tuple[str, str]:
    conversation = session.conversation
    if which is not None:
        if block is not None:
            raise CommandError("Either a message or a block of code. The form is /copy [N] or /copy code [K].")
        resolve_range(((which, which),), len(conversation))
        return conversation.messages[which - 1].words, f"message {which}"
    at, reply = _last_reply(session)
    if block is None:
        return reply.words, f"message {at}{_so_far(reply)}"
    from grokchat.markdown.code_blocks import code_blocks

    blocks = code_blocks(reply.text)
    if not blocks:
        raise CommandError(f"There is no code in message {at}, the last reply.")
    if block > len(blocks):
        there = "1 block" if len(blocks) == 1 else f"{len(blocks)} blocks"
        raise CommandError(f"Message {at}, the last reply, has {there} of code, and no {block}.")
    taken = blocks[block - 1]
    language = f" ({taken.language})" if taken.language else ""
    so_far = _so_far(reply) if block in {0, len(blocks)} else ""
    return taken.text, f"code {block or len(blocks)} of message {at}{language}{so_far}"


def _so_far(reply: Message) -> str:
    """Say of a reply that streams, or was stopped, that there may be more of it."""
    return " as far as it came" if reply.interrupted else ""


def _last_reply(session: Session) -> tuple[int, Message]:
    messages = session.conversation.messages
    for at in range(len(messages), 0, -1):
        if messages[at - 1].role == "assistant":
            return at, messages[at - 1]
    raise CommandError("There is no reply yet.")


COMMANDS: tuple[Command, ...] = (copy, write)
