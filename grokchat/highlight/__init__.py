"""Syntax colours for code that streams in, line by line.

A line is lexed once, when it is complete, from the state that the line before it ended in, and its colours never
change: the work is linear in the code, and the result is a function of the text alone. Pygments has the rules, but its
lexers want the whole text, so their state machines are run here. Pygments is imported when there is code to colour.
"""
