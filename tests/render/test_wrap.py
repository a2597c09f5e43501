"""Styled text, wrapped as it arrives."""
# ruff: noqa: RUF001 - the marks are the point

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokchat.render.addresses import MAX_ADDRESS_CHARS
from grokchat.render.cells import cell_width, grapheme_clusters
from grokchat.render.wrap import LineWrapper, Span


def wrapped(spans: list[Span], columns: int) -> list[list[tuple[str, tuple[str, ...]]]]:
    """Return the characters of each line, each with its elements."""
    wrapper = LineWrapper()
    lines = [*(line for span in spans for line in wrapper.feed([span], columns)), *wrapper.finish(columns)]
    return [[(char, styles) for text, styles in line for char in text] for line in lines]


def lines(text: str, columns: int) -> list[str]:
    return ["".join(char for char, _ in line) for line in wrapped([(text, ())], columns)]


@pytest.mark.parametrize(
    ("text", "columns", "expected"),
    [
        ("a very long line of words that wraps", 20, ["a very long line of", "words that wraps"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("x abcdefghij y", 4, ["x", "abcd", "efgh", "ij y"]),
        ("漢字漢字", 4, ["漢字", "漢字"]),
        ("漢字漢字。", 4, ["漢字", "漢", "字。"]),
        ("（漢字）", 4, ["（漢", "字）"]),
        ("ab漢字cd efg", 5, ["ab漢", "字cd", "efg"]),
        ("漢字a", 1, ["漢", "字", "a"]),
        ("a\nb", 9, ["a", "b"]),
        ("a  b", 9, ["a  b"]),
        ("a   b", 2, ["a", "b"]),
        ("  a  ", 9, ["a"]),
        ("a\tb", 9, ["a    b"]),
        ("👩‍💻👩‍💻", 2, ["👩‍💻", "👩‍💻"]),
        ("e\u0301" * 3, 2, ["e\u0301" * 2, "e\u0301"]),
        ("漢\u1112\u1161\u11ab漢", 2, ["漢", "\u1112\u1161\u11ab", "漢"]),
        ("漢字\ufe00字", 4, ["漢字\ufe00", "字"]),
        ("a\u00a0b c", 3, ["a\u00a0b", "c"]),
        ("他说：“今天的”", 7, ["他说：", "“今天", "的”"]),
        ("他说“你”", 6, ["他说", "“你”"]),
        ("没有……什么", 5, ["没", "有……", "什么"]),
        ("道——真的", 5, ["道——", "真的"]),
        ("ちょっと待って", 8, ["ちょっと", "待って"]),
        ("ちょっと待って", 4, ["ちょ", "っと", "待っ", "て"]),
        ("テカーテンー", 4, ["テ", "カー", "テ", "ンー"]),
        ("時々人々", 4, ["時々", "人々"]),
        ("漢字(abc)漢,字!", 8, ["漢字", "(abc)漢,", "字!"]),
        ("价格$100或5%的", 8, ["价格$100", "或5%的"]),
        ("50 ℃的水30℃的", 7, ["50 ℃的", "水30℃的"]),
        ("列夫·托尔", 4, ["列", "夫·", "托尔"]),
        ("漢字\u00a0漢字", 6, ["漢", "字\u00a0漢", "字"]),
        ("漢字\u202f漢字", 6, ["漢", "字\u202f漢", "字"]),
        ("漢字\u2060漢字", 6, ["漢字\u2060漢", "字"]),
        ("한국어는 띄어쓰기를", 12, ["한국어는", "띄어쓰기를"]),
        ("word—word", 6, ["word—", "word"]),
        ("떠났다(그랬다).", 14, ["떠났다(그랬", "다)."]),
        ("안녕(하세요)", 5, ["안녕", "(하세", "요)"]),
        ("aé。。。", 4, ["aé。", "。。"]),
        ("1990–2000 a", 9, ["1990–2000", "a"]),
        ("ประเทศไทย", 4, ["ประ", "เทศ", "ไทย"]),
        ("ភាសា\u200bខ្មែរ", 4, ["ភាសា", "ខ្មែរ"]),
        ("l’été d’un", 6, ["l’été", "d’un"]),
        ("你好👍谢谢", 6, ["你好👍", "谢谢"]),
        ("２０２６年３月", 8, ["２０２６", "年３月"]),
        ("", 9, []),
    ],
)
def test_lines(text, columns, expected):
    assert lines(text, columns) == expected


URL = "https://example.com/a/very/long/path?with=a&query=string#part"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"see {URL} there", ["see", URL, "there"]),
        (f"(see {URL}).", ["(see", f"{URL})."]),
        (f"一个（{URL}）字", ["一个", f"（{URL}）", "字"]),
        (f"看{URL}。字", ["看", f"{URL}。", "字"]),
        (f"{URL}查看", [URL, "查看"]),
        ("https://zh.wikipedia.org/wiki/中文百科/首页。好", ["https://zh.wikipedia.org/wiki/中文百科/首页。", "好"]),
        ("git clone git@example.com:someone/repository.git", ["git clone", "git@example.com:someone/repository.git"]),
        ("a www.example.com/there/and/there b", ["a", "www.example.com/there/and/there", "b"]),
        ("--index-url=https://pypi.org/simple", ["--index-url=https://pypi.org/simple"]),
        ("in /usr/share/doc/python3/README here", ["in", "/usr/share/doc/python3/README", "here"]),
        ("src/grokchat/render/wrap.py:12", ["src/grokchat/render/wrap.py:12"]),
        ("C:\\Users\\somebody\\notes.txt", ["C:\\Users\\somebody\\notes.txt"]),
        ("mailto:somebody.else@example.com", ["mailto:somebody.else@example.com"]),
        ("at github.com/someone/repository,", ["at", "github.com/someone/repository,"]),
        ("(localhost:8080/api/users)", ["(localhost:8080/api/users)"]),
        ("127.0.0.1:8080/api/users", ["127.0.0.1:8080/api/users"]),
        ("C:/Users/somebody", ["C:/Users/somebody"]),
        ("\\\\server\\share\\folder", ["\\\\server\\share\\folder"]),
        ("${HOME}/projects/notes", ["${HOME}/projects/notes"]),
        ("%APPDATA%\\Local\\Temp", ["%APPDATA%\\Local\\Temp"]),
        ("magnet:?xt=urn:btih:c12fe1c0", ["magnet:?xt=urn:btih:c12fe1c0"]),
        ("either/or/neither/nor", ["either/or/ne", "ither/nor"]),
        ("internationalization", ["internationa", "lization"]),
    ],
)  # fmt: skip
def test_an_address_is_never_broken(text, expected):
    assert lines(text, 12) == expected
    characters: list[Span] = [(char, ()) for char in text]
    assert wrapped(characters, 12) == wrapped([(text, ())], 12)


