"""/history WORDS: the messages in which all of them occur, with the line."""

from __future__ import annotations

import pytest
from command_sessions import cell_texts, refusal, run_command, session_of

from grokchat.attachments.load import Attachment, to_messages
from grokchat.render.style import TerminalStyle
from grokchat.views.table import table_lines

CONVERSATION = (
    "How often is it repeated?",
    "Four times.\nThe backoff is exponential.\n\nRetry-After is obeyed.",
    "And 2024?",
    "No RETRY in 2024, no backoff.",
)


def found(session, line: str) -> list[tuple[str, ...]]:
    return cell_texts(run_command(session, line))


def test_history_with_words_lists_the_messages_in_which_all_of_them_occur_with_the_line():
    """In any case; words in different lines of a message need both."""
    session = session_of(*CONVERSATION)
    assert found(session, "/history retry Backoff") == [
        ("2", "assistant", "", "The backoff is exponential."),
        ("", "", "", "Retry-After is obeyed."),
        ("4", "assistant", "", "No RETRY in 2024, no backoff."),
    ]
    assert found(session, "/list OFTEN") == [("1", "user", "", "How often is it repeated?")]


def test_the_words_are_marked():
    lines = table_lines(run_command(session_of(*CONVERSATION), "/history often"), 80, TerminalStyle(background="dark"))
    assert lines == ["\x1b[38;5;103m1\x1b[m  \x1b[38;5;117muser\x1b[m  How \x1b[4moften\x1b[m is it repeated?"]


def test_a_range_may_come_first_and_after_two_hyphens_all_is_words():
    session = session_of(*CONVERSATION)
    assert [row[0] for row in found(session, "/history 3.. backoff")] == ["4"]
    assert [row[0] for row in found(session, "/history -- 2024")] == ["3", "4"]
    assert [row[0] for row in found(session, "/history #1-3 -- 2024")] == ["3"]
    assert [row[0] for row in found(session, "/history #2-3")] == ["2", "3"]
    assert [row[0] for row in found(session, "/history 4, 1")] == ["1", "4"]
    assert refusal(session, "/history 2024") == (
        "#2024 is out of range; the list is #1-4. /history -- WORDS searches for words."
    )


def test_no_match_is_one_line():
    table = run_command(session_of(*CONVERSATION), "/history nothing like it")
    assert table_lines(table, 80, TerminalStyle("none")) == [
        "No message contains all of these words. /sessions WORDS searches all sessions."
    ]


def test_everything_that_show_has_is_searched():
    """Muted messages, tool calls, refusals, names of images; an attached file has its name above the line."""
    session = session_of("first")
    image = Attachment("cat.png", "image/png", 9, url="https://example.com/cat.png", width=9, height=9)
    code = Attachment("main.c", "text", 20, "int main()\n{ return 7; }\n")
    for body in to_messages([code, image], "What is it?"):
        session.add_message(body)
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Oslo"}'}}
    session.add_message({"role": "assistant", "content": None, "tool_calls": [call]})
    session.add_message({"role": "tool", "tool_call_id": "c1", "content": "rain"})
    session.add_message({"role": "assistant", "content": "", "refusal": "I must decline."})
    session.mute([session.conversation.messages[4].id])
    assert [row[0] for row in found(session, "/history cat.png")] == ["3"]
    assert found(session, "/history weather oslo") == [("4", "assistant", "", 'Call of weather: {"city":"Oslo"}')]
    assert found(session, "/history rain") == [("5", "tool", "muted", "rain")]
    assert [row[0] for row in found(session, "/history decline")] == ["6"]
    assert found(session, "/history return") == [
        ("2", "user", "", "attached: main.c · 25 B"),
        ("", "", "", "{ return 7; }"),
    ]


def test_an_image_in_the_message_itself_is_not_searched():
    """Its data is named by type and size; it would match any short word."""
    session = session_of()
    attachment = Attachment("a.png", "image/png", 9, url="data:image/png;base64,iVBORw0KGgoAAAA", width=9, height=9)
    session.add_message(to_messages([attachment], "look")[0])
    assert found(session, "/history iVBOR") == []
    assert [row[0] for row in found(session, "/history image/png")] == ["1"]


@pytest.mark.parametrize("columns", [80, 40, 20])
def test_the_lines_fit_the_window(columns):
    table = run_command(session_of("漢字 and words " * 40, CONVERSATION[1]), "/history words")
    assert all(len(line) <= columns for line in table_lines(table, columns, TerminalStyle("none")))


def test_words_are_found_in_the_titles_and_addresses_of_sources():
    """A reply's sources are part of what /show has of it."""
    session = session_of("hi")
    sources = [{"url": "https://news.example/a", "title": "All News", "number": 1}]
    session.add_message({"role": "assistant", "content": "Yes."}, reply_fields={"sources": sources})
    assert found(session, "/history news yes") == [
        ("2", "assistant", "", "Yes."),
        ("", "", "", "All News https://news.example/a"),
    ]
