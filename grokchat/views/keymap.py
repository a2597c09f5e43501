"""The keys of the prompt, for the help, the manual page and the README."""

from __future__ import annotations

from grokchat.records import record


@record
class Key:
    """What a key does. `sequences` are the key sequences that are bound to it, in prompt_toolkit's names."""

    shown: str
    effect: str
    sequences: tuple[tuple[str, ...], ...] = ()


KEYS = (
    Key(
        "Enter",
        "send; while a reply streams: queue, to be sent next; on an empty line: send the held queue",
        (("enter",),),
    ),
    Key(
        "Shift-Enter, Ctrl-J",
        "a new line in the message (also Alt-Enter and Ctrl-Enter); a pasted text of many lines is one message",
        (("escape", "enter"), ("c-j",)),
    ),
    Key("/", "at the beginning: the menu of commands (Up and Down select, Tab completes, Enter takes, Esc closes)"),
    Key("@", "at a word's beginning: the menu of files; the file is attached when the message is sent"),
    Key("Right, End", "at the line's end: take the suggestion from the history; Alt-Right a word of it"),
    Key(
        "Tab",
        "complete commands, their arguments, paths, models, sessions; in the menu Shift-Tab goes up",
        (("c-i",), ("s-tab",)),
    ),
    Key(
        "Up, Down",
        "on an empty line: edit what was queued last; else through the rows of the line, then through earlier lines",
        (("up",), ("down",), ("s-up",), ("s-down",)),
    ),
    Key(
        "Ctrl-R, Ctrl-S",
        "search earlier lines, of all sessions; Enter takes the match into the line, Esc goes back",
        (("c-r",), ("c-s",)),
    ),
    Key("Ctrl-X Ctrl-E, Ctrl-G", "write in $VISUAL or $EDITOR", (("c-x", "c-e"), ("c-g",))),
    Key(
        "Ctrl-C",
        "stop the reply and hold the queue; else clear the line; else drop the queue (Up brings it back)",
        (("c-c",), ("<sigint>",)),
    ),
    Key("Esc", "on an empty line: stop the reply and hold the queue", (("escape",),)),
    Key(
        "Ctrl-D",
        "on an empty line: leave at once (the second time, with exit 4, if the conversation could not be saved); "
        "queued messages are kept in the session, unanswered (/quit waits its turn)",
        (("c-d",),),
    ),
    Key("Ctrl-Z", "suspend (fg comes back)", (("c-z",),)),
    Key("Ctrl-L", "clear the screen, unless a question is open", (("c-l",),)),
)
"""The keys that do more than edit the line."""


def _alt(key: str) -> tuple[str, str]:
    return ("escape", key)


EDITING_KEYS = (
    Key(
        "Left, Right, Ctrl-B, Ctrl-F",
        "by a character",
        (("left",), ("right",), ("s-left",), ("s-right",), ("c-b",), ("c-f",)),
    ),
    Key(
        "Ctrl-Left, Ctrl-Right, Alt-B, Alt-F",
        "by a word",
        (
            *(("c-left",), ("c-right",), ("c-s-left",), ("c-s-right",), _alt("b"), _alt("f")),
            *(_alt("left"), _alt("right"), _alt("c-left"), _alt("c-right")),
        ),
    ),
    Key(
        "Home, End, Ctrl-A, Ctrl-E",
        "to the beginning or the end of the line",
        (("home",), ("end",), ("s-home",), ("s-end",), ("c-a",), ("c-e",)),
    ),
    Key(
        "Ctrl-Home, Ctrl-End",
        "to the beginning or the end of the message",
        (("c-home",), ("c-end",), ("c-s-home",), ("c-s-end",)),
    ),
    Key("Ctrl-P, Ctrl-N", "by a line of the message, then through earlier lines", (("c-p",), ("c-n",))),
    Key("PageUp, PageDown", "to the earlier or later line at once", (("pageup",), ("pagedown",))),
    Key("Alt-<, Alt->", "to the first and the last of the earlier lines", (_alt("<"), _alt(">"))),
    Key("Backspace, Delete", "delete a character", (("c-h",), ("delete",), ("s-delete",))),
    Key("Ctrl-W", "delete back to a blank", (("c-w",),)),
    Key(
        "Alt-Backspace, Alt-D",
        "delete a word before or after the cursor",
        (_alt("c-h"), _alt("d"), _alt("delete"), ("c-delete",)),
    ),
    Key("Ctrl-U, Ctrl-K", "delete to the beginning or the end of the line", (("c-u",), ("c-k",))),
    Key("Ctrl-Y, Alt-Y", "insert what was deleted last, then what was deleted before", (("c-y",), _alt("y"))),
    Key(
        "Alt-., Alt-Ctrl-Y",
        "insert the last or the second word of the line before",
        (_alt("."), _alt("_"), _alt("c-y")),
    ),
    Key("Ctrl-T, Alt-T", "swap two characters or two words", (("c-t",), _alt("t"))),
    Key("Alt-U, Alt-L, Alt-C", "upper case, lower case, capital letter for a word", (_alt("u"), _alt("l"), _alt("c"))),
    Key("Alt-\\", "delete the blanks around the cursor", (_alt("\\"),)),
    Key("Ctrl-_, Ctrl-X Ctrl-U", "undo a change of the line", (("c-_",), ("c-x", "c-u"))),
    Key("Ctrl-V Tab, Ctrl-Q Tab", "insert a tab", (("c-v", "c-i"), ("c-q", "c-i"))),
)
"""The keys that edit the line, as in readline. Others are swallowed."""
