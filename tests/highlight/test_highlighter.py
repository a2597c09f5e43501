"""Syntax highlighting, line by line."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grokchat.highlight.highlighter import MAX_LINE_CHARS, Highlighter
from grokchat.highlight.token_kinds import KINDS, kind_of

LANGUAGES = """
    python pycon javascript typescript tsx jsx json c cpp csharp java kotlin swift scala go rust ruby php html xml vue
    css scss sql postgresql bash console powershell yaml toml ini docker make cmake lua perl haskell elixir diff
    markdown http erb html+jinja common-lisp nonsense
""".split()  # noqa: SIM905 - a list to read

WHOLE = {
    "python": '''
        """A docstring
        of two lines."""
        @cache
        def f(x: int = 3) -> str:
            """Say %s
            twice."""
            return f"{x!r} a" + r\'\'\'raw
        # no comment
        \'\'\'  # a comment
        class A(Exception): pass
    ''',
    "c": """
        #include <stdio.h>
        #define TWICE(x) \\
            ((x) * 2)
        /* a comment
         * of "lines" */ int main(void) {
            size_t n = 0x1F; /* one */ char c = '"'; // two
            printf("/* none %d\\n", 3);
        }
    """,
    "javascript": """
        /* a
           b */ const x = `t ${y + 1}
        /* text */ ${z}` + 'it' // c
        function f() { return /re[/]x/g.test("a") }
    """,
    "rust": """
        /* a /* nested
        */ still */ fn main() -> Option<u8> {
            let s = r#"raw "quotes"
            let /* text */"#; let c = 'a'; println!("{}", s);
        }
    """,
    "html": """
        <!DOCTYPE html>
        <p class="a">text <!-- a
        <b> b --> &amp; <i>
        <script type="module">
        let x = 1; /* k
        k */ var y = "</b>";
        </script>
        <style>a { color: red; /* c
        c */ }</style>
    """,
    "bash": """
        cat <<EOF
        if $x
        EOF
        for i in 'a
        done' "b $HOME
        esac"; do echo $((i + 1)); done # end
    """,
    "go": """
        package main
        var s = `raw
        func` + "a" /* c
        */ func main() { return nil }
    """,
    "yaml": """
        # comment
        a: &x
          - b: 'c'
            d: |
              text # no comment
              : more
            e: 12
    """,
    "sql": """
        SELECT 'a
        from b', count(*) -- c
        /* d
        e */ FROM t WHERE x = 1;
    """,
    "lua": """
        local s = [[a
        end]] --[[ b
        c ]] return nil
    """,
    "ruby": """
        x = <<~EOS
          if a
        EOS
        =begin
        class
        =end
        def f; :sym end
    """,
    "markdown": """
        # Title
        ```python
        def f(): pass
        ```
        ```
        # text
        ```
        * item
    """,
    "css": """
        /* a
        b */ a:hover { color: #fff; }
    """,
    "json": """
        {"a": [1, true, "x"],
         "d": null}
    """,
    "diff": """
        --- a
        +++ b
        @@ -1 +1 @@
        -old
        +new
    """,
    "pycon": """
        >>> def f():
        ...     return 1
        ...
        >>> f()
        1
        >>> 1 / 0
        Traceback (most recent call last):
          File "<stdin>", line 1, in <module>
        ZeroDivisionError: division by zero
        >>> 2
        2
    """,
    "powershell": """
        function Get-It { param([string]$Name) # c
          $text = @"
        if $Name
        "@
          $raw = @'
        'a' "b"
        '@
          <# d
          e #> return $text
        }
    """,
    "php": """
        <?php
        /* a
        b */ function f($x) {
          $y = <<<EOT
        return $x
        EOT;
          return count('a
        b') . "c {$x}"; // d
        }
    """,
    "perl": """
        my $x = <<"EOT";
        if 'a'
        EOT
        =pod
        sub
        =cut
        print "a $x
        b"; # c
    """,
    "java": """
        /** a
         * b */
        @Override public int f(String s) { return 1L; } // c
        String t = \"\"\"
            if
            \"\"\";
    """,
    "swift": """
        /* a
        b */ func f(_ x: Int?) -> String { return "a \\(x)" }
    """,
    "make": """
        CC := gcc
        # comment
        all: main.o
        \t$(CC) -o main main.o
    """,
    "docker": """
        FROM python:3.12 AS base
        RUN apt-get update && rm -rf /tmp
        CMD ["python", "-m", "app"]
    """,
    "toml": """
        [a.b]
        c = \"\"\"d
        # e\"\"\"
        f = [1, true]  # g
    """,
    "haskell": """
        {- a {- b
        -} c -} module M where
        f :: Int -> Maybe String
    """,
}


def colours(language: str, text: str) -> list[list[tuple[str, str]]]:
    highlighter = Highlighter(language)
    return [highlighter.line(line) for line in text.split("\n")]


def kinds(language: str, text: str) -> list[str]:
    """Return the kind of every character that is not white space."""
    runs = (run for line in colours(language, text) for run in line)
    return [kind for piece, kind in runs for char in piece if not char.isspace()]


def whole(language: str, text: str) -> list[str]:
    """Return the same from the lexer's own method for whole texts."""
    from pygments.lexers import get_lexer_by_name

    found = [""] * len(text)
    for start, token, value in get_lexer_by_name(language).get_tokens_unprocessed(text):
        found[start : start + len(value)] = [kind_of(token)] * len(value)
    return [kind for kind, char in zip(found, text, strict=True) if not char.isspace()]


BITS = st.sampled_from(
    [
        "/*",
        "*/",
        "//",
        "#",
        "<!--",
        "-->",
        "<script>",
        "</script>",
        "<style>",
        "</style>",
        "'''",
        '"""',
        "'",
        '"',
        "`",
        "${",
        "}",
        "{",
        "(",
        ")",
        "[[",
        "]]",
        "--[[",
        'r#"',
        '"#',
        "<<EOF",
        "EOF",
        "=begin",
        "=end",
        "$$",
        "{-",
        "-}",
        "(*",
        "*)",
        "```python",
        "```",
        "<?php",
        "?>",
        "{%",
        "%}",
        "{#",
        "#}",
        "<%",
        "%>",
        "$",
        ">>>",
        "...",
        "@'",
        "'@",
        '@"',
        "\\",
        ":",
        "|",
        "-",
        ">",
        "&",
        "def",
        "class",
        "if",
        "else",
        "end",
        "0",
        "x=1",
        "\t",
    ]
)
LINES = st.lists(BITS | st.text(max_size=5), max_size=12).map(" ".join) | st.text(max_size=60)
TEXTS = st.lists(LINES.map(lambda line: line.replace("\n", " ")), max_size=8)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(LANGUAGES), TEXTS)
def test_no_text_is_lost_whatever_it_is(language, lines):
    """The runs of a line together are the line; they have known kinds, none is empty, and neighbours differ."""
    highlighter = Highlighter(language)
    for line in lines:
        runs = highlighter.line(line)
        assert "".join(piece for piece, _ in runs) == line
        assert all(piece for piece, _ in runs)
        assert {kind for _, kind in runs} <= KINDS
        assert all(one != other for (_, one), (_, other) in pairwise(runs))


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(LANGUAGES), TEXTS, st.data())
def test_copying_changes_nothing(language, lines, data):
    """Feeding a copy before any line does not change the colours of the lines."""
    plain, copied = Highlighter(language), Highlighter(language)
    for line in lines:
        copy = copied.copy()
        for other in data.draw(st.lists(LINES, max_size=2)):
            copy.copy().line(other)
            copy.line(other)
        assert copied.copy().line(line) == plain.line(line)
        copied.line(line)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=20), st.text(max_size=30))
