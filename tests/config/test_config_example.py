"""The example config file is compared with the settings, so that neither can gain a key alone."""

from __future__ import annotations

import re
import tomllib

import pytest
from support import ROOT, make_environment

from grokchat.config import files as config_files
from grokchat.config.search_options import SEARCH_OPTIONS
from grokchat.config.settings import SETTINGS, Settings, describe_setting, resolve_settings
from grokchat.config.styles import ELEMENTS

PATH = ROOT / "config.example.toml"


def text() -> str:
    return PATH.read_text(encoding="utf-8")


def above(start: str) -> str:
    """Return the line above the one that starts so."""
    lines = text().split("\n")
    return lines[next(number for number, line in enumerate(lines) if line.startswith(start)) - 1]


def test_it_holds_every_setting_with_its_default_and_nothing_else():
    """`config.example.toml` shows every key, its default and one line of explanation."""
    defaults = {key: field.default for key, field in SETTINGS.items()}
    table = tomllib.loads(text())
    assert table == {**defaults, "params": {}, "search_options": {}, "styles": {}, "profiles": {}}
    assert list(table) == [*SETTINGS, "params", "search_options", "styles", "profiles"]
    assert {key: type(value) for key, value in table.items() if key in SETTINGS} == {
        key: type(value) for key, value in defaults.items()
    }


@pytest.mark.parametrize("key", sorted(SETTINGS))
def test_each_key_has_its_explanation_above_it(key):
    line = above(f"{key} = ")
    assert line.startswith("# ")
    assert describe_setting(key) in line


@pytest.mark.parametrize("table", ["[params]", "[search_options]", "[styles]", "[profiles]"])
def test_each_table_has_a_line_above_it(table):
    assert re.match(r"# \w", above(table))


def test_using_it_changes_nothing(tmp_path):
    layers = config_files.load_layers(make_environment(tmp_path), config=str(PATH), profile=None)
    assert resolve_settings(layers) == Settings()


@pytest.mark.parametrize("excluded", ["excluded_", "allowed_"])
def test_what_it_shows_in_comments_is_true(tmp_path, excluded):
    """With its examples uncommented it is still a valid config file; only one of allowed_ and excluded_ can be."""
    path = tmp_path / "config.toml"
    path.write_text(re.sub(rf"(?m)^# (?=\[|(?!{excluded})\w+ = )", "", text()), encoding="utf-8")
    layers = config_files.load_layers(make_environment(tmp_path), config=str(path), profile="brief")
    settings = resolve_settings(layers)
    assert settings.system == "Answer in one sentence."
    assert settings.params["temperature"] == 0
    assert len(settings.params) == 3
    assert list(settings.styles) == list(ELEMENTS)
    assert list(settings.search_options) == [key for key in SEARCH_OPTIONS if not key.startswith(excluded)]


@pytest.mark.parametrize("key", sorted(SEARCH_OPTIONS))
def test_each_search_option_has_its_example_and_explanation(key):
    (line,) = (line for line in text().split("\n") if line.startswith(f"# {key} = "))
    assert SEARCH_OPTIONS[key].example in line
    assert SEARCH_OPTIONS[key].description in line
