"""Conversations of other programs, one module per family of formats."""
