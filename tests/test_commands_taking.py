"""What is taken out of the chat: messages and blocks of code."""

from __future__ import annotations

import base64

import pytest
from commanding import asked, begun, refused, run

from grokchat import clipboard
from grokchat.commands.outcomes import Copy, Write
from grokchat.errors import CommandError
from grokchat.render.fences import code_blocks

REPLY = """\
Two blocks:

```python title="x"
def f():
\treturn 1

print(f())
```

1. and one in a list:
   ~~~
   plain
   ~~~

```sh
unclosed"""


def test_blocks_of_code_are_what_the_screen_shows():
    assert code_blocks(REPLY) == [
        ("python", "def f():\n\treturn 1\n\nprint(f())\n"),
        ("", "plain\n"),
        ("sh", "unclosed\n"),
    ]
    assert code_blocks("no code `here`") == []


@pytest.mark.parametrize(
    ("line", "text", "what"),
    [
        ("/copy", REPLY, "message 4"),
        ("/copy 1", "first", "message 1"),
        ("/copy code 1", "def f():\n\treturn 1\n\nprint(f())\n", "code 1 of message 4 (python)"),
        ("/copy code", "unclosed\n", f"code {len(code_blocks(REPLY))} of message 4 (sh)"),
    ],
)
def test_copy(line, text, what):
    assert run(asked("first", "reply", "second", REPLY), line) == Copy(text, what)


def test_write(tmp_path):
    session = asked("first", REPLY)
    path = tmp_path / "code 1.py"
    assert run(session, f"/write {path}") == Write(path, REPLY, "message 2")
    written = run(session, f"/write code 1 {path}")
    assert (written.path, written.what) == (path, "code 1 of message 2 (python)")
    # A path that begins like the word is a path.
    assert str(run(session, "/write codes.txt").path) == "codes.txt"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("/copy", "There is no reply yet."),
        ("/copy 9", "9 is not in the buffer"),
        ("/copy code", "There is no reply yet."),
        ("/write", "PATH is missing"),
    ],
)
def test_what_is_not_there_cannot_be_taken(line, why):
    assert why in refused(begun("only a question"), line)


def test_a_block_that_is_not_there_is_told():
    assert refused(asked("a", "no code"), "/copy code") == "There is no code in message 2, the last reply."
    assert "has 1 blocks of code, and no 2" in refused(asked("a", "```\nx\n```"), "/copy code 2")
    assert "Either a message or a block" in refused(asked("a", "```\nx\n```"), "/copy code 1 2")


# -- the clipboard -----------------------------------------------------------------------------------------------------


def tools(tmp_path, *names):
    for name in names:
        path = tmp_path / name
        path.write_text(f'#!/bin/sh\ncat > "{tmp_path}/taken"; env > "{tmp_path}/env"\n', encoding="utf-8")
        path.chmod(0o755)
    return {"PATH": f"{tmp_path}:/usr/bin:/bin"}


def test_the_tool_of_the_machine_takes_the_text_and_not_the_key(tmp_path):
    env = {**tools(tmp_path, "wl-copy"), "WAYLAND_DISPLAY": "w", "XAI_API_KEY": "xai-key"}
    command = clipboard.tool(env)
    assert command == ("wl-copy",)
    clipboard.run(command, "text é\n", env)
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "text é\n"
    assert "xai-key" not in (tmp_path / "env").read_text(encoding="utf-8")


def test_over_ssh_the_terminal_is_asked_and_in_tmux_tmux(tmp_path):
    env = {
        **tools(tmp_path, "wl-copy", "xclip", "tmux"),
        "WAYLAND_DISPLAY": "w",
        "DISPLAY": ":0",
        "SSH_TTY": "/dev/pts/1",
    }
    assert clipboard.tool(env) == ()
    assert clipboard.tool({**env, "TMUX": "x"}) == ("tmux", "load-buffer", "-w", "-")
    assert clipboard.tool({"PATH": env["PATH"], "DISPLAY": ":0"}) == ("xclip", "-selection", "clipboard")


def test_osc_52_carries_the_text_and_has_a_limit():
    assert clipboard.osc_52("é\x1b") == f"\x1b]52;c;{base64.b64encode('é'.encode() + bytes([27])).decode()}\x07"
    with pytest.raises(CommandError, match="at most 74,994"):
        clipboard.osc_52("x" * 75_000)


def test_a_tool_that_fails_is_told(tmp_path):
    (tmp_path / "xsel").write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    (tmp_path / "xsel").chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    with pytest.raises(CommandError, match="xsel ended with 3"):
        clipboard.run(("xsel",), "x", env)
