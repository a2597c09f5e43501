"""The active session of the chat, and the switch to another one."""

from __future__ import annotations

from pathlib import Path

from grokchat.chat.printer import Printer
from grokchat.errors import CommandError
from grokchat.session.session import Session


class ActiveSession:
    """Holds the active session, and warns, once for each reason, if it could not be saved where it should be."""

    def __init__(self, session: Session, printer: Printer) -> None:
        self.session = session
        self._printer = printer
        self._warned: set[str] = set()

    def switch_to(self, session: Session) -> None:
        """Close the session and make another one active; its pending attachments move along.

        Raises CommandError, without a switch, if the session could not be saved: closing it would lose it.
        """
        old = self.session
        if session.path is None and session.read_only_error and _is_same_file(session.read_only_error.path, old.path):
            self._printer.print_notice("This session is open already.", has_gap=True)
            return
        old.flush()
        if old.save_error is not None:
            session.close()
            raise CommandError(f"{old.save_error} /save PATH keeps it elsewhere; stayed here, so that it is not lost.")
        self.warn_if_unsaved()
        old.close()
        session.attachments = old.attachments
        self.session = session
        self._printer.print_session(session)

    def warn_if_unsaved(self) -> None:
        """Warn if the session could not be saved, or if it continues in another file."""
        relocation, save_error = self.session.relocation, self.session.save_error
        if relocation is not None:
            self._warn_once(str(relocation))
        if save_error is not None:
            self._warn_once(f"{save_error} The chat goes on in memory; /save PATH keeps it elsewhere.")

    def _warn_once(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            self._printer.print_warning(text, has_gap=True)


def _is_same_file(path: str, other: Path | None) -> bool:
    return other is not None and Path(path).resolve() == other.resolve()
