"""The `[styles]` table of the config file: the user's own styles for the elements of the screen.

rich is imported only for a table that has styles in it.
"""

from __future__ import annotations

from collections.abc import Mapping

from grokchat.errors import ConfigError, UnknownKeyError

ELEMENTS: Mapping[str, str] = {
    "added": "words that only the other reply has",
    "attached": "attached files, and piped text above a question",
    "band": "behind your messages, such as `on #333333`",
    "command": "commands that were entered",
    "error": "the head of an error",
    "footer": "the line below a reply: its number, model and cost",
    "found": "what a search found",
    "label": "names in questions and lists",
    "muted": "what is about the conversation: notices, status, heads of code",
    "prompt": "the prompt, also those in console sessions",
    "question": "what needs a decision",
    "queued": "queued messages",
    "removed": "words that only the current reply has",
    "role_assistant": "replies in lists of messages",
    "role_system": "system messages in lists of messages",
    "role_tool": "results of tools in lists of messages",
    "role_user": "your messages in lists of messages",
    "selected": "the selected row of a list",
    "sources": "the list of sources below a reply",
    "suggested": "suggestions from the history",
    "user": "your messages",
    "warning": "warnings",
    "citation": "the number of a source in a reply",
    "code": "code in a line",
    "emphasis": "emphasis",
    "h1": "headings of the first level",
    "h2": "headings of the second level",
    "h3": "headings of the third level and below",
    "link": "the label of a link",
    "marker": "bullets, numbers and quote bars",
    "math": "formulas",
    "plain_code": "code blocks without a known language",
    "quote": "quotations",
    "rule": "rules",
    "strike": "deleted text",
    "strong": "strong emphasis",
    "url": "the address of a link",
    "attribute": "code: attributes",
    "comment": "code: comments",
    "constant": "code: constants, escapes, symbols",
    "deleted": "code: deleted lines of a diff",
    "function": "code: functions, built-ins, decorators",
    "heading": "code: headings",
    "inserted": "code: inserted lines of a diff",
    "keyword": "code: keywords",
    "number": "code: numbers",
    "output": "code: output of commands",
    "string": "code: strings",
    "tag": "code: tags, and keys of JSON and YAML",
    "type": "code: types, classes, exceptions",
}
"""The elements that a user can style, each with its meaning."""

_MEANINGS = {
    "bold": "strong",
    "bullet": "marker",
    "dim": "muted",
    "em": "emphasis",
    "heading1": "h1",
    "inline_code": "code",
    "italic": "emphasis",
    "notice": "muted",
    "strikethrough": "strike",
    "title": "h1",
}
"""The elements of other names."""

_EXAMPLES = '"bold magenta", "#ff8800 on #222222", "dim", "not bold" or "none"'
_MAX_CHARS = 80


def validate_styles(table: object, where: str, prefix: str) -> Mapping[str, str]:
    """Return the styles of a table, by element; raises ConfigError. `prefix` names the table around it."""
    name = f"{prefix}styles"
    if not isinstance(table, dict):
        from grokchat.config.validation import quote_value

        raise ConfigError(where, name, problem=f"must be a table ([{name}]), not {quote_value(table)}")
    for element, words in table.items():
        key = f"{name}.{element if len(element) <= _MAX_CHARS else element[:_MAX_CHARS] + '…'}"
        if element not in ELEMENTS:
            raise UnknownKeyError(where, key, _suggest_element(element), what="element")
        if problem := _problem(words):
            raise ConfigError(where, key, problem=f"must be a style such as {_EXAMPLES}, not {problem}")
    return table


def _suggest_element(element: str) -> str:
    from grokchat.suggestions import suggest

    meant = _MEANINGS.get(element.lower().replace("-", "_"), element)
    return suggest(meant, ELEMENTS, "elements")


def _problem(words: object) -> str:
    """Return a wrong style and what is wrong with it, or nothing."""
    if not isinstance(words, str):
        return str(words)[:_MAX_CHARS]
    from grokchat.render.rich_theme import find_style_problem

    problem = find_style_problem(words)
    return f'"{words[:_MAX_CHARS]}" ({problem})' if problem else ""
