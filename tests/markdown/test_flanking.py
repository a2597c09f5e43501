"""Emphasis beside Chinese, Japanese and Korean letters and punctuation, by the amendment "CommonMark CJK-friendly"."""
# ruff: noqa: RUF001 - the letters are the point

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from grokchat.markdown.flanking import is_cjk
from grokchat.markdown.inline_grammar import inline_nodes

TAGS = {"emphasis": "em", "strong": "strong", "strike": "s"}


def marked(text: str) -> str:
    """Return a text with its emphasis as tags."""
    return "".join(
        f"<{'/' * (node.kind == 'end')}{TAGS[node.element]}>" if node.element else node.text
        for node in inline_nodes(text)
    )


SAMPLES = """
**「核心」**である | **结论：**以下 | これは**「重要」**です | **50%**的 | **注意！**请 | 한국어**"강조"**는
**真，**她 | **真”**她 | **真’**她 | **真…**她 | **真—**她 | **真·**她 | **真-**她 | 真**（她** | **真《**她
**真？** 她 | 正解は**④**です | カッコに注意**（太字にならない）**文が続く | 税込**¥10,000**で
**C#**や**F#**は | .NET**（.NET Frameworkは不可）**では | 先頭の**`コード`も注意。**
**末尾の`コード`**も注意。 | 国際規格**(ECMA-262)** | 𠮟**(こちらが正式表記)** | 𫠉**(馬の俗字)**
あ𛀙**(か)**よろし | 葛\U000e0100**(こちらが正式表記)**城市 | 大塚\ufe00**(U+585A U+FE00)** 大塚
〽\ufe0e**(庵点)**は、 | **\u201c强调\u201d\ufe01**a | **강조\ufe01**는 | **스크립트(script)**라고
**안녕(hello)**하세요. | \u1161**(a)** | **(k)**\u110f | 패키지 **`npm`**를 | a**〰**a | a**〽**a | a**🈂**a
a**🈷**a | a**㊗**a | **さようなら︙**と | 私は**⻲田太郎**と | ㄅ**(b)**
""".strip()


@pytest.mark.parametrize("text", re.split(r" \| |\n", SAMPLES))
def test_emphasis_beside_cjk(text):
    """Each pair of marks is emphasis, with two asterisks, with one, and with tildes."""
    for mark, tag in (("**", "strong"), ("*", "em"), ("~~", "s")):
        html = marked(text.replace("**", mark))
        assert html.count(f"<{tag}>") == html.count(f"</{tag}>") == text.count("**") // 2, html
        assert mark not in html


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("真**，**她", "真<strong>，</strong>她"),
        ("**真，** 她", "<strong>真，</strong> 她"),
        ("** 真**她", "** 真**她"),
        ("__注意：__請", "__注意：__請"),
        ("注__意__請", "注__意__請"),
        ("注_意_請", "注_意_請"),
        ("**重要*な「点」*です**。", "<strong>重要<em>な「点」</em>です</strong>。"),
        ("a**👍**a", "a**👍**a"),
        ("a**€**b", "a**€**b"),
        ("a **€**", "a <strong>€</strong>"),
        ("a**«b»**a", "a**«b»**a"),
        ("a**𐬻b**a", "a**𐬻b**a"),
        ("a**\u201d\ufe01**a", "a**\u201d\ufe01**a"),
        ("a**\u201db\u201d**a", "a**\u201db\u201d**a"),
        ("(**a.**b)", "(**a.**b)"),
        ("5 ** 3 字", "5 ** 3 字"),
    ],
)
def test_what_is_and_what_is_not(text, shown):
    assert marked(text) == shown


def test_the_description_of_a_picture_is_read_in_the_same_way():
    assert [node.text for node in inline_nodes("![**「核心」**である](a.png)")] == ["「核心」である"]


@given(st.text('ab *_~.("$é«’—\u00a0\n', max_size=30))
def test_other_texts_are_commonmark(text):
    """Without a character of these scripts, emphasis is exactly what markdown-it finds.

    Its version 3 counts the symbols that are not ASCII as letters, so there are none here.
    """
    tokens = MarkdownIt("commonmark", {"html": False}).enable("strikethrough").parseInline(text)[0].children or []
    expected = [token.tag for token in tokens if token.nesting]
    assert [TAGS[node.element] for node in inline_nodes(text) if node.element] == expected


@pytest.mark.parametrize(
    ("chars", "expected"),
    [("字かカ한ᅡ「」。，！￦ｱ〰㊗🈷龘𠮷", True), ("aé.(«“—’ ¥€\u00a0👍⌚✅🈚\ufe0f😀Ω", False)],
)
def test_the_characters_of_cjk(chars, expected):
    assert [char for char in chars if is_cjk(char) is not expected] == []
