"""What terminals differ about when they count cells, and the choice for the terminal in use.

No two of them have the same tables: a spacing mark of Hindi has a cell in VTE and none in kitty, a family of emoji has
two in tmux and eight in xterm. `Widths` has a number for each such class of text. The terminal itself says the numbers
(`terminal/width_answers`), or the table of terminals (`terminal/terminals`), or they are the defaults: those of most.

The choice is one for the process, because text is laid out everywhere, for one screen.
"""

from __future__ import annotations

from collections.abc import Callable

from grokchat.records import record


@record
class Widths:
    """The cells of each class of text. The defaults are those of most terminals, for emoji of most newer ones."""

    spacing_mark: int = 1
    """A combining mark of category Mc: the vowel sign in कि."""
    extending_mark: int = 1
    """A spacing mark that Unicode has as extending a cluster (Other_Grapheme_Extend): the vowel sign in கா."""
    stacked_mark: int = 1
    """A spacing mark after another mark: the last sign in বাং."""
    myanmar_mark: int = 1
    """A spacing mark of Burmese that begins a cluster of its own for Unicode: မာ."""
    voiced_mark: int = 1
    """The halfwidth sound marks of Katakana: ｶﾞ."""
    sara_am: int = 1
    """The vowel AM of Thai and Lao: กำ."""
    conjunct: int = 1
    """A letter that a virama joins to the letter before it: क्ष."""
    vowel_part: int = 0
    """A vowel or final letter of a Korean syllable in parts (U+1160 to U+11FF)."""
    ambiguous: int = 1
    """A character that is wide in East Asian fonts (UAX #11, class A): a user's setting."""
    prepended_sign: int = 0
    """A sign before Arabic numbers: U+0600 to U+0605."""
    circled_number: int = 1
    """A number in a circle on black squares: U+3248 to U+324F."""
    trigram: int = 2
    """What Unicode 16 made wide: U+2630, and counting rods."""
    hexagram: int = 2
    """What Unicode 16 made wide, and glibc before: U+4DC0 to U+4DFF."""
    emoji_15: int = 2
    """An emoji of Unicode 15 (2022)."""
    emoji_16: int = 2
    """An emoji of Unicode 16 or 17 (2024, 2025)."""
    skin_tone: int = 0
    """A skin tone after an emoji."""
    hand_sign: int = 1
    """A person or hand that can have a skin tone and is text without U+FE0F: ☝."""
    emoji_style: int = 1
    """What U+FE0F adds to a character of one cell."""
    text_style: int = 0
    """What U+FE0E adds to an emoji of two cells: -1 or nothing."""
    joins_emoji: bool = True
    """Whether emoji after a joiner take no cells of their own."""
    joins_letters: bool = False
    """Whether also letters after a joiner take none: in tmux."""
    direction_mark: int = 0
    """A left-to-right mark (U+200E)."""
    unknown_mark: int = 0
    """A combining mark that an old table does not have: in GNU screen, also of Burmese and Arabic."""

    is_measured: bool = False
    """Whether the terminal in use has said these numbers itself, so that they bound the widths too."""

    @property
    def has_plain_marks(self) -> bool:
        """Whether the width of a letter or a mark does not depend on the characters before it."""
        return self.conjunct == 1 and self.stacked_mark >= self.spacing_mark


class _InUse:
    def __init__(self) -> None:
        self.widths = Widths()
        self.caches: list[Callable[[], object]] = []


_in_use = _InUse()


def widths() -> Widths:
    """Return the widths of the terminal in use."""
    return _in_use.widths


def use_widths(chosen: Widths) -> bool:
    """Lay text out by these widths from now on; return whether they differ from those before."""
    if chosen == _in_use.widths:
        return False
    _in_use.widths = chosen
    for forget in _in_use.caches:
        forget()
    return True


def on_new_widths(forget: Callable[[], object]) -> None:
    """Have a cache emptied whenever the widths change."""
    _in_use.caches.append(forget)
