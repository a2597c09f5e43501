"""The parts in which messages are sent to be summarized: all at once, or as many as the model's context holds.

Each part but the first begins with the summary of those before it, so that the last summary is that of all. How many
tokens a request may have is known from the model's context, or it is learned when the API refuses one as too long.
Sends nothing.
"""

from __future__ import annotations

from grokchat import messages
from grokchat.errors import CommandError
from grokchat.message_summaries import write_summary
from grokchat.messages import Message
from grokchat.records import record
from grokchat.session.compaction import Compaction, find_groups, request_budget
from grokchat.session.estimate import estimate_tokens
from grokchat.session.session import Session
from grokchat.units import short_count


@record
class Part:
    """The numbers of some messages of the range, and the messages and tokens of the request that carries them."""

    numbers: tuple[int, ...]
    request: tuple[Message, ...]
    tokens: int


@record
class _Group:
    """Messages that no part separates, by their positions in the range, and their tokens."""

    positions: range
    tokens: int


class SummaryParts:
    """The parts of a range: `take` one, then `accept` its summary, or `shrink` what is too long, until `is_finished`.

    `summary` is that of the parts so far, `count` how many there were.
    """

    def __init__(self, session: Session, compaction: Compaction, instruction: str) -> None:
        self.summary = ""
        self.count = 0
        self._compaction = compaction
        self._instruction = Message("", messages.body("user", instruction))
        *sizes, self._instruction_tokens = session.requests.estimate_sizes((*compaction.messages, self._instruction))
        self._left = [
            _Group(positions, sum(sizes[positions.start : positions.stop]))
            for positions in find_groups(compaction.messages)
        ]
        self._context = session.model_info.context if session.model_info is not None else None
        self._budget = None if self._context is None else request_budget(self._context)

    @property
    def is_finished(self) -> bool:
        """Whether all messages are in the summary."""
        return not self._left

    def describe_split(self) -> str:
        """Return why one request does not hold all messages, or nothing if it does as far as that is known.

        Raises CommandError if there is a message that no request holds.
        """
        room = self._room()
        if room is None or self._context is None or sum(group.tokens for group in self._left) <= room:
            return ""
        for group in self._left:
            if group.tokens > room:
                raise self._too_large(group)
        return f"too much for the model's context of {short_count(self._context)}: compacting in parts"

    def take(self) -> Part:
        """Return the next part; raises CommandError if not even one message fits."""
        room, tokens, end = self._room(), 0, self._left[0].positions.start
        for group in self._left:
            if room is not None and tokens + group.tokens > room:
                break
            tokens, end = tokens + group.tokens, group.positions.stop
        start = self._left[0].positions.start
        if start == end:
            raise self._too_large(self._left[0])
        request = (*self._earlier(start), *self._compaction.messages[start:end], self._instruction)
        return Part(self._compaction.numbers[start:end], request, tokens + self._fixed_tokens())

    def accept(self, part: Part, summary: str) -> None:
        """Note the summary of a part, which is that of the parts before it, too."""
        self.summary = summary
        self.count += 1
        done = len(self._compaction.numbers) - sum(len(group.positions) for group in self._left) + len(part.numbers)
        self._left = [group for group in self._left if group.positions.start >= done]

    def shrink(self, part: Part) -> None:
        """Make parts smaller, because this one is too long for the model; raises CommandError if it cannot be."""
        first = self._left[0]
        if len(part.numbers) <= len(first.positions):
            raise self._too_large(first)
        fixed = self._fixed_tokens()
        self._budget = fixed + max(first.tokens, (part.tokens - fixed) // 2)

    def _room(self) -> int | None:
        """Return how many tokens the messages of the next part may have; None if that is not known."""
        return None if self._budget is None else self._budget - self._fixed_tokens()

    def _fixed_tokens(self) -> int:
        """Return the tokens of the instruction, and of the summary so far."""
        return self._instruction_tokens + (estimate_tokens(self.summary) if self.summary else 0)

    def _earlier(self, count: int) -> tuple[Message, ...]:
        """Return the message that holds the summary of the parts so far, which had so many messages."""
        if not self.summary:
            return ()
        first, last = self._compaction.numbers[0], self._compaction.numbers[count - 1]
        text = write_summary(self.summary, f"#{first}-{last}" if last > first else f"#{first}", count)
        return (Message("", messages.body("system", text)),)

    def _too_large(self, group: _Group) -> CommandError:
        numbers = self._compaction.numbers[group.positions.start : group.positions.stop]
        named = f"{numbers[0]}..{numbers[-1]}" if len(numbers) > 1 else str(numbers[0])
        context = f"context of {short_count(self._context)}" if self._context else "context"
        return CommandError(
            f"Nothing was compacted: #{named} alone is too large for the model's {context} (about {group.tokens:,} "
            f"tokens). /mute {named} leaves it out, /model chooses a model with a larger context."
        )
