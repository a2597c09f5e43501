"""The session file's format."""

from __future__ import annotations

import pytest

from grokchat.session.journal import decode, encode

HEADER = {"type": "session", "format": "grokchat/1", "id": "s", "time": "2031-05-06T07:08:09.000Z", "app": "grokchat"}


def message_event(event_id, text, role="user"):
    return {"type": "message", "id": event_id, "message": {"role": role, "content": text}}


def file_of(*events):
    return b"".join(map(encode, events))


def test_an_event_is_one_ascii_line():
    line = encode(message_event("a", "zwei\nZeilen \u2028 \x85 \x1b[2J né 🦀"))
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert len(line.splitlines()) == 1
    assert all(32 <= byte < 127 for byte in line[:-1])


def test_encoding_and_decoding_round_trip():
    events = [
        message_event("a", "one"),
        message_event("b", "two", "assistant"),
        {"type": "mute", "id": "c", "ids": ["a"]},
    ]
    journal = decode(file_of(HEADER, *events))
    assert journal.header == HEADER
    assert journal.events == events
    assert not journal.damage
    assert journal.ends_clean
    assert not journal.critical


def test_an_empty_file_is_an_empty_journal():
    journal = decode(b"")
    assert journal.header is None
    assert not journal.events
    assert journal.ends_clean


def test_a_last_line_that_lacks_only_its_newline_counts():
    journal = decode(file_of(HEADER, message_event("a", "kept"))[:-1])
    assert [event["id"] for event in journal.events] == ["a"]
    assert not journal.damage
    assert not journal.ends_clean


def test_a_torn_last_line_is_reported_with_its_number():
    journal = decode(file_of(HEADER, message_event("a", "kept"), message_event("b", "torn"))[:-5])
    assert [event["id"] for event in journal.events] == ["a"]
    assert [damage.line for damage in journal.damage] == [3]
    assert not journal.ends_clean


def test_a_damaged_line_costs_that_line_alone():
    lines = [
        encode(event) for event in (HEADER, message_event("a", "1"), message_event("b", "2"), message_event("c", "3"))
    ]
    lines[2] = b"\x00\xff" + lines[2][2:]
    journal = decode(b"".join(lines))
    assert [event["id"] for event in journal.events] == ["a", "c"]
    assert [damage.line for damage in journal.damage] == [3]


def test_a_damaged_header_costs_the_header_alone():
    journal = decode(b'{"type":"sess\n' + file_of(message_event("a", "1")))
    assert journal.header is None
    assert [event["id"] for event in journal.events] == ["a"]
    assert [damage.line for damage in journal.damage] == [1]


def test_acknowledged_damage_is_not_reported_again():
    data = file_of(HEADER) + b"torn\n" + file_of({"type": "damage", "line": 2}) + b"torn too\n"
    assert [damage.line for damage in decode(data).damage] == [4]


def test_empty_lines_are_not_damage():
    assert not decode(b"\n \n" + file_of(HEADER) + b"\r\n\n").damage


def test_windows_line_ends_are_read():
    journal = decode(file_of(HEADER, message_event("a", "1")).replace(b"\n", b"\r\n"))
    assert journal.header == HEADER
    assert [event["id"] for event in journal.events] == ["a"]


def test_unknown_keys_and_types_are_kept():
    strange = {"type": "telepathy", "id": "x", "strength": 3}
    more = {**message_event("a", "1"), "colour": "green"}
    journal = decode(file_of({**HEADER, "extra": [1]}, strange, more))
    assert journal.header == {**HEADER, "extra": [1]}
    assert journal.events == [strange, more]
    assert not journal.critical
    assert not journal.damage


def test_an_unknown_event_may_be_critical():
    assert decode(file_of(HEADER, {"type": "telepathy", "id": "x", "critical": True})).critical


@pytest.mark.parametrize("value", [False, "true", 1, None])
def test_only_true_is_critical(value):
    assert not decode(file_of(HEADER, {"type": "telepathy", "id": "x", "critical": value})).critical


def test_a_known_event_is_not_critical():
    assert not decode(file_of(HEADER, {**message_event("a", "1"), "critical": True})).critical


@pytest.mark.parametrize(
    "line",
    [
        "[1, 2]",
        '"text"',
        "null",
        "{}",
        '{"type": 3}',
        '{"type": "message", "id": "a"}',
        '{"type": "message", "message": {"role": "user", "content": "no id"}}',
        '{"type": "message", "id": "a", "message": {"content": "no role"}}',
        '{"type": "message", "id": "a", "message": {"role": "user", "content": 3}}',
        '{"type": "message", "id": "a", "message": ["user", "text"]}',
        '{"type": "remove", "id": "a"}',
        '{"type": "move", "id": "a", "ids": "b"}',
        '{"type": "mute", "id": "a", "ids": [1]}',
        '{"type": "partial", "id": "a", "text": "whose?"}',
        '{"type": "rewind", "id": "a"}',
        '{"type": "rewind", "id": "a", "to": 4}',
        "[" * 100_000,
        "1" * 10_000,
        "\x00" * 50,
    ],
)
def test_a_line_that_is_not_an_event_is_damage(line):
    journal = decode(file_of(HEADER) + line.encode() + b"\n" + file_of(message_event("z", "after")))
    assert [damage.line for damage in journal.damage] == [2]
    assert journal.damage[0].reason
    assert [event["id"] for event in journal.events] == ["z"]


def test_a_message_may_have_parts_or_no_content():
    parts = [{"type": "text", "text": "look"}, {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]
    events = [message_event("a", parts), message_event("b", None, "assistant")]
    assert decode(file_of(HEADER, *events)).events == events
