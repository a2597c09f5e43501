"""Processes that a program has started: that they have ended."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterable

from fake_api import PATIENCE_S


def is_alive(number: int) -> bool:
    """Return whether a process runs; a zombie does not."""
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(number)], capture_output=True, text=True, check=False)
    return listed.returncode == 0 and not listed.stdout.strip().startswith("Z")


def assert_gone(numbers: Iterable[int]) -> None:
    """Wait until these processes have ended."""
    deadline = time.monotonic() + PATIENCE_S
    for number in numbers:
        while is_alive(number):
            assert time.monotonic() < deadline, f"process {number} lives on"
            time.sleep(0.01)
