"""The program as a user has it: in a terminal, against an API."""

from __future__ import annotations

import json
import re
import sys
import threading

import pytest
from chat_process import Chat, chat_env
from fake_api import Answer, FakeApi, chunk, frames, reply_frames
from import_samples import chatgpt, node
from support import journal_lines, roles, run_cli, sessions

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a POSIX thing")


def contents(api: FakeApi, number: int = -1) -> list[object]:
    return [message["content"] for message in api.requests[number].messages]


def test_pipe_then_talk(home, api):
    """Piped text is the first message; its reply is shown; then keys come from the terminal."""
    api.answers = [Answer([reply_frames("A file.")]), Answer([reply_frames("Indeed.")])]
    with Chat(env=chat_env(home, api), stdin=b"some file\n") as chat:
        chat.wait_for("A file.")
        chat.type("and now?\r")
        chat.wait_for("Indeed.")
        assert chat.leave() == 0
    assert [message["content"] for message in api.requests[0].messages] == ["some file\n"]
    assert roles(api.requests[1].messages) == ["user", "assistant", "user"]
    assert api.requests[1].body.startswith(api.requests[0].body.split(b"]", 1)[0][:-1])


def test_a_prompt_on_the_command_line_is_sent_first(home, api):
    with Chat("what", "is", "up?", env=chat_env(home, api)) as chat:
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert contents(api) == ["what is up?"]


def test_connections_and_the_conversation_id_stay_from_turn_to_turn(home, api):
    with Chat(env=chat_env(home, api)) as chat:
        for count in (1, 2, 3):
            chat.wait_for_prompt()
            chat.type(f"question {count}\r")
            chat.wait_for(lambda text, count=count: text.count("Hello there.") == count)
        chat.type("/quit\r")
        assert chat.end() == 0
    assert [len(request.messages) for request in api.requests] == [1, 3, 5]
    assert len({request.connection for request in api.requests}) == 1
    assert len({request.headers["x-grok-conv-id"] for request in api.requests}) == 1


@pytest.mark.parametrize("how", ["-c", "-r"])
def test_a_resumed_session_shows_its_end_and_replays_the_whole_list(home, api, how):
    api.answers = [Answer([reply_frames(text)]) for text in ("alpha one", "alpha two", "alpha three")]
    assert run_cli(home, api, "beta one")[0] == 0
    assert run_cli(home, api, "-c", "beta two")[0] == 0
    argv = ["-c"] if how == "-c" else ["-r", sessions(home)[0].stem]
    with Chat(*argv, env=chat_env(home, api)) as chat:
        text = chat.wait_for("alpha two")
        assert "beta two" in text
        assert "alpha one" not in text
        chat.type("beta three\r")
        chat.wait_for("alpha three")
        assert chat.leave() == 0
    assert contents(api) == ["beta one", "alpha one", "beta two", "alpha two", "beta three"]
    assert len(sessions(home)) == 1


def test_the_picker_lists_the_newest_first_and_filters_as_one_types(home, api):
    assert run_cli(home, api, "about apples")[0] == 0
    assert run_cli(home, api, "about pears")[0] == 0
    with Chat("-r", env=chat_env(home, api)) as chat:
        text = chat.wait_for("about apples")
        assert text.index("about pears") < text.index("about apples")
        chat.type("apples")
        chat.wait_for(lambda text: "about pears" not in text)
        chat.type("\r")
        chat.wait_for("Hello there.")
        chat.type("go on\r")
        api.wait_for_requests(3)
        chat.wait_for(lambda text: text.count("Hello there.") == 2)
        assert chat.leave() == 0
    assert contents(api) == ["about apples", "Hello there.", "go on"]


def test_leaving_the_picker_exits_130(home, api):
    assert run_cli(home, api, "about apples")[0] == 0
    with Chat("-r", env=chat_env(home, api)) as chat:
        chat.wait_for("about apples")
        chat.type("\x03")
        assert chat.end() == 130


def is_answered(text):
    """Whether the reply is there and nothing is being done any more."""
    return "Hello there." in text and " s, Ctrl-C stops" not in text


def test_resume_in_the_chat_shows_the_same_list_and_goes_on_with_the_chosen_one(home, api):
    assert run_cli(home, api, "about apples")[0] == 0
    assert run_cli(home, api, "about pears")[0] == 0
    with Chat("hi", env=chat_env(home, api)) as chat:
        chat.wait_for(is_answered)
        chat.type("/resume\r")
        chat.wait_for("about apples")
        chat.type("apples")
        chat.wait_for(lambda text: "about pears" not in text.rpartition("resume: ")[2])
        chat.type("\r")
        chat.wait_for(lambda text: "Enter opens" not in text and "> about apples  #1" in text)
        chat.type("go on\r")
        api.wait_for_requests(4)
        chat.wait_for(lambda text: text.count("Hello there.") == 3)
        assert chat.leave() == 0
    assert contents(api) == ["about apples", "Hello there.", "go on"]


