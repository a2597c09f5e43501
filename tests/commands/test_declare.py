"""The grammar of the slash commands: commands, messages, and the parameters of each command."""

from __future__ import annotations

import pytest

from grokchat.commands.declare import Call, Command, Text, command, parse_line
from grokchat.commands.outcomes import Notice
from grokchat.commands.params import (
    insert_position_param,
    message_range_param,
    option_param,
    parse_range,
    resolve_range,
    text_param,
    word_param,
)
from grokchat.commands.registry import COMMANDS, by_name
from grokchat.errors import CommandError, UsageError


@command(
    "insert",
    word_param("role", "ROLE", required=True),
    insert_position_param(),
    text_param("content", "TEXT", required=True),
)
def insert(session, **arguments):
    return Notice("done")


@command("show", message_range_param("which", "RANGE", required=True), aliases=("look",), is_immediate=True)
def show(session, **arguments):
    return Notice("done")


@command(
    "again",
    option_param("model", "-m", "[-m ID]"),
    text_param("rest", "[TEXT]"),
    immediate_if=lambda arguments: not arguments["model"],
)
def again(session, **arguments):
    return Notice(str(arguments))


@command("leave")
def quit_(session):
    return Notice("left")


OURS: dict[str, Command] = {"insert": insert, "show": show, "look": show, "again": again, "quit": quit_}


def arguments(line: str):
    call = parse_line(line, OURS)
    assert isinstance(call, Call)
    return call.arguments


@pytest.mark.parametrize(
    "line",
    [
        "hello",
        "",
        " ",
        "/etc/hosts is a file",
        "/",
        "/ quit",
        "/5",
        "/quit5",
        "/quit!",
        "/quit,",
        "/quit/now",
        "/naïve",
        "a /quit",
        "what does /quit do?",
        "1/2",
        "\n",
    ],
)
def test_lines_that_are_messages(line):
    """A line is a command only if its first word is `/` followed by letters and dashes alone, or `/?`."""
    assert parse_line(line, OURS) == Text(line)


@pytest.mark.parametrize(
    ("line", "sent"),
    [("//text", "/text"), ("//quit", "/quit"), ("//", "/"), ("///", "//"), ("//a\n//b", "/a\n//b"), ("// x ", "/ x ")],
)
def test_two_slashes_send_one(line, sent):
    """`//text` sends `/text`."""
    assert parse_line(line, OURS) == Text(sent)


@pytest.mark.parametrize("line", ["/quit", "/quit ", "/quit\n", "/quit\t \n"])
def test_a_command_alone(line):
    call = parse_line(line, OURS)
    assert isinstance(call, Call)
    assert (call.command, call.arguments, call.line) == (quit_, {}, line)


@pytest.mark.parametrize(
    ("line", "near"), [("/qit", "/quit"), ("/Quit", "/quit"), ("/insrt x", "/insert"), ("/shoow 1", "/show")]
)
def test_an_unknown_command_is_an_error(line, near):
    """It is not sent; the error has the nearest names and how to send it."""
    with pytest.raises(CommandError) as caught:
        parse_line(line, OURS)
    assert f"did you mean {near}?" in str(caught.value)
    assert "//" in str(caught.value)
    assert isinstance(caught.value, UsageError)


@pytest.mark.parametrize("line", ["/zzzzzz", "/-", "/--help"])
def test_an_unknown_command_without_a_close_match_names_help(line):
    with pytest.raises(CommandError, match=r"/help"):
        parse_line(line, OURS)


@pytest.mark.parametrize(
    "free",
    [
        "don't",
        "\"quoted\" and 'quoted'",
        "back\\slash \\n \\",
        "two\nlines",
        "ends with a newline\n",
        "trailing space  ",
        "a  b\tc",
        "@here",
        "@5x",
        "-m flag",
        "/quit",
        "\u00a0starts with a hard space",
        "    four spaces\n    later on".strip(),
    ],
)
def test_free_text_is_literal(free):
    """Free text at a command's end is literal: quotes, backslashes and newlines are part of it."""
    assert arguments(f"/insert user {free}")["content"] == free
    assert arguments(f"/insert user @2 {free}") == {"role": "user", "at": 2, "content": free}


def test_free_text_may_begin_on_the_next_line():
    assert arguments("/insert user\n  indented\n")["content"] == "  indented\n"
    assert arguments("/insert user @1\n\nafter an empty line")["content"] == "\nafter an empty line"


@pytest.mark.parametrize(
    ("line", "at"),
    [("/insert user @3 x", 3), ("/insert user @0 x", 0), ("/insert user x @3", None), ("/insert user @-1 x", None)],
)
def test_a_position_is_at_and_a_number(line, at):
    assert arguments(line)["at"] == at


def test_a_position_with_too_many_digits_is_refused():
    with pytest.raises(CommandError):
        parse_line(f"/insert user @{'9' * 5000} x", OURS)


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("1", ((1, 1),)),
        ("2..5", ((2, 5),)),
        ("3..", ((3, None),)),
        ("1,3,5..", ((1, 1), (3, 3), (5, None))),
        (" 1 , 2 .. 4 ", ((1, 1), (2, 4))),
        ("007", ((7, 7),)),
        ("#3", ((3, 3),)),
        ("#3, #5-7", ((3, 3), (5, 7))),
        ("2-5", ((2, 5),)),
        ("#2-#5,#7..", ((2, 5), (7, None))),
        ("#2..#5", ((2, 5),)),
    ],
)
def test_a_range(text, pairs):
    """`RANGE` is `N`, `N..M`, `N..` or a comma list of these."""
    assert parse_range(text) == pairs


