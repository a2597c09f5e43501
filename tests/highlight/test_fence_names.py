"""The language of a block of code, by what its fence says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pygments.lexers import find_lexer_class_by_name

from grokchat.highlight.fence_names import _ALIASES, fence_label, find_language
from grokchat.highlight.highlighter import Highlighter
from grokchat.highlight.languages import _pygments_names
from grokchat.render.stream import render_reply
from grokchat.render.style import TerminalStyle


def language(info: str) -> str:
    """Return the name of the lexer for an info string."""
    name = find_language(info, *_pygments_names())
    return find_lexer_class_by_name(name).name if name else ""


@pytest.mark.parametrize(
    ("info", "name"),
    [
        ("{r}", "S"),
        ("{r setup, include=FALSE}", "S"),
        ("{python, echo=TRUE}", "Python"),
        ("{.python .numberLines}", "Python"),
        ("{ .js }", "JavaScript"),
        ('{#fib .haskell startFrom="100"}', "Haskell"),
        ("{code-block} python", "Python"),
        ("{=html}", "HTML"),
        ("js:app.js", "JavaScript"),
        ("app.py", "Python"),
        ("src/app.py", "Python"),
        ("./cmd/main.go:12", "Go"),
        ("12:20:src/app.ts", "TypeScript"),
        ("C:\\\\src\\\\App.cs", "C#"),
        ("file:lib.rs", "Rust"),
        ("Dockerfile", "Docker"),
        ("deploy/Dockerfile", "Docker"),
        ("CMakeLists.txt", "CMake"),
        (".bashrc", "Bash"),
        ("package.json", "JSON"),
        ("index.html.erb", "ERB"),
        ("foo.d.ts", "TypeScript"),
        ("notes.txt", ""),
        ('title="app.py"', "Python"),
        ('python title="x.js"', "Python"),
        ("language-python", "Python"),
        ("lang-js", "JavaScript"),
        ("{.language-ruby}", "Ruby"),
        ("brush:php", "PHP"),
        ("rust,ignore", "Rust"),
        ("ts{1,3-5}", "TypeScript"),
        ("js=101", "JavaScript"),
        ("vb", "VB.net"),
        ("VB.NET", "VB.net"),
        ("Visual Basic", "VB.net"),
        ("c++", "C++"),
        ("C++17", "C++"),
        ("c#", "C#"),
        ("python3", "Python"),
        ("python3.11", "Python"),
        ("es6", "JavaScript"),
        ("html5", "HTML"),
        ("cxx", "C++"),
        ("jsonc", "JSON"),
        ("tsx", "TSX"),
        ("typescriptreact", "TSX"),
        ("shell-session", "Bash Session"),
        ("bash session", "Bash Session"),
        ("python-repl", "Python console session"),
        ("sqlite3", "SQL"),
        ("pgsql", "PostgreSQL SQL dialect"),
        ("diff-js", "Diff"),
        ("docker-compose", "YAML"),
        ("text title=app.py", "Text only"),
        ("nonsense", ""),
        ("{", ""),
        ("{}", ""),
        ("{{", ""),
        ("", ""),
    ],
)
def test_what_fences_say(info, name):
    assert language(info.replace("\\\\", "\\")) == name


def test_every_other_name_is_one_of_a_language():
    assert {name: other for name, other in _ALIASES.items() if other not in _pygments_names()[0]} == {}


@pytest.mark.parametrize(
    ("info", "label"),
    [("python", "python"), ("js:app.js", "js:app.js"), ("{r, echo=FALSE}", "r"), ("{.Python .x}", "Python"), ("{", "")],
)
def test_a_block_is_named_as_its_fence_says(info, label):
    assert fence_label(info) == label
    shown = render_reply(f"```{info}\nx\n```", 80, TerminalStyle(background="dark"), numbered=True)
    assert label in shown[0]


def test_a_block_with_attributes_has_colours():
    shown = render_reply("``` {.python .numberLines}\nimport a\n```", 80, TerminalStyle(background="dark"))
    assert shown == render_reply("```python\nimport a\n```", 80, TerminalStyle(background="dark"))


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="{}.,:=#/\\\"' a1jspy", max_size=20))
def test_anything_may_stand_in_a_fence(info):
    fence_label(info)
    assert "".join(text for text, _ in Highlighter(info).line("x = 1")) == "x = 1"
