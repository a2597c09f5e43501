"""Markdown, parsed while it streams in. Nothing here knows a terminal: the screen and the exports both use it."""
