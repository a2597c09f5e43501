"""One setting into the config file, and the user's comments left alone."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from grokchat.config.edit import with_value
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
    changed = with_value(TEXT, "", "model", "grok-5")
    assert changed == TEXT.replace('model = "grok-4.7"   #', 'model = "grok-5"   #', 1)


def test_a_value_of_many_lines_is_replaced_whole():
    changed = with_value(TEXT, "", "system", "Be brief.")
    assert changed == TEXT.replace('system = """\nmodel = "not this"\n"""', 'system = "Be brief."')


def test_a_new_value_stands_at_the_end_of_its_table():
    changed = with_value(TEXT, "", "stream", False)
    assert '"""\nstream = false\n\n# below\n[params]' in changed
    assert "temperature = 0.2 # cool\nseed = 7\n" in with_value(TEXT, "params", "seed", 7)
    assert with_value("", "params", "seed", 7) == "[params]\nseed = 7\n"
    assert with_value("", "", "stream", True).strip() == "stream = true"
    assert with_value("stream = true", "params", "a b", [1]).startswith('stream = true\n\n[params]\n"a b" = [')


@pytest.mark.parametrize("text", ['"model" = "x"\n', "params = { seed = 1 }\n", "params.seed = 1\n", "[ params ]\n"])
def test_other_ways_of_writing_are_understood_or_refused(text):
    """Never a file that says something else than before."""
    for table, key, value in (("", "model", "y"), ("params", "seed", 2)):
        wanted = tomllib.loads(text)
        (wanted.setdefault(table, {}) if table else wanted)[key] = value
        try:
            assert tomllib.loads(with_value(text, table, key, value)) == wanted
        except ConfigError:
            continue


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
    changed = with_value(text, table, key, value)
    assert tomllib.loads(changed) == wanted
    if '"""' not in text:  # what looks like a comment may be a part of a text
        for line in lines:
            assert not line.startswith("#") or line in changed