def test_any_text_is_accepted_as_a_language(language, line):
    """Any text is accepted as a language."""
    assert "".join(piece for piece, _ in Highlighter(language).line(line)) == line


@pytest.mark.parametrize("language", sorted(WHOLE))
def test_the_colours_are_those_of_the_whole(language):
    """Code lexed line by line has the colours of code lexed as a whole."""
    text = dedent(WHOLE[language]).strip("\n") + "\n"
    assert kinds(language, text) == whole(language, text)


@pytest.mark.parametrize(
    "language",
    "c cpp csharp java javascript typescript tsx go rust kotlin swift scala php css scss sql d".split(),  # noqa: SIM905 - a list to read
)
def test_a_comment_goes_on_until_it_is_closed(language):
    """A block comment keeps its kind over lines, and the state before it continues after it."""
    lines = colours(language, "/* one\n'two' \"/* it's\n\nthree */ 2")
    assert lines[0] == [("/* one", "comment")]
    assert lines[1] == [("'two' \"/* it's", "comment")]
    assert lines[2] == []
    if language not in {"rust", "kotlin", "swift", "scala", "sql"}:  # theirs are nested
        assert lines[3][0] == ("three */", "comment")
        assert lines[3][-1][1] != "comment"


@pytest.mark.parametrize("language", ["c", "javascript", "java", "go", "csharp"])
def test_what_looks_like_an_opener_in_a_string_is_none(language):
    assert colours(language, 'f("/* a");\n1')[1] == [("1", "number")]


def test_an_apostrophe_opens_nothing_where_strings_end_with_the_line():
    """One unbalanced quote does not turn the rest of a block into a string."""
    assert colours("javascript", "it's\nreturn 1")[1] == [("return", "keyword"), (" ", ""), ("1", "number")]
    assert colours("css", "a's {\n/* b */")[1] == [("/* b */", "comment")]


