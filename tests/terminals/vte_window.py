"""A window with a VTE terminal, which obeys JSON lines on stdin and answers each with one on stdout.

It runs with the system's Python, since PyGObject is not among the packages of this project. `--version` prints VTE's.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("Vte", "2.91")
from gi.repository import Gdk, Gio, GLib, Gtk, Vte  # noqa: E402 - versions are chosen before the import

FONT_STEP = 1.1


class Window:
    def __init__(self) -> None:
        self.window = Gtk.Window()
        self.terminal = Vte.Terminal()

    # -- commands: each takes the values of its line, and returns what is answered ----------------------------------

    def start(
        self,
        argv: list[str],
        env: dict[str, str],
        columns: int,
        rows: int,
        scrollback: int,
        colors: list[str] | None,
    ) -> int:
        """Show the window, start the program, and return the window's X id."""
        terminal = self.terminal
        terminal.set_scrollback_lines(scrollback)
        terminal.set_size(columns, rows)
        terminal.set_audible_bell(False)
        if colors:
            parsed = [Gdk.RGBA() for _ in colors]
            for color, text in zip(parsed, colors, strict=True):
                color.parse(text)
            terminal.set_colors(parsed[0], parsed[1], parsed[2:])
        # In a box without a scroll bar, the terminal takes all of the window.
        self.window.add(terminal)
        self.window.connect("destroy", Gtk.main_quit)
        self.window.show_all()
        terminal.spawn_async(
            Vte.PtyFlags.DEFAULT,
            None,
            argv,
            [f"{name}={value}" for name, value in env.items()],
            GLib.SpawnFlags.DEFAULT,
            None,
            None,
            -1,
            None,
            None,
        )
        return self.window.get_window().get_xid()

    def resize(self, columns: int, rows: int) -> None:
        """Set the grid's size and the window's, as a terminal does for CSI 8 t."""
        width, height = self._overhead()
        self.terminal.set_size(columns, rows)
        self.window.resize(
            columns * self.terminal.get_char_width() + width, rows * self.terminal.get_char_height() + height
        )

    def resize_pixels(self, width: int, height: int) -> None:
        """Set the window's size; the grid follows, as when a mouse drags its border."""
        self.window.resize(width, height)

    def window_size(self) -> tuple[int, int]:
        size = self.window.get_size()
        return size.width, size.height

    def _overhead(self) -> tuple[int, int]:
        """Return what the widget has around its grid, in pixels."""
        border = Gtk.Border()
        context = self.terminal.get_style_context()
        border = context.get_padding(context.get_state())
        return border.left + border.right, border.top + border.bottom

    def zoom(self, step: int) -> None:
        self.terminal.set_font_scale(self.terminal.get_font_scale() * FONT_STEP**step)

    def type(self, text: str) -> None:
        self.terminal.feed_child(text.encode())

    def paste(self, text: str) -> None:
        self.terminal.paste_text(text)

    def dump(self) -> str:
        """Return scrollback and screen; VTE joins the rows that it has wrapped."""
        stream = Gio.MemoryOutputStream.new_resizable()
        self.terminal.write_contents_sync(stream, Vte.WriteFlags.DEFAULT, None)
        stream.close()
        return bytes(stream.steal_as_bytes().get_data()).decode("utf-8", "replace")

    # ---------------------------------------------------------------------------------------------------------------

    def obey(self, channel: Any, condition: Any) -> bool:
        line = sys.stdin.readline()
        if not line:
            Gtk.main_quit()
            return False
        values = json.loads(line)
        answer = getattr(self, values.pop("command"))(**values)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
        return True


if __name__ == "__main__":
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"{Vte.get_major_version()}.{Vte.get_minor_version()}.{Vte.get_micro_version()}\n")
    else:
        window = Window()
        GLib.io_add_watch(sys.stdin.fileno(), GLib.IO_IN | GLib.IO_HUP, window.obey)
        Gtk.main()
