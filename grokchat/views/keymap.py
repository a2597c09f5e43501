"""The keys of the prompt, for the help, the manual page and the README."""

from __future__ import annotations

from grokchat.records import record


@record
class Key:
    """What a key does. `sequences` are the key sequences that the prompt itself binds (in prompt_toolkit's names)."""

    shown: str
    effect: str
    sequences: tuple[tuple[str, ...], ...] = ()


KEYS = (
    Key("Enter", "send; while a reply streams: queue, to be sent next", (("enter",),)),
    Key(
        "Alt-Enter, Ctrl-J",
        "a new line in the message; a pasted text of many lines is one message as it is",
        (("escape", "enter"), ("c-j",)),
    ),
    Key("Tab", "complete commands, their arguments, paths, models, sessions"),
    Key("Up, Ctrl-R", "what was typed before, in all sessions"),
    Key("Ctrl-X Ctrl-E", "write in $VISUAL or $EDITOR", (("c-x", "c-e"),)),
    Key(
        "Ctrl-C",
        "stop the reply and keep what came; with text in the line: clear it (Up brings it back)",
        (("c-c",), ("<sigint>",)),
    ),
    Key(
        "Ctrl-D",
        "on an empty line: leave at once (the second time, with exit 4, if the conversation could not be saved); "
        "queued messages are kept in the session, unanswered (/quit waits its turn)",
        (("c-d",),),
    ),
    Key("Ctrl-Z", "suspend (fg comes back)", (("c-z",),)),
)
