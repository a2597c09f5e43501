"""The output of one shots: replies into a pipe, JSON, the demo."""

from __future__ import annotations

import io
import json
import threading

import pytest
from fake_api import USAGE, Answer, chunk, completion, frames, reply_frames
from support import err, journal_lines, make_environment, out, paragraph, run_cli, sessions

from grokchat.cli.main import main


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("Hi", "Hi\n"),
        ("Hi\n", "Hi\n"),
        ("Hi\n\n", "Hi\n\n"),
        ("\x1b[31m\x00 \r\n**é** \U0001f600\u202e", "\x1b[31m\x00 \r\n**é** \U0001f600\u202e\n"),
    ],
)
def test_the_reply_is_printed_unchanged_with_a_newline_at_its_end(home, api, text, printed):
    api.answers = [Answer([reply_frames(*text)])]
    code, environment = run_cli(home, api, "hi")
    assert (code, environment.stdout.getvalue(), err(environment)) == (0, printed.encode(), "")


class Notifying(io.BytesIO):
    """A standard output that signals each write."""

    def __init__(self, written: threading.Event) -> None:
        super().__init__()
        self._written = written

    def write(self, data) -> int:
        self._written.set()
        return super().write(data)


def test_the_reply_is_printed_while_it_streams(home, api):
    """The end of the reply is held back until its beginning has been printed."""
    home.mkdir()
    (home / "config.toml").write_text("timeout = 20\n", encoding="utf-8")
    gate = threading.Event()
    api.answers = [Answer([frames(chunk({"content": "begin"}), done=False), gate, reply_frames(" end")])]
    environment = make_environment(home, "hi", env={"GROKCHAT_BASE_URL": api.url})
    environment.stdout = Notifying(gate)
    assert main(environment) == 0
    assert out(environment) == "begin end\n"


class Closed(io.BytesIO):
    """A standard output without a reader."""

    def write(self, data) -> int:
        raise BrokenPipeError


def test_a_reader_that_goes_away_ends_the_one_shot_quietly_and_the_part_is_kept(home, api):
    environment = make_environment(home, "hi", env={"GROKCHAT_BASE_URL": api.url})
    environment.stdout = Closed()
    assert main(environment) == 4
    assert err(environment) == ""
    assert journal_lines(sessions(home)[0])[-1]["finish_reason"] == "interrupted"


def test_json_prints_one_object_streamed_or_not(home, api):
    """--json prints the API's chat.completion, reassembled if it was streamed."""
    chunks = [
        chunk({"role": "assistant", "reasoning_content": "Hm."}),
        chunk({"content": "He"}),
        chunk({"content": "y"}),
    ]
    api.answers = [
        Answer([frames(*chunks, chunk(finish="stop"), {**chunk(), "choices": [], "usage": USAGE})]),
        Answer.json(200, completion("Hey")),
    ]
    code, environment = run_cli(home, api, "--json", "hi")
    assert code == 0
    streamed = json.loads(out(environment))
    assert out(environment).count("\n") == 1
    assert streamed["object"] == "chat.completion"
    assert streamed["usage"] == USAGE
    [choice] = streamed["choices"]
    assert choice["finish_reason"] == "stop"
    assert choice["message"] == {"role": "assistant", "content": "Hey", "reasoning_content": "Hm."}

    code, environment = run_cli(home, api, "--json", "--no-stream", "hi")
    assert code == 0
    assert json.loads(out(environment)) == json.loads(completion("Hey"))
    assert [request.json["stream"] for request in api.requests] == [True, False]
    assert ["stream_options" in request.json for request in api.requests] == [True, False]


def test_no_stream_prints_the_complete_reply(home, api):
    api.answers = [Answer.json(200, completion("Hey"))]
    code, environment = run_cli(home, api, "--no-stream", "hi")
    assert (code, out(environment), err(environment)) == (0, "Hey\n", "")


def test_json_prints_nothing_when_the_reply_breaks_off(home, api):
    api.answers = [Answer([frames(chunk({"content": "One"}), done=False)])]
    code, environment = run_cli(home, api, "--json", "hi")
    assert (code, out(environment)) == (3, "")
    paragraph(environment)


def test_the_demo_needs_no_key_and_no_network(home):
    code, environment = run_cli(home, None, "--demo", "hello", env={"XAI_API_KEY": ""})
    assert (code, err(environment)) == (0, "")
    assert out(environment).startswith("You said: hello\n")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [("429", 3), ("503", 3), ("400", 1), ("truncate", 3), ("midstream", 3), ("empty", 3), ("thinking", 3),
     ("length", 0), ("redirect", 0), ("html", 3), ("retry_later", 3), ("slow", 0)],
)  # fmt: skip
def test_the_demo_simulates_failures(home, fault, expected):
    code, environment = run_cli(home, None, "--demo", "-o", f"demo_fault={fault}", "hello", env={"XAI_API_KEY": ""})
    assert code == expected
    assert (err(environment) == "") == (fault == "slow")
    assert "Traceback" not in err(environment)
