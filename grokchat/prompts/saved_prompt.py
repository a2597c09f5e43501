"""A saved prompt, and a use of it: the prompt with values for its gaps."""

from __future__ import annotations

from collections.abc import Mapping

from grokchat.config.settings import Layer
from grokchat.errors import CommandError
from grokchat.prompts.gaps import fill_gaps, find_gaps
from grokchat.records import record
from grokchat.render.sanitize import visible_line
from grokchat.suggestions import close_matches

MAX_LISTED_KEYS = 10
_MAX_KEY_CHARS = 40
"""Of a key that does not exist, in an error."""


@record
class SavedPrompt:
    """A prompt's name, its text with the gaps, and the settings of its front matter."""

    name: str
    text: str
    settings: Layer

    @property
    def gaps(self) -> tuple[str, ...]:
        """The keys of its gaps, in the order in which they occur."""
        return find_gaps(self.text)


@record
class PromptUse:
    """A prompt with the values that are known so far."""

    prompt: SavedPrompt
    values: Mapping[str, str]

    @property
    def missing(self) -> tuple[str, ...]:
        """The keys of the gaps without a value."""
        return tuple(key for key in self.prompt.gaps if key not in self.values)

    @property
    def text(self) -> str:
        """The filled text; raises CommandError if it is blank. Nothing may be missing."""
        text = fill_gaps(self.prompt.text, self.values)
        if not text.strip():
            raise CommandError(f"The filled prompt {self.prompt.name} is empty; the API rejects empty messages.")
        return text


@record
class CommandLinePrompts:
    """The saved prompts that the command line names.

    `unfilled` are those that need more values, by the position of their message among the new ones. `settings` are
    those of all, without what the command line sets itself.
    """

    unfilled: Mapping[int, PromptUse]
    settings: Layer


def use_prompt(prompt: SavedPrompt, values: Mapping[str, str]) -> PromptUse:
    """Return a use of the prompt; raises CommandError for a key that it does not have."""
    gaps = dict.fromkeys(prompt.gaps)
    for key in values:
        if key not in gaps:
            problem = f"{prompt.name} has no gap {visible_line(key[:_MAX_KEY_CHARS])}"
            raise CommandError(f"{problem}{_describe_gaps(key, tuple(gaps))}")
    return PromptUse(prompt, values)


def _describe_gaps(key: str, gaps: tuple[str, ...]) -> str:
    """Return which gap was probably meant, or which there are."""
    if matches := close_matches(key, gaps, count=1, cutoff=0.5):
        return f"; did you mean {matches[0]}?"
    return f". Its gaps are {list_keys(gaps)}." if gaps else ". It has no gaps."


def list_keys(keys: tuple[str, ...]) -> str:
    """Return the first keys, for a sentence."""
    return ", ".join(keys[:MAX_LISTED_KEYS]) + ", ..." * (len(keys) > MAX_LISTED_KEYS)
