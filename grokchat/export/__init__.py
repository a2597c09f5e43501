"""Exports of a conversation: documents, the API's own JSON, and runnable programs."""
