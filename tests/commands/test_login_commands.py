"""/login and /logout as lines: a key never is a part of one."""

from __future__ import annotations

import pytest
from command_sessions import refusal, run_command, session_of

from grokchat.commands.outcomes import LogIn, LogOut
from grokchat.redaction import without_login_argument


def test_login_and_logout():
    assert run_command(session_of(), "/login") == run_command(session_of(), " /login \n") == LogIn()
    assert run_command(session_of(), "/logout") == LogOut()


@pytest.mark.parametrize("line", ["/login secret-1", "/login\nsecret-1", "/login  secret-1 more", "/login 'secret-1'"])
def test_login_takes_no_key_and_does_not_quote_it(line):
    error = refusal(session_of(), line)
    assert error.startswith("/login takes no argument")
    assert "secret-1" not in error


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("/login", "/login"),
        ("/login ", "/login "),
        ("/login secret", "/login …"),
        (" /LOGIN\nsecret\nmore", " /LOGIN …"),
        ("/logi secret", "/logi …"),
        ("/log secret", "/log …"),
        ("/logout secret", "/logout …"),
        ("/key secret", "/key …"),
        ("/api-key\nsecret", "/api-key …"),
        ("/set --save api_key secret", "/set --save api_key …"),
        ("/set api_key=secret", "/set api_key …"),
        ("/set api_key_command pass grok", "/set api_key_command pass grok"),
        ("/lo secret", "/lo secret"),
        ("//login secret", "//login secret"),
        ("my /login secret", "my /login secret"),
        ("/logs/today is", "/logs/today is"),
    ],
)
def test_what_stands_behind_login_is_not_shown(line, shown):
    assert without_login_argument(line) == shown
