"""Composition of the REPL: a prompt that takes keys first, and what answers them right behind it.

The prompt needs neither sessions nor commands. They are imported behind it: after a moment in which what has been typed
is echoed, and in steps, so that a key typed meanwhile is echoed between two of them.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokchat.errors import CommandError, InterruptedByUser
from grokchat.invocation import Run, run_loop, started
from grokchat.render.style import TerminalStyle, detect_style, is_dumb
from grokchat.terminal.early_prompt import EarlyPrompt
from grokchat.views.notices import DEMO_MODEL, error_lines, greeting_lines

if TYPE_CHECKING:
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

    from grokchat.chat.repl import Repl
    from grokchat.session.session import Session
    from grokchat.session.store import Library
    from grokchat.terminal.interface import Candidate, Screen

    Channel = tuple[Input, Output]

_FIRST_KEYS = 0.03
"""Seconds that belong to the keys typed while the program started."""

_BEHIND_THE_PROMPT = (
    "grokchat.messages",
    "grokchat.session.conversation",
    "grokchat.session.session",
    "grokchat.session.store",
    "grokchat.commands.declare",
    "grokchat.commands.registry",
    "grokchat.chat.repl",
)


def chat(run: Run) -> int:
    """Talk until the user leaves; return the exit code."""
    environment = run.environment
    style = detect_style(environment.variables, environment.encoding)
    if is_dumb(environment.variables) or run.settings.screen_reader:
        return _talk_plainly(run, TerminalStyle("none", style.encoding))
    paint = EarlyPrompt(environment)
    try:
        if run.key.known() and run.arguments.resume != "":
            paint.show(greeting_lines(_label(run), environment.columns(), style))
        return _talk_on(run, style, paint)
    finally:
        paint.end()


def _talk_on(run: Run, style: TerminalStyle, paint: EarlyPrompt) -> int:
    from grokchat.terminal.channel import has_control_codes, open_channel

    if not has_control_codes(run.environment):
        return _talk_plainly(run, TerminalStyle("none", style.encoding))
    channel = open_channel(run.environment, paint)
    if not run.key.known():
        from grokchat.chat.key_setup import with_key

        run = run_loop(with_key(run, channel, style))
    library = session = None
    if run.arguments.newest or run.arguments.resume is not None:
        library = run.library()
        session = run.session(library, _chosen(run, library, channel))
    return run_loop(_talk(run, style, channel, library, session, is_greeted=paint.was_shown))


async def _talk(
    run: Run,
    style: TerminalStyle,
    channel: Channel,
    library: Library | None,
    session: Session | None,
    *,
    is_greeted: bool,
) -> int:
    import asyncio

    from grokchat.terminal.prompt import Terminal

    repl: Repl | None = None
    label = _label(run)

    def complete(line: str) -> Iterable[Candidate]:
        from grokchat.chat.tab_completion import complete_line
        from grokchat.commands.registry import by_name

        return complete_line(line, by_name(), repl.session, repl.library) if repl is not None else ()

    terminal = Terminal(
        channel,
        history=run.paths.history if run.settings.save else None,
        complete=complete,
        status=lambda: repl.status() if repl is not None else label,
        vi=run.settings.edit_mode == "vi",
        colors=style.colors not in {"none", "bold"},
        env=run.environment.variables,
    )
    if not is_greeted:
        terminal.draw_frame(greeting_lines(label, terminal.width, style))
    async with terminal:
        await terminal.painted()
        asyncio.get_running_loop().set_exception_handler(lambda _, about: terminal.draw_frame(_mishap(about, style)))
        await asyncio.sleep(0.0 if run.opening else _FIRST_KEYS)
        for name in _BEHIND_THE_PROMPT:
            importlib.import_module(name)
            await asyncio.sleep(0)
        started()
        repl = _repl(run, terminal, style, library, session)
        return await repl.run(run.opening)


def _mishap(about: dict[str, Any], style: TerminalStyle) -> list[str]:
    """Tell what went wrong beside the chat (in an editor, while completing) instead of a traceback over the prompt."""
    error = about.get("exception")
    if isinstance(error, CommandError):
        return [*error_lines(str(error), 80, style), ""]
    said = f"{type(error).__name__}: {error}" if error is not None else str(about.get("message"))
    return [*error_lines(f"That went wrong ({said}). The chat goes on.", 80, style), ""]


def _talk_plainly(run: Run, style: TerminalStyle) -> int:
    run.key.require()
    return run_loop(_talk_in_lines(run, style))


async def _talk_in_lines(run: Run, style: TerminalStyle) -> int:
    from grokchat.terminal.plain import PlainTerminal

    library = run.library()
    session = run.session(library)
    started()
    async with PlainTerminal(run.environment) as terminal:
        terminal.draw_frame(greeting_lines(_label(run), terminal.width, style))
        return await _repl(run, terminal, style, library, session).run(run.opening)


def _repl(run: Run, screen: Screen, style: TerminalStyle, library: Library | None, session: Session | None) -> Repl:
    from grokchat.chat.repl import Repl

    library = library or run.library()
    return Repl(
        screen,
        run.environment,
        library,
        session or run.session(library),
        style,
        run.connect,
        save_setting=run.save_setting,
        demo=run.arguments.demo,
    )


def _label(run: Run) -> str:
    return DEMO_MODEL if run.arguments.demo else run.settings.model


def _chosen(run: Run, library: Library, channel: Channel) -> Path | None:
    """Let the user choose a session if the arguments leave it open."""
    if run.arguments.resume != "":
        return None
    from grokchat.terminal.session_picker import pick

    chosen = run_loop(pick(channel, library, run.environment.now()))
    if chosen is None:
        raise InterruptedByUser("No session was chosen.")
    return chosen
