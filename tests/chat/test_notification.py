"""Notifications of a finished reply: when, and with which codes."""

from __future__ import annotations

import pytest

from grokchat.chat.notification import notification_codes


@pytest.mark.parametrize(
    ("notify", "is_unfocused", "tells"),
    [
        ("auto", True, True), ("auto", None, False), ("auto", False, False),
        ("bell", True, True), ("bell", None, True), ("bell", False, False),
        ("off", True, False), ("off", None, False), ("off", False, False),
    ],
)  # fmt: skip
def test_when(notify, is_unfocused, tells):
    assert bool(notification_codes({"TERM": "xterm-256color"}, notify, is_unfocused=is_unfocused)) == tells


@pytest.mark.parametrize(
    ("env", "codes"),
    [
        ({"TERM": "xterm-256color"}, "\x07"),
        ({}, "\x07"),
        ({"TERM": "xterm-kitty"}, "\x1b]9;grokchat: The reply is complete.\x07"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "\x1b]9;grokchat: The reply is complete.\x07"),
        ({"TERM": "foot-extra"}, "\x1b]777;notify;grokchat;The reply is complete.\x07"),
        ({"TERM": "rxvt-unicode-256color"}, "\x1b]777;notify;grokchat;The reply is complete.\x07"),
        ({"TERM": "xterm-kitty", "TMUX": "x"}, "\x07"),
        ({"TERM": "xterm-kitty", "STY": "x"}, "\x07"),
    ],
)
def test_how(env, codes):
    assert notification_codes(env, "auto", is_unfocused=True) == codes
    assert notification_codes(env, "bell", is_unfocused=True) == "\x07"


def test_a_failure_is_notified_as_a_failure():
    assert "broke off" in notification_codes({"TERM": "foot"}, "auto", is_unfocused=True, has_failed=True)
