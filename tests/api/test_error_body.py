"""The words of error bodies of every shape that servers, gateways and frameworks send, and their codes."""

from __future__ import annotations

import json

import pytest

from grokchat.api import error_body
from grokchat.api.error_body import error_codes, error_text
from grokchat.api.failures import failure_from_response
from grokchat.errors import RefusedError

MISSING = {"type": "missing", "loc": ["body", "messages", 3, "content"], "msg": "Field required", "input": {"x": "y"}}
SHORT = {"loc": ["body", "model"], "msg": "String too short", "type": "string_too_short"}

BODIES: list[tuple[object, str]] = [
    # FastAPI
    ({"detail": [MISSING]}, "messages[3].content: Field required"),
    ({"detail": [MISSING, SHORT]}, "messages[3].content: Field required; model: String too short"),
    ({"detail": [{"loc": ["query", "n"], "msg": "not a number"}]}, "query.n: not a number"),
    ({"detail": [{"loc": ["body"], "msg": "Field required"}]}, "body: Field required"),
    ({"detail": [{"loc": [], "msg": "Field required"}]}, "Field required"),
    ({"detail": "Not authenticated"}, "Not authenticated"),
    ({"detail": {"message": "Upstream is gone", "code": 3}}, "Upstream is gone"),
    ({"object": "error", "message": {"detail": [MISSING]}, "code": 422}, "messages[3].content: Field required"),
    # lists
    ({"errors": ["Name is missing", "Age is wrong"]}, "Name is missing; Age is wrong"),
    ({"errors": ["a b", "a b", "c d"]}, "a b; c d"),
    ({"errors": [f"no {number}" for number in range(9)]}, "no 0; no 1; no 2 (and 6 more)"),
    ({"errors": [{"code": 10000, "message": "Authentication error"}], "success": False}, "Authentication error"),
    ({"errors": [{"title": "Bad name", "detail": "It is empty", "source": {"pointer": "/data/name"}}]},
     "/data/name: Bad name: It is empty"),
    ({"errors": [{"message": "Unknown field", "path": ["a", 0]}], "data": None}, "Unknown field"),
    ({"errors": {"name": ["can't be blank", "is short"]}}, "name: can't be blank; is short"),
    ({"message": ["model must be a string", "n must be a number"], "error": "Bad Request", "statusCode": 400},
     "Bad Request: model must be a string; n must be a number"),
    ({"error": ["Error in `inputs`: too long"], "warnings": ["w"]}, "Error in `inputs`: too long"),
    ([{"error": {"code": 400, "message": "Key not valid", "status": "INVALID_ARGUMENT"}}], "Key not valid"),
    # other keys
    ({"msg": "Wrong model"}, "Wrong model"),
    ({"error": {"msg": "Wrong model"}}, "Wrong model"),
    ({"Message": "Wrong model"}, "Wrong model"),
    ({"errorMessage": "Wrong model", "errorType": "X"}, "Wrong model"),
    ({"error_code": 17, "error_msg": "Limit reached"}, "Limit reached"),
    ({"error": "invalid_token", "error_description": "The token has expired"}, "invalid_token: The token has expired"),
    ({"error": "The token has expired", "error_description": "The token has expired."}, "The token has expired."),
    ({"type": "about:blank", "title": "Not enough", "status": 403, "detail": "Costs 50.", "instance": "/a/1"},
     "Not enough: Costs 50."),
    ({"__type": "ThrottlingException", "message": "Rate exceeded"}, "Rate exceeded"),
    ({"status": 404, "error": "Not Found", "path": "/v1/x", "timestamp": "t"}, "Not Found"),
    ({"error": True, "message": "Wrong model"}, "Wrong model"),
    ({"fault": {"faultstring": "Invalid key", "detail": {"errorcode": "oauth.v2.InvalidApiKey"}}},
     "Invalid key: oauth.v2.InvalidApiKey"),
    ({"error": {"message": "Wrong", "param": "temperature", "type": "t"}}, "temperature: Wrong"),
    ({"error": {"message": "Bad temperature", "param": "temperature"}}, "Bad temperature"),
    ({"base_resp": {"status_code": 1008, "status_msg": "no money"}}, "base_resp: no money"),
    ({"name": ["This field is required."]}, "name: This field is required."),
    ({"code": "InvalidParameter", "request_id": "r"}, "InvalidParameter"),
    ({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, "Overloaded"),
    ({"error": {"type": "overloaded_error"}}, "overloaded_error"),
    # an error of another server inside
    ({"error": {"message": "Provider returned error", "metadata": {"raw": '{"error":"It is full"}', "name": "X"}}},
     "Provider returned error: It is full"),
    ({"error": {"message": json.dumps({"detail": [MISSING]})}}, "messages[3].content: Field required"),
    ({"detail": json.dumps(json.dumps({"error": {"message": "inner words"}}))}, "inner words"),
    (json.dumps({"error": "inner words"}), "inner words"),
    ({"message": "{not json"}, "{not json"),
    ({"error": {"message": "bad", "innererror": {"code": "ResponsibleAI", "trace": "t"}}}, "bad: ResponsibleAI"),
    ({"error": {"code": 400, "message": "bad", "details": [{"@type": "x", "domain": "d"}]}}, "bad"),
    # nothing to say
    ({"detail": []}, ""),
    ({"errors": [None, 5, {}]}, ""),
    ({"message": "<html><h1>nginx</h1></html>"}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("value", "words"), BODIES, ids=lambda value: repr(value)[:60])
def test_the_words_of_an_error_body(value, words):
    body = json.dumps(value).encode()
    assert error_text(body) == words
    error = failure_from_response(422, body, redact=str).error
    assert isinstance(error, RefusedError)
    assert words.rstrip(".") in str(error)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"detail":[{"type":"missing","loc":["body"],"msg":"Field required","input":{"mess', "Field required"),
        (b'{"error":{"message":"It is \\"full\\"","type":"x', 'It is "full"'),
        (b'{"code":"x","error":"Busy', '{"code":"x","error":"Busy'),
        (b"upstream connect error", "upstream connect error"),
        (b'{"error": "x"} trailing', "x"),
        (b"\xef\xbb\xbf{}", ""),
    ],
)
def test_the_words_of_a_body_that_is_cut_short_or_no_json(body, words):
    assert error_text(body) == words


@pytest.mark.parametrize("depth", [3, 50, 10_000])
@pytest.mark.parametrize("shape", ['{"error":', "["])
def test_deep_nesting_is_no_trouble(depth, shape):
    body = shape * depth + '"deep words"' + ("}" if shape[0] == "{" else "]") * depth
    assert len(error_text(body.encode())) < 500_000
    assert isinstance(error_codes(body.encode()), frozenset)


def test_a_body_of_many_fields_is_read_in_part():
    body = json.dumps({**{f"k{number}": "words" for number in range(100_000)}, "error": "at the end"}).encode()
    assert error_text(body)
    assert len(error_text(body)) < 2000


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"error": {"message": "m", "type": "insufficient_quota", "code": None}}, "insufficient quota"),
        ({"error": {"message": "m", "code": "billing_hard_limit_reached"}}, "billing hard limit reached"),
        (
            {"code": 429, "error": "m [WKE=personal-team-blocked:spending-limit]"},
            "personal team blocked:spending limit",
        ),
        ({"error": json.dumps({"code": "Insufficient-Quota"})}, "insufficient quota"),
        ([{"errors": [{"code": "x_y"}]}], "x y"),
    ],
)
def test_codes_are_found_wherever_they_are(value, code):
    assert code in error_codes(json.dumps(value).encode())


def test_each_part_of_a_body_is_looked_at_once(monkeypatch):
    visits = []
    find = error_body._find_words
    monkeypatch.setattr(error_body, "_find_words", lambda *args, **more: visits.append(1) or find(*args, **more))
    value: object = {"error": {}, "detail": {}, "x": {}, "y": [[], {}]}
    for _ in range(6):
        value = {"error": value, "x": {}}
    error_text(json.dumps(value).encode())
    assert len(visits) < 500
