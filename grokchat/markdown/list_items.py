"""List items: their numbers, and which lines belong to them although CommonMark ends them there.

An item's number is the source's. Only a number that is written again counts up, as `1.` before every item does.

What is indented by three columns belongs to a numbered item also if its marker is wider, as `10.` is: models indent
like that below every number. CommonMark (0.31, section 5.2) demands the marker's width; with four columns it has
indented code there, and so has this, unless it is an item.
"""

from __future__ import annotations

import re

from grokchat.markdown.cursor import Cursor
from grokchat.markdown.nodes import Container, OpenList

ITEM_MARKER = re.compile(r"[-+*]|(\d{1,9})([.)])")
RULE = re.compile(r"(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})$")
UNDERLINE = re.compile(r"(?:=+|-+)[ \t]*$")

_ENOUGH_INDENT = 3
"""The columns by which the content of a numbered item has to be indented; the marker itself takes as many, or more."""


def item_number(siblings: OpenList, number: int) -> tuple[int, bool]:
    """Return the number to show for the next item of a list, and whether it skips some; remember it in the list.

    A number that repeats the one before it counts up. One that does not go beyond what has been counted (1, 1, 2)
    continues the count.
    """
    last, siblings.source_number = siblings.source_number, number
    following = number if last is None else siblings.last_number + 1
    is_counted = last is not None and last <= number < following
    siblings.last_number = following if is_counted else number
    return siblings.last_number, siblings.last_number != following


def is_content_of_item(item: Container, cursor: Cursor) -> bool:
    """Return whether a line that is not blank belongs to an item, and in a numbered one be content with less indent."""
    if cursor.indent >= item.content_indent:
        return True
    is_wide = len(item.marker) >= _ENOUGH_INDENT and not item.marker_indent
    if not is_wide or cursor.indent < _ENOUGH_INDENT or (cursor.indent > _ENOUGH_INDENT and not _is_item(cursor)):
        return False
    if RULE.match(cursor.rest) or UNDERLINE.match(cursor.rest) or _is_next_item(item, cursor):
        return False
    item.content_indent = cursor.indent  # of the lines that follow, too: of code in a fence
    return True


def _is_item(cursor: Cursor) -> bool:
    marker = ITEM_MARKER.match(cursor.rest)
    return marker is not None and cursor.rest[marker.end() : marker.end() + 1] in {" ", "\t"}


def _is_next_item(item: Container, cursor: Cursor) -> bool:
    """Return whether a line begins the item after this one, in a list whose markers are not aligned."""
    marker = ITEM_MARKER.match(cursor.rest)
    has_list = item.open_list is not None and item.open_list.marker_type == item.marker[-1]
    return marker is not None and marker[0] == f"{int(item.marker[:-1]) + 1}{item.marker[-1]}" and not has_list
