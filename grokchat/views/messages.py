"""Messages as lines, alike when they are sent or received, resumed and shown. Text from outside is made visible here.

A user's message is on a band, with its number after the text; a reply has a footer below it, and any other
message a head line. No padding is printed: what is copied from the scrollback is text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from grokchat.render.sanitize import visible, visible_line
from grokchat.render.style import TerminalStyle
from grokchat.views.message_rows import Limits, Row, row_line, text_rows, wrap_lines

if TYPE_CHECKING:
    from grokchat.messages import Message, ReplyInfo

PROMPT = "> "
_MIN_INDENTED_COLUMNS = 8
"""In a narrower window the rows below the first one are not indented, and a number has no row of its own."""
_LABEL_GAP = "  "
_BRIEF, _BRIEF_CONTEXT = (20, 12), (5, 2)
"""In brief, for a message, and for one that stands before a question: what was piped, or a question not answered."""


def sent_lines(text: str, columns: int, style: TerminalStyle) -> list[str]:
    """Return a line of the user's, as it stood at the prompt: a command, an answer, or a message that was not sent."""
    return [row_line(row, columns, style) for row in _sent_rows(text, columns, style, "command")]


def message_lines(
    number: int,
    message: Message,
    *,
    columns: int,
    style: TerminalStyle,
    is_muted: bool = False,
    is_markdown: bool = True,
    is_streaming: bool = False,
    has_footer: bool = True,
    is_brief: bool = False,
    has_question: bool = False,
    is_typed: bool | None = None,
    image_names: Mapping[str, str] | None = None,
    position: tuple[int, int] | None = None,
) -> list[str]:
    """Return a message whole, with its tool calls, and an empty line after it.

    A reply is rendered as when it arrived, if `is_markdown`. Of a long message of another role, `is_brief` has only the
    beginning, of many sources of a reply only the first, and of an attached file the name and size. With `has_question`
    the user's question follows in a message of its own: in brief, this one has no empty line after it. `is_typed` says
    whether the user typed the message, if that is known; `image_names` has the names of images by their address.
    `position` is that of `footer_lines`.
    """
    states = ["muted"] if is_muted else []
    if message.is_interrupted:
        states.append("still coming" if is_streaming else "interrupted")
    calls = _tool_call_lines(message, style)
    if message.role == "assistant":
        reply = (
            _reply_lines(message, columns, style, is_markdown=is_markdown) if message.shown_text or not calls else []
        )
        footer = footer_lines(
            number,
            message,
            columns,
            style,
            states=states,
            position=position,
            has_figures=has_footer,
            has_all_sources=not is_brief,
        )
        return [*reply, *calls, "", *footer]
    if message.role == "user":
        is_context = is_brief and has_question
        if is_context and is_typed is None:
            is_typed = False
        parts = _split_attached(message, image_names, is_brief=is_brief, is_typed=is_typed)
        element = "muted" if is_muted else "attached" if is_context else "user"
        limits = (_BRIEF_CONTEXT if is_context else _BRIEF) if is_brief else None
        label = " · ".join([f"#{number}", *message.facts, *states])
        lines = _user_lines(parts, label, columns, style, element, limits)
        return [*lines, *calls, *([] if is_context else [""])]
    heads = _joined([f"#{number}", message.role, *message.facts, *states], columns, style)
    lines = _text_lines(message, columns, style, _BRIEF if is_brief else None, "muted" if is_muted else "")
    return [*(style.styled(row, "muted") for row in heads), *lines, *calls, ""]


def _reply_lines(message: Message, columns: int, style: TerminalStyle, *, is_markdown: bool) -> list[str]:
    """Return the text of a reply as when it arrived."""
    from grokchat.render.stream import render_reply

    has_citations = bool(message.sources)
    return render_reply(
        message.shown_text, columns, style, markdown=is_markdown, numbered=True, has_citations=has_citations
    )


def _text_lines(message: Message, columns: int, style: TerminalStyle, limits: Limits | None, element: str) -> list[str]:
    """Return the text of a message whose role has no form of its own."""
    texts, more = text_rows(message.shown_text, style.prose_columns(columns), style, limits)
    return [row_line(row, columns, style) for row in [*([(row, element)] for row in texts), *more]]


def footer_lines(
    number: int,
    message: Message,
    columns: int,
    style: TerminalStyle,
    *,
    states: Sequence[str] = (),
    position: tuple[int, int] | None = None,
    has_figures: bool = True,
    has_all_sources: bool = False,
) -> list[str]:
    """Return a reply's sources and its footer, and an empty line after each.

    The footer has the number, what is unusual about the reply, and then, if `has_figures`, which of how many
    alternatives it is (`position`) and what is known of it: model, seconds, tokens and cost. Without `has_figures`, a
    reply of which nothing is unusual has no footer. Of many sources only the first are listed, unless it
    `has_all_sources`.
    """
    facts = [*message.facts, *states]
    sources: list[str] = []
    if message.sources:
        from grokchat.views.sources import source_lines

        sources = [*source_lines(message.sources, columns, style, is_whole=has_all_sources), ""]
    if not (facts or has_figures):
        return sources
    parts = [f"#{number}", *facts]
    if has_figures:
        parts += [f"{position[0]} of {position[1]}"] if position is not None else []
        parts += [message.role] if message.reply is None else _figures(message.reply)
    return [*sources, *(style.styled(row, "footer") for row in _joined(parts, columns, style)), ""]


