"""What may be sent although it looks like a secret: what the user typed, what was sent before, and what was confirmed.

Everything else that a request sends for the first time is asked about, however it arrived: a paste, also one brought
back from the history or after a command, a pipe, a file, a saved prompt, an imported list. Text typed letter by letter
has been read by its author, while nobody reads what arrives in bulk. An xAI key is asked about even then: it is what
people type into the wrong prompt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from grokchat.messages import Message
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
from grokchat.system.threads import run_in_thread

if TYPE_CHECKING:
    from grokchat.attachments.load import Attachment

_MAX_CHARS_AT_ONCE = 500_000
"""What is scanned within 50 ms; more is scanned in a thread, so that keys are answered."""


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

    def note_sent(self, messages: Iterable[Message]) -> None:
        """Note that messages of the list are being sent."""
        self._sent_ids |= {message.id for message in messages}

    def note_received(self, message_id: str) -> None:
        """Note that a message of the list has come from the API, as it is."""
        self._sent_ids.add(message_id)

    def find_in_new(
        self, session: Session, bodies: Sequence[Mapping[str, Any]], attachments: Sequence[Attachment] = ()
    ) -> list[UnsentSecret]:
        """Return the secrets in messages that are to be added to the list, and in attachments."""
        return find_unsent_secrets(self._new_texts(session, bodies, attachments), self._allowed)

    async def find(
        self,
        session: Session,
        adding: Sequence[Mapping[str, Any]],
        attachments: Sequence[Attachment],
        messages: Sequence[Message] | None = None,
    ) -> list[UnsentSecret]:
        """Return the secrets that the next request, with these messages added, sends for the first time.

        With `messages`, it carries only these of the list.
        """
        texts = self._new_texts(session, adding, attachments)
        if not self._is_off(session):
            unsent = unsent_messages(session, self._sent_ids)
            if messages is not None:
                ids = {message.id for message in messages}
                unsent = [(number, message) for number, message in unsent if message.id in ids]
            texts += listed_texts(unsent)
        if sum(len(text.text) for text in texts) <= _MAX_CHARS_AT_ONCE:
            return find_unsent_secrets(texts, self._allowed)
        return await run_in_thread(find_unsent_secrets, texts, frozenset(self._allowed))

    def _new_texts(
        self, session: Session, bodies: Sequence[Mapping[str, Any]], attachments: Sequence[Attachment]
    ) -> list[UnsentText]:
        if self._is_off(session):
            return []
        attached = [UnsentText(visible_line(attachment.name), attachment.text) for attachment in attachments]
        return [*attached, *new_texts(bodies, session.message_count)]

    def _is_off(self, session: Session) -> bool:
        return self._allows_all or session.settings.leak_guard == "off"
