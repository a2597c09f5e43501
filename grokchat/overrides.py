"""What a session says of settings itself: `/set` and the like, now and in earlier runs. Pure.

Two layers: what was set in earlier runs lies below the command line, so that a later `-m` wins over an earlier `/set`;
what is set now lies above everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grokchat.errors import ConfigError
from grokchat.journal import Event
from grokchat.settings import FIELDS, RESERVED, Layer, Settings, checked, in_session


class Overrides:
    """The layers of a session's own settings: `saved` from earlier runs, `now` of this one."""

    def __init__(self) -> None:
        self.saved = Layer("session")
        self.now = Layer("/set")

    def note(self, event: Event) -> None:
        """Take a `settings` event in."""
        self.now = _with_settings(self.now, event)
        taken_back = {key for key, value in event.items() if value is None}
        kept = {key: value for key, value in self.saved.values.items() if key not in taken_back}
        self.saved = Layer(self.saved.origin, kept, self.saved.params)

    def loaded(self) -> None:
        """Say that all events so far are of earlier runs."""
        self.saved, self.now = self.now, Layer("/set")

    def effective(self, settings: Settings) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the settings and parameters that the session says something of, as they are."""
        own = (self.saved, self.now)
        values = {key: getattr(settings, key) for layer in own for key in layer.values}
        params = {key: settings.params.get(key) for layer in own for key in layer.params}
        return values, params


def _with_settings(layer: Layer, event: Event) -> Layer:
    """Return the layer with an event's settings in it, less what no file may say (where the key goes)."""
    values: dict[str, Any] = dict(layer.values)
    for key, value in event.items():
        if key not in FIELDS or not in_session(key):
            continue
        values.pop(key, None)
        try:
            if value is not None:
                values[key] = checked(key, value, "session")
        except ConfigError:
            continue
    params = event.get("params")
    given: Mapping[str, Any] = params if isinstance(params, dict) else {}
    sent = {key: value for key, value in given.items() if key not in RESERVED}
    return Layer(layer.origin, values, {**layer.params, **sent})
