"""Saved prompts: filling against a model without regular expressions, and any file and any line."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from grokchat.errors import CommandError, ConfigError, GrokchatError
from grokchat.prompts.files import load_prompt
from grokchat.prompts.front_matter import parse_front_matter, split_front_matter
from grokchat.prompts.gaps import fill_gaps, find_gaps, is_key
from grokchat.prompts.words import PromptWords, parse_words

KEYS = st.sampled_from(["x", "a-b", "_1", "größe", "भाषा"])
PIECES = st.sampled_from(
    ["{{", "}}", "{", "}", "\\", "$", " ", "\t", "\n", "x", "1", "-", "{{x}}", "{{ a-b }}", "ß", "."]
)
TEXTS = st.lists(PIECES | st.text(max_size=3), max_size=20).map("".join)
VALUES = st.text(max_size=8) | TEXTS


def naive_parts(text: str) -> list[tuple[str, str]]:
    """Return the parts of a text: `("text", ...)` as it comes out, and `("gap", KEY)`."""
    parts: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        backslashes = 0
        while text[at + backslashes : at + backslashes + 1] == "\\":
            backslashes += 1
        opening = at + backslashes
        closing = text.find("}}", opening + 2) if text.startswith("{{", opening) else -1
        inside = text[opening + 2 : closing] if closing >= 0 else ""
        key = inside.strip(" \t")
        if key and is_key(key):
            parts.append(("text", "\\" * (backslashes // 2)))
            parts.append(("text", text[opening : closing + 2]) if backslashes % 2 else ("gap", key))
            at = closing + 2
        else:
            at = opening + (backslashes == 0)
            parts.append(("text", text[at - max(backslashes, 1) : at]))
    return parts


@given(TEXTS, st.data())
@example("{{{x}}}", None)
@example("\\\\{{x}}\\{{x}}\\\\", None)
def test_filling_is_what_the_naive_model_does(text, data):
    """The gaps are the model's, values are put in verbatim, and a text without gaps and escapes is unchanged."""
    parts = naive_parts(text)
    gaps = find_gaps(text)
    assert gaps == tuple(dict.fromkeys(part for kind, part in parts if kind == "gap"))
    values = {key: f"<{key}>" if data is None else data.draw(VALUES) for key in gaps}
    filled = fill_gaps(text, values)
    assert filled == "".join(values[part] if kind == "gap" else part for kind, part in parts)
    if not gaps and "\\{{" not in text:
        assert filled == text


@given(
    st.dictionaries(KEYS, st.text(st.characters(exclude_categories=["Cs"]))), st.sampled_from(["review", "code review"])
)
def test_any_value_can_be_written_in_double_quotes(values, name):
    pairs = [
        f'''{key}="{value.replace(chr(92), chr(92) * 2).replace('"', chr(92) + '"')}"'''
        for key, value in values.items()
    ]
    assert parse_words(" ".join([name, *pairs])) == PromptWords(name, values)


WORDS = st.lists(
    st.sampled_from(["review", "a=", "b=", "=", '"', "'", "\\", " ", "\n", "x y", "@", "a=1", 'b="2"'])
    | st.text(max_size=4)
).map("".join)


@given(WORDS.filter(str.strip))
def test_any_line_is_a_name_with_values_or_an_error(line):
    try:
        words = parse_words(line)
    except CommandError:
        return
    assert all(key and not any(char.isspace() or char == "=" for char in key) for key in words.values)
    assert all(value in line or "\\" in line for value in words.values.values())


LINES = st.sampled_from(
    [
        "---",
        "--- ",
        "model: x",
        "temperature: 0.3",
        "stop = [1]",
        'stop: "',
        "base_url: y",
        "# z",
        "",
        " ",
        "Text.",
        "a:b",
        "\r",
    ]
)


@given(st.lists(LINES | st.text(max_size=5), max_size=8).map("\n".join))
def test_the_front_matter_is_all_that_is_cut_off(text):
    """The rest is the end of the file, and what is set are lines of its beginning."""
    found = split_front_matter(text)
    if found is None:
        return
    lines, rest = found
    assert text.endswith(rest)
    assert text.startswith("---")
    try:
        layer = parse_front_matter(lines, "p.md")
    except ConfigError:
        return
    assert len(layer.values) + len(layer.params) <= len(lines)
    assert "base_url" not in {**layer.values, **layer.params}


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: f"---\n{text}".encode("utf-8", "surrogatepass")))
def test_any_file_is_a_prompt_or_an_error(data):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "p.md").write_bytes(data)
        try:
            prompt = load_prompt(Path(folder), "p")
        except GrokchatError:
            return
        assert prompt.text.strip()
        assert data.decode().rstrip("\r\n").endswith(prompt.text.rstrip("\r\n"))
