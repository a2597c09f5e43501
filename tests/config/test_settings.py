"""The settings: one declaration, layers, and errors that name the allowed values."""

from __future__ import annotations

import pytest

from grokchat.config.base_url import is_loopback
from grokchat.config.settings import (
    RESERVED_FIELDS,
    SETTINGS,
    Layer,
    Settings,
    describe_allowed_values,
    describe_setting,
    find_origin,
    find_setting,
    is_session_setting,
    resolve_settings,
)
from grokchat.config.validation import (
    parse_json_or_text,
    parse_setting,
    split_parameter,
    validate_parameter_name,
    validate_setting,
)
from grokchat.errors import ConfigError


def test_defaults():
    settings = resolve_settings([])
    assert settings == Settings()
    assert settings.model == "grok-4.7"
    assert settings.base_url == "https://api.x.ai/v1"
    assert (settings.connect_timeout, settings.timeout) == (10.0, 3600.0)
    assert settings.params == {}


def test_later_layers_win():
    layers = [Layer("a", {"model": "one", "stream": False}), Layer("b", {"model": "two"})]
    settings = resolve_settings(layers)
    assert (settings.model, settings.stream) == ("two", False)
    assert find_origin("model", layers) == "b"
    assert find_origin("stream", layers) == "a"
    assert find_origin("timeout", layers) == "default"


def test_parameters_are_merged_and_none_takes_one_back():
    """Only parameters that the user set are sent."""
    layers = [Layer("a", params={"temperature": 0.2, "seed": 1}), Layer("b", params={"seed": None, "top_p": 0.5})]
    assert resolve_settings(layers).params == {"temperature": 0.2, "top_p": 0.5}
    assert find_origin("seed", layers) == "b"


@pytest.mark.parametrize("key", sorted(SETTINGS))
def test_every_setting_is_declared_whole(key):
    """Each setting has a one-line description, its allowed values, and a default that is one of them."""
    default = SETTINGS[key].default
    assert describe_setting(key)
    assert "\n" not in describe_setting(key)
    assert describe_allowed_values(key)
    if default != "":
        assert validate_setting(key, default, "test") == default


def test_where_a_key_goes_is_never_a_session_s_business():
    """A session file cannot set where the key is sent, or the command that prints it."""
    assert not is_session_setting("base_url")
    assert not is_session_setting("api_key_command")
    assert is_session_setting("model")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("model", 5),
        ("model", "  "),
        ("stream", "yes"),
        ("stream", 1),
        ("timeout", "10"),
        ("timeout", True),
        ("timeout", 0),
        ("timeout", -1.5),
        ("timeout", float("nan")),
        ("connect_timeout", float("inf")),
        ("show_reasoning", "loud"),
        ("base_url", ""),
        ("base_url", "ftp://a.example"),
        ("base_url", "https://user:pw@a.example/v1"),
        ("base_url", "https://a.example/v1?x=1"),
        ("base_url", "https://a.example/v1\n"),
        ("width", -1),
        ("width", 72.0),
        ("width", True),
        ("width", "72"),
        ("save", None),
        ("system", ["a"]),
    ],
)
def test_a_wrong_value_names_where_key_found_and_allowed(key, value):
    """A wrong type names the file, the key, what was found and what is allowed (exit 2)."""
    with pytest.raises(ConfigError) as caught:
        validate_setting(key, value, "some.toml")
    error = caught.value
    assert (error.where, error.key, error.exit_code) == ("some.toml", key, 2)
    assert str(error).startswith(f"some.toml: {key} must be {describe_allowed_values(key)}, not ")


@pytest.mark.parametrize("value", [10**400, -(10**400)], ids=["large", "small"])
def test_a_number_too_large_is_an_error_like_any_other(value):
    with pytest.raises(ConfigError):
        validate_setting("timeout", value, "some.toml")


def test_a_whole_number_is_a_number():
    value = validate_setting("timeout", 30, "x")
    assert (value, type(value)) == (30.0, float)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.x.ai/v1",
        "https://a.example:8443",
        "http://localhost:1234/v1",
        "http://127.0.0.1",
        "http://[::1]:80/v1",
    ],
)
def test_good_base_urls(url):
    assert validate_setting("base_url", url, "x") == url


@pytest.mark.parametrize(
    "url", ["http://api.x.ai/v1", "http://localhost.example", "http://127.0.0.1.example", "http://192.168.1.5:80"]
)
def test_plain_http_only_to_this_machine(url):
    """Plain `http://` is refused except to loopback."""
    with pytest.raises(ConfigError, match="unencrypted"):
        validate_setting("base_url", url, "x")
    assert not is_loopback(url)


