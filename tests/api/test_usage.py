"""Tokens and costs as the API reports them."""

from __future__ import annotations

import pytest

from grokchat.api.usage import Usage, counts_prompt


def report(prompt=0, completion=0, total=None, *, reasoning=None, cached=None, **more):
    made = {"prompt_tokens": prompt, "completion_tokens": completion, **more}
    if total is not None:
        made["total_tokens"] = total
    if reasoning is not None:
        made["completion_tokens_details"] = {"reasoning_tokens": reasoning}
    if cached is not None:
        made["prompt_tokens_details"] = {"cached_tokens": cached}
    return made


def test_completion_tokens_exclude_reasoning():
    used = Usage.from_api(report(40, 9, 40 + 9 + 21, reasoning=21, cached=32))
    assert used == Usage(prompt=40, cached=32, reasoning=21, completion=9)
    assert used.total == 70


def test_reasoning_is_subtracted_if_the_total_shows_that_the_completion_includes_it():
    used = Usage.from_api(report(40, 30, 70, reasoning=21))
    assert used == Usage(prompt=40, reasoning=21, completion=9)
    assert used.total == 70


def test_the_completion_may_be_reasoning_alone():
    assert Usage.from_api(report(40, 21, 61, reasoning=21)) == Usage(prompt=40, reasoning=21, completion=0)


def test_more_reasoning_than_completion_is_never_subtracted():
    assert Usage.from_api(report(40, 9, 49, reasoning=21)) == Usage(prompt=40, reasoning=21, completion=9)


def test_without_a_total_the_documented_counting_applies():
    assert Usage.from_api(report(40, 30, reasoning=21)) == Usage(prompt=40, reasoning=21, completion=30)


def test_cached_tokens_are_at_most_the_prompt_tokens():
    assert Usage.from_api(report(40, cached=64)).cached == 40


@pytest.mark.parametrize("cost", [{}, {"cost_in_usd_ticks": 0}, {"cost_in_usd_ticks": None}])
def test_a_cost_of_zero_means_not_reported(cost):
    used = Usage.from_api(report(1, 1, **cost))
    assert used.cost_ticks is None
    assert used.dollars == ""


@pytest.mark.parametrize(
    ("ticks", "shown"),
    [(15_000_000, "$0.0015"), (10_000_000_000, "$1.00"), (123_456_000_000, "$12.35"), (1, "< $0.0001")],
)
def test_ticks_are_shown_as_dollars(ticks, shown):
    assert Usage.from_api({"cost_in_usd_ticks": ticks}).dollars == shown


@pytest.mark.parametrize("nonsense", ["7", 7.5, -7, True, None, [7], {"a": 7}])
def test_an_invalid_count_is_zero(nonsense):
    made = report(nonsense, nonsense, nonsense, reasoning=nonsense, cached=nonsense, cost_in_usd_ticks=nonsense)
    assert Usage.from_api(made) == Usage()


def test_a_whole_number_may_be_written_as_a_fraction():
    assert Usage.from_api({"prompt_tokens": 3.0, "cost_in_usd_ticks": 1.476e7}) == Usage(3, cost_ticks=14_760_000)


@pytest.mark.parametrize("details", [None, 3, [], "many"])
def test_invalid_details_are_zero(details):
    made = {"prompt_tokens": 3, "prompt_tokens_details": details, "completion_tokens_details": details}
    assert Usage.from_api(made) == Usage(prompt=3)


def test_an_empty_usage_is_zero():
    assert Usage.from_api({}) == Usage()


def test_replies_add_up():
    both = Usage(10, 4, 2, 1, 100) + Usage(20, 8, 4, 2, 11)
    assert both == Usage(30, 12, 6, 3, 111)


def test_a_reply_without_cost_adds_no_cost():
    assert (Usage(1) + Usage(2, cost_ticks=7)).cost_ticks == 7
    assert (Usage(1, cost_ticks=7) + Usage(2)).cost_ticks == 7
    assert (Usage(1) + Usage(2)).cost_ticks is None


def test_a_number_that_is_not_a_count_is_zero():
    """A server cannot crash the chat."""
    used = Usage.from_api({"prompt_tokens": 10**400, "completion_tokens": 5, "cost_in_usd_ticks": 10**400})
    assert (used.prompt, used.completion, used.dollars) == (0, 5, "")


