"""Two replies compared by words, as lines: what one says differently. Text from outside is made visible here.

Removed words are struck out and added ones underlined, each in a colour. Where colours or that attribute are missing,
they stand in `[-...-]` and `{+...+}`, line by line, as `git diff --word-diff` has them. Of a long stretch without
changes only the ends are shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from grokchat.messages import Message
from grokchat.render.sanitize import visible
from grokchat.render.style import TerminalStyle
from grokchat.units import plural
from grokchat.views.console import Page
from grokchat.views.notices import hint_lines, notice_lines
from grokchat.views.word_diff import Span, count_words, diff_words

Part = tuple[str, str]
"""A visible text, and its element."""

_MARKS = {"removed": ("[-", "-]"), "added": ("{+", "+}")}
_CONTEXT_CHARS, _MIN_LEFT_OUT_CHARS = 60, 80
"""What is shown of a stretch without changes beside a change, and the least that is left out."""
_TAB = "    "


def comparison_lines(
    reply: Message, name: str, other: Message, other_name: str, columns: int, style: TerminalStyle
) -> list[str]:
    """Return what `other` says differently from `reply`, and how much of it is the same."""
    spans = diff_words(_text(reply), _text(other))
    changes = [span.word_counts for span in spans if not span.is_equal]
    if not changes:
        return notice_lines(f"{name} and {other_name} have the same words", columns, style)
    page = Page(style.prose_columns(columns), style)
    has_marks = not (style.has_colors and style.has_strike)
    legend = [*_marked(f"only in {name}", "removed", has_marks), (" ", "")]
    legend += _marked(f"only in {other_name}", "added", has_marks)
    lines = [*page.lines(page.paragraph(legend)), ""]
    for line in _split_lines(_parts(spans, has_marks)):
        lines += _wrapped(line, page, style)
    removed, added = (sum(counts[side] for counts in changes) for side in (0, 1))
    same = sum(span.word_counts[1] for span in spans if span.is_equal)
    summary = f"{plural(removed, 'word')} removed · {added:,} added · {same:,} unchanged"
    return [*lines, "", *hint_lines(summary, columns, style)]


def _text(message: Message) -> str:
    """Return all that a reply says: its text, and the tools that it calls."""
    calls = (f"{call.title}: {call.arguments}" for call in message.tool_calls)
    return visible("\n\n".join(filter(None, (message.shown_text, *calls)))).replace("\t", _TAB).strip("\n")


def _parts(spans: list[Span], has_marks: bool) -> Iterator[Part]:
    """Yield the spans' texts in order, with the white space of the new text, or of the old before what is removed."""
    for number, span in enumerate(spans):
        is_last = number == len(spans) - 1
        if span.is_equal:
            spaced = span.new if is_last or spans[number + 1].new else span.old
            text = span.new.rstrip() + spaced[len(spaced.rstrip()) :]
            yield from _abridged(text, is_first=number == 0, is_last=is_last)
            continue
        old, new = span.old.rstrip(), span.new.rstrip()
        yield from _marked(old, "removed", has_marks)
        yield _gap(span) if old and new else "", ""
        yield from _marked(new, "added", has_marks)
        yield (span.new[len(new) :] if new else span.old[len(old) :]), ""


def _gap(span: Span) -> str:
    """Return what stands between removed words and those in their place."""
    if "\n" in span.old or "\n" in span.new:
        return "\n"
    are_joined = (span.old[-1] + span.new[0]).isascii() and span.old[-1].isalnum() and span.new[0].isalnum()
    return " " if are_joined or span.old[-1].isspace() or span.new[-1].isspace() else ""


def _marked(text: str, element: str, has_marks: bool) -> Iterator[Part]:
    """Yield a text that only one reply has; each of its lines has its own marks."""
    opening, closing = _MARKS[element] if has_marks else ("", "")
    for number, line in enumerate(text.split("\n")):
        if number:
            yield "\n", ""
        if words := line.strip():
            yield line[: len(line) - len(line.lstrip())], ""
            yield f"{opening}{words}{closing}", element


def _abridged(text: str, *, is_first: bool, is_last: bool) -> Iterator[Part]:
    """Yield a text that both replies have, without what is far from any change."""
    start = 0 if is_first else _end_of_word(text, _CONTEXT_CHARS)
    end = len(text) if is_last else len(text) - _end_of_word(text[::-1], _CONTEXT_CHARS)
    left_out = text[start:end]
    if len(left_out) < _MIN_LEFT_OUT_CHARS:
        yield text, ""
        return
    gap = "\n" if "\n" in left_out else " "
    yield text[:start].rstrip() + gap * (start > 0), ""
    yield f"… {plural(count_words(left_out), 'word')} …", "muted"
    yield gap * (end < len(text)) + text[end:].lstrip(), ""


def _end_of_word(text: str, at: int) -> int:
    """Return where the word ends that a position is in, if it is not too long."""
    space = re.compile(r"\s").search(text, at, at + _CONTEXT_CHARS)
    return min(at, len(text)) if space is None else space.start()


def _wrapped(line: list[Part], page: Page, style: TerminalStyle) -> list[str]:
    """Return a line wrapped, with its indentation, which code needs, unless that leaves no room."""
    if not line:
        return [""]
    (first, element), *others = line
    indent = " " * min(len(first) - len(first.lstrip(" ")), page.columns // 2)
    inner = Page(page.columns - len(indent), style) if indent else page
    return [f"{indent}{row}" for row in inner.lines(inner.paragraph([(first.lstrip(" "), element), *others]))]


def _split_lines(parts: Iterable[Part]) -> Iterator[list[Part]]:
    """Yield the parts line by line."""
    line: list[Part] = []
    for text, element in parts:
        first, *others = text.split("\n")
        line.append((first, element))
        for other in others:
            yield [part for part in line if part[0]]
            line = [(other, element)]
    yield [part for part in line if part[0]]
