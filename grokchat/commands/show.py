"""Commands that show the buffer, and the request that it makes."""

from __future__ import annotations

from typing import Any

from grokchat.commands.declare import Command, command
from grokchat.commands.outcomes import Notice, Outcome, RequestBody, RequestDiff, ShowMessages, Table
from grokchat.commands.params import message_range, resolve_range, text
from grokchat.errors import CommandError
from grokchat.session.session import Session
from grokchat.system.files import write_new_file


@command("list the buffer, one line a message", message_range("which", "[RANGE]"), is_immediate=True)
def history(session: Session, which: Any) -> Outcome:
    """List numbers, roles, marks and first words."""
    conversation = session.conversation
    count = len(conversation)
    rows = []
    for number in resolve_range(which, count) if which else range(1, count + 1):
        message = conversation.messages[number - 1]
        marks = ["muted"] if message.id in conversation.muted else []
        if message.interrupted:
            marks.append("still coming" if message.id == session.coming else "interrupted")
        rows.append((str(number), message.role, ", ".join(marks), " ".join(message.text[:400].split())))
    return Table(("#", "role", "", "text"), tuple(rows), empty="The buffer is empty.")


@command("show messages whole", message_range("which", "RANGE", required=True), is_immediate=True)
def show(session: Session, which: Any) -> Outcome:
    """Show messages as they were shown when they came."""
    return ShowMessages(resolve_range(which, len(session.conversation)))


@command(
    "show the exact body of the next request, what differs from the last one (diff), or write it to a file",
    text("target", "[diff or PATH]", complete="request"),
    is_immediate=True,
)
def request(session: Session, target: str | None) -> Outcome:
    """Show what the next request carries, or write it, to the byte."""
    body = session.request_body()
    if target is None:
        return RequestBody(body)
    if target.strip() != "diff":
        return Notice(f"the next request is in {write_new_file(target, body)}: {len(body):,} bytes, as they go out")
    earlier = session.earlier_body()
    if earlier is None:
        raise CommandError("Nothing was sent yet, so there is nothing to compare with.")
    return RequestDiff(earlier, body)


COMMANDS: tuple[Command, ...] = (history, show, request)
