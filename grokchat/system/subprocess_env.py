"""The environment of the programs that grokchat starts: all of it but the API key."""

from __future__ import annotations

from collections.abc import Mapping

_API_KEY = "XAI_API_KEY"


def env_without_key(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for an editor or a clipboard tool, which have no use for the key."""
    return {name: value for name, value in variables.items() if name != _API_KEY}
