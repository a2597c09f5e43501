"""The command on saved prompts: /use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grokchat.commands.declare import Command, command
from grokchat.commands.feedback import list_settings
from grokchat.commands.insertions import insert_message, resolve_place
from grokchat.commands.outcomes import Column, FillPrompt, Notice, Outcome, Table
from grokchat.commands.params import Param, insert_position_param
from grokchat.errors import CommandError, ConfigError, FileError
from grokchat.session.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from grokchat.prompts.saved_prompt import PromptUse, SavedPrompt
    from grokchat.prompts.words import PromptWords


def _prompt_param() -> Param:
    """Return the parameter for a prompt's name and the values for its gaps."""

    def parse(rest: str) -> tuple[Any, str]:
        if not rest.strip():
            return None, ""
        from grokchat.prompts.words import parse_words

        return parse_words(rest), ""

    return Param("words", "[NAME [KEY=VALUE ...]]", parse, complete="prompts")


@command(
    "add the saved prompt prompts/NAME.md as a system message, its {{KEY}} filled; without NAME list the prompts",
    insert_position_param(),
    _prompt_param(),
    immediate_if=lambda arguments: arguments["words"] is None,
    shows_cost=True,
    examples=(
        ("/use", "list the saved prompts, what they need and set"),
        ("/use @1 review", "add prompts/review.md as the first message; what it needs is asked for"),
        ('/use translate to="Swiss German"', "fill its gap {{to}}"),
    ),
)
def use(session: Session, at: int | None, words: PromptWords | None) -> Outcome:
    """Insert a saved prompt, or list them by their first lines."""
    folder = session.config.prompts_folder
    if folder is None:
        raise CommandError("No config folder, so there are no saved prompts.")
    if words is None:
        return _list_prompts(folder)
    from grokchat.prompts.files import load_prompt
    from grokchat.prompts.saved_prompt import use_prompt

    wanted = use_prompt(load_prompt(folder, words.name), words.values)
    if not wanted.missing:
        return insert_prompt(session, at, wanted)
    resolve_place(session, at)
    session.check_writable()
    return FillPrompt(wanted, at)


def _list_prompts(folder: Path) -> Table:
    """Return the prompts by their first lines, and below each what it needs and sets."""
    from grokchat.prompts.files import first_line, load_all

    rows, notes = [], []
    for name, found in load_all(folder):
        match found:
            case FileError():
                shown, note = f"({found.reason})", ""
            case ConfigError():
                shown, note = "(error in its front matter)", str(found)
            case _:
                shown, note = first_line(found.text), _describe(found)
        rows.append((name, shown))
        notes.append(note)
    empty = f"No saved prompts. Create {folder / 'NAME.md'} to add one."
    return Table((Column("/use"), Column("first line", overflow="cut")), tuple(rows), empty=empty, notes=tuple(notes))


def _describe(prompt: SavedPrompt) -> str:
    """Return `needs language, readers · sets model = grok-4.3`, as far as it does."""
    from grokchat.prompts.saved_prompt import list_keys

    needs = f"needs {list_keys(prompt.gaps)}" if prompt.gaps else ""
    settings = list_settings(prompt.settings)
    return " · ".join(filter(None, (needs, f"sets {settings}" if settings else "")))


def insert_prompt(session: Session, at: int | None, wanted: PromptUse) -> Notice:
    """Insert a filled prompt, and set what its front matter says; raises GrokchatError."""
    prompt = wanted.prompt
    return insert_message(session, "system", at, wanted.text, label=prompt.name, settings=prompt.settings)


COMMANDS: tuple[Command, ...] = (use,)
