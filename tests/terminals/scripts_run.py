"""The texts of all scripts in a real terminal: as a reply of the chat, and printed by `cat`."""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path
from types import SimpleNamespace

from chat_process import chat_env
from fake_api import FakeApi
from numbered_reply import Stream
from support import ROOT
from terminals.display import Display, wait_for
from terminals.scripts import LAST_MARK, Missing, missing, plain, source
from terminals.terminal import RealTerminal

WIDTHS = (100, 80, 40)
"""Columns."""
PIECE_S = 0.005
"""Seconds between two pieces of the reply."""
END_S = 120.0
SETTLE_S = 1.0
"""Seconds after the last line, in which the prompt comes below it."""


def in_chat(driver: type[RealTerminal], display: Display, directory: Path, columns: int) -> list[Missing]:
    """Return what is missing of a reply with all texts."""
    stream = Stream(SimpleNamespace(source=source(), chance=random.Random(columns)))
    with FakeApi(stream.answer) as api, driver(display, directory / "terminal") as terminal:
        env = {"PYTHONPATH": os.environ.get("PYTHONPATH", str(ROOT)), "PYTHONUTF8": "1"}
        program = [sys.executable, "-m", "grokchat"]
        terminal.start(program, {**env, **chat_env(directory / "home", api)}, columns=columns, rows=30)
        _wait(terminal, "0 messages")
        terminal.type("go")
        terminal.key("Return")
        api.wait_for_requests(1)
        with stream.flowing(PIECE_S * stream.pieces):
            wait_for(lambda: stream.is_over, "the reply does not end", END_S)
        _wait(terminal, LAST_MARK)
        time.sleep(SETTLE_S)
        return missing("\n".join(terminal.dump()))


def in_cat(driver: type[RealTerminal], display: Display, directory: Path, columns: int) -> list[Missing]:
    """Return what is missing of the same texts when they are only printed: the terminal's own losses."""
    directory.mkdir()
    text = directory / "text"
    text.write_text(f"{plain()}end of the text\n", encoding="utf-8")
    with driver(display, directory / "terminal") as terminal:
        terminal.start(["/bin/sh", "-c", f"cat {text}; sleep 3600"], {}, columns=columns, rows=30)
        _wait(terminal, "end of the text")
        return missing("\n".join(terminal.dump()))


def _wait(terminal: RealTerminal, text: str) -> None:
    wait_for(lambda: text in "\n".join(terminal.dump()[-60:]), f"{terminal.name}: no {text!r}", END_S, 0.2)
