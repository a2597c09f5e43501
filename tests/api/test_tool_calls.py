"""Tool calls, in the pieces that servers cut them into."""

from __future__ import annotations

import json

import pytest

from grokchat.api.tool_calls import ToolCalls

WEATHER = ("weather", '{"q":1}')
TIME = ("time", '{"zone":"UTC"}')


def read(*lists):
    calls = ToolCalls()
    for item in lists:
        calls.add(json.loads(json.dumps(item)))
    return calls


def names(calls):
    return [(call["function"]["name"], call["function"]["arguments"]) for call in calls.all()]


def piece(name=None, arguments=None, **more):
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    return {**more, "function": function}


@pytest.mark.parametrize(
    "lists",
    [
        [[piece(*WEATHER, index=0, id="a")], [piece(*TIME, index=0, id="b")]],
        [[piece(*WEATHER, index=0)], [piece(*TIME, index=0)]],
        [[piece(*WEATHER, id="a")], [piece(*TIME, id="b")]],
        [[piece(*WEATHER)], [piece(*TIME)]],
        [[piece(*WEATHER), piece(*TIME)]],
        [[piece(*WEATHER, index=0), piece(*TIME, index=0)]],
        [[piece(*WEATHER, index=0, id="a"), piece(*TIME, index=0, id="b")]],
        [[piece(*WEATHER, index="0")], [piece(*TIME, index="1")]],
        [[piece(*WEATHER, index=3)], [piece(*TIME, index=7)]],
        [
            [piece("weather", "", index=0, id="a")],
            [piece(None, '{"q":1}', index=0)],
            [piece("time", "", index=0, id="b")],
            [piece(None, '{"zone":"UTC"}', index=0)],
        ],
        [
            [piece("weather", "", id="a")],
            [piece(None, '{"q":1}')],
            [piece("time", "", id="b")],
            [piece(None, '{"zone":')],
            [piece(None, '"UTC"}')],
        ],
        [
            [piece("weather", '{"q"', id="a")],
            [piece(None, ":1}", id="a")],
            [piece("time", '{"zone":"UTC"', id="b")],
            [piece(None, "}", id="b")],
        ],
        [
            [piece("weather", '{"q"', index=0, id="a")],
            [piece("time", '{"zone":', index=0, id="b")],
            [piece(None, ":1}", index=0, id="a")],
            [piece(None, '"UTC"}', index=0, id="b")],
        ],
        [
            [piece("weather", '{"q"'), piece("time", '{"zone"')],
            [piece(None, ":1}"), piece(None, ':"UTC"}')],
        ],
        [[piece("weather", {"q": 1}, index=0)], [piece("time", {"zone": "UTC"}, index=1)]],
        [
            [piece("weather", "", index=0, id="a")],
            [piece(None, '{"q":1}', index=0)],
            [piece("time", "", index=0, id="b")],
            [piece(None, '{"zone":', index=1)],
            [piece(None, '"UTC"}', index=1, id="b")],
        ],
    ],
    ids=[
        "one number, other ids",
        "one number, no ids",
        "no numbers",
        "neither",
        "neither, in one list",
        "one number, in one list",
        "one number and ids, in one list",
        "numbers as text",
        "gaps",
        "one number, in pieces",
        "ids at the beginning",
        "ids in each piece",
        "interleaved",
        "lists of pieces",
        "arguments as objects",
        "another number behind the beginning",
    ],
)
def test_two_calls_do_not_merge(lists):
    assert names(read(*lists)) == [WEATHER, TIME]


