"""The construction of the prompt's application: prompt_toolkit's options, and the keys of all of the prompt's parts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from prompt_toolkit.enums import EditingMode
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import merge_key_bindings
from prompt_toolkit.output import Output

from grokchat.terminal.application import RegionApplication
from grokchat.terminal.history_suggestion import suggestion_key_bindings
from grokchat.terminal.key_bindings import KeyActions, prompt_key_bindings
from grokchat.terminal.layout import PromptLayout
from grokchat.terminal.menu_bindings import menu_key_bindings
from grokchat.terminal.prompt_style import sgr_code
from grokchat.terminal.queries import may_query
from grokchat.terminal.terminals import identify
from grokchat.terminal.title import TerminalTitle

if TYPE_CHECKING:
    from grokchat.render.style import TerminalStyle
    from grokchat.terminal.input import TerminalReports


def make_application(
    prompt: PromptLayout,
    actions: KeyActions,
    channel: tuple[Input, Output],
    reports: TerminalReports | None,
    env: Mapping[str, str],
    *,
    on_resized: Callable[[], None],
    style: Callable[[], TerminalStyle],
    title: Callable[[], str],
    vi: bool,
) -> RegionApplication:
    """Return an application that shows the prompt, whose keys do these actions."""
    keyboard, screen = channel
    buffer, control = prompt.buffer, prompt.control
    key_bindings = [  # of two for one key, the later one counts
        prompt_key_bindings(buffer, control, actions, vi=vi),
        suggestion_key_bindings(prompt.suggestion, control),
        menu_key_bindings(prompt.menu, buffer, control, screen.get_size),
    ]
    app = RegionApplication(
        terminal=identify(env),
        on_resized=on_resized,
        code_of=lambda classes: sgr_code(classes, style()),
        acks=reports.sizes.acks if reports is not None else None,
        keyboard=reports.keyboard if reports is not None else None,
        title=TerminalTitle(title) if may_query(env) else None,
        terminal_size_polling_interval=0.5 if sys.platform == "win32" else None,  # elsewhere there is SIGWINCH
        layout=prompt.layout,
        key_bindings=merge_key_bindings(key_bindings),
        editing_mode=EditingMode.VI if vi else EditingMode.EMACS,
        erase_when_done=True,
        input=keyboard,
        output=screen,
    )
    # As in readline and vi, the second key of two may take its time.
    app.timeoutlen = None  # type: ignore[assignment] # its key processor takes None for no limit
    if reports is not None:
        reports.sizes.on_answer = app.handle_answer
        reports.keyboard.on_change = app.invalidate
        reports.background.on_change = app.invalidate  # its colours depend on it
    return app
