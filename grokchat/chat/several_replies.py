"""The replies of several models on the screen: one after the other in the order asked, each under its model's name.

The first streams like any reply. The others arrive meanwhile, each a live row below it, and follow when their turn
comes: what has arrived by then at once, the rest as it comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from grokchat.api.client import Client
from grokchat.api.usage import Usage
from grokchat.chat.activity_line import format_activity
from grokchat.chat.printer import Printer
from grokchat.chat.reply_display import ReplyDisplay
from grokchat.config.settings import Settings
from grokchat.environment import Environment
from grokchat.errors import ApiError, ReportedError
from grokchat.messages import Message
from grokchat.render.cells import cell_width, truncate
from grokchat.render.sanitize import visible_line
from grokchat.session.estimate import BYTES_PER_TOKEN
from grokchat.session.model_reply import ModelReply
from grokchat.session.refusals import describe_cause
from grokchat.session.session import Session
from grokchat.session.several_models import ModelReplies
from grokchat.terminal.interface import Screen
from grokchat.units import plural
from grokchat.views.messages import footer_lines, heading_lines, message_lines
from grokchat.views.notices import DEMO_MODEL

_MAX_ROWS = 6
"""Of those below a reply: more would leave it no room."""
_MAX_END_COLUMNS = 100
"""Of the line at the end: it names as many models as fit."""


class SeveralReplies:
    """Asks several models and shows their replies. `is_demo`: the demo answers for all of them."""

    def __init__(
        self,
        environment: Environment,
        printer: Printer,
        screen: Screen,
        display: ReplyDisplay,
        session: Session,
        client: Client,
        requests: Sequence[Settings],
        *,
        is_demo: bool,
    ) -> None:
        self._environment = environment
        self._printer = printer
        self._screen = screen
        self._display = display
        self._session = session
        self._settings = requests[0]
        self._is_demo = is_demo
        self._number = len(session.conversation) + 1
        self._asked = ModelReplies(session, client, environment, requests)

    @property
    def replies(self) -> Sequence[ModelReply]:
        """The replies, in the order asked."""
        return self._asked.replies

    async def receive(self) -> None:
        """Ask the models and show the replies; raises ReportedError if all failed, or the current reply broke off."""
        waiting = list(self.replies)
        try:
            async with self._asked:
                while waiting:
                    reply = waiting.pop(0)
                    await self._show(reply, waiting)
        except asyncio.CancelledError:
            self._print_stopped(waiting)
            raise
        if (current := self._asked.current) is not None:
            self._printer.print_notice(self._describe_current(current), has_gap=True)
        if (error := (current or self.replies[0]).error) is not None:
            raise ReportedError(error.exit_code)

    # -- one reply -----------------------------------------------------------------------------------------------------

    async def _show(self, reply: ModelReply, waiting: Sequence[ModelReply]) -> None:
        """Show a reply to its end, and what there is to say about it; `waiting` are those whose turn comes later."""
        self._print_heading(reply)
        asyncio.get_running_loop().call_soon(self._printer.redraw_live_reply)  # the others' rows, before there is text
        try:
            finished = await self._display.show(
                reply.stream(),
                reply.settings,
                footer=lambda: self._footer(reply),
                rows_below=lambda width: self._rows(waiting, width),
                take_unread=reply.take_unread,
                ends_turn=not waiting,
            )
        except ApiError as error:
            error.add_advice(describe_cause(error, self._session.conversation, is_chat=True))
            self._printer.print_error(error)
            return
        for note in () if finished is None else finished.notes:
            self._printer.print_warning(note, has_gap=True)

    def _print_heading(self, reply: ModelReply) -> None:
        name = truncate(self._printer.style.encodable(self._name(reply)), self._screen.width)
        self._printer.print_lines([*heading_lines(name, self._screen.width, self._printer.style), ""])

    def _footer(self, reply: ModelReply) -> Sequence[str]:
        """Return the footer of a reply; there is none without an answer."""
        if not reply.has_answer:
            return ()
        message = self._message(reply)
        return footer_lines(
            self._number,
            message,
            self._screen.width,
            self._printer.style,
            states=["interrupted"] if message.is_interrupted else (),
            position=self._asked.position(reply),
            has_figures=self._settings.reply_footer,
        )

    def _rows(self, waiting: Sequence[ModelReply], width: int) -> list[str]:
        """Return the live rows of the replies whose turn comes later: of many, only of the next ones."""
        shown = waiting if len(waiting) <= _MAX_ROWS else waiting[: _MAX_ROWS - 1]
        rows = [self._row(reply, width) for reply in shown]
        if more := waiting[len(shown) :]:
            text = f"{len(more)} more, {sum(reply.has_ended for reply in more)} ended"
            rows.append(self._printer.style.styled(truncate(text, width), "muted"))
        return rows

    def _row(self, reply: ModelReply, width: int) -> str:
        """Return the live row of a reply whose turn comes later."""
        style = self._printer.style
        head = style.encodable(f"{self._name(reply)}: ")
        if reply.phase == "searching" and (room := width - cell_width(head)) > 0:
            activity = self._environment.redact(reply.activity)
            row = head + format_activity(activity, self._environment.clock() - reply.phase_since, room, style)
        else:
            row = truncate(head + style.encodable(self._describe_phase(reply)), width)
        return style.styled(row, "warning" if reply.phase == "failed" else "muted")

    def _describe_phase(self, reply: ModelReply) -> str:
        match reply.phase:
            case "thinking":
                return f"thinking {self._environment.clock() - reply.phase_since:.0f} s"
            case "replying":
                return plural(_tokens(reply), "token")
            case "done":
                return f"done, {plural(_tokens(reply), 'token')}"
            case "failed":
                return f"failed: {visible_line(self._environment.redact(reply.problem))}"
            case phase:
                return phase

    # -- the end -------------------------------------------------------------------------------------------------------

    def _print_stopped(self, waiting: Sequence[ModelReply]) -> None:
        """Print what had arrived of the replies whose turn had not come when all were stopped."""
        for reply in waiting:
            if reply.has_answer:
                self._print_heading(reply)
                lines = message_lines(
                    self._number,
                    self._message(reply),
                    columns=self._screen.width,
                    style=self._printer.style,
                    is_markdown=reply.settings.markdown,
                    has_footer=reply.settings.reply_footer,
                    is_brief=True,
                    position=self._asked.position(reply),
                )
                self._printer.print_lines(lines)
        current = self._asked.current
        kept = more = ""
        if current is not None and current.has_answer:
            kept = f"{self._describe_current(current)} · "
            more = "/continue resumes it, " * self._message(current).is_interrupted
        self._printer.print_warning(f"interrupted · {kept}{more}/retry asks again", has_gap=True)

    def _describe_current(self, current: ModelReply) -> str:
        """Return whose reply is the current one, and how to choose another."""
        text = f"#{self._number} is {self._plain_name(current)}'s reply{f' ({DEMO_MODEL})' * self._is_demo}"
        positions = {reply: self._asked.position(reply) for reply in self.replies if reply is not current}
        columns = min(_MAX_END_COLUMNS, self._screen.width)
        for reply, position in positions.items():
            if position is None:
                continue
            longer = f"{text} · /alt {position[0]}: {self._plain_name(reply)}"
            if cell_width(longer) > columns and " · " in text:
                return f"{text} · /alt lists all {position[1]}"
            text = longer
        return text

    def _message(self, reply: ModelReply) -> Message:
        body, info = reply.answers()[0]
        return Message(reply.recorder.reply_id, body, info)

    def _name(self, reply: ModelReply) -> str:
        name = self._plain_name(reply)
        return f"{name} ({DEMO_MODEL})" if self._is_demo else name

    def _plain_name(self, reply: ModelReply) -> str:
        return visible_line(self._environment.redact(reply.model))


def _tokens(reply: ModelReply) -> int:
    """Return the tokens of a reply's text, as the API counts them or, until it has, as estimated."""
    usage = reply.builder.usage
    counted = Usage.from_api(usage).completion if usage is not None else 0
    return counted or -(-reply.text_bytes // BYTES_PER_TOKEN)
