"""What the chat prints into the scrollback: sent lines and messages, outcomes of commands, notices, errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeGuard

from grokchat.chat.shell_integration import TurnMarks
from grokchat.commands.outcomes import (
    ContextTable,
    Document,
    Notice,
    RequestBody,
    RequestDiff,
    Sections,
    ShowHelp,
    ShowMessages,
    Shown,
    Table,
)
from grokchat.commands.registry import by_name
from grokchat.errors import GrokchatError
from grokchat.messages import Message, find_last_turn, precedes_question
from grokchat.render.sanitize import visible, visible_line
from grokchat.render.style import TerminalStyle
from grokchat.session.session import Session
from grokchat.system.threads import run_in_thread
from grokchat.terminal.interface import Screen
from grokchat.units import plural
from grokchat.views.messages import PROMPT, message_lines, sent_lines
from grokchat.views.notices import error_lines, hint_lines, notice_lines, question_lines, warning_lines

if TYPE_CHECKING:
    from grokchat.chat.live_reply import LiveReply

_MAX_RESUMED_MESSAGES = 4
_MAX_OUTPUT_CHARS = 1000
"""Of a line of a program's output."""
_MAX_ANSWER_CHARS = 200
_MAX_ROWS_AT_ONCE = 100
"""Of a table; rich takes half a millisecond for each."""
_MAX_NOT_DONE_CHARS = 2000
"""A longer line was not typed by hand, and would bury the others in the list."""


def is_long(outcome: object) -> TypeGuard[Table | ContextTable]:
    """Return whether an outcome takes so long to lay out that typing would be noticeably slow meanwhile."""
    return isinstance(outcome, Table | ContextTable) and len(outcome.rows) > _MAX_ROWS_AT_ONCE


