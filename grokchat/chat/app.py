"""Composition of the chat: the prompt accepts keys first, and everything else is imported after that.

The prompt needs neither sessions nor commands. They are imported in steps, so that a key typed meanwhile is echoed
between two steps; what the first request needs is imported after that, in a thread (`chat/connection`).
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokchat.errors import InterruptedByUser
from grokchat.invocation import Invocation, enable_gc, run_loop
from grokchat.records import replace
from grokchat.render.sanitize import visible_line
from grokchat.render.style import TerminalStyle, is_dumb
from grokchat.system.files import path_exists
from grokchat.terminal.detection import detect_style
from grokchat.terminal.early_prompt import EarlyPrompt
from grokchat.views.notices import DEMO_MODEL, error_lines, greeting_lines, notice_lines

if TYPE_CHECKING:
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

    from grokchat.chat.bugs import BugReports
    from grokchat.chat.repl import Repl
    from grokchat.chat.tab_completion import LineCompleter
    from grokchat.environment import Environment
    from grokchat.session.session import Session
    from grokchat.session.store import SessionStore
    from grokchat.session.summary import SummarySource
    from grokchat.system.drafts import Drafts
    from grokchat.terminal.interface import Candidate, Screen

    Channel = tuple[Input, Output]

_SWITCH_INTERVAL_S = 0.001
"""How long a thread may keep another from the interpreter. With Python's 5 ms a key waits for an import three times."""
_MODULES = (
    "grokchat.messages",
    "grokchat.session.conversation",
    "grokchat.session.session",
    "grokchat.session.store",
    "grokchat.commands.declare",
    "grokchat.commands.registry",
    "grokchat.chat.replies",
    "grokchat.chat.dispatch",
    "grokchat.chat.repl",
)
"""The modules imported after the prompt is shown, step by step, in the order of their dependencies."""


def chat(invocation: Invocation) -> int:
    """Chat until the user leaves; return the exit code."""
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    environment = invocation.environment
    settings = invocation.settings
    style = detect_style(environment.variables, environment.encoding, settings.theme, settings.styles)
    style = replace(style, prose_width=settings.width)
    if is_dumb(environment.variables) or invocation.settings.screen_reader:
        return _chat_in_lines(invocation, style)
    early_prompt = EarlyPrompt(environment)
    try:
        if invocation.key.is_available() and invocation.arguments.resume != "":
            lines = _greeting(invocation, environment.columns(), style)
            early_prompt.show(lines, style.styled("> ", "prompt"))
        return _chat_at_prompt(invocation, style, early_prompt)
    finally:
        early_prompt.end()


# -- the prompt --------------------------------------------------------------------------------------------------------


def _chat_at_prompt(invocation: Invocation, style: TerminalStyle, early_prompt: EarlyPrompt) -> int:
    from grokchat.terminal.channel import has_control_codes, open_channel

    if not has_control_codes(invocation.environment):
        return _chat_in_lines(invocation, style)
    channel = open_channel(invocation.environment, early_prompt)
    if not invocation.key.is_available():
        from grokchat.chat.key_setup import set_up_key

        if run_loop(set_up_key(invocation.key, invocation.paths.config, channel, style)):
            invocation = replace(invocation, arguments=replace(invocation.arguments, demo=True))
    store = session = None
    if invocation.arguments.newest or invocation.arguments.resume is not None:
        store = invocation.open_store()
        session = _open_session(invocation, store, channel)
    prompt = _run_prompt(invocation, style, channel, store, session, is_greeted=early_prompt.was_shown)
    return run_loop(_ending_for_good(prompt, invocation.environment))


async def _run_prompt(
    invocation: Invocation,
    style: TerminalStyle,
    channel: Channel,
    store: SessionStore | None,
    session: Session | None,
    *,
    is_greeted: bool,
) -> int:
    import asyncio

    from grokchat.terminal.prompt import Terminal

    repl: Repl | None = None
    completer: LineCompleter | None = None
    label = _model_label(invocation)

    def complete(line: str, is_cancelled: Callable[[], bool]) -> Iterable[Candidate]:
        nonlocal completer
        if repl is None:
            return []
        if completer is None:
            from grokchat.chat.tab_completion import LineCompleter
            from grokchat.commands.registry import by_name

            completer = LineCompleter(by_name(), repl.store)
        return completer.candidates(line, repl.session, is_cancelled)

    def current_style() -> TerminalStyle:
        if repl is not None:
            return repl.style()
        return style.on_background(invocation.settings.theme, terminal.background)

    terminal = Terminal(
        channel,
        history=invocation.paths.history if invocation.settings.save else None,
        complete=complete,
        status=lambda: invocation.environment.redact(bugs.value_of(repl.status, "") if repl is not None else label),
        vi=invocation.settings.edit_mode == "vi",
        style=current_style,
        env=invocation.environment.variables,
        drafts=_drafts(invocation),
        title=lambda: invocation.environment.redact(bugs.value_of(repl.title, "") if repl is not None else ""),
        suggests=lambda: (repl.session.settings if repl is not None else invocation.settings).suggest,
    )
    if not is_greeted:
        terminal.draw_frame(_greeting(invocation, terminal.width, style))
    async with terminal:
        await terminal.painted()
        bugs = _bug_reports(invocation, terminal, current_style)
        asyncio.get_running_loop().set_exception_handler(bugs.handle_background_error)
        for name in _MODULES:
            importlib.import_module(name)
            await asyncio.sleep(0)
        enable_gc()
        if session is not None:
            await terminal.answered()  # its last messages are printed in the colours for the background
        if notice := terminal.restore_draft():
            terminal.draw_frame([*notice_lines(notice, terminal.width, current_style()), ""])
        repl = _make_repl(invocation, terminal, style, store, session)
        terminal.offer_completions()
        return await repl.run(invocation.messages, invocation.image_names, invocation.prompts)


