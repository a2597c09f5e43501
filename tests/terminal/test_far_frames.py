"""Frames for a terminal that is not asked, as through ssh: they are drawn late, sizes are late, and no word is lost."""

from __future__ import annotations

import random
import re
from collections import deque

import pytest
from resizing_terminal import ResizingTerminal

from grokchat.terminal.frame_acks import FrameAcks
from grokchat.terminal.live_region import Region

DELAY_S = 0.2
"""How long a size must stay unchanged before everything is drawn again."""


class FarChat:
    """A reply that streams into a region, `far_s` seconds away from the window."""

    def __init__(self, seed: int, far_s: float) -> None:
        self.chance = random.Random(seed)
        self.far_s = far_s
        self.terminal = ResizingTerminal(60, 24, drops_below=True, pulls_history=True)
        self.region, self.acks = Region(), FrameAcks()
        self.now_s = 0.0
        self.texts: deque[tuple[float, str]] = deque()
        self.sizes: deque[tuple[float, tuple[int, int]]] = deque()
        """What is on its way, and when it arrives."""
        self.size = self.drawn_size = (60, 24)
        self.changed_s = -1.0
        self.final: list[str] = []
        self.unwritten: list[str] = []
        self.live = ["live 0"]
        self.count = 0

    def stream(self) -> None:
        for _ in range(self.chance.choice([0, 1, 1, 2, 4])):
            self.count += 1
            self.live[-1] += f" w{self.count}" + "y" * self.chance.choice([0, 3, 20]) + "x"
            if self.chance.random() < 0.4 or len(self.live[-1]) > self.drawn_size[0] - 24:
                self.live.append(f"live {self.count}")
        done = len(self.live) - self.chance.randint(1, 4)
        if done > 0:
            self.unwritten += self.live[:done]
            self.final += self.live[:done]
            del self.live[:done]

    def draw(self) -> None:
        erasing = ""
        if self.size != self.drawn_size:
            if self.now_s - self.changed_s < DELAY_S:
                return
            frame = self.region.erase_frames(
                self.acks.drawn, self.acks.drawings, self.size, [*self.acks.printed], is_certain=False
            )
            self.unwritten[:0] = self.acks.restart(frame)
            erasing, self.drawn_size = frame.text, self.size
        live = [row[: self.size[0]] for row in self.live][-5:]
        rows = [*live, "", "> draft", "status " + "s" * self.chance.choice([3, 30])]
        frame = self.region.compose_frame(self.unwritten, rows, (len(live) + 1, 7), self.size)
        self.unwritten = []
        self.acks.send(frame, self.now_s)
        self.texts.append((self.now_s + self.far_s, erasing + frame.text))

    def resize(self) -> None:
        size = (self.chance.randint(44, 66), self.chance.randint(21, 30))
        self.terminal.resize(*size)
        self.sizes.append((self.now_s + self.far_s, size))

    def wait(self, seconds: float) -> None:
        self.now_s += seconds
        while self.texts and self.texts[0][0] <= self.now_s:
            self.terminal.feed(self.texts.popleft()[1])
        while self.sizes and self.sizes[0][0] <= self.now_s:
            if self.size == self.drawn_size:
                self.acks.settle(self.now_s)
            self.changed_s, self.size = self.sizes.popleft()


@pytest.mark.parametrize("far_s", [0.0, 0.02, 0.04])
@pytest.mark.parametrize("seed", range(12))
def test_no_word_is_lost_through_ssh(seed, far_s):
    chat = FarChat(seed, far_s)
    for _ in range(8):
        for _ in range(chat.chance.choice([20, 30])):
            chat.stream()
            chat.draw()
            chat.wait(chat.chance.choice([0.01, 0.02, 0.03]))
        chat.resize()
    chat.draw()
    for _ in range(30):
        chat.wait(0.05)
        chat.draw()
    shown = set(re.findall(r"w\d+y*x", "\n".join(chat.terminal.lines())))
    assert set(re.findall(r"w\d+y*x", "\n".join(chat.final))) <= shown
