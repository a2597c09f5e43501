"""One shots with search: the text as the API sent it, and the sources on standard error."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from fake_api import Answer, frames
from fake_responses import answer, cited, message, met, response, response_events, response_frames, web_search
from support import err, make_environment, out, run_cli

from grokchat.cli.main import main

A, B = "https://a.example/wiki/A_(b)_c", "http://b.example/?x=1&y=2"
TEXT, ANNOTATIONS = cited("It is so.", A, B)
ROWS = [f"[1] a.example  {A}", f"[2] b.example  {B}"]


@pytest.fixture
def search(home: Path) -> None:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text('search = "all"\n', encoding="utf-8")


@pytest.mark.usefixtures("search")
@pytest.mark.parametrize("stream", [True, False])
def test_the_text_is_unchanged_and_the_sources_are_on_standard_error(home, api, stream):
    """`[1] title or host  address`, one a line, all of them, after the text."""
    item = message(TEXT, *ANNOTATIONS)
    api.answers = [Answer([response_frames(web_search("q", A), item)])]
    if not stream:
        api.answers = [Answer.json(200, response(item))]
    code, environment = run_cli(home, api, *([] if stream else ["--no-stream"]), "is it so?")
    assert (code, out(environment)) == (0, f"{TEXT}\n")
    assert err(environment) == "".join(f"{row}\n" for row in ROWS)


@pytest.mark.usefixtures("search")
def test_json_is_the_object_of_the_api_and_nothing_else(home, api):
    api.answers = [Answer([response_frames(message(TEXT, *ANNOTATIONS))])]
    code, environment = run_cli(home, api, "--json", "is it so?")
    assert (code, err(environment)) == (0, "")
    assert json.loads(out(environment))["object"] == "response"


@pytest.mark.usefixtures("search")
def test_all_sources_are_listed_and_those_that_are_not_cited_below_a_head(home, api):
    item = message("It is so.", *(met(f"https://a.example/{number}") for number in range(500)))
    api.answers = [Answer([response_frames(item)])]
    code, environment = run_cli(home, api, "is it so?")
    lines = err(environment).splitlines()
    assert (code, len(lines), lines[0], lines[-1]) == (
        0,
        501,
        "read, not cited:",
        "- a.example  https://a.example/499",
    )


@pytest.mark.usefixtures("search")
def test_a_reply_that_breaks_off_lists_the_sources_of_its_markers(home, api):
    events = response_events(message(TEXT, *ANNOTATIONS))
    at = next(at for at, event in enumerate(events) if event["type"] == "response.output_text.annotation.added")
    api.answers = [Answer([frames(*events[:at], done=False)])]
    code, environment = run_cli(home, api, "is it so?")
    assert (code, out(environment)) == (3, f"{TEXT}\n")
    assert err(environment).splitlines()[:2] == ROWS


@pytest.mark.usefixtures("search")
def test_on_a_terminal_the_reply_has_numbers_and_its_sources_below_it(home, api):
    """Rendered, and after an empty line the sources."""
    api.answers = [Answer([response_frames(message(TEXT, *ANNOTATIONS))])]
    terminal = io.BytesIO()
    env = {"GROKCHAT_BASE_URL": api.url, "NO_COLOR": "1"}
    environment = make_environment(home, "-p", "hi", env=env, stderr=terminal, stdout_is_tty=True)
    environment.stdout = terminal
    assert main(environment) == 0
    assert terminal.getvalue().decode() == "\n".join(["It is so.[1][2]", "", *ROWS, ""])


@pytest.mark.usefixtures("search")
def test_of_several_models_each_has_its_own(home, api):
    for model in ("one", "two"):
        item = answer(f"From {model}.", f"https://{model}.example/")
        api.by_model[model] = Answer([response_frames(item, model=model)])
    code, environment = run_cli(home, api, "-m", "one,two", "hi")
    assert code == 0
    assert err(environment).splitlines() == [
        "grokchat: one's sources:",
        "[1] one.example  https://one.example/",
        "grokchat: two's sources:",
        "[1] two.example  https://two.example/",
    ]


def test_without_search_nothing_is_listed(home, api):
    code, environment = run_cli(home, api, "hi")
    assert (code, err(environment)) == (0, "")
