"""The message list, built from events."""

from __future__ import annotations

import pytest

from grokchat.session.conversation import Conversation
from grokchat.session.history import History

ROOT = "root"


def put(event_id, text="", role="user", **more):
    message = {"role": role, "content": text or event_id}
    return {"type": "message", "id": event_id, "message": message, **more}


def piece(event_id, reply, text="", **more):
    return {"type": "partial", "id": event_id, "reply": reply, "text": text, **more}


def on(kind, event_id, *ids, **more):
    return {"type": kind, "id": event_id, "ids": list(ids), **more}


def fold(*events):
    return History(ROOT, events).conversation


def ids(conversation):
    return [message.id for message in conversation]


ABC = [put("a"), put("b", role="assistant"), put("c")]


def test_no_events_make_an_empty_list():
    assert fold() == Conversation()
    assert len(fold()) == 0


def test_messages_are_in_the_order_of_their_events():
    conversation = fold(*ABC)
    assert ids(conversation) == ["a", "b", "c"]
    assert [message.role for message in conversation] == ["user", "assistant", "user"]


def test_before_inserts_a_message():
    assert ids(fold(*ABC, put("d", role="system", before="a"))) == ["d", "a", "b", "c"]


def test_before_a_missing_message_appends():
    """An event that names a missing message is applied without it."""
    assert ids(fold(put("a"), put("d", before="lost"))) == ["a", "d"]


def test_replaces_puts_a_new_message_in_the_old_ones_place():
    conversation = fold(*ABC, put("d", "new text", replaces="b"))
    assert ids(conversation) == ["a", "d", "c"]
    assert conversation.messages[1].text == "new text"


def test_replacing_a_missing_message_appends():
    assert ids(fold(put("a"), put("d", replaces="lost"))) == ["a", "d"]


def test_remove():
    assert ids(fold(*ABC, on("remove", "e", "a", "c", "lost"))) == ["b"]


def test_move():
    assert ids(fold(*ABC, on("move", "e", "c", before="a"))) == ["c", "a", "b"]
    assert ids(fold(*ABC, on("move", "e", "a"))) == ["b", "c", "a"]
    assert ids(fold(*ABC, on("move", "e", "a", "lost", before="lost"))) == ["b", "c", "a"]


def test_moving_a_message_before_itself_keeps_all_messages():
    assert sorted(ids(fold(*ABC, on("move", "e", "b", before="b")))) == ["a", "b", "c"]


def test_a_message_named_twice_in_a_move_is_moved_once():
    assert ids(fold(*ABC, on("move", "e", "a", "a"))) == ["b", "c", "a"]


def test_a_muted_message_stays_and_is_not_sent():
    conversation = fold(*ABC, on("mute", "e", "b", "lost"))
    assert ids(conversation) == ["a", "b", "c"]
    assert [message.id for message in conversation.sent()] == ["a", "c"]
    assert conversation.muted == {"b"}


def test_unmute():
    conversation = fold(*ABC, on("mute", "e", "a", "b"), on("unmute", "f", "a"))
    assert [message.id for message in conversation.sent()] == ["a", "c"]


def test_a_moved_message_stays_muted():
    assert fold(*ABC, on("mute", "e", "a"), on("move", "f", "a")).muted == {"a"}


def test_removing_a_message_removes_its_mute():
    assert not fold(*ABC, on("mute", "e", "a"), on("remove", "f", "a")).muted


def test_partials_without_a_full_message_are_an_interrupted_reply():
    conversation = fold(put("a"), piece("p1", "b", "Hel", model="grok-x"), piece("p2", "b", "lo"))
    reply = conversation.messages[1]
    assert reply.id == "b"
    assert reply.body == {"role": "assistant", "content": "Hello"}
    assert reply.is_interrupted
    assert reply.reply.model == "grok-x"
    assert reply.reply.finish_reason == "interrupted"


def test_partial_reasoning_is_kept_with_the_text():
    conversation = fold(
        put("a"),
        piece("p1", "b", reasoning="hm"),
        piece("p2", "b", "Yes", reasoning="m"),
        piece("p3", "b", "."),
    )
    assert conversation.messages[1].body == {"role": "assistant", "content": "Yes.", "reasoning_content": "hmm"}


@pytest.mark.parametrize("pieces", [[], [piece("p", "b")], [piece("p", "b", reasoning="only thought")]])
def test_partials_without_text_make_no_message(pieces):
    """The API rejects empty messages."""
    assert ids(fold(put("a"), *pieces)) == ["a"]


