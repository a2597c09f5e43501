"""Messages as lines; text from outside is made visible."""

from __future__ import annotations

import re

import pytest
from pictures import png

from grokchat.attachments.load import load_pasted_image, to_messages
from grokchat.messages import DEMO_FINGERPRINT, Message, ReplyInfo, body
from grokchat.render.style import TerminalStyle
from grokchat.views.messages import footer_lines, message_lines, sent_lines

PLAIN = TerminalStyle("none")
DARK = TerminalStyle("256", background="dark", erases_to_blank=True)
HOSTILE = "a\x1b[2Jb\u202ec\x9bd\re"
SHOWN = "a␛[2Jb<U+202E>c\\x9bd␍e"
USAGE = {
    "prompt_tokens": 1730,
    "completion_tokens": 41,
    "prompt_tokens_details": {"cached_tokens": 512},
    "completion_tokens_details": {"reasoning_tokens": 30},
    "cost_in_usd_ticks": 9_000_000,
}


def lines_of(message: Message, number: int = 3, *, style: TerminalStyle = PLAIN, **how) -> list[str]:
    return message_lines(number, message, **{"is_muted": False, "columns": 80, "is_markdown": True, **how}, style=style)


def user_lines(text: str, columns: int, *, style: TerminalStyle = PLAIN, **how) -> list[str]:
    *lines, last = lines_of(Message("a", body("user", text)), columns=columns, style=style, **how)
    assert last == ""
    return lines


def test_a_line_of_the_user_looks_as_at_the_prompt():
    assert sent_lines("one\n  two", 80, PLAIN) == ["> one", "    two"]
    assert sent_lines(HOSTILE, 80, PLAIN) == [f"> {SHOWN}"]
    assert sent_lines("/mute 1", 80, DARK) == ["\x1b[38;5;103m> /mute 1\x1b[m"]


def test_a_message_of_the_user_has_its_number_behind_the_text():
    assert user_lines("one", 80) == ["> one  #3"]
    assert user_lines(f"{HOSTILE}\n\ntwo", 80, is_muted=True) == [f"> {SHOWN}", "", "  two  #3 · muted"]


@pytest.mark.parametrize(
    ("columns", "lines"),
    [
        (20, ["> some words and", "  more of them  #3"]),
        (17, ["> some words and", "  more of them", "  #3"]),
        (10, ["> some", "  words", "  and more", "  of them", "  #3"]),
        (7, ["> some", "words", "and", "more of", "them"]),
        (2, [">", "so", "me", "wo", "rd", "s", "an", "d", "mo", "re", "of", "th", "em"]),
    ],
)
def test_a_message_is_wrapped_at_words_below_its_text(columns, lines):
    assert user_lines("some words and more of them", columns) == lines


def test_wide_characters_and_long_words_stay_in_the_window():
    assert user_lines("漢字漢字漢字", 10) == ["> 漢字漢字", "  漢字  #3"]
    assert user_lines("x" * 14, 10) == ["> xxxxxxxx", "  xxxxxx", "  #3"]


def test_a_message_stands_on_a_band_to_the_edge_where_no_cell_behind_the_text_is_one_of_it():
    """Where erased cells would be wrapped and copied, the band ends with the text."""
    prompt, text, number = "\x1b[1;38;5;117;48;5;237m", "\x1b[0;1;38;5;255;48;5;237m", "\x1b[0;38;5;103;48;5;237m"
    line = f"{prompt}\x1b[K> {text}one{number}  #3\x1b[m"
    assert user_lines("one", 80, style=DARK) == [line]
    assert user_lines("one", 80, style=TerminalStyle("256", background="dark")) == [line.replace("\x1b[K", "")]
    painted = text.replace("0;", "") + "\x1b[K"
    assert user_lines("one\n\ntwo", 80, style=DARK)[1:] == [painted + "\x1b[m", f"{painted}  two{number}  #3\x1b[m"]


@pytest.mark.parametrize("colors", ["bold", "16", "256"])
@pytest.mark.parametrize("background", [None, "any"])
def test_without_a_known_background_a_message_is_bold_alone(colors, background):
    (line,) = user_lines("one", 80, style=TerminalStyle(colors, background=background, erases_to_blank=True))
    assert "\x1b[K" not in line
    assert "48;" not in line
    assert re.match(r"\x1b\[1m> one\x1b", line)


def test_only_the_beginning_of_a_long_message_is_shown_in_brief():
    text = "\n".join(f"line {number}" for number in range(40))
    assert user_lines(text, 80, is_brief=True)[11:] == ["  line 11", "  … 28 more lines · 309 B in all  #3"]
    assert len(user_lines(text, 80)) == 40


def test_what_is_attached_is_one_row_and_has_its_question_below_it():
    file = Message("a", body("user", "File: big\x1b.log\n\n" + "line\n" * 400))
    row = "> attached: big␛.log · 2 kB  #3"
    assert lines_of(file, is_brief=True) == [row, ""]
    assert lines_of(file, is_brief=True, has_question=True) == [row]
    assert lines_of(file, is_brief=True, is_muted=True) == [f"{row} · muted", ""]
    narrow = ["> attached: big␛.log", "  · 2 kB  #3"]
    assert lines_of(file, is_brief=True, has_question=True, columns=20) == narrow
    assert len(lines_of(file, has_question=True)) == 403
    short = "File: x\n\nwhat is in it?"
    assert user_lines(short, 80, is_brief=True) == ["> File: x", "", "  what is in it?  #3"]
    assert user_lines(short, 80, is_brief=True, is_typed=True, has_question=False)[0] == "> File: x"
    assert user_lines(short, 80, is_brief=True, is_typed=False) == ["> attached: x · 14 B  #3"]


