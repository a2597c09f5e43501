"""Exports of a conversation: documents, the API's own JSON, and runnable programs. Pure: a `Source` becomes text."""
