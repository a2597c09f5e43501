"""The entry point: `python -m grokchat` and the console script.

Nothing is imported here that Python has not loaded by now: at Ctrl-C during such an import nobody could catch the
KeyboardInterrupt, and Python would print its traceback. `from __future__` would be such an import, too.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> "NoReturn":
    """Run the program and end the process.

    By then all is written and closed. Python would take every module apart first, 5 ms of each one shot, and the
    libraries that a daemon thread may still be in: one that loads certificates while OpenSSL is cleaned up crashes. It
    may do so where threads have to be waited for, and where a profiler, a debugger or a coverage tool has something
    left to do.
    """
    code = run()
    threading = sys.modules.get("threading")
    others = (
        []
        if threading is None
        else [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    )
    if (
        all(other.daemon for other in others)
        and sys.gettrace() is None
        and sys.getprofile() is None
        and "coverage" not in sys.modules
    ):
        os._exit(code)
    sys.exit(code)


def run() -> int:
    """Run the program and return its exit code."""
    try:
        import gc
        import signal  # noqa: F401 - `_ignore_ctrl_c` must not be the first to import it

        # What start-up creates lives to the end: searching it for garbage would only delay the first prompt.
        # `invocation.enable_gc` turns the collector on again.
        gc.disable()
        try:
            from grokchat.cli.main import main
            from grokchat.environment import Environment

            return main(Environment.from_process())
        finally:
            _flush_streams()
            gc.freeze()  # if `main` leaves the end to Python, which searches all objects for garbage once more
            _ignore_ctrl_c()
    except KeyboardInterrupt:
        _ignore_ctrl_c()
        return 130
    except RuntimeError as error:
        if not isinstance(error.__cause__, KeyboardInterrupt):
            raise
        # Python 3.11 wraps what is raised in a `__set_name__`, as while a module is imported.
        _ignore_ctrl_c()
        return 130


def _ignore_ctrl_c() -> None:
    """Ignore Ctrl-C from here on: while Python exits it would print a traceback or change the exit code."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _flush_streams() -> None:
    """Leave nothing for Python to flush: its complaint about a stream that is gone changes the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            try:
                stream.flush()
            except OSError:
                from contextlib import suppress

                with suppress(OSError):
                    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            except ValueError:
                pass  # closed


if __name__ == "__main__":
    main()
