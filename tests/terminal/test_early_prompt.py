"""The early prompt gives the terminal back, at whatever moment a signal ends the program."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from grokchat.environment import Environment
from grokchat.terminal.early_prompt import EarlyPrompt

if sys.platform == "win32":
    pytest.skip("a console has no modes", allow_module_level=True)

import termios


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    master, slave = os.openpty()
    yield master, slave
    os.close(slave)
    os.close(master)


def shown(slave: int) -> EarlyPrompt:
    """Return an early prompt on a terminal."""
    stdin, stdout = open(slave, "rb", closefd=False), open(slave, "wb", closefd=False)  # noqa: SIM115
    tty = {"stdin_is_tty": True, "stdout_is_tty": True}
    prompt = EarlyPrompt(Environment([], {}, stdin, stdout, stdout, **tty))
    prompt.show(["hello"])
    return prompt


@pytest.mark.parametrize("is_erased", [False, True])
def test_until_the_real_prompt_has_the_modes_ending_restores_them(terminal, is_erased):
    """Also between the first bytes of the real prompt, which erase the early one, and its taking over of the modes."""
    master, slave = terminal
    original = termios.tcgetattr(slave)
    prompt = shown(slave)
    assert termios.tcgetattr(slave) != original
    os.read(master, 1000)
    if is_erased:
        prompt.erase_once()
    prompt.end()
    assert termios.tcgetattr(slave) == original
    assert os.read(master, 1000).endswith(b"\x1b[?2004l")


def test_once_the_real_prompt_has_the_modes_ending_leaves_them_alone(terminal):
    """The real prompt restores them itself, and is on the screen by then."""
    master, slave = terminal
    original = termios.tcgetattr(slave)
    prompt = shown(slave)
    os.read(master, 1000)
    prompt.erase_once()
    assert prompt.modes is not None
    assert prompt.modes.hand_over() == original
    prompt.end()
    assert termios.tcgetattr(slave) != original
    os.write(slave, b"nothing before this")
    assert os.read(master, 1000) == b"nothing before this"
