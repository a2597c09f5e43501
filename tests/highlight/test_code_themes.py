"""Code in the colours of a Pygments style."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pygments.lexers import get_lexer_by_name
from pygments.styles import get_style_by_name

from grokchat.config.validation import parse_setting
from grokchat.errors import ConfigError
from grokchat.highlight.code_themes import code_theme_names, look_of_tokens
from grokchat.highlight.highlighter import Highlighter
from grokchat.render.stream import render_reply
from grokchat.render.style import TerminalStyle

CODE = 'class A(B):\n    """a\n    %s b"""\n    @c\n    def f(self, x=0x1f):  # d\n        return f"{x!r}" + None\n'


def expected(code: str, language: str, name: str) -> list[list[tuple[str, str]]]:
    """Return the lines of code as Pygments colours the whole, each character with its colour."""
    style = get_style_by_name(name)
    lines: list[list[tuple[str, str]]] = [[]]
    for token, text in get_lexer_by_name(language).get_tokens(code):
        for char in text:
            if char == "\n":
                lines.append([])
            elif not char.isspace():
                look = style.style_for_token(token)
                lines[-1].append((char, f"#{look['color']}" if look["color"] else ""))
    return lines[:-1]


@pytest.mark.parametrize("name", ["monokai", "default", "solarized-light", "nord"])
def test_each_type_of_token_has_its_colour(name):
    highlighter = Highlighter("python", name)
    shown = [
        [
            (char, look.rpartition("#")[1] + look.rpartition("#")[2])
            for text, look in line
            for char in text
            if char != " "
        ]
        for line in map(highlighter.line, CODE.split("\n")[:-1])
    ]
    assert shown == expected(CODE, "python", name)


def test_a_style_s_own_background_is_not_painted():
    for name in code_theme_names():
        page = get_style_by_name(name).background_color.lower()
        looks = [look for line in map(Highlighter("python", name).line, CODE.split("\n")) for _, look in line]
        assert not [look for look in looks if look.lower().endswith(f"on {page}")]


def test_attributes_and_backgrounds_of_tokens_are_rich_s_words():
    tokens = {str(token): token for token, _ in get_lexer_by_name("python").get_tokens("import x # y\n's'")}
    assert look_of_tokens("pastie")(tokens["Token.Keyword.Namespace"]) == "bold #008800"
    assert look_of_tokens("pastie")(tokens["Token.Literal.String.Single"]) == "#dd2200 on #fff0f0"
    assert look_of_tokens("auto")(tokens["Token.Comment.Single"]) == "comment"


@pytest.mark.parametrize(
    ("style", "shown"),
    [
        (TerminalStyle("truecolor", background="dark", code_theme="monokai"), "\x1b[38;2;255;70;137mimport\x1b["),
        (TerminalStyle("256", background="any", code_theme="monokai"), "\x1b[38;5;204mimport\x1b["),
        (TerminalStyle("16", background="dark", code_theme="monokai"), "\x1b[91mimport\x1b["),
        (TerminalStyle("palette", code_theme="monokai"), "\x1b[91mimport\x1b["),
        (TerminalStyle("bold", code_theme="monokai"), "import a"),
        (TerminalStyle("none", code_theme="monokai"), "import a"),
    ],
)
def test_the_colours_are_those_that_the_terminal_has(style, shown):
    lines = render_reply("```python\nimport a\n```", 80, style)
    assert any(line.startswith(shown) for line in lines), lines


def test_an_unknown_style_is_refused_with_the_nearest_names():
    assert parse_setting("code_theme", " monokai ", "/set") == "monokai"
    with pytest.raises(ConfigError, match=r"did you mean .*solarized-dark"):
        parse_setting("code_theme", "Solarized", "/set")
    with pytest.raises(ConfigError, match="such as"):
        parse_setting("code_theme", "qqq", "/set")


def test_pygments_is_not_loaded_to_check_the_default():
    program = (
        "import sys; from grokchat.config.validation import validate_setting; "
        "validate_setting('code_theme', 'auto', 'x'); assert 'pygments' not in sys.modules; "
        "validate_setting('code_theme', 'vim', 'x'); assert 'pygments' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