def test_the_full_message_takes_the_place_of_its_partials():
    whole = put("b", "Hello", "assistant", finish_reason="stop", model="m", usage={"prompt_tokens": 3})
    conversation = fold(put("a"), piece("p1", "b", "Hel"), put("c"), whole)
    assert ids(conversation) == ["a", "b", "c"]
    assert conversation.messages[1].text == "Hello"
    assert conversation.messages[1].reply.finish_reason == "stop"
    assert conversation.messages[1].reply.usage == {"prompt_tokens": 3}
    assert not conversation.messages[1].is_interrupted


def test_a_partial_after_the_full_message_changes_nothing():
    assert fold(put("a"), put("b", "Hi", "assistant"), piece("p", "b", " again")).messages[1].text == "Hi"


def test_a_partial_reply_can_be_muted_and_moved():
    conversation = fold(put("a"), piece("p", "b", "Hel"), on("mute", "e", "b"), on("move", "f", "b", before="a"))
    assert ids(conversation) == ["b", "a"]
    assert conversation.muted == {"b"}


def test_rewind_restores_the_list_as_it_was_after_an_event():
    events = [*ABC, on("remove", "e", "a", "b", "c"), {"type": "rewind", "id": "f", "to": "b"}]
    assert ids(fold(*events)) == ["a", "b"]


def test_rewind_to_the_header_empties_the_list():
    assert ids(fold(*ABC, {"type": "rewind", "id": "f", "to": ROOT})) == []


def test_a_rewind_can_undo_a_rewind():
    events = [*ABC, {"type": "rewind", "id": "f", "to": "a"}, {"type": "rewind", "id": "g", "to": "c"}]
    assert ids(fold(*events)) == ["a", "b", "c"]
    assert ids(fold(*events, {"type": "rewind", "id": "h", "to": "f"})) == ["a"]


def test_a_rewind_may_name_an_event_that_changed_no_message():
    named = {"type": "name", "id": "n", "name": "holiday"}
    assert ids(fold(put("a"), named, put("b"), {"type": "rewind", "id": "f", "to": "n"})) == ["a"]


def test_events_after_a_rewind_apply_to_the_restored_state():
    conversation = fold(*ABC, {"type": "rewind", "id": "f", "to": "a"}, put("d"))
    assert ids(conversation) == ["a", "d"]


def test_a_rewind_to_a_missing_event_changes_nothing():
    history = History(ROOT, [*ABC, {"type": "rewind", "id": "f", "to": "lost"}])
    assert ids(history.conversation) == ["a", "b", "c"]


def test_a_rewind_undoes_mutes_and_replacements():
    events = [*ABC, on("mute", "e", "a"), put("d", replaces="b"), {"type": "rewind", "id": "f", "to": "c"}]
    assert fold(*events) == fold(*ABC)


def test_unknown_event_types_have_no_effect():
    assert fold(*ABC, {"type": "telepathy", "id": "x"}, {"type": "damage", "line": 3}) == fold(*ABC)


def test_later_events_do_not_change_an_earlier_conversation():
    history = History(ROOT, ABC)
    before = history.conversation
    history.apply(on("remove", "e", "a"))
    history.apply(piece("p", "r", "new"))
    assert ids(before) == ["a", "b", "c"]
    assert ids(history.conversation) == ["b", "c", "r"]


def test_partials_that_continue_a_reply_replace_it_with_the_joined_text():
    events = [put("a"), put("b", "One,", "assistant", finish_reason="interrupted"), put("c")]
    events += [piece("p1", "d", " two", joins="b"), piece("p2", "d", ", three", joins="b")]
    conversation = fold(*events)
    assert ids(conversation) == ["a", "d", "c"]
    assert conversation.messages[1].text == "One, two, three"
    assert conversation.messages[1].is_interrupted
    whole = fold(*events, put("d", "One, two, three.", "assistant", replaces="b", finish_reason="stop"))
    assert ids(whole) == ["a", "d", "c"]
    assert whole.messages[1].text == "One, two, three."
    assert ids(fold(*events, {"type": "rewind", "id": "e", "to": "c"})) == ["a", "b", "c"]


TWICE_CUT = [
    put("u"),
    piece("p1", "A", "one "),
    piece("p2", "A", "two "),
    piece("p3", "B", "three ", joins="A"),
    piece("p4", "B", "four ", joins="A"),
]