def test_a_file_of_several_conversations_shows_a_list_of_them(home, api, tmp_path):
    path = tmp_path / "conversations.json"
    talks = [chatgpt(node("a", None, "user", f"about {word}"), title=f"On {word}") for word in ("apples", "pears")]
    path.write_text(json.dumps(talks), encoding="utf-8")
    with Chat("-r", str(path), env=chat_env(home, api)) as chat:
        chat.wait_for("On pears")
        chat.type("apples\r")
        chat.wait_for(lambda text: "Enter opens" not in text and "about apples" in text)
        chat.type("go on\r")
        chat.wait_for(is_answered)
        assert chat.leave() == 0
    assert contents(api) == ["about apples", "go on"]
    with Chat("-r", str(path), env=chat_env(home, api)) as chat:
        chat.wait_for("On pears")
        chat.type("\x1b")
        assert chat.end() == 130
    assert len(sessions(home)) == 1


@pytest.mark.parametrize("key", ["\x1b", "\x03", "\x04"])
def test_leaving_the_list_goes_back_to_the_chat(home, api, key):
    with Chat("hi", env=chat_env(home, api)) as chat:
        chat.wait_for(is_answered)
        chat.type("/resume\r")
        chat.wait_for("1 of 1")
        chat.type(f"x{key}")
        chat.wait_for(lambda text: "Esc goes back" not in text)
        chat.wait_for("No session chosen.")
        chat.type("again\r")
        api.wait_for_requests(2)
        chat.wait_for(lambda text: text.count("Hello there.") == 2)
        assert chat.leave() == 0
    assert contents(api) == ["hi", "Hello there.", "again"]


def test_resume_waits_for_no_reply_with_its_list(home, api):
    """It would open under the fingers of who types by then."""
    gate = threading.Event()
    api.answers = [Answer([frames(chunk({"content": "begin"}), done=False), gate, reply_frames(" end")])]
    with Chat("hi", env=chat_env(home, api)) as chat:
        chat.wait_for("begin")
        chat.type("/resume\r")
        chat.wait_for("is running. /")
        gate.set()
        chat.wait_for("begin end")
        assert chat.leave() == 0


def test_the_chat_ends_in_good_order_while_the_list_is_shown(home, api):
    with Chat("hi", env=chat_env(home, api)) as chat:
        chat.wait_for(is_answered)
        chat.type("/resume\r")
        chat.wait_for("Esc goes back")
        chat.process.terminate()
        assert chat.end() == 130
        assert "Saved as" in chat.text()


def test_sessions_are_searched_for_words_in_the_chat(home, api):
    for text in ("about Apples", "about pears"):
        assert run_cli(home, api, text)[0] == 0
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("/sessions apples\r")
        text = chat.wait_for("1 of 2 sessions")
        assert re.search(r"just now +2  \S+  about Apples\n", text)
        assert "about pears" not in text
        chat.type("/sessions nowhere\r")
        chat.wait_for("No session contains all of these words.")
        assert chat.leave() == 0


def test_what_is_typed_while_a_reply_streams_is_shown_queued_and_sent_next(home, api):
    gate = threading.Event()
    api.answers = [
        Answer([frames(chunk({"content": "begin"}), done=False), gate, reply_frames(" end")]),
        Answer([reply_frames("second reply")]),
    ]
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("first\r")
        chat.wait_for("begin")
        chat.type("next message")
        chat.wait_for("> next message")
        chat.type("\r")
        chat.wait_for("queued: next message")
        assert len(api.requests) == 1
        gate.set()
        text = chat.wait_for("second reply")
        assert text.index("begin end") < text.index("> next message") < text.index("second reply")
        chat.wait_for(lambda text: "queued:" not in text)
        assert chat.leave() == 0
    assert contents(api) == ["first", "begin end", "next message"]


def test_a_draft_outlives_the_end_of_the_reply(home, api):
    gate = threading.Event()
    api.answers = [
        Answer([frames(chunk({"content": "begin"}), done=False), gate, reply_frames(" end")]),
        Answer([reply_frames("second reply")]),
    ]
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("first\r")
        chat.wait_for("begin")
        chat.type("half a ")
        chat.wait_for("> half a")
        gate.set()
        chat.wait_for("begin end")
        chat.type("thought\r")
        chat.wait_for("second reply")
        assert chat.leave() == 0
    assert contents(api) == ["first", "begin end", "half a thought"]


