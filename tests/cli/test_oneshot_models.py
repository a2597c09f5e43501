"""One shots that ask several models at once: `-m A,B`."""

from __future__ import annotations

import io
import json
import threading

import pytest
from cli.test_oneshot import Notifying
from fake_api import USAGE, Answer, chunk, completion, frames, reply_frames
from support import KEY, err, journal_lines, make_environment, out, run_cli, sessions

from grokchat.cli.main import main
from grokchat.messages import DEMO_FINGERPRINT


def answered(model, *texts, **more):
    """Return a streamed answer of a model."""
    chunks = [*(chunk({"content": text}) for text in texts), chunk(finish="stop", usage=USAGE)]
    return Answer([frames(*({**value, "model": model, **more} for value in chunks))])


UNKNOWN = Answer.json(404, {"code": "not-found", "error": "The model B does not exist."})


@pytest.fixture
def both(api):
    api.by_model = {"A": answered("A", "From ", "A."), "B": answered("B", "From B.\n")}
    return api


def kept(home):
    """Return the replies in the session's file: text, model, and whether it is an alternative of the last one."""
    messages = [line for line in journal_lines(sessions(home)[-1]) if line["type"] == "message"]
    replies = [line for line in messages if line["message"]["role"] == "assistant"]
    assert len({line["id"] for line in messages}) == len(messages)
    last = replies[-1]["id"] if replies else ""
    return [(line["message"]["content"].strip(), line["model"], line.get("alternative_of") == last) for line in replies]


def test_each_reply_is_printed_under_its_models_name_in_the_order_asked(home, both):
    code, environment = run_cli(home, both, "-m", "B,A", "hi")
    assert (code, err(environment)) == (0, "")
    assert out(environment) == "# B\n\nFrom B.\n\n# A\n\nFrom A.\n"
    assert kept(home) == [("From A.", "A", True), ("From B.", "B", False)]


def test_a_key_in_a_models_name_is_not_printed(home, both):
    both.by_model[f"m-{KEY}"] = both.by_model["B"]
    code, environment = run_cli(home, both, "-m", f"m-{KEY},A", "hi")
    assert (code, KEY in err(environment)) == (0, False)
    assert out(environment) == "# m-[key]\n\nFrom B.\n\n# A\n\nFrom A.\n"


def test_the_requests_differ_in_the_model_only(home, both):
    run_cli(home, both, "-m", "A,B", "-o", "temperature=1", "-s", "Be brief.", "hi")
    bodies = [request.body.replace(b'"model":"B"', b'"model":"A"') for request in both.requests]
    assert len(bodies) == 2
    assert bodies[0] == bodies[1]
    assert json.loads(bodies[0])["temperature"] == 1
    assert len({request.headers["x-grok-conv-id"] for request in both.requests}) == 1


def test_all_are_asked_at_once_and_the_first_is_printed_while_it_streams(home, api):
    """A's end comes only after its beginning was printed, and after B has been asked."""
    gate = threading.Event()
    api.by_model = {
        "A": Answer([frames(chunk({"content": "begin"}), done=False), gate, reply_frames(" end")]),
        "B": answered("B", "From B."),
    }
    environment = make_environment(home, "-m", "A,B", "hi", env={"GROKCHAT_BASE_URL": api.url})
    asked = threading.Event()
    environment.stdout = Notifying(asked)

    def open_gate() -> None:
        asked.wait()
        api.wait_for_requests(2)
        gate.set()

    threading.Thread(target=open_gate, daemon=True).start()
    assert main(environment) == 0
    assert out(environment) == "# A\n\nbegin end\n\n# B\n\nFrom B.\n"


def test_sixteen_models_are_asked_at_once(home, api):
    """None of them is answered before all have been asked."""
    gate = threading.Event()
    names = [f"m{number}" for number in range(16)]
    api.by_model = {name: Answer([gate, reply_frames(f"I am {name}.")]) for name in names}
    threading.Thread(target=lambda: (api.wait_for_requests(16), gate.set()), daemon=True).start()
    code, environment = run_cli(home, api, "-m", ",".join(names), "hi")
    assert code == 0
    assert out(environment) == "\n".join(f"# {name}\n\nI am {name}.\n" for name in names)
    code, environment = run_cli(home, api, "-m", ",".join([*names, "one-more"]), "hi")
    assert (code, len(api.requests)) == (2, 16)
    assert "16" in err(environment)


def test_a_model_may_be_asked_twice(home, both):
    code, environment = run_cli(home, both, "-m", "A,A", "hi")
    assert (code, out(environment)) == (0, "# A\n\nFrom A.\n\n# A\n\nFrom A.\n")
    assert kept(home) == [("From A.", "A", True), ("From A.", "A", False)]


