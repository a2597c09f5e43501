"""Server-sent events by the WHATWG rules."""

from __future__ import annotations

import pytest

from grokchat.api.sse import EventTooLongError, ServerSentEvent, SSEDecoder


def decode(*chunks):
    decoder = SSEDecoder()
    return [event for chunk in chunks for event in decoder.decode(chunk)]


def data(*chunks):
    return [event.data for event in decode(*chunks)]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_cr_lf_and_crlf_end_lines(end):
    """Lines end at CR, LF or CRLF."""
    assert data(b"data: a" + end + b"data: b" + end + end + b"data: c" + end + end) == ["a\nb", "c"]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_bytes_may_arrive_one_by_one(end):
    stream = b"\xef\xbb\xbf: hi" + end + "data: né €".encode() + end + end + b"data:[DONE]" + end + end
    assert data(*(bytes([byte]) for byte in stream)) == ["né €", "[DONE]"]


def test_a_crlf_cut_in_two_is_one_line_end():
    assert data(b"data: a\r", b"\ndata: b\r", b"\n\r", b"\n") == ["a\nb"]


def test_an_empty_chunk_between_cr_and_lf_has_no_effect():
    assert data(b"data: a\r", b"", b"\ndata: b\n\n") == ["a\nb"]


def test_an_event_is_dispatched_at_the_cr_of_its_empty_line():
    assert data(b"data: a\r\n\r") == ["a"]


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c"])
def test_other_separators_stay_inside_the_data(separator):
    assert data(f"data: a{separator}b\n\n".encode()) == [f"a{separator}b"]


def test_a_byte_order_mark_is_dropped_at_the_start_alone():
    bom = b"\xef\xbb\xbf"
    assert data(bom + b"data: a\n\n") == ["a"]
    assert data(bom[:1], bom[1:2], bom[2:] + b"data: a\n\n") == ["a"]
    assert data(bom + bom + b"data: a\n\n") == []
    assert data(b"data: a\n\n" + bom + b"data: b\n\n") == ["a"]


def test_one_space_after_the_colon_belongs_to_it():
    assert data(b"data:a\n\ndata: a\n\ndata:  a\n\ndata: \ta\n\n") == ["a", "a", " a", "\ta"]


def test_a_value_may_hold_colons():
    assert data(b'data: {"a": "b:c"}\n\n') == ['{"a": "b:c"}']


def test_comments_are_ignored():
    assert data(b": keep-alive\n\n:\n\ndata: a\n: between\ndata: b\n\n") == ["a\nb"]


def test_unknown_fields_are_ignored():
    assert data(b"retry: 5\nDATA: x\ndat: x\n data: x\nnonsense\ndata: a\n\n") == ["a"]


def test_without_data_there_is_no_event():
    assert decode(b"event: ping\n\nid: 3\n\n\n\n") == []


def test_empty_data_is_an_event():
    """The standard's own example: a block of `data` alone dispatches an empty text, two of them a newline."""
    assert data(b"data\n\ndata\ndata\n\ndata:") == ["", "\n"]


def test_the_event_type_lasts_for_one_event():
    assert [event.event for event in decode(b"event: error\ndata: x\n\ndata: y\n\n")] == ["error", "message"]
    assert [event.event for event in decode(b"event: error\n\ndata: y\n\n")] == ["message"]
    assert [event.event for event in decode(b"event: a\nevent: b\ndata: y\n\nevent:\ndata: z\n\n")] == ["b", "message"]


def test_ids_are_ignored():
    """A POST is not resumed, so the last id is not needed."""
    assert data(b"id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\nid: 2\x003\n\n") == ["a", "b", "c"]


def test_an_event_without_its_empty_line_is_dropped():
    assert data(b"data: a\n\ndata: b\n") == ["a"]
    assert data(b"data: a\n\ndata: b") == ["a"]


def test_invalid_utf8_is_replaced():
    assert data(b"data: a\xffb\n\ndata: \xe2\x82\ndata: c\n\n") == ["a\ufffdb", "\ufffd\nc"]


def test_an_event_has_its_type_and_its_data():
    stream = b"id: 7\nevent: add\ndata: x\n\n"
    assert decode(stream) == [ServerSentEvent("add", "x")]


def test_a_line_over_the_limit_is_an_error():
    decoder = SSEDecoder(limit=100)
    assert decoder.decode(b"data: " + b"x" * 94) == []
    with pytest.raises(EventTooLongError, match="100"):
        decoder.decode(b"x")


def test_an_event_over_the_limit_is_an_error():
    decoder = SSEDecoder(limit=100)
    with pytest.raises(EventTooLongError, match="100"):
        decoder.decode(b"data: 0123456789\n" * 20)


def test_the_limit_is_for_each_event():
    decoder = SSEDecoder(limit=100)
    assert len([event for _ in range(50) for event in decoder.decode(b"data: 0123456789\n\n: comment\n")]) == 50


def test_an_old_comment_does_not_count_against_an_event():
    decoder = SSEDecoder(limit=100)
    assert [event.data for event in decoder.decode(b": " + b"-" * 90 + b"\n: " + b"-" * 90 + b"\ndata: a\n\n")] == ["a"]


def test_lines_that_are_no_fields_can_be_taken():
    """The standard ignores them; an empty line stands where a field, a comment or an empty line interrupts them."""
    decoder = SSEDecoder()
    assert [event.data for event in decoder.decode(b'{"a":\n1}\n\ndata: x\n\noops\n: note\n')] == ["x"]
    assert decoder.take_stray_lines() == ['{"a":', "1}", "", "oops", ""]
    assert decoder.decode(b"more") == []
    assert decoder.take_stray_lines() == []
    assert decoder.take_unfinished() == []
    assert decoder.take_stray_lines() == ["more", ""]


def test_an_event_that_the_end_cuts_off_can_be_taken():
    decoder = SSEDecoder()
    assert decoder.decode(b"event: error\ndata: a\ndata: b") == []
    assert decoder.take_unfinished() == [ServerSentEvent("error", "a\nb")]
    assert decoder.take_unfinished() == []