@pytest.mark.parametrize("looks", [(), (2,), (3,), (1, 2, 3, 4, 5)])
def test_a_reply_that_two_crashes_cut_keeps_all_its_parts_for_every_reader(looks):
    events = [*TWICE_CUT, put("u2"), put("C", "and", "assistant")]
    history = History(ROOT)
    for number, event in enumerate(events, 1):
        history.apply(event)
        if number in looks:
            history.last_request()
            assert history.conversation
    assert [message.text for message in history.conversation] == ["u", "one two three four ", "u2", "and"]
    assert history.conversation == fold(*events)


def test_a_chain_of_continued_replies_is_one_message():
    pieces = [piece(f"p{number}", f"r{number}", f"{number} ", joins=f"r{number - 1}") for number in range(9)]
    conversation = fold(put("u"), *pieces, put("c"))
    assert ids(conversation) == ["u", "r8", "c"]
    assert conversation.messages[1].text == "0 1 2 3 4 5 6 7 8 "


def test_a_full_message_that_replaces_another_one_leaves_its_partials_nowhere():
    """As the last of several choices does: it replaces the choice before it."""
    events = [
        put("u"),
        piece("p", "b", "Hel"),
        put("c", role="assistant"),
        put("b", "Hello", "assistant", replaces="c"),
    ]
    assert ids(fold(*events)) == ["u", "b"]
    assert ids(fold(*events, piece("q", "b", "late"))) == ["u", "b"]
    whole_twice = [put("u"), put("b", role="assistant"), put("c"), put("b", "again", "assistant", replaces="c")]
    assert ids(fold(*whole_twice)) == ["u", "b", "c"]


def test_partials_that_continue_a_reply_without_text_leave_it_unchanged():
    events = [put("a"), put("b", "One", "assistant"), piece("p", "d", reasoning="hm", joins="b")]
    assert fold(*events) == fold(*events[:2])


def _long_reply(count):
    """Return a message, the partials of its reply and the full reply, as a session file has them."""
    asked = {"type": "message", "id": "q", "change": "q", "message": {"role": "user", "content": "?"}}
    pieces = [
        {"type": "partial", "id": f"p{number}", "change": "q", "reply": "r", "text": f"{number} "}
        for number in range(count)
    ]
    text = "".join(partial["text"] for partial in pieces)
    whole = {"type": "message", "id": "r", "change": "q", "message": {"role": "assistant", "content": text}}
    return [asked, *pieces, {**whole, "response_id": "x", "usage": {"prompt_tokens": 1}}]


def test_a_history_read_from_events_equals_the_one_built_by_applying_them():
    """Dropping the partials of complete replies changes nothing."""
    events = [*_long_reply(3), {"type": "rewind", "id": "u", "to": "q"}, {"type": "rewind", "id": "v", "to": "r"}]
    made = History("root")
    for event in events:
        made.apply(event)
    read = History("root", events)
    assert read.conversation == made.conversation
    assert (read.state_id, read.last_request(), read.last_counted_request()) == (
        made.state_id,
        made.last_request(),
        made.last_counted_request(),
    )
    (change,), (other,) = read.undoable(9), made.undoable(9)
    assert (change.name, read.state_id_before(change), read.state_id_after(change)) == (
        other.name,
        made.state_id_before(other),
        made.state_id_after(other),
    )


def test_a_rewind_may_name_a_partial_of_a_complete_reply():
    events = [*_long_reply(3), {"type": "rewind", "id": "u", "to": "p1"}]
    assert [message.text for message in History("root", events).conversation] == ["?", "0 1 "]


def test_a_snapshot_reuses_the_unchanged_messages_of_the_last_one():
    """Every snapshot equals a fresh read; appending keeps the message objects."""
    events = [
        *_long_reply(3),
        {"type": "message", "id": "s", "change": "s", "message": {"role": "user", "content": "more"}},
        {"type": "partial", "id": "t0", "reply": "t", "text": "broken"},
        {"type": "message", "id": "i", "before": "r", "message": {"role": "system", "content": "in between"}},
        {"type": "partial", "id": "t1", "reply": "t", "text": " off"},
        {"type": "remove", "id": "x", "ids": ["t"]},
    ]
    history = History("root")
    for number, event in enumerate(events, 1):
        before = history.conversation
        history.apply(event)
        assert history.conversation == History("root", events[:number]).conversation
        if number == 6:
            assert all(message is other for message, other in zip(before, history.conversation, strict=False))