JSX = """
function App() {
  if (a < b && c <d) return <p>don't</p>;
  return (
    <div className="it's" on={() => f('x')}>
      It's {name ? 'a' : "b"}'s turn {/* it's */}
      {ok && <>won't <br /> `tick</>}
      <Foo a='"' b="two
        lines">isn't if</Foo>
    </div>
  );
}
const n = useState<string>("s"); // it's
"""


@pytest.mark.parametrize("language", ["jsx", "tsx", "javascript", "typescript"])
def test_the_text_of_an_element_is_text(language):
    """An apostrophe in it opens nothing, and the code in braces and behind the element is code."""
    runs = [run for line in colours(language, JSX.strip("\n")) for run in line]
    strings = [text for text, kind in runs if kind == "string"]
    assert strings == ['"it\'s"', "'x'", "'a'", '"b"', "'\"'", '"two', '        lines"', '"s"']
    assert [text for text, kind in runs if kind == "comment"] == ["/* it's */", "// it's"]
    assert [text for text, kind in runs if kind == "tag"] == ["p", "p", "div", "br", "Foo", "Foo", "div"]


@pytest.mark.parametrize(
    "line",
    [
        "const f = <T,>(x: T) => x;",
        "const f = <T extends {}>(x: T) => x;",
        "const key = <YOUR_API_KEY>;",
        "fetch(<url>)",
        "for (i = 0; i <n; i++) {}",
        "let x: Array<string> = [];",
        "const a = <p>left open",
        "const a = b",
        "  <c ? 1 : 2;",
    ],
)
@pytest.mark.parametrize("language", ["jsx", "tsx", "javascript"])
def test_what_is_no_element_leaves_the_code_behind_it_alone(language, line):
    assert colours(language, f"{line}\nconst b = 'x';")[1] == colours(language, "const b = 'x';")[0]


SQL = """
CREATE FUNCTION f(x text) RETURNS int AS $$
  -- it's
  SELECT 'a;
$$ LANGUAGE sql;
DO $body$ it's $body$; SELECT $1;
INSERT INTO t VALUES ($$it's$$, $x$don't $$ $x$, E'it\\'s', 'b');
SELECT 4
"""


@pytest.mark.parametrize("language", ["sql", "postgresql"])
def test_an_apostrophe_between_dollars_ends_with_them(language):
    """PostgreSQL's quotes hold code, over lines; text in one line may be a string."""
    lines = colours(language, SQL.strip("\n"))
    assert lines[1][-1] == ("-- it's", "comment")
    assert lines[2] == [("  ", ""), ("SELECT", "keyword"), (" ", ""), ("'a;", "string")]
    assert lines[3][:3] == [("$$", "string"), (" ", ""), ("LANGUAGE", "keyword")]
    assert ("SELECT", "keyword") in lines[4]
    assert [text for text, kind in lines[5] if kind == "string"] == [
        "$$it's$$", "$x$don't $$ $x$", "E'it\\'s'", "'b'",
    ]  # fmt: skip
    assert lines[6] == [("SELECT", "keyword"), (" ", ""), ("4", "number")]


@pytest.mark.parametrize(
    ("language", "code", "last"),
    [
        ("javascript", "const s = 'a\\\nb'; return 1", "return"),
        ("csharp", 'var s = @"a\n""q"" "; return 1;', "return"),
        ("csharp", 'var s = $@"a {x}\n b"; return 1;', "return"),
        ("csharp", 'var s = @""; f();\nreturn 1;', "return"),
        ("cpp", 'auto s = R"(it\'s\n"x")"; return 1;', "return"),
        ("cpp", 'auto s = R"xx(a\n)" )xx"; return 1;', "return"),
        ("r", "x <- 'it\"s\nb'; if (y) 1", "if"),
        ("d", "auto s = `it's\n\"`; return 1;", "return"),
        ("haskell", 'f = "it\'s \\\n  \\ \\t"\nimport A', "import"),
        ("cmake", 'set(x "a\nb")\nif(x)', "if"),
        ("rust", "fn f<'a>(x: &'a str) {\n  'b'; return x }", "return"),
    ],
)
def test_a_string_over_lines_ends_where_it_ends(language, code, last):
    runs = colours(language, code)[-1]
    assert (last, "keyword") in runs or (last, "function") in runs, runs


def test_a_script_in_a_page_is_javascript():
    lines = colours("html", "<script>\nreturn /* a\nb */ 1\n</script><b>")
    assert lines[1] == [("return", "keyword"), (" ", ""), ("/* a", "comment")]
    assert lines[2] == [("b */", "comment"), (" ", ""), ("1", "number")]
    assert [run for run in lines[3] if run[1]] == [("script", "tag"), ("b", "tag")]


