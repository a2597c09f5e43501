"""The drivers of all real terminals."""

from __future__ import annotations

from collections.abc import Sequence

from terminals.alacritty import Alacritty
from terminals.kitty import Kitty
from terminals.konsole import Konsole
from terminals.qterminal import QTerminal
from terminals.screen_in_xterm import ScreenInXterm
from terminals.terminal import RealTerminal
from terminals.tmux_in_xterm import TmuxInXterm
from terminals.urxvt import Urxvt
from terminals.vte import Vte
from terminals.xterm import Xterm

DRIVERS: Sequence[type[RealTerminal]] = (
    Vte,
    Xterm,
    Kitty,
    Alacritty,
    Urxvt,
    TmuxInXterm,
    ScreenInXterm,
    Konsole,
    QTerminal,
)
"""In the order of the tables that are printed."""
NAMES = [driver.name for driver in DRIVERS]
