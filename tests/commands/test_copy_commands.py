"""Messages and code blocks, copied and written."""

from __future__ import annotations

import base64

import pytest
from command_sessions import answered_session, refusal, run_command, session_of

from grokchat.commands.outcomes import CopyText, FillLine, WriteFile
from grokchat.errors import CommandError
from grokchat.markdown.code_blocks import code_blocks
from grokchat.system import clipboard

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


def test_the_code_blocks_of_a_reply():
    assert code_blocks(REPLY) == [
        ("python", "def f():\n\treturn 1\n\nprint(f())\n"),
        ("", "plain\n"),
        ("sh", "unclosed\n"),
    ]
    assert code_blocks("no code `here`") == []
    # On the screen, which numbers the blocks, the form feed is a visible character.
    assert code_blocks("```\n```\f\n```\n") == [("", "```\f\n")]
    inner = "# T\n```sh\nls\n```\nend\n"
    assert code_blocks(f"```md\n{inner}```\n\n```js\nf()\n```") == [("md", inner), ("js", "f()\n")]


@pytest.mark.parametrize(
    ("line", "text", "what"),
    [
        ("/copy", REPLY, "#4"),
        ("/copy 1", "first", "#1"),
        ("/copy code 1", "def f():\n\treturn 1\n\nprint(f())\n", "code block 1 of #4 (python)"),
        ("/copy code", "unclosed\n", f"code block {len(code_blocks(REPLY))} of #4 (sh)"),
    ],
)
def test_copy(line, text, what):
    assert run_command(answered_session("first", "reply", "second", REPLY), line) == CopyText(text, what)


def test_a_reply_with_search_is_copied_written_and_quoted_as_the_api_sent_it(tmp_path):
    """Its markers have their addresses, which the screen shows in the list below it."""
    text = "It is so.[[1]](https://a.example/A_(b)_c)"
    session = answered_session("is it so?", "It is so.")
    sources = [{"url": "https://a.example/A_(b)_c", "title": "", "number": 1}]
    session.add_message({"role": "assistant", "content": text}, reply_fields={"response_id": "r", "sources": sources})
    assert run_command(session, "/copy") == CopyText(text, "#3")
    assert run_command(session, f"/write {tmp_path / 'reply.md'}").text == text
    assert text in run_command(session, "/quote 3").text


def test_a_partial_reply_is_marked():
    """Also of a reply that streams: the block that is open may be cut anywhere."""
    session = session_of("first")
    session.add_partial("r", text="```py\na\n```\n```sh\nb", reasoning="")
    assert run_command(session, "/copy code 1").what == "code block 1 of #2 (py)"
    assert run_command(session, "/copy code 2").what == "code block 2 of #2 (sh) (partial)"
    assert run_command(session, "/copy code").what == "code block 2 of #2 (sh) (partial)"
    assert run_command(session, "/copy").what == "#2 (partial)"


def test_write(tmp_path):
    session = answered_session("first", REPLY)
    path = tmp_path / "code 1.py"
    assert run_command(session, f"/write {path}") == WriteFile(path, REPLY, "#2")
    written = run_command(session, f"/write code 1 {path}")
    assert (written.path, written.what) == (path, "code block 1 of #2 (python)")
    # A path that begins like the word is a path.
    assert str(run_command(session, "/write codes.txt").path) == "codes.txt"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("/copy", "There is no reply yet."),
        ("/copy 9", "#9 is out of range; the list is #1."),
        ("/copy code", "There is no reply yet."),
        ("/write", "Usage: /write [code [K]] PATH"),
    ],
)
def test_missing_messages_and_blocks_are_refused(line, why):
    assert why in refusal(session_of("only a question"), line)


def test_a_missing_block_is_reported_with_the_number_of_blocks():
    assert refusal(answered_session("a", "no code"), "/copy code") == "#2 has no code block."
    assert "#2 has only 1 code block." in refusal(answered_session("a", "```\nx\n```"), "/copy code 2")
    assert "Usage: /copy [N] or /copy code [K]" in refusal(answered_session("a", "```\nx\n```"), "/copy code 1 2")


# -- the clipboard -----------------------------------------------------------------------------------------------------


def tools(tmp_path, *names, ends=0):
    for name in names:
        path = tmp_path / name
        path.write_text(
            f'#!/bin/sh\necho {name} "$@" > "{tmp_path}/ran"\ncat > "{tmp_path}/taken"; env > "{tmp_path}/env"\n'
            f"exit {ends}\n",
            encoding="utf-8",
        )
        path.chmod(0o755)
    return {"PATH": f"{tmp_path}:/usr/bin:/bin"}


def names(env) -> list[str]:
    return [writer.command[0] for writer in clipboard.available_writers(env)]


def test_the_clipboard_tool_gets_the_text_and_not_the_key(tmp_path):
    env = {**tools(tmp_path, "wl-copy"), "WAYLAND_DISPLAY": "w", "XAI_API_KEY": "xai-key"}
    assert clipboard.copy_text("text é\n", env) == "wl-copy"
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "text é\n"
    assert "xai-key" not in (tmp_path / "env").read_text(encoding="utf-8")


def test_over_ssh_the_terminal_is_used_and_in_tmux_tmux(tmp_path):
    here = tools(tmp_path, "wl-copy", "xclip", "xsel", "tmux", "powershell.exe")
    env = {**here, "WAYLAND_DISPLAY": "w", "DISPLAY": ":0", "SSH_TTY": "/dev/pts/1"}
    assert names(env) == []
    assert names({**env, "TMUX": "x"}) == ["tmux"]
    assert names({**here, "DISPLAY": ":0", "TMUX": "x"}) == ["xclip", "xsel", "tmux"]
    assert names({**here, "WAYLAND_DISPLAY": "w", "WSL_DISTRO_NAME": "u"}) == ["wl-copy", "powershell.exe"]
    assert names({"PATH": str(tmp_path / "nowhere"), "DISPLAY": ":0"}) == []


