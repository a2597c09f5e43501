"""The options of the search tools, which `[search_options]` and `/set search_options.KEY` set. Declarations; pure.

`config.search_values` checks and parses their values. The API's limits are those of its page on each tool.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from grokchat.records import record

TABLE = "search_options"
"""The table of the config file, and what an option's name begins with in `/set search_options.KEY`."""

SCOPES: Mapping[str, str] = {
    "off": "no search",
    "web": "the web",
    "x": "posts and profiles on X",
    "all": "the web and X",
}
"""The values of the setting `search`, each with what the model may then search."""

_TOOLS: Mapping[str, tuple[str, ...]] = {"off": (), "web": ("web",), "x": ("x",), "all": ("web", "x")}
"""The tools that a request offers to the model, by the value of `search`."""

SEARCH_TOOLS: Mapping[str, str] = {"web_search": "web", "x_search": "x"}
"""The API's types of these tools, each with what it searches."""


@record
class SearchOption:
    """An option: the tools that take it, what its value is, and its meaning.

    `kind` is `hosts` or `handles` (lists of at most `most`), `date` or `boolean`. `example` is a value in JSON.
    `excludes` is the option that the API refuses together with this one.
    """

    tools: tuple[str, ...]
    kind: str
    description: str
    example: str
    most: int = 0
    excludes: str = ""


SEARCH_OPTIONS: Mapping[str, SearchOption] = {
    "allowed_domains": SearchOption(
        ("web",),
        "hosts",
        "search these sites only",
        '["arxiv.org", "nature.com"]',
        most=5,
        excludes="excluded_domains",
    ),
    "excluded_domains": SearchOption(
        ("web",), "hosts", "leave these sites out", '["pinterest.com"]', most=5, excludes="allowed_domains"
    ),
    "enable_image_search": SearchOption(("web",), "boolean", "find images; replies link to them", "true"),
    "allowed_x_handles": SearchOption(
        ("x",), "handles", "search these accounts only", '["xai", "nasa"]', most=20, excludes="excluded_x_handles"
    ),
    "excluded_x_handles": SearchOption(
        ("x",), "handles", "leave these accounts out", '["spam_bot"]', most=20, excludes="allowed_x_handles"
    ),
    "from_date": SearchOption(("x",), "date", "posts of this day or later", '"2026-01-01"'),
    "to_date": SearchOption(("x",), "date", "posts until this day", '"2026-06-30"'),
    "enable_image_understanding": SearchOption(("web", "x"), "boolean", "look at the images that it finds", "true"),
    "enable_video_understanding": SearchOption(("x",), "boolean", "look at the videos that it finds", "true"),
}
"""The options by name."""


def tools_of(search: str) -> tuple[str, ...]:
    """Return the search tools that a value of the setting `search` offers to the model: `web`, `x`."""
    return _TOOLS[search]


def full_name(key: str) -> str:
    """Return an option's name outside its table: `search_options.from_date`."""
    return f"{TABLE}.{key}"


def option_name(key: str) -> str | None:
    """Return what follows `search_options.` in a name; None if it does not begin so."""
    table, dot, name = key.partition(".")
    return name if dot and table == TABLE else None


def merge_options(layers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the options of all layers as they are sent, always in the same order; later layers win.

    An option that is None is not sent, even if a lower layer sets it. Of two that exclude each other the later one is.
    """
    latest: dict[str, Any] = {}
    for options in layers:
        for key, value in options.items():
            latest.pop(key, None)
            latest[key] = value
    sent: dict[str, Any] = {}
    for key, value in latest.items():
        if value is not None:
            sent.pop(SEARCH_OPTIONS[key].excludes, None)
            sent[key] = value
    return {key: sent[key] for key in SEARCH_OPTIONS if key in sent}
