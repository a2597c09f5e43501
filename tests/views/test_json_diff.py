"""The difference between two requests."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from grokchat.views.json_diff import diff_json


def body(*texts: str, **more: object) -> bytes:
    messages = [{"role": "user", "content": text} for text in texts]
    return json.dumps({"model": "m", "messages": messages, **more}).encode()


def test_equal_bodies_differ_in_nothing():
    assert diff_json(body("a"), body("a")) == []


def test_a_message_that_was_added():
    shown = diff_json(body("a", "b", "c", "d"), body("a", "b", "c", "d", "e"))
    assert ("+", '      "content": "e"') in shown
    assert "-" not in {mark for mark, line in shown if "content" in line}
    assert shown[0] == ("…", "15 equal lines")


def test_a_text_that_was_changed():
    shown = diff_json(body("a", "b", "c"), body("a", "B", "c"))
    assert ("-", '      "content": "b"') in shown
    assert ("+", '      "content": "B"') in shown
    assert sum(mark in "+-" for mark, _ in shown) == 2


def test_a_parameter_that_was_added():
    shown = diff_json(body("a", stream=True), body("a", stream=True, temperature=0.2))
    assert ("+", '  "temperature": 0.2') in shown


def test_very_different_bodies_take_no_time():
    """Lines that are too different to be aligned are shown as deleted and inserted."""
    old, new = [str(number) for number in range(3000)], [str(-number) for number in range(3000)]
    shown = diff_json(body(*old), body(*new))
    assert sum(mark == "-" for mark, _ in shown) > 3000


TEXTS = st.lists(st.sampled_from("abc"), max_size=12)


@given(TEXTS, TEXTS)
def test_the_diff_leads_from_one_body_to_the_other(old, new):
    """The marked lines make up both bodies; lines that are left out are counted."""
    shown = diff_json(body(*old), body(*new))
    lines = {"-": json.dumps(json.loads(body(*old)), indent=2), "+": json.dumps(json.loads(body(*new)), indent=2)}
    if lines["-"] == lines["+"]:
        assert shown == []
        return
    for mark, text in lines.items():
        whole = text.split("\n")
        at = 0
        for sign, line in shown:
            if sign == "…":
                at += int(line.split()[0].replace(",", ""))
            elif sign in {" ", mark}:
                assert whole[at] == line
                at += 1
        assert at == len(whole)
