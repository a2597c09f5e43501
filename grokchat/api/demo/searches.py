"""The demo's searches: what a model would look for, made-up pages and posts, and a paragraph that cites them. Pure.

All addresses are on hosts that are reserved for examples.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from grokchat.records import record

_PAGES = (
    "https://example.org/news/made-up",
    "https://example.org/wiki/Grok_(made_up)",
    "https://example.com/2026/a-page-that-was-read-and-is-not-cited",
)
_POST = "https://x.example/{}/status/100000000000000000{}"
_POSTS_FETCHED = 12
_QUERY_WORDS, _MAX_QUERY_CHARS = 8, 80
_MANY_SOURCES = 500
_LONG = 10_000

_HEADING = "## What was found\n\n"
_WEB_TEXT = (
    "The demo looks nothing up: this page is made up.{0} The address of another one ends in a parenthesis.{1} "
    "A page may be cited twice.{0}"
)
_X_TEXT = "Somebody may have posted something about it,{0} and somebody else the opposite.{1}"
_HOSTILE_TEXT = "These are many sources, and some of them are hostile: "


@record
class Search:
    """What one of the API's tools does: the item of the response at its end, and the pages and posts it finds."""

    item: Mapping[str, Any]
    pages: Sequence[str] = ()


@record
class Citation:
    """Where a text cites a source, in characters: from the marker's first to behind its last; and the source's number.

    `title` is what the API has for it: the number.
    """

    url: str
    start: int
    end: int
    title: str


def plan_searches(tools: Sequence[Mapping[str, Any]], question: str) -> list[Search]:
    """Return what is searched with these tools: the web first, then one of its pages, then X."""
    words = " ".join(question[: 4 * _MAX_QUERY_CHARS].split()[:_QUERY_WORDS])[:_MAX_QUERY_CHARS] or "anything"
    searches = []
    for tool in tools:
        if tool.get("type") == "web_search":
            pages = [{"type": "url", "url": url} for url in _PAGES]
            searches.append(Search(_web_item({"type": "search", "query": words, "sources": pages}), _PAGES))
            searches.append(Search(_web_item({"type": "open_page", "url": _PAGES[0]})))
        if tool.get("type") == "x_search":
            searches.append(_x_search(tool, words))
    return searches


def cite(tools: Sequence[Mapping[str, Any]], text: str, *, is_hostile: bool) -> tuple[str, list[Citation]]:
    """Return the beginning of a reply with a paragraph for each tool that cites what was found, and where it does."""
    paragraphs = _paragraphs(tools, is_hostile=is_hostile)
    pieces, length = [text], len(text)
    citations: list[Citation] = []
    numbers: dict[str, int] = {}

    def add(piece: str) -> None:
        nonlocal length
        pieces.append(piece)
        length += len(piece)

    if paragraphs:
        add(_HEADING)
    for template, sources in paragraphs:
        for at, piece in enumerate(re.split(r"\{(\d+)\}", template)):
            if at % 2 == 0:
                add(piece)
                continue
            url, title = sources[int(piece)]
            number = numbers.setdefault(url, len(numbers) + 1)
            mark = f"[[{number}]]({url})"
            citations.append(Citation(url, length, length + len(mark), title or str(number)))
            add(mark)
        add("\n\n")
    return "".join(pieces), citations


def without_markers(text: str, citations: Sequence[Citation]) -> str:
    """Return a text without what cites its sources."""
    kept, end = [], 0
    for citation in citations:
        kept.append(text[end : citation.start])
        end = citation.end
    return "".join([*kept, text[end:]])


def count_tools(searches: Sequence[Search]) -> dict[str, int]:
    """Return how often each tool was used and what it fetched, under the API's names."""
    web = sum(search.item["type"] == "web_search_call" for search in searches)
    posts = len(searches) - web
    return {"web_search_calls": web, "x_search_calls": posts, "x_posts_fetched": _POSTS_FETCHED * posts}


def _paragraphs(tools: Sequence[Mapping[str, Any]], *, is_hostile: bool) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the paragraphs, with `{0}` where the first of its sources is cited, and their sources with titles."""
    paragraphs = []
    for tool in tools:
        if tool.get("type") == "web_search":
            paragraphs.append((_WEB_TEXT + _limits_text(tool), [(url, "") for url in _PAGES[:2]]))
        if tool.get("type") == "x_search":
            paragraphs.append((_X_TEXT + _limits_text(tool), [(url, "") for url in _posts(tool)]))
    if is_hostile:
        sources = _hostile_sources()
        marks = "".join(f"{{{number}}}{' ' * (number % 25 == 0)}" for number in range(len(sources)))
        paragraphs.append((_HOSTILE_TEXT + marks, sources))
    return paragraphs


def _web_item(action: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "web_search_call", "action": action}


def _x_search(tool: Mapping[str, Any], words: str) -> Search:
    handles = [f"from:{handle}" for handle in _texts(tool.get("allowed_x_handles"))]
    dates = {key: tool[key] for key in ("from_date", "to_date") if isinstance(tool.get(key), str)}
    query = {"query": " ".join([*handles, words]), "limit": "10", "mode": "Latest", **dates}
    return Search({"type": "custom_tool_call", "name": "x_keyword_search", "input": json.dumps(query)}, _posts(tool))


def _posts(tool: Mapping[str, Any]) -> list[str]:
    handles = [handle for handle in _texts(tool.get("allowed_x_handles")) if re.fullmatch(r"\w{1,15}", handle)]
    return [_POST.format((handles or ["demo"])[0], number) for number in (1, 2)]


def _limits_text(tool: Mapping[str, Any]) -> str:
    """Return what the search was limited to, so that it shows that the options have arrived."""
    filters = tool.get("filters")
    options = {**tool, **(filters if isinstance(filters, dict) else {})}
    limits = (
        f"`{key}`: {', '.join(_texts(value)) or json.dumps(value)}".replace("{", "(").replace("}", ")")
        for key, value in options.items()
        if key not in {"type", "filters"}
    )
    text = "; ".join(limits)
    return f" The search had options, {text}." if text else ""


def _texts(value: object) -> list[str]:
    """Return the texts in a list, or the text itself."""
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str)]


def _hostile_sources() -> list[tuple[str, str]]:
    """Return 500 addresses with their titles ("": as the API sends it), the first of them hostile."""
    hostile = [
        ("https://example.org/\x1b[2J\x1b]0;title\x07", "\x1b[31mRed\x1b[0m\nand a second line"),
        ("https://example.org/\u202egnp.exe", "\u202eright to left"),
        ("javascript:alert(document.cookie)", "A script"),
        ("data:text/html,<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("file:///etc/passwd", "A file"),
        ("https://console.x.ai@example.org/login", "Your account at xAI"),
        ("https://example.org/" + "a" * _LONG, "b" * _LONG),
        ("https://example.org/a b\nc", "Blanks in the address"),
        ("https://example.org/](https://example.com/)", "Another link"),
        ("https://example.org/((((", "[[1]](https://example.com/)"),
        ("https://[not-an-address", "| a | table |\n|---|---|"),
        ("//example.org/nothing", "\x9b0m\x00"),
    ]
    many = [(f"https://example.org/source/{number}", "") for number in range(len(hostile) + 1, _MANY_SOURCES + 1)]
    return hostile + many
