"""The items of the chat's queue, and the lines that the user entered for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from grokchat import messages
from grokchat.commands.declare import Call, Text, line_of_message
from grokchat.records import record
from grokchat.terminal.interface import Submit

if TYPE_CHECKING:
    from grokchat.prompts.saved_prompt import CommandLinePrompts
    from grokchat.terminal.interface import LineEdit


@record
class PreparedMessages:
    """Complete messages, sent in one request: those of the command line, or those that a session held for its fork.

    `image_names` has the names of images by their address, as far as they are known. `prompts` are the saved prompts
    among them.
    """

    bodies: Sequence[Mapping[str, Any]]
    image_names: Mapping[str, str] | None = None
    prompts: CommandLinePrompts | None = None


@record
class EditedQuestion:
    """The text that a user message gets before it is asked again; `has_paste` is true if any of it was not typed."""

    edit: LineEdit
    text: str
    has_paste: bool


@record
class DueWait:
    """The wait for the deferred reply that is due in the session that was opened."""


Item = PreparedMessages | Text | Call | EditedQuestion | DueWait


def submit_of(item: Item) -> Submit | None:
    """Return what the user has submitted; None for prepared messages."""
    match item:
        case Call():
            return Submit(item.line, item.has_paste)
        case Text():
            return Submit(line_of_message(item), item.has_paste)
        case EditedQuestion():
            return Submit(item.text, item.has_paste, item.edit)
        case _:
            return None


def recallable_line(item: Item) -> str | None:
    """Return the line that Up may recall, which is the item again, or its text as a message; None if it was no line."""
    if isinstance(item, EditedQuestion):
        return line_of_message(Text(item.text))
    submitted = submit_of(item)
    return submitted.text if submitted is not None else None


def is_quit(item: Item) -> bool:
    """Return whether an item leaves the chat."""
    return isinstance(item, Call) and item.command.name == "quit"


def line_of(item: Item) -> str:
    """Return the line that the user entered, or the text of the last one of prepared messages."""
    return lines_of(item)[-1]


def lines_of(*items: Item) -> list[str]:
    """Return the lines that the user entered; of prepared messages the texts, of unfilled prompts the names."""
    lines: list[str] = []
    for item in items:
        match item:
            case Call():
                lines.append(item.line)
            case Text() | EditedQuestion():
                lines.append(item.text)
            case DueWait():
                lines.append("(waiting for the deferred reply)")
            case PreparedMessages():
                unfilled = {} if item.prompts is None else item.prompts.unfilled
                lines += [
                    f"-s @{unfilled[position].prompt.name}" if position in unfilled else _prepared_line(body)
                    for position, body in enumerate(item.bodies)
                ]
    return lines


def _prepared_line(body: Mapping[str, Any]) -> str:
    from grokchat.attachments.recognition import describe_attached

    return describe_attached(body, is_file=True) or messages.content_text(body.get("content"))
