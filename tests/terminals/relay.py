"""`relay.py MS PROGRAM [ARGUMENT...]`: run a program as ssh does, on a terminal of its own, MS milliseconds away.

What either side writes and each new size of the window arrive that much later. TERM is passed on; of the variables that
name the terminal, none is.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import sys
import termios
import time
import tty
from collections import deque
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from grokchat.terminal.terminals import TERMINALS

READ_BYTES = 65536
NAMES = {name for kind in TERMINALS for name in (*kind.variables, *kind.local_variables)} | {"COLORTERM", "COLORFGBG"}


def size_of(terminal: int) -> bytes:
    return fcntl.ioctl(terminal, termios.TIOCGWINSZ, bytes(8))


def relay(program: int, delay_s: float) -> None:
    """Pass everything on until the program has ended."""
    due: deque[tuple[float, int, bytes]] = deque()
    """When, which way, and what; a size instead of a text for the pipe of resizes."""
    resized, on_resize = os.pipe()
    os.set_blocking(on_resize, False)
    signal.set_wakeup_fd(on_resize)
    signal.signal(signal.SIGWINCH, lambda *_: None)
    while True:
        wait_s = max(0.0, due[0][0] - time.monotonic()) if due else None
        ready, _, _ = select.select([0, program, resized], [], [], wait_s)
        for source in ready:
            read = os.read(source, READ_BYTES)
            due.append((time.monotonic() + delay_s, source, size_of(0) if source == resized else read))
        while due and due[0][0] <= time.monotonic():
            _, source, data = due.popleft()
            if source == resized:
                fcntl.ioctl(program, termios.TIOCSWINSZ, data)
                continue
            while data:
                data = data[os.write(program if source == 0 else 1, data) :]


def main() -> None:
    child, program = pty.fork()
    if not child:
        env = {name: value for name, value in os.environ.items() if name not in NAMES}
        os.execvpe(sys.argv[2], sys.argv[2:], {**env, "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"})
    fcntl.ioctl(program, termios.TIOCSWINSZ, size_of(0))
    before = tty.setraw(0)
    with suppress(OSError):  # EIO: the program has closed its terminal
        relay(program, int(sys.argv[1]) / 1000)
    termios.tcsetattr(0, termios.TCSADRAIN, before)


if __name__ == "__main__":
    main()
