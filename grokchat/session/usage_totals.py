"""What the replies and summaries of a session have used, deleted ones included. Pure."""

from __future__ import annotations

from grokchat.api.usage import Usage
from grokchat.session.journal import Event


class UsageTotals:
    """Totals of usage, added up event by event.

    `usage` is that of all replies and summaries, `last_reply` that of the last reply, and `summaries` that of the
    summaries; the latter two are None if there is none. `unreported` are the model and usage of each reply or summary
    without a cost.
    """

    def __init__(self) -> None:
        self.usage = Usage()
        self.last_reply: Usage | None = None
        self.summaries: Usage | None = None
        self.unreported: list[tuple[str, Usage]] = []

    def add(self, event: Event) -> None:
        """Add what a `message`, `partial` or `summary` event says of usage."""
        if "copy_of" in event:
            return  # it was counted with the original
        usage = Usage()
        if isinstance(event.get("usage"), dict):
            usage = Usage.from_api(event["usage"])
            self.usage += usage
            if event["type"] == "summary":
                self.summaries = (self.summaries or Usage()) + usage
            else:
                self.last_reply = usage
        elif not isinstance(event.get("response_id"), str):
            return  # no reply of the API
        if usage.cost_ticks is None:
            self.unreported.append((str(event.get("model", "")), usage))