def test_a_long_value_is_quoted_short():
    with pytest.raises(ConfigError) as caught:
        validate_setting("show_reasoning", "x" * 500, "f")
    assert len(str(caught.value)) < 200


def test_an_unknown_setting_gets_the_nearest_names():
    with pytest.raises(ConfigError, match='f: unknown setting "modle"; did you mean model'):
        find_setting("modle", "f")
    with pytest.raises(ConfigError, match=r"The settings are .*base_url, api_key_command"):
        find_setting("zzzzzz", "f")


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("stream", "true", True),
        ("stream", "Off", False),
        ("markdown", " no ", False),
        ("timeout", "12.5", 12.5),
        ("timeout", "1e3", 1000.0),
        ("model", "some-model", "some-model"),
        ("show_reasoning", "full", "full"),
        ("width", " 72 ", 72),
        ("width", "0", 0),
    ],
)
def test_values_as_a_person_writes_them(key, text, value):
    assert parse_setting(key, text, "/set") == value


@pytest.mark.parametrize(
    ("key", "text"), [("stream", "maybe"), ("timeout", "soon"), ("timeout", "nan"), ("width", "7.5"), ("nope", "1")]
)
def test_text_that_is_no_value(key, text):
    with pytest.raises(ConfigError):
        parse_setting(key, text, "/set")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.2", 0.2),
        ("true", True),
        ("null", None),
        ('"5"', "5"),
        ("[1, {}]", [1, {}]),
        ("high", "high"),
        ("", ""),
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ("{", "{"),
        ("[" * 100_000, "[" * 100_000),
        ("9" * 5000, "9" * 5000),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_value_is_json_if_it_parses_as_json_else_text(text, value):
    assert parse_json_or_text(text) == value


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("temperature=0.2", "temperature", "0.2"),
        ("user=a=b", "user", "a=b"),
        ("user=", "user", ""),
        ("user= me", "user", " me"),
        (" temperature =  0.2", "temperature", "0.2"),
        ("user\t=\tme ", "user", "me "),
        (" user=me", "user", "me"),
        ("stop ==", "stop", "="),
    ],
)
def test_a_parameter_is_key_equals_value(text, key, value):
    """In KEY = VALUE the blanks belong to neither; in KEY=VALUE the value is taken as given."""
    assert split_parameter(text, "-o") == (key, value)


@pytest.mark.parametrize("text", ["temperature", "=5", "", " =5", "="])
def test_what_is_not_key_equals_value_is_refused(text):
    with pytest.raises(ConfigError, match="KEY=VALUE"):
        split_parameter(text, "-o")


@pytest.mark.parametrize("text", [" grok ", "grok\n", "\tgrok"])
def test_blanks_around_a_model_are_not_its_own(text):
    assert validate_setting("model", text, "-m") == parse_setting("model", text, "/set") == "grok"


@pytest.mark.parametrize("text", ["", " ", '"grok"', "'grok'", "\u201cgrok\u201d"])
def test_what_names_no_model_is_refused(text):
    """Quotes come from env files and documents, where they are no syntax."""
    with pytest.raises(ConfigError, match="quotes" if "grok" in text else "is empty"):
        validate_setting("model", text, "GROKCHAT_MODEL")


@pytest.mark.parametrize(("key", "kept"), [("theme", "dark"), ("model", "grok-5"), ("system", " dark ")])
def test_blanks_around_a_typed_value_are_dropped_but_from_free_text(key, kept):
    assert parse_setting(key, f" {kept.strip()} ", "/set") == kept


@pytest.mark.parametrize("key", ["messages", "model", "stream"])
def test_what_grokchat_sends_itself_is_no_parameter(key):
    """The error says what to use instead."""
    with pytest.raises(ConfigError) as caught:
        validate_parameter_name(key, "-o")
    assert caught.value.key == key
    assert str(caught.value) == f"-o: {key} cannot be a request parameter. {RESERVED_FIELDS[key]}"


@pytest.mark.parametrize(
    "url", ["https://[::::::]/v1", "http://127.999.0.1/v1", "http://127.0.0.1:99999/v1", "https://1.2.3/v1"]
)
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(ConfigError):
        validate_setting("base_url", url, "here")


def test_what_json_cannot_say_is_text():
    assert [parse_json_or_text(text) for text in ("1e999", "NaN", "-Infinity", "[1e999]")] == [
        "1e999",
        "NaN",
        "-Infinity",
        "[1e999]",
    ]
