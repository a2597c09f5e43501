"""The sources and the encrypted reasoning of a reply with search are kept with it, in the session file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from command_sessions import run_command
from fake_api import USAGE, chunk
from support import journal_lines, make_environment

from grokchat.api.reply_builder import Delta, ReplyBuilder
from grokchat.errors import BrokenReplyError
from grokchat.messages import Message, ReplyInfo, body, new_id
from grokchat.records import replace
from grokchat.reply_sources import ReplySource, sources_in_text
from grokchat.session.reply_recorder import ReplyRecorder
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig

A, B, C = "https://a.example/x_(y)", "https://b.example", "https://c.example"
TEXT = f"One.[[1]]({A}) Two.[[2]]({B})"
SOURCES = [{"url": A, "title": "About A", "number": 1}, {"url": B, "title": "", "number": 2}]
ITEMS = [{"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}]
NEWER = [{**SOURCES[0], "snippet": {"text": ["new"]}}, SOURCES[1], {"url": C, "title": "read", "kind": 7}, 7]
"""As a newer version may write them."""


class SearchBuilder(ReplyBuilder):
    """Builds a reply that has sources besides its chunks, and encrypted reasoning."""

    def __init__(self, *chunks: dict[str, Any], pages: Sequence[str] = ()) -> None:
        super().__init__()
        self.pages = pages
        for one in chunks:
            self.feed(one)

    @property
    def sources(self) -> list[ReplySource]:
        titles = {A: "About A"}
        cited = sources_in_text(self.text)
        return [replace(one, title=titles.get(one.url, "")) for one in cited] or list(map(ReplySource, self.pages))

    @property
    def encrypted_reasoning(self) -> list[dict[str, Any]]:
        return ITEMS


@pytest.fixture
def session(tmp_path):
    made = Session.new(SessionConfig(tmp_path))
    made.add_message(body("user", "hi"))
    yield made
    made.close()


def record(session: Session, builder: ReplyBuilder, *, joins: Message | None = None, is_cut: bool = False):
    """Record a reply that is complete, or of which no more arrives, and return its line of the file."""
    recorder = ReplyRecorder(session, make_environment(session.config.folder), session.settings, joins)
    recorder.builder = builder
    with session.as_one_change():
        recorder.add_delta(Delta(builder.text, builder.reasoning))
        if not is_cut:
            recorder.complete()
        recorder.save()
    return [line for line in journal_lines(session.path) if line["type"] == "message"][-1]


def reread(session: Session) -> Session:
    return Session.open(SessionConfig(None), session.path, session.path.read_bytes())


def said(content: str, finish: str | None = "stop", **delta: Any) -> dict[str, Any]:
    return chunk({"content": content, **delta}, finish=finish, usage=USAGE)


def last(session: Session) -> Message:
    return session.conversation.messages[-1]


def add_reply(session: Session, text: str = TEXT, **info: Any) -> None:
    session.add_reply(new_id(), body("assistant", text), ReplyInfo(model="m", **info))


def test_a_complete_reply_has_its_sources_and_encrypted_reasoning(session):
    """Sources are kept in the session; encrypted reasoning is kept with the event, for the model that was asked."""
    line = record(session, SearchBuilder(said(TEXT)))
    assert line["sources"] == SOURCES
    assert line["encrypted_reasoning"] == {"model": session.settings.model, "items": ITEMS}
    read = last(reread(session))
    assert read.sources == [ReplySource(A, "About A", 1), ReplySource(B, "", 2)]
    assert read.reply.encrypted_reasoning["items"] == ITEMS


def test_the_key_is_not_saved_with_encrypted_reasoning(tmp_path):
    """No file holds the key: a summary beside the encrypted reasoning may repeat it."""
    made = Session.new(SessionConfig(tmp_path, redact=lambda text: text.replace("gAAA", "[key]")))
    line = record(made, SearchBuilder(said(TEXT)))
    assert line["encrypted_reasoning"]["items"] == [{**ITEMS[0], "encrypted_content": "[key]"}]
    made.close()


def test_a_reply_that_cites_nothing_has_the_pages_read(session):
    """Without a number, a source is a page that the model has read."""
    assert record(session, SearchBuilder(said("Plain."), pages=[A, C]))["sources"] == [
        {"url": A, "title": ""},
        {"url": C, "title": ""},
    ]


def test_a_reply_without_search_has_neither(session):
    line = record(session, _plain(said(TEXT)))
    assert not {"sources", "encrypted_reasoning"} & set(line)
    assert last(session).sources == []


def _plain(*chunks: dict[str, Any]) -> ReplyBuilder:
    builder = ReplyBuilder()
    for one in chunks:
        builder.feed(one)
    return builder


def test_an_interrupted_reply_has_the_sources_so_far(session):
    """Whatever ended it: the part is kept with what it cites."""
    line = record(session, SearchBuilder(chunk({"content": f"One.[[1]]({A}) Two.[[2]](https://b.ex"})), is_cut=True)
    assert (line["finish_reason"], line["sources"]) == ("interrupted", SOURCES[:1])


def test_an_unanswered_search_keeps_what_it_read(session):
    """Nothing that was paid for is thrown away: what a reply without text has read is in the file, not in the list."""
    recorder = ReplyRecorder(session, make_environment(session.config.folder), session.settings)
    recorder.builder = SearchBuilder(said("", reasoning_content="hm"), pages=[A])
    with pytest.raises(BrokenReplyError):
        recorder.complete()
    recorder.save()
    partial = next(line for line in journal_lines(session.path) if line["type"] == "partial")
    assert partial["sources"] == [{"url": A, "title": ""}]
    assert len(reread(session).conversation) == 1


def test_after_a_kill_the_sources_are_those_that_the_text_cites(session):
    """Without a message the partials are the reply, and the markers in their text its sources."""
    session.add_partial("R", text="One.[[1]](https://a.exam", reasoning="", model="m")
    session.add_partial("R", text=f"ple/x_(y)) `[[3]]({C})` Two.[[2]]({B})", reasoning="")
    read = last(reread(session))
    assert [(one.number, one.url) for one in read.sources] == [(1, A), (2, B)]
    fork = reread(session).fork()
    assert last(fork).sources == read.sources


def test_a_continued_reply_has_the_sources_of_all_its_parts(session):
    """The rest may count from 1 again, and a marker may be cut in two: each is found by its number and address."""
    record(session, SearchBuilder(said(f"One.[[1]]({A}) Two.[[2]](https://b.ex", "length")))
    rest = f"ample) Three.[[1]]({C}) Again.[[1]]({A})"
    line = record(session, SearchBuilder(said(rest)), joins=last(session))
    assert line["sources"] == [SOURCES[0], {"url": C, "title": "", "number": 1}, SOURCES[1]]
    assert "encrypted_reasoning" not in line
    session.undo(1)
    assert last(session).reply.encrypted_reasoning is not None


def test_a_continuation_without_search_keeps_the_sources(session):
    """/search off, then /continue."""
    record(session, SearchBuilder(said(TEXT, "length")))
    line = record(session, _plain(said(" More.")), joins=last(session))
    assert (line["sources"], "encrypted_reasoning" in line) == (SOURCES, False)


def test_a_continued_reply_that_was_killed_has_the_sources_of_both_parts(session):
    """The titles of the first part stay."""
    record(session, SearchBuilder(said(TEXT, "length")))
    session.add_partial("R", text=f" Three.[[3]]({C})", reasoning="", joins=last(session).id)
    assert [(one.number, one.title) for one in last(reread(session)).sources] == [(1, "About A"), (2, ""), (3, "")]


def test_all_replies_of_several_models_keep_theirs(session):
    """Also those of replies that a crash kept from being saved: their event `received` has them."""
    info = ReplyInfo(model="m", sources=SOURCES, encrypted_reasoning={"model": "m", "items": ITEMS})
    with session.as_one_change():
        session.add_message(body("user", "again"))
        session.add_received("R2", body("assistant", "second"), info, index=1)
        session.add_partial("R1", text=TEXT, reasoning="")
    again = reread(session)
    replies = [again.alternatives.message(one.shown_id) for one in again.alternatives.of(last(again).id)]
    assert [[one.url for one in reply.sources] for reply in replies] == [[A, B], [A, B]]
    assert {reply.text: reply.reply.encrypted_reasoning is not None for reply in replies} == {
        TEXT: False,
        "second": True,
    }


def test_a_copy_that_alt_makes_keeps_both(session):
    """The text of a copy is the one that the API wrote."""
    add_reply(session, sources=NEWER, encrypted_reasoning={"model": "m", "items": ITEMS})
    with session.as_one_change():
        session.remove([last(session).id], more=True)
        add_reply(session, "Other.")
    assert last(session).sources == []
    run_command(session, "/alt 1")
    assert last(session).reply.sources == NEWER
    assert last(session).reply.encrypted_reasoning == {"model": "m", "items": ITEMS}


def test_a_fork_keeps_what_a_newer_version_wrote(session):
    """Unknown keys are kept, and what is no source is not shown."""
    add_reply(session, sources=NEWER, encrypted_reasoning={"model": "m", "items": ITEMS, "new": 1})
    fork = reread(session).fork()
    info = last(fork).reply
    assert (info.sources, info.encrypted_reasoning["new"]) == (NEWER, 1)
    assert [one.title for one in last(fork).sources] == ["About A", "", "read"]


@pytest.mark.parametrize("value", ["x", 7, True, {}, {"url": A}, [], [[]], [None], [{"url": 7}], [{"title": "x"}]])
def test_sources_of_another_shape_are_none(session, value):
    """An old session with sources from a newer version opens, and shows those that it understands."""
    session.add_message(body("assistant", TEXT), reply_fields={"sources": value, "encrypted_reasoning": value})
    assert last(reread(session)).sources == []
    assert last(reread(session).fork()).text == TEXT


def test_an_edited_reply_keeps_the_sources_that_it_still_cites(session):
    """The text is the user's then, so the API's encrypted reasoning no longer belongs to it."""
    add_reply(session, sources=NEWER, encrypted_reasoning={"model": "m", "items": ITEMS})
    run_command(session, f"/edit 2 Only two.[[2]]({B}) And three.[[3]]({C})")
    info = last(session).reply
    assert info.sources == [SOURCES[1], {"url": C, "title": "", "number": 3}, NEWER[2]]
    assert info.encrypted_reasoning is None
    session.undo(1)
    assert (last(session).reply.sources, last(session).reply.encrypted_reasoning["items"]) == (NEWER, ITEMS)


def test_an_edit_that_cites_nothing_has_no_sources(session):
    add_reply(session, sources=SOURCES)
    run_command(session, "/edit 2 Mine.")
    assert last(session).reply.sources is None