@pytest.mark.parametrize("stream", [True, False])
def test_json_prints_an_array_of_the_apis_objects_in_the_order_asked(home, both, stream):
    if not stream:
        both.by_model = {name: Answer.json(200, completion(f"From {name}.", model=name)) for name in "AB"}
    code, environment = run_cli(home, both, "--json", "-m", "B,A", "hi", *([] if stream else ["--no-stream"]))
    assert code == 0
    assert out(environment).count("\n") == 1
    values = json.loads(out(environment))
    assert [value["model"] for value in values] == ["B", "A"]
    assert [value["choices"][0]["message"]["content"].strip() for value in values] == ["From B.", "From A."]
    assert {value["object"] for value in values} == {"chat.completion"}


@pytest.mark.parametrize("models", ["A,B", "B,A"])
def test_a_model_that_fails_is_named_and_the_others_are_printed(home, both, models):
    both.by_model["B"] = UNKNOWN
    code, environment = run_cli(home, both, "-m", models, "hi")
    assert (code, out(environment)) == (1, "# A\n\nFrom A.\n")
    assert err(environment).startswith("grokchat: B: ")
    assert err(environment).count("\n") == 1
    assert kept(home) == [("From A.", "A", False)]
    code, environment = run_cli(home, both, "--json", "-m", models, "hi")
    assert (code, [value["model"] for value in json.loads(out(environment))]) == (1, ["A"])


@pytest.mark.parametrize(("models", "code"), [("broken,B", 3), ("B,broken", 1)])
def test_if_all_fail_the_exit_code_is_that_of_the_first(home, api, models, code):
    api.by_model = {"B": UNKNOWN, "broken": Answer([frames(chunk({}), done=False)], complete=False)}
    result, environment = run_cli(home, api, "-m", models, "hi")
    assert (result, out(environment)) == (code, "")
    reports = [line for line in err(environment).splitlines() if "try " not in line]
    assert [line.split(":")[1].strip() for line in reports] == models.split(",")
    assert kept(home) == []


def test_a_reply_that_breaks_off_is_printed_kept_and_named(home, both):
    both.by_model["A"] = Answer([frames(chunk({"content": "Half"}), done=False)], complete=False)
    code, environment = run_cli(home, both, "-m", "A,B", "hi")
    assert (code, out(environment)) == (1, "# A\n\nHalf\n\n# B\n\nFrom B.\n")
    assert "grokchat: A: " in err(environment)
    lines = journal_lines(sessions(home)[0])
    assert lines[-1]["message"]["content"] == "Half"
    assert lines[-1]["finish_reason"] == "interrupted"
    assert kept(home) == [("From B.", "B", True), ("Half", "grok-4.7", False)]


def test_the_first_reply_with_text_is_the_current_one(home, both):
    both.by_model["empty"] = Answer([frames(chunk({"reasoning_content": "Hm."}), chunk(finish="stop"))])
    code, environment = run_cli(home, both, "-m", "empty,B,A", "hi")
    assert (code, out(environment)) == (1, "# B\n\nFrom B.\n\n# A\n\nFrom A.\n")
    assert "empty's reasoning:\nHm.\n" in err(environment)
    assert kept(home) == [("From A.", "A", True), ("From B.", "B", False)]
    reasoning = [line.get("reasoning") for line in journal_lines(sessions(home)[0]) if line["type"] == "partial"]
    assert reasoning[0] == "Hm."


def test_attempts_are_told_with_the_models_name(home, both):
    both.by_model["B"] = Answer.json(503, {"code": "unavailable", "error": "Try later."})
    code, environment = run_cli(home, both, "-m", "A,B", "hi")
    assert code == 1
    retries = [line for line in err(environment).splitlines() if "try " in line and " of 4" in line]
    assert len(retries) == 3
    assert all(line.startswith("grokchat: B: 503") for line in retries)


def test_notes_name_the_model(home, both):
    both.by_model["B"] = Answer([frames({**chunk({"content": "Cut"}), "model": "B"}, chunk(finish="length"))])
    both.by_model["other"] = answered("A", "Me")
    code, environment = run_cli(home, both, "-m", "A,B,other", "hi")
    assert code == 0
    assert "B: the reply hit its length limit" in err(environment)
    assert "/continue" not in err(environment)  # it is an alternative
    assert "other was answered by A" in err(environment)
    code, environment = run_cli(home, both, "-m", "B,A", "hi")
    assert "/continue" in err(environment)


