"""The names of commands: beginnings, the names from elsewhere, and suggestions for an unknown name."""

from __future__ import annotations

import pytest

from grokchat.commands.declare import Call, Text, parse_line
from grokchat.commands.names import _ANSWERS, _RELATED, find_command, matching_commands, related_commands
from grokchat.commands.registry import COMMANDS, by_name
from grokchat.errors import CommandError

NAMES = by_name()

FROM_ELSEWHERE = {
    "clear": "new",
    "cost": "usage",
    "tokens": "usage",
    "regenerate": "retry",
    "rewind": "undo",
    "list": "history",
    "find": "sessions",
    "config": "set",
    "attach": "file",
    "exit": "quit",
    "q": "quit",
}


@pytest.mark.parametrize("typed", FROM_ELSEWHERE)
def test_names_from_elsewhere_work(typed):
    call = parse_line(f"/{typed}", NAMES) if typed != "find" else parse_line("/find words", NAMES)
    assert isinstance(call, Call)
    assert call.command.name == FROM_ELSEWHERE[typed]
    assert call.line.startswith(f"/{typed}")


def test_a_unique_beginning_of_a_name_is_that_command():
    for command in COMMANDS:
        for length in range(1, len(command.name) + 1):
            beginning = command.name[:length]
            others = [other for other in COMMANDS if other.name.startswith(beginning)]
            if beginning in NAMES:
                assert find_command(beginning, NAMES) is NAMES[beginning]
            elif len(others) == 1:
                assert find_command(beginning, NAMES) is command
            else:
                with pytest.raises(CommandError) as caught:
                    find_command(beginning, NAMES)
                listed = ", ".join(f"/{other.name}" for other in others)
                assert str(caught.value) == f"/{beginning} is ambiguous: {listed}."


def test_a_name_counts_before_an_alias_and_an_alias_before_a_spelling():
    """`/ex` is `/export`, `/exi` can only be `/exit`; a whole name is no beginning of a longer one."""
    assert find_command("ex", NAMES).name == "export"
    assert find_command("exi", NAMES).name == "quit"
    assert find_command("regen", NAMES).name == "retry"
    assert find_command("model", NAMES).name == "model"
    assert [command.name for command in matching_commands("mod", NAMES)] == ["model", "models"]
    assert matching_commands("zzz", NAMES) == []


def test_a_beginning_takes_its_arguments():
    call = parse_line("/del 2..3", NAMES)
    assert isinstance(call, Call)
    assert (call.command.name, call.arguments) == ("delete", {"numbers": ((2, 3),)})
    with pytest.raises(CommandError, match="Usage: /delete RANGE"):
        parse_line("/del", NAMES)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("settings", "set"),
        ("summary", "compact"),
        ("rename", "name"),
        ("remove", "delete"),
        ("load", "resume"),
        ("upload", "file"),
        ("setings", "set"),
        ("Reset", "new"),
        ("tokns", "usage"),
        ("regenrate", "retry"),
        ("histroy", "history"),
    ],
)
def test_an_unknown_name_is_answered_by_meaning_and_by_spelling(typed, meant):
    if meant in NAMES:
        assert related_commands(typed, NAMES)[0] == meant
        with pytest.raises(CommandError, match=rf"unknown command /{typed}; did you mean /{meant}"):
            parse_line(f"/{typed} x", NAMES)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("reset", "did you mean /new or /undo?"),
        ("add", "did you mean /file or /insert?"),
        ("drop", "did you mean /delete, /mute or /file -?"),
        ("ls", "did you mean /history or /sessions?"),
        ("theme", "did you mean /set theme?"),
        ("deferred", "did you mean /set deferred or /continue?"),
        ("sources", "did you mean /show or /search?"),
        ("temperature", "did you mean /set temperature?"),
        ("think-tokens", "did you mean /set reasoning_effort?"),
        ("vim", "did you mean /set edit_mode?"),
        ("editor", "did you mean /edit?"),
        ("diff", "did you mean /request diff or /alt diff?"),
        ("keybindings", "did you mean /help keys?"),
        ("grep", "did you mean /history or /sessions?"),
        ("reply-to", "did you mean /quote?"),
        ("arena", "did you mean /retry -m A,B?"),
        ("multi", "Ctrl-J (or Alt-Enter) starts a new line"),
        ("mcp", "grokchat runs no tools; /run COMMAND attaches"),
        ("Settings", "did you mean /set?"),
        ("qwxyz", "/help lists the commands."),
    ],
)
def test_a_command_of_another_program_is_answered_with_what_to_type(typed, answer):
    with pytest.raises(CommandError) as caught:
        parse_line(f"/{typed} xai-argument", NAMES)
    assert answer in str(caught.value)
    assert str(caught.value).endswith(" // sends it as a message.")
    assert "argument" not in str(caught.value)


def test_what_is_meant_is_a_line_that_works():
    """Each answer begins with a command, maybe one of another version, and what follows it is taken by that command."""
    for lines in _RELATED.values():
        for line in lines:
            name, _, argument = line.partition(" ")
            if name in NAMES:
                assert NAMES[name].name == name
            if name in NAMES and argument:
                assert isinstance(parse_line(f"/{line} x" if name == "write" else f"/{line}", NAMES), Call)


def test_no_related_word_is_a_command():
    """The table is for words that are not commands: it is never used for the others."""
    assert {word for word in (*_RELATED, *_ANSWERS) if word in NAMES} == set()


@pytest.mark.parametrize("line", ["exit", "quit", " quit", "exit  ", "quit\n"])
def test_a_line_exit_or_quit_leaves(line):
    call = parse_line(line, NAMES)
    assert isinstance(call, Call)
    assert (call.command.name, call.arguments, call.line) == ("quit", {}, line)


@pytest.mark.parametrize("line", ["exit.", "Quit", "quit smoking", "how do I quit", "exit\nquit", "//exit"])
def test_words_beside_exit_and_quit_make_a_message(line):
    assert parse_line(line, NAMES) == Text(line.removeprefix("/"))
