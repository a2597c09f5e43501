"""The outcomes of commands: what a handler returns, for the chat to show or to carry out. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grokchat.messages import Message
from grokchat.records import field, record

# -- shown -------------------------------------------------------------------------------------------------------------


@record
class Notice:
    """One line that reports a change or a state; `details` are further lines."""

    text: str
    details: tuple[str, ...] = ()


@record
class Table:
    """Rows under a head; the last column may be cut to fit, or, with `folds`, a row takes several lines."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = "nothing"
    folds: bool = False


@record
class ShowMessages:
    """Show whole messages, by their numbers."""

    numbers: tuple[int, ...]


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

    Messages in `remove` are removed first; `joins` is the unfinished reply at the end that the new reply continues.
    `notice` and `warnings` are shown before the request.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    joins: Message | None = None
    notice: str = ""
    warnings: tuple[str, ...] = ()


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
class Quit:
    """Leave the chat."""


Shown = Notice | Table | ShowMessages | RequestBody | RequestDiff | Document | ShowHelp
"""Outcomes that are only shown."""

ImmediateOutcome = Shown | ListSessions | ListModels | CopyText | FillLine | Quit
"""Outcomes of immediate commands: carried out even while a reply streams, without a change of any session."""

Outcome = (
    ImmediateOutcome
    | AskModel
    | OpenSession
    | ChooseSession
    | ChooseModel
    | ForkSession
    | EditMessage
    | EditQuestion
    | SaveSetting
    | AttachFiles
    | PasteImage
    | LogIn
    | LogOut
    | RunCommand
    | WriteFile
)
