"""The entry point: runs a chat, a one shot or an action, as the arguments ask, and turns errors into exit codes.

Only here is everything caught: a bug becomes a paragraph, and with GROKCHAT_DEBUG=1 a traceback. What the first prompt
does not need is imported where it is used.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

from grokchat import __version__
from grokchat.arguments import Arguments, parse_arguments
from grokchat.cli.options import command_line_layer, read_schema, report_slips, split_models
from grokchat.config import files as config_files
from grokchat.config.api_key import KeySource
from grokchat.config.paths import locate_paths
from grokchat.config.settings import Settings, resolve_settings
from grokchat.environment import Environment
from grokchat.errors import GrokchatError, InterruptedByUser, UsageError
from grokchat.invocation import DEMO_PREFIX, Invocation, enable_gc, run_loop
from grokchat.records import replace
from grokchat.system.streams import write_stream

if TYPE_CHECKING:
    from grokchat.api.key_check import KeyCheck
    from grokchat.cli.schema import Schema
    from grokchat.config.secret import Secret
    from grokchat.render.style import TerminalStyle


def main(environment: Environment) -> int:
    """Run the program in this environment and return its exit code."""
    try:
        return _run(environment)
    except GrokchatError as error:
        if text := error.shell_text:
            _report(environment, text)
        return error.exit_code
    except KeyboardInterrupt:
        return InterruptedByUser.exit_code
    except BrokenPipeError:
        # Standard output has no reader any more. Without this, Python complains when it flushes the stream at exit.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), environment.stdout.fileno())
        return 4
    except Exception as error:
        if isinstance(error.__cause__, KeyboardInterrupt):  # Python 3.11 wraps an exception raised in `__set_name__`
            return InterruptedByUser.exit_code
        _report_bug(environment, error)
        return 1


def _run(environment: Environment) -> int:
    arguments = parse_arguments(environment.argv)
    if (text := _information(arguments)) is not None:
        from grokchat.cli.stdout import write_stdout

        write_stdout(environment.stdout, text.encode(environment.encoding, "replace"))
        return 0
    invocation = _invocation(environment, arguments)
    if arguments.resume:
        from grokchat.cli.input import read_resumed

        invocation = replace(invocation, resumed=read_resumed(environment, arguments))
    if _is_action(arguments):
        _run_action(invocation)
        return 0
    schema = read_schema(environment, arguments, report=_reporter(environment))
    is_one_shot = _is_one_shot(environment, arguments)
    if any(text.startswith("@") for text in arguments.system):
        from grokchat.cli.system_prompts import with_prompts

        invocation = with_prompts(invocation, may_ask=not is_one_shot)
    if arguments.prompt or arguments.files or arguments.system or not environment.stdin_is_tty:
        from grokchat.cli.input import read_messages

        names: dict[str, str] = {}
        report = _reporter(environment)
        messages = read_messages(environment, invocation.arguments, report=report, image_names=names)
        invocation = replace(invocation, messages=messages, image_names=names)
    if not is_one_shot:
        from grokchat.chat.app import chat

        return chat(invocation)
    _run_one_shot(invocation, schema)
    return 0


def _information(arguments: Arguments) -> str | None:
    """Return the text of an option that needs neither settings nor sessions; None without such an option."""
    if arguments.help:
        from grokchat.cli.help_page import help_page

        return help_page()
    if arguments.version:
        return f"grokchat {__version__}\n"
    if arguments.man:
        from grokchat.cli import man_page

        return man_page.page()
    if arguments.completion is not None:
        from grokchat.cli import shell_completion

        return shell_completion.script(arguments.completion)
    return None


def _is_action(arguments: Arguments) -> bool:
    flags = (arguments.list_models, arguments.list_sessions, arguments.login, arguments.logout)
    return arguments.export is not None or any(flags)


def _is_one_shot(environment: Environment, arguments: Arguments) -> bool:
    flags = (arguments.one_shot, arguments.json, arguments.schema is not None)
    return any(flags) or not environment.stdout_is_tty


def _invocation(environment: Environment, arguments: Arguments) -> Invocation:
    """Read the settings and check the arguments against them."""
    arguments, models = split_models(arguments)
    if models and (_is_action(arguments) or not _is_one_shot(environment, arguments)):
        raise UsageError(
            "-m takes several models only in a one shot: grokchat -p -m A,B 'QUESTION'. In the chat, /retry -m A,B "
            "sends your last message to both."
        )
    layers = config_files.load_layers(environment, config=arguments.config, profile=arguments.profile)
    command_line = command_line_layer(environment, arguments, report=_reporter(environment))
    settings = resolve_settings([*layers, command_line])
    if not _is_action(arguments):
        report_slips(layers, report=_reporter(environment))
    if arguments.resume == "" and not _can_show_list(environment, arguments, settings):
        raise UsageError(
            "-r without a session shows a list to choose from, which needs a terminal. Name a session, or use -c."
        )
    if not arguments.demo and any(key.startswith(DEMO_PREFIX) for key in settings.params):
        raise UsageError("Parameters that begin with demo_ need --demo.")
    paths = locate_paths(environment)
    if settings.save or arguments.newest or arguments.list_sessions or arguments.login or arguments.logout:
        paths.require()
    key = KeySource(
        environment,
        settings.api_key_command,
        paths.key,
        demo=arguments.demo,
        warn=_reporter(environment),
    )
    return Invocation(environment, arguments, paths, layers, command_line, settings, key, models=models)


def _can_show_list(environment: Environment, arguments: Arguments, settings: Settings) -> bool:
    """Return whether a list of sessions to choose from can be shown."""
    from grokchat.render.style import is_dumb

    is_chat = not _is_action(arguments) and not _is_one_shot(environment, arguments)
    return is_chat and not is_dumb(environment.variables) and not settings.screen_reader


def _run_action(invocation: Invocation) -> None:
    """Run an action. Standard input is read for --login only."""
    from grokchat.cli import actions

    environment, arguments = invocation.environment, invocation.arguments
    sends = (arguments.prompt and not arguments.list_sessions, arguments.files, arguments.system, arguments.schema)
    if any(sends):
        raise UsageError("--export, the lists, --login and --logout send nothing: remove PROMPT, -s, -f and --schema.")
    if arguments.export is not None:
        actions.check_export(arguments)
        session = invocation.open_session(invocation.open_store(read_only=True))
        for report in session.opening_reports:
            _report(environment, report)
        actions.export_session(environment, session, arguments)
    elif arguments.list_sessions:
        words = (arguments.prompt or "").split()
        style = _list_style(invocation)
        actions.list_sessions(environment, invocation.open_store(), words, style, as_json=arguments.json)
    elif arguments.login:

        def check(secret: Secret) -> KeyCheck:
            return run_loop(invocation.check_key(secret))

        actions.login(environment, invocation.paths.key, check, _reporter(environment))
    elif arguments.logout:
        actions.logout(environment, invocation.paths.key)
    else:
        invocation.key.require()
        catalog = run_loop(actions.load_models(invocation.connect, invocation.settings))
        style = _list_style(invocation)
        actions.list_models(environment, catalog, invocation.settings.model, style, as_json=arguments.json)


def _list_style(invocation: Invocation) -> TerminalStyle:
    """Return what the terminal can show, or for a program that reads the list, plain text."""
    from grokchat.render.style import TerminalStyle

    environment = invocation.environment
    if not environment.stdout_is_tty:
        return TerminalStyle("none", environment.encoding)
    from grokchat.cli.oneshot_tty import terminal_style

    return terminal_style(environment, invocation.settings)


def _run_one_shot(invocation: Invocation, schema: Schema | None) -> None:
    environment, arguments, settings = invocation.environment, invocation.arguments, invocation.settings
    names_session = arguments.newest or arguments.resume is not None
    if not names_session and not any(body["role"] == "user" for body in invocation.messages):
        raise UsageError("Nothing to send. Give a PROMPT, pipe text in, or attach a file with -f.")
    invocation.key.require()
    tls_context = None
    if settings.base_url.startswith("https:") and not arguments.demo and environment.transport is None:
        from grokchat.api.tls import BackgroundTlsContext

        tls_context = BackgroundTlsContext(environment.variables)
    # From here, not from within the modules that need it: nested imports are deep, and where the interpreter's stack
    # crosses a chunk of 16 KiB, each call inside httpx's imports maps and unmaps memory.
    import_module("grokchat.compat.httpx")
    from grokchat.cli.oneshot import OneShot

    async def send() -> None:
        # Opened in the loop, where Ctrl-C takes effect only at an await, so that the session is always closed.
        session = invocation.open_session(invocation.open_store(saves_imports=False), sends=True)
        report, messages = _reporter(environment), invocation.messages
        if invocation.models:
            from grokchat.cli.oneshot_models import ModelsOneShot

            one_shot: OneShot = ModelsOneShot(environment, session, messages, report, schema, models=invocation.models)
        else:
            one_shot = OneShot(environment, session, messages, report, schema)
        await one_shot.run(invocation.connect, tls_context, as_json=arguments.json)

    enable_gc()
    run_loop(send())


# -- standard error ----------------------------------------------------------------------------------------------------


def _reporter(environment: Environment) -> Callable[[str], None]:
    return lambda text: _report(environment, text)


def _report(environment: Environment, text: str) -> None:
    """Write a single line to standard error: even a file name with a newline cannot start another line."""
    from grokchat.render.sanitize import visible_line

    _write_error(environment, visible_line(environment.redact(text)))


def _report_bug(environment: Environment, error: Exception) -> None:
    from grokchat.render.sanitize import visible
    from grokchat.views.bugs import describe_bug

    text = describe_bug(error, environment)
    if environment.is_debug:
        _write_error(environment, visible(text))
    else:
        _report(environment, text)


def _write_error(environment: Environment, visible_text: str) -> None:
    """Write visible text to standard error, which may be closed, in the terminal's encoding.

    The marks shown for control codes contain, in UTF-8, bytes that are control codes in another encoding.
    """
    with suppress(OSError, ValueError):
        write_stream(environment.stderr, environment.encode(f"grokchat: {visible_text}\n"))
