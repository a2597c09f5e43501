"""Commands that add messages to the list: /system, /insert. A message of any role can go anywhere."""

from __future__ import annotations

from grokchat import messages
from grokchat.commands.declare import Command, command
from grokchat.commands.feedback import change_notice, describe_renumbering, describe_settings
from grokchat.commands.outcomes import Notice, Outcome
from grokchat.commands.params import insert_position_param, text_param, word_param
from grokchat.config.settings import Layer
from grokchat.errors import CommandError
from grokchat.render.cells import truncate
from grokchat.render.sanitize import visible_line
from grokchat.session.refusals import find_open_calls
from grokchat.session.session import Session

ROLES = ("system", "user", "assistant", "tool")


@command(
    "add a system message; nothing is sent yet",
    insert_position_param(),
    text_param("content", "TEXT", required=True),
    shows_cost=True,
    examples=(
        ("/system Answer in one sentence.", "from the next request on"),
        ("/system @1 You review Python code.", "as the first message"),
    ),
)
def system(session: Session, at: int | None, content: str) -> Outcome:
    """Insert a system message."""
    return insert_message(session, "system", at, content)


@command(
    "add a message of any role: system, user, assistant, or tool, which answers the first open tool call",
    word_param("role", "ROLE", required=True, complete="roles"),
    insert_position_param(),
    text_param("content", "TEXT", required=True),
    shows_cost=True,
    examples=(
        ("/insert user And on Windows?", "a question that is not sent yet"),
        ("/insert assistant @3 It works there too.", "a reply of your own, as #3"),
    ),
)
def insert(session: Session, role: str, at: int | None, content: str) -> Outcome:
    """Insert a message of any role."""
    if role not in ROLES:
        raise CommandError(f'unknown role "{role[:40]}" ({", ".join(ROLES[:-1])} or {ROLES[-1]})')
    return insert_message(session, role, at, content, label="" if role == "system" else role)


def insert_message(
    session: Session,
    role: str,
    at: int | None,
    content: str,
    *,
    label: str = "",
    settings: Layer | None = None,
) -> Notice:
    """Insert a message, and make the settings that come with it the session's; the notice names it with `label`."""
    if not content.strip():
        raise CommandError("TEXT is empty; the API rejects empty messages.")
    size = session.message_count
    at = resolve_place(session, at)
    before = session.conversation.messages[at - 1].id if at <= size else None
    body = messages.body(role, content)
    if role == "tool":
        body["tool_call_id"] = _find_open_call(session, at)
    previous = session.requests.estimate()
    session.add_message(body, before=before)
    if settings is not None and settings.sets_anything:
        session.set_overrides(settings.values, settings.params, settings.search_options)
    label_text = visible_line(label)
    renumbering = describe_renumbering(at, size, 1)

    def describe(max_columns: int) -> str:
        named = f" ({truncate(label_text, max_columns)})" * bool(label)
        changed = "" if settings is None else describe_settings(settings, max_columns)
        return f"added as #{at}{named}{renumbering}{changed}"

    return change_notice(session, describe, previous)


def resolve_place(session: Session, at: int | None) -> int:
    """Return the number that a new message gets: `at`, or that at the end if it is None; raises CommandError."""
    size = session.message_count
    if at is not None and not 1 <= at <= size + 1:
        places = f"@1 to @{size + 1}" if size else "@1"
        raise CommandError(f"@{at} is out of range; a new message can go to {places}.")
    return size + 1 if at is None else at


def _find_open_call(session: Session, at: int) -> str:
    """Return the id of the first tool call before the place `@at` that has no answer."""
    conversation = session.conversation
    before = sum(message.id not in conversation.muted for message in conversation.messages[: at - 1])
    call = next((call for call in find_open_calls(conversation.sent()) if call.position < before), None)
    if call is None:
        raise CommandError(f"There is no unanswered tool call before #{at}.")
    return call.id


COMMANDS: tuple[Command, ...] = (system, insert)
