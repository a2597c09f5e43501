"""The estimate of the next request: its size, its cached part, its cost."""

from __future__ import annotations

import pytest

from grokchat.api.catalog import read_catalog
from grokchat.api.usage import Usage
from grokchat.messages import Message, body
from grokchat.session.estimate import (
    RequestEstimate,
    TokenEstimator,
    count_common,
    describe_large,
    describe_limits,
    estimate_request,
)
from grokchat.units import short_count

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


def user_messages(*texts: str) -> list[Message]:
    return [Message(f"m{number}", body("user", text)) for number, text in enumerate(texts)]


# -- size --------------------------------------------------------------------------------------------------------------


def test_without_a_count_a_token_is_four_bytes():
    messages = user_messages("a" * 400, "é" * 200)
    assert estimate_request(TokenEstimator(), messages) == RequestEstimate(
        prompt_tokens=104 + 104, unchanged_messages=0
    )


def test_the_apis_count_is_the_base_of_the_estimate():
    """Only what has changed since is estimated."""
    before = user_messages("a" * 4000, "b" * 4000)
    usage = Usage(prompt=3000, cached=100)
    ahead = estimate_request(TokenEstimator(), before, last=before, last_counted=(before, usage))
    assert (
        ahead.prompt_tokens,
        ahead.unchanged_messages,
        ahead.last_messages,
        ahead.reusable_tokens,
        ahead.last_cached_tokens,
    ) == (3000, 2, 2, 3000, 100)
    more = [*before, *user_messages("", "", "c" * 40)[2:]]
    # 3000 tokens were counted for 2008 estimated, so the new 14 are about 21.
    assert estimate_request(TokenEstimator(), more, last=before, last_counted=(before, usage)).prompt_tokens == 3021


def test_a_short_prompt_does_not_set_the_token_ratio():
    before = user_messages("hello")
    more = [*before, *user_messages("", "x" * 400)[1:]]
    assert (
        estimate_request(TokenEstimator(), more, last=before, last_counted=(before, Usage(prompt=200))).prompt_tokens
        == 304
    )


def test_an_images_estimate_does_not_depend_on_its_size():
    parts = [{"type": "text", "text": "look"}, {"type": "image_url", "image_url": {"url": "data:" + "A" * 100_000}}]
    assert estimate_request(TokenEstimator(), [Message("p", {"role": "user", "content": parts})]).prompt_tokens == 1005


# -- what stays cached -------------------------------------------------------------------------------------------------


def test_the_cache_reaches_to_the_first_difference():
    before = user_messages("a" * 4000, "b" * 4000, "c" * 4000, "d" * 4000)
    usage = Usage(prompt=4016, cached=3000)
    edited = [*before[:2], Message("new", body("user", "C" * 4000)), before[3]]
    ahead = estimate_request(TokenEstimator(), edited, last=before, last_counted=(before, usage), model=MODEL)
    assert (ahead.unchanged_messages, ahead.reusable_tokens, ahead.prompt_tokens) == (2, 2008, 4016)
    assert ahead.prompt_ticks == 2008 * 5_000 + 2008 * 20_000
    whole = estimate_request(TokenEstimator(), before, last=before, last_counted=(before, usage), model=MODEL)
    assert whole.prompt_ticks == 4016 * 5_000


def test_the_long_context_price_applies_to_the_whole_request():
    before = user_messages("a" * 800_000)
    usage = Usage(prompt=200_004, cached=100)
    assert (
        estimate_request(TokenEstimator(), before, last=before, last_counted=(before, usage), model=MODEL).prompt_ticks
        == 200_004 * 10_000
    )


def test_equal_messages_count_as_unchanged_even_if_they_are_different_objects():
    assert (
        count_common(user_messages("a", "b"), [*user_messages("a"), Message("x", {"role": "user", "content": "b"})])
        == 2
    )
    assert count_common(user_messages("a", "b"), user_messages("a", "c", "d")) == 1
    assert count_common([], user_messages("a")) == 0


# -- limits ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tokens", "warned"),
    [
        (0, ""),
        (179_999, ""),
        (180_000, "2x price from 200k"),
        (200_000, "2x price now"),
        (449_999, "2x price now"),
        (450_000, "context nearly full"),
        (500_000, "context full"),
    ],
)
def test_the_price_step_and_a_full_context_are_announced_beforehand(tokens, warned):
    assert describe_limits(tokens, MODEL) == warned
    assert describe_limits(tokens, None) == ""


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0"), (999, "999"), (1000, "1k"), (1234, "1.2k"), (123_456, "123k"), (500_000, "500k"), (2_000_000, "2M")],
)
def test_short_counts(count, shown):
    assert short_count(count) == shown


def test_an_attachment_is_large_from_a_share_of_the_context_on():
    assert describe_large(99_999, None) == ""
    assert describe_large(123_456, None) == "about 120,000 tokens"
    assert describe_large(123_456, 500_000) == ""
    assert describe_large(130_000, 500_000) == "about 130,000 tokens, 26% of the model's context of 500k"


def test_a_growing_conversation_gets_the_same_estimate_as_a_new_one():
    scale, messages = TokenEstimator(), [Message(str(at), {"role": "user", "content": "x" * at}) for at in range(30)]
    for count in (1, 5, 30, 7, 30):
        assert scale.tokens(messages[:count]) == TokenEstimator().tokens(messages[:count])
    other = [Message("2", {"role": "user", "content": "y" * 100}), *messages[3:]]
    assert scale.tokens([*messages[:2], *other]) == TokenEstimator().tokens([*messages[:2], *other])
