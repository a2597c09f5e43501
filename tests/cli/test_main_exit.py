"""How the process ends: at once, unless threads have to be waited for; and that Ctrl-C ends it at any moment."""

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


INTERRUPTED = """\
import asyncio, signal, threading, time
from grokchat.invocation import run_loop

def interrupt():
    time.sleep(0.2)  # the loop waits by then; if not, the signal is noticed anyhow
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)

async def wait():
    threading.Thread(target=interrupt).start()
    await asyncio.sleep(50)

signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    run_loop(wait())
except KeyboardInterrupt:
    print("interrupted")
"""
"""A signal that another thread gets does not end the wait of the event loop, as one that arrives just before it."""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals for threads")
def test_ctrl_c_that_does_not_interrupt_the_wait_wakes_the_event_loop():
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
    )
    assert (ended.stdout, ended.stderr) == ("interrupted\n", "")
