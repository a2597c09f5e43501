"""Whatever a file is called, what Tab makes of its beginning names it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokchat.chat.path_completion import complete_path, complete_shell_word
from grokchat.system.shell_words import split_words

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="names that Windows does not have")

NAMES = st.text(st.sampled_from("ab \\'\"$~#()é-*;&.,"), min_size=1, max_size=8).filter(
    lambda name: name.strip() == name and not name.startswith(".")
)


@given(name=NAMES, quote=st.sampled_from(["", "'", '"']), posix=st.booleans(), is_folder=st.booleans())
def test_a_completed_name_is_the_file(name, quote, posix, is_folder):
    with tempfile.TemporaryDirectory() as made:
        path = Path(made, name)
        if is_folder:
            path.mkdir()
        else:
            path.write_text("")
        line = f"other {quote}{made}/"
        candidates = list(complete_shell_word(line, posix=posix))
        assert len(candidates) <= 1
        if posix:
            assert candidates or (quote == "'" and "'" in name)
        for candidate in candidates:
            whole = line[: len(line) - candidate.replaces] + candidate.text
            if is_folder and quote:
                whole += quote  # it is left open for what is in the folder
            ways = split_words(whole, posix=posix)
            if posix or not {"'", '"'} & set(name):
                assert ways == ["other", str(path) + "/" * is_folder]


@given(name=NAMES, typed=st.integers(0, 8))
def test_a_name_that_is_the_rest_of_the_line_is_taken_as_it_is(name, typed):
    with tempfile.TemporaryDirectory() as made:
        Path(made, name).write_text("")
        line = f"{made}/{name[:typed]}"
        [candidate] = complete_path(line)
        assert line[: len(line) - candidate.replaces] + candidate.text == f"{made}/{name}"
        assert split_words(f"{made}/{name}") == [f"{made}/{name}"]


@given(line=st.text(st.sampled_from("a /\\'\"~"), max_size=12), posix=st.booleans())
def test_any_line_can_be_asked_about(line, posix):
    for candidate in complete_shell_word(line, posix=posix):
        assert 0 <= candidate.replaces <= len(line)
