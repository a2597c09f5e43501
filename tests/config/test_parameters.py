"""Request parameters that look mistyped are reported; what is sent does not depend on it."""

from __future__ import annotations

import pytest

from grokchat.config.foreign_names import ANSWERS, PARAMETER_NAMES, SETTING_NAMES, normalize
from grokchat.config.parameters import PARAMETER_TYPES, PARAMETERS, describe_slip, suggest_parameter
from grokchat.config.settings import SETTINGS
from grokchat.config.validation import parse_json_or_text, split_parameter
from grokchat.errors import ConfigError


def slip(key: str, text: str) -> str:
    return describe_slip(key, parse_json_or_text(text), text=text)


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("temprature", "temperature"),
        ("Temperature", "temperature"),
        ("TOP_P", "top_p"),
        ("topP", "top_p"),
        ("top-p", "top_p"),
        ("maxTokens", "max_completion_tokens"),
        ("max_completion_token", "max_completion_tokens"),
        ("temperature:", "temperature"),
        ("--seed", "seed"),
        ('"temperature"', "temperature"),
        ("\u201ctemperature\u201d", "temperature"),
        ("reasoning_efort", "reasoning_effort"),
        ("response-format", "response_format"),
        ("presence_penality", "presence_penalty"),
        ("stops", "stop"),
        ("straem", "stream"),
        ("mesages", "messages"),
        ("modle", "model"),
        ("temp", "temperature"),
        ("effort", "reasoning_effort"),
        ("reasoning", "reasoning_effort"),
        ("max_output_tokens", "max_completion_tokens"),
        ("num_predict", "max_completion_tokens"),
        ("x" * 100_000, ""),
        ("", ""),
        ("user_tag", ""),
        ("metadata", ""),
        ("top_k", ""),
        ("min_p", ""),
        ("repetition_penalty", ""),
        ("store", ""),
        *((key, "") for key in PARAMETERS),
    ],
)
def test_the_name_that_was_meant(key, meant):
    assert suggest_parameter(key) == meant
    assert describe_slip(key, 1, text="1").startswith("sent as given; did you mean") == bool(meant)


def test_settings_are_meant_only_where_they_can_be():
    assert (suggest_parameter("tiemout"), suggest_parameter("tiemout", SETTINGS)) == ("", "timeout")
    assert (suggest_parameter("vim_mode"), suggest_parameter("vim-mode", SETTINGS)) == ("", "edit_mode")


def test_every_foreign_name_is_of_a_setting_or_parameter_and_none_is_one():
    assert {*SETTING_NAMES.values()} <= {*SETTINGS, "width"}
    assert {*PARAMETER_NAMES.values()} <= {*PARAMETER_TYPES}
    for names in (SETTING_NAMES, PARAMETER_NAMES, ANSWERS):
        assert {*names} & {*SETTINGS, *PARAMETER_TYPES} == set()
        assert [name for name in names if name != normalize(name)] == []


def test_a_parameter_that_the_api_has_not_is_answered_with_what_to_do():
    assert describe_slip("verbosity", "low") == (
        "sent as given. The API has no such parameter; ask for brief replies in a system message."
    )


@pytest.mark.parametrize("key", ["search_options", "search_options.from_date", "allowed_domains", "Allowed-X-Handles"])
def test_an_option_of_a_search_is_no_parameter(key):
    assert describe_slip(key, "a.org", text="a.org") == (
        "sent to the API as given; options of a search are set with /set search_options.KEY or in the config file."
    )


@pytest.mark.parametrize("name", ["api_key", "API-KEY", "XAI_API_KEY", "apikey"])
def test_a_key_is_not_sent_as_a_parameter(name):
    with pytest.raises(ConfigError, match=r"unknown key .*/login") as caught:
        split_parameter(f"{name}=xai-secret", "-o")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "text", "found", "expected"),
    [
        ("temperature", "0,5", "a string", "a number"),
        ("temperature", ".5", "a string", "a number"),
        ("temperature", "", "a string", "a number"),
        ("temperature", "\u201c0.5\u201d", "a string", "a number"),
        ("temperature", '"0.5"', "a string", "a number"),
        ("temperature", "NaN", "a string", "a number"),
        ("temperature", "true", "true or false", "a number"),
        ("top_p", "\uff10.\uff15", "a string", "a number"),
        ("seed", "1.5", "a number", "a whole number"),
        ("seed", "0x10", "a string", "a whole number"),
        ("max_completion_tokens", "1_000", "a string", "a whole number"),
        ("max_completion_tokens", "1k", "a string", "a whole number"),
        ("n", "[2]", "a list", "a whole number"),
        ("logprobs", "True", "a string", "true or false"),
        ("logprobs", "1", "a whole number", "true or false"),
        ("parallel_tool_calls", "off", "a string", "true or false"),
        ("response_format", "json_object", "a string", "an object"),
        ("tools", "{}", "an object", "a list"),
        ("stop", "3", "a whole number", 'a string or a list, "3"'),
        ("user", "42", "a whole number", 'a string, "42"'),
        ("reasoning_effort", "true", "true or false", 'a string, "true"'),
    ],
)
def test_a_value_of_another_type_than_the_api_takes(key, text, found, expected):
    assert slip(key, text) == f"sent as {found}; the API expects {expected}."


@pytest.mark.parametrize(
    "text", ["['a']", "[\u201ca\u201d]", "{a: 1}", "'x'", '"x', "\u201cx\u201d", "True", "None ", "[END]"]
)
def test_text_that_looks_like_json(text):
    assert slip("stop", text) == slip("some_new_parameter", text) == "sent as a string, because it is not JSON."


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("temperature", "0.5"),
        ("temperature", "1"),
        ("temperature", "-0"),
        ("temperature", "1e0"),
        ("temperature", "null"),
        ("seed", "1.0"),
        ("stop", "END"),
        ("stop", '["a"]'),
        ("stop", '"[END]"'),
        ("user", "0,5"),
        ("user", "TrueNorth"),
        ("tool_choice", "auto"),
        ("tool_choice", '{"type": "function"}'),
        ("response_format", '{"type": "json_object"}'),
        ("something_else", "007"),
    ],
)
def test_what_is_right_is_not_reported(key, text):
    assert slip(key, text) == ""


def test_a_setting_is_not_a_parameter_of_the_same_name():
    assert "/set" in slip("timeout", "3")


def test_a_text_of_the_config_file_is_a_text():
    """TOML has types of its own, so nothing was taken for a string there by mistake."""
    assert describe_slip("stop", "[END]") == ""
    assert describe_slip("temperature", "0.5") == "sent as a string; the API expects a number."
