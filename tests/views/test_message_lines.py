"""Messages as lines; text from outside is made visible."""

from __future__ import annotations

from grokchat.messages import Message, ReplyInfo, body
from grokchat.render.style import TerminalStyle
from grokchat.views.messages import message_lines, sent_lines

PLAIN = TerminalStyle("none")
HOSTILE = "a\x1b[2Jb\u202ec\x9bd\re"
SHOWN = "a␛[2Jb<U+202E>c\\x9bd␍e"


def test_sent_text_looks_as_at_the_prompt():
    assert sent_lines("one\n  two", PLAIN) == ["> one", "    two"]
    assert sent_lines(HOSTILE, PLAIN) == [f"> {SHOWN}"]


def test_a_message_whole():
    """A reply is rendered as when it arrived; any other message is shown as it was sent."""
    one = Message("a", body("user", f"**as sent**\n\n{HOSTILE}"))
    more = {"columns": 80, "style": PLAIN, "is_markdown": True}
    assert message_lines(3, one, is_muted=True, **more) == ["3 · user · muted", "**as sent**", "", SHOWN, ""]
    reply = Message("b", body("assistant", "**as shown**"), ReplyInfo(finish_reason="interrupted"))
    assert message_lines(4, reply, is_muted=False, **more) == ["4 · assistant · interrupted", "as shown", ""]
    assert message_lines(4, reply, is_muted=False, is_streaming=True, **more)[0] == "4 · assistant · still coming"
    assert message_lines(4, reply, is_muted=False, **{**more, "is_markdown": False})[1] == "**as shown**"


def test_a_role_from_a_file_is_made_visible():
    one = Message("a", body("to\x1bol\n", "x"))
    assert message_lines(1, one, is_muted=False, columns=80, style=PLAIN, is_markdown=True)[0] == "1 · to␛ol⏎"
