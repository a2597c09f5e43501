"""How the process ends: at once, unless threads have to be waited for."""

from __future__ import annotations

import subprocess
import sys

import pytest
from support import ROOT

PROGRAM = """\
import atexit, sys, threading
from grokchat import __main__

threading.Thread(target=threading.Event().wait, args=({seconds},), daemon={daemon}).start()
atexit.register(print, "taken apart", flush=True)
sys.argv = ["grokchat", "--version"]
__main__.main()
"""


@pytest.mark.parametrize(("daemon", "seconds", "is_waited_for"), [(True, 60, False), (False, 0.2, True)])
def test_only_a_thread_that_must_end_is_waited_for(daemon, seconds, is_waited_for):
    """A daemon thread may be in a library that Python's end, or its exit handlers, would take away."""
    program = PROGRAM.format(daemon=daemon, seconds=seconds)
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert ("taken apart" in ended.stdout) is is_waited_for
    assert ended.stdout.startswith("grokchat ")
