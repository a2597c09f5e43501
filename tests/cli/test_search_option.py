"""`--search`, and the setting search, on the command line and in the config file."""

from __future__ import annotations

import json

import pytest
from fake_api import Answer
from fake_responses import message, response_frames, web_search
from support import journal_lines, out, paragraph, run_cli, sessions


@pytest.fixture
def api(api):
    """Answer like a server that has both endpoints: a search, and then the reply."""
    api.answers = [Answer([response_frames(web_search("hi"), message("Yes."))])]
    return api


def tools(api) -> list[str]:
    return [tool["type"] for tool in api.requests[-1].json["tools"]]


def write_config(home, text: str) -> None:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(text, encoding="utf-8")


def test_the_option_searches_the_web_and_x_for_this_run(home, api):
    """`--search`: let the model search the web and X for this run. The next run of the session does not search."""
    code, _ = run_cli(home, api, "--search", "-p", "hi")
    assert (code, tools(api)) == (0, ["web_search", "x_search"])
    (path,) = sessions(home)
    assert not any(event["type"] == "settings" for event in journal_lines(path))
    run_cli(home, api, "-c", "-p", "and?")
    assert "tools" not in api.requests[-1].json


def test_it_ranks_above_the_config_file(home, api):
    write_config(home, 'search = "web"\n[search_options]\nallowed_domains = ["a.org"]\n')
    run_cli(home, api, "-p", "hi")
    assert tools(api) == ["web_search"]
    run_cli(home, api, "--search", "-p", "hi")
    assert tools(api) == ["web_search", "x_search"]
    assert "a.org" in json.dumps(api.requests[-1].json["tools"])


def test_an_export_with_it_is_of_a_request_that_searches(home, api):
    run_cli(home, api, "-p", "hi")
    code, environment = run_cli(home, api, "-c", "--export", "request", "--search")
    assert (code, [tool["type"] for tool in json.loads(out(environment))["tools"]]) == (0, ["web_search", "x_search"])


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--search=web", "hi"], "--search takes no value"),
        (["--web-search", "hi"], "did you mean --search?"),
        (["--online", "hi"], "did you mean --search?"),
        (["--no-search", "hi"], "only with --search"),
        (["--sear", "hi"], "did you mean --search?"),
    ],
)
def test_an_option_that_is_spelled_otherwise_is_answered_with_this_one(home, api, argv, words):
    code, environment = run_cli(home, api, *argv)
    assert code == 2
    assert words in paragraph(environment)
    assert api.requests == []


def test_a_saved_prompt_sets_what_may_be_searched(home, api):
    """Its front matter ranks below the options, and is saved with the session."""
    folder = home / "prompts"
    folder.mkdir(parents=True)
    text = "---\nsearch: web\nsearch_options.allowed_domains: arxiv.org\n---\nYou find papers.\n"
    (folder / "papers.md").write_text(text, encoding="utf-8")
    run_cli(home, api, "-s", "@papers", "-p", "hi")
    assert tools(api) == ["web_search"]
    assert "arxiv.org" in json.dumps(api.requests[-1].json["tools"])
    run_cli(home, api, "-c", "-p", "more")
    assert tools(api) == ["web_search"]
    run_cli(home, api, "--search", "-s", "@papers", "-p", "hi")
    assert tools(api) == ["web_search", "x_search"]


@pytest.mark.parametrize(
    ("option", "words"), [("seed=1", "Leave out -o seed, or --search."), ("deferred=true", "defer")]
)
def test_what_does_not_go_together_is_refused_before_anything_is_sent(home, api, option, words):
    """A parameter that has no place in a request with search is refused, in the words of the shell."""
    code, environment = run_cli(home, api, "--search", "-o", option, "-p", "hi")
    assert code == 2
    assert words in paragraph(environment)
    assert api.requests == []
