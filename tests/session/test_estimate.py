"""The estimate of the next request: its size, its cached part, its cost."""

from __future__ import annotations

import pytest
from command_sessions import session_of

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


# -- after a search ----------------------------------------------------------------------------------------------------

TOOL_TOKENS = 1000
"""What the search tools' definitions take of a prompt."""


def searched(sent: int, pages: tuple[int, ...]) -> Usage:
    """Return the usage of a search that was sent so many tokens, and read pages of these sizes, one in each step."""
    steps = [sent + sum(pages[:number]) for number in range(len(pages) + 1)]
    api = {"input_tokens": sum(steps), "context_details": {"input_tokens": steps[-1]}, "output_tokens": 50}
    return Usage.from_api({**api, "server_side_tool_usage_details": {"web_search_calls": len(pages)}})


def estimate_after(pages: tuple[int, ...], *, ratio: float = 1.0, has_exact: bool = False) -> tuple[int, int]:
    """Return the estimate of the request after a search, and what it would really have."""
    before = user_messages(*["a" * 8000] * 3)
    now = [*before, *user_messages("", "", "", "b" * 400)[3:]]
    real = [round(ratio * TokenEstimator().tokens(list_)) + TOOL_TOKENS for list_ in (before[:2], before, now)]
    exact = (before[:2], Usage(prompt=real[0])) if has_exact else None
    counted = (before, searched(real[1], pages))
    ahead = estimate_request(TokenEstimator(), now, last=before, last_counted=counted, last_exact=exact)
    return ahead.prompt_tokens, real[2]


@pytest.mark.parametrize("ratio", [0.7, 1.0, 1.7])
def test_the_pages_that_a_search_read_are_not_part_of_the_next_request(ratio):
    """With one call there are two steps, and the sum less the last one is what was sent: neither sum nor context is."""
    estimate, real = estimate_after((20_000,), ratio=ratio)
    assert estimate == pytest.approx(real, rel=0.02)


@pytest.mark.parametrize("pages", [(500, 500), (3000, 9000, 200), (20_000,) * 9], ids=str)
@pytest.mark.parametrize("ratio", [0.7, 1.0, 1.3])
def test_after_several_calls_the_estimate_is_that_of_the_text_and_the_tools(pages, ratio):
    """So it errs as the first request's does, and not by what was read."""
    estimate, real = estimate_after(pages, ratio=ratio)
    assert estimate == pytest.approx(real, rel=0.4)
    if ratio == 1.0:
        assert estimate == real


@pytest.mark.parametrize("pages", [(500, 500), (3000, 9000, 200), (20_000,) * 9], ids=str)
@pytest.mark.parametrize("ratio", [0.7, 1.0, 1.7])
def test_after_several_calls_an_earlier_exact_count_is_the_base(pages, ratio):
    estimate, real = estimate_after(pages, ratio=ratio, has_exact=True)
    assert estimate == pytest.approx(real, rel=0.1)


def test_the_estimate_of_what_was_searched_with_is_bounded_by_its_count():
    before = user_messages("a" * 80_000)
    usage = searched(3000, (100, 100))
    ahead = estimate_request(TokenEstimator(), before, last=before, last_counted=(before, usage))
    assert ahead.prompt_tokens == usage.context == 3200


def test_a_search_whose_context_the_api_does_not_say_counts_as_uncounted():
    before = user_messages("a" * 8000)
    usage = Usage.from_api({"input_tokens": 90_000, "num_server_side_tools_used": 3})
    ahead = estimate_request(TokenEstimator(), before, last=before, last_counted=(before, usage))
    assert ahead == RequestEstimate(2004, 1, 1)


def test_a_session_estimates_from_its_last_exact_count():
    """The journal has both counts, whatever came between."""
    session = session_of("a" * 8000)
    plain = {"usage": {"prompt_tokens": 4000, "completion_tokens": 5}, "response_id": "r"}
    session.add_message(body("assistant", "b"), reply_fields=plain)
    session.add_message(body("user", "c"))
    details = {"server_side_tool_usage_details": {"web_search_calls": 9}, "context_details": {"input_tokens": 70_000}}
    session.add_message(
        body("assistant", "d"),
        reply_fields={"usage": {"input_tokens": 300_000, **details}, "response_id": "s"},
    )
    assert 4000 <= session.requests.estimate().prompt_tokens < 4100
    session.mute([session.conversation.messages[0].id])
    assert session.requests.estimate().prompt_tokens < 100


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
