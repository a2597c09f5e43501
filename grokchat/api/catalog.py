"""The API's list of models (`GET` base_url + `/models`): context windows, prices and aliases. Pure.

Early lists hold only ids, and other servers' lists hold even less. A field that is missing or has a wrong type is
unknown (None, or empty), never guessed. Prices are in ticks per token (10^10 ticks are one US dollar), which is the
API's own unit: cents per 10^8 tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from grokchat.records import field, record

_PRICE_KEYS = ("prompt_text_token_price", "cached_prompt_text_token_price", "completion_text_token_price")
_MAX_COUNT = 1 << 53
"""Larger numbers are not exact as floats; real token counts and prices are far smaller."""


@record
class Prices:
    """Ticks per token: of the prompt, of its cached part, and of the completion."""

    prompt: int
    cached: int
    completion: int


@record
class ModelInfo:
    """One model.

    `context` is in tokens. From `long_from` prompt tokens on, `long_prices` apply to the whole request. `efforts` are
    the values that `reasoning_effort` accepts. `raw` is the API's own object.
    """

    id: str
    aliases: Sequence[str] = ()
    context: int | None = None
    prices: Prices | None = None
    long_from: int | None = None
    long_prices: Prices | None = None
    efforts: Sequence[str] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)

    def prices_at(self, prompt_tokens: int) -> Prices | None:
        """Return the prices of a request with this many prompt tokens."""
        if self.long_from is not None and self.long_prices is not None and prompt_tokens >= self.long_from:
            return self.long_prices
        return self.prices


Catalog = Mapping[str, ModelInfo]
"""Models by their ids and aliases."""


def read_catalog(answer: Mapping[str, Any]) -> Catalog:
    """Read the endpoint's response; entries that are not models are skipped."""
    data = answer.get("data")
    models = [_read_model(entry) for entry in data if _has_id(entry)] if isinstance(data, list) else []
    by_alias = {alias: model for model in models for alias in model.aliases}
    return {**by_alias, **{model.id: model for model in models}}


def unique_models(catalog: Catalog) -> list[ModelInfo]:
    """Return each model of a catalog once, in the catalog's order."""
    return list({model.id: model for name, model in catalog.items() if name == model.id}.values())


def prompt_cost(prices: Prices, *, cached: int, fresh: int) -> int:
    """Return the cost in ticks of a prompt with this many cached and uncached tokens."""
    return cached * prices.cached + fresh * prices.prompt


def _has_id(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("id"), str) and bool(entry["id"])


def _read_model(entry: Mapping[str, Any]) -> ModelInfo:
    capabilities = entry.get("capabilities")
    prices, long_prices = _read_prices(entry)
    return ModelInfo(
        id=entry["id"],
        aliases=_strings(entry.get("aliases")),
        context=_count(entry.get("context_length")) or None,
        prices=prices,
        long_from=_count(entry.get("long_context_threshold")) or None,
        long_prices=long_prices,
        efforts=_strings(capabilities.get("reasoning_effort")) if isinstance(capabilities, dict) else (),
        raw=entry,
    )


def _read_prices(entry: Mapping[str, Any]) -> tuple[Prices | None, Prices | None]:
    """Return a model's prices, and those above its step if they differ.

    0 means that there is no such price: then the short one holds above the step, and that of the prompt for its cached
    part (the API's OpenAPI file, LanguageModel). Nothing is free.
    """
    prompt, cached, completion = (_count(entry.get(key)) for key in _PRICE_KEYS)
    if not prompt or completion is None:
        return None, None
    long_prompt, long_cached, long_completion = (_count(entry.get(f"{key}_long_context")) for key in _PRICE_KEYS)
    short = Prices(prompt, cached or prompt, completion)
    long_prompt = long_prompt or prompt
    long = Prices(long_prompt, long_cached or cached or long_prompt, long_completion or completion)
    return short, long if long != short else None


def _count(value: object) -> int | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value < _MAX_COUNT else None


def _strings(value: object) -> tuple[str, ...]:
    """Return the non-empty strings of a list; a string is not a list of its letters."""
    return tuple(item for item in value if isinstance(item, str) and item) if isinstance(value, list) else ()