def _drafts(invocation: Invocation) -> Drafts:
    from grokchat.system.drafts import Drafts

    paths = invocation.paths
    return Drafts(None if paths.problem else paths.drafts, is_kept=invocation.settings.save)


def _open_session(invocation: Invocation, store: SessionStore, channel: Channel) -> Session:
    """Open the session that the arguments name, or that the user chooses; raises InterruptedByUser if none is."""
    from grokchat.session.imports.conversation import ConversationChoiceError

    if invocation.arguments.resume == "":
        return invocation.open_session(store, _choose(invocation, store, channel))
    try:
        return invocation.open_session(store)
    except ConversationChoiceError as error:
        return invocation.open_session(store, _choose(invocation, error, channel))


def _choose(invocation: Invocation, sessions: SummarySource, channel: Channel) -> Path:
    from grokchat.terminal.picker import pick
    from grokchat.views.choices import SessionRows

    chosen: Path | None = run_loop(pick(channel, SessionRows(sessions, invocation.environment.now())))
    if chosen is None:
        raise InterruptedByUser("No session was chosen.")
    return chosen


# -- a terminal without control codes ----------------------------------------------------------------------------------


def _chat_in_lines(invocation: Invocation, style: TerminalStyle) -> int:
    invocation.key.require()
    lines = _run_lines(invocation, TerminalStyle("none", style.encoding))
    return run_loop(_ending_for_good(lines, invocation.environment))


async def _run_lines(invocation: Invocation, style: TerminalStyle) -> int:
    import asyncio

    from grokchat.terminal.plain import PlainTerminal

    store = invocation.open_store()
    session = invocation.open_session(store)
    enable_gc()
    async with PlainTerminal(invocation.environment) as terminal:
        bugs = _bug_reports(invocation, terminal, lambda: style)
        asyncio.get_running_loop().set_exception_handler(bugs.handle_background_error)
        terminal.draw_frame(_greeting(invocation, terminal.width, style))
        return await _make_repl(invocation, terminal, style, store, session).run(
            invocation.messages, invocation.image_names, invocation.prompts
        )


# -- both --------------------------------------------------------------------------------------------------------------


async def _ending_for_good(chat: Coroutine[Any, Any, int], environment: Environment) -> int:
    try:
        return await chat
    finally:
        environment.ignore_ctrl_c()


def _make_repl(
    invocation: Invocation, screen: Screen, style: TerminalStyle, store: SessionStore | None, session: Session | None
) -> Repl:
    from grokchat.chat.key_change import KeyAccess
    from grokchat.chat.repl import Repl

    store = store or invocation.open_store()
    return Repl(
        screen,
        invocation.environment,
        store,
        session or invocation.open_session(store),
        style,
        invocation.connect,
        save_setting=invocation.save_setting,
        key=KeyAccess(invocation.key, invocation.check_key, invocation.paths.require),
        is_demo=invocation.arguments.demo,
    )


def _bug_reports(invocation: Invocation, screen: Screen, style: Callable[[], TerminalStyle]) -> BugReports:
    """Return the reports of bugs in background tasks (the editor, completion) and in drawing."""
    from grokchat.chat.bugs import BugReports

    def print_text(text: str) -> None:
        shown = visible_line(invocation.environment.redact(text))
        screen.draw_frame([*error_lines(shown, screen.width, style()), ""])

    return BugReports(invocation.environment, print_text, screen.draw_frame)


def _greeting(invocation: Invocation, columns: int, style: TerminalStyle) -> list[str]:
    """Return the lines above the first prompt; a user without settings and sessions gets suggestions."""
    is_first_run = not invocation.layers and not path_exists(invocation.paths.sessions)
    return greeting_lines(_model_label(invocation), columns, style, is_first_run=is_first_run)


def _model_label(invocation: Invocation) -> str:
    return DEMO_MODEL if invocation.arguments.demo else invocation.environment.redact(invocation.settings.model)