@pytest.mark.parametrize(
    "bad", ["x", "#", "##1", "# 1", "1--3", "..3", "1...3", "1,", ",1", "1 2", "-1", "1.5", "", "1..2..3", "9" * 10]
)
def test_invalid_ranges_are_refused(bad):
    with pytest.raises(CommandError, match=r"RANGE must be N, N\.\.M, N\.\. or a comma list"):
        parse_range(bad)


def test_the_numbers_of_a_range_are_ascending_and_unique():
    assert resolve_range(((3, None), (1, 1), (3, 4)), 5) == (1, 3, 4, 5)
    assert resolve_range(((1, None),), 1) == (1,)


@pytest.mark.parametrize(
    ("pairs", "count", "message"),
    [
        (((0, 0),), 5, "#0 is out of range; the list is #1-5."),
        (((6, 6),), 5, "#6 is out of range;"),
        (((4, 6),), 5, "4..6 is out of range;"),
        (((6, None),), 5, "6.. is out of range;"),
        (((3, 2),), 5, "3..2 is out of range;"),
        (((3, 0),), 5, "3..0 is out of range;"),
        (((1, 1),), 0, "There are no messages yet."),
    ],
)
def test_numbers_outside_the_list_are_refused(pairs, count, message):
    with pytest.raises(CommandError) as caught:
        resolve_range(pairs, count)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("/insert", "Usage: /insert ROLE [@N] TEXT"),
        ("/insert user", "Usage: /insert ROLE [@N] TEXT"),
        ("/insert user @2", "Usage: /insert"),
        ("/insert user \n", "Usage: /insert"),
        ("/show", "Usage: /show RANGE"),
        ("/look", "Usage: /show RANGE"),
        ("/quit now", 'unexpected "now". Usage: /quit'),
        ("/show all", 'not "all". Usage: /show RANGE'),
    ],
)
def test_errors_show_the_usage(line, message):
    with pytest.raises(CommandError) as caught:
        parse_line(line, OURS)
    assert message in str(caught.value)


def test_an_option_is_parsed_only_where_it_may_stand():
    assert arguments("/again -m one the rest") == {"model": "one", "rest": "the rest"}
    assert arguments("/again the -m one") == {"model": None, "rest": "the -m one"}
    assert arguments("/again -more") == {"model": None, "rest": "-more"}
    assert arguments("/again") == {"model": None, "rest": None}


def test_whether_a_call_is_immediate_may_depend_on_the_arguments():
    """While a reply streams, commands that only show run at once."""
    for line, shows in (("/show 1", True), ("/again", True), ("/again -m x", False), ("/quit", False)):
        call = parse_line(line, OURS)
        assert isinstance(call, Call)
        assert call.is_immediate is shows


def test_a_call_runs_its_handler():
    call = parse_line("/again -m one two", OURS)
    assert isinstance(call, Call)
    assert call.run(None) == Notice("{'model': 'one', 'rest': 'two'}")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_is_fully_declared(command):
    """One declaration gives parsing, completion, help and usage errors."""
    assert by_name()[command.name] is command
    assert all(by_name()[alias] is command for alias in command.aliases)
    assert command.usage.startswith(f"/{command.name}")
    assert command.help
    assert not command.help.endswith(".")
    assert parse_line(f"//{command.name}", by_name()) == Text(f"/{command.name}")


@pytest.mark.parametrize(
    ("handler_name", "name"),
    [("word_count", "word-count"), ("continue_", "continue"), ("look_at_", "look-at"), ("show", "show")],
)
def test_a_command_has_its_handlers_name(handler_name, name):
    """Underscores become dashes and a trailing one is dropped, so that a line with the name calls the command."""

    def handler(session):
        return Notice("done")

    handler.__name__ = handler_name
    declared = command("do it")(handler)
    assert declared.name == name
    call = parse_line(f"/{name}", {declared.name: declared})
    assert isinstance(call, Call)
    assert call.command is declared


@pytest.mark.parametrize(("handler_name", "aliases"), [("md5", ()), ("naïve", ()), ("_", ()), ("show", ("look at",))])
def test_a_name_that_would_be_sent_as_a_message_is_refused(handler_name, aliases):
    """A command's name or alias that the parser does not take for a command is an error where it is declared."""

    def handler(session):
        return Notice("done")

    handler.__name__ = handler_name
    with pytest.raises(ValueError, match="would be sent as a message"):
        command("do it", aliases=aliases)(handler)


def test_names_are_unique():
    names = [name for command in COMMANDS for name in (command.name, *command.aliases)]
    assert len(names) == len(set(names))


def test_blanks_before_a_command_do_not_make_it_a_message():
    assert isinstance(parse_line("  /quit", OURS), Call)


def test_a_question_mark_asks_for_help():
    for line in ("/?", " /? set"):
        call = parse_line(line, by_name())
        assert isinstance(call, Call)
        assert call.command.name == "help"
    assert parse_line("/?what", by_name()) == Text("/?what")
