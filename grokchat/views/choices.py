"""Sessions and models as rows of a list to choose from. Text from outside is made visible here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from grokchat.api.catalog import Catalog, ModelInfo, unique_models
from grokchat.commands.outcomes import Column, Table
from grokchat.errors import FileError
from grokchat.records import replace
from grokchat.render.cells import cell_width
from grokchat.render.sanitize import visible_line
from grokchat.render.style import TerminalStyle
from grokchat.terminal.rows import Row
from grokchat.units import plural, time_ago
from grokchat.views.cell_text import GAP_CELLS
from grokchat.views.listings import context_and_prices

if TYPE_CHECKING:
    from grokchat.session.summary import Progress, Summary, SummarySource

_MODEL_CELLS, _COUNT_CELLS, _TIME_CELLS = 10, 14, 11
"""The widths of a session's columns, whose rows are read one by one."""
_MIN_WIDE_COLUMNS, _MIN_TIME_COLUMNS = 70, 30
"""A narrower window has room for the time and the title only, or for the title."""
_PLAIN = TerminalStyle("none")
"""Rows have no style of their own: the list marks the selected one."""


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
        return FileError(self._sessions.folder, "there are no saved sessions yet")

    def head(self, columns: int) -> str:  # noqa: ARG002 - a row of sessions explains itself
        """Return nothing."""
        return ""

    def rows(self, progress: Progress) -> Iterator[Row]:
        """Yield a row for each session; raises FileError."""
        for summary in self._sessions.summaries(progress):
            words = f"{summary.id} {summary.name} {summary.first} {summary.model}".casefold()
            yield Row(summary.path, words, partial(_session_line, summary, self._now))


def _session_line(summary: Summary, now: datetime, columns: int) -> str:
    updated = datetime.fromtimestamp(summary.updated, tz=now.tzinfo).astimezone()
    when, title = time_ago(updated, now.astimezone()), summary.listed_title
    narrow = ((Column(cells=_TIME_CELLS), when), (Column(overflow="cut"), title))
    if columns < _MIN_WIDE_COLUMNS:
        return _row_line(narrow if columns >= _MIN_TIME_COLUMNS else narrow[1:], columns)
    count = (Column(is_right=True, cells=_COUNT_CELLS), plural(summary.messages, "message"))
    model = (Column(overflow="cut", cells=_MODEL_CELLS), summary.model[:_MODEL_CELLS] or "-")
    return _row_line((narrow[0], count, model, narrow[1]), columns)


def _row_line(cells: Sequence[tuple[Column, str]], columns: int) -> str:
    from grokchat.views.table import table_lines

    table = Table(tuple(column for column, _ in cells), (tuple(text for _, text in cells),))
    return table_lines(table, columns, _PLAIN, has_head=False)[0]


class ModelRows:
    """The API's models, the current one marked; a row's value is the model's id.

    A narrow window has no room for all columns: the efforts are dropped first, then the context, then the prices.
    """

    title = "model"
    on_enter = "Enter selects it"
    no_match = "no model matches"
    reads_files = False
    instead = "/models lists them, /model ID selects one."
    _COLUMNS = (
        Column("  model", overflow="cut"),
        *(Column(name, is_right=True) for name in ("$/1M in", "out", "context")),
        Column("effort"),
    )

    def __init__(self, catalog: Catalog, current: str) -> None:
        self._models = unique_models(catalog)
        self._current = catalog.get(current)
        rows = [self._model_cells(model) for model in self._models]
        self._rows = [tuple(column.name for column in self._COLUMNS), *rows]
        widths = [max(map(cell_width, column)) for column in zip(*self._rows, strict=True)]
        self._columns = [
            (number, replace(column, cells=width))
            for number, (column, width) in enumerate(zip(self._COLUMNS, widths, strict=True))
            if any(row[number] for row in rows)
        ]

    @property
    def empty_error(self) -> FileError:
        """The API lists nothing."""
        return FileError(Path("models"), "the API lists no models")

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
        used = list(self._columns)
        while len(used) > 1 and sum(column.cells + GAP_CELLS for _, column in used) - GAP_CELLS > columns:
            used.pop()
        if len(used) == 1:
            used = [(0, replace(used[0][1], cells=0))]
        return _row_line([(column, self._rows[number][place]) for place, column in used], columns)
