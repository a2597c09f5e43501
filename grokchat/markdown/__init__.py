"""Markdown, parsed as it streams in. Nothing here knows a terminal."""
