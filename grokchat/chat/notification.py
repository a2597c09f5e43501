"""Tells a user who looks elsewhere that a long reply has ended: by the terminal's own notification, or by its bell.

The words are the program's own: nothing of a reply leaves the window.
"""

from __future__ import annotations

from collections.abc import Mapping

_BELL = "\x07"
_OSC_9_PROGRAMS = frozenset({"iTerm.app", "WezTerm", "ghostty"})
_OSC_9_TERMS = frozenset({"xterm-kitty", "xterm-ghostty"})
_OSC_777_TERMS = frozenset({"foot", "rxvt"})


def notification_codes(env: Mapping[str, str], notify: str, *, away: bool | None, failed: bool = False) -> str:
    """Return the codes to write, or nothing: `notify` is the setting, `away` what the terminal says (None: nothing).

    `auto` wants to be sure that the window is not in front, `bell` only that it is not known to be.
    """
    if notify == "off" or away is False or (away is None and notify == "auto"):
        return ""
    term = env.get("TERM", "")
    # tmux and GNU Screen pass on a bell, and mark the window that it came from.
    if notify == "bell" or env.get("TMUX") or env.get("STY"):
        return _BELL
    said = "The reply broke off." if failed else "The reply is there."
    if term in _OSC_9_TERMS or env.get("TERM_PROGRAM") in _OSC_9_PROGRAMS:
        return f"\x1b]9;grokchat: {said}\x07"
    if term.split("-")[0] in _OSC_777_TERMS:
        return f"\x1b]777;notify;grokchat;{said}\x07"
    return _BELL
