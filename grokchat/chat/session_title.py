"""What the terminal's title says of a session: its name, or the beginning of its first question."""

from __future__ import annotations

from grokchat.render.sanitize import visible_line
from grokchat.session.session import Session
from grokchat.session.summary import first_words, shorten_title


class SessionTitle:
    """Looks the title up once for each state of the message list: the prompt asks for it whenever it is drawn.

    While a reply arrives, the list is not even built: the reply does not change what was asked.
    """

    def __init__(self) -> None:
        self._found_for: tuple[Session, str, str] | None = None
        self._text = ""

    def text(self, session: Session) -> str:
        """Return the title on one line, or nothing if the setting `title` is off."""
        if not session.settings.title:
            return ""
        state = (session, session.name, session.incoming_reply_id or session.state_id)
        if state != self._found_for:
            self._found_for = state
            name = session.name or first_words(session.conversation.messages)
            self._text = visible_line(shorten_title(name)) or "grokchat"
        return self._text
