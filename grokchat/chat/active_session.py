"""The active session of the chat, and the switch to another one.

Unsent attachments and messages belong to their session; a read-only session refuses messages, which wait too. A fork
keeps both. Otherwise they stay with the session that they were meant for until it is opened again, and are listed
when it, or the chat, is left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokchat.chat.printer import Printer
from grokchat.errors import CommandError
from grokchat.messages import content_text
from grokchat.records import record
from grokchat.session.session import Session

if TYPE_CHECKING:
    from grokchat.attachments.load import Attachment

_HOW_TO_SAVE = "/save PATH or /export FORMAT PATH saves it elsewhere"


@record
class _Unsent:
    """What waits to be sent in a session: message bodies that it refused, and attachments."""

    held: Sequence[Mapping[str, Any]]
    attachments: Sequence[Attachment]

    @property
    def held_lines(self) -> list[str]:
        """The texts of the messages."""
        return [content_text(body.get("content")) for body in self.held]

    @property
    def attached_lines(self) -> list[str]:
        """A line for each attachment."""
        return [f"attached and not sent: {attachment.name}" for attachment in self.attachments]


class ActiveSession:
    """Holds the active session, and warns, once for each reason, if it could not be saved where it should be.

    `is_leaving_confirmed`: the user was warned that leaving loses the session, and has added nothing since.
    """

    def __init__(self, session: Session, printer: Printer) -> None:
        self.session = session
        self._printer = printer
        self.is_leaving_confirmed = False
        self._warned: set[str] = set()
        self._left: dict[str, _Unsent] = {}
        """What waits in the sessions that were left, by their ids."""
        self._preparing: asyncio.Task[None] | None = None

    def prepare_request(self) -> None:
        """Encode the session's messages in the background: those of a long one would delay its first request."""
        if self._preparing is not None:
            self._preparing.cancel()
        self._preparing = asyncio.create_task(_encode_ahead(self.session))

    def switch_to(self, session: Session, *, is_fork: bool = False) -> None:
        """Close the session and make another one active; a fork keeps what waits to be sent.

        Raises CommandError, without a switch, if that would lose the session.
        """
        old = self.session
        if session.path is None and session.read_only_error and _is_same_file(session.read_only_error.path, old.path):
            self._printer.print_notice("This session is already open.", has_gap=True)
            return
        old.flush()
        if old.would_be_lost:
            session.close()
            raise CommandError(f"{old.save_error} Not switched, because this session would be lost. {_HOW_TO_SAVE}.")
        self.warn_if_unsaved()
        has_file = old.path is not None or old.read_only_error is not None
        old.close()
        self.session = session
        self.prepare_request()
        self._printer.print_session(session)
        if not is_fork and session.id != old.id:
            self._leave_unsent(old, can_return=has_file)
        else:
            session.held, session.attachments = old.held, old.attachments

    def may_leave(self) -> bool:
        """Return whether the chat may be left: if that would lose the session, only when asked a second time."""
        self.session.flush()
        if not self.session.would_be_lost or self.is_leaving_confirmed:
            return True
        self.is_leaving_confirmed = True
        self._printer.print_question(
            f"{self.session.save_error} Leaving now would lose this conversation. {_HOW_TO_SAVE}; /quit or Ctrl-D "
            "again leaves anyway.",
            has_gap=True,
        )
        return False

    def take_held(self) -> list[Mapping[str, Any]]:
        """Return the messages that the session can send now, and hold them no more."""
        session = self.session
        if session.read_only_error is not None:
            return []
        held, session.held = session.held, []
        return held

    def unsent(self) -> tuple[list[str], list[str]]:
        """Return the lines of all messages that sessions hold, and those of all attachments that wait."""
        waiting = [*self._left.values(), _unsent(self.session)]
        held = [line for unsent in waiting for line in unsent.held_lines]
        return held, [line for unsent in waiting for line in unsent.attached_lines]

    def warn_if_unsaved(self) -> None:
        """Warn if the session could not be saved, or if it continues in another file."""
        relocation, save_error = self.session.relocation, self.session.save_error
        if relocation is not None:
            self._warn_once(str(relocation))
        if save_error is not None:
            self._warn_once(f"{save_error} The chat continues in memory; /save PATH saves it elsewhere.")

    def _leave_unsent(self, old: Session, *, can_return: bool) -> None:
        """Keep and list what waits in the session that was left, and give the active one what waits in that."""
        unsent = _unsent(old)
        if unsent.held or unsent.attachments:
            self._left[old.id] = unsent
            self._printer.print_not_done(*unsent.held_lines, *unsent.attached_lines)
            if can_return:
                self._printer.print_notice(f"Kept for session {old.id}: /resume {old.id} returns to it.")
            self._printer.print_lines([""])
        unsent = self._left.pop(self.session.id, _Unsent((), ()))
        self.session.held, self.session.attachments = list(unsent.held), list(unsent.attachments)

    def _warn_once(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            self._printer.print_warning(text, has_gap=True)


def _unsent(session: Session) -> _Unsent:
    return _Unsent(session.held, session.attachments)


def _is_same_file(path: str, other: Path | None) -> bool:
    return other is not None and Path(path).resolve() == other.resolve()


async def _encode_ahead(session: Session) -> None:
    for _ in session.requests.encode_ahead():
        await asyncio.sleep(0)
