"""The drivers: a name, and the class that starts this terminal."""

from __future__ import annotations

import importlib

from terminals.terminal import RealTerminal

MODULES = ("vte", "xterm", "kitty", "alacritty", "urxvt", "tmux_in_xterm", "screen_in_xterm", "konsole", "qterminal")
"""Each has one class of its own that is a RealTerminal (or several: versions that are installed side by side)."""


def drivers() -> list[type[RealTerminal]]:
    """Return all drivers, in the order of the table."""
    found = []
    for name in MODULES:
        module = importlib.import_module(f"terminals.{name}")
        classes = (value for value in vars(module).values() if isinstance(value, type))
        found += [
            value
            for value in classes
            if issubclass(value, RealTerminal) and value.__module__ == module.__name__ and hasattr(value, "name")
        ]
    return found


def available() -> list[type[RealTerminal]]:
    """Return the drivers of the terminals that are installed."""
    return [driver for driver in drivers() if driver.is_installed()]
