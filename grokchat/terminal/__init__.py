"""The terminal: the only writer to it, and the only reader of its keys. The only package that imports prompt_toolkit.

`prompt` is the live prompt with the region above it, `region` how the region is drawn and erased, `keyboard` where keys
come from, `typed` what was typed before and what Tab offers, `picker` a choice before the chat begins, `plain` a
terminal without control codes.
"""
