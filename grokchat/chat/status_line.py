"""The bottom line: the model, the size of the next request against its context, the cost, and what is running."""

from __future__ import annotations

from grokchat.render.cells import cell_width
from grokchat.render.sanitize import visible_line
from grokchat.session.conversation import Conversation
from grokchat.session.estimate import describe_limits
from grokchat.session.session import Session
from grokchat.units import plural, short_count

_MODEL, _SEARCH, _COUNT, _SIZE, _COST = range(5)
"""Indexes of the parts that a narrow window drops."""


class StatusLine:
    """Formats the line. The next request is estimated only when the conversation or the model has changed."""

    def __init__(self) -> None:
        self._estimated_for: tuple[Conversation, object] | None = None
        self._size = ""
        self._limit = ""

    def text(self, session: Session, model: str, *, width: int, state: str = "", attached: int = 0) -> str:
        """Return the line; `state` is what is running, and nothing is estimated again meanwhile.

        In a narrow window the message count is dropped first, then the cost, the size, the search and the model. What
        is running, a limit and the number of attached files stay: how to stop a reply must be readable.
        """
        if not state:
            self._estimate(session)
        parts = [model, _describe_search(session.settings.search), plural(session.message_count, "message")]
        parts += [self._size, session.totals.usage.dollars, self._limit]
        parts += [f"{plural(attached, 'file')} attached" if attached else ""]
        parts += ["read-only" if session.read_only_error else "", state or _due_text(session)]
        for dropped in (_COUNT, _COST, _SIZE, _SEARCH, _MODEL):
            line = visible_line(" · ".join(filter(None, parts)))
            if cell_width(line) <= width:
                return line
            parts[dropped] = ""
        return visible_line(" · ".join(filter(None, parts))) or line

    def limit(self, session: Session) -> str:
        """Return the limit that the next request comes close to, or ""."""
        self._estimate(session)
        return self._limit

    def _estimate(self, session: Session) -> None:
        conversation, model = session.conversation, session.model_info
        previous = self._estimated_for
        if previous is not None and previous[0] is conversation and previous[1] is model:
            return
        self._estimated_for = (conversation, model)
        self._size = self._limit = ""
        if session.message_count:
            tokens = session.requests.estimate().prompt_tokens
            context = model.context if model is not None else None
            self._size = f"~{short_count(tokens)}" + (f" of {short_count(context)}" if context else "") + " tokens"
            limit = describe_limits(tokens, model)
            self._limit = f"{limit} (/compact)" if limit.startswith("context") else limit


def _due_text(session: Session) -> str:
    """Return that a deferred reply is due and not waited for, or nothing."""
    return "reply due (/continue)" if session.due_replies else ""


def _describe_search(value: str) -> str:
    """Return what the model may search, or nothing while search is off."""
    return {"off": "", "all": "search"}.get(value, f"search: {value}")
