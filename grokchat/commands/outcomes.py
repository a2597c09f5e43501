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
class Messages:
    """Messages to be shown whole, by their numbers."""

    numbers: tuple[int, ...]


@record
class Body:
    """A request body to be shown."""

    data: bytes


@record
class Difference:
    """Two request bodies, of which the differences are to be shown."""

    earlier: bytes
    data: bytes


@record
class Document:
    """A text to be shown as it is."""

    text: str


@record
class Help:
    """Help on a command, or on all."""

    command: str | None


@record
class Send:
    """Ask the model, with other settings for this one call.

    `remove` goes out of the buffer first; `joins` is the reply at its end that is gone on with.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    joins: Message | None = None


@record
class Open:
    """Go on with another session: the named one, or with None a new one."""

    name: str | None


@record
class Choose:
    """Let the user choose a session to go on with."""


@record
class Fork:
    """Go on in a copy."""

    name: str


@record
class Sessions:
    """List the sessions, or those in which these words occur."""

    words: str = ""


@record
class Models:
    """List the models."""


@record
class Edit:
    """Let the user edit a message, which is number `number`, in the editor."""

    number: int
    message: Message


@record
class Keep:
    """Write a setting into the config file: into a table of it, or with "" at its top."""

    table: str
    key: str
    value: Any


@record
class Copy:
    """Put a text into the clipboard; `what` says which."""

    text: str
    what: str


@record
class Attach:
    """Attach these files to the next message: all, or none if one of them cannot be read."""

    names: tuple[str, ...]


@record
class Paste:
    """Attach the image that is in the clipboard."""


@record
class Write:
    """Write a text to a file, after asking if there is one; `what` says which text."""

    path: Path
    text: str
    what: str


@record
class Quit:
    """Leave."""


Shown = Notice | Table | Messages | Body | Difference | Document | Help
"""What is only shown."""

Outcome = Shown | Send | Open | Choose | Fork | Sessions | Models | Edit | Keep | Copy | Attach | Paste | Write | Quit
