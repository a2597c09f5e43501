"""Setting one value in the text of a config file changes nothing else."""

from __future__ import annotations

import tomllib
from itertools import takewhile

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from grokchat.config import edit
from grokchat.config.edit import set_value
from grokchat.errors import ConfigError

TEXT = """\
# mine
model = "grok-4.7"   # the one I like: # really
system = \"\"\"
model = "not this"
\"\"\"

# below
[params]
temperature = 0.2 # cool

[profiles.x]
model = "other"
"""


def test_a_value_is_replaced_where_it_stands():
    changed = set_value(TEXT, "", "model", "grok-5")
    assert changed == TEXT.replace('model = "grok-4.7"   #', 'model = "grok-5"   #', 1)


def test_a_value_of_many_lines_is_replaced_whole():
    changed = set_value(TEXT, "", "system", "Be brief.")
    assert changed == TEXT.replace('system = """\nmodel = "not this"\n"""', 'system = "Be brief."')


def test_a_new_value_stands_at_the_end_of_its_table():
    changed = set_value(TEXT, "", "stream", False)
    assert '"""\nstream = false\n\n# below\n[params]' in changed
    assert "temperature = 0.2 # cool\nseed = 7\n" in set_value(TEXT, "params", "seed", 7)
    assert set_value("", "params", "seed", 7) == "[params]\nseed = 7\n"
    assert set_value("", "", "stream", True).strip() == "stream = true"
    assert set_value("stream = true", "params", "a b", [1]).startswith('stream = true\n\n[params]\n"a b" = [')


@pytest.mark.parametrize("text", ['"model" = "x"\n', "params = { seed = 1 }\n", "params.seed = 1\n", "[ params ]\n"])
def test_other_ways_of_writing_are_understood_or_refused(text):
    """No other value of the file changes."""
    for table, key, value in (("", "model", "y"), ("params", "seed", 2)):
        wanted = tomllib.loads(text)
        (wanted.setdefault(table, {}) if table else wanted)[key] = value
        try:
            assert tomllib.loads(set_value(text, table, key, value)) == wanted
        except ConfigError:
            continue


@pytest.mark.parametrize("value", [None, [None], {"a": None}, "\ud800", float("nan")])
def test_a_value_that_toml_cannot_express_is_refused_for_that_reason(value):
    """The error is about the value, not about how the file is written."""
    with pytest.raises(ConfigError, match=r"seed has a value that TOML cannot express"):
        set_value(TEXT, "params", "seed", value)


def test_a_key_that_is_set_in_another_way_is_refused_for_that_reason():
    """The error is about how the file is written, not about the value."""
    with pytest.raises(ConfigError, match=r"seed.*written in a way"):
        set_value("params = { seed = 1 }\n", "params", "seed", 2)


