"""What is listed of sessions and models, as tables."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import islice

from grokchat.api.catalog import Catalog, ModelInfo, models_of
from grokchat.commands.outcomes import Table
from grokchat.records import replace
from grokchat.session.store import Library
from grokchat.session.summary import Summary
from grokchat.units import plural, short_count

SHOWN_SESSIONS = 20


def all_sessions(summaries: Iterable[Summary]) -> Table:
    """Return sessions with what there is to know of them."""
    return Table(_ALL, tuple(map(_all_of, summaries)), empty="There are no saved sessions yet.", folds=True)


def found_sessions(summaries: Iterable[Summary]) -> Table:
    """Return sessions that were searched for."""
    return replace(all_sessions(summaries), empty=_NONE_FOUND)


def row_of_all(one: Summary) -> Table:
    """Return one row of a table that is shown row by row: its columns are as wide in each of them."""
    name, _, updated, messages, model, first = _all_of(one)
    return Table(
        ("session", "updated", "messages", "model", "title"),
        ((f"{name:22}", updated, f"{messages:>8}", f"{model[:10]:10}", one.name or first),),
        folds=True,
    )


def _all_of(one: Summary) -> tuple[str, ...]:
    return one.id, one.name, _when(one.updated), str(one.messages), one.model, one.first


_ALL = ("session", "name", "updated", "messages", "model", "first words")
_NONE_FOUND = "No session has all these words."


def sessions(library: Library) -> Table:
    """Return the newest sessions."""
    rows = [_found(one) for one in islice(library.summaries(), SHOWN_SESSIONS)]
    return Table(_FOUND, tuple(rows), empty="There are no saved sessions yet.", folds=True)


def row_found(one: Summary) -> Table:
    """Return one row of a table that is shown row by row: its columns are as wide in each of them."""
    name, count, title = _found(one)
    return Table(_FOUND, ((f"{name:22}", f"{count:>14}", title),), folds=True)


def _found(one: Summary) -> tuple[str, str, str]:
    return one.id, plural(one.messages, "message"), one.title


_FOUND = ("/resume", "", "")


def models(catalog: Catalog, current: str) -> Table:
    """Return the models with context and prices, each with its other names below it; the one that is set is marked."""
    here = catalog.get(current)
    rows = []
    for one in models_of(catalog):
        rows.append((*_row(one), "; ".join(_more(one, is_set=one is here))))
        rows += [(f"  {alias}", "", "", "", "", "another name of it") for alias in one.aliases]
    head = ("model", "context", "$/1M in", "cached", "out", "")
    return Table(head, tuple(rows), empty="The API lists no models.", folds=True)


def _row(one: ModelInfo) -> tuple[str, str, str, str, str]:
    context = short_count(one.context) if one.context is not None else ""
    if one.prices is None:
        return one.id, context, "", "", ""
    prices = (one.prices.prompt, one.prices.cached, one.prices.completion)
    return (one.id, context, *(f"{price / 10_000:.2f}" for price in prices))  # type: ignore[return-value]


def _more(one: ModelInfo, *, is_set: bool) -> list[str]:
    more = ["this session's"] if is_set else []
    if one.long_from is not None and one.long_prices is not None and one.prices is not None:
        more.append(f"{one.long_prices.prompt / one.prices.prompt:.2g}x from {short_count(one.long_from)}")
    if one.efforts:
        more.append(f"effort {', '.join(one.efforts)}")
    return more


def _when(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
