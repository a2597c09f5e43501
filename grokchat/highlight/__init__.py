"""Syntax highlighting for code that streams in, line by line.

A line is lexed once, when it is complete, from the state in which the line before it ended, and its colours never
change: the work is linear in the code, and the result depends on the text alone. Pygments has the rules, but its lexers
want the whole text, so their state machines are run here. Pygments is imported when there is code to highlight.
"""
