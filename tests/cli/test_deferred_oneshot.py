"""One shots with the parameter `deferred`: one POST, then the reply is waited for, and printed like any other."""

from __future__ import annotations

import json

import pytest
from fake_api import JOB, PENDING, Answer, completion, deferred_api, frames, gone, reply_frames
from fake_responses import answer, response_frames
from support import err, journal_lines, out, paragraph, run_cli, sessions

DEFERRED = ("-p", "-o", "deferred=true")


def events(home) -> list[dict]:
    [path] = sessions(home)
    return journal_lines(path)


def due_session(home, *, question: str = "One?") -> None:
    """Leave a session in which a reply is due: the process was killed while it waited."""
    with deferred_api(Answer.json(403, {"code": "permission-denied", "error": "No."})) as api:
        assert run_cli(home, api, *DEFERRED, question)[0] == 1
    assert events(home)[-1]["type"] == "deferred"


def test_the_post_is_deferred_and_not_streamed_whatever_is_set(home):
    """POST with `deferred` true, `stream` false and no `stream_options`; then GET until it is ready."""
    with deferred_api(PENDING, PENDING, Answer.json(200, completion("Forty-two."))) as api:
        code, environment = run_cli(home, api, *DEFERRED, "-o", 'stream_options={"include_usage":true}', "One?")
        assert (code, out(environment)) == (0, "Forty-two.\n")
        [request] = api.requests
        assert request.path == "/v1/chat/completions"
        assert request.json["deferred"] is True
        assert request.json["stream"] is False
        assert "stream_options" not in request.json
        assert request.headers["accept"] == "application/json"
        assert [(poll.method, poll.path) for poll in api.polls] == [("GET", f"/v1/chat/deferred-completion/{JOB}")] * 3
        assert all(poll.headers["authorization"] == request.headers["authorization"] for poll in api.polls)


def test_the_id_is_in_the_file_and_the_reply_has_the_announced_id(home):
    with deferred_api(Answer.json(200, completion("Forty-two."))) as api:
        assert run_cli(home, api, *DEFERRED, "One?")[0] == 0
        _, _, question, deferred, reply = events(home)
        assert deferred["type"] == "deferred"
        assert deferred["request"] == JOB
        assert deferred["reply"] == reply["id"]
        assert deferred["question"] == question["id"]
        assert deferred["change"] == reply["change"] == question["change"]
        assert reply["message"] == {"role": "assistant", "content": "Forty-two."}
        assert reply["usage"]["cost_in_usd_ticks"] == 14_760_000
        assert "critical" not in deferred


def test_json_prints_the_apis_object(home):
    with deferred_api(Answer.json(200, completion("Forty-two."))) as api:
        code, environment = run_cli(home, api, *DEFERRED, "--json", "One?")
        assert code == 0
        assert json.loads(out(environment)) == json.loads(completion("Forty-two."))


def test_a_server_that_answers_at_once_has_replied(home):
    with deferred_api() as api:
        api.answers = [Answer.json(200, completion("At once."))]
        code, environment = run_cli(home, api, *DEFERRED, "One?")
        assert (code, out(environment)) == (0, "At once.\n")
        assert not api.polls
        assert all(event["type"] != "deferred" for event in events(home))


def test_a_stream_of_a_server_that_ignores_the_parameter_is_the_reply(home):
    with deferred_api() as api:
        api.answers = [Answer([reply_frames("At ", "once.")])]
        code, environment = run_cli(home, api, *DEFERRED, "One?")
        assert (code, out(environment)) == (0, "At once.\n")


@pytest.mark.parametrize("status", [500, 502, 503, 408])
def test_one_post_in_all(home, status):
    """The POST is not repeated where the API may have accepted it."""
    with deferred_api() as api:
        api.answers = [Answer.json(status, {"code": "x", "error": "Failed."})]
        assert run_cli(home, api, *DEFERRED, "One?")[0] == 3
        assert len(api.requests) == 1
        assert not api.polls


def test_a_post_whose_answer_breaks_off_is_not_repeated(home):
    with deferred_api() as api:
        api.answers = [Answer([b'{"requ'], 200, {"content-type": "application/json"}, complete=False)]
        assert run_cli(home, api, *DEFERRED, "One?")[0] == 3
        assert len(api.requests) == 1


