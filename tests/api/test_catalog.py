"""The API's list of models: prices, aliases, and invalid lists."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokchat.api.catalog import ModelInfo, Prices, read_catalog, unique_models

GROK = {
    "id": "grok-4.7",
    "aliases": ["grok-latest"],
    "context_length": 500_000,
    "prompt_text_token_price": 20_000,
    "cached_prompt_text_token_price": 5_000,
    "completion_text_token_price": 60_000,
    "prompt_text_token_price_long_context": 40_000,
    "cached_prompt_text_token_price_long_context": 10_000,
    "completion_text_token_price_long_context": 120_000,
    "long_context_threshold": 200_000,
    "capabilities": {"reasoning_effort": ["low", "high"]},
}
MODEL = read_catalog({"data": [GROK]})["grok-4.7"]


def test_prices_are_ticks_per_token():
    """Cents per 10^8 tokens are ticks a token: 20000 is $2.00 for a million."""
    assert MODEL.prices == Prices(20_000, 5_000, 60_000)
    assert MODEL.prices_at(199_999) == MODEL.prices
    assert MODEL.prices_at(200_000) == Prices(40_000, 10_000, 120_000)
    assert (MODEL.context, MODEL.long_from, MODEL.efforts) == (500_000, 200_000, ("low", "high"))
    assert MODEL.raw is GROK


def test_a_model_is_found_by_its_aliases_and_listed_once():
    catalog = read_catalog({"data": [GROK, {"id": "b", "aliases": ["grok-4.7", 5]}, {"id": ""}, {"no": "id"}, 3]})
    assert catalog["grok-latest"].id == "grok-4.7"
    assert catalog["grok-4.7"].id == "grok-4.7"
    assert [model.id for model in unique_models(catalog)] == ["grok-4.7", "b"]


@pytest.mark.parametrize("answer", [{}, {"data": None}, {"data": {}}, {"data": [[]]}, {"data": ["x"]}])
def test_an_invalid_list_is_an_empty_catalog(answer):
    assert read_catalog(answer) == {}


@pytest.mark.parametrize("price", [None, "20000", -1, 1.5, True, 10**30, 0])
def test_an_invalid_price_is_unknown(price):
    assert read_catalog({"data": [{**GROK, "prompt_text_token_price": price}]})["grok-4.7"].prices is None


@pytest.mark.parametrize("nothing", [0, None, -5, "40000", 1.5, True, "absent"])
@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("prompt_text_token_price", Prices(20_000, 10_000, 120_000)),
        ("cached_prompt_text_token_price", Prices(40_000, 5_000, 120_000)),
        ("completion_text_token_price", Prices(40_000, 10_000, 60_000)),
    ],
)
def test_without_a_price_above_the_step_the_short_one_holds(nothing, key, expected):
    entry = {**GROK, f"{key}_long_context": nothing}
    if nothing == "absent":
        del entry[f"{key}_long_context"]
    assert read_catalog({"data": [entry]})["grok-4.7"].prices_at(200_000) == expected


@pytest.mark.parametrize("threshold", [0, None, -1, "200000", "absent"])
def test_without_a_threshold_there_is_no_step(threshold):
    entry = {**GROK, "long_context_threshold": threshold}
    if threshold == "absent":
        del entry["long_context_threshold"]
    model = read_catalog({"data": [entry]})["grok-4.7"]
    assert model.prices_at(10**9) == model.prices


def test_the_same_prices_above_the_step_are_no_step():
    entry = {key: value for key, value in GROK.items() if not key.endswith("_long_context")}
    assert read_catalog({"data": [entry]})["grok-4.7"].long_prices is None


@pytest.mark.parametrize("cached", [0, None, -1, "5000"])
def test_cached_tokens_without_a_price_cost_what_others_do(cached):
    """Also above the step, if neither price of cached tokens is known."""
    entry = {**GROK, "cached_prompt_text_token_price": cached, "cached_prompt_text_token_price_long_context": cached}
    model = read_catalog({"data": [entry]})["grok-4.7"]
    assert (model.prices.cached, model.long_prices.cached) == (20_000, 40_000)


def test_a_whole_number_may_be_written_as_a_fraction():
    entry = {**GROK, "prompt_text_token_price": 20_000.0, "long_context_threshold": 2e5}
    model = read_catalog({"data": [entry]})["grok-4.7"]
    assert (model.prices, model.long_from) == (MODEL.prices, 200_000)


def test_a_list_of_ids_alone_is_read():
    assert read_catalog({"data": [{"id": "x", "object": "model"}]})["x"] == ModelInfo(
        "x", raw={"id": "x", "object": "model"}
    )


@pytest.mark.parametrize("value", ["x-y", {"x": "y"}, 5, True, None, [["x"]], [5, None, ""]])
def test_a_list_of_a_wrong_type_is_empty(value):
    """A string is not a list of its letters, and an object is not a list of its keys."""
    catalog = read_catalog({"data": [{"id": "m", "aliases": value, "capabilities": {"reasoning_effort": value}}]})
    assert list(catalog) == ["m"]
    assert (catalog["m"].aliases, catalog["m"].efforts) == ((), ())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.fixed_dictionaries({"id": st.text(min_size=1)}, optional=dict.fromkeys([*GROK.keys() - {"id"}, "object"], JSON))
)
def test_a_field_of_a_wrong_type_is_unknown(entry):
    """A field is read with its type, or not at all."""
    model = read_catalog({"data": [entry]})[entry["id"]]
    numbers = [model.context, model.long_from]
    for prices in (model.prices, model.long_prices):
        numbers += [prices.prompt, prices.cached, prices.completion] if prices else []
    assert all(number is None or (type(number) is int and number >= 0) for number in numbers)
    assert all(isinstance(text, str) for text in (*model.aliases, *model.efforts))
    given_aliases = entry.get("aliases")
    allowed = [alias for alias in given_aliases if isinstance(alias, str)] if isinstance(given_aliases, list) else []
    assert set(model.aliases) <= set(allowed)
