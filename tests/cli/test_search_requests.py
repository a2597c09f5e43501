"""One shots with search: the request, the API's object, and what is refused before anything is sent."""

from __future__ import annotations

import json

import pytest
from fake_api import Answer
from fake_responses import RESPONSE_USAGE, message, response, response_frames, web_search
from support import err, journal_lines, out, paragraph, run_cli, sessions

from grokchat.export.formats import FORMATS

OUTPUT = [web_search("grok", "https://x.ai"), message("Hi.")]


@pytest.fixture(autouse=True)
def _search(home, api):
    home.mkdir()
    (home / "config.toml").write_text('search = "all"\n', encoding="utf-8")
    api.answers = [Answer([response_frames(*OUTPUT)])]


@pytest.mark.parametrize("stream", [True, False])
def test_json_prints_the_apis_object_streamed_or_not(home, api, stream):
    api.answers = [Answer([response_frames(*OUTPUT)]) if stream else Answer.json(200, response(*OUTPUT))]
    code, environment = run_cli(home, api, "--json", *([] if stream else ["--no-stream"]), "hi")
    assert (code, json.loads(out(environment))) == (0, response(*OUTPUT))
    assert api.requests[0].json["stream"] is stream


def test_the_text_is_that_of_the_api_and_the_usage_is_kept_unchanged(home, api):
    code, environment = run_cli(home, api, "hi")
    assert (code, out(environment)) == (0, "Hi.\n")
    reply = journal_lines(sessions(home)[0])[-1]
    assert (reply["message"], reply["usage"]) == ({"role": "assistant", "content": "Hi."}, RESPONSE_USAGE)


@pytest.mark.parametrize(("name", "value"), [("stop", '"a"'), ("n", "2"), ("deferred", "true"), ("logit_bias", "{}")])
def test_a_parameter_without_a_place_is_refused_before_anything_is_sent(home, api, name, value):
    code, environment = run_cli(home, api, "-o", f"{name}={value}", "hi")
    assert code == 2
    assert f"Leave out -o {name}, or --search." in paragraph(environment)
    assert api.requests == []
    assert sessions(home) == []


def test_a_schema_is_sent_flat_and_checked(home, api, tmp_path):
    (tmp_path / "schema.json").write_text('{"type": "object"}', encoding="utf-8")
    code, _ = run_cli(home, api, "--schema", str(tmp_path / "schema.json"), "hi")
    sent_format = api.requests[0].json["text"]["format"]
    assert (sent_format["type"], sent_format["schema"]) == ("json_schema", {"type": "object"})
    assert code == 3  # the reply is no object


def test_an_incomplete_response_names_its_limit_and_what_continues_it(home, api):
    details = {"reason": "max_time_limit"}
    events = response_frames(*OUTPUT, ending="incomplete", status="incomplete", incomplete_details=details)
    api.answers = [Answer([events])]
    _, environment = run_cli(home, api, "hi")
    assert "the reply hit its time limit · resume it with: grokchat -c, then /continue" in err(environment)


@pytest.mark.parametrize("ending", ["failed", "incomplete"])
def test_a_failed_response_exits_with_3_and_an_incomplete_one_with_0(home, api, ending):
    events = response_frames(*OUTPUT, ending=ending, status=ending, error=None if ending == "incomplete" else {"m": 1})
    api.answers = [Answer([events])]
    code, environment = run_cli(home, api, "hi")
    assert (code, out(environment)) == (3 if ending == "failed" else 0, "Hi.\n")


def test_a_server_without_responses_exits_with_1_and_names_search(home, api):
    api.answers = [Answer.json(404, {"detail": "Not Found"})]
    code, environment = run_cli(home, api, "hi")
    assert code == 1
    assert "leave out --search" in paragraph(environment)
    assert "/search off" not in paragraph(environment)


def test_a_refused_parameter_is_not_kept_with_the_session(home, api):
    run_cli(home, api, "hi")
    before = sessions(home)[0].read_bytes()
    assert run_cli(home, api, "-c", "-o", "seed=3", "more")[0] == 2
    assert sessions(home)[0].read_bytes() == before
    assert run_cli(home, api, "-c", "-o", "temperature=1", "more")[0] == 0


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_makes_no_request_that_would_be_refused(home, api, form):
    """A parameter that has no place in a search: the formats that make the request say so, the others are whole."""
    run_cli(home, api, "hi")
    code, environment = run_cli(home, api, "-c", "-o", "seed=3", "--export", form)
    if form in {"markdown", "html", "json"}:
        assert (code, "Hi." in out(environment)) == (0, True)
    else:
        assert (code, out(environment)) == (2, "")
        assert "There is no such request. A request with search cannot have the parameter seed." in paragraph(
            environment
        )
