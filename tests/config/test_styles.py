"""`[styles]` in the config file: whose elements there are, what is wrong with a style, and where it ends up."""

from __future__ import annotations

import pytest
from support import make_environment, paragraph, run_cli

from grokchat.config import files
from grokchat.config.settings import resolve_settings
from grokchat.config.styles import ELEMENTS
from grokchat.errors import ConfigError
from grokchat.render.style import TerminalStyle
from grokchat.render.theme import STYLES
from grokchat.terminal.detection import detect_style


def load(tmp_path, text: str, profile: str | None = None):
    path = tmp_path / "some.toml"
    path.write_text(text, encoding="utf-8")
    return files.load_layers(make_environment(tmp_path), config=str(path), profile=profile)


def test_every_element_of_the_theme_has_a_meaning():
    """All but the gaps of tables, which are blank."""
    assert set(ELEMENTS) == set(STYLES) - {"gap"}


def test_a_profile_s_styles_go_over_those_of_the_file(tmp_path):
    text = '[styles]\nh1 = "red"\nmuted = "dim"\n[profiles.p.styles]\nh1 = "blue"\ncode = ""\n'
    assert resolve_settings(load(tmp_path, text)).styles == {"h1": "red", "muted": "dim"}
    styles = resolve_settings(load(tmp_path, text, "p")).styles
    assert styles == {"h1": "blue", "muted": "dim", "code": ""}
    style = detect_style({"TERM": "xterm-256color"}, "utf-8", "dark", styles)
    assert style.styled("x", "h1") == "\x1b[1;4;34mx\x1b[m"
    assert style.on_background("light", None).styled("x", "muted") == "\x1b[2;38;5;243mx\x1b[m"
    assert style.styled("x", "code") == TerminalStyle(background="dark").styled("x", "code")


@pytest.mark.parametrize(
    ("text", "key", "problem", "advice"),
    [
        ("styles = 3", "styles", "must be a table ([styles]), not 3", ""),
        ('[styles]\ncodee = "red"', "styles.codee", "unknown element", "did you mean code"),
        ('[styles]\nbold = "red"', "styles.bold", "unknown element", "strong"),
        ('[styles]\nzzz = "red"', "styles.zzz", "unknown element", "emphasis, h1, h2"),
        ("[styles]\nh1 = 3", "styles.h1", "not 3", ""),
        ("[styles]\nh1 = {}", "styles.h1", "not {}", ""),
        ('[styles]\nh1 = ["bold"]', "styles.h1", "not [", ""),
        ('[styles]\nh1 = "bold magneta"', "styles.h1", "magenta", ""),
        ('[styles]\nh1 = "red on"', "styles.h1", "color expected after 'on'", ""),
        ('[styles]\nh1 = "not red"', "styles.h1", "after 'not'", ""),
        ('[styles]\nh1 = "#ff88"', "styles.h1", "#ff88", ""),
        ('[styles]\nh1 = "bold link https://a.example"', "styles.h1", "no link", ""),
        ('[profiles.p.styles]\nh1 = "boldd"', "profiles.p.styles.h1", "boldd", ""),
        ("[profiles.p]\nstyles = 3", "profiles.p.styles", "must be a table ([profiles.p.styles]), not 3", ""),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path, text, key, problem, advice):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert caught.value.where.endswith("some.toml")
    assert caught.value.key == key
    assert problem in caught.value.problem
    assert advice in caught.value.advice


def test_the_program_ends_with_exit_code_2(home):
    home.mkdir(parents=True, exist_ok=True)
    (home / "config.toml").write_text('[styles]\nh1 = "red \\u001b[31m"\n', encoding="utf-8")
    code, environment = run_cli(home, None, "-p", "hi")
    text = paragraph(environment)
    assert code == 2
    assert "styles.h1" in text
    assert "\x1b" not in text
