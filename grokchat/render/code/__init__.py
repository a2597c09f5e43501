"""Syntax colours for code that streams in, a line at a time.

A line is lexed once, when it is complete, from the state in which the line before it ended, and its colours never
change: the work is linear in the code, and the result is a function of the text alone. Pygments has the rules, but its
lexers want the whole text, so their state machines are run here. What cannot be known yet is decided early and kept.
Pygments is imported when there is something to colour.
"""

from grokchat.render.code.highlighter import LONGEST_LINE, Highlighter
from grokchat.render.code.kinds import KINDS

__all__ = ["KINDS", "LONGEST_LINE", "Highlighter"]