@pytest.mark.parametrize(
    "lists",
    [
        [[piece("time", '{"zo', index=0, id="a")], [piece("time", 'ne":"UTC"}', index=0, id="a")]],
        [[piece("time", '{"zo', index=0, id="a")], [piece("time", 'ne":"UTC"}', index=0)]],
        [[piece("time", '{"zo', index=0)], [piece("time", 'ne":"UTC"}', index=0)]],
        [[piece("time", '{"zo')], [piece("time", 'ne":"UTC"}')]],
        [[piece("time", '{"zo', index=0)], [piece("time", '{"zone":"U', index=0)], [piece(*TIME, index=0)]],
        [[piece(*TIME, index=0, id="a")]] * 3,
        [[piece(*TIME, index=0)]] * 3,
        [[piece(*TIME)]] * 3,
        [[piece(*TIME, index=0, id="a")], [piece("time", "", index=0, id="a")], [piece("", "", index=0)]],
        [[piece("ti", "", index=0)], [piece("me", '{"zone":', index=0)], [piece(None, '"UTC"}', index=0)]],
        [[piece("time", '{"zo', index=0, id="a")], [piece("", 'ne":"UTC"}', index=0, id="invented")]],
        [[piece("time", '{"zo', id="a")], [piece(None, 'ne":"UTC"}', id="invented")]],
        [[piece("time", "", index=0), None, 3, "x"], [piece(None, '{"zone":"UTC"}', index=0)]],
    ],
)
def test_pieces_of_one_call_are_joined_once(lists):
    assert names(read(*lists)) == [TIME]


def test_two_calls_of_one_function_with_one_number_do_not_merge():
    read_file = [[piece("read_file", json.dumps({"path": name}), index=0, id=f"call-{name}")] for name in "ab"]
    assert names(read(*read_file)) == [("read_file", '{"path": "a"}'), ("read_file", '{"path": "b"}')]


def test_a_beginning_that_repeats_inside_of_the_arguments_is_a_part_of_them():
    calls = read([piece("f", '{"a":', index=0)], [piece(None, '{"a":1}}', index=0)])
    assert names(calls) == [("f", '{"a":{"a":1}}')]


def test_the_first_id_and_all_other_fields_are_kept():
    calls = read([piece("f", "{", index=0, id="a", type="function", extra=[1])], [piece(None, "}", index=0, id="a")])
    function = {"name": "f", "arguments": "{}"}
    assert calls.all() == [{"id": "a", "type": "function", "extra": [1], "function": function}]


def test_the_numbers_order_the_calls():
    assert names(read([piece("b", "{}", index=1)], [piece("a", "{}", index=0)])) == [("a", "{}"), ("b", "{}")]


@pytest.mark.parametrize(
    ("call", "is_cut", "is_valid"),
    [
        (piece("f", "{}"), False, True),
        (piece("f", '{"a": [1, 2]}'), True, True),
        (piece("f", ""), False, True),
        (piece("f", ""), True, False),
        (piece("f", '{"a'), True, False),
        (piece("f", '{"a'), False, False),
        (piece("", "{}"), False, False),
        ({"function": "f"}, False, False),
        ({}, False, False),
        (piece("f", {}), True, True),
        (piece(None, "{}"), False, False),
    ],
)
def test_only_whole_calls_can_be_sent(call, is_cut, is_valid):
    calls = read([call])
    assert len(calls.all()) == 1
    assert bool(calls.valid(is_cut=is_cut)) == is_valid


@pytest.mark.parametrize("place", ["", "index", "id", "type", "function", "name", "arguments"])
def test_odd_values_are_kept_or_ignored(place):
    for odd in (None, True, 3, 1.5, 10**40, "x", [], ["x"], {}, {"name": "f"}):
        call = {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        if place in {"name", "arguments"}:
            call["function"][place] = odd
        elif place:
            call[place] = odd
        calls = read([call if place else odd], [piece(None, "", index=0)], odd)
        json.dumps(calls.all())
        for sent in calls.valid(is_cut=False):
            assert isinstance(sent["function"]["name"], str), odd
            json.loads(sent["function"]["arguments"] or "{}")


def test_calls_without_end_are_not_kept():
    assert len(read([piece("f", "{}") for _ in range(3000)]).all()) < 2000