def test_a_block_in_markdown_has_its_own_language():
    lines = colours("markdown", "```rust\nfn x() {}\n```\n# a")
    assert lines[1][0] == ("fn", "keyword")
    assert lines[3] == [("# a", "heading")]


def test_a_console_has_prompts_commands_and_output():
    lines = colours("console", "$ echo a \\\n> 'b'\na b\n(venv) $ exit")
    assert lines[0][:2] == [("$ ", "prompt"), ("echo", "function")]
    assert lines[1] == [("> ", "prompt"), ("'b'", "string")]
    assert lines[2] == [("a b", "output")]
    assert lines[3] == [("(venv) $ ", "prompt"), ("exit", "function")]


def test_php_needs_no_opening_tag():
    """A PHP snippet is highlighted without the opening tag."""
    assert colours("php", "return 1;")[0][0] == ("return", "keyword")
    assert colours("php", "<b>\n<?php return 1;")[1][-2] == ("1", "number")


@pytest.mark.parametrize(
    ("alias", "language"),
    [
        ("jsonc", "json"),
        ("sh", "bash"),
        ("shell", "bash"),
        ("zsh", "bash"),
        ("shell-session", "console"),
        ("golang", "go"),
        ("rs", "rust"),
        ("yml", "yaml"),
        ("dockerfile", "docker"),
        ("objc", "objective-c"),
        ("C++", "cpp"),
        ("Python", "python3"),
        ("ts", "typescript"),
    ],
)
def test_names_in_fences(alias, language):
    """Languages are found in any case, and by names that Pygments does not have."""
    text = '# a\n$ if x == 1: return "a" // b\nfn main() { "k": [true] }\nFROM a\nkey: 1'
    assert colours(alias, text) == colours(language, text)
    assert set(kinds(alias, text)) != {""}


@pytest.mark.parametrize("language", ["", "text", "plaintext", "nonsense", "a" * 5000, "\x00", "::"])
def test_an_unknown_language_is_plain(language):
    assert colours(language, "if 'x': /* y\n\n*/ 1") == [[("if 'x': /* y", "")], [], [("*/ 1", "")]]


def test_a_long_line_is_plain_and_leaves_the_state():
    """A line that is too long to lex is plain, and the state before it continues after it."""
    highlighter = Highlighter("c")
    highlighter.line("/* a")
    line = "*/ int " * MAX_LINE_CHARS
    assert highlighter.line(line) == [(line, "")]
    assert highlighter.line("int") == [("int", "comment")]
    assert highlighter.line("*/ int") == [("*/", "comment"), (" ", ""), ("int", "type")]


def test_the_longest_line_is_lexed():
    line = "int ".ljust(MAX_LINE_CHARS, "x")
    assert Highlighter("c").line(line)[0] == ("int", "type")
    assert Highlighter("c").line(line + "x") == [(line + "x", "")]


def test_a_lexer_that_raises_makes_its_line_plain(monkeypatch):
    """An error in a lexer makes its line plain, and the next line is highlighted again."""
    highlighter = Highlighter("json")
    with monkeypatch.context() as patch:
        patch.setattr(highlighter._lexer._lexer, "get_tokens_unprocessed", lambda text: 1 // 0, raising=False)
        assert highlighter.line('{"a": 1}') == [('{"a": 1}', "")]
    assert ("1", "number") in highlighter.line('{"a": 1}')


@pytest.mark.parametrize("language", ["python", "c", "html", "markdown", "bash", "yaml", "javascript"])
def test_the_work_is_linear(language, monkeypatch):
    """Each line costs the same: none is lexed again, no state grows, and a copy shares it."""
    from grokchat.highlight import pygments_lines

    seen = []
    run = pygments_lines.PygmentsLineLexer._run

    def counted(self, text, pos, end, *rest, **more):
        seen.append(len(text))
        return run(self, text, pos, end, *rest, **more)

    monkeypatch.setattr(pygments_lines.PygmentsLineLexer, "_run", counted)
    highlighter = Highlighter(language)
    costs = []
    for _ in range(300):
        seen.clear()
        assert highlighter.copy()._state is highlighter._state
        highlighter.line("```md ( [ { <b> ${ ' x")
        costs.append(sum(seen))
    assert max(costs[10:]) <= 2 * max(costs[:10])
    state = highlighter._state
    while state:
        stack, region, _ = state
        assert len(stack) <= 1 + pygments_lines._MAX_STACK
        state = region and region.state


def test_pygments_is_loaded_when_there_is_something_to_colour():
    """Pygments is not imported before there is code to highlight, and never for plain text."""
    program = (
        "import sys; from grokchat.highlight.highlighter import Highlighter; Highlighter('text').line('a'); "
        "Highlighter(''); "
        "assert 'pygments' not in sys.modules; Highlighter('c').line('a'); assert 'pygments' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
