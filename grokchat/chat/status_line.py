"""The bottom line: the model, how large the next request is against its context, what was paid, what is going on."""

from __future__ import annotations

from grokchat.render.sanitize import visible_line
from grokchat.session.conversation import Conversation
from grokchat.session.estimate import limits
from grokchat.session.session import Session
from grokchat.units import plural, short_count

_MODEL, _COUNT, _SIZE, _COST = range(4)


class StatusLine:
    """Makes the line, and weighs the buffer only when it has changed."""

    def __init__(self) -> None:
        self._weighed: tuple[Conversation, object] | None = None
        self._size = ""
        self._limit = ""

    def text(self, session: Session, model: str, *, width: int, state: str = "", attached: int = 0) -> str:
        """Return the line; `state` says what is going on, and nothing is weighed anew meanwhile.

        Where the window is too narrow for all of it, what is going on, a limit and what is attached stay: how to stop
        a reply must be readable.
        """
        if not state:
            self._weigh(session)
        parts = [model, plural(session.count, "message"), self._size, session.usage.dollars, self._limit]
        parts += [f"{plural(attached, 'file')} attached" if attached else ""]
        parts += ["read-only" if session.read_only else "", state]
        for spared in (_COUNT, _COST, _SIZE, _MODEL):
            line = visible_line(" · ".join(filter(None, parts)))
            if len(line) <= width:
                return line
            parts[spared] = ""
        return visible_line(" · ".join(filter(None, parts))) or line

    def limit(self, session: Session) -> str:
        """Return what is to be said of a limit that the next request comes near to, or nothing."""
        self._weigh(session)
        return self._limit

    def _weigh(self, session: Session) -> None:
        weighed = (session.conversation, session.model)
        if self._weighed is not None and all(one is other for one, other in zip(weighed, self._weighed, strict=True)):
            return
        self._weighed = weighed
        self._size = self._limit = ""
        if session.count:
            tokens, model = session.outlook().tokens, session.model
            context = model.context if model is not None else None
            self._size = f"~{short_count(tokens)}" + (f" of {short_count(context)}" if context else "") + " tokens"
            self._limit = limits(tokens, model)
