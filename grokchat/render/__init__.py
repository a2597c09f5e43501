"""Text from outside to lines on the screen: `text` makes it harmless, `blocks` cuts it, `markdown` lays it out.

The only package that imports rich and markdown-it.
"""
