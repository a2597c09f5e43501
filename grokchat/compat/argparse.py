"""The private names of argparse: a parser's list of options, and the action of an option that may be repeated.

argparse has no public way to read a parser's declaration, from which the completion scripts and the manual page are
made. If these names go, those two cannot be printed, and their tests fail; the rest of the program does not use them.
"""

from __future__ import annotations

from argparse import Action, ArgumentParser, _AppendAction


def options_of(parser: ArgumentParser) -> list[Action]:
    """Return the options in the order of their declaration, without positional arguments."""
    return [action for action in parser._actions if action.option_strings]  # noqa: SLF001


def is_repeatable(option: Action) -> bool:
    """Return whether an option may be repeated."""
    return isinstance(option, _AppendAction)