def summary_footer_lines(info: ReplyInfo, columns: int, style: TerminalStyle) -> list[str]:
    """Return the footer of a summary that is no message yet, and an empty line after it."""
    states = ["interrupted"] if info.finish_reason == "interrupted" else []
    parts = ["summary", *states, *_figures(info)]
    return [*(style.styled(row, "footer") for row in _joined(parts, columns, style)), ""]


def heading_lines(text: str, columns: int, style: TerminalStyle) -> list[str]:
    """Return a heading that says what is shown below it: above all headings that this may have."""
    return [style.styled(row, "h1") for row in _joined([text], columns, style)]


def _joined(parts: Sequence[str], columns: int, style: TerminalStyle) -> list[str]:
    """Return parts in rows, each whole where it fits."""
    from grokchat.render.cells import cell_width

    rows: list[str] = []
    for part in (style.encodable(visible_line(part)) for part in parts):
        longer = style.encodable(f"{rows[-1]} · {part}") if rows else part
        if rows and cell_width(longer) <= columns:
            rows[-1] = longer
        else:
            rows += wrap_lines(part, columns)
    return rows


def _figures(info: ReplyInfo) -> list[str]:
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
        figures += [", ".join(filter(None, tokens)), usage.tools, usage.dollars]
    return [figure for figure in figures if figure]


def _split_attached(
    message: Message, image_names: Mapping[str, str] | None, *, is_brief: bool, is_typed: bool | None
) -> tuple[list[str], str]:
    """Return the names of what is attached in a user's message, and the text that is to be shown below them."""
    content = message.body.get("content")
    if isinstance(content, list):
        from grokchat.attachments.recognition import split_media

        return split_media(content, image_names or {}) or ([], message.shown_text)
    if is_brief and not is_typed:
        from grokchat.attachments.recognition import describe_attached

        if name := describe_attached(message.body, is_file=is_typed is not None):
            return [name], ""
    return [], message.shown_text


def _user_lines(
    parts: tuple[list[str], str], label: str, columns: int, style: TerminalStyle, element: str, limits: Limits | None
) -> list[str]:
    """Return the lines of a user's message on its band: the names of what is attached, the text, and its label."""
    attached, text = parts
    name_element = "attached" if text and element != "muted" else element
    rows = [row for name in attached for row in _sent_rows(visible_line(name), columns, style, name_element)]
    rows += _sent_rows(text, columns, style, element, limits) if text or not attached else []
    _add_label(rows, label, columns, style)
    return [row_line(row, columns, style, has_band=True) for row in rows]


def _sent_rows(text: str, columns: int, style: TerminalStyle, element: str, limits: Limits | None = None) -> list[Row]:
    """Return what the user sent, after a prompt, wrapped at words, the rows below the first one indented."""
    indent = " " * len(PROMPT) if columns >= _MIN_INDENTED_COLUMNS else ""
    columns = style.prose_columns(columns)
    (first, *others), more = text_rows(text if indent else PROMPT + text, columns - len(indent), style, limits)
    first = PROMPT + first if indent else first
    head = first[: len(PROMPT)]
    rows: list[Row] = [[(head, "prompt" if element == "user" else element), (first[len(head) :], element)]]
    return [*rows, *([(indent + row if row else "", element)] for row in others), *more]


def _add_label(rows: list[Row], label: str, columns: int, style: TerminalStyle) -> None:
    """Put a message's number and states after its last row, or below it."""
    from grokchat.render.cells import cell_width

    is_indented, columns = columns >= _MIN_INDENTED_COLUMNS, style.prose_columns(columns)
    label = style.encodable(visible_line(label))
    if sum(cell_width(piece) for piece, _ in rows[-1]) + len(_LABEL_GAP) + cell_width(label) <= columns:
        rows[-1].append((_LABEL_GAP + label, "muted"))
    elif is_indented:
        rows += [[(row, "muted")] for row in wrap_lines(" " * len(PROMPT) + label, columns)]


def _tool_call_lines(message: Message, style: TerminalStyle) -> list[str]:
    """Return the calls of tools in a message, each as a title with the arguments below it."""
    lines = []
    for call in message.tool_calls:
        lines.append(style.styled(f"{visible_line(call.title)}:", "muted"))
        lines += [f"  {line}" for line in visible(call.arguments).split("\n") if call.arguments]
    return lines
