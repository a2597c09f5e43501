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


def test_at_a_terminal_the_whole_reply_comes_before_what_is_said_about_it(home, api):
    api.answers = [Answer([frames(chunk({"content": "One.\n\nTwo, which may"}), chunk(finish="length"))])]
    terminal = io.BytesIO()
    environment = make_environment(
        home, "-p", "hi", env={"GROKCHAT_BASE_URL": api.url}, stderr=terminal, stdout_is_tty=True
    )
    environment.stdout = terminal
    assert main(environment) == 0
    text = terminal.getvalue().decode()
    assert text.index("Two, which may") < text.index("length limit")


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


def one(index=0, **delta):
    return {**chunk(), "choices": [{"index": index, "delta": delta}]}


THOUGHTS = [one(reasoning_content="Let me "), one(reasoning_content="see.\nNo\x1b[31m.")]


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
@pytest.mark.parametrize("stream", [True, False])
def test_reasoning_without_an_answer_is_printed_on_standard_error(home, api, stream, name):
    message = {"role": "assistant", "content": None, name: "Let me see.\nNo\x1b[31m."}
    chunks = [{**chunk(), "choices": [{"index": 0, "delta": message}]}, chunk(finish="stop", usage=USAGE)]
    whole = json.dumps({"id": "r", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}).encode()
    api.answers = [Answer([frames(*chunks) if stream else whole])]
    code, environment = run_cli(home, api, "hi", *([] if stream else ["--no-stream"]))
    assert (code, out(environment)) == (3, "")
    _, first, second, notice = err(environment).splitlines()
    assert (first, "No" in second, "\x1b" in second) == ("Let me see.", True, False)
    assert "has no text" in notice
    assert "kept in the session file" in notice
    lines = journal_lines(sessions(home)[0])
    assert "".join(line.get("reasoning", "") for line in lines) == message[name]
    code, environment = run_cli(home, api, "--no-save", "hi")
    assert "kept" not in err(environment)


def test_json_prints_a_reply_without_an_answer(home, api):
    api.answers = [Answer([frames(*THOUGHTS, chunk(finish="stop"))])]
    code, environment = run_cli(home, api, "--json", "hi")
    assert code == 3
    [choice] = json.loads(out(environment))["choices"]
    assert choice["message"]["reasoning_content"] == "Let me see.\nNo\x1b[31m."
    assert "has no text" in paragraph(environment)


def test_json_prints_nothing_of_reasoning_that_breaks_off(home, api):
    api.answers = [Answer([frames(*THOUGHTS, done=False)])]
    code, environment = run_cli(home, api, "--json", "hi")
    assert (code, out(environment)) == (3, "")
    assert "Let me see." in err(environment)


def test_a_refusal_is_printed(home, api):
    api.answers = [Answer([frames(one(content=None, refusal="I can't "), one(refusal="help."), chunk(finish="stop"))])]
    code, environment = run_cli(home, api, "hi")
    assert (code, out(environment), err(environment)) == (0, "I can't help.\n", "")
    code, environment = run_cli(home, api, "--json", "hi")
    assert (code, json.loads(out(environment))["choices"][0]["message"]["refusal"]) == (0, "I can't help.")
    code, environment = run_cli(home, api, "-c", "and now?")
    assert api.requests[-1].messages[1] == {"role": "assistant", "content": "I can't help."}


def test_several_choices(home, api):
    """The first is printed, --json prints all, and the others are in the session's file."""
    parts = [one(content="Hel"), one(1, content="Good "), one(content="lo"), one(1, content="day")]
    ends = [{**chunk(), "choices": [{"index": index, "delta": {}, "finish_reason": "stop"}]} for index in (0, 1)]
    api.answers = [Answer([frames(*parts, *ends, chunk(usage=USAGE))])]
    code, environment = run_cli(home, api, "-o", "n=2", "hi")
    assert (code, out(environment)) == (0, "Hello\n")
    assert "2 choices received" in paragraph(environment)
    assert [line["message"]["content"] for line in journal_lines(sessions(home)[0])[-2:]] == ["Good day", "Hello"]
    code, environment = run_cli(home, api, "--json", "-o", "n=2", "hi")
    choices = json.loads(out(environment))["choices"]
    assert [choice["message"]["content"] for choice in choices] == ["Hello", "Good day"]


def test_the_id_of_a_deferred_request_that_is_gone_is_reported(home, api):
    api.answers = [Answer.json(200, {"request_id": "job-17"})]
    code, environment = run_cli(home, api, "-o", "deferred=true", "--no-stream", "hi")
    assert (code, out(environment), len(api.requests)) == (3, "", 1)
    assert "job-17" in paragraph(environment)


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
