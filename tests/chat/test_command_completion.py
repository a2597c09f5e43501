"""The order of the commands in the menu, and which it finds."""

from __future__ import annotations

import pytest

from grokchat.chat.command_completion import FREQUENT, complete_command
from grokchat.commands.registry import COMMANDS, by_name

NAMES = by_name()


def names(typed: str) -> list[str]:
    return [candidate.text for candidate in complete_command(typed, NAMES)]


def test_without_a_letter_every_command_is_offered_the_frequent_ones_first():
    known = [f"/{name}" for name in FREQUENT if name in NAMES]
    assert names("/")[: len(known)] == known
    assert sorted(names("/")) == sorted(f"/{command.name}" for command in COMMANDS)


@pytest.mark.parametrize("typed", ["/s", "/re", "/m", "/us", "/model"])
def test_those_that_begin_with_what_is_typed_come_first(typed):
    found = names(typed)
    beginning = [name for name in found if name.startswith(typed)]
    assert found[: len(beginning)] == beginning
    assert sorted(beginning) == sorted(
        f"/{command.name}" for command in COMMANDS if f"/{command.name}".startswith(typed)
    )


def test_a_whole_name_is_the_first():
    for command in COMMANDS:
        assert names(f"/{command.name}")[0] == f"/{command.name}"


@pytest.mark.parametrize(
    ("typed", "found"), [("/hst", "/history"), ("/cntn", "/continue"), ("/HIST", "/history"), ("/sns", "/sessions")]
)
def test_letters_in_order_are_enough(typed, found):
    assert found in names(typed)


def test_one_letter_finds_only_what_begins_with_it():
    assert all(name.startswith("/h") or "/h" in describe(name, "/h") for name in names("/h"))


def describe(name: str, typed: str) -> str:
    return next(candidate.description for candidate in complete_command(typed, NAMES) if candidate.text == name)


@pytest.mark.parametrize(
    ("typed", "found", "alias"),
    [("/cost", "/usage", "cost"), ("/rew", "/undo", "rewind"), ("/cle", "/new", "clear"), ("/?", "/help", "?")],
)
def test_a_name_from_elsewhere_finds_its_command_and_is_shown_with_it(typed, found, alias):
    assert names(typed)[0] == found
    assert describe(found, typed).startswith(f"/{alias}: ")
    assert not describe(found, "/").startswith("/")


def test_nothing_is_found_for_what_no_name_has():
    assert names("/zzz") == []


def test_a_command_is_run_by_enter_if_it_needs_no_argument_and_gets_a_blank_from_tab_if_it_takes_one():
    found = {candidate.text: candidate for candidate in complete_command("/", NAMES)}
    assert (found["/quit"].runs, found["/quit"].suffix) == (True, "")
    assert (found["/history"].runs, found["/history"].suffix) == (True, " ")
    assert (found["/delete"].runs, found["/delete"].suffix) == (False, " ")
