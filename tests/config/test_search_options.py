"""The options of the search tools: what `[search_options]` takes, and how layers of them are merged."""

from __future__ import annotations

import json

import pytest
from support import err, make_environment, paragraph, run_cli

from grokchat.config import files
from grokchat.config.search_options import SCOPES, SEARCH_OPTIONS, merge_options, tools_of
from grokchat.config.search_values import (
    describe_search_values,
    parse_search_option,
    validate_search_option,
    validate_search_options,
)
from grokchat.config.settings import Layer, find_origin, resolve_settings, setting_choices
from grokchat.errors import ConfigError


def refused(check, *arguments) -> str:
    with pytest.raises(ConfigError) as caught:
        check(*arguments)
    return str(caught.value)


def read(home, text: str, profile: str | None = None):
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(text, encoding="utf-8")
    return resolve_settings(files.load_layers(make_environment(home), config=None, profile=profile))


def test_each_declaration_is_whole():
    """Options are declared in one table; those that exclude each other name each other."""
    assert setting_choices("search") == tuple(SCOPES) == ("off", "web", "x", "all")
    for key, option in SEARCH_OPTIONS.items():
        assert set(option.tools) <= set(tools_of("all"))
        assert option.description
        assert validate_search_option(key, json.loads(option.example), "here") == json.loads(option.example)
        if option.excludes:
            assert SEARCH_OPTIONS[option.excludes].excludes == key


def test_the_config_file_and_a_profile_set_them(home):
    """`[search_options]` has the tools' options; a profile has its own."""
    text = """
    search = "web"
    [search_options]
    allowed_domains = ["ArXiv.org", " nature.com", "arxiv.org"]
    allowed_x_handles = ["@xai", "nasa"]
    from_date = 2026-01-02
    enable_image_search = false
    [profiles.p]
    search = "x"
    [profiles.p.search_options]
    to_date = "2026-02-01"
    allowed_x_handles = []
    """
    settings = read(home, text)
    assert settings.search == "web"
    assert settings.search_options == {
        "allowed_domains": ["arxiv.org", "nature.com"],
        "enable_image_search": False,
        "allowed_x_handles": ["xai", "nasa"],
        "from_date": "2026-01-02",
    }
    settings = read(home, text, "p")
    assert settings.search == "x"
    assert "allowed_x_handles" not in settings.search_options
    assert settings.search_options["to_date"] == "2026-02-01"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("search = true", ["search must be", '"off", "web", "x" or "all"', 'did you mean "all"?']),
        ('search = "on"', ['not "on"', 'did you mean "all"?']),
        ('search = "google"', ['"off", "web", "x" or "all"', '"google"']),
        ("search_options = 3", ["search_options must be a table ([search_options]), not 3"]),
        ("allowed_domains = []", ["[search_options]"]),
        ("[search_options]\nallowed_domain = []", ['"search_options.allowed_domain"', "did you mean allowed_domains"]),
        ("[search_options]\nincluded_x_handles = []", ["did you mean allowed_x_handles"]),
        ("[search_options]\ncolour = 1", ["The search options are allowed_domains, "]),
        (
            '[search_options]\nallowed_domains = "a.org, b.org"',
            ["at most 5", 'did you mean ["a.org", "b.org"]?'],
        ),
        ('[search_options]\nallowed_domains = ["https://arxiv.org/"]', ["did you mean arxiv.org?"]),
        ('[search_options]\nexcluded_domains = ["user@x.org:80"]', ["must be host names"]),
        ('[search_options]\nallowed_domains = ["arxiv.org/abs"]', ["did you mean arxiv.org?"]),
        ("[search_options]\nallowed_domains = [3]", ["must be host names, not 3"]),
        ('[search_options]\nallowed_domains = ["localhost"]', ['not "localhost"']),
        (f"[search_options]\nallowed_domains = {[f'a{n}.org' for n in range(6)]}", ["takes 5 at most, not 6"]),
        (f"[search_options]\nallowed_x_handles = {[f'a{n}' for n in range(21)]}", ["takes 20 at most, not 21"]),
        ('[search_options]\nallowed_x_handles = ["https://x.com/xai"]', ["did you mean xai?"]),
        ('[search_options]\nallowed_x_handles = ["a b"]', ["must be X handles"]),
        ('[search_options]\nfrom_date = "1.2.2026"', ['a day such as "2026-01-01"', '"1.2.2026"']),
        ('[search_options]\nfrom_date = "2026-02-30"', ["2026-02-30"]),
        ("[search_options]\nto_date = 2026-01-01T00:00:00", ["must be a day"]),
        ("[search_options]\nenable_image_search = 1", ["must be true or false, not 1"]),
        ('[search_options]\nfrom_date = "2026-02-02"\nto_date = "2026-02-01"', ["from_date must not be after to_date"]),
        (
            '[search_options]\nallowed_domains = ["a.org"]\nexcluded_domains = ["b.org"]',
            ["search_options has both allowed_domains and excluded_domains"],
        ),
        ("[profiles.p.search_options]\nto_date = 1", ["profiles.p.search_options.to_date"]),
    ],
)
def test_a_wrong_option_exits_2_and_names_file_and_key(home, text, words):
    """An unknown key or a wrong type names the file, the key, what was found and what is allowed (exit 2)."""
    home.mkdir()
    (home / "config.toml").write_text(text, encoding="utf-8")
    code, environment = run_cli(home, None, "-p", "hi")
    assert code == 2
    assert str(home / "config.toml") in paragraph(environment)
    assert [word for word in words if word not in err(environment)] == []


