"""What a command's handler returns: what it wants shown or done. Values; the loop acts on them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grokchat.messages import Message
from grokchat.records import field, record


@record
class Notice:
    """One line for the user: what changed, or what is so."""

    text: str


@record
class Table:
    """Rows for the user, under a head; the last column may be cut to fit.

    With `folds` a row takes several lines where that would cut off what the table is for.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = "nothing"
    folds: bool = False


@record
class ShowMessages:
    """Messages to be shown whole, by their numbers."""

    numbers: tuple[int, ...]


@record
class RequestBody:
    """A request body to be shown."""

    data: bytes


@record
class RequestDiff:
    """Two request bodies, of which the differences are to be shown."""

    earlier: bytes
    data: bytes


@record
class Document:
    """A text to be shown as it is."""

    text: str


@record
class ShowHelp:
    """Help on a command, or on all."""

    command: str | None


@record
class AskModel:
    """Ask the model, with other settings for this one call.

    `remove` goes out of the buffer first; `joins` is the reply at its end that is gone on with.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    joins: Message | None = None


@record
class OpenSession:
    """Go on with another session: the named one, or with None a new one."""

    name: str | None


@record
class ChooseSession:
    """Let the user choose a session to go on with."""


@record
class ForkSession:
    """Go on in a copy."""

    name: str


@record
class ListSessions:
    """List the sessions, or those in which these words occur."""

    words: str = ""


@record
class ListModels:
    """List the models."""


@record
class EditMessage:
    """Let the user edit a message, which is number `number`, in the editor."""

    number: int
    message: Message


@record
class SaveSetting:
    """Set a value for the session, if sessions have it, and in the config file: in `table`, or at its top for ""."""

    table: str
    key: str
    value: Any


@record
class CopyText:
    """Put a text into the clipboard; `what` says which."""

    text: str
    what: str


@record
class AttachFiles:
    """Attach these files to the next message: all, or none if one of them cannot be read."""

    names: tuple[str, ...]


@record
class PasteImage:
    """Attach the image that is in the clipboard."""


@record
class WriteFile:
    """Write a text to a file, after asking if there is one; `what` says which text."""

    path: Path
    text: str
    what: str


@record
class Quit:
    """Leave."""


Shown = Notice | Table | ShowMessages | RequestBody | RequestDiff | Document | ShowHelp
"""What is only shown."""

Outcome = (
    Shown
    | AskModel
    | OpenSession
    | ChooseSession
    | ForkSession
    | ListSessions
    | ListModels
    | EditMessage
    | SaveSetting
    | CopyText
    | AttachFiles
    | PasteImage
    | WriteFile
    | Quit
)
