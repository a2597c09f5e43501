"""The first keys: read in a thread, and shown at once, while the main thread imports the real prompt.

Only text that looks the same whatever the terminal makes of it is shown. At the first key that is anything else, the
echo ends, and that key and all later ones wait for the real prompt, which gets every byte, in order, shown or not.
"""

from __future__ import annotations

import _thread
import contextlib
import io
import os
import select
from codecs import getincrementaldecoder
from collections.abc import Callable

_END_OF_PLAIN_LETTERS = "\u0530"
"""Below it, letters (Latin, Greek, Cyrillic) have one cell each, except where a terminal gives some of them two."""
_BACKSPACES = ("\x7f", "\b")


class PlainEcho:
    """The line that is shown: printable ASCII, and letters of a single code point that take one cell, or at most two.

    It ends well before the right edge: the row must not wrap, even if the window becomes narrower meanwhile.
    """

    def __init__(self, columns: int, *, is_utf8: bool) -> None:
        self._cells_left = columns // 2
        self._is_utf8 = is_utf8
        self._decoder = getincrementaldecoder("utf-8")("surrogateescape")
        self._has_ended = False
        self.text = ""
        """The line in its displayed form."""

    def feed(self, data: bytes) -> str:
        """Add typed bytes, cut anywhere, and return what to print for them."""
        printed = []
        for key in self._decoder.decode(data):
            if self._has_ended:
                break
            printed.append(self._echo(key))
        return "".join(printed)

    def _echo(self, key: str) -> str:
        if key in _BACKSPACES and not self.text:
            return ""
        if key in _BACKSPACES and self.text.isascii():
            self.text = self.text[:-1]
            self._cells_left += 1
            return "\b \b"
        is_letter = self._is_utf8 and key.isalpha() and key < _END_OF_PLAIN_LETTERS
        cells = 1 if key.isascii() else 2
        if not (" " <= key <= "~" or is_letter) or cells > self._cells_left:
            self._has_ended = True
            return ""
        self.text += key
        self._cells_left -= cells
        return key


class KeyReader:
    """A thread that reads the keyboard until `stop`, and passes each piece to `on_read`.

    Raises RuntimeError if there can be no thread. Not `threading.Thread`: that module is not needed before the first
    paint, and costs a millisecond.
    """

    def __init__(self, keyboard: int, on_read: Callable[[bytes], object]) -> None:
        self._keyboard = keyboard
        self._on_read = on_read
        self._data = bytearray()
        self._has_ended = False
        self._running = _thread.allocate_lock()
        self._running.acquire()
        stop_reader, stop_writer = os.pipe()
        self._stop_writer = io.FileIO(stop_writer, "w")  # closing one twice is harmless, also for a signal handler
        try:
            _thread.start_new_thread(self._read, (stop_reader,))
        except RuntimeError:
            os.close(stop_reader)
            self._stop_writer.close()
            raise

    def stop(self) -> bytes:
        """End the thread, and return all that it has read. Also for a signal handler, even while it is being ended."""
        self._stop_writer.close()
        if not self._has_ended:  # the lock may be held by the code that a signal handler has interrupted
            with self._running:
                pass
        return bytes(self._data)

    def _read(self, stop_reader: int) -> None:
        """Read until the pipe's other end is closed. This end belongs to the thread."""
        try:
            while True:
                ready, _, _ = select.select([self._keyboard, stop_reader], [], [])
                if stop_reader in ready:
                    return
                with contextlib.suppress(BlockingIOError):
                    data = os.read(self._keyboard, 4096)
                    if not data:
                        return  # the real prompt finds that out for itself
                    self._data += data
                    self._on_read(data)
        except (OSError, ValueError):
            pass  # the terminal is gone
        finally:
            os.close(stop_reader)
            self._has_ended = True
            self._running.release()
