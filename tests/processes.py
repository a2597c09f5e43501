"""Processes that a program has started: that they have ended."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from fake_api import PATIENCE_S


def is_alive(number: int) -> bool:
    """Return whether a process runs; a zombie does not."""
    if sys.platform == "linux":
        try:
            status = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return False
        return not status.rpartition(") ")[2].startswith("Z")
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(number)], capture_output=True, text=True, check=False)
    return listed.returncode == 0 and not listed.stdout.strip().startswith("Z")


def assert_gone(numbers: Iterable[int]) -> None:
    """Wait until these processes have ended."""
    deadline = time.monotonic() + PATIENCE_S
    for number in numbers:
        while is_alive(number):
            assert time.monotonic() < deadline, f"process {number} lives on"
            time.sleep(0.01)
