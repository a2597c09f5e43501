"""What a change was, in a few words: the command that made it, as /undo and /redo say it. Read from its events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grokchat.message_summaries import is_summary
from grokchat.messages import content_text
from grokchat.render.sanitize import visible_line
from grokchat.session.journal import Event
from grokchat.session.reply_events import is_other_choice
from grokchat.session.undo import Change
from grokchat.units import plural

_MAX_SCANNED_CHARS = 160
"""Of a text's beginning, before its white space is joined: more than is quoted."""


def describe_change(change: Change, max_columns: int) -> str:
    """Describe a change that is undone or redone by its events, a quoted text in at most `max_columns`."""
    events = _effective_events(change)
    if copied := [event["message"] for event in events if "copy_of" in event]:
        return f"/alt {quote_text(copied[-1], max_columns)}"
    kinds = [event["type"] for event in events]
    if kinds == ["message", "mute"] and "before" in events[0] and is_summary(events[0]["message"]):
        return f"/compact ({plural(len(events[1]['ids']), 'message')})"
    bodies = [event["message"] for event in events if event["type"] == "message"]
    is_continued = any("joins" in event for event in events) or any(
        "replaces" in event and event.get("finish_reason") for event in events
    )
    asked = [body for body in bodies if body["role"] != "assistant"]
    is_answered = "partial" in kinds or len(asked) < len(bodies)
    edited = [event["message"] for event in events if event["type"] == "message" and "replaces" in event]
    if edited and edited[0]["role"] == "user":
        return f"/edit {quote_text(edited[0], max_columns)}{' and its reply' * is_answered}"
    if "remove" in kinds:
        ids = next(event["ids"] for event in events if event["type"] == "remove")
        return "/retry" if is_answered else f"/delete ({plural(len(ids), 'message')})"
    if is_continued and not asked and "partial" in kinds:
        return "/continue"
    if any("replaces" in event for event in events):
        return f"/edit {quote_text(bodies[0], max_columns)}"
    if not asked and bodies and len(bodies) == 1 and "partial" not in kinds:
        return _describe_message(bodies[0], max_columns)
    if asked:
        return f"{_describe_message(asked[-1], max_columns)}{' and its reply' * is_answered}"
    if not kinds:  # another program wrote events without effect
        return "a change"
    return {"move": "/move", "mute": "/mute", "unmute": "/unmute"}.get(kinds[0], str(kinds[0]))


def _effective_events(change: Change) -> list[Event]:
    """Return a change's events without the replies that it added and then replaced or removed itself."""
    made: set[str] = set()
    events: list[Event] = []
    for event in change.events:
        if event["type"] == "remove" and made.issuperset(event["ids"]):
            continue
        made.add(event["reply"] if event["type"] == "partial" else event["id"])
        if is_other_choice(event):
            continue
        is_in_place = str(event.get("replaces")) in made
        events.append({key: value for key, value in event.items() if key != "replaces"} if is_in_place else event)
    return events


def _describe_message(body: Mapping[str, Any], max_columns: int) -> str:
    """Return `“first words”`, after the role unless that is the user's."""
    role = "" if body["role"] == "user" else f"{body['role']} message "
    return role + quote_text(body, max_columns)


def quote_text(body: Mapping[str, Any], max_columns: int) -> str:
    """Return the first words of a message in quotation marks."""
    from grokchat.render.cells import truncate

    line = " ".join(content_text(body.get("content"))[:_MAX_SCANNED_CHARS].split())
    return f"“{truncate(visible_line(line), max_columns)}”"
