"""A reply of unique, numbered words, so that a screen tells what went wrong, and its arrival in pieces."""

from __future__ import annotations

import itertools
import random
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fake_api import Answer, chunk, frames, reply_frames

WORD = re.compile(r"w\d{4}[y\u0080-\U0001ffff]*x")
"""At least six cells, and whole only with its last character; between them, characters of any width."""
HEADS = ("Ka", "Kb", "Kc")
# Space, the empty cell (NUL) before a wide character that did not fit a row, what only decorates, and Markdown that is
# not decided yet. What is left tells one text from another.
_SQUEEZED = re.compile(r"[\s\0▌•·…\u2500-\u257f\u25a0-\u25ff*`#|_:-]+")


def write_config(home: Path) -> None:
    """Have nothing but the reply stand on the screen between the message and the prompt."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "config.toml").write_text("reply_footer = false\n", encoding="utf-8")


def squeezed(text: str) -> str:
    return _SQUEEZED.sub("", text)


@dataclass
class Reply:
    """A reply in Markdown. `words` are all its words, and `block` says in which block each is."""

    chance: random.Random
    source: str = ""
    words: list[str] = field(default_factory=list)
    block: list[int] = field(default_factory=list)
    expected: list[tuple[str, ...]] = field(default_factory=list)
    """What the screen shows in the end, squeezed, piece by piece; a table has two forms."""

    def __post_init__(self) -> None:
        kinds, more = self._kinds()
        self.chance.shuffle(kinds)
        self.chance.shuffle(more)
        self._blocks = 0
        for kind in [self._paragraph, *kinds, self._paragraph, *more]:  # two lists together would be one
            self.source += ("\n\n" if self.source else "") + kind()
            self._blocks += 1

    def _kinds(self) -> tuple[list[Callable[[], str]], list[Callable[[], str]]]:
        """Return the kinds of blocks that the reply has, in any order, before the paragraph in its middle and after."""
        kinds = [self._paragraph, self._list, self._code, self._quote, self._table, self._heading]
        return kinds, [self._list, self._table, self._long]

    def _padding(self, paddings: Sequence[int]) -> str:
        return "y" * self.chance.choice(paddings)

    def _word(self, paddings: Sequence[int] = (0, 0, 1, 3, 8)) -> str:
        word = f"w{len(self.words) + 1:04}{self._padding(paddings)}x"
        self.words.append(word)
        self.block.append(self._blocks)
        self.expected.append((word,))
        return word

    def _some(self, count: int) -> str:
        words = [self._word() for _ in range(count)]
        for mark in ("**", "`"):
            if self.chance.random() < 0.4:
                at = self.chance.randrange(count)
                words[at] = f"{mark}{words[at]}{mark}"
        return " ".join(words)

    def _paragraph(self) -> str:
        return self._some(self.chance.choice([1, 5, 15, 40]))

    def _long(self) -> str:
        return self._some(1500 // 10)

    def _heading(self) -> str:
        return f"{'#' * self.chance.randint(1, 3)} {self._some(self.chance.randint(1, 12))}"

    def _quote(self) -> str:
        return "\n".join(f"> {self._some(self.chance.choice([2, 14]))}" for _ in range(3))

    def _code(self) -> str:
        lines = ["    " * self.chance.randint(0, 1) + self._plain(self.chance.choice([1, 3, 12])) for _ in range(9)]
        return "\n".join(["```python", *lines, "```"])

    def _plain(self, count: int) -> str:
        return " ".join(self._word() for _ in range(count))

    def _list(self) -> str:
        lines = []
        for number in range(1, self.chance.randint(4, 7)):
            self.expected.append((f"{number}.",))
            lines.append(f"{number}. {self._some(self.chance.choice([1, 4, 20]))}")
            lines += [f"   - {self._some(self.chance.choice([1, 6]))}" for _ in range(self.chance.randint(0, 2))]
        return "\n".join(lines)

    def _table(self) -> str:
        columns = self.chance.randint(2, 3)
        heads = HEADS[:columns]
        rows = []
        before = self.expected
        self.expected = []
        as_records = ""
        for _ in range(self.chance.randint(2, 9)):
            # One short word a cell, so that none is broken; the last cell, behind which nothing stands, may have more.
            cells = [self._word((0,)) for _ in heads[1:]]
            cells.append(" ".join(self._word((0,)) for _ in range(self.chance.choice([1, 2, 7]))))
            as_records += "".join(f"{head}{squeezed(cell)}" for head, cell in zip(heads, cells, strict=True))
            rows.append(f"| {' | '.join(cells)} |")
        as_table = "".join(heads) + "".join(piece for (piece,) in self.expected)
        self.expected = [*before, (as_table, as_records)]
        return "\n".join([f"| {' | '.join(heads)} |", "|---" * columns + "|", *rows])

    def forms(self) -> list[str]:
        """Return the texts that the reply may have in the end, squeezed."""
        return ["".join(pieces) for pieces in itertools.product(*self.expected)]


class Stream:
    """An answer that arrives in small pieces, as fast as the test wants."""

    def __init__(self, reply: Reply) -> None:
        texts, left = [], reply.source
        while left:
            size = reply.chance.choice([1, 3, 5, 8, 12])
            texts.append(left[:size])
            left = left[size:]
        self._gates = [threading.Event() for _ in texts]
        parts = [frames(chunk({"content": text}), done=False) for text in texts]
        self.answer = Answer([*itertools.chain(*zip(self._gates, parts, strict=True)), reply_frames()])
        self._pieces = reply.chance.choices([1, 2, 12, 30], [16, 4, 1, 1], k=len(texts))
        self._flowing = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_over(self) -> bool:
        """Whether all of it has been released."""
        return self._gates[-1].is_set()

    @property
    def pieces(self) -> int:
        """How many pieces it has."""
        return len(self._gates)

    def part(self, share: float) -> None:
        """Release it up to this share of the whole."""
        for gate in self._gates[: round(share * len(self._gates))]:
            gate.set()

    @contextmanager
    def flowing(self, seconds: float) -> Iterator[None]:
        """Release it steadily, so that the whole takes this long."""
        self._flowing.set()
        self._thread = threading.Thread(target=self._flow, args=(seconds / len(self._gates),))
        self._thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            self._flowing.set()
            self._thread.join()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Release nothing meanwhile."""
        self._flowing.clear()
        try:
            yield
        finally:
            self._flowing.set()

    def _flow(self, interval: float) -> None:
        gates = iter(self._gates)
        for pieces in self._pieces:
            several = list(itertools.islice(gates, pieces))
            self._flowing.wait()
            if not several or self._stopped.wait(interval * len(several)):
                return
            for gate in several:
                gate.set()
