"""Messages as lines, alike when they are sent or received, resumed and shown. Text from outside is made visible here.

A message of the user's stands on a band, with its number behind the text; a reply has a footer below it, and any other
message a head line. No padding is printed: what is copied from the scrollback is text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from grokchat.render.sanitize import visible, visible_line
from grokchat.render.style import TerminalStyle, sgr_parameters
from grokchat.terminal.row_widths import ERASURE
from grokchat.units import plural

if TYPE_CHECKING:
    from grokchat.messages import Message

PROMPT = "> "
_MIN_INDENTED_COLUMNS = 8
"""In a narrower window the rows below the first one are not indented, and a number has no row of its own."""
_LABEL_GAP = "  "
_MAX_ROWS, _BEGINNING_ROWS = 20, 12
"""Rows of a message that is shown in brief, and those of its beginning that are shown if it has more."""

_Row = list[tuple[str, str]]
"""Pieces of text, each with its element."""


def sent_lines(
    text: str, columns: int, style: TerminalStyle, *, element: str = "command", label: str = "", is_brief: bool = False
) -> list[str]:
    """Return a line of the user's, as it stood at the prompt: a command, an answer, or a message that was not sent.

    A `label` stands behind the text. With `is_brief` only the beginning of a long text is shown.
    """
    rows = _sent_rows(text, columns, style, element=element, label=label, is_brief=is_brief)
    return [_line(row, columns, style) for row in rows]


def message_lines(
    number: int,
    message: Message,
    *,
    is_muted: bool,
    columns: int,
    style: TerminalStyle,
    is_markdown: bool,
    is_streaming: bool = False,
    has_footer: bool = True,
    is_brief: bool = False,
) -> list[str]:
    """Return a message whole, with its tool calls, and an empty line after it.

    A reply is rendered as when it arrived, if `is_markdown`. Of a long message of another role, `is_brief` has only the
    beginning.
    """
    states = ["muted"] if is_muted else []
    if message.is_interrupted:
        states.append("still coming" if is_streaming else "interrupted")
    calls = _tool_call_lines(message, style)
    if message.role == "assistant":
        from grokchat.render.stream import render_reply

        text = message.shown_text
        reply = render_reply(text, columns, style, markdown=is_markdown, numbered=True) if text or not calls else []
        footer = footer_lines(number, message, columns, style, states=states, has_figures=has_footer)
        return [*reply, *calls, "", *footer]
    if message.role == "user":
        label, element = " · ".join([f"#{number}", *message.facts, *states]), "muted" if is_muted else "user"
        text = message.shown_text
        rows = _sent_rows(text, columns, style, element=element, label=label, is_brief=is_brief)
        return [*(_line(row, columns, style, has_band=True) for row in rows), *calls, ""]
    heads = _joined([f"#{number}", message.role, *message.facts, *states], columns, style)
    text = style.encodable(visible(message.shown_text))
    rows = [[(row, "muted" if is_muted else "")] for row in _wrapped(text, style.prose_columns(columns))]
    if is_brief:
        rows = _shortened(rows, style)
    return [*(style.styled(row, "muted") for row in heads), *(_line(row, columns, style) for row in rows), *calls, ""]


def footer_lines(
    number: int,
    message: Message,
    columns: int,
    style: TerminalStyle,
    *,
    states: Sequence[str] = (),
    has_figures: bool = True,
) -> list[str]:
    """Return the footer of a reply, and an empty line after it.

    It has the number, what is unusual about the reply, and then, if `has_figures`, what is known of these: model,
    seconds, tokens and cost. Nothing is returned where only the number would be left out of `has_figures`.
    """
    facts = [*message.facts, *states]
    if not (facts or has_figures):
        return []
    parts = [f"#{number}", *facts, *(_figures(message) if has_figures else [])]
    return [*(style.styled(row, "footer") for row in _joined(parts, columns, style)), ""]


def _joined(parts: Sequence[str], columns: int, style: TerminalStyle) -> list[str]:
    """Return parts in rows, each whole where it fits."""
    from grokchat.render.cells import cell_width

    rows: list[str] = []
    for part in (style.encodable(visible_line(part)) for part in parts):
        longer = style.encodable(f"{rows[-1]} · {part}") if rows else part
        if rows and cell_width(longer) <= columns:
            rows[-1] = longer
        else:
            rows += _wrapped(part, columns)
    return rows


def _figures(message: Message) -> list[str]:
    info = message.reply
    if info is None:
        return [message.role]
    figures = [info.shown_model or ""]
    if info.elapsed_s is not None:
        from grokchat.units import duration

        figures.append(f"{info.elapsed_s:.1f} s" if info.elapsed_s < 100 else duration(info.elapsed_s))
    if info.usage is not None:
        from grokchat.api.usage import Usage

        usage = Usage.from_api(info.usage)
        cached = f" ({usage.cached:,} cached)" if usage.cached else ""
        tokens = [
            f"{usage.prompt:,} in{cached}" if usage.prompt else "",
            f"{usage.completion:,} out" if usage.completion else "",
            f"{usage.reasoning:,} reasoning" if usage.reasoning else "",
        ]
        figures += [", ".join(filter(None, tokens)), usage.dollars]
    return [figure for figure in figures if figure]


def _sent_rows(
    text: str, columns: int, style: TerminalStyle, *, element: str, label: str, is_brief: bool
) -> list[_Row]:
    """Return what the user typed behind a prompt, wrapped at words, the rows below the first one indented."""
    indent = " " * len(PROMPT) if columns >= _MIN_INDENTED_COLUMNS else ""
    text, label = style.encodable(visible(text).rstrip("\n")), style.encodable(visible_line(label))
    columns = style.prose_columns(columns)
    first, *others = _wrapped(text if indent else PROMPT + text, columns - len(indent))
    first = PROMPT + first if indent else first
    head = first[: len(PROMPT)]
    rows: list[_Row] = [[(head, "prompt" if element == "user" else element), (first[len(head) :], element)]]
    rows += [[(indent + row if row else "", element)] for row in others]
    if is_brief:
        rows = _shortened(rows, style)
    if label:
        from grokchat.render.cells import cell_width

        if sum(cell_width(piece) for piece, _ in rows[-1]) + len(_LABEL_GAP) + cell_width(label) <= columns:
            rows[-1].append((_LABEL_GAP + label, "muted"))
        elif indent:
            rows += [[(row, "muted")] for row in _wrapped(indent + label, columns)]
    return rows


def _wrapped(text: str, columns: int) -> list[str]:
    """Return the rows of a text, wrapped at words."""
    from grokchat.render.wrap import wrap_text

    return [row for line in text.split("\n") for row in wrap_text(line, columns)]


def _shortened(rows: list[_Row], style: TerminalStyle) -> list[_Row]:
    if len(rows) <= _MAX_ROWS:
        return rows
    more = style.encodable(f"  … {plural(len(rows) - _BEGINNING_ROWS, 'more line')}")
    return [*rows[:_BEGINNING_ROWS], [(more, "muted")]]


def _line(row: _Row, columns: int, style: TerminalStyle, *, has_band: bool = False) -> str:
    """Return a row with its codes, on the band if it `has_band` and there are colours for it.

    The band is painted to the edge by an erasure, in terminals where the cells after the text stay blank; in others it
    ends with the text, because they would wrap and copy it like spaces.
    """
    text = "".join(piece for piece, _ in row)
    band = ("band",) if has_band and sgr_parameters(("band",), style) else ()
    is_painted = bool(band) and style.erases_to_blank and _fits(text, columns)
    parts, current = [], ""
    for piece, element in row:
        code = sgr_parameters((*band, element) if element else band, style) if piece or is_painted else current
        if code != current:
            parts.append(f"\x1b[{'0;' if current else ''}{code}m" if code else "\x1b[m")
            if is_painted and not current:
                parts.append(ERASURE)
            current = code
        parts.append(piece)
    return "".join([*parts, "\x1b[m" if current else ""])


def _fits(text: str, columns: int) -> bool:
    from grokchat.render.cells import fits_row

    return fits_row(text, columns)


def _tool_call_lines(message: Message, style: TerminalStyle) -> list[str]:
    """Return the calls of tools in a message, each as a title with the arguments below it."""
    lines = []
    for call in message.tool_calls:
        lines.append(style.styled(f"{visible_line(call.title)}:", "muted"))
        lines += [f"  {line}" for line in visible(call.arguments).split("\n") if call.arguments]
    return lines
