"""What may be sent although it looks like a secret: what the user typed, what was sent before, and what was confirmed.

Everything else that a request sends for the first time is asked about, whatever way it came: a paste, also one brought
back from the history or behind a command, a pipe, a file, a saved prompt, an imported list. Text typed letter by letter
has been read by its author, while nobody reads what arrives in bulk. An xAI key is asked about even then: it is what
people type into the wrong prompt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from grokchat.render.sanitize import visible_line
from grokchat.secret_scan import XAI_KEY, secret_values
from grokchat.session.session import Session
from grokchat.session.unsent import (
    UnsentSecret,
    UnsentText,
    find_unsent_secrets,
    listed_texts,
    new_texts,
    unsent_messages,
)

if TYPE_CHECKING:
    from grokchat.attachments.load import Attachment


class SecretGuard:
    """Remembers, for one run, the secrets that may be sent, and the messages that were."""

    def __init__(self) -> None:
        self._allows_all = False
        self._allowed: set[str] = set()
        self._sent_ids: set[str] = set()

    def note_typed(self, line: str) -> None:
        """Allow what looks like a secret in a line that was typed letter by letter, except an xAI key."""
        self._allowed |= {value for value, kind in secret_values(line).items() if kind != XAI_KEY}

    def allow(self, secrets: Iterable[UnsentSecret], *, all_others: bool) -> None:
        """Allow all secrets in the texts of these, which the user has confirmed, or any from now on."""
        for text in {secret.unsent.text for secret in secrets}:
            self._allowed |= secret_values(text).keys()
        self._allows_all = self._allows_all or all_others

    def note_sent(self, session: Session) -> None:
        """Note that the session's messages are being sent."""
        self._sent_ids |= {message.id for message in session.conversation.sent()}

    def find_in_list(self, session: Session) -> list[UnsentSecret]:
        """Return the secrets in the messages of the list that the next request sends for the first time."""
        if self._is_off(session):
            return []
        return find_unsent_secrets(listed_texts(unsent_messages(session, self._sent_ids)), self._allowed)

    def find_in_new(
        self, session: Session, bodies: Sequence[Mapping[str, Any]], attachments: Sequence[Attachment] = ()
    ) -> list[UnsentSecret]:
        """Return the secrets in messages that are to be added to the list, and in attachments."""
        if self._is_off(session):
            return []
        attached = [UnsentText(visible_line(attachment.name), attachment.text) for attachment in attachments]
        return find_unsent_secrets([*attached, *new_texts(bodies, session.message_count)], self._allowed)

    def _is_off(self, session: Session) -> bool:
        return self._allows_all or session.settings.leak_guard == "off"
