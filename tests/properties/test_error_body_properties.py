"""Error bodies of any bytes and any JSON become an error with a status, never a bug."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from grokchat.api.completions_endpoint import CompletionShape
from grokchat.api.error_body import error_codes, error_text, is_error, remark
from grokchat.api.failures import Failure, failure_from_body, failure_from_response
from grokchat.api.sse import SSEDecoder
from grokchat.api.stream_errors import StreamErrors
from grokchat.strict_json import parse_or_none

KEYS = st.sampled_from(
    ["error", "message", "detail", "errors", "msg", "code", "type", "object", "choices", "loc", "param", "status",
     "title", "fault", "metadata", "raw", "source", "usage", "success", "event", "x", ""]
) | st.text(max_size=3)  # fmt: skip
TEXTS = st.sampled_from(
    ["error", "ping", "The words.", "insufficient_quota", "<html>", '{"error":"inner"}', "[", '"x y"']
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=25,
)
BODIES = JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40) | TEXTS.map(str.encode)
LINES = st.tuples(st.sampled_from([b"data: ", b"data:", b"event: ", b": ", b"", b"id: "]), BODIES, st.sampled_from(
    [b"\n", b"\r\n", b"\n\n", b"\r", b""]
)).map(b"".join)  # fmt: skip


@given(BODIES, st.sampled_from([200, 202, 301, 400, 401, 402, 403, 404, 410, 413, 422, 429, 500, 503, 511, 529, 600]))
def test_any_body_is_told(body, status):
    for failure in (failure_from_response(status, body, redact=str), failure_from_body(body, redact=str)):
        said = str(failure.error)
        assert 20 < len(said) < 700
        assert failure.summary
        assert failure.error.exit_code in {1, 3}
    assert isinstance(error_text(body), str)
    assert all(code == code.lower() for code in error_codes(body))


@given(JSON)
def test_a_chunk_with_choices_is_an_error_only_if_it_says_so(value):
    chunk = {"choices": [{"delta": {"content": "x"}}], "x": value, "code": value, "detail": value, "message": value}
    assert not is_error(chunk)
    assert is_error({**chunk, "error": {"message": "The words."}})
    assert isinstance(is_error(value), bool)
    assert isinstance(remark(json.dumps(value)), str)


@given(st.lists(LINES, max_size=12), st.data())
def test_an_error_is_found_however_the_stream_is_cut(lines, data):
    """The same errors are found in a whole stream and in pieces of it."""
    stream = b"".join(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=5)))
    pieces = [stream[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert found([stream]) == found(pieces)


def found(pieces: list[bytes]) -> str:
    errors, decoder = StreamErrors(CompletionShape(), str, None), SSEDecoder()
    try:
        for piece in pieces:
            for event in decoder.decode(piece):
                if errors.find(event, parse_or_none(event.data)) is not None:
                    return "an error"
            errors.check_stray_lines(decoder.take_stray_lines())
        errors.check_end(decoder)
    except Failure:
        return "an error"
    return ""
