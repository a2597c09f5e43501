"""Sessions and models as rows of a list to choose from. Text from outside is made visible here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from grokchat.api.catalog import Catalog, ModelInfo, unique_models
from grokchat.errors import FileError
from grokchat.render.cells import cell_width, pad, truncate
from grokchat.render.sanitize import visible_line
from grokchat.terminal.rows import Row
from grokchat.units import byte_size
from grokchat.views.listings import context_and_prices

if TYPE_CHECKING:
    from grokchat.session.summary import Progress, Summary, SummarySource

_MODEL_CELLS = 10
_MIN_WIDE_COLUMNS = 70
"""A narrower window has room for the time and the title only."""
_GAP = "  "


class SessionRows:
    """Sessions, newest first; a row's value is the session's file."""

    title = "resume"
    on_enter = "Enter opens"
    no_match = "no session matches"
    reads_files = True
    instead = "/sessions lists them, /resume SESSION opens one."

    def __init__(self, sessions: SummarySource, now: datetime) -> None:
        self._sessions = sessions
        self._now = now

    @property
    def empty_error(self) -> FileError:
        """There are no sessions."""
        return FileError(self._sessions.folder, "there is no saved session yet")

    def head(self, columns: int) -> str:  # noqa: ARG002 - a row of sessions explains itself
        """Return nothing."""
        return ""

    def rows(self, progress: Progress) -> Iterator[Row]:
        """Yield a row for each session; raises FileError."""
        for summary in self._sessions.summaries(progress):
            words = f"{summary.id} {summary.name} {summary.first} {summary.model}".casefold()
            yield Row(summary.path, words, partial(_session_line, summary, self._now))


def _session_line(summary: Summary, now: datetime, columns: int) -> str:
    when = datetime.fromtimestamp(summary.updated, tz=now.tzinfo).astimezone()
    if columns < _MIN_WIDE_COLUMNS:
        return visible_line(f"{when:%m-%d %H:%M}  {summary.title}")
    counts = f"{summary.messages:5,} messages  {byte_size(summary.size):>7}"
    model = pad(truncate(visible_line(summary.model or "-"), _MODEL_CELLS, mark=""), _MODEL_CELLS)
    return f"{when:%Y-%m-%d %H:%M}  {counts}  {model}  {visible_line(summary.title)}"


class ModelRows:
    """The API's models, the current one marked; a row's value is the model's id.

    A narrow window has no room for all columns: the efforts are dropped first, then the context, then the prices.
    """

    title = "model"
    on_enter = "Enter takes it"
    no_match = "no model matches"
    reads_files = False
    instead = "/models lists them, /model ID takes one."
    _HEAD = ("  model", "$/1M in", "out", "context", "effort")
    _RIGHT = frozenset({1, 2, 3})
    """The columns of numbers."""

    def __init__(self, catalog: Catalog, current: str) -> None:
        self._models = unique_models(catalog)
        self._current = catalog.get(current)
        self._cells = [self._HEAD, *(self._model_cells(model) for model in self._models)]
        self._sizes = [max(map(cell_width, column)) for column in zip(*self._cells, strict=True)]

    @property
    def empty_error(self) -> FileError:
        """The API lists nothing."""
        return FileError(Path("models"), "the API lists none")

    def head(self, columns: int) -> str:
        """Return the names of the columns."""
        return self._line(0, columns)

    def rows(self, progress: Progress) -> Iterator[Row]:
        """Yield a row for each model."""
        progress.total = progress.done = len(self._models)
        for number, model in enumerate(self._models, 1):
            words = " ".join((model.id, *model.aliases)).casefold()
            yield Row(model.id, words, partial(self._line, number), is_current=model is self._current)

    def _model_cells(self, model: ModelInfo) -> tuple[str, ...]:
        context, prompt, _, completion = context_and_prices(model)
        mark = "* " if model is self._current else "  "
        return (f"{mark}{visible_line(model.id)}", prompt, completion, context, visible_line(", ".join(model.efforts)))

    def _line(self, number: int, columns: int) -> str:
        used = [column for column, size in enumerate(self._sizes) if any(row[column] for row in self._cells[1:])]
        while len(used) > 1 and sum(self._sizes[column] + len(_GAP) for column in used) - len(_GAP) > columns:
            used.pop()
        cells = [self._cell(number, column) for column in used]
        return truncate(_GAP.join(cells).rstrip(), columns)

    def _cell(self, number: int, column: int) -> str:
        text, size = self._cells[number][column], self._sizes[column]
        return f"{text:>{size}}" if column in self._RIGHT else pad(text, size)
