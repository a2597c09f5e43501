r"""The keyboard protocol: how the terminal is made to tell Shift-Enter and Ctrl-Enter from Enter.

- kitty's protocol (kitty, foot, WezTerm, Ghostty, Alacritty, iTerm2...), if the terminal answers `CSI ? u`. Its flag 1
  gives keys a code of their own that had none; flag 4 adds a key's place in the Latin layout, without which Ctrl-C on a
  Cyrillic keyboard would be lost. The flags are pushed on a stack, and popped to restore what was there.
- xterm's modifyOtherKeys at level 1, if the terminal's name (XTVERSION) is one that has it: xterm, mintty, and tmux,
  which passes it on with `extended-keys on`. Other terminals may read `CSI > 4;1 m` as underlined text.
- Otherwise nothing tells the keys apart, and Ctrl-J is the newline.

`RegionRenderer` sends `enable` and `disable` with the other modes of the prompt: when it is first drawn, and when it
gives the screen back to an editor, the shell or the end of the program. The sequences that keys then send are read by
`key_decoder`. Without I/O.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Literal

from grokchat.terminal.input_tokens import Sequence

PROTOCOL_QUERY = "\x1b[?u\x1b[>q"
"""Asks for the flags of kitty's protocol, then for the terminal's name. Both are ignored where they are unknown."""
_KITTY_FLAGS = re.compile(r"\?[0-9]+")
_HAS_MODIFY_OTHER_KEYS = re.compile(r">\|(?:XTerm|tmux|mintty)\b", re.IGNORECASE)
_CODES = {
    "kitty": ("\x1b[>1u\x1b[=4;2u", "\x1b[<u"),
    "modifyOtherKeys": ("\x1b[>4;1m", "\x1b[>4m"),
    "none": ("", ""),
}

Protocol = Literal["kitty", "modifyOtherKeys", "none"]


class KeyboardProtocol:
    """What the terminal speaks. `on_change` is called when its answers show that it speaks more than was known."""

    def __init__(self) -> None:
        self.protocol: Protocol = "none"
        self.on_change: Callable[[], object] = lambda: None
        self._enabled: Protocol = "none"

    def handle(self, sequence: Sequence) -> bool:
        """Read an answer, also a late one; return whether the sequence is one."""
        if sequence.kind == "CSI" and sequence.final == "u" and _KITTY_FLAGS.fullmatch(sequence.parameters):
            self._set("kitty")
            return True
        if sequence.kind == "DCS" and sequence.parameters.startswith(">|"):
            if self.protocol == "none" and _HAS_MODIFY_OTHER_KEYS.match(sequence.parameters):
                self._set("modifyOtherKeys")
            return True
        return False

    def codes(self, *, is_enabled: bool) -> str:
        """Return the codes that turn the protocol on or off, if it is not; once for each change."""
        wanted = self.protocol if is_enabled else "none"
        if wanted == self._enabled:
            return ""
        codes = _CODES[self._enabled][1] + _CODES[wanted][0]
        self._enabled = wanted
        return codes

    def _set(self, protocol: Protocol) -> None:
        if protocol != self.protocol:
            self.protocol = protocol
            self.on_change()


def may_query_protocol(env: Mapping[str, str]) -> bool:
    """Return whether `CSI ? u` is harmless, where queries may be sent: st reads it as "restore the cursor"."""
    return env.get("TERM", "").lower().split("-")[0] not in {"st", "stterm"}
