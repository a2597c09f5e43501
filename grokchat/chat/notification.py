"""Notifications of a finished reply, for a user who looks at another window: the terminal's own, or its bell.

The text is fixed: no part of a reply leaves the window.
"""

from __future__ import annotations

from collections.abc import Mapping

_BELL = "\x07"
_OSC_9_PROGRAMS = frozenset({"iTerm.app", "WezTerm", "ghostty"})
_OSC_9_TERMS = frozenset({"xterm-kitty", "xterm-ghostty"})
_OSC_777_TERMS = frozenset({"foot", "rxvt"})


def notification_codes(
    env: Mapping[str, str], notify: str, *, is_unfocused: bool | None, has_failed: bool = False
) -> str:
    """Return the codes to send, or "" for no notification.

    `notify` is the setting: `auto` needs a terminal that reports the window as not focused, `bell` only one that does
    not report it as focused. `is_unfocused` is what the terminal reports, None if it reports nothing.
    """
    if notify == "off" or is_unfocused is False or (is_unfocused is None and notify == "auto"):
        return ""
    term = env.get("TERM", "")
    # tmux and GNU Screen pass a bell on, and mark the window that rang it.
    if notify == "bell" or env.get("TMUX") or env.get("STY"):
        return _BELL
    text = "The reply broke off." if has_failed else "The reply is complete."
    if term in _OSC_9_TERMS or env.get("TERM_PROGRAM") in _OSC_9_PROGRAMS:
        return f"\x1b]9;grokchat: {text}\x07"
    if term.split("-")[0] in _OSC_777_TERMS:
        return f"\x1b]777;notify;grokchat;{text}\x07"
    return _BELL
