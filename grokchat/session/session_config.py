"""What all sessions of a run share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from grokchat.config.settings import Layer
from grokchat.records import field, record


@record
class SessionConfig:
    """Where sessions are saved, and what surrounds their settings.

    `folder` is where they are saved (None: nowhere). `lower_layers` and `upper_layer` are the settings below and above
    those that a session file holds. `now` is the wall clock. `prompts_folder` holds the user's prompt files. `redact`
    strikes the API key out of what exports say besides messages.
    """

    folder: Path | None
    lower_layers: Sequence[Layer] = ()
    upper_layer: Layer = field(default_factory=lambda: Layer("command line"))
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    prompts_folder: Path | None = None
    redact: Callable[[str], str] = str