def test_a_refused_rate_is_repeated(home):
    """A 429 was not accepted."""
    with deferred_api(Answer.json(200, completion("Yes."))) as api:
        api.answers = [Answer.json(429, {"code": "x", "error": "Too many."}), *api.answers]
        code, environment = run_cli(home, api, *DEFERRED, "One?")
        assert (code, out(environment)) == (0, "Yes.\n")
        assert len(api.requests) == 2


def test_failures_while_polling_are_told_once_and_waited_out(home):
    bad = Answer.json(503, {"code": "x", "error": "Busy."})
    died = Answer((), 200, {}, complete=False)
    page = Answer([b"<html>Log in</html>"], 200, {"content-type": "text/html"})
    ready = Answer.json(200, completion("Yes."))
    with deferred_api(bad, bad, died, page, PENDING, bad, Answer.json(429, {"error": "slow"}), ready) as api:
        code, environment = run_cli(home, api, *DEFERRED, "One?")
        assert (code, out(environment)) == (0, "Yes.\n")
        assert err(environment).count("still waiting for") == 2
        assert len(api.polls) == 8


@pytest.mark.parametrize("answer", [gone(), Answer((), 404, {}), Answer.json(410, {"error": "Gone."})])
def test_a_job_that_is_gone_exits_with_3_and_the_question_is_unanswered(home, answer):
    with deferred_api(PENDING, answer) as api:
        code, environment = run_cli(home, api, *DEFERRED, "One?")
        assert code == 3
        assert "gone" in err(environment)
        assert out(environment) == ""
        assert events(home)[-1]["ended"] == "gone"
        api.answers, api.deferred = [Answer.json(200, {"request_id": "2"})], [Answer.json(200, completion("Again."))]
        code, environment = run_cli(home, api, "-p", "-c")  # the list is as after a failed message
        assert (code, out(environment)) == (0, "Again.\n")
        assert api.polls[-1].path.endswith("/2")


def test_a_job_that_failed_is_told(home):
    with deferred_api(Answer.json(200, {"code": "internal", "error": "The job failed."})) as api:
        code, environment = run_cli(home, api, *DEFERRED, "One?")
        assert code == 3
        assert "The job failed" in paragraph_last(environment)
        assert events(home)[-1]["ended"] == "gone"


def paragraph_last(environment) -> str:
    return err(environment).splitlines()[-1]


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_wrong_key_leaves_the_reply_due(home, status):
    with deferred_api(Answer.json(status, {"code": "x", "error": "Incorrect API key provided."})) as api:
        code, environment = run_cli(home, api, *DEFERRED, "One?")
        assert code == 1
        assert "The reply is still due: grokchat -p -r" in paragraph_last(environment)
        assert "ended" not in events(home)[-1]
        api.deferred = [Answer.json(200, completion("Yes."))]
        code, environment = run_cli(home, api, "-p", "-c")
        assert (code, out(environment)) == (0, "Yes.\n")
        assert len(api.requests) == 1


def test_a_reply_that_is_due_is_waited_for_and_never_asked_again(home):
    due_session(home)
    with deferred_api(PENDING, Answer.json(200, completion("Forty-two."))) as api:
        environment_of = {"GROKCHAT_BASE_URL": events(home)[-1]["base_url"]}
        api_url = environment_of["GROKCHAT_BASE_URL"]
        code, environment = run_cli(home, api, "-p", "-c")
        assert code == 2  # the job is at another API
        assert api_url in paragraph(environment)
        assert not api.polls


def test_a_new_message_is_refused_while_a_reply_is_due(home):
    with deferred_api(Answer.json(403, {"error": "No."})) as api:
        assert run_cli(home, api, *DEFERRED, "One?")[0] == 1
        before = sessions(home)[0].read_bytes()
        code, environment = run_cli(home, api, "-p", "-c", "Two?")
        assert code == 2
        assert "has been due since" in paragraph(environment)
        assert "grokchat -p -r" in err(environment)
        assert len(api.requests) == 1
        assert sessions(home)[0].read_bytes() == before


