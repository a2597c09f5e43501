"""Sessions and models, as tables."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import datetime

from grokchat.api.catalog import Catalog, ModelInfo, unique_models
from grokchat.commands.outcomes import Cell, Column, Table
from grokchat.records import replace
from grokchat.session.summary import DUE_MARK, Summary
from grokchat.units import short_count, time_ago

MAX_LISTED_SESSIONS = 20
_ID_CELLS, _TIME_CELLS, _COUNT_CELLS = 22, 11, 8
"""The widths of columns of a table that is printed row by row."""
_NO_SESSIONS = "No saved sessions."
_NO_MODELS = "The API lists no models."
_DETAILED_COLUMNS = (
    *(Column(name) for name in ("session", "name", "updated")),
    Column("messages", is_right=True),
    Column("model"),
    Column("first words", overflow="cut"),
)
_SESSION_COLUMNS = (
    Column("  updated", cells=2 + _TIME_CELLS),
    Column("messages", is_right=True, cells=_COUNT_CELLS),
    Column("/resume", element="muted", cells=_ID_CELLS),
    Column("session", overflow="cut"),
)
_MODEL_COLUMNS = tuple(Column(name, is_right=True) for name in ("context", "$/1M in", "cached", "out"))


class SessionRows:
    """Rows of /sessions: a `*` marks the session with the id `current`; `words` are those of a search."""

    def __init__(self, now: datetime, *, current: str = "", words: Sequence[str] = ()) -> None:
        self._now = now.astimezone()
        self._current = current
        self._words = tuple(words)

    def table(self, summaries: Iterable[Summary]) -> Table:
        """Return sessions as a table, whose columns have the same widths whatever the sessions."""
        found = list(summaries)
        notes = tuple(map(self._note, found))
        return Table(_SESSION_COLUMNS, tuple(map(self._row, found)), empty=_NO_SESSIONS, notes=notes)

    def _row(self, summary: Summary) -> tuple[str | Cell, ...]:
        mark, element = ("*", "strong") if self._current and summary.id == self._current else (" ", "")
        updated = time_ago(datetime.fromtimestamp(summary.updated, tz=self._now.tzinfo), self._now)
        title = Cell(summary.listed_title, element, self._words)
        return Cell(f"{mark} {updated}", element), f"{summary.messages:,}", summary.id, title

    def _note(self, summary: Summary) -> Cell:
        """Return the line that was found, unless the title shows the words already."""
        title = summary.title.casefold()
        is_shown = all(word.casefold() in title for word in self._words)
        return Cell("" if is_shown else summary.match, found=self._words)


def session_table(summaries: Iterable[Summary]) -> Table:
    """Return sessions with all that is known of them, for a program to read."""
    return Table(_DETAILED_COLUMNS, tuple(map(_details, summaries)), empty=_NO_SESSIONS)


def search_table(summaries: Iterable[Summary]) -> Table:
    """Return the same of the sessions that a search found."""
    return replace(session_table(summaries), empty="No session contains all of these words.")


def _details(summary: Summary) -> tuple[str, ...]:
    updated = time.strftime("%Y-%m-%d %H:%M", time.localtime(summary.updated))
    first = f"{DUE_MARK}{summary.first}" if summary.due else summary.first
    return summary.id, summary.name, updated, str(summary.messages), summary.model, first


def model_table(catalog: Catalog, current: str) -> Table:
    """Return the models with context and prices, and below each its aliases and efforts; the current one is marked."""
    current_model = catalog.get(current)
    models = unique_models(catalog)
    rows = []
    for model in models:
        mark, element = ("*", "strong") if model is current_model else (" ", "")
        rows.append((Cell(f"{mark} {model.id}", element), *context_and_prices(model)))
    columns, notes = (Column("  model"), *_MODEL_COLUMNS), tuple(map(_model_note, models))
    return Table(columns, tuple(rows), empty=_NO_MODELS, notes=notes)


def plain_model_table(catalog: Catalog) -> Table:
    """Return the models for a program to read: each with its aliases and efforts in the row."""
    columns = (Column("model"), *_MODEL_COLUMNS, Column("aliases"), Column("efforts"))
    rows = [
        (model.id, *context_and_prices(model), ",".join(model.aliases), ",".join(model.efforts))
        for model in unique_models(catalog)
    ]
    return Table(columns, tuple(rows), empty=_NO_MODELS)


def context_and_prices(model: ModelInfo) -> tuple[str, str, str, str]:
    """Return the context window, and the dollars for a million prompt, cached and completion tokens."""
    context = short_count(model.context) if model.context is not None else ""
    if model.prices is None:
        return context, "", "", ""
    prompt, cached, completion = (
        f"{price / 10_000:.2f}" for price in (model.prices.prompt, model.prices.cached, model.prices.completion)
    )
    return context, prompt, cached, completion


def _model_note(model: ModelInfo) -> str:
    notes = [f"also {', '.join(model.aliases)}"] if model.aliases else []
    if model.efforts:
        notes.append(f"effort {', '.join(model.efforts)}")
    if model.long_from is not None and model.long_prices is not None and model.prices is not None:
        factor = model.long_prices.prompt / model.prices.prompt
        notes.append(f"{factor:.2g}x the price from {short_count(model.long_from)} tokens")
    return " · ".join(notes)
