"""The overview of all commands that /help shows: groups of rows, each a few commands and what they are for.

`commands/registry` has the commands in full. A test holds the two together: each command is in one row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TypeVar

from grokchat.commands.names import Named
from grokchat.records import record

C = TypeVar("C", bound=Named)


@record
class CommandGroup:
    """Commands for one purpose: rows of commands that go together, with the most useful form, and their meaning."""

    title: str
    rows: tuple[tuple[str, str], ...]

    def commands(self, by_name: Mapping[str, C]) -> Iterable[C]:
        """Return the group's commands, in order."""
        return (by_name[name] for forms, _ in self.rows for name in re.findall(r"/([a-z-]+)", forms))


GROUPS = (
    CommandGroup(
        "Ask",
        (
            ("/retry [-m ID]", "get another reply"),
            ("/continue", "finish a cut reply"),
            ("/alt [K]", "pick another reply"),
            ("/file /paste", "attach files, images"),
            ("/run COMMAND", "attach its output"),
            ("/quote N", "quote a message"),
        ),
    ),
    CommandGroup(
        "Edit the list",
        (
            ("/history /show", "list, show in full"),
            ("/context", "where tokens go"),
            ("/edit [N]", "change, ask again"),
            ("/delete /move", "remove, reorder"),
            ("/mute /unmute", "keep, but don't send"),
            ("/compact", "sum up old messages"),
            ("/system /use", "add instructions"),
            ("/insert ROLE", "add any message"),
            ("/undo /redo", "step through changes"),
        ),
    ),
    CommandGroup(
        "Sessions",
        (
            ("/new /fork", "start anew, branch"),
            ("/resume /name", "open one, name this"),
            ("/sessions", "list or search all"),
            ("/help /quit", "this page, leave"),
        ),
    ),
    CommandGroup(
        "Settings",
        (
            ("/model /models", "choose, see prices"),
            ("/search [all]", "look things up"),
            ("/set /unset", "settings, parameters"),
            ("/usage", "tokens and cost"),
            ("/login /logout", "the API key"),
        ),
    ),
    CommandGroup(
        "In and out",
        (
            ("/copy [code]", "to the clipboard"),
            ("/write /save", "save reply, session"),
            ("/export FORMAT", "Markdown, curl, ..."),
            ("/request", "the exact JSON"),
        ),
    ),
)
