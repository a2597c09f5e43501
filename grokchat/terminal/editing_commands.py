"""What the editing keys do, where prompt_toolkit's commands of these names differ from readline's or lose text.

Words are those of all scripts, not of ASCII alone; characters are grapheme clusters; consecutive kills are one entry of
the kill ring, and a kill of nothing leaves it alone; a change of case never grows over the text after the word.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.clipboard import ClipboardData
from prompt_toolkit.document import Document
from prompt_toolkit.key_binding import KeyPressEvent
from prompt_toolkit.key_binding.key_processor import KeyPress
from prompt_toolkit.keys import Keys

from grokchat.render.graphemes import next_boundary, previous_boundary
from grokchat.terminal.words import word_end, word_start

Command = Callable[[KeyPressEvent], None]
_LINE_END = re.compile(r"[ \t]*[\r\n]+[ \t]*")
Motion = Callable[[str, int], int]
"""Returns the position that a cursor in this text, at this position, moves to."""


def is_text(press: KeyPress) -> bool:
    """Return whether a key is a character that a message may contain, not a function key or a control character."""
    return not isinstance(press.key, Keys) and press.data >= " " and not "\x7f" <= press.data <= "\x9f"


def self_insert(event: KeyPressEvent) -> None:
    """Insert a character. Keys without a binding come here as well, and are swallowed."""
    if is_text(event.key_sequence[-1]):
        event.current_buffer.insert_text(event.data)


def insert_paste(event: KeyPressEvent) -> None:
    """Insert a paste into a field of one line: its line ends are blanks there."""
    event.current_buffer.insert_text(_LINE_END.sub(" ", event.data.strip("\r\n")))


def do_nothing(_: KeyPressEvent) -> None:
    """Swallow a key."""


def insert_tab(event: KeyPressEvent) -> None:
    """Insert a tab, the one character besides newline that needs a quoted insert."""
    event.current_buffer.insert_text("\t")


def move(motion: Motion) -> Command:
    """Return the command that moves the cursor."""

    def run(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        buffer.cursor_position = motion(buffer.text, buffer.cursor_position)

    return run


backward_char = move(previous_boundary)
forward_char = move(next_boundary)
backward_word = move(word_start)
forward_word = move(word_end)


def delete_char(event: KeyPressEvent) -> None:
    """Delete the character after the cursor."""
    event.current_buffer.delete()


def backward_delete_char(event: KeyPressEvent) -> None:
    """Delete the character before the cursor."""
    event.current_buffer.delete_before_cursor()


def delete_horizontal_space(event: KeyPressEvent) -> None:
    """Delete the blanks around the cursor."""
    buffer = event.current_buffer
    before, after = buffer.document.text_before_cursor.rstrip(" \t"), buffer.document.text_after_cursor.lstrip(" \t")
    buffer.document = Document(before + after, len(before))


def previous_line(event: KeyPressEvent) -> None:
    """Move up by a line of the message, then into the history: over a long line with one key."""
    event.current_buffer.auto_up()


def next_line(event: KeyPressEvent) -> None:
    """Move down by a line of the message, then into the history."""
    event.current_buffer.auto_down()


def transpose_chars(event: KeyPressEvent) -> None:
    """Swap the characters around the cursor and move over them; at a line's end, the two before it."""
    buffer = event.current_buffer
    text, at = buffer.text, buffer.cursor_position
    if at == 0 or text[at - 1] == "\n":
        return
    if at < len(text) and text[at] != "\n":
        buffer.cursor_position = next_boundary(text, at)
    if text[previous_boundary(text, previous_boundary(text, buffer.cursor_position))] != "\n":
        buffer.swap_characters_before_cursor()


def transpose_words(event: KeyPressEvent) -> None:
    """Swap the word before the cursor with the one after it; at the end, the last two. The cursor goes after them."""
    buffer = event.current_buffer
    text = buffer.text
    end = word_end(text, buffer.cursor_position)
    begin = word_start(text, end)
    first = word_start(text, begin)
    first_end = word_end(text, first)
    if first_end <= begin < word_end(text, begin):
        end = word_end(text, begin)
        swapped = text[begin:end] + text[first_end:begin] + text[first:first_end]
        buffer.document = Document(text[:first] + swapped + text[end:], end)


def change_word(change: Callable[[str], str]) -> Command:
    """Return the command that changes the rest of the word at the cursor, or the next one."""

    def run(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        text, at = buffer.text, buffer.cursor_position
        end = word_end(text, at)
        head = text[:at] + change(text[at:end])
        buffer.document = Document(head + text[end:], len(head))

    return run


def capitalize(text: str) -> str:
    """Return a text with its first letter in upper and the others in lower case."""
    at = next((at for at, char in enumerate(text) if char.isalnum()), 0)
    return text[:at] + text[at : at + 1].upper() + text[at + 1 :].lower()


class Kills:
    """The commands that delete into the clipboard, whose entries are the kill ring."""

    def __init__(self) -> None:
        self._buffer: Buffer | None = None
        self._keys: list[KeyPress] = []
        """The buffer and the keys of the last kill. If these were pressed just before the next one, that joins it."""

    def kill(self, motion: Motion) -> Command:
        """Return the command that deletes what lies between the cursor and where the motion leads."""

        def run(event: KeyPressEvent) -> None:
            buffer = event.current_buffer
            text, at = buffer.text, buffer.cursor_position
            to = motion(text, at)
            start, end = min(at, to), max(at, to)
            killed, newest = text[start:end], event.app.clipboard.get_data()
            is_joined = self._buffer is buffer and self._keys is event.previous_key_sequence
            if is_joined or killed:
                self._buffer, self._keys = buffer, event.key_sequence
            if is_joined:
                newest.text = killed + newest.text if to < at else newest.text + killed
            elif killed:
                event.app.clipboard.set_data(ClipboardData(killed))
            buffer.document = Document(text[:start] + text[end:], start)

        return run


def to_line_end(text: str, at: int) -> int:
    """Return the end of the line, or after it if the cursor is already there (`kill-line`)."""
    end = text.find("\n", at)
    return len(text) if end < 0 else max(end, at + 1)


def to_line_start(text: str, at: int) -> int:
    """Return the beginning of the line, or before it if the cursor is already there (`unix-line-discard`)."""
    return max(0, min(text.rfind("\n", 0, at) + 1, at - 1))
