"""A session's own settings, made by /set and similar commands in this run and in earlier ones. Pure.

There are two layers. Those of earlier runs are below the command line, so that a later `-m` wins over an earlier /set;
those of this run are above everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from grokchat.config.search_options import SEARCH_OPTIONS
from grokchat.config.settings import RESERVED_FIELDS, SETTINGS, Layer, Settings, is_session_setting, resolve_settings
from grokchat.config.validation import validate_setting
from grokchat.errors import ConfigError
from grokchat.records import replace
from grokchat.session.journal import Event


class Overrides:
    """The layers of a session's own settings: `saved` from earlier runs, `current` from this one."""

    def __init__(self) -> None:
        self.saved = Layer("session")
        self._values: dict[str, Any] = {}
        self._params: dict[str, Any] = {}
        self._search_options: dict[str, Any] = {}

    @property
    def current(self) -> Layer:
        """What was set in this run."""
        return Layer("/set", dict(self._values), dict(self._params), search_options=dict(self._search_options))

    def apply(self, event: Event) -> None:
        """Apply a `settings` event, except for settings that no session file may set (where the key is sent)."""
        removed = {key for key, value in event.items() if value is None}
        if removed & self.saved.values.keys():
            kept = {key: value for key, value in self.saved.values.items() if key not in removed}
            self.saved = replace(self.saved, values=kept)
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
        options = event.get("search_options")
        if isinstance(options, dict):
            self._apply_search_options(options)

    def _apply_search_options(self, options: Mapping[str, Any]) -> None:
        """Apply the options that are known, the last one as the latest: of two that exclude each other it is sent."""
        from grokchat.config.search_values import validate_search_option

        for key, value in options.items():
            if key not in SEARCH_OPTIONS:
                continue
            with suppress(ConfigError):
                wanted = None if value is None else validate_search_option(key, value, "session")
                self._search_options.pop(key, None)
                self._search_options[key] = wanted

    def finish_loading(self) -> None:
        """Move all settings so far to the layer of earlier runs."""
        self.saved = self.current
        self._values, self._params, self._search_options = {}, {}, {}

    def effective(self, settings: Settings) -> Layer:
        """Return the effective values of the settings, parameters and search options that the session sets."""
        layers = (self.saved, self.current)
        values = {key: getattr(settings, key) for layer in layers for key in layer.values}
        params = {key: settings.params.get(key) for layer in layers for key in layer.params}
        options = {key: settings.search_options.get(key) for layer in layers for key in layer.search_options}
        return Layer("session", values, params, search_options=options)


def without_raised_cost_limit(saved: Layer, lower_layers: Sequence[Layer]) -> Layer:
    """Return a session file's settings, without a `max_cost` that allows more than the layers below.

    The file may come from elsewhere; only the user may raise the limit.
    """
    if "max_cost" not in saved.values:
        return saved
    limit, saved_limit = resolve_settings(lower_layers).max_cost, saved.values["max_cost"]
    if not limit or 0 < saved_limit <= limit:
        return saved
    return replace(saved, values={key: value for key, value in saved.values.items() if key != "max_cost"})
