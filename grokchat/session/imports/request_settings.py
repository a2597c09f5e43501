"""What requests of several APIs have beside their messages: a model, `stream`, and a leading system text."""

from __future__ import annotations

from typing import Any

from grokchat.config.validation import validate_setting
from grokchat.errors import ConfigError
from grokchat.session.imports.chat_messages import add_message, single_text
from grokchat.session.imports.conversation import ImportBuilder
from grokchat.session.imports.source import Item, Source


def read_settings(source: Source, item: Item) -> dict[str, Any]:
    """Return the model and `stream`; raises FileError."""
    settings = {}
    for key in ("model", "stream"):
        value = item.value.get(key)
        if value is not None:
            try:
                settings[key] = validate_setting(key, value, str(source.path))
            except ConfigError as error:
                raise source.error(item.at(key), f"its {key} {error.problem}") from error
    return settings


def add_leading_system(source: Source, item: Item, key: str, builder: ImportBuilder) -> None:
    """Add the text that other APIs have beside their messages."""
    content = single_text(item.value.get(key))
    if content:
        add_message(source, Item({"role": "system", "content": content}, item.path), builder)
