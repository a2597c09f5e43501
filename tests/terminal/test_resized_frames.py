"""Frames that a terminal draws after its window has changed: no final line is lost, doubled or broken, no row stale."""

from __future__ import annotations

import random

import pytest
from resizing_terminal import ResizingTerminal

from grokchat.terminal.frame_acks import FrameAcks
from grokchat.terminal.live_region import Region
from grokchat.terminal.queries import SIZE_QUERY
from grokchat.terminal.terminals import TERMINALS

KINDS = {kind.name: kind for kind in TERMINALS}
BEHAVIOR = {
    "vte": {"drops_below": True, "pulls_history": True},
    "alacritty": {"drops_below": True, "pulls_history": True, "keeps_deleted": True},
    "kitty": {"displaces_cursor": True},
    "rxvt-unicode": {"pulls_history": True},
    "xterm": {"reflows": False, "pulls_history": True},
}


class Chat:
    """A reply that streams into a region, and the terminal, which reads what is written some time later."""

    def __init__(self, chance: random.Random, name: str) -> None:
        self.chance = chance
        self.terminal = ResizingTerminal(60, 24, **BEHAVIOR[name])
        self.asks = KINDS[name].answers_size
        self.region, self.acks = Region(KINDS[name]), FrameAcks()
        if self.asks:
            self.acks.enable()
        self.written: list[str] = []
        self.final: list[str] = []
        """Every line that was made final."""
        self.unwritten: list[str] = []
        self.live = ["live 0"]
        self.rows: list[str] = []
        self.draft = "> "
        self.size = (60, 24)
        """The size that the region was drawn for."""
        self.count = 0

    def stream(self) -> None:
        """Let something of the reply arrive."""
        for _ in range(self.chance.choice([0, 1, 1, 1, 2, 4])):
            self.count += 1
            self.live[-1] += f" w{self.count}" + "y" * self.chance.choice([0, 3, 20])
            if self.chance.random() < 0.4 or len(self.live[-1]) > self.size[0] - 24:
                self.live.append(f"live {self.count}")
        done = len(self.live) - self.chance.randint(1, 4)
        if done > 0:
            self.unwritten += self.live[:done]
            self.final += self.live[:done]
            del self.live[:done]
        if self.chance.random() < 0.1:
            self.draft += "d"

    def draw(self) -> None:
        """Write a frame, if nothing is in the way; a new size counts as final at once."""
        if self.acks.state == "waiting":
            return
        size = (self.terminal.columns, self.terminal.height)
        erasing = ""
        if size != self.size:
            frame = self.region.erase_frames(self.acks.drawn, self.acks.drawings, size, [*self.acks.printed])
            self.unwritten[:0] = self.acks.restart(frame)
            erasing, self.size = frame.text, size
        live = [row[: size[0]] for row in self.live][-5:]
        chrome = [self.draft, "status " + "s" * self.chance.choice([3, 30])]
        if self.chance.random() < 0.1:
            chrome.append("menu")
        lines, self.unwritten = self.unwritten[:6], self.unwritten[6:]
        self.rows = [*live, "", *chrome]
        cursor = (len(live) + 1, len(self.draft))
        frame = self.region.compose_frame(lines, self.rows, cursor, size, SIZE_QUERY if self.asks else "")
        self.acks.send(frame)
        if erasing + frame.text:
            self.written.append(erasing + frame.text)

    def read(self) -> None:
        """Have the terminal draw what was written first, and the program read its answers."""
        if self.written:
            self.terminal.feed(self.written.pop(0))
        for answer in self.terminal.answers:
            if not self.acks.acknowledge(answer):
                self.size = (0, 0)
        self.terminal.answers.clear()

    def resize(self, *, width: bool, height: bool) -> None:
        columns, rows = self.terminal.columns, self.terminal.height
        if self.chance.random() < 0.5:  # a step of a drag
            columns, rows = columns + self.chance.randint(-2, 2), rows + self.chance.randint(-2, 2)
        else:
            columns, rows = self.chance.randint(44, 66), self.chance.randint(21, 30)
        columns = min(66, max(44, columns)) if width else self.terminal.columns
        self.terminal.resize(columns, min(30, max(21, rows)) if height else self.terminal.height)

    def settle(self) -> None:
        """Let everything be drawn."""
        for _ in range(200):
            self.draw()
            while self.written:
                self.read()
        assert not self.unwritten


def run(seed: int, name: str, *, width: bool, height: bool) -> None:
    chat = Chat(random.Random(seed), name)
    for _ in range(chat.chance.randint(5, 60)):
        chat.stream()
        for _ in range(chat.chance.randint(1, 4)):
            what = chat.chance.random()
            if what < 0.25:
                chat.resize(width=width, height=height)
            elif what < 0.6:
                chat.draw()
            else:
                chat.read()
    chat.settle()
    expected = "\n".join([*chat.final, *chat.rows]).rstrip().split("\n")
    assert chat.terminal.lines() == [line.rstrip() for line in expected]


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("name", ["vte", "alacritty", "kitty", "rxvt-unicode"])
def test_frames_that_are_drawn_after_a_resize_leave_nothing_stale_doubled_or_missing(name, seed):
    run(seed, name, width=True, height=True)


@pytest.mark.parametrize("seed", range(40))
def test_a_terminal_that_does_not_answer_keeps_every_line_when_its_height_changes(seed):
    run(seed, "xterm", width=False, height=True)
