"""Sessions and models, as tables."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import islice

from grokchat.api.catalog import Catalog, ModelInfo, unique_models
from grokchat.commands.outcomes import Column, Table
from grokchat.records import replace
from grokchat.session.store import SessionStore
from grokchat.session.summary import Summary
from grokchat.units import plural, short_count

MAX_LISTED_SESSIONS = 20
_ID_CELLS, _MODEL_CELLS = 22, 10
"""The widths of columns that are printed row by row."""

_DETAILED_COLUMNS = (
    *(Column(name) for name in ("session", "name", "updated")),
    Column("messages", is_right=True),
    Column("model"),
    Column("first words", overflow="cut"),
)
_ROW_COLUMNS = (
    Column("session", cells=_ID_CELLS),
    Column("updated"),
    Column("messages", is_right=True),
    Column("model", cells=_MODEL_CELLS),
    Column("title", overflow="cut"),
)
"""The columns of a table that is printed row by row."""
_BRIEF_COLUMNS = (Column("/resume", cells=_ID_CELLS), Column(is_right=True, cells=14), Column(overflow="cut"))
_MODEL_COLUMNS = (
    Column("model"),
    *(Column(name, is_right=True) for name in ("context", "$/1M in", "cached", "out")),
    Column(overflow="fold"),
)


def session_table(summaries: Iterable[Summary]) -> Table:
    """Return sessions with all their columns."""
    return Table(_DETAILED_COLUMNS, tuple(map(_details, summaries)), empty="There are no saved sessions yet.")


def search_table(summaries: Iterable[Summary]) -> Table:
    """Return the sessions that a search found, with all their columns."""
    return replace(session_table(summaries), empty="No session has all these words.")


def session_row(summary: Summary) -> Table:
    """Return one session as a table whose columns have fixed widths, for a table that is printed row by row."""
    session_id, _, updated, messages, model, first = _details(summary)
    return Table(_ROW_COLUMNS, ((session_id, updated, messages, model, summary.name or first),))


def resume_table(store: SessionStore) -> Table:
    """Return the newest sessions, with the argument that resumes each."""
    rows = [_brief(summary) for summary in islice(store.summaries(), MAX_LISTED_SESSIONS)]
    return Table(_BRIEF_COLUMNS, tuple(rows), empty="There are no saved sessions yet.")


def resume_row(summary: Summary) -> Table:
    """Return a session as `session_row` does, with the argument that resumes it."""
    return Table(_BRIEF_COLUMNS, (_brief(summary),))


def _details(summary: Summary) -> tuple[str, ...]:
    updated = time.strftime("%Y-%m-%d %H:%M", time.localtime(summary.updated))
    return summary.id, summary.name, updated, str(summary.messages), summary.model, summary.first


def _brief(summary: Summary) -> tuple[str, str, str]:
    return summary.id, plural(summary.messages, "message"), summary.title


def model_table(catalog: Catalog, current: str) -> Table:
    """Return the models with context and prices, each with its aliases below it; the current one is marked."""
    current_model = catalog.get(current)
    rows: list[tuple[str, ...]] = []
    for model in unique_models(catalog):
        notes = _notes(model, is_current=model is current_model)
        rows.append((model.id, *context_and_prices(model), "; ".join(notes)))
        rows += [(f"  {alias}", "", "", "", "", "another name of it") for alias in model.aliases]
    return Table(_MODEL_COLUMNS, tuple(rows), empty="The API lists no models.")


def context_and_prices(model: ModelInfo) -> tuple[str, str, str, str]:
    """Return the context window, and the dollars for a million prompt, cached and completion tokens."""
    context = short_count(model.context) if model.context is not None else ""
    if model.prices is None:
        return context, "", "", ""
    prompt, cached, completion = (
        f"{price / 10_000:.2f}" for price in (model.prices.prompt, model.prices.cached, model.prices.completion)
    )
    return context, prompt, cached, completion


def _notes(model: ModelInfo, *, is_current: bool) -> list[str]:
    notes = ["this session's"] if is_current else []
    if model.long_from is not None and model.long_prices is not None and model.prices is not None:
        notes.append(f"{model.long_prices.prompt / model.prices.prompt:.2g}x from {short_count(model.long_from)}")
    if model.efforts:
        notes.append(f"effort {', '.join(model.efforts)}")
    return notes