def test_in_a_column_of_a_table_an_address_is_broken():
    wrapper = LineWrapper(keeps_addresses=False)
    rows = [*wrapper.feed([(URL, ())], 20), *wrapper.copy().finish(20)]
    assert [len(_text(row)) for row in rows] == [20, 20, 20, 1]


def test_what_is_too_long_for_an_address_is_broken():
    """So a line that is not final has a limit."""
    text = "https://" + "a" * MAX_ADDRESS_CHARS
    assert max(map(len, lines(text, 80))) == 80
    assert wrapped([(text[at : at + 7], ()) for at in range(0, len(text), 7)], 80) == wrapped([(text, ())], 80)


TEXT = st.text(st.sampled_from("abcde  \n漢字。（👩\u0301\u200d\t-"), max_size=30)
SPANS = st.lists(st.tuples(TEXT, st.sampled_from([(), ("strong",), ("link", "code")])), max_size=6)


@given(SPANS, st.integers(1, 20))
def test_no_line_is_too_long_and_nothing_is_lost(spans, columns):
    """No line is too wide and nothing is lost, except white space at breaks."""
    wrapped_lines = wrapped(spans, columns)
    for line in wrapped_lines:
        text = "".join(char for char, _ in line)
        assert cell_width(text) <= columns or sum(cell_width(cluster) > 0 for cluster in grapheme_clusters(text)) == 1
    solid = [(char, styles) for line in wrapped_lines for char, styles in line if char not in " \t"]
    assert solid == [(char, styles) for text, styles in spans for char in text if char not in " \t\n"]


@given(st.text(st.sampled_from("abcdé —  \n漢字。（「ーй"), max_size=60), st.integers(1, 20))
def test_a_text_is_laid_out_like_its_characters(text, columns):
    """The fast path for runs of words gives what each character alone gives."""
    assert wrapped([(text, ())], columns) == wrapped([(char, ()) for char in text], columns)


@given(SPANS, SPANS, st.integers(1, 20))
def test_copying_changes_nothing(spans, more, columns):
    copied, other = LineWrapper(), LineWrapper()
    first = copied.feed(spans, columns)
    copied.copy().feed(more, columns)
    copied.copy().finish(columns)
    assert [*first, *copied.feed(more, columns), *copied.finish(columns)] == [
        *other.feed(spans, columns), *other.feed(more, columns), *other.finish(columns),
    ]  # fmt: skip


def _text(line: list[Span]) -> str:
    return "".join(text for text, _ in line)


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        (80, ["eine Silbentrennung"]),
        (19, ["eine Silbentrennung"]),
        (18, ["eine Silbentren-", "nung"]),
        (16, ["eine Silbentren-", "nung"]),
        (15, ["eine Silben-", "trennung"]),
        (11, ["eine", "Silbentren-", "nung"]),
        (7, ["eine", "Silben-", "tren-", "nung"]),
        (6, ["eine", "Silben", "tren-", "nung"]),
        (3, ["ein", "e", "Sil", "ben", "tre", "n-", "nun", "g"]),
    ],
)
def test_a_line_breaks_at_a_soft_hyphen(columns, rows):
    """There a hyphen is shown, if there is room for it, and elsewhere nothing."""
    text = "eine Silben\u00adtren\u00adnung"
    assert lines(text, columns) == rows
    characters: list[Span] = [(char, ()) for char in text]
    assert wrapped(characters, columns) == wrapped([(text, ())], columns)
