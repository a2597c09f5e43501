"""What the chat prints into the scrollback: lines the user sent, outcomes of commands, notices, errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from grokchat import messages
from grokchat.chat.shell_integration import TurnMarks
from grokchat.commands.outcomes import Document, Notice, RequestBody, RequestDiff, ShowHelp, ShowMessages, Shown, Table
from grokchat.commands.registry import COMMANDS, by_name
from grokchat.errors import GrokchatError
from grokchat.render.sanitize import visible_line
from grokchat.render.style import TerminalStyle
from grokchat.session.session import Session
from grokchat.terminal.interface import Screen
from grokchat.units import plural
from grokchat.views.documents import body_diff_lines, document_lines, request_body_lines
from grokchat.views.help import command_help_lines, help_lines
from grokchat.views.messages import message_lines, sent_lines
from grokchat.views.notices import error_lines, notice_lines, warning_lines
from grokchat.views.table import table_lines

if TYPE_CHECKING:
    from grokchat.chat.live_reply import LiveReply

_LONG, _BEGINNING = 20, 12
"""Lines: a message of more is shown by its beginning when it goes out."""


class Printer:
    """Prints above whatever is live. `live` is the reply that streams, if one does; `marks` are the turns'."""

    def __init__(self, screen: Screen, style: Callable[[], TerminalStyle], marks: TurnMarks) -> None:
        self.live_reply: LiveReply | None = None
        self.marks = marks
        self._style = style
        self._screen = screen

    @property
    def style(self) -> TerminalStyle:
        """What the terminal can show, as far as is known by now."""
        return self._style()

    def print_lines(self, lines: Sequence[str]) -> None:
        """Print lines that are ready for the terminal."""
        if lines:
            self._commit([self.marks.pop_codes() + lines[0], *lines[1:]])

    def _commit(self, lines: Sequence[str]) -> None:
        self._screen.draw_frame(lines, self.live_reply.lines if self.live_reply is not None else ())

    def said(self, line: str, *, asks: bool = False) -> None:
        """Print a line as the user sent it; `asks`: a turn begins with it."""
        if not self._screen.echoes_input:
            lines = sent_lines(line, self.style)
            if asks:
                self._commit(self._marked(lines))  # what waits from now on is for the line behind
            else:
                self.print_lines(lines)

    def sent(self, body: Mapping[str, Any], *, typed: bool) -> None:
        """Print a message that goes out: in full, or its beginning if it is long."""
        if typed and self._screen.echoes_input:
            self.print_lines([""])
            return
        head = [self.style.styled(visible_line(str(body["role"])), "dim")] if body["role"] != "user" else []
        lines = sent_lines(messages.content_text(body["content"]), self.style)
        *shown, _ = self._beginning([*(lines if head else self._marked(lines)), ""])
        self.print_lines([*head, *shown, self.marks.pop_codes()])

    def notice(self, text: str) -> None:
        """Print a line, or a few, that tells something."""
        self.print_lines(notice_lines(text, self._screen.width, self.style))

    def warning(self, text: str, *, gap: bool = False) -> None:
        """Print what should not be overlooked, with an empty line behind it if there is to be a gap."""
        self.print_lines([*warning_lines(text, self._screen.width, self.style), *([""] if gap else [])])

    def error(self, error: GrokchatError) -> None:
        """Print an error's paragraph."""
        self.print_lines([*error_lines(str(error), self._screen.width, self.style), ""])

    def session(self, session: Session) -> None:
        """Say which session this is now, and show how it ended."""
        conversation = session.conversation
        count = len(conversation)
        name = f" “{session.name}”" if session.name else ""
        self.notice(f"session {session.id}{name}: {plural(count, 'message')}")
        for damage in session.damage:
            self.warning(f"line {damage.line} of the session file was lost: {damage.reason}; all others are intact")
        if session.read_only:
            self.warning(f"Read-only. {session.read_only}")
        last = max((number for number, one in enumerate(conversation, 1) if one.role == "user"), default=count)
        self.print_lines([""])
        self._messages(tuple(range(max(1, last), count + 1)[-4:]), session, brief=True)

    def outcome(self, outcome: Shown, session: Session) -> None:
        """Print what a command answered."""
        width, style = self._screen.width, self.style
        if isinstance(outcome, Notice):
            self.print_lines([*notice_lines(outcome.text, width, style), ""])
        elif isinstance(outcome, Table):
            self.print_lines([*table_lines(outcome, width, style), ""])
        elif isinstance(outcome, ShowMessages):
            self._messages(outcome.numbers, session)
        elif isinstance(outcome, RequestBody):
            self.print_lines([*request_body_lines(outcome.data, style), ""])
        elif isinstance(outcome, ShowHelp):
            page = help_lines(COMMANDS, width, style)
            if outcome.command:
                page = command_help_lines(outcome.command, by_name(), width, style)
            self.print_lines([*page, ""])
        elif isinstance(outcome, RequestDiff):
            self.print_lines([*body_diff_lines(outcome.earlier, outcome.data, style), ""])
        elif isinstance(outcome, Document):
            self.print_lines([*document_lines(outcome.text), ""])

    def _messages(self, numbers: Sequence[int], session: Session, *, brief: bool = False) -> None:
        conversation, markdown = session.conversation, session.settings.markdown
        width, style = self._screen.width, self.style
        for number in numbers:
            one = conversation.messages[number - 1]
            muted = one.id in conversation.muted
            coming = one.id == session.coming
            lines = message_lines(
                number, one, is_muted=muted, columns=width, style=style, is_markdown=markdown, is_streaming=coming
            )
            self.print_lines(self._beginning(lines) if brief and one.role != "assistant" else lines)

    def _marked(self, lines: list[str]) -> list[str]:
        return [self.marks.start_turn(lines[0], self.style.styled("> ", "prompt")), *lines[1:]]

    def _beginning(self, lines: list[str]) -> list[str]:
        if len(lines) <= _LONG:
            return lines
        return [*lines[:_BEGINNING], self.style.styled(f"  … {len(lines) - _BEGINNING:,} more lines", "dim"), ""]
