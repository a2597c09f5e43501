r"""What is mathematics, and what only has its marks: prices, shell, regular expressions, escaped Markdown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from grokchat.export.html_markdown import markdown_html
from grokchat.markdown.inline_grammar import inline_nodes
from grokchat.markdown.inline_parser import InlineParser
from grokchat.markdown.stream_parser import parse_leaves
from grokchat.render.stream import render_reply
from grokchat.render.style import TerminalStyle

FORMULAS = r"""
$p<.05$ ¦ $O(nm)$ ¦ $ax + b$ ¦ $CO_2$ ¦ $-1$ ¦ \(x^2 + y^2\) ¦ \(x\) ¦ \( x \) ¦ \(n\)th ¦ \(2^n\)th ¦ \(F = ma\)
\(PV = nRT\) ¦ \(O(n)\) ¦ \(f(x) = 3x + 1\) ¦ \( 5 \) ¦ \(a + b = c\) ¦ \(n-1\) ¦ \(n - 1\) ¦ \(x > 0\)
\(-b \pm \sqrt{b^2-4ac}\) ¦ \( ABC \) ¦ \( x/y \) ¦ \( a, b \) ¦ \(m/s^2\) ¦ \(\weird{x}\) ¦ \(\pi r^2\)
\(\text{if } x\) ¦ \(a_1, \dots, a_n\) ¦ \(v_{max}\) ¦ \(\{1, 2\}\) ¦ \(P(A|B)\) ¦ \(x_1x_2\) ¦ \[ \int_0^1 x\,dx \]
\[E = mc^2\] ¦ \[ x = 5 \] ¦ \[ a + b \] ¦ \[x_1, \dots, x_n\] ¦ \[ F = ma \] ¦ \[\frac{1}{2}\]
\[ \begin{aligned} a &= b \\ c &= d \end{aligned} \] ¦ $\begin{aligned} a &= b \\ c &= d \end{aligned}$
\[ area = x^2 \] ¦ $$\sum_{i=1}^n i$$ ¦ $$x$$ ¦ $$a*b$$ ¦ $$ E = mc^2. $$ ¦ $$ \frac{a}{b} $$ ¦ $$ Kinetic = m v^2 $$
$$a = b$$ ¦ $E = mc^2$ ¦ $\alpha$ ¦ $x$ ¦ $X$ ¦ $λ$ ¦ $x'$ ¦ $n!$ ¦ $f(x)$ ¦ $f'(x) = 2x$ ¦ $n-1$ ¦ $x_1$ ¦ $a_{ij}$
$O(n \log n)$ ¦ $a+b$ ¦ $3x^2 + 2x$ ¦ $2.5\times3$ ¦ $f:\mathbb{R}\to\mathbb{R}$ ¦ $\alpha\beta$ ¦ $2^{10}$ ¦ $10^6$
$e^{-x}$ ¦ $A^T$ ¦ $x^*$ ¦ ${}^{14}C$ ¦ $^{14}C$ ¦ 90$^\circ$C ¦ 5$\sigma$ ¦ $2x + 3 = 7$ ¦ $0 < x < 1$ ¦ $-1 < x$
$P(A|B)$ ¦ $P(A \mid B)$ ¦ $|x|$ ¦ $|x|^2$ ¦ $\|x\|$ ¦ $[0, 1)$ ¦ $x, y$ ¦ $(x, y)$ ¦ $x/y$ ¦ $x=5$ ¦ $AB = C$
$\{1, 2\}$ ¦ $50\%$ ¦ $\mathbb{R}^n$ ¦ $T_{\text{max}}$ ¦ $\hat{y}$ ¦ $\sin x$ ¦ $sin(x)$ ¦ $x \in A$
$\det(A) \neq 0$ ¦ $9.81 \, m/s^2$ ¦ $F = ma$ ¦ ($x$) ¦ "$x$" ¦ **$x$** ¦ $x$-axis ¦ $\theta$-helix
$2n$ ¦ $2x + 1$ ¦ $3(x + 1)$ ¦ $1-p$ ¦ $1 + 1 = 2$ ¦ costs $5 if $x^2$ ¦ 设$x$为 ¦ 其中\(x^2\)是 ¦ [$x$](http://a.example)
""".strip()
OTHERS = r"""
$1/2$ ¦ $AB$ ¦ $el('a')$ ¦ \[1\] ¦ \[x\] ¦ \[ \] ¦ \[Unreleased\] ¦ \[a-z\]+ ¦ \[0-9\] ¦ \[A-Z_\] ¦ \[^a-z\] ¦ \[^1\]
\[y/N\] ¦ \[a, b\] ¦ \[n-1\] ¦ \[i = 0\] ¦ \[TODO\] ¦ \[\[link\]\] ¦ \[x^2\](http://a.example) ¦ a\[i\] ¦ a\[i^2\]
array\[0\] ¦ \[ \] open \[x\] done ¦ \[\] ¦ \(\) ¦ \[1, 2, 3\] ¦ f\(x\) ¦ f\(x^2\) ¦ O\(n^2\) ¦ file\(s\) ¦ \(s\)he
\(c\)opy ¦ Organization \(WHO\) ¦ \(see above\) ¦ \(y/n\) ¦ \(1/2\) ¦ \(1, 2\) ¦ \(a, b\) ¦ \(foo\|bar\)
\(a_1\|b_2\) ¦ \(\d{3}\) \d{3}-\d{4} ¦ \(?:a^2\) ¦ \(ab+\) ¦ \(ab+c\)? ¦ \([^)]*\) ¦ \(.*\) ¦ \(\w+\)\1 ¦ f\(x\)^2
\(a-z\) ¦ find . \( -name '*.c' -o -name '*.h' \) ¦ test \( foo \) ¦ if \( ok \) ¦ \(key: value\) ¦ \(area = r^2\)
\(my_name\) ¦ \(a `b\)` ¦ \(a->b\) ¦ \(a==b\) ¦ \(i++\) ¦ \(a=>b\) ¦ \(List<T>\) ¦ \(a && b^2\) ¦ C:\(x86\)
C:\Program Files \(x86\)\Foo ¦ D:\log\(new\) ¦ \(C:\log\new\) ¦ \\(x\\) ¦ \\[x^2\\] ¦ \( and \) ¦ \[ and \]
$$ and $$ ¦ ^foo$|^bar$ ¦ [a]$|^b$ ¦ ^\d+$ or ^\d{2}$ ¦ (a)$|(b)$ ¦ s/a$/b$/ ¦ /^a+$/ and /^b^2$/ ¦ $5 and $10
$5-$10 ¦ $5 ¦ $ ¦ $ $ ¦ $$ ¦ $$$ ¦ $-$ ¦ $100$ ¦ from 5$ to 6$ ¦ $5/month, or 6$ ¦ US$5=C$7 ¦ A$AP and B$AP
$5M + tax, $6 ¦ $5k/yr vs $6k/yr ¦ $1.50, $2 ¦ Ke$ha$ ¦ 2$ + 3$ ¦ $20^{ish} to $30 ¦ $x=$y ¦ $x = $y + $z;
$x=5;$y=6; ¦ $i<$n ¦ $1,$2 ¦ ${HOME}/bin:${PATH} ¦ ${x_1}:${y_2} ¦ ${x}$ ¦ $HOME and $PATH_X ¦ $a_1/$b_1
$a_1 and $b_1 ¦ ($a_1) ($b_1) ¦ $a_1|$b_1 ¦ $a-$b ¦ $x$y ¦ $x${y} ¦ $(pwd)$(ls) ¦ $(cat a_1)$ ¦ $@$* ¦ $# ¦ $? ¦ $!
kill $$; echo $$ ¦ $$HOME and $$PATH ¦ "$a" "$b" ¦ '$x','$y' ¦ the $x of $y ¦ $USER$ ¦ $END$ ¦ $('a')+$('b')
$(x)+$(y) ¦ $.ajax({x:1})$ ¦ $f($x) ¦ $_GET['a'] $_POST ¦ $a->b = $c->d ¦ $a.$b ¦ $x =~ s/^a_b$/c/ ¦ @{$a}$ ¦ $foo(x)$
$ROOT\alpha$ ¦ $dir\sub\theta$ ¦ \(C:\alpha\beta\) ¦ \(..\theta\) ¦ foo \(1\).txt ¦ a\(1\).txt
\\host\c$ and \\host\d$ ¦ $Id$ ¦ $Revision: 1$ ¦ $env:TEMP\file_$i.txt ¦ $src\bin;$dst\bin ¦ $\$ ¦ \$x$ ¦ $x\$ ¦ `$x$`
s/\(a\)\(b\)/\2\1/ ¦ $5k$ ¦ $5M$ ¦ $5-10$ ¦ $2+3$ ¦ $10/h$ ¦ $5 - tax$ ¦ $5a+$6b
`\(x\)` ¦ `\[ x^2 \]` ¦ $a b$ ¦ $ x$ ¦ $x $
""".strip()


def cases(table: str) -> list[str]:
    return [case for line in table.split("\n") for case in line.split(" ¦ ")]


def has_formula(text: str) -> bool:
    return any(node.kind == "math" for node in inline_nodes(text))


def shown(text: str) -> str:
    return "".join(node.text for node in inline_nodes(text))


def without_mathematics(text: str) -> str:
    """Return what is shown of a text by a parser that has no mathematics."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("strikethrough")
    tokens = markdown.parseInline(text)[0].children or []
    return "".join("\n" if token.type in {"softbreak", "hardbreak"} else token.content for token in tokens)


@pytest.mark.parametrize("text", cases(FORMULAS))
def test_what_is_certainly_tex(text):
    assert has_formula(text)
    assert not any(mark in node.text for node in inline_nodes(text) if node.kind == "text" for mark in ("\\", "(x"))
    assert 'class="math"' in markdown_html(text)


@pytest.mark.parametrize("text", cases(OTHERS))
def test_what_is_not(text):
    """Nothing is lost but what Markdown takes as escapes, wherever it is shown."""
    assert not has_formula(text)
    assert shown(text) == without_mathematics(text)
    assert "math" not in markdown_html(text)
    as_code = "".join(f"`{node.text}`" if node.kind == "code" else node.text for node in inline_nodes(text))
    assert render_reply(f"- {text}", 200, TerminalStyle("none")) == [f"• {as_code}"]


@pytest.mark.parametrize("text", cases(FORMULAS) + cases(OTHERS))
def test_chunks_decide_nothing(text):
    """A text has the same formulas whether it arrives in letters or at once, alone and in a sentence."""
    for whole in (text, f"a {text} b", f"$5 {text} (c) {text}. d"):
        parser = InlineParser()
        streamed = [node for char in whole for node in parser.feed(char)] + parser.rest()
        formulas = [node.text for node in streamed if node.kind == "math"]
        assert formulas == [node.text for node in inline_nodes(whole) if node.kind == "math"]
        assert "".join(node.text for node in streamed) == shown(whole)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("\\[\nE = mc^2\n\\]", ["math"]),
        ("\\[\nx\n\\]", ["math"]),
        ("$$\nx = 1,\n$$", ["math"]),
        ("$$\n\\weird{x}\n$$", ["math"]),
        ("$$\n\\begin{cases}\n1 & a \\\\\n2 & b\n\\end{cases}\n$$", ["math"]),
        ("a\n$$\nf(x)\n$$\nb", ["text", "math", "text"]),
        ("$$f(x) = a\n+ b\n- c$$\nd", ["math", "text"]),
        ("1. \\[ f(x) = a\n   = b \\]\n2. c", ["math", "text"]),
        ("$$x = 1\n\n+ 2$$", ["math", "text"]),
        ("a\n$$x = 1\nb", ["text"]),
        ("$$\nx^2\n$$ (1)\na", ["text"]),
        ("$$PID is\na", ["text"]),
        ("\\[ ] a\n\\[ ] b", ["text"]),
        ("\\[\n1\n\\]", ["text"]),
        ('\\[\n"a",\n"b"\n\\]', ["text"]),
        ("$$\nBEGIN\n  RETURN 1;\nEND;\n$$", ["text"]),
        ("$$\nE =", ["math"]),
        ("$$\nand many more", ["text"]),
        ("$$\nand more\n\n", ["text"]),
        ("$$", ["text"]),
        ("\\[\n\nx^2", ["text", "text"]),
        ("$$\n# a\n- b\n  - c\n\n  d\n```\ne\n\nf\n```", ["text", "heading", "text", "text", "text", "code"]),
        ("> $$\n> - b\n>   - c\nd", ["text", "text", "text"]),
        ("- \\[\n  ```\n  a\n  \\]\n\n  b\n  ```\n  c", ["text", "code", "text"]),
        ("$$\nx^2 +", ["math"]),
        ("$$\n" + "some more words\n" * 200 + "- a", ["text", "text"]),
        ("$$\n" + "x^2 +\n" * 500 + "y\n$$", ["math"]),
    ],
)
def test_blocks(text, kinds):
    assert [leaf.kind for leaf, _ in parse_leaves(text)] == kinds


def test_a_block_that_is_none_is_markdown():
    """It is read again as other Markdown, once no later text can make it a formula."""
    assert render_reply("\\[\n1,\n**2**\n\\]", 40, TerminalStyle("none")) == ["[", "1,", "2", "]"]
    assert render_reply("$$\nBEGIN;\n$$", 40, TerminalStyle("none")) == ["$$", "BEGIN;", "$$"]


PARTS = st.sampled_from([
    "$", "$$", "\\(", "\\)", "\\[", "\\]", "x", "foo", "1", "10", "_", "^", "{", "}", "(", ")", "|", "=", "+", "-", "/",
    ",", ".", " ", " ", "\n", "\\", "\\d", "\\alpha", "\\bin", "'", '"', "*", ";", "漢", "é", "`",
])  # fmt: skip


@given(st.lists(PARTS, max_size=25).map("".join))
def test_without_a_formula_nothing_is_lost(text):
    """A text without formulas is shown as by a parser that has no mathematics."""
    if not has_formula(text):
        assert shown(text) == without_mathematics(text)
