"""Finding sessions, and importing other programs' messages."""

from __future__ import annotations

import json
import os

import pytest
from command_sessions import refusal, run_command

from grokchat.commands.outcomes import Notice
from grokchat.config.settings import Layer
from grokchat.errors import FileError, UsageError
from grokchat.messages import body
from grokchat.session import journal
from grokchat.session.session_config import SessionConfig
from grokchat.session.store import SessionStore
from grokchat.session.summary import read_summary
from grokchat.system.files import read_file


def message_event(event_id, text="x", role="user", **more):
    return {"type": "message", "id": event_id, "message": body(role, text), **more}


@pytest.fixture
def store(tmp_path):
    folder = tmp_path / "sessions"
    folder.mkdir()
    return SessionStore(SessionConfig(folder), folder)


@pytest.fixture
def write_session(store):
    """Write a session file; later ones are newer."""
    count = 0

    def write(session_id, *events, name="", header=None):
        nonlocal count
        count += 1
        named = [{"type": "name", "id": "n", "name": name}] if name else []
        first = header or {"type": "session", "format": "grokchat/1", "id": session_id}
        path = store.folder / f"{session_id}.jsonl"
        path.write_bytes(b"".join(map(journal.encode, [first, *(events or [message_event("a")]), *named])))
        os.utime(path, (1_900_000_000 + count, 1_900_000_000 + count))
        return path

    return write


def close_and_return_id(session):
    session.close()
    return session.id


def test_sessions_are_found_by_path_id_id_prefix_and_name(store, write_session):
    path = write_session("20310101-aaa", name="first light")
    write_session("20310102-bbb", name="second")
    write_session("20310103-ccc")
    assert close_and_return_id(store.find(str(path))) == "20310101-aaa"
    assert close_and_return_id(store.find("20310102-bbb")) == "20310102-bbb"
    assert close_and_return_id(store.find("20310102")) == "20310102-bbb"
    assert close_and_return_id(store.find("first light")) == "20310101-aaa"
    assert close_and_return_id(store.newest()) == "20310103-ccc"


def test_a_full_id_wins_over_longer_ids_that_start_with_it(store, write_session):
    write_session("abc")
    write_session("abcd")
    assert close_and_return_id(store.find("abc")) == "abc"


def test_an_ambiguous_id_prefix_names_the_candidates(store, write_session):
    for session_id in ("2031-a", "2031-b", "2032-c"):
        write_session(session_id)
    with pytest.raises(UsageError) as caught:
        store.find("2031")
    assert "2031-a" in str(caught.value)
    assert "2031-b" in str(caught.value)
    assert "2032-c" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_name_of_two_sessions_names_both(store, write_session):
    write_session("one", name="twin")
    write_session("two", name="twin")
    with pytest.raises(UsageError, match=r"two, one"):
        store.find("twin")


def test_the_last_name_counts(store, write_session):
    write_session("one", message_event("a"), {"type": "name", "id": "n1", "name": "old"}, name="new")
    assert close_and_return_id(store.find("new")) == "one"
    with pytest.raises(FileError):
        store.find("old")


LONG = "a question of very many words, which goes on and on and does not come to its end"
PICTURE = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("hello\nthere", "hello there"),
        (LONG, "a question of very many words, which goes on and on and does…"),
        ("x" * 300, "x" * 60 + "…"),
        ("\n\n" * 3000 + "behind", "two"),
        ("", "two"),
        (PICTURE, "[image/png, 3 B]"),
        ("File: notes.txt\n\nfirst line\nsecond", "File: notes.txt first line second"),
        ("日本" * 100, "日本" * 30 + "…"),
        ("GPT " + "日本" * 100, "GPT " + "日本" * 28 + "…"),
    ],
)
def test_a_session_without_a_name_has_its_first_words_as_title(store, write_session, text, title):
    reply = message_event("r", "Yes.", "assistant")
    path = write_session("one", message_event("a", text), reply, message_event("b", "two"))
    assert read_summary(path, read_file(path)).title == title
    assert close_and_return_id(store.find(title)) == "one"


def test_a_title_is_the_first_question_and_not_what_stands_before_it(store, write_session):
    """That is the user's last message before the first reply: `git diff | grokchat 'short review'`."""
    reply = message_event("r", "Fine.", "assistant")
    events = [
        message_event("a", "diff --git a b"),
        message_event("b", "short review"),
        reply,
        message_event("c", "why?"),
    ]
    path = write_session("one", *events)
    assert read_summary(path, read_file(path)).title == "short review"
    path = write_session("two", reply, message_event("d", "diff --git a b"), message_event("e", "short review"))
    assert read_summary(path, read_file(path)).title == "diff --git a b"


