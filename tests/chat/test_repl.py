"""The loop of the chat: what leaving does with the queue, and what a session that cannot be opened does with it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from repl_harness import Chatting

from grokchat.errors import CommandError
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.session.store import SessionStore
from grokchat.terminal.interface import Interrupt, Leave, Submit

SECRET = "ghp_aB3dE5gH7jK9mN1pQ2sT4vW6yZ8cF0iLaB3d"
BEGUN = [("user", "first"), ("assistant", "begin")]


def talk(home: Path, act: Callable[[Chatting], Awaitable[None]], **config: object) -> Chatting:
    """Run a chat and what a test does in it."""

    async def run() -> Chatting:
        chat = Chatting(home, **config)
        async with chat:
            await act(chat)
        return chat

    return asyncio.run(run())


@pytest.mark.parametrize("by_signal", [False, True])
@pytest.mark.parametrize(
    "line",
    [
        "/fork",
        "/fork x",
        "/new",
        "/resume x",
        "/retry",
        "/continue",
        "/write out.md",
        "/file here.txt",
        "/paste",
        "/edit 1",
        "/set --save stream off",
        "/set --save temperature 1",
        "/delete 99",
    ],
)
def test_leaving_applies_nothing_after_an_item_that_cannot_be_done(home, line, by_signal):
    """The first queued item that leaving cannot apply and all items after it are listed in order and not done."""

    async def act(chat: Chatting) -> None:
        await chat.begin_reply()
        chat.submit("second", line, "/delete 1..2", "a text", "/system Be brief.")
        assert await chat.leave(by_signal=by_signal) == (130 if by_signal else 0)

    chat = talk(home, act)
    assert chat.messages == [*BEGUN, ("user", "second")]
    assert chat.not_done == [line, "/delete 1..2", "a text", "/system Be brief."]
    assert chat.session.settings.stream
    assert chat.session.settings.params == {}
    assert chat.saved == []
    assert len(list((home / "sessions").iterdir())) == 1
    assert not Path("out.md").exists()


def test_leaving_applies_the_queued_items_that_need_only_the_session(home):
    async def act(chat: Chatting) -> None:
        await chat.begin_reply()
        chat.submit("second", "/system Be brief.", "/delete 1", "/set temperature 1", "/name mine", "third")
        await chat.leave()

    chat = talk(home, act)
    assert chat.messages == [*BEGUN[1:], ("user", "second"), ("system", "Be brief."), ("user", "third")]
    assert chat.not_done == []
    assert (chat.session.name, chat.session.settings.params) == ("mine", {"temperature": 1})
    assert any("2 queued messages kept in the session, unanswered" in line for line in chat.screen.lines)


@pytest.mark.parametrize(
    ("line", "is_done"),
    [
        ("/delete 4", False),
        ("/delete 1,4", False),
        ("/delete 3..4", False),
        ("/delete 4..", False),
        ("/edit 4 other", False),
        ("/mute 4", False),
        ("/move 4 @1", False),
        ("/move 1 @4", False),
        ("/system @4 Be brief.", False),
        ("/delete 3", True),
        ("/delete 3..", True),
        ("/delete 1..2", True),
        ("/system @3 Be brief.", True),
        ("/system Be brief.", True),
        ("/undo", True),
    ],
)
def test_a_command_does_not_hit_another_message_because_a_reply_is_missing(home, line, is_done):
    """Message 4 would have been the reply to the queued third; on leaving it is the other queued message."""

    async def act(chat: Chatting) -> None:
        await chat.begin_reply()
        chat.submit("third", "fifth", line)
        await chat.leave()

    chat = talk(home, act)
    assert chat.not_done == ([] if is_done else [line])
    if not is_done:
        assert chat.messages == [*BEGUN, ("user", "third"), ("user", "fifth")]
        assert not chat.session.conversation.muted


def test_a_command_does_not_hit_another_message_because_the_stopped_reply_had_no_text(home):
    async def act(chat: Chatting) -> None:
        chat.is_silent = True
        chat.submit("first")
        await chat.until(lambda: chat.requests)
        chat.submit("third", "/delete 2")
        await chat.leave()

    chat = talk(home, act)
    assert chat.messages == [("user", "first"), ("user", "third")]
    assert chat.not_done == ["/delete 2"]


def test_nothing_after_a_queued_quit_is_done(home):
    async def while_streaming(chat: Chatting) -> None:
        await chat.begin_reply()
        chat.submit("second", "/quit", "/delete 1", "a text")
        await chat.leave()

    async def in_its_turn(chat: Chatting) -> None:
        chat.submit("first", "/quit", "/delete 1", "a text")
        await chat.until(lambda: "/delete 1" in chat.not_done)

    chat = talk(home, while_streaming)
    assert chat.messages == [*BEGUN, ("user", "second")]
    assert chat.not_done == ["/delete 1", "a text"]
    chat = talk(home / "other", in_its_turn)
    assert chat.messages == [("user", "first"), ("assistant", "Hello there.")]
    assert chat.not_done == ["/delete 1", "a text"]


@pytest.mark.parametrize("by_signal", [False, True])
@pytest.mark.parametrize("what", ["secret", "size", "cost", "overwrite", "editor", "picker", "attachment", "retry"])
def test_leaving_lists_an_item_that_waits_for_the_user_and_all_after_it(home, tmp_path, monkeypatch, what, by_signal):
    """A command with an open question, editor or list, or a file being read, is not done, nor is what follows."""
    (tmp_path / "out.md").write_text("mine", encoding="utf-8")
    reading, done = threading.Event(), threading.Event()

    def load(*_: object) -> list[object]:
        reading.set()
        done.wait(10)
        return []

    monkeypatch.setattr("grokchat.chat.transfers.load_attachments", load)
    lines = {
        "secret": Submit(SECRET, has_paste=True),
        "size": Submit("a line of words\n" * 40_000, has_paste=True),
        "cost": Submit("dear"),
        "overwrite": Submit(f"/write {tmp_path / 'out.md'}"),
        "editor": Submit("/edit 1"),
        "picker": Submit("/resume"),
        "attachment": Submit("/file a.txt"),
        "retry": Submit("/retry"),
    }
    line = lines[what]

    async def act(chat: Chatting) -> None:
        chat.submit("first")
        await chat.until(lambda: len(chat.messages) == 2)
        await chat.idle()
        if what in {"cost", "retry"}:
            chat.submit("/set max_cost 0.0000001")
            await chat.idle()
        chat.submit(line)
        waits = {"editor": chat.screen.editing.is_set, "attachment": reading.is_set}
        waits["picker"] = lambda: chat.screen.chosen is not None
        await chat.until(waits.get(what, lambda: chat.screen.history_exclusions))
        chat.submit("/delete 1..2", "a text")
        try:
            await chat.leave(by_signal=by_signal)
        finally:
            done.set()

    chat = talk(home, act)
    assert chat.messages == [("user", "first"), ("assistant", "Hello there.")]
    assert [line[:50] for line in chat.not_done] == [line.text.replace("\n", "⏎")[:50], "/delete 1..2", "a text"]
    assert (tmp_path / "out.md").read_text(encoding="utf-8") == "mine"
    assert len(chat.requests) == 1


@pytest.mark.parametrize("text", [SECRET, "a line of words\n" * 40_000], ids=["secret", "size"])
def test_leaving_does_not_keep_a_message_that_needs_an_answer(home, text):
    async def act(chat: Chatting) -> None:
        await chat.begin_reply()
        chat.submit(Submit(text, has_paste=True), "a text")
        await chat.leave()

    chat = talk(home, act)
    assert chat.messages == BEGUN
    assert chat.not_done[1:] == ["a text"]
    shown = " ".join(" ".join(chat.screen.lines).split())
    assert len(shown[shown.index("not done: ") :]) < 2300
    assert ("… and 638,000 more characters" in shown) == (text != SECRET)


def test_attachments_of_a_message_that_is_not_done_are_listed(home, tmp_path):
    (tmp_path / "notes.txt").write_text("some notes", encoding="utf-8")

    async def act(chat: Chatting) -> None:
        chat.submit(f"/file {tmp_path / 'notes.txt'}")
        await chat.until(lambda: chat.session.attachments)
        await chat.idle()
        chat.submit(Submit(SECRET, has_paste=True))
        await chat.until(lambda: chat.screen.history_exclusions)
        await chat.leave()

    assert talk(home, act).not_done == [SECRET, "attached and not sent: notes.txt"]


@pytest.mark.parametrize("line", ["/resume nothing-like-this", "/fork", "/new", "/resume"])
def test_items_queued_for_a_session_that_does_not_open_are_not_applied_to_the_old_one(home, monkeypatch, line):
    """If no other session is opened, the items queued after the command are listed, and the chat continues."""

    async def act(chat: Chatting) -> None:
        await chat.begin_reply()
        if line != "/resume nothing-like-this":
            chat.is_endless = False
        if line == "/resume":
            chat.screen.act(Interrupt())
            await chat.idle()
            chat.submit(line)
            await chat.until(lambda: chat.screen.chosen is not None)
            chat.submit("meant for the other", "/delete 1")
            chat.screen.chosen.set_result(None)
        else:
            chat.submit(line, "meant for the other", "/delete 1")
            await chat.until(lambda: len(chat.screen.queue_rows) == 3)
            if line in {"/fork", "/new"}:
                monkeypatch.setattr("grokchat.session.session.Session.save_error", OSError("the disk is full"))
            chat.finish_reply()
        await chat.until(lambda: "/delete 1" in chat.not_done)
        monkeypatch.undo()
        await chat.idle()
        assert chat.messages == BEGUN
        chat.is_endless = False
        chat.submit("for this one")
        await chat.until(lambda: len(chat.messages) == 4)

    chat = talk(home, act)
    assert chat.messages == [*BEGUN, ("user", "for this one"), ("assistant", "Hello there.")]
    assert chat.not_done == ["meant for the other", "/delete 1"]


def test_a_fork_receives_the_items_queued_for_it(home):
    async def act(chat: Chatting) -> None:
        await chat.begin_reply()
        old = chat.session
        chat.is_endless = False
        chat.submit("/fork", "/delete 1..2", "second")
        await chat.until(lambda: len(chat.screen.queue_rows) == 3)
        chat.finish_reply()
        await chat.until(lambda: len(chat.requests) == 2)
        await chat.idle()
        assert [message.text for message in old.conversation] == ["first", "begin"]

    chat = talk(home, act)
    assert chat.messages == [("user", "second"), ("assistant", "Hello there.")]
    assert chat.not_done == []


# -- what waits to be sent belongs to its session ----------------------------------------------------------------------


def busy_session(home: Path) -> tuple[Session, Session]:
    """Return a saved session that is open elsewhere, and the one that has it open."""
    store = SessionStore(SessionConfig(home / "sessions"), home / "sessions")
    holder = store.new()
    holder.add_message({"role": "user", "content": "first X"})
    assert holder.path is not None
    return store.open(holder.path), holder


def talk_in(home: Path, session: Session, act: Callable[[Chatting], Awaitable[None]]) -> Chatting:
    """Run a chat in this session, and what a test does in it."""

    async def run() -> Chatting:
        async with Chatting(home, session=session) as chat:
            await act(chat)
        return chat

    return asyncio.run(run())


def sent(chat: Chatting) -> list[list[str]]:
    """Return the texts of the messages of each request."""
    return [[body["content"] for body in json.loads(request.content)["messages"]] for request in chat.requests]


def saved_session(home: Path, text: str) -> str:
    """Save a session with a message, and return its id."""
    session = SessionStore(SessionConfig(home / "sessions"), home / "sessions").new()
    session.add_message({"role": "user", "content": text})
    session.close()
    return session.id


@pytest.mark.parametrize("away", ["/resume {y}", "/new", "/resume {file}"])
def test_a_message_held_by_a_session_is_sent_by_no_fork_of_another(home, tmp_path, away):
    (tmp_path / "list.json").write_text('[{"role": "user", "content": "imported"}]', encoding="utf-8")
    names = {"y": saved_session(home, "first Y"), "file": tmp_path / "list.json"}
    busy, _ = busy_session(home)

    async def act(chat: Chatting) -> None:
        chat.submit("for X only", "and this", away.format(**names))
        await chat.until(lambda: chat.session is not busy)
        await chat.idle()
        assert chat.not_done == ["for X only", "and this"]
        assert any(f"/resume {busy.id} returns to it" in line for line in chat.screen.lines)
        chat.submit("hello Y", "/fork", "hello fork")
        await chat.until(lambda: len(chat.requests) == 2)
        await chat.idle()
        chat.screen.lines.clear()

    chat = talk_in(home, busy, act)
    assert "for X only" not in str(sent(chat))
    assert [texts[-1] for texts in sent(chat)] == ["hello Y", "hello fork"]
    assert chat.not_done == ["for X only", "and this"]  # leaving lists it


@pytest.mark.parametrize("detour", [[], ["/new"], ["/new", "hello", "/fork"]], ids=str)
def test_a_fork_sends_what_its_session_held_also_after_a_detour(home, detour):
    busy, holder = busy_session(home)

    async def act(chat: Chatting) -> None:
        chat.submit("for X only", "and this", *detour, *([f"/resume {busy.id}"] if detour else []), "/fork")
        await chat.until(lambda: chat.requests and "for X only" in sent(chat)[-1])
        await chat.idle()
        chat.screen.lines.clear()

    chat = talk_in(home, busy, act)
    assert sent(chat)[-1] == ["first X", "for X only", "and this"]
    assert chat.not_done == []
    holder.close()


def test_a_session_that_is_closed_elsewhere_sends_what_it_held_when_it_is_opened_again(home):
    busy, holder = busy_session(home)

    async def act(chat: Chatting) -> None:
        chat.submit("for X only", f"/resume {busy.id}")
        await chat.idle()
        assert chat.not_done == []
        holder.close()
        chat.submit(f"/resume {busy.id}", "next")
        await chat.until(lambda: len(chat.requests) == 2)

    chat = talk_in(home, busy, act)
    assert sent(chat) == [["first X", "for X only"], ["first X", "for X only", "Hello there.", "next"]]


def test_a_fork_that_fails_leaves_what_is_held(home, monkeypatch):
    busy, _ = busy_session(home)

    async def act(chat: Chatting) -> None:
        def fail(*_: object) -> Session:
            raise CommandError("no")  # as if it could not be copied

        monkeypatch.setattr(Session, "fork", fail)
        chat.submit("for X only", "/fork")
        await chat.until(lambda: "no" in chat.screen.lines)
        monkeypatch.undo()
        chat.submit("/fork")
        await chat.until(lambda: chat.requests)

    assert sent(talk_in(home, busy, act)) == [["first X", "for X only"]]


@pytest.mark.parametrize(
    ("lines", "texts"),
    [
        (["/new", "a question"], ["a question"]),
        (["/resume {y}", "a question"], ["first Y", "a question"]),
        (["/fork", "a question"], ["first X", "File: notes.txt\n\nsome notes", "a question"]),
        (["/new", "/resume {x}", "a question"], ["first X", "File: notes.txt\n\nsome notes", "a question"]),
        (["/resume nothing"], None),
    ],
)
def test_attachments_stay_with_their_session(home, tmp_path, lines, texts):
    (tmp_path / "notes.txt").write_text("some notes", encoding="utf-8")
    names = {"x": saved_session(home, "first X"), "y": saved_session(home, "first Y")}
    store = SessionStore(SessionConfig(home / "sessions"), home / "sessions")

    async def act(chat: Chatting) -> None:
        chat.submit(f"/file {tmp_path / 'notes.txt'}", *(line.format(**names) for line in lines))
        error = "no session has this id or name"
        await chat.until(lambda: chat.requests if texts else any(error in line for line in chat.screen.lines))
        await chat.idle()
        chat.screen.lines.clear()

    chat = talk_in(home, store.find(names["x"]), act)
    assert sent(chat) == ([] if texts is None else [texts])
    is_sent = texts is not None and "some notes" in str(texts)
    assert chat.not_done == ([] if is_sent else ["attached and not sent: notes.txt"])


@pytest.mark.parametrize("line", ["/new", "/resume {y}"])
def test_lines_queued_behind_a_switch_are_meant_for_the_other_session(home, line):
    line = line.format(y=saved_session(home, "first Y"))

    async def act(chat: Chatting) -> None:
        await chat.begin_reply()
        chat.submit(line, "for the other")
        await chat.until(lambda: len(chat.screen.queue_rows) == 2)
        chat.finish_reply()
        await chat.until(lambda: len(chat.requests) == 2)

    chat = talk(home, act)
    assert sent(chat)[1] == [*(["first Y"] if "resume" in line else []), "for the other"]
    assert chat.not_done == []


def test_all_messages_of_the_command_line_are_listed_if_they_are_not_sent(home):
    busy, _ = busy_session(home)
    messages = [{"role": role, "content": text} for role, text in (("system", "Be brief."), ("user", "why?"))]

    async def run() -> Chatting:
        chat = Chatting(home, session=busy)
        chat.initial = messages
        async with chat:
            await chat.until(lambda: busy.held)
        return chat

    assert asyncio.run(run()).not_done == ["Be brief.", "why?"]


# -- questions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "text"), [("y", "Hello there."), ("YES ", "Hello there."), ("n", "mine"), ("no", "mine")]
)
def test_a_yes_no_question_accepts_only_yes_and_no(home, tmp_path, answer, text):
    """There `a` and `all` are messages, which Up recalls."""
    path = tmp_path / "out.md"
    path.write_text("mine", encoding="utf-8")

    async def act(chat: Chatting) -> None:
        chat.submit("first")
        await chat.until(lambda: len(chat.messages) == 2)
        await chat.idle()
        chat.submit(f"/write {path}")
        await chat.until(lambda: chat.screen.history_exclusions)
        assert set(chat.screen.history_exclusions) == {"y", "yes", "n", "no"}
        chat.submit("a", "all", "yes please")
        await chat.until(lambda: len(chat.screen.queue_rows) == 3)
        assert path.read_text(encoding="utf-8") == "mine"
        chat.submit(answer)
        await chat.idle()
        assert not chat.screen.history_exclusions

    chat = talk(home, act)
    assert path.read_text(encoding="utf-8") == text
    assert [text for role, text in chat.messages if role == "user"] == ["first", "a", "all", "yes please"]


def test_a_question_that_offers_all_accepts_it(home):
    async def act(chat: Chatting) -> None:
        chat.submit(Submit(SECRET, has_paste=True))
        await chat.until(lambda: chat.screen.history_exclusions)
        assert set(chat.screen.history_exclusions) == {"y", "yes", "n", "no", "a", "always", "all"}
        chat.submit("ALL")
        await chat.until(lambda: len(chat.messages) == 2)
        await chat.idle()
        chat.submit(Submit(SECRET, has_paste=True))
        await chat.until(lambda: len(chat.messages) == 4)

    assert len(talk(home, act).requests) == 2


def test_retry_warns_of_what_looks_mistyped_and_sends_it(home):
    async def act(chat: Chatting) -> None:
        chat.submit("hi", "/retry temprature=1 timeout=5")
        await chat.until(lambda: len(chat.requests) == 2)
        await chat.idle()

    chat = talk(home, act)
    assert any("temprature: sent as given; did you mean temperature?" in line for line in chat.screen.lines)
    body = json.loads(chat.requests[1].content)
    assert (body["temprature"], "timeout" in body) == (1, False)


def test_a_copy_in_progress_is_finished_on_leaving(home, monkeypatch):
    """The program could not end before it anyway."""
    begun = threading.Event()

    def copy_text(*_: object) -> str:
        begun.set()
        threading.Event().wait(0.05)
        return ""

    monkeypatch.setattr("grokchat.chat.transfers.clipboard.copy_text", copy_text)

    async def act(chat: Chatting) -> None:
        chat.submit("first")
        await chat.until(lambda: len(chat.messages) == 2)
        await chat.idle()
        chat.submit("/copy")
        await chat.until(begun.is_set)
        await chat.leave()

    assert len(talk(home, act).screen.codes) == 1


# -- the guard before secrets ------------------------------------------------------------------------------------------

XAI_KEY = "xai-aB3dE5gH7jK9mN1pQ2sT4vW6yZ8cF0iLaB3d"


def asked(chat: Chatting) -> list[str]:
    return [line for line in chat.screen.lines if "Send it anyway?" in line]


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        ([Submit(SECRET, has_paste=True)], "This"),
        ([Submit(f"why?\n{SECRET}", has_paste=True)], "Line 2"),
        ([Submit(f"//x {SECRET}", has_paste=True)], "This"),
        ([Submit(f"/system {SECRET}", has_paste=True), "go"], "#1"),
        ([Submit(f"/system @1 a\nb {SECRET}", has_paste=True), "go"], "Line 2 of #1"),
        ([Submit(f"/insert user {SECRET}", has_paste=True), "go"], "#1"),
        ([Submit(f"/insert user {SECRET}", has_paste=True), "/retry"], "#1"),
        ([Submit(f"/insert assistant {SECRET}", has_paste=True), "/continue"], "#1"),
        (["/system short", Submit(f"/edit 1 {SECRET}", has_paste=True), "go"], "#1"),
        ([Submit(f"/system {SECRET}", has_paste=True), "/mute 1", "/unmute 1", "go"], "#1"),
        ([Submit(f"/system {SECRET}", has_paste=True), "/fork", "go"], "#1"),
        (["/use leaky", "go"], "#1"),
        (["/resume {list}", "go"], "#1"),
        (["/resume {list}", "/retry"], "#1"),
        (["/resume {calls}", "go"], "Line 2 of #2"),
        (["/file {file}", "go"], "notes.txt"),
        ([f"my key is {XAI_KEY}"], "This"),
    ],
    ids=str,
)
@pytest.mark.parametrize("answer", ["n", "", "y"])
def test_a_secret_is_asked_about_before_it_is_first_sent_whatever_way_it_came(home, tmp_path, lines, place, answer):
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "leaky.md").write_text(SECRET, encoding="utf-8")
    (tmp_path / "notes.txt").write_text(SECRET, encoding="utf-8")
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": SECRET}}
    calls = [{"role": "user", "content": "a"}, {"role": "assistant", "content": None, "tool_calls": [call]}]
    (tmp_path / "calls.json").write_text(json.dumps(calls), encoding="utf-8")
    (tmp_path / "list.json").write_text(json.dumps([{"role": "user", "content": SECRET}]), encoding="utf-8")
    names = {"list": tmp_path / "list.json", "calls": tmp_path / "calls.json", "file": tmp_path / "notes.txt"}
    config = SessionConfig(home / "sessions", prompts_folder=tmp_path / "prompts")

    async def act(chat: Chatting) -> None:
        chat.store.config = config
        for line in lines:
            chat.submit(line.format(**names) if isinstance(line, str) else line)
            await chat.until(lambda: chat.screen.history_exclusions or not chat.screen.is_busy)
            await chat.until(lambda: chat.screen.history_exclusions or not chat.screen.is_busy)
        await chat.until(lambda: chat.screen.history_exclusions)
        assert not chat.requests
        chat.submit(answer)
        await chat.idle()
        chat.submit("another")
        await chat.until(lambda: chat.requests or len(asked(chat)) == 2)
        if len(asked(chat)) == 2:
            chat.submit("n")
            await chat.idle()

    chat = talk_in(home, Session.new(config), act)
    assert asked(chat)[0].startswith(
        f"{place} looks like {'an xAI key' if XAI_KEY in str(lines) else 'a GitHub token'}"
    )
    requests = "".join(request.content.decode() for request in chat.requests)
    assert (SECRET in requests or XAI_KEY in requests) == (answer == "y")
    is_listed = place.endswith(("#1", "#2"))
    assert len(asked(chat)) == (2 if is_listed and answer != "y" else 1)
    assert any("or /delete" in line for line in chat.screen.lines) == (is_listed and answer != "y")


@pytest.mark.parametrize("line", [SECRET, f"/system {SECRET}", f"/insert user {SECRET}"])
def test_text_typed_letter_by_letter_is_not_asked_about(home, line):
    async def act(chat: Chatting) -> None:
        chat.submit(line, "go")
        await chat.until(lambda: chat.requests and "go" in str(sent(chat)[-1]))

    assert asked(talk(home, act)) == []


def test_what_was_sent_is_not_asked_about_again_after_a_restart(home):
    """Nor is what the API replied. What is new is."""

    async def first(chat: Chatting) -> None:
        chat.reply = f"Use {SECRET[:-1]}X"
        chat.submit(SECRET)
        await chat.until(lambda: len(chat.messages) == 2)
        await chat.idle()
        chat.submit("more")
        await chat.until(lambda: len(chat.messages) == 4)

    async def again(chat: Chatting) -> None:
        chat.submit("again")
        await chat.until(lambda: chat.requests)
        await chat.idle()
        assert asked(chat) == []
        chat.submit(Submit(f"/edit 2 {SECRET[:-1]}Y", has_paste=True), "go")
        await chat.until(lambda: asked(chat))

    assert asked(talk(home, first)) == []
    [path] = (home / "sessions").iterdir()
    store = SessionStore(SessionConfig(home / "sessions"), home / "sessions")
    assert len(asked(talk_in(home, store.open(path), again))) == 1


def test_yes_is_for_all_secrets_of_the_text_and_always_for_the_run(home):
    """Another text is asked about again after a yes."""

    async def act(chat: Chatting) -> None:
        for number, (answer, text) in enumerate((("y", f"{SECRET} {SECRET[:-1]}X"), ("a", SECRET[:-1] + "Y"))):
            chat.submit(Submit(text, has_paste=True))
            await chat.until(lambda: chat.screen.history_exclusions)
            chat.submit(answer)
            await chat.until(lambda number=number: len(chat.requests) == number + 1)
            await chat.idle()
        chat.submit(Submit(XAI_KEY, has_paste=True))
        await chat.until(lambda: len(chat.requests) == 3)

    assert len(asked(talk(home, act))) == 2


def test_a_large_text_is_scanned_in_a_thread_which_ctrl_c_does_not_wait_for(home, monkeypatch):
    monkeypatch.setattr("grokchat.chat.secret_guard._MAX_CHARS_AT_ONCE", 10)
    begun, done = threading.Event(), threading.Event()

    def scan(*_: object) -> list[object]:
        begun.set()
        done.wait(10)
        return []

    async def act(chat: Chatting) -> None:
        chat.submit(Submit(f"token = {SECRET}", has_paste=True))
        await chat.until(lambda: asked(chat))
        chat.submit("n")
        await chat.idle()
        with monkeypatch.context() as patch:
            patch.setattr("grokchat.chat.secret_guard.find_unsent_secrets", scan)
            chat.submit(Submit("a harmless text", has_paste=True))
            await chat.until(begun.is_set)
            chat.screen.act(Interrupt())
            await chat.idle()
        done.set()

    chat = talk(home, act)
    assert chat.not_done == ["a harmless text"]
    assert (chat.messages, chat.requests) == ([], [])


def test_the_guard_can_be_off(home):
    async def act(chat: Chatting) -> None:
        chat.submit(Submit(XAI_KEY, has_paste=True))
        await chat.until(lambda: chat.requests)

    assert asked(talk(home, act, leak_guard="off")) == []


# -- a session that cannot be saved ------------------------------------------------------------------------------------


def lose(home: Path, act: Callable[[Chatting], Awaitable[None]]) -> Chatting:
    """Run a chat whose session cannot be saved, after its first exchange."""
    home.mkdir()
    (home / "sessions").write_text("no folder", encoding="utf-8")

    async def run(chat: Chatting) -> None:
        chat.submit("first")
        await chat.until(lambda: len(chat.messages) == 2)
        await chat.idle()
        await act(chat)

    return talk(home, run)


def stays(chat: Chatting) -> int:
    return sum("Leaving now would lose this conversation" in line for line in [*chat.screen.lines, *chat.screen.notes])


LEAVE = {"Ctrl-D": Leave(), "/quit": Submit("/quit")}


@pytest.mark.parametrize("first", ["Ctrl-D", "/quit"])
@pytest.mark.parametrize("second", ["Ctrl-D", "/quit"])
def test_leaving_a_conversation_that_cannot_be_saved_takes_two_attempts(home, first, second):
    async def act(chat: Chatting) -> None:
        chat.screen.act(LEAVE[first])
        await chat.until(lambda: stays(chat))
        assert not chat.is_over
        assert "/save PATH or /export FORMAT PATH" in " ".join(map(str.strip, chat.screen.lines))
        chat.screen.act(LEAVE[second])
        assert await chat.end() == 4

    chat = lose(home, act)
    assert stays(chat) == 1
    assert "This conversation is lost." in chat.screen.lines


@pytest.mark.parametrize("first", ["Ctrl-D", "/quit"])
@pytest.mark.parametrize("save", ["/save {path}", "/export json {path}"])
@pytest.mark.parametrize("at_once", [True, False])
def test_a_conversation_that_was_saved_elsewhere_may_be_left(home, tmp_path, save, first, at_once):
    async def act(chat: Chatting) -> None:
        if not at_once:
            chat.screen.act(LEAVE[first])
        chat.submit(save.format(path=tmp_path / "copy"))
        await chat.until((tmp_path / "copy").exists)
        chat.screen.act(LEAVE[first])
        assert await chat.end() == 0

    assert stays(lose(home, act)) == (not at_once)
    assert "Hello there." in (tmp_path / "copy").read_text(encoding="utf-8")


@pytest.mark.parametrize("line", ["more", "/system more"])
def test_what_is_added_after_the_first_attempt_is_asked_about_again(home, tmp_path, line):
    async def act(chat: Chatting) -> None:
        chat.submit(f"/save {tmp_path / 'copy'}", line)
        await chat.until(lambda: len(chat.messages) > 2)
        for count in (1, 2):
            await chat.idle()
            chat.screen.act(Leave())
            await chat.until(lambda count=count: stays(chat) == count)
            before = len(chat.messages)
            chat.submit(line)
            await chat.until(lambda before=before: len(chat.messages) > before)
        await chat.idle()
        assert await chat.leave_twice() == 4

    assert stays(lose(home, act)) == 3


def test_a_stopped_chat_stays_while_a_reply_streams_and_the_reply_goes_on(home):
    async def act(chat: Chatting) -> None:
        chat.is_endless = True
        chat.submit("second")
        await chat.until(lambda: chat.messages[-1:] == [("assistant", "begin")])
        chat.submit("/quit", "behind the quit")
        await chat.until(lambda: len(chat.screen.queue_rows) == 2)
        chat.screen.act(Leave())
        await chat.until(lambda: stays(chat))
        assert chat.screen.is_busy
        chat.finish_reply()
        await chat.until(lambda: chat.is_over)
        assert await chat.end() == 4

    assert lose(home, act).not_done == ["behind the quit"]


def test_a_queued_quit_that_stays_drops_what_is_behind_it(home):
    async def act(chat: Chatting) -> None:
        chat.is_endless = True
        chat.submit("second")
        await chat.until(lambda: chat.messages[-1:] == [("assistant", "begin")])
        chat.submit("/quit", "behind the quit")
        await chat.until(lambda: len(chat.screen.queue_rows) == 2)
        chat.finish_reply()
        await chat.until(lambda: chat.not_done)
        await chat.idle()
        assert not chat.is_over
        assert await chat.leave() == 4

    chat = lose(home, act)
    assert (stays(chat), chat.not_done) == (1, ["behind the quit"])


@pytest.mark.parametrize(("leave", "code"), [(Leave(by_signal=True), 130), (Leave(is_final=True), 4)])
def test_a_signal_and_the_end_of_the_terminal_do_not_wait_for_a_second_attempt(home, leave, code):
    async def act(chat: Chatting) -> None:
        chat.screen.act(leave)
        assert await chat.end() == code

    chat = lose(home, act)
    assert stays(chat) == 0
    assert any("could not be saved" in line for line in chat.screen.lines)
    assert "This conversation is lost." in chat.screen.lines


def test_queued_messages_of_a_conversation_that_is_lost_are_not_said_to_be_kept(home):
    async def act(chat: Chatting) -> None:
        chat.is_endless = True
        chat.submit("second")
        await chat.until(lambda: chat.messages[-1:] == [("assistant", "begin")])
        chat.submit("third")
        await chat.until(lambda: chat.screen.queue_rows)
        chat.screen.act(Leave(is_final=True))
        assert await chat.end() == 4
        assert chat.messages[-1] == ("user", "third")

    chat = lose(home, act)
    assert "This conversation is lost." in chat.screen.lines
    assert not any("kept in the session" in line for line in chat.screen.lines)


@pytest.mark.parametrize("line", ["/new", "/resume {other}", "/fork"])
def test_no_command_switches_away_from_a_conversation_that_would_be_lost(home, tmp_path, line):
    (tmp_path / "list.json").write_text('[{"role": "user", "content": "other"}]', encoding="utf-8")

    async def act(chat: Chatting) -> None:
        chat.submit(line.format(other=tmp_path / "list.json"))
        await chat.until(lambda: any("Not switched" in text for text in chat.screen.lines))
        await chat.idle()
        assert chat.messages[0] == ("user", "first")
        before = chat.session
        chat.submit(f"/save {tmp_path / 'copy'}", line.format(other=tmp_path / "list.json"))
        await chat.until(lambda: chat.session is not before)
        await chat.idle()
        await chat.leave_twice()

    lose(home, act)


def test_a_disk_that_works_again_keeps_the_conversation(home):
    async def act(chat: Chatting) -> None:
        chat.screen.act(Leave())
        await chat.until(lambda: stays(chat))
        (home / "sessions").unlink()
        assert await chat.leave() == 0

    lose(home, act)
    [path] = (home / "sessions").iterdir()
    assert "Hello there." in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("line", ["/login secret-1", "/key secret-1", "/set api_key secret-1"])
def test_a_key_that_was_typed_into_a_line_is_not_printed(home, line):
    async def act(chat: Chatting) -> None:
        chat.submit(line)
        await chat.idle()

    chat = talk(home, act)
    printed = "\n".join(chat.screen.lines)
    assert f"{line.removesuffix(' secret-1')} …" in printed
    assert "secret-1" not in printed
