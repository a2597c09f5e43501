"""Exported programs of deferred requests, run with their real clients and with curl: one request, then its reply."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from client_programs import REPLY, grpc_api, needs, run
from export_sources import EVERYTHING, source
from fake_api import JOB, PENDING, Answer, FakeApi, completion, deferred_api, gone
from support import KEY
from test_clients import HALVES

from grokchat.export.formats import export
from grokchat.export.source import Source

POLLING = ("curl", "openai-python", "openai-js")
REQUEST = ("POST", "/v1/chat/completions")
POLL = ("GET", f"/v1/chat/deferred-completion/{JOB}")


def deferred(conversation: Any = EVERYTHING) -> Source:
    return source(conversation, params={"deferred": True})


def run_program(client: str, what: Source, where: Path, api: FakeApi) -> Any:
    """Run a program, also that for curl; return its process."""
    known = {"XAI_API_KEY": KEY, "XAI_BASE_URL": api.url}
    if client != "curl":
        needs(client)
        return run(client, what, where, **known)
    if shutil.which("curl") is None:
        pytest.skip("no curl to run the script with")
    (where / "request.sh").write_bytes(export("curl", what))
    env = {"PATH": os.environ["PATH"], "NO_PROXY": "*", **known}
    argv = ["sh", "request.sh"]
    return subprocess.run(argv, cwd=where, env=env, capture_output=True, encoding="utf-8", timeout=120, check=False)


@pytest.mark.parametrize("client", POLLING)
def test_a_deferred_reply_is_polled_for(client, tmp_path):
    """The very request is made once, its id is reported, and the reply that is polled for is printed."""
    what = deferred()
    with deferred_api(PENDING, Answer.json(200, completion(REPLY))) as api:
        ended = run_program(client, what, tmp_path, api)
    assert (ended.returncode, ended.stderr) == (0, f"Waiting for the reply to {JOB}.\n")
    assert ended.stdout == (completion(REPLY).decode() if client == "curl" else REPLY) + "\n"
    [request] = api.requests
    assert (request.method, request.path, request.json) == (*REQUEST, json.loads(what.body))
    assert request.body == what.body or client != "curl"
    assert [(poll.method, poll.path) for poll in api.polls] == [POLL] * 2
    assert {one.headers["authorization"] for one in (request, *api.polls)} == {f"Bearer {KEY}"}


@pytest.mark.parametrize("client", POLLING[1:])
def test_a_deferred_request_with_halves_of_characters(client, tmp_path):
    """Text that is not UTF-8 is sent in the same way as elsewhere."""
    what = deferred(HALVES)
    with deferred_api(Answer.json(200, completion(REPLY))) as api:
        ended = run_program(client, what, tmp_path, api)
    assert (ended.returncode, ended.stdout) == (0, REPLY + "\n")
    assert [request.json for request in api.requests] == [json.loads(what.body)]


@pytest.mark.parametrize("client", POLLING)
def test_a_deferred_reply_that_is_gone(client, tmp_path):
    """A reply that the API does not have any more is a failure with its words."""
    with deferred_api(gone()) as api:
        ended = run_program(client, deferred(), tmp_path, api)
    assert ended.returncode != 0
    assert f"{JOB} was not found." in ended.stdout + ended.stderr
    assert (len(api.requests), len(api.polls)) == (1, 1)


@pytest.mark.parametrize("client", POLLING)
@pytest.mark.parametrize("answer", [Answer.json(503, {"error": "Later."}), Answer.json(200, {"error": "Later."})])
def test_a_deferred_request_without_an_id(client, answer, tmp_path):
    """A request that was not accepted is a failure with the API's words, and is not repeated: it may be billed."""
    with FakeApi(answer) as api:
        ended = run_program(client, deferred(), tmp_path, api)
    assert ended.returncode != 0
    assert "Later." in ended.stdout + ended.stderr
    assert KEY not in ended.stdout + ended.stderr
    assert (len(api.requests), len(api.polls)) == (1, 0)


def test_xais_client_polls_for_a_deferred_reply(tmp_path):
    """It has a method of its own for it."""
    needs("xai-sdk")
    with grpc_api() as (host, requests):
        ended = run("xai-sdk", deferred(), tmp_path, XAI_API_KEY=KEY, XAI_API_HOST=host)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, REPLY + "\n", "")
        assert [method for method, _, _ in requests] == ["StartDeferredCompletion", "GetDeferredCompletion"]
        assert requests[1][1].request_id == "job-1"


def test_the_ai_sdk_says_that_it_cannot_defer():
    """It asks for the reply itself."""
    text = export("ai-sdk", deferred()).decode()
    assert "  // The AI SDK cannot poll for a deferred reply, and waits for this one: true\n" in text
    assert "generateText" in text
