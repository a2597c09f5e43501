"""What is to be said about the end of a reply: that it was cut, has no text, or came from another model. Pure.

An ordinary reply needs none of this, so it is loaded when it is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grokchat.api.failures import PART_IS_KEPT
from grokchat.errors import Advice, ApiError, BrokenReplyError
from grokchat.messages import LIMITS
from grokchat.sequences import shorten

if TYPE_CHECKING:
    from grokchat.api.choice import Choice
    from grokchat.api.reply_builder import ReplyBuilder
    from grokchat.config.settings import Settings
    from grokchat.messages import Message
    from grokchat.session.session import Session

_MAX_QUOTED_CHARS = 200
_REASONING_IS_KEPT = Advice("Its reasoning is shown above and kept in the session file.", when="")
_REASONING_IS_SHOWN = Advice("Its reasoning is shown above.", when="")
_MIN_REPEATED_CHARS = 24
"""The length of a repeated beginning: long enough not to be coincidence."""


def empty_reply_error(choice: Choice) -> BrokenReplyError:
    """Return the error for a complete reply that cannot be a message."""
    return BrokenReplyError(_describe_empty(choice), _REASONING_IS_KEPT if choice.reasoning else Advice(when=""))


def _describe_empty(choice: Choice) -> str:
    problem = "The reply has no text"
    if choice.finish_reason and choice.finish_reason != "stop":
        problem += f" (finish_reason {_quote(choice.finish_reason)})"
    if choice.calls:
        problem += f", only a tool call that cannot be sent again: {_describe_call(choice.calls[0])}"
    if choice.reasoning:
        return f"{problem}, only reasoning."
    return f"{problem}. It was not added to the list, because the API rejects empty messages."


def without_answer(error: ApiError, session: Session) -> ApiError:
    """Return an error whose advice is true of a reply without an answer, in this session."""
    advice = error.advice
    if advice is PART_IS_KEPT or advice is _REASONING_IS_KEPT:
        advice = _REASONING_IS_SHOWN if session.config.folder is None else _REASONING_IS_KEPT
    return type(error)(error.message, advice, status=error.status, request_id=error.request_id)


def looks_restarted(part: str, continuation: str) -> bool:
    """Return whether the continuation of a reply looks like a new answer instead.

    A guess: it repeats the reply's beginning, or starts a sentence although the part ends in the middle of one.
    """
    beginning = continuation.lstrip()[:_MIN_REPEATED_CHARS]
    if len(beginning) == _MIN_REPEATED_CHARS and part.lstrip().startswith(beginning):
        return True
    in_code = sum(line.lstrip().startswith(("```", "~~~")) for line in part.split("\n")) % 2 == 1
    return not in_code and not part[-1:].isspace() and continuation[:1].isupper() and continuation[1:2].islower()


def describe_model_mismatch(served: str | None, session: Session, settings: Settings, *, is_chat: bool = True) -> str:
    """Return a note if the reply is not from the requested model under any of its names, or nothing."""
    requested = settings.model
    model = session.catalog.get(requested)
    if not served or served == requested or (model is not None and model is session.catalog.get(served)):
        return ""
    models, choose = ("/models", "/model") if is_chat else ("--list-models", "-m")
    hint = f" {requested} is not in the API's list ({models})." if session.catalog and model is None else ""
    advice = f"{choose} {served} asks for it directly."
    return f"{requested} was answered by {served}, billed at {served}'s price.{hint} {advice}"


def describe_end(
    reply: Choice,
    builder: ReplyBuilder,
    joins: Message | None,
    session: Session,
    *,
    is_chat: bool,
    can_continue: bool = True,
) -> tuple[str, ...]:
    """Return what is unusual about the end of a complete reply, which is one of the builder's choices.

    `joins` is the message that it continues. `can_continue` advises to resume a reply that was cut.
    """
    notes = []
    if joins is not None and looks_restarted(joins.text, reply.text):
        notes.append("the server seems to have started over instead of continuing · /undo removes what it added")
    reason = reply.finish_reason
    if limit := LIMITS.get(reason or ""):
        is_saved = session.config.folder is not None
        advice = (
            "/continue resumes it" if is_chat else "resume it with: grokchat -c, then /continue" if is_saved else ""
        ) * can_continue
        notes.append(" · ".join(filter(None, (f"the reply hit its {limit}", advice))))
    elif reason != "stop":
        notes.append(f"the reply ended with finish_reason {_quote(reason)}")
    unsent = reply.unsent_tool_calls
    for call in reply.calls:
        notes.append(f"the model called a tool, but grokchat has no tools: {_describe_call(call)}")
        if call in unsent:
            notes[-1] += " · the call is not valid in a request, so it is kept in the session but not sent again"
    if (count := len(builder.choices)) > 1:
        others, them = ("the other is", "it") if count == 2 else ("the others are", "them")
        if is_chat:
            kept = f"; {others} kept · /alt shows {them}"
        else:
            is_saved = session.config.folder is not None
            kept = f"; {others} kept in the session file · see {them} with: grokchat -c, then /alt" * is_saved
        notes.append(f"{count} choices received: choice {builder.choices.index(reply) + 1} is the reply{kept}")
    return tuple(notes)


def _describe_call(call: dict[str, Any]) -> str:
    function = call.get("function")
    name, arguments = map(function.get, ("name", "arguments")) if isinstance(function, dict) else ("", function)
    return f"{_quote(name or 'unnamed')}({_quote(arguments or '')})"


def _quote(value: object) -> str:
    """Return a server's value on one line, shortened to a length that fits into a note."""
    return shorten(" ".join(str(value).split()), _MAX_QUOTED_CHARS)