RESPONSE_USAGE = {
    "input_tokens": 5467,
    "input_tokens_details": {"cached_tokens": 4389},
    "output_tokens": 300,
    "output_tokens_details": {"reasoning_tokens": 120},
    "total_tokens": 5767,
    "num_server_side_tools_used": 3,
    "server_side_tool_usage_details": {
        "web_search_calls": 2,
        "x_search_calls": 1,
        "x_posts_fetched": 12,
        "mcp_calls": 0,
    },
    "context_details": {"input_tokens": 4389, "output_tokens": 180},
    "cost_in_usd_ticks": 21_000_000,
}


def test_a_responses_output_includes_reasoning_and_its_context_is_the_last_step():
    """`input_tokens` is the sum of the agent's steps; the context is that of the last one (API page, usage)."""
    usage = Usage.from_api(RESPONSE_USAGE)
    assert (usage.prompt, usage.cached, usage.reasoning, usage.completion) == (5467, 4389, 120, 180)
    assert (usage.context, usage.cost_ticks, usage.total) == (4389, 21_000_000, 5767)
    assert usage.tool_counts == {"web_search_calls": 2, "x_search_calls": 1, "x_posts_fetched": 12}


def test_the_context_of_several_steps_is_unknown_without_the_last_one():
    usage = Usage.from_api({key: value for key, value in RESPONSE_USAGE.items() if key != "context_details"})
    assert usage.context == 0
    assert Usage.from_api({"input_tokens": 70, "output_tokens": 3}).context == 70


def test_tool_counts_add_up():
    total = Usage.from_api(RESPONSE_USAGE) + Usage.from_api(
        {**RESPONSE_USAGE, "server_side_tool_usage_details": {"x_posts_fetched": 3}}
    )
    assert total.tool_counts == {"web_search_calls": 2, "x_search_calls": 1, "x_posts_fetched": 15}


def test_the_first_step_is_bounded_by_the_sum_of_the_others():
    """What was sent is part of every step: with two steps it is known exactly."""
    assert Usage.from_api(RESPONSE_USAGE).first_step == 5467 - 4389
    many = Usage.from_api({**RESPONSE_USAGE, "input_tokens": 26_451, "context_details": {"input_tokens": 7000}})
    assert many.first_step == 7000
    assert Usage.from_api({"input_tokens": 70, "context_details": {"input_tokens": 70}}).first_step == 70
    assert Usage.from_api(report(40, 9)).first_step == 40
    assert Usage.from_api({"input_tokens": 70, "num_server_side_tools_used": 1}).first_step == 0


ONE_CALL = {"web_search_calls": 1, "x_posts_fetched": 12}


@pytest.mark.parametrize(
    ("usage", "has_steps", "is_exact"),
    [
        (RESPONSE_USAGE, True, False),
        ({**RESPONSE_USAGE, "server_side_tool_usage_details": ONE_CALL}, True, True),
        ({"input_tokens": 70, "server_side_tool_usage_details": ONE_CALL}, True, False),
        ({"input_tokens": 70, "num_server_side_tools_used": 1}, True, False),
        ({"input_tokens": 70, "context_details": {"input_tokens": 70}, "num_server_side_tools_used": 0}, False, True),
        (report(40, 9), False, True),
        ({}, False, True),
    ],
)
def test_a_prompt_is_counted_exactly_without_tools_or_with_one_call(usage, has_steps, is_exact):
    assert Usage.from_api(usage).has_tool_steps == has_steps
    assert counts_prompt(usage) == Usage.from_api(usage).is_first_step_exact == is_exact


def counted(**details):
    return Usage.from_api({"input_tokens": 1, "server_side_tool_usage_details": details}).tools


def test_tool_counts_are_named_in_plain_words():
    assert Usage.from_api(RESPONSE_USAGE).tools == "2 web searches, 1 X search, 12 posts"
    assert counted(web_search_calls=1, x_posts_fetched=1, x_users_fetched=2) == "1 web search, 1 post, 2 profiles"
    assert counted(x_posts_fetched=1200) == "1,200 posts"
    assert Usage.from_api(report(40, 9)).tools == ""


def test_tool_counts_of_unknown_names_are_readable_and_short():
    assert counted(image_generation_calls=2) == "2 image generation calls"
    assert counted(image_generation_calls=1, new_thing=1) == "1 image generation call, 1 new thing"
    assert counted(**{"x" * 1000: 1}) == "1 " + "x" * 40
    many = counted(**{f"kind_{number}": 1 for number in range(1000)})
    assert (many.count(","), many[-1]) == (8, "…")