@pytest.mark.parametrize("text", ["not toml", "seed = " + "1" * 5000, "a = " + "[" * 5000])
def test_a_text_that_is_not_toml_is_a_config_error(text):
    """Invalid TOML raises ConfigError like every other problem, not the parser's own error."""
    with pytest.raises(ConfigError, match="is not TOML"):
        set_value(text, "params", "seed", 2)


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ('model = "a"\r\n# end\r\n', 'model = "b"\r\n# end\r\n'),
        ('\ufeffmodel = "a"', '\ufeffmodel = "b"'),
        ("# mine\r\nstream = true\r\n\r\n[params]\r\n", '# mine\r\nstream = true\r\nmodel = "b"\r\n\r\n[params]\r\n'),
        ("stream = true", 'stream = true\nmodel = "b"'),
        ("\tmodel\t=\t'a'\t# kept\r\n", '\tmodel\t=\t"b"\t# kept\r\n'),
        ('"model"= """a""""   #"""\n', '"model"= "b"   #"""\n'),
        ("model = '''\n'a' # no comment\n''''\nx = 1", 'model = "b"\nx = 1'),
        ("[params]\nmodel = 1\n", 'model = "b"\n[params]\nmodel = 1\n'),
        ('x = """\n[params]\nmodel = 2\n"""\nmodel = "a"\n', 'x = """\n[params]\nmodel = 2\n"""\nmodel = "b"\n'),
    ],
)
def test_every_other_byte_is_kept(text, changed):
    """Line ends, a byte order mark, tabs, comments and a missing newline at the end stay."""
    assert set_value(text, "", "model", "b") == changed


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("[params]\r\nn = 1\r\n", "[params]\r\nn = 1\r\nseed = 2\r\n"),
        ("[params]\r\nn = 1", "[params]\r\nn = 1\r\nseed = 2"),
        ("stream = true\r\n", "stream = true\r\n\r\n[params]\r\nseed = 2\r\n"),
        ("stream = true", "stream = true\n\n[params]\nseed = 2"),
        ("\ufeffa = 1\r\nb = 2", "\ufeffa = 1\r\nb = 2\r\n\r\n[params]\r\nseed = 2"),
        ("a = 1\n[params]\r\nn = 1\r\n[x]\n", "a = 1\n[params]\r\nn = 1\r\nseed = 2\r\n[x]\n"),
        ("a = 1\r\n[params]\nn = 1\n[x]\r\n", "a = 1\r\n[params]\nn = 1\nseed = 2\n[x]\r\n"),
        ("a = 1\nb = 2\r\n", "a = 1\nb = 2\r\n\r\n[params]\r\nseed = 2\r\n"),
        ("[params]\r\nseed = 1\n", "[params]\r\nseed = 2\n"),
    ],
)
def test_a_new_line_ends_as_the_one_before_it_and_the_file_as_it_did(text, changed):
    assert set_value(text, "params", "seed", 2) == changed


@pytest.mark.parametrize(
    "value",
    [
        {"type": "json_object"},
        {"type": "json_schema", "json_schema": {"name": "a b", "schema": {"required": ["x", "y"], "odd key": {}}}},
        [{"type": "function", "function": {"name": "f\nn"}}, "text", [1, [2]]],
        {},
    ],
)
@pytest.mark.parametrize("text", ["", "[params]\r\nn = 1\r\n", "[params]\nseed = [1]\n[x]\na = 1\n"])
def test_an_object_is_written_behind_its_key(text, value):
    changed = tomllib.loads(set_value(text, "params", "seed", value).replace("\r\n", "\n"))
    before = tomllib.loads(text.replace("\r\n", "\n"))
    assert changed == {**before, "params": {**before.get("params", {}), "seed": value}}


def test_an_array_with_comments_and_brackets_in_strings_is_one_value():
    text = 'stop = [ # one ]\r\n  "]", \'[\', # two\r\n  { a = "}" },\r\n]  # end\r\nseed = 1\r\n'
    changed = set_value(f"[params]\r\n{text}", "params", "stop", "x")
    assert changed == '[params]\r\nstop = "x"  # end\r\nseed = 1\r\n'


KEYS = st.sampled_from(["model", "stream", "system", "timeout", "odd key"])
VALUES = st.text(max_size=12) | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False)
LINES = st.lists(
    st.sampled_from(
        ["# note", "", 'model = "a" # c', "stream = true", "timeout = 1.5", 'system = """a', 'b"""', "[params]"]
    ),
    max_size=8,
)


@given(LINES, st.sampled_from(["", "params"]), KEYS, VALUES)
def test_whatever_stands_there_only_the_value_changes(lines, table, key, value):
    text = "\n".join(lines)
    try:
        wanted = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        assume(False)
    (wanted.setdefault(table, {}) if table else wanted)[key] = value
    changed = set_value(text, table, key, value)
    assert tomllib.loads(changed) == wanted
    if '"""' not in text:  # what looks like a comment may be a part of a text
        for line in lines:
            assert not line.startswith("#") or line in changed


NEWLINES = st.sampled_from(["\n", "\r\n"])
BLANKS = st.text(" \t", max_size=2)
WRITTEN = st.sampled_from(
    [
        "1",
        "0x1F",
        "2020-01-01 10:00:00Z",
        '"a # \\" b"',
        "'a\\'",
        '"""a\n[params]\nmodel = 1 # "" no comment\n"""""',
        "'''\n''a'' = 1\n'''",
        '""""""',
        "[]",
        "[ # ]\n 1, [2],\n { a = \"]\", b.c = '}' }, # [\n]",
        "{ model = 1, x = [ '{' ] }",
    ]
)
NAMES = st.sampled_from(["a", "a-b", '"a b"', "'a.b'", "'#='", '"[c]"', "d . 'e'", '"\\u0066"'])
COMMENTS = st.sampled_from(["", "# plain", '# """', "#[params]", "# é ' \""])


