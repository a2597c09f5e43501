"""The replies that the last reply's place has had: /alt lists them, compares two, and makes one current.

Nothing that was paid for is lost: /retry, /edit with a new question, `n` above 1 and several models leave replies in
the session's file, and so does /undo.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from grokchat.api.usage import Usage
from grokchat.commands.change_names import quote_text
from grokchat.commands.declare import Command, command
from grokchat.commands.feedback import change_notice
from grokchat.commands.history import describe_end, first_words_of
from grokchat.commands.outcomes import Cell, Column, CompareReplies, Notice, Outcome, Sections, ShowMessages, Table
from grokchat.commands.params import count_param, flag_param
from grokchat.commands.positions import find_last_reply
from grokchat.errors import CommandError
from grokchat.messages import Message
from grokchat.records import record
from grokchat.redaction import mask_keys
from grokchat.sequences import common_prefix_length, shorten
from grokchat.session.session import Session

if TYPE_CHECKING:
    from grokchat.session.alternatives import Alternative

_COLUMNS = (
    Column(),
    Column("model"),
    Column("tokens", is_right=True),
    Column("cost", is_right=True),
    Column("first words", overflow="cut"),
)
_HINT = "/alt K makes reply K current, /alt diff K compares it with the current one."
_MAX_COMPARED_CHARS, _MIN_ALIKE_CHARS, _MAX_SHOWN_CHARS = 20_000, 16, 400
"""Of replies that may begin alike: what is compared, how much has to be alike, and what is shown of the rest."""
_MAX_VALUE_CHARS, _MAX_QUESTION_COLUMNS = 40, 60


@record
class _Place:
    """The last reply, which is message `number`, and its alternatives, of which it is number `current`, from 1 on."""

    number: int
    reply: Message
    alternatives: Sequence[Alternative]
    current: int

    @property
    def count(self) -> int:
        """The number of alternatives, the reply included."""
        return len(self.alternatives)

    def name(self, chosen: int) -> str:
        """Return how an alternative is called: `2 of 3`."""
        return f"{chosen} of {self.count}"

    def message(self, chosen: int, session: Session) -> Message:
        """Return an alternative as a message: the current one as it is in the list."""
        if chosen == self.current:
            return self.reply
        return session.alternatives.message(self.alternatives[chosen - 1].shown_id)


@command(
    "list the alternatives of the last reply, make number K current, or compare it with the current one",
    flag_param("diff", "[diff]", complete="alternatives"),
    count_param("chosen", "[K]", complete="alternatives"),
    aliases=("alternatives",),
    immediate_if=lambda arguments: bool(arguments["diff"]) or arguments["chosen"] is None,
    shows_cost=True,
    examples=(
        ("/alt", "the replies before a /retry, of several models, to an edited question"),
        ("/alt 1", "return to the first one, and show it"),
        ("/alt diff 1", "what the first one says differently, word by word"),
    ),
)
def alt(session: Session, diff: bool | None, chosen: int | None) -> Outcome:
    """List the alternatives of the last reply, compare one with it, or make one current."""
    place = _find_place(session)
    if not place.alternatives:
        if chosen is None and not diff:
            return Notice(f"#{place.number} has no alternatives · /retry asks for another reply")
        raise CommandError(f"#{place.number} has no alternatives. /retry asks for another reply.")
    if chosen is None and diff and place.count == 2:
        chosen = 3 - place.current
    if chosen is None:
        if diff:
            raise CommandError(f"Usage: /alt diff K. K is 1 to {place.count}; /alt lists the replies.")
        return _list(session, place)
    if chosen > place.count:
        raise CommandError(f"{chosen} is out of range; #{place.number} has {place.count} replies. /alt lists them.")
    return _compare(session, place, chosen) if diff else _make_current(session, place, chosen)


def _find_place(session: Session) -> _Place:
    """Return the last reply and its alternatives; raises CommandError if there is no reply."""
    number, reply = find_last_reply(session)
    found = session.alternatives.of(reply.id)
    current = [position for position, other in enumerate(found, 1) if other.shown_id == reply.id]
    return _Place(number, reply, found, current[0] if current else 1)


# -- listing -----------------------------------------------------------------------------------------------------------


def _list(session: Session, place: _Place) -> Outcome:
    messages = [place.message(number, session) for number in range(1, place.count + 1)]
    words, questions = distinct_words(messages), _describe_questions(session, place)
    rows, notes = [], []
    for number, alternative in enumerate(place.alternatives, 1):
        message, question = messages[number - 1], questions[number - 1]
        mark, element = ("*", "strong") if number == place.current else (" ", "")
        usage = sum(map(Usage.from_api, alternative.usages), Usage())
        tokens = usage.completion + usage.reasoning
        model = message.reply.asked_model if message.reply is not None else ""
        cells = (model, f"{tokens:,}" if tokens else "", usage.dollars, words[number - 1])
        rows.append((Cell(f"{mark} {number}", element), *cells))
        params = _describe_params(alternative.params, place.alternatives, session.config.redact)
        notes.append(" · ".join(filter(None, (params, usage.tools, describe_end(session, message), question))))
    table = Table(_COLUMNS, tuple(rows), notes=tuple(notes))
    return Sections(((f"Alternatives of #{place.number}", table),), _HINT)


def distinct_words(messages: Sequence[Message]) -> list[str]:
    """Return the first words of each reply, or if another one begins alike, those from the first that differs."""
    words = [message.shown_text[:_MAX_COMPARED_CHARS].split() for message in messages]
    order = sorted(range(len(words)), key=words.__getitem__)  # the one that is most alike is beside it
    shared = [0] * len(words)
    for first, second in pairwise(order):
        common = common_prefix_length(words[first], words[second])
        shared[first], shared[second] = max(shared[first], common), max(shared[second], common)
    shown = []
    for message, own, count in zip(messages, words, shared, strict=True):
        is_alike = len(" ".join(own[:count])) >= _MIN_ALIKE_CHARS and own[count:]
        shown.append(" ".join(["…", *own[count:]])[:_MAX_SHOWN_CHARS] if is_alike else first_words_of(message))
    return shown


def _describe_params(params: Mapping[str, Any], others: Sequence[Alternative], redact: Callable[[str], str]) -> str:
    """Return the request parameters that are not the same for all alternatives: `temperature=1`.

    `redact` strikes the API key out before a value is cut: a part of it would not be recognised.
    """
    described = []
    for key, value in sorted(params.items()):
        if value is not None and any(other.params.get(key) != value for other in others):
            text = redact(mask_keys(json.dumps(value, ensure_ascii=False)))
            described.append(f"{key}={shorten(text, _MAX_VALUE_CHARS)}")
    return " ".join(described)


def _describe_questions(session: Session, place: _Place) -> Sequence[str]:
    """Return `to “...”` for each alternative, or nothing for each if all answered the same question."""
    current = session.question_of(place.alternatives[place.current - 1].asked_id)
    if current is None or not session.alternatives.was_edited(current.id):
        return [""] * place.count
    questions = [session.question_of(alternative.asked_id) for alternative in place.alternatives]
    if all(question is None or question.body == current.body for question in questions):
        return [""] * place.count
    return [
        "" if question is None else f"to {quote_text(question.body, _MAX_QUESTION_COLUMNS)}" for question in questions
    ]


# -- comparing and choosing --------------------------------------------------------------------------------------------


def _compare(session: Session, place: _Place, chosen: int) -> Outcome:
    if chosen == place.current:
        raise CommandError(f"{place.name(chosen)} is the current reply. /alt lists the others.")
    other = place.message(chosen, session)
    return CompareReplies(place.reply, f"{place.name(place.current)} (current)", other, place.name(chosen))


def _make_current(session: Session, place: _Place, chosen: int) -> Outcome:
    from grokchat.session.current_alternative import make_current

    if place.reply.id == session.incoming_reply_id:
        raise CommandError(f"#{place.number} is still coming. Ctrl-C stops it.")
    if chosen == place.current:
        return ShowMessages((place.number,), Notice(f"unchanged: #{place.number} is {place.name(chosen)}"))
    previous, is_muted = session.requests.estimate(), place.reply.id in session.conversation.muted
    question = make_current(session, place.reply, place.alternatives[chosen - 1])
    change = f"#{place.number} is now {place.name(chosen)}{' (still muted)' * is_muted}"
    if question:
        change += f" · #{question} is the question that it answered"
    return ShowMessages((place.number,), change_notice(session, change, previous))


COMMANDS: tuple[Command, ...] = (alt,)