def test_a_damaged_reply_is_kept_as_far_as_it_came(home):
    """200 comes once: what can be read of a cut body is the reply, interrupted."""
    cut = completion("A long answer that breaks off")
    cut = cut[: cut.index(b"breaks") + 3]
    with deferred_api(Answer([cut], 200, {"content-type": "application/json"}, complete=False)) as api:
        code, environment = run_cli(home, api, *DEFERRED, "One?")
        assert (code, out(environment)) == (3, "A long answer that bre\n")
        reply = events(home)[-1]
        assert reply["message"]["content"] == "A long answer that bre"
        assert reply["finish_reason"] == "interrupted"
        assert len(api.polls) == 1


def test_a_reply_without_text_ends_the_wait(home):
    with deferred_api(Answer.json(200, completion(""))) as api:
        code, environment = run_cli(home, api, *DEFERRED, "One?")
        assert code == 3
        assert "no text" in err(environment)
        code, environment = run_cli(home, api, "-p", "-c", "Two?")
        assert code == 3  # sent, and not refused: nothing is due
        assert len(api.requests) == 2


def test_several_models_are_refused_with_deferred(home):
    with deferred_api() as api:
        code, environment = run_cli(home, api, *DEFERRED, "-m", "a,b", "One?")
        assert code == 2
        assert "deferred" in paragraph(environment)
        assert not api.requests


def test_search_is_refused_with_deferred(home):
    with deferred_api() as api:
        home.mkdir()
        (home / "config.toml").write_text('search = "all"\n', encoding="utf-8")
        code, environment = run_cli(home, api, *DEFERRED, "One?")
        assert code == 2
        assert "deferred" in paragraph(environment)
        assert not api.requests


def test_no_save_works_and_names_the_request(home):
    with deferred_api(PENDING, Answer.json(200, completion("Yes."))) as api:
        code, environment = run_cli(home, api, *DEFERRED, "--no-save", "One?")
        assert (code, out(environment)) == (0, "Yes.\n")
        assert JOB in err(environment)
        assert "leaving loses" in err(environment)


def test_no_save_does_not_fetch_what_it_would_lose(home):
    with deferred_api(Answer.json(403, {"error": "No."})) as api:
        assert run_cli(home, api, *DEFERRED, "One?")[0] == 1
        code, environment = run_cli(home, api, "-p", "-c", "--no-save")
        assert code == 2
        assert "--no-save" in paragraph(environment)
        assert len(api.polls) == 1


@pytest.mark.parametrize(
    "answer", [Answer([frames({"request_id": JOB})]), Answer([b'\n{"request_id": "%b"}\n' % JOB.encode()])]
)
def test_the_id_is_read_in_any_form(home, answer):
    with deferred_api(Answer.json(200, completion("Yes."))) as api:
        api.answers = [answer]
        code, environment = run_cli(home, api, *DEFERRED, "One?")
        assert (code, out(environment)) == (0, "Yes.\n")


@pytest.mark.parametrize(
    ("request_id", "quoted"),
    [
        (12345, "12345"),
        ("a/b?c#d", "a%2Fb%3Fc%23d"),
        ("../models", "..%2Fmodels"),
        ("..", "%2E%2E"),
        (".", "%2E"),
        ("\x1b[31m\n", "%1B%5B31m%0A"),
        ("\ud800", "%ED%A0%80"),
    ],
)
def test_no_id_leads_to_another_address(home, request_id, quoted):
    """An id is one segment of the path, whatever is in it."""
    with deferred_api(Answer.json(200, completion("Yes."))) as api:
        api.answers = [Answer.json(200, {"request_id": request_id})]
        code, environment = run_cli(home, api, *DEFERRED, "One?")
        assert (code, out(environment), err(environment)) == (0, "Yes.\n", "")
        assert [poll.path for poll in api.polls] == [f"/v1/chat/deferred-completion/{quoted}"]


def change_deferred_event(home, **fields) -> None:
    """Write the session file's last event, which says what is due, as somebody else might."""
    [path] = sessions(home)
    *lines, last = path.read_text().splitlines()
    path.write_text("\n".join([*lines, json.dumps({**json.loads(last), **fields})]) + "\n")


@pytest.mark.parametrize("fields", [{"request": "z" * 100_000}, {"request": "\u65e5" * 8000}, {"reply": "QUESTION"}])
def test_what_cannot_be_fetched_is_not_due(home, fields):
    """An id too long for an address, a reply that is its own question: the list is as after a failed message."""
    due_session(home)
    if "reply" in fields:
        fields = {"reply": events(home)[-1]["question"]}
    change_deferred_event(home, **fields)
    with deferred_api() as api:
        api.answers = [Answer([reply_frames("Yes.")])]
        code, environment = run_cli(home, api, "-p", "-c")
        assert (code, out(environment)) == (0, "Yes.\n")
        assert not api.polls


