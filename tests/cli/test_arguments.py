"""The command line: parsing, and the help that lists its options."""

from __future__ import annotations

import re

import pytest

from grokchat.arguments import HELP, Arguments, make_parser, parse_arguments
from grokchat.compat.argparse import options_of
from grokchat.errors import UsageError


def options() -> list[str]:
    return [option for action in options_of(make_parser()) for option in action.option_strings]


@pytest.mark.parametrize("option", options())
def test_every_option_is_in_the_help(option):
    assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", HELP)


def test_every_option_in_the_help_exists():
    shown = re.findall(r"(?m)^  +(-[^ ,]+)(?:, (--[a-z-]+))?", HELP)
    assert {option for pair in shown for option in pair if option} <= set(options())


def test_every_option_is_explained():
    assert [action.dest for action in options_of(make_parser()) if not action.help] == []


def test_the_help_has_the_explanations_of_the_declaration():
    """An option has the same explanation in HELP, in completion scripts and in the manual page."""
    lines = re.findall(r"(?m)^  +(?:-\w, )?(--[a-z-]+)(?: \S+)?  +(.*)$", HELP)
    helps = {name: action.help for action in options_of(make_parser()) for name in action.option_strings}
    assert len(lines) > 15
    for name, words in lines:
        if name not in {"--export", "--help", "--list-sessions"}:  # more than one line, or of more than one
            assert words.startswith(helps[name].removesuffix("s")), name


def test_the_help_fits_the_smallest_terminal():
    """80 columns, 24 rows, the shell's next prompt included."""
    lines = HELP.split("\n")
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert HELP.isascii()
    assert HELP.endswith("\n")


def test_an_empty_command_line_has_the_defaults():
    assert parse_arguments([]) == Arguments()


@pytest.mark.parametrize(
    ("words", "prompt"),
    [
        (["hello"], "hello"),
        (["two", "words"], "two words"),
        (["  as ", "it\nis"], "  as  it\nis"),
        (["a", "", "b"], "a  b"),
        ([""], ""),
        (["--", "-m"], "-m"),
        (["a", "--", "-b", "--", "c"], "a -b -- c"),
        (["what", "is", "5", "-", "3?"], "what is 5 - 3?"),
        (["- a list", "item"], "- a list item"),
        (["--"], None),
    ],
)
def test_prompt_words_are_joined_by_single_spaces(words, prompt):
    """`PROMPT` words are joined by single spaces into a user message."""
    assert parse_arguments(words).prompt == prompt


def test_options_may_stand_before_between_and_after_the_prompt():
    arguments = parse_arguments(["-m", "one", "first", "--no-save", "second", "-o", "a=1", "third", "-p"])
    assert arguments == Arguments(
        prompt="first second third", model="one", no_save=True, options=["a=1"], one_shot=True
    )


@pytest.mark.parametrize(
    ("words", "resume", "prompt"),
    [
        (["-r"], "", None),
        (["--resume"], "", None),
        (["-r", "abc"], "abc", None),
        (["-rabc"], "abc", None),
        (["--resume=abc"], "abc", None),
        (["-r", "abc", "and", "now"], "abc", "and now"),
        (["-r", "--", "and", "now"], "", "and now"),
        (["-r", "--no-save"], "", None),
        (["hello", "-r"], "", "hello"),
        (["hello"], None, "hello"),
    ],
)
def test_the_word_after_r_is_the_session(words, resume, prompt):
    """Without a value there is a picker; a PROMPT after a bare `-r` follows `--`."""
    arguments = parse_arguments(words)
    assert (arguments.resume, arguments.prompt) == (resume, prompt)


def test_repeatable_options_keep_their_order():
    arguments = parse_arguments(["-s", "one", "-f", "a", "-s", "two", "-f", "b", "-o", "x=1", "-o", "x=2"])
    assert (arguments.system, arguments.files, arguments.options) == (["one", "two"], ["a", "b"], ["x=1", "x=2"])


def test_other_options_use_the_last_value():
    assert parse_arguments(["-m", "one", "-m", "two"]).model == "two"


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (["-c"], "newest"),
        (["--continue"], "newest"),
        (["-p"], "one_shot"),
        (["--print"], "one_shot"),
        (["--json"], "json"),
        (["--no-stream"], "no_stream"),
        (["--no-save"], "no_save"),
        (["--demo"], "demo"),
        (["--no-markdown"], "no_markdown"),
        (["-h"], "help"),
        (["--help"], "help"),
        (["--version"], "version"),
    ],
)
def test_switches(words, field):
    assert getattr(parse_arguments(words), field) is True
    assert getattr(parse_arguments([]), field) is False


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        (["--model", "a"], "model", "a"),
        (["-P", "b"], "profile", "b"),
        (["--profile", "b"], "profile", "b"),
        (["--base-url", "https://c.example"], "base_url", "https://c.example"),
        (["--config=d.toml"], "config", "d.toml"),
        (["--system=-5 degrees"], "system", ["-5 degrees"]),
        (["-o", "a=-1"], "options", ["a=-1"]),
    ],
)
def test_options_with_a_value(words, field, value):
    assert getattr(parse_arguments(words), field) == value


@pytest.mark.parametrize(
    "words",
    [
        ["--nope"],
        ["-x"],
        ["hello", "--nope"],
        ["-m"],
        ["-f"],
        ["--mod", "x"],
        ["--demo=1"],
        ["-c", "-r", "x"],
        ["-c", "-r"],
    ],
)
def test_a_malformed_command_line_is_a_usage_error(words):
    """An error is one short paragraph, exit 2; an option is never guessed from its beginning."""
    with pytest.raises(UsageError) as caught:
        parse_arguments(words)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_an_unknown_option_is_named():
    with pytest.raises(UsageError, match=r"--nope.*See grokchat --help\."):
        parse_arguments(["--nope", "hello"])