def test_the_tool_of_macos_reads_utf_8(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    assert clipboard.copy_text("é", {**tools(tmp_path, "pbcopy"), "LC_ALL": "C"}) == "pbcopy"
    assert "LC_CTYPE=UTF-8" in (tmp_path / "env").read_text(encoding="utf-8")


def test_windows_gets_base64_which_no_code_page_changes(tmp_path):
    env = {**tools(tmp_path, "powershell.exe"), "WSL_DISTRO_NAME": "u"}
    assert clipboard.copy_text("漢字 é\r\n", env) == "PowerShell"
    assert base64.b64decode((tmp_path / "taken").read_bytes()).decode() == "漢字 é\r\n"
    assert "FromBase64String" in (tmp_path / "ran").read_text(encoding="utf-8")


def test_after_a_failed_tool_the_next_is_tried(tmp_path):
    tools(tmp_path, "wl-copy", "xclip", ends=3)  # the machine may have an xclip of its own
    env = {**tools(tmp_path, "xsel"), "WAYLAND_DISPLAY": "w", "DISPLAY": ":0"}
    assert clipboard.copy_text("text", env) == "xsel"
    tools(tmp_path, "xsel", ends=1)
    assert clipboard.copy_text("text", env) == ""


def test_osc_52_contains_the_text_and_has_a_limit():
    assert clipboard.osc_52("é\x1b", {}) == f"\x1b]52;c;{base64.b64encode('é'.encode() + bytes([27])).decode()}\x07"
    with pytest.raises(CommandError, match="at most 74,994"):
        clipboard.osc_52("x" * 75_000, {})


@pytest.mark.parametrize("env", [{"TMUX": "/tmp/tmux-1/default,1,0"}, {"TERM": "tmux-256color"}])
def test_tmux_gets_the_codes_wrapped_for_passthrough(env):
    plain = clipboard.osc_52("text", {})
    assert clipboard.osc_52("text", env) == f"{plain}\x1bPtmux;\x1b{plain}\x1b\\"


def test_gnu_screen_gets_the_codes_in_pieces():
    text = "x" * 1000
    codes = clipboard.osc_52(text, {"TERM": "screen", "STY": "1.pts"})
    pieces = codes.removeprefix("\x1bP").removesuffix("\x1b\\").split("\x1b\\\x1bP")
    assert "".join(pieces) == clipboard.osc_52(text, {})
    assert max(map(len, pieces)) <= 256


# -- quoting -----------------------------------------------------------------------------------------------------------

BLOCKS = "Look:\n\n```py\nprint(1)\n\n```\n\nor\n\n````\n```\nfence\n```\n````\n"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("/quote 1", "> a question\n\n"),
        ("/quote 2 1", "> ```py\n> print(1)\n> ```\n\n"),
        ("/quote 2 2", "> ````\n> ```\n> fence\n> ```\n> ````\n\n"),
        ("/quote 3", "> /help\n>\n> > quoted\n\n"),
        (
            "/quote 2",
            "> Look:\n>\n> ```py\n> print(1)\n>\n> ```\n>\n> or\n>\n> ````\n> ```\n> fence\n> ```\n> ````\n\n",
        ),
    ],
)
def test_a_message_or_a_block_is_quoted_to_write_below(line, text):
    assert run_command(session_of("a question", BLOCKS, "/help\n\n> quoted\n"), line) == FillLine(text)


@pytest.mark.parametrize(
    ("text", "quotation"),
    [
        ("a\r\nb\rc", "> a\n> b\n> c\n\n"),
        ("\n  \n  indented\n\n\n", ">   indented\n\n"),
        ("\x1b[31mred\x1b[m\x07, a\ttab\x00 and \x9b2J", "> red, a\ttab and 2J\n\n"),
        ("> once\n>> twice", "> > once\n> >> twice\n\n"),
        ("漢字 👩‍💻\u2028x", "> 漢字 👩‍💻\u2028x\n\n"),
    ],
)
def test_a_quotation_is_text_that_could_be_typed(text, quotation):
    assert run_command(session_of("first", text), "/quote 2") == FillLine(quotation)


def test_a_refusal_beside_the_content_is_quoted():
    session = session_of("first")
    session.add_message({"role": "assistant", "content": [], "refusal": "I must decline."})
    assert run_command(session, "/quote 2") == FillLine("> I must decline.\n\n")


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("/quote", "Usage: /quote N [K]"),
        ("/quote 0", 'N must be a message number, not "0". Usage: /quote N [K]'),
        ("/quote 3", "#3 is out of range; the list is #1-2."),
        ("/quote 1 1", "#1 has no code block."),
        ("/quote 2 3", "#2 has only 2 code blocks."),
        ("/quote 2 0", 'K must be a whole number from 1 on, not "0".'),
        ("/quote 2 code", 'K must be a whole number from 1 on, not "code".'),
        ("/quote 2 1 1", 'unexpected "1". Usage: /quote N [K]'),
        (f"/quote {'9' * 5000}", "N must be a message number"),
    ],
)
def test_what_cannot_be_quoted_is_an_error(line, error):
    assert error in refusal(session_of("a question", BLOCKS), line)


def test_an_image_cannot_be_quoted():
    session = session_of("1")
    session.add_message({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]})
    assert refusal(session, "/quote 2") == "#2 has no text to quote."
