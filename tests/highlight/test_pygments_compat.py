"""Pygments may change its private names: code then is shown without colours, and all of it."""

from __future__ import annotations

import re

import pygments.lexers.data
import pygments.lexers.shell
import pytest
from pygments.lexers import get_lexer_by_name

from grokchat.highlight import languages
from grokchat.highlight.highlighter import Highlighter
from grokchat.render.stream import render_reply
from grokchat.render.style import TerminalStyle

CODE = {
    "python": 'def f(x):\n    """a\n    b"""\n    return x  # c',
    "lua": "local x = [[a\nb]] -- c\nprint(x)",  # a lexer with a filter of its own
    "html": "<script>\nreturn /* a\nb */ 1\n</script><b>",
    "php": "<?php\nfunction f() { return 1; } /* a\nb */",
    "yaml": "a: 1\nb:\n  - c",
    "powershell": '$x = @"\na\n"@\n$y',
    "console": "$ echo a \\\n> 'b'\na b\n(venv) $ exit",
    "pycon": ">>> 1 + 1\n2",
}


@pytest.fixture(autouse=True)
def _fresh_lexers():
    """Lexers are made once in a process; here each test makes its own."""
    languages._new_line_lexer.cache_clear()
    yield
    languages._new_line_lexer.cache_clear()


def lines_of(language: str) -> list[str]:
    """Return the lines as displayed, and assert that they are whole, in the highlighter and on the screen."""
    code = CODE[language]
    highlighter = Highlighter(language)
    lines = [highlighter.line(line) for line in code.split("\n")]
    assert ["".join(text for text, _ in line) for line in lines] == code.split("\n")
    shown = render_reply(f"```{language}\n{code}\n```", 200, TerminalStyle(background="dark"))
    assert [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in shown] == code.split("\n")
    return [kind for line in lines for _, kind in line]


@pytest.mark.parametrize("language", CODE)
def test_code_has_colours_with_this_pygments(language):
    assert set(lines_of(language)) != {""}


def _gone(_self):
    raise AttributeError("_tokens")


RULES = {
    "gone": property(_gone),
    "none": None,
    "a list": [("root", [])],
    "no root": {},
    "no rules": {"root": None},
    "other rules": {"root": [("a+", None)]},
    "more in a rule": {"root": [(re.compile("a").match, None, None, "more")]},
    "patterns": {"root": [(re.compile("a"), None, None)]},
    "a matcher of another kind": {"root": [(lambda _text, _pos: (0, 1), None, None)]},
    "actions of another kind": {"root": [(re.compile(".").match, "Keyword", None)]},
    "states that are not there": {"root": [(re.compile(".").match, None, "elsewhere")]},
    "states of another kind": {"root": [(re.compile(".").match, None, 1.5)]},
    "nothing matches": {"root": []},
}


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
@pytest.mark.parametrize("language", ["python", "lua", "html", "php", "yaml", "powershell"])
def test_rules_of_another_shape_make_code_plain(language, rules, monkeypatch):
    """`_tokens` is gone, or holds something else."""
    monkeypatch.setattr(type(get_lexer_by_name(language)), "_tokens", rules)
    assert set(lines_of(language)) == {""}


def test_rules_that_cannot_be_replaced_make_code_of_a_filtering_lexer_plain(monkeypatch):
    lexer = get_lexer_by_name("lua")
    rules = lexer._tokens
    monkeypatch.setattr(type(lexer), "_tokens", property(lambda _: rules))
    assert set(lines_of("lua")) == {""}


@pytest.mark.parametrize(
    ("name", "value"),
    [("_ps1rgx", "[$] "), ("_ps1rgx", None), ("_ps2", None), ("_innerLexerCls", None), ("_innerLexerCls", "bash")],
)
def test_other_prompts_make_a_shell_session_plain(name, value, monkeypatch):
    monkeypatch.setattr(pygments.lexers.shell.BashSessionLexer, name, value)
    assert set(lines_of("console")) == {""}


@pytest.mark.parametrize("name", ["_ps1rgx", "_ps2", "_innerLexerCls"])
def test_without_prompts_a_shell_session_is_plain(name, monkeypatch):
    for owner in (pygments.lexers.shell.BashSessionLexer, pygments.lexers.shell.ShellSessionBaseLexer):
        if name in vars(owner):
            monkeypatch.delattr(owner, name)
    assert set(lines_of("console")) == {""}


@pytest.mark.parametrize(
    ("module", "name", "language"),
    [
        (pygments.lexers.shell, "ShellSessionBaseLexer", "console"),
        (pygments.lexers.data, "YamlLexerContext", "yaml"),
    ],
)
def test_a_class_that_is_gone_makes_its_language_plain_and_no_other(module, name, language, monkeypatch):
    monkeypatch.delattr(module, name)
    assert set(lines_of(language)) == {""}
    assert set(lines_of("python")) != {""}
    assert set(lines_of("pycon")) != {""}


def test_a_lexer_with_other_states_makes_code_plain(monkeypatch):
    """States that are named here: of PHP, of PowerShell, and of what HTML embeds."""
    for language, state in (("php", "php"), ("powershell", "heredoc-double")):
        lexer = get_lexer_by_name(language)
        rules = {name: rules for name, rules in lexer._tokens.items() if name != state}
        monkeypatch.setattr(type(lexer), "_tokens", rules)
        lines_of(language)
