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
        "send; while a reply streams, queue to be sent next; on an empty line, send the held queue",
        (("enter",),),
    ),
    Key(
        "Shift-Enter, Ctrl-J",
        "start a new line (also Alt-Enter and Ctrl-Enter); pasted lines stay one message",
        (("escape", "enter"), ("c-j",)),
    ),
    Key("/", "at the beginning: open the menu of commands; Up and Down select, Tab completes, Enter runs, Esc closes"),
    Key("@", "at the beginning of a word: open the menu of files; the file is attached when you send"),
    Key("Right, End", "at the end of the line: accept the suggestion; Alt-Right accepts a word of it"),
    Key(
        "Tab",
        "complete commands, arguments, paths, models and sessions; Shift-Tab goes up in the menu",
        (("c-i",), ("s-tab",)),
    ),
    Key(
        "Up, Down",
        "on an empty line, edit what was queued last; else move by a row, then through the history",
        (("up",), ("down",), ("s-up",), ("s-down",)),
    ),
    Key(
        "Ctrl-R, Ctrl-S",
        "search the history of all sessions; Enter takes the match, Esc cancels",
        (("c-r",), ("c-s",)),
    ),
    Key("Ctrl-X Ctrl-E, Ctrl-G", "edit the line in $VISUAL or $EDITOR", (("c-x", "c-e"), ("c-g",))),
    Key(
        "Ctrl-C",
        "stop the reply and hold the queue; else clear the line; else drop the queue (Up brings it back)",
        (("c-c",), ("<sigint>",)),
    ),
    Key("Esc", "on an empty line: stop the reply and hold the queue", (("escape",),)),
    Key(
        "Ctrl-D",
        "on an empty line: quit now (press it twice if the session could not be saved); queued messages are saved, "
        "not sent (/quit sends them first)",
        (("c-d",),),
    ),
    Key("Ctrl-Z", "suspend; fg continues", (("c-z",),)),
    Key("Ctrl-L", "clear the screen", (("c-l",),)),
)
"""The keys that do more than edit the line."""


def _alt(key: str) -> tuple[str, str]:
    return ("escape", key)


EDITING_KEYS = (
    Key(
        "Left, Right, Ctrl-B, Ctrl-F",
        "move by a character",
        (("left",), ("right",), ("s-left",), ("s-right",), ("c-b",), ("c-f",)),
    ),
    Key(
        "Ctrl-Left, Ctrl-Right, Alt-B, Alt-F",
        "move by a word",
        (
            *(("c-left",), ("c-right",), ("c-s-left",), ("c-s-right",), _alt("b"), _alt("f")),
            *(_alt("left"), _alt("right"), _alt("c-left"), _alt("c-right")),
        ),
    ),
    Key(
        "Home, End, Ctrl-A, Ctrl-E",
        "move to the beginning or end of the line",
        (("home",), ("end",), ("s-home",), ("s-end",), ("c-a",), ("c-e",)),
    ),
    Key(
        "Ctrl-Home, Ctrl-End",
        "move to the beginning or end of the message",
        (("c-home",), ("c-end",), ("c-s-home",), ("c-s-end",)),
    ),
    Key("Ctrl-P, Ctrl-N", "move by a line, then through the history", (("c-p",), ("c-n",))),
    Key("PageUp, PageDown", "previous or next line of the history", (("pageup",), ("pagedown",))),
    Key("Alt-<, Alt->", "first or last line of the history", (_alt("<"), _alt(">"))),
    Key("Backspace, Delete", "delete a character", (("c-h",), ("delete",), ("s-delete",))),
    Key("Ctrl-W", "delete back to a space", (("c-w",),)),
    Key(
        "Alt-Backspace, Alt-D",
        "delete the word before or after the cursor",
        (_alt("c-h"), _alt("d"), _alt("delete"), ("c-delete",)),
    ),
    Key("Ctrl-U, Ctrl-K", "delete to the beginning or end of the line", (("c-u",), ("c-k",))),
    Key("Ctrl-Y, Alt-Y", "insert the last deleted text, then earlier ones", (("c-y",), _alt("y"))),
    Key(
        "Alt-., Alt-Ctrl-Y",
        "insert the last or second word of the previous line",
        (_alt("."), _alt("_"), _alt("c-y")),
    ),
    Key("Ctrl-T, Alt-T", "swap two characters or two words", (("c-t",), _alt("t"))),
    Key("Alt-U, Alt-L, Alt-C", "make a word upper case, lower case, or capitalized", (_alt("u"), _alt("l"), _alt("c"))),
    Key("Alt-\\", "delete the spaces around the cursor", (_alt("\\"),)),
    Key("Ctrl-_, Ctrl-X Ctrl-U", "undo the last edit of the line", (("c-_",), ("c-x", "c-u"))),
    Key("Ctrl-V Tab, Ctrl-Q Tab", "insert a tab", (("c-v", "c-i"), ("c-q", "c-i"))),
)
"""The keys that edit the line, as in readline. Others are ignored."""