def test_a_name_wins_over_first_words(store, write_session):
    write_session("named", message_event("a", "other words"), name="apples")
    write_session("unnamed", message_event("a", "apples"))
    assert close_and_return_id(store.find("apples")) == "named"


@pytest.mark.parametrize("name", ["2026", "2", "20260101-12", "20260101-120000-aaaaa", "20260101-120000-bbbbbb-2"])
@pytest.mark.parametrize("others", [["20260101-120000-aaaaaa"], ["20260101-120000-aaaaaa", "20260101-120001-bbbbbb"]])
def test_a_name_may_look_like_the_beginning_of_an_id(store, write_session, name, others):
    """And so may a title, where it is not the beginning of exactly one id."""
    write_session("20301231-235959-cccccc", name=name)
    for other in others:
        write_session(other)
    assert close_and_return_id(store.find(name)) == "20301231-235959-cccccc"


def test_what_a_text_is_in_full_comes_before_what_begins_with_it(store, write_session):
    write_session("2026-a", message_event("a", "2026"))
    write_session("2026-b")
    assert close_and_return_id(store.find("2026")) == "2026-a"  # its title, and the beginning of two ids
    write_session("2027-c", message_event("a", "2026-b"), name="2026-a")
    assert close_and_return_id(store.find("2026-a")) == "2026-a"  # an id, and another one's name
    assert close_and_return_id(store.find("2026-b")) == "2026-b"
    assert close_and_return_id(store.find("2027")) == "2027-c"
    write_session("2028-d", name="2026")
    assert close_and_return_id(store.find("2026")) == "2028-d"
    write_session("2029-e", name="2026")
    with pytest.raises(UsageError, match=r"is ambiguous: 2029-e, 2028-d"):
        store.find("2026")
    write_session("2030-f", name="2029")
    assert close_and_return_id(store.find("2029")) == "2030-f"


@pytest.mark.parametrize("name", ["release 1.2", "notes.txt", "either/or", "~tilde"])
def test_a_name_may_look_like_a_path(store, write_session, name):
    write_session("one", name=name)
    assert close_and_return_id(store.find(name)) == "one"


@pytest.mark.parametrize("name", ["nobody", "no/such/file", "none.jsonl", "~nobody-by-this-name/x", "x" * 300, "a\0b"])
def test_a_missing_session_is_reported(store, write_session, name):
    write_session("one")
    with pytest.raises(FileError) as caught:
        store.find(name)
    assert caught.value.exit_code == 4


def test_without_sessions_there_is_no_newest(tmp_path):
    store = SessionStore(SessionConfig(tmp_path / "none"), tmp_path / "none")
    assert store.paths() == []
    assert list(store.summaries()) == []
    with pytest.raises(FileError, match="no saved session"):
        store.newest()


def test_an_unreadable_entry_hides_no_session(store, write_session):
    write_session("one")
    (store.folder / "gone.jsonl").symlink_to(store.folder / "nowhere")
    (store.folder / "folder.jsonl").mkdir()
    (store.folder / "notes.txt").write_text("not a session", encoding="utf-8")
    assert [summary.id for summary in store.summaries()] == ["one"]


def test_summaries_are_newest_first_with_their_content(store, write_session):
    reply = message_event("b", "re", "assistant", model="grok-x")
    write_session(
        "one", message_event("s", "be brief", "system"), message_event("a", " first\n words "), reply, name="n"
    )
    write_session("two", message_event("a"), {"type": "remove", "id": "r", "ids": ["a"]})
    two, one = store.summaries()
    assert (one.id, one.name, one.first, one.messages, one.model) == ("one", "n", "first words", 3, "grok-x")
    assert (two.id, two.name, two.first, two.messages, two.model) == ("two", "", "", 0, "")
    assert two.updated > one.updated


def test_a_summary_counts_messages_after_a_rewind(write_session):
    path = write_session("one", message_event("a", "taken back"), {"type": "rewind", "id": "r", "to": "one"})
    assert (read_summary(path, read_file(path)).messages, read_summary(path, read_file(path)).first) == (0, "")


def test_a_damaged_session_has_a_summary(store, write_session):
    path = write_session("one", message_event("a", "kept"))
    path.write_bytes(b"\x00" + path.read_bytes())
    assert (read_summary(path, read_file(path)).id, read_summary(path, read_file(path)).first) == ("one", "kept")


