"""Which replies were asked for instead of each other, in order, and which version of each is shown."""

from __future__ import annotations

import pytest
from support import journal_lines

from grokchat.messages import ReplyInfo, body
from grokchat.session import journal
from grokchat.session.alternatives import Alternatives
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.system.files import read_file


@pytest.fixture
def config(tmp_path):
    return SessionConfig(tmp_path / "sessions")


@pytest.fixture
def session(config):
    made = Session.new(config)
    yield made
    made.close()


def reopened(session):
    session.close()
    path = session.config.folder / f"{session.id}.jsonl"
    return Session.open(session.config, path, read_file(path))


def reply_info(**fields):
    return ReplyInfo(**{"model": "m", "finish_reason": "stop", "response_id": "r", **fields})


def ask(session, reply_id, question="hi"):
    with session.as_one_change():
        session.add_message(body("user", question))
        answer(session, reply_id)


def retry(session, reply_id, *others, dropped=1):
    """Ask again, and get a reply with these other choices."""
    with session.as_one_change():
        session.remove([message.id for message in session.conversation.messages[-dropped:]], more=True)
        answer(session, reply_id, *others)


def answer(session, reply_id, *others):
    alternatives = [(body("assistant", other), reply_info()) for other in others]
    session.add_reply(reply_id, body("assistant", f"<{reply_id}>"), reply_info(), alternatives=alternatives)


def texts(session, reply_id):
    alternatives = session.alternatives
    return [alternatives.message(alternative.shown_id).text for alternative in alternatives.of(reply_id)]


def event(kind, event_id, **fields):
    return {"type": kind, "id": event_id, **fields}


def message(event_id, **fields):
    return event("message", event_id, message=body("assistant", f"<{event_id}>"), **fields)


def shown(events, reply_id):
    return [alternative.shown_id for alternative in Alternatives(events).of(reply_id)]


# -- asking again ------------------------------------------------------------------------------------------------------


def test_a_reply_asked_for_again_is_an_alternative_of_the_first(session):
    ask(session, "A")
    retry(session, "B")
    retry(session, "C")
    lines = {line["id"]: line for line in journal_lines(session.path)}
    assert [lines[name].get("alternative_of") for name in "ABC"] == [None, "A", "B"]
    for now in (session, reopened(session)):
        assert texts(now, "C") == ["<A>", "<B>", "<C>"]
        assert [now.alternatives.position(name) for name in "ABC"] == [(1, 3), (2, 3), (3, 3)]


def test_a_reply_alone_has_no_position(session):
    ask(session, "A")
    ask(session, "B")
    assert session.alternatives.position("B") is None
    assert session.alternatives.of("B") == session.alternatives.of("nothing") == []


def test_the_first_of_several_replies_that_are_dropped_is_the_one_asked_again(session):
    ask(session, "A")
    ask(session, "B")
    retry(session, "C", dropped=3)
    assert texts(session, "C") == ["<A>", "<C>"]
    assert session.alternatives.position("B") is None


def test_replies_that_undo_took_back_stay(session):
    ask(session, "A")
    retry(session, "B")
    session.undo(1)
    assert texts(session, "A") == ["<A>", "<B>"]
    retry(session, "C")
    session = reopened(session)
    assert session.conversation.messages[-1].id == "C"
    assert texts(session, "C") == ["<A>", "<B>", "<C>"]


def test_choices_of_one_request_are_in_the_order_asked_with_the_current_first(session):
    with session.as_one_change():
        session.add_message(body("user", "hi"))
        answer(session, "A", "second", "third")
    retry(session, "B", "fifth")
    for now in (session, reopened(session)):
        assert texts(now, "B") == ["<A>", "second", "third", "<B>", "fifth"]
        assert now.alternatives.position("B") == (4, 5)


@pytest.mark.parametrize("is_killed", [False, True])
def test_an_interrupted_reply_is_an_alternative_from_its_first_partial_on(session, is_killed):
    ask(session, "A")
    with session.as_one_change():
        session.remove(["A"], more=True)
        session.add_partial("B", text="", reasoning="hm")
        session.add_partial("B", text="a ", reasoning="")
        session.add_partial("B", text="part", reasoning="", model="m2")
        if not is_killed:
            session.add_reply("B", body("assistant", "a part"), reply_info(finish_reason="interrupted"))
    partials = [line for line in journal_lines(session.path) if line["type"] == "partial"]
    assert [line.get("alternative_of") for line in partials] == ["A", None, None]
    now = reopened(session)
    assert texts(now, "B") == ["<A>", "a part"]
    assert now.alternatives.message("B").is_interrupted


def test_a_reply_without_text_is_no_alternative(session):
    ask(session, "A")
    before = session.state_id
    with session.as_one_change():
        session.remove(["A"], more=True)
        session.add_partial("B", text="", reasoning="hm")
        session.end_without_text("B", reasoning="", info=reply_info())
        session.rewind(before)
    assert session.alternatives.position("A") is None