class Printer:
    """Prints finished lines above the live region.

    `live_reply` is the reply that is streaming, if any; `marks` are the terminal's marks of turns. `redact` strikes
    the API key out of everything but messages.
    """

    def __init__(
        self,
        screen: Screen,
        style: Callable[[], TerminalStyle],
        marks: TurnMarks,
        redact: Callable[[str], str],
    ) -> None:
        self.live_reply: LiveReply | None = None
        self._redact = redact
        self.marks = marks
        self._style = style
        self._screen = screen

    @property
    def style(self) -> TerminalStyle:
        """What the terminal can show, as far as it has reported so far."""
        return self._style()

    def print_lines(self, lines: Sequence[str], *, command: str = "") -> None:
        """Print lines that are ready for the terminal; while a reply streams, after the block that is open.

        `command` is the user's line that they show, if they are the beginning of its output.
        """
        if lines:
            self._draw([self.marks.pop_codes() + lines[0], *lines[1:]], command)

    def redraw_live_reply(self) -> None:
        """Draw the reply that is streaming, if any, for a new window size."""
        if self.live_reply is not None:
            self.live_reply.redraw()

    def print_input(self, line: str, *, starts_turn: bool = False) -> None:
        """Print a line that the user entered, unless the terminal has echoed it; `starts_turn`: a reply follows."""
        if self._screen.echoes_input:
            return
        lines = sent_lines(line, self._screen.width, self.style)
        if starts_turn:
            self._draw(self._marked(lines))  # the codes that are pending now belong to the next line
        else:
            self.print_lines(lines, command=line)

    def print_sent_message(
        self,
        number: int,
        body: Mapping[str, Any],
        *,
        is_typed: bool,
        has_question: bool = False,
        image_names: Mapping[str, str] | None = None,
    ) -> None:
        """Print message `number`, which is sent, or its beginning if it is long, unless the terminal has echoed it.

        With `has_question` the question that it belongs to is printed next.
        """
        if is_typed and self._screen.echoes_input:
            content = body["content"]
            if not (media := [] if isinstance(content, str) else [part for part in content if part["type"] != "text"]):
                self.print_lines([""])
                return
            body = {**body, "content": media}
        lines = self._message_lines(
            number,
            Message("", body),
            is_brief=True,
            is_typed=is_typed,
            has_question=has_question,
            image_names=image_names,
        )
        if body["role"] != "user":
            self.print_lines(lines)
        elif has_question:
            self._draw(self._marked(lines))
        else:
            *lines, _ = self._marked(lines)
            self._draw([*lines, self.marks.pop_codes()])

    def print_notice(self, text: str, *, has_gap: bool = False) -> None:
        """Print a notice, wrapped at the window's width, followed by an empty line if `has_gap`."""
        lines = notice_lines(self._paragraph(text), self._screen.width, self.style)
        self.print_lines([*lines, *([""] if has_gap else [])])

    def print_warning(self, text: str, *, has_gap: bool = False) -> None:
        """Print a warning, followed by an empty line if `has_gap`."""
        lines = warning_lines(self._paragraph(text), self._screen.width, self.style)
        self.print_lines([*lines, *([""] if has_gap else [])])

    def print_output(self, lines: Sequence[str]) -> None:
        """Print lines that a program printed, each cut if it is very long."""
        cut = (line if len(line) <= _MAX_OUTPUT_CHARS else f"{line[:_MAX_OUTPUT_CHARS]}…" for line in lines)
        self.print_lines([visible(self._redact(line)) for line in cut])

    def print_more(self, count: int) -> None:
        """Say how many lines are left out here."""
        self.print_lines([self.style.styled(f"  … {count:,} more lines", "muted")])

    def print_question(self, text: str, *, has_gap: bool = False) -> None:
        """Print what the user has to decide: it is shown at once, also while a reply streams."""
        lines = question_lines(self._paragraph(text), self._screen.width, self.style)
        self._draw([self.marks.pop_codes() + lines[0], *lines[1:]], is_question=True)
        if has_gap:
            self.print_lines([""])

    def end_question(self) -> None:
        """Show the question above the prompt no more: it was answered."""
        if self.live_reply is not None:
            self.live_reply.end_question()

    def print_answer(self, question: str, answer: str) -> None:
        """Print a question and the line that answers it, or its beginning, unless the terminal has echoed that."""
        if not self._screen.echoes_input:
            text = f"{question} {answer if len(answer) <= _MAX_ANSWER_CHARS else answer[:_MAX_ANSWER_CHARS] + '…'}"
            self.print_lines(hint_lines(self._paragraph(text), self._screen.width, self.style))

    def print_not_done(self, *lines: str) -> None:
        """Report the user's lines that were not carried out."""
        for line in lines:
            more = len(line) - _MAX_NOT_DONE_CHARS
            end = f"… and {more:,} more characters" if more > 0 else ""
            text = f"not done: {visible_line(line[:_MAX_NOT_DONE_CHARS])}{end}"
            self.print_lines(warning_lines(text, self._screen.width, self.style))

    def print_error(self, error: GrokchatError | str) -> None:
        """Print an error's paragraph."""
        self.print_lines([*error_lines(self._paragraph(str(error)), self._screen.width, self.style), ""])

    def print_table(self, table: Table, *, has_head: bool = True, has_gap: bool = False) -> None:
        """Print a table, or with `has_head` false more rows of it, followed by an empty line if `has_gap`."""
        from grokchat.views.table import table_lines

        lines = table_lines(table.mapped(self._redact), self._screen.width, self.style, has_head=has_head)
        self.print_lines([*lines, *([""] if has_gap else [])])

    def print_session(self, session: Session) -> None:
        """Print the name, the damage and the last messages of the session that is now active."""
        messages = session.conversation.messages
        name = f" “{session.name}”" if session.name else ""
        opened = f"session {session.id}{name} · {plural(len(messages), 'message')}"
        self.print_notice(opened if messages else f"new session · {session.id}{name}")
        for report in session.opening_reports:
            self.print_warning(report)
        if session.read_only_error:
            self.print_warning(f"Read-only. {session.read_only_error}")
        self.print_lines([""])
        self._print_messages(find_last_turn(messages)[-_MAX_RESUMED_MESSAGES:], session, is_brief=True)

    async def print_long_outcome(self, outcome: Shown, session: Session) -> None:
        """Print the outcome of a command; if it `is_long`, the chat continues while it is laid out in a thread."""
        if is_long(outcome):
            lines = await run_in_thread(self._table_layout(outcome, session))
            self.print_lines([*lines, ""])
        else:
            self.print_outcome(outcome, session)

    def print_outcome(self, outcome: Shown, session: Session) -> None:
        """Print the outcome of a command."""
        from grokchat.views.documents import body_diff_lines, document_lines, request_body_lines

        width, style = self._screen.width, self.style
        match outcome:
            case ShowMessages():
                if outcome.notice is not None:
                    self.print_notice(outcome.notice.text, has_gap=True)
                self._print_messages(outcome.numbers, session)
                return
            case Notice():
                self.print_notice(outcome.text)
                for text in outcome.warnings:
                    self.print_warning(text)
                for text in outcome.details:
                    self.print_lines(hint_lines(self._paragraph(text), width, style))
                self.print_lines([""])
                return
            case Table() | Sections() | ContextTable():
                lines = self._table_layout(outcome, session)()
            case RequestBody():
                lines = request_body_lines(outcome.data, style)
            case RequestDiff():
                lines = body_diff_lines(outcome.earlier, outcome.data, style)
            case Document():
                lines = document_lines(outcome.text)
            case ShowHelp():
                from grokchat.views.help import help_lines

                lines = help_lines(outcome.topic, by_name(), width, style)
        self.print_lines([*lines, ""])

    def _table_layout(self, outcome: Table | Sections | ContextTable, session: Session) -> Callable[[], list[str]]:
        """Return what lays out a table, and needs nothing of the chat."""
        width, style = self._screen.width, self.style
        if isinstance(outcome, ContextTable):
            from grokchat.views.context import context_lines

            has_bars = not session.settings.screen_reader
            return partial(context_lines, outcome.mapped(self._redact), width, style, has_bars=has_bars)
        from grokchat.views.table import section_lines, table_lines

        if isinstance(outcome, Table):
            return partial(table_lines, outcome.mapped(self._redact), width, style)
        return partial(section_lines, outcome.mapped(self._redact), width, style)

    def _paragraph(self, text: str) -> str:
        """Return a text of ours as one paragraph: what it quotes from outside must not begin a line of its own."""
        return visible_line(self._redact(text))

    def _draw(self, lines: Sequence[str], command: str = "", *, is_question: bool = False) -> None:
        if self.live_reply is not None:
            self.live_reply.print_lines(lines, command, is_question=is_question)
        else:
            self._screen.draw_frame(lines)

    def _print_messages(self, numbers: Sequence[int], session: Session, *, is_brief: bool = False) -> None:
        conversation = session.conversation
        for number in numbers:
            message = conversation.messages[number - 1]
            lines = self._message_lines(
                number,
                message,
                has_question=precedes_question(conversation.messages, number),
                is_muted=message.id in conversation.muted,
                is_markdown=session.settings.markdown,
                is_streaming=message.id == session.incoming_reply_id,
                has_footer=session.settings.reply_footer,
                is_brief=is_brief,
                position=session.alternatives.position(message.id) if message.role == "assistant" else None,
            )
            self.print_lines(lines)

    def _message_lines(self, number: int, message: Message, **how: Any) -> list[str]:
        return message_lines(number, message, columns=self._screen.width, style=self.style, **how)

    def _marked(self, lines: list[str]) -> list[str]:
        return [self.marks.start_turn(lines[0], PROMPT), *lines[1:]]
