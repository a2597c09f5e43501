"""Immediate commands: they change nothing, and return only what can be carried out while a reply streams."""

from __future__ import annotations

from contextlib import suppress
from itertools import product

import pytest
from command_sessions import session_of

from grokchat.commands.outcomes import ImmediateOutcome
from grokchat.commands.registry import COMMANDS
from grokchat.errors import CommandError

WORDS = ("", "1", "1..2", "code", "code 1", "--save", "-m other", "model", "stream", "model=x", "json", "words", "diff")


def values(param, folder) -> list:
    """Return the values that a parameter parses from a few words, and None if it is optional."""
    made = [] if param.required else [None]
    for word in (*WORDS, str(folder / "new")):
        with suppress(CommandError):
            made.append(param.parse(f" {word}")[0])
    return list({repr(value): value for value in made if value is not None or not param.required}.values())


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_an_immediate_call_changes_nothing_and_returns_an_immediate_outcome(command, tmp_path, monkeypatch):
    """Whatever its arguments: any other outcome would be carried out in the middle of a reply."""
    monkeypatch.chdir(tmp_path)
    outcomes = []
    choices = [values(param, tmp_path) for param in command.params]
    for number, chosen in enumerate(product(*choices)):
        arguments = dict(zip([param.name for param in command.params], chosen, strict=True))
        if not command.immediate_if(arguments):
            continue
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.chdir(folder)
        session = session_of("first", "reply\n```\ncode\n```", "second", "```\nmore\n```", prompts_folder=tmp_path)
        before = session.encode(), session.settings
        with suppress(CommandError):
            outcomes.append(command.handler(session, **arguments))
        assert (session.encode(), session.settings) == before, arguments
    assert [outcome for outcome in outcomes if not isinstance(outcome, ImmediateOutcome)] == []
    assert outcomes or not is_ever_immediate(command)


def is_ever_immediate(command) -> bool:
    return command.immediate_if(dict.fromkeys(param.name for param in command.params))
