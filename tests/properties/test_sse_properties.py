"""Events come out the same however the bytes were cut, and as the standard says."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from grokchat.api.sse import ServerSentEvent, SSEDecoder

PIECES = [
    *(
        b"data",
        b"data:",
        b"data: ",
        b"data:  ",
        b"event:",
        b"event: ping",
        b"id:",
        b"id: 7",
        b"id",
        b"retry: 3",
        b"Data:",
    ),
    *(b":", b": comment", b" ", b"\0", b"\xef\xbb\xbf", "\u2028".encode(), "\x85".encode(), "né€🦀".encode()),
    *(b"\n", b"\n", b"\n", b"\r", b"\r", b"\r\n", b"\r\n", b"\n\n", b"\r\n\r\n", b"\x0b", b"\x0c"),
    *(b"\xff", b"\xe2", b"\x82", b"\xac", b"\xf0\x9f", b"\xed\xa0\x80", b"\xc0\xaf", b"{}", b"[DONE]"),
]
LINES = st.tuples(
    st.sampled_from([b"data:", b"data: ", b"event: ", b"id: ", b": ", b"data", b""]),
    st.text(max_size=6).map(str.encode),
    st.sampled_from([b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r", b"\r\n\r\n"]),
).map(b"".join)
STREAMS = st.lists(st.one_of(st.sampled_from(PIECES), LINES, st.binary(max_size=4)), max_size=20).map(b"".join)


def reference(stream):
    """Interpret a whole stream the slow way: one character after the other, as the standard is written."""
    text = stream.decode("utf-8", "replace").removeprefix("\ufeff")
    lines, line, at = [], "", 0
    while at < len(text):
        if text[at] == "\r" and text[at + 1 : at + 2] == "\n":
            at += 1
        if text[at] in "\r\n":
            lines.append(line)
            line = ""
        else:
            line += text[at]
        at += 1
    events, data, event = [], "", ""
    for item in lines:
        if not item:
            if data:
                events.append(ServerSentEvent(event or "message", data[:-1]))
            data = event = ""
            continue
        if item[0] == ":":
            continue
        name, value = item, ""
        if ":" in item:
            colon = item.index(":")
            name, value = item[:colon], item[colon + 1 :]
            if value[:1] == " ":
                value = value[1:]
        if name == "data":
            data += value + "\n"
        elif name == "event":
            event = value
    return events


def cut(stream, points):
    """Cut a stream at these places; a place named twice gives an empty chunk."""
    places = [0, *sorted(point % (len(stream) + 1) for point in points), len(stream)]
    return [stream[start:end] for start, end in pairwise(places)]


def decode(chunks):
    decoder = SSEDecoder()
    return [event for chunk in chunks for event in decoder.decode(chunk)]


@given(STREAMS, st.lists(st.integers(0, 400), max_size=12))
def test_any_chunking_gives_the_same_events(stream, points):
    assert decode(cut(stream, points)) == decode([stream])


@given(STREAMS)
def test_bytes_one_by_one_give_the_same_events(stream):
    assert decode(bytes([byte]) for byte in stream) == decode([stream])


@given(STREAMS, st.lists(st.integers(0, 400), max_size=12))
def test_the_events_are_those_of_the_standard(stream, points):
    lines = re.split("\r\n|\r|\n", stream.decode("utf-8", "replace").removeprefix("\ufeff"))
    assume(
        not any(re.fullmatch(r"\[DONE\]|\{.*\}", line.strip()) for line in lines)
    )  # data, which the standard ignores
    assert decode(cut(stream, points)) == reference(stream)


@given(
    st.lists(st.text().filter(lambda text: "\r" not in text and "\n" not in text), min_size=1),
    st.sampled_from([b"\n", b"\r", b"\r\n"]),
    st.lists(st.integers(0, 400), max_size=12),
)
def test_any_text_arrives_whole(lines, end, points):
    stream = b"".join(b"data: " + line.encode() + end for line in lines) + end
    assert [event.data for event in decode(cut(stream, points))] == ["\n".join(lines)]
