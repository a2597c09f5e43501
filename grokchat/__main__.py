"""`python -m grokchat`, and the console script."""

from __future__ import annotations

import gc
import os
import signal
import sys
from contextlib import suppress


def run() -> int:
    """Run the program and return its exit code."""
    # What start-up makes stays to the end: looking through it for garbage is time lost before the first prompt.
    # `invocation.enable_gc` turns the collector on again.
    gc.disable()
    try:
        try:
            from grokchat.cli.main import main
            from grokchat.environment import Environment

            return main(Environment.of_process())
        finally:
            _let_go()
            # Python looks through all that is left once more before it ends, which takes it longer than it took the
            # program to end. What has to be written or closed is by now.
            gc.freeze()
            _is_done()
    except KeyboardInterrupt:
        _is_done()
        return 130
    except RuntimeError as error:
        if not isinstance(error.__cause__, KeyboardInterrupt):
            raise
        # Python 3.11 wraps what is raised in a `__set_name__`, as while a module is imported.
        _is_done()
        return 130


def _is_done() -> None:
    """Hear no Ctrl-C any more: while Python clears up it would bring a traceback, or another exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _let_go() -> None:
    """Leave nothing for Python to write: its complaint about a stream that is gone has an exit code of its own."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            try:
                stream.flush()
            except OSError:
                with suppress(OSError):
                    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            except ValueError:
                pass  # closed


if __name__ == "__main__":
    sys.exit(run())