def test_commands_that_only_show_run_while_a_reply_streams_and_others_wait(home, api):
    gate = threading.Event()
    api.answers = [
        Answer([frames(chunk({"content": "begin"}), done=False), gate, reply_frames(" end")]),
        Answer([reply_frames("second reply")]),
    ]
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("first\r")
        chat.wait_for("begin")
        chat.type("/set model\r")
        chat.wait_for('model = "grok-4.7"')
        chat.type("/system @1 Be brief.\r")
        chat.wait_for("queued: /system")
        chat.type("second\r")
        chat.wait_for("queued: second")
        gate.set()
        chat.wait_for("second reply")
        assert chat.leave() == 0
    assert contents(api) == ["Be brief.", "first", "begin end", "second"]


def test_a_system_message_can_be_put_first_and_nothing_is_sent_for_it(home, api):
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("hi\r")
        chat.wait_for("Hello there.")
        chat.type('/system @1 Don\'t say \\n "twice".\r')
        chat.wait_for("added as #1")
        assert len(api.requests) == 1
        chat.type("more\r")
        chat.wait_for(lambda text: text.count("Hello there.") == 2)
        assert chat.leave() == 0
    assert roles(api.requests[1].messages) == ["system", "user", "assistant", "user"]
    assert contents(api)[0] == 'Don\'t say \\n "twice".'