def test_days_of_a_profile_are_held_against_those_of_the_file(home):
    text = '[search_options]\nfrom_date = "2026-02-01"\n[profiles.p.search_options]\nto_date = "2026-01-01"\n'
    assert "from_date must not be after to_date" in refused(read, home, text, "p")
    assert read(home, text).search_options == {"from_date": "2026-02-01"}


def test_the_later_of_two_that_exclude_each_other_wins():
    """Allowed in one layer and excluded in a later one: the later one is sent; without it the first is again."""
    allowed, excluded = {"allowed_domains": ["a.org"]}, {"excluded_domains": ["b.org"]}
    assert merge_options([allowed, excluded]) == excluded
    assert merge_options([excluded, allowed]) == allowed
    assert merge_options([allowed, excluded, {"excluded_domains": None}]) == allowed
    assert merge_options([allowed, {"allowed_domains": None}]) == {}


def test_they_are_sent_in_the_same_order_whatever_the_order_they_were_set_in():
    """The bytes of an unchanged prefix are identical from request to request."""
    both = {"to_date": "2026-01-01", "from_date": "2025-01-01"}
    assert list(merge_options([both])) == list(merge_options([dict(reversed(both.items()))]))


def test_the_origin_of_an_option():
    layers = [Layer("file", search_options={"to_date": "2026-01-01"}), Layer("/set", {"search": "x"})]
    assert find_origin("search_options.to_date", layers) == "file"
    assert find_origin("search_options.from_date", layers) == "default"
    assert find_origin("search", layers) == "/set"


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("allowed_domains", "arxiv.org, nature.com", ["arxiv.org", "nature.com"]),
        ("allowed_domains", "arxiv.org nature.com", ["arxiv.org", "nature.com"]),
        ("allowed_domains", '["arxiv.org"]', ["arxiv.org"]),
        ("allowed_domains", "'arxiv.org'", ["arxiv.org"]),
        ("allowed_domains", "none", None),
        ("allowed_domains", "[]", None),
        ("allowed_domains", " ", None),
        ("allowed_x_handles", "@xai,@none", ["xai", "none"]),
        ("allowed_x_handles", "12345", ["12345"]),
        ("from_date", "2026-01-01", "2026-01-01"),
        ("from_date", '"2026-01-01"', "2026-01-01"),
        ("to_date", "null", None),
        ("enable_image_search", "on", True),
        ("enable_image_search", "No", False),
    ],
)
def test_typed_values(key, text, value):
    """Lists are typed with commas or as JSON; nothing and `none` stop sending an option."""
    assert parse_search_option(key, text, "/set") == value


@pytest.mark.parametrize("key", SEARCH_OPTIONS)
def test_a_wrong_typed_value_says_what_is_allowed(key):
    error = refused(parse_search_option, key, "https://", "/set")
    assert error.startswith(f"/set: search_options.{key} must be ")
    assert describe_search_values(key).split()[0] in error or "must be " in error


@pytest.mark.parametrize("value", ["a" * 100_000, "." * 100_000, "a." * 50_000, "a-" * 50_000 + ".org", "//" * 50_000])
def test_a_hostile_value_is_refused_at_once_and_cut(value):
    for key in ("allowed_domains", "allowed_x_handles", "from_date"):
        assert len(refused(validate_search_options, {key: [value]}, "here")) < 400
    assert len(refused(validate_search_options, {value: 1}, "here")) < 500
