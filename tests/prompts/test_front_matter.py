"""The front matter of a prompt."""

from __future__ import annotations

import pytest

from grokchat.errors import ConfigError
from grokchat.prompts.front_matter import parse_front_matter, split_front_matter


def parsed(*lines: str) -> tuple[dict, dict, str]:
    found = split_front_matter("\n".join(["---", *lines, "---", "Text."]))
    assert found is not None
    layer = parse_front_matter(found[0], "p.md")
    return dict(layer.values), dict(layer.params), found[1]


def test_it_has_settings_and_request_parameters_and_is_not_part_of_the_text():
    values, params, text = parsed("model: grok-4.3", "temperature: 0.3", "", "# all", "stream: off", "width: 80")
    assert values == {"model": "grok-4.3", "stream": False, "width": 80}
    assert params == {"temperature": 0.3}
    assert text == "Text."


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ('stop: "a # b"  # comment', "a # b"),
        (r'stop: "\n\u00e9"', "\n\u00e9"),
        ("stop: 'it''s' # comment", "it's"),
        ("stop: a#b # comment", "a#b"),
        ('stop: ["a", "# b"] # comment', ["a", "# b"]),
        ('stop = "a"', "a"),
        ('stop="a"', "a"),
        ('stop:"a"', "a"),
        ("  stop :  END \r", "END"),
        ('stop: "3"', "3"),
        ("stop: null", None),
        ("params.stop: END", "END"),
    ],
)
def test_a_value_is_json_or_text_with_quotes_and_comments(line, value):
    assert parsed(line)[1] == {"stop": value}


def test_other_servers_parameters_are_taken():
    assert parsed("top_k: 5", "params.new_one: {}")[1] == {"top_k": 5, "new_one": {}}


@pytest.mark.parametrize(
    "text",
    [
        "---",
        "---\n",
        "--- \nText.",
        "---\nText.\n---\nMore.",
        "---\n\nText: more\n\n",
        "---\nmodel: x\nText",
        "----\nmodel: x\n---\n",
        " ---\nmodel: x\n---\n",
        "\n---\nmodel: x\n---\n",
        "---\n# Heading\n---\nText.",
        "---\nhttp://localhost\n---\nText.",
        "---\n- model: x\n---\nText.",
        "Text\n---\nmodel: x\n---\n",
    ],
)
def test_a_file_that_begins_with_a_rule_and_has_no_front_matter_is_text(text):
    assert split_front_matter(text) is None


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("---\n---\nText.", "Text."),
        ("---\n\n---\n\n\nText.\n", "Text.\n"),
        ("---\r\nmodel: x\r\n---\r\n\r\n  Text.\r\n", "  Text.\r\n"),
        ("---\nmodel: x\n---", ""),
        ("---\nmodel: x\n--- \n---\nText.", "---\nText."),
        ("---\n# about\nmodel: x\n---\nText.", "Text."),
    ],
)
def test_the_text_begins_below_the_second_rule(text, rest):
    found = split_front_matter(text)
    assert found is not None
    assert found[1] == rest


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("temperature: hot", 'p.md, line 3: temperature must be a number, not "hot"'),
        ('temperature: "0.3"', 'temperature must be a number, not "0.3"'),
        ("stop: 3", "stop must be a string or a list, not 3"),
        ("width: wide", "width must be a whole number of columns"),
        ('width: "80"', "width must be a whole number of columns"),
        ("stream: maybe", "stream must be true or false"),
        ("theme: pink", "theme must be"),
        ("model:", "model has no value"),
        ("model: # later", "model has no value"),
        ('model: ""', "it is empty"),
        ("temprature: 1", 'unknown setting "temprature"; did you mean temperature?'),
        ("temp: 1", "did you mean temperature?"),
        ("maxTokens: 1", "did you mean max_completion_tokens?"),
        ("nonsense: 1", "A note begins with #"),
        ("verbosity: low", "The API has no such parameter"),
        ("api_key: x", "The API key comes from"),
        ("base_url: http://localhost", "base_url cannot be set in a prompt file"),
        ("base_url = https://x.example", "base_url cannot be set in a prompt file"),
        ("api_key_command: rm", "api_key_command cannot be set in a prompt file"),
        ("params.api_key: x", "The API key comes from"),
        ("params.base_url: x", "params.base_url cannot be set in a prompt file"),
        ("params.model: x", "model cannot be a request parameter"),
        ("messages: []", "messages cannot be a request parameter"),
        ("max_cost: 100", "Only you may change the limit"),
        ("system: be kind", "The text below the front matter is the message"),
        ("save: false", "save cannot be set in a prompt file"),
        ("stop: [a, b]", "Lists and objects are JSON in one line"),
        ("stop: [", "stop is not JSON"),
        ('stop: ["a"] b', "stop has text after its value"),
        ('stop: "a', "stop has a quote that is not closed"),
        ("stop: 'a' b", "stop has a quote that is not closed, or text after it"),
        (r'stop: "\x"', "stop is not a JSON text"),
        ("  - a", '"- a" is not KEY: VALUE'),
        ("just text", '"just text" is not KEY: VALUE'),
        ("n: 1", "n is set twice"),
        ("params.n: 1", "n is set twice"),
        (f"logit_bias: {'[' * 100_000}", "is not JSON"),
    ],
)
def test_what_cannot_be_set_names_the_file_and_the_line(line, problem):
    with pytest.raises(ConfigError) as caught:
        parsed("n: 2", line)
    assert problem in str(caught.value)
    assert str(caught.value).startswith("p.md, line 3: ")
    assert len(str(caught.value)) < 500


def test_it_sets_what_may_be_searched_and_the_options_of_the_search_tools():
    lines = [
        "search: on",
        "search_options.allowed_domains: arxiv.org, nature.com  # at most 5",
        'search_options.allowed_x_handles: ["@xai"]',
        "search_options.from_date = 2026-01-01",
        "search_options.enable_image_search:yes",
    ]
    found = split_front_matter("\n".join(["---", *lines, "---", "Text."]))
    assert found is not None
    layer = parse_front_matter(found[0], "p.md")
    assert layer.values == {"search": "all"}
    assert layer.params == {}
    assert layer.search_options == {
        "allowed_domains": ["arxiv.org", "nature.com"],
        "allowed_x_handles": ["xai"],
        "from_date": "2026-01-01",
        "enable_image_search": True,
    }


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["search: 'on'"], 'p.md, line 2: search must be "off", "web", "x" or "all", not "on"'),
        (["model: x", "search_options.sites: a.org"], 'p.md, line 3: unknown key "search_options.sites"; did you mean'),
        (["search_options.from_date: today"], "p.md, line 2: search_options.from_date must be a day"),
        (["search_options.to_date: 2026-01-01"] * 2, "p.md, line 3: search_options.to_date is set twice"),
        (
            ["search_options.allowed_domains: a.org", "search_options.excluded_domains: b.org"],
            "p.md: search_options has both allowed_domains and excluded_domains",
        ),
    ],
)
def test_a_wrong_search_option_names_the_file_and_the_line(lines, words):
    found = split_front_matter("\n".join(["---", *lines, "---", "Text."]))
    assert found is not None
    with pytest.raises(ConfigError) as caught:
        parse_front_matter(found[0], "p.md")
    assert str(caught.value).startswith(words)