def test_an_unknown_command_is_not_sent_and_can_be_brought_back(home, api):
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("/sytem hello\r")
        chat.wait_for("/system")
        chat.press_until("\x1b[A", "> /sytem hello\ngrok")  # at the prompt: the bottom line is behind it
        chat.type("\x15")
        chat.wait_for(lambda text: "> /sytem hello\ngrok" not in text)
        chat.type("//sytem hello\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert contents(api) == ["/sytem hello"]


def test_a_path_is_a_message(home, api):
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("/etc/hosts is what?\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert contents(api) == ["/etc/hosts is what?"]


def test_leaving_loses_nothing_that_is_queued(home, api):
    """Ctrl-D with queued messages: they are in the session, unanswered, and so is the part of the reply."""
    api.answers = [Answer([frames(chunk({"content": "begin"}), done=False), threading.Event()])]
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("first\r")
        chat.wait_for("begin")
        chat.type("second\r/system Be brief.\r/retry\r")
        chat.wait_for("queued: /retry")
        chat.type("\x04")
        assert chat.end() == 0
    assert "not done: /retry" in chat.text()
    events = [event for event in journal_lines(sessions(home)[0]) if event["type"] == "message"]
    assert [event["message"]["content"] for event in events] == ["first", "begin", "second", "Be brief."]
    assert events[1]["finish_reason"] == "interrupted"
    assert len(api.requests) == 1


@pytest.mark.parametrize("line", ["/fork x", "/new", "/resume nowhere"])
def test_nothing_queued_for_another_session_happens_to_this_one_on_leaving(home, api, line):
    """Ctrl-D with a queued change of the session: it and all behind it is listed, and nothing of it happens."""
    api.answers = [Answer([frames(chunk({"content": "begin"}), done=False), threading.Event()])]
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("first\r")
        chat.wait_for("begin")
        chat.type(f"{line}\r/delete 1..2\ra text\r")
        chat.wait_for("queued: a text")
        chat.type("\x04")
        assert chat.end() == 0
    listed = [row.partition("not done: ")[2] for row in chat.text().splitlines() if "not done: " in row]
    assert listed == [line, "/delete 1..2", "a text"]
    [path] = sessions(home)
    contents = [event["message"]["content"] for event in journal_lines(path) if event["type"] == "message"]
    assert contents == ["first", "begin"]
    assert "remove" not in [event["type"] for event in journal_lines(path)]


def test_a_retry_that_is_refused_leaves_the_reply_in_its_place(home, api):
    """A failed request takes nothing away."""
    api.answers = [Answer([reply_frames("Good.")]), Answer.json(400, {"error": "no"}), Answer([reply_frames("Next.")])]
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("one\r")
        chat.wait_for("Good.")
        chat.type("/retry temperature=99\r")
        chat.wait_for("The API rejected the request (400: no).")
        chat.type("two\r")
        chat.wait_for("Next.")
        assert chat.leave() == 0
    assert contents(api) == ["one", "Good.", "two"]


def test_quit_waits_for_what_was_asked_before_it(home, api):
    """In the order in which they were typed."""
    gate = threading.Event()
    api.answers = [Answer([frames(chunk({"content": "begin"}), done=False), gate, reply_frames(" end")])]
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("one\r")
        chat.wait_for("begin")
        chat.type("two\r/quit\r")
        chat.wait_for("queued: /quit")
        gate.set()
        assert chat.end() == 0
    assert contents(api) == ["one", "begin end", "two"]


def test_a_resumed_long_message_is_shown_by_its_beginning(home, api):
    with Chat(env=chat_env(home, api), stdin="".join(f"line {n}\n" for n in range(300)).encode()) as chat:
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    with Chat("-c", env=chat_env(home, api)) as chat:
        text = chat.wait_for("Hello there.")
        assert "more lines" in text
        assert "line 200" not in text
        assert chat.leave() == 0


MARKS = re.compile(rb"\x1b\]133;([^\x07]*)\x07")


def test_turns_are_marked_for_the_terminal_and_nothing_is_seen_of_it(home, api):
    """Each mark once and in order, also when the reply breaks off; commands that ask nothing have none."""
    api.answers = [
        Answer([reply_frames("first reply")]),
        Answer.json(400, {"error": "Not this"}),
        Answer([reply_frames("third reply")]),
    ]
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("one\r")
        chat.wait_for("first reply")
        chat.wait_until_idle()
        chat.type("/usage\rtwo\r")
        chat.wait_for("(400: Not this)")
        chat.type("/retry\r")
        text = chat.wait_for("third reply")
        assert chat.leave() == 0
    assert MARKS.findall(chat.raw) == [b"A", b"B", b"C", b"D;0", b"A", b"B", b"C", b"D;1", b"A", b"B", b"C", b"D;0"]
    assert "133" not in text


def test_the_terminal_has_the_title_of_the_session(home, api):
    """At the end it has its own again. Codes in a name are shown, not obeyed."""
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("one\r")
        chat.wait_for("Hello there.")
        chat.type("/name a\x1b[200~\x07\x1b[201~b\r")
        chat.wait_for("/name")
        assert chat.leave() == 0
    titles = re.findall(rb"\x1b\]2;([^\x1b]*)\x1b\\", chat.raw)
    assert titles[:2] == [b"grokchat", b"one"]
    assert titles[-1] == b""
    assert chat.raw.count(b"\x1b[22;2t") == chat.raw.count(b"\x1b[23;2t") > 0
    assert b"\x07" not in b"".join(titles)


@pytest.mark.parametrize("env", [{"TERM": "linux"}, {"TERM": "dumb"}, {"config": "title = false"}])
def test_no_title_where_it_is_not_wanted(home, api, env):
    home.mkdir()
    (home / "config.toml").write_text(env.pop("config", ""), encoding="utf-8")
    with Chat(env={**chat_env(home, api), **env}) as chat:
        chat.wait_for_prompt()
        assert chat.leave() == 0
    assert b"]2;" not in chat.raw


@pytest.mark.parametrize("env", [{"TERM": "linux"}, {"TERM": "dumb"}, {"config": "terminal_marks = false"}])
def test_no_marks_where_they_are_not_wanted(home, api, env):
    home.mkdir()
    (home / "config.toml").write_text(env.pop("config", ""), encoding="utf-8")
    with Chat(env={**chat_env(home, api), **env}) as chat:
        chat.wait_for_prompt()
        chat.type("one\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert b"]133" not in chat.raw


@pytest.mark.parametrize(
    ("notify", "reports", "rings"),
    [
        ("auto", "\x1b[O\x1b[I\x1b[O", 1),
        ("auto", "\x1b[O\x1b[I", 0),
        ("auto", "", 0),
        ("bell", "", 1),
        ("bell", "\x1b[I", 0),
        ("bell", "\x1b[O", 1),
    ],
)
def test_a_long_reply_rings_if_another_window_is_in_front(home, api, notify, reports, rings):
    """What the terminal reports is asked for while a reply is awaited, and is never typed text."""
    home.mkdir()
    (home / "config.toml").write_text(
        f'notify = "{notify}"\nnotify_after = 0\nterminal_marks = false\n', encoding="utf-8"
    )
    gate = threading.Event()
    api.answers = [Answer([frames(chunk({"content": "begin\n"}), done=False), gate, reply_frames("end")])]
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        assert b"\x1b[?1004h" not in chat.raw
        chat.type("one\r")
        chat.wait_for("begin")
        assert b"\x1b[?1004h" in chat.raw
        chat.type(f"half{reports}")
        chat.wait_for("> half")
        gate.set()
        chat.wait_for(lambda text: "end" in text and "Ctrl-C stops" not in text)
        chat.type(" a line")
        text = chat.wait_for("> half a line")
        chat.type("\x15")
        assert chat.leave() == 0
    assert "[O" not in text
    assert "[I" not in text
    assert chat.raw.replace(b"\x1b]11;?\x07", b"").count(b"\x07") == rings
    assert chat.raw.rindex(b"\x1b[?1004l") > chat.raw.rindex(b"\x1b[?1004h")


def test_nothing_is_asked_for_where_nothing_is_to_ring(home, api):
    home.mkdir()
    (home / "config.toml").write_text('notify = "off"\n', encoding="utf-8")
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("one\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert b"1004" not in chat.raw
