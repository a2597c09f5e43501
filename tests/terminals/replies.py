"""Replies for real terminals: as in the tests of resizes, and besides formulas and characters of two cells or none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from numbered_reply import Reply

FILLINGS = ("漢字", "かな", "한국", "表示幅", "é", "\U0001f600", "жд", "λμ")
"""What a word may have in its middle. Nothing that a terminal composes or drops: scripts.py has that."""


@dataclass
class WideReply(Reply):
    """A reply with everything that a day's replies have."""

    def _kinds(self) -> tuple[list[Callable[[], str]], list[Callable[[], str]]]:
        kinds, more = super()._kinds()
        return [*kinds, self._formula], [*more, self._wide, self._formula]

    def _padding(self, paddings: Sequence[int]) -> str:
        if len(paddings) > 1 and self.chance.random() < 0.1:
            return self.chance.choice(FILLINGS)
        return super()._padding(paddings)

    def _wide(self) -> str:
        """Return a paragraph in which nearly every word is wide."""
        words = []
        for _ in range(30):
            filling = "".join(self.chance.choices(FILLINGS, k=self.chance.randint(1, 3)))
            words.append(f"w{len(self.words) + 1:04}{filling}x")
            self.words.append(words[-1])
            self.block.append(self._blocks)
            self.expected.append((words[-1],))
        return " ".join(words)

    def _formula(self) -> str:
        """Return a formula on lines of its own, which is shown with Unicode's characters."""
        first = self._word((0,))
        self.expected.append(("≤",))
        second = self._word((0,))
        self.expected.append(("+α²",))
        return f"$$\n\\text{{{first}}} \\le {second} + \\alpha^2\n$$"
