"""The outcomes of commands: what a handler returns, for the chat to show or to carry out. Values only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from grokchat.messages import Message
from grokchat.records import field, record, replace

if TYPE_CHECKING:
    from grokchat.prompts.saved_prompt import PromptUse
    from grokchat.session.compaction import Compaction
    from grokchat.session.due_replies import DueReply

# -- shown -------------------------------------------------------------------------------------------------------------


@record
class Notice:
    """One line that reports a change or a state, `warnings` to notice with it, and `details`, further lines."""

    text: str
    details: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@record
class Column:
    """A column of a table, under its name; without a name it explains itself.

    Cells that do not fit are cut or folded as `overflow` says, but never if they are `whole`: numbers and ids.
    `element` is the style of its cells (`render.theme`). A table that is printed row by row needs its `cells`, the
    width.
    """

    name: str = ""
    element: str = ""
    is_right: bool = False
    overflow: Literal["whole", "cut", "fold"] = "whole"
    cells: int = 0


@record
class Cell:
    """A cell in a style of its own; `found` are words to be marked in it."""

    text: str
    element: str = ""
    found: tuple[str, ...] = ()


@record
class Table:
    """Rows of cells, each a text or a `Cell`. A row may have a note, which stands below it.

    In a window that is too narrow for the columns each row is shown as a record.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str | Cell, ...], ...]
    empty: str = "nothing"
    notes: tuple[str | Cell, ...] = ()

    def mapped(self, change: Callable[[str], str]) -> Table:
        """Return the table with all its texts changed."""

        def changed(cell: str | Cell) -> str | Cell:
            return replace(cell, text=change(cell.text)) if isinstance(cell, Cell) else change(cell)

        rows = tuple(tuple(map(changed, row)) for row in self.rows)
        return replace(self, rows=rows, notes=tuple(map(changed, self.notes)))


@record
class Sections:
    """Tables under titles, and a hint below them."""

    tables: tuple[tuple[str, Table], ...]
    hint: str

    def mapped(self, change: Callable[[str], str]) -> Sections:
        """Return the sections with all texts of their tables changed."""
        return replace(self, tables=tuple((title, table.mapped(change)) for title, table in self.tables))


@record
class ContextRow:
    """A message of the next request, or several small ones, with its tokens; `state` is `cached`, `muted` and so on."""

    numbers: str
    role: str
    words: str
    tokens: int
    state: str = ""
    is_sent: bool = True


@record
class ContextTable:
    """What the next request holds.

    `tokens` is its size, spread over the rows, and by role over `roles`. `context` is the model's window and `step` the
    size from which on its prices are higher, where they are known. `hint` stands below the rows. `facts` are further
    lines, each after its name. `savings` are commands that make the request smaller, each with the tokens, about, and
    what else it does.
    """

    rows: tuple[ContextRow, ...]
    tokens: int
    roles: tuple[tuple[str, int], ...]
    context: int | None = None
    step: int | None = None
    hint: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    savings: tuple[tuple[str, int, str], ...] = ()

    def mapped(self, change: Callable[[str], str]) -> ContextTable:
        """Return the table with the words of its messages changed."""
        return replace(self, rows=tuple(replace(row, words=change(row.words)) for row in self.rows))


@record
class ShowMessages:
    """Show whole messages, by their numbers, below the notice of the change that they are shown for."""

    numbers: tuple[int, ...]
    notice: Notice | None = None


@record
class CompareReplies:
    """Show by words what one reply says differently from another; the names say which is which."""

    reply: Message
    name: str
    other: Message
    other_name: str


@record
class RequestBody:
    """Show a request body."""

    data: bytes


@record
class RequestDiff:
    """Show the differences between two request bodies."""

    earlier: bytes
    data: bytes


@record
class Document:
    """Show a text unchanged."""

    text: str


@record
class ShowHelp:
    """Show a help page: on a command, on `all` or the `keys`, or with no topic the overview."""

    topic: str = ""


# -- carried out -------------------------------------------------------------------------------------------------------


@record
class AskModel:
    """Ask the model, with other settings for this call only.

    `models` are those to ask at once, if there are several. Messages in `remove` are removed first; `joins` is the
    unfinished reply at the end that the new reply continues. `notice` and `warnings` are shown before the request.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    joins: Message | None = None
    notice: str = ""
    warnings: tuple[str, ...] = ()
    search_options: Mapping[str, Any] = field(default_factory=dict)


@record
class AwaitReply:
    """Wait for a deferred reply that is due."""

    due: DueReply


@record
class CompactMessages:
    """Ask the model for a summary, and put it in the place of the messages; `hint` says what matters to the user."""

    compaction: Compaction
    hint: str = ""


@record
class OpenSession:
    """Open another session: the named one, or a new one if the name is None."""

    name: str | None


@record
class ChooseSession:
    """Let the user choose a session to open."""


@record
class ForkSession:
    """Continue in a copy of the session, under this name."""

    name: str


@record
class ListSessions:
    """List the sessions, or those in which these words occur."""

    words: str = ""


@record
class ListModels:
    """List the API's models."""


@record
class ChooseModel:
    """Let the user choose one of the API's models for this session."""


@record
class EditMessage:
    """Open message `number` in the editor."""

    number: int
    message: Message


@record
class EditQuestion:
    """Put user message `number` into the line at the prompt, to be changed and asked again."""

    number: int
    message: Message


@record
class SaveSetting:
    """Write a setting into a table of the config file ("" is the top level), and use it in this session if possible.

    `warning` is shown with the result.
    """

    table: str
    key: str
    value: Any
    warning: str = ""


@record
class CopyText:
    """Copy a text to the clipboard; `what` describes it."""

    text: str
    what: str


@record
class AttachFiles:
    """Attach files to the next message: all of them, or none if one cannot be read."""

    names: tuple[str, ...]


@record
class RunCommand:
    """Run a command line in the user's shell, show its output, and attach that to the next message."""

    line: str


@record
class PasteImage:
    """Attach the clipboard's image."""


@record
class WriteFile:
    """Write a text to a file; asks first if the file exists. `what` describes the text."""

    path: Path
    text: str
    what: str


@record
class LogIn:
    """Ask for an API key, and store it."""


@record
class LogOut:
    """Forget the stored API key."""


@record
class FillLine:
    """Put a text into the line at the prompt, to be completed there."""

    text: str


@record
class FillPrompt:
    """Ask for the values that a prompt still needs, and insert it so that it becomes message `at`, or at the end."""

    use: PromptUse
    at: int | None


@record
class Quit:
    """Leave the chat."""


Shown = Notice | Table | Sections | ContextTable | ShowMessages | RequestBody | RequestDiff | Document | ShowHelp
"""Outcomes that are only shown."""

ImmediateOutcome = Shown | CompareReplies | ListSessions | ListModels | CopyText | FillLine | Quit
"""Outcomes of immediate commands: carried out even while a reply streams, without a change of any session."""

Outcome = (
    ImmediateOutcome
    | AskModel
    | AwaitReply
    | CompactMessages
    | OpenSession
    | ChooseSession
    | ChooseModel
    | ForkSession
    | EditMessage
    | EditQuestion
    | FillPrompt
    | SaveSetting
    | AttachFiles
    | PasteImage
    | LogIn
    | LogOut
    | RunCommand
    | WriteFile
)