def test_a_reply_that_is_said_to_drop_its_question_stands_behind_it(home):
    due_session(home)
    change_deferred_event(home, base_url=None, drops=[events(home)[-1]["question"], 5])
    with deferred_api(Answer.json(200, completion("Yes."))) as api:
        code, environment = run_cli(home, api, "-p", "-c")
        assert (code, out(environment), err(environment)) == (0, "Yes.\n", "")
    assert [event["type"] for event in events(home)[-3:]] == ["message", "deferred", "message"]


@pytest.mark.parametrize("request_id", [True, 1.5, None, "", [], "x" * 9000, "\u65e5" * 8000])
def test_what_is_no_id_is_not_asked_for(home, request_id):
    with deferred_api() as api:
        api.answers = [Answer.json(200, {"request_id": request_id})]
        code, environment = run_cli(home, api, *DEFERRED, "One?")
        assert code == 3
        assert "without a reply" in paragraph_last(environment)
        assert (len(api.requests), len(api.polls)) == (1, 0)


def test_a_reply_is_read_from_any_2xx(home):
    """A 202 with a note says that the job runs; one with the reply is the reply."""
    reply = Answer([completion("Yes.")], 202, {"content-type": "application/json"})
    with deferred_api(Answer.json(202, {"status": "pending"}), reply) as api:
        code, environment = run_cli(home, api, *DEFERRED, "One?")
        assert (code, out(environment), err(environment)) == (0, "Yes.\n", "")
        assert len(api.polls) == 2


@pytest.mark.parametrize("value", [{"choices": []}, {}, {"id": "x"}])
def test_a_200_without_choices_is_not_asked_for_again_by_itself(home, value):
    """Exit 3, and the reply stays due: the API's next answer says whether it is gone."""
    with deferred_api(Answer.json(200, value)) as api:
        code, environment = run_cli(home, api, *DEFERRED, "One?")
        assert code == 3
        assert "The reply is still due: grokchat -p -r" in paragraph_last(environment)
        assert len(api.polls) == 1
        api.deferred = [gone()]
        code, environment = run_cli(home, api, "-p", "-c")
        assert code == 3
        assert "is gone" in paragraph_last(environment)
        assert "still due" not in paragraph_last(environment)


def test_an_id_that_holds_the_key_is_asked_for_and_not_kept(home):
    from support import KEY

    with deferred_api(Answer.json(200, completion("Yes."))) as api:
        api.answers = [Answer.json(200, {"request_id": f"job-{KEY}"})]
        code, environment = run_cli(home, api, *DEFERRED, "One?")
        assert (code, out(environment)) == (0, "Yes.\n")
        assert api.polls[0].path.endswith(KEY)
        [path] = sessions(home)
        assert KEY not in path.read_text()


def test_the_key_is_struck_out_of_what_a_poll_says(home):
    from support import KEY

    with deferred_api(Answer.json(500, {"error": f"bad {KEY}"}), Answer.json(403, {"error": KEY})) as api:
        _, environment = run_cli(home, api, *DEFERRED, "One?")
        assert KEY not in err(environment)


def test_a_reply_whose_question_was_deleted_is_printed_without_the_sources_of_another(home):
    """It is kept beside the list, whose last reply has sources."""
    refused = Answer.json(403, {"code": "permission-denied", "error": "No."})
    with deferred_api(refused, Answer.json(200, completion("Forty-two."))) as api:
        api.answers = [Answer([response_frames(answer("It is so.", "https://a.example/"))]), *api.answers]
        assert run_cli(home, api, "-p", "--search", "Is it so?")[0] == 0
        assert run_cli(home, api, "-c", *DEFERRED, "One?")[0] == 1
        [path] = sessions(home)
        question = next(event for event in events(home) if event.get("message", {}).get("content") == "One?")
        removed = {"type": "remove", "id": "e1", "time": question["time"], "ids": [question["id"]]}
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(removed) + "\n")
        code, environment = run_cli(home, api, "-p", "-c")
    assert (code, out(environment)) == (0, "Forty-two.\n")
    assert "a.example" not in err(environment)
    assert "no longer in the list" in err(environment)
