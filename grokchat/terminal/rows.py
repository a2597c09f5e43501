"""Rows to choose from in a list (`terminal.picker`): the interface of what provides them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from grokchat.errors import FileError
from grokchat.records import record

if TYPE_CHECKING:
    from grokchat.session.summary import Progress


@record
class Row:
    """A row: the value that choosing it gives, and its line (visible text) in a window of so many columns.

    Typed words are looked for in `words`, which are casefolded. The list begins at the row that is current.
    """

    value: Any
    words: str
    line: Callable[[int], str]
    is_current: bool = False


class RowSource(Protocol):
    """What a list shows: its rows, and the words around them."""

    title: str
    """What is chosen, before the typed words."""
    on_enter: str
    """What Enter does: `Enter opens`."""
    no_match: str
    """Shown if no row has the typed words."""
    reads_files: bool
    """Whether the rows are read from files, which takes time."""
    instead: str
    """What to do on a terminal that can show no list."""

    @property
    def empty_error(self) -> FileError:
        """What is wrong if there are no rows."""

    def head(self, columns: int) -> str:
        """Return the names of the columns, or nothing."""

    def rows(self, progress: Progress) -> Iterator[Row]:
        """Yield the rows until `progress` is stopped; raises FileError."""
