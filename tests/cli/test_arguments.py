"""The command line: parsing, and the help that lists its options."""

from __future__ import annotations

import shlex

import pytest

from grokchat.arguments import Arguments, parse_arguments
from grokchat.cli.help_page import EXAMPLES, help_page
from grokchat.command_line_options import OPTION_GROUPS, OPTIONS
from grokchat.errors import UsageError
from grokchat.export.formats import FORMATS
from grokchat.records import fields

NAMES = [name for option in OPTIONS for name in option.names]


def test_the_help_has_one_option_a_row_with_its_explanation_in_one_column():
    lines = help_page().split("\n")
    rows = [line for line in lines if line.lstrip().startswith("-")]
    assert len(rows) == len(OPTIONS)
    columns = {line.index(option.help) for line, option in zip(rows, OPTIONS, strict=True)}
    assert len(columns) == 1
    for line, option in zip(rows, OPTIONS, strict=True):
        assert line.split() == [*option.usage.split(), *option.help.split()]


def test_the_help_is_grouped_and_fits_80_columns():
    page = help_page()
    assert max(map(len, page.split("\n"))) < 80
    assert page.isascii()
    assert page.endswith("\n")
    assert [title for title in (*OPTION_GROUPS, "Examples") if f"\n{title.upper()}:\n" not in page] == []
    assert [name for name in FORMATS if name not in page.replace(",", " ").split()] == []


def test_the_examples_of_the_help_are_command_lines_that_parse():
    assert 5 <= len(EXAMPLES) <= 8
    for line, _ in EXAMPLES:
        words = shlex.split(line.split(" >")[0].split("| ")[-1])
        assert words[0] == "grokchat"
        parse_arguments(words[1:])


def test_each_option_sets_a_field_of_its_own():
    assert sorted(option.field for option in OPTIONS) == sorted(set(fields(Arguments)) - {"prompt"})


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


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--nope", "hello"], "unknown option --nope. See grokchat --help."),
        (["--temperature", "0.2"], "unknown option --temperature; did you mean -o temperature=0.2?"),
        (["--temperature=0.2"], "unknown option --temperature; did you mean -o temperature=0.2?"),
        (["hello", "--max_tokens", "how long"], "did you mean -o max_completion_tokens=VALUE?"),
        (["--stream"], "unknown option --stream. Replies are streamed unless --no-stream is given."),
        (["--chat"], "unknown option --chat. Without -p and on a terminal, grokchat is a chat."),
        (["--prompt", "x"], "The prompt needs no option: grokchat 'your question'."),
        (["--attachment", "x.png"], "did you mean -f PATH?"),
        (["-a", "x.png"], "did you mean -f PATH?"),
        (["--conversation", "x"], "did you mean -r SESSION or -c?"),
        (["--cid", "x"], "did you mean -r SESSION?"),
        (["--session", "x"], "did you mean -r SESSION or -c?"),
        (["--role", "x"], "did you mean -s @NAME or -s TEXT?"),
        (["--template", "x"], "did you mean -s @NAME?"),
        (["--list-roles"], "In the chat, /use lists the saved prompts."),
        (["--list"], "did you mean --list-sessions or --list-models?"),
        (["--mod", "x"], "did you mean --model ID?"),
        (["--ressume"], "did you mean --resume [SESSION]?"),
        (["--temprature", "1"], "did you mean -o temperature=VALUE?"),
        (["--Attachment"], "did you mean -f PATH?"),
        (["-m"], "--model needs a value: -m, --model ID."),
        (["--demo=1"], "--demo takes no value."),
    ],
)
def test_an_option_of_another_program_is_answered_by_meaning(words, text):
    with pytest.raises(UsageError) as caught:
        parse_arguments(words)
    assert text in str(caught.value)


def test_a_key_on_the_command_line_is_not_quoted():
    for words in (["--key", "xai-secret"], ["--api-key=xai-secret"], ["--temperature=xai-secret"]):
        with pytest.raises(UsageError) as caught:
            parse_arguments(words)
        assert "secret" not in str(caught.value)