def test_of_piped_text_before_a_question_two_rows_are_shown():
    piped = Message("a", body("user", "".join(f"line {number}\n" for number in range(40))))
    rows = ["> line 0", "  line 1", "  … 38 more lines · 310 B in all  #3"]
    assert lines_of(piped, is_brief=True, has_question=True) == rows
    few = Message("a", body("user", "1\n2\n3\n4\n5\n"))
    assert lines_of(few, is_brief=True, has_question=True) == ["> 1", "  2", "  3", "  4", "  5  #3"]
    line = Message("a", body("user", "word " * 1000))
    assert lines_of(line, is_brief=True)[12] == "  … 1 more line · 5 kB in all  #3"


def test_images_have_rows_above_the_text_of_their_message():
    (message,) = to_messages([image := load_pasted_image(png(64, 32))], "look")
    row = f"> attached: image, 64x32 · {image.size} B"
    for is_brief in (False, True):
        assert lines_of(Message("a", message), is_brief=is_brief) == [row, "> look  #3", ""]
    assert lines_of(Message("a", message), image_names={image.url: "a\x1b.png"})[0].startswith("> attached: a␛.png · ")
    (alone,) = to_messages([image], None)
    assert lines_of(Message("a", alone)) == [f"{row}  #3", ""]


def test_the_question_is_bold_and_what_is_attached_is_not():
    file = Message("a", body("user", "File: x\n\ny"))
    (line,) = lines_of(file, style=DARK, is_brief=True, has_question=True)
    assert line.startswith("\x1b[38;5;255;48;5;237m\x1b[K> attached: x")


def test_a_message_of_another_role_has_a_head():
    tool = Message("a", {**body("tool", "42"), "tool_call_id": "call_1"})
    assert lines_of(tool) == ["#3 · tool · for call_1", "42", ""]
    assert lines_of(Message("a", body("system", "Be brief.")), is_muted=True) == [
        "#3 · system · muted",
        "Be brief.",
        "",
    ]
    assert lines_of(Message("a", body("to\x1bol\n", "x")))[0] == "#3 · to␛ol⏎"


def test_a_reply_has_a_footer():
    info = ReplyInfo(model="grok-4.7", finish_reason="stop", usage=USAGE, elapsed_s=3.14)
    reply = Message("b", body("assistant", "**as shown**"), info)
    footer = "#4 · grok-4.7 · 3.1 s · 1,730 in (512 cached), 41 out, 30 reasoning · $0.0009"
    assert lines_of(reply, 4) == ["as shown", "", footer, ""]
    assert lines_of(reply, 4, is_markdown=False) == ["**as shown**", "", footer, ""]
    assert lines_of(reply, 4, has_footer=False) == ["as shown", ""]
    assert lines_of(reply, 4, is_muted=True, has_footer=False) == ["as shown", "", "#4 · muted", ""]
    assert lines_of(reply, 4, position=(2, 3), columns=100)[2] == footer.replace("#4", "#4 · 2 of 3")
    assert lines_of(reply, 4, position=(2, 3), has_footer=False) == ["as shown", ""]
    rows = ["#4 · grok-4.7 · 3.1 s", "1,730 in (512 cached), 41 out, 30", "reasoning · $0.0009", ""]
    assert footer_lines(4, reply, 35, PLAIN) == rows
    assert footer_lines(4, reply, 70, PLAIN)[1:] == ["$0.0009", ""]


@pytest.mark.parametrize(
    ("info", "footer"),
    [
        (None, "#4 · assistant"),
        (ReplyInfo(), "#4"),
        (ReplyInfo(model="grok-4.7", elapsed_s=240.2), "#4 · grok-4.7 · 4 min"),
        (ReplyInfo(model="grok-4.7", system_fingerprint=DEMO_FINGERPRINT), "#4 · demo"),
        (ReplyInfo(model="m\x1b", usage={"completion_tokens": 2}), "#4 · m␛ · 2 out"),
        (ReplyInfo(finish_reason="interrupted"), "#4 · interrupted"),
        (ReplyInfo(refusal="No."), "#4 · refusal"),
    ],
)
def test_a_footer_says_what_is_known(info, footer):
    assert lines_of(Message("b", body("assistant", "x"), info), 4)[-2] == footer


SEARCHED = {
    "input_tokens": 9120,
    "output_tokens": 420,
    "output_tokens_details": {"reasoning_tokens": 310},
    "server_side_tool_usage_details": {"web_search_calls": 2, "x_posts_fetched": 12, "a\x1b_calls": 1},
    "cost_in_usd_ticks": 838_480_000,
}


def test_a_footer_says_what_was_searched_before_the_cost():
    """Tokens as billed; names that are not known are made visible; each part is whole where it fits."""
    reply = Message("b", body("assistant", "x"), ReplyInfo(model="m", usage=SEARCHED))
    parts = ["#4 · m", "9,120 in, 110 out, 310 reasoning", "2 web searches, 12 posts, 1 a␛ call", "$0.0838"]
    assert footer_lines(4, reply, 100, PLAIN)[0] == " · ".join(parts)
    assert footer_lines(4, reply, 40, PLAIN) == [" · ".join(parts[:1]), *parts[1:3], parts[3], ""]


def test_a_reply_that_is_still_coming_is_not_interrupted():
    reply = Message("b", body("assistant", "x"), ReplyInfo(finish_reason="interrupted"))
    assert lines_of(reply, 4, is_streaming=True)[-2] == "#4 · still coming"