# -- versions ----------------------------------------------------------------------------------------------------------


def test_an_edit_and_a_continuation_are_newer_versions_of_the_same_alternative(session):
    ask(session, "A")
    retry(session, "B")
    session.add_reply("B2", body("assistant", "<B> and more"), reply_info(), replaces="B")
    session.add_message(body("assistant", "edited"), replaces="B2", message_id="B3")
    assert texts(session, "B3") == ["<A>", "edited"]
    assert session.alternatives.position("B3") == (2, 2)
    session.undo(1)
    assert texts(session, "B2") == ["<A>", "<B> and more"]


def test_the_version_shown_is_the_last_one_that_was_in_the_list(session):
    ask(session, "A")
    session.add_message(body("assistant", "a bad edit"), replaces="A", message_id="A2")
    session.undo(1)
    retry(session, "B")
    assert texts(session, "B") == ["<A>", "<B>"]


@pytest.mark.parametrize("is_cut", [False, True])
def test_the_parts_of_a_continuation_follow_what_they_continue(session, is_cut):
    ask(session, "A")
    retry(session, "B")
    joined = "B"
    with session.as_one_change():
        if is_cut:
            session.add_partial("C", text=" two", reasoning="r", joins="B")
            joined = "C"
        session.add_partial("D", text=" three", reasoning="", joins=joined)
    current = session.conversation.messages[-1]
    assert session.alternatives.message("D") == current
    assert texts(session, "D") == ["<A>", current.text]


def test_other_choices_of_a_continuation_are_alternatives_of_their_own(session):
    ask(session, "A")
    retry(session, "B")
    others = [(body("assistant", "<B> or"), reply_info())]
    session.add_reply("C", body("assistant", "<B> and"), reply_info(), replaces="B", alternatives=others)
    assert texts(session, "C") == ["<A>", "<B> and", "<B> or"]


# -- files -------------------------------------------------------------------------------------------------------------


def test_a_file_without_alternative_of_links_a_reply_to_the_one_that_its_change_removed():
    events = [
        message("A", change="1"),
        event("remove", "e", ids=["A"], change="2", more=True),
        event("partial", "p", reply="B", text="<B", change="2"),
        message("B", change="2"),
        event("remove", "f", ids=["B"], change="3"),
        message("C", change="4"),
    ]
    assert shown(events, "B") == ["A", "B"]
    assert shown(events, "C") == []


def test_replies_linked_through_a_lost_line_are_alternatives_of_each_other():
    events = [message("B", alternative_of="lost"), message("C", alternative_of="lost")]
    assert shown(events, "C") == ["B", "C"]
    assert Alternatives(events[:1]).position("B") is None


def test_a_copy_is_the_alternative_that_it_was_made_from():
    events = [
        message("A"),
        message("B", alternative_of="A"),
        message("C", replaces="B", alternative_of="A", copy_of="A"),
        message("D", replaces="C", alternative_of="A", copy_of="B"),
    ]
    alternatives = Alternatives(events)
    assert shown(events, "D") == ["C", "D"]
    assert [alternative.asked_id for alternative in alternatives.of("D")] == ["A", "B"]
    assert [alternatives.original_id(name) for name in "ABCD"] == ["A", "B", "A", "B"]


def test_replies_that_name_each_other_in_a_circle_are_read():
    events = [
        event("partial", "p", reply="A", text="a", joins="B", alternative_of="B"),
        event("partial", "q", reply="B", text="b", joins="A", alternative_of="A"),
        message("C", copy_of="C", alternative_of="C", replaces="C"),
    ]
    alternatives = Alternatives(events)
    assert alternatives.of("B") == []
    assert alternatives.message("B").text == "ab"
    assert alternatives.original_id("C") == "C"


def test_events_that_are_added_later_are_indexed_too():
    events = [message("A")]
    alternatives = Alternatives(events)
    assert alternatives.position("A") is None
    events.append(message("B", alternative_of="A"))
    assert alternatives.position("A") == (1, 2)
    events.append(message("C", alternative_of="B"))
    assert alternatives.position("C") == (3, 3)


def test_a_file_is_encoded_and_read_with_its_alternatives(session):
    ask(session, "A")
    retry(session, "B")
    assert shown(journal.decode(session.encode()).events, "B") == ["A", "B"]


def test_a_fork_keeps_the_list_of_a_file_with_several_replies_at_one_place(session):
    """Another program may write that: what is in the list is no alternative of something else in it."""
    session.add_message(body("user", "hi"))
    for reply_id in ("one", "two", "three"):
        session.add_reply(reply_id, body("assistant", f"<{reply_id}>"), reply_info(alternative_of="one"))
    session.remove(["two"])
    assert texts(session, "three") == ["<one>", "<two>", "<three>"]
    copy = session.fork()
    assert [message.text for message in copy.conversation] == ["hi", "<one>", "<three>"]
    assert texts(copy, "three") == ["<one>", "<two>", "<three>"]
    copy.close()