@st.composite
def documents(draw) -> tuple[str, str, str, str]:
    """Draw a TOML document that sets `model`: its table, the text before the value, the value, the text after it."""
    newline = draw(NEWLINES)

    def statement(name: str, written: str) -> tuple[str, str, str]:
        before = f"{draw(BLANKS)}{name}{draw(BLANKS)}={draw(BLANKS)}"
        return before, written.replace("\n", newline), f"{draw(BLANKS)}{draw(COMMENTS)}{newline}"

    def others(names: list[str]) -> str:
        gaps = ["", newline, f"{draw(BLANKS)}{draw(COMMENTS)}{newline}"]
        return "".join(draw(st.sampled_from(gaps)) + "".join(statement(name, draw(WRITTEN))) for name in names)

    top = draw(st.lists(NAMES, unique=True, max_size=4))
    inside = draw(st.lists(NAMES, unique=True, max_size=4))
    head = f"{draw(BLANKS)}[{draw(BLANKS)}params{draw(BLANKS)}]{draw(BLANKS)}{draw(COMMENTS)}{newline}"
    before, value, after = statement(draw(st.sampled_from(["model", '"model"', "'model'"])), draw(WRITTEN))
    table = draw(st.sampled_from(["", "params"]))
    if table:
        before, after = others(top) + head + before, after + others(inside) + f"[[x]]{newline}model = 1"
    else:
        before, after = others(top) + before, after + head + others(inside)
    mark = draw(st.sampled_from(["", "\ufeff"]))
    return table, mark + before, value, after if draw(st.booleans()) else after.rstrip("\r\n")


@given(documents(), st.text(max_size=5) | st.lists(st.integers(), max_size=2))
def test_in_any_document_the_value_alone_is_replaced(document, value):
    """The text before and after the value is kept byte for byte."""
    table, before, written, after = document
    changed = set_value(before + written + after, table, "model", value)
    assert changed.startswith(before)
    assert changed.endswith(after)
    parsed = tomllib.loads(normalized(changed))
    assert (parsed[table] if table else parsed)["model"] == value


@given(documents(), st.sampled_from(["", "params", "other"]))
@example(("", "a = 1", "", ""), "other")
def test_in_any_document_a_new_value_is_only_added(document, table):
    """The result is the document plus one insertion with the new key and its value."""
    text = "".join(document[1:])
    changed = set_value(text, table, "brand new", 7)
    prefix = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(text, changed, strict=False)))
    assert changed.endswith(text[prefix:])
    parsed = tomllib.loads(normalized(changed))
    assert (parsed[table] if table else parsed)["brand new"] == 7


def normalized(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


@pytest.mark.parametrize(
    "text",
    [
        'system = """\n' + 'a line with "quotes" and # marks\n' * 2000 + '"""\n',
        "system = '''\n" + "it''s\n" * 2000 + "'''\n",
        "stop = [\n" + '  "x", # comment\n' * 2000 + "]\n",
        "\n".join(f"k{number} = {number}" for number in range(2000)),
        "# comment\n" * 2000,
        "\n".join(f"[profiles.p{number}]" for number in range(2000)),
    ],
)
def test_the_work_is_linear_in_the_size_of_the_file(monkeypatch, text):
    """The text is parsed twice in all, and each of its characters is scanned once."""
    parsed: list[int] = []
    loads = tomllib.loads
    monkeypatch.setattr(edit.tomllib, "loads", lambda text: parsed.append(len(text)) or loads(text))
    set_value(text, "", "model", "b")
    assert sum(parsed) <= 2 * len(text) + 1000
    statements = list(edit._statements(text))
    assert [statement.end for statement in statements] == sorted({statement.end for statement in statements})
