"""What a command's handler returns: what it wants shown or done. Values; the loop acts on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grokchat.messages import Message


@dataclass(frozen=True, slots=True)
class Notice:
    """One line for the user: what changed, or what is so."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for the user, under a head; the last column may be cut to fit.

    With `folds` a row takes several lines where that would cut off what the table is for.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = "nothing"
    folds: bool = False


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages to be shown whole, by their numbers."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Body:
    """A request body to be shown."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Difference:
    """Two request bodies, of which the differences are to be shown."""

    earlier: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Document:
    """A text to be shown as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Help:
    """Help on a command, or on all."""

    command: str | None


@dataclass(frozen=True, slots=True)
class Send:
    """Ask the model, with other settings for this one call.

    `remove` goes out of the buffer first; `joins` is the reply at its end that is gone on with.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    joins: Message | None = None


@dataclass(frozen=True, slots=True)
class Open:
    """Go on with another session: the named one, or with None a new one."""

    name: str | None


@dataclass(frozen=True, slots=True)
class Choose:
    """Let the user choose a session to go on with."""


@dataclass(frozen=True, slots=True)
class Fork:
    """Go on in a copy."""

    name: str


@dataclass(frozen=True, slots=True)
class Sessions:
    """List the sessions, or those in which these words occur."""

    words: str = ""


@dataclass(frozen=True, slots=True)
class Models:
    """List the models."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Let the user edit a message, which is number `number`, in the editor."""

    number: int
    message: Message


@dataclass(frozen=True, slots=True)
class Keep:
    """Write a setting into the config file: into a table of it, or with "" at its top."""

    table: str
    key: str
    value: Any


@dataclass(frozen=True, slots=True)
class Copy:
    """Put a text into the clipboard; `what` says which."""

    text: str
    what: str


@dataclass(frozen=True, slots=True)
class Paste:
    """Attach the image that is in the clipboard."""


@dataclass(frozen=True, slots=True)
class Write:
    """Write a text to a file, after asking if there is one; `what` says which text."""

    path: Path
    text: str
    what: str


@dataclass(frozen=True, slots=True)
class Quit:
    """Leave."""


Shown = Notice | Table | Messages | Body | Difference | Document | Help
"""What is only shown."""

Outcome = Shown | Send | Open | Choose | Fork | Sessions | Models | Edit | Keep | Copy | Paste | Write | Quit
