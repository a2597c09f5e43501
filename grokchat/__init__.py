"""A terminal chat with Grok that gives its user the message list."""

__version__ = "0.1.0"
