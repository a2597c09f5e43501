r"""The terminal's own widths: sample texts, each followed by the question where the cursor is (DSR, `CSI 6 n`).

The samples are written at the beginning of an empty row, concealed (SGR 8), and erased, in the write that draws the
first frame: nothing of them is ever seen. The answers, `CSI row ; column R`, arrive like keys, and their number and
order say which is which. `CSI 1;2R` is also Shift-F3 in some terminals. So only as many count as were asked for, before
the answer to the device attributes, which are asked for afterwards (`queries.BACKGROUND_QUERY`); if there is one more
or less, or an answer makes no sense, none counts.

Each sample is a letter with what terminals differ about after it. wcwidth's own `blessed` and ucs-detect measure in
the same way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from grokchat.render.widths import Widths

if TYPE_CHECKING:
    from grokchat.terminal.input_tokens import Sequence as InputSequence

SAMPLES: Sequence[tuple[str, str, int]] = (
    ("spacing_mark", "\u0915\u093f", 1),
    ("extending_mark", "\u0b95\u0bbe", 1),
    ("stacked_mark", "\u0915\u0940\u0903", 1),
    ("myanmar_mark", "\u1019\u102c", 1),
    ("voiced_mark", "\uff76\uff9e", 1),
    ("sara_am", "\u0e01\u0e33", 1),
    ("conjunct", "\u0915\u094d\u0937", 1),
    ("vowel_part", "\u1112\u1161", 2),
    ("ambiguous", "\u00b1", 0),
    ("prepended_sign", "a\u0601", 1),
    ("circled_number", "\u3248", 0),
    ("trigram", "\u2630", 0),
    ("hexagram", "\u4dc0", 0),
    ("emoji_15", "\U0001fae8", 0),
    ("emoji_16", "\U0001fae9", 0),
    ("skin_tone", "\U0001f44d\U0001f3fd", 2),
    ("hand_sign", "\u261d", 0),
    ("emoji_style", "\u2764\ufe0f", 1),
    ("text_style", "\u231a\ufe0e", 2),
    ("joins_emoji", "\U0001f469\u200d\U0001f4bb", 2),
    ("joins_letters", "\u0915\u094d\u200d\u0937", 1),
    ("unknown_mark", "\u1014\u103a", 1),
    ("direction_mark", "a\u200e", 1),
)
"""For each field of `Widths` a text, and the cells of its part that all terminals agree on."""
MIN_COLUMNS = 12
"""Below it, nothing is asked: no sample may reach the right edge."""

_POSITION = re.compile(r"(\d{1,4});(\d{1,4})")
_MOST_CELLS = 2
"""A field is a number of cells, from -1 to this."""


class WidthAnswers:
    """Reads the answers; without I/O and without a clock."""

    def __init__(self) -> None:
        self.widths: Widths | None = None
        """The terminal's widths, once it has said all of them."""
        self.on_widths: Callable[[Widths], object] = lambda _: None
        """Called with the widths, once."""
        self._was_asked = self._is_pending = False
        self._positions: list[tuple[int, int]] = []

    def ask_once(self) -> str:
        """Expect answers from now on, and return the text to write at the beginning of an empty row.

        Nothing is asked a second time: the text is empty then.
        """
        if self._was_asked:
            return ""
        self._was_asked = self._is_pending = True
        samples = "".join(f"\r{text}\x1b[6n" for _, text, _ in SAMPLES)
        return f"\x1b[?25l\x1b[8m{samples}\x1b[m\r\x1b[K\x1b[?25h"

    def handle(self, sequence: InputSequence) -> bool:
        """Read an answer; return whether the sequence is one. The device attributes, which end the wait, are not."""
        if not self._is_pending or sequence.kind != "CSI" or sequence.intermediates:
            return False
        if sequence.final == "c" and sequence.parameters.startswith("?"):
            self._is_pending = False
            self.widths = _widths(self._positions)
            if self.widths is not None:
                self.on_widths(self.widths)
            return False
        position = _POSITION.fullmatch(sequence.parameters) if sequence.final == "R" else None
        if position is None:
            return False
        self._positions.append((int(position[1]), int(position[2])))
        return True


def _widths(positions: Sequence[tuple[int, int]]) -> Widths | None:
    """Return what the cursor's positions after the samples say; None if they cannot be the answers."""
    if len(positions) != len(SAMPLES) or len({row for row, _ in positions}) != 1:
        return None
    cells = {field: column - 1 - agreed for (field, _, agreed), (_, column) in zip(SAMPLES, positions, strict=True)}
    cells["stacked_mark"] -= cells["spacing_mark"]
    if not all(-1 <= value <= _MOST_CELLS for value in cells.values()):
        return None
    joins = {name: cells.pop(name) == 0 for name in ("joins_emoji", "joins_letters")}
    text_style = min(0, cells.pop("text_style"))
    numbers: dict[str, Any] = {name: max(0, value) for name, value in cells.items()}
    return Widths(**numbers, **joins, text_style=text_style, is_measured=True)
