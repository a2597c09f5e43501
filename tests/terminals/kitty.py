"""kitty, which also answers a socket of its own: get-text and set-font-size are its remote control.

https://sw.kovidgoyal.net/kitty/rc_protocol/
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from terminals.display import wait_for
from terminals.terminal import SCROLLBACK, THEMES, RealTerminal

PROTOCOL_VERSION = (0, 26, 0)
"""Of the kitty whose commands are used; a newer kitty accepts them, an older one refuses."""
COMMAND, END = b"\x1bP@kitty-cmd", b"\x1b\\"


class Kitty(RealTerminal):
    name = "kitty"
    program = "kitty"

    def version(self) -> str:
        found = re.search(r"kitty (\S+)", self.display.run(self.program, "--version"))
        assert found is not None
        return found[1]

    def start(
        self, argv: Sequence[str], env: Mapping[str, str], *, columns: int, rows: int, theme: str = "default"
    ) -> None:
        configuration = self.directory / "kitty.conf"
        configuration.write_text("".join(f"{name} {value}\n" for name, value in settings(columns, rows, theme).items()))
        self.launch(
            [self.program, "--config", configuration.name, "--listen-on", f"unix:{self._socket}", *self.recorded(argv)],
            env,
        )
        self.wait_for_window()
        wait_for(self._socket.exists, "kitty has no socket")

    def zoom(self, step: int) -> None:
        self._ask("set-font-size", size=1, increment_op="+" if step > 0 else "-", all=True)

    def paste(self, text: str) -> None:
        self.display.set_clipboard(text)
        self.key("ctrl+shift+v")

    def dump(self) -> list[str]:
        return str(self._ask("get-text", extent="all")).removesuffix("\n").split("\n")

    @property
    def _socket(self) -> Path:
        return self.directory / "socket"

    def _ask(self, command: str, **payload: Any) -> Any:
        request = {"cmd": command, "version": PROTOCOL_VERSION, "payload": payload}
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(30)
            connection.connect(str(self._socket))
            connection.sendall(COMMAND + json.dumps(request).encode() + END)
            answer = b""
            while not answer.endswith(END):
                answer += connection.recv(1 << 16)
        values = json.loads(answer[len(COMMAND) : -len(END)])
        if not values["ok"]:
            raise RuntimeError(values["error"])
        return values.get("data")


def settings(columns: int, rows: int, theme: str) -> dict[str, object]:
    """Return the options of kitty.conf, by the names of https://sw.kovidgoyal.net/kitty/conf/ ."""
    values: dict[str, object] = {
        "allow_remote_control": "socket-only",
        "confirm_os_window_close": 0,
        "enable_audio_bell": "no",
        "font_family": "DejaVu Sans Mono",
        "initial_window_height": f"{rows}c",
        "initial_window_width": f"{columns}c",
        "paste_actions": "quote-urls-at-prompt",  # without the question whether a pasted control code is meant
        "remember_window_size": "no",
        "scrollback_lines": SCROLLBACK,
        "update_check_interval": 0,
    }
    if (colors := THEMES.get(theme)) is not None:
        values |= {"foreground": colors.foreground, "background": colors.background}
        values |= {f"color{number}": color for number, color in enumerate(colors.palette)}
    return values
