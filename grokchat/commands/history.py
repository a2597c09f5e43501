"""Commands on the buffer: what is in it, and what is asked of it."""

from __future__ import annotations

from typing import Any

from grokchat import messages
from grokchat.commands.declare import Command, command
from grokchat.commands.outcomes import Messages, Notice, Outcome, Send, Table
from grokchat.commands.params import Param, chosen, numbers, option, position, text
from grokchat.errors import CommandError, ConfigError
from grokchat.messages import INTERRUPTED
from grokchat.session import Session
from grokchat.settings import checked, parameter


@command(
    "insert a system message; it counts from the next request on",
    position(),
    text("content", "TEXT", required=True),
)
def system(session: Session, at: int | None, content: str) -> Outcome:
    """Insert, and say how the numbers are now."""
    return insert(session, "system", at, content)


def insert(session: Session, role: str, at: int | None, content: str) -> Notice:
    """Insert a message of any role so that it becomes number `at`, or at the end."""
    conversation = session.conversation
    count = len(conversation)
    number = count + 1 if at is None else at
    if not 1 <= number <= count + 1:
        raise CommandError(f"@{number} is not a place in the buffer: there are places 1..{count + 1}.")
    before = conversation.messages[number - 1].id if number <= count else None
    session.add(messages.body(role, content), before=before)
    moved = f"; what was {number}..{count} is now {number + 1}..{count + 1}" if number <= count else ""
    return Notice(f"{role} message is number {number}{moved}; {_cached(number, count)}")


def _cached(number: int, count: int) -> str:
    """Say how much of the prefix that the server may have cached stays as it was."""
    if number > count:
        return "the cached prefix stays whole"
    if number == 1:
        return "nothing of the cached prefix stays"
    return f"of the cached prefix {'message 1 stays' if number == 2 else f'messages 1..{number - 1} stay'}"


@command("list the buffer, one line a message", numbers("which", "[RANGE]"), only_shows=True)
def history(session: Session, which: Any) -> Outcome:
    """List numbers, roles, marks and first words."""
    conversation = session.conversation
    count = len(conversation)
    rows = []
    for number in chosen(which, count) if which else range(1, count + 1):
        message = conversation.messages[number - 1]
        marks = ["muted"] if message.id in conversation.muted else []
        marks += ["interrupted"] if message.interrupted else []
        rows.append((str(number), message.role, ", ".join(marks), " ".join(message.text[:400].split())))
    return Table(("#", "role", "", "text"), tuple(rows), empty="The buffer is empty.")


@command("show messages whole", numbers("which", "RANGE", required=True), only_shows=True)
def show(session: Session, which: Any) -> Outcome:
    """Show messages as they were shown when they came."""
    return Messages(chosen(which, len(session.conversation)))


def _pairs() -> Param:
    def take(rest: str) -> tuple[Any, str]:
        return rest.split() or None, ""

    return Param("pairs", "[KEY=VALUE ...]", take, complete="settings")


@command(
    "drop what follows the last user message and ask again, with these settings for this one call",
    option("model", "-m", "[-m ID]", complete="models"),
    _pairs(),
)
def retry(session: Session, model: str | None, pairs: list[str] | None) -> Outcome:
    """Say what goes and what the one call is asked with; the loop removes and sends."""
    sent = session.conversation.messages
    last = max((number for number, one in enumerate(sent) if one.role == "user"), default=None)
    if last is None:
        raise CommandError("There is no user message to ask again.")
    if session.read_only:
        raise CommandError(f"Nothing was asked. {session.read_only}")
    try:
        params = dict(parameter(pair, "/retry") for pair in pairs or ())
        values = {"model": checked("model", model, "/retry -m")} if model else {}
    except ConfigError as error:
        raise CommandError(str(error)) from error
    return Send(values, params, remove=tuple(one.id for one in sent[last + 1 :]))


@command("go on with a reply that was interrupted or cut at its length limit; what comes joins it", name="continue")
def continue_(session: Session) -> Outcome:
    """Ask for more: the request ends with that reply."""
    sent = session.conversation.sent()
    last = sent[-1] if sent else None
    if last is None or last.reply is None or last.reply.finish_reason not in {INTERRUPTED, "length"}:
        raise CommandError("The buffer does not end with a reply that was interrupted or cut. /retry asks again.")
    if session.read_only:
        raise CommandError(f"Nothing was asked. {session.read_only}")
    return Send(joins=last)


COMMANDS: tuple[Command, ...] = (system, history, show, retry, continue_)
