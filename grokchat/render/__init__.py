"""Text to lines for the terminal: `sanitize` makes it harmless, `stream` renders replies, `wrap` breaks lines."""
