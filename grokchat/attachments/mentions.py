"""Mentions: `@PATH` or `@"PATH WITH BLANKS"` at the beginning of a word of a message, which attaches that file. Pure.

Which words of a text are mentions, and which paths each may name. Whether there is such a file is for the caller to
find out: without one, the word is text, as an address or a decorator is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from grokchat.records import record

_MENTION = re.compile(r'(?<!\S)@(?:"([^"\n]+)"|([^\s"]\S*))')
_OPEN_MENTION = re.compile(r'(?<!\S)@(?:"[^"\n]*|[^\s"]*)\Z')
_PUNCTUATION = ".,;:!?)]}>'\"*_"
"""What may follow a path in a sentence, also in Markdown. It is part of the path if there is such a file."""
_MAX_PUNCTUATION_CHARS = 8
_MAX_PATH_CHARS = 4096


@record
class Mention:
    """A word of a text that may name a file. `paths` are the paths that it may name, the most likely first."""

    word: str
    paths: tuple[str, ...]


def find_mentions(text: str) -> Iterator[Mention]:
    """Yield the words of a text that may be mentions, in order."""
    for match in _MENTION.finditer(text):
        quoted, bare = match[1], match[2]
        if quoted is not None:
            yield Mention(match[0], (quoted,))
        elif len(bare) <= _MAX_PATH_CHARS:
            yield Mention(match[0], tuple(_readings(bare)))


def find_open_mention(text: str) -> str:
    """Return the mention at the end of a text, which is being typed; "" if there is none."""
    tail = text[-_MAX_PATH_CHARS:]
    match = _OPEN_MENTION.search(tail)
    return match[0] if match else ""


def _readings(word: str) -> Iterator[str]:
    """Yield the word, then without the punctuation after it, one character less each time."""
    yield word
    for _ in range(_MAX_PUNCTUATION_CHARS):
        if len(word) < 2 or word[-1] not in _PUNCTUATION:
            break
        word = word[:-1]
        yield word
