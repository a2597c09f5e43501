"""A buffer whose cursor moves and deletes by grapheme clusters, whatever key or command moves it."""

from __future__ import annotations

from typing import Any

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document

from grokchat.render.graphemes import backspace_start, is_boundary, next_boundary, previous_boundary


class ClusterBuffer(Buffer):
    """prompt_toolkit's commands count code points. A position inside a cluster is corrected to one at its edge."""

    def __init__(self, **options: Any) -> None:
        self._last_position = 0
        super().__init__(**options)
        self.on_text_changed += self._leave_cluster
        self.on_cursor_position_changed += self._leave_cluster

    def cursor_left(self, count: int = 1) -> None:
        """Move by clusters, also to the line before."""
        for _ in range(count):
            self.cursor_position = previous_boundary(self.text, self.cursor_position)

    def cursor_right(self, count: int = 1) -> None:
        """Move by clusters, also to the next line."""
        for _ in range(count):
            self.cursor_position = next_boundary(self.text, self.cursor_position)

    def delete(self, count: int = 1) -> str:
        """Delete this many code points after the cursor, and the rest of the last cluster among them."""
        end = self.cursor_position + count
        if not is_boundary(self.text, end):
            end = next_boundary(self.text, previous_boundary(self.text, end))
        return super().delete(end - self.cursor_position)

    def delete_before_cursor(self, count: int = 1) -> str:
        """Delete what Backspace deletes, or more code points, with the rest of the first cluster among them."""
        at = self.cursor_position
        start = backspace_start(self.text, at) if count == 1 else max(0, at - count)
        if count > 1 and not is_boundary(self.text, start):
            start = previous_boundary(self.text, start)
        return super().delete_before_cursor(at - start)

    def insert_text(
        self, data: str, overwrite: bool = False, move_cursor: bool = True, fire_event: bool = True
    ) -> None:
        """Insert a text; `overwrite`: over as many clusters of the line as it has code points."""
        if overwrite:
            end = self.cursor_position
            for _ in data:
                if end < len(self.text) and self.text[end] != "\n":
                    end = next_boundary(self.text, end)
            super().delete(end - self.cursor_position)
        super().insert_text(data, False, move_cursor, fire_event)

    def swap_characters_before_cursor(self) -> None:
        text, at = self.text, self.cursor_position
        second = previous_boundary(text, at)
        first = previous_boundary(text, second)
        if first < second:
            self.document = Document(text[:first] + text[second:at] + text[first:second] + text[at:], at)

    def _leave_cluster(self, _: object) -> None:
        at, before = self.cursor_position, self._last_position
        if not is_boundary(self.text, at):
            start = previous_boundary(self.text, at)
            # A step to the right leaves a cluster at its end, and so does a cursor that a deletion left inside.
            # One that comes from farther away meets its beginning.
            at = next_boundary(self.text, start) if before in {start, at} else start
        self._last_position = at
        self.cursor_position = at
