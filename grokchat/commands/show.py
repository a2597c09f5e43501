"""Commands that show messages in full, and the body of the next request: /show and /request."""

from __future__ import annotations

from typing import Any

from grokchat.commands.declare import Command, command
from grokchat.commands.outcomes import Notice, Outcome, RequestBody, RequestDiff, ShowMessages
from grokchat.commands.params import message_range_param, resolve_range, text_param
from grokchat.commands.positions import find_last_reply
from grokchat.errors import CommandError
from grokchat.session.session import Session
from grokchat.system.files import write_new_file


@command(
    "show messages in full; without RANGE the last reply",
    message_range_param("numbers", "[RANGE]"),
    is_immediate=True,
    examples=(
        ("/show", "the last reply"),
        ("/show 2..3", "messages 2 and 3"),
    ),
)
def show(session: Session, numbers: Any) -> Outcome:
    """Show messages in the form in which they were first printed."""
    if numbers is None:
        return ShowMessages((find_last_reply(session)[0],))
    return ShowMessages(resolve_range(numbers, len(session.conversation)))


@command(
    "show the exact body of the next request, compare it with the last one (diff), or write it to a file",
    text_param("target", "[diff or PATH]", complete="request"),
    is_immediate=True,
    examples=(
        ("/request", "show the JSON"),
        ("/request diff", "what changed since the last request"),
        ("/request body.json", "write it to a file"),
    ),
)
def request(session: Session, target: str | None) -> Outcome:
    """Show the next request's body, or write it to a new file, byte for byte."""
    from grokchat.session.export_source import check_exportable

    check_exportable(session, "request")
    body = session.requests.body()
    if target is None:
        return RequestBody(body)
    if target.strip() != "diff":
        return Notice(f"wrote the next request to {write_new_file(target, body)} ({len(body):,} bytes)")
    earlier = session.requests.previous_body()
    if earlier is None:
        raise CommandError("No request has been sent yet, so there is nothing to compare with.")
    return RequestDiff(earlier, body)


COMMANDS: tuple[Command, ...] = (show, request)
