"""The terminal: the only writer to it, the only reader of its keys, and the only user of prompt_toolkit."""
