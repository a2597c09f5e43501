"""The shares of the messages in the next request."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokchat.messages import Message, body
from grokchat.session.context_shares import Share, fold_shares, largest_shares, request_shares, spread_tokens
from grokchat.session.conversation import Conversation
from grokchat.session.estimate import RequestEstimate

wholes = st.integers(0, 10**9)
weights = st.lists(st.integers(1, 10**6), min_size=1, max_size=40)


@given(wholes, weights)
def test_the_shares_sum_up_to_the_whole(whole, weights):
    assert sum(spread_tokens(whole, weights)) == whole


@given(wholes, weights)
def test_a_greater_weight_has_no_smaller_share_and_each_is_within_one_token(whole, weights):
    shares = spread_tokens(whole, weights)
    ordered = [share for _, share in sorted(zip(weights, shares, strict=True))]
    assert ordered == sorted(ordered)
    assert all(
        abs(share - whole * weight / sum(weights)) < 1 + 1e-6 for share, weight in zip(shares, weights, strict=True)
    )


@given(wholes, weights, st.integers(0, 39))
def test_a_message_that_grows_has_no_smaller_share(whole, weights, place):
    grown = [weight + (number == place) for number, weight in enumerate(weights)]
    if place < len(weights):
        assert spread_tokens(whole, grown)[place] >= spread_tokens(whole, weights)[place]


def test_nothing_is_spread_over_no_messages():
    assert spread_tokens(0, []) == []
    assert spread_tokens(9, [0, 0]) == [0, 0]


def test_muted_messages_have_no_share_and_the_cached_ones_are_the_unchanged_beginning():
    messages = tuple(Message(name, body("user", name)) for name in "abcd")
    conversation = Conversation(messages, frozenset("b"))
    estimate = RequestEstimate(100, unchanged_messages=2, last_messages=2, last_cached_tokens=5)
    assert request_shares(conversation, [1, 1, 2], estimate) == [
        Share(1, 25, is_cached=True),
        Share(2, 0, is_sent=False),
        Share(3, 25, is_cached=True),
        Share(4, 50),
    ]
    uncached = RequestEstimate(100, unchanged_messages=2, last_messages=2)
    assert not any(share.is_cached for share in request_shares(conversation, [1, 1, 2], uncached))


def test_the_largest_come_first_and_the_earlier_of_two_that_are_equal():
    shares = [Share(1, 5), Share(2, 9), Share(3, 9), Share(4, 0, is_sent=False)]
    assert [share.number for share in largest_shares(shares, 9)] == [2, 3, 1]


def test_a_short_list_is_shown_singly():
    shares = [Share(number, number) for number in range(1, 6)]
    assert fold_shares(shares, max_rows=5, large=1) == [[share] for share in shares]


def test_of_a_long_list_the_largest_stand_alone_and_the_others_in_runs_that_are_alike():
    shares = [
        Share(1, 5, is_cached=True),
        Share(2, 5, is_cached=True),
        Share(3, 900, is_cached=True),
        Share(4, 5, is_cached=True),
        Share(5, 5),
        Share(6, 0, is_sent=False),
        Share(7, 0, is_sent=False),
    ]
    runs = fold_shares(shares, max_rows=6, large=1)
    assert [[share.number for share in run] for run in runs] == [[1, 2], [3], [4], [5], [6, 7]]
    runs = fold_shares(shares, max_rows=6, large=1, singled_out=[1])
    assert [[share.number for share in run] for run in runs] == [[1], [2], [3], [4], [5], [6, 7]]


some_shares = st.lists(
    st.builds(lambda tokens, muted: (0 if muted else tokens, not muted), st.integers(1, 9), st.booleans()),
    max_size=60,
)


@pytest.mark.parametrize("large", [1, 6])
@given(some_shares, st.integers(0, 60))
def test_a_list_of_any_length_has_few_rows(large, drawn, cached):
    """However the muted messages are strewn; the rows have all messages, in order."""
    shares = [
        Share(number, tokens, is_sent=is_sent, is_cached=is_sent and number <= cached)
        for number, (tokens, is_sent) in enumerate(drawn, 1)
    ]
    runs = fold_shares(shares, max_rows=16, large=large)
    assert [share for run in runs for share in run] == shares
    assert len(runs) <= max(16, 3 * large + 4)
    for run in runs:
        assert len({share.is_cached for share in run if share.is_sent}) <= 1