def test_a_new_session_begins_with_the_system_message_of_the_settings(tmp_path):
    origin = SessionConfig(tmp_path / "s", lower_layers=[Layer("config", {"system": "Be brief."})])
    session = SessionStore(origin, tmp_path / "s").new()
    assert [message.body for message in session.conversation] == [{"role": "system", "content": "Be brief."}]
    session.close()
    assert len(SessionStore(origin, tmp_path / "s").new(system=False).conversation) == 0


MESSAGES = [
    {"role": "system", "content": "né \ud800"},
    {"role": "user", "content": [{"type": "text", "text": "look"}], "name": "Eve"},
    {"role": "assistant", "content": None, "tool_calls": [{"id": "c"}]},
    {"role": "tool", "content": "4", "tool_call_id": "c"},
]


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(MESSAGES).encode(),
        json.dumps(MESSAGES, indent=2).encode(),
        b"\xef\xbb\xbf" + json.dumps(MESSAGES).encode(),
        json.dumps({"messages": MESSAGES}).encode(),
        b"\n".join(json.dumps(message).encode() for message in MESSAGES),
        b"\r\n\r\n".join(json.dumps(message).encode() for message in MESSAGES) + b"\r\n",
    ],
)
def test_messages_are_imported_and_their_file_is_not_changed(store, tmp_path, data):
    path = tmp_path / "theirs.jsonl"
    path.write_bytes(data)
    session = store.find(str(path))
    assert [message.body for message in session.conversation] == MESSAGES
    session.add_message(body("user", "go on"))
    assert session.path.parent == store.folder
    session.close()
    assert path.read_bytes() == data
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("theirs")] == ["theirs.jsonl"]


def test_a_request_body_is_imported_with_its_model_and_parameters(store, tmp_path):
    path = tmp_path / "request.json"
    request = {
        "model": "other",
        "messages": [{"role": "user", "content": "hi"}],
        "stream": False,
        "stream_options": {"include_usage": True},
        "top_p": 0.5,
        "tools": [{"type": "function"}],
    }
    path.write_text(json.dumps(request), encoding="utf-8")
    session = store.open(path)
    assert (session.settings.model, session.settings.stream) == ("other", False)
    assert session.settings.params == {"top_p": 0.5, "tools": [{"type": "function"}]}
    expected = {key: value for key, value in request.items() if key != "stream_options"}
    assert json.loads(session.requests.body()) == expected
    session.close()


@pytest.mark.parametrize(
    ("data", "said_why"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"just text\n", "line 1"),
        (b'{"role":"user","content":"x"}\nnope\n', "line 2"),
        (b'[{"role":"user","content":"x"},{"content":"y"}]', "message 2"),
        (b'{"messages":["x"]}', "message 1"),
        (b'{"role":"user","content":"a"}\n\n{"content":"x"}', "line 3"),
        (b"\xff\xfe[\x00]\x00", "UTF-16"),
        (b"3", "line 1"),
        (b"[" * 100_000, "line 1"),
    ],
)
def test_a_file_of_another_format_is_refused_with_the_place(store, tmp_path, data, said_why):
    path = tmp_path / "theirs"
    path.write_bytes(data)
    with pytest.raises(FileError, match=said_why) as caught:
        store.open(path)
    assert "theirs" in str(caught.value)
    assert list(store.folder.iterdir()) == []


@pytest.mark.parametrize("data", [b"", b"\n\n", b'{"type":"session","for'])
def test_a_session_without_an_event_opens_as_an_empty_one_in_a_new_file(store, data):
    """Only a file whose header can be read is written to."""
    path = store.folder / "torn.jsonl"
    path.write_bytes(data)
    session = store.find("torn")
    assert [damage.line for damage in session.damage] == ([1] if data.strip() else [])
    session.add_message(body("user", "hi"), message_id="a")
    assert session.path not in {None, path}
    session.close()
    assert path.read_bytes() == data
    assert [message.id for message in store.newest().conversation] == ["a"]


def test_undo_stops_at_the_imported_messages(store, tmp_path):
    path = tmp_path / "messages.json"
    path.write_text('[{"role": "user", "content": "from elsewhere"}]', encoding="utf-8")
    session = store.open(path)
    assert "undo does not go back beyond the" in refusal(session, "/undo")
    run_command(session, "/system more")
    assert isinstance(run_command(session, "/undo"), Notice)
    assert [message.text for message in session.conversation] == ["from elsewhere"]
    assert "Nothing to undo" in refusal(session, "/undo")
