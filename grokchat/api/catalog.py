"""What the API says of its models (`GET /v1/models`): context, prices, aliases. Pure.

Early lists have ids alone, and other servers' lists are poorer still: what is not said is None, and nobody makes it
up. Prices are in ticks a token (10^10 ticks are a US dollar), which is the API's own unit: cents per 10^8 tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from grokchat.records import field, record

_TOO_MUCH = 1 << 53


@record
class Prices:
    """Ticks a token: what is read anew, what the server had cached, what is written."""

    prompt: int
    cached: int
    completion: int


@record
class ModelInfo:
    """One model.

    `context` is in tokens. From `long_from` prompt tokens on, `long_prices` hold for the whole request. `efforts` are
    the values that `reasoning_effort` may have. `raw` is the API's own object.
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
        """Return the prices that hold for a request of that many prompt tokens."""
        if self.long_from is not None and self.long_prices is not None and prompt_tokens >= self.long_from:
            return self.long_prices
        return self.prices


Catalog = Mapping[str, ModelInfo]
"""The models by their ids and aliases."""


def read_catalog(answer: Mapping[str, Any]) -> Catalog:
    """Read the endpoint's answer; what is no model in it is passed over."""
    data = answer.get("data")
    models = [_model(one) for one in data if _named(one)] if isinstance(data, list) else []
    by_alias = {alias: one for one in models for alias in one.aliases}
    return {**by_alias, **{one.id: one for one in models}}


def unique_models(catalog: Catalog) -> list[ModelInfo]:
    """Return the models of a catalog, once each, in its order."""
    return list({one.id: one for name, one in catalog.items() if name == one.id}.values())


def cost(prices: Prices, *, cached: int, fresh: int) -> int:
    """Return the ticks that a prompt of so many cached and fresh tokens costs."""
    return cached * prices.cached + fresh * prices.prompt


def _named(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("id"), str) and bool(value["id"])


def _model(value: Mapping[str, Any]) -> ModelInfo:
    aliases, capabilities = value.get("aliases"), value.get("capabilities")
    efforts = capabilities.get("reasoning_effort") if isinstance(capabilities, dict) else None
    return ModelInfo(
        id=value["id"],
        aliases=_texts(aliases),
        context=_count(value.get("context_length")) or None,
        prices=_prices(value, ""),
        long_from=_count(value.get("long_context_threshold")) or None,
        long_prices=_prices(value, "_long_context"),
        efforts=_texts(efforts),
        raw=value,
    )


def _prices(value: Mapping[str, Any], suffix: str) -> Prices | None:
    keys = ("prompt_text_token_price", "cached_prompt_text_token_price", "completion_text_token_price")
    prompt, cached, completion = (_count(value.get(key + suffix)) for key in keys)
    if prompt is None or completion is None or not prompt:
        return None
    return Prices(prompt, prompt if cached is None else cached, completion)


def _count(value: object) -> int | None:
    return value if type(value) is int and 0 <= value < _TOO_MUCH else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, Iterable) else ()