def test_each_reply_is_checked_against_the_schema(home, both, tmp_path):
    schema = tmp_path / "s.json"
    schema.write_text('{"type": "object", "required": ["a"]}')
    both.by_model = {"A": answered("A", '{"a": 1}'), "B": answered("B", '{"b": 1}')}
    code, environment = run_cli(home, both, "--schema", str(schema), "-m", "A,B", "hi")
    assert code == 3
    assert err(environment).startswith("grokchat: B: The reply does not match the schema")
    assert '{"b": 1}' in out(environment)
    code, environment = run_cli(home, both, "--schema", str(schema), "-m", "A,A", "hi")
    assert (code, err(environment)) == (0, "")


def test_further_choices_are_alternatives_too(home, both):
    def choice(index, text):
        return {"index": index, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}

    def several(name):
        value = {"id": name, "object": "chat.completion", "model": name, "usage": USAGE}
        return Answer.json(200, {**value, "choices": [choice(0, f"{name}0"), choice(1, f"{name}1")]})

    both.by_model = {name: several(name) for name in "AB"}
    code, environment = run_cli(home, both, "--no-stream", "-o", "n=2", "-m", "A,B", "hi")
    assert code == 0
    assert out(environment) == "# A\n\nA0\n\n# B\n\nB0\n"
    assert [text for text, *_ in kept(home)] == ["B1", "B0", "A1", "A0"]


def test_the_next_call_goes_on_with_the_first_model_and_its_reply(home, both):
    run_cli(home, both, "-m", "A,B", "hi")
    run_cli(home, both, "-c", "more")
    last = both.requests[-1].json
    assert last["model"] == "A"
    assert [message["content"] for message in last["messages"]] == ["hi", "From A.", "more"]


def test_nothing_is_saved_with_no_save(home, both):
    both.by_model["A"] = Answer([frames(chunk({"content": "Half"}), done=False)], complete=False)
    code, environment = run_cli(home, both, "--no-save", "-m", "A,B", "hi")
    assert (code, sessions(home)) == (1, [])
    assert "Nothing of it is saved" in err(environment)


def test_max_cost_counts_all_requests_before_anything_is_sent(home, both):
    price = {"prompt_text_token_price": 10_000, "completion_text_token_price": 0}
    both.models = Answer.json(200, {"data": [{"id": name, "object": "model", **price} for name in "AB"]})
    text = "word " * 8000  # about 10,000 tokens
    code, environment = run_cli(home, both, "-m", "A", "--max-cost", "0.015", text)
    assert code == 0
    count = len(both.requests)
    code, environment = run_cli(home, both, "-m", "A,B", "--max-cost", "0.015", text)
    assert (code, len(both.requests)) == (2, count)
    assert "2 requests cost about" in err(environment)


@pytest.mark.parametrize("argv", [["-m", "A,B", "hi"], ["-m", "A,B"], ["-m", "A,B", "--list-models"]])
def test_a_chat_does_not_begin_with_several_models(home, both, argv):
    code, environment = run_cli(home, both, *argv, stdout_is_tty=True)
    assert (code, both.requests) == (2, [])
    assert "/retry -m A,B" in err(environment)
    assert "grokchat -p -m A,B" in err(environment)


@pytest.mark.parametrize("models", ["A,", ",A", "A,,B", "A, ,B"])
def test_a_missing_model_is_a_usage_error(home, both, models):
    code, environment = run_cli(home, both, "-m", models, "hi")
    assert (code, both.requests) == (2, [])
    assert "ID,ID" in err(environment)


def test_a_comma_is_no_list_of_models_in_the_environment_and_the_config_file(home, both):
    code, environment = run_cli(home, both, "hi", env={"GROKCHAT_MODEL": "A,B"})
    assert (code, both.requests) == (2, [])
    assert "-m A,B" in err(environment)
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text('model = "A,B"\n')
    code, environment = run_cli(home, both, "hi")
    assert (code, both.requests) == (2, [])
    assert "-m A,B" in err(environment)


def test_at_a_terminal_each_reply_is_rendered_and_the_demo_says_so(home, api):
    api.by_model = {name: answered(name, "**bold**", system_fingerprint=DEMO_FINGERPRINT) for name in ("A_1_", "B")}
    terminal = io.BytesIO()
    environment = make_environment(
        home, "-p", "-m", "A_1_,B", "hi", env={"GROKCHAT_BASE_URL": api.url, "TERM": "dumb"}, stdout_is_tty=True
    )
    environment.stdout = terminal
    assert main(environment) == 0
    text = terminal.getvalue().decode()
    assert text.index("A_1_ (demo)") < text.index("bold") < text.index("B (demo)")
