"""A conversation and its file: messages, undo, the journal, all saved sessions."""
