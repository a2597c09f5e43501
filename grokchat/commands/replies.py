"""Commands that ask for a reply: again, or for more of it."""

from __future__ import annotations

from typing import Any

from grokchat.commands.declare import Command, command
from grokchat.commands.outcomes import AskModel, Outcome
from grokchat.commands.params import Param, option
from grokchat.config.settings import parse_parameter, validate_setting
from grokchat.errors import CommandError, ConfigError
from grokchat.messages import INTERRUPTED, Message
from grokchat.session.session import Session


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
        params = dict(parse_parameter(pair, "/retry") for pair in pairs or ())
        values = {"model": validate_setting("model", model, "/retry -m")} if model else {}
    except ConfigError as error:
        raise CommandError(str(error)) from error
    return AskModel(values, params, remove=tuple(one.id for one in sent[last + 1 :]))


@command("go on with a reply that was interrupted or cut at its length limit; what comes joins it", name="continue")
def continue_(session: Session) -> Outcome:
    """Ask for more: the request ends with that reply."""
    sent = session.conversation.sent()
    last = sent[-1] if sent else None
    if last is None or not _may_go_on(last):
        raise CommandError("The buffer does not end with a reply that was interrupted or cut. /retry asks again.")
    if session.read_only:
        raise CommandError(f"Nothing was asked. {session.read_only}")
    return AskModel(joins=last)


def _may_go_on(message: Message) -> bool:
    """Say whether a message is the beginning of a reply: one that was cut, or one that was written by hand."""
    if message.role != "assistant":
        return False
    finish_reason = message.reply.finish_reason if message.reply is not None else None
    return finish_reason in {None, INTERRUPTED, "length"}


COMMANDS: tuple[Command, ...] = (retry, continue_)
