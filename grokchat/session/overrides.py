"""What a session says of settings itself: `/set` and the like, now and in earlier runs. Pure.

Two layers: what was set in earlier runs lies below the command line, so that a later `-m` wins over an earlier `/set`;
what is set now lies above everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from grokchat.config.settings import (
    RESERVED_FIELDS,
    SETTINGS,
    Layer,
    Settings,
    is_session_setting,
    resolve_settings,
    validate_setting,
)
from grokchat.errors import ConfigError
from grokchat.session.journal import Event


class Overrides:
    """The layers of a session's own settings: `saved` from earlier runs, `now` of this one."""

    def __init__(self) -> None:
        self.saved = Layer("session")
        self._values: dict[str, Any] = {}
        self._params: dict[str, Any] = {}

    @property
    def now(self) -> Layer:
        """What was set in this run."""
        return Layer("/set", dict(self._values), dict(self._params))

    def note(self, event: Event) -> None:
        """Take a `settings` event in, less what no file may say (where the key goes)."""
        taken_back = {key for key, value in event.items() if value is None}
        if taken_back & self.saved.values.keys():
            kept = {key: value for key, value in self.saved.values.items() if key not in taken_back}
            self.saved = Layer(self.saved.origin, kept, self.saved.params)
        for key, value in event.items():
            if key not in SETTINGS or not is_session_setting(key):
                continue
            self._values.pop(key, None)
            with suppress(ConfigError):
                if value is not None:
                    self._values[key] = validate_setting(key, value, "session")
        params = event.get("params")
        if isinstance(params, dict):
            self._params.update((key, value) for key, value in params.items() if key not in RESERVED_FIELDS)

    def loaded(self) -> None:
        """Say that all events so far are of earlier runs."""
        self.saved = self.now
        self._values, self._params = {}, {}

    def effective(self, settings: Settings) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the settings and parameters that the session says something of, as they are."""
        own = (self.saved, self.now)
        values = {key: getattr(settings, key) for layer in own for key in layer.values}
        params = {key: settings.params.get(key) for layer in own for key in layer.params}
        return values, params


def within_limits(saved: Layer, below: Sequence[Layer]) -> Layer:
    """Return what a session's file says, less a `max_cost` that allows more than the layers below do.

    A file may come from elsewhere; only the user may spend more of the user's money.
    """
    if "max_cost" not in saved.values:
        return saved
    limit, said = resolve_settings(below).max_cost, saved.values["max_cost"]
    if not limit or 0 < said <= limit:
        return saved
    return Layer(saved.origin, {key: value for key, value in saved.values.items() if key != "max_cost"}, saved.params)
