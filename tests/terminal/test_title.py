"""The title is set while the prompt has the screen, and what it was comes back."""

from __future__ import annotations

from grokchat.terminal.title import TerminalTitle


def test_the_title_is_pushed_set_and_popped():
    names = ["", "one", "one", "two"]
    title = TerminalTitle(lambda: names[0])
    codes = []
    for _ in range(4):
        codes.append(title.codes(is_enabled=True))
        names.append(names.pop(0))
    assert codes == ["", "\x1b[22;2t\x1b]2;one\x1b\\", "", "\x1b]2;two\x1b\\"]
    names[0] = "two"
    assert [title.codes(is_enabled=False) for _ in range(2)] == ["\x1b]2;\x1b\\\x1b[23;2t", ""]
    assert title.codes(is_enabled=True) == "\x1b[22;2t\x1b]2;two\x1b\\"
    names[0] = ""
    assert title.codes(is_enabled=True) == "\x1b]2;\x1b\\\x1b[23;2t"
